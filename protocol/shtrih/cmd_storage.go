package shtrih

// Codes of the fiscal storage (ФН) commands.
const (
	StorageStatusCode          Code = 0xFF01
	StorageNumberCode          Code = 0xFF02
	StorageValidityCode        Code = 0xFF03
	StorageVersionCode         Code = 0xFF04
	CancelDocumentCode         Code = 0xFF08
	LastRegistrationCode       Code = 0xFF09
	FindDocumentCode           Code = 0xFF0A
	SendTLVCode                Code = 0xFF0C
	ExchangeStatusCode         Code = 0xFF39
	RequestDocumentCode        Code = 0xFF3A
	ReadDocumentCode           Code = 0xFF3B
	DocumentsWithoutTicketCode Code = 0xFF3F
	ShiftParametersCode        Code = 0xFF40
	RegistrationCode           Code = 0xFF4C
	RegistrationParameterCode  Code = 0xFF60
	SyncRegistersCode          Code = 0xFF62
	StorageMemoryCode          Code = 0xFF63
)

// StorageStatus, FF01h: password:4.
type StorageStatus struct{ Password uint32 }

func (c StorageStatus) Code() Code { return StorageStatusCode }

func (c StorageStatus) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *StorageStatus) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// StorageStatusReply: life:1 document:1 document_data:1 shift:1 warnings:1
// datetime:5 number:16 last_document:4.
type StorageStatusReply struct {
	Life         uint8     // bits: 0 set up, 1 fiscal mode open, 2 closed, 3 ОФД transfer over
	Document     uint8     // the document being made, 0 none
	DocumentData uint8     // 1: its data have come
	Shift        uint8     // 1: open
	Warnings     uint8     // bits of the ФН
	DateTime     DateTime5 // of the last document
	Number       [16]byte  // ASCII
	LastDocument uint32    // ФД
}

func (r StorageStatusReply) AppendTo(dst []byte) []byte {
	dst = append(dst, r.Life, r.Document, r.DocumentData, r.Shift, r.Warnings)
	dst = append(appendDateTime5(dst, r.DateTime), r.Number[:]...)
	return le.AppendUint32(dst, r.LastDocument)
}

func (r *StorageStatusReply) Parse(p []byte) error {
	if err := checkPayload(StorageStatusCode, p, 30, 30); err != nil {
		return err
	}
	*r = StorageStatusReply{p[0], p[1], p[2], p[3], p[4], parseDateTime5(p[5:]), [16]byte(p[10:]), le.Uint32(p[26:])}
	return nil
}

// StorageNumber, FF02h: password:4.
type StorageNumber struct{ Password uint32 }

func (c StorageNumber) Code() Code { return StorageNumberCode }

func (c StorageNumber) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *StorageNumber) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// StorageNumberReply: number:16, ASCII.
type StorageNumberReply struct{ Number [16]byte }

func (r StorageNumberReply) AppendTo(dst []byte) []byte { return append(dst, r.Number[:]...) }

func (r *StorageNumberReply) Parse(p []byte) error {
	if err := checkPayload(StorageNumberCode, p, 16, 16); err != nil {
		return err
	}
	r.Number = [16]byte(p)
	return nil
}

// StorageValidity, FF03h: password:4.
type StorageValidity struct{ Password uint32 }

func (c StorageValidity) Code() Code { return StorageValidityCode }

func (c StorageValidity) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *StorageValidity) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// StorageValidityReply: date:3 (YY MM DD) [registrations_left:1
// registrations_done:1]. Real registers send the optional bytes.
type StorageValidityReply struct {
	Date             Date
	RegsLeft         uint8
	RegsDone         uint8
	HasRegistrations bool
}

func (r StorageValidityReply) AppendTo(dst []byte) []byte {
	dst = appendYMD(dst, r.Date)
	if r.HasRegistrations {
		dst = append(dst, r.RegsLeft, r.RegsDone)
	}
	return dst
}

func (r *StorageValidityReply) Parse(p []byte) error {
	if len(p) != 3 && len(p) != 5 {
		return &LengthError{StorageValidityCode, true, len(p), 3, 5}
	}
	*r = StorageValidityReply{Date: parseYMD(p)}
	if len(p) == 5 {
		r.RegsLeft, r.RegsDone, r.HasRegistrations = p[3], p[4], true
	}
	return nil
}

// StorageVersion, FF04h: password:4.
type StorageVersion struct{ Password uint32 }

func (c StorageVersion) Code() Code { return StorageVersionCode }

func (c StorageVersion) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *StorageVersion) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// StorageVersionReply: version:16 type:1.
type StorageVersionReply struct {
	Version [16]byte // ASCII
	Serial  uint8    // 0 debug version, 1 serial
}

func (r StorageVersionReply) AppendTo(dst []byte) []byte {
	return append(append(dst, r.Version[:]...), r.Serial)
}

func (r *StorageVersionReply) Parse(p []byte) error {
	if err := checkPayload(StorageVersionCode, p, 17, 17); err != nil {
		return err
	}
	*r = StorageVersionReply{[16]byte(p), p[16]}
	return nil
}

// CancelDocument, FF08h: password:4. The document being made in the ФН is
// dropped.
type CancelDocument struct{ Password uint32 }

func (c CancelDocument) Code() Code { return CancelDocumentCode }

func (c CancelDocument) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *CancelDocument) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// LastRegistration, FF09h: password:4.
type LastRegistration struct{ Password uint32 }

func (c LastRegistration) Code() Code { return LastRegistrationCode }

func (c LastRegistration) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *LastRegistration) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// LastRegistrationReply: datetime:5 inn:12 rnm:20 tax_systems:1 mode:1
// [extended_mode:1 ofd_inn:12 reasons:4] document:4 fiscal_sign:4 [datetime:5].
// The first group comes with ФФД 1.1 and later, the second with field 36 of
// table 17.
type LastRegistrationReply struct {
	Registered   DateTime5
	INN          [12]byte // ASCII, filled up with spaces
	RNM          [20]byte // ASCII, filled up with spaces
	TaxSystems   uint8
	WorkMode     uint8
	ExtendedMode uint8
	OFDINN       [12]byte
	Reasons      uint32
	HasExtended  bool
	Document     uint32
	FiscalSign   uint32
	DateTime     DateTime5
	HasDateTime  bool
}

func (r LastRegistrationReply) AppendTo(dst []byte) []byte {
	dst = append(appendDateTime5(dst, r.Registered), r.INN[:]...)
	dst = append(append(dst, r.RNM[:]...), r.TaxSystems, r.WorkMode)
	if r.HasExtended {
		dst = append(append(dst, r.ExtendedMode), r.OFDINN[:]...)
		dst = le.AppendUint32(dst, r.Reasons)
	}
	dst = le.AppendUint32(le.AppendUint32(dst, r.Document), r.FiscalSign)
	if r.HasDateTime {
		dst = appendDateTime5(dst, r.DateTime)
	}
	return dst
}

func (r *LastRegistrationReply) Parse(p []byte) error {
	const plain, extended = 47, 47 + 17
	switch len(p) {
	case plain, plain + dateTime5Length, extended, extended + dateTime5Length:
	default:
		return &LengthError{LastRegistrationCode, true, len(p), plain, extended + dateTime5Length}
	}
	*r = LastRegistrationReply{
		Registered: parseDateTime5(p), INN: [12]byte(p[5:]), RNM: [20]byte(p[17:]),
		TaxSystems: p[37], WorkMode: p[38],
	}
	rest := p[39:]
	if len(p) >= extended {
		r.ExtendedMode, r.OFDINN, r.Reasons = rest[0], [12]byte(rest[1:]), le.Uint32(rest[13:])
		r.HasExtended, rest = true, rest[17:]
	}
	r.Document, r.FiscalSign = le.Uint32(rest), le.Uint32(rest[4:])
	if len(rest) > 8 {
		r.DateTime, r.HasDateTime = parseDateTime5(rest[8:]), true
	}
	return nil
}

// FindDocument, FF0Ah: password:4 document:4.
type FindDocument struct {
	Password uint32
	Document uint32 // ФД
}

func (c FindDocument) Code() Code { return FindDocumentCode }

func (c FindDocument) AppendTo(dst []byte) []byte {
	return le.AppendUint32(appendHead(dst, c.Code(), c.Password), c.Document)
}

func (c *FindDocument) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 8, 8); err != nil {
		return err
	}
	*c = FindDocument{le.Uint32(data), le.Uint32(data[4:])}
	return nil
}

// FindDocumentReply: type:1 acknowledged:1 data:0..250. The data depend on the
// document's type; all begin with datetime:5 document:4 fiscal_sign:4 (FNS
// ККТ–ФН 1.2.06, command 40h).
type FindDocumentReply struct {
	Type         uint8  // form of the document
	Acknowledged uint8  // 1: the ОФД's ticket has come
	Data         []byte `show:"hex"`
}

func (r FindDocumentReply) AppendTo(dst []byte) []byte {
	return append(append(dst, r.Type, r.Acknowledged), r.Data...)
}

func (r *FindDocumentReply) Parse(p []byte) error {
	if err := checkPayload(FindDocumentCode, p, 2, 252); err != nil {
		return err
	}
	*r = FindDocumentReply{p[0], p[1], p[2:]}
	return nil
}

// Head is what the data of every document begin with; ok is false when they are
// shorter.
func (r FindDocumentReply) Head() (made DateTime5, document, fiscalSign uint32, ok bool) {
	if len(r.Data) < 13 {
		return DateTime5{}, 0, 0, false
	}
	return parseDateTime5(r.Data), le.Uint32(r.Data[5:]), le.Uint32(r.Data[9:]), true
}

// SendTLV, FF0Ch: password:4 tlv:1..250. Elements for the document as a whole.
type SendTLV struct {
	Password uint32
	TLV      []byte `show:"hex"`
}

func (c SendTLV) Code() Code { return SendTLVCode }

func (c SendTLV) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.TLV...)
}

func (c *SendTLV) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 4+1, 4+maxTLV); err != nil {
		return err
	}
	*c = SendTLV{le.Uint32(data), data[4:]}
	return nil
}

func (c SendTLV) Check() error { return checkText(c.Code(), "TLV", c.TLV, maxTLV) }

// ExchangeStatus, FF39h: password:4.
type ExchangeStatus struct{ Password uint32 }

func (c ExchangeStatus) Code() Code { return ExchangeStatusCode }

func (c ExchangeStatus) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *ExchangeStatus) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// ExchangeStatusReply: status:1 reading:1 count:2 first_document:4
// first_datetime:5.
type ExchangeStatusReply struct {
	Status        uint8  // bits: 0 link, 1 has a message, 2 waits for a ticket, 3 command of the ОФД, 4 settings changed, 5 waits for an answer
	Reading       uint8  // 1: a message is being read
	Count         uint16 // documents not yet sent
	FirstDocument uint32
	FirstDateTime DateTime5
}

func (r ExchangeStatusReply) AppendTo(dst []byte) []byte {
	dst = le.AppendUint16(append(dst, r.Status, r.Reading), r.Count)
	return appendDateTime5(le.AppendUint32(dst, r.FirstDocument), r.FirstDateTime)
}

func (r *ExchangeStatusReply) Parse(p []byte) error {
	if err := checkPayload(ExchangeStatusCode, p, 13, 13); err != nil {
		return err
	}
	*r = ExchangeStatusReply{p[0], p[1], le.Uint16(p[2:]), le.Uint32(p[4:]), parseDateTime5(p[8:])}
	return nil
}

// RequestDocument, FF3Ah: password:4 document:4. Number 0 is the last document when
// field 31 of table 17 is set.
type RequestDocument struct {
	Password uint32
	Document uint32 // ФД
}

func (c RequestDocument) Code() Code { return RequestDocumentCode }

func (c RequestDocument) AppendTo(dst []byte) []byte {
	return le.AppendUint32(appendHead(dst, c.Code(), c.Password), c.Document)
}

func (c *RequestDocument) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 8, 8); err != nil {
		return err
	}
	*c = RequestDocument{le.Uint32(data), le.Uint32(data[4:])}
	return nil
}

// RequestDocumentReply: type:2 length:2.
type RequestDocumentReply struct {
	Type   uint16 // tag of the document
	Length uint16 // bytes that FF3Bh will give
}

func (r RequestDocumentReply) AppendTo(dst []byte) []byte {
	return le.AppendUint16(le.AppendUint16(dst, r.Type), r.Length)
}

func (r *RequestDocumentReply) Parse(p []byte) error {
	if err := checkPayload(RequestDocumentCode, p, 4, 4); err != nil {
		return err
	}
	*r = RequestDocumentReply{le.Uint16(p), le.Uint16(p[2:])}
	return nil
}

// ReadDocument, FF3Bh: password:4.
type ReadDocument struct{ Password uint32 }

func (c ReadDocument) Code() Code { return ReadDocumentCode }

func (c ReadDocument) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *ReadDocument) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// ReadDocumentReply: data:0..250, the next part of the document; after the last
// one the result is [StorageNoData].
type ReadDocumentReply struct {
	Data []byte `show:"hex"`
}

func (r ReadDocumentReply) AppendTo(dst []byte) []byte { return append(dst, r.Data...) }

func (r *ReadDocumentReply) Parse(p []byte) error {
	r.Data = p
	return nil
}

// ShiftParameters, FF40h: password:4.
type ShiftParameters struct{ Password uint32 }

func (c ShiftParameters) Code() Code { return ShiftParametersCode }

func (c ShiftParameters) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *ShiftParameters) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// ShiftParametersReply: state:1 shift:2 receipt:2.
type ShiftParametersReply struct {
	State   uint8 // 1: open
	Shift   uint16
	Receipt uint16 // the last one of the shift
}

func (r ShiftParametersReply) AppendTo(dst []byte) []byte {
	return le.AppendUint16(le.AppendUint16(append(dst, r.State), r.Shift), r.Receipt)
}

func (r *ShiftParametersReply) Parse(p []byte) error {
	if err := checkPayload(ShiftParametersCode, p, 5, 5); err != nil {
		return err
	}
	*r = ShiftParametersReply{p[0], le.Uint16(p[1:]), le.Uint16(p[3:])}
	return nil
}

// DocumentsWithoutTicket, FF3Fh: password:4.
type DocumentsWithoutTicket struct{ Password uint32 }

func (c DocumentsWithoutTicket) Code() Code { return DocumentsWithoutTicketCode }

func (c DocumentsWithoutTicket) AppendTo(dst []byte) []byte {
	return appendHead(dst, c.Code(), c.Password)
}

func (c *DocumentsWithoutTicket) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// DocumentsWithoutTicketReply: count:2.
type DocumentsWithoutTicketReply struct{ Count uint16 }

func (r DocumentsWithoutTicketReply) AppendTo(dst []byte) []byte {
	return le.AppendUint16(dst, r.Count)
}

func (r *DocumentsWithoutTicketReply) Parse(p []byte) error {
	if err := checkPayload(DocumentsWithoutTicketCode, p, 2, 2); err != nil {
		return err
	}
	r.Count = le.Uint16(p)
	return nil
}

// Registration, FF4Ch: password:4 number:1. A registration or a change of it by
// its number.
type Registration struct {
	Password uint32
	Number   uint8 // from 1
}

func (c Registration) Code() Code { return RegistrationCode }

func (c Registration) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.Number)
}

func (c *Registration) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5); err != nil {
		return err
	}
	*c = Registration{le.Uint32(data), data[4]}
	return nil
}

// RegistrationReply: datetime:5 inn:12 rnm:20 tax_systems:1 mode:1 reason:1
// document:4 fiscal_sign:4; with ФФД 1.1 and later extended_mode:1 ofd_inn:12
// reasons:4 stand in place of the reason.
type RegistrationReply struct {
	Registered   DateTime5
	INN          [12]byte // ASCII, filled up with spaces
	RNM          [20]byte // ASCII, filled up with spaces
	TaxSystems   uint8
	WorkMode     uint8
	Reason       uint8 // of the change; 0 where HasExtended is set
	ExtendedMode uint8
	OFDINN       [12]byte
	Reasons      uint32 // of the change, by bits, where HasExtended is set
	HasExtended  bool
	Document     uint32
	FiscalSign   uint32
}

func (r RegistrationReply) AppendTo(dst []byte) []byte {
	dst = append(appendDateTime5(dst, r.Registered), r.INN[:]...)
	dst = append(append(dst, r.RNM[:]...), r.TaxSystems, r.WorkMode)
	if r.HasExtended {
		dst = append(append(dst, r.ExtendedMode), r.OFDINN[:]...)
		dst = le.AppendUint32(dst, r.Reasons)
	} else {
		dst = append(dst, r.Reason)
	}
	return le.AppendUint32(le.AppendUint32(dst, r.Document), r.FiscalSign)
}

func (r *RegistrationReply) Parse(p []byte) error {
	const plain, extended = 48, 48 - 1 + 17
	if len(p) != plain && len(p) != extended {
		return &LengthError{RegistrationCode, true, len(p), plain, extended}
	}
	*r = RegistrationReply{
		Registered: parseDateTime5(p), INN: [12]byte(p[5:]), RNM: [20]byte(p[17:]),
		TaxSystems: p[37], WorkMode: p[38],
	}
	rest := p[39:]
	if len(p) == extended {
		r.ExtendedMode, r.OFDINN, r.Reasons = rest[0], [12]byte(rest[1:]), le.Uint32(rest[13:])
		r.HasExtended, rest = true, rest[17:]
	} else {
		r.Reason, rest = rest[0], rest[1:]
	}
	r.Document, r.FiscalSign = le.Uint32(rest), le.Uint32(rest[4:])
	return nil
}

// RegistrationParameter, FF60h: password:4 number:1 tag:2. An element of a
// registration report.
type RegistrationParameter struct {
	Password uint32
	Number   uint8 // of the registration, 0 the last
	Tag      uint16
}

func (c RegistrationParameter) Code() Code { return RegistrationParameterCode }

func (c RegistrationParameter) AppendTo(dst []byte) []byte {
	return le.AppendUint16(append(appendHead(dst, c.Code(), c.Password), c.Number), c.Tag)
}

func (c *RegistrationParameter) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 7, 7); err != nil {
		return err
	}
	*c = RegistrationParameter{le.Uint32(data), data[4], le.Uint16(data[5:])}
	return nil
}

// RegistrationParameterReply: tlv:0..250.
type RegistrationParameterReply struct {
	TLV []byte `show:"hex"`
}

func (r RegistrationParameterReply) AppendTo(dst []byte) []byte { return append(dst, r.TLV...) }

func (r *RegistrationParameterReply) Parse(p []byte) error {
	if err := checkPayload(RegistrationParameterCode, p, 0, maxTLV); err != nil {
		return err
	}
	r.TLV = p
	return nil
}

// SyncRegisters, FF62h: password:4. The registers take the counters of the ФН.
type SyncRegisters struct{ Password uint32 }

func (c SyncRegisters) Code() Code { return SyncRegistersCode }

func (c SyncRegisters) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *SyncRegisters) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// StorageMemory, FF63h: password:4.
type StorageMemory struct{ Password uint32 }

func (c StorageMemory) Code() Code { return StorageMemoryCode }

func (c StorageMemory) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *StorageMemory) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// StorageMemoryReply: documents:4 kilobytes:4 [notifications:1].
type StorageMemoryReply struct {
	Documents        uint32 // about how many the ФН can still make (kept five years)
	Kilobytes        uint32 // free for what is kept thirty days
	Notifications    uint8  // of marking: how full their memory is, per cent
	HasNotifications bool
}

func (r StorageMemoryReply) AppendTo(dst []byte) []byte {
	dst = le.AppendUint32(le.AppendUint32(dst, r.Documents), r.Kilobytes)
	if r.HasNotifications {
		dst = append(dst, r.Notifications)
	}
	return dst
}

func (r *StorageMemoryReply) Parse(p []byte) error {
	if err := checkPayload(StorageMemoryCode, p, 8, 9); err != nil {
		return err
	}
	*r = StorageMemoryReply{Documents: le.Uint32(p), Kilobytes: le.Uint32(p[4:])}
	if len(p) == 9 {
		r.Notifications, r.HasNotifications = p[8], true
	}
	return nil
}
