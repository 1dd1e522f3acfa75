package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
)

// Status is what a person wants to know first.
type Status struct {
	Model    string // name by FCh
	Firmware string // version.build
	Serial   string // as 11h gives it
	Mode     shtrih.ModeByte
	Submode  shtrih.Submode
	Flags    shtrih.Flags
	Operator uint8
	// Time is the register's own calendar; the zone is not known and set to UTC.
	Time time.Time

	Storage      string // number of the ФН
	StorageLife  uint8  // bits: 0 set up, 1 fiscal mode open, 2 closed, 3 ОФД transfer over
	Warnings     uint8  // bits of the ФН
	LastDocument uint32 // ФД
	ShiftOpen    bool
	Shift        uint32 // number of the open or the last shift
	Receipt      uint32 // number of the last receipt in it
}

// Status asks the register and its storage (FCh, 11h, FF01h, FF40h).
func (r *Register) Status(ctx context.Context) (Status, error) {
	const op = "status"
	unlock, err := r.lock(ctx, op)
	if err != nil {
		return Status{}, err
	}
	defer unlock()
	var device shtrih.DeviceTypeReply
	if err := r.exec(ctx, op, shtrih.DeviceType{}, &device); err != nil {
		return Status{}, err
	}
	s := Status{Model: charset.CP1251String(device.Name)}
	var full shtrih.FullStatusReply
	if err := r.exec(ctx, op, shtrih.FullStatus{Password: r.password()}, &full); err != nil {
		return Status{}, err
	}
	s.Firmware = fmt.Sprintf("%s.%d", strings.TrimSpace(string(full.Version[:])), full.Build)
	s.Serial = fmt.Sprintf("%08d", full.Serial)
	s.Mode, s.Submode, s.Flags, s.Operator = full.Mode, full.Submode, full.Flags, full.Operator
	s.Time = full.Date.At(full.Time, time.UTC)
	var storage shtrih.StorageStatusReply
	if err := r.exec(ctx, op, shtrih.StorageStatus{Password: r.password()}, &storage); err != nil {
		return Status{}, err
	}
	s.Storage = strings.TrimRight(string(storage.Number[:]), " \x00")
	s.StorageLife, s.Warnings, s.LastDocument = storage.Life, storage.Warnings, storage.LastDocument
	var shift shtrih.ShiftParametersReply
	if err := r.exec(ctx, op, shtrih.ShiftParameters{Password: r.password()}, &shift); err != nil {
		return Status{}, err
	}
	s.ShiftOpen, s.Shift, s.Receipt = shift.State == 1, uint32(shift.Shift), uint32(shift.Receipt)
	return s, nil
}

// OpenShift opens the shift (E0h) and returns the opening report.
func (r *Register) OpenShift(ctx context.Context) (Document, error) {
	return r.shiftReport(ctx, "open shift", shtrih.OpenShift{Password: r.password()}, shtrih.ModeShiftClosed)
}

// CloseShift closes the shift with a Z report (41h) and returns the closing report.
func (r *Register) CloseShift(ctx context.Context) (Document, error) {
	return r.shiftReport(ctx, "close shift", shtrih.ZReport{Password: r.password()}, shtrih.ModeShiftOpen, shtrih.ModeShiftOver24)
}

// XReport prints the totals of the shift without closing it (40h).
func (r *Register) XReport(ctx context.Context) error {
	return r.simple(ctx, "X report", shtrih.XReport{Password: r.password()}, &shtrih.OperatorReply{},
		shtrih.ModeShiftOpen, shtrih.ModeShiftOver24)
}

// CashIn records cash put into the drawer (50h), in kopecks.
func (r *Register) CashIn(ctx context.Context, kopecks uint64) error {
	if err := checkCash("cash in", shtrih.CashInCode, kopecks); err != nil {
		return err
	}
	return r.simple(ctx, "cash in", shtrih.CashIn{Password: r.password(), Sum: kopecks}, &shtrih.CashInReply{}, cashModes...)
}

// CashOut records cash taken out of the drawer (51h), in kopecks.
func (r *Register) CashOut(ctx context.Context, kopecks uint64) error {
	if err := checkCash("cash out", shtrih.CashOutCode, kopecks); err != nil {
		return err
	}
	return r.simple(ctx, "cash out", shtrih.CashOut{Password: r.password(), Sum: kopecks}, &shtrih.CashInReply{}, cashModes...)
}

// cashModes are the modes that allow 50h and 51h (Protocol ККТ 1.17).
var cashModes = []shtrih.Mode{shtrih.ModeShiftOpen, shtrih.ModeShiftOver24, shtrih.ModeShiftClosed, shtrih.ModeResetAllowed}

// Cancel cancels the open receipt (88h).
func (r *Register) Cancel(ctx context.Context) error {
	return r.simple(ctx, "cancel receipt", shtrih.CancelReceipt{Password: r.password()}, &shtrih.OperatorReply{}, shtrih.ModeDocumentOpen)
}

// ContinuePrint resumes printing after the paper was replaced (B0h).
func (r *Register) ContinuePrint(ctx context.Context) error {
	const op = "continue printing"
	unlock, err := r.lock(ctx, op)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.exec(ctx, op, shtrih.ContinuePrint{Password: r.password()}, &shtrih.OperatorReply{}); err != nil {
		return err
	}
	return r.waitPrinted(ctx, op)
}

// shiftReport runs a command that makes a document and returns that document.
func (r *Register) shiftReport(ctx context.Context, op string, command shtrih.Command, modes ...shtrih.Mode) (Document, error) {
	unlock, err := r.lock(ctx, op)
	if err != nil {
		return Document{}, err
	}
	defer unlock()
	if err := r.ready(ctx, op, command.Code(), modes...); err != nil {
		return Document{}, err
	}
	before, err := r.lastNumber(ctx, op)
	if err != nil {
		return Document{}, err
	}
	if err := r.exec(ctx, op, command, &shtrih.OperatorReply{}); err != nil {
		if unknown := (*UnknownOutcomeError)(nil); errors.As(err, &unknown) {
			after, cancel := r.aftermath(ctx)
			defer cancel()
			unknown.DocumentBefore = before
			unknown.DocumentNow, _ = r.lastNumber(after, op)
		}
		return Document{}, err
	}
	// From here on the report is made: what fails now must not look like a failed report.
	if err := r.waitPrinted(ctx, op); err != nil {
		return Document{Notes: []string{"the end of printing was not seen: " + err.Error()}}, nil
	}
	doc, err := r.lastDocument(ctx, op)
	if err != nil {
		return Document{Notes: []string{"the document could not be read back: " + err.Error()}}, nil
	}
	return doc, nil
}

// aftermath is a context for finding out and cleaning up after a failure, which may be that the caller's own context
// has ended.
func (r *Register) aftermath(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), r.settings.timeouts.Default)
}

// simple runs one command in the modes that allow it and waits for the end of printing.
func (r *Register) simple(ctx context.Context, op string, command shtrih.Command, reply shtrih.Reply, modes ...shtrih.Mode) error {
	unlock, err := r.lock(ctx, op)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.ready(ctx, op, command.Code(), modes...); err != nil {
		return err
	}
	return r.exec(ctx, op, command, reply)
}

// ready asks for the mode (10h) and refuses in words when it is not one of modes or the printer is not ready.
func (r *Register) ready(ctx context.Context, op string, code shtrih.Code, modes ...shtrih.Mode) error {
	var status shtrih.ShortStatusReply
	if err := r.exec(ctx, op, shtrih.ShortStatus{Password: r.password()}, &status); err != nil {
		return err
	}
	var wait func(context.Context, string) error
	switch {
	case status.Submode == shtrih.SubmodePrinting || status.Submode == shtrih.SubmodeFullReport:
		wait = r.waitPrinted
	case status.Mode.Mode() == shtrih.ModeDataOutput:
		wait = r.readOut
	}
	if wait != nil {
		if err := wait(ctx, op); err != nil {
			return err
		}
		if err := r.exec(ctx, op, shtrih.ShortStatus{Password: r.password()}, &status); err != nil {
			return err
		}
	}
	refuse := func(reason string, like shtrih.Result) error {
		return &OpError{Op: op, Command: code, Err: &RefusedError{Reason: reason, Like: like}}
	}
	switch status.Submode {
	case shtrih.SubmodeNoPaper:
		return refuse("there is no paper; put a roll in", shtrih.NoPaper)
	case shtrih.SubmodePaperEnded:
		return refuse("the paper ended while printing; put a roll in, then continue printing (B0h)", shtrih.NoPaper)
	case shtrih.SubmodeAwaitResume:
		return refuse("printing waits to be continued (B0h) after the paper was replaced", shtrih.AwaitContinue)
	}
	mode := status.Mode.Mode()
	if slices.Contains(modes, mode) {
		return nil
	}
	if code == shtrih.CancelReceiptCode {
		return refuse(fmt.Sprintf("no receipt is open (%v)", status.Mode), shtrih.WrongMode)
	}
	switch mode {
	case shtrih.ModeShiftClosed:
		return refuse("the shift is closed; open it first", shtrih.ShiftIsNotOpen)
	case shtrih.ModeShiftOpen:
		return refuse("the shift is open already", shtrih.ShiftIsOpen)
	case shtrih.ModeShiftOver24:
		return refuse("the shift is older than 24 hours; close it first", shtrih.ShiftOver24Hours)
	case shtrih.ModeDocumentOpen:
		return refuse(fmt.Sprintf("a document is open (%v); cancel it first (88h)", status.Mode), shtrih.WrongMode)
	case shtrih.ModeConfirmDate:
		return refuse("the register waits for its date to be confirmed (23h)", shtrih.WrongMode)
	}
	return refuse(fmt.Sprintf("the register is in mode %d (%v)", mode, status.Mode), shtrih.WrongMode)
}

func checkCash(op string, code shtrih.Code, kopecks uint64) error {
	if kopecks == 0 || kopecks > maxMoney {
		return &OpError{Op: op, Command: code, Err: fmt.Errorf("sum of %d kopecks, must be from 1 to %d", kopecks, uint64(maxMoney))}
	}
	return nil
}
