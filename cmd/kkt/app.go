package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/openkkt/openkkt/device"
)

// streams are the standard streams: results go to out, the rest to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// app is what all commands share: the streams and the flags that stand everywhere.
type app struct {
	streams
	to       string
	password uint32
	timeout  time.Duration
	json     bool
	quiet    bool
	verbose  bool

	ledger *device.FileLedger // of sell --id
}

// run executes one command line and returns the exit code. Output of a command
// that fails is withheld, so that a script never reads half an answer.
func run(ctx context.Context, args []string, s streams) int {
	a := &app{streams: s}
	var result bytes.Buffer
	root := a.root()
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(&result)
	root.SetErr(s.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		if _, werr := s.out.Write(result.Bytes()); werr != nil {
			return exitInput
		}
		return exitDone
	}
	if !a.json { // a command that is not known has parsed no flags
		a.json = slices.Contains(args, "--json")
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	return a.report(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kkt",
		Short: "A fiscal register (ККТ, 54-ФЗ) in software, and a driver for real ones",
		Long: `kkt runs a fiscal register in software that answers the Shtrih-M protocol with
a fiscal storage inside, and drives real registers over the same protocol.

  kkt demo                       one shop day in a few seconds
  kkt emu                        run a register on tcp://127.0.0.1:7778
  kkt shift open                 then, in another terminal
  kkt sell sample:coffee

Exit codes: 0 done, 1 refused, 2 usage or input, 3 no link and nothing sent,
4 outcome unknown. Results go to stdout, everything else to stderr.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
	}
	root.SetVersionTemplate("kkt {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{err.Error(), cmd.CommandPath() + " --help"}
	})
	f := root.PersistentFlags()
	f.BoolVar(&a.json, "json", false, "print one JSON object")
	f.BoolVar(&a.quiet, "quiet", false, "print results and errors only")
	f.BoolVar(&a.verbose, "verbose", false, "log what the program does to stderr")
	f.StringVar(&a.to, "to", "", "the register: tcp://host:port, serial:///dev/ttyACM0?baud=115200,\nserial://COM3 or emu: (in process); default $KKT_URL, then "+defaultURL)
	f.DurationVar(&a.timeout, "timeout", 0, "how long a command may take; 0 = as long as its kind needs")
	f.Uint32Var(&a.password, "password", 30, "operator password")
	root.AddCommand(
		a.emuCommand(), a.demoCommand(),
		a.sellCommand(), a.statusCommand(), a.shiftCommand(), a.reportCommand(), a.cashCommand(), a.cancelCommand(),
		a.docCommand(), a.decodeCommand(), a.tableCommand(), a.execCommand(), a.discoverCommand(), a.benchCommand(),
	)
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

const defaultURL = "tcp://127.0.0.1:7778"

// target is the register that --to, then KKT_URL, then the default names.
func (a *app) target() string {
	if a.to != "" {
		return a.to
	}
	if url := os.Getenv("KKT_URL"); url != "" {
		return url
	}
	return defaultURL
}

func (a *app) logger() *slog.Logger {
	if !a.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(a.err, nil))
}

// note tells the person something that is not the result.
func (a *app) note(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}

// printJSON writes v as the one JSON object of a command.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// version is the module version that the Go linker recorded.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return "development"
}
