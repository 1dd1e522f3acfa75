//go:build tarm

package device

import (
	"errors"
	"io"
	"time"

	"github.com/tarm/serial"
)

// tarmPort is the second backend, github.com/tarm/serial, chosen with `-tags tarm`. The library is no longer kept: it
// has one read time-out for the port's life, in tenths of a second on POSIX.
type tarmPort struct{ *serial.Port }

// tarmTick is the shortest time-out that the library can express on every system.
const tarmTick = 100 * time.Millisecond

func openSerial(name string, baud int) (pollPort, error) {
	// 8N1 without flow control (Protocol ККТ 1.17, lower level).
	port, err := serial.OpenPort(&serial.Config{Name: name, Baud: baud, Size: 8, Parity: serial.ParityNone, StopBits: serial.Stop1, ReadTimeout: tarmTick})
	if err != nil {
		return nil, err
	}
	return tarmPort{port}, nil
}

func (p tarmPort) setReadTimeout(time.Duration) error { return nil }

// timedOut: on POSIX os.File turns the empty read of an expired VTIME into io.EOF.
func (p tarmPort) timedOut(err error) bool { return err == nil || errors.Is(err, io.EOF) }
