package fn_test

import (
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// The expected codes are those of testdata/fn/commands.csv (columns allowed_phases, allowed_when, codes_possible) and
// testdata/fn/codes.csv.

func TestNewStorageWaitsForRegistration(t *testing.T) {
	r := newRig(t, ffd.FFD12)
	assert.True(t, r.s.Fresh())
	assert.Equal(t, fnlink.StatusReply{Phase: 1, Number: fnlink.StorageNumberOf(testNumber)}, r.status())
	var f fnlink.FormatReply
	r.ok(fnlink.Format{}, &f)
	assert.Equal(t, fnlink.FormatReply{Current: 0, Highest: 4}, f)
}

func TestBeforeRegistrationOnlyRegistrationCanBegin(t *testing.T) {
	r := newRig(t, ffd.FFD12)
	for _, c := range []fnlink.Command{
		fnlink.BeginShiftOpening{At: day1}, fnlink.BeginShiftClosing{At: day1}, fnlink.BeginReceipt{At: day1},
		fnlink.OpenShift{}, fnlink.CloseShift{}, fnlink.FormReceipt{At: day1, Operation: 1},
		fnlink.ShiftState{}, fnlink.ExchangeStatus{}, fnlink.RegistrationData{}, r.makeRegistration(0), r.cashier(),
	} {
		r.refused(fnlink.WrongState, c)
	}
}

func TestRegistrationIsDocument1AndOpensTheFiscalPhase(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newRig(t, v)
		reply := r.register()
		assert.EqualValues(t, 1, reply.Document)
		assert.False(t, r.s.Fresh())
		s := r.status()
		assert.Equal(t, fnlink.PhaseFiscal, s.Phase)
		assert.EqualValues(t, 1, s.LastDocument)
		assert.Equal(t, at(9, 0), s.LastAt)

		var data fnlink.RegistrationDataReply
		r.ok(fnlink.RegistrationData{}, &data)
		assert.Equal(t, testINN, data.INN.String())
		assert.Equal(t, testRNM, data.Number.String())
		assert.Equal(t, reply.Sign, data.Sign)
		assert.Equal(t, v >= ffd.FFD11, data.Extended)

		var f fnlink.FormatReply
		r.ok(fnlink.Format{}, &f)
		assert.Equal(t, map[ffd.Version]byte{ffd.FFD105: 1, ffd.FFD11: 3, ffd.FFD12: 4}[v], f.Current)
	})
}

func TestRegistrationIsPossibleOnce(t *testing.T) {
	r := newRig(t, ffd.FFD12)
	r.register()
	r.refused(fnlink.WrongState, fnlink.BeginRegistration{FFD: 4})
	r.refused(fnlink.WrongState, fnlink.BeginRegistration105{})
}

func TestRegistrationCommandsOfAnotherFFDAreRefused(t *testing.T) {
	r := newRig(t, ffd.FFD12)
	r.refused(fnlink.WrongFormatVersion, fnlink.BeginRegistration{FFD: 2})
	r.beginRegistration()
	r.ok(fnlink.SendData{TLV: r.registrationData()}, fnlink.NoReply{})
	r.v = ffd.FFD105
	r.refused(fnlink.WrongState, r.makeRegistration(0)) // 03h after A2h
}

func TestWrongRegistrationNumberIsRefused09(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newRig(t, v)
		r.beginRegistration()
		r.ok(fnlink.SendData{TLV: r.registrationData()}, fnlink.NoReply{})
		good := r.makeRegistration(0).AppendTo(nil)
		bad := slices.Clone(good)
		bad[1+5+12+15]++ // the last digit of the check number
		code, _, _, _ := fnlink.ParseAnswer(r.s.Exec(nil, bad))
		assert.Equal(t, fnlink.BadParameter, code)
		assert.True(t, r.s.Fresh())
		code, _, _, _ = fnlink.ParseAnswer(r.s.Exec(nil, good))
		assert.Equal(t, fnlink.OK, code, "the report can still be formed")
	})
}

func TestContradictingRegistrationParametersAreRefused09(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newRig(t, v)
		r.beginRegistration()
		r.ok(fnlink.SendData{TLV: r.registrationData()}, fnlink.NoReply{})
		r.refused(fnlink.BadParameter, r.makeRegistration(1|2)) // encryption without an operator
		if v < ffd.FFD12 {
			r.refused(fnlink.BadParameter, r.makeRegistration(1<<6)) // a bit without meaning
		}
		if v >= ffd.FFD11 {
			c := r.makeRegistration(0).(fnlink.MakeRegistration)
			c.OperatorINN = fnlink.INNOf("000000000000")
			r.refused(fnlink.BadParameter, c) // no operator, and not offline
			c = r.makeRegistration(2).(fnlink.MakeRegistration)
			c.OperatorINN = fnlink.INNOf("7704211201")
			r.refused(fnlink.BadParameter, c) // offline with an operator
			c = r.makeRegistration(0).(fnlink.MakeRegistration)
			c.TaxSystems = 0
			r.refused(fnlink.BadParameter, c)
		}
	})
}

func TestDateThatDoesNotExistIsRefused07(t *testing.T) {
	r := newRig(t, ffd.FFD12)
	r.beginRegistration()
	r.ok(fnlink.SendData{TLV: r.registrationData()}, fnlink.NoReply{})
	c := r.makeRegistration(0).(fnlink.MakeRegistration)
	c.At = fnlink.DateTime{26, 2, 30, 10, 0}
	r.refused(fnlink.BadDateTime, c)

	r = newRig(t, ffd.FFD12)
	r.register()
	r.refused(fnlink.BadDateTime, fnlink.BeginShiftOpening{At: fnlink.DateTime{26, 13, 1, 10, 0}})
	r.refused(fnlink.BadDateTime, fnlink.BeginShiftOpening{At: fnlink.DateTime{26, 12, 1, 24, 0}})
}

func TestReceiptWithoutShiftIsRefused02(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newRig(t, v)
		r.register()
		r.refused(fnlink.WrongState, fnlink.BeginReceipt{At: day1})
		r.refused(fnlink.WrongState, fnlink.BeginShiftClosing{At: day1})
	})
}

func TestSecondShiftOpeningIsRefused02(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.refused(fnlink.WrongState, fnlink.BeginShiftOpening{At: day1})
}

func TestDocumentBegunBlocksAnother(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
	r.refused(fnlink.WrongState, fnlink.BeginReceipt{At: day1})
	r.refused(fnlink.WrongState, fnlink.BeginShiftClosing{At: day1})
	assert.Equal(t, fnlink.DocReceipt, r.status().Document)
	assert.False(t, r.status().HasData)
	r.ok(r.cashier(), fnlink.NoReply{})
	assert.True(t, r.status().HasData)
	r.ok(fnlink.Cancel{}, fnlink.NoReply{})
	assert.Equal(t, fnlink.NoDocument, r.status().Document)
	assert.False(t, r.status().HasData)
}

func TestDocumentWithoutDataIsNotFormed(t *testing.T) {
	r := newRig(t, ffd.FFD105)
	r.beginRegistration()
	r.refused(fnlink.WrongState, r.makeRegistration(0))
	r = newRig(t, ffd.FFD12)
	r.register()
	r.ok(fnlink.BeginShiftOpening{At: day1}, fnlink.NoReply{})
	r.refused(fnlink.WrongState, fnlink.OpenShift{})
	r.ok(fnlink.Cancel{}, fnlink.NoReply{})
	r.openShift(day1)
	r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
	r.refused(fnlink.WrongState, fnlink.FormReceipt{At: day1, Operation: 1, Total: 1})
	r.ok(fnlink.Cancel{}, fnlink.NoReply{})
	r.ok(fnlink.BeginShiftClosing{At: day1}, fnlink.NoReply{})
	r.refused(fnlink.WrongState, fnlink.CloseShift{})
}

func TestReportIsFormedByItsOwnCommandOnly(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.begin(cashSale(100), day1)
	r.refused(fnlink.WrongState, fnlink.CloseShift{})
	r.refused(fnlink.WrongState, fnlink.OpenShift{})
	r.refused(fnlink.WrongState, r.makeRegistration(0))
}

func TestCancelledDocumentTakesNoNumber(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	first := r.sell(cashSale(100), day1)
	r.begin(cashSale(200), day1)
	before := r.s.Hash()
	r.ok(fnlink.Cancel{}, fnlink.NoReply{})
	assert.Equal(t, before, r.s.Hash())
	second := r.sell(cashSale(300), day1)
	assert.Equal(t, first.Document+1, second.Document)
	assert.Equal(t, first.Receipt+1, second.Receipt)
}

func TestShiftOlderThan24HoursRefusesReceipts(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newOpenRig(t, v)
		r.sell(cashSale(100), at(24+10, 0)) // 24 hours to the minute
		r.refused(fnlink.ShiftOver24Hours, fnlink.BeginReceipt{At: at(24+10, 1)})
		r.closeShift(at(24+10, 2)) // closing stays possible
		r.openShift(at(24+10, 3))
		r.sell(cashSale(100), at(24+10, 4))
	})
}

func TestTimeGoesForwardOnly(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newRig(t, v)
		r.register() // 9:00
		r.refused(fnlink.BadDateTime, fnlink.BeginShiftOpening{At: at(8, 59)})
		r.openShift(at(10, 0))
		r.refused(fnlink.BadDateTime, fnlink.BeginReceipt{At: at(9, 59)})
		r.refused(fnlink.BadDateTime, fnlink.BeginShiftClosing{At: at(9, 59)})
		r.begin(cashSale(100), at(11, 0))
		r.refused(fnlink.BadDateTime, fnlink.FormReceipt{At: at(10, 59), Operation: 1, Total: 100})
		r.refused(fnlink.BadDateTime, fnlink.FormReceipt{At: at(24+10, 1), Operation: 1, Total: 100})
		r.ok(fnlink.FormReceipt{At: at(11, 5), Operation: 1, Total: 100}, new(fnlink.FormReceiptReply))
		assert.Equal(t, at(11, 5), r.status().LastAt)
	})
}

func TestReceiptIsRefused17WhenClockAndTimerDisagree(t *testing.T) {
	now := time.Unix(0, 0)
	r := openRig(t, ffd.FFD12, fn.Config{FS: journal.NewMemory(), Timer: func() time.Time { return now }})
	r.register()
	r.openShift(at(10, 0))
	now = now.Add(10 * time.Minute)
	r.refused(fnlink.TimeGap, fnlink.BeginReceipt{At: at(10, 16)}) // 16 minutes by the clock, 10 by the timer
	r.refused(fnlink.TimeGap, fnlink.BeginReceipt{At: at(10, 4)})
	r.sell(cashSale(100), at(10, 15))
	now = now.Add(time.Hour)
	r.closeShift(at(10, 16)) // only receipts are refused
	r.openShift(at(10, 17))
	r.sell(cashSale(100), at(10, 18))
}

func TestTagThatTheStorageFormsIsRefused0B(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newOpenRig(t, v)
		r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
		for _, tag := range []tlv.Tag{1012, 1018, 1020, 1037, 1038, 1040, 1041, 1042, 1054, 1077} {
			list := text(nil, ffd.Cashier, "IVANOV")
			list = tlv.AppendUint32(list, tag, 1)
			r.refused(fnlink.TagNotAllowed, fnlink.SendData{TLV: list}, byte(tag), byte(tag>>8))
		}
		version := fnlink.SendData{TLV: tlv.AppendByte(nil, 1209, byte(v))}
		if v == ffd.FFD105 {
			r.ok(version, fnlink.NoReply{}) // there the register sends it
		} else {
			r.refused(fnlink.TagNotAllowed, version, 0xB9, 0x04)
		}
	})
}

func TestRegistrationTagsOfTheStorageAreRefused0B(t *testing.T) {
	for v, list := range map[ffd.Version][]tlv.Tag{
		ffd.FFD105: {1056, 1002, 1001, 1109, 1110, 1108, 1062},
		ffd.FFD11:  {1056, 1002, 1001, 1109, 1110, 1108, 1062, 1126, 1193, 1207, 1221, 1190, 1213, 1017},
		ffd.FFD12:  {1056, 1002, 1001, 1062, 1290, 1190, 1213, 1017},
	} {
		r := newRig(t, v)
		r.beginRegistration()
		for _, tag := range list {
			r.refused(fnlink.TagNotAllowed, fnlink.SendData{TLV: tlv.AppendByte(nil, tag, 0)}, byte(tag), byte(tag>>8))
		}
	}
}

func TestRepeatedTagIsRefused0CUnlessItMayRepeat(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newOpenRig(t, v)
		r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
		item := tlv.AppendBytes(nil, ffd.Subject, cashSale(100).item(v))
		r.ok(fnlink.SendData{TLV: append(slices.Clone(item), item...)}, fnlink.NoReply{})
		r.ok(fnlink.SendData{TLV: item}, fnlink.NoReply{})
		cashier := text(nil, ffd.Cashier, "IVANOV")
		r.refused(fnlink.DuplicateTag, fnlink.SendData{TLV: append(slices.Clone(cashier), cashier...)}, 0xFD, 0x03)
		r.ok(fnlink.SendData{TLV: cashier}, fnlink.NoReply{})
		r.refused(fnlink.DuplicateTag, fnlink.SendData{TLV: cashier}, 0xFD, 0x03)
	})
}

func TestItemIsCheckedFromFFD11On(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		good := cashSale(100).item(v)
		without := func(tag tlv.Tag) (b []byte) {
			for r := tlv.NewReader(good); r.Next(); {
				if r.Tag() != tag {
					b = append(b, r.Element()...)
				}
			}
			return b
		}
		with := func(more []byte) []byte { return append(slices.Clone(good), more...) }
		supplier := text(nil, 1226, "7707083893  ")
		for name, c := range map[string]struct {
			item []byte
			code fnlink.Answer
			data []byte
		}{
			"as it should be":            {good, fnlink.OK, nil},
			"repeated tag":               {with(text(nil, 1030, "HLEB")), fnlink.DuplicateTag, []byte{0x06, 0x04}},
			"unknown tag":                {with(text(nil, 64000, "x")), fnlink.BadTag, nil},
			"no price":                   {without(1079), fnlink.BadTag, nil},
			"no subject type":            {without(1212), fnlink.BadTag, nil},
			"supplier without agent":     {with(supplier), fnlink.BadTag, nil},
			"agent and supplier":         {with(tlv.AppendByte(supplier, 1222, 1)), fnlink.OK, nil},
			"agent without supplier":     {with(tlv.AppendByte(nil, 1222, 1)), fnlink.BadTag, nil},
			"excise without its licence": {tlv.AppendByte(without(1212), 1212, 2), fnlink.ContradictsRegistration, nil},
		} {
			r := newOpenRig(t, v)
			r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
			command := fnlink.SendData{TLV: tlv.AppendBytes(nil, ffd.Subject, c.item)}
			if v == ffd.FFD105 || c.code == fnlink.OK {
				r.ok(command, fnlink.NoReply{})
			} else {
				t.Log(name)
				r.refused(c.code, command, c.data...)
			}
		}
	})
}

func TestCheckResultOfMarkedGoodsIsFormedByTheStorage(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
	item := tlv.AppendByte(cashSale(100).item(r.v), 2106, 15)
	r.refused(fnlink.TagNotAllowed, fnlink.SendData{TLV: tlv.AppendBytes(nil, ffd.Subject, item)}, 0x3A, 0x08)
}

func TestListThatIsNotWholeIsRefused01(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
	list := text(nil, ffd.Cashier, "IVANOV")
	for n := range len(list) {
		r.refused(fnlink.UnknownCommand, fnlink.SendData{TLV: list[:n]})
	}
}

func TestValueOfWrongLengthIsRefused18(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
	for name, list := range map[string][]byte{
		"byte of two bytes":            tlv.AppendUint16(nil, ffd.TaxSystem, 1),
		"text of 65 bytes":             text(nil, ffd.Cashier, string(make([]byte, 65))),
		"sum of 7 bytes":               tlv.AppendBytes(nil, ffd.Cash, make([]byte, 7)),
		"time of 3 bytes":              tlv.AppendBytes(nil, ffd.CorrectedDate, make([]byte, 3)),
		"quantity of no bytes":         tlv.AppendBytes(nil, ffd.Quantity, nil),
		"compound that is not whole":   tlv.AppendBytes(nil, ffd.UserProperty, []byte{1, 2, 3}),
		"two tax systems":              tlv.AppendByte(nil, ffd.TaxSystem, 3),
		"no tax system":                tlv.AppendByte(nil, ffd.TaxSystem, 0),
		"compound inside is not whole": tlv.AppendBytes(nil, ffd.Subject, tlv.AppendBytes(nil, ffd.SupplierData, []byte{1})),
	} {
		t.Log(name)
		r.refused(fnlink.BadTag, fnlink.SendData{TLV: list})
	}
}

func TestTaxSystemOutsideTheRegistrationIsRefused19(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newOpenRig(t, v)
		r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
		r.refused(fnlink.ContradictsRegistration, fnlink.SendData{TLV: tlv.AppendByte(nil, ffd.TaxSystem, 2)})
		r.ok(fnlink.SendData{TLV: tlv.AppendByte(nil, ffd.TaxSystem, 1<<5)}, fnlink.NoReply{})
	})
}

// The limits are those of testdata/fn/limits.csv, rows "document data".
func TestDataOverTheLimitOfTheDocumentIsRefused10(t *testing.T) {
	for name, c := range map[string]struct {
		begin func(r *rig)
		limit int
	}{
		"registration":  {func(r *rig) { r.beginRegistration() }, 6 << 10},
		"shift opening": {func(r *rig) { r.register(); r.ok(fnlink.BeginShiftOpening{At: day1}, fnlink.NoReply{}) }, 4 << 10},
		"shift closing": {func(r *rig) {
			r.register()
			r.openShift(day1)
			r.ok(fnlink.BeginShiftClosing{At: day1}, fnlink.NoReply{})
		}, 1 << 10},
		"receipt": {func(r *rig) {
			r.register()
			r.openShift(day1)
			r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
		}, 30 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, ffd.FFD12)
			c.begin(r)
			const chunk = 512
			tag := tlv.Tag(60000) // of no meaning, each different
			for range c.limit / chunk {
				r.ok(fnlink.SendData{TLV: tlv.AppendBytes(nil, tag, make([]byte, chunk-4))}, fnlink.NoReply{})
				tag++
			}
			r.refused(fnlink.DataTooLong, fnlink.SendData{TLV: tlv.AppendBytes(nil, tag, nil)})
			var size fnlink.DataSizeReply
			r.ok(fnlink.DataSize{}, &size)
			assert.EqualValues(t, c.limit, size.Document)
		})
	}
}

func TestReceiptWithoutAllPaymentsIsRefused0DNamingThoseThere(t *testing.T) {
	for _, v := range []ffd.Version{ffd.FFD11, ffd.FFD12} {
		r := newOpenRig(t, v)
		r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
		form := fnlink.FormReceipt{At: day1, Operation: 1, Total: 100}
		present := byte(0)
		r.ok(r.cashier(), fnlink.NoReply{})
		for i, tag := range []tlv.Tag{1031, 1081, 1215, 1216, 1217} {
			r.refused(fnlink.DataMissing, form, present)
			r.ok(fnlink.SendData{TLV: tlv.AppendVLN(nil, tag, 0)}, fnlink.NoReply{})
			present |= 1 << i
		}
		r.ok(form, new(fnlink.FormReceiptReply))
	}
}

func TestOperationOutside1To4IsRefused01(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.begin(cashSale(100), day1)
	r.refused(fnlink.UnknownCommand, fnlink.FormReceipt{At: day1, Operation: 0, Total: 100})
	r.refused(fnlink.UnknownCommand, fnlink.FormReceipt{At: day1, Operation: 5, Total: 100})
}

func TestDataOfWrongLengthIsRefused01(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.begin(cashSale(100), day1)
	before := r.s.Hash()
	for code := range 256 {
		for _, n := range []int{1, 2, 3, 6, 300, 1535} {
			answer, _, _, err := fnlink.ParseAnswer(r.s.Exec(nil, append([]byte{byte(code)}, make([]byte, n)...)))
			require.NoError(t, err)
			if answer == fnlink.OK {
				assert.Contains(t, []fnlink.Code{ // lengths that are right
					fnlink.CodeCounters, fnlink.CodeOperationCounts, fnlink.CodeSendData,
				}, fnlink.Code(code), "%d bytes", n)
			}
		}
	}
	assert.Equal(t, before, r.s.Hash())
	assert.Equal(t, fnlink.DocReceipt, r.status().Document)
}

func TestCommandsOfLaterStagesAreUnknownYet(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	for _, code := range []byte{
		0x04, 0x05, 0x17, 0x18, 0x19, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x35, 0x39, 0x41, 0x44, 0x47, 0x50,
		0xB0, 0xB1, 0xB2, 0xB3, 0xB5, 0xB6, 0xB7, 0xBA, 0xBB, 0xBC, 0xBD, 0xBE, 0xBF,
		0xD0, 0xD1, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xAB,
	} {
		assert.Equal(t, []byte{0x01}, r.s.Exec(nil, []byte{code}), "%02Xh", code)
	}
	assert.Equal(t, []byte{0x01}, r.s.Exec(nil, nil))
	assert.Equal(t, []byte{0x01}, r.s.Exec(nil, make([]byte, 1538)))
}

func TestQueueOver30DaysBlocksWith14AndFlag(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.closeShift(at(11, 0))
	day := func(month, day byte) fnlink.DateTime { return fnlink.DateTime{26, month, day, 12, 0} }
	r.openShift(day(4, 1)) // 30 days after 2 March
	r.closeShift(day(4, 1))
	assert.Equal(t, fnlink.WarnOperatorLate, r.status().Warnings)
	late := fnlink.BeginShiftOpening{At: day(4, 2)}
	assert.Equal(t, []byte{0x14 | 0x80}, r.s.Exec(nil, late.AppendTo(nil)))
	r.refused(fnlink.ResourceRestricted, late)
}

func TestOfflineStorageHasNoQueue(t *testing.T) {
	for _, v := range []ffd.Version{ffd.FFD105, ffd.FFD12} {
		r := newRig(t, v)
		r.registerIn(2)
		r.refused(fnlink.WrongState, fnlink.ExchangeStatus{})
		var n fnlink.UndeliveredReply
		r.ok(fnlink.Undelivered{}, &n)
		assert.Zero(t, n.Count)
		r.openShift(fnlink.DateTime{26, 6, 1, 12, 0}) // far over 30 days
		r.closeShift(fnlink.DateTime{26, 6, 1, 12, 0})
		_, doc := r.document(3)
		assert.NotContains(t, tags(doc), tlv.Tag(1097))
		assert.NotContains(t, tags(doc), tlv.Tag(1098))
	}
}

func TestQueueGrowsWithEachDocument(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	r.sell(cashSale(100), at(10, 1))
	var q fnlink.ExchangeStatusReply
	r.ok(fnlink.ExchangeStatus{}, &q)
	assert.Equal(t, fnlink.ExchangeStatusReply{Flags: 2, Count: 3, First: 1, FirstAt: at(9, 0)}, q)
	var n fnlink.UndeliveredReply
	r.ok(fnlink.Undelivered{}, &n)
	assert.EqualValues(t, 3, n.Count)
}

func TestEndOfLifeWarnsAndThenBlocksWith12(t *testing.T) {
	fs := journal.NewMemory()
	r := openRig(t, ffd.FFD12, fn.Config{FS: fs, Model: fn.Model{LifeDays: 31}})
	r.registerIn(2)                        // 2 March
	r.openShift(fnlink.DateTime{26, 3, 3}) // 30 days left
	assert.Zero(t, r.status().Warnings)
	r.closeShift(fnlink.DateTime{26, 3, 4})
	assert.Equal(t, fnlink.WarnThirtyDays, r.status().Warnings)
	r.openShift(fnlink.DateTime{26, 3, 31}) // 2 days left
	assert.Equal(t, fnlink.WarnThirtyDays|fnlink.WarnThreeDays, r.status().Warnings)
	_, doc := r.document(4)
	assert.EqualValues(t, 1, number(get(t, doc, 1050)))
	assert.EqualValues(t, 1, number(get(t, doc, 1051)))
	r.closeShift(fnlink.DateTime{26, 4, 1})
	r.refused(fnlink.ResourceExhausted, fnlink.BeginShiftOpening{At: fnlink.DateTime{26, 4, 2}})

	var days fnlink.DaysLeftReply
	r.ok(fnlink.DaysLeft{At: fnlink.DateTime{26, 3, 2, 23, 59}}, &days)
	assert.EqualValues(t, 31, days.Days)
	r.ok(fnlink.DaysLeft{At: fnlink.DateTime{27, 1, 1}}, &days)
	assert.Zero(t, days.Days)
	r.refused(fnlink.BadDateTime, fnlink.DaysLeft{At: fnlink.DateTime{26, 3, 1}})
	var end fnlink.ValidityReply
	r.ok(fnlink.Validity{}, &end)
	assert.Equal(t, fnlink.ValidityReply{End: fnlink.Date{26, 4, 2}, ReportsLeft: 11, ReportsDone: 1}, end)
}

func TestFullArchiveBlocksWith14AndFlag(t *testing.T) {
	r := openRig(t, ffd.FFD12, fn.Config{FS: journal.NewMemory(), Model: fn.Model{Documents: 3}})
	r.register()
	r.openShift(day1)
	var free fnlink.FreeMemoryReply
	r.ok(fnlink.FreeMemory{}, &free)
	assert.EqualValues(t, 1, free.Documents)
	r.sell(cashSale(100), day1)
	assert.Equal(t, fnlink.WarnArchiveFull, r.status().Warnings)
	r.refused(fnlink.ResourceRestricted, fnlink.BeginReceipt{At: day1})
}

func TestBSOSystemFormsBSO(t *testing.T) {
	allVersions(t, func(t *testing.T, v ffd.Version) {
		r := newRig(t, v)
		r.registerIn(1 << 4)
		r.openShift(day1)
		r.ok(fnlink.BeginReceipt{At: day1}, fnlink.NoReply{})
		assert.Equal(t, fnlink.DocBSO, r.status().Document)
		r.ok(fnlink.Cancel{}, fnlink.NoReply{})
		sold := r.sell(cashSale(100), day1)
		form, _ := r.document(sold.Document)
		assert.EqualValues(t, 4, form)
	})
}

func TestNumberOfStorageMustBeOfADebugOne(t *testing.T) {
	for _, number := range []string{"", "9999", "8710000100000000", "99990789000095110", "999907890000951x"} {
		_, err := fn.Open(fn.Config{FS: journal.NewMemory(), Number: number})
		require.ErrorIs(t, err, fn.ErrNumber, number)
	}
}

func TestStateOfAnotherNumberIsNotOpened(t *testing.T) {
	fs := journal.NewMemory()
	openRig(t, ffd.FFD12, fn.Config{FS: fs})
	_, err := fn.Open(fn.Config{FS: fs, Number: "9999078900000001"})
	require.ErrorIs(t, err, fn.ErrOtherNumber)
	require.ErrorContains(t, err, testNumber)
	s, err := fn.Open(fn.Config{FS: fs}) // the number need not be given
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestClosedStorageAnswers03(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	require.NoError(t, r.s.Close())
	assert.Equal(t, []byte{0x03}, r.s.Exec(nil, []byte{0x30}))
	require.Error(t, r.s.SaveCompanion(nil))
	require.Error(t, r.s.Export(io.Discard))
	require.NoError(t, r.s.Close(), "closing twice")
}

func TestDefaultNumberIsForANewStorageOnly(t *testing.T) {
	fs := journal.NewMemory()
	openRig(t, ffd.FFD12, fn.Config{FS: fs})
	for fs, want := range map[*journal.Memory]string{fs: testNumber, journal.NewMemory(): "9999078900000001"} {
		s, err := fn.Open(fn.Config{FS: fs, DefaultNumber: "9999078900000001"})
		require.NoError(t, err)
		assert.Equal(t, "\x00"+want, string(s.Exec(nil, []byte{0x31})))
		require.NoError(t, s.Close())
	}
}

func TestStateDirectoryIsReleasedWhenOpeningFails(t *testing.T) {
	path := t.TempDir()
	dir, err := journal.OpenDir(path)
	require.NoError(t, err)
	_, err = fn.Open(fn.Config{FS: dir, Number: "1"})
	require.ErrorIs(t, err, fn.ErrNumber)
	dir, err = journal.OpenDir(path)
	require.NoError(t, err)
	r := openRig(t, ffd.FFD12, fn.Config{FS: dir})
	r.register()
	export := r.export()
	require.NoError(t, r.s.Close())
	dir, err = journal.OpenDir(path)
	require.NoError(t, err)
	assert.Equal(t, export, openRig(t, ffd.FFD12, fn.Config{FS: dir}).export())
}

func TestCommandsFromSeveralGoroutinesRunOneAtATime(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 50 {
				r.s.Exec(nil, []byte{0x30})
				r.s.SetCompanion([]byte("state"))
				r.s.Hash()
				r.s.Companion()
				_ = r.s.Export(io.Discard)
			}
		})
	}
	for i := range 20 {
		r.sell(cashSale(100), at(10, i))
	}
	wait.Wait()
}
