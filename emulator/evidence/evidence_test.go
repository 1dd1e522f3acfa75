package evidence

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRegisterAnswersAsTheEvidenceSays(t *testing.T) {
	all, err := matrix()
	require.NoError(t, err)
	for _, o := range all {
		switch {
		case o.differs == "":
		case slices.Contains(notYet, o.row.code):
			t.Errorf("%s is answered %s in mode %s: it is emulated now, take it off notYet", o.row.code, o.differs, o.mode)
		default:
			t.Errorf("mode %s: got %s; %s", o.mode, o.differs, o.row)
		}
	}
}

func TestEachExpectationStandsOnce(t *testing.T) {
	rows, err := readObserved()
	require.NoError(t, err)
	at := make(map[string]int)
	for _, r := range rows {
		require.NotEmpty(t, r.results, "%s", r)
		require.NotEmpty(t, r.evidence, "%s", r)
		if len(r.results) > 1 {
			require.True(t, r.guess(), "evidence that leaves the answer open is a guess: %s", r)
		}
		for _, m := range r.modes {
			require.True(t, slices.Contains(modes, m) || slices.Contains(sparse, m) || notReached[m] != "", "mode %s: %s", m, r)
			key := fmt.Sprint(r.code, m, r.name)
			require.Zero(t, at[key], "lines %d and %d", at[key], r.line)
			at[key] = r.line
		}
	}
}

func TestEveryCommandHasEveryCaseInEveryMode(t *testing.T) {
	rows, err := readObserved()
	require.NoError(t, err)
	commands, err := readCommands()
	require.NoError(t, err)
	has := make(map[string]bool)
	for _, r := range rows {
		for _, m := range r.modes {
			has[fmt.Sprint(r.code, m, r.name)] = true
		}
	}
	for _, c := range commands {
		l, ok := layouts[c.code]
		for _, m := range modes {
			assert.True(t, has[fmt.Sprint(c.code, m, "right")], "%s in mode %s: no row", c.code, m)
			if !ok {
				continue
			}
			for _, name := range l.required(c) {
				assert.True(t, has[fmt.Sprint(c.code, m, name)], "%s in mode %s, %s: no row", c.code, m, name)
			}
		}
		if !ok {
			assert.True(t, c.old() || c.layout == "", "%s has a layout that the test does not send", c.code)
			continue
		}
		for name := range l.cases {
			assert.True(t, slices.ContainsFunc(rows, func(r row) bool { return r.code == c.code && r.name == name }),
				"%s, %s: no row", c.code, name)
		}
	}
}

// required gives the cases that a command has in every mode.
func (l layout) required(c command) []string {
	var names []string
	withData := len(strings.Fields(l.right)) > 1
	if withData {
		names = append(names, "short")
	}
	if c.code != "FE" && c.code != "F7" { // any length is right
		if withData {
			names = append(names, "long")
		}
	}
	if strings.Contains(l.right, "PW") || strings.Contains(l.right, "SERVICE") {
		names = append(names, "wrong-password")
	}
	if withParameters := len(strings.Fields(strings.Replace(l.right, "PW", "", 1))) > 1; withParameters && !slices.Contains(notYet, c.code) {
		names = append(names, wrong)
	}
	return names
}

func TestLayoutsHaveThePublishedLengths(t *testing.T) {
	commands, err := readCommands()
	require.NoError(t, err)
	for _, c := range commands {
		l, ok := layouts[c.code]
		lengths := knownLength(c.requestLen)
		if !ok || lengths == nil {
			continue
		}
		_, b, err := l.bytesOf(c.code, "8.0", "right")
		require.NoError(t, err)
		if c.code == "FF73" {
			require.Len(t, b, 12, "drivers send a sum of two bytes, the text says four")
			continue
		}
		assert.Contains(t, lengths, strconv.Itoa(len(b)), "%s", c.code)
	}
}

func TestModesThatAreNotReachedAreNotReached(t *testing.T) {
	for mode, line := range map[string]string{"8.4": "e2 PW", "9": "16"} {
		require.Contains(t, notReached, mode)
		g, err := newRig()
		require.NoError(t, err)
		b, err := data(line, "", sysadmin)
		require.NoError(t, err)
		_, _, err = g.send(b)
		require.NoError(t, err)
		got, err := g.mode()
		require.NoError(t, err)
		assert.NotEqual(t, mode, got, "the register gets into the mode now: take it off notReached")
		require.NoError(t, g.Close())
	}
}

func TestACodeThatNoTextNamesIsNotSupported(t *testing.T) {
	commands, err := readCommands()
	require.NoError(t, err)
	known := make(map[string]bool)
	for _, c := range commands {
		known[c.code] = true
	}
	for _, mode := range []string{"2", "4", "8.0"} {
		g, err := newRig()
		require.NoError(t, err)
		require.NoError(t, g.enter(mode, nil))
		before := g.StateHash()
		for n := range 0x200 {
			code := fmt.Sprintf("%02X", n)
			if n > 0xff {
				code = fmt.Sprintf("FF%02X", n-0x100)
			}
			if known[code] || code == "FF" {
				continue
			}
			b, err := data(code+" PW", mode, sysadmin)
			require.NoError(t, err)
			result, _, err := g.send(b)
			require.NoError(t, err)
			require.Equal(t, unsupported, result, "%s in mode %s", code, mode)
		}
		require.Equal(t, before, g.StateHash())
		require.NoError(t, g.Close())
	}
}

func TestTheTestSpellsItsOwnBytes(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	const module = "github.com/openkkt/openkkt/"
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			if rest, ok := strings.CutPrefix(path, module); ok {
				assert.Contains(t, []string{"emulator", "fn/journal"}, rest, "%s", file)
			}
		}
	}
}

func TestNoCodeIsMadeFromTheEvidence(t *testing.T) {
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 || d.Name() == "evidence" {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		assert.NotContains(t, string(b), filepath.Base(observedFile), "%s", path)
		return nil
	}))
}
