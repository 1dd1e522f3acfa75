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
	if code := k.open(c.Type); code != shtrih.OK {
		return code
	}
	return k.done()
}

// open begins a receipt, and before it the shift when that is closed.
func (k *call) open(kind shtrih.ReceiptType) shtrih.Result {
	if k.state.mode == shtrih.ModeShiftClosed {
		if _, code := k.openShift(); code != shtrih.OK {
			return code
		}
	}
	k.shift = nil
	if code := k.begin(); code != shtrih.OK {
		return code
	}
	k.receipt = &receipt{kind: kind}
	return shtrih.OK
}

// begin makes the storage begin a receipt; what it had begun is dropped.
func (r *Register) begin() shtrih.Result {
	r.cancel()
	return r.ask(fnlink.BeginReceipt{At: fnlink.DateTimeOf(r.clock())}, fnlink.NoReply{})
}

// try lets the storage judge elements as part of the receipt, so that a client
// hears at once what is wrong with them. The document proper is made at the
// closing, when all is known.
func (r *Register) try(elements []byte) shtrih.Result {
	if !r.profile.UnknownTags && unknownTag(elements) {
		return shtrih.StorageTagFormat
	}
	code := r.begin()
	if code == shtrih.OK {
		code = r.send(elements)
	}
	r.begin()
	return code
}

// unknownTag looks for an element that the format does not know, inside others too.
func unknownTag(elements []byte) bool {
	for r := tlv.NewReader(elements); r.Next(); {
		info, ok := ffd.Lookup(r.Tag())
		if !ok || info.Kind == ffd.KindSTLV && unknownTag(r.Value()) {
			return true
		}
	}
	return false
}

// newVATFrom is when the rate of 20 % became 22 %.
var newVATFrom = shtrih.Date{Year: 2026, Month: 1, Day: 1}

// addItem, FF46h, opens the receipt where it is not open.
func addItem(k *call, c shtrih.Item) shtrih.Result {
	kind, ok := c.Operation.ReceiptType()
	if !ok {
		return shtrih.BadParameters
	}
	opens := k.receipt == nil
	if opens {
		if code := k.open(kind); code != shtrih.OK {
			return code
		}
	}
	code := k.addItem(kind, c)
	if code != shtrih.OK && opens {
		k.cancel()
		k.receipt = nil
	}
	return code
}

func (k *call) addItem(kind shtrih.ReceiptType, c shtrih.Item) shtrih.Result {
	switch {
	case kind != k.receipt.kind:
		return shtrih.WrongReceiptType
	case c.Quantity == 0:
		return shtrih.QuantityRange
	case c.Price > shtrih.MaxMoney:
		return shtrih.PriceRange
	case c.Department > departments:
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
	i := item{
		name: itemName(c.Name), price: c.Price, quantity: quantity, sum: sum,
		rate: rate, department: max(1, c.Department), method: c.Method, subject: c.Subject,
		tags: k.receipt.before,
	}
	if taxed(rate) && !k.computesVAT() && c.Tax != shtrih.NotGiven {
		i.tax, i.hasTax = c.Tax, true
	}
	return k.addToReceipt(i)
}

// addToReceipt adds an item that is right in itself. Most go in without asking
// the storage; it judges those that it may refuse.
func (k *call) addToReceipt(i item) shtrih.Result {
	c := k.receipt
	k.elements = i.appendTo(k.elements[:0], k.version, k.omits(omitItemVAT))
	size := c.size + len(k.elements)
	const excisable = 2 // value of tag 1212
	switch {
	case size > largeReceipt:
		var all []byte
		for n := range c.items {
			if c.items[n].gone() {
				continue
			}
			all = c.items[n].appendTo(all, k.version, k.omits(omitItemVAT))
		}
		if code := k.try(append(all, k.elements...)); code != shtrih.OK {
			return code
		}
	case i.tags != nil || len(i.name) == 0 || i.subject == excisable:
		if code := k.try(k.elements); code != shtrih.OK {
			return code
		}
	}
	c.before, c.size = nil, size
	c.items = append(c.items, i)
	c.total += i.sum
	return shtrih.OK
}

// largeReceipt is a size of the items, in bytes, well below what a storage takes
// of a document (30 KiB, FNS ККТ–ФН 1.2.06, 4.6.2).
const largeReceipt = 20 << 10

// itemName makes the text of a command the name in the document: // before it
// means «not to be printed», 00 ends it.
func itemName(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("//"))
	text, _, _ = bytes.Cut(text, []byte{0})
	return charset.AppendCP866FromCP1251(nil, text)
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
	return k.inForce(rate), shtrih.OK
}

// inForce makes 20 % the 22 % of today where the register is set to do so.
func (k *call) inForce(rate uint8) uint8 {
	if rate != vat20 && rate != vat20120 || k.state.tables.number(setNewVAT) != 1 {
		return rate
	}
	now := k.clock()
	if now.Before(newVATFrom.At(shtrih.Time{}, now.Location())) {
		return rate
	}
	if rate == vat20 {
		return vat22
	}
	return vat22122
}

func (r *Register) computesVAT() bool { return r.state.tables.number(setVAT) == 0 }

// Bits of table 17 field 28, «data minimisation».
const (
	omitUser    = 1 << 0
	omitAddress = 1 << 2
	omitPlace   = 1 << 3
	omitItemVAT = 1 << 4
)

func (r *Register) omits(bit uint64) bool {
	return r.state.tables.number(setOmittedTags)&bit != 0
}

// itemTLV, FF4Dh, adds elements to an item: to the last one, or to the next,
// as the family has it.
func itemTLV(k *call, c shtrih.ItemTLV) shtrih.Result {
	order, some := k.profile.ItemTLV, len(k.receipt.items) > 0
	if order == "after" && !some {
		return shtrih.WrongOperation
	}
	if !wellFormed(c.TLV) {
		return shtrih.BadParameters
	}
	if order == "before" || order == "either" && !some {
		if !k.profile.UnknownTags && unknownTag(c.TLV) {
			return shtrih.StorageTagFormat
		}
		if len(k.receipt.before)+len(c.TLV) > largeReceipt {
			return shtrih.StorageTLVTooLong
		}
		k.receipt.before = append(k.receipt.before, c.TLV...)
		return shtrih.OK
	}
	last := &k.receipt.items[len(k.receipt.items)-1]
	if last.gone() {
		return shtrih.WrongOperation
	}
	changed := *last
	changed.tags = append(bytes.Clone(last.tags), c.TLV...)
	sofar := changed
	sofar.tags = withoutHalfPairs(changed.tags)
	if code := k.try(sofar.appendTo(nil, k.version, k.omits(omitItemVAT))); code != shtrih.OK {
		return code
	}
	k.receipt.size += len(c.TLV)
	*last = changed
	return shtrih.OK
}

// withoutHalfPairs leaves out what the storage takes only in pairs (1222 with
// 1226) while the other half has not come: elements arrive one command at a
// time, and the storage sees the whole item at the closing.
func withoutHalfPairs(tags []byte) []byte {
	_, agent := tlv.Find(tags, ffd.SubjectAgentType)
	_, supplier := tlv.Find(tags, ffd.SupplierINN)
	if agent == supplier {
		return tags
	}
	var kept []byte
	for r := tlv.NewReader(tags); r.Next(); {
		if t := r.Tag(); t != ffd.SubjectAgentType && t != ffd.SupplierINN {
			kept = append(kept, r.Element()...)
		}
	}
	return kept
}

// wellFormed: a row of whole elements, at least one.
func wellFormed(elements []byte) bool {
	r := tlv.NewReader(elements)
	for r.Next() {
	}
	return r.Err() == nil && len(elements) > 0
}

// sendTLV, FF0Ch: elements of the document as a whole, which is an open receipt
// or the shift report that FF41h or FF42h began. They replace what the register
// would say itself, such as the cashier.
func sendTLV(k *call, c shtrih.SendTLV) shtrih.Result { return k.addTags(c.TLV) }

func (k *call) addTags(elements []byte) shtrih.Result {
	if k.receipt == nil && k.shift == nil {
		return shtrih.StorageWrongState // the storage has no document begun
	}
	if !wellFormed(elements) {
		return shtrih.BadParameters
	}
	for r := tlv.NewReader(elements); r.Next(); {
		if ownTag(r.Tag()) {
			return shtrih.StorageForbiddenTag
		}
	}
	if k.receipt == nil {
		return k.addShiftTags(elements)
	}
	tags := append(bytes.Clone(k.receipt.tags), elements...)
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
	lines := k.receipt.lines
	if code := k.annul(); code != shtrih.OK {
		return code
	}
	k.print(func() []string { return append(lines, tape.Lines("ЧЕК АННУЛИРОВАН", k.columns())...) })
	return k.done()
}

// cancelDocument, FF08h, drops the receipt without printing.
func cancelDocument(k *call, _ shtrih.CancelDocument) shtrih.Result { return k.annul() }

func (k *call) annul() shtrih.Result {
	c := k.receipt
	next := k.next()
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
	return shtrih.OK
}

func closeReceipt(k *call, c shtrih.CloseReceipt) shtrih.Result {
	return k.closeV2(&closing{payments: c.Payments, rounding: c.Rounding, taxes: c.Taxes[:], taxSystem: c.TaxSystem, text: c.Text})
}

func closeReceiptV3(k *call, c shtrih.CloseReceiptV3) shtrih.Result {
	return k.closeV2(&closing{payments: c.Payments, rounding: c.Rounding, taxes: c.Taxes[:], taxSystem: c.TaxSystem, text: c.Text})
}

func closeReceiptV4(k *call, c shtrih.CloseReceiptV4) shtrih.Result {
	return k.closeV2(&closing{payments: c.Payments, rounding: c.Rounding, taxes: c.Taxes[:], taxSystem: c.TaxSystem, text: c.Text})
}

// closeV2 is the end of FF45h and its successors.
func (k *call) closeV2(c *closing) shtrih.Result {
	change, formed, code := k.close(c)
	if code != shtrih.OK {
		return code
	}
	reply := shtrih.CloseReceiptReply{Change: change, Document: formed.Document, FiscalSign: formed.Sign}
	if k.dateInAnswers() {
		reply.DateTime, reply.HasDateTime = shtrih.DateTimeOf(k.clock()), true
	}
	return k.answer(reply)
}

// closing is what the command that closes a receipt says.
type closing struct {
	payments  [16]uint64
	rounding  uint8
	taxes     []uint64 // by the places of rateOfTax; nil in 85h and 8Eh, which have none
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
func (k *call) close(c *closing) (change uint64, formed fnlink.FormReceiptReply, code shtrih.Result) {
	open := k.receipt
	switch {
	case open.live() == 0:
		return 0, formed, shtrih.WrongOperation
	case c.rounding > 99 || uint64(c.rounding) > open.total:
		return 0, formed, shtrih.BadParameters
	}
	due := open.total - uint64(c.rounding)
	if due == 0 && k.state.tables.number(setBanZero) != 0 {
		return 0, formed, shtrih.ZeroTotal
	}
	if change, code = c.settle(due); code != shtrih.OK {
		return 0, formed, code
	}
	cash := c.payments[shtrih.PaymentCash]
	paidOut := open.kind == shtrih.Purchase || open.kind == shtrih.SaleReturn
	switch inDrawer := k.state.money.get(moneyCash); {
	case paidOut && cash > inDrawer:
		return 0, formed, shtrih.NotEnoughCash
	case !paidOut && inDrawer+cash > shtrih.MaxMoney6:
		return 0, formed, shtrih.CashOverflow
	}
	registered := uint8(k.state.tables.number(setTaxSystems))
	if c.taxSystem == 0 {
		c.taxSystem = registered & -registered // the lowest one
	}
	if c.taxSystem&(c.taxSystem-1) != 0 || c.taxSystem&registered == 0 {
		return 0, formed, shtrih.BadParameters
	}
	lines, ok := open.spread(k.lines)
	if k.lines = lines; !ok {
		return 0, formed, shtrih.NegativeTotal
	}
	totals := k.totals(c, lines)

	now := k.clock()
	next := k.next()
	k.count(next, c.payments, due, &totals, lines)
	quiet := k.skipsPrint(next, false)

	code = k.begin()
	if code == shtrih.OK {
		k.elements = k.appendReceipt(k.elements[:0], c, &totals, lines)
		code = k.send(k.elements)
	}
	if code == shtrih.OK {
		k.setCompanion(next)
		code = k.ask(fnlink.FormReceipt{
			At: fnlink.DateTimeOf(now), Operation: byte(open.kind.Operation()), Total: due,
		}, &formed)
	}
	if code != shtrih.OK {
		k.drop(next)
		k.begin()
		return 0, formed, code
	}
	k.become(next)
	k.receipt = nil
	k.issued(formed.Document, formed.Sign)
	if !quiet {
		k.printReceipt(formed.Document, open.lines, c.text, change)
	}
	return change, formed, shtrih.OK
}

// totals are the taxes of the receipt by rate: those of the items, or, with table
// 1 field 14 at 1, those of the command. 85h and 8Eh have none: there the tax
// comes from the total of a rate instead of from its items.
func (k *call) totals(c *closing, lines []uint64) (totals vatTotals) {
	computed := k.computesVAT()
	var turnover vatTotals
	for i := range k.receipt.items {
		l := k.receipt.items[i].line(lines[i], computed)
		if l.gone() || l.rate == 0 {
			continue
		}
		turnover[l.rate] += l.sum
		if taxed(l.rate) {
			totals[l.rate] += l.tax
		} else {
			totals[l.rate] += l.sum
		}
	}
	switch {
	case computed:
	case c.taxes == nil:
		for rate := range uint8(vatRates) {
			if taxed(rate) {
				totals[rate] = vatOf(rate, turnover[rate])
			}
		}
	default:
		// The rates that the command has no place for stay those of the items.
		for i, tax := range c.taxes {
			if totals[rateOfTax[i]] = tax; tax == shtrih.NotGiven {
				totals[rateOfTax[i]] = 0
			}
		}
	}
	return totals
}

// appendReceipt appends the elements of the document that the storage does not
// form, in the order of real receipts.
func (k *call) appendReceipt(b []byte, c *closing, totals *vatTotals, lines []uint64) []byte {
	computed, omitVAT := k.computesVAT(), k.omits(omitItemVAT)
	for i := range k.receipt.items {
		if it := &k.receipt.items[i]; !it.gone() {
			l := it.line(lines[i], computed)
			b = l.appendTo(b, k.version, omitVAT)
		}
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
	for _, own := range [...]struct {
		tag         tlv.Tag
		first, rest setting
		omit        uint64 // bit of the setting omittedTags
	}{
		{ffd.FNSSite, setFNSSite, setFNSSite, 0},
		{ffd.Place, setPlace, setPlace2, omitPlace},
		{ffd.User, setUser, setUser2, omitUser},
		{ffd.Address, setAddress, setAddress2, omitAddress},
	} {
		if _, given := tlv.Find(sent, own.tag); given || k.omits(own.omit) {
			continue
		}
		start := len(b)
		var mark tlv.Mark
		b, mark = tlv.Begin(b, own.tag)
		b = charset.AppendCP866FromCP1251(b, k.state.tables.bytes(own.first, 1))
		if own.rest != own.first {
			b = charset.AppendCP866FromCP1251(b, k.state.tables.bytes(own.rest, 1))
		}
		if b = tlv.End(b, mark); len(b) == start+tlv.HeaderSize {
			b = b[:start]
		}
	}
	return appendVAT(k.formatTag(b), totals)
}

// count puts the open receipt into the registers of the shift.
func (k *call) count(next *state, payments [16]uint64, due uint64, totals *vatTotals, lines []uint64) {
	open := k.receipt
	t := uint16(open.kind)
	money, counts := &next.money, &next.counts
	open.post(money, counts, true, lines)
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
		money.set(moneyCash, money.get(moneyCash)-cash)
	}
	money.set(moneyCashAtClose, money.get(moneyCash))
	counts.add(countShiftReceipts+t, 1)
	counts.set(numberReceipts+t, (counts.get(numberReceipts+t)+1)&0xFFFF)
	next.count()
	next.previous = shtrih.ModeDocumentOpen

	// What the vendor calls totals of the ФН: thirteen registers by tag 1054.
	operation := uint16(open.kind.Operation()) - 1
	sums := [storageSums]uint64{1, due, cash, 0, payments[shtrih.PaymentAdvance], payments[shtrih.PaymentCredit], payments[shtrih.PaymentBarter],
		totals[vat20], totals[vat10], totals[vat0], totals[vatNone], totals[vat20120], totals[vat10110]}
	for _, sum := range payments[shtrih.PaymentElectronic:shtrih.PaymentAdvance] {
		sums[3] += sum
	}
	for _, first := range [...]uint16{moneyStorage, moneyShiftTotals} {
		money.add(first, 1)
		for i, sum := range sums {
			money.add(first+1+uint16(len(sums))*operation+uint16(i), sum)
		}
	}
	money.add(moneyNotSent, 1)
	money.add(moneyNotSent+1+2*operation, 1)
	money.add(moneyNotSent+2+2*operation, due)
}
