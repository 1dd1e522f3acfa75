package shtrih

import (
	"bytes"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hotPaths are what a driver and a register do for every command. The test of
// allocations and the benchmark run the same bodies.
func hotPaths(tb testing.TB) map[string]func() {
	item := Item{
		Password: 30, Operation: OperationSale, Quantity: 1_500_000, Price: 4990, Sum: 7485, Tax: NotGiven,
		Rate: 1, Department: 1, Method: 4, Subject: 1, Name: bytes.Repeat([]byte("X"), 128),
	}
	closing := CloseReceiptV3{Password: 30, Payments: [16]uint64{10000}, TaxSystem: 1}
	data := item.AppendTo(nil)
	long := bytes.Repeat([]byte{0x8F, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, 64)
	frame1 := AppendFrame1(nil, data)
	frame2 := AppendFrame2(nil, 1, data)
	frameLong := AppendFrame2(nil, 1, long)
	status := unhex(tb, "1e54331c1c110c1901da009202040002574100000101100e011a0d2f040086450000590000000000128c86420200")
	answer := AppendAnswer(nil, ItemCode, OK, nil)
	buf := make([]byte, 0, 4096)
	var parsed Item
	old := SaleItem{Password: 30, Quantity: 1500, Price: 4990, Department: 1, Taxes: [4]uint8{1}, Text: bytes.Repeat([]byte("X"), TextV1)}
	oldData := old.AppendTo(nil)
	oldClosing := CloseReceiptV1{Password: 30, Payments: [4]uint64{10000}, Text: make([]byte, TextV1)}
	oldClosingData := oldClosing.AppendTo(nil)
	block := WriteBuffer{Password: 30, Data: long[:maxWriteBlock]}
	blockData := block.AppendTo(nil)
	var parsedClosing CloseReceiptV3
	var reply FullStatusReply
	closingData := closing.AppendTo(nil)

	device1 := NewDeviceLink(DeviceOptions{})
	device2 := NewDeviceLink(DeviceOptions{})
	num := uint16(0)
	host := NewHostLink(HostOptions{})
	answerFrame := AppendFrame1(nil, answer)

	return map[string]func(){
		"AppendFrame1":        func() { buf = AppendFrame1(buf[:0], data) },
		"ParseFrame1":         func() { _, _, _ = ParseFrame1(frame1) },
		"AppendFrame2":        func() { buf = AppendFrame2(buf[:0], 1, data) },
		"ParseFrame2":         func() { _, buf, _, _ = ParseFrame2(buf, frame2) },
		"AppendFrame2Stuffed": func() { buf = AppendFrame2(buf[:0], 1, long) },
		"ParseFrame2Stuffed":  func() { _, buf, _, _ = ParseFrame2(buf, frameLong) },
		"AppendItem":          func() { buf = item.AppendTo(buf[:0]) },
		"ParseItem":           func() { _ = parsed.Parse(data[2:]) },
		"AppendClosing":       func() { buf = closing.AppendTo(buf[:0]) },
		"ParseClosing":        func() { _ = parsedClosing.Parse(closingData[2:]) },
		"AppendSaleItem":      func() { buf = old.AppendTo(buf[:0]) },
		"ParseSaleItem":       func() { _ = old.Parse(oldData[1:]) },
		"AppendClosingV1":     func() { buf = oldClosing.AppendTo(buf[:0]) },
		"ParseClosingV1":      func() { _ = oldClosing.Parse(oldClosingData[1:]) },
		"AppendWriteBuffer":   func() { buf = block.AppendTo(buf[:0]) },
		"ParseWriteBuffer":    func() { _ = block.Parse(blockData[2:]) },
		"ParseFullStatus":     func() { _ = reply.Parse(status) },
		"AppendFullStatus":    func() { buf = reply.AppendTo(buf[:0]) },
		"DeviceLink1": func() {
			buf = device1.Input(buf[:0], []byte{ENQ})
			buf = device1.Input(buf, frame1)
			device1.Command()
			buf = device1.Answer(buf, answer)
			buf = device1.Input(buf, []byte{ACK})
		},
		"DeviceLink2": func() {
			num++
			frame2 = AppendFrame2(frame2[:0], num, data)
			buf = device2.Input(buf[:0], frame2)
			device2.Command()
			buf = device2.Answer(buf, answer)
		},
		"HostLink1": func() {
			buf, _ = host.Start(buf[:0], data)
			buf = host.Input(buf, []byte{NAK})
			buf = host.Input(buf, []byte{ACK})
			buf = host.Input(buf, answerFrame)
			host.Answer()
		},
	}
}

func TestHotPathsDoNotAllocate(t *testing.T) {
	for name, body := range hotPaths(t) {
		body() // buffers grow once
		body()
		assert.Zero(t, testing.AllocsPerRun(100, body), name)
	}
}

// What hot paths leave out: each command is written, each answer written and
// read without an allocation. ParseCommand needs memory for the struct itself.
func TestNoCommandAndNoAnswerAllocates(t *testing.T) {
	buf := make([]byte, 0, 4096)
	for code, kind := range kinds {
		parameters, payload := shortest(t, code)
		command, err := kind.parse(parameters)
		require.NoError(t, err)
		assert.Zero(t, testing.AllocsPerRun(10, func() { buf = command.AppendTo(buf[:0]) }), "%s written", code)
		assert.LessOrEqual(t, testing.AllocsPerRun(10, func() { _, _ = kind.parse(parameters) }), 2.0, "%s read", code)
		reply := kind.reply()
		assert.Zero(t, testing.AllocsPerRun(10, func() { _ = reply.Parse(payload) }), "answer to %s read", code)
		writer := reply.(interface{ AppendTo([]byte) []byte })
		assert.Zero(t, testing.AllocsPerRun(10, func() { buf = writer.AppendTo(buf[:0]) }), "answer to %s written", code)
	}
}

func BenchmarkHotPaths(b *testing.B) {
	for name, body := range hotPaths(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				body()
			}
		})
	}
}

func TestPackageImportsOnlyTheStandardLibraryAndRoomsAbove(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			for _, no := range []string{"net", "os", "time/tzdata", "log", "log/slog", "sync", "context", "io"} {
				assert.NotEqual(t, no, path, name)
			}
			if strings.Contains(path, ".") {
				assert.Contains(t, []string{
					"github.com/openkkt/openkkt/protocol/checksum", "github.com/openkkt/openkkt/tlv/charset",
				}, path, name)
			}
		}
	}
}
