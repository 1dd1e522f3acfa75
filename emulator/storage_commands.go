package emulator

import (
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// pass hands the storage's reply to the client as it is: these commands have
// the layouts of the storage's own (Protocol ККТ 1.17 against FNS ККТ–ФН 1.2.06).
func (k *call) pass(c fnlink.Command) shtrih.Result {
	data, code := k.askRaw(c)
	k.payload = append(k.payload, data...)
	return code
}

func storageStatus(k *call, _ shtrih.StorageStatus) shtrih.Result { return k.pass(fnlink.Status{}) }

func storageNumber(k *call, _ shtrih.StorageNumber) shtrih.Result { return k.pass(fnlink.Number{}) }

// storageValidity sends the reports left and done too, as real registers do
// though 1.17 has only the date.
func storageValidity(k *call, _ shtrih.StorageValidity) shtrih.Result {
	return k.pass(fnlink.Validity{})
}

func storageVersion(k *call, _ shtrih.StorageVersion) shtrih.Result { return k.pass(fnlink.Version{}) }

// lastRegistration asks the storage for the report by its number: since FFD 1.1
// that form has the reasons, which FF09h sends.
func lastRegistration(k *call, _ shtrih.LastRegistration) shtrih.Result {
	var query fnlink.RegistrationData
	if k.version > ffd.FFD105 {
		last, code := k.lastReport()
		if code != shtrih.OK {
			return code
		}
		query.Report = last
	}
	code := k.pass(query)
	if code == shtrih.OK && k.version == ffd.FFD105 && k.dateInAnswers() {
		k.payload = append(k.payload, k.payload[:5]...)
	}
	return code
}

// registration, FF4Ch, is the report of that number; the storage has them with
// the reason.
func registration(k *call, c shtrih.Registration) shtrih.Result {
	last, code := k.lastReport()
	switch {
	case code != shtrih.OK:
		return code
	case c.Number == 0 || c.Number > last:
		return shtrih.StorageNoData
	}
	return k.pass(fnlink.RegistrationData{Report: c.Number})
}

// lastReport is the number of the last registration report.
func (k *call) lastReport() (uint8, shtrih.Result) {
	var validity fnlink.ValidityReply
	code := k.ask(fnlink.Validity{}, &validity)
	return validity.ReportsDone, code
}

// registrationParameter, FF60h, looks for an element in a registration report.
func registrationParameter(k *call, c shtrih.RegistrationParameter) shtrih.Result {
	number, code := k.lastReport()
	switch {
	case code != shtrih.OK:
		return code
	case c.Number > number:
		return shtrih.StorageNoData
	case c.Number != 0:
		number = c.Number
	}
	var data fnlink.RegistrationDataReply
	if code := k.ask(fnlink.RegistrationData{Report: number}, &data); code != shtrih.OK {
		return code
	}
	_, fields, code := k.document(data.Document)
	if code != shtrih.OK {
		return code
	}
	for r := tlv.NewReader(fields); r.Next(); {
		if r.Tag() == tlv.Tag(c.Tag) {
			if len(r.Element()) > documentBlock {
				return shtrih.StorageTLVTooLong
			}
			return k.answer(shtrih.RegistrationParameterReply{TLV: r.Element()})
		}
	}
	return shtrih.StorageNoData
}

// openStorageShiftCode is FF0Bh, laid out as E0h; the answer is that of FF43h
// without the date (ФР–ФН 2.7).
const openStorageShiftCode shtrih.Code = 0xFF0B

// openStorageShift, FF0Bh, is E0h with the numbers of the document in the answer.
func openStorageShift(k *call, _ shtrih.OpenShift) shtrih.Result {
	opened, code := k.openShift()
	if code != shtrih.OK {
		return code
	}
	return k.answer(shtrih.CloseShiftReply{Shift: opened.Shift, Document: opened.Document, FiscalSign: opened.Sign})
}

// documentsWithoutTicket, FF3Fh.
func documentsWithoutTicket(k *call, _ shtrih.DocumentsWithoutTicket) shtrih.Result {
	return k.pass(fnlink.Undelivered{})
}

// storageMemory, FF63h.
func storageMemory(k *call, _ shtrih.StorageMemory) shtrih.Result { return k.pass(fnlink.FreeMemory{}) }

// syncRegisters, FF62h: the registers that the vendor calls totals of the ФН
// take its counters. A storage of FFD 1.05 has none; there is nothing to take.
func syncRegisters(k *call, _ shtrih.SyncRegisters) shtrih.Result {
	if k.version == ffd.FFD105 {
		return shtrih.OK
	}
	next := k.next()
	for _, group := range [...]struct {
		scope        fnlink.Scope
		number, sums uint16
	}{
		{fnlink.ScopeStorage, moneyShifts, moneyStorage}, {fnlink.ScopeShift, moneyShiftNumber, moneyShiftTotals},
	} {
		var c fnlink.CountersReply
		code := k.ask(fnlink.Counters{Scope: group.scope}, &c)
		if code == shtrih.StorageWrongState { // no shift is open
			continue
		}
		if code != shtrih.OK {
			k.drop(next)
			return code
		}
		next.money.set(group.number, uint64(c.Number))
		next.money.set(group.sums, uint64(c.Receipts))
		for i, o := range c.Operations {
			for j, v := range [...]uint64{uint64(o.Count), o.Total, o.Cash, o.Electronic, o.Prepaid, o.Credit, o.Provision,
				o.VAT20, o.VAT10, o.VAT0, o.NoVAT, o.VAT20120, o.VAT10110} {
				next.money.set(group.sums+1+uint16(storageSums*i+j), v)
			}
		}
	}
	return k.save(next)
}

// storageSums is how many registers a kind of receipt has in the totals of the ФН.
const storageSums = 13

func findDocument(k *call, c shtrih.FindDocument) shtrih.Result {
	return k.pass(fnlink.FindDocument{Document: c.Document})
}

func exchangeStatus(k *call, _ shtrih.ExchangeStatus) shtrih.Result {
	return k.pass(fnlink.ExchangeStatus{})
}

func shiftParameters(k *call, _ shtrih.ShiftParameters) shtrih.Result {
	return k.pass(fnlink.ShiftState{})
}

// reading is a document on its way out by FF3Bh.
type reading struct {
	data []byte
	at   int
	from shtrih.Mode // the mode before
}

// documentBlock is the most that FF3Bh sends at once, bytes.
const documentBlock = 250

// requestDocument, FF3Ah. Until the document is read out registers of the «ФР»
// family are in mode 1, data output (javapos_shtrih issue 40).
func requestDocument(k *call, c shtrih.RequestDocument) shtrih.Result {
	number := c.Document
	if number == 0 {
		if k.state.tables.number(setLastDocument) == 0 {
			return shtrih.StorageNoData
		}
		status, err := k.storageStatus()
		if err != nil {
			return shtrih.StorageFailure
		}
		number = status.LastDocument
	}
	form, fields, code := k.document(number)
	if code != shtrih.OK {
		return code
	}
	from, _ := k.mode()
	if k.reading != nil {
		from = k.reading.from
	}
	k.reading = nil
	if len(fields) > 0 {
		k.reading = &reading{data: fields, from: from}
	}
	return k.answer(shtrih.RequestDocumentReply{Type: form, Length: uint16(len(fields))})
}

// readDocument, FF3Bh. The mode returns with the last block, so that a client
// that counts bytes need not ask for the 08h after it.
func readDocument(k *call, _ shtrih.ReadDocument) shtrih.Result {
	d := k.reading
	if d == nil {
		return shtrih.StorageNoData
	}
	block := d.data[d.at:min(len(d.data), d.at+documentBlock)]
	if d.at += len(block); d.at == len(d.data) {
		k.reading = nil
	}
	return k.answer(shtrih.ReadDocumentReply{Data: block})
}

// dateInAnswers: answers of commands that make documents end with date and time.
func (r *Register) dateInAnswers() bool {
	return r.state.tables.number(setDateInAnswer) != 0
}
