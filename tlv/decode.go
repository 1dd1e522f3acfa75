package tlv

import (
	"encoding/binary"
	"fmt"
	"time"
)

// DecodeVLN is the integer of variable length in value. It takes what
// encoders in the field write: up to 8 bytes, none at all for zero, and more
// bytes than needed.
func DecodeVLN(value []byte) (uint64, error) {
	if len(value) > 8 {
		return 0, &valueError{err: ErrTooLong, reason: fmt.Sprintf("VLN of %d bytes of at most 8", len(value))}
	}
	return little(value), nil
}

// DecodeFVLN is the decimal in value: a byte with the number of digits after
// the point, then 0 to 7 bytes of mantissa.
func DecodeFVLN(value []byte) (Decimal, error) {
	switch {
	case len(value) == 0:
		return Decimal{}, &valueError{err: ErrValue, reason: "empty FVLN"}
	case len(value) > 8:
		return Decimal{}, &valueError{err: ErrTooLong, reason: fmt.Sprintf("FVLN of %d bytes of at most 8", len(value))}
	}
	return Decimal{Mantissa: little(value[1:]), Scale: value[0]}, nil
}

// DecodeUnixTime is the wall clock at the place of settlement in value, four
// bytes, as a time in UTC.
func DecodeUnixTime(value []byte) (time.Time, error) {
	if len(value) != 4 {
		return time.Time{}, lengthError(len(value), 4)
	}
	return time.Unix(int64(binary.LittleEndian.Uint32(value)), 0).UTC(), nil
}

// valueError is what is wrong with a value whose tag and place the decoder
// does not know; Reader adds them.
type valueError struct {
	err    error
	reason string
}

func (e *valueError) Error() string { return e.err.Error() + ": " + e.reason }
func (e *valueError) Unwrap() error { return e.err }

func lengthError(have, want int) error {
	return &valueError{err: ErrValue, reason: fmt.Sprintf("%d bytes, must be %d", have, want)}
}

func little(b []byte) (v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}
