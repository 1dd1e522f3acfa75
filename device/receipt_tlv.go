package device

import (
	"fmt"
	"slices"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// receiptFields are the tags of the receipt level that may not stand among Receipt.Tags: those that Receipt has
// fields for, and those that only the fiscal storage forms.
var receiptFields = map[tlv.Tag]bool{
	ffd.Operation: true, ffd.Subject: true, ffd.Total: true, ffd.Cash: true, ffd.Electronic: true, ffd.Prepaid: true,
	ffd.Credit: true, ffd.Barter: true, ffd.TaxSystem: true, ffd.VATAmounts: true, ffd.VAT20: true, ffd.VAT10: true,
	ffd.VAT0: true, ffd.NoVAT: true, ffd.VAT20120: true, ffd.VAT10110: true,
	ffd.DateTime: true, ffd.UserINN: true, ffd.RegistrationNumber: true, ffd.ShiftNumber: true,
	ffd.DocumentNumber: true, ffd.StorageNumber: true, ffd.ReceiptNumber: true, ffd.FiscalSign: true,
	ffd.FormatVersion: true,
}

// itemFields are the tags that Item has fields for.
var itemFields = map[tlv.Tag]bool{
	ffd.SubjectName: true, ffd.Price: true, ffd.Quantity: true, ffd.SubjectSum: true, ffd.VATRate: true,
	ffd.VATSum: true, ffd.SubjectType: true, ffd.PaymentMethod: true,
}

// setTLV fills the receipt from the fields of a receipt document.
func (r *Receipt) setTLV(fields []byte) error {
	*r = Receipt{}
	totalGiven := false
	reader := tlv.NewReader(fields)
	for reader.Next() {
		switch tag := reader.Tag(); tag {
		case ffd.Operation:
			r.Operation = Operation(reader.Byte())
		case ffd.Total:
			r.Total, totalGiven = reader.VLN(), true
		case ffd.Cash:
			r.Cash = reader.VLN()
		case ffd.Electronic:
			r.Electronic = reader.VLN()
		case ffd.Prepaid:
			r.Prepaid = reader.VLN()
		case ffd.Credit:
			r.Credit = reader.VLN()
		case ffd.Barter:
			r.Barter = reader.VLN()
		case ffd.TaxSystem:
			r.TaxSystem = reader.Byte()
		case ffd.Subject:
			var it Item
			if err := it.setTLV(reader.Value()); err != nil {
				return fmt.Errorf("items[%d]: %w", len(r.Items), err)
			}
			r.Items = append(r.Items, it)
		case ffd.VATAmounts:
			if err := r.addVATAmounts(reader.Value()); err != nil {
				return err
			}
		default:
			if rate, ok := vatRateOf(tag); ok {
				r.VATTotals = append(r.VATTotals, VATTotal{rate, reader.VLN()})
				continue
			}
			r.Tags = append(r.Tags, reader.Element()...)
		}
	}
	if !totalGiven {
		r.Total, _ = r.itemsSum()
	}
	slices.SortStableFunc(r.VATTotals, func(a, b VATTotal) int { return int(a.Rate) - int(b.Rate) })
	return reader.Err()
}

// checkGiven finds what the items of a receipt to be sold cannot show once their fields are taken: an absent price is
// not a price of zero, and rate 0 is not an absent rate.
func checkGiven(fields []byte) error {
	var missing []Problem
	n := 0
	for items := tlv.NewReader(fields); items.Next(); {
		if items.Tag() != ffd.Subject {
			continue
		}
		for _, tag := range [...]tlv.Tag{ffd.Price, ffd.Quantity} {
			if _, ok := tlv.Find(items.Value(), tag); !ok {
				missing = append(missing, Problem{fmt.Sprintf("items[%d].%s", n, jsonName(tag)), "is missing"})
			}
		}
		if rate, ok := tlv.Find(items.Value(), ffd.VATRate); ok && len(rate) == 1 && rate[0] == 0 {
			missing = append(missing, Problem{fmt.Sprintf("items[%d].%s", n, jsonName(ffd.VATRate)), "0 is not a rate (1-12); leave the key out"})
		}
		n++
	}
	if missing != nil {
		return &InvalidReceiptError{missing}
	}
	return nil
}

func (it *Item) setTLV(fields []byte) error {
	sumGiven := false
	reader := tlv.NewReader(fields)
	for reader.Next() {
		switch reader.Tag() {
		case ffd.SubjectName:
			it.Name = reader.Text()
		case ffd.Price:
			it.Price = reader.VLN()
		case ffd.Quantity:
			it.Quantity = reader.FVLN().Reduce()
		case ffd.SubjectSum:
			it.Sum, sumGiven = reader.VLN(), true
		case ffd.VATRate:
			it.VATRate = reader.Byte()
		case ffd.VATSum:
			it.VATSum = new(reader.VLN())
		case ffd.SubjectType:
			it.Subject = reader.Byte()
		case ffd.PaymentMethod:
			it.Method = reader.Byte()
		default:
			it.Tags = append(it.Tags, reader.Element()...)
		}
	}
	if !sumGiven {
		it.Sum, _ = it.Quantity.MulRound(it.Price)
	}
	return reader.Err()
}

// addVATAmounts reads 1115: one 1119 {1199 rate, 1120 sum} for each rate.
func (r *Receipt) addVATAmounts(amounts []byte) error {
	outer := tlv.NewReader(amounts)
	for outer.Next() {
		if outer.Tag() != ffd.VATAmount {
			return fmt.Errorf("amountsReceiptNds: tag %d does not belong there", outer.Tag())
		}
		var total VATTotal
		inner := tlv.NewReader(outer.Value())
		for inner.Next() {
			switch inner.Tag() {
			case ffd.VATRate:
				total.Rate = inner.Byte()
			case ffd.VATAmountSum:
				total.Sum = inner.VLN()
			}
		}
		if err := inner.Err(); err != nil {
			return err
		}
		r.VATTotals = append(r.VATTotals, total)
	}
	return outer.Err()
}

// appendFields appends the receipt's fields without its items, in the order in which real documents hold them.
func (r *Receipt) appendFields(dst []byte) []byte {
	dst = tlv.AppendByte(dst, ffd.Operation, byte(r.Operation))
	dst = tlv.AppendVLN(dst, ffd.Total, r.Total)
	dst = tlv.AppendVLN(dst, ffd.Cash, r.Cash)
	dst = tlv.AppendVLN(dst, ffd.Electronic, r.Electronic)
	dst = tlv.AppendVLN(dst, ffd.Prepaid, r.Prepaid)
	dst = tlv.AppendVLN(dst, ffd.Credit, r.Credit)
	dst = tlv.AppendVLN(dst, ffd.Barter, r.Barter)
	if r.TaxSystem != 0 {
		dst = tlv.AppendByte(dst, ffd.TaxSystem, r.TaxSystem)
	}
	var later []VATTotal
	for _, t := range r.VATTotals {
		if tag, ok := vatTagOf(t.Rate); ok {
			dst = tlv.AppendVLN(dst, tag, t.Sum)
		} else {
			later = append(later, t)
		}
	}
	if len(later) > 0 {
		var amounts, amount tlv.Mark
		dst, amounts = tlv.Begin(dst, ffd.VATAmounts)
		for _, t := range later {
			dst, amount = tlv.Begin(dst, ffd.VATAmount)
			dst = tlv.AppendByte(dst, ffd.VATRate, t.Rate)
			dst = tlv.AppendVLN(dst, ffd.VATAmountSum, t.Sum)
			dst = tlv.End(dst, amount)
		}
		dst = tlv.End(dst, amounts)
	}
	return append(dst, r.Tags...)
}

// appendFields appends the fields of the item. Only a name that CP866 lacks makes it fail.
func (it *Item) appendFields(dst []byte) ([]byte, error) {
	dst, err := tlv.AppendText(dst, ffd.SubjectName, it.Name, charset.Conventional)
	if err != nil {
		return dst, err
	}
	dst = tlv.AppendVLN(dst, ffd.Price, it.Price)
	dst = tlv.AppendFVLN(dst, ffd.Quantity, it.Quantity.Reduce())
	dst = tlv.AppendVLN(dst, ffd.SubjectSum, it.Sum)
	if it.VATRate != 0 {
		dst = tlv.AppendByte(dst, ffd.VATRate, it.VATRate)
	}
	if it.VATSum != nil {
		dst = tlv.AppendVLN(dst, ffd.VATSum, *it.VATSum)
	}
	if it.Subject != 0 {
		dst = tlv.AppendByte(dst, ffd.SubjectType, it.Subject)
	}
	if it.Method != 0 {
		dst = tlv.AppendByte(dst, ffd.PaymentMethod, it.Method)
	}
	return append(dst, it.Tags...), nil
}
