package fnlink_test

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"os"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/openkkt/openkkt/protocol/fnlink"
)

func asFrameError(err error) *fnlink.FrameError {
	var e *fnlink.FrameError
	errors.As(err, &e)
	return e
}

type parser interface {
	Parse([]byte) error
	comparableTo() any
}

// boxed makes pointers of a type comparable by value.
type boxed[T any, P interface {
	*T
	Parse([]byte) error
}] struct{ v T }

func (b *boxed[T, P]) Parse(data []byte) error { return P(&b.v).Parse(data) }
func (b *boxed[T, P]) comparableTo() any       { return b.v }

func box[T any, P interface {
	*T
	Parse([]byte) error
}](T) parser {
	return &boxed[T, P]{}
}

type appender interface{ AppendTo([]byte) []byte }

var (
	at   = fnlink.DateTime{15, 7, 20, 18, 33}
	dt   = "0f07141221" // 20.07.2015 18:33
	inn  = hex.EncodeToString([]byte("7707083893  "))
	rnm  = hex.EncodeToString([]byte("0000000001061673    "))
	sums = fnlink.Sums{Count: 1, Total: 2, Cash: 3, Electronic: 4, Prepaid: 5, Credit: 6, Provision: 7,
		VAT20: 8, VAT10: 9, VAT0: 10, NoVAT: 11, VAT20120: 12, VAT10110: 0xFFFFFFFFFFFF}
	sumsHex = "01000000" + "020000000000" + "030000000000" + "040000000000" + "050000000000" + "060000000000" +
		"070000000000" + "080000000000" + "090000000000" + "0a0000000000" + "0b0000000000" + "0c0000000000" +
		"ffffffffffff"
)

// Bytes written by hand from the layouts of FNS ККТ–ФН 1.2.06; the date is the example of its section 3.3. Commands
// with a code, replies without.
var layouts = []struct {
	value appender
	parse parser
	hex   string
}{
	{fnlink.DaysLeft{At: at}, box(fnlink.DaysLeft{}), "3b" + dt},
	{fnlink.BeginShiftOpening{At: at}, box(fnlink.BeginShiftOpening{}), "11" + dt},
	{fnlink.BeginShiftClosing{At: at}, box(fnlink.BeginShiftClosing{}), "13" + dt},
	{fnlink.BeginReceipt{At: at}, box(fnlink.BeginReceipt{}), "15" + dt},
	{fnlink.SendData{TLV: []byte{0xFD, 3, 0, 0}}, box(fnlink.SendData{}), "07fd030000"},
	{fnlink.FormReceipt{At: at, Operation: 2, Total: 0x0504030201}, box(fnlink.FormReceipt{}), "16" + dt + "020102030405"},
	{fnlink.BeginRegistration105{Report: fnlink.ReportNewStorage}, box(fnlink.BeginRegistration105{}), "0201"},
	{fnlink.BeginRegistration{Report: fnlink.ReportChange, FFD: 4}, box(fnlink.BeginRegistration{}), "a20204"},
	{fnlink.MakeRegistration105{At: at, INN: fnlink.INNOf("7707083893"), Number: fnlink.RegistrationNumberOf("1061673"),
		TaxSystems: 1, Mode: 2}, box(fnlink.MakeRegistration105{}),
		"03" + dt + inn + hex.EncodeToString([]byte("0000000001061673    ")) + "0102"},
	{fnlink.MakeRegistration{At: at, INN: fnlink.INNOf("7707083893"), Number: fnlink.RegistrationNumberOf("0000000001061673"),
		TaxSystems: 1, Mode: 2, Ext: 3, OperatorINN: fnlink.INNOf("000000000000")}, box(fnlink.MakeRegistration{}),
		"a3" + dt + inn + rnm + "010203" + hex.EncodeToString([]byte("000000000000"))},
	{fnlink.RegistrationData{}, box(fnlink.RegistrationData{}), "43"},
	{fnlink.RegistrationData{Report: 2}, box(fnlink.RegistrationData{}), "4302"},
	{fnlink.FindDocument{Document: 0x01020304}, box(fnlink.FindDocument{}), "4004030201"},
	{fnlink.RequestDocument{Document: 0x01020304}, box(fnlink.RequestDocument{}), "4504030201"},
	{fnlink.Counters{Scope: fnlink.ScopeStorage}, box(fnlink.Counters{}), "3601"},
	{fnlink.OperationCounts{Scope: fnlink.ScopeStorage}, box(fnlink.OperationCounts{}), "3701"},
	{fnlink.OperationCounters{Scope: fnlink.ScopeStorage, Operation: 3}, box(fnlink.OperationCounters{}), "380103"},
	{fnlink.Status{}, box(fnlink.Status{}), "30"},
	{fnlink.Number{}, box(fnlink.Number{}), "31"},
	{fnlink.Validity{}, box(fnlink.Validity{}), "32"},
	{fnlink.Version{}, box(fnlink.Version{}), "33"},
	{fnlink.Format{}, box(fnlink.Format{}), "3a"},
	{fnlink.FreeMemory{}, box(fnlink.FreeMemory{}), "3d"},
	{fnlink.Execution{}, box(fnlink.Execution{}), "3f"},
	{fnlink.DataSize{}, box(fnlink.DataSize{}), "a7"},
	{fnlink.Cancel{}, box(fnlink.Cancel{}), "06"},
	{fnlink.ShiftState{}, box(fnlink.ShiftState{}), "10"},
	{fnlink.OpenShift{}, box(fnlink.OpenShift{}), "12"},
	{fnlink.CloseShift{}, box(fnlink.CloseShift{}), "14"},
	{fnlink.ExchangeStatus{}, box(fnlink.ExchangeStatus{}), "20"},
	{fnlink.Undelivered{}, box(fnlink.Undelivered{}), "42"},
	{fnlink.ReadDocument{}, box(fnlink.ReadDocument{}), "46"},

	{fnlink.StatusReply{Phase: fnlink.PhaseFiscal, Document: fnlink.DocReceipt, HasData: true, ShiftOpen: true,
		Warnings: fnlink.WarnOperatorLate, LastAt: at, Number: fnlink.StorageNumberOf("9999078900005488"), LastDocument: 9},
		box(fnlink.StatusReply{}), "0304010108" + dt + "39393939303738393030303035343838" + "09000000"},
	{fnlink.NumberReply{Number: fnlink.StorageNumberOf("9999078900005488")}, box(fnlink.NumberReply{}),
		"39393939303738393030303035343838"},
	{fnlink.ValidityReply{End: fnlink.Date{30, 1, 2}, ReportsLeft: 11, ReportsDone: 1}, box(fnlink.ValidityReply{}), "1e01020b01"},
	{fnlink.VersionReply{Version: [16]byte{'v'}, Serial: true}, box(fnlink.VersionReply{}), "76000000000000000000000000000000" + "01"},
	{fnlink.FormatReply{Current: 1, Highest: 4}, box(fnlink.FormatReply{}), "0104"},
	{fnlink.DaysLeftReply{Days: 0x0102}, box(fnlink.DaysLeftReply{}), "0201"},
	{fnlink.FreeMemoryReply{Documents: 1, KiB: 2}, box(fnlink.FreeMemoryReply{}), "0100000002000000"},
	{fnlink.FreeMemoryReply{Documents: 1, KiB: 2, HasNotificationsFill: true, NotificationsFill: 50},
		box(fnlink.FreeMemoryReply{}), "010000000200000032"},
	{fnlink.ExecutionReply{Execution: [48]byte{'E'}}, box(fnlink.ExecutionReply{}), "45" + zeros(47)},
	{fnlink.DataSizeReply{Document: 5}, box(fnlink.DataSizeReply{}), "05000000"},
	{fnlink.DataSizeReply{Document: 5, HasNotification: true, Notification: 6}, box(fnlink.DataSizeReply{}), "0500000006000000"},
	{fnlink.ShiftStateReply{Open: true, Shift: 0x0102, Receipt: 3}, box(fnlink.ShiftStateReply{}), "0102010300"},
	{fnlink.ExchangeStatusReply{Flags: fnlink.ExchangeMessage, Reading: true, Count: 2, First: 3, FirstAt: at},
		box(fnlink.ExchangeStatusReply{}), "0201020003000000" + dt},
	{fnlink.UndeliveredReply{Count: 7}, box(fnlink.UndeliveredReply{}), "0700"},
	{fnlink.FormReceiptReply{Receipt: 1, Document: 2, Sign: 0x01020304}, box(fnlink.FormReceiptReply{}), "01000200000004030201"},
	{fnlink.ShiftReportReply{Shift: 1, Document: 2, Sign: 3}, box(fnlink.ShiftReportReply{}), "01000200000003000000"},
	{fnlink.ShiftReportReply{Shift: 1, Document: 2, Sign: 3, HasWarnings: true, Warnings: fnlink.WarnOperatorLate},
		box(fnlink.ShiftReportReply{}), "0100020000000300000008"},
	{fnlink.DocumentReply{Document: 1, Sign: 2}, box(fnlink.DocumentReply{}), "0100000002000000"},
	{fnlink.RegistrationDataReply{At: at, INN: fnlink.INNOf("7707083893"), Number: fnlink.RegistrationNumberOf("0000000001061673"),
		TaxSystems: 1, Mode: 2, Document: 1, Sign: 2}, box(fnlink.RegistrationDataReply{}),
		dt + inn + rnm + "0102" + "0100000002000000"},
	{fnlink.RegistrationDataReply{At: at, INN: fnlink.INNOf("7707083893"), Number: fnlink.RegistrationNumberOf("0000000001061673"),
		TaxSystems: 1, Mode: 2, HasReason: true, Reason: 4, Document: 1, Sign: 2}, box(fnlink.RegistrationDataReply{}),
		dt + inn + rnm + "0102" + "04" + "0100000002000000"},
	{fnlink.RegistrationDataReply{At: at, INN: fnlink.INNOf("7707083893"), Number: fnlink.RegistrationNumberOf("0000000001061673"),
		TaxSystems: 1, Mode: 2, Extended: true, Ext: 3, OperatorINN: fnlink.INNOf("7707083893"), Document: 1, Sign: 2},
		box(fnlink.RegistrationDataReply{}), dt + inn + rnm + "010203" + inn + "0100000002000000"},
	{fnlink.RegistrationDataReply{At: at, INN: fnlink.INNOf("7707083893"), Number: fnlink.RegistrationNumberOf("0000000001061673"),
		TaxSystems: 1, Mode: 2, Extended: true, Ext: 3, OperatorINN: fnlink.INNOf("7707083893"), HasReason: true, Reason: 0x04030201,
		Document: 1, Sign: 2}, box(fnlink.RegistrationDataReply{}),
		dt + inn + rnm + "010203" + inn + "01020304" + "0100000002000000"},
	{fnlink.FindDocumentReply{Form: 3, Confirmed: true, At: at, Document: 1, Sign: 2, Details: []byte{1, 5, 0, 0, 0, 0}},
		box(fnlink.FindDocumentReply{}), "0301" + dt + "0100000002000000" + "010500000000"},
	{fnlink.RequestDocumentReply{Form: 3, Length: 0x0102}, box(fnlink.RequestDocumentReply{}), "03000201"},
	{fnlink.ReadDocumentReply{TLV: []byte{1, 0, 0, 0}}, box(fnlink.ReadDocumentReply{}), "01000000"},
	{fnlink.CountersReply{Number: 1, Receipts: 2, Operations: [4]fnlink.Sums{1: sums}, Corrections: 3,
		Corrected: [4]fnlink.CountSum{3: {Count: 4, Sum: 5}}}, box(fnlink.CountersReply{}),
		"010002000000" + zeros(76) + sumsHex + zeros(152) + "03000000" + zeros(30) + "04000000050000000000"},
	{fnlink.OperationCountsReply{Number: 1, All: 2, Operations: [4]uint32{3, 4, 5, 6}, Corrections: 7, Corrected: [4]uint32{8, 9, 10, 11}},
		box(fnlink.OperationCountsReply{}), "010002000000" + "03000000040000000500000006000000" + "07000000" +
			"08000000090000000a0000000b000000"},
	{fnlink.OperationCountersReply{Sums: sums, Corrected: fnlink.CountSum{Count: 1, Sum: 2}},
		box(fnlink.OperationCountersReply{}), sumsHex + "01000000020000000000"},
}

func zeros(n int) string { return hex.EncodeToString(make([]byte, n)) }

func TestLayoutsAreThoseOfTheProtocol(t *testing.T) {
	for _, l := range layouts {
		want, err := hex.DecodeString(l.hex)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.value.AppendTo([]byte("x")); !bytes.Equal(got[1:], want) || got[0] != 'x' {
			t.Errorf("%#v\nencoded %x\nwant    %x", l.value, got[1:], want)
		}
		data := want
		if c, ok := l.value.(fnlink.Command); ok {
			if byte(c.Code()) != want[0] {
				t.Errorf("%T has code %v", c, c.Code())
			}
			data = want[1:]
		}
		if err := l.parse.Parse(data); err != nil {
			t.Errorf("%T: %v", l.value, err)
		}
		if got := l.parse.comparableTo(); !reflect.DeepEqual(got, any(l.value)) {
			t.Errorf("%#v\nparsed as %#v", l.value, got)
		}
	}
}

func TestWrongLengthIsALengthError(t *testing.T) {
	for _, l := range layouts {
		full, _ := hex.DecodeString(l.hex)
		_, command := l.value.(fnlink.Command)
		if command {
			full = full[1:]
		}
		for _, data := range [][]byte{make([]byte, 1000), full[:max(0, len(full)-1)]} {
			err := l.parse.Parse(data)
			if err == nil { // of several lengths that are right, or of any length
				continue
			}
			var length *fnlink.LengthError
			if !errors.As(err, &length) || length.Got != len(data) || length.Reply == command {
				t.Errorf("%T of %d bytes: %v", l.value, len(data), err)
			}
		}
	}
}

func TestShortForms(t *testing.T) {
	var begin fnlink.BeginRegistration105
	begin.Report = 9
	if err := begin.Parse(nil); err != nil || begin.Report != fnlink.ReportRegistration {
		t.Error(begin, err)
	}
	var begin11 fnlink.BeginRegistration
	if err := begin11.Parse([]byte{0}); err != nil || begin11.FFD != 3 {
		t.Error(begin11, err)
	}
}

// The oracle normalises the moment and looks whether it is still the same.
func TestMomentExistsIfTheCalendarLeavesItAsItIs(t *testing.T) {
	check := func(d fnlink.DateTime) {
		moment := time.Date(2000+int(d[0]), time.Month(d[1]), int(d[2]), int(d[3]), int(d[4]), 0, 0, time.UTC)
		want := fnlink.DateTime{
			byte(moment.Year() - 2000), byte(moment.Month()), byte(moment.Day()), byte(moment.Hour()), byte(moment.Minute()),
		} == d
		if got, exists := d.Time(); exists != want || got != moment {
			t.Fatalf("%v: %v, %v, must be %v, %v", d, got, exists, moment, want)
		}
	}
	for year := range 256 {
		for month := range 15 {
			for day := range 34 {
				check(fnlink.DateTime{byte(year), byte(month), byte(day), 23, 59})
			}
		}
	}
	for hour := range 256 {
		for minute := range 256 {
			check(fnlink.DateTime{24, 2, 29, byte(hour), byte(minute)})
		}
	}
}

func TestDateTimeIsAWallClock(t *testing.T) {
	moment, ok := at.Time()
	if want := time.Date(2015, 7, 20, 18, 33, 0, 0, time.UTC); !ok || !moment.Equal(want) {
		t.Error(moment, ok)
	}
	if got := fnlink.DateTimeOf(time.Date(2015, 7, 20, 18, 33, 59, 0, time.FixedZone("", 7*3600))); got != at {
		t.Error(got)
	}
	for _, d := range []fnlink.DateTime{{15, 2, 29, 0, 0}, {15, 0, 1, 0, 0}, {15, 1, 1, 24, 0}, {15, 1, 1, 0, 60}} {
		if _, ok := d.Time(); ok {
			t.Errorf("%v exists", d)
		}
	}
}

func TestAnswerTextsAreThoseOfTheTable(t *testing.T) {
	file, err := os.Open("../../testdata/fn/codes.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	known := map[fnlink.Answer]bool{}
	for _, row := range rows[1:] {
		code, err := strconv.ParseUint(row[0], 16, 8)
		if err != nil || code >= 0x80 {
			continue
		}
		a := fnlink.Answer(code)
		known[a] = true
		if a.English() != row[2] || a.Russian() != row[1] {
			t.Errorf("%02X: %q %q", code, a.English(), a.Russian())
		}
	}
	for code := range 0x80 {
		a := fnlink.Answer(code)
		if !known[a] && (a.English() != "" || a.Error() == "") {
			t.Errorf("%02X is not in the table", code)
		}
	}
	if got := fnlink.ShiftOver24Hours.Error(); got != "FN answer 16h: shift over 24 h" {
		t.Error(got)
	}
}

func TestRefusalIsTheErrorOfDecode(t *testing.T) {
	err := fnlink.Decode([]byte{0x96}, fnlink.NoReply{})
	if !errors.Is(err, fnlink.ShiftOver24Hours) {
		t.Error(err)
	}
	if err := fnlink.Decode(nil, fnlink.NoReply{}); !errors.Is(err, fnlink.ErrNoAnswer) {
		t.Error(err)
	}
	if err := fnlink.Decode([]byte{0, 1}, fnlink.NoReply{}); err == nil {
		t.Error("data where none is expected")
	}
}

// codec is the body of the benchmark and of the test of allocations: a command and a reply, both ways.
func codec(buf []byte) ([]byte, error) {
	buf = fnlink.AppendFrame(buf[:0], formReceiptBody)
	body, _, err := fnlink.ParseFrame(buf)
	if err != nil {
		return buf, err
	}
	var c fnlink.FormReceipt
	if err := c.Parse(body[1:]); err != nil {
		return buf, err
	}
	buf = c.AppendTo(buf)
	buf = fnlink.FormReceiptReply{Receipt: 1, Document: 2, Sign: 3}.AppendTo(buf)
	var r fnlink.FormReceiptReply
	return buf, r.Parse(buf[len(buf)-10:])
}

var formReceiptBody = fnlink.FormReceipt{At: at, Operation: 1, Total: 12345}.AppendTo(nil)

func TestCodecDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() {
		var err error
		if buf, err = codec(buf); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	half := buf[:4]
	if n := testing.AllocsPerRun(100, func() { _, _, _ = fnlink.ParseFrame(half) }); n != 0 {
		t.Errorf("%v allocations for a frame that is not complete", n)
	}
}

func BenchmarkCodec(b *testing.B) {
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = codec(buf); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzParse gives any bytes to every parser: what it takes, it must give back.
func FuzzParse(f *testing.F) {
	for i, l := range layouts {
		data, _ := hex.DecodeString(l.hex)
		if _, ok := l.value.(fnlink.Command); ok {
			data = data[1:]
		}
		f.Add(i, data)
	}
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		l := layouts[uint(which)%uint(len(layouts))]
		if l.parse.Parse(data) != nil {
			return
		}
		out := l.parse.comparableTo().(appender).AppendTo(nil)
		again := reflect.New(reflect.TypeOf(l.value)).Interface().(interface{ Parse([]byte) error })
		if _, ok := l.value.(fnlink.Command); ok {
			out = out[1:]
		}
		if err := again.Parse(out); err != nil {
			t.Fatalf("%T: %x encoded is %x: %v", l.value, data, out, err)
		}
		if got := reflect.ValueOf(again).Elem().Interface(); !reflect.DeepEqual(got, l.parse.comparableTo()) {
			t.Fatalf("%#v became %#v", l.parse.comparableTo(), got)
		}
	})
}
