package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/testdata"
)

func (a *app) sellCommand() *cobra.Command {
	var id, ledger string
	cmd := &cobra.Command{
		Use:   "sell FILE|-|sample:NAME",
		Short: "Sell a receipt",
		Long: `Sell a receipt: a JSON file with the field names of the tax service's receipts,
as an ОФД exports it; - for the standard input; sample:NAME for one of
` + strings.Join(sampleNames(), ", ") + `.

With --id the receipt is sold once under that name: whatever became of the link,
the register or this program, repeat the command, and it gives the document made
then or sells, never twice. What it remembers is in the file of --ledger.`,
		Args: exactArgs(1, "FILE, - or sample:NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			receipt, info, place, err := a.readReceipt(args[0])
			if err != nil {
				return err
			}
			if info.Skipped > 0 && a.verbose {
				a.note("%s: %d fields that only an answer has were skipped", place, info.Skipped)
			}
			if id != "" {
				if err := a.openLedger(ledger); err != nil {
					return err
				}
				defer a.ledger.Close()
			} else if cmd.Flags().Changed("id") || ledger != "" {
				return &usageError{"--id NAME is expected: the name of the sale, such as an order number", cmd.CommandPath() + " --help"}
			}
			err = a.withRegister(cmd.Context(), true, func(reg *device.Register) error {
				var doc device.Document
				var err error
				if id != "" {
					doc, err = reg.SellOnce(cmd.Context(), id, *receipt)
				} else {
					doc, err = reg.Sell(cmd.Context(), *receipt)
				}
				if err != nil {
					return err
				}
				return a.printDocument(cmd.OutOrStdout(), doc)
			})
			if err != nil && id != "" {
				return a.unfinished(id, err)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&id, "id", "", "sell once under this name")
	cmd.Flags().StringVar(&ledger, "ledger", "", "file that remembers the names; default openkkt/ledger in the user's configuration")
	return cmd
}

// unfinished looks whether an earlier run left the sale at its closing: then "nothing was sent" is true of this run
// only.
func (a *app) unfinished(id string, err error) error {
	entry, _ := a.ledger.Lookup(id)
	if entry.State != device.LedgerClosing || !errors.Is(err, device.ErrNoLink) {
		return err
	}
	return &device.UnknownOutcomeError{
		DocumentBefore: entry.Before, Cause: errors.New(err.Error()),
		Reason: "the sale was left at its closing earlier, and the register cannot be asked what became of it",
	}
}

// openLedger opens the ledger at path, or the user's own.
func (a *app) openLedger(path string) error {
	if path == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return &usageError{fmt.Sprintf("there is no place for the ledger (%v): name one with --ledger FILE", err), ""}
		}
		path = filepath.Join(dir, "openkkt", "ledger")
	}
	var err error
	if a.ledger, err = device.OpenFileLedger(path); err != nil {
		return &inputError{"--ledger", err}
	}
	return nil
}

// readReceipt reads and checks a receipt before anything is sent.
func (a *app) readReceipt(name string) (*device.Receipt, device.ParseInfo, string, error) {
	data, place, err := a.receiptBytes(name)
	if err != nil {
		return nil, device.ParseInfo{}, place, err
	}
	receipt, info, err := device.ParseReceipt(data)
	if err == nil {
		err = receipt.Validate()
	}
	if err != nil {
		return nil, info, place, &inputError{place, err}
	}
	return receipt, info, place, nil
}

func (a *app) receiptBytes(name string) ([]byte, string, error) {
	sample, ok := strings.CutPrefix(name, "sample:")
	if !ok {
		return a.readInput(name)
	}
	data, err := testdata.Receipts.ReadFile("receipts/" + sample + ".json")
	if err != nil {
		return nil, name, &inputError{name, fmt.Errorf("no such sample; there are %s", strings.Join(sampleNames(), ", "))}
	}
	return data, name, nil
}

func sampleNames() []string {
	files, _ := fs.Glob(testdata.Receipts, "receipts/*.json")
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".json")
	}
	return files
}

// rubles prints kopecks as roubles with a point.
func rubles(kopecks uint64) string { return fmt.Sprintf("%d.%02d", kopecks/100, kopecks%100) }
