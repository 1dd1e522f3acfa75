package emulator

import "github.com/openkkt/openkkt/protocol/shtrih"

// What the register says about itself: a SHTRIH-M-01F with firmware T.3 build
// 7196 of 17.12.2025, as the log of a real one has it (answer to 11h in
// testdata/shtrih/vectors.json; model number from Protocol ККТ 1.17, §9).
const (
	modelNumber   = 250
	modelName     = "ШТРИХ-М-01Ф"
	protocolMajor = 1
	protocolMinor = 14

	firmwareBuild = 7196
	hall          = 1

	// Bits 1, 4, 7 and 9: receipt roll, two decimals, optical sensor and lever
	// of the receipt; what desktop models show at rest in logs.
	restingFlags = shtrih.FlagReceiptRoll | shtrih.FlagDecimalPoint | shtrih.FlagReceiptOptical | shtrih.FlagReceiptLever

	batteryVoltage  = 0x9F // ×5/255 V
	supplyVoltage   = 0x2C // ×24/216 V
	headTemperature = 0x76

	// An 80 mm roll: 576 dots, 48 characters of font 1.
	lineDots    = 576
	font1Width  = 12
	font2Width  = 24
	font1Height = 25 // from the answer to 26h of a real device
	fontCount   = 9  // table 8 takes 1 to 9

	maxData = 255 // bytes of DATA that a frame of protocol 1.0 carries
)

var (
	firmwareVersion = [2]byte{'T', '3'}
	firmwareDate    = shtrih.Date{Year: 2025, Month: 12, Day: 17}
	// The fiscal memory fields of 11h are constants in registers with a ФН.
	memoryVersion = [2]byte{'W', 'A'}
	memoryDate    = shtrih.Date{Year: 2016, Month: 1, Day: 1}
)

// Bits 1, 3, 4 and 6 (paper and cover sensors), 13 (cutter), 15 (drawer sensor),
// 24 and 25 (leading zeros) are those of a real ШТРИХ-ЛАЙТ-02Ф. The others are
// set for what this register does: protocol 2.0, 6Bh, a ФН, printing of tags,
// FFD 1.1 and later.
const modelFlags = shtrih.ModelFlags(1<<1|1<<3|1<<4|1<<6|1<<13|1<<15|1<<24|1<<25) |
	shtrih.ModelProtocol2 | shtrih.ModelErrorText | shtrih.ModelStorage | shtrih.ModelTagAutoprint | shtrih.ModelFFD11

// modelParameters is the answer to F7h type 1, in the layout of a real
// ШТРИХ-ЛАЙТ-02Ф.
func (r *Register) modelParameters() shtrih.ModelParameters {
	flags := modelFlags
	if r.dateInAnswers() {
		flags |= shtrih.ModelAnswerDateTime
	}
	return shtrih.ModelParameters{
		Flags:      flags,
		Font1Width: font1Width, Font2Width: font2Width,
		FirstLine: 1, INNDigits: 12, RNMDigits: 16,
		SystemPassword: rowSysAdmin, // the factory one
		TaxField:       6,
		MaxLength:      maxData,
		LineBytes:      lineDots / 8,
		GraphicsWidth:  64,
		GraphicsLines:  950,
		// Numbers of the tables of the storage, the ОФД, embedded devices and the
		// format, its field, and the table of tag 1048 that drivers write to.
		Tail: []byte{tableStorage, 19, 24, tableRegional, fieldFFD, 25},
	}
}
