package fn

import (
	"fmt"

	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// totals are counters of receipts by operation 1–4.
type totals [4]fnlink.Sums

// receiptSums are the amounts of one receipt.
type receiptSums struct {
	operation byte // 1–4
	sums      fnlink.Sums
}

// maxSum is the largest counter in kopecks, 48 bits (FNS ККТ–ФН 1.2.06, table 17).
const maxSum = 1<<48 - 1

// receiptOf reads the amounts of a receipt. VAT by the rates of 2025 and later stands in 1115, for which the counters
// have no place.
func receiptOf(fields []byte) (receiptSums, error) {
	c := receiptSums{sums: fnlink.Sums{Count: 1}}
	r := tlv.NewReader(fields)
	for r.Next() {
		switch r.Tag() {
		case ffd.Operation:
			c.operation = r.Byte()
		case ffd.Total:
			c.sums.Total = r.VLN()
		case ffd.Cash:
			c.sums.Cash = r.VLN()
		case ffd.Electronic:
			c.sums.Electronic = r.VLN()
		case ffd.Prepaid:
			c.sums.Prepaid = r.VLN()
		case ffd.Credit:
			c.sums.Credit = r.VLN()
		case ffd.Barter:
			c.sums.Provision = r.VLN()
		case ffd.VAT20:
			c.sums.VAT20 = r.VLN()
		case ffd.VAT10:
			c.sums.VAT10 = r.VLN()
		case ffd.VAT0:
			c.sums.VAT0 = r.VLN()
		case ffd.NoVAT:
			c.sums.NoVAT = r.VLN()
		case ffd.VAT20120:
			c.sums.VAT20120 = r.VLN()
		case ffd.VAT10110:
			c.sums.VAT10110 = r.VLN()
		}
	}
	if err := r.Err(); err != nil {
		return c, err
	}
	if c.operation < 1 || c.operation > 4 {
		return c, fmt.Errorf("%w: operation %d", ErrRecord, c.operation)
	}
	return c, nil
}

// add counts a receipt. It tells whether all counters still fit.
func (t *totals) add(c receiptSums) bool {
	s, d := &t[c.operation-1], &c.sums
	s.Count++
	ok := true
	for _, p := range [...]struct{ to, from *uint64 }{
		{&s.Total, &d.Total}, {&s.Cash, &d.Cash}, {&s.Electronic, &d.Electronic}, {&s.Prepaid, &d.Prepaid},
		{&s.Credit, &d.Credit}, {&s.Provision, &d.Provision}, {&s.VAT20, &d.VAT20}, {&s.VAT10, &d.VAT10},
		{&s.VAT0, &d.VAT0}, {&s.NoVAT, &d.NoVAT}, {&s.VAT20120, &d.VAT20120}, {&s.VAT10110, &d.VAT10110},
	} {
		if *p.from > maxSum || *p.to+*p.from > maxSum {
			ok = false
		}
		*p.to += *p.from
	}
	return ok
}

func (t *totals) count() (n uint32) {
	for i := range t {
		n += t[i].Count
	}
	return n
}

// appendTo appends 1157 or 1194. Blocks of operations that did not happen are left out, as the format allows.
func (t *totals) appendTo(dst []byte, tag tlv.Tag) []byte {
	blocks := [...]tlv.Tag{ffd.SaleTotals, ffd.SaleRefundTotals, ffd.PurchaseTotals, ffd.PurchaseRefundTotals}
	dst, all := tlv.Begin(dst, tag)
	dst = tlv.AppendUint32(dst, ffd.ReceiptsAndCorrectionsCount, t.count())
	for i := range t {
		s := &t[i]
		if s.Count == 0 {
			continue
		}
		var block tlv.Mark
		dst, block = tlv.Begin(dst, blocks[i])
		dst = tlv.AppendUint32(dst, ffd.ReceiptsCount, s.Count)
		dst = tlv.AppendVLN(dst, ffd.CashTotal, s.Cash)
		dst = tlv.AppendVLN(dst, ffd.ElectronicTotal, s.Electronic)
		dst = tlv.AppendVLN(dst, ffd.PrepaidTotal, s.Prepaid)
		dst = tlv.AppendVLN(dst, ffd.CreditTotal, s.Credit)
		dst = tlv.AppendVLN(dst, ffd.BarterTotal, s.Provision)
		dst = tlv.AppendVLN(dst, ffd.ReceiptsTotal, s.Total)
		dst = tlv.AppendVLN(dst, ffd.VAT20Total, s.VAT20)
		dst = tlv.AppendVLN(dst, ffd.VAT10Total, s.VAT10)
		dst = tlv.AppendVLN(dst, ffd.VAT20120Total, s.VAT20120)
		dst = tlv.AppendVLN(dst, ffd.VAT10110Total, s.VAT10110)
		dst = tlv.AppendVLN(dst, ffd.VAT0Total, s.VAT0)
		dst = tlv.AppendVLN(dst, ffd.NoVATTotal, s.NoVAT)
		dst = tlv.End(dst, block)
	}
	return tlv.End(dst, all)
}
