package device

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakePort behaves as a serial driver does: Read blocks for the time-out set before and cannot be interrupted.
type fakePort struct {
	bytes   chan byte
	timeout time.Duration
	expired error // what Read says when the time-out passed
	failure error // what Read says at once, if set
	reads   int
	chunk   int // bytes a Write takes
	written []byte
	drained chan struct{} // Close waits for it, if set
}

func (p *fakePort) Read(b []byte) (int, error) {
	p.reads++
	if p.failure != nil {
		return 0, p.failure
	}
	timer := time.NewTimer(p.timeout)
	defer timer.Stop()
	select {
	case b[0] = <-p.bytes:
		return 1, nil
	case <-timer.C:
		return 0, p.expired
	}
}

func (p *fakePort) Write(b []byte) (int, error) {
	n := min(len(b), p.chunk)
	p.written = append(p.written, b[:n]...)
	return n, nil
}

func (p *fakePort) Close() error {
	if p.drained != nil {
		<-p.drained
	}
	return nil
}

func (p *fakePort) setReadTimeout(d time.Duration) error { p.timeout = d; return nil }
func (p *fakePort) timedOut(err error) bool              { return err == p.expired && p.failure == nil }

func TestSerialReadOfNothingIsATimeout(t *testing.T) {
	for name, expired := range map[string]error{"0, nil": nil, "0, EOF": io.EOF} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := newSerialConn(&fakePort{bytes: make(chan byte), expired: expired})
				started := time.Now()
				require.NoError(t, conn.SetReadDeadline(started.Add(time.Second)))
				_, err := conn.Read(make([]byte, 8))
				require.ErrorIs(t, err, os.ErrDeadlineExceeded)
				assert.Equal(t, time.Second, time.Since(started))
			})
		})
	}
}

func TestSerialReadFollowsAMovedDeadlineAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := newSerialConn(&fakePort{bytes: make(chan byte)})
		started := time.Now()
		require.NoError(t, conn.SetReadDeadline(started.Add(time.Hour)))
		time.AfterFunc(time.Second, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
		_, err := conn.Read(make([]byte, 8))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.LessOrEqual(t, time.Since(started), time.Second+pollSlice)

		require.NoError(t, conn.SetReadDeadline(time.Time{}))
		time.AfterFunc(time.Second, func() { _ = conn.Close() })
		started = time.Now()
		_, err = conn.Read(make([]byte, 8))
		require.ErrorIs(t, err, net.ErrClosed)
		assert.LessOrEqual(t, time.Since(started), time.Second+pollSlice)
	})
}

func TestSerialReadGivesBytesAsTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &fakePort{bytes: make(chan byte, 2)}
		conn := newSerialConn(port)
		time.AfterFunc(120*time.Millisecond, func() { port.bytes <- 0x15 })
		b := make([]byte, 8)
		n, err := conn.Read(b)
		require.NoError(t, err)
		assert.Equal(t, []byte{0x15}, b[:n])
		assert.Equal(t, 3, port.reads, "two slices were empty")
	})
}

func TestUnpluggedPortIsAnErrorNotATimeout(t *testing.T) {
	gone := errors.New("device not configured")
	conn := newSerialConn(&fakePort{failure: gone})
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Hour)))
	_, err := conn.Read(make([]byte, 8))
	require.ErrorIs(t, err, gone)
	assert.NotErrorIs(t, err, os.ErrDeadlineExceeded)
}

func TestSerialWriteSendsEverythingOrSaysSo(t *testing.T) {
	port := &fakePort{chunk: 3}
	n, err := newSerialConn(port).Write([]byte("0123456789"))
	require.NoError(t, err)
	assert.Equal(t, 10, n)
	assert.Equal(t, "0123456789", string(port.written))
	_, err = newSerialConn(&fakePort{}).Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrShortWrite)
}

func TestSerialCloseDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &fakePort{drained: make(chan struct{})}
		defer close(port.drained)
		conn := newSerialConn(port)
		started := time.Now()
		require.Error(t, conn.Close())
		assert.Equal(t, closeTimeout, time.Since(started))
		require.NoError(t, conn.Close(), "a second Close has nothing to do")
	})
}

func TestMissingPortIsNoLinkAndNamed(t *testing.T) {
	_, err := Dial(t.Context(), "serial:///dev/no-such-port")
	require.ErrorIs(t, err, ErrNoLink)
	assert.Contains(t, err.Error(), "/dev/no-such-port")
}
