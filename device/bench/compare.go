package bench

import (
	"fmt"
	"time"
)

// Verdict says whether a difference between two runs means anything.
type Verdict string

const (
	Same    Verdict = "same"    // inside the noise of the two runs
	Faster  Verdict = "faster"  // outside of it
	Slower  Verdict = "slower"  //
	Unknown Verdict = "unknown" // too few measurements to know the noise
	Absent  Verdict = "absent"  // in one of the runs only
)

// Change compares the medians of one command in two runs.
type Change struct {
	Code    string        `json:"command,omitempty"` // empty for the whole receipt
	Name    string        `json:"name"`
	Before  time.Duration `json:"beforeP50Ns"`
	After   time.Duration `json:"afterP50Ns"`
	Ratio   float64       `json:"ratio"` // after to before: above 1 is slower; 0 when one is absent
	Verdict Verdict       `json:"verdict"`
}

// Comparison is a run against an earlier one.
type Comparison struct {
	Receipts Change   `json:"receipt"`
	Commands []Change `json:"commands"` // in the order of the later run, then what only the earlier one had
	// Notes are differences between the runs that are not the register's speed.
	Notes []string `json:"notes,omitempty"`
}

// OtherWorkloadError is the refusal to compare runs of different work: a command
// that closes 30 items is not slower than one that closes a single item.
type OtherWorkloadError struct{ Before, After string }

func (e *OtherWorkloadError) Error() string {
	return fmt.Sprintf("the baseline ran workload %s, not %s", e.Before, e.After)
}

// Compare compares two runs of the same workload.
func Compare(before, after *Result) (*Comparison, error) {
	if before.Workload != after.Workload {
		return nil, &OtherWorkloadError{before.Workload, after.Workload}
	}
	c := &Comparison{Receipts: change("", "receipt", &before.Receipt, &after.Receipt)}
	earlier := map[string]*Latency{}
	for i := range before.Commands {
		earlier[before.Commands[i].Code] = &before.Commands[i].Latency
	}
	for i := range after.Commands {
		now := &after.Commands[i]
		was, ok := earlier[now.Code]
		if !ok {
			was = &Latency{}
		}
		c.Commands = append(c.Commands, change(now.Code, now.Name, was, &now.Latency))
		delete(earlier, now.Code)
	}
	for i := range before.Commands {
		if was := &before.Commands[i]; earlier[was.Code] != nil {
			c.Commands = append(c.Commands, change(was.Code, was.Name, &was.Latency, &Latency{}))
		}
	}
	c.note("seed", before.Seed, after.Seed)
	c.note("protocol", before.Target.Protocol, after.Target.Protocol)
	c.note("model", before.Target.Model, after.Target.Model)
	c.note("firmware", before.Target.Firmware, after.Target.Firmware)
	return c, nil
}

func (c *Comparison) note(what string, before, after any) {
	if before != after {
		c.Notes = append(c.Notes, fmt.Sprintf("%s: %v in the baseline, %v now", what, before, after))
	}
}

// change compares two medians. The noise of a run is the span of the medians of
// its ten parts: a difference counts when the spans lie wholly apart. That sees
// drift within a run; what differs between two runs for a reason outside of the
// register, such as a busy host, it cannot see.
func change(code, name string, before, after *Latency) Change {
	c := Change{Code: code, Name: name, Before: before.P50, After: after.P50}
	if before.Count == 0 || after.Count == 0 {
		c.Verdict = Absent
		return c
	}
	if before.P50 > 0 {
		c.Ratio = float64(after.P50) / float64(before.P50)
	}
	lowBefore, highBefore, knownBefore := before.noise()
	lowAfter, highAfter, knownAfter := after.noise()
	switch {
	case !knownBefore || !knownAfter:
		c.Verdict = Unknown
	case lowAfter > highBefore:
		c.Verdict = Slower
	case highAfter < lowBefore:
		c.Verdict = Faster
	default:
		c.Verdict = Same
	}
	return c
}

// find gives the change of a command.
func (c *Comparison) find(code string) *Change {
	if c != nil {
		for i := range c.Commands {
			if c.Commands[i].Code == code {
				return &c.Commands[i]
			}
		}
	}
	return nil
}
