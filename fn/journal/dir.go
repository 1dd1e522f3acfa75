package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// lockName is the file whose lock marks a directory as open. The lock belongs to the process, not to the file's
// existence: it is gone when the process is, however it ended.
const lockName = "lock"

// Dir is a directory on disk, locked against other processes. Files in it that are not segments are left alone.
type Dir struct {
	path string
	lock *os.File

	mu    sync.Mutex
	files map[string]*os.File
}

// OpenDir opens the directory path, making it if needed, and locks it; *BusyError means that another process has it.
// What its files hold is checked by Open.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	switch busy, err := lockFile(lock); {
	case err != nil:
		_ = lock.Close()
		return nil, fmt.Errorf("state directory: lock %s: %w", lock.Name(), err)
	case busy:
		_ = lock.Close()
		return nil, &BusyError{Path: path}
	}
	return &Dir{path: path, lock: lock, files: map[string]*os.File{}}, nil
}

// String is the path.
func (d *Dir) String() string { return d.path }

// List gives the segments.
func (d *Dir) List() ([]FileInfo, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	var list []FileInfo
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), segmentSuffix) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		list = append(list, FileInfo{e.Name(), info.Size()})
	}
	return list, nil
}

// Create makes a file under another name, syncs it and renames it, so that a file is never seen unfinished.
func (d *Dir) Create(name string, size int64, head []byte) error {
	if size < int64(len(head)) {
		return headError(name, size, head)
	}
	path := filepath.Join(d.path, name)
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("create %s: %w", path, fs.ErrExist)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	fresh := path + ".new"
	if err := writeFile(fresh, size, head); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return syncDir(d.path)
}

// ReadAt fills p.
func (d *Dir) ReadAt(name string, p []byte, off int64) error {
	f, err := d.open(name)
	if err != nil {
		return err
	}
	_, err = f.ReadAt(p, off)
	return err
}

// WriteAt writes p.
func (d *Dir) WriteAt(name string, p []byte, off int64) error {
	f, err := d.open(name)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(p, off)
	return err
}

// Sync makes writes durable.
func (d *Dir) Sync(name string) error {
	f, err := d.open(name)
	if err != nil {
		return err
	}
	return syncData(f)
}

// Close releases the lock.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, f := range d.files {
		errs = append(errs, f.Close())
	}
	d.files = nil
	return errors.Join(append(errs, d.lock.Close())...)
}

func (d *Dir) open(name string) (*os.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f, ok := d.files[name]; ok {
		return f, nil
	}
	if d.files == nil {
		return nil, fmt.Errorf("%s: %w", d.path, os.ErrClosed)
	}
	f, err := os.OpenFile(filepath.Join(d.path, name), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	d.files[name] = f
	return f, nil
}

func writeFile(path string, size int64, head []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(head); err != nil {
		return err
	}
	zeros := make([]byte, 64<<10)
	for size -= int64(len(head)); size > 0; {
		n, err := f.Write(zeros[:min(size, int64(len(zeros)))])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return f.Sync()
}
