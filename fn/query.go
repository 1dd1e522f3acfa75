package fn

import (
	"math"

	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// reading is the cursor of 45h and 46h.
type reading struct {
	doc  []byte // fields of the document
	next tlv.Reader
}

// maxReports is how many registration reports a storage takes (a guess: 12 of storages in the field).
const maxReports = 12

// storeBytes is the size of the 30-day store that 3Dh tells of (a guess).
const storeBytes = 256 << 20

func (s *Storage) status(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.Status{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	return fnlink.StatusReply{
		Phase:        s.state.phase,
		Document:     s.current.kind,
		HasData:      len(s.current.data) > 0,
		ShiftOpen:    s.state.shiftOpen,
		Warnings:     s.warnings(),
		LastAt:       s.state.lastAt,
		Number:       s.birth.number,
		LastDocument: s.state.last,
	}.AppendTo(dst), fnlink.OK
}

func (s *Storage) number(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.Number{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	return fnlink.NumberReply{Number: s.birth.number}.AppendTo(dst), fnlink.OK
}

// validity before the registration gives a date of zeros: the life has not begun.
func (s *Storage) validity(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.Validity{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	reply := fnlink.ValidityReply{ReportsLeft: maxReports}
	if s.state.phase != fnlink.PhaseReady {
		reply.End = fnlink.DateTimeOf(s.state.end(s.config.Model)).Date()
		reply.ReportsLeft, reply.ReportsDone = maxReports-1, 1
	}
	return reply.AppendTo(dst), fnlink.OK
}

func (s *Storage) version(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.Version{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	var reply fnlink.VersionReply
	copy(reply.Version[:], s.config.Model.Version)
	return reply.AppendTo(dst), fnlink.OK
}

func (s *Storage) execution(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.Execution{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	var reply fnlink.ExecutionReply
	copy(reply.Execution[:], s.config.Model.Execution)
	return reply.AppendTo(dst), fnlink.OK
}

func (s *Storage) format(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.Format{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	reply := fnlink.FormatReply{Current: byte(s.state.ffd), Highest: byte(ffd.FFD12)}
	if s.state.ffd == ffd.FFD105 {
		reply.Current = 1 // 1.0 and 1.05 are one here, unlike in tag 1209 (FNS ККТ–ФН 1.2.06, table 24)
	}
	return reply.AppendTo(dst), fnlink.OK
}

func (s *Storage) daysLeft(dst, data []byte) ([]byte, fnlink.Answer) {
	var c fnlink.DaysLeft
	if c.Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	day, ok := c.At.Date().Time()
	if activated, _ := s.state.registration.At.Date().Time(); !ok || s.state.last > 0 && day.Before(activated) {
		return dst, fnlink.BadDateTime
	}
	days := s.state.daysLeft(s.config.Model, c.At.Date())
	return fnlink.DaysLeftReply{Days: uint16(min(days, math.MaxUint16))}.AppendTo(dst), fnlink.OK
}

func (s *Storage) freeMemory(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.FreeMemory{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	return fnlink.FreeMemoryReply{
		Documents:            s.config.Model.Documents - min(s.state.last, s.config.Model.Documents),
		KiB:                  uint32((storeBytes - min(s.state.bytes, storeBytes)) >> 10),
		HasNotificationsFill: s.state.marking(),
	}.AppendTo(dst), fnlink.OK
}

func (s *Storage) dataSize(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.DataSize{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	return fnlink.DataSizeReply{
		Document:        uint32(len(s.current.data)),
		HasNotification: s.state.ffd == ffd.FFD12,
	}.AppendTo(dst), fnlink.OK
}

func (s *Storage) shiftState(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.ShiftState{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	if s.state.phase != fnlink.PhaseFiscal {
		return dst, fnlink.WrongState
	}
	return fnlink.ShiftStateReply{
		Open: s.state.shiftOpen, Shift: s.state.shift, Receipt: s.state.receipt,
	}.AppendTo(dst), fnlink.OK
}

func (s *Storage) exchangeStatus(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.ExchangeStatus{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	if s.state.phase != fnlink.PhaseFiscal || s.state.offline() {
		return dst, fnlink.WrongState
	}
	return fnlink.ExchangeStatusReply{
		Flags:   fnlink.ExchangeMessage, // the registration report at least
		Count:   uint16(min(s.state.undelivered(), math.MaxUint16)),
		First:   1,
		FirstAt: s.state.firstAt,
	}.AppendTo(dst), fnlink.OK
}

func (s *Storage) undelivered(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.Undelivered{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	n := min(s.state.undelivered(), math.MaxUint16)
	return fnlink.UndeliveredReply{Count: uint16(n)}.AppendTo(dst), fnlink.OK
}

func (s *Storage) registrationData(dst, data []byte) ([]byte, fnlink.Answer) {
	var c fnlink.RegistrationData
	if c.Parse(data) != nil || c.Report > 1 || len(data) == 1 && c.Report == 0 {
		return dst, fnlink.UnknownCommand
	}
	if s.state.phase == fnlink.PhaseReady {
		return dst, fnlink.WrongState
	}
	reply := s.state.registration
	reply.HasReason = c.Report != 0
	return reply.AppendTo(dst), fnlink.OK
}

func (s *Storage) counters(dst, data []byte) ([]byte, fnlink.Answer) {
	var c fnlink.Counters
	if c.Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	t, code := s.totals(c.Scope)
	if code != fnlink.OK {
		return dst, code
	}
	reply := fnlink.CountersReply{Number: s.state.shift, Receipts: t.count(), Operations: *t}
	return reply.AppendTo(dst), fnlink.OK
}

func (s *Storage) operationCounts(dst, data []byte) ([]byte, fnlink.Answer) {
	var c fnlink.OperationCounts
	if c.Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	t, code := s.totals(c.Scope)
	if code != fnlink.OK {
		return dst, code
	}
	reply := fnlink.OperationCountsReply{Number: s.state.shift, All: t.count()}
	for i := range t {
		reply.Operations[i] = t[i].Count
	}
	return reply.AppendTo(dst), fnlink.OK
}

func (s *Storage) operationCounters(dst, data []byte) ([]byte, fnlink.Answer) {
	var c fnlink.OperationCounters
	if c.Parse(data) != nil || c.Operation < 1 || c.Operation > 4 {
		return dst, fnlink.UnknownCommand
	}
	t, code := s.totals(c.Scope)
	if code != fnlink.OK {
		return dst, code
	}
	return fnlink.OperationCountersReply{Sums: t[c.Operation-1]}.AppendTo(dst), fnlink.OK
}

// totals are the counters of a scope, which FFD 1.05 does not have. The number of the shift is also the number of
// shifts: both begin with 1.
func (s *Storage) totals(scope fnlink.Scope) (*totals, fnlink.Answer) {
	switch {
	case scope > fnlink.ScopeStorage:
		return nil, fnlink.UnknownCommand
	case s.state.ffd < ffd.FFD11:
		return nil, fnlink.WrongFormatVersion
	case scope == fnlink.ScopeShift:
		return &s.state.shiftTotals, fnlink.OK
	}
	return &s.state.storageTotals, fnlink.OK
}

func (s *Storage) findDocument(dst, data []byte) ([]byte, fnlink.Answer) {
	var c fnlink.FindDocument
	if c.Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	form, fields, code := s.archived(c.Document)
	if code != fnlink.OK {
		return dst, code
	}
	at, number, sign, _ := heads(fields)
	reply := fnlink.FindDocumentReply{Form: byte(form), At: at, Document: number, Sign: sign}
	dst = reply.AppendTo(dst)
	switch form {
	case ffd.RegistrationReport:
		// All that follows the date in the reply of 43h, but number and sign.
		full := s.state.registration.AppendTo(nil)
		dst = append(dst, full[len(fnlink.DateTime{}):len(full)-8]...)
	case ffd.Receipt, ffd.BSO:
		r, _ := receiptOf(fields)
		dst = append(dst, r.operation)
		for i := range 5 {
			dst = append(dst, byte(r.sums.Total>>(8*i)))
		}
	case ffd.ShiftOpening, ffd.ShiftClosing:
		shift, _ := tlv.Find(fields, ffd.ShiftNumber)
		dst = append(dst, shift[:2]...)
	}
	return dst, fnlink.OK
}

func (s *Storage) requestDocument(dst, data []byte) ([]byte, fnlink.Answer) {
	var c fnlink.RequestDocument
	if c.Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	form, fields, code := s.archived(c.Document)
	if code != fnlink.OK {
		return dst, code
	}
	s.reading.doc = append(s.reading.doc[:0], fields...)
	s.reading.next = tlv.NewReader(s.reading.doc)
	return fnlink.RequestDocumentReply{Form: uint16(form), Length: uint16(len(fields))}.AppendTo(dst), fnlink.OK
}

func (s *Storage) readDocument(dst, data []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.ReadDocument{}).Parse(data) != nil {
		return dst, fnlink.UnknownCommand
	}
	if !s.reading.next.Next() {
		return dst, fnlink.NoData
	}
	return append(dst, s.reading.next.Element()...), fnlink.OK
}

// archived reads a document of the archive.
func (s *Storage) archived(number uint32) (form tlv.Tag, fields []byte, code fnlink.Answer) {
	if number == 0 || number > s.state.last {
		return 0, nil, fnlink.NoData
	}
	doc, err := s.document(number)
	if err != nil {
		_ = s.fail(err)
		return 0, nil, fnlink.StorageFailure
	}
	r := tlv.NewReader(doc)
	r.Next()
	return r.Tag(), r.Value(), fnlink.OK
}
