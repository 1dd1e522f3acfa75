//go:build unix

package device

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockLedger takes the lock without waiting. It is released with the file, so a killed process leaves none.
func lockLedger(f *os.File) (busy bool, err error) {
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

// syncDirectory makes the names in a directory durable.
func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
