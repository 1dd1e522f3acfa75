package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
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
	// ByteTimeout is the pause that ends a frame; 0 means what 14h has set for the
	// port, DefaultByteTimeout before it did.
	ByteTimeout time.Duration
	// Port is how 11h calls the link, and 14h and 15h the port.
	Port shtrih.Port
	// SetBaud changes the speed of the line when 14h has set that of the port: after
	// the answer has left at the old one. nil where a line has no speed.
	SetBaud func(baud int) error
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

// TCPLink are the options that the model of the register has over TCP.
func (r *Register) TCPLink() LinkOptions {
	return LinkOptions{FFAfterAck: r.profile.FFAfterAck, Port: r.profile.Port.TCP}
}

// CableLink are the options of a pseudo-terminal or a USB cable.
func CableLink() LinkOptions { return LinkOptions{KeepVersion: true, Port: shtrih.PortUSB} }

// SerialLink are the options of a serial port that [OpenSerial] opened: 14h for
// port 0 changes its speed.
func SerialLink(port io.ReadWriteCloser) LinkOptions {
	o := LinkOptions{KeepVersion: true, Port: shtrih.PortRS232}
	if line, ok := port.(interface{ SetBaud(int) error }); ok {
		o.SetBaud = line.SetBaud
	}
	return o
}

// Link is one way to the register. What the protocol remembers (the answer that
// was not confirmed, the number of the last command of version 2) outlives a
// connection.
type Link struct {
	register *Register
	options  LinkOptions

	mu      sync.Mutex // one connection at a time
	device  *shtrih.DeviceLink
	timeout time.Duration // between bytes
	pending effects       // of a command whose answer is not confirmed yet
}

// NewLink makes a link.
func (r *Register) NewLink(o LinkOptions) *Link {
	l := &Link{register: r, options: o, timeout: o.ByteTimeout, device: shtrih.NewDeviceLink(shtrih.DeviceOptions{
		FFAfterAck: o.FFAfterAck, NAKJunk: o.NAKJunk,
	})}
	if l.timeout == 0 {
		l.timeout = r.byteTimeout(o.Port)
	}
	return l
}

// byteTimeout is what 14h has set for a port.
func (r *Register) byteTimeout(p shtrih.Port) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.portValues(p)
	if d := shtrih.ByteTimeout(v.timeout); ok && d > 0 && p != shtrih.TCPPortParameters {
		return d
	}
	return DefaultByteTimeout
}

// follow carries out what a command does to its link, once its answer has left
// at the old speed and the host has confirmed it or the time for that is over.
func (l *Link) follow() error {
	e := l.pending
	if e == (effects{}) || l.device.Confirming() {
		return nil
	}
	l.pending = effects{}
	if e.reboot {
		l.device.PowerOn()
	}
	if e.port == nil {
		return nil
	}
	l.device.Unlock() // any 14h lets the version be chosen again (Protocol ККТ 1.17)
	if e.port.port != l.options.Port || e.port.port == shtrih.TCPPortParameters {
		return nil
	}
	if d := shtrih.ByteTimeout(e.port.timeout); d > 0 {
		l.timeout = d
	}
	baud, ok := shtrih.BaudRate(e.port.baud)
	if l.options.SetBaud == nil || !ok {
		return nil
	}
	if err := l.options.SetBaud(baud); err != nil {
		return fmt.Errorf("emulator: speed of the line: %w", err)
	}
	return nil
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
	s := &session{link: l, conn: conn, turn: make(chan struct{}, 1), ended: make(chan struct{})}
	s.timer = time.AfterFunc(time.Hour, s.expire)
	s.timer.Stop()
	s.watch = time.AfterFunc(time.Hour, s.takesLong)
	s.watch.Stop()
	stop := context.AfterFunc(ctx, func() { s.end(ctx.Err()) })
	defer stop()
	s.turn <- struct{}{}
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(s.work)
	}
	workers.Wait()
	s.timer.Stop()
	s.watch.Stop()
	s.mu.Lock() // an expiry that runs is over
	defer s.mu.Unlock()
	return s.err
}

// session is a connection being served by two workers. One reads, feeds the link
// and runs the command when it is complete: no hand-over lies between the last
// byte of a command and the first of its answer. When a command takes long, the
// other reads meanwhile, so that ENQ is answered while it runs.
//
// A timer that is set for every command costs more than most commands: it wakes
// whoever waits for the network. So the timers stay set over many commands, look
// when they fire at what is due, and set themselves again for the rest.
type session struct {
	link  *Link
	conn  io.ReadWriteCloser
	turn  chan struct{} // whoever takes it reads
	ended chan struct{}
	once  sync.Once
	err   error // why it ended, once ended is closed

	mu  sync.Mutex // the link's device and what follows
	out []byte     // to send; while a command runs, the confirmation of its frame

	asked bool // ENQ came right behind the frame of the command that runs

	timer    *time.Timer // between bytes
	armed    time.Time   // when it fires, zero when it does not
	deadline time.Time   // of the time-out that runs

	watch    *time.Timer // over the command that runs
	watching bool        // it fires within longCommand
	began    time.Time   // of the command, zero when none runs in its first longCommand
}

// end ends the session; closing the connection wakes who reads or writes.
func (s *session) end(err error) {
	s.once.Do(func() {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) || errors.Is(err, net.ErrClosed) {
			err = nil
		}
		s.err = err
		close(s.ended)
		s.conn.Close()
	})
}

func (s *session) work() {
	buf := make([]byte, 512)
	var command, answer []byte
	for mine := false; ; {
		if !mine {
			select {
			case <-s.ended:
				return
			case <-s.turn:
			}
		}
		var ok bool
		if command, ok = s.read(buf, command[:0]); !ok {
			return
		}
		var e effects
		answer, e = s.link.register.exec(answer[:0], command, s.link.options.Port)
		mine = s.answer(answer, e)
	}
}

// longCommand is how long bytes may wait while a command runs, and the
// confirmation of its frame for the answer to leave with: real registers react
// within 1 to 16 ms (logs).
const longCommand = time.Millisecond

// read feeds the link until a command is complete, and appends that to command.
func (s *session) read(buf, command []byte) ([]byte, bool) {
	for {
		n, err := s.conn.Read(buf)
		if n > 0 {
			s.mu.Lock()
			s.out = s.link.device.Input(s.out[:0], buf[:n])
			if s.link.pending != (effects{}) { // of the command before: a restart drops the next one
				s.send()
				s.out = s.out[:0]
			}
			view, ok := s.link.device.Command()
			command = append(command, view...)
			if ok {
				s.out, s.asked = withoutENQ(s.out)
				s.start()
			} else {
				s.send()
			}
			s.mu.Unlock()
			if ok {
				return command, true
			}
		}
		if err != nil { // 0, nil is a time-out of a serial port
			s.end(err)
			return command, false
		}
		select {
		case <-s.ended:
			return command, false
		default:
		}
	}
}

// withoutENQ takes back what was to be said to ENQ right behind the frame of a
// command, if anything. A host that sends it so wants the answer (rosix): a
// register takes a few milliseconds for a command, and one confirmation of the
// frame and then the answer is what comes. Only a command that takes long is told
// by itself.
func withoutENQ(out []byte) (rest []byte, asked bool) {
	for n := len(out); n >= 2 && out[n-1] == shtrih.ACK && out[n-2] == shtrih.ACK; n = len(out) {
		out, asked = out[:n-1], true
	}
	return out, asked
}

// start lets what is to be sent wait for the answer.
func (s *session) start() {
	s.began = time.Now()
	if !s.watching {
		s.watching = true
		s.watch.Reset(longCommand)
	}
}

// takesLong sends what waits and hands the reading over, if a command has run for
// that long.
func (s *session) takesLong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watching = false
	if s.began.IsZero() {
		return
	}
	if rest := longCommand - time.Since(s.began); rest > 0 {
		s.watching = true
		s.watch.Reset(rest)
		return
	}
	s.began = time.Time{}
	if s.asked {
		s.out = append(s.out, shtrih.ACK)
	}
	s.send()
	s.turn <- struct{}{}
}

// answer sends the answer. Where the connection has ended meanwhile, it waits in
// the link for the host's return. It tells whether the reading was not handed
// over.
func (s *session) answer(data []byte, e effects) (mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if mine = !s.began.IsZero(); !mine {
		s.out = s.out[:0] // has left
	}
	s.began = time.Time{}
	s.link.pending = e
	s.out = s.link.device.Answer(s.out, data)
	s.send()
	return mine
}

// expire is called when the time between bytes may be over.
func (s *session) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.ended:
		return
	default:
	}
	s.armed = time.Time{}
	if !s.link.device.Waiting() {
		return
	}
	if rest := time.Until(s.deadline); rest > 0 {
		s.armed = s.deadline
		s.timer.Reset(rest)
		return
	}
	s.out = s.link.device.Expire(s.out[:0])
	s.send()
}

// send writes in one piece: hosts read an answer by its bytes, but the traces of
// real devices have it in one packet. Then it sees to the timer.
func (s *session) send() {
	select {
	case <-s.ended:
		return
	default:
	}
	var err error
	if len(s.out) > 0 {
		_, err = s.conn.Write(s.out)
	}
	if err == nil {
		err = s.link.follow()
	}
	if err != nil {
		s.end(err)
		return
	}
	if !s.link.device.Waiting() {
		return
	}
	wait := s.link.timeout
	if s.link.device.Confirming() {
		wait = confirmTimeout
	}
	s.deadline = time.Now().Add(wait)
	if s.armed.IsZero() || s.deadline.Before(s.armed) {
		s.armed = s.deadline
		s.timer.Reset(wait)
	}
}
