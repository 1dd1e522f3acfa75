package device

import (
	"fmt"
	"strings"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Limits of the commands that carry a receipt (Protocol ККТ 1.17: 8Dh, FF46h, FF4Dh, FF0Ch, FF45h, 17h).
const (
	// maxMoney is the largest sum of a 5-byte field; the value above it means "not given".
	maxMoney = 0xFFFFFFFFFE
	// maxQuantity is the largest quantity of a 6-byte field, in millionths.
	maxQuantity = 1<<48 - 1
	// quantityDigits is how many digits after the point that field holds.
	quantityDigits = 6
	maxName        = 128
	// maxTLV is what one FF0Ch or FF4Dh carries, in bytes: the layout allows 250, but with code and password that is
	// a byte more than a frame of protocol 1 holds.
	maxTLV         = 249
	maxPrintLine   = 40
	maxDepartment  = 16
	maxRounding    = 99
	maxID          = 128
	allTaxSystems  = 1<<6 - 1
	maxVATRate     = 12
	maxMethod      = 7
	maxItems       = 10_000
	maxPrintLines  = 1_000
	firstRateNoSum = 5 // rates 5 (0%) and 6 (none) have no VAT
	lastRateNoSum  = 6
)

// Problem is one broken rule of a receipt and where it is broken.
type Problem struct {
	Path string // in the JSON of the receipt: items[2].price
	Rule string
}

func (p Problem) String() string { return p.Path + ": " + p.Rule }

// InvalidReceiptError lists every problem that Validate found, in the order of the receipt.
type InvalidReceiptError struct{ Problems []Problem }

func (e *InvalidReceiptError) Error() string {
	s := e.Problems[0].String()
	if n := len(e.Problems) - 1; n > 0 {
		s += fmt.Sprintf(" (and %d more)", n)
	}
	return s
}

// Validate checks everything that is known before the register is asked: ranges, lengths, code pages, sums that must
// agree. It returns nil or an *InvalidReceiptError.
func (r *Receipt) Validate() error {
	v := &validator{}
	v.receipt(r)
	if len(v.problems) > 0 {
		return &InvalidReceiptError{v.problems}
	}
	return nil
}

type validator struct{ problems []Problem }

func (v *validator) bad(path, rule string, args ...any) {
	v.problems = append(v.problems, Problem{path, fmt.Sprintf(rule, args...)})
}

func (v *validator) receipt(r *Receipt) {
	if r.Operation < Sale || r.Operation > PurchaseReturn {
		v.bad("operationType", "%d is not 1 (sale), 2 (sale return), 3 (purchase) or 4 (purchase return)", r.Operation)
	}
	if len(r.Items) == 0 {
		v.bad("items", "there are none; a receipt has at least one item")
	}
	if len(r.Items) > maxItems {
		v.bad("items", "%d items, at most %d", len(r.Items), maxItems)
		return
	}
	for i := range r.Items {
		v.item(fmt.Sprintf("items[%d]", i), &r.Items[i])
	}
	v.total(r)
	v.payments(r)
	if s := r.TaxSystem; s&^allTaxSystems != 0 || s&(s-1) != 0 {
		v.bad("appliedTaxationType", "%d is not exactly one of 1, 2, 4, 8, 16, 32", s)
	}
	v.vatTotals(r)
	v.tags("", ffd.Receipt, r.Tags, receiptFields)
	if len(r.ID) > maxID {
		v.bad("kkt.id", "%d bytes, at most %d", len(r.ID), maxID)
	}
	v.printLines("kkt.printLines", r.PrintLines)
}

func (v *validator) item(path string, it *Item) {
	v.name(path+".name", it.Name)
	if it.Price > maxMoney {
		v.bad(path+".price", "%d kopecks, at most %d", it.Price, uint64(maxMoney))
	}
	quantityOK := v.quantity(path+".quantity", it.Quantity)
	if it.Sum > maxMoney {
		v.bad(path+".sum", "%d kopecks, at most %d", it.Sum, uint64(maxMoney))
	} else if quantityOK && it.Price <= maxMoney {
		// The register refuses a sum further from price × quantity than a kopeck (FF46h).
		if product, ok := it.Quantity.MulRound(it.Price); !ok || distance(product, it.Sum) > 1 {
			v.bad(path+".sum", "%d, but price × quantity = %d × %s = %d kopecks", it.Sum, it.Price, it.Quantity, product)
		}
	}
	switch {
	case it.VATRate > maxVATRate:
		v.bad(path+".nds", "rate %d is not known, use 1-%d", it.VATRate, maxVATRate)
	case it.VATSum == nil:
	case it.VATRate == 0:
		v.bad(path+".ndsSum", "a VAT sum is given without a rate (nds)")
	case it.VATRate >= firstRateNoSum && it.VATRate <= lastRateNoSum && *it.VATSum != 0:
		v.bad(path+".ndsSum", "%d kopecks, but rate %d has no VAT; leave it out", *it.VATSum, it.VATRate)
	case *it.VATSum > it.Sum:
		v.bad(path+".ndsSum", "%d kopecks is more than the item's sum %d", *it.VATSum, it.Sum)
	}
	if s := it.Subject; s > 33 || s == 28 || s == 29 {
		v.bad(path+".productType", "%d is not known, use 1-27 or 30-33", s)
	}
	if it.Method > maxMethod {
		v.bad(path+".paymentType", "%d is not known, use 1-%d", it.Method, maxMethod)
	}
	if it.Department > maxDepartment {
		v.bad(path+".kkt.department", "%d, at most %d", it.Department, maxDepartment)
	}
	v.tags(path+".", ffd.Subject, it.Tags, itemFields)
	v.printLines(path+".kkt.printLines", it.PrintLines)
}

func (v *validator) name(path, name string) {
	if strings.TrimSpace(name) == "" {
		v.bad(path, "it is empty")
		return
	}
	if strings.HasPrefix(name, "//") {
		// A leading // makes the register keep the name off the paper (Protocol ККТ 1.17, operation names).
		v.bad(path, "it begins with //, which a register takes as a command not to print it")
	}
	if n, ok := v.text(path, name); ok && n > maxName {
		v.bad(path, "%d bytes, at most %d", n, maxName)
	}
}

// text checks that a text survives both code pages: commands carry CP1251, and the register keeps the text in CP866,
// silently replacing what it lacks there. It gives the number of bytes.
func (v *validator) text(path, s string) (n int, ok bool) {
	for i, c := range s {
		if c < 0x20 || c == 0x7F {
			v.bad(path, "control character U+%04X at byte %d", c, i)
			return 0, false
		}
	}
	wire, err := charset.AppendCP1251(nil, s, charset.Conventional)
	if err == nil {
		_, err = charset.AppendCP866(nil, s, charset.Conventional)
	}
	if err != nil {
		v.bad(path, "%v", err)
		return 0, false
	}
	return len(wire), true
}

func (v *validator) quantity(path string, q tlv.Decimal) bool {
	q = q.Reduce()
	if q.Mantissa == 0 {
		v.bad(path, "it must be more than 0")
		return false
	}
	if q.Scale > quantityDigits {
		v.bad(path, "%s has %d digits after the point, at most %d", q, q.Scale, quantityDigits)
		return false
	}
	if _, ok := millionths(q); !ok {
		v.bad(path, "%s is too large, at most %d", q, maxQuantity/1_000_000)
		return false
	}
	return true
}

func (v *validator) total(r *Receipt) {
	sum, ok := r.itemsSum()
	switch {
	case !ok || r.Total > maxMoney:
		v.bad("totalSum", "the items add up to more than %d kopecks", uint64(maxMoney))
	case r.Total > sum:
		v.bad("totalSum", "%d kopecks, but the items add up to %d", r.Total, sum)
	case sum-r.Total > maxRounding:
		v.bad("totalSum", "%d kopecks, but the items add up to %d; rounding takes at most %d", r.Total, sum, maxRounding)
	}
}

func (v *validator) payments(r *Receipt) {
	for _, p := range []struct {
		path string
		sum  uint64
	}{
		{"cashTotalSum", r.Cash}, {"ecashTotalSum", r.Electronic}, {"prepaidSum", r.Prepaid},
		{"creditSum", r.Credit}, {"provisionSum", r.Barter},
	} {
		if p.sum > maxMoney {
			v.bad(p.path, "%d kopecks, at most %d", p.sum, uint64(maxMoney))
			return
		}
	}
	paid, _ := r.paid()
	nonCash := paid - r.Cash
	switch {
	case nonCash > r.Total:
		// Result 4Dh of the register: only cash gives change.
		v.bad(firstNonCash(r), "payments other than cash are %d kopecks, more than the total %d", nonCash, r.Total)
	case paid < r.Total:
		// Result 45h of the register.
		v.bad("totalSum", "%d kopecks, but the payments add up to %d", r.Total, paid)
	}
}

func firstNonCash(r *Receipt) string {
	switch {
	case r.Electronic > 0:
		return "ecashTotalSum"
	case r.Prepaid > 0:
		return "prepaidSum"
	case r.Credit > 0:
		return "creditSum"
	}
	return "provisionSum"
}

func (v *validator) vatTotals(r *Receipt) {
	var seen [maxVATRate + 1]bool
	last := uint8(0)
	for _, t := range r.VATTotals {
		path := vatPath(t.Rate)
		switch {
		case t.Rate == 0 || t.Rate > maxVATRate:
			v.bad(path, "rate %d is not known, use 1-%d", t.Rate, maxVATRate)
			continue
		case seen[t.Rate]:
			v.bad(path, "rate %d is given twice", t.Rate)
		case t.Rate < last:
			v.bad(path, "rate %d stands after rate %d; totals go in ascending order", t.Rate, last)
		case t.Rate > 10:
			// FF45h has fields for rates 1-6, FF76h for 1-10; no later closing command is documented well enough.
			v.bad(path, "the closing commands have no field for a total of rate %d; leave all VAT sums out and the register computes them", t.Rate)
		case t.Sum > r.Total:
			v.bad(path, "%d kopecks is more than the total %d", t.Sum, r.Total)
		}
		seen[t.Rate], last = true, t.Rate
	}
}

// tags checks the elements that travel as they are.
func (v *validator) tags(prefix string, parent tlv.Tag, tags []byte, fields map[tlv.Tag]bool) {
	reader := tlv.NewReader(tags)
	for reader.Next() {
		tag := reader.Tag()
		path := prefix + jsonName(tag)
		if fields[tag] {
			v.bad(path, "tag %d is filled from elsewhere, it may not stand among Tags", tag)
			continue
		}
		if _, known := ffd.Lookup(tag); known && !ffd.MayContain(parent, tag) {
			v.bad(path, "tag %d does not belong there", tag)
			continue
		}
		if n := len(reader.Element()); n > maxTLV {
			v.bad(path, "tag %d takes %d bytes with its header, one command carries %d", tag, n, maxTLV)
		}
	}
	if err := reader.Err(); err != nil {
		v.bad(strings.TrimSuffix(prefix+"tags", "."), "they are not whole elements: %v", err)
	}
}

func (v *validator) printLines(path string, lines []string) {
	if len(lines) > maxPrintLines {
		v.bad(path, "%d lines, at most %d", len(lines), maxPrintLines)
		return
	}
	for i, line := range lines {
		at := fmt.Sprintf("%s[%d]", path, i)
		if n, ok := v.text(at, line); ok && n > maxPrintLine {
			v.bad(at, "%d characters, a line holds %d", n, maxPrintLine)
		}
	}
}

// jsonName is how the JSON calls a tag.
func jsonName(t tlv.Tag) string {
	if info, ok := ffd.Lookup(t); ok && len(info.JSON) > 0 {
		return info.JSON[0]
	}
	return fmt.Sprintf("tag%d", t)
}

// millionths is a quantity in the unit of FF46h.
func millionths(q tlv.Decimal) (uint64, bool) {
	q = q.Reduce()
	if q.Scale > quantityDigits {
		return 0, false
	}
	n := q.Mantissa
	for range quantityDigits - int(q.Scale) {
		if n > maxQuantity/10 {
			return 0, false
		}
		n *= 10
	}
	return n, n <= maxQuantity
}

func distance(a, b uint64) uint64 {
	if a > b {
		return a - b
	}
	return b - a
}
