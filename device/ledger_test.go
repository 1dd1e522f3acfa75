package device_test

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
)

// ledgerLine writes a line as the format is described.
func ledgerLine(text string) string {
	return fmt.Sprintf("%08x %s\n", crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)), text)
}

var ledgerText = "openkkt-ledger 1\n" +
	ledgerLine(`{"event":"begin","id":"a","at":"2025-03-01T10:00:00Z","receipt":"`+strings.Repeat("01", 32)+`","storage":"9999078900009511","before":4}`) +
	ledgerLine(`{"event":"close","id":"a","at":"2025-03-01T10:00:01Z","before":5}`) +
	ledgerLine(`{"event":"sold","id":"a","at":"2025-03-01T10:00:02Z","document":6,"sign":4281688307}`) +
	ledgerLine(`{"event":"begin","id":"б","at":"2025-03-01T10:00:03Z","receipt":"`+strings.Repeat("02", 32)+`","storage":"9999078900009511","before":6}`) +
	ledgerLine(`{"event":"close","id":"б","at":"2025-03-01T10:00:04Z","before":6}`) +
	ledgerLine(`{"event":"not sold","id":"б","at":"2025-03-01T10:00:05Z"}`)

func writeLedger(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "ledger")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestLedgerReadsItsFormat(t *testing.T) {
	l, err := device.OpenFileLedger(writeLedger(t, ledgerText))
	require.NoError(t, err)
	defer l.Close()
	a, ok := l.Lookup("a")
	require.True(t, ok)
	assert.Equal(t, device.LedgerSold, a.State)
	assert.Equal(t, [32]byte(bytes.Repeat([]byte{1}, 32)), a.Receipt)
	assert.Equal(t, "9999078900009511", a.Storage)
	assert.EqualValues(t, 5, a.Before)
	assert.EqualValues(t, 6, a.Document)
	assert.Equal(t, uint32(4281688307), a.FiscalSign)
	b, ok := l.Lookup("б")
	require.True(t, ok)
	assert.Equal(t, device.LedgerNotSold, b.State)
	_, ok = l.Lookup("c")
	assert.False(t, ok)
}

func TestLedgerIsMadeWithItsDirectoryForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "er", "ledger")
	l, err := device.OpenFileLedger(path)
	require.NoError(t, err)
	require.NoError(t, l.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "openkkt-ledger 1\n", string(text))
	l, err = device.OpenFileLedger(path)
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

func TestSecondProcessIsToldThatTheLedgerIsInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	l, err := device.OpenFileLedger(path)
	require.NoError(t, err)
	_, err = device.OpenFileLedger(path)
	require.ErrorIs(t, err, device.ErrLedgerBusy)
	assert.ErrorContains(t, err, path)
	require.NoError(t, l.Close())
	l, err = device.OpenFileLedger(path)
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

// Cut at every byte, and with zeros where the end was not written: what is whole is read, the rest is taken off.
func TestTornLastLineIsDropped(t *testing.T) {
	for cut := range len(ledgerText) {
		for _, tail := range []string{"", "\x00\x00\x00\x00"} {
			file := &memoryFile{data: []byte(ledgerText[:cut] + tail)}
			l, err := device.NewFileLedger(file, "ledger")
			require.NoError(t, err, "%d bytes, tail %q", cut, tail)
			_, known := l.Lookup("a")
			lines := strings.Count(ledgerText[:cut], "\n")
			assert.Equal(t, lines >= 2, known, "%d bytes", cut)
			require.NoError(t, l.Close())
			whole := ledgerText[:strings.LastIndexByte(ledgerText[:cut], '\n')+1]
			if lines == 0 {
				whole = "openkkt-ledger 1\n"
			}
			assert.Equal(t, whole, string(file.data), "%d bytes", cut)
		}
	}
}

// A changed bit anywhere is damage, named with its line and offset: a sale must not vanish from memory. In the end of
// the last line it may turn the line into a torn one.
func TestDamagedLineIsNamed(t *testing.T) {
	for at := range len(ledgerText) - 1 {
		text := []byte(ledgerText)
		text[at] ^= 0x04
		file := &memoryFile{data: bytes.Clone(text)}
		_, err := device.NewFileLedger(file, "ledger")
		require.Error(t, err, "byte %d", at)
		line := strings.Count(ledgerText[:at], "\n") + 1
		if line == 1 && ledgerText[at] == '1' { // "openkkt-ledger 5" is of the future
			assert.ErrorContains(t, err, "newer version")
			continue
		}
		require.ErrorIs(t, err, device.ErrLedgerDamaged, "byte %d", at)
		var damaged *device.LedgerDamagedError
		require.ErrorAs(t, err, &damaged)
		assert.Equal(t, "ledger", damaged.File)
		assert.Equal(t, line, damaged.Line, "byte %d", at)
		assert.EqualValues(t, strings.LastIndexByte(ledgerText[:at], '\n')+1, damaged.Offset, "byte %d", at)
		assert.Equal(t, string(text), string(file.data), "the file is left as it was")
	}
}

func TestLinesOutOfOrderAreDamage(t *testing.T) {
	begin := ledgerLine(`{"event":"begin","id":"a","at":"2025-03-01T10:00:00Z","receipt":"` + strings.Repeat("01", 32) + `"}`)
	for name, text := range map[string]string{
		"sold before its closing": begin + ledgerLine(`{"event":"sold","id":"a","document":6}`),
		"closing nothing":         ledgerLine(`{"event":"close","id":"a"}`),
		"not sold, not begun":     ledgerLine(`{"event":"not sold","id":"a"}`),
		"begun twice in closing":  begin + ledgerLine(`{"event":"close","id":"a"}`) + begin,
		"unknown event":           ledgerLine(`{"event":"stolen","id":"a"}`),
		"hash too short":          ledgerLine(`{"event":"begin","id":"a","receipt":"01"}`),
		"no checksum":             "hello\n",
		"not JSON":                ledgerLine(`{`),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := device.OpenFileLedger(writeLedger(t, "openkkt-ledger 1\n"+text))
			require.ErrorIs(t, err, device.ErrLedgerDamaged)
		})
	}
}

func TestForeignFileIsNotALedgerAndStaysAsItIs(t *testing.T) {
	for _, text := range []string{"hello", "hello\n", "{}\n"} {
		path := writeLedger(t, text)
		_, err := device.OpenFileLedger(path)
		require.ErrorIs(t, err, device.ErrLedgerDamaged)
		assert.ErrorContains(t, err, "not a ledger")
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, text, string(after))
	}
}

func FuzzLedger(f *testing.F) {
	f.Add([]byte(ledgerText))
	f.Add([]byte(ledgerText[:200]))
	f.Fuzz(func(t *testing.T, text []byte) {
		once := &memoryFile{data: text}
		l, err := device.NewFileLedger(once, "fuzz")
		if err != nil {
			return
		}
		defer l.Close()
		// What was read without damage reads again, and is a prefix of what was there.
		_, err = device.NewFileLedger(&memoryFile{data: bytes.Clone(once.data)}, "fuzz")
		require.NoError(t, err)
		if len(once.data) > len("openkkt-ledger 1\n") {
			require.True(t, bytes.HasPrefix(text, once.data))
		}
	})
}

// memoryFile is the file of a ledger in memory.
type memoryFile struct {
	data []byte
	at   int
}

func (m *memoryFile) Read(p []byte) (int, error) {
	n := copy(p, m.data[m.at:])
	m.at += n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (m *memoryFile) Write(p []byte) (int, error) { m.data = append(m.data, p...); return len(p), nil }
func (m *memoryFile) Truncate(n int64) error      { m.data = m.data[:n]; return nil }
func (m *memoryFile) Sync() error                 { return nil }
func (m *memoryFile) Close() error                { return nil }
