package fn_test

import (
	"bytes"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

const (
	testNumber = "9999078900009511"
	testINN    = "7707083893"
	testSerial = "0000000000012345"
)

var (
	testRNM = fn.MakeRegistrationNumber("1", testINN, testSerial)
	day1    = fnlink.DateTime{26, 3, 2, 10, 0} // 02.03.2026 10:00
)

// at is a moment of the first day or, with hours over 23, of a later one.
func at(hour, minute int) fnlink.DateTime {
	return fnlink.DateTime{26, 3, 2 + byte(hour/24), byte(hour % 24), byte(minute)}
}

// rig drives a storage by commands, as a register does.
type rig struct {
	t *testing.T
	s *fn.Storage
	v ffd.Version
}

// newRig makes a storage in memory that was never registered.
func newRig(t *testing.T, v ffd.Version) *rig {
	t.Helper()
	return openRig(t, v, fn.Config{FS: journal.NewMemory(), SegmentSize: testSegment})
}

// testSegment is small, so that a test day crosses several segments.
const testSegment = 1 << 14

func openRig(t *testing.T, v ffd.Version, c fn.Config) *rig {
	t.Helper()
	if c.Number == "" {
		c.Number = testNumber
	}
	s, err := fn.Open(c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return &rig{t, s, v}
}

// newOpenRig makes a storage that is registered and has its shift open since 10:00 of the first day.
func newOpenRig(t *testing.T, v ffd.Version) *rig {
	t.Helper()
	r := newRig(t, v)
	r.register()
	r.openShift(day1)
	return r
}

func allVersions(t *testing.T, test func(t *testing.T, v ffd.Version)) {
	for _, v := range []ffd.Version{ffd.FFD105, ffd.FFD11, ffd.FFD12} {
		t.Run("FFD "+v.String(), func(t *testing.T) { test(t, v) })
	}
}

func (r *rig) exec(c fnlink.Command) (fnlink.Answer, []byte) {
	r.t.Helper()
	code, _, data, err := fnlink.ParseAnswer(r.s.Exec(nil, c.AppendTo(nil)))
	require.NoError(r.t, err)
	return code, data
}

// ok runs a command that must succeed.
func (r *rig) ok(c fnlink.Command, reply fnlink.Reply) {
	r.t.Helper()
	require.NoError(r.t, fnlink.Decode(r.s.Exec(nil, c.AppendTo(nil)), reply), "command %v", c.Code())
}

// refused runs a command that must be refused with a code and DATA, and change nothing.
func (r *rig) refused(want fnlink.Answer, c fnlink.Command, wantData ...byte) {
	r.t.Helper()
	before, status := r.s.Hash(), r.status()
	code, data := r.exec(c)
	require.Equal(r.t, want, code, "command %v", c.Code())
	require.Contains(r.t, possibleCodes(r.t, c.Code()), want, "the protocol has no such answer to %v", c.Code())
	require.Equal(r.t, wantData, append([]byte(nil), data...))
	require.Equal(r.t, before, r.s.Hash(), "a refused command changed the committed state")
	after := r.status()
	after.Warnings = status.Warnings // they depend on the time that a command tells
	require.Equal(r.t, status, after, "a refused command changed the status")
}

// possibleCodes are the answers to a command by testdata/fn/commands.csv. 09h of 16h is of storages of 2016, which
// alone name the overflow of totals.
func possibleCodes(t *testing.T, c fnlink.Code) (codes []fnlink.Answer) {
	t.Helper()
	for _, row := range readCSV(t, "../testdata/fn/commands.csv") {
		if row["code"] != c.String() {
			continue
		}
		for _, code := range regexp.MustCompile(`\b[0-9A-F]{2}\b`).FindAllString(row["codes_possible"], -1) {
			n, err := strconv.ParseUint(code, 16, 8)
			require.NoError(t, err)
			codes = append(codes, fnlink.Answer(n))
		}
	}
	if c == fnlink.CodeFormReceipt {
		codes = append(codes, fnlink.BadParameter)
	}
	return codes
}

func (r *rig) status() (s fnlink.StatusReply) {
	r.t.Helper()
	r.ok(fnlink.Status{}, &s)
	return s
}

func (r *rig) registrationData() []byte {
	b := text(nil, ffd.SerialNumber, testSerial)
	b = text(b, ffd.User, "OOO ROMASHKA")
	b = text(b, ffd.Address, "MOSKVA")
	b = text(b, ffd.Place, "LAVKA")
	b = text(b, ffd.Cashier, "IVANOV")
	b = text(b, ffd.DeviceVersion, "1")
	b = tlv.AppendByte(b, ffd.DeviceFormat, byte(r.v))
	if r.v == ffd.FFD105 {
		b = text(b, ffd.OFDINN, "7704211201  ")
		b = tlv.AppendByte(b, ffd.FormatVersion, byte(r.v))
	}
	return b
}

const taxOSNAndPatent = 1<<0 | 1<<5

func (r *rig) beginRegistration() {
	r.t.Helper()
	if r.v == ffd.FFD105 {
		r.ok(fnlink.BeginRegistration105{}, fnlink.NoReply{})
		return
	}
	r.ok(fnlink.BeginRegistration{FFD: byte(r.v)}, fnlink.NoReply{})
}

func (r *rig) makeRegistration(mode byte) fnlink.Command {
	if r.v == ffd.FFD105 {
		return fnlink.MakeRegistration105{
			At: at(9, 0), INN: fnlink.INNOf(testINN), Number: fnlink.RegistrationNumberOf(testRNM),
			TaxSystems: taxOSNAndPatent, Mode: mode,
		}
	}
	operator := "7704211201"
	if mode&2 != 0 {
		operator = "000000000000"
	}
	return fnlink.MakeRegistration{
		At: at(9, 0), INN: fnlink.INNOf(testINN), Number: fnlink.RegistrationNumberOf(testRNM),
		TaxSystems: taxOSNAndPatent, Mode: mode, OperatorINN: fnlink.INNOf(operator),
	}
}

func (r *rig) register() fnlink.DocumentReply { return r.registerIn(0) }

func (r *rig) registerIn(mode byte) (reply fnlink.DocumentReply) {
	r.t.Helper()
	r.beginRegistration()
	r.ok(fnlink.SendData{TLV: r.registrationData()}, fnlink.NoReply{})
	r.ok(r.makeRegistration(mode), &reply)
	return reply
}

// cashier is data that any report has.
func (r *rig) cashier() fnlink.SendData {
	b := text(nil, ffd.Cashier, "IVANOV")
	if r.v == ffd.FFD105 {
		b = tlv.AppendByte(b, ffd.FormatVersion, byte(r.v))
	}
	return fnlink.SendData{TLV: b}
}

func (r *rig) openShift(at fnlink.DateTime) (reply fnlink.ShiftReportReply) {
	r.t.Helper()
	r.ok(fnlink.BeginShiftOpening{At: at}, fnlink.NoReply{})
	r.ok(r.cashier(), fnlink.NoReply{})
	r.ok(fnlink.OpenShift{}, &reply)
	return reply
}

func (r *rig) closeShift(at fnlink.DateTime) (reply fnlink.ShiftReportReply) {
	r.t.Helper()
	r.ok(fnlink.BeginShiftClosing{At: at}, fnlink.NoReply{})
	r.ok(r.cashier(), fnlink.NoReply{})
	r.ok(fnlink.CloseShift{}, &reply)
	return reply
}

// receipt is a sale of one item. pay and vat are in the order of the tags 1031, 1081, 1215–1217 and 1102–1107.
type receipt struct {
	operation byte
	total     uint64
	pay       [5]uint64
	vat       [6]uint64
}

func cashSale(total uint64) receipt {
	return receipt{operation: 1, total: total, pay: [5]uint64{total}, vat: [6]uint64{total / 6}}
}

func (c receipt) item(v ffd.Version) []byte {
	b := text(nil, ffd.SubjectName, "HLEB")
	b = tlv.AppendVLN(b, ffd.Price, c.total)
	b = tlv.AppendFVLN(b, ffd.Quantity, tlv.Decimal{Mantissa: 1})
	b = tlv.AppendVLN(b, ffd.SubjectSum, c.total)
	b = tlv.AppendByte(b, ffd.VATRate, 1)
	b = tlv.AppendByte(b, ffd.SubjectType, 1)
	b = tlv.AppendByte(b, ffd.PaymentMethod, 4)
	if v == ffd.FFD12 {
		b = tlv.AppendByte(b, ffd.MeasureUnit, 0)
	}
	return b
}

func (c receipt) payments() []byte {
	var b []byte
	for i, t := range []tlv.Tag{1031, 1081, 1215, 1216, 1217} {
		b = tlv.AppendVLN(b, t, c.pay[i])
	}
	return b
}

func (c receipt) rest(v ffd.Version) []byte {
	b := text(nil, ffd.Cashier, "IVANOV")
	b = tlv.AppendByte(b, ffd.TaxSystem, 1)
	for i, sum := range c.vat {
		if sum != 0 {
			b = tlv.AppendVLN(b, tlv.Tag(1102+i), sum)
		}
	}
	if v == ffd.FFD105 {
		b = tlv.AppendByte(b, ffd.FormatVersion, byte(v))
	}
	return b
}

// begin begins the receipt and sends all its data.
func (r *rig) begin(c receipt, at fnlink.DateTime) {
	r.t.Helper()
	r.ok(fnlink.BeginReceipt{At: at}, fnlink.NoReply{})
	r.ok(fnlink.SendData{TLV: tlv.AppendBytes(nil, ffd.Subject, c.item(r.v))}, fnlink.NoReply{})
	r.ok(fnlink.SendData{TLV: c.payments()}, fnlink.NoReply{})
	r.ok(fnlink.SendData{TLV: c.rest(r.v)}, fnlink.NoReply{})
}

func (r *rig) sell(c receipt, at fnlink.DateTime) (reply fnlink.FormReceiptReply) {
	r.t.Helper()
	r.begin(c, at)
	r.ok(fnlink.FormReceipt{At: at, Operation: c.operation, Total: c.total}, &reply)
	return reply
}

// document reads the fields of a document by 45h and 46h.
func (r *rig) document(n uint32) (form uint16, fields []byte) {
	r.t.Helper()
	var head fnlink.RequestDocumentReply
	r.ok(fnlink.RequestDocument{Document: n}, &head)
	for {
		code, data := r.exec(fnlink.ReadDocument{})
		if code == fnlink.NoData {
			require.Len(r.t, fields, int(head.Length))
			return head.Form, fields
		}
		require.Equal(r.t, fnlink.OK, code)
		fields = append(fields, data...)
	}
}

func (r *rig) export() []byte {
	r.t.Helper()
	var b bytes.Buffer
	require.NoError(r.t, r.s.Export(&b))
	return b.Bytes()
}

func text(dst []byte, t tlv.Tag, s string) []byte { return tlv.AppendBytes(dst, t, []byte(s)) }

// tags are the tags of elements, in order.
func tags(list []byte) (tags []tlv.Tag) {
	for r := tlv.NewReader(list); r.Next(); {
		tags = append(tags, r.Tag())
	}
	return tags
}

// get is the value of the only element with a tag.
func get(t *testing.T, list []byte, tag tlv.Tag) []byte {
	t.Helper()
	var found [][]byte
	for r := tlv.NewReader(list); r.Next(); {
		if r.Tag() == tag {
			found = append(found, r.Value())
		}
	}
	require.Len(t, found, 1, "elements %d", tag)
	return found[0]
}

// number is a little-endian integer.
func number(b []byte) (v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}
