package evidence

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/shtrih-commands.md")

func TestThePageIsCurrent(t *testing.T) {
	all, err := matrix()
	require.NoError(t, err)
	commands, err := readCommands()
	require.NoError(t, err)
	want := page(commands, all)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(pageFile), 0o755))
		require.NoError(t, os.WriteFile(pageFile, []byte(want), 0o644))
	}
	got, err := os.ReadFile(pageFile)
	require.NoError(t, err)
	require.Equal(t, want, strings.ReplaceAll(string(got), "\r\n", "\n"), "run go generate ./emulator/evidence")
}

// tally counts expectations, one a command, mode and case.
type tally struct {
	passed, guessed, missing, unreached, differ int
}

func (n *tally) add(o outcome) {
	switch {
	case o.differs != "":
		n.differ++
	case o.kind == passed:
		n.passed++
	case o.kind == guessed:
		n.guessed++
	case o.kind == missing:
		n.missing++
	case o.kind == unreached:
		n.unreached++
	}
}

func page(commands []command, all []outcome) string {
	var sum tally
	by := make(map[string][]outcome)
	for _, o := range all {
		sum.add(o)
		by[o.row.code] = append(by[o.row.code], o)
	}
	var b strings.Builder
	p := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }

	p("# Commands of the Shtrih-M protocol")
	p("")
	p("<!-- Made by go generate ./emulator/evidence; do not edit. -->")
	p("")
	p("What the register of `package emulator` answers, held against `testdata/shtrih/observed.csv`. That file is typed from")
	p("public sources; the register does not read it. An expectation is one command in one mode in one case: right, short,")
	p("code only, long, wrong password, a password of a lower level, wrong parameters, and some that have a name.")
	p("")
	p("| expectations | number |")
	p("|---|---:|")
	p("| **passed**: a source says so, the register does so | %d |", sum.passed)
	p("| **guess**: no source says it, or sources leave it open; the register does one of what they leave | %d |", sum.guessed)
	p("| **not emulated**: answered 37h | %d |", sum.missing)
	if sum.unreached > 0 {
		p("| not tried: in a mode that the register does not get into | %d |", sum.unreached)
	}
	p("| the register differs | %d |", sum.differ)
	p("")
	emulated, later, without, old := countCommands(commands)
	p("%d commands: %d emulated, %d not yet, %d without a published layout, %d of registers without a storage (ФН).",
		len(commands), emulated, later, without, old)
	p("")
	p("Modes tried: %s. Not reached: %s; 5, 7, 11–14 have no commands that lead into them in a register with a storage.",
		strings.Join(modes, ", "), reasons())
	p("")
	p("Tags of evidence: F behaviour of a SHTRIH-M-01F in a test run; L logs of real registers; I answers in public issues;")
	p("G setup guide of the «ФР» family, 2018; S Protocol ККТ 1.17; FNS protocol ККТ–ФН 1.2.06. F and L win over G and S.")
	p("")
	writeDifferences(p, all)
	p("## By command")
	p("")
	p("Modes are those where a right command is answered 00, by the evidence.")
	p("")
	p("| code | command | emulated | modes | evidence | passed | guess | not emulated |")
	p("|---|---|---|---|---|---:|---:|---:|")
	for _, c := range commands {
		var n tally
		for _, o := range by[c.code] {
			n.add(o)
		}
		p("| %s | %s | %s | %s | %s | %d | %d | %d |",
			c.code, c.name, status(c), rightModes(by[c.code]), tags(by[c.code]), n.passed, n.guessed, n.missing)
	}
	p("")
	writeQuestions(p, commands, by)
	return b.String()
}

func countCommands(commands []command) (emulated, later, without, old int) {
	for _, c := range commands {
		switch status(c) {
		case "yes":
			emulated++
		case "not yet":
			later++
		case "no layout":
			without++
		default:
			old++
		}
	}
	return emulated, later, without, old
}

func status(c command) string {
	switch _, ok := layouts[c.code]; {
	case c.old():
		return "older registers"
	case !ok:
		return "no layout"
	case slices.Contains(notYet, c.code):
		return "not yet"
	}
	return "yes"
}

func reasons() string {
	var list []string
	for _, m := range slices.Sorted(maps.Keys(notReached)) {
		list = append(list, m+" "+notReached[m])
	}
	return strings.Join(list, ", ")
}

func rightModes(all []outcome) string {
	var list []string
	for _, o := range all {
		if o.row.name == "right" && slices.Equal(o.row.results, []string{"00"}) {
			list = append(list, o.mode)
		}
	}
	tried := slices.DeleteFunc(slices.Clone(list), func(m string) bool { return !slices.Contains(modes, m) })
	if len(tried) == len(modes) {
		return "any"
	}
	slices.SortFunc(list, func(a, b string) int { return modeOrder(a) - modeOrder(b) })
	s := strings.Join(list, " ")
	return strings.Replace(s, "8.0 8.1 8.2 8.3", "8", 1)
}

func modeOrder(mode string) int {
	if i := slices.Index(modes, mode); i >= 0 {
		return i
	}
	return len(modes)
}

func tags(all []outcome) string {
	var list []string
	for _, o := range all {
		if o.row.guess() || o.row.evidence == "none" {
			continue
		}
		for tag := range strings.SplitSeq(o.row.evidence, ",") {
			if !slices.Contains(list, tag) {
				list = append(list, tag)
			}
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func writeDifferences(p func(string, ...any), all []outcome) {
	if !slices.ContainsFunc(all, func(o outcome) bool { return o.differs != "" }) {
		return
	}
	p("## Where the register differs")
	p("")
	p("| code | mode | case | evidence says | the register | evidence |")
	p("|---|---|---|---|---|---|")
	for _, o := range all {
		if o.differs != "" {
			p("| %s | %s | %s | %s | %s | %s |",
				o.row.code, o.mode, o.row.name, strings.Join(o.row.results, " or "), o.differs, o.row.evidence)
		}
	}
	p("")
}

// writeQuestions lists the guesses that a look at a real register would settle,
// but for the order of checks of a command that the mode forbids anyway.
func writeQuestions(p func(string, ...any), commands []command, by map[string][]outcome) {
	p("## What to ask a real register")
	p("")
	p("Guesses about emulated commands, apart from lengths and passwords of commands that the mode forbids.")
	p("")
	p("| code | command | case | modes | left open | ours | note |")
	p("|---|---|---|---|---|---|---|")
	for _, c := range commands {
		if status(c) != "yes" {
			continue
		}
		var last int
		for _, o := range by[c.code] {
			if !o.row.guess() || o.row.line == last || slices.Contains([]string{"short", "code-only", "long", "wrong-password"}, o.row.name) {
				continue
			}
			last = o.row.line
			p("| %s | %s | %s | %s | %s | %s | %s |", c.code, c.name, o.row.name, strings.Join(o.row.modes, " "),
				strings.Join(o.row.results, " or "), answers(by[c.code], o.row.line), o.row.note)
		}
	}
}

func answers(all []outcome, line int) string {
	var list []string
	for _, o := range all {
		if o.row.line == line && o.answer != "" && !slices.Contains(list, o.answer) {
			list = append(list, o.answer)
		}
	}
	return strings.Join(list, ", ")
}
