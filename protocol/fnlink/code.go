package fnlink

import "fmt"

// Code is the code of a command.
type Code byte

// Command codes (FNS ККТ–ФН 1.2.06, section 4). 02h and 03h register for FFD 1.05, A2h and A3h for 1.1 and 1.2.
const (
	CodeBeginRegistration105 Code = 0x02
	CodeMakeRegistration105  Code = 0x03
	CodeBeginClosing         Code = 0x04
	CodeMakeClosing          Code = 0x05
	CodeCancel               Code = 0x06
	CodeSendData             Code = 0x07
	CodeShiftState           Code = 0x10
	CodeBeginShiftOpening    Code = 0x11
	CodeOpenShift            Code = 0x12
	CodeBeginShiftClosing    Code = 0x13
	CodeCloseShift           Code = 0x14
	CodeBeginReceipt         Code = 0x15
	CodeFormReceipt          Code = 0x16
	CodeBeginCorrection      Code = 0x17
	CodeBeginStateReport     Code = 0x18
	CodeFormStateReport      Code = 0x19
	CodeExchangeStatus       Code = 0x20
	CodeStatus               Code = 0x30
	CodeNumber               Code = 0x31
	CodeValidity             Code = 0x32
	CodeVersion              Code = 0x33
	CodeCounters             Code = 0x36
	CodeOperationCounts      Code = 0x37
	CodeOperationCounters    Code = 0x38
	CodeFormat               Code = 0x3A
	CodeDaysLeft             Code = 0x3B
	CodeFreeMemory           Code = 0x3D
	CodeExecution            Code = 0x3F
	CodeFindDocument         Code = 0x40
	CodeUndelivered          Code = 0x42
	CodeRegistrationData     Code = 0x43
	CodeRequestDocument      Code = 0x45
	CodeReadDocument         Code = 0x46
	CodeBeginRegistration    Code = 0xA2
	CodeMakeRegistration     Code = 0xA3
	CodeDataSize             Code = 0xA7
)

// String is the code in hexadecimal, as the protocol prints it.
func (c Code) String() string { return fmt.Sprintf("%02Xh", byte(c)) }

// Command is a request to the storage.
type Command interface {
	Code() Code
	AppendTo(dst []byte) []byte // code and DATA
}

// Reply is the DATA of a successful answer.
type Reply interface {
	Parse(data []byte) error
}

// LengthError tells that DATA has a length that the command or reply does not have.
type LengthError struct {
	Code  Code
	Reply bool // the DATA of the answer, not of the request
	Got   int  // bytes
	Want  int  // bytes; of several lengths the shortest
}

func (e *LengthError) Error() string {
	what := "request"
	if e.Reply {
		what = "reply"
	}
	return fmt.Sprintf("FN %s of %v: %d bytes of data, want %d", what, e.Code, e.Got, e.Want)
}

func wantRequest(c Code, data []byte, n int) error {
	if len(data) == n {
		return nil
	}
	return &LengthError{Code: c, Got: len(data), Want: n}
}

func wantReply(c Code, data []byte, n int) error {
	if len(data) == n {
		return nil
	}
	return &LengthError{Code: c, Reply: true, Got: len(data), Want: n}
}
