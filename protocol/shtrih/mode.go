package shtrih

// Mode is what the register is doing; the low half of [ModeByte].
type Mode uint8

const (
	ModePrinter      Mode = 0 // stands in the protocol text 1.12 only
	ModeDataOutput   Mode = 1
	ModeShiftOpen    Mode = 2
	ModeShiftOver24  Mode = 3
	ModeShiftClosed  Mode = 4
	ModeBlocked      Mode = 5
	ModeConfirmDate  Mode = 6
	ModeDecimalPoint Mode = 7
	ModeDocumentOpen Mode = 8
	ModeResetAllowed Mode = 9
	ModeTestRun      Mode = 10
	ModeFullReport   Mode = 11
	ModeSlipFiscal   Mode = 12
	ModeSlipPrinting Mode = 13
	ModeSlipReady    Mode = 14
)

// String is the English name.
func (m Mode) String() string { return m.Text(English) }

// Text is the name of the mode; the second half of its meaning is the status.
func (m Mode) Text(l Language) string {
	if int(m) >= len(modeTexts) {
		return unknownText(l)
	}
	return modeTexts[m].in(l)
}

var modeTexts = [...]resultText{
	{"printer ready", "рабочий режим принтера"},
	{"data output", "выдача данных"},
	{"shift open, under 24 h", "смена открыта, 24 часа не кончились"},
	{"shift open, 24 h over", "смена открыта, 24 часа кончились"},
	{"shift closed", "смена закрыта"},
	{"blocked by a wrong tax inspector password", "блокировка: неверный пароль налогового инспектора"},
	{"waiting for date confirmation", "ожидание подтверждения даты"},
	{"decimal point change allowed", "разрешение смены десятичной точки"},
	{"document open", "открыт документ"},
	{"technological reset allowed", "разрешено технологическое обнуление"},
	{"test run", "тестовый прогон"},
	{"full fiscal report printing", "печать полного фискального отчёта"},
	{"fiscal slip", "фискальный подкладной документ"},
	{"slip print", "печать подкладного документа"},
	{"fiscal slip ready", "фискальный подкладной документ сформирован"},
}

// ModeByte is the mode byte of 10h and 11h: the mode in the low half, its
// status (in mode 8 the receipt type, 4 for a non-fiscal document) in the high.
type ModeByte uint8

// MakeModeByte joins mode and status.
func MakeModeByte(m Mode, status uint8) ModeByte { return ModeByte(status<<4 | uint8(m)&0x0F) }

// Mode is the low half.
func (b ModeByte) Mode() Mode { return Mode(b & 0x0F) }

// Status is the high half.
func (b ModeByte) Status() uint8 { return uint8(b >> 4) }

// NonFiscalStatus is the status of mode 8 with a non-fiscal document open; the
// statuses 0 to 3 are those of [ReceiptType].
const NonFiscalStatus = 4

// String is the English name with the status where the mode has one.
func (b ModeByte) String() string { return b.Text(English) }

// Text is the name of the mode and status.
func (b ModeByte) Text(l Language) string {
	switch b.Mode() {
	case ModeDocumentOpen:
		if int(b.Status()) < len(documentTexts) {
			return documentTexts[b.Status()].in(l)
		}
	case ModeSlipFiscal:
		if int(b.Status()) < len(slipTexts) {
			return slipTexts[b.Status()].in(l)
		}
	case ModeSlipPrinting:
		if int(b.Status()) < len(slipPrintTexts) {
			return slipPrintTexts[b.Status()].in(l)
		}
	}
	return b.Mode().Text(l)
}

var documentTexts = [...]resultText{
	{"sale receipt open", "открыт чек прихода"},
	{"purchase receipt open", "открыт чек расхода"},
	{"sale return receipt open", "открыт чек возврата прихода"},
	{"purchase return receipt open", "открыт чек возврата расхода"},
	{"non-fiscal document open", "открыт нефискальный документ"},
}

var slipTexts = [...]resultText{
	{"fiscal slip, sale", "фискальный подкладной: продажа"},
	{"fiscal slip, purchase", "фискальный подкладной: покупка"},
	{"fiscal slip, sale return", "фискальный подкладной: возврат продажи"},
	{"fiscal slip, purchase return", "фискальный подкладной: возврат покупки"},
}

var slipPrintTexts = [...]resultText{
	{"slip print: waiting for loading", "печать подкладного: ожидание загрузки"},
	{"slip print: loading and positioning", "печать подкладного: загрузка и позиционирование"},
	{"slip print: positioning", "печать подкладного: позиционирование"},
	{"slip print: printing", "печать подкладного: печать"},
	{"slip print: finished", "печать подкладного: закончена"},
	{"slip print: ejecting", "печать подкладного: выброс"},
	{"slip print: waiting for removal", "печать подкладного: ожидание извлечения"},
}

// Submode is the state of paper and printing.
type Submode uint8

const (
	SubmodeReady       Submode = 0
	SubmodeNoPaper     Submode = 1 // passive: the paper was missing while idle
	SubmodePaperEnded  Submode = 2 // active: printing was interrupted
	SubmodeAwaitResume Submode = 3 // paper is back, waits for B0h
	SubmodeFullReport  Submode = 4
	SubmodePrinting    Submode = 5
)

// String is the English name.
func (s Submode) String() string { return s.Text(English) }

// Text is the name of the submode.
func (s Submode) Text(l Language) string {
	if int(s) >= len(submodeTexts) {
		return unknownText(l)
	}
	return submodeTexts[s].in(l)
}

var submodeTexts = [...]resultText{
	{"ready", "бумага есть"},
	{"no paper while idle", "пассивное отсутствие бумаги"},
	{"no paper during printing", "активное отсутствие бумаги"},
	{"paper is back, waits for B0h", "после активного отсутствия бумаги"},
	{"full report printing", "печать полных фискальных отчётов"},
	{"printing", "печать операции"},
}

// Flags are the register's flags of 10h and 11h. Protocol 1.17 keeps bits 0, 1
// and 6 to 12; the rest are from Protocol 2.0 rev 11 and depend on the model.
type Flags uint16

const (
	FlagJournalRoll    Flags = 1 << 0
	FlagReceiptRoll    Flags = 1 << 1
	FlagSlipUpper      Flags = 1 << 2
	FlagSlipLower      Flags = 1 << 3
	FlagDecimalPoint   Flags = 1 << 4 // set: two decimals
	FlagEJPresent      Flags = 1 << 5
	FlagJournalOptical Flags = 1 << 6
	FlagReceiptOptical Flags = 1 << 7
	FlagJournalLever   Flags = 1 << 8
	FlagReceiptLever   Flags = 1 << 9
	FlagCoverOpen      Flags = 1 << 10
	FlagDrawerOpen     Flags = 1 << 11
	FlagSensorRight    Flags = 1 << 12
	FlagSensorLeft     Flags = 1 << 13
	FlagEJNearlyFull   Flags = 1 << 14
	FlagQuantity6      Flags = 1 << 15
)

func (t resultText) in(l Language) string {
	if l == Russian {
		return t.russian
	}
	return t.english
}

func unknownText(l Language) string {
	if l == Russian {
		return "неизвестно"
	}
	return "unknown"
}
