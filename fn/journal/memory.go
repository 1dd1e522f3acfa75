package journal

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
)

// Memory is an FS in memory. It outlives the journal: opening a journal on it again is a restart. The zero value is
// empty and ready.
type Memory struct {
	files map[string][]byte
}

// NewMemory makes an empty medium.
func NewMemory() *Memory { return new(Memory) }

// List gives the segments.
func (m *Memory) List() ([]FileInfo, error) {
	list := make([]FileInfo, 0, len(m.files))
	for name, data := range m.files {
		if strings.HasSuffix(name, segmentSuffix) {
			list = append(list, FileInfo{name, int64(len(data))})
		}
	}
	return list, nil
}

// Create makes a file.
func (m *Memory) Create(name string, size int64, head []byte) error {
	if _, ok := m.files[name]; ok {
		return fmt.Errorf("create %s: %w", name, fs.ErrExist)
	}
	if size < int64(len(head)) {
		return headError(name, size, head)
	}
	if m.files == nil {
		m.files = map[string][]byte{}
	}
	m.files[name] = make([]byte, size)
	copy(m.files[name], head)
	return nil
}

// ReadAt fills p.
func (m *Memory) ReadAt(name string, p []byte, off int64) error {
	part, err := m.part("read", name, len(p), off)
	copy(p, part)
	return err
}

// WriteAt writes p.
func (m *Memory) WriteAt(name string, p []byte, off int64) error {
	part, err := m.part("write", name, len(p), off)
	copy(part, p)
	return err
}

// Sync does nothing: memory has no caches.
func (m *Memory) Sync(string) error { return nil }

// Clone copies the medium.
func (m *Memory) Clone() *Memory {
	files := maps.Clone(m.files)
	for name, data := range files {
		files[name] = append([]byte(nil), data...)
	}
	return &Memory{files: files}
}

// File is the content of a file, nil if there is none. Changing it changes the medium, as a failing one would.
func (m *Memory) File(name string) []byte { return m.files[name] }

func headError(name string, size int64, head []byte) error {
	return fmt.Errorf("create %s: a head of %d bytes does not fit the file of %d", name, len(head), size)
}

func (m *Memory) part(op, name string, n int, off int64) ([]byte, error) {
	data, ok := m.files[name]
	if !ok {
		return nil, fmt.Errorf("%s %s: no such file", op, name)
	}
	if off < 0 || off+int64(n) > int64(len(data)) {
		return nil, fmt.Errorf("%s %s: %d bytes at offset %d do not fit the file of %d", op, name, n, off, len(data))
	}
	return data[off : off+int64(n)], nil
}
