package shtrih

import "time"

// Date is a calendar date of the register. Two-digit years on the wire are of
// this century.
type Date struct {
	Year       uint16 // 2000 to 2255: what one byte can carry
	Month, Day uint8
}

// Time is a time of day of the register.
type Time struct{ Hour, Minute, Second uint8 }

// DateTime5 is the date and time that ФН commands use, to the minute.
type DateTime5 struct {
	Date
	Hour, Minute uint8
}

// DateOf is the wall-clock date of t.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{uint16(y), uint8(m), uint8(d)}
}

// TimeOf is the wall-clock time of t.
func TimeOf(t time.Time) Time {
	h, m, s := t.Clock()
	return Time{uint8(h), uint8(m), uint8(s)}
}

// DateTimeOf is the wall clock of t, seconds dropped.
func DateTimeOf(t time.Time) DateTime5 {
	h, m, _ := t.Clock()
	return DateTime5{DateOf(t), uint8(h), uint8(m)}
}

// Valid reports whether the date is in the calendar.
func (d Date) Valid() bool {
	return d == DateOf(time.Date(int(d.Year), time.Month(d.Month), int(d.Day), 0, 0, 0, 0, time.UTC))
}

// Valid reports whether the time is on the clock.
func (t Time) Valid() bool { return t.Hour < 24 && t.Minute < 60 && t.Second < 60 }

// Valid reports whether date and time exist.
func (d DateTime5) Valid() bool { return d.Date.Valid() && d.Hour < 24 && d.Minute < 60 }

// At joins date and time in the given zone.
func (d Date) At(t Time, zone *time.Location) time.Time {
	return time.Date(int(d.Year), time.Month(d.Month), int(d.Day), int(t.Hour), int(t.Minute), int(t.Second), 0, zone)
}

// In gives the moment in the given zone.
func (d DateTime5) In(zone *time.Location) time.Time {
	return d.At(Time{d.Hour, d.Minute, 0}, zone)
}

// String is dd.mm.yyyy.
func (d Date) String() string { return string(d.append(nil)) }

// String is hh:mm:ss.
func (t Time) String() string { return string(t.append(nil)) }

// String is dd.mm.yyyy hh:mm.
func (d DateTime5) String() string { return string(d.append(nil)) }

func (d Date) append(dst []byte) []byte {
	dst = append(appendTwo(dst, d.Day), '.')
	dst = append(appendTwo(dst, d.Month), '.')
	dst = appendTwo(dst, uint8(d.Year/100%100))
	return appendTwo(dst, uint8(d.Year%100))
}

func (t Time) append(dst []byte) []byte {
	dst = append(appendTwo(dst, t.Hour), ':')
	dst = append(appendTwo(dst, t.Minute), ':')
	return appendTwo(dst, t.Second)
}

func (d DateTime5) append(dst []byte) []byte {
	dst = append(d.Date.append(dst), ' ')
	dst = append(appendTwo(dst, d.Hour), ':')
	return appendTwo(dst, d.Minute)
}

// appendTwo writes two digits, three where a wild byte needs them.
func appendTwo(dst []byte, v uint8) []byte {
	if v >= 100 {
		dst = append(dst, '0'+v/100)
		v %= 100
	}
	return append(dst, '0'+v/10, '0'+v%10)
}

// Commands 11h and 21h to 23h carry DD MM YY and HH MM SS; ФН commands carry
// YY MM DD [HH MM].

func appendDMY(dst []byte, d Date) []byte { return append(dst, d.Day, d.Month, yearByte(d.Year)) }
func appendYMD(dst []byte, d Date) []byte { return append(dst, yearByte(d.Year), d.Month, d.Day) }
func appendHMS(dst []byte, t Time) []byte { return append(dst, t.Hour, t.Minute, t.Second) }

func appendDateTime5(dst []byte, d DateTime5) []byte {
	return append(appendYMD(dst, d.Date), d.Hour, d.Minute)
}

func parseDMY(b []byte) Date { return Date{2000 + uint16(b[2]), b[1], b[0]} }
func parseYMD(b []byte) Date { return Date{2000 + uint16(b[0]), b[1], b[2]} }
func parseHMS(b []byte) Time { return Time{b[0], b[1], b[2]} }

func parseDateTime5(b []byte) DateTime5 { return DateTime5{parseYMD(b), b[3], b[4]} }

// yearByte maps the zero Date to 00 too: devices send zero dates for «never».
func yearByte(year uint16) byte {
	if year == 0 {
		return 0
	}
	if year < 2000 || year > 2255 {
		panic("shtrih: year does not fit one byte")
	}
	return byte(year - 2000)
}
