package fnlink

// Commands without DATA. Layout of each: code.
type (
	// Cancel drops the document that was begun.
	Cancel struct{}
	// Number asks for the serial number of the storage.
	Number struct{}
	// Validity asks for the end of life.
	Validity struct{}
	// Version asks for the firmware version.
	Version struct{}
	// Format asks for the FFD version in use and the highest known.
	Format struct{}
	// FreeMemory asks how much the archive still holds.
	FreeMemory struct{}
	// Execution asks for the model of the storage («исполнение»).
	Execution struct{}
	// DataSize asks how many bytes of the begun document arrived.
	DataSize struct{}
	// Status asks for phase, document, shift and warnings.
	Status struct{}
	// ShiftState asks for the current or last shift.
	ShiftState struct{}
	// OpenShift forms the shift opening report.
	OpenShift struct{}
	// CloseShift forms the shift closing report.
	CloseShift struct{}
	// ExchangeStatus asks for the queue to the operator (ОФД).
	ExchangeStatus struct{}
	// Undelivered asks how many documents have no confirmation.
	Undelivered struct{}
	// ReadDocument takes the next element of the document chosen by RequestDocument; NoData after the last.
	ReadDocument struct{}
)

func (Cancel) Code() Code         { return CodeCancel }
func (Number) Code() Code         { return CodeNumber }
func (Validity) Code() Code       { return CodeValidity }
func (Version) Code() Code        { return CodeVersion }
func (Format) Code() Code         { return CodeFormat }
func (FreeMemory) Code() Code     { return CodeFreeMemory }
func (Execution) Code() Code      { return CodeExecution }
func (DataSize) Code() Code       { return CodeDataSize }
func (Status) Code() Code         { return CodeStatus }
func (ShiftState) Code() Code     { return CodeShiftState }
func (OpenShift) Code() Code      { return CodeOpenShift }
func (CloseShift) Code() Code     { return CodeCloseShift }
func (ExchangeStatus) Code() Code { return CodeExchangeStatus }
func (Undelivered) Code() Code    { return CodeUndelivered }
func (ReadDocument) Code() Code   { return CodeReadDocument }

func (c Cancel) AppendTo(dst []byte) []byte         { return append(dst, byte(c.Code())) }
func (c Number) AppendTo(dst []byte) []byte         { return append(dst, byte(c.Code())) }
func (c Validity) AppendTo(dst []byte) []byte       { return append(dst, byte(c.Code())) }
func (c Version) AppendTo(dst []byte) []byte        { return append(dst, byte(c.Code())) }
func (c Format) AppendTo(dst []byte) []byte         { return append(dst, byte(c.Code())) }
func (c FreeMemory) AppendTo(dst []byte) []byte     { return append(dst, byte(c.Code())) }
func (c Execution) AppendTo(dst []byte) []byte      { return append(dst, byte(c.Code())) }
func (c DataSize) AppendTo(dst []byte) []byte       { return append(dst, byte(c.Code())) }
func (c Status) AppendTo(dst []byte) []byte         { return append(dst, byte(c.Code())) }
func (c ShiftState) AppendTo(dst []byte) []byte     { return append(dst, byte(c.Code())) }
func (c OpenShift) AppendTo(dst []byte) []byte      { return append(dst, byte(c.Code())) }
func (c CloseShift) AppendTo(dst []byte) []byte     { return append(dst, byte(c.Code())) }
func (c ExchangeStatus) AppendTo(dst []byte) []byte { return append(dst, byte(c.Code())) }
func (c Undelivered) AppendTo(dst []byte) []byte    { return append(dst, byte(c.Code())) }
func (c ReadDocument) AppendTo(dst []byte) []byte   { return append(dst, byte(c.Code())) }

func (c *Cancel) Parse(data []byte) error         { return wantRequest(c.Code(), data, 0) }
func (c *Number) Parse(data []byte) error         { return wantRequest(c.Code(), data, 0) }
func (c *Validity) Parse(data []byte) error       { return wantRequest(c.Code(), data, 0) }
func (c *Version) Parse(data []byte) error        { return wantRequest(c.Code(), data, 0) }
func (c *Format) Parse(data []byte) error         { return wantRequest(c.Code(), data, 0) }
func (c *FreeMemory) Parse(data []byte) error     { return wantRequest(c.Code(), data, 0) }
func (c *Execution) Parse(data []byte) error      { return wantRequest(c.Code(), data, 0) }
func (c *DataSize) Parse(data []byte) error       { return wantRequest(c.Code(), data, 0) }
func (c *Status) Parse(data []byte) error         { return wantRequest(c.Code(), data, 0) }
func (c *ShiftState) Parse(data []byte) error     { return wantRequest(c.Code(), data, 0) }
func (c *OpenShift) Parse(data []byte) error      { return wantRequest(c.Code(), data, 0) }
func (c *CloseShift) Parse(data []byte) error     { return wantRequest(c.Code(), data, 0) }
func (c *ExchangeStatus) Parse(data []byte) error { return wantRequest(c.Code(), data, 0) }
func (c *Undelivered) Parse(data []byte) error    { return wantRequest(c.Code(), data, 0) }
func (c *ReadDocument) Parse(data []byte) error   { return wantRequest(c.Code(), data, 0) }

// NoReply is the DATA of an answer that has none.
type NoReply struct{}

// Parse accepts no bytes.
func (NoReply) Parse(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	return &LengthError{Reply: true, Got: len(data)}
}
