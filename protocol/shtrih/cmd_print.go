package shtrih

// Codes of the printing commands.
const (
	PrintBoldCode       Code = 0x12
	BeepCode            Code = 0x13
	PrintStringCode     Code = 0x17
	CutCode             Code = 0x25
	FontParametersCode  Code = 0x26
	OpenDrawerCode      Code = 0x28
	FeedCode            Code = 0x29
	PrintStringFontCode Code = 0x2F
	ContinuePrintCode   Code = 0xB0
)

// PrintFlags choose where a line goes.
type PrintFlags uint8

const (
	PrintJournal     PrintFlags = 1 << 0
	PrintReceipt     PrintFlags = 1 << 1
	PrintSlip        PrintFlags = 1 << 2
	PrintSlipReceipt PrintFlags = 1 << 3
	PrintWrap        PrintFlags = 1 << 6
	PrintDeferred    PrintFlags = 1 << 7
)

// maxPrintText leaves room in a frame of protocol 1.0 (255 bytes of DATA) for
// the head of 2Fh.
const maxPrintText = 248

// OperatorReply is the payload of every answer that only names the operator:
// operator:1, the row of table 2 whose password was given.
type OperatorReply struct{ Operator uint8 }

func (r OperatorReply) AppendTo(dst []byte) []byte { return append(dst, r.Operator) }

// Parse takes any command's answer; the error names no command.
func (r *OperatorReply) Parse(p []byte) error {
	if err := checkPayload(0, p, 1, 1); err != nil {
		return err
	}
	r.Operator = p[0]
	return nil
}

// EmptyReply is the payload of an answer that is code and result only.
type EmptyReply struct{}

func (r EmptyReply) AppendTo(dst []byte) []byte { return dst }

// Parse wants nothing.
func (r *EmptyReply) Parse(p []byte) error { return checkPayload(0, p, 0, 0) }

// PrintString, 17h: password:4 flags:1 text:40.
// Registers take shorter text and longer, up to a model's maximum; what they
// were sent is kept as it is: AppendTo does not pad.
type PrintString struct {
	Password uint32
	Flags    PrintFlags

	Text []byte `show:"text"`
}

func (c PrintString) Code() Code { return PrintStringCode }

func (c PrintString) AppendTo(dst []byte) []byte {
	dst = append(appendHead(dst, c.Code(), c.Password), byte(c.Flags))
	return append(dst, c.Text...)
}

func (c *PrintString) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5+maxPrintText); err != nil {
		return err
	}
	*c = PrintString{le.Uint32(data), PrintFlags(data[4]), data[5:]}
	return nil
}

func (c PrintString) Check() error { return checkText(c.Code(), "Text", c.Text, maxPrintText) }

// PrintBold, 12h: password:4 flags:1 text:20. See [PrintString] about the text.
type PrintBold struct {
	Password uint32
	Flags    PrintFlags

	Text []byte `show:"text"`
}

func (c PrintBold) Code() Code { return PrintBoldCode }

func (c PrintBold) AppendTo(dst []byte) []byte {
	dst = append(appendHead(dst, c.Code(), c.Password), byte(c.Flags))
	return append(dst, c.Text...)
}

func (c *PrintBold) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5+maxPrintText); err != nil {
		return err
	}
	*c = PrintBold{le.Uint32(data), PrintFlags(data[4]), data[5:]}
	return nil
}

func (c PrintBold) Check() error { return checkText(c.Code(), "Text", c.Text, maxPrintText) }

// PrintStringFont, 2Fh: password:4 flags:1 font:1 text:40. See [PrintString] about the text.
type PrintStringFont struct {
	Password uint32
	Flags    PrintFlags
	Font     uint8
	Text     []byte `show:"text"`
}

func (c PrintStringFont) Code() Code { return PrintStringFontCode }

func (c PrintStringFont) AppendTo(dst []byte) []byte {
	dst = append(appendHead(dst, c.Code(), c.Password), byte(c.Flags), c.Font)
	return append(dst, c.Text...)
}

func (c *PrintStringFont) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 6, 6+maxPrintText); err != nil {
		return err
	}
	*c = PrintStringFont{le.Uint32(data), PrintFlags(data[4]), data[5], data[6:]}
	return nil
}

func (c PrintStringFont) Check() error { return checkText(c.Code(), "Text", c.Text, maxPrintText) }

// Beep, 13h: password:4.
type Beep struct{ Password uint32 }

func (c Beep) Code() Code { return BeepCode }

func (c Beep) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *Beep) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// Cut, 25h: password:4 type:1.
type Cut struct {
	Password uint32
	Type     CutType
}

func (c Cut) Code() Code { return CutCode }

func (c Cut) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), byte(c.Type))
}

func (c *Cut) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5); err != nil {
		return err
	}
	*c = Cut{le.Uint32(data), CutType(data[4])}
	return nil
}

// CutType is how to cut the tape.
type CutType uint8

const (
	CutFull    CutType = 0
	CutPartial CutType = 1
)

// FontParameters, 26h: password:4 font:1.
type FontParameters struct {
	Password uint32
	Font     uint8
}

func (c FontParameters) Code() Code { return FontParametersCode }

func (c FontParameters) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.Font)
}

func (c *FontParameters) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5); err != nil {
		return err
	}
	*c = FontParameters{le.Uint32(data), data[4]}
	return nil
}

// FontParametersReply: line_width:2 char_width:1 char_height:1 fonts:1, in dots.
type FontParametersReply struct {
	LineWidth             uint16
	CharWidth, CharHeight uint8
	Fonts                 uint8 // how many the register has
}

func (r FontParametersReply) AppendTo(dst []byte) []byte {
	return append(le.AppendUint16(dst, r.LineWidth), r.CharWidth, r.CharHeight, r.Fonts)
}

func (r *FontParametersReply) Parse(p []byte) error {
	if err := checkPayload(FontParametersCode, p, 5, 5); err != nil {
		return err
	}
	*r = FontParametersReply{le.Uint16(p), p[2], p[3], p[4]}
	return nil
}

// OpenDrawer, 28h: password:4 drawer:1.
type OpenDrawer struct {
	Password uint32
	Drawer   uint8
}

func (c OpenDrawer) Code() Code { return OpenDrawerCode }

func (c OpenDrawer) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.Drawer)
}

func (c *OpenDrawer) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5); err != nil {
		return err
	}
	*c = OpenDrawer{le.Uint32(data), data[4]}
	return nil
}

// Feed, 29h: password:4 flags:1 lines:1.
type Feed struct {
	Password uint32
	Flags    PrintFlags
	Lines    uint8
}

func (c Feed) Code() Code { return FeedCode }

func (c Feed) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), byte(c.Flags), c.Lines)
}

func (c *Feed) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 6, 6); err != nil {
		return err
	}
	*c = Feed{le.Uint32(data), PrintFlags(data[4]), data[5]}
	return nil
}

// ContinuePrint, B0h: password:4.
type ContinuePrint struct{ Password uint32 }

func (c ContinuePrint) Code() Code { return ContinuePrintCode }

func (c ContinuePrint) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *ContinuePrint) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}
