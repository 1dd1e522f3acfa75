package device

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// link runs the pure link machine of package shtrih over a transport: it writes what the machine says, reads, and
// tells it the time-outs. It is used by one goroutine at a time.
type link struct {
	transport Transport
	protocol  Protocol
	settings  *settings
	host      *shtrih.HostLink

	// What became of the last exchange.
	sent   bool // a whole frame with the command left and was not refused: it may be executed
	broken bool // the transport failed, as opposed to the register being silent

	// owed is the confirmation of the last answer: it leaves in one piece with the ENQ of the next command, or by
	// rest. Over TCP that is one packet, and one awakening of the register, less.
	owed []byte

	watched <-chan struct{} // end of the context that interrupts the transport, nil when none does
	unwatch func()

	// Deadlines that the transport has, zero when that is not known.
	readBy, writeBy time.Time

	out []byte
	in  [512]byte
}

func newLink(t Transport, s *settings) *link {
	return &link{transport: t, protocol: s.protocol, settings: s}
}

// connect finds the protocol, makes sure that somebody answers and gives DATA of the answer to FCh.
func (l *link) connect(ctx context.Context) ([]byte, error) {
	if l.protocol == Auto {
		l.protocol = V1
		two, err := l.probe(ctx)
		if err != nil {
			return nil, err
		}
		if two {
			l.protocol = V2
		}
	}
	// FCh needs no password and is allowed in every mode.
	return l.exchange(ctx, shtrih.DeviceTypeCode, shtrih.DeviceType{}.AppendTo(nil))
}

// reset forgets what the machine knew: the numbering of protocol 2 is learnt anew.
func (l *link) reset() {
	version := shtrih.V1
	if l.protocol == V2 {
		version = shtrih.V2
	}
	l.host = shtrih.NewHostLink(shtrih.HostOptions{Version: version})
}

// probe sends the sync of protocol 2. A register that speaks it answers with a frame; one that is fixed to protocol 1
// answers NAK or nothing (Protocol ККТ 1.17, alternative lower level; real logs).
func (l *link) probe(ctx context.Context) (two bool, err error) {
	l.watch(ctx)
	deadline := time.Now().Add(l.settings.timeouts.Reaction)
	if err := l.write(ctx, shtrih.AppendSync2(nil), deadline); err != nil {
		return false, err
	}
	for {
		n, err := l.read(ctx, deadline)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return false, nil
		case err != nil:
			return false, err
		}
		if bytes.IndexByte(l.in[:n], shtrih.Mark) >= 0 {
			return true, nil
		}
		if bytes.IndexByte(l.in[:n], shtrih.NAK) >= 0 {
			return false, nil
		}
	}
}

// exchange sends DATA of a command and returns DATA of the answer, a view that lives until the next exchange.
func (l *link) exchange(ctx context.Context, code shtrih.Code, data []byte) ([]byte, error) {
	l.sent, l.broken = false, false
	if l.host == nil || !l.host.Done() { // the exchange before was given up half-way
		l.reset()
	}
	out, err := l.host.Start(append(l.out[:0], l.owed...), data)
	if err != nil {
		return nil, err
	}
	l.owed = l.owed[:0]
	return l.run(ctx, code, out, false)
}

// resume goes on with the exchange that broke, over a new transport: it asks for the answer (protocol 1: ENQ, protocol
// 2: the same number again).
func (l *link) resume(ctx context.Context, code shtrih.Code, t Transport) ([]byte, error) {
	l.release() // of the old transport
	l.transport, l.broken = t, false
	l.readBy, l.writeBy = time.Time{}, time.Time{}
	out := l.host.Expire(l.out[:0])
	if len(out) == 0 && !l.host.Done() { // half a frame was dropped; now the step itself is repeated
		out = l.host.Expire(out)
	}
	return l.run(ctx, code, out, true)
}

func (l *link) run(ctx context.Context, code shtrih.Code, out []byte, resumed bool) (answer []byte, err error) {
	l.watch(ctx)
	t := &l.settings.timeouts
	limit := t.of(code)
	// The answer has the time of the command; asking for it again has a little more.
	last := time.Now().Add(limit + min(limit, repeatTime))
	for wait, since := shtrih.WaitNothing, time.Now(); ; {
		if answer, ok := l.host.Answer(); ok {
			l.owed, l.out = append(l.owed[:0], out...), out
			return answer, nil
		}
		if len(out) > 0 {
			if err := l.send(ctx, out, code, last, resumed); err != nil {
				return nil, err
			}
			since = time.Now()
		}
		l.out = out // keeps the grown buffer
		if l.host.Done() {
			return l.outcome(limit)
		}
		if w := l.host.Wait(); w != wait {
			wait, since = w, time.Now()
		}
		deadline := since.Add(t.wait(wait, limit))
		if deadline.After(last) {
			deadline = last
		}
		n, err := l.read(ctx, deadline)
		switch {
		case n > 0:
			if wait == shtrih.WaitByte {
				since = time.Now()
			}
			out = l.host.Input(out[:0], l.in[:n])
		case errors.Is(err, os.ErrDeadlineExceeded):
			if !time.Now().Before(last) {
				return nil, &linkEvent{what: fmt.Sprintf("no answer within %v", limit)}
			}
			out = l.host.Expire(out[:0])
			since = time.Now()
		default:
			return nil, err
		}
		if !l.host.Done() && !time.Now().Before(last) { // junk without end
			return nil, &linkEvent{what: fmt.Sprintf("no answer within %v", limit)}
		}
	}
}

// rest ends a row of exchanges. It sends the confirmation that is owed: where that fails the answer is here all the
// same, and the register repeats it to the next ENQ. It is to be called when no command follows at once.
func (l *link) rest() {
	l.release()
	if len(l.owed) == 0 {
		return
	}
	_ = l.write(context.Background(), l.owed, time.Now().Add(l.settings.timeouts.Reaction))
	l.owed = l.owed[:0]
}

// repeatTime is how long the protocol's own repeat may take after the time of the command has passed.
const repeatTime = 5 * time.Second

// outcome is the end of an exchange as the machine sees it.
func (l *link) outcome(limit time.Duration) ([]byte, error) {
	if answer, ok := l.host.Answer(); ok {
		return answer, nil
	}
	l.sent = errors.Is(l.host.Err(), shtrih.ErrUnknownOutcome)
	if l.sent {
		return nil, &linkEvent{what: fmt.Sprintf("no answer within %v, nor to the repeats", limit)}
	}
	return nil, &linkEvent{what: "the register does not react"}
}

// send writes what the machine said and notes when the command itself leaves.
func (l *link) send(ctx context.Context, out []byte, code shtrih.Code, deadline time.Time, resumed bool) error {
	command := l.carriesCommand(out)
	if command && resumed && l.protocol == V1 && l.sent && !readsOnly(code) {
		// The register waits for a command though this one left over the old connection. Either it never arrived, or
		// it was executed and a power cut made the register forget the answer. Protocol 1 has no number that would
		// tell, so the command must not go twice.
		return &linkEvent{what: "connected anew, and the register holds no answer to the command"}
	}
	err := l.write(ctx, out, deadline)
	if command && (err == nil || errors.Is(err, os.ErrDeadlineExceeded)) {
		l.sent = true // what was given up half-way may still leave
	}
	return err
}

// carriesCommand tells a frame with the command from the signals of the link.
func (l *link) carriesCommand(out []byte) bool {
	if l.protocol == V2 {
		return len(out) > 0 && !bytes.Equal(out, shtrih.AppendSync2(nil))
	}
	return bytes.IndexByte(out, shtrih.STX) >= 0
}

// write sends all bytes. What a broken transport cuts off is a damaged frame, which no register executes.
func (l *link) write(ctx context.Context, out []byte, deadline time.Time) error {
	if w, ok := l.transport.(writeDeadliner); ok && !near(l.writeBy, deadline) {
		l.writeBy = deadline
		if err := w.SetWriteDeadline(deadline); err != nil {
			return l.breaks(err)
		}
	}
	// The interruption of a context that ended before SetWriteDeadline was just overwritten.
	if err := ctx.Err(); err != nil {
		return &linkEvent{what: "given up", cause: err}
	}
	if l.settings.trace != nil {
		l.settings.trace(ToRegister, out)
	}
	_, err := l.transport.Write(out)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded):
		return &linkEvent{what: "given up", cause: fmt.Errorf("%w while sending: %w", ctx.Err(), err)}
	}
	return l.breaks(err)
}

// near tells that a deadline of writing need not be set anew: setting one costs as much as a short command, and
// nobody minds when a write that hangs is given up a second sooner.
func near(set, wanted time.Time) bool {
	d := wanted.Sub(set)
	return !set.IsZero() && d >= 0 && d < time.Second
}

// read reads at least one byte. A passed deadline is os.ErrDeadlineExceeded; a context that ended is its error.
func (l *link) read(ctx context.Context, deadline time.Time) (int, error) {
	for {
		n, err := l.readOnce(ctx, deadline)
		if errors.Is(err, os.ErrDeadlineExceeded) && l.readBy.Before(deadline) {
			l.readBy = time.Time{} // it was that of an earlier read
			continue
		}
		return n, err
	}
}

// readOnce leaves a deadline that was set before as it is, unless it is later than the wanted one: most reads get
// their bytes long before either.
func (l *link) readOnce(ctx context.Context, deadline time.Time) (int, error) {
	if l.readBy.IsZero() || l.readBy.After(deadline) {
		l.readBy = deadline
		if err := l.transport.SetReadDeadline(deadline); err != nil {
			return 0, l.breaks(err)
		}
	}
	// The interruption of a context that ended before SetReadDeadline was just overwritten.
	if err := ctx.Err(); err != nil {
		return 0, &linkEvent{what: "given up", cause: err}
	}
	n, err := l.transport.Read(l.in[:])
	if n > 0 {
		if l.settings.trace != nil {
			l.settings.trace(FromRegister, l.in[:n])
		}
		return n, nil
	}
	switch {
	case ctx.Err() != nil:
		return 0, &linkEvent{what: "given up", cause: ctx.Err()}
	case err == nil: // against the rules of Transport; a serial time-out looks so
		return 0, os.ErrDeadlineExceeded
	case errors.Is(err, os.ErrDeadlineExceeded):
		return 0, os.ErrDeadlineExceeded
	}
	return 0, l.breaks(err)
}

func (l *link) breaks(err error) error {
	l.broken = true
	return &linkEvent{what: "connection lost", cause: err}
}

// watch makes a blocked Read or Write return when the context ends, until release or until another context is watched:
// the exchanges of an operation mostly run under one.
func (l *link) watch(ctx context.Context) {
	if l.watched != nil && l.watched == ctx.Done() {
		return
	}
	l.release()
	if ctx.Done() == nil {
		return
	}
	t, done := l.transport, make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(done)
		past := time.Unix(1, 0)
		_ = t.SetReadDeadline(past)
		if w, ok := t.(writeDeadliner); ok {
			_ = w.SetWriteDeadline(past)
		}
	})
	l.watched = ctx.Done()
	l.unwatch = func() {
		if !cancel() {
			<-done
			l.readBy, l.writeBy = time.Time{}, time.Time{}
		}
	}
}

// release ends the watching. After it the context touches the transport no more.
func (l *link) release() {
	if l.watched != nil {
		l.unwatch()
		l.watched, l.unwatch = nil, nil
	}
}
