package shtrih

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/openkkt/openkkt/tlv/charset"
)

// ParseCommand reads DATA of a command into its struct, for logs and the like.
// The error is [ErrUnknown] for a code without a struct, else a *LengthError.
func ParseCommand(data []byte) (Command, error) {
	code, rest, ok := SplitCode(data)
	if !ok {
		return nil, fmt.Errorf("shtrih: command of %d bytes: %w", len(data), ErrShort)
	}
	kind, ok := kinds[code]
	if !ok {
		return nil, fmt.Errorf("shtrih: %s: %w", code, ErrUnknown)
	}
	return kind.parse(rest)
}

// NewReply is an empty reply to the command; ok is false for a code without a
// struct.
func NewReply(c Code) (r Reply, ok bool) {
	kind, ok := kinds[c]
	if !ok {
		return nil, false
	}
	return kind.reply(), true
}

type kind struct {
	parse func(parameters []byte) (Command, error)
	reply func() Reply
}

func kindOf[C Command, R any, PC interface {
	*C
	Parse([]byte) error
}, PR interface {
	*R
	Reply
}]() kind {
	return kind{
		parse: func(parameters []byte) (Command, error) {
			var c C
			if err := PC(&c).Parse(parameters); err != nil {
				return nil, err
			}
			return c, nil
		},
		reply: func() Reply { return PR(new(R)) },
	}
}

var kinds = map[Code]kind{
	ShortStatusCode:             kindOf[ShortStatus, ShortStatusReply](),
	FullStatusCode:              kindOf[FullStatus, FullStatusReply](),
	PrintBoldCode:               kindOf[PrintBold, OperatorReply](),
	BeepCode:                    kindOf[Beep, OperatorReply](),
	SetPortParametersCode:       kindOf[SetPortParameters, EmptyReply](),
	ReadPortParametersCode:      kindOf[ReadPortParameters, ReadPortParametersReply](),
	TechnologicalResetCode:      kindOf[TechnologicalReset, EmptyReply](),
	PrintStringCode:             kindOf[PrintString, OperatorReply](),
	DocumentHeaderCode:          kindOf[DocumentHeader, DocumentHeaderReply](),
	TestRunCode:                 kindOf[TestRun, OperatorReply](),
	ReadMoneyRegisterCode:       kindOf[ReadMoneyRegister, ReadMoneyRegisterReply](),
	ReadOperationRegisterCode:   kindOf[ReadOperationRegister, ReadOperationRegisterReply](),
	WriteTableCode:              kindOf[WriteTable, EmptyReply](),
	ReadTableCode:               kindOf[ReadTable, ReadTableReply](),
	SetTimeCode:                 kindOf[SetTime, EmptyReply](),
	SetDateCode:                 kindOf[SetDate, EmptyReply](),
	ConfirmDateCode:             kindOf[ConfirmDate, EmptyReply](),
	ResetTablesCode:             kindOf[ResetTables, EmptyReply](),
	CutCode:                     kindOf[Cut, OperatorReply](),
	FontParametersCode:          kindOf[FontParameters, FontParametersReply](),
	GeneralResetCode:            kindOf[GeneralReset, EmptyReply](),
	OpenDrawerCode:              kindOf[OpenDrawer, OperatorReply](),
	FeedCode:                    kindOf[Feed, OperatorReply](),
	StopTestRunCode:             kindOf[StopTestRun, OperatorReply](),
	PrintOperationRegistersCode: kindOf[PrintOperationRegisters, OperatorReply](),
	TableStructureCode:          kindOf[TableStructure, TableStructureReply](),
	FieldStructureCode:          kindOf[FieldStructure, FieldStructureReply](),
	PrintStringFontCode:         kindOf[PrintStringFont, OperatorReply](),
	XReportCode:                 kindOf[XReport, OperatorReply](),
	ZReportCode:                 kindOf[ZReport, OperatorReply](),
	DepartmentReportCode:        kindOf[DepartmentReport, OperatorReply](),
	TaxReportCode:               kindOf[TaxReport, OperatorReply](),
	CashInCode:                  kindOf[CashIn, CashInReply](),
	CashOutCode:                 kindOf[CashOut, CashOutReply](),
	PrintClicheCode:             kindOf[PrintCliche, OperatorReply](),
	EndDocumentCode:             kindOf[EndDocument, OperatorReply](),
	PrintAdvertisingCode:        kindOf[PrintAdvertising, OperatorReply](),
	ErrorTextCode:               kindOf[ErrorText, ErrorTextReply](),
	SaleItemCode:                kindOf[SaleItem, OperatorReply](),
	PurchaseItemCode:            kindOf[PurchaseItem, OperatorReply](),
	SaleReturnItemCode:          kindOf[SaleReturnItem, OperatorReply](),
	PurchaseReturnItemCode:      kindOf[PurchaseReturnItem, OperatorReply](),
	StornoCode:                  kindOf[Storno, OperatorReply](),
	CloseReceiptV1Code:          kindOf[CloseReceiptV1, CloseReceiptV1Reply](),
	DiscountCode:                kindOf[Discount, OperatorReply](),
	SurchargeCode:               kindOf[Surcharge, OperatorReply](),
	CancelReceiptCode:           kindOf[CancelReceipt, OperatorReply](),
	SubtotalCode:                kindOf[Subtotal, SubtotalReply](),
	CancelDiscountCode:          kindOf[CancelDiscount, OperatorReply](),
	CancelSurchargeCode:         kindOf[CancelSurcharge, OperatorReply](),
	CopyDocumentCode:            kindOf[CopyDocument, OperatorReply](),
	OpenReceiptCode:             kindOf[OpenReceipt, OperatorReply](),
	CloseReceiptExtendedCode:    kindOf[CloseReceiptExtended, CloseReceiptExtendedReply](),
	ContinuePrintCode:           kindOf[ContinuePrint, OperatorReply](),
	OpenShiftCode:               kindOf[OpenShift, OperatorReply](),
	ExtendedQueryCode:           kindOf[ExtendedQuery, ExtendedQueryReply](),
	DeviceTypeCode:              kindOf[DeviceType, DeviceTypeReply](),
	ServiceCode:                 kindOf[Service, ServiceReply](),
	StorageStatusCode:           kindOf[StorageStatus, StorageStatusReply](),
	StorageNumberCode:           kindOf[StorageNumber, StorageNumberReply](),
	StorageValidityCode:         kindOf[StorageValidity, StorageValidityReply](),
	StorageVersionCode:          kindOf[StorageVersion, StorageVersionReply](),
	CancelDocumentCode:          kindOf[CancelDocument, EmptyReply](),
	LastRegistrationCode:        kindOf[LastRegistration, LastRegistrationReply](),
	FindDocumentCode:            kindOf[FindDocument, FindDocumentReply](),
	SendTLVCode:                 kindOf[SendTLV, EmptyReply](),
	BufferStateCode:             kindOf[BufferState, BufferStateReply](),
	ReadBufferCode:              kindOf[ReadBuffer, ReadBufferReply](),
	StartBufferWriteCode:        kindOf[StartBufferWrite, StartBufferWriteReply](),
	WriteBufferCode:             kindOf[WriteBuffer, EmptyReply](),
	ExchangeStatusCode:          kindOf[ExchangeStatus, ExchangeStatusReply](),
	RequestDocumentCode:         kindOf[RequestDocument, RequestDocumentReply](),
	ReadDocumentCode:            kindOf[ReadDocument, ReadDocumentReply](),
	DocumentsWithoutTicketCode:  kindOf[DocumentsWithoutTicket, DocumentsWithoutTicketReply](),
	ShiftParametersCode:         kindOf[ShiftParameters, ShiftParametersReply](),
	StartShiftOpeningCode:       kindOf[StartShiftOpening, EmptyReply](),
	StartShiftClosingCode:       kindOf[StartShiftClosing, EmptyReply](),
	CloseShiftCode:              kindOf[CloseShift, CloseShiftReply](),
	CloseReceiptCode:            kindOf[CloseReceipt, CloseReceiptReply](),
	ItemCode:                    kindOf[Item, EmptyReply](),
	ReceiptDiscountCode:         kindOf[ReceiptDiscount, EmptyReply](),
	RegistrationCode:            kindOf[Registration, RegistrationReply](),
	ItemTLVCode:                 kindOf[ItemTLV, EmptyReply](),
	RegistrationParameterCode:   kindOf[RegistrationParameter, RegistrationParameterReply](),
	SyncRegistersCode:           kindOf[SyncRegisters, EmptyReply](),
	StorageMemoryCode:           kindOf[StorageMemory, StorageMemoryReply](),
	SendBufferedTLVCode:         kindOf[SendBufferedTLV, EmptyReply](),
	CloseReceiptV3Code:          kindOf[CloseReceiptV3, CloseReceiptV3Reply](),
	CloseReceiptV4Code:          kindOf[CloseReceiptV4, CloseReceiptV4Reply](),
}

// AppendDescription appends one English line about DATA of a command:
// «FF46h item v2: Password 30, Operation 1, …». It takes any bytes.
func AppendDescription(dst, data []byte) []byte {
	dst, _, rest := appendCode(dst, data)
	c, err := ParseCommand(data)
	if err != nil {
		return appendRaw(dst, rest, err)
	}
	return appendFields(dst, reflect.ValueOf(c))
}

// AppendAnswerDescription appends one English line about DATA of an answer. It
// takes any bytes.
func AppendAnswerDescription(dst, data []byte) []byte {
	dst, code, rest := appendCode(dst, data)
	if len(rest) == 0 {
		return dst
	}
	result, payload := Result(rest[0]), rest[1:]
	if result != OK {
		dst = append(append(dst, ": error "...), result.Error()...)
		if len(payload) > 0 {
			dst = hex.AppendEncode(append(dst, ", "...), payload)
		}
		return dst
	}
	dst = append(dst, ": ok"...)
	r, ok := NewReply(code)
	if !ok {
		return appendRaw(dst, payload, nil)
	}
	if err := r.Parse(payload); err != nil {
		return appendRaw(dst, payload, err)
	}
	return appendFields(dst, reflect.ValueOf(r).Elem())
}

func appendCode(dst, data []byte) (_ []byte, code Code, rest []byte) {
	code, rest, ok := SplitCode(data)
	if !ok {
		return hex.AppendEncode(append(dst, "no command code "...), data), 0, nil
	}
	dst = append(dst, code.String()...)
	if name, ok := codeName(code); ok {
		dst = append(append(dst, ' '), name...)
	}
	return dst, code, rest
}

func appendRaw(dst, rest []byte, err error) []byte {
	if len(rest) > 0 {
		dst = hex.AppendEncode(append(dst, ": "...), rest)
	}
	var length *LengthError
	if errors.As(err, &length) {
		dst = append(append(dst, " ("...), length.Error()...)
		dst = append(dst, ')')
	}
	return dst
}

// appendFields lists the fields of a struct; the tag show tells how. Optional
// fields that did not come are left out.
func appendFields(dst []byte, v reflect.Value) []byte {
	separator := ": "
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Type.Kind() == reflect.Bool {
			continue
		}
		if has := v.FieldByName("Has" + field.Name); has.IsValid() && !has.Bool() {
			continue
		}
		dst = append(append(append(dst, separator...), field.Name...), ' ')
		dst = appendValue(dst, v.Field(i), field.Tag.Get("show"))
		separator = ", "
	}
	return dst
}

func appendValue(dst []byte, v reflect.Value, show string) []byte {
	switch {
	case show == "numbers":
		return fmt.Appendf(dst, "%v", v.Interface())
	case v.Kind() == reflect.Array && v.Type().Elem().Kind() == reflect.Uint8:
		text := make([]byte, v.Len())
		reflect.Copy(reflect.ValueOf(text), v)
		return appendText(dst, text)
	case show == "text":
		return appendText(dst, v.Bytes())
	case show == "hex":
		return hex.AppendEncode(dst, v.Bytes())
	case show == "money" && v.Kind() == reflect.Array:
		return appendSums(dst, v)
	case show == "money":
		return appendMoney(dst, v.Uint())
	case show == "bits":
		return fmt.Appendf(dst, "%016Xh", v.Uint())
	case show == "flags":
		return fmt.Appendf(dst, "%04Xh", v.Uint())
	case show == "rate":
		return appendRate(dst, byte(v.Uint()))
	}
	return fmt.Appendf(dst, "%v", v.Interface())
}

// appendText leaves out the 00 that fill a text up.
func appendText(dst, text []byte) []byte {
	return strconv.AppendQuote(dst, charset.CP1251String(bytes.TrimRight(text, "\x00")))
}

// appendSums lists the sums that are not zero by their number, from 1 as in the
// protocol text.
func appendSums(dst []byte, v reflect.Value) []byte {
	dst = append(dst, '[')
	first := true
	for i := range v.Len() {
		sum := v.Index(i).Uint()
		if sum == 0 {
			continue
		}
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = append(strconv.AppendInt(dst, int64(i+1), 10), '=')
		dst = appendMoney(dst, sum)
	}
	return append(dst, ']')
}

// appendMoney writes kopecks as roubles.
func appendMoney(dst []byte, kopecks uint64) []byte {
	if kopecks == NotGiven {
		return append(dst, "not given"...)
	}
	dst = append(strconv.AppendUint(dst, kopecks/100, 10), '.')
	return append(dst, byte('0'+kopecks%100/10), byte('0'+kopecks%10))
}

func appendRate(dst []byte, rate byte) []byte {
	dst = fmt.Appendf(dst, "%02Xh", rate)
	if vat, ok := VATOfRateByte(rate); ok {
		dst = fmt.Appendf(dst, " (1199=%d)", vat)
	}
	return dst
}
