package shtrih

import (
	"errors"
	"fmt"

	"github.com/openkkt/openkkt/protocol/checksum"
)

// Control bytes of protocol 1.0.
const (
	STX = 0x02
	ENQ = 0x05
	ACK = 0x06
	NAK = 0x15
)

// MaxData1 is the longest DATA of a frame of protocol 1.0.
const MaxData1 = 255

var (
	// ErrIncomplete: the frame goes on after the input's end.
	ErrIncomplete = errors.New("frame is not complete")
	// ErrChecksum: LRC or CRC differs.
	ErrChecksum = errors.New("wrong checksum")
	// ErrNotFrame: the bytes are no frame: another first byte, a length without
	// meaning, damaged stuffing.
	ErrNotFrame = errors.New("not a frame")
)

// AppendFrame1 appends the frame of protocol 1.0, STX N DATA LRC; the LRC is the
// XOR of N and DATA. It panics when data is empty or longer than [MaxData1].
func AppendFrame1(dst, data []byte) []byte {
	if len(data) == 0 || len(data) > MaxData1 {
		panic("shtrih: a frame of protocol 1.0 holds 1 to 255 bytes")
	}
	dst = append(append(dst, STX, byte(len(data))), data...)
	return append(dst, byte(len(data))^checksum.LRC(data))
}

// ParseFrame1 reads the frame that b begins with. data is a view of b, n the
// length of the whole frame.
func ParseFrame1(b []byte) (data []byte, n int, err error) {
	if len(b) > 0 && b[0] != STX {
		return nil, 0, fmt.Errorf("shtrih: first byte %02Xh: %w", b[0], ErrNotFrame)
	}
	if len(b) > 1 && b[1] == 0 {
		return nil, 0, fmt.Errorf("shtrih: length 0: %w", ErrNotFrame)
	}
	if len(b) < 2 || len(b) < int(b[1])+3 {
		return nil, 0, ErrIncomplete
	}
	n = int(b[1]) + 3
	if got, want := b[n-1], checksum.LRC(b[1:n-1]); got != want {
		return nil, 0, fmt.Errorf("shtrih: LRC %02Xh, computed %02Xh: %w", got, want, ErrChecksum)
	}
	return b[2 : n-1], n, nil
}
