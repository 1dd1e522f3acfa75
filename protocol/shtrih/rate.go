package shtrih

// RateByte is the rate byte of FF46h for a value of tag 1199: a bit for the
// first six rates, 80h and a bit for the next four, then C0h and the number. It
// is 0, «no tax group», for a value that is in no list: check first.
func RateByte(vat uint8) byte {
	if int(vat) >= len(rateBytes) {
		return 0
	}
	return rateBytes[vat]
}

// VATOfRateByte is the value of tag 1199 for a rate byte. ok is false for a byte
// without a meaning, 0 included.
func VATOfRateByte(rate byte) (vat uint8, ok bool) {
	for vat, b := range rateBytes {
		if b == rate && b != 0 {
			return uint8(vat), true
		}
	}
	return 0, false
}
