package tape

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Widths in characters. 48 is what a roll of 80 mm holds in the usual font.
const (
	DefaultWidth = 48
	MinWidth     = 24
	MaxWidth     = 128
)

// EmulatorLine marks everything that the emulator prints: its fiscal signs are
// not those of a real storage.
const EmulatorLine = "ЭМУЛЯТОР — НЕ ФИСКАЛЬНЫЙ"

// Options is what the tape shows beside the document.
type Options struct {
	Width     int      // characters in a line; 0 means DefaultWidth, others are kept within MinWidth and MaxWidth
	Emulator  bool     // print EmulatorLine above and below
	Header    []string // cliché: the first lines of the paper, printed as they are
	Duplicate bool     // a copy printed later: says ДУБЛИКАТ
	Change    uint64   // kopecks given back from the cash of the buyer; not a part of the document
}

// Render prints a document, given as one whole element: the tag is the code of
// the document, the value its fields. It never fails: of damaged bytes it
// prints what can be read and says that the document is damaged. Fields that
// the printed form of the document does not show are left out. A receipt ends
// with its QR code; on paper narrower than the code (under 33 characters, more
// for long sums) stands the text of the code instead.
func Render(doc []byte, o Options) []string {
	d := document{page: newPage(o.Width)}
	d.open(o)
	r := tlv.NewReader(doc)
	if r.Next() {
		d.form = r.Tag()
		d.read(r.Value())
		d.title()
		d.body(o)
		d.feet()
	} else {
		d.damaged = true
	}
	if d.damaged {
		d.rule()
		d.centre(damagedLine)
	}
	d.codeOf(doc)
	d.close(o)
	return d.lines
}

const (
	duplicateLine = "ДУБЛИКАТ"
	damagedLine   = "ДОКУМЕНТ ПОВРЕЖДЕН"
)

func (p *page) open(o Options) {
	if o.Emulator {
		p.centre(EmulatorLine)
	}
	for _, line := range o.Header {
		for _, l := range Lines(line, p.width) {
			p.add(l)
		}
	}
	if o.Duplicate {
		p.centre(duplicateLine)
	}
}

func (p *page) close(o Options) {
	if o.Emulator {
		p.centre(EmulatorLine)
	}
}

// document is a page being filled from the fields of a document. Fields are
// struck off as they are printed; what the layout does not name is printed
// after what it names, so that nothing of the printed form is lost.
type document struct {
	page
	form       tlv.Tag
	fields     []element
	before2019 bool
	damaged    bool
}

type element struct {
	tag     tlv.Tag
	value   []byte
	printed bool
}

func (d *document) read(value []byte) {
	d.fields = d.elements(value)
	if v, ok := find(d.fields, ffd.DateTime); ok {
		at, err := tlv.DecodeUnixTime(v)
		d.before2019 = err == nil && at.Before(vatChange)
	}
}

// elements reads one level and notes whether it is damaged.
func (d *document) elements(value []byte) []element {
	var all []element
	r := tlv.NewReader(value)
	for r.Next() {
		all = append(all, element{tag: r.Tag(), value: r.Value()})
	}
	if r.Err() != nil {
		d.damaged = true
	}
	return all
}

func find(fields []element, tag tlv.Tag) ([]byte, bool) {
	for _, e := range fields {
		if e.tag == tag {
			return e.value, true
		}
	}
	return nil, false
}

// take strikes the first field with the tag off and gives its value.
func take(fields []element, tag tlv.Tag) ([]byte, bool) {
	for i := range fields {
		if fields[i].tag == tag && !fields[i].printed {
			fields[i].printed = true
			return fields[i].value, true
		}
	}
	return nil, false
}

// each strikes all fields with the tag off, one by one.
func (d *document) each(tag tlv.Tag) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range d.fields {
			if e := &d.fields[i]; e.tag == tag && !e.printed {
				e.printed = true
				if !yield(e.value) {
					return
				}
			}
		}
	}
}

// title prints the user and the name of the document. The number of a receipt
// in its shift (1042) and the kind of settlement stand beside the name.
func (d *document) title() {
	if v, ok := take(d.fields, ffd.User); ok {
		d.centre(textOf(v))
	}
	name := strings.ToUpper(titles[d.form])
	if name == "" {
		name = fmt.Sprintf("ДОКУМЕНТ %d", d.form)
	}
	if !ffd.IsReceipt(d.form) {
		d.centre(name)
		return
	}
	if v, ok := take(d.fields, ffd.ReceiptNumber); ok {
		name += " " + integerOf(v)
	}
	operation := unreadable
	if v, ok := take(d.fields, ffd.Operation); ok {
		if s := enumOf(ffd.Operation, v, false); s != "" {
			operation = s
		}
	}
	d.pair(name, operation)
}

func (d *document) body(o Options) {
	if ffd.IsReceipt(d.form) {
		d.receipt(o)
	} else {
		d.report()
	}
	for i := range d.fields {
		if e := &d.fields[i]; !e.printed && !slices.Contains(feet[:], e.tag) {
			e.printed = true
			d.show(*e, 0, 0)
		}
	}
}

// feet are the fields that every document ends with, in the order of print.
var feet = [...]tlv.Tag{
	ffd.Cashier, ffd.TaxSystem, ffd.TaxSystems, ffd.UserINN, ffd.RegistrationNumber, ffd.StorageNumber,
	ffd.DocumentNumber, ffd.FiscalSign, ffd.DateTime, ffd.Address, ffd.Place, ffd.FNSSite,
}

func (d *document) feet() {
	d.rule()
	for _, tag := range feet {
		if tag == ffd.FiscalSign || !d.prints(fields[tag]) {
			continue // the sign is printed beside the number
		}
		for v := range d.each(tag) {
			d.foot(tag, v)
		}
	}
	if v, ok := take(d.fields, ffd.FiscalSign); ok { // a sign without a number
		d.left(fields[ffd.FiscalSign].captions[0] + " " + signText(v))
	}
}

func (d *document) foot(tag tlv.Tag, v []byte) {
	switch tag {
	case ffd.Cashier:
		// The caption may be left out when the post already says it.
		if strings.Contains(strings.ToLower(textOf(v)), "кассир") {
			d.left(textOf(v))
			return
		}
	case ffd.DocumentNumber:
		if s, ok := take(d.fields, ffd.FiscalSign); ok {
			number, sign := fields[ffd.DocumentNumber].captions[0], fields[ffd.FiscalSign].captions[0]
			d.pair(number+" "+integerOf(v), sign+" "+signText(s))
			return
		}
	case ffd.Address:
		if text := textOf(v); text != "" {
			d.left(text)
		}
		return
	}
	d.identity(tag, v)
}

// identity prints a caption and a value side by side from the left edge.
func (d *document) identity(tag tlv.Tag, v []byte) {
	f := fields[tag]
	value := d.valueOf(tag, f, v)
	if value == "" {
		return
	}
	if caption := f.caption(d.before2019, d.width); caption != "" {
		value = caption + " " + value
	}
	d.left(value)
}

// maxDepth is deeper than any document nests and keeps hostile ones short.
const maxDepth = 6

// show prints a field the way its row in the table of the printed form says.
// operation is the value of 1054 that the enclosing counters are about, 0
// outside of counters.
func (d *document) show(e element, operation, depth int) {
	f, known := fields[e.tag]
	if !known || !d.prints(f) {
		return
	}
	switch f.format {
	case nested:
		d.container(e, f, operation, depth)
		return
	case special:
		return
	case flag:
		if n, ok := number(e.value); ok && n == 0 {
			return
		}
		d.left(f.caption(d.before2019, d.width))
		return
	case text, hexadecimal:
		d.showText(e, f)
		return
	case integer, money:
		d.showNumber(e, f, operation)
		return
	}
	value := d.valueOf(e.tag, f, e.value)
	caption := f.caption(d.before2019, d.width-len([]rune(value))-1)
	switch {
	case value == "":
	case caption == "":
		d.left(value)
	case f.format == enumerated:
		d.left(caption + " " + value)
	default:
		d.pair(caption, value)
	}
}

// prints tells whether the printed form of the document shows the field. For
// documents without a printed form of their own everything printable is shown.
func (d *document) prints(f field) bool {
	if _, listed := titles[d.form]; !listed {
		return f.forms != 0
	}
	return f.forms>>d.form&1 == 1
}

func (d *document) showText(e element, f field) {
	value := d.valueOf(e.tag, f, e.value)
	if value == "" {
		return
	}
	caption := f.caption(false, d.width)
	switch e.tag {
	case ffd.SenderEmail:
		if strings.EqualFold(value, "none") {
			return // the order: not printed when the value is none
		}
	case ffd.BuyerContact:
		// The captions are for a telephone and for an e-mail address.
		if caption = f.captions[0]; strings.Contains(value, "@") {
			caption = f.captions[len(f.captions)-1]
		}
	}
	if caption != "" {
		value = caption + " " + value
	}
	d.left(value)
}

// operationMark stands in the captions of counters.
const operationMark = "<признак расчета>"

func (d *document) showNumber(e element, f field, operation int) {
	value := d.valueOf(e.tag, f, e.value)
	caption := f.caption(d.before2019, d.width-len([]rune(value))-1)
	if operation != 0 || e.tag == ffd.CorrectionsCount {
		if n, ok := number(e.value); ok && n == 0 {
			return // zero counters may be left out
		}
	}
	if strings.Contains(caption, operationMark) {
		word := ""
		if operation != 0 {
			word = signWords[operation-1]
		}
		caption = strings.Join(strings.Fields(strings.ReplaceAll(caption, operationMark, word)), " ")
	}
	if caption == "" {
		d.right(value)
		return
	}
	d.pair(caption, value)
}
