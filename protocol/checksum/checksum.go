// Package checksum holds the two check sums of the fiscal protocols:
// CRC-16/CCITT-FALSE and the XOR of all bytes (LRC).
//
// Nothing here allocates, and everything is safe for concurrent use.
package checksum

import "encoding/binary"

// InitialCRC16 is the state of CRC-16/CCITT-FALSE before the first byte.
const InitialCRC16 uint16 = 0xFFFF

// CRC16 is CRC-16/CCITT-FALSE: polynomial 1021h, start FFFFh, bits not
// reflected, no final XOR. The check value of "123456789" is 29B1h.
//
// The same sum guards frames of the storage link and of protocol 2 of
// Shtrih-M registers, messages to the operator (OFD), and the registration
// number of a register.
func CRC16(b []byte) uint16 {
	return UpdateCRC16(InitialCRC16, b)
}

// UpdateCRC16 continues a sum over more bytes:
//
//	CRC16(append(a, b...)) == UpdateCRC16(CRC16(a), b)
func UpdateCRC16(crc uint16, b []byte) uint16 {
	for len(b) >= 8 {
		crc = table[7][b[0]^byte(crc>>8)] ^
			table[6][b[1]^byte(crc)] ^
			table[5][b[2]] ^
			table[4][b[3]] ^
			table[3][b[4]] ^
			table[2][b[5]] ^
			table[1][b[6]] ^
			table[0][b[7]]
		b = b[8:]
	}
	for _, v := range b {
		crc = crc<<8 ^ table[0][byte(crc>>8)^v]
	}
	return crc
}

// LRC is the XOR of all bytes, the check byte of protocol 1 of Shtrih-M
// registers. It does not see an exchange of two bytes, nor an even number of
// equal errors in one column.
func LRC(b []byte) byte {
	var wide uint64
	for len(b) >= 8 {
		wide ^= binary.LittleEndian.Uint64(b)
		b = b[8:]
	}
	wide ^= wide >> 32
	wide ^= wide >> 16
	wide ^= wide >> 8
	sum := byte(wide)
	for _, v := range b {
		sum ^= v
	}
	return sum
}

// table[k][v] is the sum, from a zero start, of the byte v followed by k
// zero bytes: eight bytes are then eight independent look-ups.
var table = makeTable()

func makeTable() (t [8][256]uint16) {
	const polynomial = 0x1021
	for v := range 256 {
		crc := uint16(v) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= polynomial
			}
		}
		t[0][v] = crc
	}
	for k := 1; k < 8; k++ {
		for v := range 256 {
			before := t[k-1][v]
			t[k][v] = before<<8 ^ t[0][before>>8]
		}
	}
	return t
}
