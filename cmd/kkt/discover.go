package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
)

const (
	// discoverHosts is how many addresses a search may have: a /22.
	discoverHosts = 1024
	// discoverAtOnce is how many are asked at a time.
	discoverAtOnce = 64
	// discoverConnect is how long a port may take to accept a connection.
	discoverConnect = 500 * time.Millisecond
	// discoverAnswer is how long a register may take to say who it is.
	discoverAnswer = 3 * time.Second
)

// discoverPorts are the ports of the desktop and of the cash-core family.
var discoverPorts = []uint16{7778, 12345}

type serialPort struct {
	Name string
	USB  string // vendor:product
}

// foundJSON is one line of a search.
type foundJSON struct {
	URL      string `json:"url"`
	Model    string `json:"model,omitempty"`
	Protocol int    `json:"protocol,omitempty"`
	USB      string `json:"usb,omitempty"`
	// Problem says why somebody who is there is no register we can talk to.
	Problem string `json:"problem,omitempty"`
}

func (a *app) discoverCommand() *cobra.Command {
	var network string
	var probe bool
	cmd := &cobra.Command{
		Use:   "discover",
		Short: "Find registers: serial ports, hosts of a network",
		Long: `Find registers. Serial ports are listed and, with --probe, asked at 115200 baud:
other devices may not like that. Hosts are asked on the ports 7778 and 12345;
without --net only this machine is. A register serves one client at a time, so
one that is in use does not answer.`,
		Args: exactArgs(0, "flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			prefix, err := parseNetwork(network)
			if err != nil {
				return &usageError{fmt.Sprintf("--net %s: %v", network, err), ""}
			}
			found := a.searchSerial(cmd.Context(), probe)
			found = append(found, a.searchHosts(cmd.Context(), prefix)...)
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			return a.printFound(cmd, found)
		},
	}
	cmd.Flags().StringVar(&network, "net", "127.0.0.1/32", "network to search, up to 1024 addresses: 192.168.137.0/24")
	cmd.Flags().BoolVar(&probe, "probe", false, "open the serial ports too and ask who is there")
	return cmd
}

func parseNetwork(s string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		if addr, addrErr := netip.ParseAddr(s); addrErr == nil {
			return netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		return prefix, fmt.Errorf("an address or a network such as 192.168.137.0/24 is expected")
	}
	if bits := prefix.Addr().BitLen() - prefix.Bits(); bits > 10 {
		return prefix, fmt.Errorf("it has more than %d addresses; take a smaller one", discoverHosts)
	}
	return prefix.Masked(), nil
}

func (a *app) searchSerial(ctx context.Context, probe bool) (found []foundJSON) {
	ports, err := serialPorts()
	if err != nil {
		a.note("serial ports: %v", err)
	}
	for _, p := range ports {
		f := foundJSON{URL: "serial://" + p.Name, USB: p.USB}
		if probe {
			f = a.ask(ctx, f)
		}
		found = append(found, f)
	}
	return found
}

// searchHosts asks each address of the network on each port. Nobody there is no line.
func (a *app) searchHosts(ctx context.Context, network netip.Prefix) (found []foundJSON) {
	var targets []string
	for addr := network.Addr(); addr.IsValid() && network.Contains(addr); addr = addr.Next() {
		for _, port := range discoverPorts {
			targets = append(targets, net.JoinHostPort(addr.String(), strconv.Itoa(int(port))))
		}
	}
	answers := make([]*foundJSON, len(targets))
	turns := make(chan struct{}, discoverAtOnce)
	var all sync.WaitGroup
	for i, target := range targets {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			dialer := net.Dialer{Timeout: discoverConnect}
			conn, err := dialer.DialContext(ctx, "tcp", target)
			if err != nil {
				return
			}
			f := a.askOver(ctx, conn, foundJSON{URL: "tcp://" + target})
			answers[i] = &f
		})
	}
	all.Wait()
	for _, f := range answers {
		if f != nil {
			found = append(found, *f)
		}
	}
	return found
}

func (a *app) ask(ctx context.Context, f foundJSON) foundJSON {
	t, err := device.Dial(ctx, f.URL)
	if err != nil {
		f.Problem = err.Error()
		return f
	}
	return a.askOver(ctx, t, f)
}

// askOver finds out who is at the other end (FCh, which needs no password and changes nothing).
func (a *app) askOver(ctx context.Context, t device.Transport, f foundJSON) foundJSON {
	ctx, cancel := context.WithTimeout(ctx, discoverAnswer)
	defer cancel()
	reg, err := device.New(ctx, t, device.WithLogger(a.logger()))
	if err != nil {
		f.Problem = "no register answers"
		return f
	}
	defer reg.Close()
	var model shtrih.DeviceTypeReply
	if err := reg.Exec(ctx, shtrih.DeviceType{}, &model); err != nil {
		f.Problem = err.Error()
		return f
	}
	f.Model, f.Protocol = charset.CP1251String(model.Name), int(reg.Protocol())
	return f
}

func (a *app) printFound(cmd *cobra.Command, found []foundJSON) error {
	if a.json {
		if found == nil {
			found = []foundJSON{}
		}
		return printJSON(cmd.OutOrStdout(), map[string][]foundJSON{"found": found})
	}
	registers := 0
	for _, f := range found {
		line := f.URL
		switch {
		case f.Model != "":
			registers++
			line += fmt.Sprintf("  %s  protocol %d", f.Model, f.Protocol)
		case f.Problem != "":
			line += "  " + f.Problem
		default:
			line += "  not asked"
		}
		if f.USB != "" {
			line += "  usb " + f.USB
		}
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), line); err != nil {
			return err
		}
	}
	a.note("%d registers found", registers)
	return nil
}
