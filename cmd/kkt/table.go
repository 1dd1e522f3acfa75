package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/openkkt/openkkt/device"
)

// fieldJSON is a cell of the register's tables.
type fieldJSON struct {
	Place string  `json:"place"`
	Name  string  `json:"name"`
	Value string  `json:"value"`
	Old   *string `json:"old,omitempty"`
	Type  string  `json:"type"`
	Size  uint8   `json:"size"`
	Min   *uint64 `json:"min,omitempty"`
	Max   *uint64 `json:"max,omitempty"`
}

func (a *app) tableCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "table get T.R.F | table set T.R.F VALUE",
		Short: "Read or write a setting: table, row, field",
		Long: `Read or write a setting of the register's tables. T.R.F is table, row and field,
such as 17.1.7; VALUE is a number or a text, as the register says the field is.`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 0 && args[0] == "set":
				return exactArgs(3, "set, table.row.field and a value")(cmd, args)
			case len(args) > 0 && args[0] != "get":
				return &usageError{fmt.Sprintf("%q: get or set is expected", args[0]), cmd.CommandPath() + " --help"}
			}
			return exactArgs(2, "get or set, and table.row.field")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := device.ParsePlace(args[1])
			if err != nil {
				return &usageError{err.Error(), "kkt table --help"}
			}
			return a.withRegister(cmd.Context(), false, func(reg *device.Register) error {
				var old *string
				var f device.TableField
				if args[0] == "set" {
					var before device.TableField
					before, f, err = reg.SetTableField(cmd.Context(), at, args[2])
					old = &before.Value
				} else {
					f, err = reg.TableField(cmd.Context(), at)
				}
				if err != nil {
					return err
				}
				return a.printField(cmd, f, old)
			})
		},
	}
}

func (a *app) printField(cmd *cobra.Command, f device.TableField, old *string) error {
	if a.json {
		j := fieldJSON{Place: f.String(), Name: f.Name, Value: f.Value, Old: old, Type: "number", Size: f.Size, Min: &f.Min, Max: &f.Max}
		if f.Text {
			j.Type, j.Min, j.Max = "text", nil, nil
		}
		return printJSON(cmd.OutOrStdout(), j)
	}
	kind := fmt.Sprintf("number %d-%d", f.Min, f.Max)
	if f.Text {
		kind = fmt.Sprintf("text of %d", f.Size)
	}
	value := f.Value
	if old != nil {
		value = *old + " -> " + value
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%v  %s  (%s, %s)\n", f.Place, value, f.Name, kind)
	return err
}
