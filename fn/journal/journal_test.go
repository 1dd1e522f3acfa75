package journal_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn/journal"
)

type record struct {
	kind    byte
	payload string
}

// open opens a journal and gives the records in it.
func open(fs journal.FS, size int) (*journal.Journal, []record, []journal.Pos, error) {
	var records []record
	var places []journal.Pos
	j, err := journal.Open(fs, journal.Options{SegmentSize: size}, func(pos journal.Pos, kind byte, payload []byte) error {
		records, places = append(records, record{kind, string(payload)}), append(places, pos)
		return nil
	})
	return j, records, places, err
}

// fill appends records of many lengths, the empty one among them.
func fill(t *testing.T, fs journal.FS, size, n int) (records []record, places []journal.Pos) {
	t.Helper()
	j, _, _, err := open(fs, size)
	require.NoError(t, err)
	for i := range n {
		r := record{byte(i), string(bytes.Repeat([]byte{byte(i + 1)}, i*3%50))}
		pos, err := j.Append(r.kind, []byte(r.payload))
		require.NoError(t, err)
		records, places = append(records, r), append(places, pos)
	}
	return records, places
}

const size = 512

func TestRecordsAreReadBackInOrder(t *testing.T) {
	fs := journal.NewMemory()
	want, places := fill(t, fs, size, 100)
	files, err := fs.List()
	require.NoError(t, err)
	assert.Greater(t, len(files), 3)
	j, got, gotPlaces, err := open(fs, size)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	assert.Equal(t, places, gotPlaces)
	assert.Zero(t, j.Cut())
	for i, pos := range places {
		kind, payload, err := j.Read(nil, pos)
		require.NoError(t, err)
		assert.Equal(t, want[i], record{kind, string(payload)})
	}
}

func TestAppendingGoesOnAfterReopening(t *testing.T) {
	fs := journal.NewMemory()
	var want []record
	for i := range 60 {
		j, got, _, err := open(fs, size)
		require.NoError(t, err)
		require.Equal(t, want, got)
		r := record{byte(i), fmt.Sprint("record ", i)}
		_, err = j.Append(r.kind, []byte(r.payload))
		require.NoError(t, err)
		want = append(want, r)
	}
}

// The layout is checked against the package documentation, not against the writer.
func TestFormatIsTheDocumentedOne(t *testing.T) {
	fs := journal.NewMemory()
	j, _, _, err := open(fs, size)
	require.NoError(t, err)
	_, err = j.Append(7, []byte("hello"))
	require.NoError(t, err)
	table := crc32.MakeTable(crc32.Castagnoli)
	le := binary.LittleEndian
	want := append([]byte("openkktJ"), 1, 0, 0, 0, 1, 0, 0, 0)
	want = le.AppendUint32(want, crc32.Checksum(want, table))
	head := []byte{5, 0, 0, 0, 'J', 'R', 1, 7}
	place := []byte{1, 0, 0, 0, 20, 0, 0, 0}
	want = append(want, head...)
	want = le.AppendUint32(want, crc32.Checksum(bytes.Join([][]byte{place, head, []byte("hello")}, nil), table))
	want = append(want, "hello\x00\x00\x00"...)
	assert.Equal(t, want, fs.File("00000001.journal")[:len(want)])
	assert.Equal(t, make([]byte, size-len(want)), fs.File("00000001.journal")[len(want):])
}

func TestJournalCutAtEveryByteGivesAPrefixOfRecords(t *testing.T) {
	whole := journal.NewMemory()
	want, _ := fill(t, whole, size, 25)
	files, err := whole.List()
	require.NoError(t, err)
	last := fmt.Sprintf("%08d.journal", len(files))
	before := -1
	for n := 20; n <= size; n++ { // the header is there from the start
		fs := whole.Clone()
		clear(fs.File(last)[n:]) // what was not written is still zero
		j, got, _, err := open(fs, size)
		require.NoError(t, err, "cut at byte %d", n)
		require.Equal(t, want[:len(got)], got)
		require.GreaterOrEqual(t, len(got), before, "a longer journal lost records")
		before = len(got)

		_, err = j.Append(99, []byte("after the cut"))
		require.NoError(t, err)
		_, again, _, err := open(fs, size)
		require.NoError(t, err)
		require.Equal(t, append(append([]record{}, want[:len(got)]...), record{99, "after the cut"}), again)
	}
	assert.Equal(t, len(want), before)
}

// A record that does not fit behind the remains of a torn one goes to the next segment; then the remains are no longer
// at the end of the journal, where they would be harmless.
func TestRemainsOfATornRecordAreWipedBeforeTheNextSegment(t *testing.T) {
	torn := journal.NewMemory()
	j, _, _, err := open(torn, size)
	require.NoError(t, err)
	_, err = j.Append(1, []byte("good"))
	require.NoError(t, err)
	pos, err := j.Append(1, make([]byte, 100))
	require.NoError(t, err)
	torn.File("00000001.journal")[pos.Offset+50]++
	first := record{1, "good"}

	fs := journal.NewCrashing(torn, 0, journal.Dropped)
	j, got, _, err := open(fs, size)
	require.NoError(t, err)
	require.Equal(t, []record{first}, got)
	require.Equal(t, journal.Cut{
		File: "00000001.journal", Offset: int64(pos.Offset), Size: 51,
		Problem: "record checksum is wrong", Saved: fmt.Sprintf("00000001.journal.cut-%d", pos.Offset),
	}, j.Cut())
	long := string(make([]byte, size-32))
	_, err = j.Append(2, []byte("short"))
	require.NoError(t, err)
	_, err = j.Append(2, []byte(long))
	require.NoError(t, err)
	_, got, _, err = open(fs.Survivor(), size)
	require.NoError(t, err)
	require.Equal(t, []record{first, {2, "short"}, {2, long}}, got)

	fs = journal.NewCrashing(torn, 0, journal.Dropped)
	j, _, _, err = open(fs, size)
	require.NoError(t, err)
	_, err = j.Append(2, []byte(long))
	require.NoError(t, err)
	_, got, _, err = open(fs.Survivor(), size)
	require.NoError(t, err)
	require.Equal(t, []record{first, {2, long}}, got)
}

func TestFlippedByteBeforeTheLastRecordIsAnErrorNamingItsOffset(t *testing.T) {
	whole := journal.NewMemory()
	_, places := fill(t, whole, size, 25)
	last := places[len(places)-1]
	for i, pos := range places[:len(places)-1] {
		end := places[i+1]
		if end.Segment != pos.Segment {
			continue // padding up to the end of a segment is another test
		}
		for o := pos.Offset; o < end.Offset; o++ {
			for _, flip := range []byte{0x01, 0x80, 0xFF} {
				fs := whole.Clone()
				name := fmt.Sprintf("%08d.journal", pos.Segment)
				fs.File(name)[o] ^= flip
				if _, _, _, err := open(fs.Clone(), size); err == nil && o >= end.Offset-3 {
					continue // zeros that pad the record
				}
				requireDamageAndNoChange(t, fs, name, int64(pos.Offset))
			}
		}
	}
	assert.Greater(t, last.Segment, uint32(1))
}

func TestFlippedByteOfASegmentHeaderIsDamage(t *testing.T) {
	whole := journal.NewMemory()
	fill(t, whole, size, 25)
	files, err := whole.List()
	require.NoError(t, err)
	for segment := range len(files) { // the last one too
		name := fmt.Sprintf("%08d.journal", segment+1)
		for o := range 20 {
			fs := whole.Clone()
			fs.File(name)[o] ^= 0x10
			requireDamageAndNoChange(t, fs, name, 0)
		}
	}
}

func TestHeaderWithoutRecordsIsWhatACreatedSegmentHas(t *testing.T) {
	fs := journal.NewCrashing(journal.NewMemory(), 2, journal.Dropped) // the first record
	j, _, _, err := open(fs, size)
	require.NoError(t, err)
	_, err = j.Append(1, []byte("x"))
	require.ErrorIs(t, err, journal.ErrCrashed)
	header := fs.Survivor()
	assert.Equal(t, "openkktJ", string(header.File("00000001.journal")[:8]))
	assert.Equal(t, make([]byte, size-20), header.File("00000001.journal")[20:])
	j, got, _, err := open(header, size)
	require.NoError(t, err)
	assert.Empty(t, got)
	assert.Zero(t, j.Cut())
	pos, err := j.Append(1, []byte("x"))
	require.NoError(t, err)
	assert.Equal(t, journal.Pos{Segment: 1, Offset: 20}, pos)
}

// requireDamageAndNoChange opens fs, which must fail at the place and leave every byte.
func requireDamageAndNoChange(t *testing.T, fs *journal.Memory, file string, offset int64) {
	t.Helper()
	before := fs.Clone()
	_, _, _, err := open(fs, size)
	var damaged *journal.DamagedError
	require.ErrorAs(t, err, &damaged)
	require.ErrorIs(t, err, journal.ErrDamaged)
	require.Equal(t, file, damaged.File)
	require.Equal(t, offset, damaged.Offset)
	require.ErrorContains(t, err, fmt.Sprintf("%s: state is damaged at offset %d", file, offset))
	require.Equal(t, before, fs)
}

func TestFlippedByteOfTheLastRecordDropsThatRecordOnlyAndKeepsItsBytes(t *testing.T) {
	whole := journal.NewMemory()
	want, places := fill(t, whole, size, 25)
	pos := places[len(places)-1]
	name := fmt.Sprintf("%08d.journal", pos.Segment)
	n := uint32(12 + len(want[len(want)-1].payload))
	for o := pos.Offset; o < pos.Offset+n; o++ {
		fs := whole.Clone()
		fs.File(name)[o] ^= 0x10
		flipped := bytes.Clone(fs.File(name)[pos.Offset : pos.Offset+n])
		j, got, _, err := open(fs, size)
		require.NoError(t, err)
		require.Equal(t, want[:len(want)-1], got)
		require.EqualValues(t, n, j.Cut().Size)
		require.Equal(t, flipped, fs.File(j.Cut().Saved))
		require.Equal(t, make([]byte, size-pos.Offset), fs.File(name)[pos.Offset:])
	}
}

func TestSecondCutAtTheSamePlaceHasAFileOfItsOwn(t *testing.T) {
	fs := journal.NewMemory()
	for i, saved := range []string{"cut-20", "cut-20.2", "cut-20.3"} {
		j, _, _, err := open(fs, size)
		require.NoError(t, err)
		pos, err := j.Append(1, fmt.Append(nil, "record ", i))
		require.NoError(t, err)
		fs.File("00000001.journal")[pos.Offset]++
		j, _, _, err = open(fs, size)
		require.NoError(t, err)
		require.Equal(t, "00000001.journal."+saved, j.Cut().Saved)
		require.Contains(t, string(fs.File(j.Cut().Saved)), fmt.Sprint("record ", i))
	}
}

// The bytes cut off are in the segment or in a file beside it, whenever the power goes.
func TestCrashWhileCuttingLosesNoByteThatIsCut(t *testing.T) {
	torn := journal.NewMemory()
	want, places := fill(t, torn, size, 25)
	last := places[len(places)-1]
	name := fmt.Sprintf("%08d.journal", last.Segment)
	torn.File(name)[last.Offset+8]++
	remains := bytes.TrimRight(torn.File(name)[last.Offset:], "\x00")
	saved := fmt.Sprintf("%s.cut-%d", name, last.Offset)

	whole := journal.NewCrashing(torn, 0, journal.Applied)
	_, _, _, err := open(whole, size)
	require.NoError(t, err)
	require.Equal(t, 3, whole.Ops()) // Create, WriteAt, Sync
	for _, fate := range journal.Fates() {
		for n := 1; n <= whole.Ops(); n++ {
			fs := journal.NewCrashing(torn, n, fate)
			_, _, _, err := open(fs, size)
			require.ErrorIs(t, err, journal.ErrCrashed)
			survivor := fs.Survivor()
			if kept := survivor.File(saved); kept != nil {
				require.Equal(t, remains, kept, "%v at operation %d", fate, n)
			} else {
				require.Equal(t, torn.File(name), survivor.File(name), "%v at operation %d", fate, n)
			}
			_, got, _, err := open(survivor, size)
			require.NoError(t, err)
			require.Equal(t, want[:len(want)-1], got)
			require.Equal(t, remains, survivor.File(saved))
			require.Equal(t, make([]byte, size-last.Offset), survivor.File(name)[last.Offset:])
		}
	}
}

func TestBytesThatCannotBeSavedAreNotWiped(t *testing.T) {
	torn := journal.NewMemory()
	_, places := fill(t, torn, size, 3)
	torn.File("00000001.journal")[places[2].Offset]++
	for n := 4; n <= 6; n++ { // after List and two ReadAt: Create, WriteAt, Sync
		medium := torn.Clone()
		_, _, _, err := open(journal.NewFailing(medium, n), size)
		require.ErrorIs(t, err, journal.ErrInjected)
		if n == 4 {
			require.Equal(t, torn, medium)
		}
		_, got, _, err := open(medium, size)
		require.NoError(t, err)
		require.Len(t, got, 2)
	}
}

func TestMissingSegmentIsDamage(t *testing.T) {
	fs := &hiding{Memory: journal.NewMemory()}
	fill(t, fs.Memory, size, 50)
	fs.name = "00000002.journal"
	_, _, _, err := open(fs, size)
	require.ErrorIs(t, err, journal.ErrDamaged)
	require.ErrorContains(t, err, "00000002.journal")
}

type hiding struct {
	*journal.Memory
	name string
}

func (h *hiding) List() ([]journal.FileInfo, error) {
	all, err := h.Memory.List()
	var some []journal.FileInfo
	for _, f := range all {
		if f.Name != h.name {
			some = append(some, f)
		}
	}
	return some, err
}

func TestNewerFormatIsRefusedNamingItsVersion(t *testing.T) {
	fs := journal.NewMemory()
	fill(t, fs, size, 1)
	header := fs.File("00000001.journal")[:20]
	header[8] = 2
	binary.LittleEndian.PutUint32(header[16:], crc32.Checksum(header[:16], crc32.MakeTable(crc32.Castagnoli)))
	_, _, _, err := open(fs, size)
	var newer *journal.NewerError
	require.ErrorAs(t, err, &newer)
	require.ErrorIs(t, err, journal.ErrNewer)
	assert.Equal(t, 2, newer.Version)
}

// A payload is data of somebody: it must not be taken for a record that follows a torn one.
func TestRecordInsideAPayloadIsNotTakenForOne(t *testing.T) {
	fs := journal.NewMemory()
	j, _, _, err := open(fs, size)
	require.NoError(t, err)
	_, err = j.Append(1, []byte("inner"))
	require.NoError(t, err)
	inner := bytes.Clone(fs.File("00000001.journal")[20:40])
	for shift := range 4 {
		fs := journal.NewMemory()
		j, _, _, err := open(fs, size)
		require.NoError(t, err)
		pos, err := j.Append(1, append(make([]byte, shift), inner...))
		require.NoError(t, err)
		fs.File("00000001.journal")[pos.Offset]++ // torn
		_, got, _, err := open(fs, size)
		require.NoError(t, err)
		assert.Empty(t, got)
	}
}

func TestErrorOfVisitNamesThePlace(t *testing.T) {
	fs := journal.NewMemory()
	fill(t, fs, size, 2)
	broken := errors.New("not mine")
	_, err := journal.Open(fs, journal.Options{}, func(journal.Pos, byte, []byte) error { return broken })
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "00000001.journal, offset 20")
}

func TestRecordLongerThanASegmentIsRefused(t *testing.T) {
	fs := journal.NewMemory()
	j, _, _, err := open(fs, size)
	require.NoError(t, err)
	_, err = j.Append(1, make([]byte, size-32))
	require.NoError(t, err, "the longest that fits")
	j, _, _, err = open(fs, size)
	require.NoError(t, err)
	_, err = j.Append(1, make([]byte, size-31))
	require.Error(t, err)
}

func TestFailedJournalRefusesEverything(t *testing.T) {
	medium := journal.NewMemory()
	for n := 2; n <= 4; n++ { // List, Create, WriteAt, Sync
		fs := journal.NewFailing(medium.Clone(), n)
		j, _, _, err := open(fs, size)
		require.NoError(t, err)
		_, err = j.Append(1, []byte("x"))
		require.ErrorIs(t, err, journal.ErrInjected)
		_, err = j.Append(1, []byte("y"))
		require.ErrorIs(t, err, journal.ErrInjected)
	}
}

func TestCrashAtEveryOperationGivesAPrefixWithAllThatWasAcknowledged(t *testing.T) {
	appendAll := func(fs journal.FS) (acknowledged []record) {
		j, _, _, err := open(fs, size)
		if err != nil {
			return nil
		}
		for i := range 40 {
			r := record{byte(i), string(bytes.Repeat([]byte{byte(i + 1)}, i*7%90))}
			if _, err := j.Append(r.kind, []byte(r.payload)); err != nil {
				return acknowledged
			}
			acknowledged = append(acknowledged, r)
		}
		return acknowledged
	}
	whole := journal.NewCrashing(journal.NewMemory(), 0, journal.Applied)
	all := appendAll(whole)
	require.Len(t, all, 40)
	for _, fate := range journal.Fates() {
		for n := 1; n <= whole.Ops(); n++ {
			fs := journal.NewCrashing(journal.NewMemory(), n, fate)
			acknowledged := appendAll(fs)
			_, got, _, err := open(fs.Survivor(), size)
			require.NoError(t, err, "%v at operation %d", fate, n)
			require.GreaterOrEqual(t, len(got), len(acknowledged))
			require.LessOrEqual(t, len(got), len(acknowledged)+1)
			require.Equal(t, append([]record(nil), all[:len(got)]...), got)
		}
	}
}

// The crashing FS itself: what was not synced is not durable.
func TestUnsyncedWriteHasTheFateChosen(t *testing.T) {
	for fate, want := range map[journal.Fate]string{
		journal.Applied: "SYNCEDunsynced", journal.Dropped: "SYNCED\x00\x00\x00\x00\x00\x00\x00\x00",
		journal.Torn: "SYNCEDunsy\x00\x00\x00\x00",
	} {
		fs := journal.NewCrashing(journal.NewMemory(), 4, fate)
		require.NoError(t, fs.Create("f", 14, []byte("SYN")))
		require.NoError(t, fs.WriteAt("f", []byte("CED"), 3))
		require.NoError(t, fs.Sync("f"))
		require.ErrorIs(t, fs.WriteAt("f", []byte("unsynced"), 6), journal.ErrCrashed)
		require.ErrorIs(t, fs.Sync("f"), journal.ErrCrashed)
		assert.Equal(t, want, string(fs.Survivor().File("f")), fate)
	}
}

func TestCreatedFileIsWholeOrNotThere(t *testing.T) {
	for _, fate := range journal.Fates() {
		fs := journal.NewCrashing(journal.NewMemory(), 1, fate)
		require.ErrorIs(t, fs.Create("f", 8, []byte("head")), journal.ErrCrashed)
		want := ""
		if fate == journal.Applied {
			want = "head\x00\x00\x00\x00"
		}
		assert.Equal(t, want, string(fs.Survivor().File("f")), fate)
	}
}

func FuzzOpen(f *testing.F) {
	fs := journal.NewMemory()
	j, _, _, err := open(fs, size)
	if err != nil {
		f.Fatal(err)
	}
	for i := range 4 {
		if _, err := j.Append(byte(i), []byte("payload of a record")); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(fs.File("00000001.journal"))
	f.Add(append(bytes.Clone(fs.File("00000001.journal")[:100]), "no record"...))
	f.Add([]byte("openkktJ"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		fs := journal.NewMemory()
		if err := fs.Create("00000001.journal", int64(len(data)), data); err != nil {
			t.Fatal(err)
		}
		j, records, _, err := open(fs, size)
		if err != nil {
			if !bytes.Equal(fs.File("00000001.journal"), data) {
				t.Fatalf("%v, and the file was changed", err)
			}
			return
		}
		if cut := j.Cut(); cut.Size > 0 {
			if !bytes.Equal(fs.File(cut.Saved), data[cut.Offset:][:cut.Size]) {
				t.Fatalf("the bytes cut at %d are not in %s", cut.Offset, cut.Saved)
			}
		}
		// What was opened once is opened again, with what was appended.
		_, err = j.Append(1, []byte("more"))
		if err != nil {
			t.Fatal(err)
		}
		_, again, _, err := open(fs, size)
		if err != nil {
			t.Fatal(err)
		}
		if len(again) != len(records)+1 || again[len(records)] != (record{1, "more"}) {
			t.Fatalf("%d records, then %d", len(records), len(again))
		}
	})
}
