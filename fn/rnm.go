package fn

import (
	"errors"
	"fmt"
	"strings"

	"github.com/openkkt/openkkt/protocol/checksum"
)

// Why CheckRegistrationNumber refuses a number.
var (
	ErrNumberFormat = errors.New("registration number (РНМ) is not 16 digits")
	ErrNumberCheck  = errors.New("registration number (РНМ) has a wrong check number")
)

// MakeRegistrationNumber makes the registration number (РНМ, tag 1037) that belongs to an order number of up to 10
// digits, the user's ИНН and the register's serial number: 10 digits of order and 6 of check. The check is
// CRC-16/CCITT-FALSE, in decimal, of the three padded with zeros on the left to 10, 12 and 20 characters.
func MakeRegistrationNumber(order, inn, serial string) string {
	order = padLeft(order, 10)
	return order + fmt.Sprintf("%06d", checksum.CRC16([]byte(order+padLeft(inn, 12)+padLeft(serial, 20))))
}

// CheckRegistrationNumber tells whether a registration number belongs to the ИНН and the serial number. Spaces around
// the arguments do not matter.
func CheckRegistrationNumber(number, inn, serial string) error {
	number, inn, serial = strings.TrimSpace(number), strings.TrimSpace(inn), strings.TrimSpace(serial)
	if len(number) != 16 || strings.Trim(number, "0123456789") != "" {
		return fmt.Errorf("%w: %q", ErrNumberFormat, number)
	}
	if want := MakeRegistrationNumber(number[:10], inn, serial); number != want {
		return fmt.Errorf("%w: %s, want %s for ИНН %s and serial number %s", ErrNumberCheck, number, want[10:], inn, serial)
	}
	return nil
}

func padLeft(s string, n int) string {
	return strings.Repeat("0", max(0, n-len(s))) + s
}
