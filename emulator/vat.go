package emulator

import "github.com/openkkt/openkkt/protocol/shtrih"

// Values of tag 1199, the rate of an item (order ЕД-7-20/662@; 7–10 since 2025,
// 11 and 12 since 2026).
const (
	vat20 = iota + 1
	vat10
	vat20120
	vat10110
	vat0
	vatNone
	vat5
	vat7
	vat5105
	vat7107
	vat22
	vat22122
	vatRates = iota + 1 // so that rates index arrays
)

// vatShare is the numerator of the share of the tax in a sum with it, n/(100+n).
var vatShare = [vatRates]uint64{
	vat20: 20, vat10: 10, vat20120: 20, vat10110: 10,
	vat5: 5, vat7: 7, vat5105: 5, vat7107: 7, vat22: 22, vat22122: 22,
}

// vatOf is the tax inside a sum, in kopecks, halves rounded up.
func vatOf(rate uint8, sum uint64) uint64 {
	n := vatShare[rate]
	return (2*sum*n + 100 + n) / (2 * (100 + n))
}

// taxed reports whether items of the rate carry a sum of tax: rates 0 % and
// «без НДС» have a turnover only.
func taxed(rate uint8) bool { return vatShare[rate] != 0 }

// rateOfTax gives the rate for the places of the taxes in FF45h, FF76h and FF78h.
var rateOfTax = [...]uint8{
	shtrih.Tax20: vat20, shtrih.Tax10: vat10, shtrih.Turnover0: vat0, shtrih.TurnoverNone: vatNone,
	shtrih.Tax20120: vat20120, shtrih.Tax10110: vat10110,
	shtrih.Tax5: vat5, shtrih.Tax7: vat7, shtrih.Tax5105: vat5105, shtrih.Tax7107: vat7107,
	shtrih.Tax22: vat22, shtrih.Tax22122: vat22122,
}

// vatTotals are kopecks by rate: the tax, for [vat0] and [vatNone] the turnover.
type vatTotals [vatRates]uint64

// taxRegisters give the first registers of a rate; a kind of receipt is added.
var taxRegisters = [vatRates]struct{ turnover, tax, shiftTurnover, shiftTax uint16 }{
	vat20:    {88, 104, 209, 225},
	vat10:    {92, 108, 213, 229},
	vat0:     {96, 112, 217, 233},
	vatNone:  {100, 116, 221, 237},
	vat20120: {4192, 4200, 4208, 4216},
	vat10110: {4196, 4204, 4212, 4220},
	vat5:     {4427, 4443, 4459, 4475},
	vat7:     {4431, 4447, 4463, 4479},
	vat5105:  {4435, 4451, 4467, 4483},
	vat7107:  {4439, 4455, 4471, 4487},
	vat22:    {4491, 4499, 4507, 4515},
	vat22122: {4495, 4503, 4511, 4519},
}
