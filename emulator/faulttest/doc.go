// Package faulttest holds tests only: the driver sells exactly once to the register in software, whatever happens to
// each byte between them.
package faulttest
