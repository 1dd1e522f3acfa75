package peers

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/openkkt/openkkt/protocol/checksum"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// several calls of the shortest functions make one step of a comparison, so
// that calling the step itself does not count.
const several = 32

func plainBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7+3) & 0x7F // neither 8Fh nor 9Fh
	}
	return b
}

func BenchmarkLRC64FasterThanByteLoop(b *testing.B) {
	data := plainBytes(64)
	require.Equal(b, lrcLoop(data), checksum.LRC(data))
	faster(b,
		func() {
			var sum uint64
			for range several {
				sum += uint64(checksum.LRC(data))
			}
			sink += sum
		},
		func() {
			var sum uint64
			for range several {
				sum += uint64(lrcLoop(data))
			}
			sink += sum
		})
}

//go:noinline
func lrcLoop(b []byte) (sum byte) {
	for _, v := range b {
		sum ^= v
	}
	return sum
}

func BenchmarkCRC256FasterThanTable(b *testing.B) {
	data := plainBytes(256)
	require.Equal(b, crcTable(data), checksum.CRC16(data))
	faster(b,
		func() { sink += uint64(checksum.CRC16(data)) },
		func() { sink += uint64(crcTable(data)) })
}

var crcEntries = func() (t [256]uint16) {
	for v := range 256 {
		crc := uint16(v) << 8
		for range 8 {
			carry := crc >> 15
			crc = crc<<1 ^ carry*0x1021
		}
		t[v] = crc
	}
	return t
}()

//go:noinline
func crcTable(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, v := range b {
		crc = crc<<8 ^ crcEntries[byte(crc>>8)^v]
	}
	return crc
}

// The frames of both sides are whole, with length, number and sum. The time of
// the sum, the same for both and measured in the same run, is taken off.
func BenchmarkStuffing256FasterThanByteLoop(b *testing.B) {
	data := plainBytes(256)
	require.Equal(b, frame2Loop(nil, 0x0102, data), shtrih.AppendFrame2(nil, 0x0102, data))
	ours, peer := make([]byte, 0, 1024), make([]byte, 0, 1024)
	times := medians(b,
		func() { ours = shtrih.AppendFrame2(ours[:0], 0x0102, data) },
		func() { peer = frame2Loop(peer[:0], 0x0102, data) },
		func() { sink += uint64(frame2Sum(0x0102, data)) })
	b.ReportMetric((times[1]-times[2])/(times[0]-times[2]), "x")
	b.ReportMetric(times[2], "sum-ns")
}

//go:noinline
func frame2Loop(dst []byte, num uint16, data []byte) []byte {
	size := len(data) + 2
	head := [4]byte{byte(size), byte(size >> 8), byte(num), byte(num >> 8)}
	crc := frame2Sum(num, data)
	dst = append(dst, 0x8F)
	dst = stuffLoop(dst, head[:])
	dst = stuffLoop(dst, data)
	return stuffLoop(dst, []byte{byte(crc), byte(crc >> 8)})
}

//go:noinline
func frame2Sum(num uint16, data []byte) uint16 {
	size := len(data) + 2
	head := [4]byte{byte(size), byte(size >> 8), byte(num), byte(num >> 8)}
	return checksum.UpdateCRC16(checksum.CRC16(head[:]), data)
}

func stuffLoop(dst, data []byte) []byte {
	for _, v := range data {
		switch v {
		case 0x8F:
			dst = append(dst, 0x9F, 0x81)
		case 0x9F:
			dst = append(dst, 0x9F, 0x83)
		default:
			dst = append(dst, v)
		}
	}
	return dst
}

func BenchmarkCP866ToUTF8FasterThanXText(b *testing.B) {
	text, err := charmap.CodePage866.NewEncoder().Bytes([]byte("Молоко Домик в деревне 3,2 % пастеризованное 950 мл"))
	require.NoError(b, err)
	want, err := charmap.CodePage866.NewDecoder().Bytes(text)
	require.NoError(b, err)
	require.Equal(b, want, charset.AppendUTF8FromCP866(nil, text))
	ours, peer := make([]byte, 0, 256), make([]byte, 256)
	decoder := charmap.CodePage866.NewDecoder()
	faster(b,
		func() { ours = charset.AppendUTF8FromCP866(ours[:0], text) },
		func() {
			decoder.Reset()
			n, _, _ := decoder.Transform(peer, text, true)
			sink += uint64(n)
		})
}

func BenchmarkUTF8ToCP866FasterThanXText(b *testing.B) {
	const text = "Молоко Домик в деревне 3,2 % пастеризованное 950 мл"
	want, err := charmap.CodePage866.NewEncoder().Bytes([]byte(text))
	require.NoError(b, err)
	got, err := charset.AppendCP866(nil, text, charset.Strict)
	require.NoError(b, err)
	require.Equal(b, want, got)
	ours, peer := make([]byte, 0, 256), make([]byte, 256)
	source := []byte(text)
	encoder := charmap.CodePage866.NewEncoder()
	faster(b,
		func() { ours, _ = charset.AppendCP866(ours[:0], text, charset.Strict) },
		func() {
			encoder.Reset()
			n, _, _ := encoder.Transform(peer, source, true)
			sink += uint64(n)
		})
}

// receiptItems is the size of a receipt of a small shop.
const receiptItems = 10

// A receipt written by hand with encoding/binary, every length counted first, is
// the least that anybody can do: x near 1 means that the codec costs nothing.
func BenchmarkTLVEncodeFasterThanByHand(b *testing.B) {
	require.Equal(b, receiptByHand(nil), receiptByCodec(nil))
	ours, peer := make([]byte, 0, 4096), make([]byte, 0, 4096)
	faster(b,
		func() { ours = receiptByCodec(ours[:0]) },
		func() { peer = receiptByHand(peer[:0]) })
}

var itemName = func() []byte {
	name, err := charset.AppendCP866(nil, "Молоко Домик в деревне", charset.Strict)
	if err != nil {
		panic(err)
	}
	return name
}()

//go:noinline
func receiptByCodec(b []byte) []byte {
	b, doc := tlv.Begin(b, ffd.Receipt)
	b = tlv.AppendByte(b, ffd.Operation, 1)
	b = tlv.AppendVLN(b, ffd.Total, 49900)
	for range receiptItems {
		var item tlv.Mark
		b, item = tlv.Begin(b, ffd.Subject)
		b = tlv.AppendBytes(b, ffd.SubjectName, itemName)
		b = tlv.AppendVLN(b, ffd.Price, 4990)
		b = tlv.AppendFVLN(b, ffd.Quantity, tlv.Decimal{Mantissa: 1})
		b = tlv.AppendVLN(b, ffd.SubjectSum, 4990)
		b = tlv.AppendByte(b, ffd.VATRate, 2)
		b = tlv.End(b, item)
	}
	return tlv.End(b, doc)
}

//go:noinline
func receiptByHand(b []byte) []byte {
	le := binary.LittleEndian
	head := func(tag uint16, n int) { b = le.AppendUint16(le.AppendUint16(b, tag), uint16(n)) }
	size := 4 + len(itemName) + 4 + 2 + 4 + 2 + 4 + 2 + 4 + 1
	head(3, 5+6+receiptItems*(4+size))
	head(1054, 1)
	b = append(b, 1)
	head(1020, 2)
	b = le.AppendUint16(b, 49900)
	for range receiptItems {
		head(1059, size)
		head(1030, len(itemName))
		b = append(b, itemName...)
		head(1079, 2)
		b = le.AppendUint16(b, 4990)
		head(1023, 2)
		b = append(b, 0, 1)
		head(1043, 2)
		b = le.AppendUint16(b, 4990)
		head(1199, 1)
		b = append(b, 2)
	}
	return b
}

func BenchmarkTLVDecodeFasterThanByHand(b *testing.B) {
	doc := receiptByCodec(nil)
	require.Equal(b, readByHand(doc), readByCodec(doc))
	faster(b,
		func() { sink += readByCodec(doc) },
		func() { sink += readByHand(doc) })
}

//go:noinline
func readByCodec(doc []byte) (sum uint64) {
	value, _ := tlv.Find(doc, ffd.Receipt)
	// Declared in the head of the loop, the reader would be copied for every turn.
	r := tlv.NewReader(value)
	for r.Next() {
		if r.Tag() != ffd.Subject {
			continue
		}
		item := tlv.NewReader(r.Value())
		for item.Next() {
			switch item.Tag() {
			case ffd.SubjectSum:
				sum += item.VLN()
			case ffd.Quantity:
				sum += item.FVLN().Mantissa
			case ffd.VATRate:
				sum += uint64(item.Byte())
			}
		}
	}
	return sum
}

// readByHand checks lengths too: a loop that trusts its input is no peer.
//
//go:noinline
func readByHand(doc []byte) (sum uint64) {
	le := binary.LittleEndian
	element := func(b []byte) (tag uint16, v, rest []byte, ok bool) {
		if len(b) < 4 {
			return 0, nil, nil, false
		}
		n := 4 + int(le.Uint16(b[2:]))
		if n > len(b) {
			return 0, nil, nil, false
		}
		return le.Uint16(b), b[4:n], b[n:], true
	}
	integer := func(v []byte) (n uint64) {
		if len(v) > 8 {
			return 0
		}
		for i := len(v) - 1; i >= 0; i-- {
			n = n<<8 | uint64(v[i])
		}
		return n
	}
	_, fields, _, _ := element(doc)
	for {
		tag, v, rest, ok := element(fields)
		if !ok {
			return sum
		}
		fields = rest
		if tag != 1059 {
			continue
		}
		for {
			tag, field, after, ok := element(v)
			if !ok {
				break
			}
			v = after
			switch tag {
			case 1043:
				sum += integer(field)
			case 1023:
				if len(field) > 0 {
					sum += integer(field[1:])
				}
			case 1199:
				if len(field) == 1 {
					sum += uint64(field[0])
				}
			}
		}
	}
}

func TestTheReceiptsOfBothSidesAreEqual(t *testing.T) {
	require.True(t, bytes.Equal(receiptByHand(nil), receiptByCodec(nil)))
}
