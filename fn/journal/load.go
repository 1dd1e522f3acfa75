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
	for i, f := range files {
		number := uint32(i + 1)
		if f.Name != segmentName(number) {
			return &DamagedError{Path: pathOf(j.fs), File: segmentName(number), Problem: "segment is missing"}
		}
		if err := j.checkHeader(number, f.Size); err != nil {
			return err
		}
		data := make([]byte, f.Size)
		if err := j.fs.ReadAt(f.Name, data, 0); err != nil {
			return err
		}
		end, err := j.loadSegment(number, data, i == len(files)-1, visit)
		if err != nil {
			return err
		}
		j.segment, j.size, j.end = number, len(data), end
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
func (j *Journal) loadSegment(number uint32, data []byte, last bool,
	visit func(pos Pos, kind byte, payload []byte) error) (int, error) {
	at := Pos{Segment: number, Offset: segmentHeader}
	for {
		kind, payload, problem := recordAt(data, at)
		switch {
		case problem != "":
			return int(at.Offset), j.settle(at, data, last, problem)
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

// settle decides about a bad place: with valid records after it the journal is damaged; without, it is taken for the
// end of a write that power cut short, and is cut off.
func (j *Journal) settle(at Pos, data []byte, last bool, problem string) error {
	if !last || validRecordAfter(data, at) {
		return j.damaged(at, problem)
	}
	remains := bytes.TrimRight(data[at.Offset:], "\x00") // not empty: zeros are no problem
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
