package tlv_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
)

func TestReaderTellsWhereBytesEnd(t *testing.T) {
	good := tlv.AppendByte(nil, 1054, 1)
	for _, c := range []struct {
		name   string
		doc    []byte
		tag    tlv.Tag
		offset int
	}{
		{"inside a header", append(good[:5:5], 0x04, 0x04), 0, 5},
		{"inside a value", append(good[:5:5], 0x04, 0x04, 4, 0, 1, 2, 3), 1028, 5},
	} {
		r := tlv.NewReader(c.doc)
		require.True(t, r.Next())
		require.False(t, r.Next(), c.name)
		require.False(t, r.Next(), c.name)
		var e *tlv.Error
		require.ErrorAs(t, r.Err(), &e)
		require.ErrorIs(t, e, tlv.ErrShort)
		require.Equal(t, c.tag, e.Tag)
		require.Equal(t, c.offset, e.Offset)
	}
}

func TestWrongTypeStopsTheWalkAndNamesTheElement(t *testing.T) {
	doc := tlv.AppendByte(nil, 1054, 1)
	doc = tlv.AppendUint16(doc, 1055, 1)
	doc = tlv.AppendByte(doc, 1209, 2)
	r := tlv.NewReader(doc)
	require.True(t, r.Next())
	require.True(t, r.Next())
	copied := r
	require.Zero(t, r.Byte())
	require.False(t, r.Next())
	var e *tlv.Error
	require.ErrorAs(t, r.Err(), &e)
	require.ErrorIs(t, e, tlv.ErrValue)
	require.Equal(t, tlv.Tag(1055), e.Tag)
	require.Equal(t, 5, e.Offset)

	require.Equal(t, uint16(1), copied.Uint16(), "a copy walks on its own")
	require.True(t, copied.Next())
	require.NoError(t, copied.Err())
}

func TestReaderBeforeTheFirstElementIsEmpty(t *testing.T) {
	r := tlv.NewReader([]byte{1, 2, 3, 4})
	require.Empty(t, r.Value())
	require.Empty(t, r.Element())
	require.Zero(t, r.Tag())
}

func TestValuesAreViewsThatCannotGrowIntoTheDocument(t *testing.T) {
	doc := tlv.AppendByte(nil, 1054, 1)
	doc = tlv.AppendByte(doc, 1055, 2)
	r := tlv.NewReader(doc)
	require.True(t, r.Next())
	require.Same(t, &doc[4], &r.Value()[0])
	_ = append(r.Value(), 0xEE)
	v, ok := tlv.Find(doc, 1054)
	require.True(t, ok)
	_ = append(v, 0xEE)
	require.Equal(t, []byte{0x1F, 0x04, 1, 0, 2}, doc[5:])
}

func TestFindStopsAtBrokenBytes(t *testing.T) {
	doc := tlv.AppendByte(nil, 1054, 1)
	_, ok := tlv.Find(append(doc, 0xFF, 0xFF, 9, 0, 1), 0xFFFF)
	require.False(t, ok)
	_, ok = tlv.Find(doc, 1055)
	require.False(t, ok)
}

func TestVLNTakesWhatTheFieldWrites(t *testing.T) {
	for _, value := range [][]byte{{}, {0}, {0, 0, 0, 0}, make([]byte, 8)} {
		v, err := tlv.DecodeVLN(value)
		require.NoError(t, err)
		require.Zero(t, v)
	}
	v, err := tlv.DecodeVLN([]byte{255, 255, 255, 255, 255, 255, 255, 255})
	require.NoError(t, err)
	require.Equal(t, uint64(math.MaxUint64), v)
	_, err = tlv.DecodeVLN(make([]byte, 9))
	require.ErrorIs(t, err, tlv.ErrTooLong)
}

func TestFVLNNeedsItsScaleByte(t *testing.T) {
	_, err := tlv.DecodeFVLN(nil)
	require.ErrorIs(t, err, tlv.ErrValue)
	_, err = tlv.DecodeFVLN(make([]byte, 9))
	require.ErrorIs(t, err, tlv.ErrTooLong)
	d, err := tlv.DecodeFVLN([]byte{3})
	require.NoError(t, err)
	require.Equal(t, "0.000", d.String())
}

func TestMistakesOfTheProgramPanic(t *testing.T) {
	long := make([]byte, tlv.MaxValue+1)
	require.Panics(t, func() {
		b, m := tlv.Begin(nil, 1059)
		tlv.End(append(b, long...), m)
	})
	require.Panics(t, func() { tlv.End(nil, 0) })
	require.Panics(t, func() { tlv.AppendBytes(nil, 1, long) })
	require.Panics(t, func() { tlv.AppendFVLN(nil, 1, tlv.Decimal{Mantissa: tlv.MaxMantissa + 1}) })
	require.Panics(t, func() { tlv.AppendUnixTime(nil, 1, time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)) })
}

func TestTextThatCannotBeWrittenLeavesTheBuffer(t *testing.T) {
	got, err := tlv.AppendText([]byte("x"), 1030, "5 ₽", charset.Conventional)
	require.Equal(t, "x", string(got))
	var e *tlv.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, tlv.Tag(1030), e.Tag)
	var c *charset.Error
	require.ErrorAs(t, err, &c)
	require.Equal(t, '₽', c.Rune)

	_, err = tlv.AppendText(nil, 1030, string(make([]byte, tlv.MaxValue+1)), charset.Strict)
	require.ErrorIs(t, err, tlv.ErrTooLong)
}

func TestDecimalsAreComparedByValue(t *testing.T) {
	one, err := tlv.ParseDecimal("1.000000")
	require.NoError(t, err)
	require.True(t, one.Equal(tlv.Decimal{Mantissa: 1}))
	require.Equal(t, tlv.Decimal{Mantissa: 1}, one.Reduce())
	require.Equal(t, "1.000000", one.String())
	require.False(t, one.Equal(tlv.Decimal{Mantissa: 1, Scale: 1}))
	require.True(t, tlv.Decimal{Scale: 5}.Equal(tlv.Decimal{}))
}

func TestParseDecimalRefusesWhatIsNotOne(t *testing.T) {
	for _, s := range []string{"", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "1.2.3", " 1", "0x1", "72057594037927936"} {
		_, err := tlv.ParseDecimal(s)
		require.ErrorIs(t, err, tlv.ErrDecimal, s)
	}
	d, err := tlv.ParseDecimal("72057594037927935")
	require.NoError(t, err)
	require.Equal(t, uint64(tlv.MaxMantissa), d.Mantissa)
}

func TestPriceTimesQuantityIsRoundedHalfUp(t *testing.T) {
	for _, c := range []struct {
		quantity string
		price    uint64
		want     uint64
	}{
		// a real receipt: 329.00 × 0.876 = 288.204
		{"0.876", 32900, 28820},
		{"1.257", 12990, 16328},
		{"0.5", 1, 1},
		{"0.49", 1, 0},
		{"3", 33, 99},
		{"0.000000000000000000000000001", 1, 0},
	} {
		d, err := tlv.ParseDecimal(c.quantity)
		require.NoError(t, err)
		got, ok := d.MulRound(c.price)
		require.True(t, ok)
		require.Equal(t, c.want, got, c.quantity)
	}
	_, ok := tlv.Decimal{Mantissa: math.MaxUint64}.MulRound(2)
	require.False(t, ok)
}

// FuzzMulRound compares with big integers.
func FuzzMulRound(f *testing.F) {
	f.Add(uint64(876), uint8(3), uint64(32900))
	f.Add(uint64(math.MaxUint64), uint8(39), uint64(math.MaxUint64))
	f.Add(uint64(5), uint8(1), uint64(1))
	f.Add(uint64(math.MaxUint64), uint8(20), uint64(math.MaxUint64))
	f.Add(uint64(1), uint8(255), uint64(1))
	f.Fuzz(func(t *testing.T, mantissa uint64, scale uint8, price uint64) {
		product := new(big.Int).Mul(new(big.Int).SetUint64(mantissa), new(big.Int).SetUint64(price))
		by := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
		product.Mul(product, big.NewInt(2)).Add(product, by)
		want := product.Quo(product, by.Mul(by, big.NewInt(2)))
		got, ok := tlv.Decimal{Mantissa: mantissa, Scale: scale}.MulRound(price)
		require.Equal(t, want.IsUint64(), ok)
		if ok {
			require.Equal(t, want.Uint64(), got)
		}
	})
}
