package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/emulator"
)

// connect opens the register that --to names. shift tells that the command
// needs an open shift: a register of emu: without a state directory lives for
// this one command, so the shift is opened for it.
func (a *app) connect(ctx context.Context, shift bool) (*device.Register, func(), error) {
	target := a.target()
	opts := a.options()
	if rest, ok := strings.CutPrefix(target, "emu:"); ok {
		return a.connectEmulator(ctx, target, rest, shift, opts)
	}
	reg, err := device.Open(ctx, target, opts...)
	if err != nil {
		return nil, nil, err
	}
	return reg, func() { _ = reg.Close() }, nil
}

func (a *app) options() []device.Option {
	opts := []device.Option{device.WithPassword(a.password), device.WithLogger(a.logger())}
	if a.ledger != nil {
		opts = append(opts, device.WithLedger(a.ledger))
	}
	if a.timeout > 0 {
		t := device.DefaultTimeouts()
		t.Default, t.Commands = a.timeout, nil
		t.Byte = min(t.Byte, a.timeout)
		opts = append(opts, device.WithTimeouts(t))
	}
	return opts
}

// connectEmulator makes a register in this process: emu:?ffd=1.05&state=DIR&seed=7&clock=…
func (a *app) connectEmulator(ctx context.Context, target, rest string, shift bool, opts []device.Option) (*device.Register, func(), error) {
	flags, err := emulatorFlags(target, rest)
	if err != nil {
		return nil, nil, err
	}
	software, err := flags.open(emulator.Config{Logger: a.logger()})
	if err != nil {
		return nil, nil, err
	}
	ctxServe, cancel := context.WithCancel(context.Background())
	ours, theirs := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- software.ServeConn(ctxServe, theirs, emulator.LinkOptions{}) }()
	stop := func() {
		cancel()
		_ = ours.Close()
		_ = theirs.Close()
		<-served
		_ = software.Close()
	}
	reg, err := device.New(ctx, ours, opts...)
	if err != nil {
		stop()
		return nil, nil, err
	}
	if shift && flags.state == "" {
		if _, err := reg.OpenShift(ctx); err != nil {
			stop()
			return nil, nil, err
		}
		a.note("emu: a new register in memory, its shift opened; it is gone when the command ends")
	}
	return reg, func() { _ = reg.Close(); stop() }, nil
}

func emulatorFlags(target, rest string) (registerFlags, error) {
	flags := registerFlags{seed: 1}
	query, ok := strings.CutPrefix(strings.TrimPrefix(rest, "//"), "?")
	if !ok && query != "" {
		return flags, &usageError{fmt.Sprintf("%s: emu: or emu:?state=DIR&ffd=1.2&seed=1&clock=real is expected", target), ""}
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return flags, &usageError{fmt.Sprintf("%s: %v", target, err), ""}
	}
	for key, v := range values {
		value := v[len(v)-1]
		switch key {
		case "state":
			flags.state = value
		case "ffd":
			flags.ffd = value
		case "clock":
			flags.clock = value
		case "inn":
			flags.inn = value
		case "seed":
			if flags.seed, err = strconv.ParseUint(value, 10, 64); err != nil {
				return flags, &usageError{fmt.Sprintf("%s: seed=%s is not a number", target, value), ""}
			}
		default:
			return flags, &usageError{fmt.Sprintf("%s: unknown option %q; state, ffd, seed, clock and inn are known", target, key), ""}
		}
	}
	return flags, nil
}

// withRegister runs f on the register and closes it.
func (a *app) withRegister(ctx context.Context, shift bool, f func(*device.Register) error) error {
	reg, done, err := a.connect(ctx, shift)
	if err != nil {
		return fmt.Errorf("%s: %w", a.target(), err)
	}
	defer done()
	return f(reg)
}
