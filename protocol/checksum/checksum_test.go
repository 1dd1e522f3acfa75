package checksum

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCRC16HasTheCheckValueOfCCITTFalse(t *testing.T) {
	require.Equal(t, uint16(0x29B1), CRC16([]byte("123456789")))
	require.Equal(t, InitialCRC16, CRC16(nil))
}

func TestCRC16GuardsFramesOfTheStorageLink(t *testing.T) {
	checked := 0
	for _, v := range vectors(t, "fnframe", "fnframe-synthetic") {
		frame := v.bytes(t)
		// 04h | length | data | CRC, low byte first, over all between.
		body := frame[1 : len(frame)-2]
		require.Equal(t, binary.LittleEndian.Uint16(frame[len(frame)-2:]), CRC16(body), v.Name)
		checked++
	}
	require.Equal(t, 14, checked)
}

func TestCRC16GuardsMessagesToTheOperator(t *testing.T) {
	list := vectors(t, "container")
	require.Len(t, list, 2)
	for _, v := range list {
		b := v.bytes(t)
		// Bytes 2 and 3 hold the sum over all the others.
		require.Equal(t, binary.LittleEndian.Uint16(b[2:]), UpdateCRC16(CRC16(b[:2]), b[4:]), v.Name)
	}
}

func TestCRC16EndsTheRegistrationNumber(t *testing.T) {
	list := vectors(t, "regnum")
	require.NotEmpty(t, list)
	for _, v := range list {
		var check uint16
		for _, digit := range v.Expect[10:] {
			check = check*10 + uint16(digit-'0')
		}
		require.Equal(t, check, CRC16(v.bytes(t)), v.Name)
	}
}

// Long messages are folded, short ones are looked up, and the odd bytes of either
// go another way: every length is compared with the definition.
func TestSumsOfEveryLengthAreThoseOfTheDefinition(t *testing.T) {
	data := make([]byte, 700)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(data)
	for n := range data {
		for _, start := range []uint16{InitialCRC16, 0, 0x8001} {
			require.Equal(t, crcByBits(start, data[:n]), UpdateCRC16(start, data[:n]), "%d bytes from %04X", n, start)
		}
		var want byte
		for _, v := range data[:n] {
			want ^= v
		}
		require.Equal(t, want, LRC(data[:n]), "%d bytes", n)
	}
}

// A sum is linear: a single bit anywhere shows each relation of the folding alone.
func TestFoldingMovesEveryBitToItsPlace(t *testing.T) {
	data := make([]byte, 160)
	for bit := range 8 * len(data) {
		data[bit/8] = 1 << (bit % 8)
		require.Equal(t, crcByBits(0, data), UpdateCRC16(0, data), "bit %d", bit)
		data[bit/8] = 0
	}
}

// crcByBits is the definition of CRC-16/CCITT-FALSE.
func crcByBits(crc uint16, data []byte) uint16 {
	for _, v := range data {
		for bit := 7; bit >= 0; bit-- {
			top := crc>>15 ^ uint16(v>>bit&1)
			crc = crc<<1 ^ top*0x1021
		}
	}
	return crc
}

func TestSumsDoNotAllocate(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, sums(buffer(1024))))
}

func BenchmarkCRC16(b *testing.B) {
	data := buffer(1024)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		CRC16(data)
	}
}

func BenchmarkLRC(b *testing.B) {
	data := buffer(1024)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		LRC(data)
	}
}

func BenchmarkSums(b *testing.B) {
	run := sums(buffer(1024))
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

// FuzzCRC16 compares with the definition, bit by bit, and cuts the input in
// two.
func FuzzCRC16(f *testing.F) {
	f.Add([]byte("123456789"), uint8(4))
	f.Add([]byte{}, uint8(0))
	f.Add(buffer(31), uint8(9))
	f.Add(buffer(201), uint8(77))
	f.Fuzz(func(t *testing.T, data []byte, cut uint8) {
		want := crcByBits(InitialCRC16, data)
		require.Equal(t, want, CRC16(data))
		at := min(int(cut), len(data))
		require.Equal(t, want, UpdateCRC16(CRC16(data[:at]), data[at:]))
	})
}

func FuzzLRC(f *testing.F) {
	f.Add([]byte{0x05, 0x10, 0x1E, 0, 0, 0, 0x0B})
	f.Add([]byte{})
	f.Add(buffer(33))
	f.Fuzz(func(t *testing.T, data []byte) {
		var want byte
		for _, v := range data {
			want ^= v
		}
		require.Equal(t, want, LRC(data))
	})
}

func sums(data []byte) func() {
	return func() {
		CRC16(data)
		LRC(data)
	}
}

func buffer(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + 3)
	}
	return b
}

type vector struct{ Kind, Name, Hex, Expect string }

func (v vector) bytes(t *testing.T) []byte {
	t.Helper()
	b, err := hex.DecodeString(v.Hex)
	require.NoError(t, err, v.Name)
	return b
}

func vectors(t *testing.T, kinds ...string) (list []vector) {
	t.Helper()
	data, err := os.ReadFile("../../testdata/vectors.json")
	require.NoError(t, err)
	var all []vector
	require.NoError(t, json.Unmarshal(data, &all))
	for _, v := range all {
		for _, kind := range kinds {
			if v.Kind == kind {
				list = append(list, v)
			}
		}
	}
	return list
}
