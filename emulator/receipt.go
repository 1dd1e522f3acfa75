package emulator

import (
	"math/bits"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// receipt is an open receipt. It lives in memory only: the register forms the
// document when the receipt is closed, and a power cut before that loses it.
type receipt struct {
	kind        shtrih.ReceiptType
	items       []item // those taken back whole (84h) keep their place, with a quantity of 0
	adjustments []adjustment
	total       uint64   // of the items with discounts and surcharges, kopecks
	size        int      // of the items as elements, about
	before      []byte   // elements for the item to come, where FF4Dh goes before it
	tags        []byte   // elements sent by FF0Ch
	lines       []string // text printed meanwhile, it comes out above the document
}

// item is a line of a receipt (предмет расчёта).
type item struct {
	name       []byte // CP866
	price      uint64 // kopecks
	quantity   tlv.Decimal
	sum        uint64 // kopecks, without the discounts on the receipt
	rate       uint8  // tag 1199, 0 when the item is in no tax group
	tax        uint64 // kopecks
	hasTax     bool   // a tax that the host sent; it stays as it is
	department uint8  // 1–16
	method     uint8  // tag 1214
	subject    uint8  // tag 1212
	tags       []byte // elements sent by FF4Dh
}

func (i *item) gone() bool { return i.quantity.Mantissa == 0 }

// adjustment is a discount or a surcharge. It goes to the items that were there
// when it came, of its tax groups.
//
// The law has no line for a discount on a receipt: 1020 is the sum of 1043, and
// 1043 is price times quantity with all discounts in it. So the discount is
// spread over the items in proportion to their sums, whatever table 17 field 3
// says (of its three ways only that is left with the formats in force).
type adjustment struct {
	surcharge bool
	amount    uint64 // kopecks; lessened by 8Ah and 8Bh
	rates     rateSet
	items     int // how many there were
}

// rateSet is a set of values of tag 1199, empty for all.
type rateSet uint16

func (s rateSet) has(rate uint8) bool { return s == 0 || s>>rate&1 != 0 }

// base sums up the items that an adjustment goes to; lines are what the items
// cost by then.
func (a *adjustment) base(items []item, lines []uint64) (sum uint64, last int) {
	last = -1
	for i := range items[:a.items] {
		if !items[i].gone() && a.rates.has(items[i].rate) {
			sum += lines[i]
			last = i
		}
	}
	return sum, last
}

// spread gives what each item costs with the discounts and surcharges; the sum
// of it is the total to the kopeck. It fails where a discount is more than what
// it goes to.
func (c *receipt) spread(lines []uint64) (_ []uint64, ok bool) {
	lines = lines[:0]
	for i := range c.items {
		lines = append(lines, c.items[i].sum)
	}
	for n := range c.adjustments {
		a := &c.adjustments[n]
		if a.amount == 0 {
			continue
		}
		base, last := a.base(c.items, lines)
		if last < 0 || a.amount > base && !a.surcharge {
			return nil, false
		}
		if base == 0 { // a surcharge on gifts
			lines[last] += a.amount
			continue
		}
		var upTo, given uint64 // the items so far and their part
		for i := range c.items[:a.items] {
			if c.items[i].gone() || !a.rates.has(c.items[i].rate) {
				continue
			}
			upTo += lines[i]
			part := share(a.amount, upTo, base) - given
			given += part
			if a.surcharge {
				lines[i] += part
			} else {
				lines[i] -= part
			}
		}
	}
	return lines, true
}

// share is amount·part/whole, rounded down; part is not above whole.
func share(amount, part, whole uint64) uint64 {
	high, low := bits.Mul64(amount, part)
	q, _ := bits.Div64(high, low, whole)
	return q
}

// sums adds up the items and the adjustments.
func (c *receipt) sums() (items, discounts, surcharges uint64) {
	for i := range c.items {
		items += c.items[i].sum
	}
	for _, a := range c.adjustments {
		if a.surcharge {
			surcharges += a.amount
		} else {
			discounts += a.amount
		}
	}
	return items, discounts, surcharges
}

// live counts the items that are left.
func (c *receipt) live() (n int) {
	for i := range c.items {
		if !c.items[i].gone() {
			n++
		}
	}
	return n
}

// line is an item as the document has it: with its part of the discounts.
func (i *item) line(sum uint64, computed bool) item {
	l := *i
	if sum != i.sum {
		l.sum = sum
		l.price = unitPrice(sum, i.quantity)
	}
	if computed && taxed(i.rate) && !i.hasTax {
		l.tax, l.hasTax = vatOf(i.rate, l.sum), true
	}
	return l
}

// unitPrice is the price of one from the cost of all, halves rounded up.
func unitPrice(sum uint64, quantity tlv.Decimal) uint64 {
	one := uint64(1)
	for range quantity.Scale {
		one *= 10
	}
	high, low := bits.Mul64(2*sum, one)
	low, carry := bits.Add64(low, quantity.Mantissa, 0)
	high += carry
	if high >= 2*quantity.Mantissa { // more than a field of the document holds
		return shtrih.MaxMoney
	}
	q, _ := bits.Div64(high, low, 2*quantity.Mantissa)
	return q
}

// appendTo appends the item as tag 1059, in the order in which real receipts
// have the fields.
func (i *item) appendTo(dst []byte, v ffd.Version, omitVAT bool) []byte {
	dst, mark := tlv.Begin(dst, ffd.Subject)
	if len(i.name) > 0 {
		dst = tlv.AppendBytes(dst, ffd.SubjectName, i.name)
	}
	dst = tlv.AppendVLN(dst, ffd.Price, i.price)
	dst = tlv.AppendFVLN(dst, ffd.Quantity, i.quantity)
	dst = tlv.AppendVLN(dst, ffd.SubjectSum, i.sum)
	if i.rate != 0 {
		dst = tlv.AppendByte(dst, ffd.VATRate, i.rate)
	}
	if i.hasTax && !omitVAT {
		dst = tlv.AppendVLN(dst, ffd.VATSum, i.tax)
	}
	// FFD 1.1 and 1.2 want both in every item; 1.05 does without.
	subject, method := i.subject, i.method
	if v > ffd.FFD105 {
		if subject == 0 {
			subject = defaultSubject
		}
		if method == 0 {
			method = defaultMethod
		}
	}
	if subject != 0 {
		dst = tlv.AppendByte(dst, ffd.SubjectType, subject)
	}
	if method != 0 {
		dst = tlv.AppendByte(dst, ffd.PaymentMethod, method)
	}
	if _, given := tlv.Find(i.tags, ffd.MeasureUnit); v == ffd.FFD12 && !given {
		dst = tlv.AppendByte(dst, ffd.MeasureUnit, 0) // piece, vendor's FFD 1.2 note
	}
	dst = append(dst, i.tags...)
	return tlv.End(dst, mark)
}

const (
	defaultSubject = 1 // goods
	defaultMethod  = 4 // full settlement
)

// post puts the items and adjustments into registers: those of the receipt, or
// of the shift. Departments have the sums without discounts, taxes those with.
func (c *receipt) post(money, counts *registers, shift bool, lines []uint64) {
	departments, discounts, surcharges := uint16(moneyDepartments), uint16(moneyDiscounts), uint16(moneySurcharges)
	items, ofDiscounts, ofSurcharges := uint16(countDepartments), uint16(countDiscounts), uint16(countSurcharges)
	if shift {
		departments, discounts, surcharges = moneyShiftDepartments, moneyShiftDiscounts, moneyShiftSurcharges
		items, ofDiscounts, ofSurcharges = countShiftDepartments, countShiftDiscounts, countShiftSurcharges
	}
	t := uint16(c.kind)
	for i := range c.items {
		it := &c.items[i]
		if it.gone() {
			continue
		}
		money.add(departments+4*uint16(it.department-1)+t, it.sum)
		counts.add(items+4*uint16(it.department-1)+t, 1)
		if it.rate != 0 {
			r := &taxRegisters[it.rate]
			if shift {
				money.add(r.shiftTurnover+t, lines[i])
			} else {
				money.add(r.turnover+t, lines[i])
			}
		}
	}
	for _, a := range c.adjustments {
		switch {
		case a.amount == 0:
		case a.surcharge:
			money.add(surcharges+t, a.amount)
			counts.add(ofSurcharges+t, 1)
		default:
			money.add(discounts+t, a.amount)
			counts.add(ofDiscounts+t, 1)
		}
	}
}

// receiptRegisters are the registers of the open receipt; they are zero as soon
// as it ends.
func (r *Register) receiptRegisters() (money, counts registers) {
	c := r.receipt
	if c == nil {
		return nil, nil
	}
	lines, ok := c.spread(nil)
	if !ok {
		return nil, nil
	}
	c.post(&money, &counts, false, lines)
	computed := r.computesVAT()
	for i := range c.items {
		if l := c.items[i].line(lines[i], computed); l.rate != 0 && !l.gone() {
			money.add(taxRegisters[l.rate].tax+uint16(c.kind), l.tax)
		}
	}
	return money, counts
}

// appendVAT appends the totals of the receipt; zero ones are left out.
func appendVAT(dst []byte, totals *vatTotals) []byte {
	for _, own := range [...]struct {
		rate uint8
		tag  tlv.Tag
	}{
		{vat20, ffd.VAT20}, {vat10, ffd.VAT10}, {vat0, ffd.VAT0}, {vatNone, ffd.NoVAT},
		{vat20120, ffd.VAT20120}, {vat10110, ffd.VAT10110},
	} {
		if totals[own.rate] != 0 {
			dst = tlv.AppendVLN(dst, own.tag, totals[own.rate])
		}
	}
	// The rates of 2025 and later have no tags of their own.
	first := true
	var group tlv.Mark
	for rate := vat5; rate < vatRates; rate++ {
		if totals[rate] == 0 {
			continue
		}
		if first {
			dst, group = tlv.Begin(dst, ffd.VATAmounts)
			first = false
		}
		var mark tlv.Mark
		dst, mark = tlv.Begin(dst, ffd.VATAmount)
		dst = tlv.AppendByte(dst, ffd.VATRate, uint8(rate))
		dst = tlv.AppendVLN(dst, ffd.VATAmountSum, totals[rate])
		dst = tlv.End(dst, mark)
	}
	if !first {
		dst = tlv.End(dst, group)
	}
	return dst
}
