package tlv

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
)

// MaxMantissa is the greatest mantissa that FVLN can hold: 7 bytes.
const MaxMantissa = 1<<56 - 1

// Decimal is the exact number Mantissa / 10^Scale: a quantity. Two decimals
// may be the same number written differently (1 and 1.000): encoders do not
// agree on trailing zeros, so compare with Equal.
type Decimal struct {
	Mantissa uint64
	Scale    uint8
}

// ErrDecimal is what ParseDecimal finds wrong.
var ErrDecimal = errors.New("not a decimal number")

// ParseDecimal reads digits with an optional point and digits after it. There
// is no sign and no exponent. Trailing zeros are kept in Scale. A result
// always fits FVLN.
func ParseDecimal(s string) (Decimal, error) {
	var d Decimal
	digits, point := 0, -1
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '.' && point < 0 && i > 0 && i < len(s)-1:
			point = i
		case c >= '0' && c <= '9':
			digits++
			d.Mantissa = d.Mantissa*10 + uint64(c-'0')
			if d.Mantissa > MaxMantissa {
				return Decimal{}, fmt.Errorf("%w: %.40q has too many digits", ErrDecimal, s)
			}
		default:
			return Decimal{}, fmt.Errorf("%w: %.40q", ErrDecimal, s)
		}
	}
	if digits == 0 {
		return Decimal{}, fmt.Errorf("%w: %.40q", ErrDecimal, s)
	}
	if point >= 0 {
		scale := len(s) - point - 1
		if scale > math.MaxUint8 {
			return Decimal{}, fmt.Errorf("%w: %.40q has too many digits", ErrDecimal, s)
		}
		d.Scale = uint8(scale)
	}
	return d, nil
}

// String is d with all Scale digits after the point.
func (d Decimal) String() string {
	return string(d.AppendTo(make([]byte, 0, 24)))
}

// AppendTo appends what String gives.
func (d Decimal) AppendTo(dst []byte) []byte {
	var buf [20]byte
	digits := strconv.AppendUint(buf[:0], d.Mantissa, 10)
	scale := int(d.Scale)
	if scale == 0 {
		return append(dst, digits...)
	}
	if whole := len(digits) - scale; whole > 0 {
		dst = append(dst, digits[:whole]...)
		dst = append(dst, '.')
		return append(dst, digits[whole:]...)
	}
	dst = append(dst, '0', '.')
	for range scale - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// Reduce drops trailing zeros after the point.
func (d Decimal) Reduce() Decimal {
	if d.Mantissa == 0 {
		return Decimal{}
	}
	for d.Scale > 0 && d.Mantissa%10 == 0 {
		d.Mantissa /= 10
		d.Scale--
	}
	return d
}

// Equal tells whether d and other are the same number.
func (d Decimal) Equal(other Decimal) bool { return d.Reduce() == other.Reduce() }

// MulRound is price × d, rounded half up to a whole kopeck, and whether it
// fits 64 bits.
func (d Decimal) MulRound(price uint64) (kopecks uint64, ok bool) {
	hi, lo := bits.Mul64(d.Mantissa, price)
	if d.Scale == 0 {
		return lo, hi == 0
	}
	// Divide by 10^(Scale-1), rounding down, and let the last digit decide.
	const digits, power = 19, 1e19 // the greatest power of ten in 64 bits
	left := int(d.Scale) - 1
	for ; left > digits; left -= digits {
		hi, lo = div128(hi, lo, power)
	}
	by := uint64(1)
	for range left {
		by *= 10
	}
	hi, lo = div128(hi, lo, by)
	lo, carry := bits.Add64(lo, 5, 0)
	hi, lo = div128(hi+carry, lo, 10)
	return lo, hi == 0
}

func div128(hi, lo, by uint64) (quotientHi, quotientLo uint64) {
	quotientHi, rest := hi/by, hi%by
	quotientLo, _ = bits.Div64(rest, lo, by)
	return quotientHi, quotientLo
}
