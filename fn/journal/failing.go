package journal

import "errors"

// ErrInjected is the error of the operation that a Failing FS fails.
var ErrInjected = errors.New("injected failure")

// Failing is an FS over another one, of which one operation fails and changes nothing. The operations after it work
// again, as they do on a disk that was full for a moment.
type Failing struct {
	FS
	at  int
	ops int
}

// NewFailing fails the at-th operation of any kind, counted from 1, or none if at is 0.
func NewFailing(fs FS, at int) *Failing { return &Failing{FS: fs, at: at} }

// Ops is the number of operations so far.
func (f *Failing) Ops() int { return f.ops }

// List gives the segments.
func (f *Failing) List() ([]FileInfo, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	return f.FS.List()
}

// Create makes a file.
func (f *Failing) Create(name string, size int64, head []byte) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.FS.Create(name, size, head)
}

// ReadAt fills p.
func (f *Failing) ReadAt(name string, p []byte, off int64) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.FS.ReadAt(name, p, off)
}

// WriteAt writes p.
func (f *Failing) WriteAt(name string, p []byte, off int64) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.FS.WriteAt(name, p, off)
}

// Sync makes writes durable.
func (f *Failing) Sync(name string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.FS.Sync(name)
}

func (f *Failing) step() error {
	f.ops++
	if f.ops == f.at {
		return ErrInjected
	}
	return nil
}
