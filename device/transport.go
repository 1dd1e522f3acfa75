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

// Transport is a byte stream to a register: a TCP connection, a serial port, one end of a pipe. Framing is not its
// business.
//
// Read returns at least one byte or an error; when the deadline passes the error matches os.ErrDeadlineExceeded and
// the stream stays usable. SetReadDeadline wakes a Read that is blocked already. Close does not block for longer than
// a moment, whatever a driver beneath does, and wakes a blocked Read.
type Transport interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
}

// writeDeadliner is met by transports whose Write can be interrupted.
type writeDeadliner interface {
	SetWriteDeadline(t time.Time) error
}

// closeTimeout limits Close: some serial drivers drain the output on close and hang for half a minute when the far
// end is gone.
const closeTimeout = 2 * time.Second

// Dial opens the transport that a URL names; see [ParseURL] for the forms. The context limits the connecting only.
func Dial(ctx context.Context, url string) (Transport, error) {
	target, err := ParseURL(url)
	if err != nil {
		return nil, err
	}
	return target.Dial(ctx)
}

// Dial opens the transport.
func (t Target) Dial(ctx context.Context) (Transport, error) {
	switch t.Kind {
	case TCP:
		return dialTCP(ctx, t)
	case Serial:
		return dialSerial(ctx, t)
	}
	return nil, fmt.Errorf("device: %v: no transport of kind %q", t, t.Kind)
}

// WrapConn makes a [Transport] of any byte stream. A stream that has read deadlines of its own (net.Conn, os.File of
// a pipe) is used as it is; for another one a goroutine reads ahead so that a Read can be abandoned. That goroutine
// ends when the stream's Read returns after Close.
func WrapConn(rwc io.ReadWriteCloser) Transport {
	if t, ok := rwc.(Transport); ok {
		return t
	}
	return newStreamConn(rwc)
}

func dialTCP(ctx context.Context, t Target) (Transport, error) {
	dialer := net.Dialer{Timeout: t.ConnectTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return nil, fmt.Errorf("%w: cannot connect to %v: %w", ErrNoLink, t, err)
	}
	return conn, nil
}

// streamConn gives deadlines to a stream that has none.
type streamConn struct {
	stream io.ReadWriteCloser

	chunks chan []byte // from the reading goroutine; closed after failure is set
	failed error       // valid once chunks is closed
	rest   []byte      // read ahead, not yet handed out; owned by Read

	read, write deadline
	closed      chan struct{}
	closeOnce   sync.Once
	closeErr    error
}

func newStreamConn(stream io.ReadWriteCloser) *streamConn {
	c := &streamConn{stream: stream, chunks: make(chan []byte), closed: make(chan struct{})}
	c.read.init()
	c.write.init()
	go c.pump()
	return c
}

func (c *streamConn) pump() {
	defer close(c.chunks)
	for {
		buf := make([]byte, 512)
		n, err := c.stream.Read(buf)
		if n > 0 {
			select {
			case c.chunks <- buf[:n]:
			case <-c.closed:
				c.failed = net.ErrClosed
				return
			}
		}
		if err != nil {
			c.failed = err
			return
		}
		select {
		case <-c.closed:
			c.failed = net.ErrClosed
			return
		default:
		}
	}
}

func (c *streamConn) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		select { // a deadline that has passed wins over bytes that wait, as in package net
		case <-c.read.passed():
			return 0, os.ErrDeadlineExceeded
		default:
		}
		select {
		case chunk, ok := <-c.chunks:
			if !ok {
				return 0, c.closedOr(c.failed)
			}
			c.rest = chunk
		case <-c.closed:
			return 0, net.ErrClosed
		case <-c.read.passed():
			return 0, os.ErrDeadlineExceeded
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *streamConn) Write(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	owned := append([]byte(nil), p...) // an abandoned Write may still look at its bytes
	go func() {
		n, err := c.stream.Write(owned)
		done <- result{n, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return r.n, c.closedOr(r.err)
		}
		return r.n, nil
	case <-c.closed:
		return 0, net.ErrClosed
	case <-c.write.passed():
		return 0, os.ErrDeadlineExceeded
	}
}

// closedOr hides what the stream says because it was closed from this side.
func (c *streamConn) closedOr(err error) error {
	select {
	case <-c.closed:
		return net.ErrClosed
	default:
		return err
	}
}

func (c *streamConn) SetReadDeadline(t time.Time) error {
	c.read.set(t)
	return nil
}

func (c *streamConn) SetWriteDeadline(t time.Time) error {
	c.write.set(t)
	return nil
}

func (c *streamConn) Close() error {
	c.closeOnce.Do(func() {
		close(c.closed)
		c.closeErr = closeWithin(c.stream, closeTimeout)
	})
	return c.closeErr
}

// closeWithin closes c but does not wait for longer than limit.
func closeWithin(c io.Closer, limit time.Duration) error {
	done := make(chan error, 1)
	go func() { done <- c.Close() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return errors.New("device: closing the port hangs; left to the system")
	}
}

// deadline is a channel that closes when a settable moment passes. Moving it re-arms the same channel, so whoever
// waits on it already follows the new moment; only after it has closed does the next wait get a fresh one.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	done  chan struct{}
}

func (d *deadline) init() { d.done = make(chan struct{}) }

func (d *deadline) passed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done
}

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.done // the timer has fired: wait for its function to close the channel
	}
	d.timer = nil
	select {
	case <-d.done:
		d.done = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return
	}
	done := d.done
	if wait := time.Until(t); wait > 0 {
		d.timer = time.AfterFunc(wait, func() { close(done) })
		return
	}
	close(done)
}
