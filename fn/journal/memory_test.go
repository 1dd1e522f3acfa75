package journal_test

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn/journal"
)

// A slice of bytes is the oracle.
func TestFileInMemoryIsAsOneOfZerosThatWasWrittenTo(t *testing.T) {
	const name, long = "a.journal", 5*4096 + 100
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 50 {
		m := journal.NewMemory()
		require.NoError(t, m.Create(name, long, []byte("head")))
		want := append([]byte("head"), make([]byte, long-4)...)
		for step := range 30 {
			off := random.IntN(long + 1)
			data := make([]byte, random.IntN(min(long-off, 9000)+1))
			for i := range data {
				data[i] = byte(random.Uint32())
			}
			switch random.IntN(4) {
			case 0:
				require.Equal(t, want[off:off+len(data)], append([]byte{}, read(t, m, name, len(data), off)...))
			case 1:
				before := m
				m = m.Clone()
				require.NoError(t, before.WriteAt(name, data, int64(off)), "a change of the other medium")
			default:
				require.NoError(t, m.WriteAt(name, data, int64(off)))
				copy(want[off:], data)
			}
			if round%2 == 1 && step == 10 {
				content := m.File(name)
				require.Equal(t, want, content)
				content[off%long]++ // as a medium that fails
				want[off%long]++
			}
		}
		require.Equal(t, want, read(t, m, name, long, 0))
		require.Equal(t, want, m.File(name))
		require.Equal(t, want, m.Clone().File(name))
	}
}

func read(t *testing.T, m *journal.Memory, name string, n, off int) []byte {
	t.Helper()
	p := bytes.Repeat([]byte{0xAA}, n)
	require.NoError(t, m.ReadAt(name, p, int64(off)))
	return p
}

func TestPlacesOutsideAFileInMemoryAreErrors(t *testing.T) {
	m := journal.NewMemory()
	require.NoError(t, m.Create("a.journal", 100, nil))
	for _, off := range []int64{-1, 99, 100, 101, 1 << 62} {
		require.Error(t, m.ReadAt("a.journal", make([]byte, 2), off))
		require.Error(t, m.WriteAt("a.journal", make([]byte, 2), off))
	}
	require.NoError(t, m.WriteAt("a.journal", make([]byte, 2), 98))
	require.Error(t, m.ReadAt("b.journal", nil, 0))
	require.Nil(t, m.File("b.journal"))
}

func TestUnwrittenSegmentTakesNoMemory(t *testing.T) {
	const many = 200
	var before, after runtime.MemStats
	journals := make([]*journal.Journal, 2*many)
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range many {
		m := journal.NewMemory()
		for _, at := range []int{i, many + i} { // made, then read
			j, _, _, err := open(m, journal.DefaultSegmentSize)
			require.NoError(t, err)
			if at == i {
				_, err = j.Append(1, []byte("a record"))
				require.NoError(t, err)
			}
			journals[at] = j
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapInuse)-int64(before.HeapInuse), int64(many*16<<10))
	runtime.KeepAlive(journals)
}

func TestRecordThatEndsInZerosIsReadToItsEnd(t *testing.T) {
	const large = 1 << 20
	m := journal.NewMemory()
	j, _, _, err := open(m, large)
	require.NoError(t, err)
	zeros := append([]byte("x"), make([]byte, 300<<10)...)
	want := []record{{1, string(zeros)}, {2, ""}, {3, string(zeros)}}
	for _, r := range want {
		_, err := j.Append(r.kind, []byte(r.payload))
		require.NoError(t, err)
	}
	_, got, _, err := open(m, large)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestPayloadInPartsIsOnePayload(t *testing.T) {
	m := journal.NewMemory()
	j, _, _, err := open(m, size)
	require.NoError(t, err)
	_, err = j.Append(1, []byte("one"), nil, []byte("two"), []byte("three"))
	require.NoError(t, err)
	_, err = j.Append(2)
	require.NoError(t, err)
	_, err = j.Append(3, make([]byte, size/2), make([]byte, size/2))
	require.ErrorContains(t, err, "longer than a segment takes")
	_, got, _, err := open(m, size)
	require.NoError(t, err)
	require.Equal(t, []record{{1, "onetwothree"}, {2, ""}}, got)
}
