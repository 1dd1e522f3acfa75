package shtrih

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A script is lines of what happens to a link and what must come of it:
//
//	> 05      bytes from the host
//	< 15      bytes from the register
//	= FC      the command that becomes ready, at the register
//	! FC 00   the answer that the register's caller hands in
//	time      the time-out that must run passes
//	power, unlock
//	start FC  the host begins a command; done FC 00, nolink, unknown end it
//
// Text after # is a remark.
type step struct{ verb, arg string }

func steps(script string) []step {
	var all []step
	for line := range strings.Lines(script) {
		line, _, _ = strings.Cut(line, "#")
		verb, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
		if verb != "" {
			all = append(all, step{verb, strings.ReplaceAll(strings.ToLower(arg), " ", "")})
		}
	}
	return all
}

// playDevice runs the script twice: bytes come in one piece, and one by one.
func playDevice(t *testing.T, o DeviceOptions, script string) {
	t.Helper()
	for _, piece := range []int{1 << 20, 1} {
		playDevicePieces(t, o, script, piece)
	}
}

func playDevicePieces(t *testing.T, o DeviceOptions, script string, piece int) {
	t.Helper()
	l := NewDeviceLink(o)
	var out []byte
	for i, s := range steps(script) {
		switch s.verb {
		case "<", "=": // checked against what is there
		default:
			require.Empty(t, hex.EncodeToString(out), "step %d %v: sent before it", i, s)
			_, ok := l.Command()
			require.False(t, ok, "step %d %v: an unexpected command before it", i, s)
		}
		switch s.verb {
		case ">":
			for b := unhex(t, s.arg); len(b) > 0; {
				n := min(piece, len(b))
				out = l.Input(out, b[:n])
				b = b[n:]
			}
		case "<":
			want := unhex(t, s.arg)
			require.True(t, bytes.HasPrefix(out, want), "step %d: want %x, sent %x", i, want, out)
			out = out[len(want):]
		case "=":
			data, ok := l.Command()
			require.True(t, ok, "step %d %v: no command", i, s)
			require.Equal(t, s.arg, hex.EncodeToString(data), "step %d", i)
		case "!":
			require.True(t, l.Running(), "step %d", i)
			out = l.Answer(out, unhex(t, s.arg))
		case "time":
			require.True(t, l.Waiting(), "step %d: no time-out runs", i)
			out = l.Expire(out)
		case "quiet":
			require.False(t, l.Waiting(), "step %d: a time-out runs", i)
		case "power":
			l.PowerOn()
		case "unlock":
			l.Unlock()
		default:
			t.Fatalf("step %d: %v", i, s)
		}
	}
	require.Empty(t, hex.EncodeToString(out), "sent after the last step")
	_, ok := l.Command()
	require.False(t, ok, "a command after the last step")
}

func playHost(t *testing.T, o HostOptions, script string) {
	t.Helper()
	for _, piece := range []int{1 << 20, 1} {
		playHostPieces(t, o, script, piece)
	}
}

func playHostPieces(t *testing.T, o HostOptions, script string, piece int) {
	t.Helper()
	l := NewHostLink(o)
	var out []byte
	var err error
	for i, s := range steps(script) {
		if s.verb != ">" {
			require.Empty(t, hex.EncodeToString(out), "step %d %v: sent before it", i, s)
		}
		switch s.verb {
		case "start":
			out, err = l.Start(out, unhex(t, s.arg))
			require.NoError(t, err, "step %d", i)
		case ">":
			want := unhex(t, s.arg)
			require.True(t, bytes.HasPrefix(out, want), "step %d: want %x, sent %x", i, want, out)
			out = out[len(want):]
		case "<":
			for b := unhex(t, s.arg); len(b) > 0; {
				n := min(piece, len(b))
				out = l.Input(out, b[:n])
				b = b[n:]
			}
		case "time":
			require.NotEqual(t, WaitNothing, l.Wait(), "step %d", i)
			out = l.Expire(out)
		case "done":
			data, ok := l.Answer()
			require.True(t, ok, "step %d: no answer, %v", i, l.Err())
			require.Equal(t, s.arg, hex.EncodeToString(data), "step %d", i)
		case "discarded":
			require.Equal(t, s.arg, hex.EncodeToString(l.Discarded()), "step %d", i)
		case "nolink", "unknown":
			want := ErrNoLink
			if s.verb == "unknown" {
				want = ErrUnknownOutcome
			}
			require.True(t, l.Done(), "step %d: still under way", i)
			require.ErrorIs(t, l.Err(), want, "step %d", i)
			_, ok := l.Answer()
			require.False(t, ok)
		default:
			t.Fatalf("step %d: %v", i, s)
		}
	}
	require.Empty(t, hex.EncodeToString(out), "sent after the last step")
}
