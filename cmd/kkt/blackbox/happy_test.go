package blackbox

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// receiptJSON is what the sums are computed from: FNS names, kopecks.
type receiptJSON struct {
	OperationType int    `json:"operationType"`
	Total         uint64 `json:"totalSum"`
	Cash          uint64 `json:"cashTotalSum"`
	Electronic    uint64 `json:"ecashTotalSum"`
	Prepaid       uint64 `json:"prepaidSum"`
	Credit        uint64 `json:"creditSum"`
	Provision     uint64 `json:"provisionSum"`
	Items         []struct {
		Name string `json:"name"`
		Sum  uint64 `json:"sum"`
	} `json:"items"`
}

// readReceipt finds the receipt inside the wrappers of an export.
func readReceipt(t testing.TB, data []byte) receiptJSON {
	t.Helper()
	for {
		data = bytes.TrimSpace(data)
		if data[0] == '[' {
			var list []json.RawMessage
			require.NoError(t, json.Unmarshal(data, &list))
			require.Len(t, list, 1)
			data = list[0]
			continue
		}
		var object map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(data, &object))
		inner := json.RawMessage(nil)
		for _, wrapper := range []string{"ticket", "document", "receipt", "bso"} {
			if v, ok := object[wrapper]; ok {
				inner = v
			}
		}
		if inner == nil {
			break
		}
		data = inner
	}
	var r receiptJSON
	require.NoError(t, json.Unmarshal(data, &r))
	return r
}

// sold is what `kkt sell --json` and `kkt shift --json` print.
type sold struct {
	Storage string `json:"fiscalDriveNumber"`
	Number  uint32 `json:"fiscalDocumentNumber"`
	Sign    uint32 `json:"fiscalSign"`
	Shift   uint32 `json:"shiftNumber"`
	Receipt uint32 `json:"requestNumber"`
}

func parse[T any](t testing.TB, text string) T {
	t.Helper()
	var v T
	decoder := json.NewDecoder(strings.NewReader(text))
	require.NoError(t, decoder.Decode(&v), text)
	require.False(t, decoder.More(), "one object: %s", text)
	return v
}

func TestTheReceiptsOfTheProjectAreSoldAndTheRegistersAgree(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(module, "testdata", "receipts", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	r := startRegister(t, "--clock", frozen, "--ffd", "1.2")
	to := []string{"--json", "--to", r.url}
	opened := parse[sold](t, mustKkt(t, append([]string{"shift", "open"}, to...)...))
	assert.Equal(t, uint32(2), opened.Number)
	assert.Equal(t, uint32(1), opened.Shift)
	const put = 50_000_00
	mustKkt(t, append([]string{"cash", "in", "50000"}, to...)...)

	var want totals
	want.drawer = put
	for i, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		receipt := readReceipt(t, data)
		s := parse[sold](t, mustKkt(t, append([]string{"sell", file}, to...)...))
		assert.Equal(t, opened.Storage, s.Storage)
		assert.Equal(t, uint32(3+i), s.Number, file)
		assert.Equal(t, uint32(1), s.Shift)
		assert.Equal(t, uint32(1+i), s.Receipt)
		want.add(receipt)
		want.check(t, r, filepath.Base(file))
		checkStored(t, r, s, receipt)
	}

	closed := parse[sold](t, mustKkt(t, append([]string{"shift", "close"}, to...)...))
	assert.Equal(t, uint32(3+len(files)), closed.Number)
	assert.Equal(t, uint32(1), closed.Shift)
	checkClosing(t, r, closed, want)
	after := totals{drawer: want.drawer}
	after.check(t, r, "after Z")
}

// totals of the shift by the register's order: sale, purchase, sale return, purchase return.
type totals struct {
	count, cash, electronic, sum [4]uint64
	drawer                       uint64
}

// kindOf turns 1054 (sale, sale return, purchase, purchase return) into that order.
func kindOf(operation int) int { return [...]int{1: 0, 2: 2, 3: 1, 4: 3}[operation] }

func (s *totals) add(r receiptJSON) {
	kind := kindOf(r.OperationType)
	due := r.Total - r.Electronic - r.Prepaid - r.Credit - r.Provision // the rest of the cash is change
	s.count[kind]++
	s.sum[kind] += r.Total
	s.cash[kind] += due
	s.electronic[kind] += r.Electronic
	if r.OperationType == 1 || r.OperationType == 4 {
		s.drawer += due
	} else {
		s.drawer -= due
	}
}

func (s *totals) check(t *testing.T, r *register, when string) {
	t.Helper()
	l, err := r.dialTCP(2)
	require.NoError(t, err)
	defer l.Close()
	c := newClient(l)
	for kind := range 4 {
		assert.Equal(t, s.cash[kind], c.moneyRegister(t, 193+kind), "%s: cash, kind %d", when, kind)
		assert.Equal(t, s.electronic[kind], c.moneyRegister(t, 197+kind), "%s: electronic, kind %d", when, kind)
		assert.Equal(t, s.count[kind], c.operationRegister(t, 144+kind), "%s: receipts, kind %d", when, kind)
		departments := uint64(0)
		for department := range 16 {
			departments += c.moneyRegister(t, 121+4*department+kind)
		}
		assert.Equal(t, s.sum[kind], departments, "%s: departments, kind %d", when, kind)
	}
	assert.Equal(t, s.drawer, c.moneyRegister(t, 241), "%s: drawer", when)
}

func document(t testing.TB, r *register, n uint32) []byte {
	t.Helper()
	text := mustKkt(t, "doc", fmt.Sprint(n), "--as", "hex", "--to", r.url)
	return unhex(t, strings.ToLower(strings.TrimSpace(text)))
}

func checkStored(t *testing.T, r *register, s sold, receipt receiptJSON) {
	t.Helper()
	whole := readTLV(t, document(t, r, s.Number))
	require.Len(t, whole, 1)
	require.Equal(t, uint16(3), whole[0].tag)
	doc := readTLV(t, whole[0].value)
	assert.Equal(t, s.Sign, signOf(t, doc))
	assert.Equal(t, s.Storage, doc.text(t, 1041, 16))
	assert.Equal(t, uint64(s.Number), doc.fixed(t, 1040, 4))
	assert.Equal(t, uint64(s.Receipt), doc.fixed(t, 1042, 4))
	assert.Equal(t, uint64(receipt.OperationType), doc.fixed(t, 1054, 1))
	due := receipt.Total - receipt.Electronic - receipt.Prepaid - receipt.Credit - receipt.Provision
	for tag, sum := range map[uint16]uint64{1020: receipt.Total, 1031: due, 1081: receipt.Electronic, 1215: receipt.Prepaid, 1216: receipt.Credit, 1217: receipt.Provision} {
		assert.Equal(t, sum, doc.vln(t, tag), "tag %d", tag)
	}
	items := doc.all(1059)
	require.Len(t, items, len(receipt.Items))
	for i, item := range receipt.Items {
		assert.Equal(t, item.Sum, readTLV(t, items[i]).vln(t, 1043), "item %d", i)
	}
	// And as JSON, which is a receipt that `kkt sell` takes.
	back := readReceipt(t, []byte(mustKkt(t, "doc", fmt.Sprint(s.Number), "--as", "json", "--to", r.url)))
	receipt.Cash = due
	for i := range receipt.Items { // typographic marks of the export are replaced by those of CP866
		back.Items[i].Name = receipt.Items[i].Name
	}
	assert.Equal(t, receipt, back)
}

func checkClosing(t *testing.T, r *register, closed sold, want totals) {
	t.Helper()
	whole := readTLV(t, document(t, r, closed.Number))
	require.Equal(t, uint16(5), whole[0].tag)
	shift := readTLV(t, readTLV(t, whole[0].value).one(t, 1194))
	for operation, tag := range map[int]uint16{1: 1129, 2: 1130, 3: 1131, 4: 1132} {
		kind := kindOf(operation)
		if want.count[kind] == 0 && len(shift.all(tag)) == 0 {
			continue
		}
		block := readTLV(t, shift.one(t, tag))
		assert.Equal(t, want.count[kind], block.fixed(t, 1135, 4), "tag %d", tag)
		if want.count[kind] == 0 {
			continue // zero sums may be left out
		}
		assert.Equal(t, want.sum[kind], block.vln(t, 1201), "tag %d", tag)
		assert.Equal(t, want.cash[kind], block.vln(t, 1136), "tag %d", tag)
	}
}

func TestADocumentIsShownInEveryForm(t *testing.T) {
	t.Parallel()
	r := startRegister(t, "--clock", frozen)
	mustKkt(t, "shift", "open", "--to", r.url)
	s := parse[sold](t, mustKkt(t, "sell", "sample:coffee", "--json", "--to", r.url))
	doc := func(as string) string { return mustKkt(t, "doc", "last", "--as", as, "--to", r.url) }

	object := parse[map[string]any](t, doc("json"))
	assert.EqualValues(t, 3, object["code"])
	assert.EqualValues(t, s.Sign, object["fiscalSign"])
	assert.EqualValues(t, s.Number, object["fiscalDocumentNumber"])
	assert.Equal(t, s.Storage, object["fiscalDriveNumber"])
	assert.EqualValues(t, frozenTime.Unix(), object["dateTime"])
	assert.JSONEq(t, doc("json"), mustKkt(t, "doc", fmt.Sprint(s.Number), "--json", "--to", r.url))
	tree := doc("tree")
	assert.Equal(t, tree, mustKkt(t, "doc", "last", "--to", r.url), "the default")
	for _, tag := range []string{"1054", "1020", "1059", "1041", "1077"} {
		assert.Contains(t, tree, tag)
	}
	tape := doc("tape")
	assert.Contains(t, tape, "ЭМУЛЯТОР")
	assert.Contains(t, tape, "КАССОВЫЙ ЧЕК")
	assert.Contains(t, tape, fmt.Sprint(s.Sign))

	// decode reads the same from the argument, from files and from stdin.
	digits := strings.TrimSpace(doc("hex"))
	raw := unhex(t, strings.ToLower(digits))
	dir := t.TempDir()
	text, binary := filepath.Join(dir, "doc.hex"), filepath.Join(dir, "doc.bin")
	require.NoError(t, os.WriteFile(text, []byte(digits+"\n"), 0o600))
	require.NoError(t, os.WriteFile(binary, raw, 0o600))
	for _, from := range []string{digits, text, binary} {
		assert.Equal(t, tree, mustKkt(t, "decode", from))
		assert.JSONEq(t, doc("json"), mustKkt(t, "decode", from, "--as", "json"))
		assert.Equal(t, tape, mustKkt(t, "decode", from, "--as", "tape"))
	}
	out := kktWith(t, nil, bytes.NewReader(raw), "decode", "-", "--as", "hex")
	assert.Equal(t, outcome{0, strings.ToUpper(hex.EncodeToString(raw)) + "\n", ""}, out)
}

func TestTheQRCodeOfATapeIsReadByAnIndependentReader(t *testing.T) {
	t.Parallel()
	reader, err := exec.LookPath("zbarimg")
	require.NoError(t, err, "zbarimg (Debian package zbar-tools) reads the picture")
	r := startRegister(t, "--clock", frozen)
	mustKkt(t, "shift", "open", "--to", r.url)
	s := parse[sold](t, mustKkt(t, "sell", "sample:coffee", "--json", "--to", r.url))
	total := parse[receiptJSON](t, mustKkt(t, "doc", "last", "--as", "json", "--to", r.url)).Total
	picture := filepath.Join(t.TempDir(), "qr.png")
	rasterise(t, mustKkt(t, "doc", "last", "--as", "tape", "--to", r.url), picture)
	out, err := exec.CommandContext(t.Context(), reader, "--raw", "--quiet", picture).Output()
	require.NoError(t, err)
	// Time, sum, storage, document, sign without leading zeros, kind of operation.
	want := fmt.Sprintf("t=20260302T1000&s=%d.%02d&fn=%s&i=%d&fp=%d&n=1", total/100, total%100, s.Storage, s.Number, s.Sign)
	assert.Equal(t, want, strings.TrimSpace(string(out)))
}

// rasterise draws the half-block lines of a tape: two modules a character, ink
// is dark.
func rasterise(t testing.TB, tape, file string) {
	t.Helper()
	const module, margin = 8, 5
	var rows [][]bool // of modules
	width := 0
	for line := range strings.Lines(tape) {
		line = strings.TrimRight(line, "\n")
		if !strings.ContainsAny(line, "▀▄█") || strings.Trim(line, " ▀▄█") != "" {
			continue
		}
		var upper, lower []bool
		for _, r := range line {
			upper = append(upper, r == '▀' || r == '█')
			lower = append(lower, r == '▄' || r == '█')
		}
		rows = append(rows, upper, lower)
		width = max(width, len(upper))
	}
	require.NotEmpty(t, rows, "half blocks in the tape:\n%s", tape)
	picture := image.NewGray(image.Rect(0, 0, (width+2*margin)*module, (len(rows)+2*margin)*module))
	for y := range picture.Rect.Max.Y {
		for x := range picture.Rect.Max.X {
			row, column := y/module-margin, x/module-margin
			dark := row >= 0 && row < len(rows) && column >= 0 && column < len(rows[row]) && rows[row][column]
			if !dark {
				picture.SetGray(x, y, color.Gray{Y: 0xFF})
			}
		}
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, picture))
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o600))
}

func TestTheRegisterIsTakenFromTheEnvironment(t *testing.T) {
	t.Parallel()
	r := startRegister(t, "--clock", frozen)
	env := []string{"KKT_URL=" + r.url}
	assert.Zero(t, kktWith(t, env, nil, "shift", "open").code)
	out := kktWith(t, env, strings.NewReader(receiptText), "sell", "-", "--json")
	require.Zero(t, out.code, out.stderr)
	assert.Equal(t, uint32(3), parse[sold](t, out.stdout).Number)
	// The flag wins over the environment.
	out = kktWith(t, []string{"KKT_URL=tcp://" + deadAddress(t)}, nil, "status", "--to", r.url)
	assert.Zero(t, out.code, out.stderr)
	out = kktWith(t, []string{"KKT_URL=tcp://" + deadAddress(t)}, nil, "status")
	assert.Equal(t, noLink, out.code, out.stderr)
}

func TestCashReportStatusAndCancel(t *testing.T) {
	t.Parallel()
	r := startRegister(t, "--clock", frozen)
	run := func(args ...string) string { return mustKkt(t, append(args, "--to", r.url)...) }
	assert.Contains(t, run("status", "--json"), "9999")
	assert.NotEmpty(t, run("status"))
	run("shift", "open")
	run("cash", "in", "1500.50")
	run("cash", "out", "500,25")
	cash := parse[struct {
		Sum    uint64 `json:"sum"`
		Drawer uint64 `json:"cashInDrawer"`
	}](t, run("cash", "in", "1", "--json"))
	assert.Equal(t, uint64(100), cash.Sum)
	assert.Equal(t, uint64(1500_50-500_25+100), cash.Drawer)
	run("sell", "sample:coffee")
	assert.NotEmpty(t, run("report", "x"))
	parse[map[string]any](t, run("report", "x", "--json"))

	c := r.connect(t, 1)
	c.operator(t, c.openReceipt(saleReceipt))
	c.must(t, c.item(coffee))
	require.NoError(t, c.Close())
	run("cancel")
	c = r.connect(t, 1)
	assert.Equal(t, byte(2), c.status(t).mode)
	assert.Equal(t, cash.Drawer, c.moneyRegister(t, 242)-c.moneyRegister(t, 243))
	require.NoError(t, c.Close())
	closed := parse[sold](t, run("shift", "close", "--json"))
	assert.Equal(t, uint32(4), closed.Number)
}

func TestARegisterInProcessKeepsItsStateInADirectory(t *testing.T) {
	t.Parallel()
	// Without a directory it lives for one command, with its shift open.
	s := parse[sold](t, mustKkt(t, "sell", "sample:coffee", "--json", "--to", "emu:"))
	assert.Equal(t, uint32(3), s.Number)

	url := "emu:?state=" + filepath.Join(t.TempDir(), "state")
	mustKkt(t, "shift", "open", "--to", url)
	for n := range 3 {
		s := parse[sold](t, mustKkt(t, "sell", "sample:coffee", "--json", "--to", url))
		assert.Equal(t, uint32(3+n), s.Number)
		assert.Equal(t, uint32(1+n), s.Receipt)
	}
	assert.Equal(t, uint32(6), parse[sold](t, mustKkt(t, "shift", "close", "--json", "--to", url)).Number)
}

func TestStateSurvivesAnOrderlyRestart(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state")
	r, err := launch(t.TempDir(), "--state", state, "--clock", frozen)
	require.NoError(t, err)
	mustKkt(t, "shift", "open", "--to", r.url)
	mustKkt(t, "cash", "in", "10", "--to", r.url)
	first := parse[sold](t, mustKkt(t, "sell", "sample:coffee", "--json", "--to", r.url))
	status := mustKkt(t, "status", "--json", "--to", r.url)
	before := document(t, r, first.Number)
	require.NoError(t, r.stop())

	r = startRegister(t, "--state", state, "--clock", frozen)
	assert.Equal(t, status, mustKkt(t, "status", "--json", "--to", r.url))
	assert.Equal(t, before, document(t, r, first.Number))
	second := parse[sold](t, mustKkt(t, "sell", "sample:coffee", "--json", "--to", r.url))
	assert.Equal(t, first.Number+1, second.Number)
	assert.Equal(t, first.Receipt+1, second.Receipt)
	assert.NotEqual(t, first.Sign, second.Sign)
}

func TestTheEmulatorTellsItsAddressAndEachExchange(t *testing.T) {
	t.Parallel()
	r := startRegister(t, "--clock", frozen, "--quiet=false")
	mustKkt(t, "shift", "open", "--to", r.url)
	mustKkt(t, "sell", "sample:coffee", "--to", r.url)
	require.NoError(t, r.stop())
	text := r.log.String()
	for _, part := range []string{"ЭМУЛЯТОР", r.url, "memory", "Ctrl-C", "E0h", "FF45h", "ФД 3"} {
		assert.Contains(t, text, part)
	}
	assert.NotContains(t, text, "\x1b", "no colours off a terminal")
}

func TestTheDemoShowsADayInLessThanTenSeconds(t *testing.T) {
	t.Parallel()
	began := time.Now()
	text := mustKkt(t, "demo")
	assert.Less(t, time.Since(began), 10*time.Second)
	for _, part := range []string{"ЭМУЛЯТОР", "E0h", "FF45h", "40h", "41h", "ПРИХОД", "ВОЗВРАТ ПРИХОДА", "РАСХОД", "1054", "ФН 9999"} {
		assert.Contains(t, text, part)
	}
	assert.NotContains(t, text, "\x1b")
}

func TestEveryFormatOfDocumentsIsSold(t *testing.T) {
	t.Parallel()
	for version, code := range map[string]uint64{"1.05": 2, "1.1": 3, "1.2": 4} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			r := startRegister(t, "--clock", frozen, "--ffd", version)
			mustKkt(t, "shift", "open", "--to", r.url)
			mustKkt(t, "sell", "sample:coffee", "--to", r.url)
			mustKkt(t, "shift", "close", "--to", r.url)
			for n, form := range []uint16{1, 2, 3, 5} {
				whole := readTLV(t, document(t, r, uint32(n+1)))
				require.Equal(t, form, whole[0].tag)
				doc := readTLV(t, whole[0].value)
				assert.Equal(t, code, doc.fixed(t, 1209, 1), "document %s", strconv.Itoa(n+1))
			}
		})
	}
}
