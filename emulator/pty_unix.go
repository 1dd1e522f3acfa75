//go:build linux || darwin || freebsd || netbsd || openbsd

package emulator

import (
	"context"
	"fmt"
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// PTY is a pseudo-terminal with the register at its inner end: a serial port
// without a cable.
type PTY struct {
	link *Link
	near *os.File
	far  *os.File // held open: without it reading fails whenever no host has the port open
}

// OpenPTY opens a pseudo-terminal in raw mode.
func (r *Register) OpenPTY(o LinkOptions) (*PTY, error) {
	near, far, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("emulator: pseudo-terminal: %w", err)
	}
	err = makeRaw(int(far.Fd()))
	if err == nil {
		near, err = interruptible(near)
	}
	if err != nil {
		near.Close()
		far.Close()
		return nil, fmt.Errorf("emulator: pseudo-terminal %s: %w", far.Name(), err)
	}
	return &PTY{link: r.NewLink(o), near: near, far: far}, nil
}

// interruptible gives the file back in a form whose Close wakes a Read: package
// pty leaves it in blocking mode.
func interruptible(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return f, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return f, err
	}
	name := f.Name()
	f.Close()
	return os.NewFile(uintptr(fd), name), nil
}

// Path is the device that a host opens.
func (p *PTY) Path() string { return p.far.Name() }

// Serve serves hosts until ctx is done or the terminal is closed, and closes it.
func (p *PTY) Serve(ctx context.Context) error {
	defer p.far.Close()
	return p.link.Serve(ctx, p.near)
}

// Close closes both ends.
func (p *PTY) Close() error {
	p.far.Close()
	return p.near.Close()
}

// makeRaw switches off all that a terminal does to bytes.
func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, ioctlGetTermios)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag &^= unix.CSIZE | unix.PARENB
	t.Cflag |= unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, ioctlSetTermios, t)
}
