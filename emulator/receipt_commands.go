package emulator

import (
	"bytes"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// openReceipt, 8Dh, opens the shift first when it is closed.
func openReceipt(k *call, c shtrih.OpenReceipt) shtrih.Result {
	if c.Type > shtrih.PurchaseReturn {
		return shtrih.BadParameters
	}
	if k.state.mode == shtrih.ModeShiftClosed {
		if code := k.openShift(); code != shtrih.OK {
			return code
		}
	}
	if code := k.begin(); code != shtrih.OK {
		return code
	}
	k.receipt = newReceipt(c.Type)
	return k.done()
}

// begin makes the storage begin a receipt; what it had begun is dropped.
func (r *Register) begin() shtrih.Result {
	var status fnlink.StatusReply
	if code := r.ask(fnlink.Status{}, &status); code != shtrih.OK {
		return code
	}
	if status.Document != fnlink.NoDocument {
		r.cancel()
	}
	return r.ask(fnlink.BeginReceipt{At: fnlink.DateTimeOf(r.clock())}, fnlink.NoReply{})
}

// try lets the storage judge elements as part of the receipt, so that a client
// hears at once what is wrong with them. The document proper is made at the
// closing, when all is known.
func (r *Register) try(elements []byte) shtrih.Result {
	code := r.begin()
	if code == shtrih.OK {
		code = r.send(elements)
	}
	r.begin()
	return code
}

// newVATFrom is when the rate of 20 % became 22 %.
var newVATFrom = shtrih.Date{Year: 2026, Month: 1, Day: 1}

// addItem, FF46h.
func addItem(k *call, c shtrih.Item) shtrih.Result {
	kind, ok := c.Operation.ReceiptType()
	switch {
	case !ok:
		return shtrih.BadParameters
	case kind != k.receipt.kind:
		return shtrih.WrongReceiptType
	case c.Quantity == 0:
		return shtrih.QuantityRange
	case c.Price > shtrih.MaxMoney:
		return shtrih.PriceRange
	case c.Department > 16:
		return shtrih.DepartmentRange
	}
	quantity := tlv.Decimal{Mantissa: c.Quantity, Scale: 6}.Reduce()
	sum, ok := quantity.MulRound(c.Price)
	if !ok || sum > shtrih.MaxMoney {
		return shtrih.MultiplicationOverflow
	}
	if c.Sum != shtrih.NotGiven {
		// The sum may be off by a kopeck: order ЕД-7-20/662@, tag 1043.
		if c.Sum > sum+1 || c.Sum+1 < sum {
			return shtrih.BadParameters
		}
		sum = c.Sum
	}
	if k.receipt.total+sum > shtrih.MaxMoney {
		return shtrih.TotalOverflow
	}
	rate, code := k.rate(c.Rate)
	if code != shtrih.OK {
		return code
	}
	name := bytes.TrimPrefix(c.Name, []byte("//")) // not to be printed, but sent to the ОФД
	name, _, _ = bytes.Cut(name, []byte{0})
	i := item{
		name: charset.AppendCP866FromCP1251(nil, name), price: c.Price, quantity: quantity, sum: sum,
		rate: rate, department: max(1, c.Department), method: c.Method, subject: c.Subject,
	}
	switch {
	case !taxed(rate):
	case k.computesVAT():
		i.tax, i.hasTax = vatOf(rate, sum), true
	case c.Tax != shtrih.NotGiven:
		i.tax, i.hasTax = c.Tax, true
	}
	if code := k.try(i.appendTo(nil, k.version, k.omits(omitItemVAT))); code != shtrih.OK {
		return code
	}
	k.receipt.add(i)
	return shtrih.OK
}

// rate takes the rate byte of FF46h apart. 0 is «no tax group».
func (k *call) rate(b byte) (rate uint8, code shtrih.Result) {
	if b == 0 {
		return 0, shtrih.OK
	}
	rate, ok := shtrih.VATOfRateByte(b)
	if !ok || rate >= vatRates {
		return 0, shtrih.BadParameters
	}
	if k.state.tables.number(tableRegional, fieldNewVAT) == 1 {
		now := k.clock()
		if from := newVATFrom.At(shtrih.Time{}, now.Location()); !now.Before(from) {
			switch rate {
			case vat20:
				rate = vat22
			case vat20120:
				rate = vat22122
			}
		}
	}
	return rate, shtrih.OK
}

func (r *Register) computesVAT() bool { return r.state.tables.number(tableMode, fieldVAT) == 0 }

// Bits of table 17 field 28, «data minimisation».
const (
	omitUser    = 1 << 0
	omitAddress = 1 << 2
	omitPlace   = 1 << 3
	omitItemVAT = 1 << 4
)

func (r *Register) omits(bit uint64) bool {
	return r.state.tables.number(tableRegional, fieldOmittedTags)&bit != 0
}

// itemTLV, FF4Dh, adds elements to the item last sent: this family takes them
// after its FF46h.
func itemTLV(k *call, c shtrih.ItemTLV) shtrih.Result {
	if len(k.receipt.items) == 0 {
		return shtrih.WrongOperation
	}
	if !wellFormed(c.TLV) {
		return shtrih.BadParameters
	}
	last := &k.receipt.items[len(k.receipt.items)-1]
	changed := *last
	changed.tags = append(bytes.Clone(last.tags), c.TLV...)
	if code := k.try(changed.appendTo(nil, k.version, k.omits(omitItemVAT))); code != shtrih.OK {
		return code
	}
	*last = changed
	return shtrih.OK
}

// wellFormed: a row of whole elements, at least one.
func wellFormed(elements []byte) bool {
	r := tlv.NewReader(elements)
	for r.Next() {
	}
	return r.Err() == nil && len(elements) > 0
}

// sendTLV, FF0Ch: elements of the receipt as a whole. They replace what the
// register would say itself, such as the cashier.
func sendTLV(k *call, c shtrih.SendTLV) shtrih.Result {
	if k.receipt == nil {
		return shtrih.StorageWrongState // the storage has no document begun
	}
	if !wellFormed(c.TLV) {
		return shtrih.BadParameters
	}
	for r := tlv.NewReader(c.TLV); r.Next(); {
		if ownTag(r.Tag()) {
			return shtrih.StorageForbiddenTag
		}
	}
	tags := append(bytes.Clone(k.receipt.tags), c.TLV...)
	if code := k.try(tags); code != shtrih.OK {
		return code
	}
	k.receipt.tags = tags
	return shtrih.OK
}

// ownTag: fields that come from the commands of the receipt.
func ownTag(t tlv.Tag) bool {
	switch t {
	case ffd.Subject, ffd.TaxSystem, ffd.Cash, ffd.Electronic, ffd.Prepaid, ffd.Credit, ffd.Barter,
		ffd.VAT20, ffd.VAT10, ffd.VAT0, ffd.NoVAT, ffd.VAT20120, ffd.VAT10110, ffd.VATAmounts, ffd.FormatVersion:
		return true
	}
	return false
}

// cancelReceipt, 88h.
func cancelReceipt(k *call, _ shtrih.CancelReceipt) shtrih.Result {
	c := k.receipt
	next := k.state.clone()
	next.money.add(moneyCancelled+uint16(c.kind), c.total)
	next.counts.add(countShiftCancelled, 1)
	next.counts.add(countCancelled, 1)
	next.counts.add(countTypesCancelled+uint16(c.kind), 1)
	next.previous = shtrih.ModeDocumentOpen
	if code := k.save(next); code != shtrih.OK {
		return code
	}
	k.cancel()
	k.receipt = nil
	k.print(append(c.lines, tape.Lines("ЧЕК АННУЛИРОВАН", k.cfg.TapeWidth)...))
	return k.done()
}

func closeReceipt(k *call, c shtrih.CloseReceipt) shtrih.Result {
	return k.close(closing{payments: c.Payments, rounding: c.Rounding, taxes: c.Taxes[:], taxSystem: c.TaxSystem, text: c.Text})
}

func closeReceiptV3(k *call, c shtrih.CloseReceiptV3) shtrih.Result {
	return k.close(closing{payments: c.Payments, rounding: c.Rounding, taxes: c.Taxes[:], taxSystem: c.TaxSystem, text: c.Text})
}

// closing is what FF45h and FF76h say.
type closing struct {
	payments  [16]uint64
	rounding  uint8
	taxes     []uint64 // by the places of rateOfTax
	taxSystem uint8
	text      []byte
}

// settle checks the payments against what is due and leaves in them what stays
// in the drawer.
func (c *closing) settle(due uint64) (change uint64, code shtrih.Result) {
	var nonCash uint64
	for i := range c.payments {
		if c.payments[i] == shtrih.NotGiven {
			c.payments[i] = 0
		}
		if i != shtrih.PaymentCash {
			nonCash += c.payments[i]
		}
	}
	switch {
	case nonCash > due:
		return 0, shtrih.NonCashAboveTotal
	case nonCash+c.payments[shtrih.PaymentCash] < due:
		return 0, shtrih.PaymentsBelowTotal
	}
	given := c.payments[shtrih.PaymentCash]
	c.payments[shtrih.PaymentCash] = due - nonCash
	return given - c.payments[shtrih.PaymentCash], shtrih.OK
}

// close makes the document of the open receipt.
func (k *call) close(c closing) shtrih.Result {
	open := k.receipt
	switch {
	case len(open.items) == 0:
		return shtrih.WrongOperation
	case c.rounding > 99 || uint64(c.rounding) > open.total:
		return shtrih.BadParameters
	}
	due := open.total - uint64(c.rounding)
	if due == 0 && k.state.tables.number(tableMode, fieldBanZero) != 0 {
		return shtrih.ZeroTotal
	}
	change, code := c.settle(due)
	if code != shtrih.OK {
		return code
	}
	cash := c.payments[shtrih.PaymentCash]
	paidOut := open.kind == shtrih.Purchase || open.kind == shtrih.SaleReturn
	switch {
	case paidOut && cash > k.state.money[moneyCash]:
		return shtrih.NotEnoughCash
	case !paidOut && k.state.money[moneyCash]+cash > shtrih.MaxMoney6:
		return shtrih.CashOverflow
	}
	registered := uint8(k.state.tables.number(tableStorage, fieldTaxSystems))
	if c.taxSystem == 0 {
		c.taxSystem = registered & -registered // the lowest one
	}
	if c.taxSystem&(c.taxSystem-1) != 0 || c.taxSystem&registered == 0 {
		return shtrih.BadParameters
	}
	totals := open.vat()
	if !k.computesVAT() {
		// The rates that the command has no place for stay those of the items.
		for i, tax := range c.taxes {
			if totals[rateOfTax[i]] = tax; tax == shtrih.NotGiven {
				totals[rateOfTax[i]] = 0
			}
		}
	}

	now := k.clock()
	next := k.state.clone()
	k.count(next, c.payments, due, &totals)

	code = k.begin()
	if code == shtrih.OK {
		code = k.send(k.receiptTags(&c, &totals))
	}
	var formed fnlink.FormReceiptReply
	if code == shtrih.OK {
		k.storage.SetCompanion(next.encode())
		code = k.ask(fnlink.FormReceipt{
			At: fnlink.DateTimeOf(now), Operation: byte(open.kind.Operation()), Total: due,
		}, &formed)
	}
	if code != shtrih.OK {
		k.begin()
		return code
	}
	k.state, k.receipt = next, nil
	doc := k.issued(formed.Document, formed.Sign)
	k.print(open.lines)
	if text, _, _ := bytes.Cut(c.text, []byte{0}); len(text) > 0 {
		k.print(tape.Lines(charset.CP1251String(text), k.cfg.TapeWidth))
	}
	k.printDocument(doc, change)
	reply := shtrih.CloseReceiptReply{Change: change, Document: formed.Document, FiscalSign: formed.Sign}
	if k.dateInAnswers() {
		reply.DateTime, reply.HasDateTime = shtrih.DateTimeOf(now), true
	}
	return k.answer(reply)
}

// receiptTags are the elements of the document that the storage does not form,
// in the order of real receipts.
func (k *call) receiptTags(c *closing, totals *vatTotals) []byte {
	var b []byte
	for i := range k.receipt.items {
		b = k.receipt.items[i].appendTo(b, k.version, k.omits(omitItemVAT))
	}
	var electronic uint64
	for _, sum := range c.payments[shtrih.PaymentElectronic:shtrih.PaymentAdvance] {
		electronic += sum
	}
	b = tlv.AppendVLN(b, ffd.Cash, c.payments[shtrih.PaymentCash])
	b = tlv.AppendVLN(b, ffd.Electronic, electronic)
	b = tlv.AppendVLN(b, ffd.Prepaid, c.payments[shtrih.PaymentAdvance])
	b = tlv.AppendVLN(b, ffd.Credit, c.payments[shtrih.PaymentCredit])
	b = tlv.AppendVLN(b, ffd.Barter, c.payments[shtrih.PaymentBarter])
	sent := k.receipt.tags
	b = k.operatorTags(b, sent)
	b = append(b, sent...)
	b = tlv.AppendByte(b, ffd.TaxSystem, c.taxSystem)
	tables := k.state.tables
	for _, own := range []struct {
		tag  tlv.Tag
		text string
		omit uint64 // bit of table 17 field 28
	}{
		{ffd.FNSSite, tables.text(tableStorage, 1, fieldFNSSite), 0},
		{ffd.Place, tables.text(tableStorage, 1, fieldPlace) + tables.text(tableStorage, 1, fieldPlace2), omitPlace},
		{ffd.User, tables.text(tableStorage, 1, fieldUser) + tables.text(tableStorage, 1, fieldUser2), omitUser},
		{ffd.Address, tables.text(tableStorage, 1, fieldAddress) + tables.text(tableStorage, 1, fieldAddress2), omitAddress},
	} {
		if _, given := tlv.Find(sent, own.tag); !given && own.text != "" && !k.omits(own.omit) {
			b = appendText(b, own.tag, own.text)
		}
	}
	return appendVAT(k.formatTag(b), totals)
}

// count puts the open receipt into the registers of the shift.
func (k *call) count(next *state, payments [16]uint64, due uint64, totals *vatTotals) {
	open := k.receipt
	t := uint16(open.kind)
	money, counts := next.money, next.counts
	for i := range open.items {
		it := &open.items[i]
		money.add(moneyShiftDepartments+4*uint16(it.department-1)+t, it.sum)
		counts.add(countShiftDepartments+4*uint16(it.department-1)+t, 1)
		if it.rate != 0 {
			money.add(taxRegisters[it.rate].shiftTurnover+t, it.sum)
		}
	}
	for rate := range uint8(vatRates) {
		if taxed(rate) {
			money.add(taxRegisters[rate].shiftTax+t, totals[rate])
		}
	}
	for i, sum := range payments {
		money.add(paymentRegister(i, open.kind, true), sum)
	}
	cash := payments[shtrih.PaymentCash]
	switch open.kind {
	case shtrih.Sale, shtrih.PurchaseReturn:
		money.add(moneyCash, cash)
	default:
		money.set(moneyCash, money[moneyCash]-cash)
	}
	money.set(moneyCashAtClose, money[moneyCash])
	counts.add(countShiftReceipts+t, 1)
	counts.set(numberReceipts+t, (counts[numberReceipts+t]+1)&0xFFFF)
	next.count()
	next.previous = shtrih.ModeDocumentOpen

	// What the vendor calls totals of the ФН: thirteen registers by tag 1054.
	operation := uint16(open.kind.Operation()) - 1
	sums := []uint64{1, due, cash, 0, payments[shtrih.PaymentAdvance], payments[shtrih.PaymentCredit], payments[shtrih.PaymentBarter],
		totals[vat20], totals[vat10], totals[vat0], totals[vatNone], totals[vat20120], totals[vat10110]}
	for _, sum := range payments[shtrih.PaymentElectronic:shtrih.PaymentAdvance] {
		sums[3] += sum
	}
	for _, first := range []uint16{moneyStorage, moneyShiftTotals} {
		money.add(first, 1)
		for i, sum := range sums {
			money.add(first+1+uint16(len(sums))*operation+uint16(i), sum)
		}
	}
	money.add(moneyNotSent, 1)
	money.add(moneyNotSent+1+2*operation, 1)
	money.add(moneyNotSent+2+2*operation, due)
}
