package emulator

import (
	"fmt"
	"slices"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
)

// The receipt commands from before the ФН, 80h to 8Eh. They make the same
// documents: their tax groups are rows of table 6, that is rates of tag 1199.

// rateOfGroup gives the rate of a tax number: the order of the rows of table 6.
var rateOfGroup = [...]uint8{1: vat20, 2: vat10, 3: vat0, 4: vatNone, 5: vat20120, 6: vat10110}

// groups takes the four tax numbers of a command. An item of a document has one
// rate, so two different groups are refused.
func (k *call) groups(taxes [4]uint8) (rates rateSet, first uint8, ok bool) {
	for _, group := range taxes {
		if group > k.profile.TaxGroups {
			return 0, 0, false
		}
		if group == 0 {
			continue
		}
		rate := k.inForce(rateOfGroup[group])
		if first == 0 {
			first = rate
		}
		rates |= 1 << rate
	}
	return rates, first, true
}

func saleItem(k *call, c shtrih.SaleItem) shtrih.Result { return k.sell(shtrih.Sale, shtrih.ItemV1(c)) }
func purchaseItem(k *call, c shtrih.PurchaseItem) shtrih.Result {
	return k.sell(shtrih.Purchase, shtrih.ItemV1(c))
}
func saleReturnItem(k *call, c shtrih.SaleReturnItem) shtrih.Result {
	return k.sell(shtrih.SaleReturn, shtrih.ItemV1(c))
}
func purchaseReturnItem(k *call, c shtrih.PurchaseReturnItem) shtrih.Result {
	return k.sell(shtrih.PurchaseReturn, shtrih.ItemV1(c))
}

// itemV1 checks the parameters of 80h to 84h.
func (k *call) itemV1(c shtrih.ItemV1) (i item, code shtrih.Result) {
	rates, rate, ok := k.groups(c.Taxes)
	switch {
	case c.Quantity == 0:
		return i, shtrih.QuantityRange
	case c.Price > shtrih.MaxMoney:
		return i, shtrih.PriceRange
	case c.Department > departments:
		return i, shtrih.DepartmentRange
	case !ok || rates&(rates-1) != 0:
		return i, shtrih.BadParameters
	}
	quantity := tlv.Decimal{Mantissa: c.Quantity, Scale: 3}.Reduce()
	sum, ok := quantity.MulRound(c.Price)
	if !ok || sum > shtrih.MaxMoney {
		return i, shtrih.MultiplicationOverflow
	}
	return item{
		name: itemName(c.Text), price: c.Price, quantity: quantity, sum: sum, rate: rate, department: max(1, c.Department),
	}, shtrih.OK
}

// sell, 80h to 83h, opens the receipt and the shift where they are not open.
func (k *call) sell(kind shtrih.ReceiptType, c shtrih.ItemV1) shtrih.Result {
	if k.receipt != nil && k.receipt.kind != kind {
		return shtrih.WrongReceiptType
	}
	i, code := k.itemV1(c)
	switch {
	case code != shtrih.OK:
		return code
	case k.receipt != nil && k.receipt.total+i.sum > shtrih.MaxMoney:
		return shtrih.TotalOverflow
	case len(i.name) > maxItemName:
		return shtrih.BadLength
	}
	opens := k.receipt == nil
	if opens {
		if code := k.open(kind); code != shtrih.OK {
			return code
		}
	}
	if code := k.addToReceipt(i); code != shtrih.OK {
		if opens {
			k.cancel()
			k.receipt = nil
		}
		return code
	}
	return k.done()
}

// maxItemName is the most that tag 1030 holds, characters.
const maxItemName = 128

// storno, 84h, takes back what was sold at the same price, in the same
// department and tax group, the last first.
func storno(k *call, c shtrih.Storno) shtrih.Result {
	want, code := k.itemV1(shtrih.ItemV1(c))
	if code != shtrih.OK {
		return code
	}
	next := *k.receipt
	next.items = slices.Clone(next.items)
	left := c.Quantity // thousandths
	for n := len(next.items) - 1; n >= 0 && left > 0; n-- {
		it := &next.items[n]
		if it.gone() || it.price != want.price || it.department != want.department || it.rate != want.rate {
			continue
		}
		have, ok := it.thousandths()
		if !ok {
			continue
		}
		take := min(left, have)
		left -= take
		before := it.sum
		it.quantity = tlv.Decimal{Mantissa: have - take, Scale: 3}.Reduce()
		it.sum, _ = it.quantity.MulRound(it.price) // less than before
		if it.gone() {
			it.sum = 0
		}
		if before > 0 {
			it.tax = share(it.tax, it.sum, before)
		}
	}
	if left > 0 {
		return shtrih.DepartmentShort
	}
	if code := next.recount(); code != shtrih.OK {
		return code
	}
	*k.receipt = next
	return k.done()
}

// thousandths is the quantity as the old commands count it; ok is false for one
// of FF46h that is finer.
func (i *item) thousandths() (n uint64, ok bool) {
	n = i.quantity.Mantissa
	for scale := i.quantity.Scale; scale < 3; scale++ {
		n *= 10
	}
	return n, i.quantity.Scale <= 3
}

// recount makes the total anew after a change.
func (c *receipt) recount() shtrih.Result {
	items, discounts, surcharges := c.sums()
	if _, ok := c.spread(nil); !ok || discounts > items+surcharges {
		return shtrih.NegativeTotal
	}
	c.total = items + surcharges - discounts
	if c.total > shtrih.MaxMoney {
		return shtrih.TotalOverflow
	}
	return shtrih.OK
}

func discount(k *call, c shtrih.Discount) shtrih.Result {
	return k.adjust(shtrih.Adjustment(c), false)
}

func surcharge(k *call, c shtrih.Surcharge) shtrih.Result {
	return k.adjust(shtrih.Adjustment(c), true)
}

func cancelDiscount(k *call, c shtrih.CancelDiscount) shtrih.Result {
	return k.readjust(shtrih.Adjustment(c), false)
}

func cancelSurcharge(k *call, c shtrih.CancelSurcharge) shtrih.Result {
	return k.readjust(shtrih.Adjustment(c), true)
}

// adjust, 86h and 87h, adds a discount or a surcharge.
func (k *call) adjust(c shtrih.Adjustment, up bool) shtrih.Result {
	rates, _, ok := k.groups(c.Taxes)
	if !ok {
		return shtrih.BadParameters
	}
	if code := k.adjustReceipt(adjustment{surcharge: up, amount: c.Sum, rates: rates}); code != shtrih.OK {
		return code
	}
	k.paper(c.Text)
	return k.done()
}

// maxAdjustments is how many discounts and surcharges a receipt takes; ours.
const maxAdjustments = 200

// adjustReceipt adds an adjustment to the items that are there.
func (k *call) adjustReceipt(a adjustment) shtrih.Result {
	switch {
	case len(k.receipt.adjustments) >= maxAdjustments:
		return shtrih.OperationsLimit
	case a.amount > shtrih.MaxMoney && a.surcharge:
		return shtrih.SurchargeRange
	case a.amount > shtrih.MaxMoney:
		return shtrih.DiscountRange
	}
	next := *k.receipt
	a.items = len(next.items)
	next.adjustments = append(slices.Clone(next.adjustments), a)
	lines, ok := k.receipt.spread(nil)
	if !ok {
		return shtrih.NegativeTotal
	}
	base, last := a.base(next.items, lines)
	switch {
	case last < 0: // nothing that it could go to
		return shtrih.WrongOperation
	case !a.surcharge && a.amount > base:
		return shtrih.DiscountAboveSum
	}
	if code := next.recount(); code != shtrih.OK {
		return code
	}
	*k.receipt = next
	return shtrih.OK
}

// readjust, 8Ah and 8Bh, takes back from the discounts or surcharges of the same
// tax groups, the last first.
func (k *call) readjust(c shtrih.Adjustment, up bool) shtrih.Result {
	rates, _, ok := k.groups(c.Taxes)
	if !ok {
		return shtrih.BadParameters
	}
	next := *k.receipt
	next.adjustments = slices.Clone(next.adjustments)
	left := c.Sum
	for n := len(next.adjustments) - 1; n >= 0 && left > 0; n-- {
		if a := &next.adjustments[n]; a.surcharge == up && a.rates == rates {
			take := min(left, a.amount)
			left -= take
			a.amount -= take
		}
	}
	switch {
	case left > 0 && up:
		return shtrih.NegativeSurcharges
	case left > 0:
		return shtrih.NegativeDiscounts
	}
	if code := next.recount(); code != shtrih.OK {
		return code
	}
	*k.receipt = next
	k.paper(c.Text)
	return k.done()
}

// receiptDiscount, FF4Bh, discounts and surcharges in one command; its tax is one
// number.
func receiptDiscount(k *call, c shtrih.ReceiptDiscount) shtrih.Result {
	var rates rateSet
	if c.Tax != 0 {
		if int(c.Tax) >= len(rateOfGroup) {
			return shtrih.BadParameters
		}
		rates = 1 << k.inForce(rateOfGroup[c.Tax])
	}
	before := *k.receipt
	for _, a := range []adjustment{{amount: c.Discount, rates: rates}, {surcharge: true, amount: c.Surcharge, rates: rates}} {
		if a.amount == 0 || a.amount == shtrih.NotGiven {
			continue
		}
		if code := k.adjustReceipt(a); code != shtrih.OK {
			*k.receipt = before
			return code
		}
	}
	k.paper(c.Text)
	return shtrih.OK
}

// subtotal, 89h, tells and prints the total so far.
func subtotal(k *call, _ shtrih.Subtotal) shtrih.Result {
	k.receipt.lines = append(k.receipt.lines, tape.Lines("ПОДЫТОГ "+kopecks(k.receipt.total), k.columns())...)
	return k.answer(shtrih.SubtotalReply{Operator: k.operator, Sum: k.receipt.total})
}

func closeReceiptV1(k *call, c shtrih.CloseReceiptV1) shtrih.Result {
	var payments [16]uint64
	copy(payments[:], c.Payments[:])
	return k.closeV1(payments, c.Discount, c.Taxes, c.Text)
}

func closeReceiptExtended(k *call, c shtrih.CloseReceiptExtended) shtrih.Result {
	return k.closeV1(c.Payments, c.Discount, c.Taxes, c.Text)
}

// closeV1, 85h and 8Eh: a discount in hundredths of a per cent (a surcharge when
// below zero) on all that the receipt comes to, then the document.
func (k *call) closeV1(payments [16]uint64, percent int16, taxes [4]uint8, text []byte) shtrih.Result {
	rates, _, ok := k.groups(taxes)
	switch {
	case !ok:
		return shtrih.BadParameters
	case percent < -9999 || percent > 9999: // 99.99 %
		return shtrih.DiscountRange
	case k.receipt.live() == 0:
		return shtrih.WrongOperation
	}
	before := *k.receipt
	if percent != 0 {
		lines, _ := k.receipt.spread(nil)
		a := adjustment{surcharge: percent < 0, rates: rates, items: len(k.receipt.items)}
		base, _ := a.base(k.receipt.items, lines)
		hundredths := uint64(max(percent, -percent))
		if a.amount = (base*hundredths + 5000) / 10000; a.amount > 0 {
			if code := k.adjustReceipt(a); code != shtrih.OK {
				return code
			}
		}
	}
	change, _, code := k.close(&closing{payments: payments, text: text})
	if code != shtrih.OK {
		*k.receipt = before
		return code
	}
	return k.answer(shtrih.CloseReceiptV1Reply{Operator: k.operator, Change: change})
}

// departments is how many there are.
const departments = 16

// kopecks writes a sum as receipts have it.
func kopecks(sum uint64) string { return fmt.Sprintf("=%d.%02d", sum/100, sum%100) }

// copyDocument, 8Ch, prints the last document again and says ДУБЛИКАТ.
func copyDocument(k *call, _ shtrih.CopyDocument) shtrih.Result {
	status, err := k.storageStatus()
	if err != nil {
		return shtrih.StorageFailure
	}
	options := k.tapeOptions()
	options.Duplicate = true
	k.printFiscal(status.LastDocument, options, nil)
	return k.done()
}
