package blackbox

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The byte client is held to recordings of real devices (published logs of the
// vendor's driver and of users), so that it is not merely tuned to our register.

// replay is a device that answers each exact frame with the recorded one.
type replay struct {
	answers map[string][]byte // by the hex of the host's bytes
	pending []byte
}

func (r *replay) Write(b []byte) (int, error) {
	answer, ok := r.answers[hex.EncodeToString(b)]
	if !ok {
		return 0, errors.New("the device has never seen " + hex.EncodeToString(b))
	}
	r.pending = append(r.pending, answer...)
	return len(b), nil
}

func (r *replay) readByte(time.Duration) (byte, error) {
	if len(r.pending) == 0 {
		return 0, errSilence
	}
	b := r.pending[0]
	r.pending = r.pending[1:]
	return b, nil
}

func (r *replay) Close() error { return nil }

// device1 replays protocol 1.0: request and answer as hex of whole frames.
func device1(t *testing.T, exchanges map[string]string) *client {
	t.Helper()
	r := &replay{answers: map[string][]byte{"05": {nak}, "06": nil}}
	for request, answer := range exchanges {
		r.answers[request] = append([]byte{ack}, unhex(t, answer)...)
	}
	return newClient(&link1{line: r})
}

func TestTheByteClientSpeaksWithRecordedDevicesOfProtocol1(t *testing.T) {
	t.Parallel()
	c := device1(t, map[string]string{
		"0201fcfd":             "0212fc000000010e1600d0c8d2c5c9cb2d3031d402",
		"0202f701f4":           "0227f7005aa0400320ec31000c18010c100000000000001e0000000006ff003040b603121318111119bf",
		"0205101e0000000b":     "021010001e92022800019f2c00000075022447",
		"0205111e0000000a":     "023011001e54331c1c110c1901da009202040002574100000101100e011a0d2f040086450000590000000000128c86420200e6",
		"0205e01e000000fb":     "0203e0001efd",
		"02068d1e0000000297":   "02028d73fc",
		"02071a1e000000d910ca": "02091a001e0000000000000d",
		"0225ff461e0000000240420f00000010270000001027000000e803000000cb010121d2eee2e0f042": "0203ff4600ba",
		"0212ff4d1e0000000e0508000300000000000000be":                                       "0203ff4d00b1",
	})

	assert.Equal(t, "РИТЕЙЛ-01Ф", fromCP1251(c.must(t, []byte{0xFC})[6:]))
	model := c.must(t, []byte{0xF7, 1})
	assert.Len(t, model, 37)
	assert.Equal(t, uint64(0x0031EC200340A05A), number(model[:8]))
	assert.Equal(t, []byte{18, 19, 24, 17, 17, 25}, model[31:])
	s := c.status(t)
	assert.Equal(t, short{flags: 0x0292, mode: 0x28, items: 1, previous: 2, lastPrint: -1}, s)
	checkFlags(t, s.flags)
	full := c.must(t, c.with([]byte{0x11}))
	assert.Len(t, full, 46)
	assert.Equal(t, []byte{14, 1, 26, 13, 47, 4}, full[23:29], "date and time")
	assert.Equal(t, uint64(17798), number(full[30:34]), "serial number")
	assert.Equal(t, uint64(89), number(full[34:36]), "last closed shift")
	assert.Equal(t, uint64(9706048530), number(full[40:46]), "INN")
	c.operator(t, c.openShift())
	c.refused(t, 0x73, c.openReceipt(saleReturnReceipt))
	assert.Equal(t, uint64(0), c.moneyRegister(t, 0x10D9))
	c.must(t, c.item(item{2, 1_000_000, 10_000, 10_000, 1_000, 0xCB, 1, 1, 0x21, "Товар"}))
	c.must(t, c.with([]byte{0xFF, 0x4D}, unhex(t, "0e0508000300000000000000")))
}

func TestTheByteClientReadsRecordedAnswersOfProtocol2(t *testing.T) {
	t.Parallel()
	r := &replay{answers: map[string][]byte{
		"8f00000f1d":       unhex(t, "8f02000000a869"),
		"8f03000100fc7de6": unhex(t, "8f16000100fc000000010e9800d8d2d0c8d52dcdc0cdce2dd4ca9f81"),
	}}
	c := newClient(&link2{line: r})
	assert.Equal(t, "ШТРИХ-НАНО-Ф", fromCP1251(c.must(t, []byte{0xFC})[6:]))

	// FF01h: registered, shift open, ФД 18; the recording starts at number 3.
	l := &link2{line: &replay{pending: unhex(t, "8f23000300ff010003000001001305050b3739393939303738393030303132393535120000002af7")}}
	num, answer, err := l.answer(time.Second)
	require.NoError(t, err)
	assert.Equal(t, uint16(3), num)
	assert.Len(t, answer, 33)
	assert.Equal(t, []byte{3, 0, 0, 1, 0, 19, 5, 5, 11, 55}, answer[3:13])
	assert.True(t, bytes.Equal([]byte("9999078900012955"), answer[13:29]))
	assert.Equal(t, uint64(18), number(answer[29:]))

	request := appendFrame2(nil, join(little(0x15, 2), (&client{password: 1}).openReceipt(saleReceipt)))
	assert.Equal(t, "8f080015008d01000000004aee", hex.EncodeToString(request))
}
