package fn

import (
	"math"
	"slices"
	"time"

	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// current is the document that is being formed. The zero value is none.
type current struct {
	kind fnlink.CurrentDocument
	form tlv.Tag
	ffd  ffd.Version
	at   fnlink.DateTime // of the begin command
	data []byte          // of 07h
	seen []tlv.Tag       // in data, each once
}

func (c *current) has(t tlv.Tag) bool { return slices.Contains(c.seen, t) }

// begin starts a document.
func (s *Storage) begin(kind fnlink.CurrentDocument, form tlv.Tag, version ffd.Version, at fnlink.DateTime) fnlink.Answer {
	s.drop()
	s.current.kind, s.current.form, s.current.ffd, s.current.at = kind, form, version, at
	return fnlink.OK
}

// drop forgets the document, keeping the buffers.
func (s *Storage) drop() {
	s.current = current{data: s.current.data[:0], seen: s.current.seen[:0]}
}

func (s *Storage) cancel(data []byte) fnlink.Answer {
	if (&fnlink.Cancel{}).Parse(data) != nil {
		return fnlink.UnknownCommand
	}
	s.drop()
	return fnlink.OK
}

func (s *Storage) beginRegistration105(data []byte) fnlink.Answer {
	var c fnlink.BeginRegistration105
	if c.Parse(data) != nil || c.Report != fnlink.ReportRegistration {
		return fnlink.UnknownCommand
	}
	if s.state.phase != fnlink.PhaseReady || s.current.kind != fnlink.NoDocument {
		return fnlink.WrongState
	}
	return s.begin(fnlink.DocRegistration, ffd.RegistrationReport, ffd.FFD105, fnlink.DateTime{})
}

func (s *Storage) beginRegistration(data []byte) fnlink.Answer {
	var c fnlink.BeginRegistration
	if c.Parse(data) != nil || c.Report != fnlink.ReportRegistration {
		return fnlink.UnknownCommand
	}
	if s.state.phase != fnlink.PhaseReady || s.current.kind != fnlink.NoDocument {
		return fnlink.WrongState
	}
	version := ffd.Version(c.FFD)
	if version != ffd.FFD11 && version != ffd.FFD12 {
		return fnlink.WrongFormatVersion
	}
	return s.begin(fnlink.DocRegistration, ffd.RegistrationReport, version, fnlink.DateTime{})
}

func (s *Storage) beginShiftOpening(data []byte) fnlink.Answer {
	var c fnlink.BeginShiftOpening
	if c.Parse(data) != nil {
		return fnlink.UnknownCommand
	}
	if !s.mayBegin() || s.state.shiftOpen {
		return fnlink.WrongState
	}
	if !s.timeGoesOn(c.At, s.state.lastAt) {
		return fnlink.BadDateTime
	}
	if code := s.resource(c.At); code != fnlink.OK {
		return code
	}
	return s.begin(fnlink.DocShiftOpening, ffd.ShiftOpening, s.state.ffd, c.At)
}

func (s *Storage) beginShiftClosing(data []byte) fnlink.Answer {
	var c fnlink.BeginShiftClosing
	if c.Parse(data) != nil {
		return fnlink.UnknownCommand
	}
	if !s.mayBegin() || !s.state.shiftOpen {
		return fnlink.WrongState
	}
	if !s.timeGoesOn(c.At, s.state.lastAt) {
		return fnlink.BadDateTime
	}
	if code := s.resource(c.At); code != fnlink.OK {
		return code
	}
	return s.begin(fnlink.DocShiftClosing, ffd.ShiftClosing, s.state.ffd, c.At)
}

// beginReceipt checks the order of time before the age of the shift, and that before the timer: the protocol prints
// no order. A moment after the 24 hours is named by both 07h and 16h; here 16h, which tells the cashier what to do.
func (s *Storage) beginReceipt(data []byte) fnlink.Answer {
	var c fnlink.BeginReceipt
	if c.Parse(data) != nil {
		return fnlink.UnknownCommand
	}
	switch {
	case !s.mayBegin() || !s.state.shiftOpen:
		return fnlink.WrongState
	case !s.timeGoesOn(c.At, s.state.lastAt):
		return fnlink.BadDateTime
	case since(s.state.shiftAt, c.At) > maxShift:
		return fnlink.ShiftOver24Hours
	case s.clocksDiffer(c.At):
		return fnlink.TimeGap
	}
	if code := s.resource(c.At); code != fnlink.OK {
		return code
	}
	if s.state.registration.Mode&modeBSO != 0 {
		return s.begin(fnlink.DocBSO, ffd.BSO, s.state.ffd, c.At)
	}
	return s.begin(fnlink.DocReceipt, ffd.Receipt, s.state.ffd, c.At)
}

const (
	// maxShift is the length of a shift (FNS ККТ–ФН 1.2.06, tables 65 and 68).
	maxShift = 24 * time.Hour
	// maxGap is by how much the register's clock and the storage's timer may disagree (table 65).
	maxGap = 5 * time.Minute
)

func (s *Storage) mayBegin() bool {
	return s.state.phase == fnlink.PhaseFiscal && s.current.kind == fnlink.NoDocument
}

// timeGoesOn tells that a moment exists and is not before another.
func (s *Storage) timeGoesOn(at, from fnlink.DateTime) bool {
	return exists(at) && since(from, at) >= 0
}

// exists tells that a moment is in the calendar and fits in the 32 bits of a document's time, which end in 2106.
func exists(at fnlink.DateTime) bool {
	t, ok := at.Time()
	return ok && t.Unix() <= math.MaxUint32
}

// clocksDiffer compares the time since the last document by the register's clock and by the storage's own timer. The
// timer knows nothing of the time before power-on.
func (s *Storage) clocksDiffer(at fnlink.DateTime) bool {
	if s.config.Timer == nil || !s.hasTime {
		return false
	}
	difference := since(s.state.lastAt, at) - s.config.Timer().Sub(s.timer)
	return difference.Abs() > maxGap
}

// resource tells what the storage has run out of at a moment.
func (s *Storage) resource(at fnlink.DateTime) fnlink.Answer {
	s.seen, s.hasSeen = at, true
	switch {
	case s.state.daysLeft(s.config.Model, at.Date()) == 0:
		return fnlink.ResourceExhausted
	case s.state.blocked(at), s.state.last >= s.config.Model.Documents,
		s.state.shift == 1<<16-1 && !s.state.shiftOpen, s.state.receipt == 1<<16-1 && s.state.shiftOpen:
		return fnlink.ResourceRestricted
	}
	return fnlink.OK
}
