package device

import (
	"fmt"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// vatTags are the receipt-level tags that hold the totals of the first six rates; totals of later rates stand in 1115
// (order ЕД-7-20/662@ and its 2025 amendments).
var vatTags = [...]struct {
	rate uint8
	tag  tlv.Tag
}{
	{1, ffd.VAT20}, {2, ffd.VAT10}, {3, ffd.VAT20120}, {4, ffd.VAT10110}, {5, ffd.VAT0}, {6, ffd.NoVAT},
}

func vatTagOf(rate uint8) (tlv.Tag, bool) {
	for _, v := range vatTags {
		if v.rate == rate {
			return v.tag, true
		}
	}
	return 0, false
}

func vatRateOf(tag tlv.Tag) (uint8, bool) {
	for _, v := range vatTags {
		if v.tag == tag {
			return v.rate, true
		}
	}
	return 0, false
}

// vatPath is where the JSON holds the total of a rate.
func vatPath(rate uint8) string {
	if tag, ok := vatTagOf(rate); ok {
		return jsonName(tag)
	}
	return fmt.Sprintf("amountsReceiptNds (nds %d)", rate)
}

// closeTaxes gives the totals in the order of the closing commands: 20, 10, turnover at 0, turnover without VAT,
// 20/120, 10/110 (FF45h), then 5, 7, 5/105, 7/107 (FF76h). Totals that are not given are 0: the register leaves them
// out of the document.
func closeTaxes(totals []VATTotal) (taxes [10]uint64) {
	order := [...]uint8{1, 2, 5, 6, 3, 4, 7, 8, 9, 10}
	for i, rate := range order {
		for _, t := range totals {
			if t.Rate == rate {
				taxes[i] = t.Sum
			}
		}
	}
	return taxes
}

// needsV3 tells whether the closing command must be FF76h: its fields cover the rates 5% and 7%. A register that
// computes VAT itself is given the same command, so that firmware without those rates refuses instead of losing them.
func (r *Receipt) needsV3() bool {
	const first, last = 7, 10
	for _, t := range r.VATTotals {
		if t.Rate >= first && t.Rate <= last {
			return true
		}
	}
	for i := range r.Items {
		if rate := r.Items[i].VATRate; rate >= first && rate <= last {
			return true
		}
	}
	return false
}
