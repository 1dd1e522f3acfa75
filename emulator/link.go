package emulator

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// LinkOptions are what links to hosts differ in.
type LinkOptions struct {
	// FFAfterAck sends one byte FFh after the host confirmed an answer, as the
	// «ФР» family does over TCP.
	FFAfterAck bool
	// NAKJunk answers NAK to junk between frames instead of ignoring it.
	NAKJunk bool
	// KeepVersion keeps the protocol version that the first byte chose for the
	// next connection too: a cable, not a TCP connection.
	KeepVersion bool
	// ByteTimeout is the pause that ends a frame; 0 means DefaultByteTimeout.
	ByteTimeout time.Duration
	// Port is how 11h calls the link.
	Port shtrih.Port
}

// DefaultByteTimeout is that of newer models (Protocol ККТ 1.17; older ones have 50 ms).
const DefaultByteTimeout = 100 * time.Millisecond

// confirmTimeout is how long the host may take to confirm an answer. No text
// gives it. Were it the pause inside a frame, a host on a loaded machine would
// find its ACK ignored now and then; hosts that never confirm send ENQ or the
// next frame, which ends the wait at once.
const confirmTimeout = 2 * time.Second

// TCPLink are the options of a register of the «ФР» family on port 7778.
func TCPLink() LinkOptions { return LinkOptions{FFAfterAck: true, Port: shtrih.PortTCP} }

// CableLink are the options of a pseudo-terminal or a serial port.
func CableLink() LinkOptions { return LinkOptions{KeepVersion: true, Port: shtrih.PortUSB} }

// Link is one way to the register. What the protocol remembers (the answer that
// was not confirmed, the number of the last command of version 2) outlives a
// connection.
type Link struct {
	register *Register
	options  LinkOptions

	mu     sync.Mutex // one connection at a time
	device *shtrih.DeviceLink
}

// NewLink makes a link.
func (r *Register) NewLink(o LinkOptions) *Link {
	if o.ByteTimeout == 0 {
		o.ByteTimeout = DefaultByteTimeout
	}
	return &Link{register: r, options: o, device: shtrih.NewDeviceLink(shtrih.DeviceOptions{
		FFAfterAck: o.FFAfterAck, NAKJunk: o.NAKJunk,
	})}
}

// ServeConn serves one connection on a link of its own. It closes conn before it
// returns.
func (r *Register) ServeConn(ctx context.Context, conn io.ReadWriteCloser, o LinkOptions) error {
	return r.NewLink(o).Serve(ctx, conn)
}

// Serve serves a connection until it ends (the error is nil then), fails, or ctx
// is done (the error is ctx.Err()). It closes conn before it returns; a command
// that runs is finished first. Connections of a link are served one after
// another.
func (l *Link) Serve(ctx context.Context, conn io.ReadWriteCloser) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.options.KeepVersion {
		l.device.Unlock()
	}
	s := session{link: l, conn: conn, input: make(chan []byte), ended: make(chan error, 1), stop: make(chan struct{})}
	reader := make(chan struct{})
	go func() {
		defer close(reader)
		s.read()
	}()
	err := s.run(ctx)
	// Closing wakes the reader; it has to be gone before the next connection.
	close(s.stop)
	conn.Close()
	<-reader
	return err
}

// session is a connection being served. Reading has a goroutine, and so has the
// command that runs, so that ENQ is answered while it does.
type session struct {
	link  *Link
	conn  io.ReadWriteCloser
	input chan []byte
	ended chan error // the end of reading
	stop  chan struct{}
	out   []byte
}

func (s *session) read() {
	for {
		buf := make([]byte, 512)
		n, err := s.conn.Read(buf)
		if n > 0 {
			select {
			case s.input <- buf[:n]:
			case <-s.stop:
				return
			}
		}
		if err != nil { // 0, nil is a time-out of a serial port
			s.ended <- err
			return
		}
		select {
		case <-s.stop:
			return
		default:
		}
	}
}

func (s *session) run(ctx context.Context) error {
	device := s.link.device
	timer := time.NewTimer(s.link.options.ByteTimeout)
	timer.Stop()
	answer := make(chan []byte, 1)
	// The command is finished whatever happens to the connection: its answer
	// waits for the host's return.
	defer func() {
		if device.Running() {
			device.Answer(nil, <-answer)
		}
	}()
	for {
		timer.Stop()
		switch {
		case device.Confirming():
			timer.Reset(confirmTimeout)
		case device.Waiting():
			timer.Reset(s.link.options.ByteTimeout)
		}
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.ended:
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) {
				return nil
			}
			return err
		case in := <-s.input:
			s.out = device.Input(s.out[:0], in)
			err = s.send()
			if command, ok := device.Command(); ok {
				command = append([]byte(nil), command...)
				go func() { answer <- s.link.register.exec(nil, command, s.link.options.Port) }()
			}
		case <-timer.C:
			s.out = device.Expire(s.out[:0])
			err = s.send()
		case a := <-answer:
			s.out = device.Answer(s.out[:0], a)
			err = s.send()
		}
		if err != nil {
			return err
		}
	}
}

// send writes in one piece: hosts read an answer by its bytes, but the traces of
// real devices have it in one packet.
func (s *session) send() error {
	if len(s.out) == 0 {
		return nil
	}
	_, err := s.conn.Write(s.out)
	return err
}
