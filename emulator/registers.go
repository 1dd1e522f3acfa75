package emulator

import (
	"slices"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// A registerRange is a line of testdata/shtrih/registers.csv; registers_gen.go
// is made of these. Where a range goes «by 4 types» the order is that of
// [shtrih.ReceiptType]: sale, purchase, sale return, purchase return.
type registerRange struct {
	From, To uint16
	Zero     zeroing
	Name     string
}

// zeroing says what clears a register.
type zeroing uint8

const (
	zeroNever zeroing = iota
	zeroWithReceipt
	zeroWithShift
	zeroWithNextShift
	zeroWithReset // general reset, 27h
)

// Numbers of the first register of a group; + type, and + 4·n for the n-th
// department, payment or tax (from 0).
const (
	moneyDepartments      = 0 // in the receipt
	moneyDiscounts        = 64
	moneySurcharges       = 68
	moneyPayments         = 72
	moneyCashAtClose      = 120
	moneyShiftDepartments = 121
	moneyShiftDiscounts   = 185
	moneyShiftSurcharges  = 189
	moneyShiftPayments    = 193
	moneyCash             = 241
	moneyCashIn           = 242
	moneyCashOut          = 243
	moneyCancelled        = 249

	moneyMorePayments      = 4096 // payments 5–16 in the receipt
	moneyShiftMorePayments = 4144

	moneyShifts      = 4228 // shifts of the storage
	moneyStorage     = 4229 // operations of the storage, then 13 sums by tag 1054
	moneyShiftNumber = 4291
	moneyShiftTotals = 4292 // as moneyStorage, of the shift
	moneyNotSent     = 4354 // receipts not sent to the ОФД, then count and sum by tag 1054

	countDepartments      = 0
	countDiscounts        = 64
	countSurcharges       = 68
	countShiftDepartments = 72
	countShiftDiscounts   = 136
	countShiftSurcharges  = 140
	countShiftReceipts    = 144
	numberReceipts        = 148
	numberDocument        = 152
	countCashIn           = 153
	countCashOut          = 154
	numberCashIn          = 155
	numberCashOut         = 156
	countShiftCancelled   = 157
	numberXReport         = 158
	numberReset           = 160
	numberTestRun         = 163
	numberRegisterPrint   = 164
	numberDepartments     = 165
	countCancelled        = 166
	numberTaxes           = 178
	countTypesCancelled   = 179
	numberLongDocument    = 185 // low word; the high one follows
)

// registers hold money (kopecks) or counts, sorted by number; what is not there
// is 0, and no zero is there, so that equal registers are equal lists.
type registers []registerValue

type registerValue struct {
	number uint16
	value  uint64
}

// find gives the place of a register, or where it would be.
func (r registers) find(n uint16) (at int, ok bool) {
	low, high := 0, len(r)
	for low < high {
		middle := int(uint(low+high) / 2)
		if r[middle].number < n {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < len(r) && r[low].number == n
}

func (r registers) get(n uint16) uint64 {
	if at, ok := r.find(n); ok {
		return r[at].value
	}
	return 0
}

func (r *registers) set(n uint16, v uint64) {
	at, ok := r.find(n)
	switch {
	case ok && v == 0:
		*r = slices.Delete(*r, at, at+1)
	case ok:
		(*r)[at].value = v
	case v != 0:
		*r = slices.Insert(*r, at, registerValue{n, v})
	}
}

func (r *registers) add(n uint16, amount uint64) {
	if at, ok := r.find(n); ok && (*r)[at].value+amount != 0 {
		(*r)[at].value += amount
	} else if amount != 0 {
		r.set(n, r.get(n)+amount)
	}
}

// exists says whether the family has a register of that number.
func exists(ranges []registerRange, n uint16) bool {
	for i := range ranges {
		if ranges[i].From <= n && n <= ranges[i].To {
			return true
		}
	}
	return false
}

// zero clears the registers that the given event clears.
func (r *registers) zero(ranges []registerRange, when zeroing) {
	*r = slices.DeleteFunc(*r, func(v registerValue) bool {
		for i := range ranges {
			if ranges[i].From <= v.number && v.number <= ranges[i].To {
				return ranges[i].Zero == when
			}
		}
		return false
	})
}

// paymentRegister gives the register of payment n (0–15) for a receipt type, in
// the receipt or in the shift: four payments have old numbers, twelve new ones.
func paymentRegister(n int, t shtrih.ReceiptType, shift bool) uint16 {
	old, more := uint16(moneyPayments), uint16(moneyMorePayments)
	if shift {
		old, more = moneyShiftPayments, moneyShiftMorePayments
	}
	if n < 4 {
		return old + 4*uint16(n) + uint16(t)
	}
	return more + 4*uint16(n-4) + uint16(t)
}
