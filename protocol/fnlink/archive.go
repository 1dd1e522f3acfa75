package fnlink

// FindDocument asks for a document in its short form. Layout: 40h | document number u32.
type FindDocument struct{ Document uint32 }

// RequestDocument chooses the document that ReadDocument reads. Layout: 45h | document number u32.
type RequestDocument struct{ Document uint32 }

// Code is 40h.
func (FindDocument) Code() Code { return CodeFindDocument }

// Code is 45h.
func (RequestDocument) Code() Code { return CodeRequestDocument }

// AppendTo appends the body.
func (c FindDocument) AppendTo(dst []byte) []byte {
	return appendU32(append(dst, byte(c.Code())), c.Document)
}

// AppendTo appends the body.
func (c RequestDocument) AppendTo(dst []byte) []byte {
	return appendU32(append(dst, byte(c.Code())), c.Document)
}

// Parse reads DATA.
func (c *FindDocument) Parse(data []byte) error { return parseU32(&c.Document, c.Code(), data) }

// Parse reads DATA.
func (c *RequestDocument) Parse(data []byte) error { return parseU32(&c.Document, c.Code(), data) }

func parseU32(v *uint32, c Code, data []byte) error {
	if err := wantRequest(c, data, 4); err != nil {
		return err
	}
	*v = u32(data)
	return nil
}

// FindDocumentReply is the reply of FindDocument.
//
// Layout: document code1 | confirmed1 | date-time5 | document number u32 | sign u32 | details. The details are
// (FNS ККТ–ФН 1.2.06, tables 180–188): registration report — as in RegistrationDataReply from ИНН on, without
// reason for a first report; receipt, БСО, correction — operation1, total u40; shift reports — shift number u16;
// closing of the storage — ИНН12, РНМ20; report 21 — undelivered u32, date3.
type FindDocumentReply struct {
	Form      byte // document code of the TLV form: 1, 2, 3 …
	Confirmed bool // by the operator
	At        DateTime
	Document  uint32
	Sign      uint32
	Details   []byte // after Parse a view into the input
}

// AppendTo appends the DATA.
func (r FindDocumentReply) AppendTo(dst []byte) []byte {
	dst = append(dst, r.Form, flag(r.Confirmed))
	dst = append(dst, r.At[:]...)
	dst = appendU32(appendU32(dst, r.Document), r.Sign)
	return append(dst, r.Details...)
}

// Parse reads the DATA.
func (r *FindDocumentReply) Parse(data []byte) error {
	if len(data) < 15 {
		return &LengthError{Code: CodeFindDocument, Reply: true, Got: len(data), Want: 15}
	}
	r.Form, r.Confirmed, r.At = data[0], data[1] != 0, DateTime(data[2:7])
	r.Document, r.Sign, r.Details = u32(data[7:]), u32(data[11:]), data[15:]
	return nil
}

// ReceiptDetails reads the details of a receipt, БСО or correction.
func (r FindDocumentReply) ReceiptDetails() (operation byte, total uint64, ok bool) {
	if len(r.Details) != 6 {
		return 0, 0, false
	}
	return r.Details[0], getUint(r.Details[1:6]), true
}

// ShiftDetails reads the details of a shift report.
func (r FindDocumentReply) ShiftDetails() (shift uint16, ok bool) {
	if len(r.Details) != 2 {
		return 0, false
	}
	return u16(r.Details), true
}

// RequestDocumentReply is the reply of RequestDocument. Layout: document code u16 | length u16.
type RequestDocumentReply struct {
	Form   uint16
	Length uint16 // bytes of the document's value: of all elements that ReadDocument gives
}

// AppendTo appends the DATA.
func (r RequestDocumentReply) AppendTo(dst []byte) []byte {
	return appendU16(appendU16(dst, r.Form), r.Length)
}

// Parse reads the DATA.
func (r *RequestDocumentReply) Parse(data []byte) error {
	if err := wantReply(CodeRequestDocument, data, 4); err != nil {
		return err
	}
	r.Form, r.Length = u16(data), u16(data[2:])
	return nil
}

// ReadDocumentReply is the reply of ReadDocument. Layout: one element of the top level.
type ReadDocumentReply struct {
	TLV []byte // after Parse a view into the input
}

// AppendTo appends the DATA.
func (r ReadDocumentReply) AppendTo(dst []byte) []byte { return append(dst, r.TLV...) }

// Parse reads the DATA.
func (r *ReadDocumentReply) Parse(data []byte) error {
	if len(data) < 4 {
		return &LengthError{Code: CodeReadDocument, Reply: true, Got: len(data), Want: 4}
	}
	r.TLV = data
	return nil
}
