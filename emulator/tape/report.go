package tape

import (
	"strings"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// report prints what stands at the head of reports, in the order of habit; the
// rest follows in the order of the document.
func (d *document) report() {
	for _, tag := range []tlv.Tag{
		ffd.ShiftNumber, ffd.DocumentsInShift, ffd.ReceiptsInShift,
		ffd.Undelivered, ffd.UndeliveredSince, ffd.FirstUndelivered,
		ffd.SerialNumber, ffd.DeviceVersion, ffd.DeviceFormat, ffd.StorageFormat,
		ffd.OFDName, ffd.OFDINN, ffd.SenderEmail,
	} {
		for v := range d.each(tag) {
			if tag == ffd.UndeliveredSince && d.allDelivered() {
				continue
			}
			d.show(element{tag: tag, value: v}, 0, 0)
		}
	}
}

// allDelivered: the date of the first undelivered document is printed only
// when there is one.
func (d *document) allDelivered() bool {
	v, ok := find(d.fields, ffd.Undelivered)
	n, readable := number(v)
	return ok && readable && n == 0
}

// counted is the value of 1054 that a container of counters is about.
func counted(tag tlv.Tag) int {
	switch tag {
	case ffd.SaleTotals, ffd.SaleCorrectionTotals:
		return 1
	case ffd.SaleRefundTotals, ffd.SaleRefundCorrectionTotals:
		return 2
	case ffd.PurchaseTotals, ffd.PurchaseCorrectionTotals:
		return 3
	case ffd.PurchaseRefundTotals, ffd.PurchaseRefundCorrectionTotals:
		return 4
	}
	return 0
}

// container prints the fields inside a field. Its heading is its caption; the
// two sets of counters have none in the order, so their names stand in,
// otherwise nobody could tell them apart.
func (d *document) container(e element, f field, operation, depth int) {
	if depth == maxDepth {
		return
	}
	switch e.tag {
	case ffd.Subject:
		d.item(e.value, depth)
		return
	case ffd.VATAmounts:
		d.vatAmounts(e.value)
		return
	case ffd.FractionalQuantity:
		d.fraction(e.value)
		return
	}
	if n := counted(e.tag); n != 0 {
		operation = n
	}
	before := len(d.lines)
	switch {
	case len(f.captions) > 0:
		d.left(f.captions[0])
	case e.tag == ffd.StorageTotals, e.tag == ffd.ShiftTotals:
		d.rule()
		d.centre(strings.ToUpper(f.name))
	}
	heading := len(d.lines)
	for _, child := range d.elements(e.value) {
		d.show(child, operation, depth+1)
	}
	if len(d.lines) == heading {
		d.lines = d.lines[:before] // a heading above nothing
	}
}
