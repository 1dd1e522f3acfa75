package peers

import (
	"slices"
	"testing"
	"time"
)

// batchTime is how long one side runs before the other has its turn: long
// against the resolution of the clock, short against what disturbs a machine.
const batchTime = time.Millisecond

// faster reports how many times faster ours is than the peer.
func faster(b *testing.B, ours, peer func()) {
	b.Helper()
	t := medians(b, ours, peer)
	b.ReportMetric(t[1]/t[0], "x")
}

// medians gives the nanoseconds of one call of each side. The first two are
// reported.
func medians(b *testing.B, sides ...func()) []float64 {
	b.Helper()
	calls := make([]int, len(sides))
	for i, f := range sides {
		calls[i] = batch(f)
	}
	times := make([][]float64, len(sides))
	for b.Loop() {
		for i, f := range sides {
			times[i] = append(times[i], timed(f, calls[i]))
		}
	}
	middle := make([]float64, len(sides))
	for i, t := range times {
		slices.Sort(t)
		middle[i] = t[len(t)/2]
	}
	b.ReportMetric(0, "ns/op") // of a turn of all sides, which says nothing
	b.ReportMetric(middle[0], "ours-ns")
	b.ReportMetric(middle[1], "peer-ns")
	return middle
}

// batch is how many calls take batchTime.
func batch(f func()) int {
	for n := 1; ; n *= 2 {
		if each := timed(f, n); each*float64(n) >= float64(batchTime)/4 {
			return max(1, int(float64(batchTime)/each))
		}
	}
}

func timed(f func(), n int) (nanoseconds float64) {
	began := time.Now()
	for range n {
		f()
	}
	return float64(time.Since(began)) / float64(n)
}

// sink keeps results alive.
var sink uint64
