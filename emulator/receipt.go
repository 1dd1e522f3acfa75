package emulator

import (
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// receipt is an open receipt. It lives in memory only: the register forms the
// document when the receipt is closed, and a power cut before that loses it.
type receipt struct {
	kind  shtrih.ReceiptType
	items []item
	total uint64   // of the items, kopecks
	tags  []byte   // elements sent by FF0Ch
	lines []string // text printed meanwhile, it comes out above the document

	// The registers of the receipt; they are zero as soon as it ends.
	money, counts registers
}

// item is a line of a receipt (предмет расчёта).
type item struct {
	name       []byte // CP866
	price      uint64 // kopecks
	quantity   tlv.Decimal
	sum        uint64 // kopecks
	rate       uint8  // tag 1199, 0 when the item is in no tax group
	tax        uint64 // kopecks
	hasTax     bool
	department uint8  // 1–16
	method     uint8  // tag 1214
	subject    uint8  // tag 1212
	tags       []byte // elements sent by FF4Dh
}

func newReceipt(kind shtrih.ReceiptType) *receipt {
	return &receipt{kind: kind, money: registers{}, counts: registers{}}
}

// add puts an item into the receipt and its registers.
func (c *receipt) add(i item) {
	c.items = append(c.items, i)
	c.total += i.sum
	t := uint16(c.kind)
	c.money.add(moneyDepartments+4*uint16(i.department-1)+t, i.sum)
	c.counts.add(countDepartments+4*uint16(i.department-1)+t, 1)
	if r := taxRegisters[i.rate]; i.rate != 0 {
		c.money.add(r.turnover+t, i.sum)
		c.money.add(r.tax+t, i.tax)
	}
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

// vat sums the taxes of the items by rate.
func (c *receipt) vat() (totals vatTotals) {
	for i := range c.items {
		it := &c.items[i]
		if taxed(it.rate) {
			totals[it.rate] += it.tax
		} else {
			totals[it.rate] += it.sum
		}
	}
	totals[0] = 0 // items in no tax group
	return totals
}

// appendVAT appends the totals of the receipt; zero ones are left out.
func appendVAT(dst []byte, totals *vatTotals) []byte {
	for _, own := range []struct {
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
	var group []byte
	for rate := vat5; rate < vatRates; rate++ {
		if totals[rate] == 0 {
			continue
		}
		var mark tlv.Mark
		group, mark = tlv.Begin(group, ffd.VATAmount)
		group = tlv.AppendByte(group, ffd.VATRate, uint8(rate))
		group = tlv.AppendVLN(group, ffd.VATAmountSum, totals[rate])
		group = tlv.End(group, mark)
	}
	if group != nil {
		dst = tlv.AppendBytes(dst, ffd.VATAmounts, group)
	}
	return dst
}
