package emulator

import "github.com/openkkt/openkkt/protocol/shtrih"

// A command is a line of the table below.
type command struct {
	code  shtrih.Code
	level level
	modes modeSet
	// submode is the only one the command works in; 0 stands for any.
	submode shtrih.Submode
	// refusals are the modes whose refusal has a code of its own; the others give 73h.
	refusals map[shtrih.Mode]shtrih.Result
	// badLength gives the result for a wrong length of the parameters where real
	// firmware does not answer 7Eh at once; it is asked after the password.
	badLength func(length int) shtrih.Result
	parse     parser
}

// modeSet is a set of modes, bit n for mode n.
type modeSet uint16

func modes(list ...shtrih.Mode) (s modeSet) {
	for _, m := range list {
		s |= 1 << m
	}
	return s
}

func (s modeSet) has(m shtrih.Mode) bool { return s>>m&1 != 0 }

func (s modeSet) but(list ...shtrih.Mode) modeSet { return s &^ modes(list...) }

// The modes that the matrix of the «ФР» setup guide (2018) and the table of
// observed refusals name.
const (
	anyMode     modeSet = 1<<16 - 1
	inReceipt   modeSet = 1 << shtrih.ModeDocumentOpen
	closedShift modeSet = 1 << shtrih.ModeShiftClosed
	openShift   modeSet = 1<<shtrih.ModeShiftOpen | 1<<shtrih.ModeShiftOver24
	idle                = openShift | closedShift | 1<<shtrih.ModeResetAllowed
	resetable           = closedShift | 1<<shtrih.ModeResetAllowed
)

// A parser reads the parameters and gives the rest of the work.
type parser func(data []byte) (run func(*call) shtrih.Result, err error)

// on joins a command's layout with what the register does.
func on[C any, P interface {
	*C
	Parse([]byte) error
}](handle func(*call, C) shtrih.Result) parser {
	return func(data []byte) (func(*call) shtrih.Result, error) {
		var c C
		err := P(&c).Parse(data)
		return func(k *call) shtrih.Result { return handle(k, c) }, err
	}
}

// Length rules of real firmware (test run against a SHTRIH-M-01F) for commands
// whose wrong length is not 7Eh. Fewer than four bytes never come this far:
// they fail as a wrong password.
func lengthAsParameters(int) shtrih.Result { return shtrih.BadParameters }

func lengthOfDate(n int) shtrih.Result {
	if n > 7 {
		return shtrih.BadParameters
	}
	return shtrih.BadLength
}

// maxPrintLine is the longest text that 12h and 17h take (observed).
const maxPrintLine = 72

func lengthOfText(n int) shtrih.Result {
	if n > 4+1 {
		return shtrih.BadLength
	}
	return shtrih.BadParameters
}

// commands is the register's command set. Passwords and modes follow the matrix
// of the setup guide and, where they differ, what real firmware was seen to do:
// 1Ah, 1Bh and 25h are refused in mode 1, 1Ah and 1Bh in mode 6.
var commands = []command{
	{code: shtrih.ShortStatusCode, level: levelOperator, modes: anyMode, parse: on(shortStatus)},
	{code: shtrih.FullStatusCode, level: levelOperator, modes: anyMode, parse: on(fullStatus)},
	{code: shtrih.PrintBoldCode, level: levelOperator, modes: anyMode, badLength: lengthOfText, parse: on(printBold)},
	{code: shtrih.BeepCode, level: levelOperator, modes: anyMode, parse: on(beep)},
	{code: shtrih.PrintStringCode, level: levelOperator, modes: anyMode, badLength: lengthOfText, parse: on(printString)},
	{code: shtrih.ReadMoneyRegisterCode, level: levelOperator, modes: anyMode.but(shtrih.ModeDataOutput, shtrih.ModeConfirmDate), parse: on(readMoneyRegister)},
	{code: shtrih.ReadOperationRegisterCode, level: levelOperator, modes: anyMode.but(shtrih.ModeDataOutput, shtrih.ModeConfirmDate), parse: on(readOperationRegister)},
	{code: shtrih.WriteTableCode, level: levelSysAdmin, modes: anyMode.but(shtrih.ModeDataOutput, shtrih.ModeDocumentOpen), badLength: lengthAsParameters, parse: on(writeTable)},
	{code: shtrih.ReadTableCode, level: levelSysAdmin, modes: anyMode, parse: on(readTable)},
	{code: shtrih.SetTimeCode, level: levelSysAdmin, modes: resetable, badLength: lengthAsParameters, parse: on(setTime)},
	{code: shtrih.SetDateCode, level: levelSysAdmin, modes: resetable, badLength: lengthOfDate, parse: on(setDate)},
	{code: shtrih.ConfirmDateCode, level: levelSysAdmin, modes: modes(shtrih.ModeConfirmDate), parse: on(confirmDate)},
	{
		code: shtrih.CutCode, level: levelOperator, modes: anyMode.but(shtrih.ModeDataOutput, shtrih.ModeDocumentOpen, shtrih.ModeTestRun),
		refusals: map[shtrih.Mode]shtrih.Result{shtrih.ModeDocumentOpen: shtrih.ReceiptIsOpen}, parse: on(cut),
	},
	{code: shtrih.FontParametersCode, level: levelSysAdmin, modes: anyMode, parse: on(fontParameters)},
	{code: shtrih.OpenDrawerCode, level: levelOperator, modes: anyMode, parse: on(openDrawer)},
	{code: shtrih.FeedCode, level: levelOperator, modes: anyMode.but(shtrih.ModeDocumentOpen, shtrih.ModeTestRun), parse: on(feed)},
	{code: shtrih.TableStructureCode, level: levelSysAdmin, modes: anyMode, parse: on(tableStructure)},
	{code: shtrih.FieldStructureCode, level: levelSysAdmin, modes: anyMode, parse: on(fieldStructure)},
	{code: shtrih.PrintStringFontCode, level: levelOperator, modes: anyMode, badLength: lengthOfText, parse: on(printStringFont)},
	{code: shtrih.XReportCode, level: levelAdmin, modes: openShift, parse: on(xReport)},
	{code: shtrih.ZReportCode, level: levelAdmin, modes: openShift, parse: on(zReport)},
	{code: shtrih.CashInCode, level: levelOperator, modes: idle, parse: on(cashIn)},
	{code: shtrih.CashOutCode, level: levelOperator, modes: idle, parse: on(cashOut)},
	{code: shtrih.ErrorTextCode, modes: anyMode, parse: on(errorText)},
	{code: shtrih.CancelReceiptCode, level: levelOperator, modes: inReceipt, parse: on(cancelReceipt)},
	{
		code: shtrih.OpenReceiptCode, level: levelOperator, modes: modes(shtrih.ModeShiftOpen, shtrih.ModeShiftClosed, shtrih.ModeResetAllowed),
		refusals: map[shtrih.Mode]shtrih.Result{shtrih.ModeShiftOver24: shtrih.ShiftOver24Hours}, parse: on(openReceipt),
	},
	{code: shtrih.ContinuePrintCode, level: levelOperator, modes: anyMode, submode: shtrih.SubmodeAwaitResume, parse: on(continuePrint)},
	{code: shtrih.OpenShiftCode, level: levelOperator, modes: closedShift, parse: on(openShiftReport)},
	{code: shtrih.ExtendedQueryCode, modes: anyMode, parse: on(extendedQuery)},
	{code: shtrih.DeviceTypeCode, modes: anyMode, parse: on(deviceType)},

	{code: shtrih.StorageStatusCode, level: levelSysAdmin, modes: anyMode, parse: on(storageStatus)},
	{code: shtrih.StorageNumberCode, level: levelSysAdmin, modes: anyMode, parse: on(storageNumber)},
	{code: shtrih.StorageValidityCode, level: levelSysAdmin, modes: anyMode, parse: on(storageValidity)},
	{code: shtrih.StorageVersionCode, level: levelSysAdmin, modes: anyMode, parse: on(storageVersion)},
	{code: shtrih.LastRegistrationCode, level: levelSysAdmin, modes: anyMode, parse: on(lastRegistration)},
	{code: shtrih.FindDocumentCode, level: levelSysAdmin, modes: anyMode, parse: on(findDocument)},
	{code: shtrih.SendTLVCode, level: levelSysAdmin, modes: anyMode, parse: on(sendTLV)},
	{code: shtrih.ExchangeStatusCode, level: levelSysAdmin, modes: anyMode, parse: on(exchangeStatus)},
	{code: shtrih.RequestDocumentCode, level: levelSysAdmin, modes: anyMode, parse: on(requestDocument)},
	{code: shtrih.ReadDocumentCode, level: levelSysAdmin, modes: anyMode, parse: on(readDocument)},
	{code: shtrih.ShiftParametersCode, level: levelSysAdmin, modes: anyMode, parse: on(shiftParameters)},
	{code: shtrih.CloseReceiptCode, level: levelSysAdmin, modes: inReceipt, parse: on(closeReceipt)},
	{code: shtrih.ItemCode, level: levelOperator, modes: inReceipt, parse: on(addItem)},
	{code: shtrih.ItemTLVCode, level: levelSysAdmin, modes: inReceipt, parse: on(itemTLV)},
	{code: shtrih.CloseReceiptV3Code, level: levelSysAdmin, modes: inReceipt, parse: on(closeReceiptV3)},
}

func findCommand(code shtrih.Code) *command {
	for i := range commands {
		if commands[i].code == code {
			return &commands[i]
		}
	}
	return nil
}
