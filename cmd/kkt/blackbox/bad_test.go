package blackbox

import (
	"crypto/sha256"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Exit codes of the program.
const (
	done    = 0
	refused = 1 // by the register
	badUse  = 2 // usage or input
	noLink  = 3 // and nothing was sent
	unknown = 4 // outcome
)

// wrong is a command line that has to fail. In args {file} stands for a file
// with the text of file, {dir} for an empty directory, {url} for the register.
type wrong struct {
	name  string
	args  string // split at spaces
	file  string
	code  int
	place string // what the error has to name: a JSON path, a tag, an offset, a command, a path or a URL
}

// checkAll runs the cases one after another and checks that the register never moves.
func checkAll(t *testing.T, cases []wrong, url string, state func(t testing.TB) string) {
	t.Helper()
	before := state(t)
	for _, w := range cases {
		t.Run(w.name, func(t *testing.T) {
			checkWrong(t, w, url)
			after := state(t)
			assert.True(t, before == after, "the register moved")
			before = after // the next case is judged by its own
		})
	}
}

// checkWrong runs the command line twice, for people and with --json.
func checkWrong(t *testing.T, w wrong, url string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "input.json")
	require.NoError(t, os.WriteFile(file, []byte(w.file), 0o600))
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.Mkdir(empty, 0o700))
	fill := strings.NewReplacer("{file}", file, "{dir}", empty, "{url}", url)
	var args []string
	for arg := range strings.FieldsSeq(w.args) {
		if arg == `""` {
			arg = ""
		}
		args = append(args, fill.Replace(arg))
	}
	place := fill.Replace(w.place)

	out := kkt(t, args...)
	checkFailure(t, out, w.code, place)
	line := strings.TrimSuffix(out.stderr, "\n")
	assert.True(t, strings.HasPrefix(line, "kkt: "), "stderr: %q", out.stderr)
	assert.Equal(t, 1, strings.Count(out.stderr, "\n"), "one line: %q", out.stderr)

	out = kkt(t, append([]string{"--json"}, args...)...)
	checkFailure(t, out, w.code, place)
	checkJSONError(t, out.stderr)
}

func checkFailure(t *testing.T, out outcome, code int, place string) {
	t.Helper()
	assert.Equal(t, code, out.code, "exit code; stderr: %s", out.stderr)
	assert.Empty(t, out.stdout, "stdout")
	text := out.stderr
	if strings.HasPrefix(text, "{") { // quotes and backslashes of a path are escaped there
		text = jsonMessage(text)
	}
	assert.Contains(t, text, place, "the error names its place")
	assert.NotContains(t, text, "panic")
	assert.NotContains(t, text, "goroutine")
}

func checkJSONError(t *testing.T, stderr string) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(stderr))
	var object struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if !assert.NoError(t, decoder.Decode(&object), "stderr: %s", stderr) {
		return
	}
	assert.NotEmpty(t, object.Error.Code)
	assert.NotEmpty(t, object.Error.Message)
	assert.False(t, decoder.More(), "one object: %s", stderr)
}

// jsonMessage is all strings of the error object in one text.
func jsonMessage(stderr string) string {
	var object map[string]map[string]string
	if json.Unmarshal([]byte(stderr), &object) != nil {
		return stderr
	}
	var text []string
	for _, s := range object["error"] {
		text = append(text, s)
	}
	return strings.Join(text, "\n")
}

// stateOf is what the register tells and what lies in its directory.
func stateOf(url, dir string) func(t testing.TB) string {
	return func(t testing.TB) string {
		return mustKkt(t, "status", "--json", "--to", url) + hashDir(t, dir)
	}
}

// hashDir covers the names and contents of all files but the lock.
func hashDir(t testing.TB, dir string) string {
	t.Helper()
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(strings.ToLower(d.Name()), "lock") {
			return err
		}
		content, err := os.ReadFile(path)
		sum.Write([]byte(path))
		sum.Write(content)
		return err
	})
	require.NoError(t, err)
	return string(sum.Sum(nil))
}

// receiptText is a receipt that the register would take; cases break it.
const receiptText = `{
 "operationType": 1, "appliedTaxationType": 1,
 "items": [
  {"name": "Кофе", "price": 15000, "quantity": 1, "sum": 15000, "nds": 6, "paymentType": 4, "productType": 1},
  {"name": "Хлеб", "price": 4990, "quantity": 0.5, "sum": 2495, "nds": 2, "paymentType": 4, "productType": 1}
 ],
 "totalSum": 17495, "cashTotalSum": 7495, "ecashTotalSum": 10000
}`

// broken is receiptText with pairs of texts replaced, each standing there once.
func broken(pairs ...string) string {
	text := receiptText
	for i := 0; i < len(pairs); i += 2 {
		if strings.Count(text, pairs[i]) != 1 {
			panic("not once in the receipt: " + pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

const sell = "sell {file} --to {url}"

var wrongReceipts = []wrong{
	{"not JSON", sell, "hello", badUse, "line 1, column 1"},
	{"empty file", sell, "", badUse, "{file}"},
	{"truncated JSON", sell, receiptText[:200], badUse, "line 5"},
	{"something after the JSON", sell, receiptText + "{}", badUse, "line 8"},
	{"two receipts in an array", sell, "[" + receiptText + "," + receiptText + "]", badUse, "array"},
	{"a number instead of a receipt", sell, "42", badUse, "object"},
	{"invalid UTF-8", sell, broken("Кофе", "\xff\xfe"), badUse, "byte"},
	{"not a number", sell, broken(`"totalSum": 17495`, `"totalSum": NaN`), badUse, "line 7"},
	{"misspelt key", sell, broken(`"totalSum"`, `"totalSumm"`), badUse, "totalSumm"},
	{"misspelt key with its neighbour", sell, broken(`"totalSum"`, `"totalSumm"`), badUse, `totalSum"`},
	{"misspelt key of the first item", sell, broken(`"price": 15000`, `"prise": 15000`), badUse, "items[0].prise"},
	{"misspelt key of the second item", sell, broken(`"name": "Хлеб"`, `"naem": "Хлеб"`), badUse, "items[1].naem"},
	{"key of another language", sell, broken(`"totalSum"`, `"итог": 1, "totalSum"`), badUse, "итог"},
	{"key in the wrong case", sell, broken(`"totalSum"`, `"TotalSum"`), badUse, "TotalSum"},
	{"unknown key of ours", sell, broken(`"operationType": 1`, `"kkt": {"idd": "x"}, "operationType": 1`), badUse, "kkt.idd"},
	{"duplicate key", sell, broken(`"totalSum": 17495`, `"totalSum": 17495, "totalSum": 17495`), badUse, "totalSum"},
	{"duplicate key of an item", sell, broken(`"nds": 2`, `"nds": 2, "nds": 2`), badUse, "items[1].nds"},
	{"price as a text", sell, broken(`"price": 15000`, `"price": "15000"`), badUse, "items[0].price"},
	{"price as null", sell, broken(`"price": 15000`, `"price": null`), badUse, "items[0]"},
	{"price as a flag", sell, broken(`"price": 15000`, `"price": true`), badUse, "items[0].price"},
	{"name as a number", sell, broken(`"name": "Кофе"`, `"name": 5`), badUse, "items[0].name"},
	{"a fraction of a kopeck", sell, broken(`"price": 15000`, `"price": 15000.5`), badUse, "items[0].price"},
	{"a fraction in the total", sell, broken(`"totalSum": 17495`, `"totalSum": 174.95`), badUse, "totalSum"},
	{"negative price", sell, broken(`"price": 15000`, `"price": -15000`), badUse, "items[0].price"},
	{"negative sum", sell, broken(`"sum": 2495`, `"sum": -2495`), badUse, "items[1].sum"},
	{"negative payment", sell, broken(`"cashTotalSum": 7495`, `"cashTotalSum": -1`), badUse, "cashTotalSum"},
	{"price above five bytes", sell, broken(`"price": 15000`, `"price": 1099511627776`), badUse, "items[0].price"},
	{"sum that is not price by quantity", sell, broken(`"sum": 15000`, `"sum": 15002`), badUse, "items[0].sum"},
	{"total that is not the sum of items", sell, broken(`"totalSum": 17495`, `"totalSum": 17000`), badUse, "totalSum"},
	{"payments below the total", sell, broken(`"cashTotalSum": 7495`, `"cashTotalSum": 7494`), badUse, "totalSum"},
	{"no payments", sell, broken(`, "cashTotalSum": 7495, "ecashTotalSum": 10000`, ``), badUse, "totalSum"},
	{"cashless above the total", sell, broken(`"ecashTotalSum": 10000`, `"ecashTotalSum": 17496`), badUse, "ecashTotalSum"},
	{"unknown VAT rate", sell, broken(`"nds": 6`, `"nds": 13`), badUse, "items[0].nds"},
	{"VAT rate zero", sell, broken(`"nds": 2`, `"nds": 0`), badUse, "items[1].nds"},
	{"VAT rate as a text", sell, broken(`"nds": 6`, `"nds": "none"`), badUse, "items[0].nds"},
	{"unknown subject type", sell, broken(`4, "productType": 1},`, `4, "productType": 99},`), badUse, "items[0].productType"},
	{"unknown payment method", sell, broken(`"nds": 6, "paymentType": 4`, `"nds": 6, "paymentType": 9`), badUse, "items[0].paymentType"},
	{"quantity zero", sell, broken(`"quantity": 0.5`, `"quantity": 0`), badUse, "items[1].quantity"},
	{"negative quantity", sell, broken(`"quantity": 0.5`, `"quantity": -0.5`), badUse, "items[1].quantity"},
	{"quantity finer than a millionth", sell, broken(`"quantity": 0.5`, `"quantity": 0.4999999`), badUse, "items[1].quantity"},
	{"quantity as a text", sell, broken(`"quantity": 0.5`, `"quantity": "0.5"`), badUse, "items[1].quantity"},
	{"name of 129 characters", sell, broken("Кофе", strings.Repeat("К", 129)), badUse, "items[0].name"},
	{"no name", sell, broken(`"name": "Кофе", `, ``), badUse, "items[0].name"},
	{"no price", sell, broken(`"price": 15000, `, ``), badUse, "items[0]"},
	{"no quantity", sell, broken(`"quantity": 0.5, `, ``), badUse, "items[1].quantity"},
	{"the rouble sign", sell, broken("Кофе", "Кофе 5 ₽"), badUse, "items[0].name"},
	{"the rouble sign is shown", sell, broken("Кофе", "Кофе 5 ₽"), badUse, "₽"},
	{"a picture", sell, broken("Хлеб", "Хлеб 🍞"), badUse, "items[1].name"},
	{"a Kazakh letter in the cashier's name", sell, broken(`"operationType": 1`, `"operator": "Әсел", "operationType": 1`), badUse, "operator"},
	{"INN of the cashier too long", sell, broken(`"operationType": 1`, `"operatorInn": "1234567890123", "operationType": 1`), badUse, "operatorInn"},
	{"no items", sell, broken(receiptText[strings.Index(receiptText, `"items"`):strings.Index(receiptText, `"totalSum"`)], ``), badUse, "items"},
	{"empty items", sell, `{"operationType":1,"appliedTaxationType":1,"items":[],"totalSum":0,"cashTotalSum":0}`, badUse, "items"},
	{"items as an object", sell, `{"operationType":1,"items":{"name":"Кофе"},"totalSum":0,"cashTotalSum":0}`, badUse, "items"},
	{"an item as a number", sell, `{"operationType":1,"items":[7],"totalSum":0,"cashTotalSum":0}`, badUse, "items[0]"},
	{"operation 0", sell, broken(`"operationType": 1`, `"operationType": 0`), badUse, "operationType"},
	{"operation 5", sell, broken(`"operationType": 1`, `"operationType": 5`), badUse, "operationType"},
	{"operation as a word", sell, broken(`"operationType": 1`, `"operationType": "sale"`), badUse, "operationType"},
	{"no operation", sell, broken(`"operationType": 1, `, ``), badUse, "operationType"},
	{"two tax systems", sell, broken(`"appliedTaxationType": 1`, `"appliedTaxationType": 3`), badUse, "appliedTaxationType"},
	{"tax system without a bit", sell, broken(`"appliedTaxationType": 1`, `"appliedTaxationType": 64`), badUse, "appliedTaxationType"},
	{"depth bomb", sell, strings.Repeat("[", 200_000), badUse, "deep"},
	{"depth bomb of objects", sell, strings.Repeat(`{"document":`, 20_000), badUse, "deep"},
	{"ten thousand and one items", sell, `{"operationType":1,"items":[` + strings.Repeat(`{},`, 10_000) + `{}]}`, badUse, "items"},
	{"huge file", sell, receiptText + strings.Repeat(" ", 2<<20), badUse, "{file}"},
}

var wrongUses = []wrong{
	{"missing file", "sell {dir}/none.json --to {url}", "", badUse, "{dir}/none.json"},
	{"directory as a file", "sell {dir} --to {url}", "", badUse, "{dir}"},
	{"no file", "sell --to {url}", "", badUse, "kkt sell"},
	{"two files", "sell {file} other.json --to {url}", "", badUse, "other.json"},
	{"unknown sample", "sell sample:none --to {url}", "", badUse, "sample:none"},
	{"unknown command", "sel {file}", "", badUse, "sel"},
	{"unknown subcommand", "shift opn --to {url}", "", badUse, "opn"},
	{"unknown report", "report taxes --to {url}", "", badUse, "taxes"},
	{"unknown flag", "status --to {url} --colour", "", badUse, "--colour"},
	{"flag without value", "status --to", "", badUse, "--to"},
	{"time-out that is no duration", "status --to {url} --timeout soon", "", badUse, "--timeout"},
	{"password that is no number", "status --to {url} --password x", "", badUse, "--password"},
	{"URL without scheme", "status --to localhost", "", badUse, "localhost"},
	{"URL of a page", "status --to http://127.0.0.1:7778", "", badUse, "http://127.0.0.1:7778"},
	{"URL without host", "status --to tcp://", "", badUse, "tcp://"},
	{"URL with a port above 65535", "status --to tcp://127.0.0.1:99999", "", badUse, "99999"},
	{"URL with an unknown protocol", "status --to {url}?protocol=7", "", badUse, "protocol"},
	{"URL with a misspelt parameter", "status --to {url}?protokol=1", "", badUse, "protokol"},
	{"serial URL with a bad baud rate", "status --to serial:///dev/null?baud=fast", "", badUse, "baud"},
	{"cash in of a word", "cash in abc --to {url}", "", badUse, "abc"},
	{"cash in of nothing", "cash in 0 --to {url}", "", badUse, "0"},
	{"cash in below zero", "cash in --to {url} -- -5", "", badUse, "-5"},
	{"cash in of a fraction of a kopeck", "cash in 1.234 --to {url}", "", badUse, "1.234"},
	{"cash in of an exponent", "cash in 1e3 --to {url}", "", badUse, "1e3"},
	{"cash in above five bytes", "cash in 99999999999.99 --to {url}", "", badUse, "99999999999.99"},
	{"cash without direction", "cash --to {url} 5", "", badUse, "cash"},
	{"cash out above the drawer", "cash out 1000000 --to {url}", "", refused, "46h"},
	{"document 0", "doc 0 --to {url}", "", badUse, "0"},
	{"document that is no number", "doc first --to {url}", "", badUse, "first"},
	{"document below zero", "doc --to {url} -- -1", "", badUse, "-1"},
	{"document above four bytes", "doc 4294967296 --to {url}", "", badUse, "4294967296"},
	{"absent document", "doc 999999 --to {url}", "", refused, "999999"},
	{"document in an unknown form", "doc 1 --as xml --to {url}", "", badUse, "xml"},
	{"wrong password", "shift close --password 4711 --to {url}", "", refused, "4Fh"},
	{"wrong password of a sale", "sell sample:coffee --password 4711 --to {url}", "", refused, "4Fh"},
	{"cashier closes the shift", "shift close --password 1 --to {url}", "", refused, "4Fh"},
	{"shift that is open already", "shift open --to {url}", "", refused, "open"},
	{"cancel without a receipt", "cancel --to {url}", "", refused, "receipt"},
	{"decode of an odd digit", "decode 03000400ff0", "", badUse, "byte offset 5"},
	{"decode of no hexadecimal digit", "decode 03000400ff0300g0ff", "", badUse, "'g'"},
	{"decode of nothing", `decode ""`, "", badUse, "FILE"},
	{"decode of an empty file", "decode {file}", "", badUse, "{file}"},
	{"decode of half a header", "decode 030004", "", badUse, "byte 0"},
	{"decode of a length beyond the end", "decode 03000400ff030900", "", badUse, "1023 at byte 4"},
	{"decode of damage inside an item", "decode 03000c0023040800ff03090000010203", "", badUse, "1023"},
	{"decode of bytes after the document", "decode 0300000000", "", badUse, "byte"},
	{"decode in an unknown form", "decode 03000000 --as xml", "", badUse, "xml"},
	{"decode of a missing file", "decode {dir}/none.bin", "", badUse, "{dir}/none.bin"},
	{"decode of a directory", "decode {dir}", "", badUse, "{dir}"},
	{"decode of a text", "decode {file}", "not a document", badUse, "{file}"},
}

func TestBadInputIsRefusedAndNamesItsPlace(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	r := startRegister(t, "--state", state, "--clock", frozen)
	mustKkt(t, "shift", "open", "--to", r.url)
	checkAll(t, slices.Concat(wrongReceipts, wrongUses), r.url, stateOf(r.url, state))

	// The receipt that all these are made from is a good one.
	file := filepath.Join(t.TempDir(), "receipt.json")
	require.NoError(t, os.WriteFile(file, []byte(receiptText), 0o600))
	mustKkt(t, "sell", file, "--to", r.url)
}

func TestNothingIsSoldInTheWrongMode(t *testing.T) {
	t.Parallel()
	shiftClosed := []wrong{
		{"sale", "sell {file} --to {url}", receiptText, refused, "shift"},
		{"shift close", "shift close --to {url}", "", refused, "shift"},
		{"X report", "report x --to {url}", "", refused, "40h"},
		{"cancel", "cancel --to {url}", "", refused, "receipt"},
	}
	over24Hours := []wrong{
		{"sale", "sell {file} --to {url}", receiptText, refused, "24"},
		{"shift open", "shift open --to {url}", "", refused, "shift"},
	}
	receiptOpen := []wrong{
		{"sale", "sell {file} --to {url}", receiptText, refused, "receipt"},
		{"shift close", "shift close --to {url}", "", refused, "41h"},
		{"X report", "report x --to {url}", "", refused, "40h"},
		{"cash in", "cash in 5 --to {url}", "", refused, "50h"},
	}
	t.Run("shift closed", func(t *testing.T) {
		t.Parallel()
		state := t.TempDir()
		r := startRegister(t, "--state", state, "--clock", frozen)
		checkAll(t, shiftClosed, r.url, stateOf(r.url, state))
	})
	t.Run("shift over 24 hours", func(t *testing.T) {
		t.Parallel()
		state := t.TempDir()
		r, err := launch(t.TempDir(), "--state", state, "--clock", frozen)
		require.NoError(t, err)
		mustKkt(t, "shift", "open", "--to", r.url)
		require.NoError(t, r.stop())
		r = startRegister(t, "--state", state, "--clock", "frozen:2026-03-03T11:00:00Z")
		checkAll(t, over24Hours, r.url, stateOf(r.url, state))
		mustKkt(t, "shift", "close", "--to", r.url) // the remedy
	})
	t.Run("receipt open", func(t *testing.T) {
		t.Parallel()
		state := t.TempDir()
		r := startRegister(t, "--state", state, "--clock", frozen)
		c := r.connect(t, 1)
		c.operator(t, c.openReceipt(saleReceipt))
		c.must(t, c.item(coffee))
		require.NoError(t, c.Close())
		checkAll(t, receiptOpen, r.url, stateOf(r.url, state))
		mustKkt(t, "cancel", "--to", r.url) // the remedy
		mustKkt(t, "sell", "sample:coffee", "--to", r.url)
	})
}
