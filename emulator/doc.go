// Package emulator is a fiscal register (контрольно-кассовая техника, ККТ) in
// software: it answers the commands of the Shtrih-M protocol like a register of
// one of several models ([Profiles]), by default a SHTRIH-M-01F, and keeps its
// documents in a fiscal storage of package fn.
//
// A [Register] takes commands by [Register.Exec]. Hosts reach it over TCP
// ([Register.Listen]), a pseudo-terminal ([Register.OpenPTY]), a serial port
// ([OpenSerial]) or any connection ([Register.ServeConn]), in version 1
// or 2 of the link protocol, whichever the first byte speaks.
//
// # What it keeps
//
// Registers, tables, modes, port settings and the clock setting are committed
// together with the document that changes them, so that after a crash the
// registers agree with the archive. What lives in memory is lost with the power:
// an open receipt, a shift report begun by FF41h or FF42h, the exchange buffer, a
// test run, and what was not printed yet; the shift goes on without it.
//
// # Receipts of the old commands
//
// 80h to 8Eh make the same documents as FF46h and FF45h. Discounts and
// surcharges (86h, 87h, FF4Bh, the per cent of 85h and 8Eh) are spread over the
// items that they came after, in proportion to their sums and to the kopeck, so
// that tag 1020 is the sum of the tags 1043; the price of such an item is its
// sum by its quantity, rounded. 84h takes back from items of the same price,
// department and tax group, the last first.
//
// # Printing
//
// Printing takes no time ([Instant]), the time of the model ([Real]) or a tenth
// of it ([Fast]), by Config.Clock. [Register.Paper] and [Register.Cover] take the
// paper away, at once or in the middle of a document, and give it back. What is
// on the paper is drawn when somebody asks ([Register.Tape], Config.OnTape):
// commands do not wait for it.
//
// # What it does not do
//
// There is no exchange with an operator (ОФД): its queue grows, and after 30 days
// the storage refuses receipts. Corrections, marking and re-registration are not
// there, nor are graphics; docs/shtrih-commands.md lists every command.
// Everything it prints says «ЭМУЛЯТОР»; it is no certified register.
//
// Sources: Protocol ККТ 1.17 and 2.0 rev 11, the setup guides of the «ФР»
// (2018) and «КЯ» (2019) families, logs and test runs of real registers; the
// data files in testdata/shtrih name them by line.
package emulator

//go:generate go run ./internal/gen
