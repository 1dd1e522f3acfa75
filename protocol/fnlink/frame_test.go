package fnlink_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/openkkt/openkkt/protocol/fnlink"
)

// vector is a row of testdata/fn/vectors.json.
type vector struct{ Kind, Name, Hex, Expect, Source string }

func frameVectors(tb testing.TB) (frames [][]byte) {
	tb.Helper()
	data, err := os.ReadFile("../../testdata/fn/vectors.json")
	if err != nil {
		tb.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil {
		tb.Fatal(err)
	}
	for _, v := range vectors {
		if v.Kind != "fnframe" && v.Kind != "fnframe-synthetic" {
			continue
		}
		frame, err := hex.DecodeString(v.Hex)
		if err != nil {
			tb.Fatal(err)
		}
		frames = append(frames, frame)
	}
	if len(frames) != 14 {
		tb.Fatalf("%d frame vectors, want 14", len(frames))
	}
	return frames
}

func TestFramesFromOutsideParseAndEncodeToTheSameBytes(t *testing.T) {
	for _, frame := range frameVectors(t) {
		body, rest, err := fnlink.ParseFrame(append(bytes.Clone(frame), 0x04))
		if err != nil || !bytes.Equal(rest, []byte{0x04}) {
			t.Fatalf("%x: rest %x, %v", frame, rest, err)
		}
		if got := fnlink.AppendFrame(nil, body); !bytes.Equal(got, frame) {
			t.Errorf("%x encoded as %x", frame, got)
		}
	}
}

// The commands of the vectors, which come from a program that is not ours.
func TestCommandsEncodeAsThoseFromOutside(t *testing.T) {
	for frame, c := range map[string]fnlink.Command{
		"04010030ffcd":         fnlink.Status{},
		"04010046aed3":         fnlink.ReadDocument{},
		"04010032bded":         fnlink.Validity{},
		"040100066a9b":         fnlink.Cancel{},
		"04010020cedf":         fnlink.ExchangeStatus{},
		"04010012dfc9":         fnlink.OpenShift{},
		"0401001419a9":         fnlink.CloseShift{},
		"040100109de9":         fnlink.ShiftState{},
		"0405004001000000b5ef": fnlink.FindDocument{Document: 1},
		"0405004501000000e2cc": fnlink.RequestDocument{Document: 1},
	} {
		got := hex.EncodeToString(fnlink.AppendFrame(nil, c.AppendTo(nil)))
		if got != frame {
			t.Errorf("%v: %s, want %s", c.Code(), got, frame)
		}
	}
}

func TestAnswerFromOutsideTellsNumberAndWarning(t *testing.T) {
	for frame, want := range map[string]bool{
		"0411000039393939303738393030303035343838f5b5": false,
		"0411008039393939303738393030303035343838fd45": true,
	} {
		b, _ := hex.DecodeString(frame)
		body, _, err := fnlink.ParseFrame(b)
		if err != nil {
			t.Fatal(err)
		}
		code, warning, _, err := fnlink.ParseAnswer(body)
		if code != fnlink.OK || warning != want || err != nil {
			t.Errorf("code %v, warning %v, %v", code, warning, err)
		}
		var number fnlink.NumberReply
		if err := fnlink.Decode(body, &number); err != nil || number.Number.String() != "9999078900005488" {
			t.Errorf("number %v, %v", number.Number, err)
		}
	}
}

func TestFrameCutShortIsIncomplete(t *testing.T) {
	for _, frame := range frameVectors(t) {
		for n := range len(frame) {
			requireFrameError(t, frame[:n], 0, fnlink.ErrIncomplete)
		}
	}
}

func TestFrameErrorsNameTheByte(t *testing.T) {
	requireFrameError(t, []byte{0x05}, 0, fnlink.ErrStart)
	requireFrameError(t, []byte{0x04, 0, 0}, 1, fnlink.ErrLength)
	requireFrameError(t, []byte{0x04, 0x02, 0x06}, 1, fnlink.ErrLength) // 1538
	for _, frame := range frameVectors(t) {
		for i := 3; i < len(frame); i++ {
			bad := bytes.Clone(frame)
			bad[i] ^= 0x10
			requireFrameError(t, bad, len(frame)-2, fnlink.ErrChecksum)
		}
	}
}

func TestLongestFrame(t *testing.T) {
	body := make([]byte, fnlink.MaxData+1)
	frame := fnlink.AppendFrame(nil, body)
	if len(frame) != 1542 { // the largest packet, FNS ККТ–ФН 1.2.06, section 2.4
		t.Errorf("%d bytes", len(frame))
	}
	if got, _, err := fnlink.ParseFrame(frame); err != nil || !bytes.Equal(got, body) {
		t.Error(err)
	}
	for _, n := range []int{0, fnlink.MaxData + 2} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a body of %d bytes was framed", n)
				}
			}()
			fnlink.AppendFrame(nil, make([]byte, n))
		}()
	}
}

func requireFrameError(t *testing.T, in []byte, offset int, want error) {
	t.Helper()
	_, _, err := fnlink.ParseFrame(in)
	frameError := asFrameError(err)
	if frameError == nil || frameError.Err != want || frameError.Offset != offset {
		t.Fatalf("%x: %v, want byte %d: %v", in, err, offset, want)
	}
}

func FuzzParseFrame(f *testing.F) {
	for _, frame := range frameVectors(f) {
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		body, rest, err := fnlink.ParseFrame(in)
		if err != nil {
			return
		}
		if got := append(fnlink.AppendFrame(nil, body), rest...); !bytes.Equal(got, in) {
			t.Fatalf("%x parsed and encoded is %x", in, got)
		}
	})
}
