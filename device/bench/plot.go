package bench

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// figure is one plot of the page.
type figure struct {
	Title, Legend string
	SVG           template.HTML
}

var (
	colourNow    = color.RGBA{0x0A, 0x5B, 0xB0, 0xFF}
	colourBefore = color.RGBA{0xB8, 0xB2, 0xA6, 0xFF}
	colourParts  = []color.Color{
		color.RGBA{0x0A, 0x5B, 0xB0, 0xFF}, color.RGBA{0x7A, 0x4E, 0x00, 0xFF},
		color.RGBA{0x15, 0x71, 0x3F, 0xFF}, color.RGBA{0xB8, 0xB2, 0xA6, 0xFF},
	}
)

const (
	plotWidth  = 24 * vg.Centimeter
	plotHeight = 10 * vg.Centimeter
	// plotCommands is how many commands fit side by side; they come in the order of
	// the time they took.
	plotCommands = 14
)

// plots draws the run, and the baseline in grey beside it. A run that sold nothing
// has nothing to draw.
func (r *Result) plots(before *Result) ([]figure, error) {
	if r.Receipts == 0 || len(r.Commands) == 0 {
		return nil, nil
	}
	beside := ""
	if before != nil {
		beside = "; grey: the baseline"
	}
	var figures []figure
	for _, f := range []struct {
		title, legend string
		draw          func(*plot.Plot, *Result) error
	}{
		{"Latency of commands", "milliseconds, from the median over p90 and p99 to the longest" + beside, r.plotCommands},
		{"Receipts by their time", "milliseconds that so many per cent of the receipts did not exceed" + beside, r.plotCurve},
		{"Receipts a minute", "over the run, seconds" + beside, r.plotTimeline},
		{"Where the time went", "per cent of the run: storage (closing commands), printing (waited for), other commands, host" + beside, r.plotTimes},
	} {
		p := plot.New()
		p.X.Padding, p.Y.Padding = vg.Points(4), vg.Points(4)
		if err := f.draw(p, before); err != nil {
			return nil, fmt.Errorf("%s: %w", f.title, err)
		}
		svg, err := render(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.title, err)
		}
		figures = append(figures, figure{f.title, f.legend, svg})
	}
	return figures, nil
}

// render gives the <svg> element, without the heading of a file of its own.
func render(p *plot.Plot) (template.HTML, error) {
	canvas := vgsvg.New(plotWidth, plotHeight)
	p.Draw(draw.New(canvas))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return "", err
	}
	svg := out.Bytes()
	at := bytes.Index(svg, []byte("<svg"))
	if at < 0 {
		return "", fmt.Errorf("no <svg> in the plot")
	}
	return template.HTML(svg[at:]), nil // made here, of numbers and of names that the plotter escapes
}

// leastMillis is the lower end of logarithmic axes.
const leastMillis = 0.001

func inMillis(d time.Duration) float64 { return max(float64(d)/float64(time.Millisecond), leastMillis) }

func (r *Result) plotCommands(p *plot.Plot, before *Result) error {
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Y.Label.Text = "ms"
	commands := r.Commands[:min(len(r.Commands), plotCommands)]
	names := make([]string, len(commands))
	earlier := map[string]*Latency{}
	if before != nil {
		for i := range before.Commands {
			earlier[before.Commands[i].Code] = &before.Commands[i].Latency
		}
	}
	for i := range commands {
		names[i] = commands[i].Code
		if was := earlier[commands[i].Code]; was != nil {
			if err := spread(p, float64(i)-0.15, was, colourBefore); err != nil {
				return err
			}
		}
		if err := spread(p, float64(i)+0.1, &commands[i].Latency, colourNow); err != nil {
			return err
		}
	}
	p.NominalX(names...)
	p.X.Min, p.X.Max = -0.5, float64(max(len(commands), 1))-0.5
	// A logarithmic axis needs two different ends above zero.
	p.Y.Min = max(p.Y.Min, leastMillis) / 2
	p.Y.Max = max(p.Y.Max, leastMillis) * 2
	return nil
}

// spread draws a latency as a line from the median to the longest, with points at
// the quantiles.
func spread(p *plot.Plot, x float64, l *Latency, c color.Color) error {
	points := plotter.XYs{{X: x, Y: inMillis(l.P50)}, {X: x, Y: inMillis(l.P90)}, {X: x, Y: inMillis(l.P99)}, {X: x, Y: inMillis(l.Max)}}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, vg.Points(2)
	marks.Color = c
	marks.GlyphStyleFunc = func(i int) draw.GlyphStyle {
		style := draw.GlyphStyle{Color: c, Radius: vg.Points(2.5), Shape: draw.CircleGlyph{}}
		if i == 0 {
			style.Radius, style.Shape = vg.Points(4), draw.BoxGlyph{}
		}
		return style
	}
	p.Add(line, marks)
	return nil
}

func (r *Result) plotCurve(p *plot.Plot, before *Result) error {
	p.X.Label.Text, p.Y.Label.Text = "per cent", "ms"
	p.Y.Min = 0
	return overlay(p, r, before, func(r *Result) plotter.XYs {
		var points plotter.XYs
		for i, d := range r.Receipt.Curve {
			points = append(points, plotter.XY{X: float64(i * 100 / curveSteps), Y: inMillis(d)})
		}
		return points
	})
}

func (r *Result) plotTimeline(p *plot.Plot, before *Result) error {
	p.X.Label.Text, p.Y.Label.Text = "s", "a minute"
	p.Y.Min = 0
	return overlay(p, r, before, func(r *Result) plotter.XYs {
		// Fewer, wider spans than are kept when receipts are slow: a line that jumps
		// between none and one says nothing.
		t := r.Timeline.widened(r.Receipts / 5)
		var points plotter.XYs
		for i, n := range t.Receipts {
			points = append(points, plotter.XY{X: (float64(i) + 0.5) * t.Span.Seconds(), Y: float64(n) / t.Span.Minutes()})
		}
		return points
	})
}

// widened joins spans until there are at most that many, but at least one.
func (t Timeline) widened(spans int) Timeline {
	n := len(t.Receipts)
	if n == 0 {
		return t
	}
	spans = max(1, min(spans, n))
	each := (n + spans - 1) / spans
	wide := Timeline{Span: t.Span * time.Duration(each)}
	for i := 0; i+each <= n; i += each { // a rest shorter than the others would lie
		sum := 0
		for _, v := range t.Receipts[i : i+each] {
			sum += v
		}
		wide.Receipts = append(wide.Receipts, sum)
	}
	return wide
}

// overlay draws a line for the baseline and one for the run.
func overlay(p *plot.Plot, now, before *Result, points func(*Result) plotter.XYs) error {
	add := func(r *Result, c color.Color) error {
		xys := points(r)
		if len(xys) == 0 {
			return nil
		}
		line, err := plotter.NewLine(xys)
		if err != nil {
			return err
		}
		line.Color, line.Width = c, vg.Points(2)
		p.Add(line)
		return nil
	}
	p.Add(plotter.NewGrid())
	if before != nil {
		if err := add(before, colourBefore); err != nil {
			return err
		}
	}
	return add(now, colourNow)
}

func (r *Result) plotTimes(p *plot.Plot, before *Result) error {
	runs, names := []*Result{r}, []string{"this run"}
	if before != nil {
		runs, names = append(runs, before), append(names, "baseline")
	}
	var below *plotter.BarChart
	for i, part := range r.Time.parts() {
		values := make(plotter.Values, len(runs))
		for n, run := range runs {
			values[n] = 100 * share(run.Time.parts()[i].time, run.Elapsed)
		}
		bars, err := plotter.NewBarChart(values, vg.Points(60))
		if err != nil {
			return err
		}
		bars.Color, bars.LineStyle.Width = colourParts[i], 0
		if below != nil {
			bars.StackOn(below)
		}
		below = bars
		p.Add(bars)
		p.Legend.Add(part.name, bars)
	}
	p.NominalX(names...)
	p.X.Min, p.X.Max = -1, float64(len(runs))+1
	p.Y.Min, p.Y.Max = 0, 100
	p.Legend.Top = true
	return nil
}
