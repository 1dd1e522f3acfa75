package blackbox

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// element is one TLV: tag and length as uint16 LE, then the value.
type element struct {
	tag   uint16
	value []byte
}

type elements []element

func parseTLV(b []byte) (elements, error) {
	var list elements
	for at := 0; at < len(b); {
		if len(b)-at < 4 {
			return nil, fmt.Errorf("%d bytes left at %d", len(b)-at, at)
		}
		tag, n := binary.LittleEndian.Uint16(b[at:]), int(binary.LittleEndian.Uint16(b[at+2:]))
		if len(b)-at-4 < n {
			return nil, fmt.Errorf("tag %d at %d: length %d, %d left", tag, at, n, len(b)-at-4)
		}
		list = append(list, element{tag, b[at+4 : at+4+n]})
		at += 4 + n
	}
	return list, nil
}

func tlv(tag uint16, value []byte) []byte {
	return join(little(uint64(tag), 2), little(uint64(len(value)), 2), value)
}

func readTLV(t testing.TB, b []byte) elements {
	t.Helper()
	list, err := parseTLV(b)
	require.NoError(t, err)
	return list
}

func (list elements) all(tag uint16) [][]byte {
	var values [][]byte
	for _, e := range list {
		if e.tag == tag {
			values = append(values, e.value)
		}
	}
	return values
}

// one demands that the tag stands once.
func (list elements) one(t testing.TB, tag uint16) []byte {
	t.Helper()
	values := list.all(tag)
	require.Len(t, values, 1, "tag %d", tag)
	return values[0]
}

func (list elements) vln(t testing.TB, tag uint16) uint64 {
	t.Helper()
	v := list.one(t, tag)
	require.NotEmpty(t, v, "tag %d", tag)
	require.LessOrEqual(t, len(v), 6, "tag %d", tag) // kopecks: at most 6 bytes
	return number(v)
}

// fixed is an integer whose length the format fixes.
func (list elements) fixed(t testing.TB, tag uint16, size int) uint64 {
	t.Helper()
	v := list.one(t, tag)
	require.Len(t, v, size, "tag %d", tag)
	return number(v)
}

func (list elements) text(t testing.TB, tag uint16, limit int) string {
	t.Helper()
	v := list.one(t, tag)
	require.NotEmpty(t, v, "tag %d", tag)
	require.LessOrEqual(t, len(v), limit, "tag %d", tag)
	return fromCP866(v)
}

// time is seconds of the local wall clock.
func (list elements) time(t testing.TB, tag uint16) time.Time {
	t.Helper()
	return time.Unix(int64(list.fixed(t, tag, 4)), 0).UTC()
}

// quantity is a FVLN in millionths.
func (list elements) quantity(t testing.TB, tag uint16) uint64 {
	t.Helper()
	v := list.one(t, tag)
	require.GreaterOrEqual(t, len(v), 2, "tag %d", tag)
	require.LessOrEqual(t, len(v), 8, "tag %d", tag)
	millionths := number(v[1:])
	require.LessOrEqual(t, v[0], byte(6), "tag %d: digits after the point", tag)
	for range 6 - v[0] {
		millionths *= 10
	}
	return millionths
}

// checkTags demands every mandatory tag once, and nothing but them and the
// optional ones; a repeated tag must be named in repeats.
func (list elements) checkTags(t testing.TB, mandatory, optional, repeats string) {
	t.Helper()
	counts := map[uint16]int{}
	for _, e := range list {
		counts[e.tag]++
	}
	allowed := map[uint16]bool{}
	for _, tag := range tags(t, mandatory) {
		allowed[tag] = true
		assert.Positive(t, counts[tag], "tag %d is mandatory", tag)
	}
	for _, tag := range tags(t, optional) {
		allowed[tag] = true
	}
	many := map[uint16]bool{}
	for _, tag := range tags(t, repeats) {
		many[tag] = true
	}
	for tag, n := range counts {
		assert.True(t, allowed[tag], "tag %d does not belong here", tag)
		assert.True(t, n == 1 || many[tag], "tag %d stands %d times", tag, n)
	}
}

func tags(t testing.TB, list string) []uint16 {
	t.Helper()
	var out []uint16
	for _, field := range strings.Fields(list) {
		var tag uint16
		_, err := fmt.Sscan(field, &tag)
		require.NoError(t, err)
		out = append(out, tag)
	}
	return out
}

func TestOwnTLVReaderAgreesWithPublishedVectors(t *testing.T) {
	t.Parallel()
	list := readTLV(t, unhex(t, "ff03030002e303")) // 1023 = 9.95, vendor's driver tests
	assert.Equal(t, uint64(9_950_000), list.quantity(t, 1023))
	_, err := parseTLV(unhex(t, "ff030400"))
	assert.Error(t, err)
	_, err = parseTLV([]byte{1, 0, 0})
	assert.Error(t, err)
}
