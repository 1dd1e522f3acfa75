package journal_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn/journal"
)

func TestDirectoryKeepsRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not", "there", "yet")
	dir, err := journal.OpenDir(path)
	require.NoError(t, err)
	want, _ := fill(t, dir, size, 40)
	require.NoError(t, dir.Close())

	dir, err = journal.OpenDir(path)
	require.NoError(t, err)
	j, got, places, err := open(dir, size)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	kind, payload, err := j.Read(nil, places[30])
	require.NoError(t, err)
	assert.Equal(t, want[30], record{kind, string(payload)})
	require.NoError(t, j.Close())

	_, err = os.Stat(filepath.Join(path, "00000001.journal"))
	require.NoError(t, err)
	left, err := filepath.Glob(filepath.Join(path, "*.new"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestDirectoryInUseIsBusyAndTheMessageNamesIt(t *testing.T) {
	path := t.TempDir()
	dir, err := journal.OpenDir(path)
	require.NoError(t, err)
	_, err = journal.OpenDir(path)
	var busy *journal.BusyError
	require.ErrorAs(t, err, &busy)
	require.ErrorIs(t, err, journal.ErrBusy)
	require.ErrorContains(t, err, path)
	require.NoError(t, dir.Close())
	dir, err = journal.OpenDir(path)
	require.NoError(t, err)
	require.NoError(t, dir.Close())
}

func TestDamageInADirectoryIsNamedWithItsPath(t *testing.T) {
	path := t.TempDir()
	dir, err := journal.OpenDir(path)
	require.NoError(t, err)
	_, places := fill(t, dir, size, 5)
	require.NoError(t, dir.Close())
	file := filepath.Join(path, "00000001.journal")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	data[places[2].Offset+12]++
	require.NoError(t, os.WriteFile(file, data, 0o666))

	dir, err = journal.OpenDir(path)
	require.NoError(t, err)
	defer dir.Close()
	_, _, _, err = open(dir, size)
	var damaged *journal.DamagedError
	require.ErrorAs(t, err, &damaged)
	assert.Equal(t, path, damaged.Path)
	require.ErrorContains(t, err, path+"/00000001.journal")
	require.ErrorContains(t, err, "restore")
}

func TestForeignFileIsDamageAndIsLeftAsItIs(t *testing.T) {
	other := journal.NewMemory()
	fill(t, other, size, 50)
	for name, content := range map[string][]byte{
		"empty":                        {},
		"shorter than a header":        []byte("hello"),
		"text":                         []byte("Dear diary, the shop was full of people today.\n"),
		"text and zeros":               append([]byte("Dear diary, the shop was full"), make([]byte, size)...),
		"zeros":                        make([]byte, size),
		"segment with another number":  other.File("00000002.journal"),
		"segment without its header":   append(make([]byte, 20), other.File("00000001.journal")[20:]...),
		"segment with a torn header":   append([]byte("openkktJ\x01\x00"), make([]byte, size)...),
		"header and nothing behind it": other.File("00000001.journal")[:19],
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			file := filepath.Join(path, "00000001.journal")
			require.NoError(t, os.WriteFile(file, content, 0o666))
			dir, err := journal.OpenDir(path)
			require.NoError(t, err)
			_, _, _, err = open(dir, size)
			var damaged *journal.DamagedError
			require.ErrorAs(t, err, &damaged)
			assert.Equal(t, path, damaged.Path)
			assert.Equal(t, "00000001.journal", damaged.File)
			assert.Zero(t, damaged.Offset)
			require.ErrorContains(t, err, path+"/00000001.journal: state is damaged at offset 0")
			require.NoError(t, dir.Close())

			after, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, content, after)
			entries, err := os.ReadDir(path)
			require.NoError(t, err)
			require.Len(t, entries, 2, "that file and the lock")
		})
	}
}

func TestBytesCutOffAreKeptInAFileOfTheDirectory(t *testing.T) {
	path := t.TempDir()
	dir, err := journal.OpenDir(path)
	require.NoError(t, err)
	want, places := fill(t, dir, size, 4)
	require.NoError(t, dir.Close())
	file := filepath.Join(path, "00000001.journal")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	data[places[3].Offset+12]++
	require.NoError(t, os.WriteFile(file, data, 0o666))

	for range 2 { // the file of the cut is no segment
		dir, err = journal.OpenDir(path)
		require.NoError(t, err)
		j, got, _, err := open(dir, size)
		require.NoError(t, err)
		require.Equal(t, want[:3], got)
		saved := fmt.Sprintf("%s.cut-%d", file, places[3].Offset)
		if cut := j.Cut(); cut.Size > 0 {
			require.Equal(t, filepath.ToSlash(saved), filepath.ToSlash(cut.Saved))
		}
		kept, err := os.ReadFile(saved)
		require.NoError(t, err)
		require.Equal(t, bytes.TrimRight(data[places[3].Offset:], "\x00"), kept)
		require.NoError(t, j.Close())
	}
}

func TestFileThatExistsIsNotCreatedAnew(t *testing.T) {
	dir, err := journal.OpenDir(t.TempDir())
	require.NoError(t, err)
	defer dir.Close()
	for _, fs := range []journal.FS{dir, journal.NewMemory()} {
		require.Error(t, fs.Create("a.journal", 4, []byte("longer than that")))
		require.NoError(t, fs.Create("a.journal", 8, []byte("head")))
		require.ErrorIs(t, fs.Create("a.journal", 8, []byte("other")), iofs.ErrExist)
		content := make([]byte, 8)
		require.NoError(t, fs.ReadAt("a.journal", content, 0))
		require.Equal(t, "head\x00\x00\x00\x00", string(content))
	}
}

func TestFileInTheWayIsAnErrorNotAPanic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o666))
	_, err := journal.OpenDir(path)
	require.ErrorContains(t, err, path)
}

// The lock must go with the process, however it ends.
func TestKilledProcessLeavesNoLock(t *testing.T) {
	const variable = "OPENKKT_TEST_LOCK_DIR"
	if path := os.Getenv(variable); path != "" {
		if _, err := journal.OpenDir(path); err != nil {
			t.Fatal(err)
		}
		_, _ = os.Stdout.WriteString("locked\n")
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed
		return
	}
	path := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledProcessLeavesNoLock$")
	child.Env = append(os.Environ(), variable+"="+path)
	_, err := child.StdinPipe()
	require.NoError(t, err)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "locked\n", line)
	_, err = journal.OpenDir(path)
	require.ErrorIs(t, err, journal.ErrBusy)
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	dir, err := journal.OpenDir(path)
	require.NoError(t, err)
	require.NoError(t, dir.Close())
}
