package tape

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// ErrNoQR is what a document without a QR code gives: only receipts, strict
// reporting forms and their corrections have one.
var ErrNoQR = errors.New("tape: this document has no QR code")

// QR makes the text of the QR code (tag 1196) of a receipt from its TLV bytes:
//
//	t=20200125T0618&s=2.00&fn=9999078900003063&i=8493&fp=1765583868&n=1
//
// The number and the sign go without leading zeros (order ЕД-7-20/662@,
// points 14 and 15 of the general part).
func QR(doc []byte) (string, error) {
	r := tlv.NewReader(doc)
	if !r.Next() {
		if err := r.Err(); err != nil {
			return "", fmt.Errorf("tape: QR: %w", err)
		}
		return "", fmt.Errorf("tape: QR: %w", tlv.ErrShort)
	}
	if !ffd.IsReceipt(r.Tag()) {
		return "", fmt.Errorf("document %d: %w", r.Tag(), ErrNoQR)
	}
	q := qrFields{doc: r.Value()}
	at := q.time(ffd.DateTime)
	total := q.integer(ffd.Total)
	storage := q.digits(ffd.StorageNumber)
	number := q.integer(ffd.DocumentNumber)
	fiscalSign := q.sign(ffd.FiscalSign)
	operation := q.integer(ffd.Operation)
	if q.err != nil {
		return "", q.err
	}
	return fmt.Sprintf("t=%s&s=%s&fn=%s&i=%d&fp=%d&n=%d",
		at.Format("20060102T1504"), roubles(total), storage, number, fiscalSign, operation), nil
}

// qrFields reads the fields of the code; the first thing wrong stays in err.
type qrFields struct {
	doc []byte
	err error
}

func (q *qrFields) value(tag tlv.Tag) []byte {
	v, ok := tlv.Find(q.doc, tag)
	if !ok {
		q.fail(tag, errors.New("missing"))
	}
	return v
}

func (q *qrFields) fail(tag tlv.Tag, err error) {
	if err != nil && q.err == nil {
		q.err = fmt.Errorf("tape: QR: tag %d: %w", tag, err)
	}
}

func (q *qrFields) integer(tag tlv.Tag) uint64 {
	n, err := tlv.DecodeVLN(q.value(tag))
	q.fail(tag, err)
	return n
}

func (q *qrFields) time(tag tlv.Tag) time.Time {
	at, err := tlv.DecodeUnixTime(q.value(tag))
	q.fail(tag, err)
	return at
}

func (q *qrFields) sign(tag tlv.Tag) uint32 {
	v := q.value(tag)
	n, ok := signOf(v)
	if !ok {
		q.fail(tag, fmt.Errorf("%d bytes, want 6: %w", len(v), tlv.ErrValue))
	}
	return n
}

// digits refuses what would break the code into other fields.
func (q *qrFields) digits(tag tlv.Tag) string {
	s := strings.TrimRight(charset.CP866String(q.value(tag)), " ")
	if s == "" || strings.Trim(s, "0123456789") != "" {
		q.fail(tag, fmt.Errorf("%q is not a number: %w", s, tlv.ErrValue))
	}
	return s
}

// quietZone is the light border, in modules, that ISO/IEC 18004 asks for.
const quietZone = 4

// HalfBlocks draws text as a QR code (level L) with characters: each holds two
// modules, one above the other, as ▀, ▄, █ or a space. Characters are the dark
// modules, so the lines are to be shown dark on light; the light border of
// four modules is included.
func HalfBlocks(text string) ([]string, error) {
	m, err := modules(text)
	if err != nil {
		return nil, err
	}
	blocks := [2][2]rune{{' ', '▄'}, {'▀', '█'}}
	bit := func(x, y int) int {
		if y < len(m) && m[y][x] {
			return 1
		}
		return 0
	}
	lines := make([]string, 0, (len(m)+1)/2)
	for y := 0; y < len(m); y += 2 {
		var line strings.Builder
		for x := range m {
			line.WriteRune(blocks[bit(x, y)][bit(x, y+1)])
		}
		lines = append(lines, line.String())
	}
	return lines, nil
}

// QRPNG draws text as a QR code (level L) in a PNG picture. A module is a
// square of modulePx pixels, from 1 to 64; the light border is included.
func QRPNG(text string, modulePx int) ([]byte, error) {
	if modulePx < 1 || modulePx > 64 {
		return nil, fmt.Errorf("tape: QR: module of %d pixels, want 1 to 64", modulePx)
	}
	m, err := modules(text)
	if err != nil {
		return nil, err
	}
	side := len(m) * modulePx
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if m[y/modulePx][x/modulePx] {
				img.Pix[y*img.Stride+x] = 1
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("tape: QR: %w", err)
	}
	return out.Bytes(), nil
}

// modules is the square of the code, border included; true is dark. Level L is
// what the order asks for at least; it gives the smallest code, which fits
// rolls of 36 characters and more.
func modules(text string) ([][]bool, error) {
	code, err := qr.Encode(text, qr.L, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("tape: QR: %w", err)
	}
	size := code.Bounds().Dx()
	m := make([][]bool, size+2*quietZone)
	for y := range m {
		m[y] = make([]bool, len(m))
	}
	for y := range size {
		for x := range size {
			m[y+quietZone][x+quietZone] = code.At(x, y) == color.Black
		}
	}
	return m, nil
}

// codeOf prints the QR code of a receipt, or its text where the code is wider
// than the paper. Of a damaged document there is nothing to encode.
func (d *document) codeOf(doc []byte) {
	text, err := QR(doc)
	if err != nil {
		return
	}
	lines, err := HalfBlocks(text)
	if err != nil {
		return
	}
	width := len([]rune(lines[0]))
	if width-2*quietZone > d.width {
		for _, part := range strings.SplitAfter(text, "&") {
			d.left(part)
		}
		return
	}
	// The light border at the sides may be a part of the paper's own margin.
	margin := (d.width - width) / 2
	for _, line := range lines {
		r := []rune(strings.TrimRight(line, " "))
		if margin >= 0 {
			d.add(strings.Repeat(" ", margin) + string(r))
			continue
		}
		d.add(string(r[min(len(r), quietZone-(d.width-width+2*quietZone)/2):]))
	}
}
