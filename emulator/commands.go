package emulator

import "github.com/openkkt/openkkt/protocol/shtrih"

// A command is a line of the table below.
type command struct {
	code  shtrih.Code
	level level
	modes modeSet
	// byModel changes modes and level where models differ.
	byModel func(*profile, modeSet, level) (modeSet, level)
	// prints: refused while the printer is busy or without paper. Items are among
	// them, as firmware looks at the paper before it takes one (a guess).
	prints bool
	// deferred: in an open receipt what it prints waits for the closing, so that a
	// busy printer does not matter.
	deferred bool
	// submode is the only one the command works in; 0 stands for any.
	submode shtrih.Submode
	// refusals are the modes whose refusal has a code of its own; the others give 73h.
	refusals map[shtrih.Mode]shtrih.Result
	// badLength gives the result for a wrong length of the parameters where real
	// firmware does not answer 7Eh at once; it is asked after the password.
	badLength func(length int) shtrih.Result
	// text gives the lengths that the text at the end of the parameters may have,
	// and where it begins; none given means any that the layout has.
	text  func(*profile) (lengths []int, longer bool)
	head  int
	parse parser
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
	sells               = closedShift | 1<<shtrih.ModeShiftOpen | inReceipt | 1<<shtrih.ModeResetAllowed
	printing            = openShift | closedShift | inReceipt
)

// shiftOver: sales after 24 hours have a code of their own.
var shiftOver = map[shtrih.Mode]shtrih.Result{shtrih.ModeShiftOver24: shtrih.ShiftOver24Hours}

// Parameters before the text (Protocol ККТ 1.17, 2.0 rev 11).
const (
	itemHead            = 4 + 5 + 5 + 1 + 4
	adjustmentHead      = 4 + 5 + 4
	closeHead           = 4 + 4*5 + 2 + 4
	closeExtendedHead   = 4 + 16*5 + 2 + 4
	receiptDiscountHead = 4 + 5 + 5 + 1
)

// items: registers of the printer family open the receipt by its first FF46h
// too, when 8Dh was not sent (answer of the vendor in fr_drv_ng issue 41; public
// clients rely on it). The guide names mode 8 only.
func items(p *profile, m modeSet, l level) (modeSet, level) {
	if p.ItemOpens {
		m |= modes(shtrih.ModeShiftOpen)
	}
	return m, l
}

// closings: texts and guide want the system administrator's password.
func closings(p *profile, m modeSet, l level) (modeSet, level) {
	if p.OperatorCloses {
		l = levelOperator
	}
	return m, l
}

// The lengths of a text, and whether longer ones are taken too.
func oldText(p *profile) (lengths []int, longer bool)      { return p.Texts.ItemV1, p.Texts.Longer }
func discountText(p *profile) (lengths []int, longer bool) { return p.Texts.Discount, false }

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
	{code: shtrih.PrintBoldCode, level: levelOperator, modes: anyMode, prints: true, deferred: true, badLength: lengthOfText, parse: on(printBold)},
	{code: shtrih.BeepCode, level: levelOperator, modes: anyMode, parse: on(beep)},
	{code: shtrih.PrintStringCode, level: levelOperator, modes: anyMode, prints: true, deferred: true, badLength: lengthOfText, parse: on(printString)},
	{code: shtrih.ReadMoneyRegisterCode, level: levelOperator, modes: anyMode.but(shtrih.ModeDataOutput, shtrih.ModeConfirmDate), parse: on(readMoneyRegister)},
	{code: shtrih.ReadOperationRegisterCode, level: levelOperator, modes: anyMode.but(shtrih.ModeDataOutput, shtrih.ModeConfirmDate), parse: on(readOperationRegister)},
	{code: shtrih.WriteTableCode, level: levelSysAdmin, modes: anyMode.but(shtrih.ModeDataOutput, shtrih.ModeDocumentOpen), badLength: lengthAsParameters, parse: on(writeTable)},
	{code: shtrih.ReadTableCode, level: levelSysAdmin, modes: anyMode, parse: on(readTable)},
	{code: shtrih.SetTimeCode, level: levelSysAdmin, modes: resetable, badLength: lengthAsParameters, parse: on(setTime)},
	{code: shtrih.SetDateCode, level: levelSysAdmin, modes: resetable, badLength: lengthOfDate, parse: on(setDate)},
	{code: shtrih.ConfirmDateCode, level: levelSysAdmin, modes: modes(shtrih.ModeConfirmDate), parse: on(confirmDate)},
	{
		code: shtrih.CutCode, level: levelOperator, modes: anyMode.but(shtrih.ModeDataOutput, shtrih.ModeDocumentOpen, shtrih.ModeTestRun), prints: true,
		refusals: map[shtrih.Mode]shtrih.Result{shtrih.ModeDocumentOpen: shtrih.ReceiptIsOpen}, parse: on(cut),
	},
	{code: shtrih.FontParametersCode, level: levelSysAdmin, modes: anyMode, parse: on(fontParameters)},
	{code: shtrih.OpenDrawerCode, level: levelOperator, modes: anyMode, parse: on(openDrawer)},
	{code: shtrih.FeedCode, level: levelOperator, modes: anyMode.but(shtrih.ModeDocumentOpen, shtrih.ModeTestRun), prints: true, parse: on(feed)},
	{code: shtrih.TableStructureCode, level: levelSysAdmin, modes: anyMode, parse: on(tableStructure)},
	{code: shtrih.FieldStructureCode, level: levelSysAdmin, modes: anyMode, parse: on(fieldStructure)},
	{code: shtrih.PrintStringFontCode, level: levelOperator, modes: anyMode, prints: true, deferred: true, badLength: lengthOfText, parse: on(printStringFont)},
	{code: shtrih.XReportCode, level: levelAdmin, modes: openShift, prints: true, parse: on(xReport)},
	{code: shtrih.ZReportCode, level: levelAdmin, modes: openShift, prints: true, parse: on(zReport)},
	{code: shtrih.CashInCode, level: levelOperator, modes: idle, prints: true, parse: on(cashIn)},
	{code: shtrih.CashOutCode, level: levelOperator, modes: idle, prints: true, parse: on(cashOut)},
	{code: shtrih.ErrorTextCode, modes: anyMode, parse: on(errorText)},
	{code: shtrih.CancelReceiptCode, level: levelOperator, modes: inReceipt, prints: true, parse: on(cancelReceipt)},
	{
		code: shtrih.OpenReceiptCode, level: levelOperator, modes: modes(shtrih.ModeShiftOpen, shtrih.ModeShiftClosed, shtrih.ModeResetAllowed), prints: true,
		refusals: shiftOver, parse: on(openReceipt),
	},
	{code: shtrih.ContinuePrintCode, level: levelOperator, modes: anyMode, submode: shtrih.SubmodeAwaitResume, parse: on(continuePrint)},
	{code: shtrih.OpenShiftCode, level: levelOperator, modes: closedShift, prints: true, parse: on(openShiftReport)},
	{code: shtrih.ExtendedQueryCode, modes: anyMode, parse: on(extendedQuery)},
	{code: shtrih.DeviceTypeCode, modes: anyMode, parse: on(deviceType)},

	// 14h–16h, tests and resets.
	{code: shtrih.SetPortParametersCode, level: levelSysAdmin, modes: anyMode, parse: on(setPortParameters)},
	{code: shtrih.ReadPortParametersCode, level: levelSysAdmin, modes: anyMode, parse: on(readPortParameters)},
	{code: shtrih.TechnologicalResetCode, modes: modes(shtrih.ModeResetAllowed), parse: on(technologicalReset)},
	{code: shtrih.TestRunCode, level: levelOperator, modes: idle, prints: true, parse: on(testRun)},
	{code: shtrih.StopTestRunCode, level: levelOperator, modes: modes(shtrih.ModeTestRun), parse: on(stopTestRun)},
	{code: shtrih.ResetTablesCode, level: levelSysAdmin, modes: closedShift, parse: on(resetTables)},
	{code: shtrih.GeneralResetCode, level: levelSysAdmin, modes: closedShift, parse: on(generalReset)},
	{code: shtrih.ServiceCode, modes: anyMode, parse: on(service)},

	// Reports and parts of documents. No source gives the modes of 42h, 43h and
	// 52h–54h: those of the X report for reports, any that may print for the others.
	{code: shtrih.PrintOperationRegistersCode, level: levelAdmin, modes: idle, prints: true, parse: on(printOperationRegisters)},
	{code: shtrih.DepartmentReportCode, level: levelAdmin, modes: openShift, prints: true, parse: on(departmentReport)},
	{code: shtrih.TaxReportCode, level: levelAdmin, modes: openShift, prints: true, parse: on(taxReport)},
	{code: shtrih.DocumentHeaderCode, level: levelOperator, modes: idle, prints: true, parse: on(documentHeader)},
	{code: shtrih.PrintClicheCode, level: levelOperator, modes: printing, prints: true, deferred: true, parse: on(printCliche)},
	{code: shtrih.EndDocumentCode, level: levelOperator, modes: printing, prints: true, deferred: true, parse: on(endDocument)},
	{code: shtrih.PrintAdvertisingCode, level: levelOperator, modes: printing, prints: true, deferred: true, parse: on(printAdvertising)},

	// Receipts as before the ФН.
	{code: shtrih.SaleItemCode, level: levelOperator, modes: sells, prints: true, deferred: true, refusals: shiftOver, text: oldText, head: itemHead, parse: on(saleItem)},
	{code: shtrih.PurchaseItemCode, level: levelOperator, modes: sells, prints: true, deferred: true, refusals: shiftOver, text: oldText, head: itemHead, parse: on(purchaseItem)},
	{code: shtrih.SaleReturnItemCode, level: levelOperator, modes: sells, prints: true, deferred: true, refusals: shiftOver, text: oldText, head: itemHead, parse: on(saleReturnItem)},
	{code: shtrih.PurchaseReturnItemCode, level: levelOperator, modes: sells, prints: true, deferred: true, refusals: shiftOver, text: oldText, head: itemHead, parse: on(purchaseReturnItem)},
	{code: shtrih.StornoCode, level: levelOperator, modes: inReceipt, prints: true, deferred: true, text: oldText, head: itemHead, parse: on(storno)},
	{code: shtrih.DiscountCode, level: levelOperator, modes: inReceipt, prints: true, deferred: true, text: oldText, head: adjustmentHead, parse: on(discount)},
	{code: shtrih.SurchargeCode, level: levelOperator, modes: inReceipt, prints: true, deferred: true, text: oldText, head: adjustmentHead, parse: on(surcharge)},
	{code: shtrih.CancelDiscountCode, level: levelOperator, modes: inReceipt, prints: true, deferred: true, text: oldText, head: adjustmentHead, parse: on(cancelDiscount)},
	{code: shtrih.CancelSurchargeCode, level: levelOperator, modes: inReceipt, prints: true, deferred: true, text: oldText, head: adjustmentHead, parse: on(cancelSurcharge)},
	{code: shtrih.SubtotalCode, level: levelOperator, modes: inReceipt, prints: true, deferred: true, parse: on(subtotal)},
	{code: shtrih.CloseReceiptV1Code, level: levelOperator, modes: inReceipt, prints: true, text: oldText, head: closeHead, parse: on(closeReceiptV1)},
	{code: shtrih.CloseReceiptExtendedCode, level: levelOperator, modes: inReceipt, prints: true, text: oldText, head: closeExtendedHead, parse: on(closeReceiptExtended)},
	{code: shtrih.CopyDocumentCode, level: levelOperator, modes: openShift, prints: true, parse: on(copyDocument)},

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
	{code: shtrih.CloseReceiptCode, level: levelSysAdmin, modes: inReceipt, byModel: closings, prints: true, parse: on(closeReceipt)},
	{code: shtrih.ItemCode, level: levelOperator, modes: inReceipt, byModel: items, prints: true, deferred: true, parse: on(addItem)},
	{code: shtrih.ItemTLVCode, level: levelSysAdmin, modes: inReceipt, parse: on(itemTLV)},
	{code: shtrih.CloseReceiptV3Code, level: levelSysAdmin, modes: inReceipt, byModel: closings, prints: true, parse: on(closeReceiptV3)},
	{code: shtrih.CloseReceiptV4Code, level: levelSysAdmin, modes: inReceipt, byModel: closings, prints: true, parse: on(closeReceiptV4)},
	{code: shtrih.CancelDocumentCode, level: levelSysAdmin, modes: inReceipt, parse: on(cancelDocument)},
	{code: openStorageShiftCode, level: levelSysAdmin, modes: closedShift, prints: true, parse: on(openStorageShift)},
	{code: shtrih.BufferStateCode, level: levelSysAdmin, modes: anyMode, parse: on(bufferState)},
	{code: shtrih.ReadBufferCode, level: levelSysAdmin, modes: anyMode, parse: on(readBuffer)},
	{code: shtrih.StartBufferWriteCode, level: levelSysAdmin, modes: anyMode, parse: on(startBufferWrite)},
	{code: shtrih.WriteBufferCode, level: levelSysAdmin, modes: anyMode, parse: on(writeBuffer)},
	{code: shtrih.DocumentsWithoutTicketCode, level: levelSysAdmin, modes: anyMode, parse: on(documentsWithoutTicket)},
	{code: shtrih.StartShiftOpeningCode, level: levelSysAdmin, modes: closedShift, parse: on(startShiftOpening)},
	{code: shtrih.StartShiftClosingCode, level: levelSysAdmin, modes: openShift, parse: on(startShiftClosing)},
	{code: shtrih.CloseShiftCode, level: levelSysAdmin, modes: openShift, prints: true, parse: on(closeShiftReport)},
	{code: shtrih.ReceiptDiscountCode, level: levelSysAdmin, modes: inReceipt, text: discountText, head: receiptDiscountHead, parse: on(receiptDiscount)},
	{code: shtrih.RegistrationCode, level: levelSysAdmin, modes: anyMode, parse: on(registration)},
	{code: shtrih.RegistrationParameterCode, level: levelSysAdmin, modes: anyMode, parse: on(registrationParameter)},
	{code: shtrih.SyncRegistersCode, level: levelSysAdmin, modes: openShift | closedShift, parse: on(syncRegisters)},
	{code: shtrih.StorageMemoryCode, level: levelSysAdmin, modes: anyMode, parse: on(storageMemory)},
	{code: shtrih.SendBufferedTLVCode, level: levelSysAdmin, modes: anyMode, parse: on(sendBufferedTLV)},
}

// commandIndex finds a command by its code: FFxxh after the one-byte codes.
var commandIndex = func() (index [512]*command) {
	for i := range commands {
		c := &commands[i]
		index[int(c.code>>8&1)<<8|int(c.code&0xFF)] = c
	}
	return index
}()

func findCommand(code shtrih.Code) *command {
	switch {
	case code < 0xFF:
		return commandIndex[code]
	case code>>8 == 0xFF:
		return commandIndex[256+int(code&0xFF)]
	}
	return nil
}
