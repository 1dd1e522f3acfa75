package device_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The register of these tests speaks by bytes typed from the protocol's text: it shares no code with the driver.

// h reads hexadecimal digits with spaces.
func h(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func cat(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// frame1 is STX, length, DATA and the XOR of length and DATA.
func frame1(data []byte) []byte {
	lrc := byte(len(data))
	for _, b := range data {
		lrc ^= b
	}
	return cat([]byte{0x02, byte(len(data))}, data, []byte{lrc})
}

// frame2 is 8Fh, then length, number, DATA and CRC-16/CCITT-FALSE with 8Fh and 9Fh stuffed.
func frame2(num uint16, data []byte) []byte {
	body := binary.LittleEndian.AppendUint16(nil, uint16(len(data)+2))
	body = binary.LittleEndian.AppendUint16(body, num)
	body = append(body, data...)
	crc := uint16(0xFFFF)
	for _, b := range body {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	body = binary.LittleEndian.AppendUint16(body, crc)
	out := []byte{0x8F}
	for _, b := range body {
		switch b {
		case 0x8F:
			out = append(out, 0x9F, 0x81)
		case 0x9F:
			out = append(out, 0x9F, 0x83)
		default:
			out = append(out, b)
		}
	}
	return out
}

// wire is one end of a stream with unlimited room, so that neither end waits for the other to read. It has no
// deadlines. Closing one end closes both.
type wire struct{ in, out *queue }

type queue struct {
	mu     sync.Mutex
	filled sync.Cond
	bytes  []byte
	closed bool
}

func newWire() (host, register *wire) {
	a, b := new(queue), new(queue)
	a.filled.L, b.filled.L = &a.mu, &b.mu
	return &wire{a, b}, &wire{b, a}
}

func (w *wire) Read(p []byte) (int, error) {
	w.in.mu.Lock()
	defer w.in.mu.Unlock()
	for len(w.in.bytes) == 0 && !w.in.closed {
		w.in.filled.Wait()
	}
	if len(w.in.bytes) == 0 {
		return 0, io.EOF
	}
	n := copy(p, w.in.bytes)
	w.in.bytes = w.in.bytes[n:]
	return n, nil
}

func (w *wire) Write(p []byte) (int, error) {
	w.out.mu.Lock()
	defer w.out.mu.Unlock()
	if w.out.closed {
		return 0, io.ErrClosedPipe
	}
	w.out.bytes = append(w.out.bytes, p...)
	w.out.filled.Broadcast()
	return len(p), nil
}

func (w *wire) Close() error {
	for _, q := range []*queue{w.in, w.out} {
		q.mu.Lock()
		q.closed = true
		q.filled.Broadcast()
		q.mu.Unlock()
	}
	return nil
}

// script plays the register's end of a conversation byte for byte: each line begins with < (what the host must say
// next) or > (what the register says then). Afterwards it says nothing more. The returned function waits for the end
// and fails the test if the conversation went otherwise.
func script(t *testing.T, end io.ReadWriter, lines ...string) (finished func()) {
	t.Helper()
	result := make(chan string, 1)
	go func() {
		for i, line := range lines {
			b := h(line[1:])
			if line[0] == '>' {
				if _, err := end.Write(b); err != nil {
					result <- fmt.Sprintf("line %d %s: %v", i, line, err)
					return
				}
				continue
			}
			got := make([]byte, len(b))
			if n, err := io.ReadFull(end, got); err != nil || string(got) != string(b) {
				result <- fmt.Sprintf("line %d %s: the host said %x (%v)", i, line, got[:n], err)
				return
			}
		}
		result <- ""
	}()
	return func() {
		t.Helper()
		assert.Empty(t, <-result)
	}
}

// says and hears write lines of a script.
func says(b ...[]byte) string  { return ">" + hex.EncodeToString(cat(b...)) }
func hears(b ...[]byte) string { return "<" + hex.EncodeToString(cat(b...)) }

// greeting1 is how a conversation begins with a register fixed to protocol 1: the sync of protocol 2 is refused, then
// FCh is asked and answered as a real РИТЕЙЛ-01Ф does (log in an issue of the vendor's driver).
func greeting1(then ...string) []string {
	return append([]string{
		"<8F 00 00 0F 1D", ">15",
		"<05", ">15", "<02 01 FC FD", ">06", ">0212fc000000010e1600d0c8d2c5c9cb2d3031d402", "<06",
	}, then...)
}

// greeting2 is the same in protocol 2: sync, the answer that nothing was executed yet (as a real device gives it after
// start), sync again to learn the number, FCh as number 1 (log of a real ШТРИХ-НАНО-Ф).
func greeting2(then ...string) []string {
	return append([]string{
		"<8f00000f1d", ">8f02000000a869", "<8f00000f1d", ">8f02000000a869",
		"<8f03000100fc7de6", ">8f16000100fc000000010e9800d8d2d0c8d52dcdc0cdce2dd4ca9f81",
	}, then...)
}
