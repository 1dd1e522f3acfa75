package evidence

import (
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
)

const (
	observedFile = "../../testdata/shtrih/observed.csv"
	commandsFile = "../../testdata/shtrih/commands.csv"
	pageFile     = "../../docs/shtrih-commands.md"
)

// row is one line of observed.csv: the same expectation in several modes.
type row struct {
	line     int
	code     string
	modes    []string
	name     string   // of the case
	results  []string // more than one where the evidence leaves it open
	after    string   // the mode afterwards; "" is the same, "?" is not known
	evidence string   // tags; guess is an inference, none a command without a layout
	note     string
}

func (r row) guess() bool { return r.evidence == "guess" }

func (r row) String() string {
	return fmt.Sprintf("line %d: %s in %s, %s: want %s [%s] %s",
		r.line, r.code, strings.Join(r.modes, ","), r.name, strings.Join(r.results, " or "), r.evidence, r.note)
}

// command is one line of commands.csv.
type command struct {
	code, name, family, layout string
	requestLen, answerLen      string
}

// old tells of a command that no register with a storage (ФН) has.
func (c command) old() bool { return c.family == "old" }

func readTable(file string, columns ...string) ([][]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	all, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	at := make([]int, len(columns))
	for i, name := range columns {
		if at[i] = slices.Index(all[0], name); at[i] < 0 {
			return nil, fmt.Errorf("%s: no column %s", file, name)
		}
	}
	var table [][]string
	for _, line := range all[1:] {
		var cells []string
		for _, i := range at {
			cells = append(cells, line[i])
		}
		table = append(table, cells)
	}
	return table, nil
}

func readObserved() ([]row, error) {
	table, err := readTable(observedFile, "code", "modes", "case", "result", "mode_after", "evidence", "note")
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, c := range table {
		rows = append(rows, row{
			line: i + 2, code: c[0], modes: strings.Split(c[1], ","), name: c[2],
			results: strings.Fields(c[3]), after: c[4], evidence: c[5], note: c[6],
		})
	}
	return rows, nil
}

func readCommands() ([]command, error) {
	table, err := readTable(commandsFile, "code", "name_en", "families", "request_layout", "request_len", "answer_len")
	if err != nil {
		return nil, err
	}
	var list []command
	for _, c := range table {
		list = append(list, command{code: c[0], name: c[1], family: c[2], layout: c[3], requestLen: c[4], answerLen: c[5]})
	}
	return list, nil
}

// knownLength reads «5», «16 or 17» and «48, 50 or 52»; anything else is no fixed length.
func knownLength(s string) []string {
	words := strings.Fields(strings.ReplaceAll(strings.ReplaceAll(s, ",", " "), " or ", " "))
	for _, w := range words {
		if strings.Trim(w, "0123456789") != "" {
			return nil
		}
	}
	return words
}
