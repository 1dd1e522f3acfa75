package bench

import (
	"slices"
	"time"
)

// Latency is how long something took, many times over. All durations are
// nanoseconds in JSON.
type Latency struct {
	Count int           `json:"count"`
	P50   time.Duration `json:"p50Ns"`
	P90   time.Duration `json:"p90Ns"`
	P99   time.Duration `json:"p99Ns"`
	Max   time.Duration `json:"maxNs"`
	Total time.Duration `json:"totalNs"`
	// Batches are the medians of up to ten equal parts of the run, in order. How far
	// they lie apart is the noise of the run.
	Batches []time.Duration `json:"batchesNs"`
	// Curve are the quantiles 0, 5, 10 … 100 %.
	Curve []time.Duration `json:"curveNs"`
}

const (
	batches    = 10
	curveSteps = 20
)

// measure sums up what was observed, in the order of time.
func measure(observed []time.Duration) Latency {
	n := len(observed)
	if n == 0 {
		return Latency{}
	}
	l := Latency{Count: n}
	parts := min(batches, n)
	part := make([]time.Duration, 0, n/parts+1)
	for i := range parts {
		part = append(part[:0], observed[i*n/parts:(i+1)*n/parts]...)
		slices.Sort(part)
		l.Batches = append(l.Batches, quantile(part, 50))
	}
	sorted := slices.Sorted(slices.Values(observed))
	for _, d := range sorted {
		l.Total += d
	}
	l.P50, l.P90, l.P99, l.Max = quantile(sorted, 50), quantile(sorted, 90), quantile(sorted, 99), sorted[n-1]
	for i := range curveSteps + 1 {
		l.Curve = append(l.Curve, quantile(sorted, i*100/curveSteps))
	}
	return l
}

// quantile is the smallest value that at least percent of all do not exceed
// (nearest rank).
func quantile(sorted []time.Duration, percent int) time.Duration {
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1]
}

// noise is the span of the medians; known is false when there are too few of
// them to tell.
func (l *Latency) noise() (low, high time.Duration, known bool) {
	// Two sets of five equal medians lie wholly apart by chance once in 126 times;
	// of ten, once in 92378.
	if len(l.Batches) < batches/2 {
		return 0, 0, false
	}
	return slices.Min(l.Batches), slices.Max(l.Batches), true
}
