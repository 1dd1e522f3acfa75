package fault

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Conn is a stream with faults. Its deadlines are those of the stream beneath; setting one on a stream without them is
// os.ErrNoDeadline.
type Conn struct {
	stream io.ReadWriteCloser
	notify func(Fault)
	closed chan struct{}
	close  sync.Once
	err    error // of Close

	mu       sync.Mutex // holds the faults and what reading knows
	to, from stream
	arrived  []byte    // of what was read, not handed out yet
	failed   error     // how reading ended
	delayed  []byte    // read, and on its way until the moment
	until    time.Time //
	deadline time.Time
	moved    chan struct{} // closed when the deadline is set

	writing sync.Mutex // keeps the order of what goes out
	late    []piece
}

// piece is a part of the stream that goes out later.
type piece struct {
	at   time.Time
	data []byte
	cut  bool // behind data
}

// Wrap puts faults on a stream, which the Conn takes over.
func Wrap(stream io.ReadWriteCloser, faults ...Fault) *Conn {
	c := &Conn{stream: stream, notify: func(Fault) {}, closed: make(chan struct{}), moved: make(chan struct{})}
	for _, f := range faults {
		c.Add(f)
	}
	return c
}

// Notify makes the Conn call f when a fault strikes, before its effect is seen. It must be set before the Conn is used;
// f must not use the Conn.
func (c *Conn) Notify(f func(Fault)) { c.notify = f }

// Add puts another fault on the stream. One whose byte has passed already never strikes.
func (c *Conn) Add(f Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.side(f.Direction).add(f)
}

// Pending are the faults that have not struck.
func (c *Conn) Pending() []Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append(append([]Fault(nil), c.to.faults...), c.from.faults...)
}

// Count is how many bytes entered a direction.
func (c *Conn) Count(d Direction) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.side(d).count
}

func (c *Conn) side(d Direction) *stream {
	if d == ToRegister {
		return &c.to
	}
	return &c.from
}

// Write sends p through the faults. Bytes that are lost or late count as sent.
func (c *Conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	now := time.Now()
	for _, out := range c.pieces(p, now) {
		if len(c.late) > 0 && out.at.Before(c.late[len(c.late)-1].at) {
			out.at = c.late[len(c.late)-1].at
		}
		if len(c.late) > 0 || out.at.After(now) {
			if c.late = append(c.late, out); len(c.late) == 1 {
				time.AfterFunc(out.at.Sub(now), c.sendLate)
			}
			continue
		}
		if err := c.send(out); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// pieces takes p through the faults.
func (c *Conn) pieces(p []byte, at time.Time) (out []piece) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		data, rest, struck := c.to.feed(nil, p, c.notify)
		cut := struck != nil && struck.Kind == Cut
		if len(data) > 0 || cut {
			out = append(out, piece{at, data, cut})
		}
		if struck == nil || cut {
			return out
		}
		p, at = rest, at.Add(struck.For)
	}
}

func (c *Conn) send(out piece) error {
	if len(out.data) > 0 {
		if _, err := c.stream.Write(out.data); err != nil {
			return err
		}
	}
	if out.cut {
		_ = c.Close()
		return net.ErrClosed
	}
	return nil
}

// sendLate sends the pieces whose time has come.
func (c *Conn) sendLate() {
	c.writing.Lock()
	defer c.writing.Unlock()
	for len(c.late) > 0 {
		if wait := time.Until(c.late[0].at); wait > 0 {
			time.AfterFunc(wait, c.sendLate)
			return
		}
		if c.send(c.late[0]) != nil {
			c.late = nil // the next Write will see it
			return
		}
		c.late = c.late[1:]
	}
}

// Read gives what arrives of the bytes that the stream has. Bytes are handed out as they come: a swapped one waits for
// the one behind it.
func (c *Conn) Read(p []byte) (int, error) {
	buf := make([]byte, max(len(p), 1))
	for {
		n, wait, err := c.take(p)
		switch {
		case n > 0 || err != nil || len(p) == 0:
			return n, err
		case wait != nil:
			if err := c.sleep(wait); err != nil {
				return 0, err
			}
			continue
		}
		n, err = c.stream.Read(buf)
		c.mu.Lock()
		c.put(buf[:n])
		if err != nil && c.failed == nil {
			if c.failed = err; isTimeout(err) {
				c.failed = nil
				c.mu.Unlock()
				return 0, err
			}
			c.arrived = append(c.arrived, c.from.held...)
		}
		empty := n == 0 && err == nil
		c.mu.Unlock()
		if empty { // a time-out of a serial port
			return 0, nil
		}
	}
}

// take hands out bytes, or says how reading ended, or until when it has to wait.
func (c *Conn) take(p []byte) (n int, wait <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.delayed) > 0 && len(c.arrived) == 0 && !time.Now().Before(c.until) {
		data := c.delayed
		c.delayed = nil
		c.put(data)
	}
	switch {
	case len(c.arrived) > 0:
		n = copy(p, c.arrived)
		c.arrived = c.arrived[n:]
		return n, nil, nil
	case len(c.delayed) > 0:
		return 0, c.moved, nil
	}
	return 0, nil, c.failed
}

// put takes bytes of the stream through the faults.
func (c *Conn) put(data []byte) {
	out, rest, struck := c.from.feed(c.arrived, data, c.notify)
	c.arrived = out
	switch {
	case struck == nil:
	case struck.Kind == Cut:
		c.failed = io.EOF
		_ = c.stream.Close()
	default:
		c.delayed, c.until = append([]byte(nil), rest...), time.Now().Add(struck.For)
	}
}

// sleep waits for the delayed bytes; moved tells that the deadline changed.
func (c *Conn) sleep(moved <-chan struct{}) error {
	c.mu.Lock()
	until, deadline := c.until, c.deadline
	c.mu.Unlock()
	if !deadline.IsZero() && deadline.Before(until) {
		until = deadline
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		if until.Equal(deadline) {
			return os.ErrDeadlineExceeded
		}
	case <-moved:
	case <-c.closed:
		return net.ErrClosed
	}
	return nil
}

// SetReadDeadline works as that of the stream.
func (c *Conn) SetReadDeadline(t time.Time) error {
	s, ok := c.stream.(interface{ SetReadDeadline(time.Time) error })
	if !ok {
		return os.ErrNoDeadline
	}
	c.mu.Lock()
	c.deadline = t
	close(c.moved)
	c.moved = make(chan struct{})
	c.mu.Unlock()
	return s.SetReadDeadline(t)
}

// SetWriteDeadline works as that of the stream.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	s, ok := c.stream.(interface{ SetWriteDeadline(time.Time) error })
	if !ok {
		return os.ErrNoDeadline
	}
	return s.SetWriteDeadline(t)
}

// Close closes the stream. Late bytes do not go out any more.
func (c *Conn) Close() error {
	c.close.Do(func() {
		close(c.closed)
		c.err = c.stream.Close()
	})
	return c.err
}

func isTimeout(err error) bool {
	t, ok := err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}
