package blackbox

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestABadFarEndIsNoLinkAndNothingIsSent(t *testing.T) {
	t.Parallel()
	page := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(page.Close)
	ends := map[string]string{
		"nobody listens": deadAddress(t),
		"silent device":  farEnd(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }),
		"hangs up":       farEnd(t, func(net.Conn) {}),
		"answers garbage": farEnd(t, func(conn net.Conn) {
			one := make([]byte, 1)
			for {
				if _, err := conn.Read(one); err != nil {
					return
				}
				if _, err := conn.Write([]byte{0x41, 0x8F, 0x00, 0xFF}); err != nil {
					return
				}
			}
		}),
		"page": strings.TrimPrefix(page.URL, "http://"),
	}
	for name, address := range ends {
		for _, command := range []string{
			"status --to {url} --timeout 300ms",
			"sell {file} --to {url} --timeout 300ms",
			"shift open --to {url}?protocol=1 --timeout 300ms",
			"shift open --to {url}?protocol=2 --timeout 300ms",
		} {
			t.Run(name+", "+command, func(t *testing.T) {
				t.Parallel()
				checkWrong(t, wrong{args: command, file: receiptText, code: noLink, place: address}, "tcp://"+address)
			})
		}
	}
}

func TestASerialPortThatIsNotThereIsNoLink(t *testing.T) {
	t.Parallel()
	checkWrong(t, wrong{args: "status --to serial://{dir}/ttyNone", code: noLink, place: "{dir}/ttyNone"}, "")
}

// deadAddress is a port that was free a moment ago and that nobody listens on.
func deadAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// farEnd listens, serves every connection and closes it when serve returns.
func farEnd(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// TestALostAnswerToTheCloseOfAReceiptLeavesTheOutcomeUnknown cuts the line after
// the driver has sent FF45h: with the command delivered, and without.
func TestALostAnswerToTheCloseOfAReceiptLeavesTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1", "2"} {
		for name, delivered := range map[string]bool{"delivered": true, "not delivered": false} {
			t.Run("protocol "+version+", "+name, func(t *testing.T) {
				t.Parallel()
				r := startRegister(t, "--clock", frozen)
				mustKkt(t, "shift", "open", "--to", r.url)
				out := kkt(t, "sell", "sample:coffee", "--timeout", "2s", "--to", "tcp://"+cutBeforeClose(t, r, delivered)+"?protocol="+version)
				checkFailure(t, out, unknown, "FF45h")
				assert.Equal(t, 1, strings.Count(out.stderr, "\n"), "one line: %q", out.stderr)
				c := r.connect(t, 2)
				last := c.readStorage(t).last
				if delivered {
					assert.Equal(t, uint32(3), last)
				} else {
					assert.Equal(t, uint32(2), last)
				}
			})
		}
	}
}

// shortestAnswer is more than the ACK of protocol 1 and less than any answer to FF45h.
const shortestAnswer = 10

// cutBeforeClose forwards one connection to the register until the host sends
// FF45h, and then goes away.
func cutBeforeClose(t *testing.T, r *register, deliver bool) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		host, err := listener.Accept()
		_ = listener.Close() // a second connection finds nobody
		if err != nil {
			return
		}
		defer host.Close()
		device, err := r.dial()
		if err != nil {
			return
		}
		defer device.Close()
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			answer, late := make([]byte, 4096), 0
			for late < shortestAnswer {
				n, err := device.Read(answer)
				if err != nil {
					return
				}
				if _, err := host.Write(answer[:n]); err != nil {
					late += n
				}
			}
		}()
		buffer := make([]byte, 4096)
		for {
			n, err := host.Read(buffer)
			if err != nil {
				return
			}
			last := bytes.Contains(buffer[:n], []byte{0xFF, 0x45, 30, 0, 0, 0})
			if last {
				_ = host.Close()
				if !deliver {
					return
				}
			}
			if _, err := device.Write(buffer[:n]); err != nil {
				return
			}
			if last {
				<-answered // it was executed
				return
			}
		}
	}()
	return listener.Addr().String()
}
