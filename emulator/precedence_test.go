package emulator

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// fact gives the rows of a fact file by column name.
func facts(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "shtrih", name))
	require.NoError(t, err)
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	lines, err := r.ReadAll()
	require.NoError(t, err)
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// implemented are the rows of commands.csv that the register has.
func implemented(t *testing.T) map[shtrih.Code]map[string]string {
	rows := map[shtrih.Code]map[string]string{}
	for _, row := range facts(t, "commands.csv") {
		n, err := strconv.ParseUint(row["code"], 16, 16)
		require.NoError(t, err)
		if findCommand(shtrih.Code(n)) != nil {
			rows[shtrih.Code(n)] = row
		}
	}
	require.Len(t, rows, len(commands), "every command of the register is in the facts")
	return rows
}

// modesNotTold are the modes of commands of which no source gives them.
var modesNotTold = map[string]string{
	"42": "2,3", "43": "2,3", "52": "2,3,4,8", "53": "2,3,4,8", "54": "2,3,4,8", "FF62": "2,3,4", "FF63": "any", "FF64": "any", "FE": "any",
}

// allowed reads the column modes_allowed: "any", "any but 1, 8", "2,3", "8", "2,4,8.0,9".
func allowed(t *testing.T, row map[string]string) func(mode int) bool {
	cell := row["modes_allowed"]
	if cell == "" {
		cell = modesNotTold[row["code"]]
	}
	cell, _, _ = strings.Cut(cell, " (")
	cell, _, _ = strings.Cut(cell, ", submode")
	if cell == "any" {
		return func(int) bool { return true }
	}
	list, but := strings.CutPrefix(cell, "any but ")
	set := map[int]bool{}
	for _, part := range strings.Split(list, ",") {
		part, _, _ = strings.Cut(strings.TrimSpace(part), ".")
		n, err := strconv.Atoi(part)
		require.NoError(t, err, row["code"])
		set[n] = true
	}
	return func(mode int) bool { return set[mode] != but }
}

// inMode gives a register in each mode that a host can bring it to.
var inMode = map[int]func(*rig){
	1: func(g *rig) { g.do(shtrih.RequestDocument{Password: sysAdmin, Document: 1}) },
	2: func(g *rig) { g.do(shtrih.OpenShift{Password: sysAdmin}) },
	3: func(g *rig) {
		g.do(shtrih.OpenShift{Password: sysAdmin})
		g.advance(24 * time.Hour)
	},
	4:  func(g *rig) {},
	6:  func(g *rig) { g.do(shtrih.SetDate{Password: sysAdmin, Date: shtrih.DateOf(g.now)}) },
	8:  func(g *rig) { g.open(shtrih.Sale) },
	10: func(g *rig) { g.do(shtrih.TestRun{Password: sysAdmin, Minutes: 1}) },
}

// observedRefusals are what real firmware does though the guide's matrix allows
// the command, or with another code than 73h.
var observedRefusals = map[shtrih.Code]map[int]shtrih.Result{
	shtrih.ReadMoneyRegisterCode:     {1: shtrih.WrongMode, 6: shtrih.WrongMode},
	shtrih.ReadOperationRegisterCode: {1: shtrih.WrongMode, 6: shtrih.WrongMode},
	shtrih.CutCode:                   {1: shtrih.WrongMode, 8: shtrih.ReceiptIsOpen},
	shtrih.OpenReceiptCode:           {3: shtrih.ShiftOver24Hours},
	shtrih.SaleItemCode:              {3: shtrih.ShiftOver24Hours},
	shtrih.PurchaseItemCode:          {3: shtrih.ShiftOver24Hours},
	shtrih.SaleReturnItemCode:        {3: shtrih.ShiftOver24Hours},
	shtrih.PurchaseReturnItemCode:    {3: shtrih.ShiftOver24Hours},
}

func TestCommandsAreRefusedOutsideTheModesOfTheMatrix(t *testing.T) {
	rows := implemented(t)
	for mode, enter := range inMode {
		g := newRig(t)
		enter(g)
		require.Equal(t, mode, int(g.modeByte()&0x0F))
		for code, row := range rows {
			if code == shtrih.ReadDocumentCode || code == shtrih.RequestDocumentCode {
				continue // they change the mode; see the tests of reading
			}
			want, refused := observedRefusals[code][mode]
			if code == shtrih.ItemCode && mode == 2 {
				continue // opens the receipt, whatever the guide says; see TestFirstItemOpensTheReceipt
			}
			if !refused && !allowed(t, row)(mode) {
				want, refused = shtrih.WrongMode, true
			}
			// An empty command is wrong in length and password, so it changes nothing,
			// and the mode must be what is said first.
			answer := g.Exec(nil, shtrih.AppendCode(nil, code))
			got := shtrih.Result(answer[len(shtrih.AppendCode(nil, code))])
			if refused {
				assert.Equal(t, want, got, "%s in mode %d", code, mode)
			} else {
				assert.NotContains(t, []shtrih.Result{shtrih.WrongMode, shtrih.ReceiptIsOpen, shtrih.ShiftOver24Hours}, got, "%s in mode %d", code, mode)
			}
		}
	}
}

func TestEveryCommandWantsThePasswordLevelOfTheMatrix(t *testing.T) {
	const cashier, admin = 1, 29
	for code, row := range implemented(t) {
		if row["password"] == "none" {
			continue
		}
		g := newRig(t)
		length := minimalLength(t, row)
		mode := 4
		for _, m := range []int{4, 2, 8, 6, 10} {
			if allowed(t, row)(m) {
				mode = m
				break
			}
		}
		inMode[mode](g)
		for _, try := range []struct {
			password byte
			allowed  bool
		}{
			{0, false}, {77, false},
			{cashier, row["password"] == "operator"},
			{admin, row["password"] != "sysadmin"},
		} {
			data := append(shtrih.AppendCode(nil, code), try.password)
			data = append(data, make([]byte, length-len(data))...)
			if code == shtrih.WriteBufferCode {
				data[len(data)-2] = 1 // the count of the one byte
			}
			answer := g.Exec(nil, data)
			refused := shtrih.Result(answer[len(shtrih.AppendCode(nil, code))]) == shtrih.Password
			switch {
			case code == shtrih.ContinuePrintCode: // refused for its submode first
			case try.allowed:
				assert.False(t, refused, "%s with password %d", code, try.password)
				g = newRig(t) // it may have changed the mode
				inMode[mode](g)
			default:
				assert.True(t, refused, "%s with password %d", code, try.password)
			}
		}
	}
}

// minimalLength reads the column request_len: "5", "160", "6+N", "118+N", "9+X".
func minimalLength(t *testing.T, row map[string]string) int {
	number, _, _ := strings.Cut(row["request_len"], "+")
	n, err := strconv.Atoi(number)
	require.NoError(t, err, row["request_len"])
	if strings.Contains(row["request_len"], "+") && !strings.Contains(row["request_layout"], "0..") {
		n++ // at least one byte of what varies
	}
	return n
}

func TestWrongLengthIs7EhBeforeThePassword(t *testing.T) {
	// The commands for which real firmware was seen to say something else have a
	// test of their own.
	odd := map[shtrih.Code]bool{
		shtrih.PrintBoldCode: true, shtrih.PrintStringCode: true, shtrih.PrintStringFontCode: true,
		shtrih.WriteTableCode: true, shtrih.SetTimeCode: true, shtrih.SetDateCode: true,
		shtrih.ContinuePrintCode: true, // its submode is wrong first
		shtrih.ErrorTextCode:     true, // without a code it is about the last error
	}
	for code, row := range implemented(t) {
		if odd[code] || row["request_len"] == "1" {
			continue
		}
		for _, mode := range []int{4, 2, 8, 6, 10} {
			if !allowed(t, row)(mode) {
				continue
			}
			g := newRig(t)
			inMode[mode](g)
			data := shtrih.AppendCode(nil, code)
			answer := g.Exec(nil, data)
			assert.Equal(t, append(data, byte(shtrih.BadLength)), answer, "%s alone", code)
			if short := minimalLength(t, row) - 1; short > len(data) {
				answer = g.Exec(nil, append(data, make([]byte, short-len(data))...))
				assert.Equal(t, append(data, byte(shtrih.BadLength)), answer, "%s a byte short", code)
			}
			break
		}
	}
	g := newRig(t)
	for _, long := range []string{"10 1e000000 00", "11 1e000000 00", "13 1e000000 00", "1a 1e000000 f1 00 00", "1b 1e000000 01 00 00", "1f 1e000000 01 0100 01 00", "fc 00", "6b 00 00"} {
		answer := g.raw(long)
		assert.Equal(t, "7e", answer[2:], long)
	}
}

// Protocol of a test run against a SHTRIH-M-01F, firmware T.3.
func TestLengthErrorsOfRealFirmware(t *testing.T) {
	text := strings.Repeat("41", 73)
	for _, c := range []struct {
		mode          int
		request, want string
	}{
		{4, "12", "124f"}, {4, "17", "174f"},
		{4, "12 1e000000", "1233"}, {4, "17 1e000000", "1733"},
		{4, "12 1e000000 02" + text, "127e"}, {4, "17 1e000000 02" + text, "177e"},
		{4, "12 1e000000 00 41", "1233"}, {4, "17 1e000000 04 41", "1733"},
		{4, "17 1e000000 02 41", "17001e"},
		{4, "1e", "1e4f"}, {4, "1e 1e000000", "1e33"}, {4, "1e 1e000000 01 0100 01", "1e33"},
		{4, "21", "214f"}, {4, "21 1e000000 0a 00 00 00", "2133"}, {4, "21 1e000000 18 00 00", "2133"}, {4, "21 1e000000 0a 3c 00", "2133"},
		{4, "22", "224f"}, {4, "22 1e000000 01 03", "227e"}, {4, "22 1e000000 01 03 19 00", "2233"}, {4, "22 1e000000 1e 02 19", "227d"},
		{6, "23 1e000000 01 03", "237e"}, {6, "23 1e000000 1e 02 19", "237d"}, {6, "23 1e000000 02 03 19", "237c"},
	} {
		g := newRig(t)
		inMode[c.mode](g)
		before := g.StateHash()
		assert.Equal(t, c.want, g.raw(c.request), c.request)
		assert.Equal(t, before, g.StateHash(), c.request)
	}
}

func TestUnknownCommandIs37h(t *testing.T) {
	g := newRig(t)
	assert.Equal(t, "a037", g.raw("a0 1e000000"))
	assert.Equal(t, "ff7737", g.raw("ff77 1e000000"))
	assert.Equal(t, "ff37", g.raw("ff"))
}

func TestContinuePrintIsRefusedWhenNothingWaits(t *testing.T) {
	assert.Equal(t, "b072", newRig(t).raw("b0 1e000000"))
}

func TestReceiptOpenRefuses8DhWith73h(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.SaleReturn)
	assert.Equal(t, "8d73", g.raw("8d 1e000000 02"), "log of a real device")
}

func TestPasswordIsReadFromTable2(t *testing.T) {
	g := newRig(t)
	g.do(shtrih.WriteTable{Password: sysAdmin, Table: 2, Row: 7, Field: 1, Value: []byte{0x39, 0x30, 0, 0}})
	assert.Equal(t, "134f", g.raw("13 07000000"), "the old password is gone")
	assert.Equal(t, "130007", g.raw("13 39300000"), "the row is the operator")
}
