// Package shtrih speaks the protocol of Shtrih-M fiscal registers: both link
// levels («protocol 1.0» with ENQ, STX and LRC; «protocol 2.0» with 8Fh, byte
// stuffing and CRC-16), the commands and answers as structs, the result codes,
// the modes.
//
// The package is pure: no sockets, clocks or goroutines. [DeviceLink] and
// [HostLink] are state machines that turn bytes and time-outs into bytes.
//
// # Layouts
//
// A command is DATA of a frame: a code of one byte, or of two when the first is
// FFh, then the parameters. An answer is the code again, a [Result] byte and,
// when that is zero, a payload. The comment above each struct gives its layout
// as name:bytes; numbers are little-endian, money is in kopecks, text is CP1251.
//
// Commands have AppendTo (the whole DATA, code included) and Parse (DATA after
// the code); replies have AppendTo and Parse of the payload only. Parse keeps
// views into its input: they live as long as the input does.
//
// AppendTo panics when a number does not fit its field on the wire (money above
// [MaxMoney], a quantity above [MaxQuantity]): a truncated sum must never reach
// a fiscal document. [Checker] tells beforehand.
//
// Sources: «Protocol ККТ 1.17» and «Protocol 2.0 rev 11» (lengths, layouts),
// corrected by logs of real devices; see testdata/shtrih/README.md.
package shtrih

//go:generate go run ./internal/gen
