package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Config says what to run.
type Config struct {
	Workload string // Supermarket30 or Kiosk1
	Seed     uint64
	// Duration and Count end the run, whichever comes first; 0 is no limit, and one
	// of them must be given. A receipt that has begun is finished.
	Duration time.Duration
	Count    int
	Password uint32 // of an operator; 0 is 30
	// Real allows a register whose storage is not a debug one.
	Real bool

	Now      func() time.Time // nil is time.Now
	Notify   func(string)     // told what a person should know at once; may be nil
	Progress func(Progress)   // after every receipt; may be nil
}

// Progress is how far a run is.
type Progress struct {
	Receipts int
	Elapsed  time.Duration
}

// ErrRealStorage is the refusal to fill a real fiscal storage with receipts that
// nobody bought.
var ErrRealStorage = errors.New("receipts on a real storage are final")

// DebugStorage tells whether a storage is for trying things out, as those of
// emulators and of test registers are: their numbers begin with 9999.
func DebugStorage(number string) bool { return strings.HasPrefix(number, "9999") }

// Run sells receipts and measures. The register must have been opened with the
// options of the recorder. A closed shift is opened first; nothing is closed.
//
// On an error the run ends at once, and the error says after how many receipts.
func Run(ctx context.Context, reg *device.Register, rec *Recorder, cfg Config) (*Result, error) {
	if cfg.Duration <= 0 && cfg.Count <= 0 {
		return nil, errors.New("bench: neither a duration nor a count is given")
	}
	cfg.Password = cmp.Or(cfg.Password, 30)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Notify == nil {
		cfg.Notify = func(string) {}
	}
	if cfg.Progress == nil {
		cfg.Progress = func(Progress) {}
	}
	status, err := reg.Status(ctx)
	if err != nil {
		return nil, err
	}
	if !DebugStorage(status.Storage) {
		if !cfg.Real {
			return nil, fmt.Errorf("storage %s: %w", status.Storage, ErrRealStorage)
		}
		cfg.Notify(fmt.Sprintf("storage %s is a real one: every receipt of this run is final", status.Storage))
	}
	workload, err := NewWorkload(cfg.Workload, cfg.Seed, wantsUnits(ctx, reg, cfg.Password))
	if err != nil {
		return nil, err
	}
	r := run{
		Config: cfg, reg: reg, rec: rec, workload: workload,
		result: &Result{Version: resultVersion, Workload: cfg.Workload, Seed: cfg.Seed, Target: Target{
			Model: status.Model, Firmware: status.Firmware, Serial: status.Serial, Storage: status.Storage,
			Protocol: int(reg.Protocol()),
		}},
	}
	if !status.ShiftOpen {
		doc, err := reg.OpenShift(ctx)
		if err != nil {
			return nil, err
		}
		r.result.ShiftOpened = true
		text := "the shift was closed; it was opened and stays open"
		if doc.Number > 0 { // it could be read back
			text += fmt.Sprintf(" (document %d)", doc.Number)
		}
		cfg.Notify(text)
	}
	if err := r.measure(ctx); err != nil {
		return nil, fmt.Errorf("after %d receipts: %w", r.result.Receipts, err)
	}
	return r.result, nil
}

// Places of the format's version (Protocol ККТ 1.17, tables of the printer
// family).
const (
	tableRegional = 17
	fieldFormat   = 17
)

// wantsUnits asks the register for its format of documents. One that keeps it
// elsewhere is sold goods without units.
func wantsUnits(ctx context.Context, reg *device.Register, password uint32) bool {
	var have shtrih.ReadTableReply
	err := reg.Exec(ctx, shtrih.ReadTable{Password: password, Table: tableRegional, Row: 1, Field: fieldFormat}, &have)
	return err == nil && len(have.Value) > 0 && have.Value[0] == byte(ffd.FFD12)
}

// run is one run of Run.
type run struct {
	Config
	reg      *device.Register
	rec      *Recorder
	workload *Workload
	result   *Result
}

func (r *run) measure(ctx context.Context) error {
	res := r.result
	var times, ends []time.Duration
	r.rec.reset()
	began := r.Now()
	res.Began = began
	for elapsed := time.Duration(0); r.goesOn(elapsed); {
		receipt := r.workload.Next()
		doc, err := r.reg.Sell(ctx, receipt)
		if err != nil {
			return err
		}
		now := r.Now().Sub(began)
		times, ends = append(times, now-elapsed), append(ends, now)
		elapsed = now
		if res.Receipts++; res.Receipts == 1 {
			res.First = doc.Number
		}
		res.Last = doc.Number
		res.Items += len(receipt.Items)
		if receipt.Operation == device.SaleReturn {
			res.Refunds++
		}
		r.Progress(Progress{res.Receipts, elapsed})
	}
	res.Elapsed = r.Now().Sub(began)
	if res.Elapsed > 0 {
		res.PerMinute = float64(res.Receipts) / res.Elapsed.Minutes()
	}
	res.Receipt = measure(times)
	res.Timeline = timeline(ends, res.Elapsed)
	rec := r.rec
	res.Commands, res.Wire = commandTable(rec.commands), rec.wire
	res.Retries, res.Failures, res.Waits = rec.retries, rec.failures, rec.waits
	res.Time = Times{Storage: rec.storage, Printing: rec.printing, Other: rec.other}
	res.Time.Host = max(0, res.Elapsed-rec.storage-rec.printing-rec.other)
	return nil
}

func (r *run) goesOn(elapsed time.Duration) bool {
	return (r.Duration <= 0 || elapsed < r.Duration) && (r.Count <= 0 || r.result.Receipts < r.Count)
}
