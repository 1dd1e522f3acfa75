package shtrih

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// place is one field of a layout in the command list, «pw:4», «name:0..128».
type place struct {
	name string
	size int
}

// layout reads a column of the list. Of a variable field it takes one of the
// lengths; what stands in brackets is taken when asked for.
func layout(t *testing.T, column string, optional bool) []place {
	t.Helper()
	var all []place
	inBrackets := false
	for _, word := range strings.Fields(column) {
		inBrackets = inBrackets || strings.HasPrefix(word, "[")
		closes := strings.HasSuffix(word, "]")
		name, size, ok := strings.Cut(strings.Trim(word, "[]"), ":")
		require.True(t, ok, word)
		_, most, variable := strings.Cut(size, "..")
		if variable {
			size = most
		}
		n, err := strconv.Atoi(size)
		require.NoError(t, err, word)
		if variable {
			n = min(n, 7)
		}
		if !inBrackets || optional {
			all = append(all, place{name, n})
		}
		inBrackets = inBrackets && !closes
	}
	return all
}

// numbered fills a layout with bytes of which no two near ones are equal and
// none is zero.
func numbered(places []place) []byte {
	b := []byte{}
	for _, p := range places {
		for range p.size {
			b = append(b, byte(len(b)%250+1))
		}
	}
	return b
}

// leaves gives the values of a struct in the order of its fields, each as the
// bytes it takes on the wire, least first. Zero ones did not come.
func leaves(v reflect.Value) [][]byte {
	var all [][]byte
	switch {
	case v.IsZero(), v.Kind() == reflect.Bool, v.Kind() == reflect.Slice && v.Len() == 0:
		return nil
	case v.Type() == reflect.TypeFor[DateTime5]():
		return [][]byte{appendDateTime5(nil, v.Interface().(DateTime5))}
	case v.Type() == reflect.TypeFor[Date](): // of FF03h; 11h and 21h to 23h are left out below
		return [][]byte{appendYMD(nil, v.Interface().(Date))}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			all = append(all, leaves(v.Field(i))...)
		}
		return all
	case v.Kind() == reflect.Slice:
		return [][]byte{v.Bytes()}
	case v.Kind() == reflect.Array && v.Type().Elem().Kind() == reflect.Uint8 && v.Len() > 4:
		text := make([]byte, v.Len())
		reflect.Copy(reflect.ValueOf(text), v)
		return [][]byte{text}
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			all = append(all, leaves(v.Index(i))...)
		}
		return all
	case v.CanInt():
		return [][]byte{le.AppendUint64(nil, uint64(v.Int()))}
	}
	return [][]byte{le.AppendUint64(nil, v.Uint())}
}

func requireLayout(t *testing.T, code string, places []place, wire []byte, v reflect.Value) {
	t.Helper()
	values := leaves(v)
	require.Len(t, values, len(places), "%s: %v against %v", code, v, places)
	for i, p := range places {
		value := values[i]
		if len(value) == 8 && p.size < 8 { // an integer
			value = value[:p.size]
		}
		require.Equal(t, wire[:p.size], value, "%s %s", code, p.name)
		wire = wire[p.size:]
	}
	require.Empty(t, wire)
}

// The layouts of the list are an encoder of their own: every field of every
// struct is where the list has it, with the width it has there.
func TestFieldsLieWhereTheCommandListHasThem(t *testing.T) {
	// Dates of other orders, halves that lie apart, names that end at 00,
	// optional groups in the middle: these have tests of their own.
	requests := []Code{SetTimeCode, SetDateCode, ConfirmDateCode}
	answers := []Code{
		ShortStatusCode, FullStatusCode, TableStructureCode, FieldStructureCode, LastRegistrationCode, ExtendedQueryCode,
	}
	checked := 0
	for _, row := range rows(t, "commands.csv") {
		n, err := strconv.ParseUint(row["code"], 16, 16)
		require.NoError(t, err)
		c := Code(n)
		kind, ok := kinds[c]
		if !ok {
			continue
		}
		if !slices.Contains(requests, c) {
			places := layout(t, row["request_layout"], true)
			wire := numbered(places)
			if c == WriteBufferCode { // the third field counts the last
				wire[6] = 7
				places = slices.Delete(places, 2, 3)
			}
			command, err := kind.parse(wire)
			require.NoError(t, err, row["code"])
			assert.Equal(t, wire, command.AppendTo(nil)[len(AppendCode(nil, c)):], row["code"])
			if c == WriteBufferCode {
				wire = slices.Concat(wire[:6], wire[7:])
			}
			requireLayout(t, row["code"], places, wire, reflect.ValueOf(command))
			checked++
		}
		if slices.Contains(answers, c) {
			continue
		}
		for _, optional := range []bool{false, true} {
			places := layout(t, row["answer_layout"], optional)
			wire := numbered(places)
			reply := kind.reply()
			require.NoError(t, reply.Parse(wire), row["code"])
			requireLayout(t, row["code"], places, wire, reflect.ValueOf(reply).Elem())
			checked++
		}
	}
	assert.Equal(t, 3*len(kinds)-len(requests)-2*len(answers), checked)
}

func TestRegistrationOfNewerFormatsHasMoreFields(t *testing.T) {
	want := RegistrationReply{
		Registered: DateTime5{Date{2026, 1, 2}, 3, 4}, INN: [12]byte([]byte("7705028013  ")),
		RNM: [20]byte([]byte("0000000001036353    ")), TaxSystems: 1, WorkMode: 2, ExtendedMode: 3,
		OFDINN: [12]byte([]byte("7704211201  ")), Reasons: 0x04030201, HasExtended: true, Document: 5, FiscalSign: 6,
	}
	wire := unhex(t, "1a01020304"+"373730353032383031332020"+"3030303030303030303130333633353320202020"+"0102"+
		"03"+"373730343231313230312020"+"01020304"+"05000000"+"06000000")
	var got RegistrationReply
	require.NoError(t, got.Parse(wire))
	assert.Equal(t, want, got)
	assert.Equal(t, wire, want.AppendTo(nil))
	for _, size := range []int{47, 49, 63, 65} {
		assert.Error(t, got.Parse(make([]byte, size)))
	}
}

func TestReceiptClosingV4OfARealDriverHasTwelveTaxes(t *testing.T) {
	for _, v := range loadVectors(t) {
		if v.Name != "ff78" {
			continue
		}
		c, err := ParseCommand(v.data(t, v.Request))
		require.NoError(t, err)
		closing := c.(CloseReceiptV4)
		assert.Equal(t, uint64(10000), closing.Payments[PaymentCash])
		assert.Equal(t, uint64(400), closing.Payments[PaymentBarter])
		assert.Equal(t, uint64(100), closing.Taxes[Tax20])
		assert.Equal(t, uint64(1000), closing.Taxes[Tax7107])
		assert.Equal(t, uint64(1200), closing.Taxes[Tax22122])
		assert.Equal(t, uint8(1), closing.TaxSystem)
		return
	}
	t.Fatal("no FF78h in the vectors")
}

func TestDiscountOfAClosedReceiptHasASign(t *testing.T) {
	data := CloseReceiptV1{Password: 30, Discount: -1050}.AppendTo(nil)
	assert.Equal(t, unhex(t, "e6fb"), data[25:27])
	var c CloseReceiptV1
	require.NoError(t, c.Parse(data[1:]))
	assert.Equal(t, int16(-1050), c.Discount)
}

func TestBlockIsAsLongAsItsCountSays(t *testing.T) {
	var c WriteBuffer
	require.NoError(t, c.Parse(unhex(t, "1e000000 f000 03 aabbcc")))
	assert.Equal(t, WriteBuffer{Password: 30, Offset: 240, Data: unhex(t, "aabbcc")}, c)
	for _, wire := range []string{"1e000000 f000 02 aabbcc", "1e000000 f000 04 aabbcc", "1e000000 f000 00", "1e000000 f000 00 aa"} {
		var length *LengthError
		require.ErrorAs(t, c.Parse(unhex(t, wire)), &length, wire)
		assert.Equal(t, WriteBufferCode, length.Command)
	}
	assert.Panics(t, func() { WriteBuffer{Data: make([]byte, 247)}.AppendTo(nil) })
}
