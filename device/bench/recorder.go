package bench

import (
	"bytes"
	"time"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

// Recorder watches one register. It belongs to the goroutine that uses the
// register.
type Recorder struct {
	commands map[shtrih.Code][]time.Duration
	wire     Wire
	retries  int
	waits    int // commands refused because the register was printing
	failures int // exchanges without an answer

	storage, other time.Duration
	printing       time.Duration
	printingSince  time.Time // zero while it does not print

	enquiries, frames, syncs int // sent for the command under way
}

// NewRecorder makes a recorder that has seen nothing.
func NewRecorder() *Recorder { return &Recorder{commands: map[shtrih.Code][]time.Duration{}} }

// Options are what the register to be watched must be opened with.
func (r *Recorder) Options() []device.Option {
	return []device.Option{device.WithTrace(r.bytes), device.WithObserver(r.exchange)}
}

func (r *Recorder) reset() { *r = *NewRecorder() }

var sync2 = shtrih.AppendSync2(nil)

// bytes counts what crosses the wire, and the signals that begin a try of a
// command: ENQ in protocol 1, the sync and the frame in protocol 2.
func (r *Recorder) bytes(d device.Direction, b []byte) {
	if d == device.FromRegister {
		r.wire.Received += int64(len(b))
		return
	}
	r.wire.Sent += int64(len(b))
	switch {
	case len(b) == 0:
	case b[0] == shtrih.Mark && bytes.Equal(b, sync2):
		r.syncs++
	case b[0] == shtrih.Mark:
		r.frames++
	case len(b) <= 2 && b[len(b)-1] == shtrih.ENQ: // alone, or after a confirmation; frames are longer
		r.enquiries++
	}
}

func (r *Recorder) exchange(e device.Exchange) {
	r.retries += max(0, r.enquiries-1) + max(0, r.frames-1) + max(0, r.syncs-1)
	r.enquiries, r.frames, r.syncs = 0, 0, 0
	r.wire.Commands += int64(len(e.Data))
	r.wire.Answers += int64(len(e.Answer))
	if e.Err != nil {
		r.failures++
		r.other += e.Took
		return
	}
	if r.waited(e) {
		return
	}
	r.commands[e.Command] = append(r.commands[e.Command], e.Took)
	switch e.Command {
	case shtrih.CloseReceiptCode, shtrih.CloseReceiptV3Code:
		r.storage += e.Took
	default:
		r.other += e.Took
	}
}

// waited accounts for exchanges that only wait for the printer: refusals with 50h
// and polls by 10h from the first that says "printing" to the first that does not.
func (r *Recorder) waited(e device.Exchange) bool {
	result, payload, err := shtrih.SplitAnswer(e.Command, e.Answer)
	if err != nil {
		return false
	}
	printing := result == shtrih.Printing
	if printing {
		r.waits++
	}
	if e.Command == shtrih.ShortStatusCode && result == shtrih.OK {
		var status shtrih.ShortStatusReply
		if status.Parse(payload) != nil {
			return false
		}
		printing = status.Submode == shtrih.SubmodePrinting || status.Submode == shtrih.SubmodeFullReport
		if !printing && !r.printingSince.IsZero() {
			r.printing += e.Started.Add(e.Took).Sub(r.printingSince)
			r.printingSince = time.Time{}
			return true
		}
	}
	if printing && r.printingSince.IsZero() {
		r.printingSince = e.Started
	}
	return printing
}
