package fn

import (
	"github.com/openkkt/openkkt/protocol/fnlink"
)

// exec runs a command and appends the answer. A failed storage answers 03h to everything.
func (s *Storage) exec(dst, cmd []byte) []byte {
	mark := len(dst)
	dst = append(dst, byte(fnlink.StorageFailure))
	if s.failed != nil {
		return dst
	}
	dst, code := s.run(dst, cmd)
	if s.failed != nil {
		return dst[:mark+1]
	}
	dst[mark] = byte(code)
	if s.warnings() != 0 {
		dst[mark] |= fnlink.Warning
	}
	return dst
}

// run appends the DATA of the answer and gives its code. The order of checks is format, state, values: the protocol
// prints none.
func (s *Storage) run(dst, cmd []byte) ([]byte, fnlink.Answer) {
	if len(cmd) == 0 || len(cmd) > fnlink.MaxData+1 {
		return dst, fnlink.UnknownCommand
	}
	data := cmd[1:]
	switch fnlink.Code(cmd[0]) {
	case fnlink.CodeStatus:
		return s.status(dst, data)
	case fnlink.CodeNumber:
		return s.number(dst, data)
	case fnlink.CodeValidity:
		return s.validity(dst, data)
	case fnlink.CodeVersion:
		return s.version(dst, data)
	case fnlink.CodeExecution:
		return s.execution(dst, data)
	case fnlink.CodeFormat:
		return s.format(dst, data)
	case fnlink.CodeDaysLeft:
		return s.daysLeft(dst, data)
	case fnlink.CodeFreeMemory:
		return s.freeMemory(dst, data)
	case fnlink.CodeDataSize:
		return s.dataSize(dst, data)
	case fnlink.CodeCounters:
		return s.counters(dst, data)
	case fnlink.CodeOperationCounts:
		return s.operationCounts(dst, data)
	case fnlink.CodeOperationCounters:
		return s.operationCounters(dst, data)
	case fnlink.CodeShiftState:
		return s.shiftState(dst, data)
	case fnlink.CodeExchangeStatus:
		return s.exchangeStatus(dst, data)
	case fnlink.CodeUndelivered:
		return s.undelivered(dst, data)
	case fnlink.CodeRegistrationData:
		return s.registrationData(dst, data)
	case fnlink.CodeFindDocument:
		return s.findDocument(dst, data)
	case fnlink.CodeRequestDocument:
		return s.requestDocument(dst, data)
	case fnlink.CodeReadDocument:
		return s.readDocument(dst, data)

	case fnlink.CodeBeginRegistration105:
		return dst, s.beginRegistration105(data)
	case fnlink.CodeBeginRegistration:
		return dst, s.beginRegistration(data)
	case fnlink.CodeBeginShiftOpening:
		return dst, s.beginShiftOpening(data)
	case fnlink.CodeBeginShiftClosing:
		return dst, s.beginShiftClosing(data)
	case fnlink.CodeBeginReceipt:
		return dst, s.beginReceipt(data)
	case fnlink.CodeCancel:
		return dst, s.cancel(data)
	case fnlink.CodeSendData:
		return s.sendData(dst, data)
	case fnlink.CodeMakeRegistration105:
		return s.makeRegistration105(dst, cmd)
	case fnlink.CodeMakeRegistration:
		return s.makeRegistration(dst, cmd)
	case fnlink.CodeOpenShift:
		return s.openShift(dst, cmd)
	case fnlink.CodeCloseShift:
		return s.closeShift(dst, cmd)
	case fnlink.CodeFormReceipt:
		return s.formReceipt(dst, cmd)
	}
	return dst, fnlink.UnknownCommand
}

// warnings now. The storage knows the calendar only from the commands of the register.
func (s *Storage) warnings() fnlink.Warnings {
	if key := (warningsKey{s.now(), s.state.last}); key != s.warned.key || s.state.phase != s.warned.phase {
		s.warned.key, s.warned.phase = key, s.state.phase
		s.warned.warnings = s.state.warnings(s.config.Model, key.at)
	}
	return s.warned.warnings
}

// warningsKey is what the warnings depend on, in a phase: they are asked for at
// every answer and change with the minute or a document only.
type warningsKey struct {
	at   fnlink.DateTime
	last uint32
}

func (s *Storage) now() fnlink.DateTime {
	if s.hasSeen {
		return s.seen
	}
	return s.state.lastAt
}
