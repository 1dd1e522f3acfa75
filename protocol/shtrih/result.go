package shtrih

import "fmt"

// Result is the result byte of an answer. It is an error with the register's
// own code, so errors.Is(err, shtrih.WrongMode) works through any wrapping; use
// [Result.Err] to turn [OK] into nil.
type Result byte

// Family tells whose texts are meant: a few codes mean different things in the
// two lines of registers.
type Family uint8

const (
	FR Family = iota // «ФР»: the printer family
	KY               // «КЯ»: the cash-core family, F7h model bit 23
)

// Language of a text.
type Language uint8

const (
	English Language = iota
	Russian
)

// Error is the code with its English text.
func (r Result) Error() string { return fmt.Sprintf("%02Xh %s", byte(r), r.English()) }

// Err is nil for OK and r itself otherwise.
func (r Result) Err() error {
	if r == OK {
		return nil
	}
	return r
}

// English is the meaning in the printer family.
func (r Result) English() string { return r.Text(FR, English) }

// Russian is the meaning in the printer family.
func (r Result) Russian() string { return r.Text(FR, Russian) }

// Text is the meaning in the given family. A code listed only for the other
// family gets that meaning; a code in no list gets «unknown error».
func (r Result) Text(f Family, l Language) string {
	t := resultTexts[r]
	if f == KY && resultTextsKY[r] != (resultText{}) || t == (resultText{}) {
		t = resultTextsKY[r]
	}
	switch {
	case t == resultText{} && l == Russian:
		return "неизвестная ошибка"
	case t == resultText{}:
		return "unknown error"
	case l == Russian:
		return t.russian
	}
	return t.english
}

// Known reports whether the code stands in the list of either family.
func (r Result) Known() bool {
	return resultTexts[r] != (resultText{}) || resultTextsKY[r] != (resultText{})
}

// Extended is the four-byte code that registers with F7h model bit 54 give in
// detail: the result in the high half, its cause in the low one.
type Extended uint32

// Result is the plain code.
func (e Extended) Result() Result { return Result(e >> 16) }

// Text is the meaning where it is known, else the plain code's.
func (e Extended) Text(l Language) string {
	for _, t := range extendedTexts {
		if t.code != e {
			continue
		}
		if l == Russian {
			return t.text.russian
		}
		return t.text.english
	}
	return e.Result().Text(FR, l)
}

type resultText struct{ english, russian string }

type extendedText struct {
	code Extended
	text resultText
}
