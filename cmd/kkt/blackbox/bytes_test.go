package blackbox

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// little is an unsigned little-endian integer of n bytes.
func little(v uint64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
	return b
}

func number(b []byte) uint64 {
	var v uint64
	for i, x := range b {
		v |= uint64(x) << (8 * i)
	}
	return v
}

// notGiven in a sum or tax field leaves the value to the register.
const notGiven = 0xFFFFFFFFFF

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// lrc is the XOR of the length byte and of the data.
func lrc(b []byte) byte {
	var x byte
	for _, v := range b {
		x ^= v
	}
	return x
}

// crc16 is CRC-16/CCITT-FALSE: polynomial 1021h, initial FFFFh, high bit first.
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, v := range b {
		crc ^= uint16(v) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// cp1251 and cp866 hold what the tests write; the tables are the arithmetic of
// the code pages for Russian letters, not a library.
func cp1251(s string) []byte { return codePage(s, 0xC0, 0xE0, 0xF0, 0xA8, 0xB8) }
func cp866(s string) []byte  { return codePage(s, 0x80, 0xA0, 0xE0, 0xF0, 0xF1) }

func codePage(s string, upper, lower, er, yo, smallYo byte) []byte {
	var b []byte
	for _, r := range s {
		switch {
		case r < 0x80:
			b = append(b, byte(r))
		case r >= 'А' && r <= 'Я':
			b = append(b, upper+byte(r-'А'))
		case r >= 'а' && r <= 'п':
			b = append(b, lower+byte(r-'а'))
		case r >= 'р' && r <= 'я':
			b = append(b, er+byte(r-'р'))
		case r == 'Ё':
			b = append(b, yo)
		case r == 'ё':
			b = append(b, smallYo)
		default:
			panic(fmt.Sprintf("no code for %q", r))
		}
	}
	return b
}

// fromCP1251 reads the text of a table field up to its first zero byte.
func fromCP1251(b []byte) string {
	var s strings.Builder
	for _, v := range b {
		switch {
		case v == 0:
			return s.String()
		case v < 0x80:
			s.WriteByte(v)
		case v >= 0xC0:
			s.WriteRune('А' + rune(v-0xC0))
		case v == 0xA8:
			s.WriteRune('Ё')
		case v == 0xB8:
			s.WriteRune('ё')
		case v == 0xB9:
			s.WriteRune('№')
		case v == 0xAB:
			s.WriteRune('«')
		case v == 0xBB:
			s.WriteRune('»')
		default:
			s.WriteRune('\uFFFD')
		}
	}
	return s.String()
}

func fromCP866(b []byte) string {
	var s strings.Builder
	for _, v := range b {
		switch {
		case v < 0x80:
			s.WriteByte(v)
		case v < 0xB0:
			s.WriteRune('А' + rune(v-0x80))
		case v >= 0xE0 && v < 0xF0:
			s.WriteRune('р' + rune(v-0xE0))
		case v == 0xF0:
			s.WriteRune('Ё')
		case v == 0xF1:
			s.WriteRune('ё')
		case v == 0xFC:
			s.WriteRune('№')
		default:
			s.WriteRune('\uFFFD')
		}
	}
	return s.String()
}

func TestOwnChecksumsAgreeWithFramesOfRealDevices(t *testing.T) {
	t.Parallel()
	// Request E0h and its answer, and the v2 answer to FCh, as real devices sent them.
	assert.Equal(t, byte(0xFB), lrc(unhex(t, "05e01e000000")))
	assert.Equal(t, byte(0xFD), lrc(unhex(t, "03e0001e")))
	assert.Equal(t, uint16(0x29B1), crc16([]byte("123456789")))
	frame := appendFrame2(nil, unhex(t, "0100fc000000010e9800d8d2d0c8d52dcdc0cdce2dd4"))
	assert.Equal(t, "8f16000100fc000000010e9800d8d2d0c8d52dcdc0cdce2dd4ca9f81", hex.EncodeToString(frame))
	assert.Equal(t, "8f00000f1d", hex.EncodeToString(appendFrame2(nil, nil)))
	assert.Equal(t, "92a5e1e2", hex.EncodeToString(cp866("Тест")))
	assert.Equal(t, "Тест", fromCP866(cp866("Тест")))
	assert.Equal(t, "Привет, мир! Ёё", fromCP866(cp866("Привет, мир! Ёё")))
	assert.Equal(t, "РИТЕЙЛ-01Ф", fromCP1251(unhex(t, "d0c8d2c5c9cb2d3031d4")))
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}
