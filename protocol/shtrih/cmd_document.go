package shtrih

// Codes of the commands that print the parts of a document.
const (
	DocumentHeaderCode   Code = 0x18
	PrintClicheCode      Code = 0x52
	EndDocumentCode      Code = 0x53
	PrintAdvertisingCode Code = 0x54
)

// MaxHeaderNumber is the largest number of 18h; the smallest is 1.
const MaxHeaderNumber = 9999

// DocumentHeader, 18h: password:4 name:30 number:2.
type DocumentHeader struct {
	Password uint32
	Name     [30]byte // CP1251, filled up with 00
	Number   uint16   // 1 to MaxHeaderNumber
}

func (c DocumentHeader) Code() Code { return DocumentHeaderCode }

func (c DocumentHeader) AppendTo(dst []byte) []byte {
	return le.AppendUint16(append(appendHead(dst, c.Code(), c.Password), c.Name[:]...), c.Number)
}

func (c *DocumentHeader) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 36, 36); err != nil {
		return err
	}
	*c = DocumentHeader{le.Uint32(data), [30]byte(data[4:]), le.Uint16(data[34:])}
	return nil
}

// DocumentHeaderReply: operator:1 document:2.
type DocumentHeaderReply struct {
	Operator uint8
	Document uint16 // through number of the document, not of the fiscal one
}

func (r DocumentHeaderReply) AppendTo(dst []byte) []byte {
	return le.AppendUint16(append(dst, r.Operator), r.Document)
}

func (r *DocumentHeaderReply) Parse(p []byte) error {
	if err := checkPayload(DocumentHeaderCode, p, 3, 3); err != nil {
		return err
	}
	*r = DocumentHeaderReply{p[0], le.Uint16(p[1:])}
	return nil
}

// PrintCliche, 52h: password:4 (Protocol 2.0 rev 11; 1.17 prints the layout of
// 50h here). The cliché is in rows 4 to 14 of table 4.
type PrintCliche struct{ Password uint32 }

func (c PrintCliche) Code() Code { return PrintClicheCode }

func (c PrintCliche) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *PrintCliche) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// EndDocument, 53h: password:4 advertising:1 (Protocol 2.0 rev 11; 1.17 prints
// the layout of 50h here).
type EndDocument struct {
	Password    uint32
	Advertising uint8 // 0 without, 1 with the text of 54h
}

func (c EndDocument) Code() Code { return EndDocumentCode }

func (c EndDocument) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.Advertising)
}

func (c *EndDocument) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5); err != nil {
		return err
	}
	*c = EndDocument{le.Uint32(data), data[4]}
	return nil
}

// PrintAdvertising, 54h: password:4 (Protocol 2.0 rev 11; 1.17 prints the layout
// of 50h here). The text is in rows 1 to 3 of table 4.
type PrintAdvertising struct{ Password uint32 }

func (c PrintAdvertising) Code() Code { return PrintAdvertisingCode }

func (c PrintAdvertising) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *PrintAdvertising) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}
