package fn_test

import (
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// readCSV gives the rows of a table as maps by column.
func readCSV(t *testing.T, path string) (rows []map[string]string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma = ';'
	all, err := r.ReadAll()
	require.NoError(t, err)
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// wall is the value of an unixtime tag.
func wall(d fnlink.DateTime) uint64 {
	return uint64(time.Date(2000+int(d[0]), time.Month(d[1]), int(d[2]), int(d[3]), int(d[4]), 0, 0, time.UTC).Unix())
}

// Order of the first elements: testdata/fn/README.md, real receipts and a real registration report of storages
// in the field.
func TestDocumentsBeginAsThoseOfRealStorages(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newOpenRig(t, v)
		sold := r.sell(cashSale(12345), at(10, 1))
		closed := r.closeShift(at(10, 2))
		head := []tlv.Tag{1041, 1037, 1018, 1040, 1012, 1077}
		for n, rest := range map[uint32][]tlv.Tag{
			1:               {1056, 1002, 1001},
			2:               {1038},
			sold.Document:   {1038, 1042, 1054, 1020, 1059},
			closed.Document: {1038},
		} {
			_, doc := r.document(n)
			assert.Equal(t, append(append([]tlv.Tag{}, head...), rest...), tags(doc)[:6+len(rest)], "document %d", n)
		}
	})
}

func TestHeadFieldsTellRegistrationAndNumbers(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newOpenRig(t, v)
		first, second := r.sell(cashSale(12345), at(10, 1)), r.sell(cashSale(700), at(10, 3))
		assert.Equal(t, fnlink.FormReceiptReply{Receipt: 1, Document: 3, Sign: first.Sign}, first)
		assert.Equal(t, fnlink.FormReceiptReply{Receipt: 2, Document: 4, Sign: second.Sign}, second)

		form, doc := r.document(4)
		assert.EqualValues(t, 3, form)
		assert.Equal(t, testNumber, string(get(t, doc, 1041)))
		assert.Equal(t, testRNM+"    ", string(get(t, doc, 1037)))
		assert.Equal(t, testINN+"  ", string(get(t, doc, 1018)))
		assert.EqualValues(t, 4, number(get(t, doc, 1040)))
		assert.EqualValues(t, wall(at(10, 3)), number(get(t, doc, 1012)))
		assert.EqualValues(t, 1, number(get(t, doc, 1038)))
		assert.EqualValues(t, 2, number(get(t, doc, 1042)))
		assert.EqualValues(t, 1, number(get(t, doc, 1054)))
		assert.EqualValues(t, 700, number(get(t, doc, 1020)))
		assert.EqualValues(t, v, number(get(t, doc, 1209)))
		assert.Equal(t, second.Sign, binary.BigEndian.Uint32(get(t, doc, 1077)[2:]))
	})
}

func TestNumbersContinueOverShifts(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newRig(t, v)
		r.register()
		document, hour := uint32(1), 10
		for shift := uint16(1); shift <= 3; shift++ {
			opened := r.openShift(at(hour, 0))
			document++
			assert.Equal(t, []any{shift, document}, []any{opened.Shift, opened.Document})
			assert.Equal(t, v >= ffd.FFD11, opened.HasWarnings)
			for n := uint16(1); n <= 3; n++ {
				sold := r.sell(cashSale(100), at(hour, int(n)))
				document++
				assert.Equal(t, []any{n, document}, []any{sold.Receipt, sold.Document})
				var s fnlink.ShiftStateReply
				r.ok(fnlink.ShiftState{}, &s)
				assert.Equal(t, fnlink.ShiftStateReply{Open: true, Shift: shift, Receipt: n}, s)
			}
			closed := r.closeShift(at(hour, 30))
			document++
			assert.Equal(t, []any{shift, document}, []any{closed.Shift, closed.Document})
			var s fnlink.ShiftStateReply
			r.ok(fnlink.ShiftState{}, &s)
			assert.Equal(t, fnlink.ShiftStateReply{Shift: shift, Receipt: 3}, s)
			hour++
		}
	})
}

func TestRegistrationReportTellsConditionsOfUse(t *testing.T) {
	const mode = 1<<0 | 1<<2 | 1<<3 | 1<<5 // encryption, automatic, services, Internet
	r := newRig(t, ffd.FFD105)
	r.registerIn(mode)
	_, doc := r.document(1)
	for tag, want := range map[tlv.Tag]uint64{
		1056: 1, 1002: 0, 1001: 1, 1109: 1, 1110: 0, 1108: 1, 1062: taxOSNAndPatent, 1040: 1, 1209: 2,
	} {
		assert.Equal(t, want, number(get(t, doc, tag)), "tag %d", tag)
	}

	r = newRig(t, ffd.FFD11)
	r.beginRegistration()
	r.ok(fnlink.SendData{TLV: r.registrationData()}, fnlink.NoReply{})
	c := r.makeRegistration(mode).(fnlink.MakeRegistration)
	c.Ext = 1<<0 | 1<<2 // excise, lottery
	r.ok(c, new(fnlink.DocumentReply))
	_, doc = r.document(1)
	for tag, want := range map[tlv.Tag]uint64{
		1056: 1, 1002: 0, 1001: 1, 1109: 1, 1110: 0, 1108: 1, 1062: taxOSNAndPatent, 1209: 3, 1190: 4, 1213: 1110,
		1207: 1, 1193: 0, 1126: 1, 1221: 0,
	} {
		assert.Equal(t, want, number(get(t, doc, tag)), "tag %d", tag)
	}
	assert.Equal(t, "7704211201  ", string(get(t, doc, 1017)))

	r = newRig(t, ffd.FFD12)
	r.beginRegistration()
	r.ok(fnlink.SendData{TLV: r.registrationData()}, fnlink.NoReply{})
	c = r.makeRegistration(0).(fnlink.MakeRegistration)
	c.Mode, c.Ext = 1<<0|1<<2|1<<3|1<<6, 1<<0|1<<3|1<<4|1<<7
	r.ok(c, new(fnlink.DocumentReply))
	_, doc = r.document(1)
	// services 9, catering 15, excise 6, printer in an automatic device 1, marked goods 8, vending machine 14
	assert.EqualValues(t, 1<<9|1<<15|1<<6|1<<1|1<<8|1<<14, number(get(t, doc, 1290)))
	assert.NotContains(t, tags(doc), tlv.Tag(1109))
	assert.EqualValues(t, 4, number(get(t, doc, 1209)))

	r.openShift(day1)
	r.closeShift(day1)
	_, doc = r.document(3)
	assert.EqualValues(t, 0, number(get(t, doc, 2104)), "registered for marked goods")
}

func TestShiftReportsHaveWhatTheFormatDemands(t *testing.T) {
	// Mandatory tags of documents 1, 2, 3 and 5 that the storage forms; those with conditions are in other tests.
	for v, documents := range map[ffd.Version]map[string][]tlv.Tag{
		ffd.FFD105: {"2": {1018, 1038}, "5": {1018, 1038, 1111, 1118, 1097, 1098}},
		ffd.FFD11:  {"2": {1018, 1038, 1209}, "5": {1018, 1038, 1111, 1118, 1097, 1098, 1157, 1194, 1209, 1213}},
		ffd.FFD12:  {"2": {1018, 1038, 1209}, "5": {1018, 1038, 1111, 1118, 1097, 1098, 1157, 1194, 1209, 1213}},
	} {
		r := newOpenRig(t, v)
		for i := range 3 {
			r.sell(cashSale(100), at(10, i))
		}
		closed := r.closeShift(at(10, 30))
		_, opening := r.document(2)
		for _, tag := range documents["2"] {
			get(t, opening, tag)
		}
		_, closing := r.document(closed.Document)
		for _, tag := range documents["5"] {
			get(t, closing, tag)
		}
		assert.EqualValues(t, 5, number(get(t, closing, 1111)), "opening, three receipts, closing")
		assert.EqualValues(t, 3, number(get(t, closing, 1118)))
		assert.EqualValues(t, 5, number(get(t, closing, 1097)), "documents before this one")
		assert.EqualValues(t, wall(fnlink.DateTime{26, 3, 2, 0, 0}), number(get(t, closing, 1098)))
		if v >= ffd.FFD11 {
			assert.EqualValues(t, 1110-1, number(get(t, closing, 1213)), "the day of the report excluded")
		}
		for _, tag := range []tlv.Tag{1050, 1051, 1052, 1053} {
			assert.NotContains(t, tags(closing), tag)
		}
	}
}

func TestLateOperatorIsToldInShiftReports(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newRig(t, v)
		r.register()             // on the first day, 9:00
		r.openShift(at(48+9, 0)) // two days, not more
		_, doc := r.document(2)
		assert.NotContains(t, tags(doc), tlv.Tag(1053))
		closed := r.closeShift(at(48+9, 1))
		_, doc = r.document(closed.Document)
		assert.EqualValues(t, 1, number(get(t, doc, 1053)))
		assert.Equal(t, byte(0x80), r.s.Exec(nil, []byte{0x31})[0], "the warning bit of every answer")
	})
}

func TestEveryDocumentIsSignedOverTheFieldsOfTheLaw(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newOpenRig(t, v)
		sold := r.sell(cashSale(100), at(10, 1))
		closed := r.closeShift(at(10, 2))
		signer := fn.NewSigner(0, testNumber)
		for n, signed := range map[uint32][]tlv.Tag{ // column «ФП» of the tables of requisites
			1:               {1018, 1012, 1037, 1017, 1040, 1041},
			2:               {1012, 1038, 1037, 1040, 1041},
			sold.Document:   {1012, 1054, 1020, 1040, 1041},
			closed.Document: {1012, 1038, 1037, 1040, 1041},
		} {
			form, fields := r.document(n)
			message := []byte{byte(form), byte(form >> 8)}
			for _, tag := range signed {
				message = tlv.AppendBytes(message, tag, get(t, fields, tag))
			}
			doc := tlv.AppendBytes(nil, tlv.Tag(form), fields)
			got, err := fn.AppendSigned(nil, doc)
			require.NoError(t, err)
			assert.Equal(t, message, got)
			assert.True(t, fn.Verify(doc, signer))
			assert.False(t, fn.Verify(doc, fn.NewSigner(1, testNumber)))
			assert.False(t, fn.Verify(doc, fn.NewSigner(0, "9999078900000000")))
			var found fnlink.FindDocumentReply
			r.ok(fnlink.FindDocument{Document: n}, &found)
			assert.Equal(t, binary.BigEndian.Uint32(get(t, fields, 1077)[2:]), found.Sign)
		}
	})
}

func TestSignPrefixIsThatOfRealDocuments(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.sell(cashSale(100), at(10, 1))
	r.closeShift(at(10, 2))
	want := map[uint16]string{}
	for _, row := range readCSV(t, "../testdata/fn/sign-prefix.csv") {
		form, err := strconv.ParseUint(row["document"], 10, 16)
		require.NoError(t, err)
		want[uint16(form)] = row["prefix_hex"]
	}
	for n := uint32(1); n <= 4; n++ {
		form, doc := r.document(n)
		assert.Equal(t, want[form], hex.EncodeToString(get(t, doc, 1077)[:2]), "form %d", form)
	}
}

type fixedSigner uint32

func (s fixedSigner) Sign([]byte) uint32 { return uint32(s) }

func TestSignerCanBeReplaced(t *testing.T) {
	r := openRig(t, ffd.FFD12, fn.Config{FS: journal.NewMemory(), Signer: fixedSigner(283222882)})
	assert.EqualValues(t, 283222882, r.register().Sign)
	_, doc := r.document(1)
	assert.Equal(t, "210410e1a362", hex.EncodeToString(get(t, doc, 1077)), "prefix and big-endian sign")
}

func TestShortFormsOfDocuments(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newOpenRig(t, v)
		sold := r.sell(receipt{operation: 2, total: 0x0102030405, pay: [5]uint64{0, 0x0102030405}}, at(10, 1))
		// The layouts are those of testdata/fn/counters.csv, "40h data …".
		dt := []byte{26, 3, 2, 9, 0}
		_, fields := r.document(1)
		sign := get(t, fields, 1077)
		registration := append([]byte{1, 0}, dt...)
		registration = append(registration, 1, 0, 0, 0, sign[5], sign[4], sign[3], sign[2])
		registration = append(registration, testINN+"  "+testRNM+"    "...)
		registration = append(registration, taxOSNAndPatent, 0)
		if v >= ffd.FFD11 {
			registration = append(registration, 0)
			registration = append(registration, "7704211201  "...)
		}
		_, data := r.exec(fnlink.FindDocument{Document: 1})
		assert.Equal(t, registration, data)

		var found fnlink.FindDocumentReply
		r.ok(fnlink.FindDocument{Document: sold.Document}, &found)
		assert.Equal(t, fnlink.FindDocumentReply{
			Form: 3, At: at(10, 1), Document: sold.Document, Sign: sold.Sign, Details: []byte{2, 5, 4, 3, 2, 1},
		}, found)
		operation, total, ok := found.ReceiptDetails()
		assert.Equal(t, []any{byte(2), uint64(0x0102030405), true}, []any{operation, total, ok})

		r.ok(fnlink.FindDocument{Document: 2}, &found)
		shift, ok := found.ShiftDetails()
		assert.True(t, ok)
		assert.EqualValues(t, 1, shift)
	})
}

func TestAbsentDocumentIs08(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	for _, n := range []uint32{0, 3, 1 << 31} {
		r.refused(fnlink.NoData, fnlink.FindDocument{Document: n})
		r.refused(fnlink.NoData, fnlink.RequestDocument{Document: n})
	}
	r.refused(fnlink.NoData, fnlink.ReadDocument{})
}

func TestExportIsAllDocumentsInOrder(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	for i := range 20 {
		r.sell(cashSale(uint64(100+i)), at(10, i))
	}
	r.closeShift(at(11, 0))
	var want []byte
	for n := range r.status().LastDocument {
		form, fields := r.document(n + 1)
		want = tlv.AppendBytes(want, tlv.Tag(form), fields)
	}
	assert.Equal(t, want, r.export())
}

func TestRegistrationNumberOfThePublicExample(t *testing.T) {
	var vectors []struct{ Kind, Name, Hex, Expect string }
	data, err := os.ReadFile("../testdata/fn/vectors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &vectors))
	found := false
	for _, v := range vectors {
		if v.Kind != "regnum" {
			continue
		}
		found = true
		input, err := hex.DecodeString(v.Hex) // order 10, ИНН 12, serial 20
		require.NoError(t, err)
		order, inn, serial := string(input[:10]), strings.TrimLeft(string(input[10:22]), "0"), strings.TrimLeft(string(input[22:]), "0")
		assert.Equal(t, v.Expect, fn.MakeRegistrationNumber(order, inn, serial))
		require.NoError(t, fn.CheckRegistrationNumber(v.Expect+"    ", inn+"  ", serial))
		require.ErrorIs(t, fn.CheckRegistrationNumber(v.Expect, inn, serial+"1"), fn.ErrNumberCheck)
		require.ErrorIs(t, fn.CheckRegistrationNumber(v.Expect[1:], inn, serial), fn.ErrNumberFormat)
		require.ErrorIs(t, fn.CheckRegistrationNumber(v.Expect[1:]+"x", inn, serial), fn.ErrNumberFormat)
	}
	assert.True(t, found)
}
