package emulator

import (
	"fmt"
	"io"

	"go.bug.st/serial"
)

// OpenSerial opens a serial port, such as /dev/ttyUSB0 or COM3, 8N1, for
// [Register.ServeConn] with the options of [SerialLink].
func OpenSerial(device string, baud int) (io.ReadWriteCloser, error) {
	port, err := serial.Open(device, &serial.Mode{BaudRate: baud})
	if err != nil {
		return nil, fmt.Errorf("emulator: serial port %s: %w", device, err)
	}
	return serialLine{port}, nil
}

type serialLine struct{ serial.Port }

// SetBaud changes the speed once what was written has left.
func (l serialLine) SetBaud(baud int) error {
	if err := l.Drain(); err != nil {
		return err
	}
	return l.SetMode(&serial.Mode{BaudRate: baud})
}
