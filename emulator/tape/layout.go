package tape

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lines neutralises text and breaks it into lines of at most width characters,
// between words where it can. Text without printable characters gives one
// empty line. It is what the register does with the text of a print command.
func Lines(text string, width int) []string {
	width = clampWidth(width)
	text = strings.TrimRight(clean(text), " ")
	if utf8.RuneCountInString(text) <= width {
		return []string{text} // spaces inside are the caller's layout: kept
	}
	return wrap(text, width)
}

// page collects lines none of which is longer than width characters.
type page struct {
	width int
	lines []string
}

func newPage(width int) page { return page{width: clampWidth(width)} }

func clampWidth(width int) int {
	if width == 0 {
		return DefaultWidth
	}
	return min(max(width, MinWidth), MaxWidth)
}

// add is the only place where lines are appended.
func (p *page) add(line string) { p.lines = append(p.lines, strings.TrimRight(line, " ")) }

func (p *page) left(text string) {
	for _, line := range wrap(clean(text), p.width) {
		p.add(line)
	}
}

func (p *page) centre(text string) {
	for _, line := range wrap(clean(text), p.width) {
		p.add(strings.Repeat(" ", (p.width-utf8.RuneCountInString(line))/2) + line)
	}
}

func (p *page) right(text string) {
	for _, line := range wrap(clean(text), p.width) {
		p.add(strings.Repeat(" ", p.width-utf8.RuneCountInString(line)) + line)
	}
}

// pair prints left and right at the two edges of one line, or one under the
// other when they do not fit together.
func (p *page) pair(left, right string) {
	left, right = clean(left), clean(right)
	gap := p.width - utf8.RuneCountInString(left) - utf8.RuneCountInString(right)
	if gap < 1 {
		p.left(left)
		p.right(right)
		return
	}
	p.add(left + strings.Repeat(" ", gap) + right)
}

func (p *page) rule() { p.add(strings.Repeat("-", p.width)) }

// clean makes a string safe to stand inside one line: whatever would move the
// cursor, start an escape sequence or be invisible becomes a space, and what
// would take no cell of its own (accents to combine) is dropped.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '?'
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r):
			return -1
		case r == ' ', unicode.IsGraphic(r) && !unicode.IsSpace(r):
			return r
		}
		return ' ' // controls (Cc), formats (Cf: bidi, zero width), all other spaces
	}, s)
}

// wrap breaks a cleaned string into lines; it always gives at least one line.
// A word longer than the width is cut.
func wrap(s string, width int) []string {
	if utf8.RuneCountInString(s) <= width {
		return []string{s}
	}
	var lines []string
	var line []rune
	for word := range strings.FieldsSeq(s) {
		w := []rune(word)
		if len(line) > 0 && len(line)+1+len(w) <= width {
			line = append(append(line, ' '), w...)
			continue
		}
		if len(line) > 0 {
			lines = append(lines, string(line))
		}
		for len(w) > width {
			lines = append(lines, string(w[:width]))
			w = w[width:]
		}
		line = append(line[:0], w...)
	}
	if len(line) > 0 || len(lines) == 0 {
		lines = append(lines, string(line))
	}
	return lines
}
