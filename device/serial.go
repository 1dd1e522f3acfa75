package device

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pollSlice is how long one Read of a serial driver may block, so that a moved deadline, a cancelled context and
// Close are noticed: the drivers have one time-out for the whole port and no way to interrupt a Read.
const pollSlice = 50 * time.Millisecond

// pollPort is a serial port whose Read gives up after a time-out set beforehand.
type pollPort interface {
	io.ReadWriteCloser
	// setReadTimeout sets the limit of the next Read, up to pollSlice.
	setReadTimeout(d time.Duration) error
	// timedOut tells whether a Read that gave no bytes only ran into its limit. Backends differ: a POSIX port says
	// 0, nil or 0, io.EOF.
	timedOut(err error) bool
}

func dialSerial(ctx context.Context, t Target) (Transport, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: cannot open %v: %w", ErrNoLink, t, err)
	}
	port, err := openSerial(t.Port, t.Baud)
	if err != nil {
		return nil, fmt.Errorf("%w: cannot open %v: %w%s", ErrNoLink, t, err, serialHint(err))
	}
	return newSerialConn(port), nil
}

func serialHint(err error) string {
	if errors.Is(err, os.ErrPermission) {
		return "; is the user in the group that owns the port (dialout)?"
	}
	return ""
}

// serialConn gives deadlines and a Close that returns to a pollPort.
type serialConn struct {
	port pollPort

	mu       sync.Mutex
	deadline time.Time
	closed   bool
}

func newSerialConn(port pollPort) *serialConn { return &serialConn{port: port} }

func (c *serialConn) Read(p []byte) (int, error) {
	for {
		wait, err := c.nextWait()
		if err != nil {
			return 0, err
		}
		if err := c.port.setReadTimeout(wait); err != nil {
			return 0, c.closedOr(err)
		}
		n, err := c.port.Read(p)
		if n > 0 {
			return n, nil
		}
		if !c.port.timedOut(err) {
			return 0, c.closedOr(err)
		}
		if len(p) == 0 {
			return 0, nil
		}
	}
}

func (c *serialConn) Write(p []byte) (int, error) {
	for sent := 0; sent < len(p); {
		n, err := c.port.Write(p[sent:])
		if err != nil {
			return sent + n, c.closedOr(err)
		}
		if n == 0 {
			return sent, io.ErrShortWrite
		}
		sent += n
	}
	return len(p), nil
}

func (c *serialConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return nil
}

func (c *serialConn) Close() error {
	c.mu.Lock()
	wasClosed := c.closed
	c.closed = true
	c.mu.Unlock()
	if wasClosed {
		return nil
	}
	return closeWithin(c.port, closeTimeout)
}

func (c *serialConn) nextWait() (time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	if c.deadline.IsZero() {
		return pollSlice, nil
	}
	left := time.Until(c.deadline)
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return min(left, pollSlice), nil
}

func (c *serialConn) closedOr(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return err
}
