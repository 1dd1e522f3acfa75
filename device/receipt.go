package device

import (
	"github.com/openkkt/openkkt/tlv"
)

// Operation is the sign of a settlement (признак расчёта, tag 1054).
type Operation uint8

const (
	Sale           Operation = 1 // приход
	SaleReturn     Operation = 2 // возврат прихода
	Purchase       Operation = 3 // расход
	PurchaseReturn Operation = 4 // возврат расхода
)

// Receipt is a receipt (кассовый чек) before it becomes a document, in the terms of the fiscal format, not of any
// vendor. Sums are kopecks.
type Receipt struct {
	Operation Operation
	Items     []Item
	// Total (1020) is what is due. It may be up to 99 kopecks less than the sum of the items: rounding.
	Total uint64

	// How it is paid. Together they must reach Total; only Cash may exceed what is due, the rest is change.
	Cash       uint64 // наличные, 1031
	Electronic uint64 // безналичные, 1081
	Prepaid    uint64 // предварительная оплата, 1215
	Credit     uint64 // последующая оплата, 1216
	Barter     uint64 // встречное предоставление, 1217

	// TaxSystem (СНО, 1055) has exactly one of bits 0-5; 0 lets the register use the one it is registered with.
	TaxSystem uint8
	// VATTotals (1102-1107, 1115) in ascending order of rates. Empty lets the register compute them, unless items
	// carry VATSum: then they are absent from the document.
	VATTotals []VATTotal

	// Tags are further elements of the receipt level (1008, 1021, 1203, 1227…), whole TLVs.
	Tags []byte

	// ID is the caller's own name of the sale (an order number). It is not sent to the register.
	ID string
	// PrintLines are printed above the totals and are not part of the document.
	PrintLines []string
	// NoPrint leaves this one receipt unprinted; the document is made all the same.
	NoPrint bool
}

// Item is one subject of a settlement (предмет расчёта, tag 1059).
type Item struct {
	Name     string      // 1030, at most 128 bytes in the register's code page
	Price    uint64      // 1079, for one unit
	Quantity tlv.Decimal // 1023, at most 6 digits after the point
	Sum      uint64      // 1043, Price × Quantity within a kopeck

	// VATRate is a value of tag 1199: 1 20%, 2 10%, 3 20/120, 4 10/110, 5 0%, 6 none, 7 5%, 8 7%, 9 5/105,
	// 10 7/107, 11 22%, 12 22/122; 0 = absent.
	VATRate uint8
	// VATSum (1200); nil lets the register compute it.
	VATSum *uint64

	Subject    uint8 // 1212, признак предмета расчёта; 0 = absent
	Method     uint8 // 1214, признак способа расчёта; 0 = absent
	Department uint8 // 1-16, a counter of the register, not part of the document; 0 = the first

	// Tags are further elements of the item (1191, 1197, 1222-1226, 1229-1231, 1260, 2108…), whole TLVs.
	Tags []byte
	// PrintLines are printed below the item and are not part of the document.
	PrintLines []string
}

// VATTotal is the receipt's total for one rate: the VAT, or the turnover for the rates 5 (0%) and 6 (none).
type VATTotal struct {
	Rate uint8 // a value of tag 1199
	Sum  uint64
}

// Complete fills what follows from the rest: a zero Sum of an item from its price and quantity (half a kopeck rounds
// up), a zero Total from the items. What does not fit 64 bits is left for Validate.
func (r *Receipt) Complete() {
	for i := range r.Items {
		if it := &r.Items[i]; it.Sum == 0 {
			it.Sum, _ = it.Quantity.MulRound(it.Price)
		}
	}
	if r.Total == 0 {
		r.Total, _ = r.itemsSum()
	}
}

// CarriesVAT tells whether VAT sums travel with the receipt, so that the register must not compute its own.
func (r *Receipt) CarriesVAT() bool {
	if len(r.VATTotals) > 0 {
		return true
	}
	for i := range r.Items {
		if r.Items[i].VATSum != nil {
			return true
		}
	}
	return false
}

// Change is what is given back: the cash beyond what is due.
func (r *Receipt) Change() uint64 {
	if paid, ok := r.paid(); ok && paid > r.Total {
		return min(paid-r.Total, r.Cash)
	}
	return 0
}

func (r *Receipt) itemsSum() (sum uint64, ok bool) {
	for i := range r.Items {
		if sum, ok = addSums(sum, r.Items[i].Sum); !ok {
			return 0, false
		}
	}
	return sum, true
}

func (r *Receipt) paid() (sum uint64, ok bool) {
	return addSums(r.Cash, r.Electronic, r.Prepaid, r.Credit, r.Barter)
}

// addSums adds sums that each fit the fields of a document (6 bytes), and tells whether they and the result do.
func addSums(sums ...uint64) (total uint64, ok bool) {
	const most = 1<<48 - 1
	for _, s := range sums {
		if s > most {
			return 0, false
		}
		if total += s; total > most {
			return 0, false
		}
	}
	return total, true
}
