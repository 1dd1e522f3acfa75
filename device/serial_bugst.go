//go:build !tarm

package device

import (
	"time"

	"go.bug.st/serial"
)

// bugstPort is the default backend, go.bug.st/serial: its Read answers 0, nil when the time-out passes.
type bugstPort struct{ serial.Port }

func openSerial(name string, baud int) (pollPort, error) {
	// 8N1 without flow control (Protocol ККТ 1.17, lower level).
	port, err := serial.Open(name, &serial.Mode{BaudRate: baud, DataBits: 8, Parity: serial.NoParity, StopBits: serial.OneStopBit})
	if err != nil {
		return nil, err
	}
	return bugstPort{port}, nil
}

func (p bugstPort) setReadTimeout(d time.Duration) error {
	// The library counts in milliseconds; less than one would be "do not wait".
	return p.SetReadTimeout(max(d, time.Millisecond))
}

func (p bugstPort) timedOut(err error) bool { return err == nil }
