package tape_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func TestTapesAreWhatWasTypedByHand(t *testing.T) {
	header := []string{"             Добро пожаловать!"}
	for name, got := range map[string][]string{
		"coffee-48":              tape.Render(coffee(), tape.Options{Emulator: true, Header: header, Change: 5000}),
		"coffee-24":              tape.Render(coffee(), tape.Options{Width: 24, Emulator: true, Header: header, Change: 5000}),
		"perek2020-48":           tape.Render(vector(t, "perek2020"), tape.Options{}),
		"registration-change-48": tape.Render(registrationChange(t), tape.Options{}),
		"shift-opening-48":       tape.Render(shiftOpening(), tape.Options{Emulator: true}),
		"shift-closing-48":       tape.Render(shiftClosing(), tape.Options{}),
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("../../testdata/tape", name+".txt"))
			require.NoError(t, err)
			want := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
			assert.Equal(t, want, readBlocks(t, got))
		})
	}
}

// readBlocks replaces the half blocks of a tape by what a QR reader sees in
// them, as «{QR text}».
func readBlocks(t *testing.T, lines []string) []string {
	isBlock := func(line string) bool { return strings.Trim(line, "▀▄█ ") == "" }
	first := slices.IndexFunc(lines, isBlock)
	if first < 0 {
		return lines
	}
	n := 0
	for first+n < len(lines) && isBlock(lines[first+n]) {
		n++
	}
	text := scan(t, rasterise(t, lines[first:first+n]))
	return slices.Concat(lines[:first], []string{"{QR " + text + "}"}, lines[first+n:])
}

func TestNoLineIsLongerThanTheWidth(t *testing.T) {
	docs := [][]byte{coffee(), shiftOpening(), shiftClosing(), registrationChange(t)}
	for _, v := range vectors(t, "receipt") {
		docs = append(docs, v.bytes(t))
	}
	for width := 24; width <= 64; width++ {
		for _, doc := range docs {
			checkLines(t, tape.Render(doc, tape.Options{Width: width, Emulator: true, Duplicate: true,
				Header: []string{strings.Repeat("шапка ", 20), strings.Repeat("x", 100)}, Change: 12345678901}), width)
		}
		checkLines(t, tape.XReport(fullXTotals(), tape.Options{Width: width, Emulator: true}), width)
		checkLines(t, tape.CashSlip(tape.Slip{Sum: 1 << 62, InDrawer: 1 << 63, Cashier: strings.Repeat("Константинопольский ", 4)},
			tape.Options{Width: width, Emulator: true}), width)
		checkLines(t, tape.Lines(strings.Repeat("слово ", 100), width), width)
	}
}

// checkLines states the promise of the package about every line.
func checkLines(t require.TestingT, lines []string, width int) {
	for _, line := range lines {
		require.LessOrEqual(t, utf8.RuneCountInString(line), width, "%q", line)
		require.True(t, utf8.ValidString(line), "%q", line)
		for _, r := range line {
			require.True(t, r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r), "%q in %q", r, line)
		}
	}
}

func TestHostileDocumentsAreStillPrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := tlv.AppendBytes(nil, drawForm(t), drawElements(t, 3))
		width := rapid.IntRange(24, 64).Draw(t, "width")
		checkLines(t, tape.Render(doc, tape.Options{Width: width, Change: rapid.Uint64().Draw(t, "change")}), width)
	})
}

// drawForm and drawElements draw known tags in any place, so that deep
// branches are reached; values fit their types only by chance.
func drawForm(t *rapid.T) tlv.Tag {
	return rapid.SampledFrom([]tlv.Tag{1, 2, 3, 3, 3, 4, 5, 5, 6, 7, 11, 21, 31, 41, 81, 82, 9999}).Draw(t, "form")
}

func drawElements(t *rapid.T, depth int) []byte {
	var out []byte
	for range rapid.IntRange(0, 8).Draw(t, "elements") {
		tag := tlv.Tag(rapid.OneOf(rapid.Uint16Range(1000, 1330), rapid.Uint16Range(2000, 2116)).Draw(t, "tag"))
		value := rapid.SliceOfN(rapid.Byte(), 0, 24).Draw(t, "value")
		if depth > 0 && rapid.Bool().Draw(t, "nested") {
			value = drawElements(t, depth-1)
		}
		out = tlv.AppendBytes(out, tag, value)
	}
	return out
}

func FuzzRender(f *testing.F) {
	f.Add(coffee(), byte(48))
	f.Add(shiftClosing(), byte(24))
	f.Add(shiftOpening(), byte(64))
	f.Add([]byte{3, 0, 255, 255, 1}, byte(30))
	f.Fuzz(func(t *testing.T, doc []byte, w byte) {
		width := 24 + int(w)%41
		checkLines(t, tape.Render(doc, tape.Options{Width: width, Emulator: true}), width)
	})
}

func TestDamagedDocumentSaysSo(t *testing.T) {
	const mark = "               ДОКУМЕНТ ПОВРЕЖДЕН"
	doc := coffee()
	assert.NotContains(t, tape.Render(doc, tape.Options{}), mark)
	for _, damaged := range [][]byte{nil, {3}, doc[:len(doc)-1], tlv.AppendBytes(nil, ffd.Receipt, []byte{1, 2, 3})} {
		assert.Contains(t, tape.Render(damaged, tape.Options{}), mark, "%x", damaged)
	}
}

func TestDeepNestingEndsSoon(t *testing.T) {
	for _, tag := range []tlv.Tag{ffd.Subject, ffd.AgentData, ffd.SaleTotals} {
		value := make([]byte, 0, 64000)
		for n := 60000; n >= 0; n -= 4 {
			value = append(value, byte(tag), byte(tag>>8), byte(n), byte(n>>8))
		}
		for _, form := range []tlv.Tag{ffd.Receipt, ffd.ShiftClosing, 9999} {
			checkLines(t, tape.Render(tlv.AppendBytes(nil, form, value), tape.Options{}), 48)
		}
	}
}

func TestPrintedMoneyIsTheMoneyOfTheDocument(t *testing.T) {
	money := regexp.MustCompile(`(?:=|= |× )(\d+\.\d\d)$|× (\d+\.\d\d) = (\d+\.\d\d)$`)
	rapid.Check(t, func(t *rapid.T) {
		kopecks := rapid.OneOf(rapid.Uint64Range(1, 1<<48-1), rapid.Uint64Range(1, 120))
		var want []string
		sum := func(doc []byte, tag tlv.Tag) []byte {
			n := kopecks.Draw(t, "kopecks")
			want = append(want, decimalPoint(n))
			return tlv.AppendVLN(doc, tag, n)
		}
		doc, mark := tlv.Begin(nil, ffd.Receipt)
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			var item tlv.Mark
			doc, item = tlv.Begin(doc, ffd.Subject)
			doc = text(doc, ffd.SubjectName, "Товар")
			doc = sum(doc, ffd.Price)
			doc = tlv.AppendFVLN(doc, ffd.Quantity, tlv.Decimal{Mantissa: rapid.Uint64Range(1, 1e9).Draw(t, "quantity"), Scale: 3})
			doc = sum(doc, ffd.SubjectSum)
			doc = tlv.AppendByte(doc, ffd.VATRate, rapid.SampledFrom([]byte{1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12}).Draw(t, "rate"))
			doc = sum(doc, ffd.VATSum)
			doc = tlv.End(doc, item)
		}
		for _, tag := range []tlv.Tag{ffd.Total, ffd.Cash, ffd.Electronic, ffd.Prepaid, ffd.Credit, ffd.Barter,
			ffd.VAT20, ffd.VAT10, ffd.VAT0, ffd.NoVAT, ffd.VAT20120, ffd.VAT10110} {
			doc = sum(doc, tag)
		}
		doc, amounts := tlv.Begin(doc, ffd.VATAmounts)
		doc, amount := tlv.Begin(doc, ffd.VATAmount)
		doc = tlv.AppendByte(doc, ffd.VATRate, 11)
		doc = sum(doc, ffd.VATAmountSum)
		doc = tlv.End(tlv.End(tlv.End(doc, amount), amounts), mark)

		var got []string
		for _, line := range tape.Render(doc, tape.Options{Width: rapid.IntRange(24, 64).Draw(t, "width")}) {
			if m := money.FindStringSubmatch(line); m != nil {
				for _, s := range m[1:] {
					if s != "" {
						got = append(got, s)
					}
				}
			}
		}
		require.Equal(t, want, got)
	})
}

// decimalPoint prints kopecks in another way than the package does.
func decimalPoint(kopecks uint64) string {
	s := fmt.Sprintf("%03d", kopecks)
	return s[:len(s)-2] + "." + s[len(s)-2:]
}

func TestTextOfStrangersIsNeutralised(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"<img onerror>", "<img onerror>"},
		{"\x1b[2JЧай", " [2JЧай"},
		{"Чай\r\nИТОГ =0.01", "Чай  ИТОГ =0.01"},
		{"Чай\x00\x07\x08\x7f", "Чай"},
		{"Чай\t\v\fчёрный", "Чай   чёрный"},
	} {
		doc, mark := tlv.Begin(nil, ffd.Receipt)
		doc, item := tlv.Begin(doc, ffd.Subject)
		doc = text(doc, ffd.SubjectName, c.name)
		doc = tlv.End(tlv.End(doc, item), mark)
		lines := tape.Render(doc, tape.Options{})
		assert.Contains(t, lines, strings.TrimLeft(c.want, " "), "%q", c.name)
		checkLines(t, lines, 48)
	}
	// A cliché and a print command are not limited to CP866.
	nasty := "a\u202eb\u200bc\u0301d\xffe\u2028f\u00a0g"
	assert.Equal(t, []string{"a b cd?e f g"}, tape.Lines(nasty, 48))
	assert.Equal(t, "a b cd?e f g", tape.Render(coffee(), tape.Options{Header: []string{nasty}})[0])
}

func TestLinesKeepsTheLayoutOfWhatFits(t *testing.T) {
	assert.Equal(t, []string{"   а   б"}, tape.Lines("   а   б  ", 24))
	assert.Equal(t, []string{""}, tape.Lines("", 24))
	assert.Equal(t, []string{""}, tape.Lines("\n", 24))
	assert.Equal(t, []string{strings.Repeat("я", 24), "яя слово"}, tape.Lines(strings.Repeat("я", 26)+" слово", 24))
}

func TestCaptionsShortenBeforeTheyWrap(t *testing.T) {
	doc, mark := tlv.Begin(nil, ffd.Receipt)
	doc = tlv.AppendVLN(doc, ffd.Electronic, 1<<48-1)
	doc = tlv.AppendVLN(doc, ffd.Prepaid, 100)
	doc = tlv.End(doc, mark)
	lines := tape.Render(doc, tape.Options{Width: 26})
	assert.Contains(t, lines, "БЕЗНАЛ.  =2814749767106.55")
	at := slices.Index(lines, "ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА")
	require.GreaterOrEqual(t, at, 0)
	assert.Equal(t, []string{"ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА", "(АВАНС)", "                     =1.00"}, lines[at:at+3])
}

func TestReceiptBefore2019NamesTheOldRate(t *testing.T) {
	// FNS order ММВ-7-20/229@ (2017), table 4: the rate was 18 % then.
	for at, want := range map[time.Time][]string{
		time.Date(2018, 12, 31, 23, 59, 0, 0, time.UTC): {"НДС 18%", "СУММА НДС 18%"},
		time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC):     {"НДС 20%", "СУММА НДС 20%"},
	} {
		doc, mark := tlv.Begin(nil, ffd.Receipt)
		doc = tlv.AppendUnixTime(doc, ffd.DateTime, at)
		doc, item := tlv.Begin(doc, ffd.Subject)
		doc = tlv.AppendByte(doc, ffd.VATRate, 1)
		doc = tlv.End(doc, item)
		doc = tlv.AppendVLN(doc, ffd.VAT20, 1800)
		doc = tlv.End(doc, mark)
		lines := tape.Render(doc, tape.Options{})
		assert.Contains(t, lines, want[0])
		assert.Contains(t, lines, want[1]+strings.Repeat(" ", 48-len("=18.00")-utf8.RuneCountInString(want[1]))+"=18.00")
	}
}

func TestNarrowPaperBreaksAnItemBeforeTheSigns(t *testing.T) {
	doc, mark := tlv.Begin(nil, ffd.Receipt)
	doc, item := tlv.Begin(doc, ffd.Subject)
	doc = tlv.AppendVLN(doc, ffd.Price, 100_000_000_000)
	doc = tlv.AppendFVLN(doc, ffd.Quantity, tlv.Decimal{Mantissa: 10_000_001, Scale: 3})
	doc = tlv.AppendVLN(doc, ffd.SubjectSum, 1)
	doc = tlv.End(tlv.End(doc, item), mark)
	assert.Equal(t, []string{
		"               10000.001",
		"  × 1000000000.00 = 0.01",
	}, tape.Render(doc, tape.Options{Width: 24})[1:3])
}

func TestItemShowsMarkUnitAgentAndFraction(t *testing.T) {
	doc, mark := tlv.Begin(nil, ffd.Receipt)
	doc, item := tlv.Begin(doc, ffd.Subject)
	doc = text(doc, ffd.SubjectName, "Сигареты")
	doc = tlv.AppendVLN(doc, ffd.Price, 15000)
	doc = tlv.AppendFVLN(doc, ffd.Quantity, tlv.Decimal{Mantissa: 1500, Scale: 3})
	doc = tlv.AppendVLN(doc, ffd.SubjectSum, 22500)
	doc = tlv.AppendByte(doc, ffd.VATRate, 6)
	doc = tlv.AppendByte(doc, ffd.SubjectType, 11)
	doc = tlv.AppendByte(doc, ffd.PaymentMethod, 1)
	doc = tlv.AppendByte(doc, ffd.SubjectAgentType, 1<<5)
	doc, fraction := tlv.Begin(doc, ffd.FractionalQuantity)
	doc = tlv.AppendVLN(doc, ffd.FractionNumerator, 1)
	doc = tlv.AppendVLN(doc, ffd.FractionDenominator, 20)
	doc = tlv.End(doc, fraction)
	doc, supplier := tlv.Begin(doc, ffd.SupplierData)
	doc = text(doc, ffd.SupplierPhone, "+79990000000")
	doc = text(doc, ffd.SupplierName, "ООО Поставщик")
	doc = tlv.End(doc, supplier)
	doc = tlv.AppendByte(doc, ffd.ProductCheckResult, 15)
	doc = tlv.AppendByte(doc, ffd.MeasureUnit, 11)
	doc = tlv.End(tlv.End(doc, item), mark)

	lines := tape.Render(doc, tape.Options{})
	assert.Equal(t, []string{
		"[М+] Сигареты",
		"                        1.5 кг × 150.00 = 225.00",
		"АГЕНТСКОЕ ВОЗНАГРАЖДЕНИЕ",
		"ПРЕДОПЛАТА 100%",
		"КОМИССИОНЕР",
		"ДРОБЬ 1/20",
		"ТЛФ. ПОСТ. +79990000000",
		"ООО Поставщик",
	}, lines[1:9])
}

func TestNewRatesHaveALineEach(t *testing.T) {
	doc, mark := tlv.Begin(nil, ffd.Receipt)
	doc, amounts := tlv.Begin(doc, ffd.VATAmounts)
	for rate, sum := range []uint64{500, 700} {
		var one tlv.Mark
		doc, one = tlv.Begin(doc, ffd.VATAmount)
		doc = tlv.AppendByte(doc, ffd.VATRate, byte(7+rate))
		doc = tlv.AppendVLN(doc, ffd.VATAmountSum, sum)
		doc = tlv.End(doc, one)
	}
	doc = tlv.End(tlv.End(doc, amounts), mark)
	lines := tape.Render(doc, tape.Options{Width: 24})
	assert.Contains(t, lines, "СУММА НДС 5%       =5.00")
	assert.Contains(t, lines, "СУММА НДС 7%       =7.00")
}

func TestCorrectionNamesItsBasis(t *testing.T) {
	doc, mark := tlv.Begin(nil, ffd.ReceiptCorrection)
	doc = tlv.AppendByte(doc, ffd.Operation, 3)
	doc = tlv.AppendByte(doc, ffd.CorrectionType, 1)
	doc, base := tlv.Begin(doc, ffd.CorrectionBase)
	doc = tlv.AppendUnixTime(doc, ffd.CorrectedDate, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	doc = text(doc, ffd.CorrectionOrderNumber, "17-А") // electronic form only
	doc = tlv.End(tlv.End(doc, base), mark)
	assert.Equal(t, []string{
		"ЧЕК КОРРЕКЦИИ     РАСХОД",
		"ТИП КОРРЕКЦИИ ПО",
		"ПРЕДПИСАНИЮ",
		"ОСН. ДЛЯ КОРР.",
		"01.02.26",
	}, tape.Render(doc, tape.Options{Width: 24})[:5])
}

func TestRestOfAReceiptIsPrintedBelowTheSums(t *testing.T) {
	doc, mark := tlv.Begin(nil, ffd.BSO)
	doc = tlv.AppendByte(doc, ffd.Operation, 4)
	doc = text(doc, ffd.BuyerContact, "buyer@example.com")
	doc = text(doc, ffd.BuyerContact, "+79990000000")
	doc = text(doc, ffd.ReceiptProperty, "заказ 42")
	doc, property := tlv.Begin(doc, ffd.UserProperty)
	doc = text(doc, ffd.UserPropertyName, "Стол")
	doc = text(doc, ffd.UserPropertyValue, "5")
	doc = tlv.End(doc, property)
	doc = text(doc, ffd.ReceiptSite, "check.example.com") // electronic form only
	doc = tlv.AppendVLN(doc, ffd.Total, 100)
	doc = tlv.End(doc, mark)
	assert.Equal(t, []string{
		"БСО                              ВОЗВРАТ РАСХОДА",
		"------------------------------------------------",
		"ИТОГ                                       =1.00",
		"ЭЛ. АДР. ПОКУПАТЕЛЯ buyer@example.com",
		"ТЕЛ. ПОКУПАТЕЛЯ +79990000000",
		"заказ 42",
		"Стол",
		"5",
		"------------------------------------------------",
	}, tape.Render(doc, tape.Options{}))
}

func TestRegistrationInFFD12NamesConditionsOfUse(t *testing.T) {
	doc, mark := tlv.Begin(nil, ffd.RegistrationReport)
	doc = text(doc, ffd.SenderEmail, "none") // the order: not printed
	doc = tlv.AppendByte(doc, ffd.AutoMode, 0)
	doc = tlv.AppendByte(doc, ffd.OfflineMode, 1)
	doc = tlv.AppendUint32(doc, ffd.UsageConditions, 1<<2|1<<15)
	doc = tlv.AppendByte(doc, ffd.StorageFormat, 4)
	doc = tlv.AppendByte(doc, ffd.TaxSystems, 1|1<<5)
	doc = tlv.End(doc, mark)
	assert.Equal(t, []string{
		"                  ОТЧЕТ О РЕГ.",
		"ФФД ФН 1.2",
		"АВТОНОМН. РЕЖИМ",
		"АС БСО, ОБЩЕСТВЕННОЕ ПИТАНИЕ",
		"------------------------------------------------",
		"СНО ОСН, Патент",
	}, tape.Render(doc, tape.Options{}))
}

func TestDocumentWithoutAPrintedFormShowsWhatItCan(t *testing.T) {
	doc, mark := tlv.Begin(nil, ffd.MarkingNotification)
	doc = text(doc, ffd.StorageNumber, "9999078900009511")
	doc = tlv.AppendBytes(doc, 0xFFFF, []byte{1, 2, 3}) // unknown tag
	doc = tlv.AppendVLN(doc, ffd.SubjectSum, 100)
	doc = tlv.End(doc, mark)
	assert.Equal(t, []string{
		"                  ДОКУМЕНТ 82",
		"                                           =1.00",
		"------------------------------------------------",
		"ФН 9999078900009511",
	}, tape.Render(doc, tape.Options{}))
}

func TestValueOfTheWrongLengthIsAQuestionMark(t *testing.T) {
	doc, mark := tlv.Begin(nil, ffd.Receipt)
	doc = tlv.AppendBytes(doc, ffd.Total, make([]byte, 9))
	doc = tlv.AppendBytes(doc, ffd.DateTime, []byte{1})
	doc = tlv.AppendBytes(doc, ffd.FiscalSign, []byte{1})
	doc = tlv.End(doc, mark)
	assert.Equal(t, []string{
		"КАССОВЫЙ ЧЕК           ?",
		"------------------------",
		"ИТОГ                  =?",
		"------------------------",
		"?",
		"ФП ?",
	}, tape.Render(doc, tape.Options{Width: 24}))
}

func TestDuplicateAndEmulatorAreMarked(t *testing.T) {
	lines := tape.Render(coffee(), tape.Options{Width: 24, Emulator: true, Duplicate: true})
	assert.Equal(t, tape.EmulatorLine, lines[0])
	assert.Equal(t, "        ДУБЛИКАТ", lines[1])
	assert.Equal(t, tape.EmulatorLine, lines[len(lines)-1])
	assert.NotContains(t, tape.Render(coffee(), tape.Options{Width: 24}), tape.EmulatorLine)
}

func TestXReportShowsTheShift(t *testing.T) {
	assert.Equal(t, []string{
		"            ЭМУЛЯТОР — НЕ ФИСКАЛЬНЫЙ",
		"              ОТЧЕТ БЕЗ ГАШЕНИЯ 4",
		"             НЕФИСКАЛЬНЫЙ ДОКУМЕНТ",
		"ЗН ККТ 0000000000000001",
		"ФН 9999078900009511",
		"КАССИР Иванова А.А.",
		"СМЕНА 7",
		"------------------------------------------------",
		"ПРИХОД                                   =200.00",
		"ЧЕКОВ                                          2",
		"НАЛИЧНЫМИ                                =150.00",
		"БЕЗНАЛИЧНЫМИ                              =50.00",
		"СУММА НДС 20%                             =33.33",
		"------------------------------------------------",
		"ВОЗВРАТ ПРИХОДА                          =300.00",
		"ЧЕКОВ                                          1",
		"НАЛИЧНЫМИ                                =300.00",
		"------------------------------------------------",
		"РАСХОД                                     =0.00",
		"ЧЕКОВ                                          0",
		"------------------------------------------------",
		"ВОЗВРАТ РАСХОДА                            =0.00",
		"ЧЕКОВ                                          0",
		"------------------------------------------------",
		"ВНЕСЕНИЙ 1                              =1000.00",
		"ВЫПЛАТ 0                                   =0.00",
		"НАЛИЧНЫХ В КАССЕ                         =850.00",
		"ВЫРУЧКА                                 =-100.00",
		"------------------------------------------------",
		"02.03.26 12:00",
		"            ЭМУЛЯТОР — НЕ ФИСКАЛЬНЫЙ",
	}, tape.XReport(tape.XTotals{
		Time: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), SerialNumber: "0000000000000001",
		StorageNumber: "9999078900009511", Cashier: "Иванова А.А.", Shift: 7, Number: 4,
		Operations: [4]tape.OperationTotals{
			{Count: 2, Total: 20000, Cash: 15000, Electronic: 5000, VAT20: 3333},
			{Count: 1, Total: 30000, Cash: 30000},
		},
		CashIn: tape.CashTotals{Count: 1, Sum: 100000}, CashInDrawer: 85000, Revenue: -10000,
	}, tape.Options{Emulator: true}))
}

func TestCashSlipSaysWhichWayTheCashWent(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)
	assert.Equal(t, []string{
		"       ВНЕСЕНИЕ 1",
		" НЕФИСКАЛЬНЫЙ ДОКУМЕНТ",
		"СУММА           =1000.00",
		"НАЛИЧНЫХ В КАССЕ",
		"                =1000.00",
		"КАССИР Иванова А.А.",
		"02.03.26 09:05",
	}, tape.CashSlip(tape.Slip{Sum: 100000, InDrawer: 100000, Number: 1, Cashier: "Иванова А.А.", Time: at}, tape.Options{Width: 24}))
	assert.Equal(t, "        ВЫПЛАТА", tape.CashSlip(tape.Slip{Out: true, Time: at}, tape.Options{Width: 24})[0])
}

// Documents of the tests.

func text(dst []byte, tag tlv.Tag, s string) []byte {
	dst, err := tlv.AppendText(dst, tag, s, charset.Strict)
	if err != nil {
		panic(err)
	}
	return dst
}

// identity appends what every document of the test register has.
func identity(dst []byte, number uint32, at time.Time, sign [6]byte) []byte {
	dst = text(dst, ffd.StorageNumber, "9999078900009511")
	dst = text(dst, ffd.RegistrationNumber, "0000000001042389    ")
	dst = text(dst, ffd.UserINN, "7707083893  ")
	dst = tlv.AppendUint32(dst, ffd.DocumentNumber, number)
	dst = tlv.AppendUnixTime(dst, ffd.DateTime, at)
	dst = tlv.AppendBytes(dst, ffd.FiscalSign, sign[:])
	dst = text(dst, ffd.User, `ООО "РОМАШКА"`)
	return text(dst, ffd.Cashier, "Иванова А.А.")
}

func coffee() []byte {
	doc, mark := tlv.Begin(nil, ffd.Receipt)
	// 050B1A8Ah is 84613770.
	doc = identity(doc, 3, time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), [6]byte{0x31, 0x04, 0x05, 0x0B, 0x1A, 0x8A})
	doc = tlv.AppendUint32(doc, ffd.ShiftNumber, 7)
	doc = tlv.AppendUint32(doc, ffd.ReceiptNumber, 1)
	doc = tlv.AppendByte(doc, ffd.Operation, 1)
	doc = tlv.AppendVLN(doc, ffd.Total, 15000)
	doc, item := tlv.Begin(doc, ffd.Subject)
	doc = text(doc, ffd.SubjectName, "Кофе")
	doc = tlv.AppendVLN(doc, ffd.Price, 15000)
	doc = tlv.AppendFVLN(doc, ffd.Quantity, tlv.Decimal{Mantissa: 1_000_000, Scale: 6})
	doc = tlv.AppendVLN(doc, ffd.SubjectSum, 15000)
	doc = tlv.AppendByte(doc, ffd.VATRate, 1)
	doc = tlv.AppendVLN(doc, ffd.VATSum, 2500)
	doc = tlv.AppendByte(doc, ffd.SubjectType, 1)
	doc = tlv.AppendByte(doc, ffd.PaymentMethod, 4)
	doc = tlv.AppendByte(doc, ffd.MeasureUnit, 0)
	doc = tlv.End(doc, item)
	doc = tlv.AppendVLN(doc, ffd.Cash, 15000)
	for _, tag := range []tlv.Tag{ffd.Electronic, ffd.Prepaid, ffd.Credit, ffd.Barter} {
		doc = tlv.AppendVLN(doc, tag, 0)
	}
	doc = tlv.AppendVLN(doc, ffd.VAT20, 2500)
	doc = tlv.AppendByte(doc, ffd.TaxSystem, 1<<2)
	doc = text(doc, ffd.Address, "127006, г. Москва, ул. Малая Дмитровка, д. 15")
	doc = text(doc, ffd.Place, "Кофейня")
	doc = text(doc, ffd.FNSSite, "www.nalog.gov.ru")
	doc = text(doc, ffd.CashierINN, "770708389300") // electronic form only
	doc = tlv.AppendByte(doc, ffd.FormatVersion, 4)
	return tlv.End(doc, mark)
}

func shiftOpening() []byte {
	doc, mark := tlv.Begin(nil, ffd.ShiftOpening)
	doc = identity(doc, 2, time.Date(2026, 3, 2, 9, 58, 0, 0, time.UTC), [6]byte{0x21, 0x04, 0, 0, 0, 42})
	doc = tlv.AppendUint32(doc, ffd.ShiftNumber, 7)
	doc = tlv.AppendByte(doc, ffd.StorageExhausted, 1)
	doc = tlv.AppendByte(doc, ffd.StorageFull, 0)
	doc = text(doc, ffd.DeviceVersion, "1.0")
	doc = tlv.AppendByte(doc, ffd.DeviceFormat, 4)
	return tlv.End(doc, mark)
}

func shiftClosing() []byte {
	doc, mark := tlv.Begin(nil, ffd.ShiftClosing)
	at := time.Date(2026, 3, 2, 19, 30, 0, 0, time.UTC)
	doc = identity(doc, 6, at, [6]byte{0x31, 0x04, 0xFF, 0xFF, 0xFF, 0xFF})
	doc = tlv.AppendUint32(doc, ffd.ShiftNumber, 7)
	doc = tlv.AppendUint32(doc, ffd.DocumentsInShift, 4)
	doc = tlv.AppendUint32(doc, ffd.ReceiptsInShift, 2)
	doc = tlv.AppendUint32(doc, ffd.Undelivered, 3)
	doc = tlv.AppendUnixTime(doc, ffd.UndeliveredSince, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	doc = tlv.AppendUint16(doc, ffd.KeyResource, 412)

	doc, totals := tlv.Begin(doc, ffd.ShiftTotals)
	doc = tlv.AppendUint32(doc, ffd.ReceiptsAndCorrectionsCount, 2)
	doc, sales := tlv.Begin(doc, ffd.SaleTotals)
	doc = tlv.AppendUint32(doc, ffd.ReceiptsCount, 1)
	doc = tlv.AppendVLN(doc, ffd.ReceiptsTotal, 15000)
	doc = tlv.AppendVLN(doc, ffd.CashTotal, 15000)
	doc = tlv.AppendVLN(doc, ffd.ElectronicTotal, 0)
	doc = tlv.AppendVLN(doc, ffd.VAT20Total, 2500)
	doc = tlv.End(doc, sales)
	doc, refunds := tlv.Begin(doc, ffd.SaleRefundTotals)
	doc = tlv.AppendUint32(doc, ffd.ReceiptsCount, 1)
	doc = tlv.AppendVLN(doc, ffd.ReceiptsTotal, 4990)
	doc = tlv.AppendVLN(doc, ffd.ElectronicTotal, 4990)
	doc = tlv.AppendVLN(doc, ffd.NoVATTotal, 4990)
	doc = tlv.End(doc, refunds)
	doc, none := tlv.Begin(doc, ffd.CorrectionTotals) // all zero: not printed
	doc = tlv.AppendUint32(doc, ffd.CorrectionsCount, 0)
	doc = tlv.End(tlv.End(doc, none), totals)

	doc, totals = tlv.Begin(doc, ffd.StorageTotals)
	doc = tlv.AppendUint32(doc, ffd.ReceiptsAndCorrectionsCount, 12)
	doc, sales = tlv.Begin(doc, ffd.SaleTotals)
	doc = tlv.AppendUint32(doc, ffd.ReceiptsCount, 11)
	doc = tlv.AppendVLN(doc, ffd.ReceiptsTotal, 123456789)
	doc = tlv.End(doc, sales)
	doc, corrections := tlv.Begin(doc, ffd.CorrectionTotals)
	doc = tlv.AppendUint32(doc, ffd.CorrectionsCount, 1)
	doc, purchases := tlv.Begin(doc, ffd.PurchaseCorrectionTotals)
	doc = tlv.AppendUint32(doc, ffd.ReceiptsCount, 1)
	doc = tlv.AppendVLN(doc, ffd.ReceiptsTotal, 1000)
	doc = tlv.End(tlv.End(tlv.End(doc, purchases), corrections), totals)
	return tlv.End(doc, mark)
}

// registrationChange is the document inside a real container of 2017: 32 bytes
// of container header, the document, a trailer.
func registrationChange(t *testing.T) []byte {
	for _, v := range vectors(t, "container") {
		if strings.HasPrefix(v.Name, "5.1 ") {
			container := v.bytes(t)
			doc := container[32:]
			return doc[:4+int(doc[2])+int(doc[3])<<8]
		}
	}
	t.Fatal("testdata/vectors.json has no container 5.1")
	return nil
}

func fullXTotals() tape.XTotals {
	operation := tape.OperationTotals{
		Count: 1 << 31, Total: 1 << 48, Cash: 1 << 48, Electronic: 1, Prepaid: 1 << 48, Credit: 100, Barter: 1 << 63,
		VAT20: 1, VAT10: 2, VAT0: 3, NoVAT: 4, VAT20120: 5, VAT10110: 1 << 62,
	}
	return tape.XTotals{
		SerialNumber: "00000000000000000001", RegistrationNumber: "0000000001042389", StorageNumber: "9999078900009511",
		UserINN: "7707083893", Cashier: strings.Repeat("ы", 64), Shift: 1 << 31, Number: 1 << 31,
		Operations: [4]tape.OperationTotals{operation, operation, operation, operation},
		CashIn:     tape.CashTotals{Count: 1 << 31, Sum: 1 << 63}, CashInDrawer: 1 << 63, Revenue: -1 << 63,
	}
}

type testVector struct{ Kind, Name, Hex, Text string }

func (v testVector) bytes(t *testing.T) []byte {
	raw, err := hex.DecodeString(v.Hex)
	require.NoError(t, err)
	return raw
}

func vectors(t *testing.T, kind string) []testVector {
	raw, err := os.ReadFile("../../testdata/vectors.json")
	require.NoError(t, err)
	var all []testVector
	require.NoError(t, json.Unmarshal(raw, &all))
	all = slices.DeleteFunc(all, func(v testVector) bool { return v.Kind != kind })
	require.NotEmpty(t, all)
	return all
}

func vector(t *testing.T, name string) []byte {
	for _, v := range vectors(t, "receipt") {
		if v.Name == name {
			return v.bytes(t)
		}
	}
	t.Fatalf("testdata/vectors.json has no receipt %q", name)
	return nil
}
