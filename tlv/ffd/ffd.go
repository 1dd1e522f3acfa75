// Package ffd is the dictionary of fiscal documents (форматы фискальных
// документов, ФФД 1.05, 1.1 and 1.2): what tags are called and hold, what the
// values of enumerations mean, and views of a document: the JSON of the tax
// service, both ways, and a tree for people.
//
// The dictionary is generated from the tables in testdata/ffd, which name
// their sources.
package ffd

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/openkkt/openkkt/tlv"
)

//go:generate go run ./internal/gen ../../testdata/ffd dictionary_gen.go

// Version is a version of the format, with the numbers of tag 1209.
type Version uint8

// Versions of the format.
const (
	FFD10  Version = 1
	FFD105 Version = 2
	FFD11  Version = 3
	FFD12  Version = 4
)

// ParseVersion reads "1.05", "1.1" or "1.2".
func ParseVersion(s string) (Version, error) {
	for v := FFD105; v <= FFD12; v++ {
		if s == v.String() {
			return v, nil
		}
	}
	return 0, fmt.Errorf("FFD version %.20q: must be 1.05, 1.1 or 1.2", s)
}

func (v Version) String() string {
	switch v {
	case FFD10:
		return "1.0"
	case FFD105:
		return "1.05"
	case FFD11:
		return "1.1"
	case FFD12:
		return "1.2"
	}
	return "FFD(" + strconv.Itoa(int(v)) + ")"
}

// Versions is a set of versions.
type Versions uint8

// Has tells whether v is in the set.
func (s Versions) Has(v Version) bool { return s>>v&1 != 0 }

// Kind is the type of a value.
type Kind uint8

// Types of values.
const (
	KindUnknown  Kind = iota
	KindByte          // one byte
	KindUint16        // two bytes, little-endian
	KindUint32        // four bytes, little-endian
	KindVLN           // integer of variable length
	KindFVLN          // decimal
	KindUnixTime      // local wall clock as if in UTC, four bytes
	KindText          // CP866
	KindBytes         // bytes without further meaning
	KindSTLV          // elements
	KindPrinted       // exists on paper only
)

// Info is what the dictionary knows about a tag. Its slices are shared: do
// not change them.
type Info struct {
	Tag        tlv.Tag
	Kind       Kind
	Name       string // Russian, as in the order
	Short      string // Russian, our shorter wording of a long Name; may be empty
	MaxLen     int    // of the value in bytes; 0 when there is no usable limit
	Fixed      bool   // the value always has MaxLen bytes (text: padded with spaces)
	Bits       bool   // an integer of bits, see EnumName
	Money      bool   // a VLN that counts kopecks
	Repeatable bool   // several may stand side by side
	JSON       []string
	Versions   Versions // in which it is defined
	// StorageForms tells in which versions the fiscal storage forms the
	// field, so that the register must not send it (FNS ККТ–ФН 1.2.06, 5.3
	// and 5.4; for 1.05: fields that the storage puts first in real
	// documents).
	StorageForms               Versions
	StorageFormsInRequest      bool // document 81
	StorageFormsInNotification bool // document 82
	Captions                   []string
}

// Title is the name of the field for people: Short, or Name with a capital.
func (info *Info) Title() string {
	if info.Short != "" {
		return info.Short
	}
	first, n := utf8.DecodeRuneInString(info.Name)
	return string(unicode.ToUpper(first)) + info.Name[n:]
}

// Lookup finds a tag or the code of a document.
func Lookup(t tlv.Tag) (Info, bool) {
	if info := find(t); info != nil {
		return *info, true
	}
	return Info{}, false
}

// ByJSON finds the tag with the JSON name inside parent, the code of a
// document or a compound tag. The same name means different tags in different
// places: totalSum is 1020 in a receipt and 1201 in counters.
func ByJSON(parent tlv.Tag, name string) (Info, bool) {
	for _, own := range ownJSON {
		if own.parent == parent && own.name == name {
			return Lookup(own.tag)
		}
	}
	for _, child := range children(parent) {
		if info := find(child); slices.Contains(info.JSON, name) {
			return *info, true
		}
	}
	return Info{}, false
}

// MayContain tells whether the tag may stand inside parent in some version.
func MayContain(parent, t tlv.Tag) bool {
	_, ok := slices.BinarySearch(children(parent), t)
	return ok
}

// IsReceipt tells whether form is a receipt, a strict reporting form (БСО) or
// a correction of one.
func IsReceipt(form tlv.Tag) bool {
	switch form {
	case Receipt, ReceiptCorrection, BSO, BSOCorrection:
		return true
	}
	return false
}

// EnumName is the short Russian name of a value of an enumeration, or of the
// bits set in it, joined by commas; "" when the dictionary has none.
func EnumName(t tlv.Tag, value uint64) string {
	return enumText(t, value, func(e *enumRow) string { return e.name })
}

// EnumPrinted is what stands for the value on paper; "" when nothing is known.
func EnumPrinted(t tlv.Tag, value uint64) string {
	return enumText(t, value, func(e *enumRow) string { return e.printed })
}

type enumRow struct {
	tag           tlv.Tag
	bit           bool
	value         uint64
	name, printed string
}

type ownName struct {
	parent, tag tlv.Tag
	name        string
}

func enumText(t tlv.Tag, value uint64, text func(*enumRow) string) string {
	i, _ := slices.BinarySearchFunc(enums[:], t, func(e enumRow, t tlv.Tag) int { return cmp.Compare(e.tag, t) })
	var bits []string
	for ; i < len(enums) && enums[i].tag == t; i++ {
		e := &enums[i]
		switch {
		case !e.bit && e.value == value:
			return text(e)
		case e.bit && e.value < 64 && value>>e.value&1 != 0 && text(e) != "":
			bits = append(bits, text(e))
		}
	}
	return strings.Join(bits, ", ")
}

// Find is Lookup without the copy: nil when there is no such tag. The row is
// shared by all: do not change it.
func Find(t tlv.Tag) *Info { return find(t) }

// find is the row of the tag; nil when there is none. The generator checks
// that all children have one.
func find(t tlv.Tag) *Info {
	if int(t) < len(rows) {
		if n := rows[t]; n != 0 {
			return &infos[n-1]
		}
		return nil
	}
	i, ok := slices.BinarySearchFunc(infos[:], t, func(info Info, t tlv.Tag) int { return cmp.Compare(info.Tag, t) })
	if !ok {
		return nil
	}
	return &infos[i]
}

// rows finds the row of a tag by the tag, counted from 1: storages look up every
// tag of every item. Only the arrays of archive files have larger tags.
var rows = func() (rows [2400]uint16) {
	for i := range infos {
		if t := infos[i].Tag; int(t) < len(rows) {
			rows[t] = uint16(i + 1)
		}
	}
	return rows
}()

// jsonName is the name under which the tag is written inside parent; "" when
// it has none there.
func jsonName(parent tlv.Tag, info *Info) string {
	for _, own := range ownJSON {
		if own.parent == parent && own.tag == info.Tag {
			return own.name
		}
	}
	if len(info.JSON) == 0 || !MayContain(parent, info.Tag) {
		return ""
	}
	return info.JSON[0]
}

type level uint8

const (
	levelDocument level = iota
	levelItem
	levelProductCode
)

// responseOnlyKey is a key that exports have and a register fills by itself.
type responseOnlyKey struct {
	level        level
	key          string
	receiptsOnly bool // in other documents it is a field like any other
}
