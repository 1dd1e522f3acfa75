package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/testdata"
	"github.com/openkkt/openkkt/tlv/charset"
)

// DefaultProfile is the model that a register is when Config.Profile names none.
const DefaultProfile = "shtrih-m-01f"

// Profiles gives the names of the models that a register can be, sorted. Each is
// a file of testdata/shtrih/profiles.
func Profiles() []string {
	files, err := testdata.Profiles.ReadDir(profileDir)
	if err != nil {
		panic("emulator: " + err.Error()) // embedded
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), ".json"))
	}
	return names
}

const profileDir = "shtrih/profiles"

// A profile is all that models of registers differ in. It is read once and never
// changed.
type profile struct {
	Name string `json:"-"`
	Base string // the profile that this one changes
	Note string // sources

	Device struct {
		Type, Subtype, Protocol, Subprotocol, Model, Language uint8
		Name                                                  string
	}
	Firmware struct {
		Version, MemoryVersion string // two characters
		Build                  uint16
		Date, MemoryDate       string // 2025-12-17
		Hall                   uint8
	}
	RestingFlags    []uint // bits of the flags of 10h, at rest and with paper
	Battery         uint8  // ×5/255 V
	Supply          uint8  // ×24/216 V
	HeadTemperature uint8
	ModelBits       []uint // of the flags of F7h
	Parameters      struct {
		Font1Width, Font2Width, FirstLine, INNDigits, RNMDigits, TaxField uint8
		MaxLength                                                         uint16
		LineBytes, GraphicsWidth                                          uint8
		GraphicsLines                                                     uint16
		Tail                                                              []uint
	}
	Printer struct {
		LineDots          uint16
		FontHeight, Fonts uint8
		Columns           int
		DotsPerMillimetre int
		Speeds            []int // mm/s, by the value of the setting printSpeed
	}
	Tables struct {
		Family                       string    // of tables.csv
		HeadingRows, AdvertisingRows [2]uint16 // of the setting texts
		Kept                         []byte    // tables that 24h leaves: what the registration wrote
		Settings                     map[string]string
	}
	Texts struct {
		Errors    string // whose wording 6Bh has: fr or ky
		PrintLine int    // the longest text of 12h, 17h and 2Fh
		ItemV1    []int  // lengths of the texts of 80h–8Eh; none means any
		Longer    bool   // longer texts of 80h–8Eh are taken too
		Discount  []int  // lengths of the text of FF4Bh; none means any
	}
	TaxGroups      uint8  // the largest tax number of 80h–8Eh
	ItemTLV        string // after, before or either: where FF4Dh stands to its FF46h
	ItemOpens      bool   // FF46h opens the receipt when the shift is open and 8Dh was not sent
	OperatorCloses bool   // FF45h, FF76h and FF78h take the password of any operator
	FFAfterAck     bool   // over TCP
	Lengths        string // observed (by command, as real firmware), strict (always 7Eh) or lenient
	DataOutputMode bool   // mode 1 after FF3Ah until the document is read
	UnknownTags    bool   // FF0Ch and FF4Dh take elements that the format does not know
	BufferSize     int    // of FF32h, bytes
	Port           struct {
		Baud, Timeout uint8 // factory values of 15h
		Ports         []shtrih.Port
		TCP           shtrih.Port // how 11h calls TCP
	}

	// What follows from the above.
	cells                    [settings]cell // the zero cell: the model has no such setting
	name                     []byte         // CP1251
	flags                    shtrih.Flags
	modelFlags               shtrih.ModelFlags
	tail                     []byte
	firmwareDate, memoryDate shtrih.Date
	errorFamily              shtrih.Family
}

// setting is a field of the tables that the register itself looks into; where it
// stands is up to the model.
type setting uint8

const (
	setZeroCash      setting = iota // reset the drawer sum when the shift closes
	setWeightSensors                // little paper counts as none
	setVAT                          // where the VAT sums come from, see [Register]
	setBanZero                      // refuse zero receipts
	setLineSpacing                  // dots
	setPrintSpeed
	setPasswords // a column
	setOperators // a column
	setTexts     // a column: advertising and heading
	setTaxNames  // a column
	setSkipPrint
	setShiftMinutes // before 24 h, when the shift counts as over
	setFFD          // code of tag 1209
	setRevenue      // what counts as revenue
	setOmittedTags  // bits: 0 1048, 2 1009, 3 1187, 4 1200
	setLastDocument // FF3Ah with document 0 gives the last one
	setDateInAnswer // answers of document commands end with date and time
	setNewVAT       // 1: 20 % becomes 22 % from 01.01.2026
	setSerial
	setUserINN
	setRegNumber
	setStorageNumber
	setTaxSystems
	setWorkMode
	setUser
	setUser2 // what the first field does not hold
	setRegistrar
	setAddress
	setAddress2
	setOFDName
	setOFDINN
	setFNSSite
	setPlace
	setPlace2
	setSender
	setOperatorINN
	settings
)

var settingNames = [settings]string{
	"zeroCash", "weightSensors", "vat", "banZero", "lineSpacing", "printSpeed", "passwords", "operators", "texts", "taxNames",
	"skipPrint", "shiftMinutes", "ffd", "revenue", "omittedTags", "lastDocument", "dateInAnswer", "newVAT",
	"serial", "userINN", "regNumber", "storageNumber", "taxSystems", "workMode", "user", "user2", "registrar",
	"address", "address2", "ofdName", "ofdINN", "fnsSite", "place", "place2", "sender", "operatorINN",
}

var profiles = sync.OnceValues(func() (map[string]*profile, error) {
	all := make(map[string]*profile)
	for _, name := range Profiles() {
		p, err := readProfile(name, 0)
		if err == nil {
			err = p.derive()
		}
		if err != nil {
			return nil, fmt.Errorf("emulator: profile %s: %w", name, err)
		}
		all[name] = p
	}
	return all, nil
})

// findProfile gives a profile by its name, "" being the default.
func findProfile(name string) (*profile, error) {
	all, err := profiles()
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = DefaultProfile
	}
	if p := all[name]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("emulator: no profile %q; there are %s", name, strings.Join(Profiles(), ", "))
}

// readProfile reads a file over the profile that it changes.
func readProfile(name string, depth int) (*profile, error) {
	data, err := testdata.Profiles.ReadFile(path.Join(profileDir, name+".json"))
	if err != nil {
		return nil, err
	}
	var head struct{ Base string }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	p := &profile{}
	if head.Base != "" {
		if depth > 4 {
			return nil, fmt.Errorf("the bases of %s go round", name)
		}
		if p, err = readProfile(head.Base, depth+1); err != nil {
			return nil, err
		}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return nil, err
	}
	p.Name = name
	return p, nil
}

func (p *profile) derive() (err error) {
	if p.name, err = charset.AppendCP1251(nil, p.Device.Name, charset.Strict); err != nil {
		return err
	}
	for _, bit := range p.RestingFlags {
		p.flags |= 1 << bit
	}
	for _, bit := range p.ModelBits {
		p.modelFlags |= 1 << bit
	}
	for _, n := range p.Parameters.Tail {
		p.tail = append(p.tail, byte(n))
	}
	if p.firmwareDate, err = parseDate(p.Firmware.Date); err != nil {
		return err
	}
	if p.memoryDate, err = parseDate(p.Firmware.MemoryDate); err != nil {
		return err
	}
	if len(p.Firmware.Version) != 2 || len(p.Firmware.MemoryVersion) != 2 {
		return fmt.Errorf("versions of the firmware have two characters")
	}
	if p.Texts.Errors == "ky" {
		p.errorFamily = shtrih.KY
	}
	if factoryTables[p.Tables.Family] == nil {
		return fmt.Errorf("no tables of the family %q", p.Tables.Family)
	}
	for name, place := range p.Tables.Settings {
		s := slices.Index(settingNames[:], name)
		if s < 0 {
			return fmt.Errorf("no setting %q", name)
		}
		if place == "" {
			continue
		}
		c, err := parseCell(place)
		if err != nil {
			return err
		}
		if _, _, code := locate(factoryTables[p.Tables.Family], c); code != shtrih.OK {
			return fmt.Errorf("setting %s: %s is not in the tables", name, place)
		}
		p.cells[s] = c
	}
	return nil
}

func parseDate(s string) (shtrih.Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	return shtrih.DateOf(t), err
}

// parseCell reads table.field as a cell of row 1.
func parseCell(place string) (cell, error) {
	table, field, _ := strings.Cut(place, ".")
	t, err1 := strconv.ParseUint(table, 10, 8)
	f, err2 := strconv.ParseUint(field, 10, 8)
	if err1 != nil || err2 != nil {
		return cell{}, fmt.Errorf("%q is not table.field", place)
	}
	return cell{byte(t), 1, byte(f)}, nil
}

// modelParameters is the answer to F7h type 1.
func (r *Register) modelParameters() shtrih.ModelParameters {
	p := &r.profile.Parameters
	flags := r.profile.modelFlags
	if r.dateInAnswers() {
		flags |= shtrih.ModelAnswerDateTime
	}
	return shtrih.ModelParameters{
		Flags:      flags,
		Font1Width: p.Font1Width, Font2Width: p.Font2Width,
		FirstLine: p.FirstLine, INNDigits: p.INNDigits, RNMDigits: p.RNMDigits,
		SystemPassword: rowSysAdmin, // the factory one
		TaxField:       p.TaxField,
		MaxLength:      p.MaxLength,
		LineBytes:      p.LineBytes,
		GraphicsWidth:  p.GraphicsWidth,
		GraphicsLines:  p.GraphicsLines,
		Tail:           r.profile.tail,
	}
}
