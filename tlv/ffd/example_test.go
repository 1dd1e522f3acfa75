package ffd_test

import (
	"errors"
	"fmt"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func ExampleParseJSON() {
	p, err := ffd.ParseJSON([]byte(`{"document": {"receipt": {
		"operationType": 1, "totalSum": 15000, "shiftNumber": 7,
		"items": [{"name": "Кофе", "price": 15000, "quantity": 1, "sum": 15000}]
	}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	total, _ := tlv.Find(p.TLV, ffd.Total)
	kopecks, _ := tlv.DecodeVLN(total)
	fmt.Println("form", p.Form, "total", kopecks, "skipped", p.Skipped)

	_, err = ffd.ParseJSON([]byte(`{"items": [{"prise": 15000}]}`))
	var bad *ffd.PathError
	fmt.Println(errors.As(err, &bad), err)
	// Output:
	// form 3 total 15000 skipped 1
	// true items[0].prise: unknown field, did you mean "price"?
}

func ExampleAppendJSON() {
	doc, mark := tlv.Begin(nil, ffd.Receipt)
	doc = tlv.AppendByte(doc, ffd.Operation, 1)
	doc = tlv.AppendVLN(doc, ffd.Total, 15000)
	doc = tlv.End(doc, mark)
	out, err := ffd.AppendJSON(nil, doc)
	fmt.Println(string(out), err)
	// Output: {"code":3,"operationType":1,"totalSum":15000} <nil>
}

func ExampleAppendTree() {
	doc := tlv.AppendByte(nil, ffd.Operation, 1)
	doc = tlv.AppendVLN(doc, ffd.Total, 15000)
	out, err := ffd.AppendTree(nil, doc)
	fmt.Print(string(out), err)
	// Output:
	// 1054 Признак расчёта  1 приход
	// 1020 Сумма расчёта    150.00
	// <nil>
}
