package device

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Document is a document of the fiscal storage.
type Document struct {
	Form       tlv.Tag // 2 shift opening, 3 receipt, 5 shift closing…
	Number     uint32  // ФД, 1040
	FiscalSign uint32  // ФП: bytes 2-5 of 1077
	Storage    string  // number of the ФН, 1041
	Shift      uint32  // 1038
	Receipt    uint32  // number in the shift, 1042; 0 in other documents
	// TLV is the whole document, header included; nil when it could not be read back, see Notes.
	TLV []byte

	Change uint64 // kopecks given back, of a sale made now

	// Notes are what the caller may want to know though the operation succeeded: a changed setting, a document that
	// could not be read back.
	Notes []string
}

// QR is the text of the code printed on a receipt (order ЕД-7-20/662@, 14-15), "" for other documents and when TLV
// lacks a field.
func (d *Document) QR() string {
	if !ffd.IsReceipt(d.Form) || len(d.TLV) < tlv.HeaderSize {
		return ""
	}
	fields := d.TLV[tlv.HeaderSize:]
	at, okTime := tlv.Find(fields, ffd.DateTime)
	total, okTotal := tlv.Find(fields, ffd.Total)
	operation, okOperation := tlv.Find(fields, ffd.Operation)
	if !okTime || !okTotal || !okOperation || len(operation) != 1 {
		return ""
	}
	moment, errTime := tlv.DecodeUnixTime(at)
	kopecks, errTotal := tlv.DecodeVLN(total)
	if errTime != nil || errTotal != nil {
		return ""
	}
	return fmt.Sprintf("t=%s&s=%d.%02d&fn=%s&i=%d&fp=%d&n=%d", moment.Format("20060102T1504"),
		kopecks/100, kopecks%100, d.Storage, d.Number, d.FiscalSign, operation[0])
}

// Document reads a document from the storage by its number.
func (r *Register) Document(ctx context.Context, number uint32) (Document, error) {
	unlock, err := r.lock(ctx, "document")
	if err != nil {
		return Document{}, err
	}
	defer unlock()
	return r.readDocument(ctx, "document", number)
}

// LastDocument reads the last document of the storage.
func (r *Register) LastDocument(ctx context.Context) (Document, error) {
	unlock, err := r.lock(ctx, "last document")
	if err != nil {
		return Document{}, err
	}
	defer unlock()
	return r.lastDocument(ctx, "last document")
}

func (r *Register) lastDocument(ctx context.Context, op string) (Document, error) {
	number, err := r.lastNumber(ctx, op)
	if err != nil {
		return Document{}, err
	}
	return r.readDocument(ctx, op, number)
}

func (r *Register) lastNumber(ctx context.Context, op string) (uint32, error) {
	var storage shtrih.StorageStatusReply
	err := r.exec(ctx, op, shtrih.StorageStatus{Password: r.password()}, &storage)
	return storage.LastDocument, err
}

// readOut reads to the end a document that somebody requested and left: the register does nothing else before.
func (r *Register) readOut(ctx context.Context, op string) error {
	for range tlv.MaxValue {
		var part shtrih.ReadDocumentReply
		err := r.exec(ctx, op, shtrih.ReadDocument{Password: r.password()}, &part)
		if errors.Is(err, shtrih.StorageNoData) || err == nil && len(part.Data) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readDocument asks for a document (FF3Ah) and reads it in parts (FF3Bh) to the end: registers of the printer family
// stay in the mode of data output until all of it is read.
func (r *Register) readDocument(ctx context.Context, op string, number uint32) (Document, error) {
	fail := func(err error) (Document, error) { return Document{}, err }
	var requested shtrih.RequestDocumentReply
	err := r.exec(ctx, op, shtrih.RequestDocument{Password: r.password(), Document: number}, &requested)
	if errors.Is(err, shtrih.StorageNoData) {
		return fail(fmt.Errorf("document %d is not in the storage: %w", number, err))
	}
	if err != nil {
		return fail(err)
	}
	doc := tlv.AppendBytes(make([]byte, 0, tlv.HeaderSize+int(requested.Length)), tlv.Tag(requested.Type), nil)
	for {
		var part shtrih.ReadDocumentReply
		err := r.exec(ctx, op, shtrih.ReadDocument{Password: r.password()}, &part)
		if errors.Is(err, shtrih.StorageNoData) {
			break
		}
		if err != nil {
			return fail(err)
		}
		if len(part.Data) == 0 {
			break
		}
		if doc = append(doc, part.Data...); len(doc) > tlv.HeaderSize+tlv.MaxValue {
			return fail(&OpError{Op: op, Command: shtrih.ReadDocumentCode, Err: fmt.Errorf("%w: document %d has no end", ErrBadAnswer, number)})
		}
	}
	if got := len(doc) - tlv.HeaderSize; got != int(requested.Length) {
		return fail(&OpError{Op: op, Command: shtrih.ReadDocumentCode,
			Err: fmt.Errorf("%w: document %d came with %d bytes, %d were announced", ErrBadAnswer, number, got, requested.Length)})
	}
	d, err := parseDocument(tlv.End(doc, 0))
	if err != nil {
		return fail(&OpError{Op: op, Command: shtrih.ReadDocumentCode, Err: fmt.Errorf("%w: document %d: %w", ErrBadAnswer, number, err)})
	}
	if d.Number != number && number != 0 {
		return fail(&OpError{Op: op, Command: shtrih.ReadDocumentCode,
			Err: fmt.Errorf("%w: document %d was asked for, %d came", ErrDocumentDiffers, number, d.Number)})
	}
	return d, nil
}

// parseDocument takes the fields that every document has. doc becomes part of the result.
func parseDocument(doc []byte) (Document, error) {
	outer := tlv.NewReader(doc)
	if !outer.Next() {
		return Document{}, errors.Join(outer.Err(), tlv.ErrShort)
	}
	d := Document{Form: outer.Tag(), TLV: doc}
	reader := tlv.NewReader(outer.Value())
	for reader.Next() {
		switch reader.Tag() {
		case ffd.DocumentNumber:
			d.Number = reader.Uint32()
		case ffd.StorageNumber:
			d.Storage = strings.TrimRight(reader.Text(), " ")
		case ffd.ShiftNumber:
			d.Shift = reader.Uint32()
		case ffd.ReceiptNumber:
			d.Receipt = reader.Uint32()
		case ffd.FiscalSign:
			if v := reader.Value(); len(v) == 6 {
				// Two bytes of prefix, then the printed number, big-endian.
				d.FiscalSign = binary.BigEndian.Uint32(v[2:])
			}
		}
	}
	return d, reader.Err()
}
