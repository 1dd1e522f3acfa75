package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func durations(n int, f func(i int) time.Duration) []time.Duration {
	list := make([]time.Duration, n)
	for i := range list {
		list[i] = f(i)
	}
	return list
}

func TestQuantilesAreNearestRanks(t *testing.T) {
	// 1 to 100 milliseconds, backwards: order must not matter.
	l := measure(durations(100, func(i int) time.Duration { return time.Duration(100-i) * time.Millisecond }))
	require.Equal(t, 100, l.Count)
	require.Equal(t, 50*time.Millisecond, l.P50)
	require.Equal(t, 90*time.Millisecond, l.P90)
	require.Equal(t, 99*time.Millisecond, l.P99)
	require.Equal(t, 100*time.Millisecond, l.Max)
	require.Equal(t, 5050*time.Millisecond, l.Total)
	require.Len(t, l.Curve, 21)
	require.Equal(t, time.Millisecond, l.Curve[0])
	require.Equal(t, 25*time.Millisecond, l.Curve[5])
	require.Equal(t, 100*time.Millisecond, l.Curve[20])
}

func TestQuantilesOfOneObservationAreThatOne(t *testing.T) {
	l := measure([]time.Duration{7})
	require.Equal(t, Latency{Count: 1, P50: 7, P90: 7, P99: 7, Max: 7, Total: 7, Batches: []time.Duration{7}, Curve: durations(21, func(int) time.Duration { return 7 })}, l)
	require.Zero(t, measure(nil))
}

func TestQuantilesOfThreeTakeTheUpperRank(t *testing.T) {
	l := measure([]time.Duration{30, 10, 20})
	require.Equal(t, time.Duration(20), l.P50)
	require.Equal(t, time.Duration(30), l.P90)
}

func TestMeasuringLeavesTheOrderOfTheRunAlone(t *testing.T) {
	observed := []time.Duration{3, 1, 2}
	measure(observed)
	require.Equal(t, []time.Duration{3, 1, 2}, observed)
}

func TestBatchesFollowTheRun(t *testing.T) {
	// The register grows slower by a step each tenth of the run.
	l := measure(durations(1000, func(i int) time.Duration { return time.Duration(1 + i/100) }))
	require.Equal(t, []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, l.Batches)
	low, high, known := l.noise()
	require.True(t, known)
	require.Equal(t, time.Duration(1), low)
	require.Equal(t, time.Duration(10), high)

	few := measure(durations(4, func(i int) time.Duration { return 1 }))
	_, _, known = few.noise()
	require.False(t, known)
}

func TestBatchesCoverEveryObservation(t *testing.T) {
	for n := 1; n < 60; n++ {
		l := measure(durations(n, func(i int) time.Duration { return time.Duration(i) }))
		require.Len(t, l.Batches, min(n, 10))
	}
}

func TestTimelineCountsEveryReceiptOnce(t *testing.T) {
	elapsed := time.Minute
	ends := durations(600, func(i int) time.Duration { return time.Duration(i+1) * elapsed / 600 })
	line := timeline(ends, elapsed)
	require.Equal(t, time.Second, line.Span)
	sum := 0
	for _, n := range line.Receipts {
		sum += n
	}
	require.Equal(t, 600, sum)

	wide := line.widened(7)
	require.Equal(t, 9*time.Second, wide.Span)
	require.Len(t, wide.Receipts, 6, "a rest shorter than the others is left out")
	require.Len(t, line.widened(0).Receipts, 1)
	require.Len(t, line.widened(1000).Receipts, 60)
	require.Equal(t, Timeline{Span: 1, Receipts: make([]int, 60)}, timeline(nil, 0))
}
