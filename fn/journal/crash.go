package journal

import (
	"errors"
	"math/rand/v2"
)

// Fate is what happens to the writes that were not synced when the power went.
type Fate int

// Fates of unsynced writes.
const (
	Applied Fate = iota // they reached the medium after all
	Dropped             // they are gone
	Torn                // of each, only the first half arrived
	Trashed             // their place holds garbage

	fates = 4
)

// Fates are all of them.
func Fates() []Fate { return []Fate{Applied, Dropped, Torn, Trashed} }

func (f Fate) String() string {
	return [fates]string{"applied", "dropped", "torn", "trashed"}[f]
}

// ErrCrashed is the error of every operation from the crash on.
var ErrCrashed = errors.New("the power is off")

// Crashing is an FS whose power goes during a chosen operation. What a restart finds is Survivor. Operations that
// change nothing are not counted.
type Crashing struct {
	at      int // number of the operation, from 1; 0 = never
	fate    Fate
	ops     int
	crashed bool
	durable *Memory
	current *Memory // durable and the unsynced writes
	pending []pendingWrite
}

type pendingWrite struct {
	name string
	data []byte
	off  int64
}

// NewCrashing starts from a copy of what is on medium. The power goes during the at-th Create, WriteAt or Sync,
// counted from 1, or never if at is 0.
func NewCrashing(medium *Memory, at int, fate Fate) *Crashing {
	return &Crashing{at: at, fate: fate, durable: medium.Clone(), current: medium.Clone()}
}

// Ops is the number of operations so far.
func (c *Crashing) Ops() int { return c.ops }

// Survivor is what is on the medium after a crash at this moment.
func (c *Crashing) Survivor() *Memory {
	m := c.durable.Clone()
	garbage := rand.New(rand.NewPCG(uint64(c.at), 0))
	for _, w := range c.pending {
		data := w.data
		switch c.fate {
		case Dropped:
			continue
		case Torn:
			data = data[:len(data)/2]
		case Trashed:
			data = make([]byte, len(data))
			for i := range data {
				data[i] = byte(garbage.Uint32())
			}
		}
		if err := m.WriteAt(w.name, data, w.off); err != nil {
			panic(err) // the write was checked when it was made
		}
	}
	return m
}

// List gives the segments.
func (c *Crashing) List() ([]FileInfo, error) {
	if c.crashed {
		return nil, ErrCrashed
	}
	return c.current.List()
}

// Create makes a file. Crashing here, the whole file is there if the fate is Applied, and nothing of it otherwise.
func (c *Crashing) Create(name string, size int64, head []byte) error {
	crash := c.step()
	if c.crashed && !crash {
		return ErrCrashed
	}
	if !crash || c.fate == Applied {
		if err := c.current.Create(name, size, head); err != nil {
			return err
		}
		if err := c.durable.Create(name, size, head); err != nil {
			return err
		}
	}
	if crash {
		return ErrCrashed
	}
	return nil
}

// ReadAt fills p.
func (c *Crashing) ReadAt(name string, p []byte, off int64) error {
	if c.crashed {
		return ErrCrashed
	}
	return c.current.ReadAt(name, p, off)
}

// WriteAt writes p.
func (c *Crashing) WriteAt(name string, p []byte, off int64) error {
	crash := c.step()
	if c.crashed && !crash {
		return ErrCrashed
	}
	if err := c.current.WriteAt(name, p, off); err != nil {
		return err
	}
	c.pending = append(c.pending, pendingWrite{name, append([]byte(nil), p...), off})
	if crash {
		return ErrCrashed
	}
	return nil
}

// Sync makes the writes to the file durable. Crashing here, their fate is still open.
func (c *Crashing) Sync(name string) error {
	crash := c.step()
	if c.crashed {
		return ErrCrashed
	}
	if crash {
		return ErrCrashed
	}
	var other []pendingWrite
	for _, w := range c.pending {
		if w.name != name {
			other = append(other, w)
			continue
		}
		if err := c.durable.WriteAt(w.name, w.data, w.off); err != nil {
			return err
		}
	}
	c.pending = other
	return nil
}

// step counts an operation and tells whether the power goes during it.
func (c *Crashing) step() bool {
	if c.crashed {
		return false
	}
	c.ops++
	c.crashed = c.ops == c.at
	return c.crashed
}
