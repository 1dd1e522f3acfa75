package shtrih

import (
	"slices"
	"time"
)

// TCPPortParameters is the port number of 14h and 15h that stands for TCP.
const TCPPortParameters = 128

// baudRates is indexed by the baud byte of 14h and 15h (Protocol ККТ 1.17).
var baudRates = [...]int{2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600}

// BaudRate is the speed that the baud byte of 14h stands for; ok is false for
// a byte that stands for none.
func BaudRate(code uint8) (baud int, ok bool) {
	if int(code) >= len(baudRates) {
		return 0, false
	}
	return baudRates[code], true
}

// BaudCode is the baud byte of 14h for a speed; ok is false for a speed the
// protocol does not have.
func BaudCode(baud int) (code uint8, ok bool) {
	i := slices.Index(baudRates[:], baud)
	return uint8(max(i, 0)), i >= 0
}

// The time-out byte counts in three steps: 0 to 150 in milliseconds, 151 to 249
// in 150 ms (300 ms to 15 s), 250 to 255 in 15 s (30 s to 105 s). Protocol ККТ
// 1.17, command 14h.
const (
	lastMillisecond = 150
	lastShortStep   = 249
	shortStep       = 150 * time.Millisecond
	longStep        = 15 * time.Second
	shortStepBase   = 149
	longStepBase    = 248
)

// MaxByteTimeout is the longest byte time-out that 14h can set.
const MaxByteTimeout = (255 - longStepBase) * longStep

// ByteTimeout is the time that the time-out byte of 14h and 15h stands for.
func ByteTimeout(code uint8) time.Duration {
	switch {
	case code <= lastMillisecond:
		return time.Duration(code) * time.Millisecond
	case code <= lastShortStep:
		return time.Duration(code-shortStepBase) * shortStep
	}
	return time.Duration(code-longStepBase) * longStep
}

// ByteTimeoutCode is the time-out byte of 14h for the shortest time that is not
// shorter than d: 0 for d ≤ 0, 255 for all above [MaxByteTimeout].
func ByteTimeoutCode(d time.Duration) uint8 {
	switch {
	case d <= 0:
		return 0
	case d >= MaxByteTimeout:
		return 255
	case d <= lastMillisecond*time.Millisecond:
		return uint8(ceil(d, time.Millisecond))
	case d <= (lastShortStep-shortStepBase)*shortStep:
		return uint8(shortStepBase + ceil(d, shortStep))
	}
	return uint8(longStepBase + ceil(d, longStep))
}

func ceil(d, step time.Duration) time.Duration { return (d + step - 1) / step }

// TCPPort is the TCP port that a parameter byte of [TCPPortParameters] stands
// for: 57 is 12345, 255 is 61503 (Protocol ККТ 1.17, command 14h). Only 256
// ports can be told this way. Which of the two bytes it is, baud or time-out, no
// source at hand says.
func TCPPort(b uint8) uint16 { return uint16(b>>4)<<12 | 3<<4 | uint16(b&0x0F) }
