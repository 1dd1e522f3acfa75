package faulttest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/emulator/fault"
	"github.com/openkkt/openkkt/tlv"
)

// killedAtEveryByte runs f on a shop whose program died at each byte of a sale, with what the ledger says about it and
// whether the document was made. The register is on, and no program runs. The stride spares time: what is to be seen
// here does not depend on single bytes.
func killedAtEveryByte(t *testing.T, f func(t *testing.T, w *world, state device.LedgerState, made bool)) (seen map[device.LedgerState]int) {
	const every = 11
	seen = map[device.LedgerState]int{}
	for _, p := range protocols {
		var m mark
		synctest.Test(t, func(t *testing.T) { m = plan(t, p)[1] })
		for _, d := range []fault.Direction{fault.ToRegister, fault.FromRegister} {
			for at := int64(0); at < m.bytes[d] && !t.Failed(); at += every * stride {
				synctest.Test(t, func(t *testing.T) {
					w := m.before.clone(t)
					w.powerOn()
					defer func() { w.powerOff() }()
					defer w.stop()
					before := len(documents(w.archive()))
					w.next = []fault.Fault{{Kind: fault.Cut, Direction: d, At: at}}
					w.struck = func(fault.Fault) { w.disk.kill() }
					if w.start() == nil {
						_ = m.do(w)
					}
					w.stop()
					w.settleDown()
					ledger, err := device.NewFileLedger(w.disk.open(), "ledger")
					require.NoError(t, err)
					entry, _ := ledger.Lookup(m.name)
					require.NoError(t, ledger.Close())
					seen[entry.State]++
					f(t, w, entry.State, len(documents(w.archive())) > before)
				})
			}
		}
	}
	return seen
}

// settleDown waits for the register to be done with what it received.
func (w *world) settleDown() {
	if w.serving != nil {
		<-w.serving
		w.serving = nil
	}
}

// foreign is another program: it cancels what it finds open and sells.
func (w *world) foreign(receipt device.Receipt) device.Document {
	t, _ := w.dial(context.Background())
	other, err := device.New(context.Background(), t, device.WithProtocol(w.protocol))
	require.NoError(w.t, err)
	if err := other.Cancel(context.Background()); err != nil {
		require.ErrorIs(w.t, err, device.ErrRefused)
	}
	doc, err := other.Sell(context.Background(), receipt)
	require.NoError(w.t, err)
	require.NoError(w.t, other.Close())
	w.settleDown()
	return doc
}

func tea() device.Receipt {
	r := coffee(device.Sale)
	r.Items[0].Name = "Чай"
	return r
}

func TestForeignSaleInBetweenIsUnknownAndNothingIsSoldTwice(t *testing.T) {
	for name, theirs := range map[string]device.Receipt{"equal": coffee(device.Sale), "other": tea()} {
		t.Run(name, func(t *testing.T) {
			seen := killedAtEveryByte(t, func(t *testing.T, w *world, state device.LedgerState, made bool) {
				foreign := w.foreign(theirs)
				before := len(documents(w.archive()))
				require.NoError(t, w.start())
				doc, err := w.driver.SellOnce(t.Context(), "sale 1", coffee(device.Sale))
				sold := len(documents(w.archive())) - before
				var unknown *device.UnknownOutcomeError
				switch {
				case state == 0, state == device.LedgerBegun:
					// Our closing never left: the foreign document cannot be ours.
					require.NoError(t, err)
					assert.Equal(t, 1, sold)
					assert.Equal(t, foreign.Number+1, doc.Number)
				case made, name == "other":
					// Two receipts, or one that is not ours: somebody else sells here, nobody can tell.
					require.ErrorAs(t, err, &unknown)
					assert.Zero(t, sold)
					require.NotEmpty(t, unknown.Candidates)
					want := foreign.Number
					if made {
						want--
					}
					assert.Equal(t, want, unknown.Candidates[0].Number)
					// And it stays so.
					_, err = w.driver.SellOnce(t.Context(), "sale 1", coffee(device.Sale))
					require.ErrorIs(t, err, device.ErrOutcomeUnknown)
					assert.Len(t, documents(w.archive()), before)
				default:
					// One document after ours began to close, equal in every field: it passes for ours, and nothing
					// is sold a second time. This is the limit of what documents can tell.
					require.NoError(t, err)
					assert.Zero(t, sold)
					assert.Equal(t, foreign.Number, doc.Number)
				}
			})
			for _, state := range []device.LedgerState{0, device.LedgerBegun, device.LedgerClosing} {
				assert.Positive(t, seen[state], "state %q was never left", state)
			}
		})
	}
}

// The same goods are sold to the next customer while the first sale is still unfinished.
func TestEqualSaleUnderAnotherIDIsSoldBesideAnUnfinishedOne(t *testing.T) {
	killedAtEveryByte(t, func(t *testing.T, w *world, _ device.LedgerState, made bool) {
		before := len(documents(w.archive()))
		if made {
			before--
		}
		require.NoError(t, w.start())
		next, err := w.driver.SellOnce(t.Context(), "next", coffee(device.Sale))
		if errors.Is(err, device.ErrRefused) { // the receipt of the unfinished sale is open
			require.NoError(t, w.driver.Cancel(t.Context()))
			next, err = w.driver.SellOnce(t.Context(), "next", coffee(device.Sale))
		}
		require.NoError(t, err)
		first, err := w.driver.SellOnce(t.Context(), "sale 1", coffee(device.Sale))
		require.NoError(t, err)
		assert.NotEqual(t, next.Number, first.Number)
		again, err := w.driver.SellOnce(t.Context(), "next", coffee(device.Sale))
		require.NoError(t, err)
		assert.Equal(t, next.Number, again.Number)
		assert.Len(t, documents(w.archive()), before+2)
	})
}

// another is the shop after its register was replaced by one with another storage, power on and its shift open.
func (w *world) another() *world {
	w.stop()
	w.settleDown()
	other := &world{t: w.t, protocol: w.protocol, medium: journalOf(w.t, "9999078900004321"), disk: w.disk}
	other.powerOn()
	require.NoError(w.t, other.start())
	_, err := other.driver.OpenShift(context.Background())
	require.NoError(w.t, err)
	return other
}

func TestStorageReplacedInTheMiddleOfASaleIsUnknown(t *testing.T) {
	killedAtEveryByte(t, func(t *testing.T, w *world, state device.LedgerState, _ bool) {
		other := w.another()
		defer other.powerOff()
		defer other.stop()
		before := len(documents(other.archive()))
		_, err := other.driver.SellOnce(t.Context(), "sale 1", coffee(device.Sale))
		if state != device.LedgerClosing { // the old storage cannot have it
			require.NoError(t, err)
			assert.Len(t, documents(other.archive()), before+1)
			return
		}
		require.ErrorIs(t, err, device.ErrOutcomeUnknown)
		assert.ErrorContains(t, err, "9999078900009511")
		assert.ErrorContains(t, err, "9999078900004321")
		assert.Len(t, documents(other.archive()), before)
	})
}

func TestIDGivesItsDocumentAfterTheStorageWasReplaced(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		sold, err := w.driver.SellOnce(t.Context(), "order 42", coffee(device.Sale))
		require.NoError(t, err)
		other := w.another()
		defer other.powerOff()
		defer other.stop()
		before := len(documents(other.archive()))
		again, err := other.driver.SellOnce(t.Context(), "order 42", coffee(device.Sale))
		require.NoError(t, err)
		assert.Equal(t, "9999078900009511", again.Storage)
		assert.Equal(t, sold.Number, again.Number)
		assert.Equal(t, sold.FiscalSign, again.FiscalSign)
		assert.Nil(t, again.TLV)
		assert.Len(t, documents(other.archive()), before)
	})
}

// bubble runs f on a shop with an open shift and a program that runs.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := plan(t, device.V2)[1].before.clone(t)
		w.powerOn()
		defer func() { w.powerOff() }()
		defer w.stop()
		require.NoError(t, w.start(device.WithRedial(w.dial)))
		f(t, w)
	})
}

func TestIDGivesItsDocumentAfterShiftsAndRestarts(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		sold, err := w.driver.SellOnce(t.Context(), "order 42", coffee(device.Sale))
		require.NoError(t, err)
		assert.Empty(t, sold.Notes)
		assert.EqualValues(t, 200, sold.Change)
		for _, s := range []step{sale("other", device.Sale), shift("", false), shift("", true), sale("another", device.Sale)} {
			require.NoError(t, s.do(w))
		}
		w.stop()
		w.powerOff()
		w.powerOn()
		require.NoError(t, w.start())
		archive := w.archive()
		again, err := w.driver.SellOnce(t.Context(), "order 42", coffee(device.Sale))
		require.NoError(t, err)
		assert.Equal(t, sold.TLV, again.TLV)
		assert.Equal(t, sold.FiscalSign, again.FiscalSign)
		assert.EqualValues(t, 200, again.Change)
		assert.Equal(t, archive, w.archive())
	})
}

func TestIDGivesItsDocumentWithoutTheRegisterToo(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		sold, err := w.driver.SellOnce(t.Context(), "order 42", coffee(device.Sale))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		again, err := w.driver.SellOnce(ctx, "order 42", coffee(device.Sale))
		require.NoError(t, err)
		assert.Equal(t, sold.Number, again.Number)
		assert.Equal(t, sold.FiscalSign, again.FiscalSign)
		assert.Equal(t, sold.Storage, again.Storage)
		assert.Nil(t, again.TLV)
		assert.NotEmpty(t, again.Notes)
	})
}

func TestAnotherReceiptUnderAnIDIsAConflict(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		sold, err := w.driver.SellOnce(t.Context(), "order 42", coffee(device.Sale))
		require.NoError(t, err)
		archive := w.archive()
		_, err = w.driver.SellOnce(t.Context(), "order 42", tea())
		require.ErrorIs(t, err, device.ErrLedgerConflict)
		var conflict *device.LedgerConflictError
		require.ErrorAs(t, err, &conflict)
		assert.Equal(t, sold.Number, conflict.Entry.Document)
		assert.Equal(t, archive, w.archive())
	})
}

func TestRefusedSaleMayBeRepeatedUnderItsID(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		refund := coffee(device.SaleReturn) // there is no cash to give out yet
		for range 2 {
			_, err := w.driver.SellOnce(t.Context(), "refund", refund)
			var refused *device.NotSoldError
			require.ErrorAs(t, err, &refused)
			assert.True(t, refused.Cancelled)
			entry, _ := w.ledger.Lookup("refund")
			assert.Equal(t, device.LedgerNotSold, entry.State)
		}
		require.NoError(t, w.driver.CashIn(t.Context(), 1000))
		_, err := w.driver.SellOnce(t.Context(), "refund", refund)
		require.NoError(t, err)
	})
}

func TestGoroutinesWithOneIDSellOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		before := len(documents(w.archive()))
		numbers := make(chan uint32)
		for range 5 {
			go func() {
				doc, err := w.driver.SellOnce(t.Context(), "order 42", coffee(device.Sale))
				assert.NoError(t, err)
				numbers <- doc.Number
			}()
		}
		first := <-numbers
		for range 4 {
			assert.Equal(t, first, <-numbers)
		}
		assert.Len(t, documents(w.archive()), before+1)
	})
}

func TestLedgerThatCannotBeWrittenSellsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		archive := w.archive()
		w.disk.kill()
		for range 2 {
			_, err := w.driver.SellOnce(t.Context(), "order 42", coffee(device.Sale))
			require.ErrorIs(t, err, device.ErrLedgerFailed)
			assert.ErrorIs(t, err, errPower)
		}
		assert.Equal(t, archive, w.archive())
	})
}

func TestReceiptThatOnlyDiffersInAFieldIsNotOurs(t *testing.T) {
	for name, change := range map[string]func(*device.Receipt){
		"name":     func(r *device.Receipt) { r.Items[0].Name = "Кофе." },
		"price":    func(r *device.Receipt) { r.Items[0].Price, r.Items[0].Quantity = 300, tlv.Decimal{Mantissa: 1} },
		"VAT":      func(r *device.Receipt) { r.Items[0].VATRate = 5 },
		"subject":  func(r *device.Receipt) { r.Items[0].Subject = 4 },
		"method":   func(r *device.Receipt) { r.Items[0].Method = 1 },
		"payment":  func(r *device.Receipt) { r.Cash, r.Electronic = 100, 200 },
		"buyer":    func(r *device.Receipt) { r.Tags = tlv.AppendBytes(nil, 1008, []byte("a@b.ru")) },
		"tax":      func(r *device.Receipt) { r.TaxSystem = 2 },
		"item tag": func(r *device.Receipt) { r.Items[0].Tags = tlv.AppendBytes(nil, 1191, []byte("x")) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				ours := coffee(device.Sale)
				change(&ours)
				hash, err := ours.Hash()
				require.NoError(t, err)
				last, err := w.driver.LastDocument(t.Context())
				require.NoError(t, err)
				w.stop()
				w.settleDown()
				// A ledger that was left at the closing of ours.
				w.disk = new(disk)
				w.leftClosing("order 42", hash, last.Number)
				theirs := w.foreign(coffee(device.Sale))
				require.NoError(t, w.start())
				_, err = w.driver.SellOnce(t.Context(), "order 42", ours)
				var unknown *device.UnknownOutcomeError
				require.ErrorAs(t, err, &unknown)
				require.ErrorIs(t, err, device.ErrDocumentDiffers)
				require.Len(t, unknown.Candidates, 1)
				assert.Equal(t, theirs.Number, unknown.Candidates[0].Number)
			})
		})
	}
}

func TestSellOnceNeedsALedgerAndAnID(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		_, err := w.driver.SellOnce(t.Context(), "", coffee(device.Sale))
		var invalid *device.InvalidReceiptError
		require.ErrorAs(t, err, &invalid)
		w.stop()
		w.settleDown()
		plain, _ := w.dial(t.Context())
		driver, err := device.New(t.Context(), plain, device.WithProtocol(device.V2))
		require.NoError(t, err)
		defer driver.Close()
		_, err = driver.SellOnce(t.Context(), "x", coffee(device.Sale))
		require.ErrorIs(t, err, device.ErrNoLedger)
	})
}
