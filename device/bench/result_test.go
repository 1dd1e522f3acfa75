package bench

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func twoRuns(t *testing.T) (before, after *Result) {
	t.Helper()
	before = result(t, map[string]Latency{"FF45h": steady(100 * time.Millisecond), "10h": steady(time.Millisecond)})
	after = result(t, map[string]Latency{"FF45h": steady(200 * time.Millisecond), "FF46h": steady(2 * time.Millisecond)})
	after.Target.Model = `<script>alert("модель")</script> & Co`
	return before, after
}

func TestResultSurvivesItsJSON(t *testing.T) {
	_, want := twoRuns(t)
	data, err := json.Marshal(want)
	require.NoError(t, err)
	got, err := ParseResult(data)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestWhatIsNotAResultIsRefused(t *testing.T) {
	for _, data := range []string{``, `[]`, `{}`, `{"benchVersion":1}`, `{"operationType":1,"items":[]}`,
		`{"benchVersion":2,"workload":"kiosk-1","commands":[{}]}`} {
		_, err := ParseResult([]byte(data))
		require.ErrorIs(t, err, ErrNotResult, data)
	}
}

func TestPageIsWellFormedAndNeedsNothingElse(t *testing.T) {
	before, after := twoRuns(t)
	empty := &Result{Version: resultVersion, Workload: Kiosk1}
	for name, c := range map[string]struct {
		run, baseline *Result
		plots         int
	}{
		"alone": {after, nil, 4}, "with a baseline": {after, before, 4}, "nothing sold": {empty, nil, 0},
		"nothing sold, with a baseline": {empty, before, 0}, "against nothing": {after, empty, 4},
	} {
		var out bytes.Buffer
		require.NoError(t, c.run.WriteHTML(&out, c.baseline), name)
		page := out.String()
		decoder := xml.NewDecoder(strings.NewReader(page))
		decoder.Entity = xml.HTMLEntity
		plots := 0
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, name)
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			require.NotContains(t, []string{"script", "link", "img", "iframe"}, start.Name.Local, name)
			for _, a := range start.Attr {
				require.NotContains(t, []string{"href", "src"}, a.Name.Local, name)
			}
			if start.Name.Local == "svg" {
				plots++
			}
		}
		require.Equal(t, c.plots, plots, name)
		require.NotContains(t, page, "NaN", name)
		require.NotContains(t, page, "Inf", name)
	}
}

func TestPageShowsBothRuns(t *testing.T) {
	before, after := twoRuns(t)
	var alone, both bytes.Buffer
	require.NoError(t, after.WriteHTML(&alone, nil))
	require.NoError(t, after.WriteHTML(&both, before))
	grey := "#B8B2A6"
	require.Greater(t, strings.Count(both.String(), grey), strings.Count(alone.String(), grey), "the baseline is drawn")
	require.Contains(t, both.String(), "slower")
	require.Contains(t, alone.String(), "a debug storage")
}

func TestTableFlagsWhatIsOutsideTheNoise(t *testing.T) {
	before, after := twoRuns(t)
	c, err := Compare(before, after)
	require.NoError(t, err)
	var slower, gone string
	for line := range strings.Lines(string(after.AppendText(nil, c))) {
		switch {
		case strings.HasPrefix(line, "FF45h"):
			slower = line
		case strings.HasPrefix(line, "10h"):
			gone = line
		}
	}
	require.Contains(t, slower, "2.00  slower")
	require.Contains(t, gone, "absent")
	require.NotContains(t, string(after.AppendText(nil, nil)), "ratio")
}

func TestColumnsOfTheTableAreAligned(t *testing.T) {
	lines := align([][]string{{"command", "", "count"}, {"8Dh", "чек", "7"}})
	require.Equal(t, []string{"command       count", "8Dh      чек      7"}, lines)
}
