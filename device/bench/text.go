package bench

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// AppendText appends the result as a table for people; c may be nil.
func (r *Result) AppendText(dst []byte, c *Comparison) []byte {
	dst = fmt.Appendf(dst, "%s, seed %d, %s: %d receipts (%d refunds, %d items), %.1f a minute\n",
		r.Workload, r.Seed, seconds(r.Elapsed), r.Receipts, r.Refunds, r.Items, r.PerMinute)
	dst = fmt.Appendf(dst, "%s\n\n", r.Target)
	for _, line := range align(r.rows(c)) {
		dst = append(append(dst, line...), '\n')
	}
	dst = fmt.Appendf(dst, "\nwire      %.1f %% payload: %d of %d bytes; to the register %.1f %%, from it %.1f %%\n",
		100*r.Wire.Efficiency(), r.Wire.Commands+r.Wire.Answers, r.Wire.Sent+r.Wire.Received, 100*r.Wire.ToRegister(), 100*r.Wire.FromRegister())
	dst = fmt.Appendf(dst, "link      %d repeats, %d commands without an answer, %d refused while printing\n", r.Retries, r.Failures, r.Waits)
	dst = append(dst, "time      "...)
	for i, p := range r.Time.parts() {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = fmt.Appendf(dst, "%s %.1f %%", p.name, 100*share(p.time, r.Elapsed))
	}
	dst = append(dst, '\n')
	if c != nil {
		for _, n := range c.Notes {
			dst = fmt.Appendf(dst, "baseline  %s\n", n)
		}
	}
	return dst
}

// String names the register.
func (t Target) String() string {
	return fmt.Sprintf("%s %s, serial %s, ФН %s, protocol %d", t.Model, t.Firmware, t.Serial, t.Storage, t.Protocol)
}

type timePart struct {
	name string
	time time.Duration
}

func (t Times) parts() []timePart {
	return []timePart{{"storage", t.Storage}, {"printing", t.Printing}, {"other commands", t.Other}, {"host", t.Host}}
}

// rows is the table, the heading first.
func (r *Result) rows(c *Comparison) [][]string {
	head := []string{"command", "", "count", "p50", "p90", "p99", "max", "time"}
	if c != nil {
		head = append(head, "before", "ratio", "")
	}
	rows := [][]string{head}
	add := func(code, name string, l *Latency, change *Change) {
		row := []string{code, name, fmt.Sprint(l.Count), millis(l.P50), millis(l.P90), millis(l.P99), millis(l.Max),
			fmt.Sprintf("%.1f %%", 100*share(l.Total, r.Elapsed))}
		if c != nil {
			row = append(row, change.cells()...)
		}
		rows = append(rows, row)
	}
	for i := range r.Commands {
		command := &r.Commands[i]
		add(command.Code, command.Name, &command.Latency, c.find(command.Code))
	}
	if c != nil {
		for i := len(r.Commands); i < len(c.Commands); i++ {
			gone := &c.Commands[i]
			add(gone.Code, gone.Name, &Latency{}, gone)
		}
		add("", "whole receipt", &r.Receipt, &c.Receipts)
		return rows
	}
	add("", "whole receipt", &r.Receipt, nil)
	return rows
}

// cells are the columns of a comparison. Only what lies outside the noise has a
// word beside it.
func (c *Change) cells() []string {
	word := string(c.Verdict)
	if c.Verdict == Same {
		word = ""
	}
	if c.Ratio == 0 {
		return []string{millis(c.Before), "", word}
	}
	return []string{millis(c.Before), fmt.Sprintf("%.2f", c.Ratio), word}
}

// millis writes milliseconds, with as many digits as mean something.
func millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.3f ms", ms)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// align pads the columns: the first two and the last of a comparison to the left,
// numbers to the right.
func align(rows [][]string) []string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	lines := make([]string, len(rows))
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i < 2 || i == 10 {
				b.WriteString(cell + pad)
			} else {
				b.WriteString(pad + cell)
			}
		}
		lines[n] = strings.TrimRight(b.String(), " ")
	}
	return lines
}
