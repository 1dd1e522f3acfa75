package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/emulator"
)

// shell runs command lines against one register in this process.
type shell struct {
	*testing.T
	to     string
	ledger string
}

func newShell(t *testing.T) shell {
	dir := t.TempDir()
	return shell{t, "emu:?clock=2025-03-01T10:00:00&state=" + filepath.Join(dir, "state"), filepath.Join(dir, "ledger")}
}

func (s shell) run(args ...string) (exit int, out, errs string) {
	var o, e bytes.Buffer
	exit = run(context.Background(), append([]string{"--to", s.to}, args...), streams{strings.NewReader(""), &o, &e})
	return exit, o.String(), e.String()
}

func (s shell) ok(args ...string) string {
	s.Helper()
	exit, out, errs := s.run(args...)
	require.Equal(s, exitDone, exit, "%v: %s", args, errs)
	return out
}

func TestIDSellsOnceAndTellsAgain(t *testing.T) {
	s := newShell(t)
	s.ok("shift", "open")
	first := s.ok("sell", "sample:coffee", "--id", "order-42", "--ledger", s.ledger)
	again := s.ok("sell", "sample:coffee", "--id", "order-42", "--ledger", s.ledger)
	assert.Equal(t, first, again)
	other := s.ok("sell", "sample:coffee", "--id", "order-43", "--ledger", s.ledger)
	assert.NotEqual(t, first, other)
	exit, out, errs := s.run("sell", "sample:two-items", "--id", "order-42", "--ledger", s.ledger)
	assert.Equal(t, exitRefused, exit)
	assert.Empty(t, out)
	assert.Contains(t, errs, "belongs to another receipt")
}

func TestLedgerIsKeptInTheUsersConfiguration(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("HOME", home)
	t.Setenv("AppData", home)
	s := newShell(t)
	s.ok("shift", "open")
	s.ok("sell", "sample:coffee", "--id", "order-42")
	dir, err := os.UserConfigDir()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, "openkkt", "ledger"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "order-42")
}

func TestLedgerWithoutAnIDIsAUsageError(t *testing.T) {
	s := newShell(t)
	for _, args := range [][]string{{"--id", ""}, {"--ledger", s.ledger}} {
		exit, _, errs := s.run(append([]string{"sell", "sample:coffee"}, args...)...)
		assert.Equal(t, exitInput, exit)
		assert.Contains(t, errs, "--id NAME")
	}
}

func TestDamagedLedgerIsNamedWithItsPlace(t *testing.T) {
	s := newShell(t)
	require.NoError(t, os.WriteFile(s.ledger, []byte("openkkt-ledger 1\nhello\n"), 0o600))
	exit, _, errs := s.run("sell", "sample:coffee", "--id", "order-42", "--ledger", s.ledger)
	assert.Equal(t, exitInput, exit)
	assert.Contains(t, errs, s.ledger)
	assert.Contains(t, errs, "line 2 (offset 17)")
}

// A sale left at its closing, and now no link: what became of it is not known, which is not "nothing was sent".
func TestUnfinishedIDWithoutALinkIsUnknown(t *testing.T) {
	s := newShell(t)
	s.ok("shift", "open")
	s.ok("sell", "sample:coffee", "--id", "order-42", "--ledger", s.ledger)
	text, err := os.ReadFile(s.ledger)
	require.NoError(t, err)
	lines := strings.SplitAfter(string(text), "\n")
	require.Len(t, lines, 5) // header, begin, close, sold, nothing
	require.NoError(t, os.WriteFile(s.ledger, []byte(strings.Join(lines[:3], "")), 0o600))
	nobody := s
	nobody.to = "tcp://" + closedPort(t)
	exit, _, errs := nobody.run("sell", "sample:coffee", "--id", "order-42", "--ledger", s.ledger)
	assert.Equal(t, exitUnknown, exit, errs)
	assert.Contains(t, errs, "same --id")
	exit, _, _ = nobody.run("sell", "sample:coffee", "--id", "order-43", "--ledger", s.ledger)
	assert.Equal(t, exitNoLink, exit)
	assert.Contains(t, s.ok("sell", "sample:coffee", "--id", "order-42", "--ledger", s.ledger), "ФД 3 ")
}

func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

func TestExecSendsTheBytesAndSaysTheAnswer(t *testing.T) {
	s := newShell(t)
	out := s.ok("exec", "FC")
	assert.True(t, strings.HasPrefix(out, "FC00"), out)
	var answer struct{ Command, Name, Answer, Payload, Text string }
	require.NoError(t, json.Unmarshal([]byte(s.ok("--json", "exec", "10", "1E 00 00 00")), &answer))
	assert.Equal(t, "10h", answer.Command)
	assert.True(t, strings.HasPrefix(answer.Answer, "1000"))
	assert.Equal(t, answer.Answer[4:], answer.Payload)
	exit, out, errs := s.run("exec", "10 99000000")
	assert.Equal(t, exitRefused, exit)
	assert.Empty(t, out)
	assert.Contains(t, errs, "4Fh")
	for _, bad := range []string{"1", "xy", "FF"} {
		exit, _, errs := s.run("exec", bad)
		assert.Equal(t, exitInput, exit, bad)
		assert.Contains(t, errs, "HEX", bad)
	}
	exit, _, _ = s.run("exec")
	assert.Equal(t, exitInput, exit)
}

// Table 1 field 14 is who computes VAT, 0 or 1; table 2 row 30 field 2 the name of the system administrator (Protocol
// ККТ 1.17, tables).
func TestTableFieldsAreReadAndWritten(t *testing.T) {
	s := newShell(t)
	assert.Contains(t, s.ok("table", "get", "1.1.14"), "1.1.14  0 ")
	assert.Contains(t, s.ok("table", "set", "1.1.14", "1"), "0 -> 1 ")
	assert.Contains(t, s.ok("table", "get", "1.1.14"), "1.1.14  1 ")
	assert.Contains(t, s.ok("table", "set", "2.30.2", "Иванова «А»"), `-> Иванова`)
	var f fieldJSON
	require.NoError(t, json.Unmarshal([]byte(s.ok("--json", "table", "get", "2.30.2")), &f))
	assert.Equal(t, "text", f.Type)
	assert.True(t, strings.HasPrefix(f.Value, "Иванова"), f.Value)
	for _, bad := range [][]string{
		{"set", "1.1.14", "2"}, {"set", "1.1.14", "x"}, {"set", "1.1.14", "-1"}, {"set", "2.30.2", strings.Repeat("x", 65)},
		{"set", "2.30.2", "日"}, {"get", "1.1"}, {"get", "0.1.1"}, {"get", "256.1.1"}, {"get"}, {"put", "1.1.14"}, {"set", "1.1.14"}, {},
	} {
		exit, out, _ := s.run(append([]string{"table"}, bad...)...)
		assert.Equal(t, exitInput, exit, bad)
		assert.Empty(t, out)
	}
	exit, _, errs := s.run("table", "get", "99.1.1")
	assert.Equal(t, exitRefused, exit)
	assert.Contains(t, errs, "5Dh")
	assert.Contains(t, s.ok("table", "get", "1.1.14"), "1.1.14  1 ", "refused values change nothing")
}

func TestNetworkToSearchIsSmall(t *testing.T) {
	for _, good := range []string{"127.0.0.1", "127.0.0.1/32", "192.168.0.0/22", "::1/128"} {
		_, err := parseNetwork(good)
		assert.NoError(t, err, good)
	}
	for _, bad := range []string{"10.0.0.0/8", "192.168.0.0/21", "::/64", "localhost", "", "127.0.0.1/33"} {
		_, err := parseNetwork(bad)
		assert.Error(t, err, bad)
		exit, _, errs := newShell(t).run("discover", "--net", bad)
		assert.Equal(t, exitInput, exit)
		assert.Contains(t, errs, "--net")
	}
}

func TestSearchSaysWhoAnswers(t *testing.T) {
	a := &app{streams: streams{out: new(bytes.Buffer), err: new(bytes.Buffer)}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() { // somebody who is no register
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	f := a.ask(ctx, foundJSON{URL: "tcp://" + l.Addr().String()})
	assert.Empty(t, f.Model)
	assert.Equal(t, "no register answers", f.Problem)

	flags := registerFlags{seed: 1}
	software, err := flags.open(emulator.Config{})
	require.NoError(t, err)
	server, err := software.Listen("127.0.0.1:0", emulator.TCPLink())
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	f = a.ask(ctx, foundJSON{URL: "tcp://" + server.Addr().String()})
	assert.NotEmpty(t, f.Model)
	assert.Equal(t, 2, f.Protocol)
	assert.Empty(t, f.Problem)
	require.NoError(t, server.Close())
	require.NoError(t, <-served)
	require.NoError(t, software.Close())
}
