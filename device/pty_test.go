//go:build linux || darwin

package device_test

import (
	"os"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
)

// openPort gives the register's end of a pseudo terminal and the URL of the other, which the serial library opens.
func openPort(t *testing.T) (register *os.File, url string) {
	t.Helper()
	master, slave, err := pty.Open()
	require.NoError(t, err)
	t.Cleanup(func() {
		slave.Close()
		master.Close()
	})
	return master, "serial://" + slave.Name()
}

func TestSaleOverASerialPort(t *testing.T) {
	register, url := openPort(t)
	f := newFake()
	r, err := openWhileServing(t, f, register, url)
	require.NoError(t, err)
	doc, err := r.Sell(t.Context(), milk())
	require.NoError(t, err)
	assert.EqualValues(t, 43, doc.Number)
	assert.NotEmpty(t, doc.TLV)
	require.NoError(t, r.Close())
}

// openWhileServing lets the register answer only once the port is in raw mode: before that the terminal echoes.
func openWhileServing(t *testing.T, f *fake, register *os.File, url string) (*device.Register, error) {
	t.Helper()
	transport, err := device.Dial(t.Context(), url)
	require.NoError(t, err)
	go f.serve(register)
	return device.New(t.Context(), transport)
}

func TestClosingASerialPortEndsItsRead(t *testing.T) {
	_, url := openPort(t)
	transport, err := device.Dial(t.Context(), url)
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		_, err := transport.Read(make([]byte, 1))
		failed <- err
	}()
	started := time.Now()
	require.NoError(t, transport.Close())
	require.Error(t, <-failed)
	assert.Less(t, time.Since(started), 5*time.Second)
}
