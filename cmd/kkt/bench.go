package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/device/bench"
)

// benchFlags are the flags of kkt bench.
type benchFlags struct {
	bench.Config
	html, baseline string
}

func (a *app) benchCommand() *cobra.Command {
	var flags benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure a register by selling receipts",
		Long: `Measure a register: sell receipts for a while and tell how long each command
took, how many receipts a minute went through, and what the link cost. The shift
is opened when it is closed, and stays open.

With --json the result is the baseline of a later run:

  kkt bench --json > old.json
  kkt bench --baseline old.json --html report.html`,
		Args: exactArgs(0, "flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("count") && !cmd.Flags().Changed("duration") {
				flags.Duration = 0
			}
			return a.bench(cmd.Context(), cmd.OutOrStdout(), flags)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&flags.Duration, "duration", time.Minute, "how long to sell; the receipt that has begun is finished")
	f.IntVar(&flags.Count, "count", 0, "how many receipts to sell; with --duration, whichever comes first")
	f.StringVar(&flags.Workload, "workload", bench.Supermarket30, "what to sell: "+strings.Join(bench.Workloads(), " or "))
	f.Uint64Var(&flags.Seed, "seed", 1, "the same seed sells the same receipts")
	f.StringVar(&flags.html, "html", "", "also write a page with plots to this file")
	f.StringVar(&flags.baseline, "baseline", "", "compare with this result of an earlier run")
	f.BoolVar(&flags.Real, "real", false, "sell on a register whose storage is a real one: every receipt is final")
	return cmd
}

// bench checks all that can be wrong before it sells for a minute.
func (a *app) bench(ctx context.Context, w io.Writer, flags benchFlags) error {
	if flags.Duration < 0 || flags.Count < 0 || flags.Duration == 0 && flags.Count == 0 {
		return &usageError{"--duration or --count must be above zero", "kkt bench --help"}
	}
	if _, err := bench.NewWorkload(flags.Workload, flags.Seed, false); err != nil {
		return &usageError{"--" + err.Error(), ""}
	}
	baseline, err := readBaseline(flags)
	if err != nil {
		return err
	}
	html, err := openReport(flags.html)
	if err != nil {
		return err
	}
	if html != nil {
		defer html.Close()
	}

	result, err := a.runBench(ctx, flags.Config)
	if err != nil {
		return fmt.Errorf("%s: %w", a.target(), err)
	}
	var comparison *bench.Comparison
	if baseline != nil {
		if comparison, err = bench.Compare(baseline, result); err != nil {
			return &inputError{"--baseline " + flags.baseline, err}
		}
	}
	if html != nil {
		if err := html.write(result, baseline); err != nil {
			return &inputError{"--html " + flags.html, err}
		}
		a.note("the page is in %s", flags.html)
	}
	if a.json {
		return printJSON(w, struct {
			*bench.Result
			Baseline *bench.Comparison `json:"baseline,omitempty"`
		}{result, comparison})
	}
	_, err = w.Write(result.AppendText(nil, comparison))
	return err
}

func readBaseline(flags benchFlags) (*bench.Result, error) {
	if flags.baseline == "" {
		return nil, nil
	}
	place := "--baseline " + flags.baseline
	data, err := os.ReadFile(flags.baseline)
	if err != nil {
		return nil, &inputError{place, plain(err)}
	}
	baseline, err := bench.ParseResult(data)
	if err == nil && baseline.Workload != flags.Workload {
		err = &bench.OtherWorkloadError{Before: baseline.Workload, After: flags.Workload}
	}
	if err != nil {
		return nil, &inputError{place, err}
	}
	return baseline, nil
}

// report is the file of --html. It is made before the run, so that a wrong name
// costs no minute, and takes its place when it is whole.
type report struct {
	*os.File
	name string
}

func openReport(name string) (*report, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Create(name + ".tmp")
	if err != nil {
		return nil, &inputError{"--html " + name, plain(err)}
	}
	return &report{file, name}, nil
}

func (r *report) write(result, baseline *bench.Result) error {
	if err := result.WriteHTML(r.File, baseline); err != nil {
		return err
	}
	if err := r.File.Close(); err != nil {
		return err
	}
	return os.Rename(r.File.Name(), r.name)
}

// Close throws away a page that was not written.
func (r *report) Close() {
	_ = r.File.Close()
	_ = os.Remove(r.File.Name())
}

func (a *app) runBench(ctx context.Context, cfg bench.Config) (*bench.Result, error) {
	recorder := bench.NewRecorder()
	reg, done, err := a.connectWith(ctx, append(a.options(), recorder.Options()...))
	if err != nil {
		return nil, err
	}
	defer done()
	cfg.Password = a.password
	cfg.Notify = func(text string) { a.note("bench: %s", text) }
	bar, finish := a.progress(cfg)
	defer finish()
	cfg.Progress = bar
	return bench.Run(ctx, reg, recorder, cfg)
}

// connectWith opens the register of --to with the given options.
func (a *app) connectWith(ctx context.Context, opts []device.Option) (*device.Register, func(), error) {
	if rest, ok := strings.CutPrefix(a.target(), "emu:"); ok {
		return a.connectEmulator(ctx, a.target(), rest, false, opts)
	}
	reg, err := device.Open(ctx, a.target(), opts...)
	if err != nil {
		return nil, nil, err
	}
	return reg, func() { _ = reg.Close() }, nil
}

// progress draws a bar on stderr when that is a terminal.
func (a *app) progress(cfg bench.Config) (step func(bench.Progress), finish func()) {
	terminal, ok := a.err.(*os.File)
	if a.quiet || !ok || !term.IsTerminal(int(terminal.Fd())) {
		return nil, func() {}
	}
	// The bar measures what is nearer to its end.
	const whole = 1000
	bar := progressbar.NewOptions(whole,
		progressbar.OptionSetWriter(terminal), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	return func(p bench.Progress) {
			var done float64
			if cfg.Duration > 0 {
				done = float64(p.Elapsed) / float64(cfg.Duration)
			}
			if cfg.Count > 0 {
				done = max(done, float64(p.Receipts)/float64(cfg.Count))
			}
			bar.Describe(fmt.Sprintf("%d receipts", p.Receipts))
			_ = bar.Set(int(min(done, 1) * whole))
		}, func() {
			_ = bar.Finish()
		}
}
