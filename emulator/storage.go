package emulator

import (
	"errors"
	"fmt"

	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
)

// ask puts a command to the storage. What the storage refuses, the register
// refuses with the same number: result codes below 2Fh are the storage's own,
// its warning bit is stripped (Protocol ККТ 1.17, error list).
func (r *Register) ask(c fnlink.Command, reply fnlink.Reply) shtrih.Result {
	r.request = c.AppendTo(r.request[:0])
	r.reply = r.storage.Exec(r.reply[:0], r.request)
	err := fnlink.Decode(r.reply, reply)
	var answer fnlink.Answer
	switch {
	case err == nil:
		return shtrih.OK
	case errors.As(err, &answer):
		return shtrih.Result(answer)
	}
	r.log.Error("answer of the storage", "command", c.Code(), "error", err)
	return shtrih.StorageExchangeFormat
}

// askRaw gives the DATA of the answer as it is. It is a view, valid until the
// next command.
func (r *Register) askRaw(c fnlink.Command) ([]byte, shtrih.Result) {
	r.raw = rawReply{}
	code := r.ask(c, &r.raw)
	return r.raw.data, code
}

type rawReply struct{ data []byte }

func (r *rawReply) Parse(data []byte) error {
	r.data = data
	return nil
}

// send passes elements of the document that the storage is forming, as many in
// a command as it takes.
func (r *Register) send(elements []byte) shtrih.Result {
	for len(elements) > 0 {
		n := 0
		for reader := tlv.NewReader(elements); reader.Next(); {
			end := reader.Offset() + tlv.HeaderSize + len(reader.Value())
			if end > fnlink.MaxData {
				break
			}
			n = end
		}
		if n == 0 {
			return shtrih.StorageTLVTooLong
		}
		if code := r.ask(fnlink.SendData{TLV: elements[:n]}, fnlink.NoReply{}); code != shtrih.OK {
			return code
		}
		elements = elements[n:]
	}
	return shtrih.OK
}

// cancel drops the document that the storage is forming.
func (r *Register) cancel() { r.ask(fnlink.Cancel{}, fnlink.NoReply{}) }

// document reads a document from the archive: its form and its fields.
func (r *Register) document(number uint32) (form uint16, fields []byte, code shtrih.Result) {
	var head fnlink.RequestDocumentReply
	if code := r.ask(fnlink.RequestDocument{Document: number}, &head); code != shtrih.OK {
		return 0, nil, code
	}
	fields = make([]byte, 0, head.Length)
	for {
		element, code := r.askRaw(fnlink.ReadDocument{})
		if code == shtrih.StorageNoData {
			return head.Form, fields, shtrih.OK
		}
		if code != shtrih.OK {
			return 0, nil, code
		}
		fields = append(fields, element...)
	}
}

func (r *Register) storageStatus() (s fnlink.StatusReply, err error) {
	if code := r.ask(fnlink.Status{}, &s); code != shtrih.OK {
		return s, fmt.Errorf("emulator: status of the storage: %w", code)
	}
	return s, nil
}
