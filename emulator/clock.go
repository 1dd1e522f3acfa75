package emulator

import (
	"time"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// setTime, 21h. A time off the clock is 33h, not 7Dh (observed).
func setTime(k *call, c shtrih.SetTime) shtrih.Result {
	if !c.Time.Valid() {
		return shtrih.BadParameters
	}
	next := k.next()
	now := k.clock()
	k.setClock(next, shtrih.DateOf(now).At(c.Time, now.Location()))
	return k.save(next)
}

// setDate, 22h: the date waits for its confirmation in mode 6.
func setDate(k *call, c shtrih.SetDate) shtrih.Result {
	if !c.Date.Valid() {
		return shtrih.DateFormat
	}
	next := k.next()
	next.pending = c.Date
	next.setMode(shtrih.ModeConfirmDate)
	return k.save(next)
}

// confirmDate, 23h.
func confirmDate(k *call, c shtrih.ConfirmDate) shtrih.Result {
	switch {
	case !c.Date.Valid():
		return shtrih.DateFormat
	case c.Date != k.state.pending:
		return shtrih.DateMismatch
	}
	next := k.next()
	now := k.clock()
	k.setClock(next, c.Date.At(shtrih.TimeOf(now), now.Location()))
	next.pending = shtrih.Date{}
	next.setMode(shtrih.ModeShiftClosed)
	return k.save(next)
}

// setClock makes the register's calendar show t from now on.
func (r *Register) setClock(s *state, t time.Time) {
	s.offset = t.Sub(r.cfg.Clock())
}

// save commits the next state of the register without a document.
func (r *Register) save(next *state) shtrih.Result {
	r.encoded = next.append(r.encoded[:0])
	if err := r.storage.SaveCompanion(r.encoded); err != nil {
		r.log.Error("state of the register cannot be stored", "error", err)
		r.drop(next)
		return shtrih.StorageFailure
	}
	r.become(next)
	return shtrih.OK
}

// setCompanion leaves the next state to be committed with the next document.
func (r *Register) setCompanion(next *state) {
	r.encoded = next.append(r.encoded[:0])
	r.storage.SetCompanion(r.encoded)
}
