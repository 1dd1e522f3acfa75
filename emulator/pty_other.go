//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd

package emulator

import "context"

// PTY is a pseudo-terminal with the register at its inner end.
type PTY struct{}

// OpenPTY fails with [ErrNoPTY].
func (r *Register) OpenPTY(LinkOptions) (*PTY, error) { return nil, ErrNoPTY }

// Path is empty.
func (*PTY) Path() string { return "" }

// Serve fails with [ErrNoPTY].
func (*PTY) Serve(context.Context) error { return ErrNoPTY }

// Close does nothing.
func (*PTY) Close() error { return nil }
