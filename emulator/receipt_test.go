package emulator

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func TestReceiptsOfAllFourKindsCountInTheirRegisters(t *testing.T) {
	g := newRig(t)
	g.do(shtrih.CashIn{Password: sysAdmin, Sum: 50_000})
	// By kind: 1000, 2000, 3000, 4000 kopecks in cash and as much by card 2.
	operations := []byte{1, 3, 2, 4} // tag 1054 in the order of 8Dh
	for kind := shtrih.Sale; kind <= shtrih.PurchaseReturn; kind++ {
		price := 1000 * uint64(kind+1)
		g.open(kind)
		assert.EqualValues(t, 0x08|kind<<4, g.modeByte())
		first := goods(kind, price)
		second := goods(kind, price)
		second.Department, second.Rate = 2, 0x02
		g.do(first)
		g.do(second)
		assert.Equal(t, price, g.money(uint16(kind)), "department 1 in the receipt")
		assert.Equal(t, price, g.money(4+uint16(kind)), "department 2 in the receipt")
		assert.EqualValues(t, 1, g.number(uint16(kind)), "items of department 1 in the receipt")
		assert.Equal(t, price, g.money(88+uint16(kind)), "turnover of 20 %")
		assert.Equal(t, price, g.money(92+uint16(kind)), "turnover of 10 %")
		assert.Equal(t, (price*20+60)/120, g.money(104+uint16(kind)), "tax of 20 %")
		assert.Equal(t, (price*10+55)/110, g.money(108+uint16(kind)), "tax of 10 %")
		document := g.close(paid(map[int]uint64{0: price, 1: price})).Document
		_, fields := g.document(document)
		operation, _ := tlv.Find(fields, ffd.Operation)
		assert.Equal(t, operations[kind:kind+1], operation)
	}
	for n := uint16(0); n < 120; n++ {
		assert.Zero(t, g.money(n), "register %d of the receipt after its close", n)
	}
	for kind := range uint16(4) {
		price := 1000 * uint64(kind+1)
		assert.Equal(t, price, g.money(121+kind), "department 1 in the shift, kind %d", kind)
		assert.Equal(t, price, g.money(125+kind), "department 2 in the shift, kind %d", kind)
		assert.Equal(t, price, g.money(193+kind), "cash in the shift, kind %d", kind)
		assert.Equal(t, price, g.money(197+kind), "payment 2 in the shift, kind %d", kind)
		assert.Equal(t, price, g.money(209+kind))
		assert.Equal(t, price, g.money(213+kind))
		assert.Equal(t, (price*20+60)/120, g.money(225+kind))
		assert.Equal(t, (price*10+55)/110, g.money(229+kind))
		assert.EqualValues(t, 1, g.number(144+kind), "receipts in the shift, kind %d", kind)
		assert.EqualValues(t, 1, g.number(148+kind), "receipt number, kind %d", kind)
	}
	// Sales and purchase returns bring cash, the others take it.
	drawer := uint64(50_000 + 1000 - 2000 - 3000 + 4000)
	assert.Equal(t, drawer, g.money(241))
	assert.Equal(t, drawer, g.money(120), "cash when the receipt was closed")
	assert.EqualValues(t, 50_000, g.money(242))

	g.do(shtrih.ZReport{Password: sysAdmin})
	for n := uint16(121); n <= 240; n++ {
		assert.Zero(t, g.money(n), "register %d of the shift after Z", n)
	}
	assert.Zero(t, g.money(242))
	assert.Equal(t, drawer, g.money(241), "the drawer is not emptied by Z")
	for kind := range uint16(4) {
		assert.Zero(t, g.number(144+kind))
		assert.EqualValues(t, 1, g.number(148+kind), "receipt numbers go on")
	}
}

func TestZReportEmptiesTheDrawerWhenTable1Field2SaysSo(t *testing.T) {
	g := newRig(t)
	g.setField(1, 2, 1)
	g.sell(shtrih.Sale, 700)
	g.do(shtrih.ZReport{Password: sysAdmin})
	assert.Zero(t, g.money(241))
}

func TestChangeIsGivenFromCashAndStaysOutOfTheDocument(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 9010))
	reply := g.close(paid(map[int]uint64{0: 10_000, 1: 10}))
	assert.EqualValues(t, 1000, reply.Change)
	_, fields := g.document(reply.Document)
	assert.EqualValues(t, 9010, g.sum(fields, ffd.Total))
	assert.EqualValues(t, 9000, g.sum(fields, ffd.Cash))
	assert.EqualValues(t, 10, g.sum(fields, ffd.Electronic))
	assert.EqualValues(t, 9000, g.money(241))
	assert.EqualValues(t, 9000, g.money(193))
}

func TestPaymentsGoToTheSumsOfTheDocumentByTheirPlaces(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	payments := map[int]uint64{}
	var total uint64
	for i := range 16 {
		payments[i] = uint64(i + 1)
		total += uint64(i + 1)
	}
	g.do(goods(shtrih.Sale, total))
	reply := g.close(paid(payments))
	_, fields := g.document(reply.Document)
	assert.EqualValues(t, 1, g.sum(fields, ffd.Cash))
	assert.EqualValues(t, 2+3+4+5+6+7+8+9+10+11+12+13, g.sum(fields, ffd.Electronic))
	assert.EqualValues(t, 14, g.sum(fields, ffd.Prepaid))
	assert.EqualValues(t, 15, g.sum(fields, ffd.Credit))
	assert.EqualValues(t, 16, g.sum(fields, ffd.Barter))
	for i, n := range []uint16{193, 197, 201, 205, 4144, 4148} {
		assert.EqualValues(t, i+1, g.money(n), "payment %d in the shift", i+1)
	}
	assert.EqualValues(t, 16, g.money(4188), "payment 16 in the shift")
}

func TestPaymentsAreCheckedAgainstTheTotal(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 100))
	g.refuses(shtrih.PaymentsBelowTotal, paid(map[int]uint64{0: 99}))
	g.refuses(shtrih.PaymentsBelowTotal, paid(map[int]uint64{0: 50, 15: 49}))
	g.refuses(shtrih.NonCashAboveTotal, paid(map[int]uint64{1: 60, 14: 41}))
	// Both seen on a real device: 4Dh is what it says of card sums above the total, cash given or not.
	g.refuses(shtrih.NonCashAboveTotal, paid(map[int]uint64{0: 100, 1: 101}))
	assert.EqualValues(t, 0x08, g.modeByte(), "the receipt stays open")
	g.close(paid(map[int]uint64{1: 100}))
}

func TestCashIsNotPaidOutOfAnEmptyDrawer(t *testing.T) {
	g := newRig(t)
	for _, kind := range []shtrih.ReceiptType{shtrih.Purchase, shtrih.SaleReturn} {
		g.open(kind)
		g.do(goods(kind, 100))
		g.refuses(shtrih.NotEnoughCash, paid(map[int]uint64{0: 100}))
		g.close(paid(map[int]uint64{1: 100})) // a card needs no drawer
	}
	g.refuses(shtrih.NotEnoughCash, shtrih.CashOut{Password: sysAdmin, Sum: 1})
	g.do(shtrih.CashIn{Password: sysAdmin, Sum: 100})
	g.refuses(shtrih.NotEnoughCash, shtrih.CashOut{Password: sysAdmin, Sum: 101})
	g.sell(shtrih.Purchase, 60)
	assert.EqualValues(t, 40, g.money(241))
}

func TestCashInAndOutCountAndAnswerTheDocumentNumber(t *testing.T) {
	g := newRig(t)
	before := g.number(152)
	assert.Equal(t, fmt.Sprintf("50001e%02x00", before+1), g.raw("50 1e000000 e803000000"))
	assert.Equal(t, fmt.Sprintf("51000%x%02x00", 5, before+2), g.raw("51 05000000 9001000000"), "any cashier may")
	assert.EqualValues(t, 600, g.money(241))
	assert.EqualValues(t, 1000, g.money(242))
	assert.EqualValues(t, 400, g.money(243))
	assert.EqualValues(t, 1, g.number(153))
	assert.EqualValues(t, 1, g.number(154))
	assert.Equal(t, before+2, g.number(152))
}

func TestCancelledReceiptLeavesNoTotals(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 500))
	archive := g.export()
	g.do(shtrih.CancelReceipt{Password: sysAdmin})
	assert.Equal(t, archive, g.export())
	assert.EqualValues(t, 2, g.modeByte())
	assert.Zero(t, g.money(0))
	assert.Zero(t, g.money(193))
	assert.EqualValues(t, 500, g.money(249), "cancelled sales")
	assert.EqualValues(t, 1, g.number(157))
	g.sell(shtrih.Sale, 100)
}

func TestShiftOlderThan24HoursRefusesReceipts(t *testing.T) {
	g := newRig(t)
	g.sell(shtrih.Sale, 100)
	g.advance(24*time.Hour - 2*time.Minute)
	assert.EqualValues(t, 2, g.modeByte())
	g.advance(time.Minute) // table 17 field 8: one minute early
	assert.EqualValues(t, 3, g.modeByte())
	g.refuses(shtrih.ShiftOver24Hours, shtrih.OpenReceipt{Password: sysAdmin})
	g.do(shtrih.CashIn{Password: sysAdmin, Sum: 1})
	g.do(shtrih.XReport{Password: sysAdmin})
	g.do(shtrih.ZReport{Password: sysAdmin})
	assert.EqualValues(t, 4, g.modeByte())
	g.sell(shtrih.Sale, 100)
}

func TestOpeningAReceiptOpensAClosedShift(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 100))
	reply := g.close(paid(map[int]uint64{0: 100}))
	assert.EqualValues(t, 3, reply.Document, "registration, shift opening, receipt")
	var shift shtrih.ShiftParametersReply
	require.NoError(t, shift.Parse(g.do(shtrih.ShiftParameters{Password: sysAdmin})))
	assert.Equal(t, shtrih.ShiftParametersReply{State: 1, Shift: 1, Receipt: 1}, shift)
}

func TestItemsAreChecked(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	good := goods(shtrih.Sale, 1000)
	for want, spoil := range map[shtrih.Result]func(*shtrih.Item){
		shtrih.WrongReceiptType:       func(i *shtrih.Item) { i.Operation = 2 },
		shtrih.QuantityRange:          func(i *shtrih.Item) { i.Quantity = 0 },
		shtrih.DepartmentRange:        func(i *shtrih.Item) { i.Department = 17 },
		shtrih.PriceRange:             func(i *shtrih.Item) { i.Price = shtrih.NotGiven },
		shtrih.MultiplicationOverflow: func(i *shtrih.Item) { i.Price, i.Quantity = shtrih.MaxMoney, 2_000_000 },
	} {
		bad := good
		spoil(&bad)
		g.refuses(want, bad)
	}
	for name, spoil := range map[string]func(*shtrih.Item){
		"operation":    func(i *shtrih.Item) { i.Operation = 5 },
		"rate":         func(i *shtrih.Item) { i.Rate = 0x03 },
		"sum too high": func(i *shtrih.Item) { i.Sum = 1002 },
		"sum too low":  func(i *shtrih.Item) { i.Sum = 998 },
	} {
		bad := good
		spoil(&bad)
		t.Run(name, func(t *testing.T) { g.refuses(shtrih.BadParameters, bad) })
	}
	for _, sum := range []uint64{999, 1000, 1001} { // a kopeck of difference is allowed
		item := good
		item.Sum = sum
		g.do(item)
	}
	g.close(paid(map[int]uint64{0: 3000}))
}

func TestReceiptWithoutItemsIsNotClosed(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.refuses(shtrih.WrongOperation, paid(nil))
}

func TestZeroReceiptIsRefusedWhenTable1Field23SaysSo(t *testing.T) {
	g := newRig(t)
	g.setField(1, 23, 1)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 0))
	g.refuses(shtrih.ZeroTotal, paid(nil))
}

func TestTaxSystemMustBeOneOfTheRegistered(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Registration.TaxSystems = 0x06 })
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 100))
	c := paid(map[int]uint64{0: 100})
	for _, wrong := range []uint8{0x01, 0x06, 0x20} {
		c.TaxSystem = wrong
		g.refuses(shtrih.BadParameters, c)
	}
	c.TaxSystem = 0
	_, fields := g.document(g.close(c).Document)
	system, _ := tlv.Find(fields, ffd.TaxSystem)
	assert.Equal(t, []byte{0x02}, system, "the first registered one")
}

func TestItemFieldsThatAreNotGivenDependOnTheFormat(t *testing.T) {
	for version, want := range map[string]struct{ subject, method, unit []byte }{
		"1.05": {nil, nil, nil},
		"1.1":  {[]byte{1}, []byte{4}, nil},
		"1.2":  {[]byte{1}, []byte{4}, []byte{0}},
	} {
		g := newRig(t, withFFD(version))
		g.open(shtrih.Sale)
		item := goods(shtrih.Sale, 100)
		item.Subject, item.Method = 0, 0
		g.do(item)
		_, fields := g.document(g.close(paid(map[int]uint64{0: 100})).Document)
		subject, _ := tlv.Find(fields, ffd.Subject)
		for tag, value := range map[tlv.Tag][]byte{ffd.SubjectType: want.subject, ffd.PaymentMethod: want.method, ffd.MeasureUnit: want.unit} {
			got, _ := tlv.Find(subject, tag)
			assert.Equal(t, value, got, "tag %d in FFD %s", tag, version)
		}
		format, _ := tlv.Find(fields, ffd.FormatVersion)
		assert.Equal(t, []byte{map[string]byte{"1.05": 2, "1.1": 3, "1.2": 4}[version]}, format)
	}
}

func TestMeasureUnitOfFF4DReplacesTheDefault(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 100))
	g.do(shtrih.ItemTLV{Password: sysAdmin, TLV: tlv.AppendByte(nil, ffd.MeasureUnit, 11)})
	_, fields := g.document(g.close(paid(map[int]uint64{0: 100})).Document)
	subject, _ := tlv.Find(fields, ffd.Subject)
	var units [][]byte
	for r := tlv.NewReader(subject); r.Next(); {
		if r.Tag() == ffd.MeasureUnit {
			units = append(units, r.Value())
		}
	}
	assert.Equal(t, [][]byte{{11}}, units)
}

func TestItemTLVNeedsAnItem(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.refuses(shtrih.WrongOperation, shtrih.ItemTLV{Password: sysAdmin, TLV: tlv.AppendByte(nil, ffd.MeasureUnit, 11)})
}

func TestCashierOfFF0CReplacesTheOneOfTable2(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 100))
	tags := tlv.AppendBytes(nil, ffd.Cashier, []byte{0x88, 0xA2, 0xA0, 0xAD}) // «Иван»
	g.do(shtrih.SendTLV{Password: sysAdmin, TLV: tags})
	g.refuses(shtrih.StorageDuplicateTag, shtrih.SendTLV{Password: sysAdmin, TLV: tags})
	g.refuses(shtrih.StorageForbiddenTag, shtrih.SendTLV{Password: sysAdmin, TLV: tlv.AppendVLN(nil, ffd.Total, 1)})
	g.refuses(shtrih.BadParameters, shtrih.SendTLV{Password: sysAdmin, TLV: []byte{1, 2, 3}})
	_, fields := g.document(g.close(paid(map[int]uint64{0: 100})).Document)
	var names []string
	for r := tlv.NewReader(fields); r.Next(); {
		if r.Tag() == ffd.Cashier {
			names = append(names, r.Text())
		}
	}
	assert.Equal(t, []string{"Иван"}, names)
}

func TestTagsOutsideOfAReceiptHaveNoDocument(t *testing.T) {
	newRig(t).refuses(shtrih.StorageWrongState, shtrih.SendTLV{Password: sysAdmin, TLV: tlv.AppendByte(nil, ffd.MeasureUnit, 11)})
}

func TestNameAfterTwoSlashesIsInTheDocument(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	item := goods(shtrih.Sale, 100)
	item.Name = append([]byte("//"), 0xD7, 0xE0, 0xE9, 0) // «Чай» in CP1251, ended by 00
	g.do(item)
	_, fields := g.document(g.close(paid(map[int]uint64{0: 100})).Document)
	subject, _ := tlv.Find(fields, ffd.Subject)
	name, _ := tlv.Find(subject, ffd.SubjectName)
	assert.Equal(t, []byte{0x97, 0xA0, 0xA9}, name, "CP866")
}

func TestRoundingTakesKopecksOffTheTotal(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 1099))
	c := paid(map[int]uint64{0: 1000})
	c.Rounding = 100
	g.refuses(shtrih.BadParameters, c)
	c.Rounding = 99
	_, fields := g.document(g.close(c).Document)
	assert.EqualValues(t, 1000, g.sum(fields, ffd.Total))
}

func TestDateAndTimeEndTheAnswersWhenTable17Field36SaysSo(t *testing.T) {
	g := newRig(t)
	g.setField(17, 36, 1)
	reply := g.sell(shtrih.Sale, 100)
	assert.True(t, reply.HasDateTime)
	assert.Equal(t, shtrih.DateTimeOf(g.now), reply.DateTime)
}

func TestLastDocumentIsReadByNumberZeroWhenTable17Field31SaysSo(t *testing.T) {
	g := newRig(t)
	g.refuses(shtrih.StorageNoData, shtrih.RequestDocument{Password: sysAdmin})
	g.refuses(shtrih.StorageNoData, shtrih.RequestDocument{Password: sysAdmin, Document: 2})
	g.setField(17, 31, 1)
	g.sell(shtrih.Sale, 100)
	form, fields := g.document(0)
	assert.EqualValues(t, 3, form)
	assert.EqualValues(t, 100, g.sum(fields, ffd.Total))
}

func TestRegisterIsInDataOutputUntilTheDocumentIsRead(t *testing.T) {
	g := newRig(t)
	g.do(shtrih.RequestDocument{Password: sysAdmin, Document: 1})
	assert.EqualValues(t, 1, g.modeByte())
	g.refuses(shtrih.WrongMode, shtrih.OpenShift{Password: sysAdmin})
	for g.modeByte() == 1 {
		g.do(shtrih.ReadDocument{Password: sysAdmin})
	}
	assert.EqualValues(t, 4, g.modeByte())
	g.refuses(shtrih.StorageNoData, shtrih.ReadDocument{Password: sysAdmin})
}
