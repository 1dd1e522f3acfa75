package ffd

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/openkkt/openkkt/tlv"
)

// AppendJSON appends a document as one JSON object with the field names of
// the receipt JSON of the tax service. doc is the whole element of the
// document, header included, and nothing after it.
//
// The key code is the form of the document. Sums are integers of kopecks,
// quantities decimals, times the number in the document (seconds of the local
// clock as if in UTC), bytes hexadecimal text; 1077 is the number printed on
// paper. Strings of fixed length lose the spaces on the right. Fields that may
// repeat are arrays. A field without a name in its place is written as
// "tagNNNN" with the value in hexadecimal.
//
// On error, a *tlv.Error, it returns dst as it was.
func AppendJSON(dst, doc []byte) ([]byte, error) {
	doc, sign := SplitMessageSign(doc)
	r := tlv.NewReader(doc)
	if !r.Next() {
		if r.Err() != nil {
			return dst, r.Err()
		}
		return dst, &tlv.Error{Err: tlv.ErrShort, Reason: "no document"}
	}
	if len(r.Element()) != len(doc) {
		return dst, &tlv.Error{Tag: r.Tag(), Err: tlv.ErrValue, Reason: "more bytes after the document"}
	}
	if !isDocument(r.Tag()) {
		return dst, &tlv.Error{Tag: r.Tag(), Err: tlv.ErrValue, Reason: "not the code of a document"}
	}
	out := append(dst, `{"code":`...)
	out = strconv.AppendUint(out, uint64(r.Tag()), 10)
	out, err := appendFields(out, r.Tag(), r.Value(), tlv.HeaderSize, true)
	if err != nil {
		return dst, err
	}
	if sign != nil {
		out = append(out[:len(out)-1], `,"messageFiscalSign":`...)
		out = strconv.AppendUint(out, binary.BigEndian.Uint64(sign), 10)
		out = append(out, '}')
	}
	return out, nil
}

func isDocument(t tlv.Tag) bool {
	return t < 100 && children(t) != nil
}

// appendFields appends the elements of value, which stand in parent, as the
// members of an object, and the closing brace. offset is where value starts
// in the document.
func appendFields(dst []byte, parent tlv.Tag, value []byte, offset int, comma bool) ([]byte, error) {
	groups, err := group(value, offset)
	if err != nil {
		return dst, err
	}
	for _, g := range groups {
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		info, _ := Lookup(g.tag)
		name := jsonName(parent, &info)
		if name == "" {
			info = Info{Tag: g.tag, Kind: KindBytes}
			name = "tag" + strconv.Itoa(int(g.tag))
		}
		dst = appendString(dst, name)
		dst = append(dst, ':')
		array := info.Repeatable || len(g.values) > 1
		if array {
			dst = append(dst, '[')
		}
		for i, v := range g.values {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendValue(dst, &info, v); err != nil {
				return dst, err
			}
		}
		if array {
			dst = append(dst, ']')
		}
	}
	return append(dst, '}'), nil
}

// fields are the elements of one level with the same tag.
type fields struct {
	tag    tlv.Tag
	values []placed
}

type placed struct {
	element []byte // header and value
	offset  int    // in the document
}

func group(value []byte, offset int) ([]fields, error) {
	var groups []fields
	index := map[tlv.Tag]int{}
	r := tlv.NewReader(value)
	for r.Next() {
		i, ok := index[r.Tag()]
		if !ok {
			i = len(groups)
			index[r.Tag()] = i
			groups = append(groups, fields{tag: r.Tag()})
		}
		groups[i].values = append(groups[i].values, placed{r.Element(), offset + r.Offset()})
	}
	return groups, shifted(r.Err(), offset)
}

func appendValue(dst []byte, info *Info, v placed) ([]byte, error) {
	r := tlv.NewReader(v.element)
	r.Next()
	switch info.Kind {
	case KindByte:
		dst = strconv.AppendUint(dst, uint64(r.Byte()), 10)
	case KindUint16:
		dst = strconv.AppendUint(dst, uint64(r.Uint16()), 10)
	case KindUint32:
		dst = strconv.AppendUint(dst, uint64(r.Uint32()), 10)
	case KindUnixTime:
		dst = strconv.AppendInt(dst, r.UnixTime().Unix(), 10)
	case KindVLN:
		dst = strconv.AppendUint(dst, r.VLN(), 10)
	case KindFVLN:
		dst = r.FVLN().AppendTo(dst)
	case KindText:
		text := r.Text()
		if info.Fixed {
			text = strings.TrimRight(text, " ")
		}
		dst = appendString(dst, text)
	case KindSTLV:
		return appendFields(append(dst, '{'), info.Tag, r.Value(), v.offset+tlv.HeaderSize, false)
	default:
		if sign, ok := SignNumber(r.Value()); ok && info.Tag == FiscalSign {
			dst = strconv.AppendUint(dst, uint64(sign), 10)
			break
		}
		dst = append(dst, '"')
		dst = hex.AppendEncode(dst, r.Value())
		dst = append(dst, '"')
	}
	return dst, shifted(r.Err(), v.offset)
}

// SignNumber is the number that is printed for the value of 1077 (ФПД):
// bytes 2–5, big-endian.
func SignNumber(value []byte) (uint32, bool) {
	if len(value) != 6 {
		return 0, false
	}
	return uint32(value[2])<<24 | uint32(value[3])<<16 | uint32(value[4])<<8 | uint32(value[5]), true
}

// appendString appends s, which is UTF-8, in quotes.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// shifted moves the offset of a *tlv.Error from a part of the document to the
// document.
func shifted(err error, by int) error {
	if e, ok := err.(*tlv.Error); ok {
		moved := *e
		moved.Offset += by
		return &moved
	}
	return err
}
