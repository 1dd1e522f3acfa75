package fnlink

// BeginShiftOpening begins the shift opening report. Layout: 11h | date-time5.
type BeginShiftOpening struct{ At DateTime }

// BeginShiftClosing begins the shift closing report. Layout: 13h | date-time5.
type BeginShiftClosing struct{ At DateTime }

// BeginReceipt begins a receipt or БСО. Layout: 15h | date-time5.
type BeginReceipt struct{ At DateTime }

// DaysLeft asks for the rest of life on a day. Layout: 3Bh | date-time5, of which the time is ignored.
type DaysLeft struct{ At DateTime }

func (BeginShiftOpening) Code() Code { return CodeBeginShiftOpening }
func (BeginShiftClosing) Code() Code { return CodeBeginShiftClosing }
func (BeginReceipt) Code() Code      { return CodeBeginReceipt }
func (DaysLeft) Code() Code          { return CodeDaysLeft }

func (c BeginShiftOpening) AppendTo(dst []byte) []byte { return appendAt(dst, c.Code(), c.At) }
func (c BeginShiftClosing) AppendTo(dst []byte) []byte { return appendAt(dst, c.Code(), c.At) }
func (c BeginReceipt) AppendTo(dst []byte) []byte      { return appendAt(dst, c.Code(), c.At) }
func (c DaysLeft) AppendTo(dst []byte) []byte          { return appendAt(dst, c.Code(), c.At) }

func (c *BeginShiftOpening) Parse(data []byte) error { return parseAt(&c.At, c.Code(), data) }
func (c *BeginShiftClosing) Parse(data []byte) error { return parseAt(&c.At, c.Code(), data) }
func (c *BeginReceipt) Parse(data []byte) error      { return parseAt(&c.At, c.Code(), data) }
func (c *DaysLeft) Parse(data []byte) error          { return parseAt(&c.At, c.Code(), data) }

func appendAt(dst []byte, c Code, at DateTime) []byte {
	return append(append(dst, byte(c)), at[:]...)
}

func parseAt(at *DateTime, c Code, data []byte) error {
	if err := wantRequest(c, data, len(at)); err != nil {
		return err
	}
	copy(at[:], data)
	return nil
}

// SendData gives elements of the begun document, whole ones. Layout: 07h | TLV list.
type SendData struct {
	TLV []byte // after Parse a view into the input
}

// Code is 07h.
func (SendData) Code() Code { return CodeSendData }

// AppendTo appends the body.
func (c SendData) AppendTo(dst []byte) []byte {
	return append(append(dst, byte(CodeSendData)), c.TLV...)
}

// Parse reads DATA. The list itself is not looked into.
func (c *SendData) Parse(data []byte) error {
	if len(data) == 0 {
		return &LengthError{Code: CodeSendData, Want: 1}
	}
	c.TLV = data
	return nil
}

// FormReceipt forms the receipt or correction.
//
// Layout: 16h | date-time5 | operation1 (1054) | total5, kopecks (1020).
type FormReceipt struct {
	At        DateTime
	Operation byte
	Total     uint64 // kopecks, 40 bits
}

// Code is 16h.
func (FormReceipt) Code() Code { return CodeFormReceipt }

// AppendTo appends the body.
func (c FormReceipt) AppendTo(dst []byte) []byte {
	dst = append(appendAt(dst, CodeFormReceipt, c.At), c.Operation)
	return appendUint(dst, c.Total, 5)
}

// Parse reads DATA.
func (c *FormReceipt) Parse(data []byte) error {
	if err := wantRequest(CodeFormReceipt, data, 11); err != nil {
		return err
	}
	c.At = DateTime(data[:5])
	c.Operation = data[5]
	c.Total = getUint(data[6:11])
	return nil
}

// FormReceiptReply is the reply of FormReceipt. Layout: receipt number u16 | document number u32 | sign u32.
type FormReceiptReply struct {
	Receipt  uint16 // number in the shift
	Document uint32
	Sign     uint32
}

// AppendTo appends the DATA.
func (r FormReceiptReply) AppendTo(dst []byte) []byte {
	return appendU32(appendU32(appendU16(dst, r.Receipt), r.Document), r.Sign)
}

// Parse reads the DATA.
func (r *FormReceiptReply) Parse(data []byte) error {
	if err := wantReply(CodeFormReceipt, data, 10); err != nil {
		return err
	}
	r.Receipt, r.Document, r.Sign = u16(data), u32(data[2:]), u32(data[6:])
	return nil
}

// ShiftReportReply is the reply of OpenShift and CloseShift.
//
// Layout: shift number u16 | document number u32 | sign u32 [| warnings1, FFD 1.1 and 1.2].
type ShiftReportReply struct {
	Shift       uint16
	Document    uint32
	Sign        uint32
	HasWarnings bool
	Warnings    Warnings
}

// AppendTo appends the DATA.
func (r ShiftReportReply) AppendTo(dst []byte) []byte {
	dst = appendU32(appendU32(appendU16(dst, r.Shift), r.Document), r.Sign)
	if r.HasWarnings {
		dst = append(dst, byte(r.Warnings))
	}
	return dst
}

// Parse reads the DATA.
func (r *ShiftReportReply) Parse(data []byte) error {
	if len(data) != 11 {
		if err := wantReply(CodeOpenShift, data, 10); err != nil {
			return err
		}
	}
	r.Shift, r.Document, r.Sign = u16(data), u32(data[2:]), u32(data[6:])
	r.HasWarnings, r.Warnings = len(data) == 11, 0
	if r.HasWarnings {
		r.Warnings = Warnings(data[10])
	}
	return nil
}
