package blackbox

import (
	"encoding/hex"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The rules of the links, byte by byte. A cash-in is the command that leaves a
// trace: register 242 tells how many times it was executed.

func linkRegister(t *testing.T, version int) *client {
	t.Helper()
	c := startRegister(t, "--clock", frozen).connect(t, version)
	c.operator(t, c.openShift())
	return c
}

func send(t *testing.T, l io.Writer, b ...byte) {
	t.Helper()
	_, err := l.Write(b)
	require.NoError(t, err)
}

func silent(t *testing.T, l line) {
	t.Helper()
	b, err := l.readByte(quiet)
	require.True(t, errors.Is(err, errSilence), "%02Xh instead of silence (%v)", b, err)
}

func TestProtocol1RepeatsAnUnconfirmedAnswerOnENQ(t *testing.T) {
	t.Parallel()
	c := linkRegister(t, 1)
	l := c.link.(*link1)

	send(t, l, enq)
	require.NoError(t, l.expect(nak), "waiting for a command")
	send(t, l, frame1(c.cashIn(500))...)
	require.NoError(t, l.expect(ack))
	first, err := l.answer()
	require.NoError(t, err)
	for range 3 {
		send(t, l, enq)
		require.NoError(t, l.expect(ack), "an answer exists")
		again, err := l.answer()
		require.NoError(t, err)
		assert.Equal(t, first, again)
	}

	// NAK does not make the device repeat by itself: it waits for ENQ.
	send(t, l, nak)
	silent(t, l)
	send(t, l, enq)
	require.NoError(t, l.expect(ack))
	_, err = l.answer()
	require.NoError(t, err)

	// Nothing is executed before the confirmation.
	send(t, l, frame1(c.cashIn(700))...)
	silent(t, l)
	send(t, l, enq)
	require.NoError(t, l.expect(ack))
	again, err := l.answer()
	require.NoError(t, err)
	assert.Equal(t, first, again)

	require.NoError(t, l.confirm(), "FFh follows the ACK of an answer")
	send(t, l, enq)
	require.NoError(t, l.expect(nak), "the answer is forgotten")
	assert.Equal(t, uint64(500), c.moneyRegister(t, 242))
	silent(t, l)
}

func TestProtocol1KeepsTheUnconfirmedAnswerOverANewConnection(t *testing.T) {
	t.Parallel()
	r := startRegister(t, "--clock", frozen)
	c := r.connect(t, 1)
	c.operator(t, c.openShift())
	l := c.link.(*link1)
	send(t, l, frame1(c.cashIn(500))...) // without ENQ, as some drivers do
	require.NoError(t, l.expect(ack))
	first, err := l.answer()
	require.NoError(t, err)
	require.NoError(t, l.Close())

	c = r.connect(t, 1)
	l = c.link.(*link1)
	send(t, l, enq)
	require.NoError(t, l.expect(ack))
	again, err := l.answer()
	require.NoError(t, err)
	assert.Equal(t, first, again)
	require.NoError(t, l.confirm())
	assert.Equal(t, uint64(500), c.moneyRegister(t, 242))
}

func TestProtocol1AnswersNAKToABadLRC(t *testing.T) {
	t.Parallel()
	c := linkRegister(t, 1)
	l := c.link.(*link1)
	frame := frame1(c.cashIn(500))
	for i := 2; i < len(frame); i++ { // every byte after the length
		damaged := append([]byte(nil), frame...)
		damaged[i] ^= 0x20
		send(t, l, damaged...)
		require.NoError(t, l.expect(nak), "byte %d damaged", i)
	}
	assert.Equal(t, uint64(0), c.moneyRegister(t, 242))
	c.must(t, c.cashIn(500))
	assert.Equal(t, uint64(500), c.moneyRegister(t, 242))
}

func TestProtocol1IgnoresGarbageBeforeAFrame(t *testing.T) {
	t.Parallel()
	c := linkRegister(t, 1)
	l := c.link.(*link1)
	// Four zero bytes before every STX, as one known driver sends them.
	send(t, l, append([]byte{0, 0, 0, 0}, frame1(c.cashIn(500))...)...)
	require.NoError(t, l.expect(ack))
	_, err := l.answer()
	require.NoError(t, err)
	require.NoError(t, l.confirm())
	assert.Equal(t, uint64(500), c.moneyRegister(t, 242))
}

func TestProtocol1AnswersNAKWhenAFrameStops(t *testing.T) {
	t.Parallel()
	c := linkRegister(t, 1)
	l := c.link.(*link1)
	frame := frame1(c.cashIn(500))
	send(t, l, frame[:len(frame)-3]...)
	require.NoError(t, l.expect(nak), "after the byte time-out")
	assert.Equal(t, uint64(0), c.moneyRegister(t, 242))
}

func TestProtocol2RepeatsTheAnswerToTheSameNumber(t *testing.T) {
	t.Parallel()
	c := linkRegister(t, 2)
	l := c.link.(*link2)
	c.must(t, c.cashIn(500))
	again := appendFrame2(nil, join(little(uint64(l.num), 2), c.cashIn(500)))
	for range 3 {
		send(t, l, again...)
		num, answer, err := l.answer(answerLimit)
		require.NoError(t, err)
		assert.Equal(t, l.num, num)
		assert.Equal(t, []byte{0x50, 0, 30}, answer[:3])
	}
	// Any number but the next one brings the last answer too, and executes nothing.
	for _, num := range []uint16{l.num + 2, l.num - 1, 0x9F8F} {
		send(t, l, appendFrame2(nil, join(little(uint64(num), 2), c.cashIn(500)))...)
		got, answer, err := l.answer(answerLimit)
		require.NoError(t, err)
		assert.Equal(t, l.num, got)
		assert.Equal(t, []byte{0x50, 0, 30}, answer[:3])
	}
	// So does the synchronising frame.
	send(t, l, appendFrame2(nil, nil)...)
	got, answer, err := l.answer(answerLimit)
	require.NoError(t, err)
	assert.Equal(t, l.num, got)
	assert.Equal(t, []byte{0x50, 0, 30}, answer[:3])
	assert.Equal(t, uint64(500), c.moneyRegister(t, 242))
}

func TestProtocol2StartsWithNumberZero(t *testing.T) {
	t.Parallel()
	l := startRegister(t, "--clock", frozen).connect(t, 2).link.(*link2)
	send(t, l, unhex(t, "8f00000f1d")...)
	want := "8f02000000a869" // as a real device answers after its start
	got := make([]byte, 0, len(want)/2)
	for range len(want) / 2 {
		b, err := l.readByte(answerLimit)
		require.NoError(t, err)
		got = append(got, b)
	}
	assert.Equal(t, want, hex.EncodeToString(got))
}

func TestProtocol2DropsDamagedFramesSilently(t *testing.T) {
	t.Parallel()
	c := linkRegister(t, 2)
	l := c.link.(*link2)
	require.NoError(t, l.sync())
	frame := appendFrame2(nil, join(little(uint64(l.num+1), 2), c.cashIn(500)))
	damaged := append([]byte(nil), frame...)
	damaged[7] ^= 0x20
	for name, junk := range map[string][]byte{
		"wrong CRC":          damaged,
		"8Fh inside a frame": frame[:6],
		"bad stuffing":       {0x8F, 0x05, 0x00, 0x9F, 0x00, 0x01},
		"length 1":           appendFrame2(nil, []byte{1}),
		"plain text":         []byte("GET / HTTP/1.1\r\n"),
	} {
		send(t, l, junk...)
		silent(t, l)
		c.must(t, c.with([]byte{0x10}))
		_ = name
	}
	// Garbage right before a frame does not hide it.
	send(t, l, append([]byte{0x00, 0x41, 0xFF}, appendFrame2(nil, join(little(uint64(l.num+1), 2), c.cashIn(500)))...)...)
	l.num++
	num, answer, err := l.answer(answerLimit)
	require.NoError(t, err)
	assert.Equal(t, l.num, num)
	assert.Equal(t, []byte{0x50, 0, 30}, answer[:3])
	assert.Equal(t, uint64(500), c.moneyRegister(t, 242))
}

func TestProtocol2KeepsItsNumberOverANewConnection(t *testing.T) {
	t.Parallel()
	r := startRegister(t, "--clock", frozen)
	c := r.connect(t, 2)
	c.operator(t, c.openShift())
	c.must(t, c.cashIn(500))
	before := c.link.(*link2).num
	require.NoError(t, c.Close())
	c = r.connect(t, 2)
	l := c.link.(*link2)
	require.NoError(t, l.sync())
	assert.Equal(t, before, l.num)
	assert.Equal(t, uint64(500), c.moneyRegister(t, 242))
}

func TestTheLinkProtocolIsSeenFromTheFirstByte(t *testing.T) {
	t.Parallel()
	r := startRegister(t, "--clock", frozen)
	for _, version := range []int{2, 1, 2, 1} {
		c := r.connect(t, version)
		assert.Equal(t, byte(4), c.status(t).mode)
		require.NoError(t, c.Close())
	}
}
