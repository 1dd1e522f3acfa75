// Package emulator is a fiscal register (контрольно-кассовая техника, ККТ) in
// software: it answers the commands of the Shtrih-M protocol like a SHTRIH-M-01F
// and keeps its documents in a fiscal storage of package fn.
//
// A [Register] takes commands by [Register.Exec]. Hosts reach it over TCP
// ([Register.Listen]), a pseudo-terminal ([Register.OpenPTY]), a serial port
// ([OpenSerial]) or any connection ([Register.ServeConn]), in version 1
// or 2 of the link protocol, whichever the first byte speaks.
//
// # What it keeps
//
// Registers, tables, modes and the clock setting are committed together with the
// document that changes them, so that after a crash the registers agree with the
// archive. An open receipt lives in memory: power lost before it is closed loses
// it, and the shift goes on without it.
//
// # What it does not do
//
// Printing is instant and the paper never ends, so the submode stays 0. There is
// no exchange with an operator (ОФД): its queue grows, and after 30 days the
// storage refuses receipts. Corrections, marking and re-registration are not
// there. Everything it prints says «ЭМУЛЯТОР»; it is no certified register.
//
// Sources: Protocol ККТ 1.17 and 2.0 rev 11, the setup guide of the «ФР» family
// (2018), logs and test runs of real registers; the data files in
// testdata/shtrih name them by line.
package emulator

//go:generate go run ./internal/gen
