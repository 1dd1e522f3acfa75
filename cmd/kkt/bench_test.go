package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device/bench"
)

// cli runs a command line in this process.
func cli(t *testing.T, args ...string) (out, errs string, exit int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit = run(context.Background(), args, streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
	return stdout.String(), stderr.String(), exit
}

func TestBenchMeasuresARegisterAndComparesWithABaseline(t *testing.T) {
	dir := t.TempDir()
	old, page := filepath.Join(dir, "old.json"), filepath.Join(dir, "page.html")

	out, errs, exit := cli(t, "bench", "--to", "emu:", "--count", "12", "--json")
	require.Zero(t, exit, errs)
	require.Contains(t, errs, "the shift was closed; it was opened and stays open (document 2)")
	result, err := bench.ParseResult([]byte(out))
	require.NoError(t, err)
	require.Equal(t, 12, result.Receipts)
	require.Equal(t, 12*30, result.Items)
	require.Equal(t, uint32(3), result.First)
	require.Equal(t, uint32(14), result.Last, "nothing but receipts was made")
	require.True(t, result.ShiftOpened)
	require.Zero(t, result.Retries)
	require.Zero(t, result.Failures)
	counts := map[string]int{}
	for _, c := range result.Commands {
		counts[c.Code] = c.Count
	}
	require.Equal(t, 12, counts["8Dh"])
	require.Equal(t, 12*30, counts["FF46h"])
	require.Equal(t, 12, counts["FF45h"])
	require.Positive(t, counts["FF4Dh"], "format 1.2 wants units of goods by weight")
	require.NotContains(t, counts, "E0h", "the shift is opened before the run measures")
	require.Greater(t, result.Wire.Efficiency(), 0.5)
	require.Less(t, result.Wire.Efficiency(), 1.0)
	require.NoError(t, os.WriteFile(old, []byte(out), 0o600))

	out, errs, exit = cli(t, "bench", "--to", "emu:?ffd=1.05", "--count", "6", "--baseline", old, "--html", page)
	require.Zero(t, exit, errs)
	require.Contains(t, out, "6 receipts")
	require.Contains(t, out, "ratio")
	require.Contains(t, out, "absent", "format 1.05 has no units")
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, 4, bytes.Count(html, []byte("<svg")))

	out, _, exit = cli(t, "bench", "--to", "emu:", "--count", "6", "--baseline", old, "--json", "--quiet")
	require.Zero(t, exit)
	var compared struct {
		Baseline bench.Comparison `json:"baseline"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &compared))
	require.NotEmpty(t, compared.Baseline.Commands)
	_, err = bench.ParseResult([]byte(out))
	require.NoError(t, err, "a compared result is a baseline too")
}

func TestBenchRefusesBeforeItSells(t *testing.T) {
	dir := t.TempDir()
	notResult, other := filepath.Join(dir, "x.json"), filepath.Join(dir, "kiosk.json")
	require.NoError(t, os.WriteFile(notResult, []byte(`{"items":[]}`), 0o600))
	out, _, exit := cli(t, "bench", "--to", "emu:", "--count", "1", "--workload", "kiosk-1", "--json")
	require.Zero(t, exit)
	require.NoError(t, os.WriteFile(other, []byte(out), 0o600))
	for _, c := range []struct {
		says string
		args []string
	}{
		{"kiosk-1", []string{"--workload", "bakery"}},
		{"above zero", []string{"--duration", "0s"}},
		{"above zero", []string{"--count", "-1"}},
		{"no such file", []string{"--baseline", filepath.Join(dir, "none.json")}},
		{"not the result of a bench run", []string{"--baseline", notResult}},
		{"ran workload kiosk-1, not supermarket-30", []string{"--baseline", other}},
		{"--html", []string{"--html", filepath.Join(dir, "none", "page.html")}},
	} {
		out, errs, exit := cli(t, append([]string{"bench", "--to", "emu:"}, c.args...)...)
		require.Equal(t, exitInput, exit, "%v: %s", c.args, errs)
		require.Empty(t, out)
		require.Contains(t, errs, c.says)
		require.NotContains(t, errs, "shift", "%v: the register was touched", c.args)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	require.NoError(t, err)
	require.Empty(t, left)
}
