package shtrih

import "bytes"

// Codes of the commands for tables and registers.
const (
	ReadMoneyRegisterCode     Code = 0x1A
	ReadOperationRegisterCode Code = 0x1B
	WriteTableCode            Code = 0x1E
	ReadTableCode             Code = 0x1F
	TableStructureCode        Code = 0x2D
	FieldStructureCode        Code = 0x2E
)

// ReadMoneyRegister, 1Ah: password:4 number:1 or 2.
type ReadMoneyRegister struct {
	Password uint32
	Number   uint16
	Wide     bool // number takes two bytes though it is below 256
}

func (c ReadMoneyRegister) Code() Code { return ReadMoneyRegisterCode }

func (c ReadMoneyRegister) AppendTo(dst []byte) []byte {
	return appendRegister(appendHead(dst, c.Code(), c.Password), c.Number, c.Wide)
}

func (c *ReadMoneyRegister) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 6); err != nil {
		return err
	}
	c.Password = le.Uint32(data)
	c.Number, c.Wide = parseRegister(data[4:])
	return nil
}

// ReadMoneyRegisterReply: operator:1 value:6.
type ReadMoneyRegisterReply struct {
	Operator uint8
	Value    uint64 `show:"money"`
}

func (r ReadMoneyRegisterReply) AppendTo(dst []byte) []byte {
	return appendUint48(append(dst, r.Operator), r.Value)
}

func (r *ReadMoneyRegisterReply) Parse(p []byte) error {
	if err := checkPayload(ReadMoneyRegisterCode, p, 7, 7); err != nil {
		return err
	}
	*r = ReadMoneyRegisterReply{p[0], uint48(p[1:])}
	return nil
}

// ReadOperationRegister, 1Bh: password:4 number:1 or 2.
type ReadOperationRegister struct {
	Password uint32
	Number   uint16
	Wide     bool // number takes two bytes though it is below 256
}

func (c ReadOperationRegister) Code() Code { return ReadOperationRegisterCode }

func (c ReadOperationRegister) AppendTo(dst []byte) []byte {
	return appendRegister(appendHead(dst, c.Code(), c.Password), c.Number, c.Wide)
}

func (c *ReadOperationRegister) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 6); err != nil {
		return err
	}
	c.Password = le.Uint32(data)
	c.Number, c.Wide = parseRegister(data[4:])
	return nil
}

// ReadOperationRegisterReply: operator:1 value:2.
type ReadOperationRegisterReply struct {
	Operator uint8
	Value    uint16
}

func (r ReadOperationRegisterReply) AppendTo(dst []byte) []byte {
	return le.AppendUint16(append(dst, r.Operator), r.Value)
}

func (r *ReadOperationRegisterReply) Parse(p []byte) error {
	if err := checkPayload(ReadOperationRegisterCode, p, 3, 3); err != nil {
		return err
	}
	*r = ReadOperationRegisterReply{p[0], le.Uint16(p[1:])}
	return nil
}

func appendRegister(dst []byte, number uint16, wide bool) []byte {
	if wide || number > 0xFF {
		return le.AppendUint16(dst, number)
	}
	return append(dst, byte(number))
}

func parseRegister(b []byte) (number uint16, wide bool) {
	if len(b) == 1 {
		return uint16(b[0]), false
	}
	return le.Uint16(b), b[1] == 0
}

// WriteTable, 1Eh: password:4 table:1 row:2 field:1 value:1..247. The value has
// the size of the field, CHAR padded with 00.
type WriteTable struct {
	Password uint32
	Table    uint8
	Row      uint16
	Field    uint8
	Value    []byte `show:"hex"`
}

// maxFieldValue leaves room in a frame of protocol 1.0 for the head of 1Eh.
const maxFieldValue = 246

func (c WriteTable) Code() Code { return WriteTableCode }

func (c WriteTable) AppendTo(dst []byte) []byte {
	dst = append(appendHead(dst, c.Code(), c.Password), c.Table)
	return append(append(le.AppendUint16(dst, c.Row), c.Field), c.Value...)
}

func (c *WriteTable) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 9, 8+maxFieldValue); err != nil {
		return err
	}
	*c = WriteTable{le.Uint32(data), data[4], le.Uint16(data[5:]), data[7], data[8:]}
	return nil
}

func (c WriteTable) Check() error { return checkText(c.Code(), "Value", c.Value, maxFieldValue) }

// ReadTable, 1Fh: password:4 table:1 row:2 field:1.
type ReadTable struct {
	Password uint32
	Table    uint8
	Row      uint16
	Field    uint8
}

func (c ReadTable) Code() Code { return ReadTableCode }

func (c ReadTable) AppendTo(dst []byte) []byte {
	dst = append(appendHead(dst, c.Code(), c.Password), c.Table)
	return append(le.AppendUint16(dst, c.Row), c.Field)
}

func (c *ReadTable) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 8, 8); err != nil {
		return err
	}
	*c = ReadTable{le.Uint32(data), data[4], le.Uint16(data[5:]), data[7]}
	return nil
}

// ReadTableReply: value:1..255, as long as the field is.
type ReadTableReply struct {
	Value []byte `show:"hex"`
}

func (r ReadTableReply) AppendTo(dst []byte) []byte { return append(dst, r.Value...) }

func (r *ReadTableReply) Parse(p []byte) error {
	if err := checkPayload(ReadTableCode, p, 1, 255); err != nil {
		return err
	}
	r.Value = p
	return nil
}

// TableStructure, 2Dh: password:4 table:1.
type TableStructure struct {
	Password uint32
	Table    uint8
}

func (c TableStructure) Code() Code { return TableStructureCode }

func (c TableStructure) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.Table)
}

func (c *TableStructure) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5); err != nil {
		return err
	}
	*c = TableStructure{le.Uint32(data), data[4]}
	return nil
}

// TableStructureReply: name:40 rows:2 fields:1.
type TableStructureReply struct {
	Name   []byte `show:"text"` // without the 00 padding
	Rows   uint16
	Fields uint8
}

const structureNameLength = 40

func (r TableStructureReply) AppendTo(dst []byte) []byte {
	return append(le.AppendUint16(appendPadded(dst, r.Name, structureNameLength), r.Rows), r.Fields)
}

func (r *TableStructureReply) Parse(p []byte) error {
	if err := checkPayload(TableStructureCode, p, structureNameLength+3, structureNameLength+3); err != nil {
		return err
	}
	*r = TableStructureReply{cutPadding(p[:structureNameLength]), le.Uint16(p[structureNameLength:]), p[structureNameLength+2]}
	return nil
}

// FieldStructure, 2Eh: password:4 table:1 field:1.
type FieldStructure struct {
	Password     uint32
	Table, Field uint8
}

func (c FieldStructure) Code() Code { return FieldStructureCode }

func (c FieldStructure) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.Table, c.Field)
}

func (c *FieldStructure) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 6, 6); err != nil {
		return err
	}
	*c = FieldStructure{le.Uint32(data), data[4], data[5]}
	return nil
}

// FieldType is how the value of a table field is held.
type FieldType uint8

const (
	FieldBinary FieldType = 0 // number, little-endian
	FieldText   FieldType = 1 // CP1251, padded with 00
)

// FieldStructureReply: name:40 type:1 size:1 min:X max:X. By the text min and
// max stand for binary fields only, X bytes each being the size; a real register
// sends two zero bytes for a text field as well.
type FieldStructureReply struct {
	Name     []byte `show:"text"` // without the 00 padding
	Type     FieldType
	Size     uint8
	Min, Max []byte `show:"hex"` // of equal length
}

func (r FieldStructureReply) AppendTo(dst []byte) []byte {
	dst = append(appendPadded(dst, r.Name, structureNameLength), byte(r.Type), r.Size)
	return append(append(dst, r.Min...), r.Max...)
}

func (r *FieldStructureReply) Parse(p []byte) error {
	const head = structureNameLength + 2
	if err := checkPayload(FieldStructureCode, p, head, 253); err != nil {
		return err
	}
	limits := p[head:]
	want := len(limits) &^ 1 // any even length after a text field
	if FieldType(p[head-2]) == FieldBinary {
		want = 2 * int(p[head-1])
	}
	if len(limits) != want {
		return &LengthError{FieldStructureCode, true, len(p), head + want, 0}
	}
	*r = FieldStructureReply{
		cutPadding(p[:structureNameLength]), FieldType(p[head-2]), p[head-1],
		limits[:want/2], limits[want/2:],
	}
	return nil
}

// appendPadded appends text in n bytes, filled up with 00. Longer text is cut:
// names of tables are the register's own.
func appendPadded(dst, text []byte, n int) []byte {
	text = text[:min(len(text), n)]
	dst = append(dst, text...)
	for range n - len(text) {
		dst = append(dst, 0)
	}
	return dst
}

// cutPadding is text up to its first 00.
func cutPadding(text []byte) []byte {
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return text[:i]
	}
	return text
}
