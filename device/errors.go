package device

import (
	"errors"
	"fmt"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

var (
	// ErrNoLink means that the register could not be talked to and that nothing it may have executed can have made a
	// fiscal document or moved money: the operation may simply be repeated.
	ErrNoLink = errors.New("no link with the register")

	// ErrOutcomeUnknown means that a command which changes the register's state was sent, and neither its answer nor
	// the protocol's repeat of it was received. The register may or may not have executed it.
	ErrOutcomeUnknown = errors.New("outcome unknown")

	// ErrBadAnswer means that an answer came in a whole frame but does not belong to the command or has the wrong
	// layout.
	ErrBadAnswer = errors.New("answer does not fit the command")

	// ErrRefused means that the driver itself refused, because of the register's mode, submode or settings, before anything was sent
	// that changes it.
	ErrRefused = errors.New("refused")

	// ErrDocumentDiffers means that the document in the storage is not what was asked for. The document exists.
	ErrDocumentDiffers = errors.New("stored document differs")

	// ErrClosed is returned by a Register after Close.
	ErrClosed = errors.New("register is closed")
)

// RefusedError is a refusal of the driver. It matches [ErrRefused], and the result that the register would have given.
type RefusedError struct {
	Reason string
	Like   shtrih.Result
}

func (e *RefusedError) Error() string { return ErrRefused.Error() + ": " + e.Reason }

// Is makes errors.Is work with ErrRefused and with the register's result.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused || target == error(e.Like) }

// OpError is the error of one command: what was being done, with which command, and why it failed.
type OpError = shtrih.OpError

// UnknownOutcomeError is what is known when the outcome is not. It matches [ErrOutcomeUnknown].
type UnknownOutcomeError struct {
	Command shtrih.Code
	// DocumentBefore is the number of the last fiscal document before the operation; 0 when it was not asked.
	DocumentBefore uint32
	// DocumentNow is the number of the last fiscal document after the loss; 0 when the register could not be asked.
	// When it equals DocumentBefore+1 that document is the candidate.
	DocumentNow uint32
	// Reason says why SellOnce cannot tell, "" when only the answer is lost.
	Reason string
	// Candidates are the receipts that may be this sale, as far as SellOnce has read them. The id must not be sold
	// under another name before a person has compared them.
	Candidates []Document
	// Cause is what happened on the line; nil when that is not the trouble.
	Cause error
}

func (e *UnknownOutcomeError) Error() string {
	var s string
	if e.Reason != "" {
		s = fmt.Sprintf("%v: %s", ErrOutcomeUnknown, e.Reason)
		if e.Cause != nil {
			s += fmt.Sprintf(" (%v)", e.Cause)
		}
	} else {
		s = fmt.Sprintf("%v: %v was sent and its answer is lost (%v)", ErrOutcomeUnknown, e.Command, e.Cause)
	}
	if e.DocumentBefore != 0 {
		s += fmt.Sprintf("; the last document before it was %d", e.DocumentBefore)
	}
	if e.DocumentNow != 0 {
		s += fmt.Sprintf(", now it is %d", e.DocumentNow)
	}
	if len(e.Candidates) == 0 {
		return s + "; look at the register's last document before repeating"
	}
	for i, c := range e.Candidates {
		if i == 0 {
			s += "; it may be document "
		} else {
			s += ", "
		}
		s += fmt.Sprint(c.Number)
	}
	return s + "; compare it with the receipt before selling again"
}

// Is makes errors.Is(err, ErrOutcomeUnknown) true.
func (e *UnknownOutcomeError) Is(target error) bool { return target == ErrOutcomeUnknown }

// Unwrap gives the event on the line. ErrNoLink is never in its chain.
func (e *UnknownOutcomeError) Unwrap() error { return e.Cause }

// NotSoldError is a sale that began and made no fiscal document. It wraps what stopped it: a shtrih.Result when the
// register refused, or [ErrNoLink] when the link was lost before the closing command left.
type NotSoldError struct {
	// Cancelled is true when the receipt begun in the register was cancelled (88h); false means that it may still
	// be open there, and CancelErr says why.
	Cancelled bool
	CancelErr error
	Err       error
}

func (e *NotSoldError) Error() string {
	if e.Cancelled {
		return fmt.Sprintf("%v; nothing was sold, the open receipt was cancelled", e.Err)
	}
	return fmt.Sprintf("%v; nothing was sold, but a receipt may remain open in the register (cancelling failed: %v); cancel it before the next sale",
		e.Err, e.CancelErr)
}

func (e *NotSoldError) Unwrap() error { return e.Err }

// linkEvent is an event on the line after which the command's own safety decides between the two sentinels.
type linkEvent struct {
	what  string // "no answer within 10s", "connection closed by the register", …
	cause error
}

func (e *linkEvent) Error() string {
	if e.cause == nil {
		return e.what
	}
	return e.what + ": " + e.cause.Error()
}

func (e *linkEvent) Unwrap() error { return e.cause }
