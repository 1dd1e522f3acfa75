package ffd

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/openkkt/openkkt/tlv"
)

// AppendTree appends the elements of doc for a person to read, one to a line:
// tag, Russian name, value, what is inside a compound field indented below it.
// Sums are in roubles. doc is a document, header included, or any row of
// elements. A value that does not fit the type of its tag is shown in
// hexadecimal with what is wrong. When the row of elements itself is broken,
// the lines before that are appended and the error, a *tlv.Error, returned.
//
// A message sign after the document (see [SplitMessageSign]) is a line of its own.
func AppendTree(dst, doc []byte) ([]byte, error) {
	return appendMessageTree(dst, doc, false)
}

// AppendTreeWithOffsets is AppendTree with the place of every element, in
// hexadecimal, before its line.
func AppendTreeWithOffsets(dst, doc []byte) ([]byte, error) {
	return appendMessageTree(dst, doc, true)
}

func appendMessageTree(dst, message []byte, offsets bool) ([]byte, error) {
	doc, sign := SplitMessageSign(message)
	dst, err := appendTree(dst, doc, 0, 0, offsets)
	if err == nil && sign != nil {
		if offsets {
			dst = fmt.Appendf(dst, "%04X  ", len(doc))
		}
		dst = fmt.Appendf(dst, "ФПС %d (%x)\n", binary.BigEndian.Uint64(sign), sign)
	}
	return dst, err
}

const widestName = 40 // longer names do not move the column of values

func appendTree(dst, row []byte, offset, depth int, offsets bool) ([]byte, error) {
	width := nameColumn(row)
	r := tlv.NewReader(row)
	for r.Next() {
		info, known := Lookup(r.Tag())
		name := "?"
		if known {
			name = info.Title()
		}
		if offsets {
			dst = fmt.Appendf(dst, "%04X  ", offset+r.Offset())
		}
		dst = append(dst, strings.Repeat("  ", depth)...)
		dst = strconv.AppendUint(dst, uint64(r.Tag()), 10)
		dst = append(dst, ' ')
		dst = append(dst, name...)
		inside := offset + r.Offset() + tlv.HeaderSize
		if info.Kind == KindSTLV && depth < maxDepth {
			dst = append(dst, '\n')
			var err error
			if dst, err = appendTree(dst, r.Value(), inside, depth+1, offsets); err != nil {
				return dst, err
			}
			continue
		}
		dst = append(dst, strings.Repeat(" ", max(0, width-utf8.RuneCountInString(name))+2)...)
		dst = appendReadable(dst, &info, r)
		dst = append(dst, '\n')
	}
	return dst, shifted(r.Err(), offset)
}

func nameColumn(row []byte) int {
	width := 0
	r := tlv.NewReader(row)
	for r.Next() {
		info, known := Lookup(r.Tag())
		if n := utf8.RuneCountInString(info.Title()); known && n <= widestName && info.Kind != KindSTLV {
			width = max(width, n)
		}
	}
	return width
}

// appendReadable appends the value of the element at which r, a copy, stands.
func appendReadable(dst []byte, info *Info, r tlv.Reader) []byte {
	before := len(dst)
	number := func(v uint64) {
		dst = strconv.AppendUint(dst, v, 10)
		if name := EnumName(info.Tag, v); name != "" {
			dst = append(dst, ' ')
			dst = append(dst, name...)
		}
	}
	switch info.Kind {
	case KindByte:
		number(uint64(r.Byte()))
	case KindUint16:
		number(uint64(r.Uint16()))
	case KindUint32:
		number(uint64(r.Uint32()))
	case KindVLN:
		v := r.VLN()
		if info.Money {
			dst = fmt.Appendf(dst, "%d.%02d", v/100, v%100)
		} else {
			dst = strconv.AppendUint(dst, v, 10)
		}
	case KindFVLN:
		dst = r.FVLN().AppendTo(dst)
	case KindUnixTime:
		dst = r.UnixTime().AppendFormat(dst, "02.01.2006 15:04:05")
	case KindText:
		text := strings.TrimRight(r.Text(), " ")
		dst = append(dst, printable(text)...)
		if v, err := strconv.ParseUint(text, 10, 32); err == nil {
			if name := EnumName(info.Tag, v); name != "" {
				dst = append(dst, ' ')
				dst = append(dst, name...)
			}
		}
	default:
		if sign, ok := SignNumber(r.Value()); ok && info.Tag == FiscalSign {
			dst = fmt.Appendf(dst, "%d (%x)", sign, r.Value())
			break
		}
		dst = hex.AppendEncode(dst, r.Value())
	}
	if e, ok := r.Err().(*tlv.Error); ok {
		dst = hex.AppendEncode(dst[:before], r.Value())
		dst = fmt.Appendf(dst, "  ! %v: %s", e.Err, e.Reason)
	}
	return dst
}

// printable keeps a value on its line and the terminal in order.
func printable(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}
