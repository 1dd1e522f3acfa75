package device

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/ffd"
)

const opSellOnce = "sell once"

// maxCandidates is how many documents SellOnce reads in search of a sale.
const maxCandidates = 256

// SellOnce sells the receipt under an id of the caller (an order number), once, whatever becomes of the link, of the
// register and of this program. The receipt's own ID is not looked at. It needs [WithLedger].
//
// After an error, ErrOutcomeUnknown included, call it again with the same id and the same receipt, also in another
// process and after a restart of the register:
//
//   - an id that was sold gives the document that was made then; nothing is sold;
//   - an id with another receipt is a [LedgerConflictError];
//   - a sale that was left unfinished is looked for in the storage first, see below.
//
// What an unfinished sale became is decided so. The ledger remembers the last document before the closing command
// left; the storage is asked for those after it. What came after the next sale of this ledger had begun is not ours. Of
// the receipts that are left,
//
//   - none: the sale did not happen. The receipt that may still be open is cancelled, and it is sold now;
//   - exactly one, equal in every field that the receipt gives: it is ours;
//   - anything else was written by somebody else, or spoilt on the way to the register: an [UnknownOutcomeError] with
//     the candidates. So it is when the storage was replaced meanwhile. Such an id is never sold again.
//
// A sale whose closing command never left can have made no document, so newer ones are somebody else's.
//
// To the ledger a plain Sell is somebody else's: do not mix them on a register.
//
// The document is read back and compared before the sale counts as done. One that differs gives an UnknownOutcomeError
// that matches [ErrDocumentDiffers] as well.
func (r *Register) SellOnce(ctx context.Context, id string, receipt Receipt) (Document, error) {
	ledger := r.settings.ledger
	if ledger == nil {
		return Document{}, &OpError{Op: opSellOnce, Err: ErrNoLedger}
	}
	if id == "" || len(id) > maxID || !utf8.ValidString(id) {
		return Document{}, &InvalidReceiptError{[]Problem{{"kkt.id", fmt.Sprintf("an id has 1 to %d bytes of UTF-8", maxID)}}}
	}
	receipt.ID = id
	if err := receipt.Validate(); err != nil {
		return Document{}, err
	}
	hash, err := receipt.Hash()
	if err != nil {
		return Document{}, err
	}
	release, err := ledger.claim(ctx, claim{id: id})
	if err != nil {
		return Document{}, &OpError{Op: opSellOnce, Err: err}
	}
	defer release()
	entry, known := ledger.Lookup(id)
	if known && entry.Receipt != hash {
		return Document{}, &LedgerConflictError{id, entry}
	}
	o := once{sale: sale{Register: r, receipt: &receipt}, ledger: ledger, id: id}
	unlock, err := r.lock(ctx, opSellOnce)
	if err == nil {
		defer unlock()
	}
	if known && entry.State == LedgerSold {
		return o.recall(ctx, entry, err), nil
	}
	if err != nil {
		return Document{}, err
	}
	first := place{storage: entry.Storage}
	if entry.State != LedgerClosing {
		if first, err = o.place(ctx); err != nil {
			return Document{}, err
		}
	}
	// Of two sales on one storage the second begins when the first is over: lastPossible relies on it.
	r.link.rest() // the ledger may take long
	releaseStorage, err := ledger.claim(ctx, claim{storage: first.storage})
	if err != nil {
		return Document{}, &OpError{Op: opSellOnce, Err: err}
	}
	defer releaseStorage()
	switch entry.State {
	case LedgerClosing:
		doc, err := o.settle(ctx, entry)
		if err != nil || doc != nil {
			return value(doc), err
		}
	case LedgerBegun:
		if entry.Storage != first.storage {
			break // what is open here is not ours
		}
		if err := o.cancel(ctx); err != nil {
			return Document{}, err
		}
	}
	return o.sell(ctx, first, hash)
}

// once is one run of SellOnce.
type once struct {
	sale
	ledger *FileLedger
	id     string
}

// place is where the storage stands.
type place struct {
	storage string
	last    uint32 // ФД
}

func (o *once) place(ctx context.Context) (place, error) {
	var status shtrih.StorageStatusReply
	err := o.exec(ctx, opSellOnce, shtrih.StorageStatus{Password: o.password()}, &status)
	if errors.Is(err, shtrih.WrongMode) && o.readOut(ctx, opSellOnce) == nil { // whoever read a document stopped half-way
		err = o.exec(ctx, opSellOnce, shtrih.StorageStatus{Password: o.password()}, &status)
	}
	return place{strings.TrimRight(string(status.Number[:]), " \x00"), status.LastDocument}, err
}

// confirmed asks until two answers agree, beginning with guess: an answer of protocol 1 may be damaged and keep its
// check sum, and what the ledger takes down decides about sales.
func (o *once) confirmed(ctx context.Context, guess place) (place, error) {
	const most = 5
	for range most {
		now, err := o.place(ctx)
		if err != nil {
			return place{}, err
		}
		if now == guess {
			return now, nil
		}
		guess = now
	}
	return place{}, &OpError{Op: opSellOnce, Command: shtrih.StorageStatusCode,
		Err: fmt.Errorf("%w: %w: %d answers about the last document differ", ErrNoLink, ErrBadAnswer, most)}
}

// sell makes the document of an id that has none.
func (o *once) sell(ctx context.Context, first place, hash [32]byte) (Document, error) {
	if err := o.ready(ctx, opSellOnce, shtrih.OpenReceiptCode, shtrih.ModeShiftOpen); err != nil {
		return Document{}, err
	}
	at, err := o.confirmed(ctx, first)
	if err != nil {
		return Document{}, err
	}
	if at.storage != first.storage {
		return Document{}, &OpError{Op: opSellOnce, Command: shtrih.StorageStatusCode,
			Err: fmt.Errorf("%w: %w: the storage called itself %q, then %q", ErrNoLink, ErrBadAnswer, first.storage, at.storage)}
	}
	o.link.rest() // the ledger may take long
	if err := o.ledger.begin(o.id, hash, at.storage, at.last); err != nil {
		return Document{}, &OpError{Op: opSellOnce, Err: err}
	}
	o.before = at.last
	if err := o.configure(ctx); err != nil {
		return Document{}, err
	}
	err = o.enter(ctx)
	if err == nil {
		// Asked again while the receipt is open: now nobody else can make a document without cancelling it, so that
		// ours can only be the next one.
		at, err = o.confirmed(ctx, at)
	}
	if err == nil {
		o.link.rest() // the ledger may take long
		if err = o.ledger.closing(o.id, at.last); err != nil {
			err = &OpError{Op: opSellOnce, Err: err}
		}
	}
	if err != nil {
		return Document{}, o.abandon(ctx, err)
	}
	o.before = at.last
	return o.finish(ctx)
}

// finish sends the closing command and finds out what it made.
func (o *once) finish(ctx context.Context) (Document, error) {
	command := o.closing()
	var closed shtrih.CloseReceiptReply
	closeErr := o.exec(ctx, opSell, command, &closed)
	entry, _ := o.ledger.Lookup(o.id)
	after := ctx
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		after, cancel = o.aftermath(ctx)
		defer cancel()
	}
	if closeErr == nil && closed.Document == o.before+1 {
		doc, err := o.read(after, closed.Document)
		if err != nil && !errors.Is(err, shtrih.StorageNoData) {
			// The number is the one that it had to be, so the document exists. The ledger leaves the entry open: the
			// next call with this id will compare.
			o.note("the document could not be read back: " + err.Error())
			return Document{
				Form: ffd.Receipt, Number: closed.Document, FiscalSign: closed.FiscalSign, Storage: entry.Storage,
				Change: closed.Change, Notes: o.notes,
			}, nil
		}
		if err == nil && o.receipt.mismatch(&doc) == "" {
			if closed.Change != o.receipt.Change() {
				o.note(fmt.Sprintf("the register answered a change of %d kopecks, %d is due", closed.Change, o.receipt.Change()))
			}
			return o.sold(doc), nil
		}
	}
	doc, err := o.settle(after, entry)
	if err != nil || doc != nil {
		return value(doc), err
	}
	if closeErr == nil { // answered by a success that the storage knows nothing of
		closeErr = &OpError{Op: opSell, Command: command.Code(), Err: fmt.Errorf("%w: document %d", ErrBadAnswer, closed.Document)}
	}
	if unknown := (*UnknownOutcomeError)(nil); errors.As(closeErr, &unknown) {
		closeErr = &OpError{Op: opSell, Command: command.Code(), Err: fmt.Errorf("%w: the answer is lost: %w", ErrNoLink, unknown.Cause)}
	}
	return Document{}, &NotSoldError{Cancelled: true, Err: closeErr}
}

// settle looks for the document of a sale whose closing command may have left. A nil document without an error means
// that there is none and can be none any more; the ledger says so then.
func (o *once) settle(ctx context.Context, entry LedgerEntry) (*Document, error) {
	unknown := &UnknownOutcomeError{Command: o.closing().Code(), DocumentBefore: entry.Before}
	fail := func(reason string, cause error) (*Document, error) {
		unknown.Reason = reason
		if cause != nil {
			unknown.Cause = errors.New(cause.Error()) // its ErrNoLink says nothing about the sale
			if errors.Is(cause, ErrDocumentDiffers) {
				unknown.Cause = cause
			}
		}
		return nil, &OpError{Op: opSellOnce, Command: unknown.Command, Err: unknown}
	}
	const later = "the sale was left at its closing, and the register cannot be asked what became of it; repeat with the same id"
	now, err := o.where(ctx)
	if err != nil {
		return fail(later, err)
	}
	unknown.DocumentNow = now.last
	switch {
	case now.storage != entry.Storage:
		return fail(fmt.Sprintf("the sale went to storage %s, and the register now has %s; look at the archive of the former", entry.Storage, now.storage), nil)
	case now.last < entry.Before:
		return fail("the storage has fewer documents than when the sale began: it is not the same one", nil)
	}
	last := o.ledger.lastPossible(entry, now.last)
	if last-entry.Before > maxCandidates && last > entry.Before {
		return fail(fmt.Sprintf("more than %d documents were made since", maxCandidates), nil)
	}
	var receipts []Document
	differs := ""
	equal := 0
	for number := entry.Before + 1; number <= last; number++ {
		doc, err := o.read(ctx, number)
		switch {
		case errors.Is(err, shtrih.StorageNoData):
			return fail(fmt.Sprintf("the storage does not show document %d any more", number), err)
		case err != nil:
			return fail(later, err)
		case doc.Form != ffd.Receipt:
			continue // reports, corrections and strict forms cannot be ours
		}
		receipts = append(receipts, doc)
		if what := o.receipt.mismatch(&doc); what != "" {
			differs = fmt.Sprintf("document %d: %s", number, what)
		} else {
			equal++
		}
	}
	switch {
	case len(receipts) == 0:
		return nil, o.nothing(ctx, entry, now)
	case len(receipts) == 1 && equal == 1:
		doc := o.sold(receipts[0])
		return &doc, nil
	}
	unknown.Candidates = receipts
	if equal > 0 {
		unknown.Candidates = nil
		for _, doc := range receipts {
			if o.receipt.mismatch(&doc) == "" {
				unknown.Candidates = append(unknown.Candidates, doc)
			}
		}
		return fail("the storage has receipts that this ledger knows nothing of: somebody else sells on this register, and the equal receipt may be theirs", nil)
	}
	return fail("a receipt was made that is not the one to be sold: it is somebody else's, or this sale spoilt on its way",
		fmt.Errorf("%w: %s", ErrDocumentDiffers, differs))
}

// nothing makes sure that no document can come any more of a sale that has none.
func (o *once) nothing(ctx context.Context, entry LedgerEntry, seen place) error {
	if err := o.cancel(ctx); err != nil {
		return err
	}
	// A copy of the closing command that was still on its way had its chance before the cancelling.
	now, err := o.where(ctx)
	if err != nil {
		return err
	}
	if now != seen {
		return &OpError{Op: opSellOnce, Command: o.closing().Code(), Err: &UnknownOutcomeError{
			Command: o.closing().Code(), DocumentBefore: entry.Before, DocumentNow: now.last,
			Reason: "a document was made while the sale was being looked for; repeat with the same id",
		}}
	}
	o.link.rest() // the ledger may take long
	if err := o.ledger.notSold(o.id); err != nil {
		return &OpError{Op: opSellOnce, Err: err}
	}
	return nil
}

// cancel cancels the receipt that an earlier attempt may have left open.
func (o *once) cancel(ctx context.Context) error {
	err := o.exec(ctx, opSellOnce, shtrih.CancelReceipt{Password: o.password()}, &shtrih.OperatorReply{})
	if err == nil || errors.Is(err, shtrih.WrongMode) { // wrong mode: no receipt is open
		return nil
	}
	if unknown := (*UnknownOutcomeError)(nil); errors.As(err, &unknown) {
		err = &OpError{Op: opSellOnce, Command: unknown.Command, Err: fmt.Errorf("%w: the answer is lost: %w", ErrNoLink, unknown.Cause)}
	}
	return &NotSoldError{CancelErr: err, Err: err}
}

// read reads a document that may be the sale's. One that differs is read again until two readings agree, for the same
// reason as in confirmed.
func (o *once) read(ctx context.Context, number uint32) (doc Document, err error) {
	const most = 4
	var before Document
	var errBefore error
	for i := range most {
		doc, err = o.readDocument(ctx, opSellOnce, number)
		switch {
		case err == nil && o.receipt.mismatch(&doc) == "":
			return doc, nil
		case err == nil && bytes.Equal(doc.TLV, before.TLV):
			return doc, nil
		case i > 0 && errors.Is(err, shtrih.StorageNoData) && errors.Is(errBefore, shtrih.StorageNoData):
			return doc, err
		case errors.Is(err, ErrNoLink) && !errors.Is(err, ErrBadAnswer):
			return doc, err
		}
		if err != nil {
			_ = o.readOut(ctx, opSellOnce) // a reading that was left in the middle
		}
		before, errBefore = doc, err
	}
	if err == nil {
		err = &OpError{Op: opSellOnce, Command: shtrih.ReadDocumentCode,
			Err: fmt.Errorf("%w: document %d reads differently each time", ErrBadAnswer, number)}
	}
	return doc, err
}

// sold takes the document down.
func (o *once) sold(doc Document) Document {
	doc.Change = o.receipt.Change()
	o.link.rest() // the ledger may take long
	if err := o.ledger.sold(o.id, doc.Number, doc.FiscalSign); err != nil {
		o.note("the sale is made, but the ledger does not say so: " + err.Error())
	}
	doc.Notes = o.notes
	return doc
}

// recall gives the document of an id that was sold. Whatever the register says, or if it cannot be asked, nothing is
// sold.
func (o *once) recall(ctx context.Context, entry LedgerEntry, cannotAsk error) Document {
	o.note(fmt.Sprintf("the id was sold already, recorded at %s", entry.At.Format(time.RFC3339)))
	doc, err := Document{}, cannotAsk
	if err == nil {
		doc, err = o.reread(ctx, entry)
	}
	if err != nil {
		o.note("the document was not read: " + err.Error())
		doc = Document{Form: ffd.Receipt, Number: entry.Document, FiscalSign: entry.FiscalSign, Storage: entry.Storage}
	}
	doc.Change, doc.Notes = o.receipt.Change(), o.notes
	return doc
}

// reread reads the document that the ledger names.
func (o *once) reread(ctx context.Context, entry LedgerEntry) (Document, error) {
	now, err := o.where(ctx)
	if err != nil {
		return Document{}, err
	}
	if now.storage != entry.Storage {
		return Document{}, fmt.Errorf("the register has storage %s now", now.storage)
	}
	doc, err := o.read(ctx, entry.Document)
	if err == nil && (doc.Number != entry.Document || doc.FiscalSign != entry.FiscalSign) {
		err = fmt.Errorf("%w: the storage has another document %d, with fiscal sign %d", ErrDocumentDiffers, doc.Number, doc.FiscalSign)
	}
	return doc, err
}

// where is the confirmed place.
func (o *once) where(ctx context.Context) (place, error) {
	guess, err := o.place(ctx)
	if err != nil {
		return place{}, err
	}
	return o.confirmed(ctx, guess)
}

func value(doc *Document) Document {
	if doc == nil {
		return Document{}
	}
	return *doc
}
