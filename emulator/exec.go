package emulator

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// Exec runs one command, DATA without link framing, and appends DATA of the
// answer to dst. What the command changed is durable when Exec returns.
func (r *Register) Exec(dst, command []byte) []byte {
	dst, _ = r.exec(dst, command, shtrih.PortRS232)
	return dst
}

func (r *Register) exec(dst, command []byte, port shtrih.Port) ([]byte, effects) {
	r.mu.Lock()
	defer r.mu.Unlock()
	began := r.cfg.Clock()
	r.advance()
	r.made.document, r.made.sign = 0, 0
	r.effects = effects{}
	start := len(dst)
	dst = r.dispatch(dst, command, port)
	r.advance()
	if r.cfg.OnExchange != nil {
		r.cfg.OnExchange(Exchange{
			Time: began, Duration: r.cfg.Clock().Sub(began),
			Command: append([]byte(nil), command...), Answer: append([]byte(nil), dst[start:]...),
			Document: r.made.document, Sign: r.made.sign,
		})
	}
	return dst, r.effects
}

// call is one command being executed.
type call struct {
	*Register
	port     shtrih.Port
	operator uint8 // row of table 2 whose password was given
	payload  []byte
}

// reply is the payload of a successful answer.
type reply interface{ AppendTo(dst []byte) []byte }

// answer sets the payload and succeeds.
func (k *call) answer(p reply) shtrih.Result {
	k.payload = p.AppendTo(k.payload)
	return shtrih.OK
}

// done is the answer of the many commands that only name the operator.
func (k *call) done() shtrih.Result {
	return k.answer(shtrih.OperatorReply{Operator: k.operator})
}

// The order of the checks is that of real firmware (test run against a
// SHTRIH-M-01F): the command is known, the mode suits it (73h, whatever the
// parameters are), the length (7Eh), the password (4Fh), the parameters.
func (r *Register) dispatch(dst, command []byte, port shtrih.Port) []byte {
	code, data, ok := shtrih.SplitCode(command)
	if !ok {
		// Not a command at all: an empty frame, or FF alone.
		return append(append(dst, command...), byte(shtrih.UnknownCommand))
	}
	k := &r.call
	*k = call{Register: r, port: port, payload: k.payload[:0]}
	result := k.run(code, data)
	if result != shtrih.OK {
		r.lastError = result
	}
	return shtrih.AppendAnswer(dst, code, result, k.payload)
}

func (k *call) run(code shtrih.Code, data []byte) shtrih.Result {
	entry := findCommand(code)
	if entry == nil {
		return shtrih.UnknownCommand
	}
	allowed, level := entry.modes, entry.level
	if entry.byModel != nil {
		allowed, level = entry.byModel(k.profile, allowed, level)
	}
	mode, _ := k.mode()
	if !allowed.has(mode) {
		if result, ok := entry.refusals[mode]; ok {
			return result
		}
		return shtrih.WrongMode
	}
	if entry.submode != shtrih.SubmodeReady && entry.submode != k.submode() {
		return shtrih.WrongSubmode
	}
	if entry.prints {
		result := k.mayPrint()
		if result == shtrih.Printing && entry.deferred && k.receipt != nil {
			result = shtrih.OK
		}
		if result != shtrih.OK {
			return result
		}
	}
	run, err := entry.parse(data)
	var length *shtrih.LengthError
	badLength := false
	if err != nil {
		if badLength = errors.As(err, &length); badLength && k.profile.Lengths == "lenient" {
			data = fit(data, length.Want, length.Max)
			run, err = entry.parse(data)
			badLength = errors.As(err, &length)
		}
	}
	if !badLength && entry.text != nil {
		lengths, longer := entry.text(k.profile)
		n := len(data) - entry.head
		badLength = len(lengths) > 0 && !slices.Contains(lengths, n) && !(longer && n > slices.Min(lengths))
	}
	if badLength && (entry.badLength == nil || k.profile.Lengths == "strict") {
		return shtrih.BadLength
	}
	if level != levelNone {
		// Missing bytes read as zero, which is nobody's password.
		var password [4]byte
		copy(password[:], data)
		var ok bool
		if k.operator, ok = k.authorise(binary.LittleEndian.Uint32(password[:]), level); !ok {
			return shtrih.Password
		}
	}
	switch {
	case badLength:
		return entry.badLength(len(data))
	case err != nil:
		return shtrih.BadParameters
	}
	return run(k)
}

// fit fills parameters up with zeros or cuts them.
func fit(data []byte, shortest, longest int) []byte {
	if n := shortest - len(data); n > 0 {
		return append(slices.Clip(data), make([]byte, n)...)
	}
	return data[:min(len(data), longest)]
}

// level is the right that a command needs (table 2).
type level uint8

const (
	levelNone     level = iota // no password in the command
	levelOperator              // any row
	levelAdmin                 // rows 29 and 30
	levelSysAdmin              // row 30
)

const (
	rowAdmin    = 29
	rowSysAdmin = 30
)

// authorise finds the row of table 2 with the password and enough rights.
func (r *Register) authorise(password uint32, need level) (row uint8, ok bool) {
	first := uint16(1)
	switch need {
	case levelAdmin:
		first = rowAdmin
	case levelSysAdmin:
		first = rowSysAdmin
	}
	if password == 0 {
		return 0, false
	}
	for row, own := range r.state.tables.passwords[first:] {
		if own == password {
			return uint8(int(first) + row), true
		}
	}
	return 0, false
}
