package tlv_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
)

func TestWritingDoesNotAllocate(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, writing()))
}

func TestReadingDoesNotAllocate(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, reading()))
}

func BenchmarkWriting(b *testing.B) {
	run := writing()
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

func BenchmarkReading(b *testing.B) {
	run := reading()
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

func writing() func() {
	buf := make([]byte, 0, 1024)
	now := time.Date(2020, 3, 20, 15, 24, 0, 0, time.UTC)
	return func() { buf = appendReceipt(buf[:0], now) }
}

func reading() func() {
	doc := appendReceipt(nil, time.Date(2020, 3, 20, 15, 24, 0, 0, time.UTC))
	text := make([]byte, 0, 256)
	return func() {
		value, _ := tlv.Find(doc, 3)
		var sum uint64
		r := tlv.NewReader(value)
		for r.Next() {
			switch r.Tag() {
			case 1059:
				item := tlv.NewReader(r.Value())
				for item.Next() {
					switch item.Tag() {
					case 1030:
						text = charset.AppendUTF8FromCP866(text[:0], item.Value())
					case 1023:
						quantity := item.FVLN()
						kopecks, _ := quantity.MulRound(32900)
						sum += kopecks
					case 1043:
						sum += item.VLN()
					}
				}
			case 1012:
				sum += uint64(r.UnixTime().Unix())
			case 1054:
				sum += uint64(r.Byte())
			case 1020:
				sum += r.VLN()
			case 1040:
				sum += uint64(r.Uint32())
			}
		}
		if sum == 0 || r.Err() != nil {
			panic("the receipt was not read")
		}
	}
}

func appendReceipt(b []byte, now time.Time) []byte {
	b, doc := tlv.Begin(b, 3)
	b, _ = tlv.AppendFixedText(b, 1018, "7728029110", 12, charset.Strict)
	b = tlv.AppendUnixTime(b, 1012, now)
	b = tlv.AppendUint32(b, 1040, 10756)
	b = tlv.AppendByte(b, 1054, 1)
	b = tlv.AppendVLN(b, 1020, 28820)
	b, item := tlv.Begin(b, 1059)
	b, _ = tlv.AppendText(b, 1030, "Хлеб «Дарницкий»", charset.Conventional)
	b = tlv.AppendVLN(b, 1079, 32900)
	b = tlv.AppendFVLN(b, 1023, tlv.Decimal{Mantissa: 876, Scale: 3})
	b = tlv.AppendVLN(b, 1043, 28820)
	b = tlv.End(b, item)
	b = tlv.AppendBytes(b, 1077, []byte{0x31, 0x04, 1, 2, 3, 4})
	b = tlv.AppendUint16(b, 1213, 410)
	return tlv.End(b, doc)
}
