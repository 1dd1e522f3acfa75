package emulator

import (
	"cmp"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/openkkt/openkkt/fn"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Registration is what a fresh register is registered with (регистрация ККТ).
// Zero fields take the values of an invented shop.
type Registration struct {
	StorageNumber      string // ФН: 16 digits beginning with 9999
	SerialNumber       string // заводской номер ККТ, up to 20 characters
	RegistrationNumber string // РНМ; must fit UserINN and SerialNumber
	UserINN            string // 10 or 12 digits
	UserName           string
	Address            string // адрес расчётов
	Place              string // место расчётов
	TaxSystems         byte   // bits of tag 1062
	Registrar          string // who registers, tag 1021
	OFDName            string
	OFDINN             string
	FNSSite            string
	SenderEmail        string
}

// The invented shop. The numbers have right check digits and belong to nobody:
// ИНН of region 00, a storage of the 9999 series for tests.
const (
	defaultStorageNumber = "9999078900009511"
	defaultSerial        = "0000000000012345"
	defaultOrder         = "0000000001" // order number inside the РНМ
	defaultUserINN       = "0012345673"
	defaultOFDINN        = "0076543215"
	// Every system that is still in force: a register for tests should not
	// refuse a receipt for its system. ЕНВД, bit 3, ended in 2021.
	defaultTaxSystems = 0x37
	deviceVersion     = "1.0"
)

func (g Registration) withDefaults() Registration {
	g.StorageNumber = cmp.Or(g.StorageNumber, defaultStorageNumber)
	g.SerialNumber = cmp.Or(g.SerialNumber, defaultSerial)
	g.UserINN = cmp.Or(g.UserINN, defaultUserINN)
	g.UserName = cmp.Or(g.UserName, `ООО "Пример"`)
	g.Address = cmp.Or(g.Address, "101000, г. Москва, ул. Примерная, д. 1")
	g.Place = cmp.Or(g.Place, "Магазин №1")
	g.TaxSystems = cmp.Or(g.TaxSystems, defaultTaxSystems)
	g.Registrar = cmp.Or(g.Registrar, "СИСТ. АДМИНИСТРАТОР")
	g.OFDName = cmp.Or(g.OFDName, "ОФД (эмулятор)")
	g.OFDINN = cmp.Or(g.OFDINN, defaultOFDINN)
	g.FNSSite = cmp.Or(g.FNSSite, "www.nalog.gov.ru")
	g.SenderEmail = cmp.Or(g.SenderEmail, "emulator@example.org")
	if g.RegistrationNumber == "" {
		g.RegistrationNumber = fn.MakeRegistrationNumber(defaultOrder, g.UserINN, g.SerialNumber)
	}
	return g
}

func (g Registration) check() error {
	for _, inn := range []struct{ name, value string }{{"UserINN", g.UserINN}, {"OFDINN", g.OFDINN}} {
		if !validINN(inn.value) {
			return fmt.Errorf("emulator: %s %q: want 10 or 12 digits with right check digits", inn.name, inn.value)
		}
	}
	if len(g.SerialNumber) > 20 {
		return fmt.Errorf("emulator: SerialNumber %q is longer than 20 characters", g.SerialNumber)
	}
	if err := fn.CheckRegistrationNumber(g.RegistrationNumber, g.UserINN, g.SerialNumber); err != nil {
		return fmt.Errorf("emulator: RegistrationNumber: %w", err)
	}
	for _, text := range []struct {
		name, value string
		limit       int
	}{
		// Two fields of 128 hold a name or an address (table 18), except the ОФД.
		{"UserName", g.UserName, 256}, {"Address", g.Address, 256}, {"Place", g.Place, 256},
		{"OFDName", g.OFDName, 128}, {"Registrar", g.Registrar, 64}, {"FNSSite", g.FNSSite, 64}, {"SenderEmail", g.SenderEmail, 64},
	} {
		// Documents have CP866, tables CP1251.
		b, err := charset.AppendCP866(nil, text.value, charset.Conventional)
		if err == nil {
			b, err = charset.AppendCP1251(nil, text.value, charset.Conventional)
		}
		if err != nil {
			return fmt.Errorf("emulator: %s: %w", text.name, err)
		}
		if len(b) > text.limit {
			return fmt.Errorf("emulator: %s has %d characters, at most %d fit", text.name, len(b), text.limit)
		}
	}
	return nil
}

// validINN checks the check digits of an ИНН: one in ten digits, two in twelve.
func validINN(s string) bool {
	weights := []int{3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}
	digit := func(prefix string, w []int) byte {
		sum := 0
		for i := range prefix {
			sum += int(prefix[i]-'0') * w[i]
		}
		return byte('0' + sum%11%10)
	}
	if _, err := strconv.ParseUint(s, 10, 64); err != nil {
		return false
	}
	switch len(s) {
	case 10:
		return s[9] == digit(s[:9], weights[2:])
	case 12:
		return s[10] == digit(s[:10], weights[1:]) && s[11] == digit(s[:11], weights)
	}
	return false
}

// register makes the registration report, document 1 of a fresh storage, and
// commits the first state of the register with it.
func (r *Register) register(g Registration) error {
	if err := g.fits(r.profile); err != nil {
		return err
	}
	s := newState(fillTables(r.profile, g, r.version))
	s.count()
	at := fnlink.DateTimeOf(r.clock())

	var code shtrih.Result
	if r.version == ffd.FFD105 {
		code = r.ask(fnlink.BeginRegistration105{Report: fnlink.ReportRegistration}, fnlink.NoReply{})
	} else {
		code = r.ask(fnlink.BeginRegistration{Report: fnlink.ReportRegistration, FFD: byte(r.version)}, fnlink.NoReply{})
	}
	if code == shtrih.OK {
		code = r.send(registrationTags(g, r.version))
	}
	if code == shtrih.OK {
		r.setCompanion(s)
		var done fnlink.DocumentReply
		plain := fnlink.MakeRegistration105{
			At: at, INN: fnlink.INNOf(g.UserINN), Number: fnlink.RegistrationNumberOf(g.RegistrationNumber), TaxSystems: g.TaxSystems,
		}
		if r.version == ffd.FFD105 {
			code = r.ask(plain, &done)
		} else {
			code = r.ask(fnlink.MakeRegistration{
				At: plain.At, INN: plain.INN, Number: plain.Number, TaxSystems: plain.TaxSystems,
				OperatorINN: fnlink.INNOf(g.OFDINN),
			}, &done)
		}
		if code == shtrih.OK {
			r.state = s
			r.issued(done.Document, done.Sign)
		}
	}
	if code != shtrih.OK {
		return fmt.Errorf("emulator: the storage refused the registration: %w", code)
	}
	return nil
}

// registrationTags are the fields of the registration report that the storage
// does not form itself (order ЕД-7-20/662@, table 15 and its likes; what the
// storage forms: FNS ККТ–ФН 1.2.06, 5.3–5.4).
func registrationTags(g Registration, v ffd.Version) []byte {
	var b []byte
	b = appendText(b, ffd.User, g.UserName)
	b = appendText(b, ffd.Address, g.Address)
	b = appendText(b, ffd.Place, g.Place)
	b = appendText(b, ffd.SerialNumber, g.SerialNumber)
	b = appendText(b, ffd.Cashier, g.Registrar)
	b = appendText(b, ffd.OFDName, g.OFDName)
	b = appendText(b, ffd.FNSSite, g.FNSSite)
	b = appendText(b, ffd.SenderEmail, g.SenderEmail)
	b = appendText(b, ffd.DeviceVersion, deviceVersion)
	b = tlv.AppendByte(b, ffd.DeviceFormat, byte(v))
	if v == ffd.FFD105 {
		b = tlv.AppendBytes(b, ffd.OFDINN, inn(g.OFDINN))
		b = tlv.AppendByte(b, ffd.PrinterInMachine, 0)
		b = tlv.AppendByte(b, ffd.FormatVersion, byte(v))
	}
	return b
}

func inn(s string) []byte {
	n := fnlink.INNOf(s)
	return n[:]
}

// appendText appends a text of table 18 or 2, whose characters CP1251 holds;
// what CP866 lacks is replaced as the register does with command text.
func appendText(dst []byte, tag tlv.Tag, text string) []byte {
	b, err := charset.AppendCP1251(nil, text, charset.Conventional)
	if err != nil {
		b = []byte("?")
	}
	return tlv.AppendBytes(dst, tag, charset.AppendCP866FromCP1251(nil, b))
}

// fits checks the lengths against the tables of the model, where they are shorter
// than what the law allows.
func (g Registration) fits(p *profile) error {
	f := filling{profile: p}
	for _, text := range []struct {
		name, value string
		limit       int
	}{
		{"SerialNumber", g.SerialNumber, f.size(setSerial)}, {"RegistrationNumber", g.RegistrationNumber, f.size(setRegNumber)},
		{"UserName", g.UserName, f.size(setUser) + f.size(setUser2)}, {"Address", g.Address, f.size(setAddress) + f.size(setAddress2)},
		{"Place", g.Place, f.size(setPlace) + f.size(setPlace2)}, {"OFDName", g.OFDName, f.size(setOFDName)},
	} {
		if n := utf8.RuneCountInString(text.value); n > text.limit {
			return fmt.Errorf("emulator: %s has %d characters, the tables of %s hold %d", text.name, n, p.Name, text.limit)
		}
	}
	return nil
}

// fillTables gives the tables with what the registration sets.
func fillTables(p *profile, g Registration, v ffd.Version) *tables {
	f := filling{p, make(map[cell][]byte)}
	f.number(setFFD, uint64(v))
	f.number(setTaxSystems, uint64(g.TaxSystems))
	for _, text := range []struct {
		setting setting
		value   string
	}{
		{setSerial, g.SerialNumber}, {setUserINN, g.UserINN}, {setRegNumber, g.RegistrationNumber},
		{setStorageNumber, g.StorageNumber}, {setRegistrar, g.Registrar}, {setOFDName, g.OFDName},
		{setOFDINN, g.OFDINN}, {setFNSSite, g.FNSSite}, {setSender, g.SenderEmail},
	} {
		f.text(text.setting, text.value)
	}
	f.long(setUser, setUser2, g.UserName)
	f.long(setAddress, setAddress2, g.Address)
	f.long(setPlace, setPlace2, g.Place)
	return newTables(p, f.changed)
}

// serialNumber is the number of 11h: four bytes hold the last six digits of the
// serial number (a real register with 0392190008017798 in table 18 answers 17798).
func serialNumber(serial string) uint32 {
	n, err := strconv.ParseUint(serial[max(0, len(serial)-6):], 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
