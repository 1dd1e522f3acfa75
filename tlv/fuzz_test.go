package tlv_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
)

// FuzzReader: a walk ends, its elements are the input up to the error, and
// written again they are the same bytes.
func FuzzReader(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x1E, 0x04, 1, 0, 1})
	f.Add([]byte{0x1E, 0x04, 0xFF, 0xFF, 1})
	f.Add([]byte{3, 0, 5, 0, 0x1E, 0x04, 1, 0, 1, 0x81, 0x06, 0xFA})
	f.Fuzz(func(t *testing.T, doc []byte) {
		var joined, again []byte
		seen := map[tlv.Tag]bool{}
		r := tlv.NewReader(doc)
		for r.Next() {
			require.Equal(t, len(joined), r.Offset())
			joined = append(joined, r.Element()...)
			again = tlv.AppendBytes(again, r.Tag(), r.Value())
			if !seen[r.Tag()] {
				seen[r.Tag()] = true
				found, ok := tlv.Find(doc, r.Tag())
				require.True(t, ok)
				require.Equal(t, r.Value(), found)
			}
			typed := r // an accessor that fails must not disturb the walk
			_, _, _, _ = typed.Byte(), typed.Uint16(), typed.Uint32(), typed.VLN()
			_, _, _ = typed.FVLN(), typed.UnixTime(), typed.Text()
		}
		require.Equal(t, joined, again)
		require.True(t, bytes.HasPrefix(doc, joined))
		require.Equal(t, r.Err() == nil, len(joined) == len(doc))
	})
}

func FuzzVLN(f *testing.F) {
	f.Add(uint64(0))
	f.Add(uint64(404969))
	f.Add(^uint64(0))
	f.Fuzz(func(t *testing.T, v uint64) {
		r := tlv.NewReader(tlv.AppendVLN(nil, 1020, v))
		require.True(t, r.Next())
		require.Equal(t, v, r.VLN())
		require.NoError(t, r.Err())
		n := len(r.Value())
		require.True(t, n == 1 || r.Value()[n-1] != 0, "the shortest form")
	})
}

// FuzzDecodeVLN: any form that decodes is the same number in the shortest.
func FuzzDecodeVLN(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x84, 0, 0, 0})
	f.Add(make([]byte, 9))
	f.Fuzz(func(t *testing.T, value []byte) {
		v, err := tlv.DecodeVLN(value)
		if err != nil {
			require.Greater(t, len(value), 8)
			return
		}
		shortest := tlv.AppendVLN(nil, 1, v)[tlv.HeaderSize:]
		require.Equal(t, bytes.TrimRight(value, "\x00"), bytes.TrimRight(shortest, "\x00"))
	})
}

func FuzzFVLN(f *testing.F) {
	f.Add(uint64(876), uint8(3))
	f.Add(uint64(0), uint8(255))
	f.Add(uint64(tlv.MaxMantissa), uint8(0))
	f.Fuzz(func(t *testing.T, mantissa uint64, scale uint8) {
		d := tlv.Decimal{Mantissa: mantissa & tlv.MaxMantissa, Scale: scale}
		r := tlv.NewReader(tlv.AppendFVLN(nil, 1023, d))
		require.True(t, r.Next())
		require.Equal(t, d, r.FVLN())
		require.NoError(t, r.Err())
		require.LessOrEqual(t, len(r.Value()), 8)
		back, err := tlv.ParseDecimal(d.String())
		require.NoError(t, err)
		require.Equal(t, d, back)
		require.True(t, d.Equal(d.Reduce()))
	})
}

// FuzzParseDecimal: what is read prints as it stood, but for leading zeros.
func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"1", "0.876", "007.10", "1e5", "-1", ".", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := tlv.ParseDecimal(s)
		if err != nil {
			return
		}
		require.LessOrEqual(t, d.Mantissa, uint64(tlv.MaxMantissa))
		again, err := tlv.ParseDecimal(d.String())
		require.NoError(t, err)
		require.Equal(t, d, again)
	})
}

func FuzzUnixTime(f *testing.F) {
	f.Add(uint32(0), int16(0))
	f.Add(uint32(1488541080), int16(180))
	f.Fuzz(func(t *testing.T, seconds uint32, zoneMinutes int16) {
		clock := time.Unix(int64(seconds), 0).UTC()
		zone := time.FixedZone("", int(zoneMinutes)*60)
		local := time.Date(clock.Year(), clock.Month(), clock.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, zone)
		r := tlv.NewReader(tlv.AppendUnixTime(nil, 1012, local))
		require.True(t, r.Next())
		require.Equal(t, clock, r.UnixTime())
	})
}

func FuzzText(f *testing.F) {
	f.Add("Кофе", uint8(12))
	f.Add("  x ", uint8(2))
	f.Add("₽", uint8(1))
	f.Fuzz(func(t *testing.T, s string, size uint8) {
		element, err := tlv.AppendText(nil, 1030, s, charset.Strict)
		if err != nil {
			require.Empty(t, element)
			return
		}
		r := tlv.NewReader(element)
		require.True(t, r.Next())
		require.Equal(t, s, r.Text())
		fixed, err := tlv.AppendFixedText(nil, 1030, s, int(size), charset.Strict)
		if len(r.Value()) > int(size) {
			require.ErrorIs(t, err, tlv.ErrTooLong)
			return
		}
		require.NoError(t, err)
		require.Len(t, fixed, tlv.HeaderSize+int(size))
		require.Equal(t, r.Value(), fixed[tlv.HeaderSize:][:len(r.Value())])
	})
}
