package blackbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"go.bug.st/serial"
)

const (
	enq = 0x05
	stx = 0x02
	ack = 0x06
	nak = 0x15

	// Real devices react within 1-16 ms and finish a command within seconds; a
	// loaded test machine gets much more before a test fails.
	answerLimit = 20 * time.Second
	// quiet is how long silence has to last before it counts.
	quiet = 250 * time.Millisecond
)

var errSilence = errors.New("silence")

// line is bytes in both directions with a limit on waiting.
type line interface {
	io.WriteCloser
	readByte(limit time.Duration) (byte, error)
}

type tcpLine struct{ net.Conn }

func (l tcpLine) readByte(limit time.Duration) (byte, error) {
	if err := l.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return 0, err
	}
	var b [1]byte
	_, err := io.ReadFull(l.Conn, b[:])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, errSilence
	}
	return b[0], err
}

type serialLine struct{ serial.Port }

func (l serialLine) readByte(limit time.Duration) (byte, error) {
	if err := l.SetReadTimeout(limit); err != nil {
		return 0, err
	}
	var b [1]byte
	n, err := l.Read(b[:])
	if err == nil && n == 0 { // this library reports a time-out so
		return 0, errSilence
	}
	return b[0], err
}

// link carries one command and brings its answer.
type link interface {
	io.Closer
	exchange(command []byte) ([]byte, error)
}

// link1 is the host side of protocol 1.0.
type link1 struct {
	line
	extraFF bool // the device sends one byte FFh after the ACK of an answer (over TCP)
}

func (l *link1) exchange(command []byte) ([]byte, error) {
	if err := l.ready(); err != nil {
		return nil, err
	}
	if _, err := l.Write(frame1(command)); err != nil {
		return nil, err
	}
	if err := l.expect(ack); err != nil {
		return nil, fmt.Errorf("after the command: %w", err)
	}
	answer, err := l.answer()
	if err != nil {
		return nil, err
	}
	return answer, l.confirm()
}

// ready sends ENQ until the device waits for a command, fetching what it still has.
func (l *link1) ready() error {
	for range 10 {
		if _, err := l.Write([]byte{enq}); err != nil {
			return err
		}
		b, err := l.readByte(answerLimit)
		switch {
		case err != nil:
			return fmt.Errorf("after ENQ: %w", err)
		case b == nak:
			return nil
		case b != ack:
			return fmt.Errorf("after ENQ: %02Xh", b)
		}
		if _, err := l.answer(); err != nil {
			return err
		}
		if err := l.confirm(); err != nil {
			return err
		}
	}
	return errors.New("the device is never ready")
}

// answer reads one frame and checks it.
func (l *link1) answer() ([]byte, error) {
	if err := l.expect(stx); err != nil {
		return nil, fmt.Errorf("before the answer: %w", err)
	}
	n, err := l.readByte(answerLimit)
	if err != nil {
		return nil, err
	}
	b := []byte{n}
	for range int(n) + 1 {
		v, err := l.readByte(answerLimit)
		if err != nil {
			return nil, err
		}
		b = append(b, v)
	}
	if lrc(b) != 0 {
		return nil, fmt.Errorf("LRC of the answer % X", b)
	}
	return b[1 : len(b)-1], nil
}

func (l *link1) confirm() error {
	if _, err := l.Write([]byte{ack}); err != nil {
		return err
	}
	if !l.extraFF {
		return nil
	}
	return l.expect(0xFF)
}

func (l *link1) expect(want byte) error {
	b, err := l.readByte(answerLimit)
	if err == nil && b != want {
		err = fmt.Errorf("%02Xh instead of %02Xh", b, want)
	}
	return err
}

// frame1 is STX, length, data, LRC.
func frame1(data []byte) []byte {
	b := append([]byte{byte(len(data))}, data...)
	return append(append([]byte{stx}, b...), lrc(b))
}

// link2 is the host side of protocol 2.0.
type link2 struct {
	line
	synced bool
	num    uint16 // of the last command
}

func (l *link2) exchange(command []byte) ([]byte, error) {
	if err := l.sync(); err != nil {
		return nil, err
	}
	l.num++
	if _, err := l.Write(appendFrame2(nil, join(little(uint64(l.num), 2), command))); err != nil {
		return nil, err
	}
	num, answer, err := l.answer(answerLimit)
	if err == nil && num != l.num {
		err = fmt.Errorf("answer number %d to command %d", num, l.num)
	}
	return answer, err
}

// sync learns the number of the last command, once.
func (l *link2) sync() error {
	if l.synced {
		return nil
	}
	if _, err := l.Write(appendFrame2(nil, nil)); err != nil {
		return err
	}
	num, _, err := l.answer(answerLimit)
	l.num, l.synced = num, err == nil
	return err
}

// answer reads one frame: 8Fh, length, number, data, CRC, everything after 8Fh stuffed.
func (l *link2) answer(limit time.Duration) (num uint16, data []byte, err error) {
	b, err := l.readByte(limit)
	if err != nil {
		return 0, nil, err
	}
	if b != 0x8F {
		return 0, nil, fmt.Errorf("%02Xh instead of 8Fh", b)
	}
	head, err := l.unstuffed(2)
	if err != nil {
		return 0, nil, err
	}
	n := int(number(head))
	if n < 2 {
		return 0, nil, fmt.Errorf("answer of length %d", n)
	}
	rest, err := l.unstuffed(n + 2)
	if err != nil {
		return 0, nil, err
	}
	body := join(head, rest[:n])
	if got := uint16(number(rest[n:])); got != crc16(body) {
		return 0, nil, fmt.Errorf("CRC %04X of the answer % X", got, body)
	}
	return uint16(number(rest[:2])), rest[2:n], nil
}

func (l *link2) unstuffed(n int) ([]byte, error) {
	var b []byte
	for range n {
		v, err := l.readByte(answerLimit)
		if err != nil {
			return nil, err
		}
		switch v {
		case 0x8F:
			return nil, errors.New("8Fh inside a frame")
		case 0x9F:
			code, err := l.readByte(answerLimit)
			if err != nil {
				return nil, err
			}
			switch code {
			case 0x81:
				v = 0x8F
			case 0x83:
				v = 0x9F
			default:
				return nil, fmt.Errorf("9Fh before %02Xh", code)
			}
		}
		b = append(b, v)
	}
	return b, nil
}

// appendFrame2 frames number and data together; nil is the synchronising frame.
func appendFrame2(dst, body []byte) []byte {
	plain := join(little(uint64(len(body)), 2), body)
	plain = append(plain, little(uint64(crc16(plain)), 2)...)
	stuffed := bytes.ReplaceAll(plain, []byte{0x9F}, []byte{0x9F, 0x83})
	stuffed = bytes.ReplaceAll(stuffed, []byte{0x8F}, []byte{0x9F, 0x81})
	return append(append(dst, 0x8F), stuffed...)
}

// dialTCP opens a link of the version over TCP.
func (r *register) dialTCP(version int) (link, error) {
	conn, err := r.dial()
	if err != nil {
		return nil, err
	}
	return newLink(tcpLine{conn}, version, true), nil
}

// openPTY opens a link of the version over the pseudo-terminal, as a serial port.
func (r *register) openPTY(version int) (link, error) {
	port, err := serial.Open(r.pty, &serial.Mode{BaudRate: 115200})
	if err != nil {
		return nil, err
	}
	return newLink(serialLine{port}, version, false), nil
}

func newLink(l line, version int, extraFF bool) link {
	if version == 1 {
		return &link1{line: l, extraFF: extraFF}
	}
	return &link2{line: l}
}
