package tape_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func TestQRTextIsThatOfPublicExamples(t *testing.T) {
	for _, v := range vectors(t, "qr") {
		got, err := tape.QR(receiptOf(t, v.Text))
		require.NoError(t, err, v.Name)
		assert.Equal(t, v.Text, got, v.Name)
	}
}

func TestQRTextOfARealReceipt(t *testing.T) {
	got, err := tape.QR(vector(t, "perek2020"))
	require.NoError(t, err)
	// Assembled by hand from the fields in testdata/vectors.json.
	assert.Equal(t, "t=20200320T1524&s=404.49&fn=9280440300332772&i=10756&fp=283222882&n=1", got)
}

// receiptOf makes a receipt with the fields of a QR text.
func receiptOf(t *testing.T, qr string) []byte {
	q, err := url.ParseQuery(qr)
	require.NoError(t, err)
	at, err := time.Parse("20060102T1504", q.Get("t"))
	require.NoError(t, err)
	integer := func(s string) uint64 {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
		return n
	}
	fp := integer(q.Get("fp"))
	doc, mark := tlv.Begin(nil, ffd.Receipt)
	doc = tlv.AppendUnixTime(doc, ffd.DateTime, at)
	doc = tlv.AppendVLN(doc, ffd.Total, integer(strings.Replace(q.Get("s"), ".", "", 1)))
	doc = text(doc, ffd.StorageNumber, (q.Get("fn") + strings.Repeat(" ", 16))[:16])
	doc = tlv.AppendUint32(doc, ffd.DocumentNumber, uint32(integer(q.Get("i"))))
	doc = tlv.AppendBytes(doc, ffd.FiscalSign, []byte{0x31, 4, byte(fp >> 24), byte(fp >> 16), byte(fp >> 8), byte(fp)})
	doc = tlv.AppendByte(doc, ffd.Operation, byte(integer(q.Get("n"))))
	return tlv.End(doc, mark)
}

func TestQRErrorsNameWhatIsWrong(t *testing.T) {
	_, err := tape.QR(shiftOpening())
	assert.ErrorIs(t, err, tape.ErrNoQR)
	_, err = tape.QR(nil)
	assert.ErrorIs(t, err, tlv.ErrShort)
	_, err = tape.QR(tlv.AppendBytes(nil, ffd.Receipt, nil))
	assert.ErrorContains(t, err, "tag 1012: missing")

	doc, mark := tlv.Begin(nil, ffd.Receipt)
	doc = tlv.AppendUnixTime(doc, ffd.DateTime, time.Unix(0, 0))
	doc = tlv.AppendVLN(doc, ffd.Total, 1)
	doc = text(doc, ffd.StorageNumber, "1&i=2")
	doc = tlv.End(doc, mark)
	_, err = tape.QR(doc)
	assert.ErrorContains(t, err, `tag 1041: "1&i=2"`)
	assert.ErrorIs(t, err, tlv.ErrValue)
}

func TestQRPictureIsReadBack(t *testing.T) {
	for _, v := range vectors(t, "qr") {
		picture, err := tape.QRPNG(v.Text, 4)
		require.NoError(t, err)
		assert.Equal(t, v.Text, scan(t, picture))
	}
}

func TestHalfBlocksAreReadBack(t *testing.T) {
	for _, v := range vectors(t, "qr") {
		lines, err := tape.HalfBlocks(v.Text)
		require.NoError(t, err)
		assert.Equal(t, v.Text, scan(t, rasterise(t, lines)))
	}
}

func TestCodeFitsAnyPaperThatIsNotNarrowerThanIt(t *testing.T) {
	want, err := tape.QR(coffee())
	require.NoError(t, err)
	for width := 33; width <= 64; width++ {
		lines := tape.Render(coffee(), tape.Options{Width: width})
		assert.Contains(t, readBlocks(t, lines), "{QR "+want+"}", "width %d", width)
	}
}

func TestPictureOfATapeCanBeScanned(t *testing.T) {
	want, err := tape.QR(coffee())
	require.NoError(t, err)
	for _, width := range []int{33, 48, 64} {
		for scale := 1; scale <= 2; scale++ {
			picture, err := tape.PNG(tape.Render(coffee(), tape.Options{Width: width, Emulator: true}), scale)
			require.NoError(t, err)
			assert.Equal(t, want, scan(t, picture), "width %d, scale %d", width, scale)
		}
	}
}

func TestPictureShowsEveryLine(t *testing.T) {
	lines := []string{"ПРИХОД", "", "Ёё№×—"}
	picture, err := tape.PNG(lines, 1)
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(picture))
	require.NoError(t, err)
	assert.Equal(t, image.Rect(0, 0, (24+8)*8, 5*18), img.Bounds())
	inked := func(row int) (n int) {
		for y := row * 18; y < (row+1)*18; y++ {
			for x := range img.Bounds().Dx() {
				if color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y < 128 {
					n++
				}
			}
		}
		return n
	}
	assert.Zero(t, inked(0))
	assert.NotZero(t, inked(1))
	assert.Zero(t, inked(2))
	assert.NotZero(t, inked(3))
	assert.Zero(t, inked(4))
}

func TestPicturesHaveLimits(t *testing.T) {
	_, err := tape.PNG(nil, 0)
	assert.ErrorContains(t, err, "scale 0")
	_, err = tape.PNG(make([]string, 4001), 1)
	assert.ErrorContains(t, err, "4001 lines")
	_, err = tape.PNG([]string{"", strings.Repeat("x", 129)}, 1)
	assert.ErrorContains(t, err, "line 2 has 129 characters")
	_, err = tape.QRPNG("x", 65)
	assert.ErrorContains(t, err, "65 pixels")
	_, err = tape.QRPNG(strings.Repeat("x", 4000), 1)
	assert.Error(t, err)
	_, err = tape.HalfBlocks(strings.Repeat("x", 4000))
	assert.Error(t, err)
}

// rasterise draws half blocks dark on light without any code of the package:
// a character is 4 pixels wide and 8 high, the paper around it white.
func rasterise(t *testing.T, lines []string) []byte {
	const px, margin = 4, 16
	img := image.NewGray(image.Rect(0, 0, 64*px+2*margin, len(lines)*2*px+2*margin))
	for i := range img.Pix {
		img.Pix[i] = 0xFF
	}
	for row, line := range lines {
		for column, r := range []rune(line) {
			for y := range 2 * px {
				dark := r == '█' || r == '▀' && y < px || r == '▄' && y >= px
				for x := 0; dark && x < px; x++ {
					img.SetGray(margin+column*px+x, margin+row*2*px+y, color.Gray{})
				}
			}
		}
	}
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, img))
	return out.Bytes()
}

// scan reads the one QR code of a picture with a program that knows nothing of
// this module.
func scan(t *testing.T, picture []byte) string {
	path := filepath.Join(t.TempDir(), "code.png")
	require.NoError(t, os.WriteFile(path, picture, 0o600))
	program, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Fatal("zbarimg is missing: install the package zbar-tools")
	}
	out, err := exec.Command(program, "--quiet", "--raw", path).Output()
	require.NoError(t, err, "zbarimg found no code")
	return strings.TrimSuffix(string(out), "\n")
}

func TestFontOfThePictureHasTheLettersOfReceipts(t *testing.T) {
	f, err := opentype.Parse(gomono.TTF)
	require.NoError(t, err)
	var buf sfnt.Buffer
	for r := range 256 {
		// CP866 without frames and shades; 80h-AFh, E0h-F1h and № are letters.
		if r < 0x20 || r == 0x7F || r >= 0xB0 && r < 0xE0 || r > 0xF1 && r != 0xFC {
			continue
		}
		for _, letter := range charset.CP866String([]byte{byte(r)}) + "×—" {
			glyph, err := f.GlyphIndex(&buf, letter)
			require.NoError(t, err)
			assert.NotZero(t, glyph, "no glyph for %q", letter)
		}
	}
}
