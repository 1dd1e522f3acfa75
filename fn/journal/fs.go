package journal

import (
	"errors"
	"fmt"
)

// FS is what a journal needs of a medium. The journal writes to one file at a time, never reads a file that does not
// exist, and never changes a file's size. An FS with a method Close() error is closed with the journal.
type FS interface {
	// List gives the segments, in any order: the files whose names end in ".journal".
	List() ([]FileInfo, error)
	// Create makes a file of size bytes that begins with head; the rest is zeros. When it returns nil, the file, its
	// name and its content are durable; a crash before that leaves either the whole file or none. If there is a file
	// of that name, it stays as it is and the error is an fs.ErrExist of io/fs.
	Create(name string, size int64, head []byte) error
	// ReadAt fills p from the offset.
	ReadAt(name string, p []byte, off int64) error
	// WriteAt writes p, inside the size of the file. It is durable after the next Sync.
	WriteAt(name string, p []byte, off int64) error
	// Sync makes all writes to the file durable.
	Sync(name string) error
}

// FileInfo is a segment in a listing.
type FileInfo struct {
	Name string
	Size int64
}

// What can be wrong with stored state, for errors.Is. The errors themselves are *BusyError, *NewerError and
// *DamagedError, which name the place and what to do.
var (
	ErrBusy    = errors.New("state directory is in use")
	ErrNewer   = errors.New("state was written by a newer version")
	ErrDamaged = errors.New("state is damaged")
)

// BusyError tells that another process has the directory open.
type BusyError struct {
	Path string
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("%s: %v by another process; stop that process or choose another directory", e.Path, ErrBusy)
}

// Is makes errors.Is(err, ErrBusy) true.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// NewerError tells that the format is one of the future.
type NewerError struct {
	Path    string // of the directory, "" if the state is not in one
	File    string
	Version int
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("%s: %v (format %d, this program knows %d); use the program that wrote it or choose another directory",
		join(e.Path, e.File), ErrNewer, e.Version, Version)
}

// Is makes errors.Is(err, ErrNewer) true.
func (e *NewerError) Is(target error) bool { return target == ErrNewer }

// DamagedError tells that stored records were changed after they had been written.
type DamagedError struct {
	Path    string // of the directory, "" if the state is not in one
	File    string
	Offset  int64 // of the damaged record or header in the file
	Problem string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s: %v at offset %d: %s; restore the directory from a copy or choose another one",
		join(e.Path, e.File), ErrDamaged, e.Offset, e.Problem)
}

// Is makes errors.Is(err, ErrDamaged) true.
func (e *DamagedError) Is(target error) bool { return target == ErrDamaged }

// segmentSuffix ends the name of a segment and of no other file.
const segmentSuffix = ".journal"

func join(path, file string) string {
	if path == "" {
		return file
	}
	return path + "/" + file
}

// pathOf names the place of an FS in messages.
func pathOf(fs FS) string {
	if s, ok := fs.(fmt.Stringer); ok {
		return s.String()
	}
	return ""
}
