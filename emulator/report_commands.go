package emulator

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

// Reports that leave no document: their number counts in an operation register.

// countReport numbers a paper.
func (k *call) countReport(number uint16) shtrih.Result {
	next := k.next()
	next.count()
	next.counts.add(number, 1)
	return k.save(next)
}

// report prints a heading and lines.
func (k *call) report(title string, number uint16, lines []string) {
	head := append(k.heading(), tape.Lines(fmt.Sprintf("%s №%04d", title, k.state.counts.get(number)), k.columns())...)
	head = append(head, k.clock().Format("02.01.06 15:04"))
	k.printLines(append(head, lines...))
}

// pair sets one text to the left and one to the right of a line.
func (k *call) pair(left, right string) string {
	gap := k.columns() - utf8.RuneCountInString(left) - utf8.RuneCountInString(right)
	return left + strings.Repeat(" ", max(1, gap)) + right
}

// kindNames are the four kinds as registers order them.
var kindNames = [...]string{"ПРИХОД", "РАСХОД", "ВОЗВРАТ ПРИХОДА", "ВОЗВРАТ РАСХОДА"}

// printOperationRegisters, 2Ch, prints those that are not zero.
func printOperationRegisters(k *call, _ shtrih.PrintOperationRegisters) shtrih.Result {
	if code := k.countReport(numberRegisterPrint); code != shtrih.OK {
		return code
	}
	var lines []string
	for _, v := range k.state.counts {
		lines = append(lines, k.pair(fmt.Sprintf("%03d", v.number), fmt.Sprint(v.value)))
	}
	k.report("ОПЕРАЦИОННЫЕ РЕГИСТРЫ", numberRegisterPrint, lines)
	return k.done()
}

// departmentReport, 42h, prints what the departments took in the shift.
func departmentReport(k *call, _ shtrih.DepartmentReport) shtrih.Result {
	if code := k.countReport(numberDepartments); code != shtrih.OK {
		return code
	}
	var lines []string
	for n := range uint16(departments) {
		var own []string
		for kind, name := range kindNames {
			at := 4*n + uint16(kind)
			if count := k.state.counts.get(countShiftDepartments + at); count > 0 {
				own = append(own, k.pair(fmt.Sprintf("%s %d", name, count), kopecks(k.state.money.get(moneyShiftDepartments+at))))
			}
		}
		if own != nil {
			lines = append(append(lines, fmt.Sprintf("ОТДЕЛ %d", n+1)), own...)
		}
	}
	k.report("ОТЧЕТ ПО ОТДЕЛАМ", numberDepartments, lines)
	return k.done()
}

// taxReport, 43h, prints turnover and tax of the shift by rate.
func taxReport(k *call, _ shtrih.TaxReport) shtrih.Result {
	if code := k.countReport(numberTaxes); code != shtrih.OK {
		return code
	}
	var lines []string
	for rate := uint8(vat20); rate < vatRates; rate++ {
		r := &taxRegisters[rate]
		var own []string
		for kind, name := range kindNames {
			turnover := k.state.money.get(r.shiftTurnover + uint16(kind))
			if turnover == 0 {
				continue
			}
			own = append(own, k.pair(name, kopecks(turnover)))
			if taxed(rate) {
				own = append(own, k.pair("  НАЛОГ", kopecks(k.state.money.get(r.shiftTax+uint16(kind)))))
			}
		}
		if own != nil {
			lines = append(append(lines, rateNames[rate]), own...)
		}
	}
	k.report("ОТЧЕТ ПО НАЛОГАМ", numberTaxes, lines)
	return k.done()
}

// rateNames are the captions of rates on paper.
var rateNames = [vatRates]string{
	vat20: "НДС 20%", vat10: "НДС 10%", vat20120: "НДС 20/120", vat10110: "НДС 10/110", vat0: "НДС 0%", vatNone: "БЕЗ НДС",
	vat5: "НДС 5%", vat7: "НДС 7%", vat5105: "НДС 5/105", vat7107: "НДС 7/107", vat22: "НДС 22%", vat22122: "НДС 22/122",
}
