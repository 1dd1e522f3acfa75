package emulator

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

func openRegister(t *testing.T, path string) (*Register, error) {
	t.Helper()
	dir, err := journal.OpenDir(path)
	require.NoError(t, err)
	return New(Config{FS: dir, Clock: time.Now})
}

// No register is made where somebody else's file is, or a state that cannot be read.
func TestForeignFileIsRefusedNamingItsPathAndLeftAsItIs(t *testing.T) {
	path := t.TempDir()
	file := filepath.Join(path, "00000001.journal")
	content := []byte("something else entirely, long enough to be read as a header of anything")
	require.NoError(t, os.WriteFile(file, content, 0o666))
	for range 2 { // the refusal unlocks the directory
		_, err := openRegister(t, path)
		require.ErrorIs(t, err, journal.ErrDamaged)
		require.ErrorContains(t, err, path)
		after, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, content, after)
	}
}

func TestDamagedDirectoryIsRefusedNamingItsPath(t *testing.T) {
	path := t.TempDir()
	r, err := openRegister(t, path)
	require.NoError(t, err)
	require.Zero(t, r.Exec(nil, shtrih.CashIn{Password: sysAdmin, Sum: 100}.AppendTo(nil))[1])
	require.NoError(t, r.Close())
	file := filepath.Join(path, "00000001.journal")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	data[40]++ // in the first record
	require.NoError(t, os.WriteFile(file, data, 0o666))
	_, err = openRegister(t, path)
	var damaged *journal.DamagedError
	require.ErrorAs(t, err, &damaged)
	require.Equal(t, path, damaged.Path)
	require.ErrorContains(t, err, path)
}
