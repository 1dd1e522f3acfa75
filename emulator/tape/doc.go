// Package tape prints fiscal documents the way a register prints them on its
// paper roll: lines of text of a fixed width, in Russian, with the QR code
// drawn in half-block characters.
//
// [Render] works from the TLV bytes of a finished document and from nothing
// else, so whatever the tape shows is what the fiscal storage keeps. Captions,
// the order of digits in dates and sums and the wording of enumerations follow
// the tables of the printed form of FNS order ЕД-7-20/662@ (kept as data in
// testdata/ffd and compiled in by go generate). What the order leaves to the
// maker of the register (order of the lines, separators, «СДАЧА») follows the
// habit of real receipts:
//
//	            ЭМУЛЯТОР — НЕ ФИСКАЛЬНЫЙ
//	КАССОВЫЙ ЧЕК 1                            ПРИХОД
//	Кофе
//	                             1 × 150.00 = 150.00
//	------------------------------------------------
//	ИТОГ                                     =150.00
//
// Besides documents there are the two papers that leave no document in the
// storage, [XReport] and [CashSlip], and [Lines] for text that a program asks
// the register to print.
//
// The tape is data from strangers: item names come from whoever wrote the
// receipt. No line is ever longer than the width, and no line contains control
// characters, line breaks, escape sequences or invisible formatting
// characters, so lines can be written to a terminal or a file as they are.
// They are plain text, not HTML: an item named <img> is printed as those five
// characters, and a page must set them as text.
//
// [QR] makes the text of the QR code, [HalfBlocks] and [QRPNG] draw it, and
// [PNG] draws a whole tape.
package tape

//go:generate go run ./internal/gen ../../testdata/ffd print_gen.go
