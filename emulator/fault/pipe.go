package fault

import (
	"io"
	"os"
	"sync"
	"time"
)

// End is one end of a cable in memory.
type End struct {
	in, out *lane
}

// Pipe is a cable in memory: what is written to one end is read from the other. Its room has no limit, so no Write
// ever waits. Closing one end closes both; what was written before can still be read.
func Pipe() (host, register *End) {
	a, b := newLane(), newLane()
	return &End{a, b}, &End{b, a}
}

// lane is one direction.
type lane struct {
	mu       sync.Mutex
	data     []byte
	closed   bool
	deadline time.Time
	changed  chan struct{} // closed when any of these changes
}

func newLane() *lane { return &lane{changed: make(chan struct{})} }

func (l *lane) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	close(l.changed)
	l.changed = make(chan struct{})
}

// Read waits for bytes.
func (e *End) Read(p []byte) (int, error) {
	l := e.in
	for {
		l.mu.Lock()
		deadline, changed := l.deadline, l.changed
		late := !deadline.IsZero() && !time.Now().Before(deadline)
		switch {
		case late:
			l.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		case len(l.data) > 0 || len(p) == 0:
			n := copy(p, l.data)
			l.data = l.data[n:]
			l.mu.Unlock()
			return n, nil
		case l.closed:
			l.mu.Unlock()
			return 0, io.EOF
		}
		l.mu.Unlock()
		if deadline.IsZero() {
			<-changed
			continue
		}
		timer := time.NewTimer(time.Until(deadline))
		select {
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Write never waits.
func (e *End) Write(p []byte) (n int, err error) {
	e.out.change(func() {
		if n = len(p); e.out.closed {
			n, err = 0, io.ErrClosedPipe
			return
		}
		e.out.data = append(e.out.data, p...)
	})
	return n, err
}

// Close closes both ends.
func (e *End) Close() error {
	for _, l := range []*lane{e.in, e.out} {
		l.change(func() { l.closed = true })
	}
	return nil
}

// SetReadDeadline wakes a Read that waits.
func (e *End) SetReadDeadline(t time.Time) error {
	e.in.change(func() { e.in.deadline = t })
	return nil
}

// SetWriteDeadline does nothing: no Write waits.
func (e *End) SetWriteDeadline(time.Time) error { return nil }
