package emulator

import (
	"slices"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// shiftReport is a shift report that FF41h or FF42h began: elements that the
// host sends by FF0Ch are kept for it. It ends with the report, with a receipt or
// with the power.
type shiftReport struct {
	closing bool
	tags    []byte
}

// shiftTags gives what the host sent for the report.
func (r *Register) shiftTags(closing bool) []byte {
	if r.shift != nil && r.shift.closing == closing {
		return r.shift.tags
	}
	return nil
}

// startShiftOpening, FF41h.
func startShiftOpening(k *call, _ shtrih.StartShiftOpening) shtrih.Result { return k.startShift(false) }

// startShiftClosing, FF42h.
func startShiftClosing(k *call, _ shtrih.StartShiftClosing) shtrih.Result { return k.startShift(true) }

func (k *call) startShift(closing bool) shtrih.Result {
	if code := k.beginShift(closing); code != shtrih.OK {
		return code
	}
	k.cancel()
	k.shift = &shiftReport{closing: closing}
	return shtrih.OK
}

// beginShift makes the storage begin a shift report.
func (k *call) beginShift(closing bool) shtrih.Result {
	k.cancel()
	at := fnlink.DateTimeOf(k.clock())
	if closing {
		return k.ask(fnlink.BeginShiftClosing{At: at}, fnlink.NoReply{})
	}
	return k.ask(fnlink.BeginShiftOpening{At: at}, fnlink.NoReply{})
}

// addShiftTags lets the storage judge the elements in the report that they are for.
func (k *call) addShiftTags(elements []byte) shtrih.Result {
	if !k.profile.UnknownTags && unknownTag(elements) {
		return shtrih.StorageTagFormat
	}
	tags := append(slices.Clip(k.shift.tags), elements...)
	code := k.beginShift(k.shift.closing)
	if code == shtrih.OK {
		code = k.send(tags)
	}
	k.cancel()
	if code == shtrih.OK {
		k.shift.tags = tags
	}
	return code
}

func openShiftReport(k *call, _ shtrih.OpenShift) shtrih.Result {
	if _, code := k.openShift(); code != shtrih.OK {
		return code
	}
	return k.done()
}

// openShift makes the shift opening report.
func (k *call) openShift() (opened fnlink.ShiftReportReply, code shtrih.Result) {
	now := k.clock()
	next := k.next()
	next.opened = now
	next.setMode(shtrih.ModeShiftOpen)
	next.money.zero(moneyRegisters, zeroWithNextShift)
	next.money.add(moneyShifts, 1)
	next.money.set(moneyShiftNumber, next.money.get(moneyShifts))
	next.count()
	quiet := k.skipsPrint(next, true)

	if code = k.beginShift(false); code == shtrih.OK {
		sent := k.shiftTags(false)
		b := k.operatorTags(k.elements[:0], sent)
		if _, ok := tlv.Find(sent, ffd.DeviceVersion); !ok {
			b = appendText(b, ffd.DeviceVersion, deviceVersion)
		}
		b = tlv.AppendByte(b, ffd.DeviceFormat, byte(k.version))
		b = k.formatTag(append(b, sent...))
		k.elements = b
		code = k.send(b)
	}
	if code == shtrih.OK {
		k.setCompanion(next)
		code = k.ask(fnlink.OpenShift{}, &opened)
	}
	if code != shtrih.OK {
		k.drop(next)
		k.cancel()
		return opened, code
	}
	k.become(next)
	k.shift = nil
	k.issued(opened.Document, opened.Sign)
	if !quiet {
		k.printFiscal(opened.Document, k.tapeOptions(), nil)
	}
	return opened, shtrih.OK
}

// operatorTags appends who acts (1021, 1203) unless the client sent it.
func (k *call) operatorTags(dst, sent []byte) []byte {
	tables := k.state.tables
	if _, ok := tlv.Find(sent, ffd.Cashier); !ok {
		var mark tlv.Mark
		dst, mark = tlv.Begin(dst, ffd.Cashier)
		dst = tlv.End(charset.AppendCP866FromCP1251(dst, tables.bytes(setOperators, uint16(k.operator))), mark)
	}
	own := tables.bytes(setOperatorINN, 1)
	if _, ok := tlv.Find(sent, ffd.CashierINN); !ok && len(own) > 0 {
		dst = tlv.AppendBytes(dst, ffd.CashierINN, inn(string(own)))
	}
	return dst
}

// formatTag appends the version of the format where the register sends it: the
// storage forms it since FFD 1.1.
func (r *Register) formatTag(dst []byte) []byte {
	if r.version > ffd.FFD105 {
		return dst
	}
	return tlv.AppendByte(dst, ffd.FormatVersion, byte(r.version))
}

// zReport, 41h, closes the shift.
func zReport(k *call, _ shtrih.ZReport) shtrih.Result {
	if _, code := k.closeShift(); code != shtrih.OK {
		return code
	}
	return k.done()
}

// closeShiftReport, FF43h, does the same and tells of the document.
func closeShiftReport(k *call, _ shtrih.CloseShift) shtrih.Result {
	closed, code := k.closeShift()
	if code != shtrih.OK {
		return code
	}
	reply := shtrih.CloseShiftReply{Shift: closed.Shift, Document: closed.Document, FiscalSign: closed.Sign}
	if k.dateInAnswers() {
		reply.DateTime, reply.HasDateTime = shtrih.DateTimeOf(k.clock()), true
	}
	return k.answer(reply)
}

// closeShift makes the shift closing report.
func (k *call) closeShift() (closed fnlink.ShiftReportReply, code shtrih.Result) {
	next := k.next()
	next.setMode(shtrih.ModeShiftClosed)
	next.money.zero(moneyRegisters, zeroWithShift)
	next.counts.zero(operationRegisters, zeroWithShift)
	if next.tables.number(setZeroCash) != 0 {
		next.money.set(moneyCash, 0)
	}
	next.count()
	quiet := k.skipsPrint(next, true)

	if code = k.beginShift(true); code == shtrih.OK {
		sent := k.shiftTags(true)
		k.elements = k.formatTag(append(k.operatorTags(k.elements[:0], sent), sent...))
		code = k.send(k.elements)
	}
	if code == shtrih.OK {
		k.setCompanion(next)
		code = k.ask(fnlink.CloseShift{}, &closed)
	}
	if code != shtrih.OK {
		k.drop(next)
		k.cancel()
		return closed, code
	}
	k.become(next)
	k.shift = nil
	k.issued(closed.Document, closed.Sign)
	if !quiet {
		k.printFiscal(closed.Document, k.tapeOptions(), nil)
	}
	return closed, shtrih.OK
}

// xReport, 40h, prints the registers of the shift.
func xReport(k *call, _ shtrih.XReport) shtrih.Result {
	var shift fnlink.ShiftStateReply
	if code := k.ask(fnlink.ShiftState{}, &shift); code != shtrih.OK {
		return code
	}
	if code := k.countReport(numberXReport); code != shtrih.OK {
		return code
	}
	totals, options := k.xTotals(shift.Shift), k.tapeOptions()
	k.print(func() []string { return tape.XReport(totals, options) })
	return k.done()
}

// xTotals takes the totals of the shift from the registers.
func (k *call) xTotals(shift uint16) tape.XTotals {
	money, counts, tables := k.state.money, k.state.counts, k.state.tables
	x := tape.XTotals{
		Time:               k.clock(),
		SerialNumber:       tables.text(setSerial),
		RegistrationNumber: tables.text(setRegNumber),
		StorageNumber:      tables.text(setStorageNumber),
		UserINN:            tables.text(setUserINN),
		Cashier:            tables.column(setOperators, uint16(k.operator)),
		Shift:              uint32(shift),
		Number:             uint32(counts.get(numberXReport)),
		CashIn:             tape.CashTotals{Count: uint32(counts.get(countCashIn)), Sum: money.get(moneyCashIn)},
		CashOut:            tape.CashTotals{Count: uint32(counts.get(countCashOut)), Sum: money.get(moneyCashOut)},
		CashInDrawer:       money.get(moneyCash),
	}
	for kind := shtrih.Sale; kind <= shtrih.PurchaseReturn; kind++ {
		t := uint16(kind)
		o := tape.OperationTotals{Count: uint32(counts.get(countShiftReceipts + t))}
		for payment := range 16 {
			sum := money.get(paymentRegister(payment, kind, true))
			o.Total += sum
			switch payment {
			case shtrih.PaymentCash:
				o.Cash = sum
			case shtrih.PaymentAdvance:
				o.Prepaid = sum
			case shtrih.PaymentCredit:
				o.Credit = sum
			case shtrih.PaymentBarter:
				o.Barter = sum
			default:
				o.Electronic += sum
			}
		}
		for rate, into := range map[uint8]*uint64{
			vat20: &o.VAT20, vat10: &o.VAT10, vat0: &o.VAT0, vatNone: &o.NoVAT, vat20120: &o.VAT20120, vat10110: &o.VAT10110,
		} {
			*into = money.get(taxRegisters[rate].shiftTax + t)
			if !taxed(rate) {
				*into = money.get(taxRegisters[rate].shiftTurnover + t)
			}
		}
		x.Operations[kind.Operation()-1] = o
		x.Revenue += k.revenue(kind, o)
	}
	return x
}

// revenue is what the shift earned (table 17 field 26): 0 counts all payments, 1
// leaves out advance, credit and barter, 2 counts nothing. Returns take away;
// purchases are no revenue.
func (k *call) revenue(kind shtrih.ReceiptType, o tape.OperationTotals) int64 {
	sum := int64(o.Total)
	switch k.state.tables.number(setRevenue) {
	case 1:
		sum = int64(o.Cash + o.Electronic)
	case 2:
		return 0
	}
	switch kind {
	case shtrih.Sale:
		return sum
	case shtrih.SaleReturn:
		return -sum
	}
	return 0
}

func cashIn(k *call, c shtrih.CashIn) shtrih.Result {
	if c.Sum > shtrih.MaxMoney {
		return shtrih.BadParameters
	}
	next := k.next()
	if next.money.get(moneyCash)+c.Sum > shtrih.MaxMoney6 {
		return shtrih.CashOverflow
	}
	if next.money.get(moneyCashIn)+c.Sum > shtrih.MaxMoney6 {
		return shtrih.ShiftCashInOverflow
	}
	next.money.add(moneyCash, c.Sum)
	next.money.add(moneyCashIn, c.Sum)
	next.counts.add(countCashIn, 1)
	next.counts.add(numberCashIn, 1)
	return k.cashSlip(next, false, c.Sum)
}

func cashOut(k *call, c shtrih.CashOut) shtrih.Result {
	next := k.next()
	if c.Sum > next.money.get(moneyCash) {
		return shtrih.NotEnoughCash
	}
	if next.money.get(moneyCashOut)+c.Sum > shtrih.MaxMoney6 {
		return shtrih.ShiftCashOutOverflow
	}
	next.money.set(moneyCash, next.money.get(moneyCash)-c.Sum)
	next.money.add(moneyCashOut, c.Sum)
	next.counts.add(countCashOut, 1)
	next.counts.add(numberCashOut, 1)
	return k.cashSlip(next, true, c.Sum)
}

func (k *call) cashSlip(next *state, out bool, sum uint64) shtrih.Result {
	next.count()
	if code := k.save(next); code != shtrih.OK {
		return code
	}
	number := next.counts.get(numberCashIn)
	if out {
		number = next.counts.get(numberCashOut)
	}
	slip, options := tape.Slip{
		Out: out, Sum: sum, InDrawer: next.money.get(moneyCash), Number: uint32(number), Time: k.clock(),
		Cashier: next.tables.column(setOperators, uint16(k.operator)),
	}, k.tapeOptions()
	k.print(func() []string { return tape.CashSlip(slip, options) })
	return k.answer(shtrih.CashInReply{Operator: k.operator, Document: uint16(next.counts.get(numberDocument))})
}
