package journal

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData leaves out the metadata that a write inside a preallocated file does not need: no size changes.
func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return os.NewSyscallError("fdatasync "+f.Name(), err)
		}
	}
}
