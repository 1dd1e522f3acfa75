package tape_test

import (
	"fmt"
	"strings"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// A receipt is printed from its bytes alone.
func ExampleRender() {
	doc, receipt := tlv.Begin(nil, ffd.Receipt)
	doc = tlv.AppendByte(doc, ffd.Operation, 1)
	doc = tlv.AppendVLN(doc, ffd.Total, 15000)
	doc, item := tlv.Begin(doc, ffd.Subject)
	doc, err := tlv.AppendText(doc, ffd.SubjectName, "Кофе", charset.Strict)
	if err != nil {
		fmt.Println(err)
		return
	}
	doc = tlv.AppendVLN(doc, ffd.Price, 15000)
	doc = tlv.AppendFVLN(doc, ffd.Quantity, tlv.Decimal{Mantissa: 1})
	doc = tlv.AppendVLN(doc, ffd.SubjectSum, 15000)
	doc = tlv.End(doc, item)
	doc = tlv.AppendVLN(doc, ffd.Cash, 15000)
	doc = tlv.End(doc, receipt)

	fmt.Println(strings.Join(tape.Render(doc, tape.Options{Width: 32, Change: 5000}), "\n"))
	// Output:
	// КАССОВЫЙ ЧЕК              ПРИХОД
	// Кофе
	//              1 × 150.00 = 150.00
	// --------------------------------
	// ИТОГ                     =150.00
	// НАЛИЧНЫМИ                =150.00
	// ПОЛУЧЕНО                 =200.00
	// СДАЧА                     =50.00
	// --------------------------------
}

// Text of a print command is made safe and broken into lines.
func ExampleLines() {
	for _, line := range tape.Lines("Спасибо за покупку!\nЖдём вас снова", 24) {
		fmt.Printf("%q\n", line)
	}
	// Output:
	// "Спасибо за покупку! Ждём"
	// "вас снова"
}

// What a phone reads from the code of a receipt.
func ExampleQR() {
	_, err := tape.QR([]byte{0x02, 0x00, 0x00, 0x00})
	fmt.Println(err)
	// Output:
	// document 2: tape: this document has no QR code
}
