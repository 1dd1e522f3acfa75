package fnlink

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/openkkt/openkkt/protocol/checksum"
)

// Start is the first byte of every frame (FNS ККТ–ФН 1.2.06, tables 2 and 3).
const Start = 0x04

// ENQ asks the storage on a UART line to repeat its last answer (FNS ККТ–ФН 1.2.06, section 2.5).
const ENQ = 0x05

// MaxData is the largest DATA field in bytes, in either direction (FNS ККТ–ФН 1.2.06, section 3.1).
// Storages of 2016 took 1024.
const MaxData = 1536

// frameOverhead is Start, LEN and CRC.
const frameOverhead = 1 + 2 + 2

// Errors of ParseFrame. They are wrapped in a *FrameError, which names the byte.
var (
	ErrIncomplete = errors.New("frame is not complete yet")
	ErrStart      = errors.New("byte is not a frame start")
	ErrLength     = errors.New("frame length is out of range")
	ErrChecksum   = errors.New("frame checksum is wrong")
)

// FrameError says at which byte of the input a frame is wrong.
type FrameError struct {
	Offset int // from the beginning of the input
	Err    error
}

func (e *FrameError) Error() string {
	return fmt.Sprintf("FN frame: byte %d: %v", e.Offset, e.Err)
}

func (e *FrameError) Unwrap() error { return e.Err }

// AppendFrame frames body, a command or answer code with its DATA, and appends the frame to dst:
//
//	04 | LEN u16 LE = len(body) | body | CRC u16 LE
//
// The checksum is CRC-16/CCITT-FALSE over everything after the start byte. It panics when body is empty or
// longer than MaxData+1 bytes, which no command or reply of this package is.
func AppendFrame(dst, body []byte) []byte {
	if len(body) == 0 || len(body) > MaxData+1 {
		panic("fnlink: frame body must be 1 to 1537 bytes")
	}
	from := len(dst) + 1
	dst = append(dst, Start)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(body)))
	dst = append(dst, body...)
	return binary.LittleEndian.AppendUint16(dst, checksum.CRC16(dst[from:]))
}

// ParseFrame takes one frame from the beginning of in. body is a view into in, rest is what follows the frame.
// ErrIncomplete means that more bytes are needed; any other error, that in does not begin with a frame.
func ParseFrame(in []byte) (body, rest []byte, err error) {
	if len(in) == 0 {
		return nil, nil, errIncompleteAt0
	}
	if in[0] != Start {
		return nil, nil, errStartAt0
	}
	if len(in) < 3 {
		return nil, nil, errIncompleteAt0
	}
	n := int(binary.LittleEndian.Uint16(in[1:]))
	if n == 0 || n > MaxData+1 {
		return nil, nil, &FrameError{1, ErrLength}
	}
	end := n + frameOverhead
	if len(in) < end {
		return nil, nil, errIncompleteAt0
	}
	if checksum.CRC16(in[1:end-2]) != binary.LittleEndian.Uint16(in[end-2:]) {
		return nil, nil, &FrameError{end - 2, ErrChecksum}
	}
	return in[3 : end-2], in[end:], nil
}

// The two errors that a receiver meets on a healthy line, so they do not allocate.
var (
	errIncompleteAt0 = &FrameError{0, ErrIncomplete}
	errStartAt0      = &FrameError{0, ErrStart}
)
