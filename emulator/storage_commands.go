package emulator

import (
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/protocol/shtrih"
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
		var validity fnlink.ValidityReply
		if code := k.ask(fnlink.Validity{}, &validity); code != shtrih.OK {
			return code
		}
		query.Report = validity.ReportsDone
	}
	code := k.pass(query)
	if code == shtrih.OK && k.version == ffd.FFD105 && k.dateInAnswers() {
		k.payload = append(k.payload, k.payload[:5]...)
	}
	return code
}

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

// requestDocument, FF3Ah. Until the document is read out the register is in
// mode 1, data output, as registers of the «ФР» family are (javapos_shtrih issue
// 40).
func requestDocument(k *call, c shtrih.RequestDocument) shtrih.Result {
	number := c.Document
	if number == 0 {
		if k.state.tables.number(tableRegional, fieldLastDocument) == 0 {
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
	return r.state.tables.number(tableRegional, fieldDateInAnswer) != 0
}
