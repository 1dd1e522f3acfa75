package emulator

import (
	"encoding/binary"
	"errors"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// Exec runs one command, DATA without link framing, and appends DATA of the
// answer to dst. What the command changed is durable when Exec returns.
func (r *Register) Exec(dst, command []byte) []byte {
	return r.exec(dst, command, shtrih.PortRS232)
}

func (r *Register) exec(dst, command []byte, port shtrih.Port) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	began := r.cfg.Clock()
	r.made.document, r.made.sign = 0, 0
	start := len(dst)
	dst = r.dispatch(dst, command, port)
	if r.cfg.OnExchange != nil {
		r.cfg.OnExchange(Exchange{
			Time: began, Duration: r.cfg.Clock().Sub(began),
			Command: append([]byte(nil), command...), Answer: append([]byte(nil), dst[start:]...),
			Document: r.made.document, Sign: r.made.sign,
		})
	}
	return dst
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
	k := &call{Register: r, port: port}
	result := k.run(code, data)
	return shtrih.AppendAnswer(dst, code, result, k.payload)
}

func (k *call) run(code shtrih.Code, data []byte) shtrih.Result {
	entry := findCommand(code)
	if entry == nil {
		return shtrih.UnknownCommand
	}
	mode, _ := k.mode()
	if !entry.modes.has(mode) {
		if result, ok := entry.refusals[mode]; ok {
			return result
		}
		return shtrih.WrongMode
	}
	if entry.submode != shtrih.SubmodeReady {
		return shtrih.WrongSubmode // printing is instant: the submode is always 0
	}
	run, err := entry.parse(data)
	var length *shtrih.LengthError
	badLength := errors.As(err, &length)
	if badLength && entry.badLength == nil {
		return shtrih.BadLength
	}
	if entry.level != levelNone {
		// Missing bytes read as zero, which is nobody's password.
		var password [4]byte
		copy(password[:], data)
		var ok bool
		if k.operator, ok = k.authorise(binary.LittleEndian.Uint32(password[:]), entry.level); !ok {
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
	for row := first; row <= rowSysAdmin; row++ {
		v, _ := r.state.tables.read(cell{tablePasswords, row, fieldPassword})
		if binary.LittleEndian.Uint32(v) == password && password != 0 {
			return uint8(row), true
		}
	}
	return 0, false
}
