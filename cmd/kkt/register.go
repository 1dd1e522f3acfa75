package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/emulator/tape"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show mode, shift, paper and storage",
		Args:  exactArgs(0, "flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withRegister(cmd.Context(), false, func(reg *device.Register) error {
				s, err := reg.Status(cmd.Context())
				if err != nil {
					return err
				}
				return a.printStatus(cmd.OutOrStdout(), s)
			})
		},
	}
}

func (a *app) shiftCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "shift open|close", Short: "Open or close the shift", Args: oneOf("open", "close")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		closing := args[0] == "close"
		return a.withRegister(cmd.Context(), closing, func(reg *device.Register) error {
			f := reg.OpenShift
			if closing {
				f = reg.CloseShift
			}
			doc, err := f(cmd.Context())
			if err != nil {
				return err
			}
			return a.printDocument(cmd.OutOrStdout(), doc)
		})
	}
	return cmd
}

func (a *app) reportCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "report x", Short: "Print a report and show its totals", Args: oneOf("x")}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.withRegister(cmd.Context(), true, func(reg *device.Register) error {
			if err := reg.XReport(cmd.Context()); err != nil {
				return err
			}
			totals, err := reg.Totals(cmd.Context())
			if err != nil {
				return err
			}
			return a.printTotals(cmd.OutOrStdout(), totals)
		})
	}
	return cmd
}

func (a *app) cashCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cash in|out SUM",
		Short: "Put cash in, take cash out; SUM is roubles with kopecks, such as 150.00",
		Args:  exactArgs(2, "in or out, and a sum"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] != "in" && args[0] != "out" {
				return &usageError{fmt.Sprintf("%q: in or out is expected", args[0]), "kkt cash --help"}
			}
			sum, err := parseRubles(args[1])
			if err != nil {
				return &usageError{fmt.Sprintf("SUM %q: %v", args[1], err), ""}
			}
			return a.withRegister(cmd.Context(), false, func(reg *device.Register) error {
				f := reg.CashIn
				if args[0] == "out" {
					f = reg.CashOut
				}
				if err := f(cmd.Context(), sum); err != nil {
					return err
				}
				totals, err := reg.Totals(cmd.Context())
				if err != nil {
					return err
				}
				if a.json {
					return printJSON(cmd.OutOrStdout(), map[string]uint64{"sum": sum, "cashInDrawer": totals.CashInDrawer})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "cash %s %s, in the drawer %s\n", args[0], rubles(sum), rubles(totals.CashInDrawer))
				return err
			})
		},
	}
}

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel",
		Short: "Cancel the open receipt",
		Args:  exactArgs(0, "flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withRegister(cmd.Context(), false, func(reg *device.Register) error {
				if err := reg.Cancel(cmd.Context()); err != nil {
					return err
				}
				if a.json {
					return printJSON(cmd.OutOrStdout(), map[string]bool{"cancelled": true})
				}
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "the open receipt is cancelled")
				return err
			})
		},
	}
}

func (a *app) docCommand() *cobra.Command {
	var as string
	cmd := &cobra.Command{
		Use:   "doc N|last",
		Short: "Show a stored document",
		Args:  exactArgs(1, "the number of a document, or last"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var number uint32
			if args[0] != "last" {
				n, err := strconv.ParseUint(args[0], 10, 32)
				if err != nil || n == 0 {
					return &usageError{fmt.Sprintf("%q: the number of a document from 1, or last, is expected", args[0]), "kkt doc --help"}
				}
				number = uint32(n)
			}
			if err := checkForm(as); err != nil {
				return err
			}
			return a.withRegister(cmd.Context(), false, func(reg *device.Register) error {
				var doc device.Document
				var err error
				if number == 0 {
					doc, err = reg.LastDocument(cmd.Context())
				} else {
					doc, err = reg.Document(cmd.Context(), number)
				}
				if err != nil {
					return err
				}
				out, err := render(doc.TLV, as, a.json)
				if err != nil {
					return err
				}
				_, err = cmd.OutOrStdout().Write(out)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "tree, json, hex or tape (default tree)")
	return cmd
}

// oneOf takes exactly one of the words.
func oneOf(words ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		names := strings.Join(words, " or ")
		if err := exactArgs(1, names)(cmd, args); err != nil {
			return err
		}
		for _, w := range words {
			if args[0] == w {
				return nil
			}
		}
		return &usageError{fmt.Sprintf("%q: %s is expected", args[0], names), cmd.CommandPath() + " --help"}
	}
}

// parseRubles reads 150, 150.5 or 150,50 as kopecks. The register's field is 5 bytes.
func parseRubles(s string) (uint64, error) {
	whole, fraction, _ := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	if len(fraction) > 2 {
		return 0, fmt.Errorf("a kopeck is the smallest unit: at most two digits after the point")
	}
	fraction += strings.Repeat("0", 2-len(fraction))
	r, err1 := strconv.ParseUint(whole, 10, 40)
	k, err2 := strconv.ParseUint(fraction, 10, 7)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("roubles with kopecks are expected, such as 150.00")
	}
	const most = 1<<40 - 2 // FFFFFFFFFFh means "not given"
	sum := r*100 + k
	if sum == 0 || sum > most {
		return 0, fmt.Errorf("it must be between 0.01 and %s", rubles(most))
	}
	return sum, nil
}

// tapeOptions prints documents of the emulator with its mark: numbers of
// storages that are not real start with 9999.
func tapeOptions(doc []byte) tape.Options {
	return tape.Options{Emulator: strings.HasPrefix(storageNumber(doc), "9999")}
}
