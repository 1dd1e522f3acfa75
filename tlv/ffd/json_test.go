package ffd_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func TestTheFormIsToldByWrapperOrCode(t *testing.T) {
	for _, c := range []struct {
		json    string
		form    tlv.Tag
		skipped int
	}{
		{`{}`, ffd.Receipt, 0},
		{`{"code":4}`, ffd.BSO, 1},
		{`{"receipt":{}}`, ffd.Receipt, 0},
		{`{"bso":{"code":4}}`, ffd.BSO, 1},
		{`{"receiptCorrection":{}}`, ffd.ReceiptCorrection, 0},
		{`{"document":{"bsoCorrection":{}}}`, ffd.BSOCorrection, 0},
		{`{"ticket":{"document":{"receipt":{}}, "id":"1"}, "_id":"2", "query":null}`, ffd.Receipt, 3},
		{`[{"document":{"receipt":{}}}]`, ffd.Receipt, 0},
		{`{"closeShift":{}}`, ffd.ShiftClosing, 0},
		{"\xEF\xBB\xBF" + ` {"document":{"code":31}} `, ffd.ReceiptCorrection, 1},
	} {
		p, err := ffd.ParseJSON([]byte(c.json))
		require.NoError(t, err, c.json)
		require.Equal(t, c.form, p.Form, c.json)
		require.Equal(t, c.skipped, p.Skipped, c.json)
		require.Empty(t, p.TLV)
	}
}

func TestWhatIsNotADocumentIsRefusedWithItsPath(t *testing.T) {
	for _, c := range []struct{ json, message string }{
		// the shape
		{`1`, `document: must be an object, not 1`},
		{`[]`, `document: holds 0 documents, must hold one`},
		{`[{},{}]`, `document: holds 2 documents, must hold one`},
		{`{"receipt":[]}`, `receipt: must be an object, not []`},
		{`{"receipt":{},"bso":{}}`, `document: holds both "receipt" and "bso", must hold one document`},
		{`{"receipt":{},"kkt":{}}`, `kkt: must stand among the fields of the document, not around them`},
		{`{"receipt":{"code":4}}`, `receipt.code: 4 contradicts the key around it, which is document 3`},
		{`{"code":12}`, `code: 12 is not the code of a document`},
		{`{"items":{}}`, ``},
		{`{"kkt":1}`, `kkt: must be an object`},
		// keys
		{`{"items":[{},{},{"prise":1}]}`, `items[2].prise: unknown field, did you mean "price"?`},
		{`{"cashTotalsum":1}`, `cashTotalsum: unknown field, did you mean "cashTotalSum"?`},
		{`{"ktk":{}}`, `ktk: unknown field, did you mean "kkt"?`},
		{`{"zzzzzzzzzzzz":1}`, `zzzzzzzzzzzz: unknown field`},
		{`{"price":1}`, `price: unknown field`},
		{`{"items":[{"dateTime":1}]}`, `items[0].dateTime: unknown field`},
		{`{"totalSum":1,"totalSum":1}`, `totalSum: stands twice`},
		{`{"items":[{"kkt":{},"kkt":{}}]}`, `items[0].kkt: stands twice`},
		{`{"taxationType":1,"appliedTaxationType":2}`, `appliedTaxationType: is tag 1055 again, with another value`},
		{`{"tag1020":"00"}`, `tag1020: must be written as "totalSum"`},
		{`{"tag01":"00"}`, `tag01: unknown field`},
		{`{"tag70000":"00"}`, `tag70000: unknown field`},
		// numbers
		{`{"totalSum":100.5}`, `totalSum: must be a whole number of kopecks, not 100.5`},
		{`{"totalSum":100.0}`, `totalSum: must be a whole number of kopecks, not 100.0`},
		{`{"totalSum":1e2}`, `totalSum: must be a whole number of kopecks, not 1e2`},
		{`{"totalSum":-1}`, `totalSum: must be a whole number of kopecks, not -1`},
		{`{"totalSum":"1"}`, `totalSum: must be a whole number of kopecks, not "1"`},
		{`{"totalSum":281474976710656}`, `totalSum: 281474976710656 is more than 281474976710655`},
		{`{"operationType":256}`, `operationType: 256 is more than 255`},
		{`{"operationType":true}`, `operationType: must be a whole number from 0 to 255, not true`},
		{`{"operationType":[1]}`, `operationType: must be one value, not an array`},
		{`{"items":[{"quantity":"1"}]}`, `items[0].quantity: must be a decimal number like 1.5, not "1"`},
		{`{"items":[{"quantity":-1}]}`, `items[0].quantity: must be a decimal number like 1.5, not -1`},
		{`{"operationalDetails":{"dateTime":"yesterday"}}`, `operationalDetails.dateTime: must be a time like 2006-01-02T15:04:05 or seconds, not "yesterday"`},
		// text
		{`{"operator":1}`, `operator: must be text, not 1`},
		{`{"items":[{"name":"5 ₽"}]}`, `items[0].name: CP866 has no character '₽' (U+20BD) at byte 2`},
		{`{"operator":"` + strings.Repeat("я", 65) + `"}`, `operator: has 65 characters, at most 64 fit`},
		{`{"operatorInn":"1234567890123"}`, `operatorInn: value too long: 13 bytes of at most 12`},
		{`{"items":[{"productCode":"4"}]}`, `items[0].productCode: must be hexadecimal digits, two for a byte, not "4"`},
		{`{"items":[{"productCode":"` + strings.Repeat("00", 33) + `"}]}`, `items[0].productCode: has 33 bytes of 32`},
		{`{"items":[{"productCodeNew":{"gs1m":{"gtin":"1"}}}]}`, `items[0].productCodeNew.gs1m: has no rawProductCode`},
		{`{"items":[{"productCodeNew":{"gs1m":{"x":"1"}}}]}`, `items[0].productCodeNew.gs1m.x: unknown field`},
	} {
		_, err := ffd.ParseJSON([]byte(c.json))
		if c.message == "" {
			require.NoError(t, err, c.json)
			continue
		}
		require.EqualError(t, err, c.message, c.json)
		var e *ffd.PathError
		require.ErrorAs(t, err, &e)
	}
}

func TestACharacterThatCP866LacksCanBeFoundInTheError(t *testing.T) {
	_, err := ffd.ParseJSON([]byte(`{"items":[{"name":"Кофе ☕"}]}`))
	var e *charset.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, '☕', e.Rune)
}

func TestSyntaxErrorsTellLineAndColumn(t *testing.T) {
	_, err := ffd.ParseJSON([]byte("{\n \"имя\": }"))
	require.ErrorContains(t, err, "line 2, column 9")
	for _, s := range []string{"", " ", "{", `{"a":1}}`, "\xEF\xBB\xBF"} {
		_, err := ffd.ParseJSON([]byte(s))
		require.ErrorContains(t, err, "not JSON", s)
	}
}

func TestHostileSizesAreRefused(t *testing.T) {
	for message, data := range map[string]string{
		"at most 1048576 are read":   `{"operator":"` + strings.Repeat("a", ffd.MaxJSON) + `"}`,
		"nested deeper than 16":      strings.Repeat("[", 17) + strings.Repeat("]", 17),
		"at most 10000 are read":     `{"items":[` + strings.Repeat("{},", 10_000) + `{}]}`,
		"at most 32768 fit":          `{"items":[` + strings.Repeat("{},", 8_192) + `{}]}`,
		"items[0]: takes 1029 bytes": `{"items":[{"tag1":"` + strings.Repeat("00", 1025) + `"}]}`,
	} {
		_, err := ffd.ParseJSON([]byte(data))
		require.ErrorContains(t, err, message)
	}
}

func TestTheKeyKKTIsHandedOverAsItStands(t *testing.T) {
	p, err := ffd.ParseJSON([]byte(`{"kkt": {"id": "order-42", "anything": [1, 2]},
		"items": [{}, {"kkt": {"printLines": ["a"]}}]}`))
	require.NoError(t, err)
	require.Equal(t, `{"id": "order-42", "anything": [1, 2]}`, string(p.Extra))
	require.Len(t, p.ItemExtra, 2)
	require.Nil(t, p.ItemExtra[0])
	require.Equal(t, `{"printLines": ["a"]}`, string(p.ItemExtra[1]))
	require.Zero(t, p.Skipped)
}

func TestFieldsBecomeTLVInTheOrderOfTheJSON(t *testing.T) {
	p, err := ffd.ParseJSON([]byte(`{"totalSum":40449, "operationType":1, "operatorInn":"7728029110",
		"items":[{"quantity":0.876}], "retailPlace":"skipped", "buyerPhoneOrAddress":null}`))
	require.NoError(t, err)
	// pieces of a real receipt of 2020
	require.Equal(t, "fc030200019e"+"1e04010001"+"b3040c0037373238303239313130"+"2020"+"23040700ff030300036c03",
		hex.EncodeToString(p.TLV))
	require.Equal(t, 1, p.Skipped)
}

func TestTimesAreLocalClocks(t *testing.T) {
	for _, value := range []string{`1522692960`, `"2018-04-02T18:16:00"`, `"2018-04-02T18:16"`,
		`"2018-04-02 18:16:00"`, `"2018-04-02T18:16:00+03:00"`, `"2018-04-02T18:16:00Z"`} {
		p, err := ffd.ParseJSON([]byte(`{"operationalDetails":{"dateTime":` + value + `}}`))
		require.NoError(t, err, value)
		// the value: javapos_shtrih tests
		require.Equal(t, "f6040800"+"f9040400"+"6073c25a", hex.EncodeToString(p.TLV), value)
	}
}

func TestProductCodesAreReadAsObjectsAndAsText(t *testing.T) {
	const code = "010460406000600021N4N57RSCBUZTQ"
	var first []byte
	for _, inner := range []string{`"` + code + `"`,
		`{"rawProductCode":"` + code + `","productIdType":6,"gtin":"04604060006000","sernum":"N4N57RSCBUZTQ"}`} {
		p, err := ffd.ParseJSON([]byte(`{"items":[{"productCodeNew":{"gs1m":` + inner + `}}]}`))
		require.NoError(t, err)
		item, ok := tlv.Find(p.TLV, ffd.Subject)
		require.True(t, ok)
		codes, ok := tlv.Find(item, ffd.ProductCodes)
		require.True(t, ok)
		marked, ok := tlv.Find(codes, ffd.CodeGS1Marked)
		require.True(t, ok)
		require.Equal(t, code, string(marked))
		if first != nil {
			require.Equal(t, first, p.TLV)
			require.Equal(t, 3, p.Skipped)
		}
		first = p.TLV
	}
}

func TestProductCodesOfTheOrderPassThroughJSON(t *testing.T) {
	for _, v := range vectors(t, "1162") {
		p, err := ffd.ParseJSON([]byte(`{"items":[{"productCode":"` + v.Hex + `"}]}`))
		require.NoError(t, err, v.Name)
		item, _ := tlv.Find(p.TLV, ffd.Subject)
		code, ok := tlv.Find(item, ffd.ProductCode)
		require.True(t, ok)
		require.Equal(t, v.Hex, hex.EncodeToString(code))
		out, err := ffd.AppendJSON(nil, document(ffd.Receipt, p.TLV))
		require.NoError(t, err)
		require.Equal(t, `{"code":3,"items":[{"productCode":"`+v.Hex+`"}]}`, string(out))
	}
}

func TestFieldsWithoutANameKeepTheirBytes(t *testing.T) {
	value := tlv.AppendByte(nil, ffd.Operation, 1)
	value = tlv.AppendBytes(value, 40000, []byte{0xAB, 0})
	value = tlv.AppendBytes(value, 40000, nil)
	value = tlv.AppendByte(value, ffd.VATRate, 1) // stands in items only
	out, err := ffd.AppendJSON(nil, document(ffd.Receipt, value))
	require.NoError(t, err)
	require.Equal(t, `{"code":3,"operationType":1,"tag40000":["ab00",""],"tag1199":"01"}`, string(out))
	p, err := ffd.ParseJSON(out)
	require.NoError(t, err)
	require.Equal(t, value, p.TLV)
}

func TestRealDocumentsOfOtherKindsAsJSON(t *testing.T) {
	list := vectors(t, "container")
	require.Len(t, list, 2)
	for _, c := range []struct {
		container vector
		want      []string
	}{
		// expectations: the source of the vector, tests of yandex/ofd
		{list[0], []string{`"code":11`, `"fiscalDriveNumber":"9999078900005488"`, `"fiscalSign":2853205313`,
			`"taxationType":6`, `"correctionReasonCode":[1]`, `"ofdInn":"7704358518"`,
			`"retailPlace":"111141 г.Москва, ул. Кусковская\r\nд.20А офис В-202"`, `"dateTime":1488541080`}},
		// the operator's answer of FFD 1.0, with fields of that time
		{list[1], []string{`"code":7`, `"dateTime":1459958382`, `"messageToFn":{"ofdResponseCode":0,`,
			`"tag1078":"88100d5d48e900038106d17a06a871450000"`}},
	} {
		const header, trailer = 32, 10 // of a message to the operator
		message := c.container.document(t)
		out, err := ffd.AppendJSON(nil, message[header:len(message)-trailer])
		require.NoError(t, err)
		for _, want := range c.want {
			require.Contains(t, string(out), want)
		}
	}
}

func TestBrokenDocumentsAreNotWrittenAsJSON(t *testing.T) {
	item, mark := tlv.Begin(nil, ffd.Subject)
	item = tlv.AppendByte(item, ffd.VATRate, 1)
	item = tlv.AppendUint16(item, ffd.SubjectType, 1)
	item = tlv.End(item, mark)
	for _, c := range []struct {
		name   string
		doc    []byte
		tag    tlv.Tag
		offset int
	}{
		{"nothing", nil, 0, 0},
		{"bytes after it", append(document(ffd.Receipt, nil), 0), ffd.Receipt, 0},
		{"not a document", document(ffd.Subject, nil), ffd.Subject, 0},
		{"broken row", document(ffd.Receipt, []byte{1, 2, 3}), 0, 4},
		{"two bytes for one in an item", document(ffd.Receipt, item), ffd.SubjectType, 4 + 4 + 5},
	} {
		out, err := ffd.AppendJSON([]byte("x"), c.doc)
		require.Equal(t, "x", string(out), c.name)
		var e *tlv.Error
		require.ErrorAs(t, err, &e, c.name)
		require.Equal(t, c.tag, e.Tag, c.name)
		require.Equal(t, c.offset, e.Offset, c.name)
	}
}

func TestTreeReadsAsInTheTerminal(t *testing.T) {
	value := tlv.AppendByte(nil, ffd.Operation, 1)
	value = tlv.AppendVLN(value, ffd.Total, 15000)
	item, mark := tlv.Begin(nil, ffd.Subject)
	item, err := tlv.AppendText(item, ffd.SubjectName, "Кофе\r\n", charset.Strict)
	require.NoError(t, err)
	item = tlv.AppendFVLN(item, ffd.Quantity, tlv.Decimal{Mantissa: 1000, Scale: 3})
	item = tlv.AppendUint16(item, ffd.VATRate, 1)
	value = append(value, tlv.End(item, mark)...)
	value = tlv.AppendBytes(value, 40000, []byte{0xAB})
	value = tlv.AppendBytes(value, ffd.FiscalSign, []byte{0x31, 0x04, 0x10, 0xE1, 0xA3, 0x62})

	out, err := ffd.AppendTree(nil, value)
	require.NoError(t, err)
	require.Equal(t, strings.TrimPrefix(`
1054 Признак расчёта  1 приход
1020 Сумма расчёта    150.00
1059 Предмет расчёта
  1030 Наименование  Кофе\r\n
  1023 Количество    1.000
  1199 Ставка НДС    0100  ! bad value: 2 bytes, must be 1
40000 ?                ab
1077 ФПД              283222882 (310410e1a362)
`, "\n"), string(out))

	out, err = ffd.AppendTreeWithOffsets(nil, document(ffd.Receipt, value))
	require.NoError(t, err)
	require.Contains(t, string(out), "0000  3 Кассовый чек\n0004    1054 Признак расчёта  1 приход\n0009    1020")
	require.Contains(t, string(out), "\n0013      1030 Наименование")
}

func TestTreeShowsWhatComesBeforeTheBreak(t *testing.T) {
	doc := append(tlv.AppendByte(nil, ffd.Operation, 2), 1, 2)
	out, err := ffd.AppendTree(nil, document(ffd.Receipt, doc))
	require.Contains(t, string(out), "1054 Признак расчёта  2 возврат прихода\n")
	var e *tlv.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, tlv.ErrShort)
	require.Equal(t, 9, e.Offset)
}

// FuzzParseJSON: no input panics, and what is read is written as JSON that
// gives the same TLV.
func FuzzParseJSON(f *testing.F) {
	for _, name := range []string{"coffee", "two-items", "perek2020", "2018-10-30", "magnit2019"} {
		f.Add(receiptFile(f, name))
	}
	f.Add([]byte(`{"code":5,"shiftSumReports":{"sellOper":{"totalSum":1}},"tag9":["00","1f"],"fiscalSign":1}`))
	f.Add([]byte(`{"items":[{"productCodeNew":{"gs1m":{"rawProductCode":"\u0001\"\\"}},"quantity":1.000}]}`))
	f.Add([]byte(`{"operator":"\ud800","items":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := ffd.ParseJSON(data)
		if err != nil {
			return
		}
		items := 0
		for r := tlv.NewReader(first.TLV); r.Next(); {
			if r.Tag() == ffd.Subject {
				items++
			}
		}
		require.Len(t, first.ItemExtra, items)
		out, err := ffd.AppendJSON(nil, document(first.Form, first.TLV))
		require.NoError(t, err)
		second, err := ffd.ParseJSON(out)
		require.NoError(t, err, "%s", out)
		require.Equal(t, first.Form, second.Form)
		require.Equal(t, hex.EncodeToString(first.TLV), hex.EncodeToString(second.TLV))
		again, err := ffd.AppendJSON(nil, document(second.Form, second.TLV))
		require.NoError(t, err)
		require.Equal(t, string(out), string(again))
	})
}

// FuzzViews: no document panics; its JSON, if any, is JSON; the tree has a
// line for every element.
func FuzzViews(f *testing.F) {
	for _, v := range realReceipts(f) {
		f.Add(v.document(f))
	}
	f.Add([]byte{})
	f.Add([]byte{3, 0, 5, 0, 0x23, 0x04, 1, 0, 9})
	f.Add(bytes.Repeat([]byte{0x23, 0x04, 0xFF, 0}, 64))
	f.Fuzz(func(t *testing.T, doc []byte) {
		if out, err := ffd.AppendJSON(nil, doc); err == nil {
			var any map[string]any
			decode(t, out, &any)
		}
		out, err := ffd.AppendTree(nil, doc)
		lines := bytes.Count(out, []byte("\n"))
		elements := 0
		r := tlv.NewReader(doc)
		for r.Next() {
			elements++
		}
		if err == nil {
			require.NoError(t, r.Err())
			require.GreaterOrEqual(t, lines, elements)
		}
		withOffsets, secondErr := ffd.AppendTreeWithOffsets(nil, doc)
		require.Equal(t, fmt.Sprint(err), fmt.Sprint(secondErr))
		require.Equal(t, lines, bytes.Count(withOffsets, []byte("\n")))
	})
}

func document(form tlv.Tag, value []byte) []byte {
	return tlv.AppendBytes(nil, form, value)
}
