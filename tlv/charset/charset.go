// Package charset converts between UTF-8 and the two code pages of fiscal
// registers: CP866, in which strings of fiscal documents (TLV) are kept, and
// CP1251, in which commands of Shtrih-M registers carry their text.
//
// The functions append to a buffer of the caller and do not allocate, apart
// from growing that buffer and from errors. They are safe for concurrent use.
package charset

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Policy says what to do with a character that the code page lacks.
type Policy uint8

const (
	// Strict refuses every character that the code page lacks.
	Strict Policy = iota
	// Conventional replaces what cash software replaces by habit, and
	// refuses the rest: « » “ ” „ become ", — – ‑ become -, … becomes ...,
	// ’ becomes '. A character that the page has is never replaced.
	Conventional
)

// Error is a character that the code page cannot hold.
type Error struct {
	Page   string // "CP866" or "CP1251"
	Rune   rune   // utf8.RuneError when the string is not UTF-8 at Offset
	Offset int    // in bytes, into the UTF-8 string
}

func (e *Error) Error() string {
	if e.Rune == utf8.RuneError {
		return fmt.Sprintf("%s: byte %d is not UTF-8 or is the replacement character", e.Page, e.Offset)
	}
	return fmt.Sprintf("%s has no character %q (%U) at byte %d", e.Page, e.Rune, e.Rune, e.Offset)
}

// AppendCP866 appends s in CP866. On error it returns dst as it was and an
// *Error.
func AppendCP866(dst []byte, s string, p Policy) ([]byte, error) {
	return cp866.appendEncoded(dst, s, p)
}

// AppendCP1251 appends s in CP1251. On error it returns dst as it was and an
// *Error.
func AppendCP1251(dst []byte, s string, p Policy) ([]byte, error) {
	return cp1251.appendEncoded(dst, s, p)
}

// AppendUTF8FromCP866 appends the CP866 text src in UTF-8. Every byte of
// CP866 is a character, so it cannot fail.
func AppendUTF8FromCP866(dst, src []byte) []byte {
	return cp866.appendDecoded(dst, src)
}

// AppendUTF8FromCP1251 appends the CP1251 text src in UTF-8. Byte 98h, which
// CP1251 does not define, becomes U+FFFD.
func AppendUTF8FromCP1251(dst, src []byte) []byte {
	return cp1251.appendDecoded(dst, src)
}

// CP866String is the CP866 text b as a string. It allocates the string.
func CP866String(b []byte) string {
	return string(AppendUTF8FromCP866(make([]byte, 0, 2*len(b)), b))
}

// CP1251String is the CP1251 text b as a string. It allocates the string.
func CP1251String(b []byte) string {
	return string(AppendUTF8FromCP1251(make([]byte, 0, 2*len(b)), b))
}

// AppendCP866FromCP1251 appends the CP1251 text src in CP866, as a register
// does with the text of a command: look-alikes as in Conventional, and ? for
// what CP866 lacks.
func AppendCP866FromCP1251(dst, src []byte) []byte {
	for _, b := range src {
		r := &recoded[b]
		dst = append(dst, r.bytes[:r.n]...)
	}
	return dst
}

// A page is one single-byte code page in both directions.
type page struct {
	name    string
	decoded [256]utf8Char
	// Characters of U+0400–U+04FF (Cyrillic), 0 where the page lacks one: no
	// page here has Cyrillic at byte 0.
	cyrillic [256]byte
	charmap  *charmap.Charmap
}

type utf8Char struct {
	bytes [utf8.UTFMax]byte
	n     uint8
}

var (
	cp866   = newPage("CP866", charmap.CodePage866)
	cp1251  = newPage("CP1251", charmap.Windows1251)
	recoded = recode(cp1251, cp866)
)

func newPage(name string, m *charmap.Charmap) *page {
	p := &page{name: name, charmap: m}
	for b := range 256 {
		r := m.DecodeByte(byte(b))
		p.decoded[b].n = uint8(utf8.EncodeRune(p.decoded[b].bytes[:], r))
		if r >= 0x400 && r < 0x500 {
			p.cyrillic[r-0x400] = byte(b)
		}
	}
	return p
}

func recode(from, to *page) (t [256]utf8Char) {
	for b := range t {
		c := &from.decoded[b]
		out, err := to.appendEncoded(t[b].bytes[:0], string(c.bytes[:c.n]), Conventional)
		if err != nil {
			out = append(out[:0], '?')
		}
		t[b].n = uint8(len(out))
	}
	return t
}

func (p *page) appendDecoded(dst, src []byte) []byte {
	for _, b := range src {
		if b < utf8.RuneSelf {
			dst = append(dst, b)
			continue
		}
		c := &p.decoded[b]
		dst = append(dst, c.bytes[:c.n]...)
	}
	return dst
}

func (p *page) appendEncoded(dst []byte, s string, policy Policy) ([]byte, error) {
	start := len(dst)
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			dst = append(dst, s[i])
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b, ok := p.encode(r)
		switch {
		case r == utf8.RuneError:
			return dst[:start], &Error{Page: p.name, Rune: r, Offset: i}
		case ok:
			dst = append(dst, b)
		default:
			alike := ""
			if policy == Conventional {
				alike = lookAlike(r)
			}
			if alike == "" {
				return dst[:start], &Error{Page: p.name, Rune: r, Offset: i}
			}
			dst = append(dst, alike...)
		}
		i += size
	}
	return dst, nil
}

func (p *page) encode(r rune) (byte, bool) {
	if r >= 0x400 && r < 0x500 {
		b := p.cyrillic[r-0x400]
		return b, b != 0
	}
	return p.charmap.EncodeRune(r)
}

func lookAlike(r rune) string {
	switch r {
	case '«', '»', '“', '”', '„':
		return `"`
	case '—', '–', '‑':
		return "-"
	case '…':
		return "..."
	case '’':
		return "'"
	}
	return ""
}
