package fnlink

// Report is the kind of a registration report.
type Report byte

// Kinds of registration reports (FNS ККТ–ФН 1.2.06, table 33).
const (
	ReportRegistration Report = 0
	ReportNewStorage   Report = 1 // the storage was replaced
	ReportChange       Report = 2 // parameters were changed
)

// BeginRegistration105 begins a registration report of FFD 1.05. Layout: 02h [| report1, absent = 0].
type BeginRegistration105 struct{ Report Report }

// Code is 02h.
func (BeginRegistration105) Code() Code { return CodeBeginRegistration105 }

// AppendTo appends the body.
func (c BeginRegistration105) AppendTo(dst []byte) []byte {
	return append(dst, byte(CodeBeginRegistration105), byte(c.Report))
}

// Parse reads DATA.
func (c *BeginRegistration105) Parse(data []byte) error {
	c.Report = ReportRegistration
	if len(data) == 0 {
		return nil
	}
	if err := wantRequest(CodeBeginRegistration105, data, 1); err != nil {
		return err
	}
	c.Report = Report(data[0])
	return nil
}

// BeginRegistration begins a registration report of FFD 1.1 or 1.2.
//
// Layout: A2h | report1 [| FFD1: 3 = 1.1, 4 = 1.2; absent = 1.1].
type BeginRegistration struct {
	Report Report
	FFD    byte // as tag 1209
}

// Code is A2h.
func (BeginRegistration) Code() Code { return CodeBeginRegistration }

// AppendTo appends the body.
func (c BeginRegistration) AppendTo(dst []byte) []byte {
	return append(dst, byte(CodeBeginRegistration), byte(c.Report), c.FFD)
}

// Parse reads DATA.
func (c *BeginRegistration) Parse(data []byte) error {
	if len(data) != 1 {
		if err := wantRequest(CodeBeginRegistration, data, 2); err != nil {
			return err
		}
	}
	c.Report, c.FFD = Report(data[0]), 3
	if len(data) == 2 {
		c.FFD = data[1]
	}
	return nil
}

// MakeRegistration105 forms the registration report of FFD 1.05.
//
// Layout: 03h | date-time5 | ИНН12 | РНМ20 | tax1 (1062) | mode1. Mode bits: 0 encryption (1056), 1 offline (1002),
// 2 automatic (1001), 3 services (1109), 4 БСО (1110), 5 Internet (1108).
type MakeRegistration105 struct {
	At         DateTime
	INN        INN
	Number     RegistrationNumber
	TaxSystems byte
	Mode       byte
}

// Code is 03h.
func (MakeRegistration105) Code() Code { return CodeMakeRegistration105 }

// AppendTo appends the body.
func (c MakeRegistration105) AppendTo(dst []byte) []byte {
	dst = appendAt(dst, CodeMakeRegistration105, c.At)
	dst = append(dst, c.INN[:]...)
	dst = append(dst, c.Number[:]...)
	return append(dst, c.TaxSystems, c.Mode)
}

// Parse reads DATA.
func (c *MakeRegistration105) Parse(data []byte) error {
	if err := wantRequest(CodeMakeRegistration105, data, 39); err != nil {
		return err
	}
	c.At, c.INN, c.Number = DateTime(data[:5]), INN(data[5:17]), RegistrationNumber(data[17:37])
	c.TaxSystems, c.Mode = data[37], data[38]
	return nil
}

// MakeRegistration forms the registration report of FFD 1.1 or 1.2.
//
// Layout: A3h | date-time5 | ИНН12 | РНМ20 | tax1 (1062) | mode1 | ext1 | ОФД ИНН12, in offline mode twelve zeros.
// Bits of mode and ext (FNS ККТ–ФН 1.2.06, tables 50–52) — FFD 1.1, mode: as in MakeRegistration105; ext: 0 excise
// (1207), 1 gambling (1193), 2 lottery (1126), 3 printer in an automatic device (1221). FFD 1.2, mode: 0–2 the
// same, 3 services, 4 БСО, 5 Internet, 6 catering, 7 wholesale; ext: 0 excise, 1 gambling, 2 lottery, 3 printer in
// an automatic device, 4 marked goods, 5 pawnshop, 6 insurance, 7 vending machine.
type MakeRegistration struct {
	At          DateTime
	INN         INN
	Number      RegistrationNumber
	TaxSystems  byte
	Mode        byte
	Ext         byte
	OperatorINN INN
}

// Code is A3h.
func (MakeRegistration) Code() Code { return CodeMakeRegistration }

// AppendTo appends the body.
func (c MakeRegistration) AppendTo(dst []byte) []byte {
	dst = appendAt(dst, CodeMakeRegistration, c.At)
	dst = append(dst, c.INN[:]...)
	dst = append(dst, c.Number[:]...)
	dst = append(dst, c.TaxSystems, c.Mode, c.Ext)
	return append(dst, c.OperatorINN[:]...)
}

// Parse reads DATA.
func (c *MakeRegistration) Parse(data []byte) error {
	if err := wantRequest(CodeMakeRegistration, data, 52); err != nil {
		return err
	}
	c.At, c.INN, c.Number = DateTime(data[:5]), INN(data[5:17]), RegistrationNumber(data[17:37])
	c.TaxSystems, c.Mode, c.Ext = data[37], data[38], data[39]
	c.OperatorINN = INN(data[40:52])
	return nil
}

// DocumentReply is the reply of MakeRegistration and MakeRegistration105. Layout: document number u32 | sign u32.
type DocumentReply struct {
	Document uint32
	Sign     uint32
}

// AppendTo appends the DATA.
func (r DocumentReply) AppendTo(dst []byte) []byte {
	return appendU32(appendU32(dst, r.Document), r.Sign)
}

// Parse reads the DATA.
func (r *DocumentReply) Parse(data []byte) error {
	if err := wantReply(CodeMakeRegistration, data, 8); err != nil {
		return err
	}
	r.Document, r.Sign = u32(data), u32(data[4:])
	return nil
}

// RegistrationData asks for the data of registration report number Report, or of the first one when Report is 0.
// Layout: 43h [| number1].
type RegistrationData struct{ Report byte }

// Code is 43h.
func (RegistrationData) Code() Code { return CodeRegistrationData }

// AppendTo appends the body.
func (c RegistrationData) AppendTo(dst []byte) []byte {
	dst = append(dst, byte(CodeRegistrationData))
	if c.Report != 0 {
		dst = append(dst, c.Report)
	}
	return dst
}

// Parse reads DATA.
func (c *RegistrationData) Parse(data []byte) error {
	c.Report = 0
	if len(data) == 0 {
		return nil
	}
	if err := wantRequest(CodeRegistrationData, data, 1); err != nil {
		return err
	}
	c.Report = data[0]
	return nil
}

// RegistrationDataReply is the reply of RegistrationData. The same fields, without Reason and with number and sign
// after the date, are the short form of a registration report in FindDocumentReply.
//
// Layout: date-time5 | ИНН12 | РНМ20 | tax1 | mode1 [| ext1 | ОФД ИНН12, FFD 1.1 and 1.2]
// [| reason: 1 byte in FFD 1.05, u32 in 1.1 and 1.2, when a number was asked] | document number u32 | sign u32.
// (FNS ККТ–ФН 1.2.06, tables 98, 99, 102, 103.)
type RegistrationDataReply struct {
	At          DateTime
	INN         INN
	Number      RegistrationNumber
	TaxSystems  byte
	Mode        byte
	Extended    bool // Ext and OperatorINN are there: FFD 1.1 or 1.2
	Ext         byte
	OperatorINN INN
	HasReason   bool
	Reason      uint32
	Document    uint32
	Sign        uint32
}

// AppendTo appends the DATA.
func (r RegistrationDataReply) AppendTo(dst []byte) []byte {
	dst = append(dst, r.At[:]...)
	dst = append(dst, r.INN[:]...)
	dst = append(dst, r.Number[:]...)
	dst = append(dst, r.TaxSystems, r.Mode)
	reason := 1
	if r.Extended {
		dst = append(dst, r.Ext)
		dst = append(dst, r.OperatorINN[:]...)
		reason = 4
	}
	if r.HasReason {
		dst = appendUint(dst, uint64(r.Reason), reason)
	}
	return appendU32(appendU32(dst, r.Document), r.Sign)
}

// Parse reads the DATA.
func (r *RegistrationDataReply) Parse(data []byte) error {
	*r = RegistrationDataReply{}
	switch len(data) {
	case 47, 48, 60, 64:
	default:
		return wantReply(CodeRegistrationData, data, 47)
	}
	r.At, r.INN, r.Number = DateTime(data[:5]), INN(data[5:17]), RegistrationNumber(data[17:37])
	r.TaxSystems, r.Mode = data[37], data[38]
	rest := data[39:]
	if len(data) >= 60 {
		r.Extended, r.Ext, r.OperatorINN = true, rest[0], INN(rest[1:13])
		rest = rest[13:]
	}
	if n := len(rest) - 8; n > 0 {
		r.HasReason, r.Reason = true, uint32(getUint(rest[:n]))
		rest = rest[n:]
	}
	r.Document, r.Sign = u32(rest), u32(rest[4:])
	return nil
}
