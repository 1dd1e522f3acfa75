package emulator

import (
	"fmt"
	"slices"
	"time"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
)

// Speed is how long printing takes by Config.Clock.
type Speed uint8

const (
	Instant Speed = iota // no time at all
	Real                 // what the model says, by its settings of speed and line spacing
	Fast                 // a tenth of that
)

func (s Speed) String() string {
	if int(s) < len(speedNames) {
		return speedNames[s]
	}
	return fmt.Sprintf("Speed(%d)", uint8(s))
}

var speedNames = [...]string{"instant", "real", "fast"}

// ParseSpeed reads «instant», «real» or «fast».
func ParseSpeed(s string) (Speed, error) {
	if i := slices.Index(speedNames[:], s); i >= 0 {
		return Speed(i), nil
	}
	return 0, fmt.Errorf("emulator: speed %q: instant, fast or real is expected", s)
}

// Paper is the state of the receipt roll.
type Paper uint8

const (
	PaperLoaded Paper = iota
	PaperLow          // the roll sensor sees its end coming
	PaperOut
)

func (p Paper) String() string {
	if p <= PaperOut {
		return [...]string{"loaded", "low", "out"}[p]
	}
	return fmt.Sprintf("Paper(%d)", uint8(p))
}

// Printer is what can be seen of the printer.
type Printer struct {
	Paper     Paper
	CoverOpen bool
	Submode   shtrih.Submode
	Queued    int // papers that wait or are being printed
}

// Paper sets the paper: at once, or after so many more lines are printed. With
// PaperLoaded a new roll is in, which does not end. Where the paper ends while
// something is printed, the rest waits until there is paper and B0h comes
// (submodes 2 and 3); a document is in the storage by then, so it is printed
// on, not made again.
func (r *Register) Paper(p Paper, afterLines int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.advance()
	d := &r.printer
	switch p {
	case PaperLoaded:
		d.out, d.low, d.outAfter, d.lowAfter = false, false, 0, 0
		d.resume()
	case PaperLow:
		d.low, d.lowAfter = afterLines <= 0, max(0, afterLines)
	case PaperOut:
		d.outAfter = max(0, afterLines)
		if d.outAfter == 0 {
			d.end()
		}
	}
	r.advance()
}

// Cover opens or closes the cover of the printer. An open one is as no paper.
func (r *Register) Cover(open bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.advance()
	d := &r.printer
	if d.cover = open; open {
		d.interrupt()
	} else {
		d.resume()
	}
	r.advance()
}

// Printer tells the state of the printer.
func (r *Register) Printer() Printer {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.advance()
	d := &r.printer
	s := Printer{CoverOpen: d.cover, Submode: r.submode(), Queued: len(d.queue)}
	switch {
	case d.out:
		s.Paper = PaperOut
	case d.low:
		s.Paper = PaperLow
	}
	return s
}

// printer is the printing side of a register. It goes on by itself as time goes;
// as the register has no clock that ticks, it is brought up to now ([Register.advance])
// before anything looks at it.
type printer struct {
	queue []*paper
	at    int       // lines of the first paper that are out
	since time.Time // when the line after them began

	out, low           bool
	outAfter, lowAfter int // lines left, 0: not told
	cover              bool
	stopped            bool // interrupted: the rest of the queue waits
	waiting            bool // there is paper again, B0h may come
}

// paper is something to print. What is on it is drawn when somebody wants to see
// it: the code of a receipt alone takes longer than all the rest of its command.
type paper struct {
	render func() []string
	lines  []string
	drawn  bool
}

func (p *paper) text() []string {
	if !p.drawn {
		p.lines, p.drawn, p.render = p.render(), true, nil
	}
	return p.lines
}

func (d *printer) ready() bool { return !d.out && !d.cover }

func (d *printer) interrupt() {
	d.waiting = false
	d.stopped = len(d.queue) > 0
}

func (d *printer) end() {
	d.out, d.outAfter = true, 0
	d.interrupt()
}

// resume: there is paper again, or the cover is closed.
func (d *printer) resume() {
	if d.ready() && d.stopped {
		d.stopped, d.waiting = false, true
	}
}

// submode is that of 10h.
func (r *Register) submode() shtrih.Submode {
	switch d := &r.printer; {
	case !r.hasPaper() && d.stopped:
		return shtrih.SubmodePaperEnded
	case !r.hasPaper():
		return shtrih.SubmodeNoPaper
	case d.waiting:
		return shtrih.SubmodeAwaitResume
	case len(d.queue) > 0:
		return shtrih.SubmodePrinting
	}
	return shtrih.SubmodeReady
}

// hasPaper: with the weight sensors in use little paper is none.
func (r *Register) hasPaper() bool {
	d := &r.printer
	return d.ready() && !(d.low && r.state.tables.number(setWeightSensors) != 0)
}

// mayPrint is the result for a command that prints.
func (r *Register) mayPrint() shtrih.Result {
	switch r.submode() {
	case shtrih.SubmodeNoPaper, shtrih.SubmodePaperEnded:
		return shtrih.NoPaper
	case shtrih.SubmodeAwaitResume:
		return shtrih.AwaitContinue
	case shtrih.SubmodePrinting:
		return shtrih.Printing
	}
	return shtrih.OK
}

// printerFlags are the flags of 10h as the printer has them now.
func (r *Register) printerFlags() shtrih.Flags {
	f, d := r.profile.flags, &r.printer
	if d.out || d.low {
		f &^= shtrih.FlagReceiptRoll
	}
	if d.out {
		f &^= shtrih.FlagReceiptOptical
	}
	if d.cover {
		f |= shtrih.FlagCoverOpen
	}
	return f
}

// continuePrint, B0h, prints what the end of the paper interrupted.
func continuePrint(k *call, _ shtrih.ContinuePrint) shtrih.Result {
	k.printer.waiting = false
	k.printer.since = k.cfg.Clock()
	return k.done()
}

// lineTime is how long a line takes.
func (r *Register) lineTime() time.Duration {
	p, t := &r.profile.Printer, r.state.tables
	speed := p.Speeds[len(p.Speeds)-1]
	if n := t.number(setPrintSpeed); r.profile.cells[setPrintSpeed] != (cell{}) && n < uint64(len(p.Speeds)) {
		speed = p.Speeds[n]
	}
	dots := int(p.FontHeight) + int(t.number(setLineSpacing))
	d := time.Duration(dots) * time.Second / time.Duration(p.DotsPerMillimetre*speed)
	if r.cfg.Speed == Fast {
		d /= 10
	}
	return d
}

// print puts a paper into the queue.
func (r *Register) print(render func() []string) {
	d := &r.printer
	if len(d.queue) == 0 {
		d.since = r.cfg.Clock()
	}
	d.queue = append(d.queue, &paper{render: render})
}

// printLines is print of lines that are there already.
func (r *Register) printLines(lines []string) {
	if len(lines) > 0 {
		r.print(func() []string { return lines })
	}
}

// advance lets the printer print what it has had time for.
func (r *Register) advance() {
	d := &r.printer
	if len(d.queue) == 0 || !d.ready() || d.waiting {
		return
	}
	unseen := r.cfg.Speed == Instant && r.cfg.OnTape == nil && d.outAfter == 0 && d.lowAfter == 0
	now, line := r.cfg.Clock(), time.Duration(0)
	if r.cfg.Speed != Instant {
		line = r.lineTime()
		if now.Before(d.since) { // the clock was set back
			d.since = now
		}
	}
	for len(d.queue) > 0 && d.ready() {
		p := d.queue[0]
		if unseen {
			d.at = 0
		} else {
			if line > 0 && now.Sub(d.since) < line {
				return // nothing is out yet: no need to draw it
			}
			lines := p.text()
			n := len(lines) - d.at
			if line > 0 {
				n = min(n, int(now.Sub(d.since)/line))
			}
			if d.outAfter > 0 {
				n = min(n, d.outAfter)
			}
			d.since = d.since.Add(time.Duration(n) * line)
			if r.cfg.OnTape != nil && n > 0 {
				r.cfg.OnTape(lines[d.at : d.at+n])
			}
			d.at += n
			d.use(n)
			if d.at < len(lines) {
				if d.out {
					d.interrupt()
				}
				return
			}
		}
		r.tape.add(p)
		d.queue, d.at = slices.Delete(d.queue, 0, 1), 0 // keeps its memory: mostly it has one paper
	}
	if d.out {
		d.interrupt()
	}
}

// use counts lines off the roll.
func (d *printer) use(lines int) {
	if d.lowAfter > 0 {
		if d.lowAfter = max(0, d.lowAfter-lines); d.lowAfter == 0 {
			d.low = true
		}
	}
	if d.outAfter > 0 {
		if d.outAfter -= lines; d.outAfter <= 0 {
			d.out, d.outAfter = true, 0
		}
	}
}

// Limits of the tape that is kept.
const (
	tapeLines  = 10000
	tapePapers = 2000
)

// tapeLog is what was printed, oldest first.
type tapeLog struct{ papers []*paper }

func (t *tapeLog) add(p *paper) {
	if len(t.papers) == tapePapers {
		t.papers = slices.Delete(t.papers, 0, tapePapers/4)
	}
	t.papers = append(t.papers, p)
}

// lines draws the last lines; what is beyond the limit is forgotten.
func (t *tapeLog) lines() (lines []string) {
	n, from := 0, len(t.papers)
	for from > 0 && n < tapeLines {
		from--
		n += len(t.papers[from].text())
	}
	t.papers = slices.Delete(t.papers, 0, from)
	for _, p := range t.papers {
		lines = append(lines, p.text()...)
	}
	return lines[max(0, len(lines)-tapeLines):]
}

// Tape gives the last printed lines, oldest first.
func (r *Register) Tape() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.advance()
	lines := slices.Clone(r.tape.lines())
	if d := &r.printer; len(d.queue) > 0 && d.at > 0 {
		lines = append(lines, d.queue[0].text()[:d.at]...)
	}
	return lines
}

// printFiscal prints a document of the archive, text of the host above it.
func (r *Register) printFiscal(number uint32, o tape.Options, above []string) {
	r.print(func() []string {
		form, fields, code := r.document(number)
		if code != shtrih.OK {
			return append(above, tape.Lines(fmt.Sprintf("ДОКУМЕНТ %d НЕ ЧИТАЕТСЯ: %s", number, code.Russian()), o.Width)...)
		}
		return append(slices.Clip(above), tape.Render(tlv.AppendBytes(nil, tlv.Tag(form), fields), o)...)
	})
}

// tapeOptions are those of every paper: the heading is the model's table of texts.
func (r *Register) tapeOptions() tape.Options {
	return tape.Options{Width: r.columns(), Emulator: true, Header: r.state.tables.heading}
}

// columns is the width of the paper in characters.
func (r *Register) columns() int {
	if r.cfg.TapeWidth != 0 {
		return r.cfg.TapeWidth
	}
	return r.profile.Printer.Columns
}

// What the setting skipPrint keeps off the paper.
const (
	skipNext   = 1 // one document
	skipAll    = 2
	skipShifts = 3 // shift reports
)

// skipsPrint tells whether the document being made stays off the paper; the
// setting for one document is spent.
func (k *call) skipsPrint(next *state, shift bool) bool {
	switch k.state.tables.number(setSkipPrint) {
	case skipNext:
		next.tables = next.tables.with(k.profile.cells[setSkipPrint], []byte{0})
		return true
	case skipAll:
		return true
	case skipShifts:
		return shift
	}
	return false
}
