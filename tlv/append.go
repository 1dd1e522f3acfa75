package tlv

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/openkkt/openkkt/tlv/charset"
)

// Mark remembers where an element begun by Begin starts in the buffer.
type Mark int

// Begin starts an element whose length is not known yet. What is appended
// until the matching End is its value.
func Begin(dst []byte, t Tag) ([]byte, Mark) {
	return appendHeader(dst, t, 0), Mark(len(dst))
}

// End writes the length of the element that m began. It panics if the value
// is longer than MaxValue or m is not a mark of this buffer: both are
// mistakes of the program, since documents are far shorter.
func End(dst []byte, m Mark) []byte {
	n := len(dst) - int(m) - HeaderSize
	if m < 0 || n < 0 || n > MaxValue {
		panic(fmt.Sprintf("tlv: End: value of %d bytes at mark %d", n, m))
	}
	binary.LittleEndian.PutUint16(dst[int(m)+2:], uint16(n))
	return dst
}

// AppendByte appends an element of one byte.
func AppendByte(dst []byte, t Tag, v byte) []byte {
	return append(appendHeader(dst, t, 1), v)
}

// AppendUint16 appends an element of two bytes, little-endian.
func AppendUint16(dst []byte, t Tag, v uint16) []byte {
	return binary.LittleEndian.AppendUint16(appendHeader(dst, t, 2), v)
}

// AppendUint32 appends an element of four bytes, little-endian.
func AppendUint32(dst []byte, t Tag, v uint32) []byte {
	return binary.LittleEndian.AppendUint32(appendHeader(dst, t, 4), v)
}

// AppendVLN appends an integer of variable length (VLN; sums are kopecks):
// little-endian in as few bytes as it needs, but at least one, as registers
// write it.
func AppendVLN(dst []byte, t Tag, v uint64) []byte {
	n := max(1, byteLen(v))
	return appendLittle(appendHeader(dst, t, n), v, n)
}

// AppendFVLN appends a decimal (FVLN): the number of digits after the point,
// then the mantissa as in AppendVLN. It panics if d.Mantissa is greater than
// MaxMantissa.
func AppendFVLN(dst []byte, t Tag, d Decimal) []byte {
	if d.Mantissa > MaxMantissa {
		panic(fmt.Sprintf("tlv: AppendFVLN: mantissa %d needs more than 7 bytes", d.Mantissa))
	}
	n := max(1, byteLen(d.Mantissa))
	dst = append(appendHeader(dst, t, 1+n), d.Scale)
	return appendLittle(dst, d.Mantissa, n)
}

// AppendUnixTime appends a date and time (unixtime). Documents keep the wall
// clock at the place of settlement, encoded as if it were UTC: the zone of tm
// is dropped, its clock reading stays. It panics outside 1970–2105.
func AppendUnixTime(dst []byte, t Tag, tm time.Time) []byte {
	_, zone := tm.Zone()
	seconds := tm.Unix() + int64(zone)
	if seconds < 0 || seconds > math.MaxUint32 {
		panic(fmt.Sprintf("tlv: AppendUnixTime: %v does not fit 32 bits", tm))
	}
	return AppendUint32(dst, t, uint32(seconds))
}

// AppendBytes appends an element with the value v. It panics if v is longer
// than MaxValue.
func AppendBytes(dst []byte, t Tag, v []byte) []byte {
	if len(v) > MaxValue {
		panic(fmt.Sprintf("tlv: AppendBytes: value of %d bytes", len(v)))
	}
	return append(appendHeader(dst, t, len(v)), v...)
}

// AppendText appends a string in CP866. On error (a character that CP866
// lacks, more than MaxValue bytes) it returns dst as it was and an *Error.
func AppendText(dst []byte, t Tag, s string, p charset.Policy) ([]byte, error) {
	out, m := Begin(dst, t)
	out, err := charset.AppendCP866(out, s, p)
	if err != nil {
		return dst, &Error{Tag: t, Offset: -1, Err: err}
	}
	if n := len(out) - int(m) - HeaderSize; n > MaxValue {
		return dst, tooLong(t, n, MaxValue)
	}
	return End(out, m), nil
}

// AppendFixedText appends a string of a fixed length of n bytes in CP866,
// padded with spaces on the right. On error (as in AppendText, or s longer
// than n) it returns dst as it was and an *Error.
func AppendFixedText(dst []byte, t Tag, s string, n int, p charset.Policy) ([]byte, error) {
	if n < 0 || n > MaxValue {
		return dst, tooLong(t, n, MaxValue)
	}
	out, m := Begin(dst, t)
	out, err := charset.AppendCP866(out, s, p)
	if err != nil {
		return dst, &Error{Tag: t, Offset: -1, Err: err}
	}
	have := len(out) - int(m) - HeaderSize
	if have > n {
		return dst, tooLong(t, have, n)
	}
	for range n - have {
		out = append(out, ' ')
	}
	return End(out, m), nil
}

func tooLong(t Tag, have, limit int) error {
	return &Error{Tag: t, Offset: -1, Err: ErrTooLong,
		Reason: fmt.Sprintf("%d bytes of at most %d", have, limit)}
}

func appendHeader(dst []byte, t Tag, n int) []byte {
	return append(dst, byte(t), byte(t>>8), byte(n), byte(n>>8))
}

func appendLittle(dst []byte, v uint64, n int) []byte {
	for range n {
		dst = append(dst, byte(v))
		v >>= 8
	}
	return dst
}

func byteLen(v uint64) int { return (bits.Len64(v) + 7) / 8 }
