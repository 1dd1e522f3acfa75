package shtrih

import "github.com/openkkt/openkkt/protocol/checksum"

// Version is the version of the link protocol.
type Version uint8

const (
	Auto Version = iota // not known yet
	V1                  // «standard low level»: ENQ, STX, LRC
	V2                  // «alternative low level»: 8Fh, stuffing, CRC
)

// DeviceOptions are what registers differ in.
type DeviceOptions struct {
	// FFAfterAck sends one byte FFh after the host confirmed an answer, as the
	// printer family does over TCP (note to appendix 3 of Protocol ККТ 1.17).
	FFAfterAck bool
	// NAKJunk answers NAK to every byte other than ENQ and STX while a command is
	// waited for, as the diagram of appendix 2 draws it. Real hosts send such
	// bytes and break on a NAK, so by default they are ignored.
	NAKJunk bool
}

// DeviceLink is the register's end of the link. It belongs to one goroutine.
//
// Bytes go in by [DeviceLink.Input]; when [DeviceLink.Command] gives a command,
// the caller runs it and hands its answer to [DeviceLink.Answer]. Input may be
// called meanwhile: ENQ is answered, no other command begins.
//
// The version is found by the first byte and kept until Unlock or PowerOn.
type DeviceLink struct {
	opts    DeviceOptions
	version Version // found on this connection
	running Version // the version the running command came by; Auto: none runs
	ready   bool    // the running command has not been taken yet

	state1  state1
	need1   int    // DATA bytes of the frame being read
	command []byte // DATA of the frame being read or run, v1
	answer1 []byte // frame not yet confirmed

	decoder decoder2
	num     uint16 // of the command executed or running last
	answer2 []byte // frame of the answer to num, empty when nothing was executed
}

// state1 is the state of appendix 2, Protocol ККТ 1.17.
type state1 uint8

const (
	waitSTX     state1 = iota // nothing is pending
	waitLength                // inside a frame
	waitData                  //
	waitLRC                   //
	waitConfirm               // the answer was sent
	waitENQ                   // the answer was sent and not confirmed
)

// NewDeviceLink is a link just powered on.
func NewDeviceLink(o DeviceOptions) *DeviceLink { return &DeviceLink{opts: o} }

// PowerOn forgets everything: the unconfirmed answer (Protocol ККТ 1.17, p. 13),
// the number of version 2, the version, and the running command: the caller must
// not hand its answer in any more.
func (l *DeviceLink) PowerOn() {
	*l = DeviceLink{opts: l.opts, command: l.command[:0], answer1: l.answer1[:0], answer2: l.answer2[:0],
		decoder: decoder2{buf: l.decoder.buf[:0]}}
}

// Unlock lets the next first byte choose the version again: for a new TCP
// connection, or after 14h. Half a frame is dropped; an unconfirmed answer, the
// last number of version 2 and the running command stay.
func (l *DeviceLink) Unlock() {
	l.version = Auto
	l.decoder.active = false
	switch l.state1 {
	case waitLength, waitData, waitLRC:
		l.state1 = waitSTX
	case waitConfirm: // whoever sends ACK now did not see the answer
		l.state1 = waitENQ
	}
}

// Version is the version found, or Auto.
func (l *DeviceLink) Version() Version { return l.version }

// Waiting reports whether a byte time-out must run: inside a frame, and in
// version 1 until the answer is confirmed.
func (l *DeviceLink) Waiting() bool {
	switch {
	case l.running != Auto:
		return false
	case l.version == V2:
		return l.decoder.active
	}
	return l.version == V1 && l.state1 != waitSTX && l.state1 != waitENQ
}

// Confirming reports whether the time-out that runs is that of the host's
// confirmation, which need not be as short as the pause inside a frame.
func (l *DeviceLink) Confirming() bool {
	return l.running == Auto && l.version == V1 && l.state1 == waitConfirm
}

// Expire says that the byte time-out passed, and appends what to send.
func (l *DeviceLink) Expire(out []byte) []byte {
	if !l.Waiting() {
		return out
	}
	if l.version == V2 {
		l.decoder.active = false
		return out
	}
	if l.state1 == waitConfirm {
		l.state1 = waitENQ
		return out
	}
	l.state1 = waitSTX
	return append(out, NAK)
}

// Command gives DATA of a command that became complete, once. The view lives
// until Answer or PowerOn.
func (l *DeviceLink) Command() (data []byte, ok bool) {
	if !l.ready {
		return nil, false
	}
	l.ready = false
	if l.running == V2 {
		return l.decoder.frame().Data, true
	}
	return l.command, true
}

// Running reports whether a command was received and not answered yet.
func (l *DeviceLink) Running() bool { return l.running != Auto }

// Input takes bytes from the host and appends to out the bytes to send.
func (l *DeviceLink) Input(out, in []byte) []byte {
	for len(in) > 0 {
		if l.version == Auto {
			in = in[l.detect(in[0]):]
			continue
		}
		var n int
		if l.version == V1 {
			out, n = l.input1(out, in)
		} else {
			out, n = l.input2(out, in)
		}
		in = in[n:]
	}
	return out
}

// Answer ends the running command with DATA of its answer: it remembers the
// frame for repeats and appends it to out, unless the host that asked has gone
// and nobody has spoken this version since. Without a running command (the power
// went meanwhile) it does nothing. It panics when the answer does not fit a
// frame.
func (l *DeviceLink) Answer(out, answer []byte) []byte {
	version := l.running
	l.running, l.ready = Auto, false
	switch version {
	case V1:
		l.answer1 = AppendFrame1(l.answer1[:0], answer)
		l.state1 = waitENQ
		if l.version == V1 {
			l.state1 = waitConfirm
			out = append(out, l.answer1...)
		}
	case V2:
		l.answer2 = AppendFrame2(l.answer2[:0], l.num, answer)
		if l.version == V2 {
			out = append(out, l.answer2...)
		}
	}
	return out
}

// detect chooses the version by the first byte; other bytes are dropped.
func (l *DeviceLink) detect(b byte) (used int) {
	switch b {
	case ENQ, STX:
		l.version = V1
		return 0
	case Mark:
		l.version = V2
		return 0
	}
	return 1
}

func (l *DeviceLink) input1(out, in []byte) ([]byte, int) {
	b := in[0]
	switch {
	case l.running != Auto:
		if b == ENQ {
			out = append(out, ACK)
		}
		return out, 1
	case l.state1 == waitData:
		run := in[:min(len(in), l.need1-len(l.command))]
		l.command = append(l.command, run...)
		if len(l.command) == l.need1 {
			l.state1 = waitLRC
		}
		return out, len(run)
	}
	return l.byte1(out, b), 1
}

func (l *DeviceLink) byte1(out []byte, b byte) []byte {
	switch l.state1 {
	case waitSTX:
		switch {
		case b == ENQ:
			return append(out, NAK)
		case b == STX:
			l.state1 = waitLength
		case b == Mark || l.opts.NAKJunk:
			// The probe of version 2 is refused as the diagram has it, though other junk
			// is not: the host need not wait its time-out. Registers may keep silent.
			return append(out, NAK)
		}
	case waitLength:
		l.need1, l.command, l.state1 = int(b), l.command[:0], waitData
		if b == 0 {
			l.state1 = waitLRC
		}
	case waitLRC:
		l.state1 = waitSTX
		if l.need1 == 0 || byte(l.need1)^checksum.LRC(l.command) != b {
			return append(out, NAK)
		}
		l.running, l.ready = V1, true
		return append(out, ACK)
	case waitConfirm:
		switch b {
		case ACK:
			l.state1 = waitSTX
			if l.opts.FFAfterAck {
				return append(out, 0xFF)
			}
		case ENQ:
			return l.repeat1(out)
		default:
			l.state1 = waitENQ
		}
	case waitENQ:
		if b == ENQ {
			return l.repeat1(out)
		}
	}
	return out
}

// repeat1 answers ENQ while an answer is not confirmed.
func (l *DeviceLink) repeat1(out []byte) []byte {
	l.state1 = waitConfirm
	return append(append(out, ACK), l.answer1...)
}

func (l *DeviceLink) input2(out, in []byte) ([]byte, int) {
	// A frame repeated while its command runs gets the one answer only (seen on a
	// real device): nothing is listened to meanwhile.
	if l.running != Auto {
		return out, len(in)
	}
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

func (l *DeviceLink) received2(out []byte, f Frame2) []byte {
	if !f.Sync && f.Num == l.num+1 && len(f.Data) > 0 {
		// The answer of version 1 that nobody confirmed is out of date now.
		l.state1 = waitSTX
		l.num, l.running, l.ready = f.Num, V2, true
		return out
	}
	if len(l.answer2) == 0 {
		return AppendFrame2(out, l.num, nil)
	}
	return append(out, l.answer2...)
}
