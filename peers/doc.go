// Package peers compares the speed of this project with that of the obvious
// alternatives: a loop over bytes, encoding/binary by hand, x/text, a raw echo
// over the same socket. It has nothing to import; run its benchmarks:
//
//	cd peers && go test -bench . -benchtime 200x
//
// Both sides of a comparison run in turns within one benchmark, so a busy
// machine slows both, and the ratio of their medians is reported with the unit
// "x". Where ours does the same work, x is how many times faster it is than the
// peer; where ours does more (a register against an echo), x is what it costs
// as a multiple of the peer. The name says which.
//
// It is a module of its own: what it compares with is no dependency of the
// project.
package peers
