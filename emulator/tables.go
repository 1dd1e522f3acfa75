package emulator

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
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

// A cell is a place in the tables: table, row, field.
type cell struct {
	table byte
	row   uint16
	field byte
}

func (c cell) compare(d cell) int {
	return int(c.key()) - int(d.key())
}

func (c cell) key() uint32 { return uint32(c.table)<<24 | uint32(c.row)<<8 | uint32(c.field) }

func findTable(specs []tableSpec, number byte) *tableSpec {
	for i := range specs {
		if specs[i].Number == number {
			return &specs[i]
		}
	}
	return nil
}

// locate finds the field of a cell, and the row's own part of it.
func locate(specs []tableSpec, c cell) (*fieldSpec, *rowSpec, shtrih.Result) {
	t := findTable(specs, c.table)
	if t == nil {
		return nil, nil, shtrih.NoTable
	}
	row, field := int(c.row), int(c.field)
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

// tables are the values of a register. They are never changed: a new value makes
// new tables, so that states can share them.
type tables struct {
	profile *profile
	specs   []tableSpec
	changed map[cell][]byte // what differs from the factory values, padded to the field's size
	encoded []byte          // of changed, see [state.append]

	// What the commands look for, so that they need not search.
	passwords [rowSysAdmin + 1]uint32 // by row
	numbers   [settings]uint64
	heading   []string // without the empty lines at its ends
}

// newTables gives the factory values with changes, which it takes over.
func newTables(p *profile, changed map[cell][]byte) *tables {
	t := &tables{profile: p, specs: factoryTables[p.Tables.Family], changed: changed}
	t.encoded = appendCells(nil, changed)
	for row := range t.passwords {
		v, code := t.read(t.place(setPasswords, uint16(row)))
		if code == shtrih.OK {
			t.passwords[row] = binary.LittleEndian.Uint32(v)
		}
	}
	for s := range settings {
		if f, _, code := locate(t.specs, p.cells[s]); code == shtrih.OK && !f.Char {
			v, _ := t.read(p.cells[s])
			t.numbers[s] = value(v)
		}
	}
	for row := p.Tables.HeadingRows[0]; row <= p.Tables.HeadingRows[1]; row++ {
		if line := t.column(setTexts, row); strings.Trim(line, " ") != "" {
			t.heading = append(t.heading, line)
		}
	}
	return t
}

// with gives the tables with one value more.
func (t *tables) with(c cell, v []byte) *tables {
	changed := maps.Clone(t.changed)
	if changed == nil {
		changed = make(map[cell][]byte)
	}
	changed[c] = v
	return newTables(t.profile, changed)
}

// factory gives the tables as 24h leaves them: of what was changed stays what
// the registration wrote.
func (t *tables) factory() *tables {
	kept := make(map[cell][]byte)
	for c, v := range t.changed {
		if slices.Contains(t.profile.Tables.Kept, c.table) || c == t.profile.cells[setFFD] {
			kept[c] = v
		}
	}
	return newTables(t.profile, kept)
}

// read gives the value of a cell as 1Fh sends it: the field's size, text padded
// with 00. The value must not be changed.
func (t *tables) read(c cell) ([]byte, shtrih.Result) {
	f, r, code := locate(t.specs, c)
	if code != shtrih.OK {
		return nil, code
	}
	if v, ok := t.changed[c]; ok {
		return v, shtrih.OK
	}
	return factoryValue(f, r, int(c.row)), shtrih.OK
}

// blank is the value of texts that are empty, as most are.
var blank [256]byte

func factoryValue(f *fieldSpec, r *rowSpec, row int) []byte {
	if r.Default == "" && f.Size <= len(blank) {
		return blank[:f.Size:f.Size]
	}
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

// number gives a setting, 0 where the model has none such.
func (t *tables) number(s setting) uint64 { return t.numbers[s] }

// text gives a setting up to its 00, as UTF-8.
func (t *tables) text(s setting) string { return t.column(s, 1) }

// column gives a text of a setting that has a row for each of several things.
func (t *tables) column(s setting, row uint16) string { return charset.CP1251String(t.bytes(s, row)) }

// bytes is a text as it stands in the tables, CP1251, up to its 00.
func (t *tables) bytes(s setting, row uint16) []byte {
	v, _ := t.read(t.place(s, row))
	v, _, _ = bytes.Cut(v, []byte{0})
	return v
}

func (t *tables) place(s setting, row uint16) cell {
	c := t.profile.cells[s]
	return cell{c.table, row, c.field}
}

// check says whether v may be written into c, and gives it padded. A text
// shorter than its field is taken; a number has the field's size.
func (t *tables) check(c cell, v []byte) ([]byte, shtrih.Result) {
	f, r, code := locate(t.specs, c)
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

// filling collects what the register itself writes, such as the data of the
// registration: it does not ask whether a client might.
type filling struct {
	profile *profile
	changed map[cell][]byte
}

func (f filling) size(s setting) int {
	spec, _, code := locate(factoryTables[f.profile.Tables.Family], f.profile.cells[s])
	if code != shtrih.OK {
		return 0
	}
	return spec.Size
}

func (f filling) text(s setting, text string) {
	if n := f.size(s); n > 0 {
		f.changed[f.profile.cells[s]] = padText(text, n)
	}
}

func (f filling) number(s setting, n uint64) {
	if size := f.size(s); size > 0 {
		f.changed[f.profile.cells[s]] = number(n, size)
	}
}

// long splits a text over two settings, where the model has the second.
func (f filling) long(first, second setting, text string) {
	runes := []rune(text)
	n := min(len(runes), f.size(first))
	f.text(first, string(runes[:n]))
	f.text(second, string(runes[n:]))
}
