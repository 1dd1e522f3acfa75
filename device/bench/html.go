package bench

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("bench").Parse(pageText))

// WriteHTML writes the result as one page that needs nothing else: tables and
// plots. Before is the baseline, drawn beside the run; it may be nil.
func (r *Result) WriteHTML(w io.Writer, before *Result) error {
	var comparison *Comparison
	if before != nil {
		var err error
		if comparison, err = Compare(before, r); err != nil {
			return err
		}
	}
	plots, err := r.plots(before)
	if err != nil {
		return fmt.Errorf("bench: plots: %w", err)
	}
	rows := r.rows(comparison)
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{
		"Result": r, "Before": before, "Comparison": comparison, "Plots": plots,
		"Head": rows[0], "Rows": rows[1:], "Elapsed": seconds(r.Elapsed),
		"Began": r.Began.Format("2006-01-02 15:04:05"), "Perminute": fmt.Sprintf("%.1f", r.PerMinute),
		"Efficiency":   fmt.Sprintf("%.1f %%", 100*r.Wire.Efficiency()),
		"ToRegister":   fmt.Sprintf("%.1f %%", 100*r.Wire.ToRegister()),
		"FromRegister": fmt.Sprintf("%.1f %%", 100*r.Wire.FromRegister()),
		"Debug":        DebugStorage(r.Target.Storage),
	})
	if err != nil {
		return fmt.Errorf("bench: page: %w", err)
	}
	_, err = out.WriteTo(w)
	return err
}
