package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/openkkt/openkkt/emulator"
	"github.com/openkkt/openkkt/emulator/tape"
)

// registerFlags are the flags that make a register in software, shared by emu,
// demo and the emu: address.
type registerFlags struct {
	state, ffd, clock string
	seed              uint64
	inn, user, ofdINN string
	profile, speed    string
}

// serialBaud is the usual speed of registers on a serial line, 8N1.
const serialBaud = 115200

func (a *app) emuCommand() *cobra.Command {
	var (
		flags     registerFlags
		listen    string
		pty       bool
		serial    string
		readyFile string
	)
	cmd := &cobra.Command{
		Use:   "emu",
		Short: "Run a register in software",
		Long: `Run a register in software until Ctrl-C.

It answers the Shtrih-M protocol, versions 1 and 2, with a fiscal storage inside,
and prints every exchange. Nothing is sent to the tax service.`,
		Args: exactArgs(0, "flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runEmulator(cmd.Context(), flags, listen, pty, serial, readyFile)
		},
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", defaultURL, "address for cash programs; port 0 takes a free one, \"\" none")
	f.BoolVar(&pty, "pty", false, "also a pseudo terminal, as a serial port")
	f.StringVar(&serial, "serial", "", "also a serial line: /dev/ttyUSB0 or COM3, 115200 8N1")
	f.StringVar(&readyFile, "ready-file", "", "write KKT_URL=… to this file when the register answers")
	flags.add(f)
	return cmd
}

// flagSet is the part of pflag that registerFlags needs.
type flagSet interface {
	StringVar(p *string, name, value, usage string)
	Uint64Var(p *uint64, name string, value uint64, usage string)
}

func (r *registerFlags) add(f flagSet) {
	f.StringVar(&r.state, "state", "", "keep the state in this directory; without it the state is in memory")
	f.StringVar(&r.ffd, "ffd", "", "format of fiscal documents: 1.05, 1.1 or 1.2 (default 1.2)")
	f.Uint64Var(&r.seed, "seed", 1, "key of the fiscal sign: the same seed and commands give the same bytes")
	f.StringVar(&r.clock, "clock", "real", "real, a moment to start from (2026-01-31T09:00:00), or frozen:MOMENT")
	f.StringVar(&r.inn, "inn", "", "ИНН of the user, 10 or 12 digits with valid check digits")
	f.StringVar(&r.user, "user", "", "name of the user")
	f.StringVar(&r.ofdINN, "ofd-inn", "", "ИНН of the ОФД")
	f.StringVar(&r.profile, "profile", "", "model of the register: "+strings.Join(emulator.Profiles(), ", ")+" (default "+emulator.DefaultProfile+")")
	f.StringVar(&r.speed, "speed", emulator.Instant.String(), "of printing: instant, fast or real")
}

// open makes the register. The caller closes it.
func (r registerFlags) open(hooks emulator.Config) (*emulator.Register, error) {
	now, err := parseClock(r.clock)
	if err != nil {
		return nil, err
	}
	cfg := hooks
	cfg.Clock, cfg.Seed, cfg.FFD, cfg.Profile = now, r.seed, r.ffd, r.profile
	if r.speed != "" {
		if cfg.Speed, err = emulator.ParseSpeed(r.speed); err != nil {
			return nil, &usageError{fmt.Sprintf("--speed %q: instant, fast or real is expected", r.speed), ""}
		}
	}
	if r.profile != "" && !slices.Contains(emulator.Profiles(), r.profile) {
		return nil, &usageError{fmt.Sprintf("--profile %q: expected one of %s", r.profile, strings.Join(emulator.Profiles(), ", ")), ""}
	}
	cfg.Registration.UserINN, cfg.Registration.UserName, cfg.Registration.OFDINN = r.inn, r.user, r.ofdINN
	fs, err := openState(r.state)
	if err != nil {
		return nil, err
	}
	cfg.FS = fs
	reg, err := emulator.New(cfg) // closes fs when it fails
	if err != nil {
		return nil, stateError(r.state, err)
	}
	return reg, nil
}

// parseClock reads --clock.
func parseClock(s string) (func() time.Time, error) {
	if s == "" || s == "real" {
		return time.Now, nil
	}
	moment, frozen := strings.CutPrefix(s, "frozen:")
	var start time.Time
	var err error
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if start, err = time.ParseInLocation(layout, moment, time.Local); err == nil {
			break
		}
	}
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--clock %q: real, a moment such as 2026-01-31T09:00:00, or frozen:MOMENT is expected", s), ""}
	}
	if frozen {
		return func() time.Time { return start }, nil
	}
	began := time.Now()
	return func() time.Time { return start.Add(time.Since(began)) }, nil
}

func (a *app) runEmulator(ctx context.Context, flags registerFlags, listen string, pty bool, serial, readyFile string) error {
	began := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	log := &exchangeLog{out: a.out, silent: a.quiet}
	reg, err := flags.open(emulator.Config{Logger: a.logger(), OnExchange: log.exchange})
	if err != nil {
		return err
	}
	defer reg.Close()

	var (
		ready  []string
		places []string
		serve  []func() error
	)
	if listen != "" {
		address := strings.TrimPrefix(listen, "tcp://")
		if strings.Contains(address, "://") {
			return &usageError{fmt.Sprintf("--listen %q: tcp://host:port is expected", listen), ""}
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return &usageError{fmt.Sprintf("--listen %s: %v", listen, listenProblem(err)), ""}
		}
		server := reg.NewServer(announcing{listener, log}, reg.TCPLink())
		url := "tcp://" + server.Addr().String()
		places = append(places, fmt.Sprintf("%-24s point your cash program here", url))
		ready = append(ready, "KKT_URL="+url)
		serve = append(serve, func() error { return server.Serve(ctx) })
	}
	if pty {
		t, err := reg.OpenPTY(emulator.CableLink())
		if err != nil {
			return &usageError{"--pty: " + err.Error(), ""}
		}
		places = append(places, fmt.Sprintf("%-24s the same, serial", t.Path()))
		ready = append(ready, "KKT_PTY="+t.Path())
		serve = append(serve, func() error { return t.Serve(ctx) })
	}
	if serial != "" {
		line, err := emulator.OpenSerial(serial, serialBaud)
		if err != nil {
			return &usageError{"--serial " + serial + ": " + err.Error(), ""}
		}
		places = append(places, fmt.Sprintf("%-24s a serial line", serial))
		serve = append(serve, func() error { return reg.ServeConn(ctx, line, emulator.SerialLink(line)) })
	}
	if len(serve) == 0 {
		return &usageError{"nothing to serve: give --listen, --pty or --serial", ""}
	}

	if readyFile != "" {
		if err := writeReadyFile(readyFile, ready); err != nil {
			return &inputError{"--ready-file " + readyFile, plain(err)}
		}
	}
	a.banner(reg, flags, places, time.Since(began))

	failed := make(chan error, len(serve))
	var wg sync.WaitGroup
	for _, s := range serve {
		wg.Go(func() {
			if err := s(); err != nil && ctx.Err() == nil {
				failed <- err
				cancel()
			}
		})
	}
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func listenProblem(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

// writeReadyFile writes the file whole or not at all: who waits for it never
// reads half a line.
func writeReadyFile(name string, lines []string) error {
	tmp := name + ".tmp"
	if err := os.WriteFile(tmp, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}

func (a *app) banner(reg *emulator.Register, flags registerFlags, places []string, took time.Duration) {
	info := reg.Info()
	keep := "memory, lost on exit   keep it: --state ./kkt-data"
	if flags.state != "" {
		keep = flags.state
	}
	clock := flags.clock
	if clock == "" {
		clock = "real"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "kkt %s  %s\n\n", version(), tape.EmulatorLine)
	for i, place := range places {
		label := "register"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(&b, "  %-9s %s\n", label, place)
	}
	fmt.Fprintf(&b, "  %-9s %s, ФФД %s, ФН %s, seed %d, clock %s\n", "model", info.Model, info.FFD, info.StorageNumber, flags.seed, clock)
	fmt.Fprintf(&b, "  %-9s %s\n\n", "state", keep)
	if !a.quiet {
		b.WriteString("  no program yet?  kkt shift open, then kkt sell sample:coffee\n\n")
	}
	fmt.Fprintf(&b, "ready in %d ms, Ctrl-C stops\n", took.Milliseconds())
	_, _ = io.WriteString(a.out, b.String())
}

// exchangeLog prints a line an exchange.
type exchangeLog struct {
	mu     sync.Mutex
	out    io.Writer
	silent bool
}

func (l *exchangeLog) exchange(e emulator.Exchange) { l.line(e.Time, describeExchange(e)) }

func (l *exchangeLog) line(at time.Time, text string) {
	if l.silent {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, "%s  %s\n", at.Format("15:04:05.000"), text)
}

// announcing tells of each client in the log.
type announcing struct {
	net.Listener
	log *exchangeLog
}

func (a announcing) Accept() (net.Conn, error) {
	conn, err := a.Listener.Accept()
	if err == nil {
		a.log.line(time.Now(), "connected "+conn.RemoteAddr().String())
	}
	return conn, err
}
