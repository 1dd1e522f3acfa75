package tape

import (
	"fmt"
	"time"

	"github.com/openkkt/openkkt/tlv/ffd"
)

// XTotals is what a report without clearing (X report, суточный отчёт без
// гашения) shows. Sums are kopecks.
type XTotals struct {
	Time               time.Time // wall clock of the register
	SerialNumber       string    // ЗН ККТ
	RegistrationNumber string
	StorageNumber      string
	UserINN            string
	Cashier            string
	Shift              uint32 // number of the open shift, 0 when closed
	Number             uint32 // number of the report, 0 when not counted

	// Operations are indexed by the value of tag 1054 less one: sale, sale
	// refund, purchase, purchase refund.
	Operations [4]OperationTotals

	CashIn, CashOut CashTotals // внесения, выплаты
	CashInDrawer    uint64
	Revenue         int64 // выручка: may be negative after refunds
}

// OperationTotals are the receipts of one kind in the shift, in kopecks.
type OperationTotals struct {
	Count                                         uint32
	Total                                         uint64
	Cash, Electronic, Prepaid, Credit, Barter     uint64
	VAT20, VAT10, VAT0, NoVAT, VAT20120, VAT10110 uint64
}

// CashTotals counts cash put in or taken out without a receipt.
type CashTotals struct {
	Count uint32
	Sum   uint64 // kopecks
}

// Captions of papers that are no fiscal documents: no order defines them, this
// is the wording cashiers know.
const (
	xReportTitle      = "ОТЧЕТ БЕЗ ГАШЕНИЯ"
	shiftClosedLine   = "СМЕНА ЗАКРЫТА"
	countCaption      = "ЧЕКОВ"
	cashInTitle       = "ВНЕСЕНИЕ"
	cashOutTitle      = "ВЫПЛАТА"
	cashInTotals      = "ВНЕСЕНИЙ"
	cashOutTotals     = "ВЫПЛАТ"
	inDrawerCaption   = "НАЛИЧНЫХ В КАССЕ"
	revenueCaption    = "ВЫРУЧКА"
	sumCaption        = "СУММА"
	notFiscalDocument = "НЕФИСКАЛЬНЫЙ ДОКУМЕНТ"
)

// XReport prints the totals of the shift so far. It is not a fiscal document:
// the storage does not know of it.
func XReport(t XTotals, o Options) []string {
	p := newPage(o.Width)
	p.open(o)
	p.centre(numbered(xReportTitle, t.Number))
	p.centre(notFiscalDocument)
	p.identify(t)
	if t.Shift == 0 {
		p.left(shiftClosedLine)
	} else {
		p.left(fmt.Sprintf("%s %d", fields[ffd.ShiftNumber].captions[0], t.Shift))
	}
	for i, operation := range t.Operations {
		p.rule()
		p.operation(enumOf(ffd.Operation, []byte{byte(i + 1)}, false), operation)
	}
	p.rule()
	p.pair(fmt.Sprintf("%s %d", cashInTotals, t.CashIn.Count), "="+roubles(t.CashIn.Sum))
	p.pair(fmt.Sprintf("%s %d", cashOutTotals, t.CashOut.Count), "="+roubles(t.CashOut.Sum))
	p.pair(inDrawerCaption, "="+roubles(t.CashInDrawer))
	p.pair(revenueCaption, "="+signedRoubles(t.Revenue))
	p.rule()
	p.left(t.Time.Format(dateTimeLayout))
	p.close(o)
	return p.lines
}

func numbered(title string, n uint32) string {
	if n == 0 {
		return title
	}
	return fmt.Sprintf("%s %d", title, n)
}

func (p *page) identify(t XTotals) {
	for _, line := range []struct {
		caption, value string
	}{
		{fields[ffd.SerialNumber].captions[0], t.SerialNumber},
		{fields[ffd.RegistrationNumber].captions[0], t.RegistrationNumber},
		{fields[ffd.StorageNumber].captions[0], t.StorageNumber},
		{fields[ffd.UserINN].captions[0], t.UserINN},
		{fields[ffd.Cashier].captions[0], t.Cashier},
	} {
		if line.value != "" {
			p.left(line.caption + " " + line.value)
		}
	}
}

// operation prints the number of receipts and their total, and the sums that
// are not zero.
func (p *page) operation(name string, t OperationTotals) {
	p.pair(name, "="+roubles(t.Total))
	p.pair(countCaption, fmt.Sprint(t.Count))
	for _, sum := range []struct {
		field field
		sum   uint64
	}{
		{fields[ffd.Cash], t.Cash}, {fields[ffd.Electronic], t.Electronic}, {fields[ffd.Prepaid], t.Prepaid},
		{fields[ffd.Credit], t.Credit}, {fields[ffd.Barter], t.Barter},
		{fields[ffd.VAT20], t.VAT20}, {fields[ffd.VAT10], t.VAT10}, {fields[ffd.VAT0], t.VAT0},
		{fields[ffd.NoVAT], t.NoVAT}, {fields[ffd.VAT20120], t.VAT20120}, {fields[ffd.VAT10110], t.VAT10110},
	} {
		if sum.sum != 0 {
			value := "=" + roubles(sum.sum)
			p.pair(sum.field.caption(false, p.width-len(value)-1), value)
		}
	}
}

func signedRoubles(kopecks int64) string {
	if kopecks < 0 {
		return "-" + roubles(-uint64(kopecks))
	}
	return roubles(uint64(kopecks))
}

// Slip is cash put into the drawer or taken out of it without a receipt.
type Slip struct {
	Out      bool      // taken out (выплата); otherwise put in (внесение)
	Sum      uint64    // kopecks
	InDrawer uint64    // kopecks after it
	Number   uint32    // of the operation, 0 when not counted
	Cashier  string    // may be empty
	Time     time.Time // wall clock of the register
}

// CashSlip prints the paper of a cash-in or a cash-out. It is not a fiscal
// document.
func CashSlip(s Slip, o Options) []string {
	p := newPage(o.Width)
	p.open(o)
	title := cashInTitle
	if s.Out {
		title = cashOutTitle
	}
	p.centre(numbered(title, s.Number))
	p.centre(notFiscalDocument)
	p.pair(sumCaption, "="+roubles(s.Sum))
	p.pair(inDrawerCaption, "="+roubles(s.InDrawer))
	if s.Cashier != "" {
		p.left(fields[ffd.Cashier].captions[0] + " " + s.Cashier)
	}
	p.left(s.Time.Format(dateTimeLayout))
	p.close(o)
	return p.lines
}
