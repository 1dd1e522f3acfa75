package tlv_test

import (
	"fmt"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Lengths are written afterwards, in the same buffer.
func Example() {
	b, item := tlv.Begin(nil, ffd.Subject)
	b, err := tlv.AppendText(b, ffd.SubjectName, "Хлеб «Дарницкий»", charset.Conventional)
	if err != nil {
		fmt.Println(err) // names the character that CP866 lacks
		return
	}
	b = tlv.AppendVLN(b, ffd.Price, 4990) // kopecks
	b = tlv.AppendFVLN(b, ffd.Quantity, tlv.Decimal{Mantissa: 1500, Scale: 3})
	b = tlv.End(b, item)
	fmt.Printf("% X\n", b)
	// Output:
	// 23 04 21 00 06 04 10 00 95 AB A5 A1 20 22 84 A0 E0 AD A8 E6 AA A8 A9 22 37 04 02 00 7E 13 FF 03 03 00 03 DC 05
}

// A reader walks over one level; the value of a compound field is the next.
func ExampleReader() {
	doc := tlv.AppendByte(nil, ffd.Operation, 1)
	doc = tlv.AppendVLN(doc, ffd.Total, 15000)

	r := tlv.NewReader(doc)
	for r.Next() {
		switch r.Tag() {
		case ffd.Operation:
			fmt.Println("operation", r.Byte())
		case ffd.Total:
			fmt.Println("kopecks", r.VLN())
		}
	}
	if err := r.Err(); err != nil {
		fmt.Println(err) // names the tag and the byte
	}
	// Output:
	// operation 1
	// kopecks 15000
}
