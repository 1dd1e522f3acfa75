// Package fuzz makes typed random values for fuzz tests: receipts that a register would accept, built from the bytes
// that the native fuzzer mutates, so that coverage steers what they hold.
package fuzz
