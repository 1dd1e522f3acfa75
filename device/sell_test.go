package device_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
)

// with runs f on a driver of the fake register in a bubble of fake time.
func with(t *testing.T, f *fake, do func(t *testing.T, r *device.Register), options ...device.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		host, register := newWire()
		defer host.Close()
		go f.serve(register)
		r, err := device.New(t.Context(), device.WrapConn(host), options...)
		require.NoError(t, err)
		defer r.Close()
		do(t, r)
	})
}

func milk() device.Receipt {
	return device.Receipt{
		Operation: device.Sale,
		Items: []device.Item{
			{Name: "Молоко", Price: 8990, Quantity: tlv.Decimal{Mantissa: 2}, Sum: 17980, VATRate: 2, Subject: 1, Method: 4},
			{Name: "Сыр, кг", Price: 65000, Quantity: tlv.Decimal{Mantissa: 346, Scale: 3}, Sum: 22490, VATRate: 1, Subject: 1, Method: 4},
		},
		Total: 40470, Cash: 50000, TaxSystem: 1,
	}
}

func isClosing(data []byte) bool {
	return data[0] == 0xFF && (data[1] == 0x45 || data[1] == 0x76)
}

// on says what becomes of the commands that match.
func on(match func([]byte) bool, what fate) func([]byte, int) fate {
	return func(data []byte, _ int) fate {
		if match(data) {
			return what
		}
		return deliver
	}
}

func refuse(match func([]byte) bool, result byte) func([]byte) []byte {
	return func(data []byte) []byte {
		if !match(data) {
			return nil
		}
		n := 1
		if data[0] == 0xFF {
			n = 2
		}
		return append(slices.Clone(data[:n]), result)
	}
}

func isCode(code ...byte) func([]byte) bool {
	return func(data []byte) bool { return bytes.HasPrefix(data, code) }
}

// The bytes are written by hand from the layouts of 8Dh, FF46h and FF45h.
func TestSaleIsTheseBytes(t *testing.T) {
	f := newFake()
	with(t, f, func(t *testing.T, r *device.Register) {
		doc, err := r.Sell(t.Context(), milk())
		require.NoError(t, err)
		assert.Equal(t, []string{
			hx("8D 1E000000 00"),
			// type, quantity ×10^6, price, sum, tax not given, rate 10 %, department, method, subject, name in CP1251
			hx("FF46 1E000000 01 80841E000000 1E23000000 3C46000000 FFFFFFFFFF 02 01 04 01 CCEEEBEEEAEE"),
			hx("FF46 1E000000 01 904705000000 E8FD000000 DA57000000 FFFFFFFFFF 01 01 04 01 D1FBF02C20EAE3"),
			hx("FF45 1E000000 50C3000000" + strings.Repeat("0000000000", 15) + "00" + strings.Repeat("FFFFFFFFFF", 6) + "01"),
		}, f.executed())
		assert.EqualValues(t, 43, doc.Number)
		assert.EqualValues(t, 283222882, doc.FiscalSign)
		assert.EqualValues(t, 9530, doc.Change)
		assert.Equal(t, "9999078900011295", doc.Storage)
		assert.EqualValues(t, 3, doc.Shift)
		assert.EqualValues(t, 6, doc.Receipt)
		assert.Empty(t, doc.Notes)
		assert.Equal(t, "t=20200320T1524&s=404.70&fn=9999078900011295&i=43&fp=283222882&n=1", doc.QR())
		assert.Equal(t, h("0300"), doc.TLV[:2])
	})
}

func hx(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }

func TestEveryOperationHasItsOwnCodesIn8DhAndFF46h(t *testing.T) {
	for operation, want := range map[device.Operation][2]string{
		device.Sale: {"00", "01"}, device.SaleReturn: {"02", "02"}, device.Purchase: {"01", "03"}, device.PurchaseReturn: {"03", "04"},
	} {
		f := newFake()
		with(t, f, func(t *testing.T, r *device.Register) {
			receipt := milk()
			receipt.Operation = operation
			_, err := r.Sell(t.Context(), receipt)
			require.NoError(t, err)
			sent := f.executed()
			assert.Equal(t, "8d1e000000"+want[0], sent[0])
			assert.Equal(t, "ff461e000000"+want[1], sent[1][:14])
		})
	}
}

func TestVATSumsTravelInTheCommandsAndSwitchTheRegister(t *testing.T) {
	f := newFake()
	with(t, f, func(t *testing.T, r *device.Register) {
		receipt := milk()
		receipt.Items[0].VATSum, receipt.Items[1].VATSum = new(uint64(1635)), new(uint64(3748))
		receipt.VATTotals = []device.VATTotal{{Rate: 1, Sum: 3748}, {Rate: 2, Sum: 1635}}
		doc, err := r.Sell(t.Context(), receipt)
		require.NoError(t, err)
		sent := f.executed()
		assert.Equal(t, hx("1E 1E000000 01 0100 0E 01"), sent[0])
		assert.Contains(t, sent[2], hx("3C46000000 6306000000 02"))
		assert.Contains(t, sent[4], hx("00 A40E000000 6306000000"+strings.Repeat("0000000000", 4)+"01"))
		require.Len(t, doc.Notes, 1)
		assert.Contains(t, doc.Notes[0], "table 1 field 14")

		_, err = r.Sell(t.Context(), milk()) // and back
		require.NoError(t, err)
		assert.Equal(t, hx("1E 1E000000 01 0100 0E 00"), f.executed()[5])
	})
}

func TestForbiddenVATSettingRefusesTheReceipt(t *testing.T) {
	f := newFake()
	with(t, f, func(t *testing.T, r *device.Register) {
		receipt := milk()
		receipt.VATTotals = []device.VATTotal{{Rate: 1, Sum: 1}}
		_, err := r.Sell(t.Context(), receipt)
		require.ErrorIs(t, err, device.ErrRefused)
		assert.Contains(t, err.Error(), "table 1 field 14")
		assert.Empty(t, f.executed())
	}, device.KeepVATSetting())
}

func TestRates5And7CloseWithFF76h(t *testing.T) {
	f := newFake()
	with(t, f, func(t *testing.T, r *device.Register) {
		receipt := milk()
		receipt.Items[0].VATRate, receipt.Items[1].VATRate = 7, 10
		receipt.VATTotals = []device.VATTotal{{Rate: 7, Sum: 856}, {Rate: 10, Sum: 1471}}
		_, err := r.Sell(t.Context(), receipt)
		require.NoError(t, err)
		sent := f.executed()
		closing := sent[len(sent)-1]
		assert.Equal(t, "ff76", closing[:4])
		assert.Len(t, closing, 2*138)
		assert.True(t, strings.HasSuffix(closing, hx("00"+strings.Repeat("0000000000", 6)+"5803000000 0000000000 0000000000 BF05000000 01")), closing)
		assert.Contains(t, sent[2], hx("FFFFFFFFFF 81"))
		assert.Contains(t, sent[3], hx("FFFFFFFFFF 88"))
	})
}

func TestPaymentsHaveTheirPlaces(t *testing.T) {
	f := newFake()
	f.instead = func(data []byte) []byte { // the fake's document knows cash and cards only
		if isClosing(data) {
			return h("FF45 45")
		}
		return nil
	}
	with(t, f, func(t *testing.T, r *device.Register) {
		receipt := milk()
		receipt.Total = 40400 // 70 kopecks of rounding
		receipt.Cash, receipt.Electronic, receipt.Prepaid, receipt.Credit, receipt.Barter = 1, 2, 3, 4, 40390
		_, err := r.Sell(t.Context(), receipt)
		require.ErrorIs(t, err, shtrih.PaymentsBelowTotal)
		sent := f.executed()
		assert.Contains(t, sent[3], hx("FF45 1E000000 0100000000 0200000000"+strings.Repeat("0000000000", 11)+"0300000000 0400000000 C69D000000 46"))
	})
}

func TestTagsGoWholeInCommandsThatFitAFrame(t *testing.T) {
	f := newFake()
	with(t, f, func(t *testing.T, r *device.Register) {
		receipt := milk()
		contact := tag(1008, []byte("+79990000000"))
		long := tag(1084, bytes.Repeat([]byte{'x'}, 196))
		cashier := tag(1203, []byte("123456789012"))
		receipt.Tags = cat(contact, long, cashier)
		receipt.Items[0].Tags = cat(tag(1230, []byte("643")), tag(2108, []byte{11}))
		_, err := r.Sell(t.Context(), receipt)
		require.NoError(t, err)
		sent := f.executed()
		assert.Equal(t, []string{"8d", "ff46", "ff4d", "ff4d", "ff46", "ff0c", "ff45"}, f.codes())
		assert.Equal(t, hx("FF4D 1E000000 CE04 0300 363433"), sent[2])
		assert.Equal(t, hx("FF4D 1E000000 3C08 0100 0B"), sent[3])
		assert.Len(t, sent[5], 2*(2+4+16+200+16))

		receipt.Tags = cat(contact, tag(1084, bytes.Repeat([]byte{'x'}, 229)), cashier)
		_, err = r.Sell(t.Context(), receipt)
		require.NoError(t, err)
		assert.Equal(t, []string{"ff0c", "ff0c", "ff45"}, f.codes()[12:])
	})
}

func TestItemTagsMayGoFirst(t *testing.T) {
	f := newFake()
	with(t, f, func(t *testing.T, r *device.Register) {
		receipt := milk()
		receipt.Items[1].Tags = tag(2108, []byte{11})
		_, err := r.Sell(t.Context(), receipt)
		require.NoError(t, err)
		assert.Equal(t, []string{"8d", "ff46", "ff4d", "ff46", "ff45"}, f.codes())
	}, device.ItemTagsFirst())
}

func TestPrintedLinesAndAnUnprintedReceipt(t *testing.T) {
	f := newFake()
	with(t, f, func(t *testing.T, r *device.Register) {
		receipt := milk()
		receipt.Items[0].PrintLines = []string{"скидка учтена"}
		receipt.PrintLines = []string{"Спасибо!"}
		receipt.NoPrint = true
		_, err := r.Sell(t.Context(), receipt)
		require.NoError(t, err)
		assert.Equal(t, []string{"1e", "8d", "ff46", "17", "ff46", "17", "ff45"}, f.codes())
		assert.Equal(t, hx("1E 1E000000 11 0100 07 01"), f.executed()[0])
		assert.Equal(t, hx("17 1E000000 02 D1EFE0F1E8E1EE21"), f.executed()[5])
	})
}

func TestCashCoreRegisterGetsItemTagsFirstAndKeepsItsTables(t *testing.T) {
	f := newFake()
	f.instead = func(data []byte) []byte {
		if data[0] == 0xFC { // a real ШТРИХ-СМАРТПОС-Ф
			return h("fc00000002002d00d8d2d0c8d52dd1ccc0d0d2cfced12dd4")
		}
		return nil
	}
	with(t, f, func(t *testing.T, r *device.Register) {
		receipt := milk()
		receipt.Items[0].Tags = tag(2108, []byte{0})
		doc, err := r.Sell(t.Context(), receipt)
		require.NoError(t, err)
		assert.Equal(t, []string{"8d", "ff4d", "ff46", "ff46", "ff45"}, f.codes())
		for _, c := range f.commands {
			assert.NotEqual(t, byte(0x1F), c[0])
		}
		assert.Len(t, doc.Notes, 1)
		receipt.NoPrint = true
		_, err = r.Sell(t.Context(), receipt)
		require.ErrorIs(t, err, device.ErrRefused)
	})
}

func TestDocumentLeftHalfReadIsReadOutFirst(t *testing.T) {
	f := newFake()
	f.mode, f.reading = 1, make([]byte, 250)
	f.instead = func(data []byte) []byte {
		if isCode(0xFF, 0x3B)(data) && len(f.reading) == 0 && f.mode == 1 {
			f.mode = 2
		}
		return nil
	}
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.Sell(t.Context(), milk())
		require.NoError(t, err)
	})
}

// Refusals

func TestInvalidReceiptReachesNoRegister(t *testing.T) {
	f := newFake()
	with(t, f, func(t *testing.T, r *device.Register) {
		receipt := milk()
		receipt.Items[1].Sum--
		receipt.Items[1].Sum--
		before := len(f.commands)
		_, err := r.Sell(t.Context(), receipt)
		var invalid *device.InvalidReceiptError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, "items[1].sum", invalid.Problems[0].Path)
		assert.Len(t, f.commands, before)
	})
}

func TestModesAndSubmodesThatForbidASaleAreNamed(t *testing.T) {
	for _, c := range []struct {
		mode, submode byte
		says          string
		like          shtrih.Result
	}{
		{4, 0, "the shift is closed", shtrih.ShiftIsNotOpen},
		{3, 0, "24 hours", shtrih.ShiftOver24Hours},
		{0x08, 0, "sale receipt open", shtrih.WrongMode},
		{0x28, 0, "sale return receipt open", shtrih.WrongMode},
		{6, 0, "date", shtrih.WrongMode},
		{1, 0, "data output", shtrih.WrongMode},
		{2, 1, "no paper", shtrih.NoPaper},
		{2, 2, "paper ended", shtrih.NoPaper},
		{2, 3, "B0h", shtrih.AwaitContinue},
	} {
		f := newFake()
		f.mode, f.submode = c.mode, c.submode
		with(t, f, func(t *testing.T, r *device.Register) {
			_, err := r.Sell(t.Context(), milk())
			require.ErrorIs(t, err, device.ErrRefused, c.says)
			require.ErrorIs(t, err, c.like)
			assert.Contains(t, err.Error(), c.says)
			assert.Empty(t, f.executed())
		})
	}
}

func TestRefusedItemCancelsTheReceipt(t *testing.T) {
	f := newFake()
	f.instead = func(data []byte) []byte {
		if isCode(0xFF, 0x46)(data) && len(f.items) == 1 {
			return h("FF 46 33")
		}
		return nil
	}
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.Sell(t.Context(), milk())
		require.ErrorIs(t, err, shtrih.BadParameters)
		var notSold *device.NotSoldError
		require.ErrorAs(t, err, &notSold)
		assert.True(t, notSold.Cancelled)
		assert.Contains(t, err.Error(), "items[1]")
		assert.Contains(t, err.Error(), "was cancelled")
		assert.Equal(t, []string{"8d", "ff46", "ff46", "88"}, f.codes())
	})
}

func TestRefusedClosingCancelsTheReceipt(t *testing.T) {
	f := newFake()
	f.instead = refuse(isClosing, 0x46)
	with(t, f, func(t *testing.T, r *device.Register) {
		receipt := milk()
		receipt.NoPrint = true
		_, err := r.Sell(t.Context(), receipt)
		require.ErrorIs(t, err, shtrih.NotEnoughCash)
		assert.NotErrorIs(t, err, device.ErrNoLink)
		assert.Equal(t, []string{"1e", "8d", "ff46", "ff46", "ff45", "88", "1e"}, f.codes())
		assert.Equal(t, hx("1E 1E000000 11 0100 07 00"), f.executed()[6], "the next document is printed again")
	})
}

func TestReceiptThatCannotBeCancelledIsSaidToBeOpen(t *testing.T) {
	f := newFake()
	f.instead = func(data []byte) []byte {
		switch {
		case isClosing(data):
			return h("FF 45 46")
		case data[0] == 0x88:
			return h("88 6B")
		}
		return nil
	}
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.Sell(t.Context(), milk())
		var notSold *device.NotSoldError
		require.ErrorAs(t, err, &notSold)
		assert.False(t, notSold.Cancelled)
		assert.ErrorIs(t, notSold.CancelErr, shtrih.NoPaper)
		assert.Contains(t, err.Error(), "may remain open")
	})
}

func TestEndedContextStillCancelsTheReceipt(t *testing.T) {
	f := newFake()
	ctx, cancel := context.WithCancel(t.Context())
	f.fate = func(data []byte, _ int) fate {
		if isCode(0xFF, 0x46)(data) {
			cancel()
		}
		return deliver
	}
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.Sell(ctx, milk())
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, device.ErrNoLink)
		var notSold *device.NotSoldError
		require.ErrorAs(t, err, &notSold)
		assert.True(t, notSold.Cancelled)
		assert.Equal(t, "88", f.codes()[len(f.codes())-1])
	})
}

// Lost answers

func TestLostAckOfTheClosingSellsOnce(t *testing.T) {
	for name, what := range map[string]fate{"ACK": loseACK, "answer": loseAnswer} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.fate = on(isClosing, what)
			with(t, f, func(t *testing.T, r *device.Register) {
				doc, err := r.Sell(t.Context(), milk())
				require.NoError(t, err)
				assert.EqualValues(t, 43, doc.Number)
				assert.Equal(t, []string{"8d", "ff46", "ff46", "ff45"}, f.codes())
			})
		})
	}
}

func TestLinkLostBeforeTheClosingIsSafe(t *testing.T) {
	f := newFake()
	f.fate = on(isCode(0xFF, 0x46), die)
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.Sell(t.Context(), milk())
		require.ErrorIs(t, err, device.ErrNoLink)
		assert.NotErrorIs(t, err, device.ErrOutcomeUnknown)
		var notSold *device.NotSoldError
		require.ErrorAs(t, err, &notSold)
		assert.False(t, notSold.Cancelled)
		var op *device.OpError
		require.ErrorAs(t, err, &op)
		assert.Equal(t, shtrih.ItemCode, op.Command)
	}, device.WithTimeouts(quick()))
}

func TestLinkLostAfterTheClosingLeftIsUnknown(t *testing.T) {
	f := newFake()
	f.fate = on(isClosing, die)
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.Sell(t.Context(), milk())
		require.ErrorIs(t, err, device.ErrOutcomeUnknown)
		assert.NotErrorIs(t, err, device.ErrNoLink)
		var unknown *device.UnknownOutcomeError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, shtrih.CloseReceiptCode, unknown.Command)
		assert.EqualValues(t, 42, unknown.DocumentBefore)
		assert.Zero(t, unknown.DocumentNow)
		assert.Contains(t, err.Error(), "the last document before it was 42")
	}, device.WithTimeouts(quick()))
}

func TestPowerCutAfterTheCommitNamesTheCandidate(t *testing.T) {
	f := newFake()
	f.fate = on(isClosing, powerCut)
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.Sell(t.Context(), milk())
		var unknown *device.UnknownOutcomeError
		require.ErrorAs(t, err, &unknown)
		assert.NotErrorIs(t, err, device.ErrNoLink)
		assert.EqualValues(t, 42, unknown.DocumentBefore)
		assert.EqualValues(t, 43, unknown.DocumentNow)
		assert.Equal(t, []string{"8d", "ff46", "ff46", "ff45"}, f.codes(), "nothing is cancelled or sold again")
	})
}

func TestAnswerThatComesAfterGivingUpIsTheSale(t *testing.T) {
	f := newFake()
	f.fate = on(isClosing, loseAnswer)
	with(t, f, func(t *testing.T, r *device.Register) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*quick().Reaction)
		defer cancel()
		doc, err := r.Sell(ctx, milk()) // the context ends while the answer is waited for
		require.NoError(t, err)
		assert.EqualValues(t, 43, doc.Number)
		assert.Equal(t, []string{"8d", "ff46", "ff46", "ff45"}, f.codes())
		assert.Contains(t, doc.Notes[0], "came late")
	})
}

func TestStorageTroubleAfterTheCommitIsUnknown(t *testing.T) {
	f := newFake()
	f.instead = func(data []byte) []byte {
		if !isClosing(data) {
			return nil
		}
		f.answer(data) // the storage has the document
		return h("FF 45 2F")
	}
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.Sell(t.Context(), milk())
		require.ErrorIs(t, err, device.ErrOutcomeUnknown)
		require.ErrorIs(t, err, shtrih.StorageTimeout)
	})
}

func TestStorageTroubleWithoutADocumentIsARefusal(t *testing.T) {
	f := newFake()
	f.instead = refuse(isClosing, 0x30)
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.Sell(t.Context(), milk())
		require.ErrorIs(t, err, shtrih.StorageSilent)
		assert.NotErrorIs(t, err, device.ErrOutcomeUnknown)
		assert.Equal(t, "88", f.codes()[len(f.codes())-1])
	})
}

func TestClosingThatNeverArrivedIsProvedNotSold(t *testing.T) {
	f := newFake()
	f.fate = func(data []byte, _ int) fate {
		if isClosing(data) {
			return swallow
		}
		return deliver
	}
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.Sell(t.Context(), milk())
		require.ErrorIs(t, err, device.ErrNoLink)
		assert.NotErrorIs(t, err, device.ErrOutcomeUnknown)
		assert.Equal(t, []string{"8d", "ff46", "ff46", "88"}, f.codes())
	})
}

// Reading back

func TestDocumentThatDiffersIsReturnedWithAnError(t *testing.T) {
	f := newFake()
	f.instead = func(data []byte) []byte {
		if !isClosing(data) {
			return nil
		}
		answer := f.answer(data)
		i := bytes.Index(f.last, h("FC03"))
		f.last[i+4]++ // 1020
		return answer
	}
	with(t, f, func(t *testing.T, r *device.Register) {
		doc, err := r.Sell(t.Context(), milk())
		require.ErrorIs(t, err, device.ErrDocumentDiffers)
		assert.Contains(t, err.Error(), "total of 40471 kopecks, 40470 was sold")
		assert.EqualValues(t, 43, doc.Number)
		assert.NotErrorIs(t, err, device.ErrNoLink)
	})
}

func TestSaleThatCannotBeReadBackIsStillASale(t *testing.T) {
	f := newFake()
	f.instead = refuse(isCode(0xFF, 0x3A), 0x37)
	with(t, f, func(t *testing.T, r *device.Register) {
		doc, err := r.Sell(t.Context(), milk())
		require.NoError(t, err)
		assert.EqualValues(t, 43, doc.Number)
		assert.EqualValues(t, 283222882, doc.FiscalSign)
		assert.Nil(t, doc.TLV)
		require.Len(t, doc.Notes, 1)
		assert.Contains(t, doc.Notes[0], "read back")
		assert.Empty(t, doc.QR())
	})
}

func TestMissingDocumentIsNamed(t *testing.T) {
	with(t, newFake(), func(t *testing.T, r *device.Register) {
		_, err := r.Document(t.Context(), 7)
		require.ErrorIs(t, err, shtrih.StorageNoData)
		assert.Contains(t, err.Error(), "document 7 is not in the storage")
	})
}

// Other operations

func TestShiftIsOpenedAndClosedWithItsReports(t *testing.T) {
	f := newFake()
	f.mode = 4
	with(t, f, func(t *testing.T, r *device.Register) {
		ctx := t.Context()
		_, err := r.CloseShift(ctx)
		require.ErrorIs(t, err, device.ErrRefused)
		doc, err := r.OpenShift(ctx)
		require.NoError(t, err)
		assert.EqualValues(t, 2, doc.Form)
		assert.EqualValues(t, 43, doc.Number)
		_, err = r.OpenShift(ctx)
		require.ErrorIs(t, err, shtrih.ShiftIsOpen)
		require.NoError(t, r.XReport(ctx))
		require.NoError(t, r.CashIn(ctx, 10_000))
		require.NoError(t, r.CashOut(ctx, 5_000))
		require.Error(t, r.CashIn(ctx, 0))
		require.ErrorIs(t, r.Cancel(ctx), device.ErrRefused)
		doc, err = r.CloseShift(ctx)
		require.NoError(t, err)
		assert.EqualValues(t, 5, doc.Form)
		assert.Equal(t, []string{
			"e01e000000", "401e000000", "501e0000001027000000", "511e0000008813000000", "411e000000",
		}, f.executed())
	})
}

func TestShiftWithoutAnAnswerNamesTheDocuments(t *testing.T) {
	f := newFake()
	f.fate = on(isCode(0x41), powerCut)
	with(t, f, func(t *testing.T, r *device.Register) {
		_, err := r.CloseShift(t.Context())
		var unknown *device.UnknownOutcomeError
		require.ErrorAs(t, err, &unknown)
		assert.EqualValues(t, 42, unknown.DocumentBefore)
		assert.EqualValues(t, 43, unknown.DocumentNow)
	})
}

func TestOpenReceiptIsCancelled(t *testing.T) {
	f := newFake()
	f.mode = 0x08
	with(t, f, func(t *testing.T, r *device.Register) {
		require.NoError(t, r.Cancel(t.Context()))
		assert.Equal(t, []string{"88"}, f.codes())
	})
}

func TestStatusPutsTheAnswersTogether(t *testing.T) {
	with(t, newFake(), func(t *testing.T, r *device.Register) {
		s, err := r.Status(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "РИТЕЙЛ-01", s.Model)
		assert.Equal(t, "T3.7196", s.Firmware)
		assert.Equal(t, time.Date(2026, 1, 14, 13, 47, 4, 0, time.UTC), s.Time)
		assert.Equal(t, shtrih.ModeShiftOpen, s.Mode.Mode())
		assert.EqualValues(t, 42, s.LastDocument)
		assert.Equal(t, "9999078900011295", s.Storage)
		assert.True(t, s.ShiftOpen)
		assert.EqualValues(t, 3, s.Shift)
		assert.EqualValues(t, 5, s.Receipt)
	})
}

func TestRawCommandGivesTheAnswerAsItIs(t *testing.T) {
	with(t, newFake(), func(t *testing.T, r *device.Register) {
		answer, err := r.ExecRaw(t.Context(), h("88 1E000000"))
		require.NoError(t, err)
		assert.Equal(t, h("88 73"), answer)
		_, err = r.ExecRaw(t.Context(), nil)
		require.Error(t, err)
	})
}

func TestOperationsOfManyGoroutinesTakeTurns(t *testing.T) {
	f := newFake()
	with(t, f, func(t *testing.T, r *device.Register) {
		errs := make(chan error)
		const sales = 8
		for range sales {
			go func() {
				_, err := r.Sell(t.Context(), milk())
				errs <- err
			}()
		}
		for range sales {
			require.NoError(t, <-errs)
		}
		assert.EqualValues(t, 42+sales, f.document)
	})
}

// Logs

func TestLogHidesPasswordsAndKeepsBuyersOutOfInfo(t *testing.T) {
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelDebug} {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))
		f := newFake()
		with(t, f, func(t *testing.T, r *device.Register) {
			receipt := milk()
			receipt.Tags = cat(tag(1008, []byte("buyer@example.com")), tag(1227, []byte("Ivanov")), tag(1228, []byte("500100732259")))
			_, err := r.Sell(t.Context(), receipt)
			require.NoError(t, err)
			_, err = r.ExecRaw(t.Context(), h("1E 2A1B0000 02 0500 01 DDCCBBAA")) // a password into table 2
			require.NoError(t, err)
			_, err = r.ExecRaw(t.Context(), h("1F 2A1B0000 02 0500 01"))
			require.NoError(t, err)
		}, device.WithLogger(logger), device.WithPassword(0x1B2A))
		text := strings.ToLower(log.String())
		for _, secret := range []string{"2a1b0000", "6954", "ddccbbaa"} {
			assert.NotContains(t, text, secret, level)
		}
		buyer := hx("62757965724065786D706C652E636F6D")[:10]
		if level == slog.LevelInfo {
			for _, personal := range []string{"buyer@example.com", "ivanov", "500100732259", buyer} {
				assert.NotContains(t, text, personal)
			}
			assert.Contains(t, text, "ff45h")
		} else {
			assert.Contains(t, text, "ff0c********")
		}
	}
}

func TestTraceSeesEveryByte(t *testing.T) {
	var sent, received []byte
	with(t, newFake(), func(t *testing.T, r *device.Register) {
		_, err := askStatus(r)
		require.NoError(t, err)
	}, device.WithTrace(func(d device.Direction, b []byte) {
		if d == device.ToRegister {
			sent = append(sent, b...)
		} else {
			received = append(received, b...)
		}
	}))
	assert.True(t, bytes.HasSuffix(sent, cat(h("05"), h(status10), h("06"))))
	assert.Contains(t, string(received), string(h("06 02 10 10 00 1E")))
}

func TestErrorsKeepTheirClassThroughWrapping(t *testing.T) {
	unknown := error(&device.UnknownOutcomeError{Command: shtrih.CloseReceiptCode, Cause: errors.New("x")})
	err := error(&device.OpError{Op: "sell", Command: shtrih.CloseReceiptCode, Err: unknown})
	assert.ErrorIs(t, err, device.ErrOutcomeUnknown)
	refused := error(&device.RefusedError{Reason: "x", Like: shtrih.NoPaper})
	assert.ErrorIs(t, refused, device.ErrRefused)
	assert.NotErrorIs(t, refused, shtrih.WrongMode)
}
