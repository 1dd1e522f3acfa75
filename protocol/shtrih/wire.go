package shtrih

import "encoding/binary"

const (
	// NotGiven in a money field asks the register to compute the value itself
	// (sum and tax of FF46h, taxes of FF45h).
	NotGiven = 0xFFFFFFFFFF
	// MaxMoney is the largest sum of a five-byte field, in kopecks; the value
	// above it is [NotGiven].
	MaxMoney = NotGiven - 1
	// MaxMoney6 is the largest value of a six-byte field of an answer.
	MaxMoney6 = 1<<48 - 1
	// MaxQuantity is the largest quantity of FF46h, in millionths.
	MaxQuantity = 1<<48 - 1
)

var le = binary.LittleEndian

func appendUint40(dst []byte, v uint64) []byte {
	if v > NotGiven {
		panic("shtrih: value does not fit five bytes")
	}
	return append(dst, byte(v), byte(v>>8), byte(v>>16), byte(v>>24), byte(v>>32))
}

func appendUint48(dst []byte, v uint64) []byte {
	if v > MaxMoney6 {
		panic("shtrih: value does not fit six bytes")
	}
	return append(dst, byte(v), byte(v>>8), byte(v>>16), byte(v>>24), byte(v>>32), byte(v>>40))
}

func uint40(b []byte) uint64 { return uint64(le.Uint32(b)) | uint64(b[4])<<32 }
func uint48(b []byte) uint64 { return uint64(le.Uint32(b)) | uint64(le.Uint16(b[4:]))<<32 }

// appendHead begins a command that carries a password.
func appendHead(dst []byte, c Code, password uint32) []byte {
	return le.AppendUint32(AppendCode(dst, c), password)
}

// parsePassword reads a command that is a password and nothing else.
func parsePassword(c Code, data []byte) (uint32, error) {
	if err := checkLength(c, data, 4, 4); err != nil {
		return 0, err
	}
	return le.Uint32(data), nil
}

func checkLength(c Code, data []byte, lo, hi int) error {
	if len(data) < lo || len(data) > hi {
		return &LengthError{Command: c, Got: len(data), Want: lo, Max: hi}
	}
	return nil
}

func checkPayload(c Code, payload []byte, lo, hi int) error {
	if len(payload) < lo || len(payload) > hi {
		return &LengthError{Command: c, Answer: true, Got: len(payload), Want: lo, Max: hi}
	}
	return nil
}

func checkMoney(c Code, field string, v uint64) error {
	if v > NotGiven {
		return &RangeError{c, field, v, MaxMoney}
	}
	return nil
}

func checkText(c Code, field string, text []byte, limit int) error {
	if len(text) > limit {
		return &RangeError{c, field, uint64(len(text)), uint64(limit)}
	}
	return nil
}
