//go:build linux && race

package emulator

// differentialSequences is how many random sequences run over every way.
const differentialSequences = 12
