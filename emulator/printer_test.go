package emulator

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

func withSpeed(s Speed) func(*Config) { return func(c *Config) { c.Speed = s } }

func (g *rig) submodeNow() shtrih.Submode {
	g.Helper()
	return g.short().Submode
}

func (g *rig) short() (r shtrih.ShortStatusReply) {
	g.Helper()
	require.NoError(g, r.Parse(g.do(shtrih.ShortStatus{Password: sysAdmin})))
	return r
}

// printed are commands that print, for a register with a shift open.
func printed() []shtrih.Command {
	return []shtrih.Command{
		shtrih.PrintString{Password: sysAdmin, Flags: shtrih.PrintReceipt, Text: []byte("Hello")},
		shtrih.Feed{Password: sysAdmin, Flags: shtrih.PrintReceipt, Lines: 1},
		shtrih.XReport{Password: sysAdmin},
		shtrih.ZReport{Password: sysAdmin},
		shtrih.CashIn{Password: sysAdmin, Sum: 1},
		shtrih.OpenReceipt{Password: sysAdmin},
		sold(1000, 1, 0),
		shtrih.CopyDocument{Password: sysAdmin},
		shtrih.DepartmentReport{Password: sysAdmin},
	}
}

func TestWhilePrintingTheSubmodeIs5AndPrintCommandsAre50h(t *testing.T) {
	g := newRig(t, withSpeed(Real))
	assert.Equal(t, shtrih.SubmodeReady, g.submodeNow())
	g.do(shtrih.OpenShift{Password: sysAdmin})
	// A real register answers E0h at once; then 10h shows mode 2 and submode 5 for
	// a while (log of a real device).
	assert.EqualValues(t, 2, g.modeByte())
	assert.Equal(t, shtrih.SubmodePrinting, g.submodeNow())
	for _, c := range printed() {
		g.refuses(shtrih.Printing, c)
	}
	g.do(shtrih.ReadTable{Password: sysAdmin, Table: 1, Row: 1, Field: 1})
	before := len(g.Tape())
	// 25 dots of the font and 4 of spacing at 8 dots/mm are 3.6 mm; at 230 mm/s a
	// line takes 15.8 ms.
	g.advance(50 * time.Millisecond)
	assert.Len(t, g.Tape(), before+3)
	assert.Equal(t, shtrih.SubmodePrinting, g.submodeNow())
	g.advance(5 * time.Second)
	assert.Equal(t, shtrih.SubmodeReady, g.submodeNow())
	g.do(shtrih.XReport{Password: sysAdmin})
}

func TestReceiptFillsWhileTheShiftReportIsPrintedAndClosesAfterIt(t *testing.T) {
	g := newRig(t, withSpeed(Real))
	g.do(sold(1000, 100, 1)) // opens the shift, whose report is being printed
	assert.Equal(t, shtrih.SubmodePrinting, g.submodeNow())
	g.do(sold(1000, 100, 1))
	g.do(shtrih.PrintString{Password: sysAdmin, Flags: shtrih.PrintReceipt, Text: []byte("Hello")})
	g.refuses(shtrih.Printing, closedV1(200))
	g.advance(time.Minute)
	g.do(closedV1(200))
}

func TestPrintingTakesTheTimeOfTheSettingsAndFastATenthOfIt(t *testing.T) {
	lines := func(change ...func(*rig)) int {
		g := newRig(t, withSpeed(Real))
		for _, c := range change {
			c(g)
		}
		g.do(shtrih.Feed{Password: sysAdmin, Flags: shtrih.PrintReceipt, Lines: 255})
		g.advance(time.Second)
		return len(g.Tape())
	}
	assert.Equal(t, 63, lines(), "230 mm/s")
	assert.Equal(t, 49, lines(func(g *rig) { g.setField(1, 40, 0) }), "180 mm/s")
	assert.Equal(t, 52, lines(func(g *rig) { g.setField(1, 29, 10) }), "ten dots between lines")

	g := newRig(t, withSpeed(Fast))
	g.do(shtrih.Feed{Password: sysAdmin, Flags: shtrih.PrintReceipt, Lines: 255})
	g.advance(100 * time.Millisecond)
	assert.Len(t, g.Tape(), 63)
}

func TestInstantPrintingIsNeverSeen(t *testing.T) {
	g := newRig(t)
	g.do(shtrih.OpenShift{Password: sysAdmin})
	assert.Equal(t, shtrih.SubmodeReady, g.submodeNow())
	assert.Equal(t, Printer{}, g.Printer())
}

func TestWithoutPaperNothingIsBegun(t *testing.T) {
	g := newRig(t)
	g.sell(shtrih.Sale, 100)
	assert.EqualValues(t, 0x0292, g.short().Flags, "what desktop models show at rest in logs")
	g.Paper(PaperOut, 0)
	assert.Equal(t, shtrih.SubmodeNoPaper, g.submodeNow())
	assert.EqualValues(t, 0x0210, g.short().Flags, "neither roll nor optical sensor")
	for _, c := range printed() {
		g.refuses(shtrih.NoPaper, c)
	}
	g.refuses(shtrih.WrongSubmode, shtrih.ContinuePrint{Password: sysAdmin})
	g.Paper(PaperLoaded, 0)
	assert.Equal(t, shtrih.SubmodeReady, g.submodeNow())
	assert.EqualValues(t, 0x0292, g.short().Flags)
	g.sell(shtrih.Sale, 100)
}

// The receipt is in the storage when its paper ends: a program must not sell
// again, only let the register print on.
func TestPaperThatEndsInsideAReceiptLeavesOneDocumentAndOnePrintout(t *testing.T) {
	for _, speed := range []Speed{Instant, Fast, Real} {
		t.Run(speed.String(), func(t *testing.T) {
			whole := newRig(t)
			whole.sell(shtrih.Sale, 100)
			g := newRig(t, withSpeed(speed))
			wait := func() { g.advance(10 * time.Second) }
			g.do(shtrih.OpenShift{Password: sysAdmin})
			wait()
			g.open(shtrih.Sale)
			g.do(goods(shtrih.Sale, 100))
			before := len(g.Tape())
			g.Paper(PaperOut, 7)
			reply := g.close(paid(map[int]uint64{0: 100}))
			assert.EqualValues(t, 3, reply.Document)
			wait()
			assert.Equal(t, shtrih.SubmodePaperEnded, g.submodeNow())
			assert.EqualValues(t, 2, g.modeByte(), "the receipt is closed")
			assert.Len(t, g.Tape(), before+7, "torn at the seventh line")
			g.refuses(shtrih.NoPaper, shtrih.OpenReceipt{Password: sysAdmin})
			g.refuses(shtrih.WrongSubmode, shtrih.ContinuePrint{Password: sysAdmin})

			g.Paper(PaperLoaded, 0)
			assert.Equal(t, shtrih.SubmodeAwaitResume, g.submodeNow())
			wait()
			assert.Len(t, g.Tape(), before+7, "nothing comes by itself")
			g.refuses(shtrih.AwaitContinue, shtrih.OpenReceipt{Password: sysAdmin})
			assert.Equal(t, []byte{1}, g.do(shtrih.ContinuePrint{Password: 1}), "any cashier")
			wait()
			assert.Equal(t, shtrih.SubmodeReady, g.submodeNow())

			form, _ := g.document(3)
			assert.EqualValues(t, 3, form)
			_, code := g.try(shtrih.RequestDocument{Password: sysAdmin, Document: 4})
			assert.Empty(t, code, "one receipt")
			count := func(lines []string) int { return strings.Count(strings.Join(lines, "\n"), "КАССОВЫЙ ЧЕК") }
			assert.Equal(t, count(whole.Tape()), count(g.Tape()))
			assert.Equal(t, len(whole.Tape()), len(g.Tape()), "printed on, not again")
		})
	}
}

func TestPaperMayEndAgainBeforeTheReceiptIsOut(t *testing.T) {
	g := newRig(t)
	g.do(shtrih.OpenShift{Password: sysAdmin})
	g.Paper(PaperOut, 3)
	g.sell(shtrih.Sale, 100)
	g.Paper(PaperLoaded, 0)
	g.Paper(PaperOut, 5)
	assert.Equal(t, shtrih.SubmodeAwaitResume, g.submodeNow())
	before := len(g.Tape())
	g.do(shtrih.ContinuePrint{Password: sysAdmin})
	assert.Equal(t, shtrih.SubmodePaperEnded, g.submodeNow())
	assert.Len(t, g.Tape(), before+5)
}

func TestOpenCoverIsAsNoPaper(t *testing.T) {
	g := newRig(t, withSpeed(Real))
	g.Cover(true)
	assert.Equal(t, shtrih.SubmodeNoPaper, g.submodeNow())
	assert.NotZero(t, g.short().Flags&shtrih.FlagCoverOpen)
	g.refuses(shtrih.NoPaper, shtrih.OpenShift{Password: sysAdmin})
	g.Cover(false)
	g.do(shtrih.OpenShift{Password: sysAdmin})
	g.Cover(true)
	assert.Equal(t, shtrih.SubmodePaperEnded, g.submodeNow())
	g.Paper(PaperLoaded, 0)
	assert.Equal(t, shtrih.SubmodePaperEnded, g.submodeNow(), "the cover is still open")
	g.Cover(false)
	assert.Equal(t, shtrih.SubmodeAwaitResume, g.submodeNow())
	g.do(shtrih.ContinuePrint{Password: sysAdmin})
	assert.Equal(t, shtrih.SubmodePrinting, g.submodeNow())
	assert.Zero(t, g.short().Flags&shtrih.FlagCoverOpen)
}

func TestLowPaperIsAFlagUnlessTheWeightSensorsAreInUse(t *testing.T) {
	g := newRig(t)
	g.Paper(PaperLow, 2)
	assert.Equal(t, PaperLoaded, g.Printer().Paper)
	g.do(shtrih.Feed{Password: sysAdmin, Flags: shtrih.PrintReceipt, Lines: 2})
	assert.Equal(t, PaperLow, g.Printer().Paper)
	assert.EqualValues(t, 0x0290, g.short().Flags, "the optical sensor still sees paper")
	g.do(shtrih.OpenShift{Password: sysAdmin})
	g.setField(1, 13, 1)
	assert.Equal(t, shtrih.SubmodeNoPaper, g.submodeNow())
	g.refuses(shtrih.NoPaper, shtrih.XReport{Password: sysAdmin})
	g.Paper(PaperLoaded, 0)
	g.do(shtrih.XReport{Password: sysAdmin})
}

func TestTapeHookGetsTheLinesAsTheyComeOut(t *testing.T) {
	var lines []string
	g := newRig(t, withSpeed(Real), func(c *Config) { c.OnTape = func(l []string) { lines = append(lines, l...) } })
	g.do(shtrih.OpenShift{Password: sysAdmin})
	assert.Empty(t, lines)
	g.advance(100 * time.Millisecond)
	g.submodeNow()
	assert.Len(t, lines, 6)
	g.advance(time.Minute)
	assert.Equal(t, g.Tape(), lines)
}

func TestSettingKeepsDocumentsOffThePaper(t *testing.T) {
	g := newRig(t)
	g.setField(17, 7, 1) // one document
	g.do(shtrih.OpenShift{Password: sysAdmin})
	assert.Empty(t, g.Tape())
	assert.Equal(t, []byte{0}, g.do(shtrih.ReadTable{Password: sysAdmin, Table: 17, Row: 1, Field: 7}), "spent")
	g.sell(shtrih.Sale, 100)
	printed := len(g.Tape())
	require.NotZero(t, printed)
	g.setField(17, 7, 2)
	g.sell(shtrih.Sale, 100)
	assert.Len(t, g.Tape(), printed)
	g.setField(17, 7, 3) // shift reports only
	g.sell(shtrih.Sale, 100)
	more := len(g.Tape())
	assert.Greater(t, more, printed)
	g.do(shtrih.ZReport{Password: sysAdmin})
	assert.Len(t, g.Tape(), more)
}

func TestTapeKeepsItsLastLinesOnly(t *testing.T) {
	g := newRig(t)
	for range 2*tapePapers + 1 {
		g.do(shtrih.Feed{Password: sysAdmin, Flags: shtrih.PrintReceipt, Lines: 9})
	}
	g.do(shtrih.PrintString{Password: sysAdmin, Flags: shtrih.PrintReceipt, Text: []byte("the end")})
	lines := g.Tape()
	assert.Len(t, lines, tapeLines)
	assert.Equal(t, "the end", lines[len(lines)-1])
	assert.LessOrEqual(t, len(g.tape.papers), tapePapers)
}

func TestReportsAndPartsOfDocumentsArePrinted(t *testing.T) {
	g := newRig(t)
	g.do(sold(2000, 100, 1))
	g.do(closedV1(200))
	for _, c := range []struct {
		command shtrih.Command
		want    string
	}{
		{shtrih.DepartmentReport{Password: sysAdmin}, "ОТДЕЛ 1"},
		{shtrih.TaxReport{Password: sysAdmin}, "НДС 20%"},
		{shtrih.PrintOperationRegisters{Password: sysAdmin}, "ОПЕРАЦИОННЫЕ РЕГИСТРЫ №0001"},
		{shtrih.PrintCliche{Password: sysAdmin}, "ТОРГОВЫЙ ОБЪЕКТ №1"},
		{shtrih.EndDocument{Password: sysAdmin, Advertising: 1}, "ДОБРО ПОЖАЛОВАТЬ!"},
		{shtrih.PrintAdvertising{Password: sysAdmin}, ""},
		{shtrih.DocumentHeader{Password: sysAdmin, Name: [30]byte([]byte("Order                         ")), Number: 12}, "№0012"},
	} {
		before := len(g.Tape())
		payload := g.do(c.command)
		assert.EqualValues(t, sysAdmin, payload[0])
		lines := g.Tape()[before:]
		require.NotEmpty(t, lines, "%s", c.command.Code())
		assert.Contains(t, strings.Join(lines, "\n"), c.want, "%s", c.command.Code())
		assert.False(t, slices.ContainsFunc(lines, func(l string) bool { return len([]rune(l)) > 48 }), "%s", c.command.Code())
	}
	assert.EqualValues(t, 1, g.number(165), "department reports")
	assert.EqualValues(t, 1, g.number(178), "tax reports")
	assert.EqualValues(t, 1, g.number(164), "prints of operation registers")
	g.refuses(shtrih.BadParameters, shtrih.EndDocument{Password: sysAdmin, Advertising: 2})
	g.refuses(shtrih.BadParameters, shtrih.DocumentHeader{Password: sysAdmin})
}
