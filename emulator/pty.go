package emulator

import "errors"

// ErrNoPTY: this operating system has no pseudo-terminals that the emulator
// could open.
var ErrNoPTY = errors.New("emulator: no pseudo-terminals on this system; use TCP")
