package shtrih

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

// The two functions below repeat the frame rules as plainly as they can be
// written, without this package: the oracle of the fuzz targets.

// plainFrame1 is the only frame of version 1 with these DATA.
func plainFrame1(data []byte) []byte {
	frame := append([]byte{0x02, byte(len(data))}, data...)
	var lrc byte
	for _, b := range frame[1:] {
		lrc ^= b
	}
	return append(frame, lrc)
}

// plainFrame2 is the only frame of version 2 with this number and these DATA.
func plainFrame2(num uint16, data []byte) []byte {
	size := len(data) + 2
	body := append([]byte{byte(size), byte(size >> 8), byte(num), byte(num >> 8)}, data...)
	crc := uint16(0xFFFF)
	for _, b := range body {
		for bit := 7; bit >= 0; bit-- {
			top := crc>>15 ^ uint16(b>>bit)&1
			crc <<= 1
			if top == 1 {
				crc ^= 0x1021
			}
		}
	}
	frame := []byte{0x8F}
	for _, b := range append(body, byte(crc), byte(crc>>8)) {
		switch b {
		case 0x8F:
			frame = append(frame, 0x9F, 0x81)
		case 0x9F:
			frame = append(frame, 0x9F, 0x83)
		default:
			frame = append(frame, b)
		}
	}
	return frame
}

func seedFrames(f *testing.F) {
	for _, v := range loadVectors(f) {
		for _, s := range []string{v.Request, v.Answer} {
			if s != "" {
				f.Add(unhex(f, s))
			}
		}
	}
}

func FuzzFrame1(f *testing.F) {
	seedFrames(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		data, n, err := ParseFrame1(b)
		if err == nil {
			if again := AppendFrame1(nil, data); !bytes.Equal(again, b[:n]) {
				t.Fatalf("%x reads as %x, which is written %x", b[:n], data, again)
			}
			if !bytes.Equal(plainFrame1(data), b[:n]) {
				t.Fatalf("%x was taken for a frame", b[:n])
			}
		}
		if len(b) == 0 || len(b) > MaxData1 {
			return
		}
		frame := AppendFrame1(nil, b)
		if !bytes.Equal(frame, plainFrame1(b)) {
			t.Fatalf("frame %x", frame)
		}
		if data, n, err := ParseFrame1(append(frame, 0xAA)); err != nil || n != len(frame) || !bytes.Equal(data, b) {
			t.Fatalf("%x came back as %x, %d, %v", b, data, n, err)
		}
		for cut := range len(frame) {
			if _, _, err := ParseFrame1(frame[:cut]); !errors.Is(err, ErrIncomplete) {
				t.Fatalf("%x: %v", frame[:cut], err)
			}
		}
	})
}

func FuzzFrame2(f *testing.F) {
	seedFrames(f)
	f.Add([]byte{Mark, Escape, Mark, 0, Escape})
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, _, n, err := ParseFrame2(nil, b)
		if err == nil {
			again := AppendFrame2(nil, frame.Num, frame.Data)
			if frame.Sync {
				again = AppendSync2(nil)
			} else if !bytes.Equal(plainFrame2(frame.Num, frame.Data), b[:n]) {
				t.Fatalf("%x was taken for a frame", b[:n])
			}
			if !bytes.Equal(again, b[:n]) {
				t.Fatalf("%x reads as %+v, which is written %x", b[:n], frame, again)
			}
		}
		if len(b) > MaxData2 {
			return
		}
		num := uint16(len(b)) * 0x8F1F
		whole := AppendFrame2(nil, num, b)
		if !bytes.Equal(whole, plainFrame2(num, b)) {
			t.Fatalf("frame %x", whole)
		}
		got, buf, n, err := ParseFrame2(nil, append(whole, 0xAA))
		if err != nil || n != len(whole) || got.Num != num || !bytes.Equal(got.Data, b) {
			t.Fatalf("%x came back as %+v, %d, %v", b, got, n, err)
		}
		for cut := 0; cut < len(whole); cut += 1 + len(whole)/64 {
			if _, _, _, err := ParseFrame2(buf, whole[:cut]); !errors.Is(err, ErrIncomplete) {
				t.Fatalf("%x: %v", whole[:cut], err)
			}
		}
	})
}

// A link fed by arbitrary bytes runs no command whose frame did not come whole
// and undamaged, and pieces make no difference.
func FuzzDeviceLink(f *testing.F) {
	seedFrames(f)
	f.Add([]byte("\x05\x02\x01\xfc\xfd\x05\x06\x05"))
	f.Add([]byte("\x8f\x03\x00\x01\x00\xfc\x7d\xe6\x8f\x00\x00\x0f\x1d"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4096 {
			return
		}
		whole, single := NewDeviceLink(DeviceOptions{}), NewDeviceLink(DeviceOptions{})
		out := whole.Input(nil, b)
		var out1 []byte
		for i := range b {
			out1 = single.Input(out1, b[i:i+1])
		}
		data, ok := whole.Command()
		data1, ok1 := single.Command()
		if !bytes.Equal(out, out1) || ok != ok1 || !bytes.Equal(data, data1) || whole.Waiting() != single.Waiting() {
			t.Fatalf("in one piece: %x %x, byte by byte: %x %x", out, data, out1, data1)
		}

		// With commands answered at once, and a time-out for each FFh byte.
		l := NewDeviceLink(DeviceOptions{FFAfterAck: true, NAKJunk: true})
		for i := range b {
			out = l.Input(out[:0], b[i:i+1])
			if data, ok := l.Command(); ok {
				frame := plainFrame1(data)
				if l.Version() == V2 {
					frame = plainFrame2(l.num, data)
				}
				if !bytes.HasSuffix(b[:i+1], frame) {
					t.Fatalf("%x was run after %x", data, b[:i+1])
				}
				out = l.Answer(out, []byte{0xFC, 0x37})
			}
			if b[i] == 0xFF && l.Waiting() {
				out = l.Expire(out)
			}
			if len(out) > 2*65540 {
				t.Fatalf("%d bytes for one", len(out))
			}
		}
	})
}

// The register's bytes are as hostile to the host: it ends or waits, and takes
// no answer whose frame was damaged.
func FuzzHostLink(f *testing.F) {
	seedFrames(f)
	f.Add([]byte("\x15\x06\x02\x02\xfc\x37\xc9"))
	f.Add([]byte("\x8f\x02\x00\x00\x00\xa8\x69\x8f\x03\x00\x01\x00\xfc\x7d\xe6"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, version := range []Version{V1, V2} {
			l := NewHostLink(HostOptions{Version: version})
			out, err := l.Start(nil, []byte{0xFC})
			if err != nil {
				t.Fatal(err)
			}
			for i := range b {
				out = l.Input(out[:0], b[i:i+1])
				if data, ok := l.Answer(); ok {
					frame := plainFrame1(data)
					if version == V2 {
						frame = plainFrame2(l.num, data)
					}
					if !bytes.HasSuffix(b[:i+1], frame) {
						t.Fatalf("%x was taken for an answer after %x", data, b[:i+1])
					}
				}
				if b[i] == 0xFF {
					out = l.Expire(out)
				}
				if l.Done() {
					break
				}
			}
			for n := 0; !l.Done(); n++ {
				if n > 100 {
					t.Fatal("the command does not end")
				}
				out = l.Expire(out[:0])
			}
		}
	})
}

// shortest gives the shortest parameters and the shortest payload that the
// command takes, zeros where it may.
func shortest(tb testing.TB, c Code) (command, answer []byte) {
	tb.Helper()
	for {
		if c == WriteBufferCode && len(command) > writeBufferHead {
			command[writeBufferHead-1] = 1
		}
		if _, err := kinds[c].parse(command); err == nil {
			break
		}
		if command = append(command, 0); len(command) > MaxData1 {
			tb.Fatalf("%s takes no parameters", c)
		}
	}
	for kinds[c].reply().Parse(answer) != nil {
		if answer = append(answer, 0); len(answer) > MaxData1 {
			tb.Fatalf("%s takes no answer", c)
		}
	}
	return command, answer
}

func seedData(f *testing.F) {
	for _, v := range loadVectors(f) {
		for _, s := range []string{v.Request, v.Answer} {
			if s != "" {
				f.Add(v.data(f, s))
			}
		}
	}
	for c := range kinds {
		command, answer := shortest(f, c)
		f.Add(append(AppendCode(nil, c), command...))
		f.Add(AppendAnswer(nil, c, OK, answer))
	}
}

func FuzzCommand(f *testing.F) {
	seedData(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		AppendDescription(nil, data)
		c, err := ParseCommand(data)
		if err != nil {
			return
		}
		if again := c.AppendTo(nil); !bytes.Equal(again, data) {
			t.Fatalf("%x reads as %+v, which is written %x", data, c, again)
		}
		if k, ok := c.(Checker); ok && k.Check() != nil {
			t.Fatalf("%+v was read and does not fit", c)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	seedData(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		AppendAnswerDescription(nil, data)
		code, _, ok := SplitCode(data)
		if !ok {
			return
		}
		result, payload, err := SplitAnswer(code, data)
		if err != nil {
			return
		}
		if result == OK && !bytes.Equal(AppendAnswer(nil, code, result, payload), data) {
			t.Fatalf("%x is written otherwise", data)
		}
		r, ok := NewReply(code)
		if !ok || r.Parse(payload) != nil {
			return
		}
		again := r.(interface{ AppendTo([]byte) []byte }).AppendTo(nil)
		if code != TableStructureCode && code != FieldStructureCode {
			if !bytes.Equal(again, payload) {
				t.Fatalf("%x reads as %+v, which is written %x", payload, r, again)
			}
			return
		}
		// What follows the first 00 of a name is lost.
		r2, _ := NewReply(code)
		if err := r2.Parse(again); err != nil || !reflect.DeepEqual(r, r2) {
			t.Fatalf("%x reads as %+v, written and read again as %+v, %v", payload, r, r2, err)
		}
	})
}
