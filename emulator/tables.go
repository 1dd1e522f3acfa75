package emulator

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
)

// Numbers of the tables and fields the register itself looks into
// (setup guide of the «ФР» family).
const (
	tableMode      = 1
	fieldZeroCash  = 2  // reset the drawer sum when the shift closes
	fieldVAT       = 14 // where the VAT sums come from, see [Register]
	fieldBanZero   = 23 // refuse zero receipts
	tablePasswords = 2
	fieldPassword  = 1
	fieldOperator  = 2
	tableTexts     = 4
	firstHeading   = 4 // rows 4–14 of table 4 are the heading, 1–3 the advertising
	lastHeading    = 14

	tableRegional     = 17
	fieldShiftMinutes = 8  // minutes before 24 h when the shift counts as over
	fieldFFD          = 17 // code of tag 1209
	fieldRevenue      = 26 // what counts as revenue
	fieldOmittedTags  = 28 // bits: 0 1048, 2 1009, 3 1187, 4 1200
	fieldLastDocument = 31 // FF3Ah with document 0 gives the last one
	fieldDateInAnswer = 36 // answers of document commands end with date and time
	fieldNewVAT       = 71 // 1: 20 % becomes 22 % from 01.01.2026

	tableStorage       = 18
	fieldSerial        = 1
	fieldUserINN       = 2
	fieldRegNumber     = 3
	fieldStorageNumber = 4
	fieldTaxSystems    = 5
	fieldWorkMode      = 6
	fieldUser          = 7
	fieldRegistrar     = 8
	fieldAddress       = 9
	fieldOFDName       = 10
	fieldOFDINN        = 12
	fieldFNSSite       = 13
	fieldPlace         = 14
	fieldSender        = 15
	fieldUser2         = 17
	fieldAddress2      = 18
	fieldPlace2        = 20
	fieldOperatorINN   = 23
)

// The shape of a table as testdata/shtrih/tables.csv has it; tables_gen.go is
// made of these.
type tableSpec struct {
	Number byte
	Name   string
	Rows   int
	Fields []fieldSpec
}

type fieldSpec struct {
	Name     string
	Char     bool // text in CP1251, otherwise a little-endian number
	Size     int  // bytes
	Min, Max uint64
	Rows     []rowSpec
}

type rowSpec struct {
	From, To int
	Default  string // {row} stands for the row number
	ReadOnly bool
}

// nameSize is the length of a table or field name in the answers of 2Dh and 2Eh.
const nameSize = 40

func findTable(number byte) *tableSpec {
	for i := range factoryTables {
		if factoryTables[i].Number == number {
			return &factoryTables[i]
		}
	}
	return nil
}

// locate finds a field of a table, and the row's own part of it.
func locate(table byte, row int, field int) (*fieldSpec, *rowSpec, shtrih.Result) {
	t := findTable(table)
	if t == nil {
		return nil, nil, shtrih.NoTable
	}
	if row < 1 || row > t.Rows || field < 1 || field > len(t.Fields) {
		return nil, nil, shtrih.BadParameters
	}
	f := &t.Fields[field-1]
	for i := range f.Rows {
		if f.Rows[i].From <= row && row <= f.Rows[i].To {
			return f, &f.Rows[i], shtrih.OK
		}
	}
	return nil, nil, shtrih.BadParameters
}

// A cell is a place in the tables: table, row, field.
type cell struct {
	table byte
	row   uint16
	field byte
}

// tables are the values that differ from the factory ones, padded to the
// field's size.
type tables map[cell][]byte

// read gives the value of a cell as 1Fh sends it: the field's size, text padded
// with 00.
func (t tables) read(c cell) ([]byte, shtrih.Result) {
	f, r, code := locate(c.table, int(c.row), int(c.field))
	if code != shtrih.OK {
		return nil, code
	}
	if v, ok := t[c]; ok {
		return v, shtrih.OK
	}
	return factoryValue(f, r, int(c.row)), shtrih.OK
}

func factoryValue(f *fieldSpec, r *rowSpec, row int) []byte {
	text := strings.ReplaceAll(r.Default, "{row}", strconv.Itoa(row))
	if f.Char {
		return padText(text, f.Size)
	}
	n, _ := strconv.ParseUint(text, 10, 64) // an empty default is 0
	return number(n, f.Size)
}

// padText is a text in CP1251, filled up with 00 or cut to size.
func padText(text string, size int) []byte {
	v, _ := charset.AppendCP1251(make([]byte, 0, size), text, charset.Conventional) // texts are checked or our own
	v = v[:min(len(v), size)]
	return append(v, make([]byte, size-len(v))...)
}

func number(n uint64, size int) []byte {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	return b[:size:size]
}

func value(b []byte) uint64 {
	var n [8]byte
	copy(n[:], b)
	return binary.LittleEndian.Uint64(n[:])
}

// number gives a numeric cell of row 1.
func (t tables) number(table, field byte) uint64 {
	v, _ := t.read(cell{table, 1, field})
	return value(v)
}

// text gives a text cell up to its 00, as UTF-8.
func (t tables) text(table byte, row uint16, field byte) string {
	v, _ := t.read(cell{table, row, field})
	v, _, _ = bytes.Cut(v, []byte{0})
	return charset.CP1251String(v)
}

// check says whether v may be written into c, and gives it padded. A text
// shorter than its field is taken; a number has the field's size.
func (t tables) check(c cell, v []byte) ([]byte, shtrih.Result) {
	f, r, code := locate(c.table, int(c.row), int(c.field))
	switch {
	case code != shtrih.OK:
		return nil, code
	case r.ReadOnly:
		return nil, shtrih.FieldReadOnly
	case f.Char && len(v) <= f.Size:
		return append(bytes.Clone(v), make([]byte, f.Size-len(v))...), shtrih.OK
	case f.Char || len(v) != f.Size:
		return nil, shtrih.BadParameters
	case value(v) < f.Min || value(v) > f.Max:
		return nil, shtrih.BadParameters
	}
	return bytes.Clone(v), shtrih.OK
}

// put stores a value without asking whether a client might: for what the
// register itself writes, such as the registration data of table 18.
func (t tables) put(table byte, row uint16, field byte, v []byte) {
	t[cell{table, row, field}] = v
}

func (t tables) putText(table byte, row uint16, field byte, text string) {
	f, _, _ := locate(table, int(row), int(field))
	t.put(table, row, field, padText(text, f.Size))
}

func (t tables) putNumber(table byte, row uint16, field byte, n uint64) {
	f, _, _ := locate(table, int(row), int(field))
	t.put(table, row, field, number(n, f.Size))
}
