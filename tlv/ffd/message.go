package ffd

// SplitMessageSign takes the message sign (ФПС, or ФПП of a confirmation) off a
// document: messages between register and operator carry it after the
// document, and so does the field rawData of exports. It is the bytes 81 06 or
// 82 06 and six more; messages end it with two zeros. Without one, sign is nil.
// Both results are views.
func SplitMessageSign(message []byte) (doc, sign []byte) {
	const size = 8
	if len(message) < 4 {
		return message, nil
	}
	end := 4 + int(message[2]) + int(message[3])<<8
	if end > len(message) {
		return message, nil
	}
	rest := message[end:]
	if len(rest) == size+2 && rest[size] == 0 && rest[size+1] == 0 {
		rest = rest[:size]
	}
	if len(rest) != size || rest[0] != 0x81 && rest[0] != 0x82 || rest[1] != size-2 {
		return message, nil
	}
	return message[:end:end], rest
}
