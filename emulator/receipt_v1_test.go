package emulator

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// sold is an item of 80h: so many thousandths at a price, with a tax group.
func sold(quantity, price uint64, group uint8) shtrih.SaleItem {
	return shtrih.SaleItem{
		Password: sysAdmin, Quantity: quantity, Price: price, Department: 1, Taxes: [4]uint8{group}, Text: line40("Bread"),
	}
}

// line40 fills a text up to the 40 bytes of Protocol ККТ 1.17.
func line40(text string) []byte { return append([]byte(text), make([]byte, 40-len(text))...) }

func adjusted(sum uint64) shtrih.Adjustment {
	return shtrih.Adjustment{Password: sysAdmin, Sum: sum, Text: line40("Card of a friend")}
}

func closedV1(cash uint64) shtrih.CloseReceiptV1 {
	return shtrih.CloseReceiptV1{Password: sysAdmin, Payments: [4]uint64{cash}, Text: line40("")}
}

// last reads the last document.
func (g *rig) last() (form uint16, fields []byte) {
	g.Helper()
	status, err := g.storageStatus()
	require.NoError(g, err)
	return g.document(status.LastDocument)
}

// sumsOfItems gives price and sum of each item, and checks that 1020 is the sum of 1043.
func (g *rig) sumsOfItems(fields []byte) (sums [][2]int64) {
	g.Helper()
	var total int64
	for r := tlv.NewReader(fields); r.Next(); {
		if r.Tag() == ffd.Subject {
			one := [2]int64{g.sum(r.Value(), ffd.Price), g.sum(r.Value(), ffd.SubjectSum)}
			sums = append(sums, one)
			total += one[1]
		}
	}
	assert.Equal(g, g.sum(fields, ffd.Total), total, "1020 is the sum of 1043")
	return sums
}

func TestFirstSaleOpensTheShiftAndTheReceipt(t *testing.T) {
	g := newRig(t)
	require.EqualValues(t, 4, g.modeByte())
	assert.Equal(t, []byte{sysAdmin}, g.do(sold(1000, 500, 1)))
	assert.EqualValues(t, 0x08, g.modeByte())
	g.do(sold(2000, 250, 2))
	var reply shtrih.CloseReceiptV1Reply
	require.NoError(t, reply.Parse(g.do(closedV1(1500))))
	assert.EqualValues(t, 500, reply.Change)
	assert.EqualValues(t, 2, g.modeByte())
	form, fields := g.last()
	assert.EqualValues(t, 3, form)
	assert.Equal(t, [][2]int64{{500, 500}, {250, 500}}, g.sumsOfItems(fields))
	assert.EqualValues(t, 1000, g.sum(fields, ffd.Cash))
	assert.EqualValues(t, 83, g.sum(fields, ffd.VAT20), "500·20/120")
	assert.EqualValues(t, 45, g.sum(fields, ffd.VAT10), "500·10/110")
}

func TestEachOfTheFourItemCommandsHasAReceiptOfItsKind(t *testing.T) {
	g := newRig(t)
	g.do(shtrih.CashIn{Password: sysAdmin, Sum: 100_000})
	v1 := shtrih.ItemV1(sold(1000, 700, 4))
	for kind, c := range []shtrih.Command{shtrih.SaleItem(v1), shtrih.PurchaseItem(v1), shtrih.SaleReturnItem(v1), shtrih.PurchaseReturnItem(v1)} {
		g.do(c)
		assert.EqualValues(t, 0x08|kind<<4, g.modeByte())
		for other, wrong := range []shtrih.Command{shtrih.SaleItem(v1), shtrih.PurchaseItem(v1), shtrih.SaleReturnItem(v1), shtrih.PurchaseReturnItem(v1)} {
			if other != kind {
				g.refuses(shtrih.WrongReceiptType, wrong)
			}
		}
		g.do(closedV1(700))
		assert.EqualValues(t, 1, g.number(148+uint16(kind)), "receipt number")
		_, fields := g.last()
		assert.EqualValues(t, 700, g.sum(fields, ffd.NoVAT), "tax group 4 is «без НДС»")
	}
}

func TestTaxGroupsAreTheRowsOfTheTaxTable(t *testing.T) {
	g := newRig(t)
	for group, tag := range map[uint8]tlv.Tag{1: ffd.VAT20, 2: ffd.VAT10, 3: ffd.VAT0, 4: ffd.NoVAT} {
		g.do(sold(1000, 1320, group))
		g.do(closedV1(1320))
		_, fields := g.last()
		want := map[uint8]int64{1: 220, 2: 120, 3: 1320, 4: 1320}[group]
		assert.Equal(t, want, g.sum(fields, tag), "group %d", group)
	}
	g.do(sold(1000, 100, 0))
	g.refuses(shtrih.BadParameters, sold(1000, 100, 5))
	two := sold(1000, 100, 1)
	two.Taxes = [4]uint8{1, 2}
	g.refuses(shtrih.BadParameters, two) // an item of a document has one rate
	two.Taxes = [4]uint8{2, 2}
	g.do(two)
}

func TestWithTaxOfTheTotalTheOldClosingComputesItOncePerRate(t *testing.T) {
	g := newRig(t)
	g.setField(1, 14, 1)
	for range 3 {
		g.do(sold(1000, 10, 1)) // 1.67 of tax each
	}
	g.do(closedV1(30))
	_, fields := g.last()
	assert.EqualValues(t, 5, g.sum(fields, ffd.VAT20))
	item, _ := tlv.Find(fields, ffd.Subject)
	assert.EqualValues(t, -1, g.sum(item, ffd.VATSum), "no sum of tax in the item")
}

func TestDiscountIsSpreadOverTheItemsToTheKopeck(t *testing.T) {
	g := newRig(t)
	g.do(sold(1000, 100, 1))
	g.do(sold(3000, 100, 1))
	g.do(sold(1000, 333, 2))
	g.do(shtrih.Discount(adjusted(100)))
	g.do(sold(1000, 50, 1)) // comes after the discount and has none of it
	assert.EqualValues(t, 100, g.money(64), "discounts in the receipt")
	assert.EqualValues(t, 1, g.number(64))
	var subtotal shtrih.SubtotalReply
	require.NoError(t, subtotal.Parse(g.do(shtrih.Subtotal{Password: sysAdmin})))
	assert.EqualValues(t, 683, subtotal.Sum)
	g.refuses(shtrih.PaymentsBelowTotal, closedV1(682))
	g.do(closedV1(683))
	_, fields := g.last()
	assert.EqualValues(t, 683, g.sum(fields, ffd.Total))
	sums := g.sumsOfItems(fields)
	// 100 over 100, 300 and 333 by running shares: 13, 41, 46.
	assert.Equal(t, [][2]int64{{87, 87}, {86, 259}, {287, 287}, {50, 50}}, sums)
	assert.EqualValues(t, 100, g.money(185), "discounts in the shift")
	assert.EqualValues(t, 1, g.number(136))
	assert.EqualValues(t, 783, g.money(121), "departments have the sums without discounts")
	assert.EqualValues(t, 87+259+50, g.money(209), "turnover of 20 % has them")
	assert.Zero(t, g.money(64), "the registers of the receipt end with it")
}

func TestDiscountWithTaxGroupsGoesToTheirItemsOnly(t *testing.T) {
	g := newRig(t)
	g.do(sold(1000, 100, 1))
	g.do(sold(1000, 200, 2))
	a := adjusted(50)
	a.Taxes = [4]uint8{2}
	g.do(shtrih.Discount(a))
	a.Sum = 151
	g.refuses(shtrih.DiscountAboveSum, shtrih.Discount(a))
	a.Taxes = [4]uint8{3}
	g.refuses(shtrih.WrongOperation, shtrih.Discount(a))
	a.Taxes = [4]uint8{9}
	g.refuses(shtrih.BadParameters, shtrih.Discount(a))
	g.do(closedV1(250))
	_, fields := g.last()
	assert.Equal(t, [][2]int64{{100, 100}, {150, 150}}, g.sumsOfItems(fields))
}

func TestSurchargeAndWhatTakesItBack(t *testing.T) {
	g := newRig(t)
	g.do(sold(1000, 1000, 4))
	g.do(shtrih.Surcharge(adjusted(100)))
	g.do(shtrih.Discount(adjusted(300)))
	g.refuses(shtrih.NegativeDiscounts, shtrih.CancelDiscount(adjusted(301)))
	g.refuses(shtrih.NegativeSurcharges, shtrih.CancelSurcharge(adjusted(101)))
	g.do(shtrih.CancelDiscount(adjusted(100)))
	g.do(shtrih.CancelSurcharge(adjusted(100)))
	assert.EqualValues(t, 200, g.money(64))
	assert.Zero(t, g.money(68))
	g.do(closedV1(800))
	_, fields := g.last()
	assert.Equal(t, [][2]int64{{800, 800}}, g.sumsOfItems(fields))
	assert.Zero(t, g.money(189), "surcharges in the shift")
}

func TestClosingDiscountIsInHundredthsOfAPerCent(t *testing.T) {
	for percent, total := range map[int16]uint64{0: 999, 1000: 899, -1000: 1099, 1: 999, 5: 999, 6: 998, 9999: 0} {
		g := newRig(t)
		g.do(sold(1000, 333, 1))
		g.do(sold(2000, 333, 1))
		c := closedV1(5000)
		c.Discount = percent
		var reply shtrih.CloseReceiptV1Reply
		require.NoError(t, reply.Parse(g.do(c)))
		assert.EqualValues(t, 5000-total, reply.Change, "%d", percent)
		_, fields := g.last()
		assert.EqualValues(t, total, g.sum(fields, ffd.Total), "%d", percent)
		g.sumsOfItems(fields)
	}
	g := newRig(t)
	g.do(sold(1000, 333, 1))
	c := closedV1(5000)
	c.Discount = 10_000
	g.refuses(shtrih.DiscountRange, c)
	c.Discount, c.Payments[0] = 1000, 1
	g.refuses(shtrih.PaymentsBelowTotal, c) // and the discount is not left behind
	g.do(closedV1(333))
}

func TestStornoTakesBackWhatWasSoldAtThatPrice(t *testing.T) {
	g := newRig(t)
	g.do(sold(2000, 100, 1))
	g.do(sold(1000, 500, 1))
	g.do(sold(1500, 100, 1))
	g.refuses(shtrih.DepartmentShort, shtrih.Storno(sold(3501, 100, 1)))
	g.refuses(shtrih.DepartmentShort, shtrih.Storno(sold(1000, 100, 2)))
	g.refuses(shtrih.DepartmentShort, shtrih.Storno(sold(1000, 99, 1)))
	g.do(shtrih.Storno(sold(2500, 100, 1))) // all of the third item, half of the first
	assert.EqualValues(t, 600, g.money(0))
	assert.EqualValues(t, 2, g.number(0))
	g.do(closedV1(600))
	_, fields := g.last()
	assert.Equal(t, [][2]int64{{100, 100}, {500, 500}}, g.sumsOfItems(fields))
}

func TestStornoOfAllLeavesNothingToClose(t *testing.T) {
	g := newRig(t)
	g.do(sold(2000, 100, 1))
	g.do(shtrih.Storno(sold(2000, 100, 1)))
	assert.Zero(t, g.money(0))
	g.refuses(shtrih.WrongOperation, closedV1(0))
	g.do(shtrih.CancelReceipt{Password: sysAdmin})
}

func TestStornoMayNotLeaveADiscountAboveItsItems(t *testing.T) {
	g := newRig(t)
	g.do(sold(2000, 100, 1))
	g.do(shtrih.Discount(adjusted(150)))
	g.refuses(shtrih.NegativeTotal, shtrih.Storno(sold(1000, 100, 1)))
	g.do(shtrih.CancelDiscount(adjusted(100)))
	g.do(shtrih.Storno(sold(1000, 100, 1)))
	g.do(closedV1(50))
}

func TestOldTextsHaveFortyBytesOrMoreInThisFamily(t *testing.T) {
	g := newRig(t)
	for _, text := range [][]byte{nil, make([]byte, 39)} {
		c := sold(1000, 100, 1)
		c.Text = text
		g.refuses(shtrih.BadLength, c)
	}
	// Public drivers pad to the width of the paper: 48 (pyshtrih).
	for _, text := range [][]byte{make([]byte, 40), make([]byte, 41), make([]byte, 48)} {
		c := sold(1000, 100, 1)
		c.Text = text
		g.do(c)
	}
	strict := newRig(t, withProfile("strict"))
	long := sold(1000, 100, 1)
	long.Text = make([]byte, 41)
	strict.refuses(shtrih.BadLength, long)
	ky := newRig(t, withProfile("ky"))
	c := sold(1000, 100, 6) // the cash core has six groups
	c.Text = []byte("Bread")
	ky.do(c)
}

func TestExtendedClosingTakesAllSixteenPayments(t *testing.T) {
	g := newRig(t)
	g.do(sold(1000, 1000, 1))
	c := shtrih.CloseReceiptExtended{Password: sysAdmin, Text: line40("")}
	c.Payments = [16]uint64{0: 500, 4: 100, 13: 200, 14: 100, 15: 150}
	var reply shtrih.CloseReceiptExtendedReply
	require.NoError(t, reply.Parse(g.do(c)))
	assert.EqualValues(t, 50, reply.Change)
	_, fields := g.last()
	for tag, want := range map[tlv.Tag]int64{ffd.Cash: 450, ffd.Electronic: 100, ffd.Prepaid: 200, ffd.Credit: 100, ffd.Barter: 150} {
		assert.Equal(t, want, g.sum(fields, tag))
	}
}

func TestNewAndOldItemsGoIntoOneReceipt(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 1000))
	g.do(sold(1000, 500, 2))
	g.do(shtrih.ReceiptDiscount{Password: sysAdmin, Discount: 300, Surcharge: 15, Text: make([]byte, 128)})
	g.close(paid(map[int]uint64{0: 1215}))
	_, fields := g.last()
	assert.Equal(t, [][2]int64{{810, 810}, {405, 405}}, g.sumsOfItems(fields))
	assert.EqualValues(t, 135, g.sum(fields, ffd.VAT20), "of what the item costs now")
}

func TestReceiptDiscountIsAllOrNothing(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 1000))
	for _, c := range []struct {
		want                shtrih.Result
		discount, surcharge uint64
		tax                 uint8
	}{
		{shtrih.DiscountAboveSum, 1001, 0, 0},
		{shtrih.TotalOverflow, 10, shtrih.MaxMoney - 1, 0},
		{shtrih.WrongOperation, 10, 0, 2},
		{shtrih.BadParameters, 10, 0, 7},
	} {
		g.refuses(c.want, shtrih.ReceiptDiscount{Password: sysAdmin, Discount: c.discount, Surcharge: c.surcharge, Tax: c.tax, Text: make([]byte, 128)})
	}
	g.do(shtrih.ReceiptDiscount{Password: sysAdmin, Discount: 1000, Text: make([]byte, 40)}) // the vendor's driver sends 40
	g.close(paid(nil))
}

func TestItemsOf2026HaveTheNewRateInTheOldCommandsToo(t *testing.T) {
	g := newRigAt(t, newVATFrom.At(shtrih.Time{}, newRig(t).now.Location()))
	g.setField(17, 71, 1)
	g.do(sold(1000, 12200, 1))
	g.do(closedV1(12200))
	_, fields := g.last()
	group, ok := tlv.Find(fields, ffd.VATAmounts)
	require.True(t, ok)
	amount, _ := tlv.Find(group, ffd.VATAmount)
	assert.EqualValues(t, 2200, g.sum(amount, ffd.VATAmountSum))
}

func TestCopySaysDuplicateAndMakesNoDocument(t *testing.T) {
	g := newRig(t)
	g.do(sold(1000, 100, 1))
	g.do(closedV1(100))
	archive := g.export()
	before := len(g.Tape())
	g.do(shtrih.CopyDocument{Password: sysAdmin})
	printed := strings.Join(g.Tape()[before:], "\n")
	assert.Contains(t, printed, "ДУБЛИКАТ")
	assert.Contains(t, printed, "КАССОВЫЙ ЧЕК")
	assert.Equal(t, archive, g.export())
}

func TestSpreadKeepsTheTotalWhateverTheSums(t *testing.T) {
	// All the mass of a discount on many items, with sums of the largest fields.
	const large = shtrih.MaxMoney / 4
	c := &receipt{items: []item{
		{sum: large, quantity: tlv.Decimal{Mantissa: 3}}, {sum: 1, quantity: tlv.Decimal{Mantissa: 1}},
		{sum: 0, quantity: tlv.Decimal{Mantissa: 1}}, {sum: large - 1, quantity: tlv.Decimal{Mantissa: 7, Scale: 3}},
	}}
	for _, amount := range []uint64{0, 1, 2, 3, 999, large, 2*large - 1, 2 * large} {
		c.adjustments = []adjustment{{amount: amount, items: 4}}
		lines, ok := c.spread(nil)
		require.True(t, ok)
		var total uint64
		for i, line := range lines {
			assert.LessOrEqual(t, line, c.items[i].sum)
			total += line
		}
		assert.Equal(t, 2*large-amount, total)
	}
	c.adjustments = []adjustment{{amount: 2*large + 1, items: 4}}
	_, ok := c.spread(nil)
	assert.False(t, ok)
}
