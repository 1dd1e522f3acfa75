// Package device drives a fiscal register (ККТ) over any byte stream.
//
// [Open] takes a URL (tcp:// or serial://), [New] takes a [Transport] somebody else made. Both give a [Register],
// whose methods do one thing each: [Register.Status], [Register.OpenShift], [Register.Sell], [Register.CloseShift]…
// Beneath them [Register.Exec] sends any command of package shtrih.
//
// Every error says which of three things happened, because only the caller may decide to sell again:
//
//   - the register refused: the error wraps a shtrih.Result and nothing was done;
//   - [ErrNoLink]: no fiscal document can have come of it, repeating is safe;
//   - [ErrOutcomeUnknown]: a command that changes something left, and its answer never came, not even when the
//     protocol's own repeat was asked for. Look at the last document before selling again.
//
// [Register.SellOnce] looks itself: it remembers in a [FileLedger] which sale it was about, and may be repeated under
// the same id until it succeeds.
//
// A Register made by [Open], or with [WithRedial], connects anew when its transport breaks, and goes on asking for the
// answer that it waited for. How long each command may take is data: see [DefaultTimeouts].
//
// A [Receipt] is vendor neutral: it is read from the JSON that the tax service and the ОФД export (see [ParseReceipt])
// or filled by hand, checked by [Receipt.Validate] before a byte is sent, and compared with the stored document after.
//
// A Register runs one operation at a time; its methods may be called from several goroutines.
package device
