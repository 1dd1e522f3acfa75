package fnlink

// Phase is the life phase of a storage (FNS ККТ–ФН 1.2.06, table 8).
type Phase byte

// Life phases.
const (
	PhaseReady    Phase = 1  // waiting for registration
	PhaseFiscal   Phase = 3  // documents are formed
	PhaseTransfer Phase = 7  // closed, documents go to the operator
	PhaseArchive  Phase = 15 // read only
)

// CurrentDocument is the document that is being formed (FNS ККТ–ФН 1.2.06, table 7).
type CurrentDocument byte

// Documents being formed. The values are not the document codes of the TLV form.
const (
	NoDocument       CurrentDocument = 0x00
	DocRegistration  CurrentDocument = 0x01
	DocShiftOpening  CurrentDocument = 0x02
	DocReceipt       CurrentDocument = 0x04
	DocShiftClosing  CurrentDocument = 0x08
	DocClosing       CurrentDocument = 0x10
	DocBSO           CurrentDocument = 0x11
	DocNewStorage    CurrentDocument = 0x12
	DocChange        CurrentDocument = 0x13
	DocCorrection    CurrentDocument = 0x14
	DocBSOCorrection CurrentDocument = 0x15
	DocStateReport   CurrentDocument = 0x17
)

// Warnings are the flags behind bit 7 of every answer (FNS ККТ–ФН 1.2.06, table 9).
type Warnings byte

// Warning flags.
const (
	WarnThreeDays        Warnings = 1 << 0 // less than 3 days of life
	WarnThirtyDays       Warnings = 1 << 1 // less than 30 days of life
	WarnArchiveFull      Warnings = 1 << 2 // 99 % full
	WarnOperatorLate     Warnings = 1 << 3 // no answer of the operator in time
	WarnFormatControl    Warnings = 1 << 4 // the operator met a format error (ФЛК)
	WarnSetup            Warnings = 1 << 5 // the operator asks to set the register up
	WarnOperatorAnnulled Warnings = 1 << 6 // the operator lost its permission
	WarnCritical         Warnings = 1 << 7 // storages of 2016 only
)

// StatusReply is the reply of Status.
//
// Layout: phase1 | document1 | data1 | shift1 | warnings1 | date-time5 of the last document | number16 |
// last document number u32. (FNS ККТ–ФН 1.2.06, table 7.)
type StatusReply struct {
	Phase        Phase
	Document     CurrentDocument
	HasData      bool // data of the document arrived
	ShiftOpen    bool
	Warnings     Warnings
	LastAt       DateTime
	Number       StorageNumber
	LastDocument uint32
}

// AppendTo appends the DATA.
func (r StatusReply) AppendTo(dst []byte) []byte {
	dst = append(dst, byte(r.Phase), byte(r.Document), flag(r.HasData), flag(r.ShiftOpen), byte(r.Warnings))
	dst = append(dst, r.LastAt[:]...)
	dst = append(dst, r.Number[:]...)
	return appendU32(dst, r.LastDocument)
}

// Parse reads the DATA.
func (r *StatusReply) Parse(data []byte) error {
	if err := wantReply(CodeStatus, data, 30); err != nil {
		return err
	}
	r.Phase, r.Document = Phase(data[0]), CurrentDocument(data[1])
	r.HasData, r.ShiftOpen, r.Warnings = data[2] != 0, data[3] != 0, Warnings(data[4])
	r.LastAt, r.Number, r.LastDocument = DateTime(data[5:10]), StorageNumber(data[10:26]), u32(data[26:])
	return nil
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// NumberReply is the reply of Number. Layout: number16.
type NumberReply struct{ Number StorageNumber }

// AppendTo appends the DATA.
func (r NumberReply) AppendTo(dst []byte) []byte { return append(dst, r.Number[:]...) }

// Parse reads the DATA.
func (r *NumberReply) Parse(data []byte) error {
	if err := wantReply(CodeNumber, data, 16); err != nil {
		return err
	}
	r.Number = StorageNumber(data)
	return nil
}

// ValidityReply is the reply of Validity. Layout: date3 | reports left1 | reports done1.
type ValidityReply struct {
	End         Date
	ReportsLeft byte // registration reports
	ReportsDone byte
}

// AppendTo appends the DATA.
func (r ValidityReply) AppendTo(dst []byte) []byte {
	return append(append(dst, r.End[:]...), r.ReportsLeft, r.ReportsDone)
}

// Parse reads the DATA.
func (r *ValidityReply) Parse(data []byte) error {
	if err := wantReply(CodeValidity, data, 5); err != nil {
		return err
	}
	r.End, r.ReportsLeft, r.ReportsDone = Date(data[:3]), data[3], data[4]
	return nil
}

// VersionReply is the reply of Version. Layout: version16 | type1: 0 prototype, 1 serial.
type VersionReply struct {
	Version [16]byte
	Serial  bool
}

// AppendTo appends the DATA.
func (r VersionReply) AppendTo(dst []byte) []byte {
	return append(append(dst, r.Version[:]...), flag(r.Serial))
}

// Parse reads the DATA.
func (r *VersionReply) Parse(data []byte) error {
	if err := wantReply(CodeVersion, data, 17); err != nil {
		return err
	}
	r.Version, r.Serial = [16]byte(data[:16]), data[16] != 0
	return nil
}

// FormatReply is the reply of Format. Layout: FFD in use1 | highest FFD1.
type FormatReply struct {
	Current byte // 0 not registered, 1 FFD 1.0 or 1.05, 3 FFD 1.1, 4 FFD 1.2
	Highest byte
}

// AppendTo appends the DATA.
func (r FormatReply) AppendTo(dst []byte) []byte { return append(dst, r.Current, r.Highest) }

// Parse reads the DATA.
func (r *FormatReply) Parse(data []byte) error {
	if err := wantReply(CodeFormat, data, 2); err != nil {
		return err
	}
	r.Current, r.Highest = data[0], data[1]
	return nil
}

// DaysLeftReply is the reply of DaysLeft. Layout: days u16.
type DaysLeftReply struct{ Days uint16 }

// AppendTo appends the DATA.
func (r DaysLeftReply) AppendTo(dst []byte) []byte { return appendU16(dst, r.Days) }

// Parse reads the DATA.
func (r *DaysLeftReply) Parse(data []byte) error {
	if err := wantReply(CodeDaysLeft, data, 2); err != nil {
		return err
	}
	r.Days = u16(data)
	return nil
}

// FreeMemoryReply is the reply of FreeMemory.
//
// Layout: documents u32 | KiB u32 [| fill of the notification store in percent1, with marking].
type FreeMemoryReply struct {
	Documents            uint32 // that the five-year archive still takes, an estimate
	KiB                  uint32 // free in the 30-day store
	HasNotificationsFill bool
	NotificationsFill    byte // percent
}

// AppendTo appends the DATA.
func (r FreeMemoryReply) AppendTo(dst []byte) []byte {
	dst = appendU32(appendU32(dst, r.Documents), r.KiB)
	if r.HasNotificationsFill {
		dst = append(dst, r.NotificationsFill)
	}
	return dst
}

// Parse reads the DATA.
func (r *FreeMemoryReply) Parse(data []byte) error {
	if len(data) != 9 {
		if err := wantReply(CodeFreeMemory, data, 8); err != nil {
			return err
		}
	}
	*r = FreeMemoryReply{Documents: u32(data), KiB: u32(data[4:])}
	if len(data) == 9 {
		r.HasNotificationsFill, r.NotificationsFill = true, data[8]
	}
	return nil
}

// ExecutionReply is the reply of Execution. Layout: execution48.
type ExecutionReply struct{ Execution [48]byte }

// AppendTo appends the DATA.
func (r ExecutionReply) AppendTo(dst []byte) []byte { return append(dst, r.Execution[:]...) }

// Parse reads the DATA.
func (r *ExecutionReply) Parse(data []byte) error {
	if err := wantReply(CodeExecution, data, 48); err != nil {
		return err
	}
	r.Execution = [48]byte(data)
	return nil
}

// DataSizeReply is the reply of DataSize. Layout: document u32 [| notification u32, FFD 1.2].
type DataSizeReply struct {
	Document        uint32 // bytes
	HasNotification bool
	Notification    uint32 // bytes
}

// AppendTo appends the DATA.
func (r DataSizeReply) AppendTo(dst []byte) []byte {
	dst = appendU32(dst, r.Document)
	if r.HasNotification {
		dst = appendU32(dst, r.Notification)
	}
	return dst
}

// Parse reads the DATA.
func (r *DataSizeReply) Parse(data []byte) error {
	if len(data) != 8 {
		if err := wantReply(CodeDataSize, data, 4); err != nil {
			return err
		}
	}
	*r = DataSizeReply{Document: u32(data)}
	if len(data) == 8 {
		r.HasNotification, r.Notification = true, u32(data[4:])
	}
	return nil
}

// ShiftStateReply is the reply of ShiftState. Layout: open1 | shift u16 | receipt u16. With the shift closed it
// tells of the last one.
type ShiftStateReply struct {
	Open    bool
	Shift   uint16
	Receipt uint16
}

// AppendTo appends the DATA.
func (r ShiftStateReply) AppendTo(dst []byte) []byte {
	return appendU16(appendU16(append(dst, flag(r.Open)), r.Shift), r.Receipt)
}

// Parse reads the DATA.
func (r *ShiftStateReply) Parse(data []byte) error {
	if err := wantReply(CodeShiftState, data, 5); err != nil {
		return err
	}
	r.Open, r.Shift, r.Receipt = data[0] != 0, u16(data[1:]), u16(data[3:])
	return nil
}

// ExchangeStatusReply is the reply of ExchangeStatus.
//
// Layout: flags1 | reading1 | count u16 | first document number u32 | its date-time5.
type ExchangeStatusReply struct {
	Flags   ExchangeFlags
	Reading bool
	Count   uint16 // documents in the queue
	First   uint32 // number of the oldest
	FirstAt DateTime
}

// ExchangeFlags tell the state of the exchange with the operator (FNS ККТ–ФН 1.2.06, table 77).
type ExchangeFlags byte

// Exchange flags.
const (
	ExchangeLinked          ExchangeFlags = 1 << iota // the register reported a connection
	ExchangeMessage                                   // there is a message for the operator
	ExchangeAwaitingReceipt                           // a confirmation is awaited
	ExchangeCommand                                   // there is a command of the operator
	ExchangeSettingsChanged                           // the settings of the connection changed
	ExchangeAwaitingCommand                           // an answer to the command is awaited
)

// AppendTo appends the DATA.
func (r ExchangeStatusReply) AppendTo(dst []byte) []byte {
	dst = append(dst, byte(r.Flags), flag(r.Reading))
	dst = appendU32(appendU16(dst, r.Count), r.First)
	return append(dst, r.FirstAt[:]...)
}

// Parse reads the DATA.
func (r *ExchangeStatusReply) Parse(data []byte) error {
	if err := wantReply(CodeExchangeStatus, data, 13); err != nil {
		return err
	}
	r.Flags, r.Reading = ExchangeFlags(data[0]), data[1] != 0
	r.Count, r.First, r.FirstAt = u16(data[2:]), u32(data[4:]), DateTime(data[8:13])
	return nil
}

// UndeliveredReply is the reply of Undelivered. Layout: count u16.
type UndeliveredReply struct{ Count uint16 }

// AppendTo appends the DATA.
func (r UndeliveredReply) AppendTo(dst []byte) []byte { return appendU16(dst, r.Count) }

// Parse reads the DATA.
func (r *UndeliveredReply) Parse(data []byte) error {
	if err := wantReply(CodeUndelivered, data, 2); err != nil {
		return err
	}
	r.Count = u16(data)
	return nil
}
