package device

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// mismatch names the first field of a stored document that is not what selling the receipt makes; "" means that the
// document may be the receipt's. What the receipt leaves to the register (VAT without sums, the tax system, the
// cashier) is not compared, nor are numbers, times and signs.
func (r *Receipt) mismatch(doc *Document) string {
	if doc.Form != ffd.Receipt {
		return fmt.Sprintf("it is a document of form %d, not a receipt", doc.Form)
	}
	var got Receipt
	if err := got.setTLV(doc.TLV[tlv.HeaderSize:]); err != nil {
		return err.Error()
	}
	if got.Operation != r.Operation {
		return fmt.Sprintf("operation %d, not %d", got.Operation, r.Operation)
	}
	if r.TaxSystem != 0 && got.TaxSystem != r.TaxSystem {
		return fmt.Sprintf("tax system %d, not %d", got.TaxSystem, r.TaxSystem)
	}
	for _, sum := range []struct {
		name      string
		got, want uint64
	}{
		{"total", got.Total, r.Total}, {"cash", got.Cash, r.Cash - r.Change()},
		{"electronic payment", got.Electronic, r.Electronic}, {"prepayment", got.Prepaid, r.Prepaid},
		{"credit", got.Credit, r.Credit}, {"barter", got.Barter, r.Barter},
	} {
		if sum.got != sum.want {
			return fmt.Sprintf("%s of %d kopecks, not %d", sum.name, sum.got, sum.want)
		}
	}
	if what := sameTotals(got.VATTotals, r.VATTotals); what != "" {
		return what
	}
	if len(got.Items) != len(r.Items) {
		return fmt.Sprintf("%d items, not %d", len(got.Items), len(r.Items))
	}
	for i := range r.Items {
		if what := r.Items[i].mismatch(&got.Items[i]); what != "" {
			return fmt.Sprintf("items[%d]: %s", i, what)
		}
	}
	return missingTag(got.Tags, r.Tags)
}

func (it *Item) mismatch(got *Item) string {
	switch {
	case strings.TrimSpace(got.Name) != strings.TrimSpace(registerText(it.Name)):
		return fmt.Sprintf("name %q, not %q", got.Name, it.Name)
	case got.Price != it.Price:
		return fmt.Sprintf("price of %d kopecks, not %d", got.Price, it.Price)
	case !got.Quantity.Equal(it.Quantity):
		return fmt.Sprintf("quantity %v, not %v", got.Quantity, it.Quantity)
	case got.Sum != it.Sum:
		return fmt.Sprintf("sum of %d kopecks, not %d", got.Sum, it.Sum)
	case it.VATRate != 0 && got.VATRate != it.VATRate && got.VATRate != newerRate(it.VATRate):
		return fmt.Sprintf("VAT rate %d, not %d", got.VATRate, it.VATRate)
	case it.VATSum != nil && (got.VATSum == nil || *got.VATSum != *it.VATSum):
		return fmt.Sprintf("VAT sum other than %d kopecks", *it.VATSum)
	case it.Subject != 0 && got.Subject != it.Subject:
		return fmt.Sprintf("subject %d, not %d", got.Subject, it.Subject)
	case it.Method != 0 && got.Method != it.Method:
		return fmt.Sprintf("method of payment %d, not %d", got.Method, it.Method)
	}
	return missingTag(got.Tags, it.Tags)
}

// registerText is what a text becomes on its way: CP1251 in the command, CP866 in the document.
func registerText(s string) string {
	command, err := charset.AppendCP1251(nil, s, charset.Conventional)
	if err != nil {
		return s // Validate has refused it
	}
	return charset.CP866String(charset.AppendCP866FromCP1251(nil, command))
}

// newerRate is what registers set up for it make of the rates of 2025: 20 % became 22 % on 2026-01-01.
func newerRate(rate uint8) uint8 {
	switch rate {
	case 1:
		return 11
	case 3:
		return 12
	}
	return rate
}

// sameTotals compares the VAT totals that the receipt gives. Registers leave zeros out.
func sameTotals(got, want []VATTotal) string {
	if len(want) == 0 {
		return ""
	}
	sums := map[uint8][2]uint64{}
	for _, t := range got {
		sums[t.Rate] = [2]uint64{t.Sum, 0}
	}
	for _, t := range want {
		sums[t.Rate] = [2]uint64{sums[t.Rate][0], t.Sum}
	}
	for rate := range uint8(maxVATRate + 1) {
		if s := sums[rate]; s[0] != s[1] {
			return fmt.Sprintf("total of VAT rate %d of %d kopecks, not %d", rate, s[0], s[1])
		}
	}
	return ""
}

// missingTag names an element of want that got does not have.
func missingTag(got, want []byte) string {
	for r := tlv.NewReader(want); r.Next(); {
		value, ok := tlv.Find(got, r.Tag())
		if found := tlv.NewReader(got); ok && !bytes.Equal(value, r.Value()) {
			ok = false
			for !ok && found.Next() {
				ok = bytes.Equal(found.Element(), r.Element())
			}
		}
		if !ok {
			return fmt.Sprintf("%s is not as in the receipt", jsonName(r.Tag()))
		}
	}
	return ""
}
