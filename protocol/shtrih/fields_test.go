package shtrih

import (
	"testing"

	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The bytes below stand in testdata/shtrih with their sources; the meanings of
// the fields come from the decoders of the same logs and from the issues' text.

func payloadOf(t *testing.T, c Code, frame string) []byte {
	t.Helper()
	data, _, err := ParseFrame1(unhex(t, frame))
	require.NoError(t, err)
	result, payload, err := SplitAnswer(c, data)
	require.NoError(t, err)
	require.Equal(t, OK, result)
	return payload
}

func TestFullStatusOfARealRegister(t *testing.T) {
	var r FullStatusReply
	require.NoError(t, r.Parse(payloadOf(t, FullStatusCode, "023011001e54331c1c110c1901da009202040002574100000101100e011a0d2f040086450000590000000000128c86420200e6")))
	assert.Equal(t, FullStatusReply{
		Operator: 30, Version: [2]byte{'T', '3'}, Build: 7196, BuildDate: Date{2025, 12, 17}, Hall: 1,
		DocumentNumber: 218, Flags: FlagReceiptRoll | FlagDecimalPoint | FlagReceiptOptical | FlagReceiptLever,
		Mode: ModeByte(ModeShiftClosed), Submode: SubmodeReady, Port: PortTCP,
		FMVersion: [2]byte{'W', 'A'}, FMDate: Date{2016, 1, 1}, Date: Date{2026, 1, 14}, Time: Time{13, 47, 4},
		Serial: 17798, LastClosedShift: 89, INN: 9706048530,
	}, r)
}

func TestFullStatusOfTheCashCoreFamilyIsLonger(t *testing.T) {
	f, _, _, err := ParseFrame2(nil, unhex(t, "8f34000300 11001e43323188 0d0613 01 0b00 9000 02 00 80 4e41 0000 010110 070813 11051c 00 e8930400 0000 0000 00 00 d25801cd0100 0000 97a7"))
	require.NoError(t, err)
	var r FullStatusReply
	require.NoError(t, r.Parse(f.Data[2:]))
	assert.Equal(t, PortTCPKY, r.Port)
	assert.Equal(t, uint32(300008), r.Serial)
	assert.Equal(t, ModeShiftOpen, r.Mode.Mode())
	assert.Equal(t, Date{2019, 8, 7}, r.Date)
	assert.Equal(t, uint64(7734384850), r.INN)
	assert.Equal(t, []byte{0, 0}, r.Tail)
}

func TestShortStatusOfAnOpenReceipt(t *testing.T) {
	var r ShortStatusReply
	require.NoError(t, r.Parse(payloadOf(t, ShortStatusCode, "021010001e92022805029f2b00000074022447")))
	assert.Equal(t, ShortStatusReply{
		Operator: 30, Flags: 0x0292, Mode: MakeModeByte(ModeDocumentOpen, uint8(SaleReturn)), Submode: SubmodePrinting,
		Operations: 2, Battery: 0x9F, Supply: 0x2B, HeadTemperature: 0x74, PreviousMode: 2, KeyUpdate: 0x24,
	}, r)
	assert.Equal(t, "sale return receipt open", r.Mode.String())
}

func TestShortStatusMayEndWithTheLastPrint(t *testing.T) {
	f, _, _, err := ParseFrame2(nil, unhex(t, "8f1300260010000190000200003348000000ffffff0078c2"))
	require.NoError(t, err)
	var r ShortStatusReply
	require.NoError(t, r.Parse(f.Data[2:]))
	assert.True(t, r.HasLastPrint)
	assert.Equal(t, PrintDone, r.LastPrint)
	assert.Equal(t, uint8(0xFF), r.KeyUpdate)
}

func TestModelParametersOfARealRegister(t *testing.T) {
	var r ModelParameters
	require.NoError(t, r.Parse(payloadOf(t, ExtendedQueryCode, "0227f7005aa0400320ec31000c18010c100000000000001e0000000006ff003040b603121318111119bf")))
	assert.Equal(t, ModelParameters{
		Flags: 0x0031EC200340A05A, Font1Width: 12, Font2Width: 24, FirstLine: 1, INNDigits: 12, RNMDigits: 16,
		SystemPassword: 30, TaxField: 6, MaxLength: 255, LineBytes: 48, GraphicsWidth: 64, GraphicsLines: 950,
		Tail: []byte{18, 19, 24, 17, 17, 25},
	}, r)
	assert.NotZero(t, r.Flags&ModelStorage)
	assert.Zero(t, r.Flags&(ModelProtocol2|ModelCashCore))
}

func TestDeviceTypeOfARealRegister(t *testing.T) {
	var r DeviceTypeReply
	require.NoError(t, r.Parse(payloadOf(t, DeviceTypeCode, "0212fc000000010e1600d0c8d2c5c9cb2d3031d402")))
	assert.Equal(t, "РИТЕЙЛ-01Ф", charset.CP1251String(r.Name))
	assert.Equal(t, []uint8{0, 0, 1, 14, 22, 0}, []uint8{r.Type, r.Subtype, r.Protocol, r.Subprotocol, r.Model, r.Language})
}

func TestStorageStatusOfARealRegister(t *testing.T) {
	f, _, _, err := ParseFrame2(nil, unhex(t, "8f23000300ff010003000001001305050b3739393939303738393030303132393535120000002af7"))
	require.NoError(t, err)
	var r StorageStatusReply
	require.NoError(t, r.Parse(f.Data[3:]))
	assert.Equal(t, StorageStatusReply{
		Life: 3, Shift: 1, DateTime: DateTime5{Date{2019, 5, 5}, 11, 55},
		Number: [16]byte([]byte("9999078900012955")), LastDocument: 18,
	}, r)
}

func TestStorageValidityOfARealRegister(t *testing.T) {
	var r StorageValidityReply
	require.NoError(t, r.Parse(payloadOf(t, StorageValidityCode, "0208ff03001802011d01f3")))
	assert.Equal(t, StorageValidityReply{Date: Date{2024, 2, 1}, RegsLeft: 29, RegsDone: 1, HasRegistrations: true}, r)
}

func TestItemOfARealSale(t *testing.T) {
	data, _, err := ParseFrame1(unhex(t, "0225ff461e0000000240420f00000010270000001027000000e803000000cb010121d2eee2e0f042"))
	require.NoError(t, err)
	c, err := ParseCommand(data)
	require.NoError(t, err)
	assert.Equal(t, Item{
		Password: 30, Operation: OperationSaleReturn, Quantity: 1_000_000, Price: 10000, Sum: 10000, Tax: 1000,
		Rate: 0xCB, Department: 1, Method: 1, Subject: 33, Name: data[32:],
	}, c)
	assert.Equal(t, "Товар", charset.CP1251String(data[32:]))
	vat, ok := VATOfRateByte(0xCB)
	assert.True(t, ok)
	assert.Equal(t, uint8(11), vat)
}

func TestItemMayLeaveTheTaxToTheRegister(t *testing.T) {
	f, _, _, err := ParseFrame2(nil, unhex(t, "8F2900 1000 FF46 01000000 01 40420F000000 E803000000 E803000000 FFFFFFFFFF 02 01 04 01 D2EEE2E0F02032 3601"))
	require.NoError(t, err)
	c, err := ParseCommand(f.Data)
	require.NoError(t, err)
	item := c.(Item)
	assert.Equal(t, uint64(NotGiven), item.Tax)
	assert.Equal(t, OperationSale, item.Operation)
	assert.Equal(t, RateByte(2), item.Rate)
	assert.Equal(t, uint64(1000), item.Sum)
}

func TestReceiptClosingOfARealRegister(t *testing.T) {
	data, _, err := ParseFrame1(unhex(t, "0287ff451e00000010270000006400000000f4010000005802000000bc0200000020030000008403000000e8030000004c04000000b00400000014050000007805000000dc05000000c8000000002c010000009001000000006400000000c8000000002c010000009001000000f401000000580200000001d1f2f0eeeae020e4ebff20efe5f7e0f2e86d"))
	require.NoError(t, err)
	var c CloseReceipt
	require.NoError(t, c.Parse(data[2:]))
	assert.Equal(t, [16]uint64{10000, 100, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1300, 1400, 1500, 200, 300, 400}, c.Payments)
	assert.Equal(t, [6]uint64{100, 200, 300, 400, 500, 600}, c.Taxes)
	assert.Equal(t, uint8(1), c.TaxSystem)
	assert.Equal(t, "Строка для печати", charset.CP1251String(c.Text))
}

func TestReceiptClosingV3HasTenTaxesAndGivesChange(t *testing.T) {
	data, _, err := ParseFrame1(unhex(t, "029bff761e00000010270000006400000000f4010000005802000000bc0200000020030000008403000000e8030000004c04000000b00400000014050000007805000000dc05000000c8000000002c010000009001000000006400000000c8000000002c010000009001000000f4010000005802000000bc0200000020030000008403000000e80300000001d1f2f0eeeae020e4ebff20efe5f7e0f2e8b3"))
	require.NoError(t, err)
	var c CloseReceiptV3
	require.NoError(t, c.Parse(data[2:]))
	assert.Equal(t, [10]uint64{100, 200, 300, 400, 500, 600, 700, 800, 900, 1000}, c.Taxes)
	assert.Equal(t, uint64(10000), c.Payments[PaymentCash])

	var r CloseReceiptV3Reply
	require.NoError(t, r.Parse(payloadOf(t, CloseReceiptV3Code, "0210ff7600d007000000d0000000e93d00b5ff")))
	assert.Equal(t, CloseReceiptReply{Change: 2000, Document: 208, FiscalSign: 0xB5003DE9}, r)
}

func TestFoundDocumentBeginsWithItsNumberAndSign(t *testing.T) {
	var r FindDocumentReply
	require.NoError(t, r.Parse(unhex(t, "03 00 1103181435 A3000000 EBEA4B2E 01 204E000000")))
	made, number, sign, ok := r.Head()
	require.True(t, ok)
	assert.Equal(t, DateTime5{Date{2017, 3, 24}, 20, 53}, made)
	assert.Equal(t, uint32(163), number)
	assert.Equal(t, uint32(0x2E4BEAEB), sign)
	assert.Equal(t, uint8(3), r.Type)
}

func TestErrorTextOfARealRegister(t *testing.T) {
	var r ErrorTextReply
	require.NoError(t, r.Parse(unhex(t, "CACAD23A20CDE5E2E5F0EDE0FF20EEEFE5F0E0F6E8FF")))
	assert.Equal(t, "ККТ: Неверная операция", charset.CP1251String(r.Text))
}

func TestStructuresOfTablesAndFields(t *testing.T) {
	f, _, _, err := ParseFrame2(nil, unhex(t, "8F2F0011002D00CFC0D0CECBC820CAC0D1D1C8D0CEC220C820C0C4CCC8CDC8D1D2D0C0D2CED0CEC2000000000000001E0002DB40"))
	require.NoError(t, err)
	var table TableStructureReply
	require.NoError(t, table.Parse(f.Data[2:]))
	assert.Equal(t, "ПАРОЛИ КАССИРОВ И АДМИНИСТРАТОРОВ", charset.CP1251String(table.Name))
	assert.Equal(t, uint16(30), table.Rows)
	assert.Equal(t, uint8(2), table.Fields)

	var field FieldStructureReply
	require.NoError(t, field.Parse(payloadOf(t, FieldStructureCode, "022e2e0052555320d7c0d1cec2c0df20c7cecdc00000000000000000000000000000000000000000000000000001010b8e")))
	assert.Equal(t, "RUS ЧАСОВАЯ ЗОНА", charset.CP1251String(field.Name))
	assert.Equal(t, FieldBinary, field.Type)
	assert.Equal(t, []byte{1}, field.Min)
	assert.Equal(t, []byte{11}, field.Max)

	require.NoError(t, field.Parse(payloadOf(t, FieldStructureCode, "022e2e0053455249414c204e554d4245520000000000000000000000000000000000000000000000000000000115000037")))
	assert.Equal(t, FieldText, field.Type)
	assert.Equal(t, uint8(21), field.Size)
	assert.Equal(t, []byte{0}, field.Max)
}

func TestRegisterNumbersTakeOneByteOrTwo(t *testing.T) {
	data, _, err := ParseFrame1(unhex(t, "02071a1e000000d910ca"))
	require.NoError(t, err)
	c, err := ParseCommand(data)
	require.NoError(t, err)
	assert.Equal(t, ReadMoneyRegister{Password: 30, Number: 0x10D9}, c)

	short := ReadOperationRegister{Password: 1, Number: 152}.AppendTo(nil)
	assert.Equal(t, unhex(t, "1B 01000000 98"), short)
	long := ReadOperationRegister{Password: 1, Number: 152, Wide: true}.AppendTo(nil)
	assert.Equal(t, unhex(t, "1B 01000000 9800"), long)
}

func TestLastRegistrationHasFourLengths(t *testing.T) {
	for _, want := range []LastRegistrationReply{
		{Document: 1, FiscalSign: 2},
		{Document: 1, FiscalSign: 2, HasDateTime: true, DateTime: DateTime5{Date{2026, 1, 2}, 3, 4}},
		{Document: 1, FiscalSign: 2, HasExtended: true, Reasons: 5, OFDINN: [12]byte{'7'}},
		{Document: 1, FiscalSign: 2, HasExtended: true, HasDateTime: true, ExtendedMode: 9, DateTime: DateTime5{Date{2026, 1, 2}, 3, 4}},
	} {
		want.Registered = DateTime5{Date{2025, 12, 31}, 23, 59}
		var got LastRegistrationReply
		require.NoError(t, got.Parse(want.AppendTo(nil)))
		assert.Equal(t, want, got)
	}
}
