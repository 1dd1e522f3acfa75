package fn_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// smallSegment makes the day of a few hundred documents' worth of journal cross many segments.
const smallSegment = 1 << 12

// A day is a row of steps, each of which commits once: a document with the state of the register, or that state alone.
type step struct {
	begin fnlink.Command
	data  []byte
	form  fnlink.Command // nil: the companion alone is saved
}

func scriptedDay() []step {
	r := rig{v: ffd.FFD12}
	day := []step{{fnlink.BeginRegistration{FFD: 4}, r.registrationData(), r.makeRegistration(0)}, {}}
	for shift := range 2 {
		hour := 10 + shift
		day = append(day, step{fnlink.BeginShiftOpening{At: at(hour, 0)}, r.cashier().TLV, fnlink.OpenShift{}}, step{})
		for i := range 5 {
			c := cashSale(uint64(1000*shift + 100*i + 7))
			c.operation = byte(1 + i%4)
			data := tlv.AppendBytes(nil, ffd.Subject, c.item(r.v))
			data = append(data, c.payments()...)
			data = append(data, c.rest(r.v)...)
			day = append(day, step{fnlink.BeginReceipt{At: at(hour, i)}, data,
				fnlink.FormReceipt{At: at(hour, i), Operation: c.operation, Total: c.total}})
		}
		day = append(day, step{}, step{fnlink.BeginShiftClosing{At: at(hour, 30)}, r.cashier().TLV, fnlink.CloseShift{}})
	}
	return day
}

func companionOf(step int) string { return fmt.Sprintf("state of the register after step %d", step) }

// run makes steps from the from-th on and returns how many were acknowledged. After the first that was not, the
// storage must answer 03h to everything.
func run(t *testing.T, s *fn.Storage, day []step, from int) (acknowledged int) {
	t.Helper()
	for i, step := range day[from:] {
		state := []byte(companionOf(from + i))
		if step.form == nil {
			if s.SaveCompanion(state) != nil {
				requireFailed(t, s)
				return from + i
			}
			continue
		}
		for _, c := range []fnlink.Command{step.begin, fnlink.SendData{TLV: step.data}} {
			require.Equal(t, []byte{0}, s.Exec(nil, c.AppendTo(nil)))
		}
		s.SetCompanion(state)
		answer := s.Exec(nil, step.form.AppendTo(nil))
		if answer[0] != 0 {
			require.Equal(t, []byte{0x03}, answer)
			requireFailed(t, s)
			return from + i
		}
	}
	return len(day)
}

func requireFailed(t *testing.T, s *fn.Storage) {
	t.Helper()
	for code := range 256 {
		require.Equal(t, []byte{0x03}, s.Exec(nil, []byte{byte(code)}))
	}
	require.Error(t, s.SaveCompanion(nil))
}

// reference is the day without faults: what is stored after each step.
type reference struct {
	exports []string
	hashes  [][sha256.Size]byte
}

func makeReference(t *testing.T, day []step) (ref reference) {
	t.Helper()
	s, err := fn.Open(fn.Config{FS: journal.NewMemory(), Number: testNumber, SegmentSize: smallSegment})
	require.NoError(t, err)
	defer s.Close()
	note := func() {
		var b bytes.Buffer
		require.NoError(t, s.Export(&b))
		ref.exports, ref.hashes = append(ref.exports, b.String()), append(ref.hashes, s.Hash())
	}
	note()
	for i := range day {
		require.Equal(t, i+1, run(t, s, day[:i+1], i))
		note()
	}
	return ref
}

// checkSurvivor opens what is on the medium, which must be the state after as many steps as were acknowledged or one
// more, and goes on to the end of the day.
func checkSurvivor(t *testing.T, fs *journal.Memory, day []step, ref reference, acknowledged int) {
	t.Helper()
	s, err := fn.Open(fn.Config{FS: fs, Number: testNumber, SegmentSize: smallSegment})
	require.NoError(t, err)
	defer s.Close()
	done := acknowledged
	if done < len(day) && s.Hash() == ref.hashes[done+1] {
		done++
	}
	require.Equal(t, ref.hashes[done], s.Hash(), "the state is not that after step %d", done)
	if done > 0 {
		require.Equal(t, companionOf(done-1), string(s.Companion()), "companion and last document disagree")
	}
	var b bytes.Buffer
	require.NoError(t, s.Export(&b))
	require.Equal(t, ref.exports[done], b.String())

	require.Equal(t, len(day), run(t, s, day, done))
	b.Reset()
	require.NoError(t, s.Export(&b))
	require.Equal(t, ref.exports[len(day)], b.String(), "the day went on differently")
}

func TestPowerLossAtEveryOperationLosesNothingAcknowledged(t *testing.T) {
	day := scriptedDay()
	ref := makeReference(t, day)
	whole := journal.NewCrashing(journal.NewMemory(), 0, journal.Applied)
	s, err := fn.Open(fn.Config{FS: whole, Number: testNumber, SegmentSize: smallSegment})
	require.NoError(t, err)
	require.Equal(t, len(day), run(t, s, day, 0))
	require.Greater(t, whole.Ops(), 2*len(day))

	for _, fate := range journal.Fates() {
		t.Run(fate.String(), func(t *testing.T) {
			for n := 1; n <= whole.Ops(); n++ {
				fs := journal.NewCrashing(journal.NewMemory(), n, fate)
				acknowledged := 0
				s, err := fn.Open(fn.Config{FS: fs, Number: testNumber, SegmentSize: smallSegment})
				if err == nil {
					acknowledged = run(t, s, day, 0)
				} else {
					require.ErrorIs(t, err, journal.ErrCrashed)
				}
				// The power may go again while the remains of the first time are being wiped.
				for again := 1; again <= 3; again++ { // Create, WriteAt, Sync
					second := journal.NewCrashing(fs.Survivor(), again, fate)
					if s, err := fn.Open(fn.Config{FS: second, Number: testNumber, SegmentSize: smallSegment}); err == nil {
						_ = s.Close()
					}
					checkSurvivor(t, second.Survivor(), day, ref, acknowledged)
				}
				checkSurvivor(t, fs.Survivor(), day, ref, acknowledged)
			}
		})
	}
}

func TestFailureOfAnyOperationIsNeverAnswered00(t *testing.T) {
	day := scriptedDay()
	ref := makeReference(t, day)
	whole := journal.NewFailing(journal.NewMemory(), 0)
	s, err := fn.Open(fn.Config{FS: whole, Number: testNumber, SegmentSize: smallSegment})
	require.NoError(t, err)
	require.Equal(t, len(day), run(t, s, day, 0))

	for n := 1; n <= whole.Ops(); n++ {
		medium := journal.NewMemory()
		acknowledged := 0
		s, err := fn.Open(fn.Config{FS: journal.NewFailing(medium, n), Number: testNumber, SegmentSize: smallSegment})
		if err == nil {
			acknowledged = run(t, s, day, 0)
			require.Less(t, acknowledged, len(day), "operation %d did not matter", n)
		} else {
			require.ErrorIs(t, err, journal.ErrInjected)
		}
		checkSurvivor(t, medium, day, ref, acknowledged)
	}
}

func TestFailureOfReadingIsAnswered03(t *testing.T) {
	medium := journal.NewMemory()
	r := openRig(t, ffd.FFD12, fn.Config{FS: medium})
	r.register()
	require.NoError(t, r.s.Close())
	probe := journal.NewFailing(medium, 0)
	openRig(t, ffd.FFD12, fn.Config{FS: probe})
	r = openRig(t, ffd.FFD12, fn.Config{FS: journal.NewFailing(medium, probe.Ops()+1)})
	assert.Equal(t, []byte{0x03}, r.s.Exec(nil, fnlink.FindDocument{Document: 1}.AppendTo(nil)))
	requireFailed(t, r.s)
}

func TestDamagedDocumentOfTheArchiveIsAnswered03(t *testing.T) {
	medium := journal.NewMemory()
	r := openRig(t, ffd.FFD12, fn.Config{FS: medium})
	r.register()
	files, err := medium.List()
	require.NoError(t, err)
	data := medium.File(files[0].Name)
	data[bytes.Index(data, []byte("ROMASHKA"))]++
	assert.Equal(t, []byte{0x03}, r.s.Exec(nil, fnlink.FindDocument{Document: 1}.AppendTo(nil)))
	requireFailed(t, r.s)
}

func TestCutIsLoggedAsAWarningWithItsPlace(t *testing.T) {
	path := t.TempDir()
	file := filepath.Join(path, "00000001.journal")
	var log bytes.Buffer
	start := func() *fn.Storage {
		dir, err := journal.OpenDir(path)
		require.NoError(t, err)
		s, err := fn.Open(fn.Config{FS: dir, Number: testNumber, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		return s
	}
	s := start()
	require.NoError(t, s.SaveCompanion([]byte("one")))
	require.NoError(t, s.SaveCompanion([]byte("two")))
	require.NoError(t, s.Close())
	require.Empty(t, log.String())
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	at := bytes.Index(data, []byte("two")) - 12 // the header of the record
	data[at+12]++
	require.NoError(t, os.WriteFile(file, data, 0o666))
	s = start()
	assert.Equal(t, "one", string(s.Companion()))
	require.NoError(t, s.Close())
	assert.Contains(t, log.String(), "level=WARN")
	assert.Contains(t, log.String(), fmt.Sprintf("file=00000001.journal offset=%d bytes=15", at))
	assert.Contains(t, log.String(), path)
	assert.FileExists(t, fmt.Sprintf("%s.cut-%d", file, at))
}

func TestStateSurvivesARestart(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		fs := journal.NewMemory()
		r := openRig(t, v, fn.Config{FS: fs, Seed: 7, SegmentSize: testSegment})
		restart := func() {
			hash, status, export := r.s.Hash(), r.status(), r.export()
			require.NoError(t, r.s.Close())
			r = openRig(t, v, fn.Config{FS: fs, SegmentSize: testSegment}) // the key is remembered
			require.Equal(t, hash, r.s.Hash())
			require.Equal(t, status, r.status())
			require.Equal(t, export, r.export())
		}
		restart()
		r.register()
		restart()
		r.openShift(at(10, 0))
		restart()
		var all []receipt
		for i := range 10 {
			all = append(all, cashSale(uint64(100+i)))
			r.sell(all[i], at(10, i))
			restart()
		}
		if v >= ffd.FFD11 {
			checkCounters(t, r, fnlink.ScopeShift, 1, all)
		}
		closed := r.closeShift(at(11, 0))
		restart()
		for n := range closed.Document {
			form, fields := r.document(n + 1)
			assert.True(t, fn.Verify(tlv.AppendBytes(nil, tlv.Tag(form), fields), fn.NewSigner(7, testNumber)))
		}
	})
}

func TestDocumentBegunIsLostWithThePower(t *testing.T) {
	fs := journal.NewMemory()
	r := openRig(t, ffd.FFD12, fn.Config{FS: fs})
	r.register()
	r.openShift(day1)
	r.begin(cashSale(100), day1)
	require.NoError(t, r.s.Close())
	r = openRig(t, ffd.FFD12, fn.Config{FS: fs})
	assert.Equal(t, fnlink.NoDocument, r.status().Document)
	assert.EqualValues(t, 3, r.sell(cashSale(100), day1).Document)
}

func TestCompanionIsCommittedWithTheDocumentOnly(t *testing.T) {
	fs := journal.NewMemory()
	r := openRig(t, ffd.FFD12, fn.Config{FS: fs})
	assert.Nil(t, r.s.Companion())
	r.s.SetCompanion([]byte("one"))
	r.refused(fnlink.WrongState, fnlink.BeginReceipt{At: day1})
	assert.Nil(t, r.s.Companion())
	r.register()
	assert.Equal(t, "one", string(r.s.Companion()))
	r.openShift(day1)
	assert.Equal(t, "one", string(r.s.Companion()), "a document without a new state keeps the old one")
	require.NoError(t, r.s.SaveCompanion([]byte("two")))
	r.s.SetCompanion([]byte("three"))
	require.NoError(t, r.s.Close())
	r = openRig(t, ffd.FFD12, fn.Config{FS: fs})
	assert.Equal(t, "two", string(r.s.Companion()))
}

func TestSameSeedAndCommandsGiveTheSameBytes(t *testing.T) {
	day := scriptedDay()
	make := func(seed uint64) (export []byte, hash [sha256.Size]byte) {
		s, err := fn.Open(fn.Config{FS: journal.NewMemory(), Number: testNumber, Seed: seed})
		require.NoError(t, err)
		defer s.Close()
		require.Equal(t, len(day), run(t, s, day, 0))
		var b bytes.Buffer
		require.NoError(t, s.Export(&b))
		return b.Bytes(), s.Hash()
	}
	one, oneHash := make(1)
	same, sameHash := make(1)
	other, otherHash := make(2)
	assert.Equal(t, one, same)
	assert.Equal(t, oneHash, sameHash)
	assert.NotEqual(t, oneHash, otherHash)

	// With another seed only the signs differ.
	signs := 0
	a, b := tlv.NewReader(one), tlv.NewReader(other)
	for a.Next() && b.Next() {
		x, y := tlv.NewReader(a.Value()), tlv.NewReader(b.Value())
		for x.Next() && y.Next() {
			if x.Tag() == ffd.FiscalSign {
				signs++
				assert.NotEqual(t, x.Value(), y.Value())
				continue
			}
			assert.Equal(t, x.Element(), y.Element())
		}
	}
	assert.Equal(t, 15, signs)
}

func TestExportFailsWithTheWriter(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	require.ErrorIs(t, r.s.Export(brokenWriter{}), journal.ErrInjected)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, journal.ErrInjected }
