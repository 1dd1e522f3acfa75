package emulator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// line is an item of a real receipt (testdata/vectors.json): the numbers here
// are those of its tags 1079, 1023 in thousandths, 1043, 1199 and 1200.
type line struct {
	price, quantity, sum uint64
	rate                 uint8
	tax                  uint64
}

// The receipt «magnit2019»: its total of VAT, 11405, is a kopeck more than that
// of its items.
var magnit = []line{
	{16460, 1000, 16460, 1, 2743}, {22680, 1000, 22680, 1, 3780}, {22568, 1000, 22568, 1, 3761}, {6720, 1000, 6720, 1, 1120},
}

// The receipt «perek2020», with a weighed item; VAT 1140 and 3055.
var perek = []line{
	{649, 1000, 649, 1, 108}, {4790, 1000, 4790, 2, 435}, {32900, 876, 28820, 2, 2620}, {6190, 1000, 6190, 1, 1032},
}

func (g *rig) add(lines []line, tax func(line) uint64) {
	g.Helper()
	for _, l := range lines {
		item := goods(shtrih.Sale, l.price)
		item.Quantity, item.Sum, item.Rate, item.Tax = l.quantity*1000, l.sum, shtrih.RateByte(l.rate), tax(l)
		g.do(item)
	}
}

func itemTaxes(g *rig, fields []byte) (taxes []int64) {
	for r := tlv.NewReader(fields); r.Next(); {
		if r.Tag() == ffd.Subject {
			taxes = append(taxes, g.sum(r.Value(), ffd.VATSum))
		}
	}
	return taxes
}

func TestRegisterComputesVATItemByItemAndIgnoresTheCommand(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.add(magnit, func(line) uint64 { return 1 })
	c := paid(map[int]uint64{1: 68428})
	c.Taxes[shtrih.Tax20] = 11405
	_, fields := g.document(g.close(c).Document)
	assert.EqualValues(t, 11404, g.sum(fields, ffd.VAT20), "20/120 of each item, summed")
	assert.Equal(t, []int64{2743, 3780, 3761, 1120}, itemTaxes(g, fields))
	assert.EqualValues(t, 11404, g.money(225))

	g.open(shtrih.Sale)
	g.add(perek, func(line) uint64 { return shtrih.NotGiven })
	_, fields = g.document(g.close(paid(map[int]uint64{1: 40449})).Document)
	assert.EqualValues(t, 40449, g.sum(fields, ffd.Total))
	assert.EqualValues(t, 1140, g.sum(fields, ffd.VAT20))
	assert.EqualValues(t, 3055, g.sum(fields, ffd.VAT10))
	assert.Equal(t, []int64{108, 435, 2620, 1032}, itemTaxes(g, fields))
}

func TestSumsOfTheCommandsAreTakenWhenTable1Field14SaysSo(t *testing.T) {
	g := newRig(t)
	g.setField(1, 14, 1)
	g.open(shtrih.Sale)
	g.add(magnit, func(l line) uint64 { return l.tax })
	c := paid(map[int]uint64{1: 68428})
	c.Taxes[shtrih.Tax20] = 11405
	_, fields := g.document(g.close(c).Document)
	assert.EqualValues(t, 11405, g.sum(fields, ffd.VAT20))
	assert.Equal(t, []int64{2743, 3780, 3761, 1120}, itemTaxes(g, fields))
	assert.EqualValues(t, 11405, g.money(225))
	assert.EqualValues(t, 68428, g.money(209))

	g.open(shtrih.Sale)
	g.add(magnit, func(line) uint64 { return shtrih.NotGiven })
	c.Taxes[shtrih.Tax20] = shtrih.NotGiven
	_, fields = g.document(g.close(c).Document)
	assert.EqualValues(t, -1, g.sum(fields, ffd.VAT20), "not given, not there")
	assert.Equal(t, []int64{-1, -1, -1, -1}, itemTaxes(g, fields))
}

func TestEveryRateHasItsTotal(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	for rate := uint8(vat20); rate < vatRates; rate++ {
		item := goods(shtrih.Sale, 12000)
		item.Rate = shtrih.RateByte(rate)
		g.do(item)
	}
	none := goods(shtrih.Sale, 12000)
	none.Rate = 0
	g.do(none)
	_, fields := g.document(g.close(paid(map[int]uint64{1: 13 * 12000})).Document)
	for tag, want := range map[tlv.Tag]int64{
		ffd.VAT20: 2000, ffd.VAT10: 1091, ffd.VAT0: 12000, ffd.NoVAT: 12000, ffd.VAT20120: 2000, ffd.VAT10110: 1091,
	} {
		assert.Equal(t, want, g.sum(fields, tag), "tag %d", tag)
	}
	group, _ := tlv.Find(fields, ffd.VATAmounts)
	got := map[byte]int64{}
	for r := tlv.NewReader(group); r.Next(); {
		rate, _ := tlv.Find(r.Value(), ffd.VATRate)
		got[rate[0]] = g.sum(r.Value(), ffd.VATAmountSum)
	}
	assert.Equal(t, map[byte]int64{7: 571, 8: 785, 9: 571, 10: 785, 11: 2164, 12: 2164}, got)
	for n, want := range map[uint16]uint64{209: 12000, 217: 12000, 221: 12000, 225: 2000, 229: 1091, 4208: 12000, 4216: 2000, 4459: 12000, 4475: 571, 4487: 785, 4515: 2164} {
		assert.Equal(t, want, g.money(n), "register %d", n)
	}
	assert.Zero(t, g.money(233), "a turnover at 0 % is no tax")
}

func TestTaxesOfFF76AreTakenInItsOrder(t *testing.T) {
	g := newRig(t)
	g.setField(1, 14, 1)
	g.open(shtrih.Sale)
	for rate := uint8(vat20); rate <= vat7107; rate++ {
		item := goods(shtrih.Sale, 100)
		item.Rate = shtrih.RateByte(rate)
		g.do(item)
	}
	c := shtrih.CloseReceiptV3{Password: sysAdmin, Taxes: [10]uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}
	c.Payments[0] = 1000
	_, fields := g.document(g.close(c).Document)
	for tag, want := range map[tlv.Tag]int64{
		ffd.VAT20: 1, ffd.VAT10: 2, ffd.VAT0: 3, ffd.NoVAT: 4, ffd.VAT20120: 5, ffd.VAT10110: 6,
	} {
		assert.Equal(t, want, g.sum(fields, tag), "tag %d", tag)
	}
	group, _ := tlv.Find(fields, ffd.VATAmounts)
	got := map[byte]int64{}
	for r := tlv.NewReader(group); r.Next(); {
		rate, _ := tlv.Find(r.Value(), ffd.VATRate)
		got[rate[0]] = g.sum(r.Value(), ffd.VATAmountSum)
	}
	assert.Equal(t, map[byte]int64{7: 7, 8: 8, 9: 9, 10: 10}, got)
}

func TestTwentyPercentBecomeTwentyTwoIn2026WhenTable17Field71SaysSo(t *testing.T) {
	for _, c := range []struct {
		field byte
		year  int
		want  byte
	}{{1, 2025, vat20}, {1, 2026, vat22}, {2, 2026, vat20}} {
		g := newRigAt(t, time.Date(c.year, 6, 1, 12, 0, 0, 0, time.UTC))
		g.setField(17, 71, c.field)
		g.open(shtrih.Sale)
		g.do(goods(shtrih.Sale, 100))
		_, fields := g.document(g.close(paid(map[int]uint64{0: 100})).Document)
		subject, _ := tlv.Find(fields, ffd.Subject)
		rate, _ := tlv.Find(subject, ffd.VATRate)
		assert.Equal(t, []byte{c.want}, rate)
	}
}
