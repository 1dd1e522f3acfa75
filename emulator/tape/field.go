package tape

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
)

// field says how one tag is printed. The table is generated.
type field struct {
	captions   []string // the usual caption, then its abbreviations; empty: none
	before2019 string   // caption of documents made before 2019, when VAT was 18 %
	name       string   // of a container, in words
	format     format
	forms      uint64 // bit n: printed in the document with code n
}

// format is a notation of the printed form.
type format uint8

const (
	text        format = iota
	integer            // {Ц}
	money              // {Ц}.ЦЦ, roubles from kopecks
	quantity           // {Ц}.{Ц}
	flag               // the caption alone, when the value is not zero
	days               // {Ц} ДН.
	dateTime           // ДД.ММ.ГГ ЧЧ:ММ
	date               // ДД.ММ.ГГ
	enumerated         // text of the value or of the bits
	sign               // fiscal sign, ten digits
	hexadecimal        // bytes
	nested             // elements inside
	special            // printed by its own code
)

// enumText is the printed text of one value, or of one bit, of an enumeration.
type enumText struct {
	code       uint64
	bit        bool
	text       string
	before2019 string
	optional   bool // the order lets it be left out, and we do
}

// caption gives the longest caption that leaves room for the value in a line,
// or the shortest one when none does.
func (f field) caption(before2019 bool, room int) string {
	if before2019 && f.before2019 != "" {
		return f.before2019
	}
	if len(f.captions) == 0 {
		return ""
	}
	shortest := f.captions[0]
	for _, c := range f.captions {
		if utf8.RuneCountInString(c) <= room {
			return c
		}
		if utf8.RuneCountInString(c) < utf8.RuneCountInString(shortest) {
			shortest = c
		}
	}
	return shortest
}

// unreadable stands for a value whose bytes do not fit its type.
const unreadable = "?"

func textOf(value []byte) string {
	return strings.TrimSpace(clean(string(charset.AppendUTF8FromCP866(nil, value))))
}

// number reads byte, uint16, uint32 and VLN alike: all are little-endian.
func number(value []byte) (uint64, bool) {
	n, err := tlv.DecodeVLN(value)
	return n, err == nil
}

func integerOf(value []byte) string {
	n, ok := number(value)
	if !ok {
		return unreadable
	}
	return strconv.FormatUint(n, 10)
}

func moneyOf(value []byte) string {
	n, ok := number(value)
	if !ok {
		return unreadable
	}
	return roubles(n)
}

// roubles prints kopecks as {Ц}.ЦЦ.
func roubles(kopecks uint64) string {
	return fmt.Sprintf("%d.%02d", kopecks/100, kopecks%100)
}

// quantityOf drops zeros behind the point: 1.000 is printed as 1.
func quantityOf(value []byte) string {
	d, err := tlv.DecodeFVLN(value)
	if err != nil {
		return unreadable
	}
	return d.Reduce().String()
}

func timeOf(value []byte, layout string) string {
	t, err := tlv.DecodeUnixTime(value)
	if err != nil {
		return unreadable
	}
	return t.Format(layout)
}

const (
	dateTimeLayout = "02.01.06 15:04"
	dateLayout     = "02.01.06"
)

// signOf reads bytes 2-5 of tag 1077 as a big-endian number.
func signOf(value []byte) (uint32, bool) {
	if len(value) != 6 {
		return 0, false
	}
	return binary.BigEndian.Uint32(value[2:]), true
}

func signText(value []byte) string {
	n, ok := signOf(value)
	if !ok {
		return unreadable
	}
	return fmt.Sprintf("%010d", n)
}

// enumOf gives the printed text of a value, the texts of a bit field joined by
// commas. It is empty when the value has no printed text or may go without.
func enumOf(tag tlv.Tag, value []byte, before2019 bool) string {
	n, ok := number(value)
	if !ok {
		return unreadable
	}
	var all []string
	for _, e := range texts[tag] {
		if e.bit && (n>>e.code)&1 == 0 || !e.bit && n != e.code || e.optional {
			continue
		}
		if before2019 && e.before2019 != "" {
			all = append(all, e.before2019)
			continue
		}
		all = append(all, e.text)
	}
	return strings.Join(all, ", ")
}

// valueOf formats the value of a tag that holds no elements.
func (d *document) valueOf(tag tlv.Tag, f field, value []byte) string {
	switch f.format {
	case integer:
		return integerOf(value)
	case money:
		return "=" + moneyOf(value)
	case quantity:
		return quantityOf(value)
	case days:
		return integerOf(value) + " ДН."
	case dateTime:
		return timeOf(value, dateTimeLayout)
	case date:
		return timeOf(value, dateLayout)
	case enumerated:
		return enumOf(tag, value, d.before2019)
	case sign:
		return signText(value)
	case hexadecimal:
		return strings.ToUpper(hex.EncodeToString(value))
	}
	return textOf(value)
}

// vatChange is when the rate of 18 % became 20 %: captions name the rate.
var vatChange = time.Date(2019, time.January, 1, 0, 0, 0, 0, time.UTC)
