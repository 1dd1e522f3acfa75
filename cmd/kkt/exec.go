package main

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

func (a *app) execCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "exec HEX...",
		Short: "Send one command by its bytes",
		Long: `Send one command by its bytes: the code, then the parameters with the password
among them, without the framing of the link. kkt exec 10 1E000000 asks for the
short status.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exactArgs(1, "the bytes of a command")(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := parseHex(strings.Join(args, " "))
			if err != nil {
				return &inputError{"HEX", err}
			}
			code, _, ok := shtrih.SplitCode(data)
			if !ok {
				return &inputError{"HEX", fmt.Errorf("%X is not a command: the code after FF is missing", data)}
			}
			return a.withRegister(cmd.Context(), false, func(reg *device.Register) error {
				answer, err := reg.ExecRaw(cmd.Context(), data)
				if err != nil {
					return err
				}
				result, payload, err := shtrih.SplitAnswer(code, answer)
				if err != nil {
					return &refusedError{fmt.Sprintf("%v answered %X: %v", code, answer, err), ""}
				}
				if result != shtrih.OK {
					return &device.OpError{Op: "exec", Command: code, Err: result}
				}
				if a.json {
					return printJSON(cmd.OutOrStdout(), map[string]string{
						"command": code.String(), "name": code.Name(),
						"answer": strings.ToUpper(hex.EncodeToString(answer)), "payload": strings.ToUpper(hex.EncodeToString(payload)),
						"text": string(shtrih.AppendAnswerDescription(nil, answer)),
					})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%X\n%s\n", answer, shtrih.AppendAnswerDescription(nil, answer))
				return err
			})
		},
	}
}
