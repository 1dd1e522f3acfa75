//go:build unix

package emulator

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.bug.st/serial"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// host is a program at the other end of a connection.
type host struct {
	testing.TB
	io.ReadWriteCloser
	link *shtrih.HostLink
}

func newHost(t testing.TB, conn io.ReadWriteCloser, v shtrih.Version) *host {
	return &host{t, conn, shtrih.NewHostLink(shtrih.HostOptions{Version: v})}
}

// exec runs a command on a link that never fails.
func (h *host) exec(command []byte) []byte {
	h.Helper()
	out, err := h.link.Start(nil, command)
	require.NoError(h, err)
	buf := make([]byte, 512)
	for !h.link.Done() {
		if len(out) > 0 {
			_, err := h.Write(out)
			require.NoError(h, err)
		}
		n, err := h.Read(buf)
		require.NoError(h, err)
		out = h.link.Input(out[:0], buf[:n])
	}
	_, err = h.Write(out) // the confirmation
	require.NoError(h, err)
	answer, ok := h.link.Answer()
	require.True(h, ok, "%v", h.link.Err())
	return answer
}

// write sends bytes as they are, read waits for exactly as many.
func (h *host) write(bytes string) {
	h.Helper()
	b, err := hex.DecodeString(bytes)
	require.NoError(h, err)
	_, err = h.Write(b)
	require.NoError(h, err)
}

func (h *host) want(bytes string) {
	h.Helper()
	b := make([]byte, len(bytes)/2)
	_, err := io.ReadFull(h, b)
	require.NoError(h, err)
	require.Equal(h, bytes, hex.EncodeToString(b))
}

// serve runs a server until the test ends and gives how it ended.
func serve(t testing.TB, run func(context.Context) error) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	var once bool
	stop = func() error {
		cancel()
		if once {
			return nil
		}
		once = true
		return <-ended
	}
	t.Cleanup(func() { stop() })
	return stop
}

func pipe(t testing.TB, r *Register, o LinkOptions) (near net.Conn, stop func() error) {
	near, far := net.Pipe()
	return near, serve(t, func(ctx context.Context) error { return r.ServeConn(ctx, far, o) })
}

func listen(t testing.TB, r *Register) (dial func() net.Conn, stop func() error) {
	server, err := r.Listen("127.0.0.1:0", TCPLink())
	require.NoError(t, err)
	stop = serve(t, server.Serve)
	return func() net.Conn {
		conn, err := net.Dial("tcp", server.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		return conn
	}, stop
}

func TestTheSameDayOverEveryTransportLeavesTheSameArchive(t *testing.T) {
	inProcess := newRig(t)
	inProcess.run(day())
	transports := map[string]func(*rig) io.ReadWriteCloser{
		"pipe": func(g *rig) io.ReadWriteCloser {
			conn, _ := pipe(g, g.Register, LinkOptions{})
			return conn
		},
		"tcp": func(g *rig) io.ReadWriteCloser {
			dial, _ := listen(g, g.Register)
			return dial()
		},
		"pty": func(g *rig) io.ReadWriteCloser {
			terminal, err := g.OpenPTY(CableLink())
			require.NoError(g, err)
			serve(g, terminal.Serve)
			port, err := serial.Open(terminal.Path(), &serial.Mode{BaudRate: 115200})
			require.NoError(g, err)
			g.Cleanup(func() { port.Close() })
			return port
		},
	}
	for name, connect := range transports {
		for _, version := range []shtrih.Version{shtrih.V1, shtrih.V2} {
			g := newRig(t)
			h := newHost(t, connect(g), version)
			for _, c := range day() {
				answer := h.exec(c.AppendTo(nil))
				_, rest, _ := shtrih.SplitCode(answer)
				require.Zero(t, rest[0], "%s %s over %s", c.Code(), shtrih.Result(rest[0]), name)
				g.advance(time.Minute)
			}
			assert.Equal(t, inProcess.export(), g.export(), name)
			assert.Equal(t, inProcess.StateHash(), g.StateHash(), name)
			assert.Equal(t, inProcess.Tape(), g.Tape(), name)
		}
	}
}

// The frames of 10h of a real host, and FCh.
const (
	askStatus = "0205101e0000000b"
	askType   = "0201fcfd"
)

func frame1(data string) string {
	b, err := hex.DecodeString(data)
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(shtrih.AppendFrame1(nil, b))
}

const restingStatus = "10001e92020400009f2c000000760400"

func TestAnswerLeavesInOneWrite(t *testing.T) {
	g := newRig(t)
	conn, _ := pipe(t, g.Register, LinkOptions{})
	h := newHost(t, conn, shtrih.V1)
	h.write(askStatus)
	buf := make([]byte, 512) // a pipe gives one write at a time
	n, err := conn.Read(buf)
	require.NoError(t, err)
	// The confirmation of a frame waits for the answer of a short command.
	assert.Contains(t, []string{"06" + frame1(restingStatus), "06"}, hex.EncodeToString(buf[:n]))
	if n == 1 { // the command took more than a millisecond on this machine
		n, err = conn.Read(buf)
		require.NoError(t, err)
		assert.Equal(t, frame1(restingStatus), hex.EncodeToString(buf[:n]))
	}
}

func TestFrameOfALongCommandIsConfirmedBeforeItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const long = time.Second
		g := newRig(t, func(c *Config) { c.OnExchange = func(Exchange) { time.Sleep(long) } })
		conn, stop := pipe(t, g.Register, LinkOptions{})
		h := newHost(t, conn, shtrih.V1)
		for range 2 { // the watch over commands stays set over several
			began := time.Now()
			h.write(askStatus)
			h.want("06")
			assert.Equal(t, longCommand, time.Since(began))
			h.want(frame1(restingStatus))
			assert.Equal(t, long, time.Since(began))
			h.write("06")
		}
		require.ErrorIs(t, stop(), context.Canceled)
	})
}

// rosix sends ENQ in one piece with the frame and reads one confirmation, then
// the answer.
func TestENQRightBehindAFrameIsAnsweredByTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var long time.Duration
		g := newRig(t, func(c *Config) { c.OnExchange = func(Exchange) { time.Sleep(long) } })
		conn, stop := pipe(t, g.Register, LinkOptions{})
		h := newHost(t, conn, shtrih.V1)
		h.write(askStatus + "05")
		h.want("06" + frame1(restingStatus))
		h.write("06" + "05")
		h.want("15")

		long = time.Second
		h.write(askStatus + "05")
		h.want("06" + "06")
		h.want(frame1(restingStatus))
		require.ErrorIs(t, stop(), context.Canceled)
	})
}

func TestByteTimeoutIsExactThoughItsTimerIsSetForAnEarlierOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		conn, stop := pipe(t, g.Register, LinkOptions{})
		h := newHost(t, conn, shtrih.V1)
		h.write("0205") // sets the timer
		time.Sleep(DefaultByteTimeout / 2)
		h.write("10") // the pause begins anew
		began := time.Now()
		h.want("15")
		assert.Equal(t, DefaultByteTimeout, time.Since(began))
		require.ErrorIs(t, stop(), context.Canceled)
	})
}

func TestENQIsAnsweredWhileACommandRuns(t *testing.T) {
	started, finish := make(chan struct{}), make(chan struct{})
	g := newRig(t, func(c *Config) {
		c.OnExchange = func(Exchange) {
			close(started)
			<-finish
		}
	})
	conn, _ := pipe(t, g.Register, LinkOptions{})
	h := newHost(t, conn, shtrih.V1)
	h.write("05")
	h.want("15")
	h.write(askType)
	h.want("06")
	<-started
	for range 3 {
		h.write("05")
		h.want("06")
	}
	close(finish)
	h.want(frame1("fc000000010efa00d8d2d0c8d52dcc2d3031d4"))
	h.write("06")
	h.write("05")
	h.want("15")
}

func TestHalfAFrameEndsWithTheByteTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		conn, stop := pipe(t, g.Register, LinkOptions{})
		h := newHost(t, conn, shtrih.V1)
		h.write("0205101e")
		began := time.Now()
		h.want("15")
		assert.Equal(t, DefaultByteTimeout, time.Since(began))
		h.write(askStatus)
		h.want("06" + frame1(restingStatus))
		// The answer is not confirmed in time: nothing is executed until ENQ.
		synctest.Wait()
		time.Sleep(2 * DefaultByteTimeout) // of the bubble's clock
		h.write("05")
		h.want("06" + frame1(restingStatus))
		h.write("06")
		require.ErrorIs(t, stop(), context.Canceled)
	})
}

func TestByteFFFollowsTheConfirmationOverTCPOnly(t *testing.T) {
	g := newRig(t)
	dial, _ := listen(t, g.Register)
	h := newHost(t, dial(), shtrih.V1)
	h.write(askType)
	h.want("06" + frame1("fc000000010efa00d8d2d0c8d52dcc2d3031d4"))
	h.write("06")
	h.want("ff")

	conn, _ := pipe(t, g.Register, LinkOptions{})
	h = newHost(t, conn, shtrih.V1)
	h.write(askType)
	h.want("06" + frame1("fc000000010efa00d8d2d0c8d52dcc2d3031d4"))
	h.write("06")
	h.write("05")
	h.want("15")
}

func TestPortOf11hIsTheOneTheCommandCameBy(t *testing.T) {
	g := newRig(t)
	dial, _ := listen(t, g.Register)
	assert.EqualValues(t, 2, newHost(t, dial(), shtrih.V1).exec([]byte{0x11, 30, 0, 0, 0})[17])
	conn, _ := pipe(t, g.Register, CableLink())
	assert.EqualValues(t, 1, newHost(t, conn, shtrih.V2).exec([]byte{0x11, 30, 0, 0, 0})[17])
}

func TestAnswerNotConfirmedIsRepeatedOnTheNextConnection(t *testing.T) {
	runs := make(chan Exchange, 10)
	g := newRig(t, func(c *Config) { c.OnExchange = func(e Exchange) { runs <- e } })
	dial, _ := listen(t, g.Register)

	h := newHost(t, dial(), shtrih.V1)
	h.write(frame1("e01e000000"))
	h.want("06")
	h.Close() // without reading the answer
	<-runs
	h = newHost(t, dial(), shtrih.V1)
	h.write("05")
	h.want("06" + frame1("e0001e"))
	h.write("06")
	h.want("ff")
	h.Close()

	// Version 2: the same number again gives the same answer.
	h = newHost(t, dial(), shtrih.V2)
	h.write("8f00000f1d")
	h.want("8f02000000a869") // as a real register that executed nothing by this version
	z, _ := hex.DecodeString("411e000000")
	frame := hex.EncodeToString(shtrih.AppendFrame2(nil, 1, z))
	h.write(frame)
	answer := hex.EncodeToString(shtrih.AppendFrame2(nil, 1, []byte{0x41, 0, 30}))
	h.want(answer)
	<-runs
	h.Close()
	h = newHost(t, dial(), shtrih.V2)
	h.write(frame)
	h.want(answer)
	assert.Empty(t, runs, "executed once")
}

func TestVersionIsChosenByEachTCPConnectionAndKeptOnACable(t *testing.T) {
	g := newRig(t)
	dial, _ := listen(t, g.Register)
	for _, v := range []shtrih.Version{shtrih.V1, shtrih.V2, shtrih.V1} {
		h := newHost(t, dial(), v)
		h.exec([]byte{0xFC})
		h.Close()
	}
	link := g.NewLink(CableLink())
	for range 2 {
		near, far := net.Pipe()
		stop := serve(t, func(ctx context.Context) error { return link.Serve(ctx, far) })
		h := newHost(t, near, shtrih.V1)
		h.write("05")
		h.want("15")
		h.write("8f00000f1d") // a probe of version 2 meets version 1
		h.want("15")
		h.Close()
		stop()
	}
}

func TestSecondClientIsTurnedAway(t *testing.T) {
	g := newRig(t)
	dial, stop := listen(t, g.Register)
	first := newHost(t, dial(), shtrih.V1)
	first.exec([]byte{0xFC})
	second := dial()
	_, err := second.Read(make([]byte, 1))
	require.Error(t, err, "closed without a byte")
	first.exec([]byte{0xFC})
	first.Close()
	third := newHost(t, dial(), shtrih.V1)
	third.exec([]byte{0xFC})
	require.ErrorIs(t, stop(), context.Canceled)
	_, err = io.Copy(io.Discard, third)
	_ = err // the connection is closed, by FIN or by RST
}

func TestConnectionEndsWhenItIsClosed(t *testing.T) {
	g := newRig(t)
	near, far := net.Pipe()
	ended := make(chan error)
	go func() { ended <- g.ServeConn(context.Background(), far, LinkOptions{}) }()
	near.Close()
	require.NoError(t, <-ended)
}

func TestServerEndsWithoutAnErrorWhenItIsClosed(t *testing.T) {
	g := newRig(t)
	server, err := g.Listen("127.0.0.1:0", TCPLink())
	require.NoError(t, err)
	ended := make(chan error)
	go func() { ended <- server.Serve(context.Background()) }()
	require.NoError(t, server.Close())
	require.NoError(t, <-ended)
}

func TestGarbageOnTheLinkChangesNothing(t *testing.T) {
	g := newRig(t)
	before := g.StateHash()
	conn, _ := pipe(t, g.Register, LinkOptions{})
	h := newHost(t, conn, shtrih.V1)
	h.write("00000000") // some drivers begin with zeros
	h.write("0205101e0000000c")
	h.want("15") // wrong checksum
	h.write("05")
	h.want("15")
	assert.Equal(t, before, g.StateHash())
}

func TestRegisterServesASerialPort(t *testing.T) {
	g := newRig(t)
	near, far, err := pty.Open()
	require.NoError(t, err)
	defer near.Close()
	defer far.Close()
	require.NoError(t, makeRaw(int(far.Fd())))
	port, err := OpenSerial(far.Name(), 115200)
	require.NoError(t, err)
	stop := serve(t, func(ctx context.Context) error { return g.ServeConn(ctx, port, CableLink()) })
	h := newHost(t, near, shtrih.V1)
	assert.Equal(t, "e0001e", hex.EncodeToString(h.exec([]byte{0xE0, 30, 0, 0, 0})))
	require.ErrorIs(t, stop(), context.Canceled)

	_, err = OpenSerial(far.Name()+"nowhere", 115200)
	require.ErrorContains(t, err, far.Name()+"nowhere")
}

// The answer to 14h leaves at the old speed; then the port has the new one and
// the version is chosen again (Protocol ККТ 1.17).
func TestSpeedChangesWhenTheAnswerIsConfirmedAndTheVersionIsFreeAgain(t *testing.T) {
	g := newRig(t)
	speeds := make(chan int, 2)
	o := CableLink()
	o.Port = shtrih.PortRS232
	o.SetBaud = func(baud int) error {
		speeds <- baud
		return nil
	}
	conn, _ := pipe(t, g.Register, o)
	h := newHost(t, conn, shtrih.V1)
	h.write(frame1("141e000000" + "000164")) // 4,800 baud
	h.want("06" + frame1("1400"))
	h.write("06")
	h.write(frame1("141e000000" + "000332")) // 19,200 baud, 50 ms
	h.want("06" + frame1("1400"))
	require.Equal(t, 4800, <-speeds)
	assert.Empty(t, speeds, "not before the answer is confirmed")
	h.write("06")
	assert.Equal(t, 19200, <-speeds)
	h.write("8f00000f1d") // a line that was locked on version 1 would answer NAK
	h.want("8f02000000a869")
}

func TestByteTimeoutOf14hEndsAFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		conn, stop := pipe(t, g.Register, CableLink())
		h := newHost(t, conn, shtrih.V1)
		h.write(frame1("141e000000" + "010697")) // code 151 is 300 ms
		h.want("06" + frame1("1400"))
		h.write("06")
		began := time.Now()
		h.write("0205") // half a frame
		h.want("15")
		assert.Equal(t, 300*time.Millisecond, time.Since(began))
		h.Close()
		stop()
	})
}

func TestRebootForgetsTheAnswer(t *testing.T) {
	g := newRig(t)
	conn, _ := pipe(t, g.Register, CableLink())
	h := newHost(t, conn, shtrih.V2)
	service := hex.EncodeToString(shtrih.AppendFrame2(nil, 1, []byte{0xFE, 0xF3}))
	h.write(service)
	h.want(hex.EncodeToString(shtrih.AppendFrame2(nil, 1, []byte{0xFE, 0})))
	h.write("8f00000f1d")
	h.want("8f02000000a869") // as after power-on: number 0
}
