package shtrih

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type said struct {
	host  bool
	bytes []byte
}

func session(t *testing.T, name string) []said {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/shtrih/" + name)
	require.NoError(t, err)
	var all []said
	for line := range strings.Lines(string(raw)) {
		arrow, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
		if arrow == "->" || arrow == "<-" {
			all = append(all, said{arrow == "->", unhex(t, arg)})
		}
	}
	require.NotEmpty(t, all)
	return all
}

// Every answer frame of a session of version 1 stands after the ACK of its
// command.
func answerOf(t *testing.T, version Version, s said) []byte {
	t.Helper()
	if version == V1 {
		data, _, err := ParseFrame1(s.bytes[1:])
		require.NoError(t, err)
		return data
	}
	f, _, _, err := ParseFrame2(nil, s.bytes)
	require.NoError(t, err)
	return f.Data
}

func TestDeviceLinkSaysWhatRealRegistersSaid(t *testing.T) {
	for name, version := range map[string]Version{"session1.txt": V1, "session2.txt": V2} {
		all := session(t, name)
		l := NewDeviceLink(DeviceOptions{})
		var out []byte
		commands := 0
		for i, s := range all {
			if s.host {
				out = l.Input(out, s.bytes)
				continue
			}
			if _, ok := l.Command(); ok {
				out = l.Answer(out, answerOf(t, version, s))
				commands++
			}
			require.Equal(t, hex.EncodeToString(s.bytes), hex.EncodeToString(out), "%s, piece %d", name, i)
			out = out[:0]
		}
		assert.Empty(t, out)
		assert.Greater(t, commands, 8)
	}
}

func TestHostLinkSaysWhatARealDriverSaid(t *testing.T) {
	for name, version := range map[string]Version{"session1.txt": V1, "session2.txt": V2} {
		all := session(t, name)
		l := NewHostLink(HostOptions{Version: version})
		var out []byte
		var err error
		for i, s := range all {
			if !s.host {
				out = l.Input(out, s.bytes)
				continue
			}
			if len(out) == 0 && !l.Done() { // the driver's time-out passed
				out = l.Expire(out)
			}
			if len(out) == 0 {
				out, err = l.Start(out, nextCommand(t, version, all[i:]))
				require.NoError(t, err)
			}
			require.True(t, bytes.HasPrefix(out, s.bytes), "%s, piece %d: %x, the driver said %x", name, i, out, s.bytes)
			out = out[len(s.bytes):]
		}
		assert.Empty(t, out)
		assert.True(t, l.Done())
	}
}

// nextCommand is DATA of the next command that the host sends.
func nextCommand(t *testing.T, version Version, all []said) []byte {
	t.Helper()
	for _, s := range all {
		switch {
		case s.host && version == V1 && s.bytes[0] == STX:
			data, _, err := ParseFrame1(s.bytes)
			require.NoError(t, err)
			return data
		case s.host && version == V2:
			f, _, _, err := ParseFrame2(nil, s.bytes)
			require.NoError(t, err)
			if !f.Sync {
				return f.Data
			}
		}
	}
	t.Fatal("no command follows")
	return nil
}

// A line that loses whole pieces, in both directions, and a register whose power
// goes now and then: an answer means one execution, ErrNoLink none, and
// ErrUnknownOutcome at most one.
func TestCommandIsExecutedOnceOverALineThatLoses(t *testing.T) {
	for _, version := range []Version{V1, V2} {
		outcomes := map[error]int{}
		for seed := range uint64(300) {
			line := &lossyLine{
				rand:   rand.New(rand.NewPCG(seed, uint64(version))),
				host:   NewHostLink(HostOptions{Version: version}),
				device: NewDeviceLink(DeviceOptions{FFAfterAck: seed%2 == 0}),
			}
			for n := range 20 {
				command := []byte{0x80, byte(n), byte(n >> 8), 7}
				before := line.executed
				line.run(t, command)
				did := line.executed - before
				err := line.host.Err()
				outcomes[err]++
				switch err {
				case nil:
					answer, ok := line.host.Answer()
					require.True(t, ok)
					require.Equal(t, append([]byte{0x80, 0}, command[1:]...), answer)
					require.Equal(t, 1, did, "seed %d, command %d", seed, n)
				case ErrNoLink:
					require.Zero(t, did, "seed %d, command %d", seed, n)
				case ErrUnknownOutcome:
					require.LessOrEqual(t, did, 1, "seed %d, command %d", seed, n)
				default:
					t.Fatal(err)
				}
			}
		}
		assert.Greater(t, outcomes[nil], 3000, "version %d: %v", version, outcomes)
		assert.NotZero(t, outcomes[ErrUnknownOutcome], "version %d: %v", version, outcomes)
	}
}

type lossyLine struct {
	rand     *rand.Rand
	host     *HostLink
	device   *DeviceLink
	executed int
	deaf     int // time-outs until the register has started again
}

func (l *lossyLine) lose(b []byte) []byte {
	if l.rand.IntN(4) == 0 {
		return nil
	}
	return b
}

func (l *lossyLine) run(t *testing.T, command []byte) {
	t.Helper()
	out, err := l.host.Start(nil, command)
	require.NoError(t, err)
	for rounds := 0; !l.host.Done(); rounds++ {
		require.Less(t, rounds, 1000, "the link hangs")
		if len(out) == 0 {
			// Silence: the byte time-out of the register passes first.
			if l.device.Waiting() {
				out = l.host.Input(out, l.lose(l.device.Expire(nil)))
			}
			out = l.host.Expire(out)
			l.deaf--
			continue
		}
		if l.deaf > 0 {
			out = nil
			continue
		}
		back := l.lose(l.device.Input(nil, l.lose(out)))
		out = l.host.Input(nil, back)
		if data, ok := l.device.Command(); ok {
			l.executed++
			answer := append([]byte{data[0], 0}, data[1:]...)
			// Not during the first command after a start: HostLink tells why.
			if l.rand.IntN(30) == 0 && l.device.num != 1 {
				l.device.PowerOn()
				l.deaf = 3 // a start takes longer than the time-out of a reaction
				continue
			}
			out = l.host.Input(out, l.lose(l.device.Answer(nil, answer)))
		}
	}
}
