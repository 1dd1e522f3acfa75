// Package tlv reads and writes the tag–length–value encoding of Russian
// fiscal documents (ФФД): an element is a tag, two bytes, the length of the
// value, two bytes, both little-endian, and the value. The value of some tags
// is itself a row of elements (STLV). A whole document is one such element,
// whose tag is the code of the document.
//
// Writing is appending to a buffer of the caller, with lengths patched in
// afterwards; reading is a walk over the bytes of the caller. Neither
// allocates. What tags mean is the business of package ffd.
//
// Source of the encodings: order ЕД-7-20/662@ of the tax service, annex 2.
package tlv

import (
	"errors"
	"fmt"
)

// Tag is the number of a field (реквизит) or the code of a document.
type Tag uint16

const (
	// HeaderSize is the number of bytes before a value: tag and length.
	HeaderSize = 4
	// MaxValue is the longest value that a length can tell.
	MaxValue = 0xFFFF
)

// What can be wrong with an element; an *Error wraps one of them.
var (
	// ErrShort: the bytes end inside a header or a value.
	ErrShort = errors.New("bytes end inside the element")
	// ErrTooLong: a value is longer than it may be.
	ErrTooLong = errors.New("value too long")
	// ErrValue: a value has the wrong length or content for its type.
	ErrValue = errors.New("bad value")
)

// Error tells which element is wrong and where it starts.
type Error struct {
	Tag    Tag    // 0 when the bytes end before it is known
	Offset int    // of the element's header in the input; -1 when writing
	Reason string // details, may be empty
	Err    error  // ErrShort, ErrTooLong, ErrValue or a *charset.Error
}

func (e *Error) Error() string {
	where := fmt.Sprintf("tag %d", e.Tag)
	if e.Offset >= 0 {
		where = fmt.Sprintf("tag %d at byte %d", e.Tag, e.Offset)
	}
	if e.Reason == "" {
		return fmt.Sprintf("%s: %v", where, e.Err)
	}
	return fmt.Sprintf("%s: %v: %s", where, e.Err, e.Reason)
}

func (e *Error) Unwrap() error { return e.Err }
