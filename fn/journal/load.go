package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"slices"
)

// load reads all segments and finds where to go on writing.
func (j *Journal) load(visit func(pos Pos, kind byte, payload []byte) error) error {
	files, err := j.fs.List()
	if err != nil {
		return err
	}
	slices.SortFunc(files, func(a, b FileInfo) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	var s segment
	for i, f := range files {
		number := uint32(i + 1)
		if f.Name != segmentName(number) {
			return &DamagedError{Path: pathOf(j.fs), File: segmentName(number), Problem: "segment is missing"}
		}
		if err := j.checkHeader(number, f.Size); err != nil {
			return err
		}
		if err := s.read(j.fs, f); err != nil {
			return err
		}
		end, err := j.loadSegment(number, &s, i == len(files)-1, visit)
		if err != nil {
			return err
		}
		j.use(number, s.size, end)
	}
	return nil
}

// checkHeader refuses a file that is not the segment of that number, before all of it is read.
func (j *Journal) checkHeader(number uint32, size int64) error {
	at := Pos{Segment: number}
	if size < segmentHeader {
		return j.damaged(at, "not a journal segment: shorter than its header")
	}
	if size > MaxSegmentSize {
		return j.damaged(at, "not a journal segment: too long")
	}
	var h [segmentHeader]byte
	if err := j.fs.ReadAt(segmentName(number), h[:], 0); err != nil {
		return err
	}
	switch version := binary.LittleEndian.Uint32(h[8:]); {
	case string(h[:8]) != segmentMagic:
		return j.damaged(at, "not a journal segment")
	case crc32.Checksum(h[:16], castagnoli) != binary.LittleEndian.Uint32(h[16:]):
		return j.damaged(at, "segment header checksum is wrong")
	case version > Version:
		return &NewerError{Path: pathOf(j.fs), File: segmentName(number), Version: int(version)}
	case version != Version:
		return j.damaged(at, "segment header has a version that never was")
	case binary.LittleEndian.Uint32(h[12:]) != number:
		return j.damaged(at, "segment has the number of another one")
	}
	return nil
}

// loadSegment visits the records of a segment and returns where the next one begins.
func (j *Journal) loadSegment(number uint32, s *segment, last bool,
	visit func(pos Pos, kind byte, payload []byte) error) (int, error) {
	at := Pos{Segment: number, Offset: segmentHeader}
	for {
		kind, payload, problem := recordAt(s, at)
		switch {
		case problem != "":
			return int(at.Offset), j.settle(at, s, last, problem)
		case payload == nil:
			return int(at.Offset), nil
		}
		if err := visit(at, kind, payload); err != nil {
			return 0, fmt.Errorf("%s, offset %d: %w", join(pathOf(j.fs), segmentName(number)), at.Offset, err)
		}
		at.Offset += uint32(recordSize(len(payload)))
	}
}

// recordAt looks at the record at a place. A nil payload without a problem is the end of the segment.
func recordAt(s *segment, at Pos) (kind byte, payload []byte, problem string) {
	offset := int(at.Offset)
	head := s.view(offset, recordHeader)
	if len(head) < recordHeader || allZero(head) {
		if !s.emptyFrom(offset) {
			return 0, nil, "bytes after the last record"
		}
		return 0, nil, ""
	}
	n := int64(binary.LittleEndian.Uint32(head))
	switch {
	case head[4] != 'J' || head[5] != 'R' || head[6] != Version:
		return 0, nil, "record header is wrong"
	case n > MaxPayload || recordHeader+n > int64(s.size-offset):
		return 0, nil, "record length is out of range"
	}
	record := s.view(offset, recordHeader+int(n))
	payload = record[recordHeader:]
	if recordCRC(at, record[:8], payload) != binary.LittleEndian.Uint32(record[8:]) {
		return 0, nil, "record checksum is wrong"
	}
	return record[7], payload, ""
}

// settle decides about a bad place: with valid records after it the journal is damaged; without, it is taken for the
// end of a write that power cut short, and is cut off.
func (j *Journal) settle(at Pos, s *segment, last bool, problem string) error {
	if !last || validRecordAfter(s, at) {
		return j.damaged(at, problem)
	}
	remains := bytes.TrimRight(s.bytes[at.Offset:], "\x00") // not empty: zeros are no problem
	name := segmentName(at.Segment)
	saved, err := j.save(fmt.Sprintf("%s.cut-%d", name, at.Offset), remains)
	if err != nil {
		return fmt.Errorf("save the bytes cut off %s: %w", join(pathOf(j.fs), name), err)
	}
	if err := j.fs.WriteAt(name, make([]byte, len(remains)), int64(at.Offset)); err != nil {
		return err
	}
	j.cut = Cut{name, int64(at.Offset), len(remains), problem, join(pathOf(j.fs), saved)}
	return j.fs.Sync(name)
}

// save makes a file of data under name, or the first name with a number behind it that is free: the same place may be
// cut more than once.
func (j *Journal) save(name string, data []byte) (string, error) {
	free := name
	for n := 2; ; n++ {
		err := j.fs.Create(free, int64(len(data)), data)
		if !errors.Is(err, fs.ErrExist) {
			return free, err
		}
		free = fmt.Sprintf("%s.%d", name, n)
	}
}

// validRecordAfter tells whether some record after at is whole. The checksum covers the place, so bytes inside a
// payload that look like a record are not taken for one.
func validRecordAfter(s *segment, at Pos) bool {
	for o := int(at.Offset) + 4; o+4 < len(s.bytes); o += 4 {
		if s.bytes[o+4] != 'J' {
			continue
		}
		if _, payload, problem := recordAt(s, Pos{at.Segment, uint32(o)}); problem == "" && payload != nil {
			return true
		}
	}
	return false
}

// segment is the content of a file: bytes and, from there to its size, zeros. Most of the last segment is zeros, which
// take no memory here.
type segment struct {
	size  int
	bytes []byte
}

// chunkSize is how much of a segment is read at once, in bytes.
const chunkSize = 64 << 10

// read reads a segment into the place of another one.
func (s *segment) read(fs FS, f FileInfo) error {
	s.size, s.bytes = int(f.Size), s.bytes[:0]
	chunk := make([]byte, min(chunkSize, s.size))
	for offset := 0; offset < s.size; offset += len(chunk) {
		chunk = chunk[:min(len(chunk), s.size-offset)]
		if err := fs.ReadAt(f.Name, chunk, int64(offset)); err != nil {
			return err
		}
		if !allZero(chunk) {
			s.grow(offset)
			s.bytes = append(s.bytes, chunk...)
		}
	}
	return nil
}

// view gives n bytes at an offset, fewer at the end of the segment.
func (s *segment) view(offset, n int) []byte {
	end := min(offset+n, s.size)
	s.grow(end)
	return s.bytes[min(offset, end):end:end]
}

// emptyFrom tells that only zeros stand at an offset and after it.
func (s *segment) emptyFrom(offset int) bool { return allZero(s.bytes[min(offset, len(s.bytes)):]) }

// grow makes zeros up to end part of the bytes.
func (s *segment) grow(end int) {
	if end > len(s.bytes) {
		s.bytes = append(s.bytes, make([]byte, end-len(s.bytes))...)
	}
}

// allZero tells that the first byte is zero and each other equals the one before it.
func allZero(b []byte) bool {
	return len(b) == 0 || b[0] == 0 && bytes.Equal(b[1:], b[:len(b)-1])
}
