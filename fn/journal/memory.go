package journal

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
)

// Memory is an FS in memory. It outlives the journal: opening a journal on it again is a restart. A file takes memory
// only where it was written, in pages of 1 KiB, so that thousands of media may stand side by side. The zero value is
// empty and ready.
type Memory struct {
	files map[string]*memoryFile
}

// NewMemory makes an empty medium.
func NewMemory() *Memory { return new(Memory) }

// List gives the segments.
func (m *Memory) List() ([]FileInfo, error) {
	list := make([]FileInfo, 0, len(m.files))
	for name, f := range m.files {
		if strings.HasSuffix(name, segmentSuffix) {
			list = append(list, FileInfo{name, f.size})
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
		m.files = map[string]*memoryFile{}
	}
	f := &memoryFile{size: size}
	f.write(head, 0)
	m.files[name] = f
	return nil
}

// ReadAt fills p.
func (m *Memory) ReadAt(name string, p []byte, off int64) error {
	f, err := m.file("read", name, len(p), off)
	if err != nil {
		return err
	}
	f.read(p, off)
	return nil
}

// WriteAt writes p.
func (m *Memory) WriteAt(name string, p []byte, off int64) error {
	f, err := m.file("write", name, len(p), off)
	if err != nil {
		return err
	}
	f.write(p, off)
	return nil
}

// Sync does nothing: memory has no caches.
func (m *Memory) Sync(string) error { return nil }

// Clone copies the medium.
func (m *Memory) Clone() *Memory {
	files := maps.Clone(m.files)
	for name, f := range files {
		files[name] = f.clone()
	}
	return &Memory{files: files}
}

// File is the content of a file, nil if there is none. Changing it changes the medium, as a failing one would. The
// file takes its whole size in memory from then on.
func (m *Memory) File(name string) []byte {
	f, ok := m.files[name]
	if !ok {
		return nil
	}
	return f.content()
}

// file is the file of that name, in which n bytes at off must lie.
func (m *Memory) file(op, name string, n int, off int64) (*memoryFile, error) {
	f, ok := m.files[name]
	if !ok {
		return nil, fmt.Errorf("%s %s: no such file", op, name)
	}
	if off < 0 || off > f.size-int64(n) {
		return nil, fmt.Errorf("%s %s: %d bytes at offset %d do not fit the file of %d", op, name, n, off, f.size)
	}
	return f, nil
}

func headError(name string, size int64, head []byte) error {
	return fmt.Errorf("create %s: a head of %d bytes does not fit the file of %d", name, len(head), size)
}

// pageSize is the unit in which a file in memory comes to be, in bytes.
const pageSize = 1 << 10

type page [pageSize]byte

// memoryFile is a file of which only the pages exist that were written; the others are zeros.
type memoryFile struct {
	size  int64
	pages []*page // a missing one is nil or behind the end
	whole []byte  // all pages in one piece, once somebody asked for that
}

// read fills p from off; the bytes lie in the file.
func (f *memoryFile) read(p []byte, off int64) {
	for len(p) > 0 {
		n := 0
		if i, at := off/pageSize, off%pageSize; i < int64(len(f.pages)) && f.pages[i] != nil {
			n = copy(p, f.pages[i][at:])
		} else {
			n = min(len(p), int(pageSize-at))
			clear(p[:n])
		}
		p, off = p[n:], off+int64(n)
	}
}

// write copies p to off; the bytes lie in the file.
func (f *memoryFile) write(p []byte, off int64) {
	for len(p) > 0 {
		i, at := off/pageSize, off%pageSize
		for i >= int64(len(f.pages)) {
			f.pages = append(f.pages, nil)
		}
		if f.pages[i] == nil {
			f.pages[i] = new(page)
		}
		n := copy(f.pages[i][at:], p)
		p, off = p[n:], off+int64(n)
	}
}

// content is the file in one piece, of which the pages become parts.
func (f *memoryFile) content() []byte {
	if f.whole == nil {
		pages := make([]*page, (f.size+pageSize-1)/pageSize)
		whole := make([]byte, len(pages)*pageSize)
		f.read(whole[:f.size], 0)
		for i := range pages {
			pages[i] = (*page)(whole[i*pageSize:])
		}
		f.pages, f.whole = pages, whole
	}
	return f.whole[:f.size:f.size]
}

func (f *memoryFile) clone() *memoryFile {
	c := &memoryFile{size: f.size}
	if f.whole != nil {
		copy(c.content(), f.whole)
		return c
	}
	c.pages = make([]*page, len(f.pages))
	for i, p := range f.pages {
		if p != nil {
			copied := *p
			c.pages[i] = &copied
		}
	}
	return c
}
