package faulttest

import (
	"os"
	"runtime/debug"
	"testing"
)

// Tens of thousands of registers are made and dropped here, each small: collecting seldom is a third faster.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
