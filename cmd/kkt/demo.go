package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/emulator"
	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func (a *app) demoCommand() *cobra.Command {
	flags := registerFlags{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "One shop day in a few seconds",
		Long: `One shop day in a few seconds: a register in software on a free loopback port,
the driver connected to it over TCP, the shift opened, the sample receipts sold,
an X report, the shift closed.`,
		Args: exactArgs(0, "flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.demo(cmd.Context(), flags)
		},
	}
	flags.add(cmd.Flags())
	return cmd
}

// demo prints as it goes: a person watches it.
func (a *app) demo(ctx context.Context, flags registerFlags) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	software, err := flags.open(emulator.Config{Logger: a.logger()})
	if err != nil {
		return err
	}
	defer software.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return &usageError{"no free loopback port: " + err.Error(), ""}
	}
	server := software.NewServer(listener, emulator.TCPLink())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	defer func() { cancel(); <-served }()

	url := "tcp://" + listener.Addr().String()
	reg, err := device.Open(ctx, url, a.options()...)
	if err != nil {
		return err
	}
	defer reg.Close()

	day := demoDay{out: a.out, reg: reg}
	fmt.Fprintf(a.out, "kkt demo  %s  %s  ФН %s\n\n", tape.EmulatorLine, url, software.Info().StorageNumber)
	if err := day.run(ctx, a); err != nil {
		return err
	}
	return day.close(ctx)
}

// demoDay is the day and what its documents must add up to.
type demoDay struct {
	out      io.Writer
	reg      *device.Register
	receipts int
	sums     []string
	shown    []byte // the document shown as a tree
	shownNo  uint32
}

// day is the order of the samples: a purchase needs cash in the drawer first.
var day = []string{"coffee", "two-items", "perek2020", "2018-10-30", "magnit2019", "refund", "purchase"}

func (d *demoDay) run(ctx context.Context, a *app) error {
	if err := d.document("E0h", "open shift", func() (device.Document, error) { return d.reg.OpenShift(ctx) }); err != nil {
		return err
	}
	for _, name := range day {
		receipt, _, _, err := a.readReceipt("sample:" + name)
		if err != nil {
			return err
		}
		if receipt.Operation == device.Purchase {
			if err := d.line("50h", "cash in", func() (string, error) {
				return rubles(receipt.Cash), d.reg.CashIn(ctx, receipt.Cash)
			}); err != nil {
				return err
			}
		}
		if err := d.sell(ctx, receipt); err != nil {
			return fmt.Errorf("sample:%s: %w", name, err)
		}
	}
	if err := d.line("40h", "X report", func() (string, error) {
		return "", d.reg.XReport(ctx)
	}); err != nil {
		return err
	}
	return d.document("41h", "close shift", func() (device.Document, error) { return d.reg.CloseShift(ctx) })
}

// line runs one step and prints its result and time.
func (d *demoDay) line(code, name string, step func() (string, error)) error {
	began := time.Now()
	detail, err := step()
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%-6s %-12s ok %4d ms  %s", code, name, time.Since(began).Milliseconds(), detail)
	fmt.Fprintln(d.out, strings.TrimRight(line, " "))
	return nil
}

func (d *demoDay) document(code, name string, step func() (device.Document, error)) error {
	return d.line(code, name, func() (string, error) {
		doc, err := step()
		return fmt.Sprintf("ФД %d ФП %010d", doc.Number, doc.FiscalSign), err
	})
}

func (d *demoDay) sell(ctx context.Context, receipt *device.Receipt) error {
	var doc device.Document
	name, sign := operationName(receipt.Operation)
	err := d.document("FF45h", name, func() (device.Document, error) {
		var err error
		doc, err = d.reg.Sell(ctx, *receipt)
		return doc, err
	})
	if err != nil {
		return err
	}
	for _, note := range doc.Notes {
		fmt.Fprintf(d.out, "       %s\n", note)
	}
	d.receipts++
	d.sums = append(d.sums, sign+rubles(receipt.Total))
	if d.shown == nil {
		d.shown, d.shownNo = doc.TLV, doc.Number
	}
	options := tapeOptions(doc.TLV)
	options.Change = doc.Change
	fmt.Fprintf(d.out, "\n%s\n\n", strings.Join(tape.Render(doc.TLV, options), "\n"))
	return nil
}

func operationName(op device.Operation) (name, sign string) {
	switch op {
	case device.SaleReturn:
		return "refund", "−"
	case device.Purchase:
		return "purchase", "−"
	case device.PurchaseReturn:
		return "return of a purchase", "+"
	}
	return "sale", "+"
}

// close shows one document as tags and checks the whole archive.
func (d *demoDay) close(ctx context.Context) error {
	tree, err := ffd.AppendTree(nil, d.shown)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\nФД %d as tags\n%s\n", d.shownNo, tree)
	last, err := d.reg.LastDocument(ctx)
	if err != nil {
		return err
	}
	for n := uint32(1); n <= last.Number; n++ {
		doc, err := d.reg.Document(ctx, n)
		if err != nil {
			return err
		}
		if doc.Number != n {
			return &refusedError{fmt.Sprintf("document %d of the storage says that it is %d", n, doc.Number), ""}
		}
	}
	fmt.Fprintf(d.out, "%d documents, %d receipts (%s), numbering whole; next: kkt emu\n",
		last.Number, d.receipts, strings.Join(d.sums, " "))
	return nil
}
