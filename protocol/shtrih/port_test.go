package shtrih

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Numbers from Protocol ККТ 1.17, command 14h.
func TestPortParametersStandForSpeedsAndTimes(t *testing.T) {
	for code, want := range map[uint8]int{0: 2400, 1: 4800, 2: 9600, 5: 57600, 6: 115200, 9: 921600} {
		baud, ok := BaudRate(code)
		assert.True(t, ok)
		assert.Equal(t, want, baud)
	}
	for code, want := range map[uint8]time.Duration{
		0: 0, 1: time.Millisecond, 50: 50 * time.Millisecond, 150: 150 * time.Millisecond,
		151: 300 * time.Millisecond, 152: 450 * time.Millisecond, 249: 15 * time.Second,
		250: 30 * time.Second, 255: 105 * time.Second,
	} {
		assert.Equal(t, want, ByteTimeout(code))
	}
	assert.Equal(t, uint16(12345), TCPPort(57))
	assert.Equal(t, uint16(61503), TCPPort(255))
}

func TestCodesOfSpeedsGoBothWays(t *testing.T) {
	known := 0
	for code := range 256 {
		baud, ok := BaudRate(uint8(code))
		if !ok {
			continue
		}
		known++
		back, ok := BaudCode(baud)
		assert.True(t, ok)
		assert.Equal(t, uint8(code), back)
	}
	assert.Equal(t, 10, known)
	for _, baud := range []int{0, -1, 300, 115201} {
		_, ok := BaudCode(baud)
		assert.False(t, ok, baud)
	}
}

func TestCodeOfATimeIsTheNextThatIsNotShorter(t *testing.T) {
	for code := range 256 {
		assert.Equal(t, uint8(code), ByteTimeoutCode(ByteTimeout(uint8(code))))
	}
	for d, want := range map[time.Duration]uint8{
		-time.Second: 0, time.Nanosecond: 1, 150*time.Millisecond + 1: 151, 300*time.Millisecond + 1: 152,
		14900 * time.Millisecond: 249, 15*time.Second + 1: 250, 100 * time.Second: 255, time.Hour: 255, 1<<63 - 1: 255,
	} {
		assert.Equal(t, want, ByteTimeoutCode(d), d)
	}
}

// The time of the code is the shortest that is not shorter than the one asked
// for, by trying all codes.
func FuzzByteTimeoutCode(f *testing.F) {
	f.Add(int64(50 * time.Millisecond))
	f.Add(int64(200 * time.Millisecond))
	f.Add(int64(15*time.Second + 1))
	f.Fuzz(func(t *testing.T, n int64) {
		d := time.Duration(n)
		want := uint8(255)
		for code := range 256 {
			if ByteTimeout(uint8(code)) >= d {
				want = uint8(code)
				break
			}
		}
		if got := ByteTimeoutCode(d); got != want {
			t.Fatalf("%v is %d, want %d", d, got, want)
		}
	})
}
