package tape

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Captions that no document has: they are about the cash in the hand.
const (
	receivedCaption = "ПОЛУЧЕНО"
	changeCaption   = "СДАЧА"
)

var payments = [...]tlv.Tag{ffd.Cash, ffd.Electronic, ffd.Prepaid, ffd.Credit, ffd.Barter}

// receipt prints items, total, payments and taxes.
func (d *document) receipt(o Options) {
	for _, tag := range []tlv.Tag{ffd.CorrectionType, ffd.CorrectionBase} {
		if v, ok := take(d.fields, tag); ok {
			d.show(element{tag: tag, value: v}, 0, 0)
		}
	}
	for v := range d.each(ffd.Subject) {
		d.item(v, 0)
	}
	d.rule()
	d.sums(ffd.Total)
	for _, tag := range payments {
		d.payment(tag, o.Change)
	}
	d.sums(ffd.VAT20, ffd.VAT10, ffd.VAT0, ffd.NoVAT, ffd.VAT20120, ffd.VAT10110)
	if v, ok := take(d.fields, ffd.VATAmounts); ok {
		d.vatAmounts(v)
	}
}

func (d *document) sums(tags ...tlv.Tag) {
	for _, tag := range tags {
		if v, ok := take(d.fields, tag); ok {
			d.show(element{tag: tag, value: v}, 0, 0)
		}
	}
}

// payment prints a way of payment when it is not zero. The document keeps the
// cash that stayed in the drawer, so change is printed beside it.
func (d *document) payment(tag tlv.Tag, change uint64) {
	v, ok := take(d.fields, tag)
	if !ok {
		return
	}
	n, readable := number(v)
	if readable && n == 0 && (tag != ffd.Cash || change == 0) {
		return
	}
	d.show(element{tag: tag, value: v}, 0, 0)
	if tag != ffd.Cash || change == 0 || !readable {
		return
	}
	if received := n + change; received >= n {
		d.pair(receivedCaption, "="+roubles(received))
	}
	d.pair(changeCaption, "="+roubles(change))
}

// item prints one block: the name, quantity × price = sum, the tax, and then
// what else of the item belongs to the printed form.
func (d *document) item(value []byte, depth int) {
	inside := d.elements(value)
	name := ""
	if v, ok := take(inside, ffd.SubjectName); ok {
		name = textOf(v)
	}
	if mark := d.mark(inside); mark != "" {
		name = strings.TrimSpace(mark + " " + name)
	}
	if name != "" {
		d.left(name)
	}
	d.equation(inside)
	d.itemVAT(inside)
	take(inside, ffd.VATPerUnit) // may be left out, and without a caption it would look like a price
	for _, e := range inside {
		if !e.printed {
			d.show(e, 0, depth+1)
		}
	}
}

// mark is the sign of a marked item: the result of the check in FFD 1.2, the
// presence of a recognised code before it.
func (d *document) mark(inside []element) string {
	if v, ok := take(inside, ffd.ProductCheckResult); ok {
		return enumOf(ffd.ProductCheckResult, v, false)
	}
	if v, ok := find(inside, ffd.ProductCode); ok && len(v) >= 2 && slices.Contains(markPrefixes[:], [2]byte(v[:2])) {
		return "[М]"
	}
	return ""
}

// markPrefixes begin the codes of marked goods in tag 1162: DataMatrix, furs,
// alcohol 2.0 and 3.0 (order ЕД-7-20/662@, product code).
var markPrefixes = [...][2]byte{{0x44, 0x4D}, {0x52, 0x46}, {0xC5, 0x14}, {0xC5, 0x1E}}

// equation prints «1 × 150.00 = 150.00» at the right edge. On narrow paper it
// breaks before the signs, so that a sum always stands behind its sign.
func (d *document) equation(inside []element) {
	var parts []string
	count, hasCount := take(inside, ffd.Quantity)
	price, hasPrice := take(inside, ffd.Price)
	sum, hasSum := take(inside, ffd.SubjectSum)
	unit := d.unit(inside)
	if hasCount {
		parts = append(parts, strings.TrimSpace(quantityOf(count)+" "+unit))
	}
	switch {
	case hasPrice && hasCount:
		parts = append(parts, "× "+moneyOf(price))
	case hasPrice:
		parts = append(parts, moneyOf(price))
	}
	if hasSum {
		parts = append(parts, "= "+moneyOf(sum))
	}
	for len(parts) > 0 {
		n := len(parts) // as many as fit, at least one
		for n > 1 && utf8.RuneCountInString(strings.Join(parts[:n], " ")) > d.width {
			n--
		}
		d.right(strings.Join(parts[:n], " "))
		parts = parts[n:]
	}
}

// unit is the word after the quantity; pieces need none.
func (d *document) unit(inside []element) string {
	if v, ok := take(inside, ffd.MeasureUnit); ok {
		if n, _ := number(v); n != 0 {
			return enumOf(ffd.MeasureUnit, v, false)
		}
		return ""
	}
	if v, ok := take(inside, ffd.Unit); ok { // text, before FFD 1.2
		return textOf(v)
	}
	return ""
}

func (d *document) itemVAT(inside []element) {
	rate, hasRate := take(inside, ffd.VATRate)
	sum, hasSum := take(inside, ffd.VATSum)
	name := ""
	if hasRate {
		name = enumOf(ffd.VATRate, rate, d.before2019)
	}
	switch {
	case name != "" && hasSum:
		d.pair(name, "="+moneyOf(sum))
	case name != "":
		d.left(name)
	}
}

// rateMark stands in the caption of the sums of VATAmounts.
const rateMark = "<ставка>"

// vatAmounts prints a line for every rate of 1115, as for the rates that have
// tags of their own.
func (d *document) vatAmounts(value []byte) {
	caption := fields[ffd.VATAmounts].captions[0]
	for _, e := range d.elements(value) {
		if e.tag != ffd.VATAmount {
			continue
		}
		inside := d.elements(e.value)
		sum, ok := take(inside, ffd.VATAmountSum)
		if !ok {
			continue
		}
		rate := unreadable
		if v, ok := take(inside, ffd.VATRate); ok {
			if name := enumOf(ffd.VATRate, v, d.before2019); name != "" {
				rate = strings.TrimPrefix(name, "НДС ")
			}
		}
		d.pair(strings.ReplaceAll(caption, rateMark, rate), "="+moneyOf(sum))
	}
}

// fraction prints a part of a marked pack. The text is made from the numbers
// when the document lacks it.
func (d *document) fraction(value []byte) {
	inside := d.elements(value)
	part := ""
	if v, ok := take(inside, ffd.FractionText); ok {
		part = textOf(v)
	} else {
		numerator, hasNumerator := take(inside, ffd.FractionNumerator)
		denominator, hasDenominator := take(inside, ffd.FractionDenominator)
		if hasNumerator && hasDenominator {
			part = integerOf(numerator) + "/" + integerOf(denominator)
		}
	}
	if part != "" {
		d.left(fields[ffd.FractionText].captions[0] + " " + part)
	}
}
