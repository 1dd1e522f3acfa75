package device

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
)

// Place is a cell of the register's tables.
type Place struct {
	Table uint8
	Row   uint16
	Field uint8
}

func (p Place) String() string { return fmt.Sprintf("%d.%d.%d", p.Table, p.Row, p.Field) }

// ParsePlace reads table.row.field.
func ParsePlace(s string) (Place, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return Place{}, fmt.Errorf("%q is not table.row.field, such as 1.1.14", s)
	}
	var n [3]uint64
	for i, limit := range [...]int{8, 16, 8} {
		var err error
		if n[i], err = strconv.ParseUint(parts[i], 10, limit); err != nil || n[i] == 0 {
			return Place{}, fmt.Errorf("%q: %q is not a number from 1 to %d", s, parts[i], 1<<limit-1)
		}
	}
	return Place{uint8(n[0]), uint16(n[1]), uint8(n[2])}, nil
}

// TableField is a cell with what the register says about its field.
type TableField struct {
	Place
	Name     string
	Text     bool   // else a number
	Size     uint8  // bytes
	Min, Max uint64 // of a number
	Value    string // a number in decimal, or text
}

// ValueError is a value that a field does not take.
type ValueError struct {
	Field   TableField
	Problem string
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("table field %v (%s): %s", e.Field.Place, e.Field.Name, e.Problem)
}

// TableField reads a cell (2Eh, 1Fh).
func (r *Register) TableField(ctx context.Context, at Place) (TableField, error) {
	const op = "read table"
	unlock, err := r.lock(ctx, op)
	if err != nil {
		return TableField{}, err
	}
	defer unlock()
	return r.tableField(ctx, op, at)
}

// SetTableField writes a cell and reads it back (2Eh, 1Fh, 1Eh, 1Fh). A value that the field cannot hold is a
// *ValueError, and nothing is written.
func (r *Register) SetTableField(ctx context.Context, at Place, value string) (before, after TableField, err error) {
	const op = "write table"
	unlock, err := r.lock(ctx, op)
	if err != nil {
		return before, after, err
	}
	defer unlock()
	if before, err = r.tableField(ctx, op, at); err != nil {
		return before, after, err
	}
	encoded, err := before.encode(value)
	if err != nil {
		return before, after, err
	}
	command := shtrih.WriteTable{Password: r.password(), Table: at.Table, Row: at.Row, Field: at.Field, Value: encoded}
	if err = r.exec(ctx, op, command, &shtrih.EmptyReply{}); err != nil {
		return before, after, err
	}
	after, err = r.tableField(ctx, op, at)
	return before, after, err
}

func (r *Register) tableField(ctx context.Context, op string, at Place) (TableField, error) {
	var shape shtrih.FieldStructureReply
	if err := r.exec(ctx, op, shtrih.FieldStructure{Password: r.password(), Table: at.Table, Field: at.Field}, &shape); err != nil {
		return TableField{}, err
	}
	var cell shtrih.ReadTableReply
	if err := r.exec(ctx, op, shtrih.ReadTable{Password: r.password(), Table: at.Table, Row: at.Row, Field: at.Field}, &cell); err != nil {
		return TableField{}, err
	}
	f := TableField{
		Place: at, Name: strings.TrimSpace(charset.CP1251String(shape.Name)),
		Text: shape.Type == shtrih.FieldText, Size: shape.Size,
	}
	if f.Text {
		text, _, _ := strings.Cut(string(cell.Value), "\x00")
		f.Value = charset.CP1251String([]byte(text))
		return f, nil
	}
	const widest = 8
	if len(cell.Value) > widest || len(shape.Min) > widest {
		return f, &OpError{Op: op, Command: shtrih.ReadTableCode,
			Err: fmt.Errorf("%w: a number of %d bytes", ErrBadAnswer, max(len(cell.Value), len(shape.Min)))}
	}
	f.Min, f.Max = littleEndian(shape.Min), littleEndian(shape.Max)
	f.Value = strconv.FormatUint(littleEndian(cell.Value), 10)
	return f, nil
}

// encode gives the bytes of a value.
func (f TableField) encode(value string) ([]byte, error) {
	if f.Text {
		text, err := charset.AppendCP1251(nil, value, charset.Conventional)
		if err != nil {
			return nil, &ValueError{f, err.Error()}
		}
		if len(text) > int(f.Size) {
			return nil, &ValueError{f, fmt.Sprintf("%d characters, it holds %d", len(text), f.Size)}
		}
		return append(text, make([]byte, int(f.Size)-len(text))...), nil
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil || n < f.Min || n > f.Max {
		return nil, &ValueError{f, fmt.Sprintf("%q is not a number from %d to %d", value, f.Min, f.Max)}
	}
	return binary.LittleEndian.AppendUint64(nil, n)[:f.Size], nil
}

func littleEndian(b []byte) uint64 {
	var wide [8]byte
	copy(wide[:], b)
	return binary.LittleEndian.Uint64(wide[:])
}
