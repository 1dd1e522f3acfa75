//go:build !race

package faulttest

// stride is the step over the bytes: each one is struck.
const stride = 1
