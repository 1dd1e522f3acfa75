package shtrih

// Codes of the commands about the register itself.
const (
	ShortStatusCode   Code = 0x10
	FullStatusCode    Code = 0x11
	ErrorTextCode     Code = 0x6B
	ExtendedQueryCode Code = 0xF7
	DeviceTypeCode    Code = 0xFC
)

// ShortStatus, 10h: password:4.
type ShortStatus struct{ Password uint32 }

func (c ShortStatus) Code() Code { return ShortStatusCode }

func (c ShortStatus) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *ShortStatus) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// ShortStatusReply: operator:1 flags:2 mode:1 submode:1 operations_low:1
// battery:1 supply:1 storage_error:1 key_error:1 operations_high:1
// head_temperature:1 previous_mode:1 key_update:1 [last_print:1].
// The last byte is there with F7h model bit 34.
type ShortStatusReply struct {
	Operator        uint8
	Flags           Flags `show:"flags"`
	Mode            ModeByte
	Submode         Submode
	Operations      uint16 // in the open receipt; its halves lie apart on the wire
	Battery         uint8  // ×5/255 V
	Supply          uint8  // ×24/216 V
	StorageError    Result
	KeyUpdateError  uint8
	HeadTemperature uint8
	PreviousMode    uint8
	KeyUpdate       uint8
	LastPrint       LastPrint
	HasLastPrint    bool
}

// LastPrint is how the last printing went.
type LastPrint uint8

const (
	PrintDone    LastPrint = 0
	PrintNoPaper LastPrint = 1
	PrintFailed  LastPrint = 2
	PrintGoesOn  LastPrint = 5
)

func (r ShortStatusReply) AppendTo(dst []byte) []byte {
	dst = le.AppendUint16(append(dst, r.Operator), uint16(r.Flags))
	dst = append(dst, byte(r.Mode), byte(r.Submode), byte(r.Operations), r.Battery, r.Supply,
		byte(r.StorageError), r.KeyUpdateError, byte(r.Operations>>8), r.HeadTemperature, r.PreviousMode, r.KeyUpdate)
	if r.HasLastPrint {
		dst = append(dst, byte(r.LastPrint))
	}
	return dst
}

func (r *ShortStatusReply) Parse(p []byte) error {
	if err := checkPayload(ShortStatusCode, p, 14, 15); err != nil {
		return err
	}
	*r = ShortStatusReply{
		Operator: p[0], Flags: Flags(le.Uint16(p[1:])), Mode: ModeByte(p[3]), Submode: Submode(p[4]),
		Operations: uint16(p[5]) | uint16(p[10])<<8, Battery: p[6], Supply: p[7],
		StorageError: Result(p[8]), KeyUpdateError: p[9],
		HeadTemperature: p[11], PreviousMode: p[12], KeyUpdate: p[13],
	}
	if len(p) == 15 {
		r.LastPrint, r.HasLastPrint = LastPrint(p[14]), true
	}
	return nil
}

// FullStatus, 11h: password:4.
type FullStatus struct{ Password uint32 }

func (c FullStatus) Code() Code { return FullStatusCode }

func (c FullStatus) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *FullStatus) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// Port is the way the command came, in 11h.
type Port uint8

const (
	PortRS232 Port = 0
	PortUSB   Port = 1 // virtual COM port
	PortTCP   Port = 2
	PortI2C   Port = 3
	PortTCPKY Port = 128 // cash-core family
)

// FullStatusReply: operator:1 version:2 build:2 date:3 hall:1 document:2 flags:2
// mode:1 submode:1 port:1 fm_version:2 fm_build:2 fm_date:3 date:3 time:3
// fm_flags:1 serial:4 last_closed_shift:2 fm_free:2 registrations:1
// registrations_left:1 inn:6 [2 or 4 bytes more].
// 1.17 leaves the fm fields out, but real devices send them.
type FullStatusReply struct {
	Operator                uint8
	Version                 [2]byte // ASCII, «T3»
	Build                   uint16
	BuildDate               Date
	Hall                    uint8
	DocumentNumber          uint16
	Flags                   Flags `show:"flags"`
	Mode                    ModeByte
	Submode                 Submode
	Port                    Port
	FMVersion               [2]byte // ASCII, «WA»
	FMBuild                 uint16
	FMDate                  Date
	Date                    Date
	Time                    Time
	FMFlags                 uint8
	Serial                  uint32
	LastClosedShift         uint16
	FMFree                  uint16
	Registrations, RegsLeft uint8
	INN                     uint64
	// Tail is what longer answers add: fm_flags_high:1 fm_mode:1 and
	// serial_high:2 by Protocol 2.0 rev 11; which pair comes alone is not known.
	Tail []byte `show:"hex"`
}

const fullStatusLength = 46

func (r FullStatusReply) AppendTo(dst []byte) []byte {
	dst = append(dst, r.Operator, r.Version[0], r.Version[1])
	dst = appendDMY(le.AppendUint16(dst, r.Build), r.BuildDate)
	dst = le.AppendUint16(append(dst, r.Hall), r.DocumentNumber)
	dst = le.AppendUint16(dst, uint16(r.Flags))
	dst = append(dst, byte(r.Mode), byte(r.Submode), byte(r.Port), r.FMVersion[0], r.FMVersion[1])
	dst = appendDMY(le.AppendUint16(dst, r.FMBuild), r.FMDate)
	dst = appendHMS(appendDMY(dst, r.Date), r.Time)
	dst = le.AppendUint32(append(dst, r.FMFlags), r.Serial)
	dst = le.AppendUint16(dst, r.LastClosedShift)
	dst = le.AppendUint16(dst, r.FMFree)
	dst = appendUint48(append(dst, r.Registrations, r.RegsLeft), r.INN)
	return append(dst, r.Tail...)
}

func (r *FullStatusReply) Parse(p []byte) error {
	if err := checkPayload(FullStatusCode, p, fullStatusLength, fullStatusLength+4); err != nil {
		return err
	}
	if len(p)%2 != fullStatusLength%2 { // 48, 50 or 52 bytes of DATA
		return &LengthError{FullStatusCode, true, len(p), fullStatusLength, fullStatusLength + 4}
	}
	*r = FullStatusReply{
		Operator: p[0], Version: [2]byte(p[1:]), Build: le.Uint16(p[3:]), BuildDate: parseDMY(p[5:]),
		Hall: p[8], DocumentNumber: le.Uint16(p[9:]), Flags: Flags(le.Uint16(p[11:])),
		Mode: ModeByte(p[13]), Submode: Submode(p[14]), Port: Port(p[15]),
		FMVersion: [2]byte(p[16:]), FMBuild: le.Uint16(p[18:]), FMDate: parseDMY(p[20:]),
		Date: parseDMY(p[23:]), Time: parseHMS(p[26:]),
		FMFlags: p[29], Serial: le.Uint32(p[30:]), LastClosedShift: le.Uint16(p[34:]), FMFree: le.Uint16(p[36:]),
		Registrations: p[38], RegsLeft: p[39], INN: uint48(p[40:]),
	}
	if len(p) > fullStatusLength {
		r.Tail = p[fullStatusLength:]
	}
	return nil
}

// ErrorText, 6Bh: error:1. No password. Registers with F7h model bit 36 know it.
type ErrorText struct {
	Error Result
	// Last asks for the last error; no code is sent then.
	Last bool
}

func (c ErrorText) Code() Code { return ErrorTextCode }

func (c ErrorText) AppendTo(dst []byte) []byte {
	dst = AppendCode(dst, c.Code())
	if c.Last {
		return dst
	}
	return append(dst, byte(c.Error))
}

func (c *ErrorText) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 0, 1); err != nil {
		return err
	}
	if c.Error, c.Last = OK, len(data) == 0; !c.Last {
		c.Error = Result(data[0])
	}
	return nil
}

// ErrorTextReply: text:0..250.
type ErrorTextReply struct {
	Text []byte `show:"text"`
}

func (r ErrorTextReply) AppendTo(dst []byte) []byte { return append(dst, r.Text...) }

func (r *ErrorTextReply) Parse(p []byte) error {
	r.Text = p
	return nil
}

// ExtendedQuery, F7h: type:1 data:0..252. No password.
type ExtendedQuery struct {
	Type uint8
	Data []byte `show:"hex"`
}

// QueryModel is the type of F7h that asks for [ModelParameters].
const QueryModel = 1

func (c ExtendedQuery) Code() Code { return ExtendedQueryCode }

func (c ExtendedQuery) AppendTo(dst []byte) []byte {
	return append(append(AppendCode(dst, c.Code()), c.Type), c.Data...)
}

func (c *ExtendedQuery) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 1, 253); err != nil {
		return err
	}
	c.Type, c.Data = data[0], data[1:]
	return nil
}

// ExtendedQueryReply: data:0..252, its layout depends on the type asked; for
// [QueryModel] it is [ModelParameters].
type ExtendedQueryReply struct {
	Data []byte `show:"hex"`
}

func (r ExtendedQueryReply) AppendTo(dst []byte) []byte { return append(dst, r.Data...) }

func (r *ExtendedQueryReply) Parse(p []byte) error {
	r.Data = p
	return nil
}

// ModelFlags are the 64 flags of a model.
type ModelFlags uint64

// Bits to 42 stand in Protocol ККТ 1.17, later ones are known from drivers.
const (
	ModelJournal        ModelFlags = 1 << 20
	ModelSlip           ModelFlags = 1 << 21
	ModelNonFiscal      ModelFlags = 1 << 22
	ModelCashCore       ModelFlags = 1 << 23 // «КЯ»
	ModelProtocol2      ModelFlags = 1 << 28
	ModelSeniorReports  ModelFlags = 1 << 33
	ModelLastPrint      ModelFlags = 1 << 34 // 10h ends with the last print result
	ModelBlockGraphics  ModelFlags = 1 << 35
	ModelErrorText      ModelFlags = 1 << 36 // 6Bh
	ModelStorage        ModelFlags = 1 << 43 // has a ФН
	ModelHostExchange   ModelFlags = 1 << 44 // the host talks to the ОФД
	ModelTagAutoprint   ModelFlags = 1 << 45
	ModelFFD11          ModelFlags = 1 << 47
	ModelCorrection     ModelFlags = 1 << 48
	ModelErrorExtended  ModelFlags = 1 << 49
	ModelAnswerDateTime ModelFlags = 1 << 50 // date and time end the answers of ФН commands
	ModelAutoCancel     ModelFlags = 1 << 53
	ModelExtendedErrors ModelFlags = 1 << 54
)

// ModelParameters is the answer to F7h type 1: flags:8 font1_width:1
// font2_width:1 first_line:1 inn_digits:1 rnm_digits:1 long_rnm_digits:1
// long_serial_digits:1 tax_password:4 system_password:4 bt_table:1 tax_field:1
// max_length:2 line_bytes:1 graphics_width:1 graphics_lines:2
// [storage_table:1 ofd_table:1 embedded_table:1 ffd_table:1 ffd_field:1 …].
type ModelParameters struct {
	Flags                       ModelFlags `show:"bits"`
	Font1Width, Font2Width      uint8
	FirstLine                   uint8
	INNDigits, RNMDigits        uint8
	LongRNMDigits               uint8
	LongSerialDigits            uint8
	TaxPassword, SystemPassword uint32
	BluetoothTable, TaxField    uint8
	MaxLength                   uint16 // of DATA
	LineBytes                   uint8
	GraphicsWidth               uint8
	GraphicsLines               uint16
	Tail                        []byte `show:"hex"` // table numbers; newer firmware appends more
}

func (r ModelParameters) AppendTo(dst []byte) []byte {
	dst = le.AppendUint64(dst, uint64(r.Flags))
	dst = append(dst, r.Font1Width, r.Font2Width, r.FirstLine, r.INNDigits, r.RNMDigits, r.LongRNMDigits, r.LongSerialDigits)
	dst = le.AppendUint32(dst, r.TaxPassword)
	dst = le.AppendUint32(dst, r.SystemPassword)
	dst = le.AppendUint16(append(dst, r.BluetoothTable, r.TaxField), r.MaxLength)
	dst = le.AppendUint16(append(dst, r.LineBytes, r.GraphicsWidth), r.GraphicsLines)
	return append(dst, r.Tail...)
}

func (r *ModelParameters) Parse(p []byte) error {
	if err := checkPayload(ExtendedQueryCode, p, 31, 252); err != nil {
		return err
	}
	*r = ModelParameters{
		Flags: ModelFlags(le.Uint64(p)), Font1Width: p[8], Font2Width: p[9], FirstLine: p[10],
		INNDigits: p[11], RNMDigits: p[12], LongRNMDigits: p[13], LongSerialDigits: p[14],
		TaxPassword: le.Uint32(p[15:]), SystemPassword: le.Uint32(p[19:]),
		BluetoothTable: p[23], TaxField: p[24], MaxLength: le.Uint16(p[25:]),
		LineBytes: p[27], GraphicsWidth: p[28], GraphicsLines: le.Uint16(p[29:]), Tail: p[31:],
	}
	return nil
}

// DeviceType, FCh: nothing. No password.
type DeviceType struct{}

func (c DeviceType) Code() Code { return DeviceTypeCode }

func (c DeviceType) AppendTo(dst []byte) []byte { return AppendCode(dst, c.Code()) }

func (c *DeviceType) Parse(data []byte) error { return checkLength(c.Code(), data, 0, 0) }

// DeviceTypeReply: type:1 subtype:1 protocol:1 subprotocol:1 model:1 language:1
// name:0..40.
type DeviceTypeReply struct {
	Type, Subtype         uint8
	Protocol, Subprotocol uint8 // 1 and 14 read «1.14»
	Model                 uint8
	Language              uint8  // 0 Russian
	Name                  []byte `show:"text"`
}

func (r DeviceTypeReply) AppendTo(dst []byte) []byte {
	dst = append(dst, r.Type, r.Subtype, r.Protocol, r.Subprotocol, r.Model, r.Language)
	return append(dst, r.Name...)
}

func (r *DeviceTypeReply) Parse(p []byte) error {
	if err := checkPayload(DeviceTypeCode, p, 6, 252); err != nil {
		return err
	}
	*r = DeviceTypeReply{p[0], p[1], p[2], p[3], p[4], p[5], p[6:]}
	return nil
}
