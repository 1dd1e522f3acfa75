package shtrih

// Codes of the commands for shifts, reports and the cash drawer.
const (
	PrintOperationRegistersCode Code = 0x2C
	XReportCode                 Code = 0x40
	ZReportCode                 Code = 0x41
	DepartmentReportCode        Code = 0x42
	TaxReportCode               Code = 0x43
	CashInCode                  Code = 0x50
	CashOutCode                 Code = 0x51
	OpenShiftCode               Code = 0xE0
	StartShiftOpeningCode       Code = 0xFF41
	StartShiftClosingCode       Code = 0xFF42
	CloseShiftCode              Code = 0xFF43
)

// OpenShift, E0h: password:4.
type OpenShift struct{ Password uint32 }

func (c OpenShift) Code() Code { return OpenShiftCode }

func (c OpenShift) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *OpenShift) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// XReport, 40h: password:4.
type XReport struct{ Password uint32 }

func (c XReport) Code() Code { return XReportCode }

func (c XReport) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *XReport) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// ZReport, 41h: password:4.
type ZReport struct{ Password uint32 }

func (c ZReport) Code() Code { return ZReportCode }

func (c ZReport) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *ZReport) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// DepartmentReport, 42h: password:4.
type DepartmentReport struct{ Password uint32 }

func (c DepartmentReport) Code() Code { return DepartmentReportCode }

func (c DepartmentReport) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *DepartmentReport) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// TaxReport, 43h: password:4.
type TaxReport struct{ Password uint32 }

func (c TaxReport) Code() Code { return TaxReportCode }

func (c TaxReport) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *TaxReport) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// PrintOperationRegisters, 2Ch: password:4.
type PrintOperationRegisters struct{ Password uint32 }

func (c PrintOperationRegisters) Code() Code { return PrintOperationRegistersCode }

func (c PrintOperationRegisters) AppendTo(dst []byte) []byte {
	return appendHead(dst, c.Code(), c.Password)
}

func (c *PrintOperationRegisters) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// StartShiftOpening, FF41h: password:4. FF0Ch may follow, then [OpenShift]: a
// way to put elements of one's own into the document.
type StartShiftOpening struct{ Password uint32 }

func (c StartShiftOpening) Code() Code { return StartShiftOpeningCode }

func (c StartShiftOpening) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *StartShiftOpening) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// StartShiftClosing, FF42h: password:4. FF0Ch may follow, then [ZReport] or
// [CloseShift].
type StartShiftClosing struct{ Password uint32 }

func (c StartShiftClosing) Code() Code { return StartShiftClosingCode }

func (c StartShiftClosing) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *StartShiftClosing) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// CloseShift, FF43h: password:4.
type CloseShift struct{ Password uint32 }

func (c CloseShift) Code() Code { return CloseShiftCode }

func (c CloseShift) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *CloseShift) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// CloseShiftReply: shift:2 document:4 fiscal_sign:4 [datetime:5]. The date and
// time come with field 36 of table 17.
type CloseShiftReply struct {
	Shift       uint16 // the one just closed
	Document    uint32 // ФД
	FiscalSign  uint32 // ФПД
	DateTime    DateTime5
	HasDateTime bool
}

func (r CloseShiftReply) AppendTo(dst []byte) []byte {
	dst = le.AppendUint32(le.AppendUint16(dst, r.Shift), r.Document)
	dst = le.AppendUint32(dst, r.FiscalSign)
	if r.HasDateTime {
		dst = appendDateTime5(dst, r.DateTime)
	}
	return dst
}

func (r *CloseShiftReply) Parse(p []byte) error {
	const plain = 10
	if len(p) != plain && len(p) != plain+dateTime5Length {
		return &LengthError{CloseShiftCode, true, len(p), plain, plain + dateTime5Length}
	}
	*r = CloseShiftReply{Shift: le.Uint16(p), Document: le.Uint32(p[2:]), FiscalSign: le.Uint32(p[6:])}
	if len(p) > plain {
		r.DateTime, r.HasDateTime = parseDateTime5(p[plain:]), true
	}
	return nil
}

// CashIn, 50h: password:4 sum:5.
type CashIn struct {
	Password uint32
	Sum      uint64 `show:"money"`
}

func (c CashIn) Code() Code { return CashInCode }

func (c CashIn) AppendTo(dst []byte) []byte {
	return appendUint40(appendHead(dst, c.Code(), c.Password), c.Sum)
}

func (c *CashIn) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 9, 9); err != nil {
		return err
	}
	*c = CashIn{le.Uint32(data), uint40(data[4:])}
	return nil
}

func (c CashIn) Check() error { return checkMoney(c.Code(), "Sum", c.Sum) }

// CashOut, 51h: password:4 sum:5.
type CashOut struct {
	Password uint32
	Sum      uint64 `show:"money"`
}

func (c CashOut) Code() Code { return CashOutCode }

func (c CashOut) AppendTo(dst []byte) []byte {
	return appendUint40(appendHead(dst, c.Code(), c.Password), c.Sum)
}

func (c *CashOut) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 9, 9); err != nil {
		return err
	}
	*c = CashOut{le.Uint32(data), uint40(data[4:])}
	return nil
}

func (c CashOut) Check() error { return checkMoney(c.Code(), "Sum", c.Sum) }

// CashInReply: operator:1 document:2.
type CashInReply struct {
	Operator uint8
	Document uint16 // through number of the document, not of the fiscal one
}

func (r CashInReply) AppendTo(dst []byte) []byte {
	return le.AppendUint16(append(dst, r.Operator), r.Document)
}

// Parse takes the answer to 50h or 51h; the error names the first.
func (r *CashInReply) Parse(p []byte) error {
	if err := checkPayload(CashInCode, p, 3, 3); err != nil {
		return err
	}
	*r = CashInReply{p[0], le.Uint16(p[1:])}
	return nil
}

// CashOutReply is laid out as [CashInReply].
type CashOutReply = CashInReply
