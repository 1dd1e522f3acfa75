package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// resultVersion is the version of the JSON form.
const resultVersion = 1

// Result is what one run came to. Its JSON is the baseline of later runs.
type Result struct {
	Version  int       `json:"benchVersion"`
	Workload string    `json:"workload"`
	Seed     uint64    `json:"seed"`
	Target   Target    `json:"target"`
	Began    time.Time `json:"began"`

	Elapsed     time.Duration `json:"elapsedNs"`
	Receipts    int           `json:"receipts"` // refunds included
	Refunds     int           `json:"refunds"`
	Items       int           `json:"items"`
	PerMinute   float64       `json:"receiptsPerMinute"`
	ShiftOpened bool          `json:"shiftOpened"`   // by the run, before it measured
	First       uint32        `json:"firstDocument"` // ФД of the first and the last receipt
	Last        uint32        `json:"lastDocument"`

	Receipt  Latency   `json:"receipt"` // of a whole sale, with the questions before and the reading back after it
	Commands []Command `json:"commands"`
	Wire     Wire      `json:"wire"`
	Retries  int       `json:"retries"`  // of the link, inside commands
	Failures int       `json:"failures"` // commands without an answer
	Waits    int       `json:"waits"`    // refusals because the register was printing (50h)
	Time     Times     `json:"time"`
	Timeline Timeline  `json:"timeline"`
}

// Target is the register that was measured.
type Target struct {
	Model    string `json:"model"`
	Firmware string `json:"firmware"`
	Serial   string `json:"kktNumber"`
	Storage  string `json:"fiscalDriveNumber"`
	Protocol int    `json:"protocol"`
}

// Command is how long one command took, from the first byte sent to the last
// received.
type Command struct {
	Code string `json:"command"` // FF45h
	Name string `json:"name"`
	Latency
}

// Wire counts bytes. Payload is DATA of commands and answers; the rest is the
// link's: ENQ, lengths, sums, stuffing, repeats.
type Wire struct {
	Commands int64 `json:"commandBytes"`
	Answers  int64 `json:"answerBytes"`
	Sent     int64 `json:"sentBytes"`
	Received int64 `json:"receivedBytes"`
}

// Efficiency is the payload's part of all bytes on the wire, both ways.
func (w Wire) Efficiency() float64 { return share(w.Commands+w.Answers, w.Sent+w.Received) }

// ToRegister and FromRegister are the same for one direction.
func (w Wire) ToRegister() float64   { return share(w.Commands, w.Sent) }
func (w Wire) FromRegister() float64 { return share(w.Answers, w.Received) }

func share[T int64 | time.Duration](a, whole T) float64 {
	if whole == 0 {
		return 0
	}
	return float64(a) / float64(whole)
}

// Times is where the time of the run went.
type Times struct {
	// Storage is the time of the closing commands (FF45h, FF76h): the register forms
	// the document, its storage signs and keeps it. Registers that answer these
	// commands after printing count their printing here.
	Storage time.Duration `json:"storageNs"`
	// Printing is the time from the first sign that the register prints (submode 4
	// or 5, refusal 50h) to its end.
	Printing time.Duration `json:"printingNs"`
	Other    time.Duration `json:"otherCommandsNs"`
	Host     time.Duration `json:"hostNs"` // outside of commands: this program
}

// Timeline is how many receipts ended in each of equal spans of the run.
type Timeline struct {
	Span     time.Duration `json:"spanNs"`
	Receipts []int         `json:"receipts"`
}

// ErrNotResult is what bytes that are not a stored result give.
var ErrNotResult = errors.New("not the result of a bench run")

// ParseResult reads the JSON form.
func ParseResult(data []byte) (*Result, error) {
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotResult, err)
	}
	if r.Version == 0 || r.Workload == "" || len(r.Commands) == 0 {
		return nil, fmt.Errorf("%w: benchVersion, workload or commands are missing", ErrNotResult)
	}
	if r.Version > resultVersion {
		return nil, fmt.Errorf("%w that this program can read: version %d, at most %d", ErrNotResult, r.Version, resultVersion)
	}
	return &r, nil
}

// commandTable sorts the commands by the time they took in all.
func commandTable(observed map[shtrih.Code][]time.Duration) []Command {
	var list []Command
	for code, times := range observed {
		list = append(list, Command{code.String(), code.Name(), measure(times)})
	}
	slices.SortFunc(list, func(a, b Command) int {
		if a.Total != b.Total {
			return int(max(-1, min(1, b.Total-a.Total)))
		}
		return strings.Compare(a.Code, b.Code)
	})
	return list
}

// timeline puts the ends of receipts into spans.
func timeline(ends []time.Duration, elapsed time.Duration) Timeline {
	const spans = 60
	t := Timeline{Span: max(elapsed/spans, 1), Receipts: make([]int, spans)}
	for _, at := range ends {
		t.Receipts[min(int(at/t.Span), spans-1)]++
	}
	return t
}
