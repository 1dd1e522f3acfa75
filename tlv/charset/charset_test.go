package charset

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
)

// The oracle for both pages is golang.org/x/text. It is also where the tables
// come from, so known words are checked besides.
var oracles = []struct {
	name   string
	page   *charmap.Charmap
	encode func([]byte, string, Policy) ([]byte, error)
	decode func([]byte, []byte) []byte
	text   func([]byte) string
}{
	{"CP866", charmap.CodePage866, AppendCP866, AppendUTF8FromCP866, CP866String},
	{"CP1251", charmap.Windows1251, AppendCP1251, AppendUTF8FromCP1251, CP1251String},
}

func TestKnownWordsInBothPages(t *testing.T) {
	for _, c := range []struct{ text, cp866, cp1251 string }{
		// CP866: tests of yandex/ofd and the table in order ЕД-7-20/662@.
		{"Тест", "\x92\xA5\xE1\xE2", "\xD2\xE5\xF1\xF2"},
		{"Привет, мир!", "\x8F\xE0\xA8\xA2\xA5\xE2\x2C\x20\xAC\xA8\xE0\x21", "\xCF\xF0\xE8\xE2\xE5\xF2, \xEC\xE8\xF0!"},
		{"№ Ёё", "\xFC \xF0\xF1", "\xB9 \xA8\xB8"},
	} {
		got, err := AppendCP866(nil, c.text, Strict)
		require.NoError(t, err)
		require.Equal(t, c.cp866, string(got))
		require.Equal(t, c.text, CP866String(got))
		got, err = AppendCP1251(nil, c.text, Strict)
		require.NoError(t, err)
		require.Equal(t, c.cp1251, string(got))
		require.Equal(t, c.text, CP1251String(got))
		require.Equal(t, c.cp866, string(AppendCP866FromCP1251(nil, got)))
	}
}

func TestEveryByteDecodesLikeTheOracle(t *testing.T) {
	for _, o := range oracles {
		for b := range 256 {
			want := string(o.page.DecodeByte(byte(b)))
			require.Equal(t, want, o.text([]byte{byte(b)}), "%s %02X", o.name, b)
			require.Equal(t, "x"+want, string(o.decode([]byte("x"), []byte{byte(b)})))
		}
	}
}

func TestEveryRuneEncodesLikeTheOracle(t *testing.T) {
	for _, o := range oracles {
		for r := rune(0); r <= utf8.MaxRune; r++ {
			if r >= 0xD800 && r < 0xE000 {
				continue // halves of surrogate pairs cannot stand in a string
			}
			want, ok := o.page.EncodeRune(r)
			got, err := o.encode(nil, string(r), Strict)
			if ok && r != utf8.RuneError {
				if err != nil || len(got) != 1 || got[0] != want {
					t.Fatalf("%s %U: %x %v, want %02x", o.name, r, got, err, want)
				}
				continue
			}
			var e *Error
			if !errors.As(err, &e) || e.Rune != r || e.Page != o.name || len(got) != 0 {
				t.Fatalf("%s %U: %x %v, want an error", o.name, r, got, err)
			}
		}
	}
}

func TestConventionalReplacesLookAlikesOnly(t *testing.T) {
	got, err := AppendCP866(nil, "«Хлеб» “a” „b’ — – ‑ …", Conventional)
	require.NoError(t, err)
	require.Equal(t, `"Хлеб" "a" "b' - - - ...`, CP866String(got))

	// CP1251 has all of these but U+2011.
	got, err = AppendCP1251(nil, "«»“”„’—–…‑", Conventional)
	require.NoError(t, err)
	require.Equal(t, "«»“”„’—–…-", CP1251String(got))

	for _, s := range []string{"«", "—", "…", "’"} {
		_, err := AppendCP866(nil, s, Strict)
		require.Error(t, err, s)
	}
}

func TestErrorNamesTheCharacterAndItsPlace(t *testing.T) {
	got, err := AppendCP866([]byte("before"), "Цена 5 ₽", Conventional)
	require.Equal(t, "before", string(got))
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, Error{Page: "CP866", Rune: '₽', Offset: len("Цена 5 ")}, *e)
	require.ErrorContains(t, err, "'₽'")

	_, err = AppendCP1251(nil, "ab\xFFc", Conventional)
	require.ErrorAs(t, err, &e)
	require.Equal(t, Error{Page: "CP1251", Rune: utf8.RuneError, Offset: 2}, *e)
}

func TestCommandTextBecomesWhatARegisterStores(t *testing.T) {
	src, err := AppendCP1251(nil, "Кофе «Арабика» — 5 €", Strict)
	require.NoError(t, err)
	require.Equal(t, `Кофе "Арабика" - 5 ?`, CP866String(AppendCP866FromCP1251(nil, src)))

	for b := range 256 {
		r := charmap.Windows1251.DecodeByte(byte(b))
		want, ok := charmap.CodePage866.EncodeRune(r)
		got := AppendCP866FromCP1251(nil, []byte{byte(b)})
		switch {
		case ok:
			require.Equal(t, []byte{want}, got, "%02X", b)
		case strings.ContainsRune("«»“”„—–…’", r):
			require.NotEqual(t, "?", string(got), "%02X", b)
		default:
			require.Equal(t, "?", string(got), "%02X", b)
		}
	}
}

func TestConversionDoesNotAllocate(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, conversion()))
}

func BenchmarkConversion(b *testing.B) {
	run := conversion()
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

// conversion takes one item name there and back through both pages.
func conversion() func() {
	const name = "Хлеб «Дарницкий» № 5, 400 г — в нарезке"
	a, b := make([]byte, 0, 256), make([]byte, 0, 256)
	return func() {
		a, _ = AppendCP866(a[:0], name, Conventional)
		b = AppendUTF8FromCP866(b[:0], a)
		a, _ = AppendCP1251(a[:0], name, Strict)
		b = AppendUTF8FromCP1251(b[:0], a)
		b = AppendCP866FromCP1251(b[:0], a)
	}
}

// FuzzEncode: what is encoded decodes to the same text, and Strict agrees
// with the oracle on what cannot be encoded.
func FuzzEncode(f *testing.F) {
	for _, s := range []string{"", "Кофе", "«Хлеб» — 5 ₽", "a\xFFb", "\u00A0\u2011’", "�"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range oracles {
			got, err := o.encode([]byte("·"), s, Strict)
			want, oracleErr := o.page.NewEncoder().String(s)
			if strings.ContainsRune(s, utf8.RuneError) {
				require.Error(t, err) // also for bytes that are not UTF-8
			} else {
				require.Equal(t, oracleErr == nil, err == nil, "%v, oracle %v", err, oracleErr)
			}
			if err != nil {
				require.Equal(t, "·", string(got))
			} else {
				require.Equal(t, "·"+want, string(got))
				require.Equal(t, s, o.text(got[len("·"):]))
			}
			// The wider policy takes all that the strict one takes, alike.
			wide, wideErr := o.encode(nil, s, Conventional)
			if err == nil {
				require.NoError(t, wideErr)
				require.Equal(t, want, string(wide))
			}
		}
	})
}

// FuzzDecode: every byte decodes, and encodes back to itself, but for 98h of
// CP1251.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x92\xA5\xE1\xE2"))
	f.Add([]byte{0, 0x7F, 0x80, 0x98, 0xFF})
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, o := range oracles {
			text := o.text(src)
			require.True(t, utf8.ValidString(text))
			back, err := o.encode(nil, text, Strict)
			if o.page == charmap.Windows1251 && bytes.IndexByte(src, 0x98) >= 0 {
				require.Error(t, err) // the one byte without a character
				continue
			}
			require.NoError(t, err)
			require.Equal(t, string(src), string(back))
		}
		once := AppendCP866FromCP1251(nil, src)
		require.GreaterOrEqual(t, len(once), len(src))
	})
}
