// Package fnlink is the protocol between a fiscal register (ККТ) and its fiscal storage (ФН), as the tax service
// publishes it: «Описание протокола информационного обмена между ККТ и ФН», version 1.2.06 of 03.07.2023.
//
// Commands and replies are structs used by both sides. A command appends itself as a body, the command code
// followed by DATA, which AppendFrame wraps for a wire and which an in-process storage takes as it is. Parse takes
// the DATA without the code. Multi-byte integers are little-endian, money is in kopecks.
//
// The package is pure: no state, no clock, no input or output.
package fnlink

//go:generate go run gen.go
