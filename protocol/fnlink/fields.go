package fnlink

import (
	"bytes"
	"encoding/binary"
	"time"
)

// DateTime is a moment with the precision of a minute: YY MM DD hh mm, each a binary byte, the year from 2000
// (FNS ККТ–ФН 1.2.06, section 3.3). It is the wall clock at the place of settlement and has no time zone.
type DateTime [5]byte

// DateTimeOf is the wall clock of t. Years outside 2000–2255 cannot be told.
func DateTimeOf(t time.Time) DateTime {
	year, month, day := t.Date()
	hour, minute, _ := t.Clock()
	return DateTime{byte(year - 2000), byte(month), byte(day), byte(hour), byte(minute)}
}

// Time is the moment as if the wall clock were UTC, and whether it exists in the calendar.
func (d DateTime) Time() (time.Time, bool) {
	t := time.Date(2000+int(d[0]), time.Month(d[1]), int(d[2]), int(d[3]), int(d[4]), 0, 0, time.UTC)
	return t, d[3] < 24 && d[4] < 60 && d.Date().exists()
}

// Date is the day of d.
func (d DateTime) Date() Date { return Date(d[:3]) }

// Date is a day: YY MM DD, the year from 2000.
type Date [3]byte

// Time is the beginning of the day as if in UTC, and whether the day exists in the calendar.
func (d Date) Time() (time.Time, bool) {
	return DateTime{d[0], d[1], d[2]}.Time()
}

func (d Date) exists() bool {
	const longMonths = 1<<1 | 1<<3 | 1<<5 | 1<<7 | 1<<8 | 1<<10 | 1<<12
	year, month, last := int(d[0]), d[1], byte(30)
	switch {
	case month < 1 || month > 12:
		return false
	case month == 2 && year%4 == 0 && year != 100 && year != 200: // 2100 and 2200 are common years
		last = 29
	case month == 2:
		last = 28
	case longMonths>>month&1 != 0:
		last = 31
	}
	return d[2] >= 1 && d[2] <= last
}

// INN is a taxpayer number (ИНН), spaces on the right.
type INN [12]byte

// INNOf pads an ИНН of 10 or 12 digits. A longer text is cut.
func INNOf(s string) (inn INN) {
	fill(inn[:], s)
	return inn
}

func (n INN) String() string { return trim(n[:]) }

// RegistrationNumber is the number that the tax service gives a register (РНМ), spaces on the right.
type RegistrationNumber [20]byte

// RegistrationNumberOf pads an РНМ: shorter than 16 digits it gets zeros on the left up to 16, then spaces on the
// right (FNS ККТ–ФН 1.2.06, section 4.5.2.7). A longer text is cut.
func RegistrationNumberOf(s string) (rnm RegistrationNumber) {
	const digits = 16
	zeros := max(0, digits-len(s))
	fill(rnm[zeros:], s)
	for i := range zeros {
		rnm[i] = '0'
	}
	return rnm
}

func (n RegistrationNumber) String() string { return trim(n[:]) }

// StorageNumber is the serial number of a storage, 16 digits.
type StorageNumber [16]byte

// StorageNumberOf copies the number. A longer text is cut, a shorter one padded with spaces.
func StorageNumberOf(s string) (n StorageNumber) {
	fill(n[:], s)
	return n
}

func (n StorageNumber) String() string { return trim(n[:]) }

func fill(dst []byte, s string) {
	n := copy(dst, s)
	for i := n; i < len(dst); i++ {
		dst[i] = ' '
	}
}

func trim(b []byte) string { return string(bytes.TrimRight(b, " \x00")) }

// appendUint appends the n low bytes of v.
func appendUint(dst []byte, v uint64, n int) []byte {
	for range n {
		dst = append(dst, byte(v))
		v >>= 8
	}
	return dst
}

func getUint(b []byte) (v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

func appendU16(dst []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(dst, v) }
func appendU32(dst []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(dst, v) }
func u16(b []byte) uint16                   { return binary.LittleEndian.Uint16(b) }
func u32(b []byte) uint32                   { return binary.LittleEndian.Uint32(b) }
