package tlv

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/openkkt/openkkt/tlv/charset"
)

// Reader walks over the elements of one level:
//
//	r := tlv.NewReader(doc)
//	for r.Next() {
//		switch r.Tag() { … }
//	}
//	if err := r.Err(); err != nil { … }
//
// Declare it before the loop, not in its head: the variable of a head is a new
// one for each turn, and copying the reader takes longer than a step.
//
// A Reader is a value: a copy walks on its own. All bytes it gives are views
// into the input, valid as long as the input is. The first error stops the
// walk and stays in Err.
type Reader struct {
	doc   []byte
	start int // header of the current element
	next  int // header of the following one
	tag   Tag
	err   error
}

// NewReader starts before the first element of doc. To walk over the fields
// of a document, or of any STLV, give it the value.
func NewReader(doc []byte) Reader { return Reader{doc: doc} }

// Next steps to the next element. It is false at the end and after an error.
func (r *Reader) Next() bool {
	if r.err != nil || r.next >= len(r.doc) {
		return false
	}
	rest := r.doc[r.next:]
	if len(rest) < HeaderSize {
		r.fail(r.next, 0, ErrShort, "header")
		return false
	}
	tag := Tag(binary.LittleEndian.Uint16(rest))
	n := int(binary.LittleEndian.Uint16(rest[2:]))
	if n > len(rest)-HeaderSize {
		r.failShort(r.next, tag, n, len(rest)-HeaderSize)
		return false
	}
	r.tag = tag
	r.start = r.next
	r.next += HeaderSize + n
	return true
}

// Tag is the tag of the current element; 0 before the first Next.
func (r *Reader) Tag() Tag { return r.tag }

// Offset is where the header of the current element starts in the input.
func (r *Reader) Offset() int { return r.start }

// Element is the current element, header and value, as a view into the input.
func (r *Reader) Element() []byte { return r.doc[r.start:r.next:r.next] }

// Value is the value of the current element as a view into the input.
func (r *Reader) Value() []byte {
	e := r.Element()
	if len(e) < HeaderSize {
		return nil
	}
	return e[HeaderSize:]
}

// Err is the first error of the walk or of a typed accessor, an *Error.
func (r *Reader) Err() error { return r.err }

// Byte is the value as one byte. Like the other typed accessors, on a value
// that does not fit the type it gives zero and stops the walk with an error.
func (r *Reader) Byte() byte {
	if v := r.fixed(1); v != nil {
		return v[0]
	}
	return 0
}

// Uint16 is the value as a two-byte integer.
func (r *Reader) Uint16() uint16 {
	if v := r.fixed(2); v != nil {
		return binary.LittleEndian.Uint16(v)
	}
	return 0
}

// Uint32 is the value as a four-byte integer.
func (r *Reader) Uint32() uint32 {
	if v := r.fixed(4); v != nil {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

// VLN is the value as an integer of variable length; sums are kopecks.
func (r *Reader) VLN() uint64 {
	v, err := DecodeVLN(r.Value())
	r.failWith(err)
	return v
}

// FVLN is the value as a decimal.
func (r *Reader) FVLN() Decimal {
	d, err := DecodeFVLN(r.Value())
	r.failWith(err)
	return d
}

// UnixTime is the value as the wall clock at the place of settlement, in UTC.
func (r *Reader) UnixTime() time.Time {
	tm, err := DecodeUnixTime(r.Value())
	r.failWith(err)
	return tm
}

// Text is the value as a string, converted from CP866, with the spaces that
// pad strings of fixed length. It allocates the string; to avoid that, use
// charset.AppendUTF8FromCP866 on Value.
func (r *Reader) Text() string { return charset.CP866String(r.Value()) }

func (r *Reader) fixed(n int) []byte {
	v := r.Value()
	if len(v) != n {
		r.failWith(lengthError(len(v), n))
		return nil
	}
	return v
}

func (r *Reader) failWith(err error) {
	if err == nil || r.err != nil {
		return
	}
	e := &Error{Tag: r.tag, Offset: r.start, Err: err}
	if inner, ok := err.(*valueError); ok {
		e.Err, e.Reason = inner.err, inner.reason
	}
	r.err = e
}

func (r *Reader) fail(offset int, t Tag, err error, reason string) {
	r.err = &Error{Tag: t, Offset: offset, Err: err, Reason: reason}
}

func (r *Reader) failShort(offset int, t Tag, want, have int) {
	r.fail(offset, t, ErrShort, fmt.Sprintf("value of %d bytes, %d left", want, have))
}

// Find gives the value of the first element of doc with the tag t, as a view,
// looking at this level only. Bytes that are not elements end the search.
func Find(doc []byte, t Tag) ([]byte, bool) {
	for len(doc) >= HeaderSize {
		end := HeaderSize + int(binary.LittleEndian.Uint16(doc[2:]))
		if end > len(doc) {
			return nil, false
		}
		if Tag(binary.LittleEndian.Uint16(doc)) == t {
			return doc[HeaderSize:end:end], true
		}
		doc = doc[end:]
	}
	return nil, false
}
