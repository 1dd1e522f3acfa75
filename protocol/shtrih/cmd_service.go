package shtrih

// Codes of the commands for setting up, resetting and testing the register.
const (
	SetPortParametersCode  Code = 0x14
	ReadPortParametersCode Code = 0x15
	TechnologicalResetCode Code = 0x16
	TestRunCode            Code = 0x19
	ResetTablesCode        Code = 0x24
	GeneralResetCode       Code = 0x27
	StopTestRunCode        Code = 0x2B
	ServiceCode            Code = 0xFE
)

// SetPortParameters, 14h: password:4 port:1 baud:1 timeout:1. The answer leaves
// at the old speed; then the version of the protocol is detected anew.
type SetPortParameters struct {
	Password uint32
	Port     uint8 // number of the port
	Baud     uint8 // see BaudCode
	Timeout  uint8 // see ByteTimeoutCode
}

func (c SetPortParameters) Code() Code { return SetPortParametersCode }

func (c SetPortParameters) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.Port, c.Baud, c.Timeout)
}

func (c *SetPortParameters) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 7, 7); err != nil {
		return err
	}
	*c = SetPortParameters{le.Uint32(data), data[4], data[5], data[6]}
	return nil
}

// ReadPortParameters, 15h: password:4 port:1.
type ReadPortParameters struct {
	Password uint32
	Port     uint8 // number of the port
}

func (c ReadPortParameters) Code() Code { return ReadPortParametersCode }

func (c ReadPortParameters) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.Port)
}

func (c *ReadPortParameters) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5); err != nil {
		return err
	}
	*c = ReadPortParameters{le.Uint32(data), data[4]}
	return nil
}

// ReadPortParametersReply: baud:1 timeout:1.
type ReadPortParametersReply struct {
	Baud    uint8 // see BaudRate
	Timeout uint8 // see ByteTimeout
}

func (r ReadPortParametersReply) AppendTo(dst []byte) []byte { return append(dst, r.Baud, r.Timeout) }

func (r *ReadPortParametersReply) Parse(p []byte) error {
	if err := checkPayload(ReadPortParametersCode, p, 2, 2); err != nil {
		return err
	}
	*r = ReadPortParametersReply{p[0], p[1]}
	return nil
}

// TechnologicalReset, 16h: nothing. No password. It clears the states of 74h,
// 78h and 79h.
type TechnologicalReset struct{}

func (c TechnologicalReset) Code() Code { return TechnologicalResetCode }

func (c TechnologicalReset) AppendTo(dst []byte) []byte { return AppendCode(dst, c.Code()) }

func (c *TechnologicalReset) Parse(data []byte) error { return checkLength(c.Code(), data, 0, 0) }

// MaxTestMinutes is the longest period of 19h; the shortest is 1.
const MaxTestMinutes = 99

// TestRun, 19h: password:4 minutes:1.
type TestRun struct {
	Password uint32
	Minutes  uint8 // between two print-outs, 1 to MaxTestMinutes
}

func (c TestRun) Code() Code { return TestRunCode }

func (c TestRun) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.Minutes)
}

func (c *TestRun) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5); err != nil {
		return err
	}
	*c = TestRun{le.Uint32(data), data[4]}
	return nil
}

// StopTestRun, 2Bh: password:4.
type StopTestRun struct{ Password uint32 }

func (c StopTestRun) Code() Code { return StopTestRunCode }

func (c StopTestRun) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *StopTestRun) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// ResetTables, 24h: password:4. All tables get their first values back.
type ResetTables struct{ Password uint32 }

func (c ResetTables) Code() Code { return ResetTablesCode }

func (c ResetTables) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *ResetTables) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// GeneralReset, 27h: password:4. It zeroes the registers (общее гашение).
type GeneralReset struct{ Password uint32 }

func (c GeneralReset) Code() Code { return GeneralResetCode }

func (c GeneralReset) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *GeneralReset) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// ServiceFunction is the sub-code of FEh. There is no text on them: the names
// are those of the vendor's drivers (Java driver, decoder of logplayer).
type ServiceFunction uint8

const (
	ServicePrinterVersion    ServiceFunction = 0xEB
	ServiceBootloaderVersion ServiceFunction = 0xEC // four bytes 00 follow
	ServiceFirmwareUpdate    ServiceFunction = 0xED // four bytes 00 follow
	ServiceControllerID      ServiceFunction = 0xF0
	ServicePing              ServiceFunction = 0xF2 // of the ОФД
	ServiceReboot            ServiceFunction = 0xF3
	ServiceLifeSums          ServiceFunction = 0xF4 // the sums that nothing zeroes
)

// String is the number as logs have it, «F3h».
func (f ServiceFunction) String() string { return Code(f).String() }

// maxServiceData leaves room for code and sub-code, and for code and result.
const maxServiceData = 252

// Service, FEh: function:1 data:0..252. No password. What the data are is up to
// the function and known of few; nor is there a layout of the answers.
type Service struct {
	Function ServiceFunction
	Data     []byte `show:"hex"`
}

func (c Service) Code() Code { return ServiceCode }

func (c Service) AppendTo(dst []byte) []byte {
	return append(append(AppendCode(dst, c.Code()), byte(c.Function)), c.Data...)
}

func (c *Service) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 1, 1+maxServiceData); err != nil {
		return err
	}
	*c = Service{ServiceFunction(data[0]), data[1:]}
	return nil
}

func (c Service) Check() error { return checkText(c.Code(), "Data", c.Data, maxServiceData) }

// ServiceReply: data:0..252. The sub-code is not repeated.
type ServiceReply struct {
	Data []byte `show:"hex"`
}

func (r ServiceReply) AppendTo(dst []byte) []byte { return append(dst, r.Data...) }

func (r *ServiceReply) Parse(p []byte) error {
	if err := checkPayload(ServiceCode, p, 0, maxServiceData); err != nil {
		return err
	}
	r.Data = p
	return nil
}
