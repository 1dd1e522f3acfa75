package shtrih

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Stuffing looks at several bytes at once, so each length, each place and each pair of neighbours is tried against
// a loop over bytes.
func TestSpecialBytesAreFoundWhereverTheyStand(t *testing.T) {
	special := func(b byte) bool { return b == 0x8F || b == 0x9F }
	others := []byte{0x00, 0x0F, 0x1F, 0x7F, 0x80, 0x8E, 0x90, 0x9E, 0xA0, 0xFF}
	for _, around := range others {
		for n := 1; n <= 75; n++ {
			for at := range n {
				for _, b := range append([]byte{0x8F, 0x9F}, others...) {
					data := bytes.Repeat([]byte{around}, n)
					data[at] = b
					want := slices.IndexFunc(data, special)
					if want < 0 {
						want = n
					}
					if got := indexSpecial(data); got != want {
						t.Fatalf("byte %02X at %d of %d among %02X: found at %d", b, at, n, around, got)
					}
				}
			}
		}
	}
	for first := range 256 {
		for second := range 256 {
			data := []byte{1, 2, 3, byte(first), byte(second), 0x8F, 7, 8}
			if want, got := slices.IndexFunc(data, special), indexSpecial(data); got != want {
				t.Fatalf("% X: found at %d, not %d", data, got, want)
			}
		}
	}
}

func TestHeadAndSumOfAFrameAreStuffedToo(t *testing.T) {
	for num := range 1 << 16 {
		frame := AppendFrame2(nil, uint16(num), []byte{0x9F, 0x00})
		require.False(t, bytes.Contains(frame[1:], []byte{Mark}), "number %04X", num)
		f, _, n, err := ParseFrame2(nil, frame)
		require.NoError(t, err, "number %04X", num)
		require.Equal(t, Frame2{Num: uint16(num), Data: []byte{0x9F, 0x00}}, f)
		require.Len(t, frame, n)
	}
}
