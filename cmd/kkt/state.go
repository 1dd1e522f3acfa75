package main

import (
	"strings"

	"github.com/openkkt/openkkt/fn/journal"
)

// openState opens the medium of a register: a directory, or memory when none is named.
func openState(dir string) (journal.FS, error) {
	if dir == "" {
		return journal.NewMemory(), nil
	}
	fs, err := journal.OpenDir(dir)
	if err != nil {
		return nil, stateError(dir, err)
	}
	return fs, nil
}

// stateError is a register that cannot be made. It names the directory unless
// the error does so itself.
func stateError(dir string, err error) error {
	if dir == "" || strings.Contains(err.Error(), dir) {
		return &usageError{err.Error(), ""}
	}
	return &inputError{"--state " + dir, err}
}
