package emulator

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
)

func printBold(k *call, c shtrih.PrintBold) shtrih.Result     { return k.printText(c.Flags, c.Text) }
func printString(k *call, c shtrih.PrintString) shtrih.Result { return k.printText(c.Flags, c.Text) }

func printStringFont(k *call, c shtrih.PrintStringFont) shtrih.Result {
	if c.Font < 1 || c.Font > k.profile.Printer.Fonts {
		return shtrih.BadParameters
	}
	return k.printText(c.Flags, c.Text)
}

// printText: without a place to print on the flags are 33h, too long a text is
// 7Eh (observed). In a receipt the line waits for its closing.
func (k *call) printText(flags shtrih.PrintFlags, text []byte) shtrih.Result {
	if len(text) > k.profile.Texts.PrintLine {
		return shtrih.BadLength
	}
	if flags&(shtrih.PrintJournal|shtrih.PrintReceipt) == 0 {
		return shtrih.BadParameters
	}
	if k.receipt != nil && len(k.receipt.lines) >= receiptLines {
		return shtrih.ReceiptBufferOverflow
	}
	text, _, _ = bytes.Cut(text, []byte{0})
	k.paperLines(k.textLines(text))
	return k.done()
}

// receiptLines is how many lines wait for the end of a receipt at most; ours.
const receiptLines = 2000

// textLines breaks a text of a command into lines.
func (r *Register) textLines(text []byte) []string {
	return tape.Lines(charset.CP1251String(text), r.columns())
}

// paper prints the text of a command, if there is one.
func (r *Register) paper(text []byte) {
	text, _, _ = bytes.Cut(text, []byte{0})
	if text = bytes.TrimRight(text, " "); len(text) > 0 {
		r.paperLines(r.textLines(text))
	}
}

// paperLines prints lines, or keeps them for the end of the open receipt.
func (r *Register) paperLines(lines []string) {
	if r.receipt != nil {
		r.receipt.lines = append(slices.Clip(r.receipt.lines), lines...)
		return
	}
	r.printLines(lines)
}

// printReceipt prints a closed receipt: the text sent meanwhile, that of the
// closing, the document.
func (r *Register) printReceipt(number uint32, above []string, text []byte, change uint64) {
	text, _, _ = bytes.Cut(text, []byte{0})
	if text = bytes.TrimRight(text, " "); len(text) > 0 {
		above = append(slices.Clip(above), r.textLines(text)...)
	}
	o := r.tapeOptions()
	o.Change = change
	r.printFiscal(number, o, above)
}

func feed(k *call, c shtrih.Feed) shtrih.Result {
	if c.Flags&(shtrih.PrintJournal|shtrih.PrintReceipt) == 0 {
		return shtrih.BadParameters
	}
	k.printLines(make([]string, c.Lines))
	return k.done()
}

func cut(k *call, c shtrih.Cut) shtrih.Result {
	if c.Type > shtrih.CutPartial {
		return shtrih.BadParameters
	}
	return k.done()
}

func fontParameters(k *call, c shtrih.FontParameters) shtrih.Result {
	p := k.profile
	if c.Font < 1 || c.Font > p.Printer.Fonts {
		return shtrih.BadParameters
	}
	width := p.Parameters.Font1Width
	if c.Font == 2 {
		width = p.Parameters.Font2Width
	}
	return k.answer(shtrih.FontParametersReply{
		LineWidth: p.Printer.LineDots, CharWidth: width, CharHeight: p.Printer.FontHeight, Fonts: p.Printer.Fonts,
	})
}

func beep(k *call, _ shtrih.Beep) shtrih.Result             { return k.done() }
func openDrawer(k *call, _ shtrih.OpenDrawer) shtrih.Result { return k.done() }

// documentHeader, 18h, begins a paper of the host's own.
func documentHeader(k *call, c shtrih.DocumentHeader) shtrih.Result {
	if c.Number < 1 || c.Number > shtrih.MaxHeaderNumber {
		return shtrih.BadParameters
	}
	next := k.next()
	next.count()
	if code := k.save(next); code != shtrih.OK {
		return code
	}
	k.paper(c.Name[:])
	k.printLines(tape.Lines(fmt.Sprintf("№%04d", c.Number), k.columns()))
	return k.answer(shtrih.DocumentHeaderReply{Operator: k.operator, Document: uint16(k.state.counts.get(numberDocument))})
}

// printCliche, 52h, prints the heading.
func printCliche(k *call, _ shtrih.PrintCliche) shtrih.Result {
	k.paperLines(k.heading())
	return k.done()
}

// endDocument, 53h: the advertising on request, then the heading of the next.
func endDocument(k *call, c shtrih.EndDocument) shtrih.Result {
	switch c.Advertising {
	case 0:
	case 1:
		k.paperLines(k.advertising())
	default:
		return shtrih.BadParameters
	}
	k.paperLines(k.heading())
	return k.done()
}

// printAdvertising, 54h.
func printAdvertising(k *call, _ shtrih.PrintAdvertising) shtrih.Result {
	k.paperLines(k.advertising())
	return k.done()
}

// heading is the heading with the line that says what this register is.
func (k *call) heading() (lines []string) {
	for _, text := range append(slices.Clip(k.state.tables.heading), tape.EmulatorLine) {
		lines = append(lines, tape.Lines(text, k.columns())...)
	}
	return lines
}

func (k *call) advertising() (lines []string) {
	rows := k.profile.Tables.AdvertisingRows
	for row := rows[0]; row <= rows[1]; row++ {
		lines = append(lines, k.textLines(k.state.tables.bytes(setTexts, row))...)
	}
	return lines
}
