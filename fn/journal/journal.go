// Package journal is an append-only log that survives losing power at any moment. A record is durable when Append
// returns: one write and one sync. Reading it back gives a prefix of what was appended that holds at least every
// record whose Append returned nil; a record that was being written when the power went is either there as a whole
// or not at all.
//
// # Format
//
// The log is a row of segments, files of a fixed size that are filled with zeros before they are used, so that
// appending changes no file size. A segment begins with a header:
//
//	"openkktJ" | version u32 | segment number u32 | CRC-32C u32 of the 16 bytes before
//
// Records follow, each beginning at a multiple of 4 bytes:
//
//	length of payload u32 | 'J' 'R' version kind | CRC-32C u32 | payload | zeros up to a multiple of 4
//
// A segment is created with its header, as a whole or not at all, so a file without a valid header is no remains of a
// write that power cut short: it is damaged or somebody else's, and is left as it is.
//
// All integers are little-endian. The CRC covers the segment number, the offset of the record, its first 8 bytes and
// the payload, so a record is valid only where it was written. Zeros where a record could begin end the segment.
//
// # Damage and cuts
//
// Bytes that are no record are damage when a valid record or another segment follows them: nothing is changed then,
// and Open fails. Otherwise they are taken for a write that power cut short, which was never acknowledged, and are
// wiped. That they are one cannot be proved: a medium may leave trash where it was writing, so the last acknowledged
// record, with a byte changed later, looks the same. Hence nothing is thrown away. Before the bytes are wiped they go
// to a file of their own, named after the segment and the offset, such as
//
//	00000001.journal.cut-4096
//
// with ".2" and so on behind it when the name is taken. It holds the bytes up to the last that is not zero; the
// journal never reads or removes it. When it cannot be written, for want of space say, Open fails and the segment
// keeps the bytes.
package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
)

// Version is the version of the format that this package writes and reads.
const Version = 1

const (
	segmentMagic  = "openkktJ"
	segmentHeader = 20
	recordHeader  = 12

	// DefaultSegmentSize is the size of a segment in bytes.
	DefaultSegmentSize = 4 << 20

	// MaxSegmentSize is the size in bytes up to which a segment is read.
	MaxSegmentSize = 1 << 30

	// MaxPayload is the longest payload in bytes: it must fit in one segment.
	MaxPayload = 1 << 20
)

// Pos is where a record is.
type Pos struct {
	Segment uint32
	Offset  uint32 // of the record's header in the segment
}

// Cut is what Open took away behind the last whole record: the remains of a write that power cut short, as far as can
// be told.
type Cut struct {
	File    string // the segment
	Offset  int64  // of the first byte in it
	Size    int    // number of bytes, 0 when nothing was cut
	Problem string // why they are no record
	Saved   string // the file that has them now, with the directory if there is one
}

// Options of a journal; the zero value is good.
type Options struct {
	// SegmentSize is the size of new segments in bytes, DefaultSegmentSize if 0. It must be a multiple of 4 and
	// large enough for the longest record, at most MaxSegmentSize.
	SegmentSize int
}

// Journal is an open log. It is not safe for concurrent use.
type Journal struct {
	fs      FS
	options Options
	segment uint32 // the one being written, 0 when there is none yet
	name    string // its file
	size    int    // of that segment
	end     int    // where the next record begins
	cut     Cut
	buf     []byte
	failed  error
}

// Open reads the log and calls visit for each record in order; payload is valid only during the call. An error of
// visit ends the reading and is returned with the place of the record. Bytes after the last record that is whole are
// cut off, see Cut.
//
// The errors are *NewerError, *DamagedError, those of fs and those of visit.
func Open(fs FS, options Options, visit func(pos Pos, kind byte, payload []byte) error) (*Journal, error) {
	if options.SegmentSize == 0 {
		options.SegmentSize = DefaultSegmentSize
	}
	if n := options.SegmentSize; n%4 != 0 || n < segmentHeader+recordHeader || n > MaxSegmentSize {
		return nil, fmt.Errorf("journal: segment size %d is not a multiple of 4, too small or too large", n)
	}
	j := &Journal{fs: fs, options: options}
	if err := j.load(visit); err != nil {
		return nil, err
	}
	return j, nil
}

// Append writes a record, whose payload may come in parts, and syncs it. After an error the journal refuses everything:
// what is on the medium is known only after opening it anew.
func (j *Journal) Append(kind byte, payload ...[]byte) (Pos, error) {
	if j.failed != nil {
		return Pos{}, j.failed
	}
	pos, err := j.append(kind, payload)
	if err != nil {
		j.failed = fmt.Errorf("journal is unusable after a failed write, open it again: %w", err)
		return Pos{}, err
	}
	return pos, nil
}

// Read reads the record at pos, which Open or Append gave, its payload into buf if it fits.
func (j *Journal) Read(buf []byte, pos Pos) (kind byte, payload []byte, err error) {
	var header [recordHeader]byte
	name := j.name
	if pos.Segment != j.segment {
		name = segmentName(pos.Segment)
	}
	if err := j.fs.ReadAt(name, header[:], int64(pos.Offset)); err != nil {
		return 0, nil, err
	}
	n := int(binary.LittleEndian.Uint32(header[:]))
	if n > MaxPayload {
		return 0, nil, j.damaged(pos, "record length is out of range")
	}
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if err := j.fs.ReadAt(name, buf, int64(pos.Offset)+recordHeader); err != nil {
		return 0, nil, err
	}
	if recordCRC(pos, header[:8], buf) != binary.LittleEndian.Uint32(header[8:]) {
		return 0, nil, j.damaged(pos, "record checksum is wrong")
	}
	return header[7], buf, nil
}

// Cut is what Open cut off; the caller should tell somebody.
func (j *Journal) Cut() Cut { return j.cut }

// Close closes the FS if it can be closed. Nothing is buffered, so it loses nothing.
func (j *Journal) Close() error {
	j.failed = errors.New("journal is closed")
	if c, ok := j.fs.(interface{ Close() error }); ok {
		return c.Close()
	}
	return nil
}

func (j *Journal) append(kind byte, payload [][]byte) (Pos, error) {
	n := 0
	for _, part := range payload {
		n += len(part)
	}
	if n > MaxPayload || segmentHeader+recordSize(n) > j.options.SegmentSize {
		return Pos{}, fmt.Errorf("journal record of %d bytes is longer than a segment takes", n)
	}
	if j.segment == 0 || j.end+recordSize(n) > j.size {
		next := j.segment + 1
		head := appendSegmentHeader(nil, next)
		if err := j.fs.Create(segmentName(next), int64(j.options.SegmentSize), head); err != nil {
			return Pos{}, err
		}
		j.use(next, j.options.SegmentSize, len(head))
	}
	pos := Pos{j.segment, uint32(j.end)}
	j.buf = appendRecord(slices.Grow(j.buf[:0], recordSize(n)), pos, kind, n, payload)
	if err := j.fs.WriteAt(j.name, j.buf, int64(j.end)); err != nil {
		return Pos{}, err
	}
	if err := j.fs.Sync(j.name); err != nil {
		return Pos{}, err
	}
	j.end += len(j.buf)
	return pos, nil
}

// use makes a segment the one being written.
func (j *Journal) use(segment uint32, size, end int) {
	j.segment, j.name, j.size, j.end = segment, segmentName(segment), size, end
}

func (j *Journal) damaged(pos Pos, problem string) error {
	return &DamagedError{
		Path:    pathOf(j.fs),
		File:    segmentName(pos.Segment),
		Offset:  int64(pos.Offset),
		Problem: problem,
	}
}

func segmentName(n uint32) string { return fmt.Sprintf("%08d%s", n, segmentSuffix) }

func appendSegmentHeader(dst []byte, segment uint32) []byte {
	from := len(dst)
	dst = append(dst, segmentMagic...)
	dst = binary.LittleEndian.AppendUint32(dst, Version)
	dst = binary.LittleEndian.AppendUint32(dst, segment)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[from:], castagnoli))
}

// appendRecord appends a record with a payload of n bytes.
func appendRecord(dst []byte, pos Pos, kind byte, n int, payload [][]byte) []byte {
	from := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
	dst = append(dst, 'J', 'R', Version, kind, 0, 0, 0, 0)
	for _, part := range payload {
		dst = append(dst, part...)
	}
	record := dst[from:]
	binary.LittleEndian.PutUint32(record[8:], recordCRC(pos, record[:8], record[recordHeader:]))
	for (len(dst)-from)%4 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

// recordSize is the number of bytes that a record takes with its padding.
func recordSize(payload int) int { return recordHeader + (payload+3)&^3 }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func recordCRC(pos Pos, head, payload []byte) uint32 {
	// The place byte by byte: crc32 would take an array of it to the heap.
	crc := ^uint32(0)
	place := uint64(pos.Segment) | uint64(pos.Offset)<<32
	for range 8 {
		crc = castagnoli[byte(crc)^byte(place)] ^ crc>>8
		place >>= 8
	}
	crc = crc32.Update(^crc, castagnoli, head)
	return crc32.Update(crc, castagnoli, payload)
}
