// Package bench measures a register through the driver: it sells receipts of a
// known workload for a while and tells how long each command took, how many
// receipts a minute went through, what part of the bytes on the wire was
// payload, how often the link had to repeat itself, and how long the printer
// kept the sale waiting.
//
// A register in software and one in hardware are measured alike, and the result
// of one run is the baseline of another.
package bench
