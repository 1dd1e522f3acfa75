package fn

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"time"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// state is all that the committed documents imply. It changes only by apply, which Exec and the reading of the
// journal share.
type state struct {
	phase        fnlink.Phase
	ffd          ffd.Version
	registration fnlink.RegistrationDataReply

	shiftOpen      bool
	shift          uint16 // the open one, or the last
	receipt        uint16 // number of the last receipt of that shift
	shiftAt        fnlink.DateTime
	shiftDocuments uint32
	shiftTotals    totals
	storageTotals  totals

	last    uint32 // number of the last document
	lastAt  fnlink.DateTime
	firstAt fnlink.DateTime // of the oldest document that the operator has not confirmed
	bytes   uint64          // of all documents

	docs     []journal.Pos
	docsHash [sha256.Size]byte
	hasher   hash.Hash // of docsHash; nil before the first document
}

// apply takes a document that was committed. command is the one that formed it.
func (s *state) apply(pos journal.Pos, command, doc []byte) error {
	r := tlv.NewReader(doc)
	if !r.Next() || len(r.Element()) != len(doc) {
		return ErrRecord
	}
	form, fields := r.Tag(), r.Value()
	at, number, sign, ok := heads(fields)
	if !ok || number != s.last+1 {
		return fmt.Errorf("%w: document %d after %d", ErrRecord, number, s.last)
	}
	if err := s.checkNumbers(form, fields); err != nil {
		return err
	}
	switch form {
	case ffd.RegistrationReport:
		registration, version, err := registrationOf(command, fields)
		if err != nil {
			return err
		}
		registration.Document, registration.Sign = number, sign
		s.registration, s.ffd = registration, version
		s.phase, s.firstAt = fnlink.PhaseFiscal, at
	case ffd.ShiftOpening:
		s.shiftOpen, s.shiftAt, s.shiftDocuments = true, at, 0
		s.shift++
		s.receipt = 0
		s.shiftTotals = totals{}
	case ffd.Receipt, ffd.BSO:
		r, err := receiptOf(fields)
		if err != nil {
			return err
		}
		s.receipt++
		s.shiftTotals.add(r)
		s.storageTotals.add(r)
	case ffd.ShiftClosing:
		s.shiftOpen = false
	default:
		return fmt.Errorf("%w: document form %d", ErrRecord, form)
	}
	s.shiftDocuments++
	s.last, s.lastAt = number, at
	s.bytes += uint64(len(doc))
	s.docs = append(s.docs, pos)
	if s.hasher == nil {
		s.hasher = sha256.New()
	}
	s.hasher.Reset()
	s.hasher.Write(s.docsHash[:])
	s.hasher.Write(doc)
	s.hasher.Sum(s.docsHash[:0])
	return nil
}

// checkNumbers checks that shift and receipt numbers go on without a gap.
func (s *state) checkNumbers(form tlv.Tag, fields []byte) error {
	if form == ffd.RegistrationReport {
		return nil
	}
	shift := uint32(s.shift)
	if form == ffd.ShiftOpening {
		shift++
	}
	if got, ok := findUint32(fields, ffd.ShiftNumber); !ok || got != shift || s.shiftOpen == (form == ffd.ShiftOpening) {
		return fmt.Errorf("%w: document form %d of shift %d after shift %d", ErrRecord, form, got, s.shift)
	}
	if !ffd.IsReceipt(form) {
		return nil
	}
	if got, ok := findUint32(fields, ffd.ReceiptNumber); !ok || got != uint32(s.receipt)+1 {
		return fmt.Errorf("%w: receipt %d after %d", ErrRecord, got, s.receipt)
	}
	return nil
}

func findUint32(fields []byte, t tlv.Tag) (uint32, bool) {
	v, ok := tlv.Find(fields, t)
	if !ok || len(v) != 4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(v), true
}

// heads reads what every document has.
func heads(fields []byte) (at fnlink.DateTime, number, sign uint32, ok bool) {
	var found int
	r := tlv.NewReader(fields)
	for found < 3 && r.Next() { // the storage puts them first
		switch r.Tag() {
		case ffd.DateTime:
			at = fnlink.DateTimeOf(r.UnixTime())
			found++
		case ffd.DocumentNumber:
			number = r.Uint32()
			found++
		case ffd.FiscalSign:
			if v := r.Value(); len(v) == signSize {
				sign = signOf(v)
				found++
			}
		}
	}
	return at, number, sign, found == 3
}

// registrationOf reads the command that formed a registration report.
func registrationOf(command, fields []byte) (r fnlink.RegistrationDataReply, v ffd.Version, err error) {
	switch fnlink.Code(command[0]) {
	case fnlink.CodeMakeRegistration105:
		var c fnlink.MakeRegistration105
		if err := c.Parse(command[1:]); err != nil {
			return r, 0, err
		}
		return registration105(c), ffd.FFD105, nil
	case fnlink.CodeMakeRegistration:
		var c fnlink.MakeRegistration
		if err := c.Parse(command[1:]); err != nil {
			return r, 0, err
		}
		version, ok := tlv.Find(fields, ffd.FormatVersion)
		if !ok || len(version) != 1 {
			return r, 0, fmt.Errorf("%w: registration without format version", ErrRecord)
		}
		return registration(c), ffd.Version(version[0]), nil
	}
	return r, 0, fmt.Errorf("%w: registration by command %v", ErrRecord, fnlink.Code(command[0]))
}

func registration105(c fnlink.MakeRegistration105) fnlink.RegistrationDataReply {
	return fnlink.RegistrationDataReply{
		At: c.At, INN: c.INN, Number: c.Number, TaxSystems: c.TaxSystems, Mode: c.Mode,
	}
}

func registration(c fnlink.MakeRegistration) fnlink.RegistrationDataReply {
	return fnlink.RegistrationDataReply{
		At: c.At, INN: c.INN, Number: c.Number, TaxSystems: c.TaxSystems, Mode: c.Mode,
		Extended: true, Ext: c.Ext, OperatorINN: c.OperatorINN,
	}
}

// Bits of the mode byte of a registration (FNS ККТ–ФН 1.2.06, table 37).
const (
	modeEncryption = 1 << 0
	modeOffline    = 1 << 1
	modeAutomatic  = 1 << 2
	modeServices   = 1 << 3
	modeBSO        = 1 << 4
	modeInternet   = 1 << 5

	// Bits of the ext byte (tables 51 and 52).
	extExcise  = 1 << 0
	extMarking = 1 << 4 // FFD 1.2
)

// offline tells that no documents go to an operator («автономный режим»).
func (s *state) offline() bool { return s.registration.Mode&modeOffline != 0 }

// undelivered is the length of the queue to the operator: nothing takes documents out of it yet.
func (s *state) undelivered() uint32 {
	if s.offline() {
		return 0
	}
	return s.last
}

// end is the first day after the life of the key.
func (s *state) end(m Model) time.Time {
	t, _ := s.registration.At.Date().Time()
	return t.AddDate(0, 0, m.LifeDays)
}

// daysLeft is the rest of life on a day.
func (s *state) daysLeft(m Model, day fnlink.Date) int {
	if s.phase == fnlink.PhaseReady {
		return m.LifeDays
	}
	from, _ := s.registration.At.Date().Time()
	to, _ := day.Time()
	return max(0, m.LifeDays-int(to.Sub(from)/(24*time.Hour)))
}

// Terms of the queue to the operator.
const (
	lateAfter    = 2 * 24 * time.Hour  // tag 1053, order ЕД-7-20/662@, table 18, note 2; taken for warning bit 3 too
	blockedAfter = 30 * 24 * time.Hour // calendar days, FNS ККТ–ФН 1.2.06, table 5, code 14h
)

// waiting is how long the oldest document has waited for the operator at a moment.
func (s *state) waiting(at fnlink.DateTime) time.Duration {
	if s.undelivered() == 0 {
		return 0
	}
	return since(s.firstAt, at)
}

// blocked tells that the oldest document has waited for more than 30 calendar days: days are counted from midnight.
func (s *state) blocked(at fnlink.DateTime) bool {
	if s.undelivered() == 0 {
		return false
	}
	from, _ := s.firstAt.Date().Time()
	to, _ := at.Date().Time()
	return to.Sub(from) > blockedAfter
}

// warnings at a moment. Those that come from the operator's confirmations are not there yet.
func (s *state) warnings(m Model, at fnlink.DateTime) (w fnlink.Warnings) {
	if s.phase == fnlink.PhaseReady {
		return 0
	}
	days := s.daysLeft(m, at.Date())
	if days < 3 {
		w |= fnlink.WarnThreeDays
	}
	if days < 30 {
		w |= fnlink.WarnThirtyDays
	}
	if uint64(s.last)*100 >= uint64(m.Documents)*99 {
		w |= fnlink.WarnArchiveFull
	}
	if s.waiting(at) > lateAfter {
		w |= fnlink.WarnOperatorLate
	}
	return w
}

func since(from, to fnlink.DateTime) time.Duration {
	a, _ := from.Time()
	b, _ := to.Time()
	return b.Sub(a)
}

// marking tells that the register is registered for marked goods.
func (s *state) marking() bool {
	return s.ffd == ffd.FFD12 && s.registration.Ext&extMarking != 0
}
