package shtrih

import (
	"errors"
	"fmt"
)

// Code is a command code: one byte, or FFh and a second byte (FF45h is 0xFF45).
type Code uint16

// Long reports whether the code takes two bytes on the wire.
func (c Code) Long() bool { return c > 0xFF }

// String gives the notation of the protocol text: «8Dh», «FF45h».
func (c Code) String() string {
	if c.Long() {
		return fmt.Sprintf("%04Xh", uint16(c))
	}
	return fmt.Sprintf("%02Xh", uint16(c))
}

// Name is a short English name, «close receipt v2»; for an unknown code it is
// String.
func (c Code) Name() string {
	if name, ok := codeName(c); ok {
		return name
	}
	return c.String()
}

// AppendCode appends the one or two bytes of c.
func AppendCode(dst []byte, c Code) []byte {
	if c.Long() {
		return append(dst, byte(c>>8), byte(c))
	}
	return append(dst, byte(c))
}

// SplitCode takes the command code off DATA of a command or an answer. ok is
// false when data is empty or ends inside a two-byte code. rest is a view.
func SplitCode(data []byte) (code Code, rest []byte, ok bool) {
	switch {
	case len(data) == 0:
		return 0, nil, false
	case data[0] != 0xFF:
		return Code(data[0]), data[1:], true
	case len(data) == 1:
		return 0, nil, false
	}
	return 0xFF00 | Code(data[1]), data[2:], true
}

// AppendAnswer appends DATA of an answer: code, result, payload. An answer with
// an error carries nothing after the result (Protocol ККТ 1.17, and every log),
// so payload is left out then.
func AppendAnswer(dst []byte, c Code, r Result, payload []byte) []byte {
	dst = append(AppendCode(dst, c), byte(r))
	if r != OK {
		return dst
	}
	return append(dst, payload...)
}

// SplitAnswer takes DATA of the answer to command c apart. The error is about
// the frame, not about the register's result: an answer too short, or to
// another command ([ErrEcho]). payload is a view.
func SplitAnswer(c Code, data []byte) (r Result, payload []byte, err error) {
	// Old devices answer «FF 37» to any FF command they do not know.
	if c.Long() && len(data) == 2 && data[0] == 0xFF && Result(data[1]) == UnknownCommand {
		return UnknownCommand, nil, nil
	}
	echo, rest, ok := SplitCode(data)
	if !ok {
		return 0, nil, fmt.Errorf("shtrih: answer to %s has %d bytes: %w", c, len(data), ErrShort)
	}
	// FEh covers many services and is echoed without the sub-code, like any
	// other one-byte code.
	if echo != c {
		return 0, nil, fmt.Errorf("shtrih: answer to %s carries code %s: %w", c, echo, ErrEcho)
	}
	if len(rest) == 0 {
		return 0, nil, fmt.Errorf("shtrih: answer to %s has no result byte: %w", c, ErrShort)
	}
	return Result(rest[0]), rest[1:], nil
}

var (
	// ErrShort: the bytes end before the thing they begin does.
	ErrShort = errors.New("too short")
	// ErrEcho: the answer carries the code of another command.
	ErrEcho = errors.New("answer to another command")
	// ErrUnknown: there is no struct for this command code.
	ErrUnknown = errors.New("command not known to this package")
)

// OpError says which operation failed on which command (0 for none). Err is a
// [Result] when the register refused.
type OpError struct {
	Op      string // what the caller was doing: "sell", "exec"
	Command Code
	Err     error
}

func (e *OpError) Error() string {
	if e.Command == 0 { // no command of the operation is to blame
		return fmt.Sprintf("%s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("%s: %s (%s): %v", e.Op, e.Command.Name(), e.Command, e.Err)
}

func (e *OpError) Unwrap() error { return e.Err }

// LengthError reports parameters or a payload of a length the layout does not
// have. Lengths count what Parse was given: no code, no result byte.
type LengthError struct {
	Command   Code
	Answer    bool // a payload of an answer, not parameters of a command
	Got       int
	Want, Max int // the shortest and the longest length allowed
}

func (e *LengthError) Error() string {
	what := "parameters"
	if e.Answer {
		what = "payload"
	}
	want := fmt.Sprint(e.Want)
	if e.Max > e.Want {
		want = fmt.Sprintf("%d to %d", e.Want, e.Max)
	}
	command := ""
	if e.Command != 0 { // not a reply that several commands share
		command = fmt.Sprintf(" %s %s:", e.Command, e.Command.Name())
	}
	return fmt.Sprintf("shtrih:%s %s of %d bytes, want %s", command, what, e.Got, want)
}

// RangeError reports a field that does not fit its place on the wire.
type RangeError struct {
	Command Code
	Field   string
	Value   uint64 // the number, or the length of a text
	Max     uint64
}

func (e *RangeError) Error() string {
	return fmt.Sprintf("shtrih: %s %s: %s is %d, at most %d", e.Command, e.Command.Name(), e.Field, e.Value, e.Max)
}

// Command is DATA of a command.
type Command interface {
	Code() Code
	// AppendTo appends the code and the parameters.
	AppendTo(dst []byte) []byte
}

// Reply reads the payload of an answer whose result is [OK].
type Reply interface {
	Parse(payload []byte) error
}

// Checker is implemented by commands whose AppendTo can panic or whose text can
// be too long for the layout.
type Checker interface {
	Check() error // a *RangeError
}
