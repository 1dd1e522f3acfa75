package faulttest

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/emulator/fault"
)

// attempts is how often the shop tries a step with the same id before it gives up.
const attempts = 4

var protocols = map[string]device.Protocol{"protocol 1": device.V1, "protocol 2": device.V2}

// everyByte runs f for a fault of the kind at every byte of every exchange of the day, in a bubble of fake time each,
// both protocols side by side. f tells whether the driver did not know the outcome; the number of those is handed to
// judge.
func everyByte(t *testing.T, kind fault.Kind, judge func(t *testing.T, p device.Protocol, unknown int),
	f func(t *testing.T, m mark, f fault.Fault) (unknown bool)) {
	for name, p := range protocols {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var marks []mark
			synctest.Test(t, func(t *testing.T) { marks = plan(t, p) })
			runs, unknown := 0, 0
			for _, m := range marks {
				for _, d := range []fault.Direction{fault.ToRegister, fault.FromRegister} {
					for at := int64(kind) % stride; at < m.bytes[d] && !t.Failed(); at += stride {
						synctest.Test(t, func(t *testing.T) {
							if f(t, m, fault.Fault{Kind: kind, Direction: d, At: at, Mask: 1 << (at % 8), For: 3 * time.Second}) {
								unknown++
							}
						})
						runs++
					}
				}
			}
			t.Logf("%d runs, %d of them ended in an unknown outcome", runs, unknown)
			judge(t, p, unknown)
		})
	}
}

// mustKnow: no fault of this kind can hide what happened.
func mustKnow(t *testing.T, _ device.Protocol, unknown int) { assert.Zero(t, unknown) }

func TestLostByteSellsOnce(t *testing.T) { everyByte(t, fault.Lose, mustKnow, strike) }

func TestDoubledByteSellsOnce(t *testing.T) { everyByte(t, fault.Double, mustKnow, strike) }

func TestFlippedBitSellsOnce(t *testing.T) { everyByte(t, fault.Flip, mustKnow, strike) }

func TestLateBytesSellOnce(t *testing.T) { everyByte(t, fault.Delay, mustKnow, strike) }

func TestCutConnectionSellsOnce(t *testing.T) { everyByte(t, fault.Cut, mustKnow, strike) }

// The XOR of protocol 1 does not see that two bytes changed places. A name spoilt so on its way is in the document: the
// driver finds out and says so, and cannot do more. The CRC of protocol 2 sees every swap.
func TestSwappedBytesSellOnceOrAreFoundInTheDocument(t *testing.T) {
	everyByte(t, fault.Swap, func(t *testing.T, p device.Protocol, unknown int) {
		if p == device.V2 {
			assert.Zero(t, unknown)
		} else if stride == 1 {
			assert.Positive(t, unknown)
		}
	}, strike)
}

// The program dies at the byte, with the line of the ledger that it did not sync half written. Another one repeats the
// id.
func TestProgramKilledAtEveryByteSellsOnce(t *testing.T) {
	everyByte(t, fault.Cut, mustKnow, func(t *testing.T, m mark, f fault.Fault) bool { return kill(t, m, f, true, false) })
}

// The power of the register goes at the byte and comes back; the program lives on and repeats the id.
func TestRegisterKilledAtEveryByteSellsOnce(t *testing.T) {
	everyByte(t, fault.Cut, mustKnow, func(t *testing.T, m mark, f fault.Fault) bool { return kill(t, m, f, false, true) })
}

func TestProgramAndRegisterKilledAtEveryByteSellOnce(t *testing.T) {
	everyByte(t, fault.Cut, mustKnow, func(t *testing.T, m mark, f fault.Fault) bool { return kill(t, m, f, true, true) })
}

// strike runs a step with one fault and repeats it until it is done. The archive is then the one without the fault, or
// the driver says that it does not know; which it was is the result.
func strike(t *testing.T, m mark, f fault.Fault) (unknown bool) {
	w := m.before.clone(t)
	w.powerOn()
	defer w.powerOff()
	defer w.stop()
	w.next = []fault.Fault{f}
	return w.repeat(m, f.String(), device.WithRedial(w.dial))
}

// kill runs a step with a cut at which the program or the register dies, and repeats it until it is done.
func kill(t *testing.T, m mark, f fault.Fault, program, register bool) (unknown bool) {
	w := m.before.clone(t)
	w.powerOn()
	defer func() { w.powerOff() }()
	defer w.stop()
	w.next = []fault.Fault{f}
	w.struck = func(fault.Fault) {
		if program {
			w.disk.kill()
		}
		w.dark = register
	}
	if !program {
		return w.repeat(m, "register killed: "+f.String(), device.WithRedial(w.dial))
	}
	if w.start() == nil {
		_ = m.do(w)
	}
	w.stop()
	return w.repeat(m, fmt.Sprintf("program killed, register too %v: %v", register, f))
}

// repeat starts the program if needed and tries the step until it is done, as a shop does.
func (w *world) repeat(m mark, what string, options ...device.Option) (unknown bool) {
	var err error
	for range attempts {
		if w.driver == nil {
			if err = w.start(options...); err != nil {
				w.stop()
				continue
			}
		}
		if err = m.do(w); err == nil {
			break
		}
	}
	what = m.name + ", " + what
	if isUnknown(err) {
		// There is one document, and it is not the one to be made: otherwise not knowing would be too little.
		require.Len(w.t, documents(w.archive()), len(documents(m.archive)), what)
		require.NotEqual(w.t, documents(m.archive), documents(w.archive()), what)
		return true
	}
	require.NoError(w.t, err, what)
	if got := w.archive(); !bytes.Equal(got, m.archive) {
		require.Equal(w.t, documents(m.archive), documents(got), what)
	}
	return false
}
