package emulator

import (
	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func openShiftReport(k *call, _ shtrih.OpenShift) shtrih.Result {
	if code := k.openShift(); code != shtrih.OK {
		return code
	}
	return k.done()
}

// openShift makes the shift opening report.
func (k *call) openShift() shtrih.Result {
	now := k.clock()
	next := k.state.clone()
	next.opened = now
	next.setMode(shtrih.ModeShiftOpen)
	next.money.zero(moneyRegisters, zeroWithNextShift)
	next.money.add(moneyShifts, 1)
	next.money.set(moneyShiftNumber, next.money[moneyShifts])
	next.count()

	code := k.ask(fnlink.BeginShiftOpening{At: fnlink.DateTimeOf(now)}, fnlink.NoReply{})
	if code != shtrih.OK {
		return code
	}
	tags := k.operatorTags(nil, nil)
	tags = appendText(tags, ffd.DeviceVersion, deviceVersion)
	tags = tlv.AppendByte(tags, ffd.DeviceFormat, byte(k.version))
	tags = k.formatTag(tags)
	code = k.send(tags)
	var opened fnlink.ShiftReportReply
	if code == shtrih.OK {
		k.storage.SetCompanion(next.encode())
		code = k.ask(fnlink.OpenShift{}, &opened)
	}
	if code != shtrih.OK {
		k.cancel()
		return code
	}
	k.state = next
	k.printDocument(k.issued(opened.Document, opened.Sign), 0)
	return shtrih.OK
}

// operatorTags appends who acts (1021, 1203) unless the client sent it.
func (k *call) operatorTags(dst, sent []byte) []byte {
	if _, ok := tlv.Find(sent, ffd.Cashier); !ok {
		dst = appendText(dst, ffd.Cashier, k.state.tables.text(tablePasswords, uint16(k.operator), fieldOperator))
	}
	own := k.state.tables.text(tableStorage, 1, fieldOperatorINN)
	if _, ok := tlv.Find(sent, ffd.CashierINN); !ok && own != "" {
		dst = tlv.AppendBytes(dst, ffd.CashierINN, inn(own))
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
	now := k.clock()
	next := k.state.clone()
	next.setMode(shtrih.ModeShiftClosed)
	next.money.zero(moneyRegisters, zeroWithShift)
	next.counts.zero(operationRegisters, zeroWithShift)
	if next.tables.number(tableMode, fieldZeroCash) != 0 {
		next.money.set(moneyCash, 0)
	}
	next.count()

	code := k.ask(fnlink.BeginShiftClosing{At: fnlink.DateTimeOf(now)}, fnlink.NoReply{})
	if code != shtrih.OK {
		return code
	}
	code = k.send(k.formatTag(k.operatorTags(nil, nil)))
	var closed fnlink.ShiftReportReply
	if code == shtrih.OK {
		k.storage.SetCompanion(next.encode())
		code = k.ask(fnlink.CloseShift{}, &closed)
	}
	if code != shtrih.OK {
		k.cancel()
		return code
	}
	k.state = next
	k.printDocument(k.issued(closed.Document, closed.Sign), 0)
	return k.done()
}

// xReport, 40h, prints the registers of the shift.
func xReport(k *call, _ shtrih.XReport) shtrih.Result {
	var shift fnlink.ShiftStateReply
	if code := k.ask(fnlink.ShiftState{}, &shift); code != shtrih.OK {
		return code
	}
	next := k.state.clone()
	next.count()
	next.counts.add(numberXReport, 1)
	if code := k.save(next); code != shtrih.OK {
		return code
	}
	k.print(tape.XReport(k.xTotals(shift.Shift), k.tapeOptions()))
	return k.done()
}

// xTotals takes the totals of the shift from the registers.
func (k *call) xTotals(shift uint16) tape.XTotals {
	money, counts, tables := k.state.money, k.state.counts, k.state.tables
	x := tape.XTotals{
		Time:               k.clock(),
		SerialNumber:       tables.text(tableStorage, 1, fieldSerial),
		RegistrationNumber: tables.text(tableStorage, 1, fieldRegNumber),
		StorageNumber:      tables.text(tableStorage, 1, fieldStorageNumber),
		UserINN:            tables.text(tableStorage, 1, fieldUserINN),
		Cashier:            tables.text(tablePasswords, uint16(k.operator), fieldOperator),
		Shift:              uint32(shift),
		Number:             uint32(counts[numberXReport]),
		CashIn:             tape.CashTotals{Count: uint32(counts[countCashIn]), Sum: money[moneyCashIn]},
		CashOut:            tape.CashTotals{Count: uint32(counts[countCashOut]), Sum: money[moneyCashOut]},
		CashInDrawer:       money[moneyCash],
	}
	for kind := shtrih.Sale; kind <= shtrih.PurchaseReturn; kind++ {
		t := uint16(kind)
		o := tape.OperationTotals{Count: uint32(counts[countShiftReceipts+t])}
		for payment := range 16 {
			sum := money[paymentRegister(payment, kind, true)]
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
			*into = money[taxRegisters[rate].shiftTax+t]
			if !taxed(rate) {
				*into = money[taxRegisters[rate].shiftTurnover+t]
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
	switch k.state.tables.number(tableRegional, fieldRevenue) {
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
	next := k.state.clone()
	if next.money[moneyCash]+c.Sum > shtrih.MaxMoney6 {
		return shtrih.CashOverflow
	}
	if next.money[moneyCashIn]+c.Sum > shtrih.MaxMoney6 {
		return shtrih.ShiftCashInOverflow
	}
	next.money.add(moneyCash, c.Sum)
	next.money.add(moneyCashIn, c.Sum)
	next.counts.add(countCashIn, 1)
	next.counts.add(numberCashIn, 1)
	return k.cashSlip(next, false, c.Sum)
}

func cashOut(k *call, c shtrih.CashOut) shtrih.Result {
	next := k.state.clone()
	if c.Sum > next.money[moneyCash] {
		return shtrih.NotEnoughCash
	}
	if next.money[moneyCashOut]+c.Sum > shtrih.MaxMoney6 {
		return shtrih.ShiftCashOutOverflow
	}
	next.money.set(moneyCash, next.money[moneyCash]-c.Sum)
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
	number := next.counts[numberCashIn]
	if out {
		number = next.counts[numberCashOut]
	}
	k.print(tape.CashSlip(tape.Slip{
		Out: out, Sum: sum, InDrawer: next.money[moneyCash], Number: uint32(number), Time: k.clock(),
		Cashier: next.tables.text(tablePasswords, uint16(k.operator), fieldOperator),
	}, k.tapeOptions()))
	return k.answer(shtrih.CashInReply{Operator: k.operator, Document: uint16(next.counts[numberDocument])})
}
