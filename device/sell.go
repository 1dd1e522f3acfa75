package device

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

const opSell = "sell"

// Places of settings (Protocol ККТ 1.17, tables of the printer family).
const (
	tableMode      = 1
	fieldVAT       = 14 // 0 the register computes VAT, 1 the sums of the commands are used
	tableRegional  = 17
	fieldNoPrint   = 7 // 1 = do not print the next document, falls back to 0
	firstTableRow  = 1
	vatComputed    = 0
	vatFromCommand = 1
)

// Sell checks the receipt, sells it and reads the document back.
//
// When the register refuses, or the link is lost before the closing command left, the open receipt is cancelled and
// the error is a [NotSoldError]. When the link is lost after that, and neither the protocol's repeat nor the storage
// tells what happened, it is an [UnknownOutcomeError]: the receipt may have been sold.
//
// A nil error means that the document exists, even when it could not be read back (see Document.Notes). With
// [ErrDocumentDiffers] it exists too, and is returned, but is not what was asked for.
func (r *Register) Sell(ctx context.Context, receipt Receipt) (Document, error) {
	if err := receipt.Validate(); err != nil {
		return Document{}, err
	}
	unlock, err := r.lock(ctx, opSell)
	if err != nil {
		return Document{}, err
	}
	defer unlock()
	s := sale{Register: r, receipt: &receipt}
	if err := s.prepare(ctx); err != nil {
		return Document{}, err
	}
	if err := s.enter(ctx); err != nil {
		return Document{}, s.abandon(ctx, err)
	}
	closed, err := s.close(ctx)
	if err != nil {
		return Document{}, err
	}
	return s.readBack(ctx, closed)
}

// sale is one run of Sell.
type sale struct {
	*Register
	receipt *Receipt
	before  uint32 // number of the last document before the sale
	notes   []string
}

// prepare does what may be done before the receipt is open.
func (s *sale) prepare(ctx context.Context) error {
	if err := s.ready(ctx, opSell, shtrih.OpenReceiptCode, shtrih.ModeShiftOpen); err != nil {
		return err
	}
	var err error
	if s.before, err = s.lastNumber(ctx, opSell); err != nil {
		return err
	}
	return s.configure(ctx)
}

// configure sets what the receipt needs of the register.
func (s *sale) configure(ctx context.Context) error {
	if s.family.cashCore {
		// Table 1 and table 17 of this family are other tables.
		if s.receipt.NoPrint {
			return &OpError{Op: opSell, Command: shtrih.WriteTableCode,
				Err: &RefusedError{Reason: "leaving a receipt unprinted is not known for this family of registers", Like: shtrih.ModelMismatch}}
		}
		s.note("whether the register computes VAT was not checked: its family keeps the setting elsewhere")
		return nil
	}
	if err := s.setVAT(ctx); err != nil {
		return err
	}
	if s.receipt.NoPrint {
		return s.setting(ctx, tableRegional, fieldNoPrint, 1)
	}
	return nil
}

// setVAT makes the register compute VAT, or leave it to the commands, as the receipt needs.
func (s *sale) setVAT(ctx context.Context) error {
	want := byte(vatComputed)
	if s.receipt.CarriesVAT() {
		want = vatFromCommand
	}
	var have shtrih.ReadTableReply
	command := shtrih.ReadTable{Password: s.password(), Table: tableMode, Row: firstTableRow, Field: fieldVAT}
	if err := s.exec(ctx, opSell, command, &have); err != nil {
		return err
	}
	if have.Value[0] == want {
		return nil
	}
	what := fmt.Sprintf("table %d field %d (0 the register computes VAT, 1 the receipt's sums are used) is %d, the receipt needs %d",
		tableMode, fieldVAT, have.Value[0], want)
	if s.settings.keepVAT {
		return &OpError{Op: opSell, Command: shtrih.WriteTableCode,
			Err: &RefusedError{Reason: what + ", and changing it is forbidden", Like: shtrih.SettingsMismatch}}
	}
	if err := s.setting(ctx, tableMode, fieldVAT, want); err != nil {
		return err
	}
	s.note(what + "; changed")
	return nil
}

func (s *sale) setting(ctx context.Context, table, field uint8, value byte) error {
	return s.exec(ctx, opSell, shtrih.WriteTable{
		Password: s.password(), Table: table, Row: firstTableRow, Field: field, Value: []byte{value},
	}, &shtrih.EmptyReply{})
}

// enter opens the receipt and sends all that comes before its closing.
func (s *sale) enter(ctx context.Context) error {
	operation := shtrih.Operation(s.receipt.Operation)
	kind, ok := operation.ReceiptType()
	if !ok {
		return fmt.Errorf("operation %d", operation) // Validate has checked it
	}
	if err := s.exec(ctx, opSell, shtrih.OpenReceipt{Password: s.password(), Type: kind}, &shtrih.OperatorReply{}); err != nil {
		return err
	}
	for i := range s.receipt.Items {
		if err := s.item(ctx, operation, &s.receipt.Items[i]); err != nil {
			return fmt.Errorf("items[%d]: %w", i, err)
		}
	}
	if err := s.printLines(ctx, s.receipt.PrintLines); err != nil {
		return err
	}
	for _, group := range groupTLV(s.receipt.Tags, maxTLV) {
		if err := s.exec(ctx, opSell, shtrih.SendTLV{Password: s.password(), TLV: group}, &shtrih.EmptyReply{}); err != nil {
			return err
		}
	}
	return nil
}

func (s *sale) item(ctx context.Context, operation shtrih.Operation, it *Item) error {
	name, err := charset.AppendCP1251(nil, it.Name, charset.Conventional)
	if err != nil {
		return err
	}
	quantity, _ := millionths(it.Quantity) // Validate has checked it
	command := shtrih.Item{
		Password: s.password(), Operation: operation, Quantity: quantity, Price: it.Price, Sum: it.Sum,
		Tax: shtrih.NotGiven, Rate: shtrih.RateByte(it.VATRate), Department: max(it.Department, 1),
		Method: it.Method, Subject: it.Subject, Name: name,
	}
	if it.VATSum != nil {
		command.Tax = *it.VATSum
	}
	send := func() error { return s.exec(ctx, opSell, command, &shtrih.EmptyReply{}) }
	if s.settings.itemTagsFirst || s.family.itemTagsFirst {
		if err := s.itemTags(ctx, it.Tags); err != nil {
			return err
		}
		if err := send(); err != nil {
			return err
		}
	} else {
		if err := send(); err != nil {
			return err
		}
		if err := s.itemTags(ctx, it.Tags); err != nil {
			return err
		}
	}
	return s.printLines(ctx, it.PrintLines)
}

// itemTags sends the elements of an item, one a command, as real clients do.
func (s *sale) itemTags(ctx context.Context, tags []byte) error {
	for _, element := range groupTLV(tags, 0) {
		if err := s.exec(ctx, opSell, shtrih.ItemTLV{Password: s.password(), TLV: element}, &shtrih.EmptyReply{}); err != nil {
			return fmt.Errorf("%s: %w", tagNames(element), err)
		}
	}
	return nil
}

func (s *sale) printLines(ctx context.Context, lines []string) error {
	for _, line := range lines {
		text, err := charset.AppendCP1251(nil, line, charset.Conventional)
		if err != nil {
			return err
		}
		command := shtrih.PrintString{Password: s.password(), Flags: shtrih.PrintReceipt, Text: text}
		if err := s.exec(ctx, opSell, command, &shtrih.OperatorReply{}); err != nil {
			return err
		}
	}
	return nil
}

// close sends the closing command, the one that makes the document.
func (s *sale) close(ctx context.Context) (shtrih.CloseReceiptReply, error) {
	command := s.closing()
	var closed shtrih.CloseReceiptReply
	err := s.exec(ctx, opSell, command, &closed)
	var unknown *UnknownOutcomeError
	switch {
	case err == nil:
		return closed, nil
	case errors.As(err, &unknown):
		return s.resolve(ctx, command.Code(), err, unknown)
	case storageTrouble(err):
		// The register did not get on with its storage: what the storage did is another matter.
		return s.resolve(ctx, command.Code(), err, &UnknownOutcomeError{Command: command.Code(), Cause: err})
	}
	if now, asked := s.lastNumber(ctx, opSell); asked == nil && now != s.before {
		// A damaged answer can look like a refusal: two bytes that changed places keep the check sum of protocol 1.
		return closed, wrapUnknown(command.Code(), nil, &UnknownOutcomeError{
			Command: command.Code(), DocumentBefore: s.before, DocumentNow: now, Cause: err,
		})
	}
	return closed, s.abandon(ctx, err)
}

func (s *sale) closing() shtrih.Command {
	r := s.receipt
	var payments [16]uint64
	payments[shtrih.PaymentCash] = r.Cash
	payments[shtrih.PaymentElectronic] = r.Electronic
	payments[shtrih.PaymentAdvance] = r.Prepaid
	payments[shtrih.PaymentCredit] = r.Credit
	payments[shtrih.PaymentBarter] = r.Barter
	sum, _ := r.itemsSum()
	taxes := closeTaxes(r.VATTotals)
	if !r.CarriesVAT() {
		for i := range taxes {
			taxes[i] = shtrih.NotGiven
		}
	}
	rounding := uint8(sum - r.Total) // 0-99, Validate has checked it
	if r.needsV3() {
		return shtrih.CloseReceiptV3{Password: s.password(), Payments: payments, Rounding: rounding, Taxes: taxes, TaxSystem: r.TaxSystem}
	}
	return shtrih.CloseReceipt{Password: s.password(), Payments: payments, Rounding: rounding, Taxes: [6]uint64(taxes[:6]), TaxSystem: r.TaxSystem}
}

// storageTrouble tells the refusals after which the storage may hold the document all the same: its link failed or
// its answer made no sense.
func storageTrouble(err error) bool {
	for _, r := range []shtrih.Result{shtrih.StorageTimeout, shtrih.StorageSilent, shtrih.StorageExchangeFormat, shtrih.StorageExchangeCRC} {
		if errors.Is(err, r) {
			return true
		}
	}
	return false
}

// resolve finds out what became of a closing command without an answer. The register works on one command at a time,
// so an answer to a later one means that the closing is over, one way or the other.
func (s *sale) resolve(ctx context.Context, code shtrih.Code, err error, unknown *UnknownOutcomeError) (closed shtrih.CloseReceiptReply, _ error) {
	ctx, cancel := s.aftermath(ctx)
	defer cancel()
	unknown.DocumentBefore = s.before
	now, asked := s.lastNumber(ctx, opSell)
	if late, ok := s.lateAnswer(code); ok && closed.Parse(late) == nil {
		s.note("the answer to the closing came late")
		return closed, nil
	}
	if asked != nil {
		return closed, wrapUnknown(code, err, unknown)
	}
	unknown.DocumentNow = now
	if now != s.before {
		return closed, wrapUnknown(code, err, unknown)
	}
	// No document. Only when the receipt is still open, and is cancelled now, can no late copy of the command close it.
	if s.exec(ctx, opSell, shtrih.CancelReceipt{Password: s.password()}, &shtrih.OperatorReply{}) != nil {
		return closed, wrapUnknown(code, err, unknown)
	}
	if storageTrouble(err) {
		return closed, &NotSoldError{Cancelled: true, Err: err}
	}
	return closed, &NotSoldError{Cancelled: true, Err: &OpError{Op: opSell, Command: code, Err: fmt.Errorf("%w: %w", ErrNoLink, unknown.Cause)}}
}

// lateAnswer is the payload of the good answer to the command that the register still held when the last one began.
func (s *sale) lateAnswer(code shtrih.Code) ([]byte, bool) {
	data := s.link.host.Discarded()
	if data == nil {
		return nil, false
	}
	result, payload, err := shtrih.SplitAnswer(code, data)
	return payload, err == nil && result == shtrih.OK
}

func wrapUnknown(code shtrih.Code, err error, unknown *UnknownOutcomeError) error {
	if errors.Is(err, ErrOutcomeUnknown) {
		return err // unknown is in its chain, and was filled in place
	}
	return &OpError{Op: opSell, Command: code, Err: unknown}
}

// abandon cancels the receipt that err stopped before its closing.
func (s *sale) abandon(ctx context.Context, err error) error {
	ctx, cancel := s.aftermath(ctx)
	defer cancel()
	var unknown *UnknownOutcomeError
	if errors.As(err, &unknown) {
		// Unknown is what one command before the closing did. What the sale did is known: it made no document.
		err = &OpError{Op: opSell, Command: unknown.Command, Err: fmt.Errorf("%w: the answer is lost: %w", ErrNoLink, unknown.Cause)}
	}
	cancelErr := s.exec(ctx, opSell, shtrih.CancelReceipt{Password: s.password()}, &shtrih.OperatorReply{})
	cancelled := cancelErr == nil || errors.Is(cancelErr, shtrih.WrongMode) // wrong mode: no receipt is open
	if cancelled && s.receipt.NoPrint {
		// The setting waits for the next document, which is another one.
		if err := s.setting(ctx, tableRegional, fieldNoPrint, 0); err != nil {
			s.note("printing may still be off for the next document: " + err.Error())
		}
	}
	if cancelled {
		cancelErr = nil
	}
	return &NotSoldError{Cancelled: cancelled, CancelErr: cancelErr, Err: err}
}

// readBack reads the document of the sale and compares it with what was asked for.
func (s *sale) readBack(ctx context.Context, closed shtrih.CloseReceiptReply) (Document, error) {
	doc := Document{Form: ffd.Receipt, Number: closed.Document, FiscalSign: closed.FiscalSign, Change: closed.Change}
	read, err := s.readDocument(ctx, opSell, closed.Document)
	if err != nil {
		s.note("the document could not be read back: " + err.Error())
		doc.Notes = s.notes
		return doc, nil
	}
	read.Change, read.Notes = closed.Change, s.notes
	if what := s.difference(&read, closed); what != "" {
		return read, &OpError{Op: opSell, Command: shtrih.ReadDocumentCode, Err: fmt.Errorf("%w: document %d: %s", ErrDocumentDiffers, read.Number, what)}
	}
	return read, nil
}

// difference names the first field of the document that is not what was sold.
func (s *sale) difference(doc *Document, closed shtrih.CloseReceiptReply) string {
	if !ffd.IsReceipt(doc.Form) {
		return fmt.Sprintf("it is a document of form %d, not a receipt", doc.Form)
	}
	if doc.FiscalSign != closed.FiscalSign {
		return fmt.Sprintf("its fiscal sign is %d, the register answered %d", doc.FiscalSign, closed.FiscalSign)
	}
	want := s.receipt
	var got Receipt
	if err := got.setTLV(doc.TLV[tlv.HeaderSize:]); err != nil {
		return err.Error()
	}
	if got.Operation != want.Operation {
		return fmt.Sprintf("operation %d, %d was sold", got.Operation, want.Operation)
	}
	if len(got.Items) != len(want.Items) {
		return fmt.Sprintf("%d items, %d were sold", len(got.Items), len(want.Items))
	}
	for _, sum := range []struct {
		name      string
		got, want uint64
	}{
		{"total", got.Total, want.Total}, {"cash", got.Cash, want.Cash - want.Change()},
		{"electronic payment", got.Electronic, want.Electronic}, {"prepayment", got.Prepaid, want.Prepaid},
		{"credit", got.Credit, want.Credit}, {"barter", got.Barter, want.Barter},
	} {
		if sum.got != sum.want {
			return fmt.Sprintf("%s of %d kopecks, %d was sold", sum.name, sum.got, sum.want)
		}
	}
	for i := range got.Items {
		if g, w := got.Items[i].Sum, want.Items[i].Sum; g != w {
			return fmt.Sprintf("item %d of %d kopecks, %d was sold", i, g, w)
		}
	}
	return ""
}

func (s *sale) note(text string) {
	s.notes = append(s.notes, text)
	s.settings.logger.Info("sell", "note", text)
}

// groupTLV splits a row of elements into runs of whole elements, each of at most limit bytes; a longer element stands
// alone. The runs are views.
func groupTLV(tags []byte, limit int) [][]byte {
	var groups [][]byte
	start, end := 0, 0
	reader := tlv.NewReader(tags)
	for reader.Next() {
		next := reader.Offset() + len(reader.Element())
		if next-start > limit && end > start {
			groups = append(groups, tags[start:end])
			start = end
		}
		end = next
	}
	if end > start {
		groups = append(groups, tags[start:end])
	}
	return groups
}

func tagNames(element []byte) string {
	var names bytes.Buffer
	reader := tlv.NewReader(element)
	for reader.Next() {
		if names.Len() > 0 {
			names.WriteByte(' ')
		}
		names.WriteString(jsonName(reader.Tag()))
	}
	return names.String()
}
