package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// steady is a latency around d with a noise of a tenth either way.
func steady(d time.Duration) Latency {
	return measure(durations(200, func(i int) time.Duration {
		return d + d*time.Duration(i*7%21-10)/100 + d*time.Duration(i/20%3-1)/20
	}))
}

func result(t *testing.T, commands map[string]Latency) *Result {
	t.Helper()
	r := &Result{
		Version: resultVersion, Workload: Kiosk1, Seed: 1, Began: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
		Elapsed: time.Minute, Receipts: 200, PerMinute: 200, First: 3, Last: 202,
		Target:  Target{Model: "ШТРИХ-М-01Ф", Firmware: "C.1", Serial: "00000001", Storage: "9999078900009511", Protocol: 2},
		Receipt: steady(250 * time.Millisecond), Wire: Wire{Commands: 400, Answers: 100, Sent: 500, Received: 125},
		Time:     Times{Storage: 20 * time.Second, Printing: 10 * time.Second, Other: 25 * time.Second, Host: 5 * time.Second},
		Timeline: timeline(durations(200, func(i int) time.Duration { return time.Duration(i+1) * 300 * time.Millisecond }), time.Minute),
	}
	for code, l := range commands {
		r.Commands = append(r.Commands, Command{Code: code, Name: "of a test", Latency: l})
	}
	return r
}

func verdicts(c *Comparison) map[string]Verdict {
	m := map[string]Verdict{}
	for _, change := range c.Commands {
		m[change.Code] = change.Verdict
	}
	return m
}

func TestOnlyDifferencesOutsideTheNoiseAreFlagged(t *testing.T) {
	few := measure([]time.Duration{5, 5})
	before := result(t, map[string]Latency{
		"FF45h": steady(100 * time.Millisecond), "FF46h": steady(10 * time.Millisecond), "8Dh": steady(10 * time.Millisecond),
		"88h": few, "1Fh": steady(time.Millisecond),
	})
	after := result(t, map[string]Latency{
		"FF45h": steady(150 * time.Millisecond), "FF46h": steady(5 * time.Millisecond), "8Dh": steady(10_200 * time.Microsecond),
		"88h": few, "FF76h": steady(time.Millisecond),
	})
	c, err := Compare(before, after)
	require.NoError(t, err)
	require.Equal(t, map[string]Verdict{
		"FF45h": Slower, "FF46h": Faster, "8Dh": Same, "88h": Unknown, "FF76h": Absent, "1Fh": Absent,
	}, verdicts(c))
	require.Equal(t, Same, c.Receipts.Verdict)
	require.InDelta(t, 1.5, c.find("FF45h").Ratio, 0.001)
	require.InDelta(t, 0.5, c.find("FF46h").Ratio, 0.001)
	require.Zero(t, c.find("FF76h").Ratio)
	require.Equal(t, "1Fh", c.Commands[len(c.Commands)-1].Code, "what only the baseline had comes last")
	require.Empty(t, c.Notes)
}

func TestARunIsNoSlowerThanItself(t *testing.T) {
	r := result(t, map[string]Latency{"FF45h": steady(time.Millisecond)})
	c, err := Compare(r, r)
	require.NoError(t, err)
	require.Equal(t, Change{Code: "FF45h", Name: "of a test", Before: r.Commands[0].P50, After: r.Commands[0].P50, Ratio: 1, Verdict: Same}, c.Commands[0])
}

func TestRunsOfDifferentWorkAreNotCompared(t *testing.T) {
	before, after := result(t, nil), result(t, nil)
	before.Workload = Supermarket30
	_, err := Compare(before, after)
	var other *OtherWorkloadError
	require.ErrorAs(t, err, &other)
}

func TestComparisonNamesWhatElseDiffers(t *testing.T) {
	before, after := result(t, nil), result(t, nil)
	after.Target.Protocol, after.Target.Firmware = 1, "C.2"
	c, err := Compare(before, after)
	require.NoError(t, err)
	require.Equal(t, []string{"protocol: 2 in the baseline, 1 now", "firmware: C.1 in the baseline, C.2 now"}, c.Notes)
}
