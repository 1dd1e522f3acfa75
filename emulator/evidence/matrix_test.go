package evidence

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/openkkt/openkkt/emulator"
	"github.com/openkkt/openkkt/fn/journal"
)

// modes are the modes that the register can be brought into, in the order of the page.
var modes = []string{"1", "2", "3", "4", "6", "8.0", "8.1", "8.2", "8.3"}

// sparse are modes that the register gets into, of which the evidence tells of a
// few commands only.
var sparse = []string{"10"}

// notReached are modes that the evidence speaks of and the register never gets
// into; their rows are counted apart.
var notReached = map[string]string{
	"8.4": "non-fiscal document (E2h)",
	"9":   "technological reset",
}

// notYet are commands with a layout that the register must answer by 37h until
// it learns them. The test fails when it has: take the command off. Dumps,
// graphics, slips of other models, corrections, registration and marking come
// later.
var notYet = strings.Fields(`
	01 02 03 44 45 46 4A 4B 4C 4D 4E 4F
	C0 C1 C2 C3 C4 C5 C6 C7 C8 C9 CA CB D0 D1 DD DE E2 E3 E4 E5 E6 E7 F0 F1 F3
	FF05 FF06 FF07 FF0D FF0E FF34 FF35 FF36 FF37 FF38 FF3C FF3D FF3E FF47 FF48 FF49 FF4A FF4E
	FF50 FF51 FF52 FF61 FF65 FF66 FF67 FF68 FF69 FF70 FF71 FF72 FF73 FF74 FF75 FF7B`)

const unsupported = "37"

// outcome is what became of one expectation in one mode.
type outcome struct {
	row  row
	mode string
	kind string // passed, guessed, missing (37h, as it must be) or unreached
	// answer is the result byte, "" when the case was not sent; differs says
	// what does not agree, "" when all does.
	answer, differs string
}

const (
	passed    = "passed"
	guessed   = "guess"
	missing   = "not emulated"
	unreached = "not reached"
)

// rig is a register in some mode.
type rig struct {
	*emulator.Register
	now time.Time
}

func newRig() (*rig, error) {
	g := &rig{now: time.Date(2025, 6, 2, 10, 0, 0, 0, time.UTC)}
	var err error
	g.Register, err = emulator.New(emulator.Config{
		FS: journal.NewMemory(), Clock: func() time.Time { return g.now }, Seed: 1,
	})
	return g, err
}

// must sends what a case needs before it.
func (g *rig) must(line string) error {
	b, err := data(line, "", sysadmin)
	if err != nil {
		return err
	}
	return g.prepare(b)
}

func (g *rig) prepare(b []byte) error {
	result, _, err := g.send(b)
	if err == nil && result != "00" {
		err = fmt.Errorf("%x was answered %s", b, result)
	}
	return err
}

// send gives the result byte of an answer and the length of all of it.
func (g *rig) send(b []byte) (result string, length int, err error) {
	answer := g.Exec(nil, b)
	code := b[:1]
	if b[0] == 0xff && len(b) > 1 {
		code = b[:2]
	}
	if !bytes.HasPrefix(answer, code) || len(answer) == len(code) {
		return "", 0, fmt.Errorf("%x was answered %x", b, answer)
	}
	result = strings.ToUpper(hex.EncodeToString(answer[len(code) : len(code)+1]))
	if result != "00" && len(answer) != len(code)+1 {
		return "", 0, fmt.Errorf("%x was answered %x: an error with data after it", b, answer)
	}
	return result, len(answer), nil
}

// mode reads the mode as the evidence writes it.
func (g *rig) mode() (string, error) {
	answer := g.Exec(nil, []byte{0x10, 30, 0, 0, 0})
	if len(answer) < 16 || answer[1] != 0 {
		return "", fmt.Errorf("10h was answered %x", answer)
	}
	number, status := answer[5]&0x0f, answer[5]>>4
	if number == 8 {
		return fmt.Sprintf("8.%d", status), nil
	}
	return strconv.Itoa(int(number)), nil
}

// enter brings a fresh register into a mode; before is sent as late as it can be.
func (g *rig) enter(mode string, before [][]byte) error {
	var lines []string
	switch mode {
	case "4":
	case "1":
		lines = []string{"ff3a PW 01000000"}
	case "6":
		lines = []string{"22 PW " + today}
	case "10":
		lines = []string{"e0 PW", "19 PW 01"}
	default:
		lines = []string{"e0 PW", "50 PW 40420f0000"} // 10,000.00 in the drawer
		if status, ok := strings.CutPrefix(mode, "8."); ok {
			lines = append(lines, "8d PW 0"+status)
		}
	}
	for _, line := range lines {
		if err := g.must(line); err != nil {
			return err
		}
	}
	for _, b := range before {
		if err := g.prepare(b); err != nil {
			return err
		}
	}
	if mode == "3" {
		g.now = g.now.Add(24*time.Hour + time.Minute)
	}
	got, err := g.mode()
	if err == nil && got != mode {
		err = fmt.Errorf("mode %s instead of %s", got, mode)
	}
	return err
}

// bench keeps registers that a refusal has left as they were, so that not every
// case needs a fresh one.
type bench map[string]*rig

func (b bench) take(mode string, before [][]byte) (*rig, string, error) {
	key := fmt.Sprintf("%s %x", mode, before)
	if g := b[key]; g != nil {
		delete(b, key)
		return g, key, nil
	}
	g, err := newRig()
	if err != nil {
		return nil, "", err
	}
	if err := g.enter(mode, before); err != nil {
		return nil, "", errors.Join(err, g.Close())
	}
	return g, key, nil
}

func (b bench) close() error {
	var errs []error
	for _, g := range b {
		errs = append(errs, g.Close())
	}
	return errors.Join(errs...)
}

// try sends one case and says what is answered and how that differs from the evidence.
func (b bench) try(r row, mode string, before [][]byte, command []byte, answerLen []string) (answer, differs string) {
	g, key, err := b.take(mode, before)
	if err != nil {
		return "", "set-up: " + err.Error()
	}
	state := g.StateHash()
	answer, differs = g.compare(r, mode, command, answerLen)
	switch {
	case answer == "00" || differs != "":
	case g.StateHash() != state:
		differs = answer + ", but the refused command changed the state"
	default:
		b[key] = g
		return answer, ""
	}
	if err := g.Close(); err != nil && differs == "" {
		differs = err.Error()
	}
	return answer, differs
}

func (g *rig) compare(r row, mode string, command []byte, answerLen []string) (result, differs string) {
	result, length, err := g.send(command)
	if err != nil {
		return result, err.Error()
	}
	if !slices.Contains(r.results, result) {
		return result, result
	}
	if result == "00" && answerLen != nil && !slices.Contains(answerLen, strconv.Itoa(length)) {
		return result, fmt.Sprintf("an answer of %d bytes, not %s", length, strings.Join(answerLen, " or "))
	}
	after, err := g.mode()
	if err != nil {
		return result, err.Error()
	}
	want := r.after
	if want == "" || result != "00" && slices.Contains(r.results, "00") {
		want = mode
	}
	if want != "?" && after != want {
		return result, fmt.Sprintf("%s, but then mode %s, not %s", result, after, want)
	}
	return result, ""
}

// run sends every case of the evidence.
func run() ([]outcome, error) {
	rows, err := readObserved()
	if err != nil {
		return nil, err
	}
	commands, err := readCommands()
	if err != nil {
		return nil, err
	}
	byCode := make(map[string]command)
	for _, c := range commands {
		byCode[c.code] = c
	}
	// What must have been sent before a command is sent only where the command is allowed.
	allowed := make(map[[2]string]bool)
	for _, r := range rows {
		for _, m := range r.modes {
			if r.name == "right" && slices.Equal(r.results, []string{"00"}) {
				allowed[[2]string{r.code, m}] = true
			}
		}
	}
	registers := make(bench)
	var all []outcome
	for _, r := range rows {
		for _, m := range r.modes {
			o := outcome{row: r, mode: m, kind: passed}
			later := slices.Contains(notYet, r.code)
			switch {
			case r.evidence == "none", later:
				o.kind = missing
			case notReached[m] != "":
				o.kind = unreached
			case r.guess():
				o.kind = guessed
			}
			if notReached[m] != "" || later && r.name != "right" {
				all = append(all, o)
				continue
			}
			l, ok := layouts[r.code]
			if r.evidence == "none" {
				l, ok = layout{right: bare(byCode[r.code])}, true
			}
			if !ok {
				return nil, fmt.Errorf("%s: no layout", r)
			}
			before, b, err := l.bytesOf(r.code, m, r.name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r, err)
			}
			if !allowed[[2]string{r.code, m}] || later {
				before = nil
			}
			want := r
			if later {
				want.results, want.after = []string{unsupported}, ""
			}
			o.answer, o.differs = registers.try(want, m, before, b, knownLength(byCode[r.code].answerLen))
			all = append(all, o)
		}
	}
	return all, registers.close()
}

// bare is a command of which only the code and perhaps the password are sent.
func bare(c command) string {
	if strings.HasPrefix(c.layout, "pw") || c.layout == "" {
		return c.code + " PW"
	}
	return c.code
}

var matrix = sync.OnceValues(run)
