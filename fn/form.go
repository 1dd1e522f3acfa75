package fn

import (
	"strings"

	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func (s *Storage) makeRegistration105(dst, cmd []byte) ([]byte, fnlink.Answer) {
	var c fnlink.MakeRegistration105
	if c.Parse(cmd[1:]) != nil {
		return dst, fnlink.UnknownCommand
	}
	if s.current.kind != fnlink.DocRegistration || s.current.ffd != ffd.FFD105 || len(s.current.data) == 0 {
		return dst, fnlink.WrongState
	}
	return s.register(dst, cmd, registration105(c))
}

func (s *Storage) makeRegistration(dst, cmd []byte) ([]byte, fnlink.Answer) {
	var c fnlink.MakeRegistration
	if c.Parse(cmd[1:]) != nil {
		return dst, fnlink.UnknownCommand
	}
	if s.current.kind != fnlink.DocRegistration || s.current.ffd == ffd.FFD105 {
		return dst, fnlink.WrongState
	}
	return s.register(dst, cmd, registration(c))
}

// register forms the registration report, document 1.
func (s *Storage) register(dst, cmd []byte, r fnlink.RegistrationDataReply) ([]byte, fnlink.Answer) {
	if !exists(r.At) {
		return dst, fnlink.BadDateTime
	}
	v := s.current.ffd
	if !validRegistration(v, r) {
		return dst, fnlink.BadParameter
	}
	serial, _ := tlv.Find(s.current.data, ffd.SerialNumber)
	if CheckRegistrationNumber(r.Number.String(), r.INN.String(), string(serial)) != nil {
		return dst, fnlink.BadParameter
	}
	doc := s.head(r, r.At)
	doc = appendFlag(doc, ffd.Encryption, r.Mode&modeEncryption)
	doc = appendFlag(doc, ffd.OfflineMode, r.Mode&modeOffline)
	doc = appendFlag(doc, ffd.AutoMode, r.Mode&modeAutomatic)
	if v < ffd.FFD12 {
		doc = appendFlag(doc, ffd.ServicesOnly, r.Mode&modeServices)
		doc = appendFlag(doc, ffd.BSOSystem, r.Mode&modeBSO)
		doc = appendFlag(doc, ffd.InternetOnly, r.Mode&modeInternet)
	}
	doc = tlv.AppendByte(doc, ffd.TaxSystems, r.TaxSystems)
	doc = append(doc, s.current.data...)
	if v >= ffd.FFD11 {
		doc = tlv.AppendBytes(doc, ffd.OFDINN, r.OperatorINN[:])
		doc = tlv.AppendByte(doc, ffd.FormatVersion, byte(v))
		doc = tlv.AppendByte(doc, ffd.StorageFormat, byte(ffd.FFD12))
		doc = tlv.AppendUint16(doc, ffd.KeyResource, uint16(s.config.Model.LifeDays))
	}
	switch v {
	case ffd.FFD11:
		doc = appendFlag(doc, ffd.Excisable, r.Ext&extExcise)
		doc = appendFlag(doc, ffd.Gambling, r.Ext&(1<<1))
		doc = appendFlag(doc, ffd.Lottery, r.Ext&(1<<2))
		doc = appendFlag(doc, ffd.PrinterInMachine, r.Ext&(1<<3))
	case ffd.FFD12:
		doc = tlv.AppendUint32(doc, ffd.UsageConditions, usageConditions(r.Mode, r.Ext))
	}
	sign, code := s.commit(cmd, doc)
	if code != fnlink.OK {
		return dst, code
	}
	return fnlink.DocumentReply{Document: s.state.last, Sign: sign}.AppendTo(dst), fnlink.OK
}

// validRegistration checks values, not the registration number.
func validRegistration(v ffd.Version, r fnlink.RegistrationDataReply) bool {
	const allTaxSystems = 1<<6 - 1 // tag 1062
	inn := r.INN.String()
	offline, encryption := r.Mode&modeOffline != 0, r.Mode&modeEncryption != 0
	ok := r.TaxSystems != 0 && r.TaxSystems&^allTaxSystems == 0 &&
		(len(inn) == 10 || len(inn) == 12) && digits(inn) &&
		!(offline && encryption)
	switch v {
	case ffd.FFD105:
		return ok && r.Mode < 1<<6
	case ffd.FFD11:
		ok = ok && r.Mode < 1<<6 && r.Ext < 1<<4
	}
	operator := r.OperatorINN.String()
	return ok && digits(operator) && len(operator) >= 10 && offline == (operator == offlineINN)
}

// offlineINN stands for the operator's ИНН in offline mode (FNS ККТ–ФН 1.2.06, section 4.5.2.8).
const offlineINN = "000000000000"

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// usageConditions is tag 1290 made of the bytes of A3h (FNS ККТ–ФН 1.2.06, tables 51 and 52).
func usageConditions(mode, ext byte) (bits uint32) {
	fromMode := [8]int{3: 9, 4: 2, 5: 5, 6: 15, 7: 16}
	fromExt := [8]int{6, 10, 11, 1, 8, 12, 13, 14}
	for i := range 8 {
		if i >= 3 && mode>>i&1 != 0 {
			bits |= 1 << fromMode[i]
		}
		if ext>>i&1 != 0 {
			bits |= 1 << fromExt[i]
		}
	}
	return bits
}

func (s *Storage) openShift(dst, cmd []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.OpenShift{}).Parse(cmd[1:]) != nil {
		return dst, fnlink.UnknownCommand
	}
	if s.current.kind != fnlink.DocShiftOpening || len(s.current.data) == 0 {
		return dst, fnlink.WrongState
	}
	doc := s.head(s.state.registration, s.current.at)
	doc = tlv.AppendUint32(doc, ffd.ShiftNumber, uint32(s.state.shift)+1)
	doc = append(doc, s.current.data...)
	doc = s.appendWarnings(doc)
	doc = s.appendVersion(doc)
	return s.commitShiftReport(dst, cmd, doc)
}

func (s *Storage) closeShift(dst, cmd []byte) ([]byte, fnlink.Answer) {
	if (&fnlink.CloseShift{}).Parse(cmd[1:]) != nil {
		return dst, fnlink.UnknownCommand
	}
	if s.current.kind != fnlink.DocShiftClosing || len(s.current.data) == 0 {
		return dst, fnlink.WrongState
	}
	doc := s.head(s.state.registration, s.current.at)
	doc = tlv.AppendUint32(doc, ffd.ShiftNumber, uint32(s.state.shift))
	doc = append(doc, s.current.data...)
	doc = s.appendClosing(doc)
	doc = s.appendWarnings(doc)
	doc = s.appendVersion(doc)
	return s.commitShiftReport(dst, cmd, doc)
}

// appendClosing appends what the storage knows about the shift. Whether a storage forms it in FFD 1.05 no source
// tells, so there a tag that the register sent is left as it is.
func (s *Storage) appendClosing(doc []byte) []byte {
	sent := s.current.has
	if !sent(ffd.DocumentsInShift) {
		doc = tlv.AppendUint32(doc, ffd.DocumentsInShift, s.state.shiftDocuments+1) // with this report
	}
	if !sent(ffd.ReceiptsInShift) {
		doc = tlv.AppendUint32(doc, ffd.ReceiptsInShift, uint32(s.state.receipt))
	}
	if !s.state.offline() {
		if !sent(ffd.Undelivered) {
			doc = tlv.AppendUint32(doc, ffd.Undelivered, s.state.undelivered())
		}
		if !sent(ffd.UndeliveredSince) {
			day, _ := s.state.firstAt.Date().Time()
			doc = tlv.AppendUnixTime(doc, ffd.UndeliveredSince, day)
		}
	}
	if s.state.ffd < ffd.FFD11 {
		return doc
	}
	days := s.state.daysLeft(s.config.Model, s.current.at.Date())
	doc = tlv.AppendUint16(doc, ffd.KeyResource, uint16(max(0, days-1))) // the day of the report excluded
	doc = s.state.storageTotals.appendTo(doc, ffd.StorageTotals)
	doc = s.state.shiftTotals.appendTo(doc, ffd.ShiftTotals)
	if s.state.marking() {
		doc = tlv.AppendUint32(doc, ffd.UndeliveredNotifications, 0)
	}
	return doc
}

func (s *Storage) commitShiftReport(dst, cmd, doc []byte) ([]byte, fnlink.Answer) {
	sign, code := s.commit(cmd, doc)
	if code != fnlink.OK {
		return dst, code
	}
	return fnlink.ShiftReportReply{
		Shift:       s.state.shift,
		Document:    s.state.last,
		Sign:        sign,
		HasWarnings: s.state.ffd >= ffd.FFD11,
		Warnings:    s.warnings(),
	}.AppendTo(dst), fnlink.OK
}

func (s *Storage) formReceipt(dst, cmd []byte) ([]byte, fnlink.Answer) {
	var c fnlink.FormReceipt
	if c.Parse(cmd[1:]) != nil || c.Operation < 1 || c.Operation > 4 {
		return dst, fnlink.UnknownCommand
	}
	if s.current.kind != fnlink.DocReceipt && s.current.kind != fnlink.DocBSO || len(s.current.data) == 0 {
		return dst, fnlink.WrongState
	}
	if !s.timeGoesOn(c.At, s.current.at) || since(s.state.shiftAt, c.At) > maxShift {
		return dst, fnlink.BadDateTime
	}
	if code := s.resource(c.At); code != fnlink.OK {
		return dst, code
	}
	// The text names this check for FFD 1.1; 1.2 has the same five totals as mandatory.
	if present := s.payments(); s.state.ffd >= ffd.FFD11 && present != fnlink.AllPayments {
		return append(dst, byte(present)), fnlink.DataMissing
	}
	doc := s.head(s.state.registration, c.At)
	doc = tlv.AppendUint32(doc, ffd.ShiftNumber, uint32(s.state.shift))
	doc = tlv.AppendUint32(doc, ffd.ReceiptNumber, uint32(s.state.receipt)+1)
	doc = tlv.AppendByte(doc, ffd.Operation, c.Operation)
	doc = tlv.AppendVLN(doc, ffd.Total, c.Total)
	doc = append(doc, s.current.data...)
	doc = s.appendVersion(doc)

	sums, err := receiptOf(doc[tlv.HeaderSize:])
	totals := s.state.storageTotals
	if err != nil || !totals.add(sums) {
		return dst, fnlink.BadParameter // totals overflow, as storages of 2016 answered
	}
	sign, code := s.commit(cmd, doc)
	if code != fnlink.OK {
		return dst, code
	}
	return fnlink.FormReceiptReply{
		Receipt: s.state.receipt, Document: s.state.last, Sign: sign,
	}.AppendTo(dst), fnlink.OK
}

// payments are the payment totals that the register sent.
func (s *Storage) payments() (p fnlink.Payments) {
	for i, t := range [...]tlv.Tag{ffd.Cash, ffd.Electronic, ffd.Prepaid, ffd.Credit, ffd.Barter} {
		if s.current.has(t) {
			p |= 1 << i
		}
	}
	return p
}

// head begins the document with the fields that real storages put first. The length of the document and its sign are
// filled in by commit. The document is formed in the buffer of the storage.
func (s *Storage) head(r fnlink.RegistrationDataReply, at fnlink.DateTime) []byte {
	moment, _ := at.Time()
	prefix := signPrefix(s.current.form)
	doc, _ := tlv.Begin(s.buf[:0], s.current.form)
	doc = tlv.AppendBytes(doc, ffd.StorageNumber, s.birth.number[:])
	doc = tlv.AppendBytes(doc, ffd.RegistrationNumber, r.Number[:])
	doc = tlv.AppendBytes(doc, ffd.UserINN, r.INN[:])
	doc = tlv.AppendUint32(doc, ffd.DocumentNumber, s.state.last+1)
	doc = tlv.AppendUnixTime(doc, ffd.DateTime, moment)
	return tlv.AppendBytes(doc, ffd.FiscalSign, []byte{prefix[0], prefix[1], 0, 0, 0, 0})
}

// appendWarnings appends the flags of shift reports, each only when it is set.
func (s *Storage) appendWarnings(doc []byte) []byte {
	w := s.warnings()
	for _, f := range [...]struct {
		bit fnlink.Warnings
		tag tlv.Tag
	}{
		{fnlink.WarnThirtyDays, ffd.StorageExhausted},
		{fnlink.WarnThreeDays, ffd.StorageReplaceUrgently},
		{fnlink.WarnArchiveFull, ffd.StorageFull},
		{fnlink.WarnOperatorLate, ffd.OFDTimeout},
	} {
		if w&f.bit != 0 && !s.current.has(f.tag) {
			doc = tlv.AppendByte(doc, f.tag, 1)
		}
	}
	return doc
}

// appendVersion appends the format version; in FFD 1.05 the register sends it.
func (s *Storage) appendVersion(doc []byte) []byte {
	if s.state.ffd < ffd.FFD11 {
		return doc
	}
	return tlv.AppendByte(doc, ffd.FormatVersion, byte(s.state.ffd))
}

func appendFlag(doc []byte, t tlv.Tag, set byte) []byte {
	return tlv.AppendByte(doc, t, min(set, 1))
}

// commit finishes the document, begun by head, and makes it durable together with the register's state. Only then
// does the storage change.
func (s *Storage) commit(cmd, doc []byte) (sign uint32, code fnlink.Answer) {
	doc = tlv.End(doc, 0)
	message, err := AppendSigned(s.message[:0], doc)
	if err != nil {
		_ = s.fail(err)
		return 0, fnlink.StorageFailure
	}
	s.buf, s.message = doc, message
	sign = s.signer.Sign(message)
	value, _ := tlv.Find(doc[tlv.HeaderSize:], ffd.FiscalSign)
	putSign(value, sign)

	pos, err := s.appendDocument(cmd, doc)
	if err == nil {
		err = s.state.apply(pos, cmd, doc)
	}
	if err != nil {
		_ = s.fail(err)
		return 0, fnlink.StorageFailure
	}
	if s.hasNextState {
		s.companion, s.nextState, s.hasNextState = s.nextState, s.companion, false
	}
	s.drop()
	if s.config.Timer != nil {
		s.timer, s.hasTime = s.config.Timer(), true
	}
	return sign, fnlink.OK
}
