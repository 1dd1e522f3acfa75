package emulator

import (
	"bytes"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
)

func printBold(k *call, c shtrih.PrintBold) shtrih.Result     { return k.printText(c.Flags, c.Text) }
func printString(k *call, c shtrih.PrintString) shtrih.Result { return k.printText(c.Flags, c.Text) }

func printStringFont(k *call, c shtrih.PrintStringFont) shtrih.Result {
	if c.Font < 1 || c.Font > fontCount {
		return shtrih.BadParameters
	}
	return k.printText(c.Flags, c.Text)
}

// printText: without a place to print on the flags are 33h, too long a text is
// 7Eh (observed). In a receipt the line waits for its closing.
func (k *call) printText(flags shtrih.PrintFlags, text []byte) shtrih.Result {
	if len(text) > maxPrintLine {
		return shtrih.BadLength
	}
	if flags&(shtrih.PrintJournal|shtrih.PrintReceipt) == 0 {
		return shtrih.BadParameters
	}
	text, _, _ = bytes.Cut(text, []byte{0})
	k.paper(tape.Lines(charset.CP1251String(text), k.cfg.TapeWidth))
	return k.done()
}

// paper prints lines, or keeps them for the end of the open receipt.
func (r *Register) paper(lines []string) {
	if r.receipt != nil {
		r.receipt.lines = append(r.receipt.lines, lines...)
		return
	}
	r.print(lines)
}

func feed(k *call, c shtrih.Feed) shtrih.Result {
	if c.Flags&(shtrih.PrintJournal|shtrih.PrintReceipt) == 0 {
		return shtrih.BadParameters
	}
	k.print(make([]string, c.Lines))
	return k.done()
}

func cut(k *call, c shtrih.Cut) shtrih.Result {
	if c.Type > shtrih.CutPartial {
		return shtrih.BadParameters
	}
	return k.done()
}

func fontParameters(k *call, c shtrih.FontParameters) shtrih.Result {
	if c.Font < 1 || c.Font > fontCount {
		return shtrih.BadParameters
	}
	width := uint8(font1Width)
	if c.Font == 2 {
		width = font2Width
	}
	return k.answer(shtrih.FontParametersReply{
		LineWidth: lineDots, CharWidth: width, CharHeight: font1Height, Fonts: fontCount,
	})
}

func beep(k *call, _ shtrih.Beep) shtrih.Result             { return k.done() }
func openDrawer(k *call, _ shtrih.OpenDrawer) shtrih.Result { return k.done() }

// continuePrint, B0h, is only for submode 3, which an instant printer never has.
func continuePrint(k *call, _ shtrih.ContinuePrint) shtrih.Result { return k.done() }
