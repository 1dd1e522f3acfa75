package faulttest

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/emulator/fault"
)

// leftMade is a shop, power off, whose program died after the document of its sale was made and before it heard so.
func leftMade(t *testing.T, p device.Protocol) (w *world, m mark) {
	synctest.Test(t, func(t *testing.T) { m = plan(t, p)[1] })
	for at := m.bytes[fault.FromRegister] - 1; at >= 0 && w == nil; at-- {
		synctest.Test(t, func(t *testing.T) {
			dead := m.before.clone(t)
			dead.powerOn()
			dead.next = []fault.Fault{{Kind: fault.Cut, Direction: fault.FromRegister, At: at}}
			dead.struck = func(fault.Fault) { dead.disk.kill() }
			if dead.start() == nil {
				_ = m.do(dead)
			}
			dead.stop()
			dead.powerOff()
			ledger, err := device.NewFileLedger((&disk{durable: dead.disk.durable}).open(), "ledger")
			require.NoError(t, err)
			if entry, _ := ledger.Lookup(m.name); entry.State == device.LedgerClosing {
				w = dead.clone(t)
			}
		})
	}
	require.NotNil(t, w)
	return w, m
}

// The second program looks for the document over a line that is bad too. What it decides from must not be one answer
// whose bytes changed places: a document that looks like another one is read again.
func TestSwappedByteWhileTheSaleIsLookedForHidesNothing(t *testing.T) {
	for name, p := range protocols {
		t.Run(name, func(t *testing.T) {
			w, m := leftMade(t, p)
			var length int64
			runs := 0
			for at := int64(0); at == 0 || at < length; at += stride {
				synctest.Test(t, func(t *testing.T) {
					shop := w.clone(t)
					shop.powerOn()
					defer shop.powerOff()
					defer shop.stop()
					shop.next = []fault.Fault{{Kind: fault.Swap, Direction: fault.FromRegister, At: at}}
					if at == 0 {
						shop.next = nil // to count the bytes
					}
					if shop.start() != nil {
						shop.stop()
						require.NoError(t, shop.start())
					}
					err := m.do(shop)
					assert.NotErrorIs(t, err, device.ErrDocumentDiffers, "byte %d", at)
					length = max(length, shop.conns[0].Count(fault.FromRegister))
					assert.False(t, shop.repeat(m, "looked for again"), "byte %d", at)
				})
				runs++
			}
			t.Logf("%d runs", runs)
		})
	}
}
