package shtrih

import (
	"fmt"
	"math/bits"

	"github.com/openkkt/openkkt/protocol/checksum"
)

// Bytes of protocol 2.0. Mark begins a frame and stands nowhere else: inside,
// Mark and Escape are written as Escape and one of two bytes.
const (
	Mark          = 0x8F
	Escape        = 0x9F
	escapedMark   = 0x81
	escapedEscape = 0x83
)

// MaxData2 is the longest DATA of a frame of protocol 2.0: the length counts the
// two bytes of NUM too.
const MaxData2 = 65533

// AppendFrame2 appends the frame of protocol 2.0, 8Fh LEN:2 NUM:2 DATA CRC:2,
// stuffed. The CRC covers LEN, NUM and DATA before stuffing. It panics when data
// is longer than [MaxData2].
func AppendFrame2(dst []byte, num uint16, data []byte) []byte {
	if len(data) > MaxData2 {
		panic("shtrih: a frame of protocol 2.0 holds at most 65533 bytes")
	}
	size := uint16(len(data) + 2)
	head := [4]byte{byte(size), byte(size >> 8), byte(num), byte(num >> 8)}
	crc := checksum.UpdateCRC16(checksum.CRC16(head[:]), data)
	dst = append(dst, Mark)
	if specials(uint64(le.Uint32(head[:])))&tops == 0 {
		dst = append(dst, head[:]...)
	} else {
		dst = appendStuffed(dst, head[:])
	}
	dst = appendStuffed(dst, data)
	if specials(uint64(crc))&tops == 0 {
		return le.AppendUint16(dst, crc)
	}
	return appendStuffedByte(appendStuffedByte(dst, byte(crc)), byte(crc>>8))
}

// AppendSync2 appends the frame with LEN 0, which asks the register for its last
// answer and so for the number it executed last.
func AppendSync2(dst []byte) []byte { return append(dst, Mark, 0x00, 0x00, 0x0F, 0x1D) }

// Frame2 is a frame of protocol 2.0 without stuffing.
type Frame2 struct {
	Sync bool // LEN was 0: no NUM, no DATA
	Num  uint16
	Data []byte
}

// ParseFrame2 reads the frame that b begins with. The frame is unstuffed into
// dst[:0], which may be nil and grows as needed; Data is a view of the buffer
// given back. n is the length of the whole frame in b.
func ParseFrame2(dst, b []byte) (f Frame2, buf []byte, n int, err error) {
	if len(b) > 0 && b[0] != Mark {
		return f, dst, 0, fmt.Errorf("shtrih: first byte %02Xh: %w", b[0], ErrNotFrame)
	}
	if len(b) == 0 {
		return f, dst, 0, ErrIncomplete
	}
	d := decoder2{buf: dst[:0]}
	d.begin()
	used, event := d.feed(b[1:])
	switch event {
	case frameNone:
		return f, d.buf, 0, ErrIncomplete
	case frameBroken:
		return f, d.buf, 0, fmt.Errorf("shtrih: damaged at byte %d: %w", used, ErrNotFrame)
	case frameChecksum:
		return f, d.buf, 0, fmt.Errorf("shtrih: CRC: %w", ErrChecksum)
	}
	return d.frame(), d.buf, 1 + used, nil
}

func appendStuffedByte(dst []byte, b byte) []byte {
	switch b {
	case Mark:
		return append(dst, Escape, escapedMark)
	case Escape:
		return append(dst, Escape, escapedEscape)
	}
	return append(dst, b)
}

// appendStuffed copies the runs between the bytes that need an escape.
func appendStuffed(dst, data []byte) []byte {
	for {
		i := indexSpecial(data)
		dst = append(dst, data[:i]...)
		if i == len(data) {
			return dst
		}
		dst = appendStuffedByte(dst, data[i])
		data = data[i+1:]
	}
}

// indexSpecial is where the first Mark or Escape stands, len(b) without one.
func indexSpecial(b []byte) int {
	i := 0
	for ; len(b)-i >= 32; i += 32 {
		p := b[i : i+32]
		found := specials(le.Uint64(p)) | specials(le.Uint64(p[8:])) | specials(le.Uint64(p[16:])) | specials(le.Uint64(p[24:]))
		if found&tops != 0 {
			break
		}
	}
	for ; len(b)-i >= 8; i += 8 {
		if found := specials(le.Uint64(b[i:])) & tops; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(b); i++ {
		if b[i]|(Mark^Escape) == Escape {
			return i
		}
	}
	return len(b)
}

// The lowest bit and the top bit of each byte of a word.
const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// specials sets top bits: none when no byte of a word is Mark or Escape, otherwise
// that of the first such byte, none below it and any above. The other bits mean
// nothing. Mark and Escape differ in one bit, so a byte that equals Escape with
// this bit set becomes zero in x, and subtracting one from each byte borrows into
// the top bit of the lowest zero. In other bytes below it that bit of the
// difference comes from a byte of x that had it, which the word then had not.
func specials(word uint64) uint64 {
	x := (word | ones*(Mark^Escape)) ^ ones*Escape
	return (x - ones) & word
}

// frameEvent is what feeding bytes to a decoder came to.
type frameEvent uint8

const (
	frameNone     frameEvent = iota // more bytes are needed
	frameReady                      // a good frame is in the buffer
	frameBroken                     // stuffing or length broken: dropped
	frameChecksum                   // CRC wrong: dropped
)

// decoder2 unstuffs one frame, in pieces of any size.
type decoder2 struct {
	buf     []byte // LEN NUM DATA CRC
	want    int    // length of buf when complete; 2 until LEN is known
	escaped bool   // the last byte was Escape
	active  bool   // inside a frame
}

// begin starts a frame after its Mark.
func (d *decoder2) begin() {
	d.buf, d.want, d.escaped, d.active = d.buf[:0], 2, false, true
}

// feed takes bytes after the Mark until the frame ends. A Mark inside a frame
// breaks it and is not used up: it may begin the next one.
func (d *decoder2) feed(in []byte) (used int, event frameEvent) {
	for used < len(in) {
		if d.escaped {
			d.escaped = false
			switch in[used] {
			case escapedMark:
				d.buf = append(d.buf, Mark)
			case escapedEscape:
				d.buf = append(d.buf, Escape)
			default:
				return used, d.end(frameBroken)
			}
			used++
		} else {
			run := in[used:min(len(in), used+d.want-len(d.buf))]
			run = run[:indexSpecial(run)]
			d.buf = append(d.buf, run...)
			used += len(run)
			if len(d.buf) < d.want && used < len(in) {
				if in[used] == Mark {
					return used, d.end(frameBroken)
				}
				d.escaped = true
				used++
				continue
			}
		}
		if len(d.buf) < d.want {
			continue
		}
		if d.want > 2 {
			return used, d.end(d.verify())
		}
		size := int(le.Uint16(d.buf))
		if size == 1 { // no room for NUM
			return used, d.end(frameBroken)
		}
		d.want = 2 + size + 2
	}
	return used, frameNone
}

func (d *decoder2) end(e frameEvent) frameEvent {
	d.active = false
	return e
}

func (d *decoder2) verify() frameEvent {
	body := d.buf[:len(d.buf)-2]
	if checksum.CRC16(body) != le.Uint16(d.buf[len(body):]) {
		return frameChecksum
	}
	return frameReady
}

// frame is the complete frame in the buffer, a view.
func (d *decoder2) frame() Frame2 {
	if len(d.buf) == 4 {
		return Frame2{Sync: true}
	}
	return Frame2{Num: le.Uint16(d.buf[2:]), Data: d.buf[4 : len(d.buf)-2]}
}
