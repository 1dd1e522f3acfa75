package shtrih

import (
	"errors"
	"fmt"

	"github.com/openkkt/openkkt/protocol/checksum"
)

var (
	// ErrNoLink: the register does not answer, and nothing of the command can
	// have been executed.
	ErrNoLink = errors.New("no link with the register")
	// ErrUnknownOutcome: the command was sent and no answer came; it may have been
	// executed.
	ErrUnknownOutcome = errors.New("link lost after the command was sent: it may have been executed")
	// ErrBusy: Start before the command before is done.
	ErrBusy = errors.New("a command is under way")
	// ErrTooLong: DATA is empty or does not fit a frame of this version.
	ErrTooLong = errors.New("command does not fit a frame")
)

// Wait says what the host waits for, and so which time-out must run.
type Wait uint8

const (
	WaitNothing  Wait = iota // no command under way
	WaitReaction             // ENQ, a frame or a sync was sent: a few byte times
	WaitByte                 // inside a frame, or for the line to fall silent: the byte time-out
	WaitAnswer               // the command runs: up to minutes
)

// HostOptions of a link.
type HostOptions struct {
	Version Version // V1 or V2; Auto is V1
	Retries int     // tries of one step; 0 is the 10 of appendix 3, Protocol ККТ 1.17
}

// HostLink is the host's end of the link. It belongs to one goroutine.
//
// Start begins a command; then bytes go in by Input and time-outs by Expire, both
// append the bytes to send, until Done. Answer has the answer, Err the failure.
//
// An answer means that the command was executed once, with one exception that
// version 2 leaves open: a register that restarts while it runs the first command
// after its start takes the repeated frame for a new one.
type HostLink struct {
	version Version
	retries int

	state   hostState
	tries   int
	clean   bool // v1: the register had no answer pending before the frame left
	sent    bool // the command left, and the register did not say since that it waits for one
	taken   bool // v1: the register confirmed the frame
	silent  bool // v1: an ENQ after the frame got no answer
	repeats int  // frames of the command sent, version 2
	err     error

	command   []byte
	answer    []byte
	discarded []byte
	need      int // bytes of the answer frame after STX

	decoder decoder2
	synced  bool
	num     uint16 // executed last, by what the register said
}

type hostState uint8

const (
	hostIdle     hostState = iota
	hostENQ                // v1: ENQ sent, waits for ACK or NAK
	hostAck                // v1: the frame sent
	hostSTX                // v1: waits for an answer frame
	hostPending            // v1: ENQ was answered ACK: waits for a frame at once
	hostLength             // v1: inside an answer frame
	hostData               //
	hostQuiet              // v1: after a bad frame: waits till the line is silent
	hostSync               // v2: sync sent
	hostExecuted           // v2: the frame sent
)

// NewHostLink is a link on which nothing was said yet.
func NewHostLink(o HostOptions) *HostLink {
	if o.Version == Auto {
		o.Version = V1
	}
	if o.Retries <= 0 {
		o.Retries = 10
	}
	return &HostLink{version: o.Version, retries: o.Retries}
}

// Start begins the command with DATA cmd, which is copied, and appends the first
// bytes to send. What lies in the line from before must be read away first: an
// old NAK would pass for the answer to ENQ.
func (l *HostLink) Start(out, cmd []byte) ([]byte, error) {
	if l.state != hostIdle {
		return out, fmt.Errorf("shtrih: %w", ErrBusy)
	}
	limit := MaxData1
	if l.version == V2 {
		limit = MaxData2
	}
	if len(cmd) == 0 || len(cmd) > limit {
		return out, fmt.Errorf("shtrih: DATA of %d bytes, 1 to %d possible: %w", len(cmd), limit, ErrTooLong)
	}
	l.command = append(l.command[:0], cmd...)
	l.answer, l.discarded = l.answer[:0], l.discarded[:0]
	l.tries, l.repeats, l.err = 0, 0, nil
	l.clean, l.sent, l.taken, l.silent = false, false, false, false
	if l.version == V1 {
		return l.sendENQ(out), nil
	}
	l.decoder.active = false
	if !l.synced {
		l.state = hostSync
		return AppendSync2(out), nil
	}
	return l.sendFrame2(out), nil
}

// Done reports that no command is under way: Answer or Err tells how it ended.
func (l *HostLink) Done() bool { return l.state == hostIdle }

// Answer is DATA of the answer; ok is false while there is none. The view lives
// until the next Start.
func (l *HostLink) Answer() (data []byte, ok bool) {
	if l.state != hostIdle || l.err != nil || len(l.answer) == 0 {
		return nil, false
	}
	return l.answer, true
}

// Err is why the last command failed: [ErrNoLink] or [ErrUnknownOutcome].
func (l *HostLink) Err() error { return l.err }

// Discarded is DATA of an answer to an earlier command that the register still
// had when this one began (version 1): nil when there was none. The view lives
// until the next Start.
func (l *HostLink) Discarded() []byte {
	if len(l.discarded) == 0 {
		return nil
	}
	return l.discarded
}

// Wait says which time-out must run now.
func (l *HostLink) Wait() Wait {
	switch l.state {
	case hostIdle:
		return WaitNothing
	case hostENQ, hostAck, hostSync:
		return WaitReaction
	case hostLength, hostData, hostQuiet:
		return WaitByte
	case hostPending:
		// The register answered ACK and may still be at work.
		return WaitAnswer
	case hostExecuted:
		if l.decoder.active {
			return WaitByte
		}
	}
	return WaitAnswer
}

// Expire says that the time-out named by Wait passed, and appends what to send.
func (l *HostLink) Expire(out []byte) []byte {
	switch l.state {
	case hostENQ:
		l.silent = l.sent
		return l.again1(out)
	case hostAck, hostSTX, hostPending, hostQuiet:
		return l.again1(out)
	case hostLength, hostData:
		return l.again1(append(out, NAK))
	case hostSync:
		l.decoder.active = false
		if l.again() {
			return AppendSync2(out)
		}
	case hostExecuted:
		if l.decoder.active { // half a frame; the answer may come whole yet
			l.decoder.active = false
			return out
		}
		if l.again() {
			return l.sendFrame2(out)
		}
	}
	return out
}

// Input takes bytes from the register and appends to out the bytes to send.
// Bytes that come when nothing is under way (FFh after a confirmation) are
// dropped.
func (l *HostLink) Input(out, in []byte) []byte {
	for len(in) > 0 && l.state != hostIdle {
		n := 1
		switch {
		case l.version == V2:
			out, n = l.input2(out, in)
		case l.state == hostData:
			out, n = l.data1(out, in)
		default:
			out = l.byte1(out, in[0])
		}
		in = in[n:]
	}
	return out
}

// again counts a try; when there were too many it ends the command.
func (l *HostLink) again() bool {
	l.tries++
	if l.tries < l.retries {
		return true
	}
	l.fail()
	return false
}

func (l *HostLink) fail() {
	l.state, l.synced = hostIdle, false
	l.err = ErrNoLink
	if l.sent {
		l.err = ErrUnknownOutcome
	}
}

func (l *HostLink) again1(out []byte) []byte {
	if l.again() {
		return l.sendENQ(out)
	}
	return out
}

func (l *HostLink) sendENQ(out []byte) []byte {
	l.state = hostENQ
	return append(out, ENQ)
}

func (l *HostLink) byte1(out []byte, b byte) []byte {
	switch l.state {
	case hostENQ:
		switch b {
		case ACK: // an answer is ready or in preparation
			l.state = hostPending
			l.taken = l.sent
		case NAK: // waits for a command
			// A register that took the frame and has no answer has lost its power. So
			// may one that kept silent after the frame: it was starting.
			if l.taken || l.silent {
				l.fail()
				return out
			}
			l.state, l.clean, l.sent = hostAck, true, true
			return AppendFrame1(out, l.command)
		}
	case hostAck:
		switch b {
		case ACK:
			l.state, l.taken, l.tries = hostSTX, true, 0
		case NAK: // or a damaged ACK: only ENQ will tell
			return l.again1(out)
		}
	case hostSTX, hostPending:
		// Before STX anything is skipped, a second ACK too: the one to the frame may
		// come after ENQ has left.
		if b == STX {
			l.state = hostLength
		}
	case hostLength:
		l.answer, l.need, l.state = l.answer[:0], int(b)+1, hostData
	}
	return out
}

// data1 reads DATA and LRC of an answer frame.
func (l *HostLink) data1(out, in []byte) ([]byte, int) {
	run := in[:min(len(in), l.need-len(l.answer))]
	l.answer = append(l.answer, run...)
	if len(l.answer) < l.need {
		return out, len(run)
	}
	data, lrc := l.answer[:l.need-1], l.answer[l.need-1]
	switch {
	case len(data) == 0 || byte(len(data))^checksum.LRC(data) != lrc:
		// ENQ must not be followed by the rest of a frame whose length was damaged:
		// its bytes would pass for ACK or NAK.
		l.state, l.answer = hostQuiet, l.answer[:0]
		out = append(out, NAK)
	case !l.clean:
		// The register did not see this command yet: the answer is to another one.
		l.discarded = append(l.discarded[:0], data...)
		l.answer = l.answer[:0]
		out = l.again1(append(out, ACK))
	default:
		l.answer, l.state = data, hostIdle
		out = append(out, ACK)
	}
	return out, len(run)
}

func (l *HostLink) sendFrame2(out []byte) []byte {
	l.state, l.sent = hostExecuted, true
	l.repeats++
	return AppendFrame2(out, l.num+1, l.command)
}

func (l *HostLink) input2(out, in []byte) ([]byte, int) {
	if !l.decoder.active {
		for i, b := range in {
			if b == Mark {
				l.decoder.begin()
				return out, i + 1
			}
		}
		return out, len(in)
	}
	used, event := l.decoder.feed(in)
	if event == frameReady {
		out = l.received2(out, l.decoder.frame())
	}
	return out, used
}

func (l *HostLink) received2(out []byte, f Frame2) []byte {
	switch {
	case f.Sync: // the register never sends it
	case l.state == hostSync:
		l.num, l.synced, l.tries = f.Num, true, 0
		return l.sendFrame2(out)
	case f.Num == l.num+1 && len(f.Data) > 0:
		l.num++
		l.answer = append(l.answer[:0], f.Data...)
		l.state = hostIdle
	case f.Num == l.num: // the answer before, late or repeated
	case l.repeats == 1:
		// A register executes the next number only and answers any other with its
		// last answer: this frame was not executed. Somebody else spoke to it.
		l.sent, l.repeats = false, 0
		if l.again() {
			l.num = f.Num
			return l.sendFrame2(out)
		}
	default:
		l.fail()
	}
	return out
}
