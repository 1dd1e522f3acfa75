//go:build race

package faulttest

// stride is the step over the bytes: the race detector looks at who runs beside whom, and makes a run ten times as
// long. Each kind begins at another byte.
const stride = 17
