package emulator

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
)

// The tables that the fact files describe and the register has.
var ownTables = []string{
	"1", "2", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "25",
}

// registered are the fields that the registration fills in.
var registered = map[string]bool{
	"17.17": true, "18.1": true, "18.2": true, "18.3": true, "18.4": true, "18.5": true, "18.7": true, "18.8": true,
	"18.9": true, "18.10": true, "18.12": true, "18.13": true, "18.14": true, "18.15": true,
}

func TestTablesHaveTheFieldsRangesAndDefaultsOfTheGuide(t *testing.T) {
	g := newRig(t)
	overridden := map[string]bool{}
	for _, row := range facts(t, "tables-overrides.csv") {
		overridden[row["table"]+"."+row["field"]+"."+row["column"]] = true
	}
	checked := 0
	for _, row := range facts(t, "tables.csv") {
		if row["family"] != "fr" || !slices.Contains(ownTables, row["table"]) || row["type"] == "" {
			continue
		}
		place := row["table"] + "." + row["field"]
		table, field := byte(atoi(t, row["table"])), byte(atoi(t, row["field"]))
		size := atoi(t, row["size"])

		var structure shtrih.FieldStructureReply
		require.NoError(t, structure.Parse(g.do(shtrih.FieldStructure{Password: sysAdmin, Table: table, Field: field})))
		assert.EqualValues(t, size, structure.Size, place)
		assert.Equal(t, row["type"] == "CHAR", structure.Type == shtrih.FieldText, place)
		name, _, _ := strings.Cut(row["field_name_ru"], " {")
		if first, _, _ := strings.Cut(row["rows"], "-"); first == "1" {
			assert.Equal(t, cut40(t, name), structure.Name, place)
		}
		if row["type"] == "BIN" {
			for column, got := range map[string][]byte{"min": structure.Min, "max": structure.Max} {
				if row[column] != "" && !overridden[place+"."+column] {
					assert.Equal(t, uint64(atoi(t, row[column])), le64(got), "%s of %s", column, place)
				}
			}
		}
		from, to, ok := strings.Cut(row["rows"], "-")
		if !ok {
			to = from
		}
		for n := atoi(t, from); n <= atoi(t, to); n++ {
			got := g.do(shtrih.ReadTable{Password: sysAdmin, Table: table, Row: uint16(n), Field: field})
			require.Len(t, got, size, place)
			if overridden[place+".default"] || registered[place] {
				continue
			}
			want := strings.ReplaceAll(row["default"], "{row}", strconv.Itoa(n))
			if want == "57 spaces" {
				want = strings.Repeat(" ", 57)
			}
			if row["type"] == "CHAR" {
				text, err := charset.AppendCP1251(nil, want, charset.Conventional)
				require.NoError(t, err)
				assert.Equal(t, append(text, make([]byte, size-len(text))...), got, "%s row %d", place, n)
			} else {
				if want == "" {
					want = "0"
				}
				assert.Equal(t, uint64(atoi(t, want)), le64(got), "%s row %d", place, n)
			}
			checked++
		}
	}
	assert.Greater(t, checked, 200)
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

func le64(b []byte) uint64 {
	var n [8]byte
	copy(n[:], b)
	return binary.LittleEndian.Uint64(n[:])
}

func cut40(t *testing.T, s string) []byte {
	b, err := charset.AppendCP1251(nil, s, charset.Conventional)
	require.NoError(t, err)
	return b[:min(len(b), 40)]
}

func TestFieldsAreWrittenWithinTheirRangesOnly(t *testing.T) {
	g := newRig(t)
	write := func(table, row, field int, value ...byte) shtrih.WriteTable {
		return shtrih.WriteTable{Password: sysAdmin, Table: uint8(table), Row: uint16(row), Field: uint8(field), Value: value}
	}
	for _, c := range []struct {
		want  shtrih.Result
		write shtrih.WriteTable
	}{
		{shtrih.NoTable, write(99, 1, 1, 0)},
		{shtrih.BadParameters, write(1, 2, 1, 1)},
		{shtrih.BadParameters, write(1, 0, 1, 1)},
		{shtrih.BadParameters, write(1, 1, 46, 1)},
		{shtrih.BadParameters, write(1, 1, 1, 100)}, // 1 to 99
		{shtrih.BadParameters, write(1, 1, 1, 0)},
		{shtrih.BadParameters, write(1, 1, 1, 1, 0)},
		{shtrih.BadParameters, write(2, 1, 1, 0xFF, 0xE0, 0xF5, 0x05)}, // 99999999 fits, more does not
		{shtrih.FieldReadOnly, write(5, 1, 1, 'x')},
		{shtrih.FieldReadOnly, write(6, 1, 1, 0, 0)},
		{shtrih.FieldReadOnly, write(18, 1, 1, 'x')},
		{shtrih.FieldReadOnly, write(1, 1, 4, 0)},
	} {
		if c.write.Table == 2 {
			g.do(c.write)
			c.write.Value = []byte{0, 0xE1, 0xF5, 0x05}
		}
		g.refuses(c.want, c.write)
	}
	g.refuses(shtrih.NoTable, shtrih.ReadTable{Password: sysAdmin, Table: 99, Row: 1, Field: 1})
	g.refuses(shtrih.BadParameters, shtrih.ReadTable{Password: sysAdmin, Table: 1, Row: 2, Field: 1})
	g.refuses(shtrih.NoTable, shtrih.TableStructure{Password: sysAdmin, Table: 99})
	g.refuses(shtrih.NoTable, shtrih.FieldStructure{Password: sysAdmin, Table: 99, Field: 1})
	g.refuses(shtrih.BadParameters, shtrih.FieldStructure{Password: sysAdmin, Table: 1, Field: 46})
	g.do(write(5, 2, 1, 'C', 'a', 'r', 'd'))
	got := g.do(shtrih.ReadTable{Password: sysAdmin, Table: 5, Row: 2, Field: 1})
	assert.Equal(t, append([]byte("Card"), make([]byte, 60)...), got, "padded with 00")
	g.open(shtrih.Sale)
	g.refuses(shtrih.WrongMode, write(5, 2, 1, 'x'))
}

func TestTableStructureCountsRowsAndFields(t *testing.T) {
	g := newRig(t)
	for table, want := range map[uint8][2]int{1: {1, 45}, 2: {30, 2}, 4: {14, 1}, 5: {16, 1}, 6: {12, 2}, 7: {16, 1}, 17: {1, 71}, 18: {1, 23}, 19: {1, 4}} {
		payload := g.do(shtrih.TableStructure{Password: sysAdmin, Table: table})
		require.Len(t, payload, 43)
		assert.Equal(t, want, [2]int{int(binary.LittleEndian.Uint16(payload[40:])), int(payload[42])}, "table %d", table)
	}
	name := g.do(shtrih.TableStructure{Password: sysAdmin, Table: 18})[:40]
	assert.Equal(t, "Fiscal storage", string(bytes.TrimRight(name, "\x00")))
}

// Answers of real registers to 2Eh.
func TestFieldStructureHasTheLayoutOfRealRegisters(t *testing.T) {
	g := newRig(t)
	zeros := strings.Repeat("00", 36)
	assert.Equal(t, "2e0031303438"+zeros+"01800000", g.raw("2e 1e000000 19 01"), "CHAR: two zero bytes for the limits")
	answer := g.raw("2e 1e000000 11 3f")
	// The guide writes the caption in lower case; the rest is equal.
	assert.Equal(t, "0001010b", answer[len(answer)-8:], "BIN of one byte, 1 to 11")
	assert.Len(t, answer, 2*0x2E)
}

func TestRegistersOutsideTheListDoNotExist(t *testing.T) {
	g := newRig(t)
	g.refuses(shtrih.BadParameters, shtrih.ReadMoneyRegister{Password: sysAdmin, Number: 5000})
	g.refuses(shtrih.BadParameters, shtrih.ReadOperationRegister{Password: sysAdmin, Number: 300})
	assert.Equal(t, "1a001e000000000000", g.raw("1a 1e000000 d910"), "log of a real device")
	for _, row := range facts(t, "registers.csv") {
		for _, column := range []string{"number_from", "number_to"} {
			n := uint16(atoi(t, row[column]))
			if row["kind"] == "operation" {
				g.number(n)
			} else {
				g.money(n)
			}
		}
	}
}
