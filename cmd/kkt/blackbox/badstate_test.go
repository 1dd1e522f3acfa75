package blackbox

import (
	"bytes"
	"hash/crc32"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refuseToStart runs `kkt emu` with flags that must not work. It checks the
// error and that the state directory, when there is one, stays as it was.
func refuseToStart(t *testing.T, place string, state string, flags ...string) {
	t.Helper()
	before := ""
	if state != "" {
		before = hashDir(t, state)
	}
	ready := filepath.Join(t.TempDir(), "kkt.env")
	args := append([]string{"emu", "--quiet", "--ready-file", ready}, flags...)
	out := kkt(t, args...)
	checkFailure(t, out, badUse, place)
	assert.True(t, strings.HasPrefix(out.stderr, "kkt: "), "stderr: %q", out.stderr)
	assert.Equal(t, 1, strings.Count(out.stderr, "\n"), "one line: %q", out.stderr)
	out = kkt(t, append([]string{"--json"}, args...)...)
	checkFailure(t, out, badUse, place)
	checkJSONError(t, out.stderr)
	assert.NoFileExists(t, ready)
	if state != "" {
		assert.Equal(t, before, hashDir(t, state), "the state directory changed")
	}
}

const anyPort = "tcp://127.0.0.1:0"

func TestTheEmulatorRefusesBadFlags(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = busy.Close() })
	for place, flags := range map[string][]string{
		"1.3":                  {"--ffd", "1.3"},
		"--seed":               {"--seed", "seven"},
		"--clock":              {"--clock", "tomorrow"},
		"7800000003":           {"--inn", "7800000003"}, // wrong check digit
		"12345":                {"--inn", "12345"},
		"7700000008":           {"--ofd-inn", "7700000008"},
		"http://127.0.0.1:1":   {"--listen", "http://127.0.0.1:1"},
		"127.0.0.1:77777":      {"--listen", "tcp://127.0.0.1:77777"},
		"192.0.2.1":            {"--listen", "tcp://192.0.2.1:7778"}, // not an address of this machine
		busy.Addr().String():   {"--listen", "tcp://" + busy.Addr().String()},
		"--listen":             {"--listen", ""},
		"/dev/ttyNone":         {"--serial", "/dev/ttyNone"},
		"--paper":              {"--paper", "out"},
		"kkt emu":              {"now"},
		"none/kkt.env":         {"--ready-file", filepath.Join(t.TempDir(), "none", "kkt.env")},
		"frozen:2026-13-01":    {"--clock", "frozen:2026-13-01T00:00:00Z"},
		"18446744073709551616": {"--seed", "18446744073709551616"},
		"--state":              {"--state"},
		"--pty":                {"--pty=yes please"},
		"tcp://127.0.0.1:x":    {"--listen", "tcp://127.0.0.1:x"},
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			// A flag given twice has its last value.
			refuseToStart(t, place, "", append([]string{"--listen", anyPort}, flags...)...)
		})
	}
}

// usedState is a state directory with a day of sales in it.
func usedState(t *testing.T) string {
	t.Helper()
	state := filepath.Join(t.TempDir(), "state")
	r, err := launch(t.TempDir(), "--state", state, "--clock", frozen)
	require.NoError(t, err)
	l, err := r.dialTCP(2)
	require.NoError(t, err)
	c := newClient(l)
	c.operator(t, c.openShift())
	for range 3 {
		c.operator(t, c.openReceipt(saleReceipt))
		c.must(t, c.item(coffee))
		c.must(t, c.closeReceipt(map[int]uint64{1: coffee.sum}, 1))
	}
	c.operator(t, c.closeShift())
	require.NoError(t, c.Close())
	require.NoError(t, r.stop())
	return state
}

func TestABusyStateDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	startRegister(t, "--state", state, "--clock", frozen)
	refuseToStart(t, state, state, "--listen", anyPort, "--state", state)
	out := kkt(t, "status", "--to", "emu:?state="+state)
	checkFailure(t, out, badUse, state)
}

func TestAStateDirectoryThatIsAFileIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	require.NoError(t, os.WriteFile(file, []byte("hello"), 0o600))
	refuseToStart(t, file, "", "--listen", anyPort, "--state", file)
	refuseToStart(t, file, "", "--listen", anyPort, "--state", filepath.Join(file, "below"))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(text))
}

func TestAStateOfAnotherRegistrationIsRefused(t *testing.T) {
	t.Parallel()
	state := usedState(t) // registered for FFD 1.2
	refuseToStart(t, "1.05", state, "--listen", anyPort, "--state", state, "--ffd", "1.05")
	refuseToStart(t, inn, state, "--listen", anyPort, "--state", state, "--inn", inn)
	r := startRegister(t, "--state", state, "--clock", frozen, "--ffd", "1.2")
	assert.Contains(t, mustKkt(t, "status", "--json", "--to", r.url), "9999")
}

func TestADamagedStateDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	original := usedState(t)
	for _, part := range []int{4, 3, 2} { // a quarter, a third and half into what was written
		state := filepath.Join(t.TempDir(), "state")
		require.NoError(t, os.CopyFS(state, os.DirFS(original)))
		file := biggestFile(t, state)
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		written := bytes.TrimRight(content, "\x00")
		content[len(written)/part] ^= 0x10
		require.NoError(t, os.WriteFile(file, content, 0o600))
		refuseToStart(t, state, state, "--listen", anyPort, "--state", state)
	}
}

func TestAStateDirectoryWithoutItsJournalIsNotTakenForANewOne(t *testing.T) {
	t.Parallel()
	state := usedState(t)
	file := biggestFile(t, state)
	require.NoError(t, os.WriteFile(file, []byte("something else entirely, long enough to be read as a header of anything"), 0o600))
	refuseToStart(t, state, state, "--listen", anyPort, "--state", state)
}

// biggestFile is the file of the directory with the most written bytes.
func biggestFile(t *testing.T, dir string) string {
	t.Helper()
	file, most := "", -1
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if n := len(bytes.TrimRight(content, "\x00")); n > most {
			file, most = path, n
		}
		return err
	}))
	require.NotEmpty(t, file)
	return file
}

// A segment begins with 8 bytes of magic, the format version and its own number
// as uint32 LE, and the CRC-32C of these 16 bytes.
func TestAStateDirectoryOfANewerProgramIsRefused(t *testing.T) {
	t.Parallel()
	state := usedState(t)
	file := biggestFile(t, state)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	crc := func() []byte {
		return little(uint64(crc32.Checksum(content[:16], crc32.MakeTable(crc32.Castagnoli))), 4)
	}
	require.Equal(t, crc(), content[16:20], "the header of a segment")
	copy(content[8:], little(number(content[8:12])+1, 4))
	copy(content[16:], crc())
	require.NoError(t, os.WriteFile(file, content, 0o600))
	refuseToStart(t, state, state, "--listen", anyPort, "--state", state)
	refuseToStart(t, "newer", state, "--listen", anyPort, "--state", state)
}
