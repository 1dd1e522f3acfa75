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
	if len(b) >= foldFrom {
		return fold(crc, b)
	}
	for len(b) >= 8 {
		crc = remainder(binary.BigEndian.Uint64(b) ^ uint64(crc)<<48)
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
	for len(b) >= 64 {
		w := (*[64]byte)(b) // one check of bounds for all eight loads
		wide ^= binary.LittleEndian.Uint64(w[0:]) ^ binary.LittleEndian.Uint64(w[8:]) ^
			(binary.LittleEndian.Uint64(w[16:]) ^ binary.LittleEndian.Uint64(w[24:])) ^
			(binary.LittleEndian.Uint64(w[32:]) ^ binary.LittleEndian.Uint64(w[40:])) ^
			(binary.LittleEndian.Uint64(w[48:]) ^ binary.LittleEndian.Uint64(w[56:]))
		b = b[64:]
	}
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

// foldFrom is the length, in bytes, from which folding pays.
const foldFrom = 40

// fold is the sum over at least foldFrom bytes.
//
// Squaring a polynomial over GF(2) squares each of its terms, so from
//
//	x^16 = x^12 + x^5 + 1
//
// modulo the polynomial of the sum follow, each by squaring the one before,
//
//	x^64 = x^48 + x^20 + 1, x^128 = x^96 + x^40 + 1, x^256 = x^192 + x^80 + 1.
//
// By the last one, a word of 64 bits may be struck out when it is added to what
// stands 256-192 = 64, 256-80 = 176 and 256 bits behind it, without any table.
// Four words are left; the other two relations bring them down to one.
func fold(crc uint16, b []byte) uint16 {
	var p, q, r, s uint64 // the last four words struck out, s the newest
	// Zeros before a message change nothing, so its odd bytes may be a word by
	// themselves. The sum so far is added to the first two bytes.
	carry := uint64(crc) << 48
	if odd := uint(len(b) & 7); odd > 0 {
		s = (binary.BigEndian.Uint64(b) ^ carry) >> (64 - 8*odd)
		carry <<= 8 * odd
		b = b[odd:]
	}
	next := binary.BigEndian.Uint64(b) ^ carry
	p, q, r, s = q, r, s, next^p^q<<16^r>>48^s
	b = b[8:]
	for len(b) >= 64 {
		p ^= binary.BigEndian.Uint64(b) ^ q<<16 ^ r>>48 ^ s
		q ^= binary.BigEndian.Uint64(b[8:]) ^ r<<16 ^ s>>48 ^ p
		r ^= binary.BigEndian.Uint64(b[16:]) ^ s<<16 ^ p>>48 ^ q
		s ^= binary.BigEndian.Uint64(b[24:]) ^ p<<16 ^ q>>48 ^ r
		b = b[32:]
	}
	for len(b) >= 40 {
		p, q, r, s = q, r, s, binary.BigEndian.Uint64(b)^p^q<<16^r>>48^s
		b = b[8:]
	}
	// What was struck out reaches into the last four words.
	w0 := binary.BigEndian.Uint64(b) ^ p ^ q<<16 ^ r>>48 ^ s
	w1 := binary.BigEndian.Uint64(b[8:]) ^ q ^ r<<16 ^ s>>48
	w2 := binary.BigEndian.Uint64(b[16:]) ^ r ^ s<<16
	w3 := binary.BigEndian.Uint64(b[24:]) ^ s

	// x^128: 32, 88 and 128 bits behind. The first stays in the word for its upper
	// half.
	w0 ^= w0 >> 32
	w1 ^= w0<<32 ^ w0>>24
	w2 ^= w0<<40 ^ w0
	w1 ^= w1 >> 32
	w2 ^= w1<<32 ^ w1>>24
	w3 ^= w1<<40 ^ w1

	// x^64: 16, 44 and 64 bits behind. Within the word the first two repeat; what
	// happens twice cancels out.
	w2 ^= w2>>16 ^ w2>>32 ^ w2>>44 ^ w2>>48
	w3 ^= w2<<48 ^ w2<<20 ^ w2
	return remainder(w3)
}

// remainder is the sum, from a zero start, of the eight bytes of w, the highest
// first: eight look-ups that do not wait for each other.
func remainder(w uint64) uint16 {
	return table[7][byte(w>>56)] ^ table[6][byte(w>>48)] ^ table[5][byte(w>>40)] ^ table[4][byte(w>>32)] ^
		table[3][byte(w>>24)] ^ table[2][byte(w>>16)] ^ table[1][byte(w>>8)] ^ table[0][byte(w)]
}

// table[k][v] is the sum, from a zero start, of the byte v followed by k
// zero bytes.
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
