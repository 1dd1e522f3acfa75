package journal_test

import (
	"bufio"
	"io"
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
