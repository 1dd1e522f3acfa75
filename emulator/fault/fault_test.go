package fault_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/emulator/fault"
)

// both runs f for each direction: put sends through the faults, get reads what arrives until the stream is closed.
func both(t *testing.T, f func(t *testing.T, d fault.Direction, c *fault.Conn, put io.WriteCloser, get io.Reader), faults ...fault.Fault) {
	for _, d := range []fault.Direction{fault.ToRegister, fault.FromRegister} {
		t.Run(d.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				host, register := fault.Pipe()
				c := fault.Wrap(host)
				defer c.Close()
				for _, fl := range faults {
					fl.Direction = d
					c.Add(fl)
				}
				if d == fault.ToRegister {
					f(t, d, c, c, register)
				} else {
					f(t, d, c, register, c)
				}
			})
		})
	}
}

func TestEachKindDoesWhatItSays(t *testing.T) {
	for name, c := range map[string]struct {
		faults []fault.Fault
		want   string
	}{
		"none":                        {nil, "abcdef"},
		"lose":                        {[]fault.Fault{{Kind: fault.Lose, At: 2}}, "abdef"},
		"lose the last":               {[]fault.Fault{{Kind: fault.Lose, At: 5}}, "abcde"},
		"double":                      {[]fault.Fault{{Kind: fault.Double, At: 0}}, "aabcdef"},
		"flip the lowest":             {[]fault.Fault{{Kind: fault.Flip, At: 1}}, "accdef"},
		"flip by a mask":              {[]fault.Fault{{Kind: fault.Flip, At: 1, Mask: 0x20}}, "aBcdef"},
		"swap":                        {[]fault.Fault{{Kind: fault.Swap, At: 1}}, "acbdef"},
		"swap across writes":          {[]fault.Fault{{Kind: fault.Swap, At: 2}}, "abdcef"},
		"two in a row":                {[]fault.Fault{{Kind: fault.Lose, At: 2}, {Kind: fault.Lose, At: 3}}, "abef"},
		"places do not move":          {[]fault.Fault{{Kind: fault.Double, At: 0}, {Kind: fault.Lose, At: 2}}, "aabdef"},
		"two on one byte":             {[]fault.Fault{{Kind: fault.Flip, At: 1}, {Kind: fault.Double, At: 1}}, "acccdef"},
		"given in any order":          {[]fault.Fault{{Kind: fault.Lose, At: 4}, {Kind: fault.Lose, At: 1}}, "acdf"},
		"swapped by two":              {[]fault.Fault{{Kind: fault.Swap, At: 0}, {Kind: fault.Swap, At: 1}}, "cabdef"},
		"beyond the end":              {[]fault.Fault{{Kind: fault.Lose, At: 99}}, "abcdef"},
		"cut":                         {[]fault.Fault{{Kind: fault.Cut, At: 4}}, "abcd"},
		"cut at once":                 {[]fault.Fault{{Kind: fault.Cut, At: 0}}, ""},
		"delay changes no byte":       {[]fault.Fault{{Kind: fault.Delay, At: 1, For: time.Second}}, "abcdef"},
		"delay and what follows":      {[]fault.Fault{{Kind: fault.Delay, At: 1, For: time.Second}, {Kind: fault.Lose, At: 4}}, "abcdf"},
		"delay and cut":               {[]fault.Fault{{Kind: fault.Delay, At: 1, For: time.Second}, {Kind: fault.Cut, At: 4}}, "abcd"},
		"delay twice":                 {[]fault.Fault{{Kind: fault.Delay, At: 1, For: time.Second}, {Kind: fault.Delay, At: 3, For: time.Second}}, "abcdef"},
		"double, then delay":          {[]fault.Fault{{Kind: fault.Double, At: 1}, {Kind: fault.Delay, At: 1, For: time.Second}}, "abbcdef"},
		"cut goes before flip":        {[]fault.Fault{{Kind: fault.Flip, At: 1}, {Kind: fault.Cut, At: 1}}, "a"},
		"delay and lose at one place": {[]fault.Fault{{Kind: fault.Delay, At: 1, For: time.Second}, {Kind: fault.Lose, At: 1}}, "acdef"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, d fault.Direction, conn *fault.Conn, put io.WriteCloser, get io.Reader) {
				done := make(chan struct{})
				defer func() { <-done }()
				go func() {
					defer close(done)
					_, _ = io.WriteString(put, "abc")
					_, _ = io.WriteString(put, "def")
					time.Sleep(time.Minute)
					put.Close()
				}()
				got, err := io.ReadAll(get)
				if err != nil {
					assert.ErrorIs(t, err, net.ErrClosed)
				}
				assert.Equal(t, c.want, string(got))
			}, c.faults...)
		})
	}
}

func TestDelayedBytesArriveWhenTheirTimeHasCome(t *testing.T) {
	both(t, func(t *testing.T, d fault.Direction, c *fault.Conn, put io.WriteCloser, get io.Reader) {
		began := time.Now()
		_, err := io.WriteString(put, "abcd")
		require.NoError(t, err)
		assert.Zero(t, time.Since(began), "writing does not wait")
		b := make([]byte, 8)
		n, err := get.Read(b)
		require.NoError(t, err)
		assert.Equal(t, "ab", string(b[:n]))
		assert.Zero(t, time.Since(began))
		_, err = io.WriteString(put, "ef")
		require.NoError(t, err)
		n, err = io.ReadFull(get, b[:4])
		require.NoError(t, err)
		assert.Equal(t, "cdef", string(b[:n]))
		assert.Equal(t, 5*time.Second, time.Since(began))
	}, fault.Fault{Kind: fault.Delay, At: 2, For: 5 * time.Second})
}

func TestReadDeadlinePassesWhileBytesAreDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, register := fault.Pipe()
		c := fault.Wrap(host, fault.Fault{Kind: fault.Delay, Direction: fault.FromRegister, For: 5 * time.Second})
		defer c.Close()
		_, err := io.WriteString(register, "a")
		require.NoError(t, err)
		b := make([]byte, 1)
		for range 2 {
			require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Second)))
			_, err = c.Read(b)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		}
		// A deadline that is moved wakes the reader, and the byte is not lost.
		time.AfterFunc(time.Second, func() { assert.NoError(t, c.SetReadDeadline(time.Unix(1, 0))) })
		require.NoError(t, c.SetReadDeadline(time.Time{}))
		_, err = c.Read(b)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.NoError(t, c.SetReadDeadline(time.Time{}))
		_, err = c.Read(b)
		require.NoError(t, err)
		assert.Equal(t, "a", string(b))
	})
}

func TestCloseWakesAReaderOfDelayedBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, register := fault.Pipe()
		c := fault.Wrap(host, fault.Fault{Kind: fault.Delay, Direction: fault.FromRegister, For: time.Hour})
		_, err := io.WriteString(register, "a")
		require.NoError(t, err)
		time.AfterFunc(time.Second, func() { c.Close() })
		_, err = c.Read(make([]byte, 1))
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

func TestFaultsAreCountedAndReported(t *testing.T) {
	host, register := fault.Pipe()
	lost := fault.Fault{Kind: fault.Lose, At: 1}
	late := fault.Fault{Kind: fault.Lose, Direction: fault.FromRegister, At: 7}
	c := fault.Wrap(host, lost, late)
	defer c.Close()
	var struck []fault.Fault
	c.Notify(func(f fault.Fault) { struck = append(struck, f) })
	n, err := io.WriteString(c, "abc")
	require.NoError(t, err)
	assert.Equal(t, 3, n, "a lost byte counts as sent")
	assert.EqualValues(t, 3, c.Count(fault.ToRegister))
	assert.Zero(t, c.Count(fault.FromRegister))
	assert.Equal(t, []fault.Fault{lost}, struck)
	assert.Equal(t, []fault.Fault{late}, c.Pending())
	c.Add(fault.Fault{Kind: fault.Lose, At: 0}) // has passed
	_, err = io.WriteString(c, "d")
	require.NoError(t, err)
	b := make([]byte, 3)
	_, err = io.ReadFull(register, b)
	require.NoError(t, err)
	assert.Equal(t, "acd", string(b))
	assert.Len(t, struck, 1)
}

func TestNamesReadBack(t *testing.T) {
	for _, k := range fault.Kinds() {
		got, err := fault.ParseKind(k.String())
		require.NoError(t, err)
		assert.Equal(t, k, got)
	}
	for _, d := range []fault.Direction{fault.ToRegister, fault.FromRegister} {
		got, err := fault.ParseDirection(d.String())
		require.NoError(t, err)
		assert.Equal(t, d, got)
	}
	_, err := fault.ParseKind("melt")
	assert.ErrorContains(t, err, "lose, double")
	_, err = fault.ParseDirection("up")
	assert.ErrorContains(t, err, "to-register")
	assert.Equal(t, "flip byte 3 from-register by 80h", fault.Fault{Kind: fault.Flip, Direction: fault.FromRegister, At: 3, Mask: 0x80}.String())
	assert.Equal(t, "delay byte 0 to-register for 2s", fault.Fault{Kind: fault.Delay, For: 2 * time.Second}.String())
}

// plain is a stream without deadlines.
type plain struct{ bytes.Buffer }

func (*plain) Close() error { return nil }

func TestStreamWithoutDeadlinesSaysSo(t *testing.T) {
	c := fault.Wrap(new(plain))
	assert.True(t, errors.Is(c.SetReadDeadline(time.Now()), os.ErrNoDeadline))
	assert.True(t, errors.Is(c.SetWriteDeadline(time.Now()), os.ErrNoDeadline))
}
