package shtrih

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rows reads a table of testdata/shtrih, a map by column for each row.
func rows(t *testing.T, name string) []map[string]string {
	t.Helper()
	f, err := os.Open("../../testdata/shtrih/" + name)
	require.NoError(t, err)
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	all, err := r.ReadAll()
	require.NoError(t, err)
	var out []map[string]string
	for _, record := range all[1:] {
		row := map[string]string{}
		for i, column := range all[0] {
			row[column] = record[i]
		}
		out = append(out, row)
	}
	return out
}

func TestResultTextsAreThoseOfTheErrorList(t *testing.T) {
	for _, row := range rows(t, "errors.csv") {
		code, err := strconv.ParseUint(row["code_hex"], 16, 32)
		require.NoError(t, err)
		if code > 0xFFFF {
			assert.Equal(t, row["meaning_ru"], Extended(code).Text(Russian))
			assert.Equal(t, row["meaning_en"], Extended(code).Text(English))
			assert.Equal(t, Result(code>>16), Extended(code).Result())
			continue
		}
		if code > 0xFF {
			continue // made up by a driver
		}
		r := Result(code)
		assert.True(t, r.Known(), row["code_hex"])
		for family, name := range map[Family]string{FR: "fr", KY: "ky"} {
			if row["family"] == "both" || row["family"] == name {
				assert.Equal(t, row["meaning_en"], r.Text(family, English), row["code_hex"])
				assert.Equal(t, row["meaning_ru"], r.Text(family, Russian), row["code_hex"])
			}
		}
	}
}

func TestResultIsAnErrorThatWrapsAndCompares(t *testing.T) {
	var err error = &OpError{Op: "sell", Command: OpenReceiptCode, Err: WrongMode}
	assert.ErrorIs(t, err, WrongMode)
	assert.NotErrorIs(t, err, Password)
	assert.Equal(t, "sell: open receipt (8Dh): 73h wrong mode", err.Error())
	assert.Equal(t, "open: no link with the register", (&OpError{Op: "open", Err: ErrNoLink}).Error())
	var r Result
	require.ErrorAs(t, fmt.Errorf("line 3: %w", err), &r)
	assert.Equal(t, WrongMode, r)
	assert.NoError(t, OK.Err())
	assert.Equal(t, error(WrongMode), WrongMode.Err())
}

func TestResultOfNoListHasATextStill(t *testing.T) {
	assert.False(t, Result(0xFE).Known())
	assert.Equal(t, "FEh unknown error", Result(0xFE).Error())
	assert.Equal(t, "неизвестная ошибка", Result(0xFE).Russian())
	assert.Equal(t, "do a Z report", ZReportNeeded.English(), "known to the other family only")
	assert.Equal(t, "impossible in an open receipt of this type", WrongReceiptType.Text(FR, English))
	assert.Equal(t, "payment 5-16 out of range", WrongReceiptType.Text(KY, English))
}

func TestModeNamesAreThoseOfTheModeList(t *testing.T) {
	for _, row := range rows(t, "modes.csv") {
		if row["mode"] == "submode" {
			n, err := strconv.Atoi(row["submode_or_status"])
			require.NoError(t, err)
			assert.Equal(t, row["name_ru"], Submode(n).Text(Russian))
			continue
		}
		mode, err := strconv.Atoi(row["mode"])
		require.NoError(t, err)
		status := 0
		if row["submode_or_status"] != "-" {
			status, err = strconv.Atoi(row["submode_or_status"])
			require.NoError(t, err)
		}
		b := MakeModeByte(Mode(mode), uint8(status))
		english, _, _ := strings.Cut(row["name_en"], " (")
		assert.Equal(t, english, b.Text(English))
		if mode != 14 && mode != 0 {
			assert.Equal(t, row["name_ru"], b.Text(Russian))
		}
		assert.Equal(t, Mode(mode), b.Mode())
		assert.Equal(t, uint8(status), b.Status())
	}
	assert.Equal(t, ModeByte(0x28), MakeModeByte(ModeDocumentOpen, uint8(SaleReturn)))
	for b := range 256 {
		assert.NotEmpty(t, ModeByte(b).String())
		assert.NotEmpty(t, Submode(b).String())
	}
}

func TestRateBytesGoBothWays(t *testing.T) {
	list := rows(t, "rates.csv")
	assert.Len(t, list, 12)
	for _, row := range list {
		vat, err := strconv.Atoi(row["vat"])
		require.NoError(t, err)
		rate, err := strconv.ParseUint(row["rate_hex"], 16, 8)
		require.NoError(t, err)
		assert.Equal(t, byte(rate), RateByte(uint8(vat)))
		got, ok := VATOfRateByte(byte(rate))
		assert.True(t, ok)
		assert.Equal(t, uint8(vat), got)
	}
	known := 0
	for b := range 256 {
		if _, ok := VATOfRateByte(byte(b)); ok {
			known++
		}
	}
	assert.Equal(t, 12, known)
	assert.Zero(t, RateByte(0))
	assert.Zero(t, RateByte(13))
}

func TestReceiptTypesAndOperationsAreInDifferentOrder(t *testing.T) {
	for receipt, operation := range map[ReceiptType]Operation{
		Sale: OperationSale, Purchase: OperationPurchase, SaleReturn: OperationSaleReturn, PurchaseReturn: OperationPurchaseReturn,
	} {
		assert.Equal(t, operation, receipt.Operation())
		back, ok := operation.ReceiptType()
		assert.True(t, ok)
		assert.Equal(t, receipt, back)
	}
	assert.Zero(t, ReceiptType(4).Operation())
	_, ok := Operation(0).ReceiptType()
	assert.False(t, ok)
}

// The list has the length of DATA of each command: a number, or the fixed part
// and a letter for the rest.
func TestCommandLengthsAreThoseOfTheCommandList(t *testing.T) {
	found := 0
	for _, row := range rows(t, "commands.csv") {
		n, err := strconv.ParseUint(row["code"], 16, 16)
		require.NoError(t, err)
		kind, ok := kinds[Code(n)]
		if !ok {
			continue
		}
		found++
		assert.Equal(t, row["name_en"], Code(n).Name())
		fixed, _, open := strings.Cut(row["request_len"], "+")
		want, err := strconv.Atoi(fixed)
		require.NoError(t, err)
		switch Code(n) {
		case PrintBoldCode, PrintStringCode, PrintStringFontCode:
			open = true // the list counts the usual text; registers take other lengths
			want = map[Code]int{PrintBoldCode: 6, PrintStringCode: 6, PrintStringFontCode: 7}[Code(n)]
		case SaleItemCode, PurchaseItemCode, SaleReturnItemCode, PurchaseReturnItemCode, StornoCode,
			CloseReceiptV1Code, CloseReceiptExtendedCode,
			DiscountCode, SurchargeCode, CancelDiscountCode, CancelSurchargeCode:
			open = true // the same
			want -= TextV1
		case ReceiptDiscountCode:
			open = true // the same
			want -= maxItemName
		case ReadMoneyRegisterCode, ReadOperationRegisterCode:
			open = true // a byte more for the long numbers
		case ErrorTextCode:
			open = true // or no code at all: the last error (log in fr_drv_ng issue 236)
			want--
		}
		var accepted []int
		for size := range 260 {
			parameters := make([]byte, size)
			if Code(n) == WriteBufferCode && size > writeBufferHead {
				parameters[6] = byte(size - writeBufferHead)
			}
			if _, err := kind.parse(parameters); err == nil {
				accepted = append(accepted, size+len(AppendCode(nil, Code(n))))
			} else {
				var length *LengthError
				require.ErrorAs(t, err, &length)
				assert.Equal(t, Code(n), length.Command)
				assert.Equal(t, size, length.Got)
			}
		}
		require.NotEmpty(t, accepted, row["code"])
		if open {
			assert.Contains(t, []int{want, want + 1}, accepted[0], row["code"])
			assert.Greater(t, len(accepted), 1, row["code"])
		} else {
			assert.Equal(t, []int{want}, accepted, row["code"])
		}
	}
	assert.Len(t, kinds, found)
}

// The same for answers; the list counts code and result too.
func TestAnswerLengthsAreThoseOfTheCommandList(t *testing.T) {
	for _, row := range rows(t, "commands.csv") {
		n, _ := strconv.ParseUint(row["code"], 16, 16)
		c := Code(n)
		r, ok := NewReply(c)
		if !ok || c == FieldStructureCode { // whose length depends on a byte of it
			continue
		}
		head := len(AppendCode(nil, c)) + 1
		var accepted []int
		for size := range 254 {
			if r.Parse(make([]byte, size)) == nil {
				accepted = append(accepted, size+head)
			}
		}
		require.NotEmpty(t, accepted, row["code"])
		text := strings.NewReplacer(" or ", ",", " ", "").Replace(row["answer_len"])
		link := c == CloseReceiptV1Code || c == CloseReceiptExtendedCode // the list counts the answer without it
		if strings.ContainsAny(text, "+") || text == "" || link {
			assert.Greater(t, len(accepted), 1, row["code"])
			continue
		}
		for _, part := range strings.Split(text, ",") {
			want, err := strconv.Atoi(part)
			require.NoError(t, err, "%s: %q", row["code"], row["answer_len"])
			assert.Contains(t, accepted, want, row["code"])
		}
		assert.LessOrEqual(t, len(accepted), 4, row["code"])
	}
}

func TestSumsThatDoNotFitAreRefusedBeforeTheyAreCut(t *testing.T) {
	for _, c := range []Checker{
		Item{Price: NotGiven + 1}, Item{Sum: NotGiven + 1}, Item{Tax: NotGiven + 1}, Item{Quantity: MaxQuantity + 1},
		Item{Name: make([]byte, 129)}, CloseReceipt{Payments: [16]uint64{3: NotGiven + 1}}, CloseReceipt{Text: make([]byte, 65)},
		CloseReceiptV3{Taxes: [10]uint64{9: NotGiven + 1}}, CashIn{Sum: NotGiven + 1}, CashOut{Sum: NotGiven + 1},
		SendTLV{TLV: make([]byte, 251)}, ItemTLV{TLV: make([]byte, 251)}, WriteTable{Value: make([]byte, 247)},
		PrintString{Text: make([]byte, 249)},
		SaleItem{Quantity: MaxQuantityV1 + 1}, PurchaseItem{Price: NotGiven + 1}, SaleReturnItem{Text: make([]byte, 236)},
		PurchaseReturnItem{Price: NotGiven + 1}, Storno{Quantity: MaxQuantityV1 + 1},
		Discount{Sum: NotGiven + 1}, Surcharge{Text: make([]byte, 242)}, CancelDiscount{Sum: NotGiven + 1},
		CancelSurcharge{Sum: NotGiven + 1}, CloseReceiptV1{Payments: [4]uint64{3: NotGiven + 1}},
		CloseReceiptV1{Text: make([]byte, 225)}, CloseReceiptExtended{Payments: [16]uint64{15: NotGiven + 1}},
		CloseReceiptExtended{Text: make([]byte, 165)}, CloseReceiptV4{Taxes: [12]uint64{11: NotGiven + 1}},
		CloseReceiptV4{Text: make([]byte, 65)}, ReceiptDiscount{Discount: NotGiven + 1},
		ReceiptDiscount{Surcharge: NotGiven + 1}, ReceiptDiscount{Text: make([]byte, 129)},
		WriteBuffer{Data: make([]byte, 247)}, Service{Data: make([]byte, 253)},
	} {
		var r *RangeError
		assert.True(t, errors.As(c.Check(), &r), "%T", c)
	}
	for _, c := range []interface {
		Command
		Checker
	}{
		Item{Sum: NotGiven, Tax: NotGiven}, SaleItem{Quantity: MaxQuantityV1, Text: make([]byte, 235)},
		Discount{Sum: MaxMoney, Text: make([]byte, 241)}, CloseReceiptV1{Text: make([]byte, 224)},
		CloseReceiptExtended{Text: make([]byte, 164)}, WriteBuffer{Data: make([]byte, 246)}, Service{Data: make([]byte, 252)},
	} {
		assert.NoError(t, c.Check(), "%T", c)
		assert.LessOrEqual(t, len(c.AppendTo(nil)), MaxData1, "%T", c)
	}
	assert.Panics(t, func() { CashIn{Sum: NotGiven + 1}.AppendTo(nil) })
	assert.Panics(t, func() { Item{Quantity: MaxQuantity + 1}.AppendTo(nil) })
	assert.Panics(t, func() { SetDate{Date: Date{Year: 1999}}.AppendTo(nil) })
}

func TestAnswersAreTakenApart(t *testing.T) {
	r, payload, err := SplitAnswer(OpenReceiptCode, []byte{0x8D, 0, 30})
	require.NoError(t, err)
	assert.Equal(t, OK, r)
	assert.Equal(t, []byte{30}, payload)

	r, _, err = SplitAnswer(CloseReceiptCode, []byte{0xFF, 0x45, 0x4D})
	require.NoError(t, err)
	assert.Equal(t, NonCashAboveTotal, r)

	// Very old registers leave the second byte of the code out.
	r, _, err = SplitAnswer(CloseReceiptCode, []byte{0xFF, 0x37})
	require.NoError(t, err)
	assert.Equal(t, UnknownCommand, r)

	// fr_drv_ng issue 50: a register answered 11h with the answer to 1Eh.
	_, _, err = SplitAnswer(FullStatusCode, []byte{0x1E, 0})
	require.ErrorIs(t, err, ErrEcho)
	for _, data := range [][]byte{nil, {0x8D}, {0xFF}, {0xFF, 0x45}} {
		_, _, err = SplitAnswer(CloseReceiptCode, data)
		require.Error(t, err)
	}
	assert.Equal(t, []byte{0x8D, 0x73}, AppendAnswer(nil, OpenReceiptCode, WrongMode, []byte{1, 2}), "an error carries no payload")
}

func TestDescriptionsNameTheFields(t *testing.T) {
	for data, want := range map[string]string{
		"8D1E00000002": "8Dh open receipt: Password 30, Type sale return",
		"FF461E0000000240420F00000010270000001027000000E803000000CB010121D2EEE2E0F0": `FF46h item v2: Password 30, Operation sale return, Quantity 1000000, Price 100.00, Sum 100.00, Tax 10.00, ` +
			`Rate CBh (1199=11), Department 1, Method 1, Subject 33, Name "Товар"`,
		"801E000000" + "DC05000000" + "8613000000" + "01" + "01000000" + "4D696C6B" + strings.Repeat("00", 36): `80h sale: Password 30, Quantity 1500, Price 49.98, ` +
			`Department 1, Taxes [1 0 0 0], Text "Milk"`,
		"181E000000" + "D7E5EA" + strings.Repeat("00", 27) + "0100": `18h print document header: Password 30, Name "Чек", Number 1`,
		"851E000000" + "1027000000" + strings.Repeat("00", 15) + "0001" + "00000000": `85h close receipt: Password 30, ` +
			`Payments [1=100.00], Discount 256, Taxes [0 0 0 0], Text ""`,
		"FEF3000000":   "FEh service command: Function F3h, Data 000000",
		"FF351E000000": "FF35h start correction: 1e000000",
		"8D1E":         "8Dh open receipt: 1e (shtrih: 8Dh open receipt: parameters of 1 bytes, want 5)",
		"":             "no command code ",
		"FF":           "no command code ff",
	} {
		assert.Equal(t, want, string(AppendDescription(nil, unhex(t, data))))
	}
	for data, want := range map[string]string{
		"8D001E":                           "8Dh open receipt: ok: Operator 30",
		"8D73":                             "8Dh open receipt: error 73h wrong mode",
		"FF63001027000000040000":           "FF63h FN free memory: ok: Documents 10000, Kilobytes 1024",
		"FF7600D007000000D0000000E93D00B5": "FF76h close receipt v3: ok: Change 20.00, Document 208, FiscalSign 3036691945",
		"FF4500D0070000":                   "FF45h close receipt v2: ok: d0070000 (shtrih: FF45h close receipt v2: payload of 4 bytes, want 13 to 18)",
		"FF350000":                         "FF35h start correction: ok: 00",
		"8D":                               "8Dh open receipt",
	} {
		assert.Equal(t, want, string(AppendAnswerDescription(nil, unhex(t, data))))
	}
}
