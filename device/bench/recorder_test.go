package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

// line plays exchanges into a recorder, on a clock of its own.
type line struct {
	*Recorder
	now time.Time
}

func newLine() *line {
	return &line{NewRecorder(), time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
}

func (l *line) idle(d time.Duration) { l.now = l.now.Add(d) }

func (l *line) play(took time.Duration, c shtrih.Command, result shtrih.Result, payload ...byte) {
	data := c.AppendTo(nil)
	l.exchange(device.Exchange{
		Command: c.Code(), Data: data, Answer: shtrih.AppendAnswer(nil, c.Code(), result, payload), Started: l.now, Took: took,
	})
	l.idle(took)
}

func (l *line) poll(took time.Duration, s shtrih.Submode) {
	l.play(took, shtrih.ShortStatus{Password: 30}, shtrih.OK, shtrih.ShortStatusReply{Submode: s}.AppendTo(nil)...)
}

func TestClosingCommandsAreTheTimeOfTheStorage(t *testing.T) {
	l := newLine()
	l.play(10, shtrih.OpenReceipt{Password: 30}, shtrih.OK, 30)
	l.play(400, shtrih.CloseReceipt{Password: 30}, shtrih.OK)
	l.play(500, shtrih.CloseReceiptV3{Password: 30}, shtrih.OK)
	require.Equal(t, time.Duration(900), l.storage)
	require.Equal(t, time.Duration(10), l.other)
	require.Zero(t, l.printing)
	require.Equal(t, []time.Duration{400}, l.commands[shtrih.CloseReceiptCode])
}

func TestPrintingLastsFromItsFirstSignToItsEnd(t *testing.T) {
	l := newLine()
	l.play(100, shtrih.CloseReceipt{Password: 30}, shtrih.OK)
	l.play(5, shtrih.RequestDocument{Password: 30, Document: 3}, shtrih.Printing)
	l.poll(5, shtrih.SubmodePrinting)
	l.idle(100)
	l.poll(5, shtrih.SubmodePrinting)
	l.idle(100)
	l.poll(5, shtrih.SubmodeReady)
	l.play(7, shtrih.RequestDocument{Password: 30, Document: 3}, shtrih.OK, 3, 0, 1, 0)
	require.Equal(t, time.Duration(5+5+100+5+100+5), l.printing)
	require.Equal(t, time.Duration(100), l.storage)
	require.Equal(t, time.Duration(7), l.other, "polls while printing are not other commands")
	require.Equal(t, 1, l.waits)
	require.Equal(t, []time.Duration{7}, l.commands[shtrih.RequestDocumentCode], "a refusal to wait is no latency")
	require.Empty(t, l.commands[shtrih.ShortStatusCode])
}

func TestAStatusOfAnIdleRegisterIsACommandLikeOthers(t *testing.T) {
	l := newLine()
	l.poll(5, shtrih.SubmodeReady)
	require.Equal(t, []time.Duration{5}, l.commands[shtrih.ShortStatusCode])
	require.Zero(t, l.printing)
}

func TestRepeatsOfBothProtocolsAreCounted(t *testing.T) {
	frame1 := shtrih.AppendFrame1(nil, []byte{0x10, 30, 0, 0, 0})
	frame2 := shtrih.AppendFrame2(nil, 1, []byte{0x10, 30, 0, 0, 0})
	for name, c := range map[string]struct {
		sent [][]byte
		want int
	}{
		"protocol 1":                    {[][]byte{{shtrih.ENQ}, frame1, {shtrih.ACK}}, 0},
		"protocol 1, frame refused":     {[][]byte{{shtrih.ENQ}, frame1, {shtrih.ENQ}, frame1, {shtrih.ACK}}, 1},
		"protocol 1, answer damaged":    {[][]byte{{shtrih.ENQ}, frame1, {shtrih.NAK}, {shtrih.ENQ}, {shtrih.ACK}}, 1},
		"protocol 1, answer cut":        {[][]byte{{shtrih.ENQ}, frame1, {shtrih.NAK, shtrih.ENQ}, {shtrih.ACK}}, 1},
		"protocol 1, silence":           {[][]byte{{shtrih.ENQ}, {shtrih.ENQ}, {shtrih.ENQ}, frame1, {shtrih.ACK}}, 2},
		"protocol 2":                    {[][]byte{frame2}, 0},
		"protocol 2, number not known":  {[][]byte{shtrih.AppendSync2(nil), frame2}, 0},
		"protocol 2, frame lost twice":  {[][]byte{frame2, frame2, frame2}, 2},
		"protocol 2, sync and frame up": {[][]byte{shtrih.AppendSync2(nil), shtrih.AppendSync2(nil), frame2, frame2}, 2},
	} {
		l := newLine()
		for _, b := range c.sent {
			l.bytes(device.ToRegister, b)
		}
		l.poll(1, shtrih.SubmodeReady)
		require.Equal(t, c.want, l.retries, name)
	}
}

func TestWireCountsPayloadAndAllBytesOfBothWays(t *testing.T) {
	l := newLine()
	l.bytes(device.ToRegister, make([]byte, 9))
	l.bytes(device.FromRegister, make([]byte, 20))
	l.bytes(device.ToRegister, make([]byte, 1))
	l.exchange(device.Exchange{Command: shtrih.ShortStatusCode, Data: make([]byte, 5), Answer: make([]byte, 10), Started: l.now})
	require.Equal(t, Wire{Commands: 5, Answers: 10, Sent: 10, Received: 20}, l.wire)
	require.Equal(t, 0.5, l.wire.Efficiency())
	require.Equal(t, 0.5, l.wire.ToRegister())
	require.Equal(t, 0.5, l.wire.FromRegister())
	require.Zero(t, Wire{}.Efficiency())
}

func TestCommandsWithoutAnAnswerAreCountedApart(t *testing.T) {
	l := newLine()
	l.exchange(device.Exchange{Command: shtrih.CloseReceiptCode, Data: make([]byte, 71), Started: l.now, Took: 3, Err: device.ErrNoLink})
	require.Equal(t, 1, l.failures)
	require.Empty(t, l.commands)
}
