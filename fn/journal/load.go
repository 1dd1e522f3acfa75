package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
)

// load reads all segments and finds where to go on writing.
func (j *Journal) load(visit func(pos Pos, kind byte, payload []byte) error) error {
	files, err := j.fs.List()
	if err != nil {
		return err
	}
	slices.SortFunc(files, func(a, b FileInfo) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	for i, f := range files {
		number := uint32(i + 1)
		if f.Name != segmentName(number) {
			return &DamagedError{Path: pathOf(j.fs), File: segmentName(number), Problem: "segment is missing"}
		}
		last := i == len(files)-1
		data := make([]byte, f.Size)
		if err := j.fs.ReadAt(f.Name, data, 0); err != nil {
			return err
		}
		end, err := j.loadSegment(number, data, last, visit)
		if err != nil {
			return err
		}
		if end == 0 {
			if end, err = j.writeHeader(number); err != nil {
				return err
			}
		}
		j.segment, j.size, j.end = number, len(data), end
	}
	return nil
}

// writeHeader begins the last segment anew, whose header and first record power cut short.
func (j *Journal) writeHeader(number uint32) (end int, err error) {
	name := segmentName(number)
	if err := j.fs.WriteAt(name, appendSegmentHeader(nil, number), 0); err != nil {
		return 0, err
	}
	return segmentHeader, j.fs.Sync(name)
}

// loadSegment visits the records of a segment and returns where the next one begins, 0 if not even the header of the
// segment was written.
func (j *Journal) loadSegment(number uint32, data []byte, last bool,
	visit func(pos Pos, kind byte, payload []byte) error) (int, error) {
	at := Pos{Segment: number}
	if problem, err := j.checkHeader(number, data); err != nil {
		return 0, err
	} else if problem != "" {
		return 0, j.settle(at, data, last, problem)
	}
	at.Offset = segmentHeader
	for {
		kind, payload, problem := recordAt(data, at)
		switch {
		case problem != "":
			return int(at.Offset), j.settle(at, data, last, problem)
		case payload == nil:
			return int(at.Offset), nil
		}
		if err := visit(at, kind, payload); err != nil {
			return 0, fmt.Errorf("%s, offset %d: %w", segmentName(number), at.Offset, err)
		}
		at.Offset += uint32(recordSize(len(payload)))
	}
}

func (j *Journal) checkHeader(number uint32, data []byte) (problem string, err error) {
	if len(data) < segmentHeader {
		return "", j.damaged(Pos{Segment: number}, "segment is shorter than its header")
	}
	h := data[:segmentHeader]
	switch {
	case crc32.Checksum(h[:16], castagnoli) != binary.LittleEndian.Uint32(h[16:]):
		return "segment header is wrong", nil
	case string(h[:8]) != segmentMagic:
		return "", j.damaged(Pos{Segment: number}, "not a journal segment")
	case binary.LittleEndian.Uint32(h[8:]) > Version:
		return "", &NewerError{
			Path: pathOf(j.fs), File: segmentName(number), Version: int(binary.LittleEndian.Uint32(h[8:])),
		}
	case binary.LittleEndian.Uint32(h[12:]) != number:
		return "", j.damaged(Pos{Segment: number}, "segment has the number of another one")
	}
	return "", nil
}

// recordAt looks at the record at a place. A nil payload without a problem is the end of the segment.
func recordAt(data []byte, at Pos) (kind byte, payload []byte, problem string) {
	rest := data[min(int(at.Offset), len(data)):]
	if len(rest) < recordHeader {
		if !allZero(rest) {
			return 0, nil, "bytes after the last record"
		}
		return 0, nil, ""
	}
	if allZero(rest[:recordHeader]) {
		if !allZero(rest) {
			return 0, nil, "bytes after the last record"
		}
		return 0, nil, ""
	}
	n := int64(binary.LittleEndian.Uint32(rest))
	switch {
	case rest[4] != 'J' || rest[5] != 'R' || rest[6] != Version:
		return 0, nil, "record header is wrong"
	case n > MaxPayload || recordHeader+n > int64(len(rest)):
		return 0, nil, "record length is out of range"
	}
	payload = rest[recordHeader : recordHeader+n : recordHeader+n]
	if recordCRC(at, rest[:8], payload) != binary.LittleEndian.Uint32(rest[8:]) {
		return 0, nil, "record checksum is wrong"
	}
	return rest[7], payload, ""
}

// settle decides about a bad place: with valid records after it the journal is damaged; without, it is the end of a
// write that power cut short, and is wiped.
func (j *Journal) settle(at Pos, data []byte, last bool, problem string) error {
	if !last || validRecordAfter(data, at) {
		return j.damaged(at, problem)
	}
	tail := data[at.Offset:]
	used := len(bytes.TrimRight(tail, "\x00"))
	if used == 0 {
		return nil
	}
	j.cut = used
	clear(tail[:used])
	name := segmentName(at.Segment)
	if err := j.fs.WriteAt(name, tail[:used], int64(at.Offset)); err != nil {
		return err
	}
	return j.fs.Sync(name)
}

// validRecordAfter tells whether some record after at is whole. The checksum covers the place, so bytes inside a
// payload that look like a record are not taken for one.
func validRecordAfter(data []byte, at Pos) bool {
	for o := int(at.Offset) + 4; o+recordHeader <= len(data); o += 4 {
		if data[o+4] != 'J' {
			continue
		}
		if _, payload, problem := recordAt(data, Pos{at.Segment, uint32(o)}); problem == "" && payload != nil {
			return true
		}
	}
	return false
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
