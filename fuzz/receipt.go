package fuzz

import (
	"fmt"

	gofuzz "github.com/google/gofuzz"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Receipt makes a valid receipt out of arbitrary bytes: the same bytes give the same receipt. Its items, sums,
// payments and elements agree with each other, so Validate accepts it.
func Receipt(data []byte) device.Receipt {
	var r device.Receipt
	gofuzz.NewFromGoFuzz(data).NilChance(0).Funcs(fillReceipt, fillItem).Fuzz(&r)
	return r
}

func fillReceipt(r *device.Receipt, c gofuzz.Continue) {
	r.Operation = device.Operation(1 + c.Intn(4))
	r.Items = make([]device.Item, 1+c.Intn(4))
	var sum uint64
	for i := range r.Items {
		c.Fuzz(&r.Items[i])
		sum += r.Items[i].Sum
	}
	r.Total = sum - min(sum, uint64(c.Intn(100)))
	r.TaxSystem = []uint8{0, 1, 2, 4, 8, 16, 32}[c.Intn(7)]
	pay(r, c)
	for rate := uint8(1); rate <= 10; rate++ {
		if c.Intn(4) == 0 {
			r.VATTotals = append(r.VATTotals, device.VATTotal{Rate: rate, Sum: upTo(r.Total, c)})
		}
	}
	r.Tags = elements(c, receiptElements)
	if c.Intn(2) == 0 {
		r.ID = fmt.Sprintf("order-%d", c.Uint32())
	}
	r.PrintLines = lines(c)
	r.NoPrint = c.Intn(4) == 0
}

func fillItem(it *device.Item, c gofuzz.Continue) {
	it.Name = "т" + text(c, 127)
	it.Price = uint64(c.Intn(250_000)) // four items of a million each stay below the five bytes of a sum
	it.Quantity = tlv.Decimal{Mantissa: 1 + uint64(c.Intn(1_000_000)), Scale: uint8(c.Intn(7))}.Reduce()
	it.Sum, _ = it.Quantity.MulRound(it.Price)
	it.VATRate = uint8(c.Intn(13))
	switch {
	case it.VATRate == 0 || c.Intn(2) == 0:
	case it.VATRate == 5 || it.VATRate == 6: // 0% and none have no VAT
		it.VATSum = new(uint64(0))
	default:
		it.VATSum = new(upTo(it.Sum, c))
	}
	it.Subject = uint8(c.Intn(28))
	it.Method = uint8(c.Intn(8))
	it.Department = uint8(c.Intn(17))
	it.Tags = elements(c, itemElements)
	it.PrintLines = lines(c)
}

// pay splits the total over the kinds of payment; cash may bring change.
func pay(r *device.Receipt, c gofuzz.Continue) {
	left := r.Total
	for _, kind := range []*uint64{&r.Electronic, &r.Prepaid, &r.Credit, &r.Barter} {
		if c.Intn(3) == 0 {
			*kind = upTo(left, c)
			left -= *kind
		}
	}
	r.Cash = left
	if c.Intn(3) == 0 {
		r.Cash += uint64(c.Intn(500_000))
	}
}

// receiptElements and itemElements append an element of their level that no field of the receipt holds.
var receiptElements = []func([]byte, gofuzz.Continue) []byte{
	textElement(ffd.BuyerContact, 64), textElement(ffd.Cashier, 64), fixedElement(ffd.CashierINN, 12),
	textElement(ffd.BuyerName, 100), fixedElement(ffd.BuyerINN, 12),
	func(dst []byte, c gofuzz.Continue) []byte {
		dst, mark := tlv.Begin(dst, ffd.UserProperty)
		dst = textElement(ffd.UserPropertyName, 40)(dst, c)
		dst = textElement(ffd.UserPropertyValue, 100)(dst, c)
		return tlv.End(dst, mark)
	},
}

var itemElements = []func([]byte, gofuzz.Continue) []byte{
	textElement(ffd.SubjectProperty, 64), fixedElement(ffd.SupplierINN, 12), fixedElement(ffd.CountryCode, 3),
	textElement(ffd.CustomsDeclaration, 32),
	func(dst []byte, c gofuzz.Continue) []byte { return tlv.AppendVLN(dst, ffd.Excise, uint64(c.Uint32())) },
	func(dst []byte, c gofuzz.Continue) []byte {
		return tlv.AppendByte(dst, ffd.MeasureUnit, []byte{0, 10, 11, 22, 41, 255}[c.Intn(6)])
	},
	func(dst []byte, c gofuzz.Continue) []byte {
		return tlv.AppendByte(dst, ffd.SubjectAgentType, 1<<c.Intn(7))
	},
	func(dst []byte, c gofuzz.Continue) []byte {
		dst, mark := tlv.Begin(dst, ffd.SupplierData)
		dst = textElement(ffd.SupplierName, 100)(dst, c)
		return tlv.End(dst, mark)
	},
}

func elements(c gofuzz.Continue, makers []func([]byte, gofuzz.Continue) []byte) (tags []byte) {
	for _, appendElement := range makers {
		if c.Intn(3) == 0 {
			tags = appendElement(tags, c)
		}
	}
	return tags
}

func textElement(tag tlv.Tag, limit int) func([]byte, gofuzz.Continue) []byte {
	return func(dst []byte, c gofuzz.Continue) []byte {
		out, err := tlv.AppendText(dst, tag, text(c, limit), charset.Strict)
		if err != nil {
			panic(err) // the alphabet is in CP866
		}
		return out
	}
}

func fixedElement(tag tlv.Tag, n int) func([]byte, gofuzz.Continue) []byte {
	return func(dst []byte, c gofuzz.Continue) []byte {
		digits := make([]byte, n)
		for i := range digits {
			digits[i] = '0' + byte(c.Intn(10))
		}
		return tlv.AppendBytes(dst, tag, digits)
	}
}

func lines(c gofuzz.Continue) (list []string) {
	for range c.Intn(3) {
		list = append(list, text(c, 40))
	}
	return list
}

// text is of characters that both CP866 and CP1251 have; some need escapes in JSON.
func text(c gofuzz.Continue, limit int) string {
	alphabet := []rune("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАЯЁabcXYZ0123456789 .,:;-+=/%№\"\\'<>&()")
	out := make([]rune, c.Intn(limit+1))
	for i := range out {
		out[i] = alphabet[c.Intn(len(alphabet))]
	}
	return string(out)
}

func upTo(limit uint64, c gofuzz.Continue) uint64 { return c.RandUint64() % (limit + 1) }
