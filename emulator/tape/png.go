package tape

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"sync"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Size of a character cell and of the letters in it, in pixels at scale 1.
const (
	cellWidth  = 8
	cellHeight = 18
	fontSize   = 13
	baseline   = 13 // from the top of the cell
	// marginCells is the white paper around the text. It also completes the
	// light border of a QR code that is as wide as the paper.
	marginCells = quietZone
)

// Limits of a picture. A tape of a whole day is text, not one picture.
const (
	maxPNGLines = 4000
	maxPNGScale = 4
)

// PNG draws lines of a tape, black on white, in Go Mono; scale from 1 to 4
// multiplies the size of 13 pixels in lines of 18. Half blocks are drawn as
// exact rectangles, so that a QR code in the picture can be scanned.
func PNG(lines []string, scale int) ([]byte, error) {
	if scale < 1 || scale > maxPNGScale {
		return nil, fmt.Errorf("tape: PNG: scale %d, want 1 to %d", scale, maxPNGScale)
	}
	if len(lines) > maxPNGLines {
		return nil, fmt.Errorf("tape: PNG: %d lines, at most %d fit one picture", len(lines), maxPNGLines)
	}
	columns := MinWidth
	for i, line := range lines {
		n := utf8.RuneCountInString(line)
		if n > MaxWidth {
			return nil, fmt.Errorf("tape: PNG: line %d has %d characters, at most %d fit", i+1, n, MaxWidth)
		}
		columns = max(columns, n)
	}
	face, err := newFace(scale)
	if err != nil {
		return nil, err
	}
	w, h := cellWidth*scale, cellHeight*scale
	img := image.NewGray(image.Rect(0, 0, (columns+2*marginCells)*w, (len(lines)+2)*h))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	pen := font.Drawer{Dst: img, Src: image.Black, Face: face}
	for row, line := range lines {
		column := marginCells
		for _, r := range line {
			cell := image.Rect(column*w, (row+1)*h, (column+1)*w, (row+2)*h)
			if block, ok := blockOf(r, cell); ok {
				draw.Draw(img, block, image.Black, image.Point{}, draw.Src)
			} else {
				pen.Dot = fixed.P(cell.Min.X, cell.Min.Y+baseline*scale)
				pen.DrawString(string(r))
			}
			column++
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("tape: PNG: %w", err)
	}
	return out.Bytes(), nil
}

// blockOf is the dark part of a cell that holds a half block.
func blockOf(r rune, cell image.Rectangle) (image.Rectangle, bool) {
	middle := (cell.Min.Y + cell.Max.Y) / 2
	switch r {
	case '█':
		return cell, true
	case '▀':
		cell.Max.Y = middle
		return cell, true
	case '▄':
		cell.Min.Y = middle
		return cell, true
	}
	return cell, false
}

var parsedFont = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(gomono.TTF) })

// newFace makes a face for one picture: faces are not safe for concurrent use.
func newFace(scale int) (font.Face, error) {
	f, err := parsedFont()
	if err != nil {
		return nil, fmt.Errorf("tape: PNG: %w", err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{
		Size: float64(fontSize * scale), DPI: 72, Hinting: font.HintingFull,
	})
	if err != nil {
		return nil, fmt.Errorf("tape: PNG: %w", err)
	}
	return face, nil
}
