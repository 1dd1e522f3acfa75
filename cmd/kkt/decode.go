package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openkkt/openkkt/emulator/tape"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// maxInput is how much of a file or of the standard input is read, bytes.
const maxInput = 1 << 20

func (a *app) decodeCommand() *cobra.Command {
	var as string
	cmd := &cobra.Command{
		Use:   "decode FILE|HEX|-",
		Short: "Turn a TLV document into JSON or a tree",
		Long: `Turn a TLV document into JSON or a tree.

The argument is a file (raw bytes, hexadecimal text, or base64 as the field
rawData of exports), hexadecimal digits, or - for the standard input. The
document is one element whose tag is its form, 3 receipt, 2 shift opening and
so on; the sign of its message may follow.`,
		Args: exactArgs(1, "FILE|HEX|-"),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, place, err := a.documentBytes(args[0])
			if err != nil {
				return err
			}
			out, err := render(doc, as, a.json)
			if err != nil {
				return &inputError{place, err}
			}
			_, err = cmd.OutOrStdout().Write(out)
			return err
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "json, tree, hex or tape (default tree)")
	return cmd
}

// documentBytes reads the document that an argument names.
func (a *app) documentBytes(arg string) (doc []byte, place string, err error) {
	if b, err := parseHex(arg); err == nil && len(b) > 0 {
		return b, "HEX", nil
	}
	if arg == "" {
		return nil, "", &usageError{"FILE|HEX is empty", "kkt decode --help"}
	}
	raw, place, err := a.readInput(arg)
	if err != nil {
		if isHexLike(arg) {
			_, err := parseHex(arg)
			return nil, "", &inputError{"HEX", err}
		}
		return nil, "", err
	}
	if len(raw) == 0 {
		return nil, "", &inputError{place, errors.New("it is empty: a TLV document is expected")}
	}
	if b, err := parseHex(string(raw)); err == nil {
		return b, place, nil
	} else if isHexLike(string(raw)) {
		return nil, "", &inputError{place, err}
	}
	if b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(raw))); err == nil {
		return b, place, nil
	}
	return raw, place, nil
}

// readInput reads a file, or the standard input for "-".
func (a *app) readInput(name string) (data []byte, place string, err error) {
	var r io.Reader
	if name == "-" {
		name, r = "standard input", a.in
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, name, &inputError{name, plain(err)}
		}
		defer f.Close()
		r = f
	}
	data, err = io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, name, &inputError{name, plain(err)}
	}
	if len(data) > maxInput {
		return nil, name, &inputError{name, fmt.Errorf("it is larger than %d bytes", maxInput)}
	}
	return data, name, nil
}

// plain drops the operation and the path that the caller names itself.
func plain(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// parseHex reads hexadecimal digits, with or without white space between bytes.
func parseHex(s string) ([]byte, error) {
	digits := strings.Join(strings.Fields(s), "")
	b, err := hex.DecodeString(digits)
	if err == nil {
		return b, nil
	}
	if errors.Is(err, hex.ErrLength) {
		return nil, fmt.Errorf("%d hexadecimal digits: a byte has two, one is missing at byte offset %d", len(digits), len(digits)/2)
	}
	for i, r := range digits {
		if !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return nil, fmt.Errorf("%q at digit %d is not a hexadecimal digit", r, i+1)
		}
	}
	return nil, err
}

// isHexLike tells hexadecimal text with a slip from a file name or raw bytes.
func isHexLike(s string) bool {
	digits, other := 0, 0
	for _, r := range s {
		switch {
		case strings.ContainsRune("0123456789abcdefABCDEF", r):
			digits++
		case strings.ContainsRune(" \t\r\n", r):
		default:
			other++
		}
	}
	return digits >= 8 && other*8 <= digits
}

// render gives a document the form that --as names.
func render(doc []byte, as string, asJSON bool) ([]byte, error) {
	if as == "" {
		as = "tree"
		if asJSON {
			as = "json"
		}
	}
	switch as {
	case "json":
		out, err := ffd.AppendJSON(nil, doc)
		return append(out, '\n'), err
	case "tree":
		return ffd.AppendTree(nil, doc)
	case "hex":
		return append([]byte(strings.ToUpper(hex.EncodeToString(doc))), '\n'), nil
	case "tape":
		if _, err := ffd.AppendTree(nil, doc); err != nil {
			return nil, err
		}
		return []byte(strings.Join(tape.Render(doc, tapeOptions(doc)), "\n") + "\n"), nil
	}
	return nil, &usageError{fmt.Sprintf("--as %q: json, tree, hex or tape is expected", as), ""}
}

// exactArgs is cobra.ExactArgs with our kind of error.
func exactArgs(n int, names string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		if len(args) < n {
			return &usageError{fmt.Sprintf("%s needs %s", cmd.CommandPath(), names), cmd.CommandPath() + " --help"}
		}
		return &usageError{fmt.Sprintf("%s takes only %s, not %q", cmd.CommandPath(), names, args[n]), cmd.CommandPath() + " --help"}
	}
}
