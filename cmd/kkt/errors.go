package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

// Exit codes of every command.
const (
	exitDone    = 0
	exitRefused = 1 // the register, a check or an expectation said no
	exitInput   = 2 // usage or input
	exitNoLink  = 3 // no link, nothing was sent
	exitUnknown = 4 // the outcome is unknown
	exitStopped = 130
)

var errInterrupted = errors.New("interrupted")

// usageError is a command line that cannot be carried out.
type usageError struct{ what, fix string }

func (e *usageError) Error() string {
	if e.fix == "" {
		return e.what
	}
	return e.what + ": see " + e.fix
}

// inputError is a file or an argument that cannot be used; place names it.
type inputError struct {
	place string
	err   error
}

func (e *inputError) Error() string { return e.place + ": " + e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }

// refusedError is a refusal that the program itself found, such as a document
// that does not exist.
type refusedError struct{ what, fix string }

func (e *refusedError) Error() string { return sentence(e.what, e.fix) }

func sentence(what, fix string) string {
	if fix == "" {
		return what
	}
	return what + ". " + fix
}

// problem is one error as both the line and the JSON object show it.
type problem struct {
	exit    int
	Code    string `json:"code"`
	Command string `json:"command,omitempty"`
	Result  string `json:"result,omitempty"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

func classify(err error) problem {
	p := problem{exit: exitInput, Code: "input", Message: err.Error()}
	var op *device.OpError
	if errors.As(err, &op) && op.Command != 0 {
		p.Command = op.Command.String()
	}
	var result shtrih.Result
	var refused *refusedError
	var foreseen *device.RefusedError
	var usage *usageError
	switch {
	case errors.Is(err, errInterrupted):
		p.exit, p.Code = exitStopped, "interrupted"
	case errors.Is(err, device.ErrOutcomeUnknown):
		p.exit, p.Code = exitUnknown, "outcome_unknown"
		p.Fix = "Look at kkt status and kkt doc last before you sell again"
		if once := (*device.UnknownOutcomeError)(nil); errors.As(err, &once) && once.Reason != "" {
			p.Fix = "Repeating with the same --id is safe"
		}
	case errors.Is(err, device.ErrLedgerConflict), errors.Is(err, device.ErrLedgerBusy):
		p.exit, p.Code = exitRefused, "refused"
	case errors.As(err, &result):
		p.exit, p.Code = exitRefused, "register_refused"
		p.Result = fmt.Sprintf("%02Xh", byte(result))
		p.Fix = remedy(result)
	case errors.As(err, &foreseen):
		p.exit, p.Code = exitRefused, "refused"
		p.Fix = remedy(foreseen.Like)
	case errors.Is(err, device.ErrRefused), errors.Is(err, device.ErrDocumentDiffers):
		p.exit, p.Code = exitRefused, "refused"
	case errors.As(err, &refused):
		p.exit, p.Code, p.Message, p.Fix = exitRefused, "refused", refused.what, refused.fix
	case errors.Is(err, device.ErrNoLink):
		p.exit, p.Code = exitNoLink, "no_link"
		p.Fix = "Check --to and that the register is on; nothing was sent"
	case errors.As(err, &usage):
		p.Code, p.Message = "usage", usage.what
		if usage.fix != "" {
			p.Fix = "See " + usage.fix
		}
	}
	return p
}

// remedy says what to do about the refusals that people meet first.
func remedy(r shtrih.Result) string {
	switch r {
	case shtrih.ShiftIsNotOpen:
		return "Open the shift: kkt shift open"
	case shtrih.ShiftOver24Hours:
		return "Close the shift: kkt shift close"
	case shtrih.ShiftIsOpen:
		return "Close the shift first: kkt shift close"
	case shtrih.Password:
		return "Give the operator password of table 2: --password N"
	case shtrih.NotEnoughCash:
		return "Put cash in first: kkt cash in SUM"
	case shtrih.ReceiptIsOpen:
		return "A receipt is open: kkt cancel"
	case shtrih.WrongMode:
		return "See the mode with kkt status; an open receipt is cancelled by kkt cancel"
	case shtrih.AwaitContinue:
		return "Printing waits to be continued (command B0h)"
	case shtrih.NoPaper:
		return "Load paper, then continue printing (command B0h)"
	}
	return ""
}

// report prints the one line of an error and returns the exit code.
func (a *app) report(err error) int {
	p := classify(err)
	if a.json {
		enc := json.NewEncoder(a.err)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(map[string]problem{"error": p})
		return p.exit
	}
	line := sentence(strings.TrimSuffix(p.Message, "."), p.Fix)
	line = strings.Join(strings.Fields(line), " ")
	fmt.Fprintln(a.err, "kkt: "+line)
	return p.exit
}
