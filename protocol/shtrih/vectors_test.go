package shtrih

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vector is a command, an answer or both, from outside; see
// testdata/shtrih/README.md.
type vector struct {
	Proto   int
	Name    string
	Request string
	Answer  string
	Source  string
}

func loadVectors(t testing.TB) []vector {
	t.Helper()
	var all []vector
	for _, name := range []string{"vectors.json", "exchanges.json"} {
		raw, err := os.ReadFile("../../testdata/shtrih/" + name)
		require.NoError(t, err)
		var some []vector
		require.NoError(t, json.Unmarshal(raw, &some), name)
		all = append(all, some...)
	}
	require.Greater(t, len(all), 80)
	return all
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return b
}

// data takes DATA out of a vector's frame. It is nil for a sync and for a frame
// with no DATA.
func (v vector) data(t testing.TB, frame string) []byte {
	t.Helper()
	raw := unhex(t, frame)
	switch v.Proto {
	case 1:
		data, n, err := ParseFrame1(raw)
		require.NoError(t, err)
		require.Equal(t, len(raw), n)
		return data
	case 2:
		f, _, n, err := ParseFrame2(nil, raw)
		require.NoError(t, err)
		require.Equal(t, len(raw), n)
		return f.Data
	}
	return raw
}

func TestFramesFromOutsideParseAndEncodeToTheSameBytes(t *testing.T) {
	for _, v := range loadVectors(t) {
		for _, frame := range []string{v.Request, v.Answer} {
			if frame == "" || v.Proto == 0 {
				continue
			}
			raw := unhex(t, frame)
			var again []byte
			if v.Proto == 1 {
				again = AppendFrame1(nil, v.data(t, frame))
			} else if f, _, _, err := ParseFrame2(nil, raw); assert.NoError(t, err) {
				again = AppendFrame2(nil, f.Num, f.Data)
				if f.Sync {
					again = AppendSync2(nil)
				}
			}
			assert.Equal(t, raw, again, "%s from %s", v.Name, v.Source)
		}
	}
}

func TestCommandsFromOutsideParseAndEncodeToTheSameBytes(t *testing.T) {
	seen := map[Code]bool{}
	for _, v := range loadVectors(t) {
		if v.Request == "" {
			continue
		}
		data := v.data(t, v.Request)
		code, _, ok := SplitCode(data)
		if !ok || kinds[code].parse == nil {
			continue
		}
		c, err := ParseCommand(data)
		require.NoError(t, err, "%s from %s", v.Name, v.Source)
		assert.Equal(t, code, c.Code())
		assert.Equal(t, data, c.AppendTo(nil), "%s from %s", v.Name, v.Source)
		if k, ok := c.(Checker); ok {
			assert.NoError(t, k.Check(), v.Name)
		}
		seen[code] = true
	}
	assert.Equal(t, []Code{
		PrintBoldCode, BeepCode, SetPortParametersCode, ReadPortParametersCode, TechnologicalResetCode,
		PrintStringCode, DocumentHeaderCode, TestRunCode, ReadOperationRegisterCode, SetTimeCode, SetDateCode,
		ConfirmDateCode, ResetTablesCode, CutCode, GeneralResetCode, OpenDrawerCode, FeedCode, StopTestRunCode,
		PrintOperationRegistersCode, XReportCode, ZReportCode, DepartmentReportCode, TaxReportCode, CashInCode,
		CashOutCode, PrintClicheCode, EndDocumentCode, PrintAdvertisingCode, SaleItemCode, PurchaseItemCode,
		SaleReturnItemCode, PurchaseReturnItemCode, StornoCode, CloseReceiptV1Code, DiscountCode, SurchargeCode,
		CancelReceiptCode, SubtotalCode, CancelDiscountCode, CancelSurchargeCode, CopyDocumentCode,
		CloseReceiptExtendedCode, ContinuePrintCode, StorageNumberCode, StorageVersionCode, CancelDocumentCode,
		LastRegistrationCode, WriteBufferCode, RequestDocumentCode, DocumentsWithoutTicketCode, ShiftParametersCode,
		StartShiftOpeningCode, StartShiftClosingCode, CloseShiftCode, ReceiptDiscountCode, RegistrationCode,
		RegistrationParameterCode, SyncRegistersCode, StorageMemoryCode, SendBufferedTLVCode,
	}, unseen(seen), "commands without an example from outside")
}

func TestAnswersFromOutsideParseAndEncodeToTheSameBytes(t *testing.T) {
	seen := map[Code]bool{}
	for _, v := range loadVectors(t) {
		if v.Answer == "" {
			continue
		}
		data := v.data(t, v.Answer)
		code, _, ok := SplitCode(data)
		if !ok {
			continue
		}
		result, payload, err := SplitAnswer(code, data)
		require.NoError(t, err, "%s from %s", v.Name, v.Source)
		assert.Equal(t, data, AppendAnswer(nil, code, result, payload))
		r, ok := NewReply(code)
		if !ok || result != OK {
			continue
		}
		require.NoError(t, r.Parse(payload), "%s from %s", v.Name, v.Source)
		again := r.(interface{ AppendTo([]byte) []byte }).AppendTo(nil)
		assert.Equal(t, payload, append([]byte{}, again...), "%s from %s", v.Name, v.Source)
		seen[code] = true
	}
	assert.Equal(t, []Code{
		PrintBoldCode, BeepCode, SetPortParametersCode, ReadPortParametersCode, TechnologicalResetCode,
		DocumentHeaderCode, TestRunCode, ReadOperationRegisterCode, SetTimeCode, SetDateCode, ConfirmDateCode,
		ResetTablesCode, CutCode, GeneralResetCode, OpenDrawerCode, FeedCode, StopTestRunCode,
		PrintOperationRegistersCode, XReportCode, ZReportCode, DepartmentReportCode, TaxReportCode, CashInCode,
		CashOutCode, PrintClicheCode, EndDocumentCode, PrintAdvertisingCode, SaleItemCode, PurchaseItemCode,
		SaleReturnItemCode, PurchaseReturnItemCode, StornoCode, CloseReceiptV1Code, DiscountCode, SurchargeCode,
		CancelReceiptCode, SubtotalCode, CancelDiscountCode, CancelSurchargeCode, CopyDocumentCode,
		CloseReceiptExtendedCode, ContinuePrintCode, StorageNumberCode, StorageVersionCode, CancelDocumentCode,
		LastRegistrationCode, StartBufferWriteCode, WriteBufferCode, RequestDocumentCode, DocumentsWithoutTicketCode,
		ShiftParametersCode, StartShiftOpeningCode, StartShiftClosingCode, CloseShiftCode, ReceiptDiscountCode,
		RegistrationCode, RegistrationParameterCode, SyncRegistersCode, StorageMemoryCode, SendBufferedTLVCode,
		CloseReceiptV4Code,
	}, unseen(seen), "answers without an example from outside")
}

// unseen lists the codes of this package that are not in seen.
func unseen(seen map[Code]bool) []Code {
	var codes []Code
	for c := range kinds {
		if !seen[c] {
			codes = append(codes, c)
		}
	}
	slices.Sort(codes)
	return codes
}
