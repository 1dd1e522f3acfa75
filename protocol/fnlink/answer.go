package fnlink

import (
	"errors"
	"fmt"
)

// Answer is the result code of a command, without the warning bit. OK aside, it is an error: compare it by
// errors.Is(err, fnlink.ShiftOver24Hours).
type Answer byte

// Warning is bit 7 of the ANSWER byte: some warning flag of the storage is set, read them by Status
// (FNS ККТ–ФН 1.2.06, section 3.4).
const Warning = 0x80

// Answer codes (FNS ККТ–ФН 1.2.06, tables 4 and 5). 06h and 15h come from storages of 2016 only.
const (
	OK                      Answer = 0x00
	UnknownCommand          Answer = 0x01 // also a wrong length or format
	WrongState              Answer = 0x02
	StorageFailure          Answer = 0x03
	CryptoFailure           Answer = 0x04
	LifeTimeMismatch        Answer = 0x05
	ArchiveFull             Answer = 0x06
	BadDateTime             Answer = 0x07
	NoData                  Answer = 0x08
	BadParameter            Answer = 0x09
	WrongFormatVersion      Answer = 0x0A
	TagNotAllowed           Answer = 0x0B // DATA: tag u16
	DuplicateTag            Answer = 0x0C // DATA: tag u16
	DataMissing             Answer = 0x0D // DATA after 16h: Payments
	TooManyItems            Answer = 0x0E
	DataTooLong             Answer = 0x10
	NoLink                  Answer = 0x11
	ResourceExhausted       Answer = 0x12
	ResourceRestricted      Answer = 0x14
	DeliveryOverdue         Answer = 0x15
	ShiftOver24Hours        Answer = 0x16
	TimeGap                 Answer = 0x17
	BadTag                  Answer = 0x18
	ContradictsRegistration Answer = 0x19
	AnswerNotAccepted       Answer = 0x20 // DATA: reason byte
	KeyServiceRefused       Answer = 0x23
	KeyServiceUnknown       Answer = 0x24
	RepeatKeyUpdate         Answer = 0x30
	MarkingForbidden        Answer = 0x32
	MarkingOrder            Answer = 0x33
	MarkingBlocked          Answer = 0x34
	MarkingTableFull        Answer = 0x35
	MarkingKeysExpired      Answer = 0x36
	RequiredTagMissing      Answer = 0x3C // DATA: tag u16
	MarkNotChecked          Answer = 0x3E
)

// Error implements error.
func (a Answer) Error() string {
	if s := a.English(); s != "" {
		return fmt.Sprintf("FN answer %02Xh: %s", byte(a), s)
	}
	return fmt.Sprintf("FN answer %02Xh: not a known code", byte(a))
}

// English is the meaning of the code, "" when the protocol does not name the code.
func (a Answer) English() string {
	return answerTexts[a&^Warning].english
}

// Russian is the meaning of the code in Russian, "" when the protocol does not name the code.
func (a Answer) Russian() string {
	return answerTexts[a&^Warning].russian
}

// Payments are the payment totals of a receipt, as the DATA of DataMissing tells them
// (FNS ККТ–ФН 1.2.06, table 69).
type Payments byte

// Bits of Payments.
const (
	PaymentCash       Payments = 1 << iota // 1031
	PaymentElectronic                      // 1081
	PaymentPrepaid                         // 1215
	PaymentCredit                          // 1216
	PaymentProvision                       // 1217

	AllPayments = PaymentCash | PaymentElectronic | PaymentPrepaid | PaymentCredit | PaymentProvision
)

// ErrNoAnswer is returned for an answer without a single byte.
var ErrNoAnswer = errors.New("FN answer is empty")

// ParseAnswer splits an answer body into its code, the warning bit and DATA, a view into body. It does not turn a
// code into an error: DATA may explain the refusal.
func ParseAnswer(body []byte) (code Answer, warning bool, data []byte, err error) {
	if len(body) == 0 {
		return 0, false, nil, ErrNoAnswer
	}
	return Answer(body[0] &^ Warning), body[0]&Warning != 0, body[1:], nil
}

// Decode reads an answer body into reply. A code other than OK is the error returned.
func Decode(body []byte, reply Reply) error {
	code, _, data, err := ParseAnswer(body)
	switch {
	case err != nil:
		return err
	case code != OK:
		return code
	}
	return reply.Parse(data)
}
