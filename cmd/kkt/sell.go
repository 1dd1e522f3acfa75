package main

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/testdata"
)

func (a *app) sellCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sell FILE|-|sample:NAME",
		Short: "Sell a receipt",
		Long: `Sell a receipt: a JSON file with the field names of the tax service's receipts,
as an ОФД exports it; - for the standard input; sample:NAME for one of
` + strings.Join(sampleNames(), ", ") + `.`,
		Args: exactArgs(1, "FILE, - or sample:NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			receipt, info, place, err := a.readReceipt(args[0])
			if err != nil {
				return err
			}
			if info.Skipped > 0 && a.verbose {
				a.note("%s: %d fields that only an answer has were skipped", place, info.Skipped)
			}
			return a.withRegister(cmd.Context(), true, func(reg *device.Register) error {
				doc, err := reg.Sell(cmd.Context(), *receipt)
				if err != nil {
					return err
				}
				return a.printDocument(cmd.OutOrStdout(), doc)
			})
		},
	}
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
