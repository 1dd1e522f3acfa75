package emulator

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func TestPortParametersAreKeptByPort(t *testing.T) {
	g := newRig(t)
	assert.Equal(t, "15000664", g.raw("15 1e000000 00"), "115,200 baud, 100 ms")
	assert.Equal(t, "1400", g.raw("14 1e000000 00 02 32"))
	assert.Equal(t, "15000232", g.raw("15 1e000000 00"))
	assert.Equal(t, "15000664", g.raw("15 1e000000 01"), "another port")
	g.restart()
	assert.Equal(t, "15000232", g.raw("15 1e000000 00"))
	g.refuses(shtrih.BadParameters, shtrih.SetPortParameters{Password: sysAdmin, Port: 0, Baud: 10, Timeout: 50})
	g.refuses(shtrih.BadParameters, shtrih.SetPortParameters{Password: sysAdmin, Port: 9, Baud: 1, Timeout: 50})
	g.do(shtrih.SetPortParameters{Password: sysAdmin, Port: shtrih.TCPPortParameters, Baud: 57, Timeout: 57})
}

func TestTestRunIsModeTenUntilItIsStopped(t *testing.T) {
	g := newRig(t)
	g.do(shtrih.OpenShift{Password: sysAdmin})
	g.refuses(shtrih.BadParameters, shtrih.TestRun{Password: sysAdmin, Minutes: 100})
	g.do(shtrih.TestRun{Password: 1, Minutes: 99})
	assert.EqualValues(t, 10, g.modeByte())
	assert.EqualValues(t, 2, g.short().PreviousMode)
	g.refuses(shtrih.WrongMode, shtrih.OpenReceipt{Password: sysAdmin})
	g.refuses(shtrih.WrongMode, shtrih.ZReport{Password: sysAdmin})
	g.do(shtrih.StopTestRun{Password: 1})
	assert.EqualValues(t, 2, g.modeByte())
	assert.EqualValues(t, 1, g.number(163))
	g.refuses(shtrih.WrongMode, shtrih.StopTestRun{Password: 1})
	g.do(shtrih.TestRun{Password: 1, Minutes: 1})
	g.restart()
	assert.EqualValues(t, 2, g.modeByte(), "the power ends it")
}

func TestResetTablesLeavesTheRegistration(t *testing.T) {
	g := newRig(t)
	serial := g.do(shtrih.ReadTable{Password: sysAdmin, Table: 18, Row: 1, Field: 1})
	g.setField(1, 7, 2)
	g.do(shtrih.WriteTable{Password: sysAdmin, Table: 2, Row: 1, Field: 1, Value: []byte{77, 0, 0, 0}})
	g.do(shtrih.ShortStatus{Password: 77})
	g.do(shtrih.ResetTables{Password: sysAdmin})
	assert.Equal(t, []byte{0}, g.do(shtrih.ReadTable{Password: sysAdmin, Table: 1, Row: 1, Field: 7}))
	g.refuses(shtrih.Password, shtrih.ShortStatus{Password: 77})
	g.do(shtrih.ShortStatus{Password: 1})
	assert.Equal(t, serial, g.do(shtrih.ReadTable{Password: sysAdmin, Table: 18, Row: 1, Field: 1}))
	assert.Equal(t, []byte{4}, g.do(shtrih.ReadTable{Password: sysAdmin, Table: 17, Row: 1, Field: 17}), "FFD 1.2")
	g.sell(shtrih.Sale, 100)
}

func TestGeneralResetClearsWhatTheFactsSay(t *testing.T) {
	g := newRig(t)
	g.run(day()[:17]) // to the closed shift
	totals := g.money(4229)
	require.NotZero(t, totals)
	require.NotZero(t, g.money(241))
	archive := g.export()
	g.do(shtrih.GeneralReset{Password: sysAdmin})
	for _, row := range facts(t, "registers.csv") {
		if row["zeroed_when"] != "technological reset, general reset" {
			continue
		}
		for n := atoi(t, row["number_from"]); n <= atoi(t, row["number_to"]); n++ {
			want := 0
			if n == 160 { // counts the general resets
				want = 1
			}
			assert.EqualValues(t, want, g.number(uint16(n)), "operation register %d", n)
		}
	}
	assert.Zero(t, g.money(241), "cash in the drawer")
	assert.Equal(t, totals, g.money(4229), "totals of the storage")
	assert.Equal(t, archive, g.export())
	g.sell(shtrih.Sale, 100)
}

func TestRebootIsAsThePowerGoingAndComing(t *testing.T) {
	g := newRig(t)
	g.sell(shtrih.Sale, 100)
	hash := g.StateHash()
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 100))
	g.do(shtrih.StartBufferWrite{Password: sysAdmin, Size: 10})
	assert.Equal(t, "fe00", g.raw("fef3"))
	assert.Equal(t, hash, g.StateHash())
	assert.EqualValues(t, 2, g.modeByte())
	assert.Equal(t, "fe37", g.raw("fef4"), "a function whose layout nobody knows")
	g.sell(shtrih.Sale, 100)
}

func TestCancelledDocumentIsGoneWithoutAPaper(t *testing.T) {
	g := newRig(t)
	g.do(shtrih.OpenShift{Password: sysAdmin})
	before := len(g.Tape())
	g.open(shtrih.SaleReturn)
	g.do(goods(shtrih.SaleReturn, 100))
	assert.Empty(t, g.do(shtrih.CancelDocument{Password: sysAdmin}))
	assert.EqualValues(t, 2, g.modeByte())
	assert.Len(t, g.Tape(), before)
	assert.EqualValues(t, 100, g.money(251), "cancelled sale returns")
}

func TestBufferCarriesElementsLongerThanACommand(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 100))
	g.refuses(shtrih.StorageNoTLV, shtrih.SendBufferedTLV{Password: sysAdmin})
	g.refuses(shtrih.StorageNoData, shtrih.ReadBuffer{Password: sysAdmin, Count: 1})
	inner := tlv.AppendBytes(nil, ffd.UserPropertyName, bytes.Repeat([]byte{'a'}, 60))
	inner = tlv.AppendBytes(inner, ffd.UserPropertyValue, bytes.Repeat([]byte{'b'}, 250))
	element := tlv.AppendBytes(nil, ffd.UserProperty, inner)
	require.Greater(t, len(element), 250)
	assert.Equal(t, []byte{246}, g.do(shtrih.StartBufferWrite{Password: sysAdmin, Size: uint16(len(element))}))
	for at := 0; at < len(element); at += 246 {
		g.do(shtrih.WriteBuffer{Password: sysAdmin, Offset: uint16(at), Data: element[at:min(len(element), at+246)]})
	}
	g.refuses(shtrih.BadParameters, shtrih.WriteBuffer{Password: sysAdmin, Offset: uint16(len(element)), Data: []byte{0}})
	var state shtrih.BufferStateReply
	require.NoError(t, state.Parse(g.do(shtrih.BufferState{Password: sysAdmin})))
	assert.EqualValues(t, len(element), state.Size)
	assert.Equal(t, element[5:205], g.do(shtrih.ReadBuffer{Password: sysAdmin, Offset: 5, Count: 200}))
	g.do(shtrih.SendBufferedTLV{Password: sysAdmin})
	g.close(paid(map[int]uint64{0: 100}))
	_, fields := g.last()
	got, ok := tlv.Find(fields, ffd.UserProperty)
	assert.True(t, ok)
	assert.Equal(t, inner, got)
}

func TestElementsSentAfterFF41AndFF42StandInTheShiftReports(t *testing.T) {
	for _, short := range []bool{true, false} { // E0h and 41h, or FF0Bh and FF43h
		g := newRig(t)
		cashier := func(name string) shtrih.SendTLV {
			return shtrih.SendTLV{Password: sysAdmin, TLV: tlv.AppendBytes(nil, ffd.Cashier, []byte(name))}
		}
		g.refuses(shtrih.StorageWrongState, cashier("Ann"))
		g.do(shtrih.StartShiftOpening{Password: sysAdmin})
		assert.EqualValues(t, 4, g.modeByte())
		g.do(cashier("Ann"))
		g.refuses(shtrih.StorageDuplicateTag, cashier("Eve"))
		var opened, closed shtrih.CloseShiftReply
		if short {
			g.do(shtrih.OpenShift{Password: sysAdmin})
		} else {
			require.NoError(t, opened.Parse([]byte(g.must("ff0b1e000000"))))
			assert.EqualValues(t, 1, opened.Shift)
			assert.EqualValues(t, 2, opened.Document)
		}
		form, fields := g.last()
		assert.EqualValues(t, 2, form)
		name, _ := tlv.Find(fields, ffd.Cashier)
		assert.Equal(t, "Ann", string(name))

		g.do(shtrih.StartShiftClosing{Password: sysAdmin})
		g.do(cashier("Bob"))
		if short {
			g.do(shtrih.ZReport{Password: sysAdmin})
		} else {
			require.NoError(t, closed.Parse(g.do(shtrih.CloseShift{Password: sysAdmin})))
			assert.EqualValues(t, 1, closed.Shift)
			assert.EqualValues(t, 3, closed.Document)
			assert.NotZero(t, closed.FiscalSign)
		}
		form, fields = g.last()
		assert.EqualValues(t, 5, form)
		name, _ = tlv.Find(fields, ffd.Cashier)
		assert.Equal(t, "Bob", string(name))
		assert.EqualValues(t, 4, g.modeByte())
	}
}

// must sends DATA in hexadecimal and gives the payload of a good answer to an FFxxh.
func (g *rig) must(data string) string {
	g.Helper()
	b := []byte(unhex(g.T, g.raw(data)))
	require.Zero(g, b[2])
	return string(b[3:])
}

func TestReceiptEndsAShiftReportThatWasBegun(t *testing.T) {
	g := newRig(t)
	g.do(shtrih.OpenShift{Password: sysAdmin})
	g.do(shtrih.StartShiftClosing{Password: sysAdmin})
	g.do(shtrih.SendTLV{Password: sysAdmin, TLV: tlv.AppendBytes(nil, ffd.Cashier, []byte("Bob"))})
	g.sell(shtrih.Sale, 100)
	g.do(shtrih.ZReport{Password: sysAdmin})
	_, fields := g.last()
	name, _ := tlv.Find(fields, ffd.Cashier)
	assert.NotEqual(t, "Bob", string(name))
}

func TestReportsOfTheStorageAreHandedOn(t *testing.T) {
	for _, format := range []string{"1.05", "1.2"} {
		g := newRig(t, withFFD(format))
		var reply shtrih.RegistrationReply
		require.NoError(t, reply.Parse(g.do(shtrih.Registration{Password: sysAdmin, Number: 1})))
		assert.EqualValues(t, 1, reply.Document)
		assert.Equal(t, format == "1.2", reply.HasExtended)
		g.refuses(shtrih.StorageNoData, shtrih.Registration{Password: sysAdmin, Number: 2})
		g.refuses(shtrih.StorageNoData, shtrih.Registration{Password: sysAdmin, Number: 0})

		for _, number := range []uint8{0, 1} {
			var parameter shtrih.RegistrationParameterReply
			require.NoError(t, parameter.Parse(g.do(shtrih.RegistrationParameter{Password: sysAdmin, Number: number, Tag: uint16(ffd.UserINN)})))
			inn, ok := tlv.Find(parameter.TLV, ffd.UserINN)
			assert.True(t, ok)
			assert.Equal(t, defaultUserINN, string(bytes.TrimRight(inn, " ")))
		}
		g.refuses(shtrih.StorageNoData, shtrih.RegistrationParameter{Password: sysAdmin, Tag: 65000})
		g.refuses(shtrih.StorageNoData, shtrih.RegistrationParameter{Password: sysAdmin, Number: 2, Tag: uint16(ffd.UserINN)})

		var memory shtrih.StorageMemoryReply
		require.NoError(t, memory.Parse(g.do(shtrih.StorageMemory{Password: sysAdmin})))
		assert.NotZero(t, memory.Documents)
		var waiting shtrih.DocumentsWithoutTicketReply
		require.NoError(t, waiting.Parse(g.do(shtrih.DocumentsWithoutTicket{Password: sysAdmin})))
		before := waiting.Count
		g.sell(shtrih.Sale, 100)
		require.NoError(t, waiting.Parse(g.do(shtrih.DocumentsWithoutTicket{Password: sysAdmin})))
		assert.Equal(t, before+2, waiting.Count, "the shift and the receipt")
	}
}

func TestRegistersAgreeWithTheCountersOfTheStorage(t *testing.T) {
	g := newRig(t)
	g.run(day())
	g.do(sold(1000, 120, 1))
	g.do(shtrih.Discount(adjusted(20)))
	g.do(closedV1(100))
	before := g.StateHash()
	g.do(shtrih.SyncRegisters{Password: sysAdmin})
	assert.Equal(t, before, g.StateHash(), "nothing to correct")
	next := g.next()
	next.money.set(moneyStorage+2, 1)
	require.Equal(t, shtrih.OK, g.save(next))
	require.NotEqual(t, before, g.StateHash())
	g.do(shtrih.SyncRegisters{Password: sysAdmin})
	assert.Equal(t, before, g.StateHash())
}

func TestClosingWithTwelveTaxesTakesTheRatesOf2026(t *testing.T) {
	g := newRigAt(t, time.Date(2026, 2, 1, 10, 0, 0, 0, time.UTC))
	g.setField(1, 14, 1)
	g.open(shtrih.Sale)
	item := goods(shtrih.Sale, 12200)
	item.Rate = 0xCB // 22 % in a trace of a real driver
	item.Tax = 2200
	g.do(item)
	c := shtrih.CloseReceiptV4{Password: sysAdmin}
	c.Payments[0], c.Taxes[shtrih.Tax22] = 12200, 2200
	bad := c
	bad.Payments = [16]uint64{1: 12201}
	g.refuses(shtrih.NonCashAboveTotal, bad) // as a log of a real one has it
	g.close(c)
	_, fields := g.last()
	group, _ := tlv.Find(fields, ffd.VATAmounts)
	amount, _ := tlv.Find(group, ffd.VATAmount)
	assert.EqualValues(t, 2200, g.sum(amount, ffd.VATAmountSum))
}

func TestDamagedStateIsAnErrorAndNeverMore(t *testing.T) {
	g := newRig(t)
	g.run(day())
	good := g.state.append(nil)
	s, err := decodeState(good, "")
	require.NoError(t, err)
	assert.Equal(t, good, s.append(nil))
	for n := range good {
		_, err := decodeState(good[:n], "")
		require.Error(t, err, "%d bytes", n)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0xFF
		if s, err := decodeState(bad, ""); err == nil { // a value may be any
			s.append(nil)
		}
	}
	_, err = decodeState([]byte(`{"version":1}`), "")
	require.ErrorContains(t, err, "version")
}
