package emulator

import (
	"slices"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// effects are what a command does beyond the register: the link that it came by
// carries them out when the answer has left.
type effects struct {
	port   *portValues // 14h
	reboot bool        // FEh F3h
}

// port gives the values of a port, those of the factory where 14h set none; ok
// is false for a port that the model has not.
func (r *Register) portValues(p shtrih.Port) (v portValues, ok bool) {
	for _, v := range r.state.ports {
		if v.port == p {
			return v, true
		}
	}
	factory := &r.profile.Port
	return portValues{p, factory.Baud, factory.Timeout}, slices.Contains(factory.Ports, p)
}

// setPortParameters, 14h. The bytes of [shtrih.TCPPortParameters] say a TCP port
// instead of a speed; they are kept and read back, the register listens where it
// was told to.
func setPortParameters(k *call, c shtrih.SetPortParameters) shtrih.Result {
	v := portValues{shtrih.Port(c.Port), c.Baud, c.Timeout}
	if _, ok := k.portValues(v.port); !ok {
		return shtrih.BadParameters
	}
	if _, ok := shtrih.BaudRate(c.Baud); !ok && c.Port != shtrih.TCPPortParameters {
		return shtrih.BadParameters
	}
	next := k.next()
	next.ports = slices.Clone(next.ports)
	at, ok := slices.BinarySearchFunc(next.ports, v, func(a, b portValues) int { return int(a.port) - int(b.port) })
	if ok {
		next.ports[at] = v
	} else {
		next.ports = slices.Insert(next.ports, at, v)
	}
	if code := k.save(next); code != shtrih.OK {
		return code
	}
	k.effects.port = &v
	return shtrih.OK
}

// readPortParameters, 15h.
func readPortParameters(k *call, c shtrih.ReadPortParameters) shtrih.Result {
	v, ok := k.portValues(shtrih.Port(c.Port))
	if !ok {
		return shtrih.BadParameters
	}
	return k.answer(shtrih.ReadPortParametersReply{Baud: v.baud, Timeout: v.timeout})
}

// technologicalReset, 16h, is for mode 9 only, which the memory of this register
// never brings it to.
func technologicalReset(*call, shtrih.TechnologicalReset) shtrih.Result { return shtrih.OK }

// testRun, 19h: mode 10 until 2Bh or the power ends it. The test print comes
// once; how often a real one repeats it is a matter of paper.
func testRun(k *call, c shtrih.TestRun) shtrih.Result {
	if c.Minutes < 1 || c.Minutes > shtrih.MaxTestMinutes {
		return shtrih.BadParameters
	}
	if code := k.countReport(numberTestRun); code != shtrih.OK {
		return code
	}
	k.testing, k.shift = true, nil
	k.report("ТЕСТОВЫЙ ПРОГОН", numberTestRun, nil)
	return k.done()
}

// stopTestRun, 2Bh.
func stopTestRun(k *call, _ shtrih.StopTestRun) shtrih.Result {
	k.testing = false
	return k.done()
}

// service, FEh: of its functions only the reboot has a layout that is known.
func service(k *call, c shtrih.Service) shtrih.Result {
	if c.Function != shtrih.ServiceReboot {
		return shtrih.UnknownCommand
	}
	k.powerOn()
	k.effects.reboot = true
	return shtrih.OK
}

// powerOn forgets what lives in memory only.
func (r *Register) powerOn() {
	r.cancel()
	r.receipt, r.reading, r.shift, r.buffer, r.testing = nil, nil, nil, nil, false
	r.printer = printer{out: r.printer.out, low: r.printer.low, outAfter: r.printer.outAfter, lowAfter: r.printer.lowAfter, cover: r.printer.cover}
}
