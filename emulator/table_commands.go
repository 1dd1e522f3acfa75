package emulator

import (
	"github.com/openkkt/openkkt/protocol/shtrih"
)

func readTable(k *call, c shtrih.ReadTable) shtrih.Result {
	v, code := k.state.tables.read(cell{c.Table, c.Row, c.Field})
	if code != shtrih.OK {
		return code
	}
	return k.answer(shtrih.ReadTableReply{Value: v})
}

func writeTable(k *call, c shtrih.WriteTable) shtrih.Result {
	place := cell{c.Table, c.Row, c.Field}
	v, code := k.state.tables.check(place, c.Value)
	if code != shtrih.OK {
		return code
	}
	next := k.next()
	next.tables = next.tables.with(place, v)
	return k.save(next)
}

func tableStructure(k *call, c shtrih.TableStructure) shtrih.Result {
	t := findTable(k.state.tables.specs, c.Table)
	if t == nil {
		return shtrih.NoTable
	}
	return k.answer(shtrih.TableStructureReply{
		Name: padText(t.Name, nameSize), Rows: uint16(t.Rows), Fields: uint8(len(t.Fields)),
	})
}

func fieldStructure(k *call, c shtrih.FieldStructure) shtrih.Result {
	t := findTable(k.state.tables.specs, c.Table)
	if t == nil {
		return shtrih.NoTable
	}
	if c.Field < 1 || int(c.Field) > len(t.Fields) {
		return shtrih.BadParameters
	}
	f := &t.Fields[c.Field-1]
	s := shtrih.FieldStructureReply{Name: padText(f.Name, nameSize), Size: uint8(f.Size)}
	if f.Char {
		// By the text a CHAR field has no limits; a real register sends two zeros.
		s.Type, s.Min, s.Max = shtrih.FieldText, []byte{0}, []byte{0}
	} else {
		s.Type, s.Min, s.Max = shtrih.FieldBinary, number(f.Min, f.Size), number(f.Max, f.Size)
	}
	return k.answer(s)
}

func readMoneyRegister(k *call, c shtrih.ReadMoneyRegister) shtrih.Result {
	if !exists(moneyRegisters, c.Number) {
		return shtrih.BadParameters
	}
	money, _ := k.receiptRegisters()
	v := k.state.money.get(c.Number) + money.get(c.Number)
	return k.answer(shtrih.ReadMoneyRegisterReply{Operator: k.operator, Value: min(v, shtrih.MaxMoney6)})
}

func readOperationRegister(k *call, c shtrih.ReadOperationRegister) shtrih.Result {
	if !exists(operationRegisters, c.Number) {
		return shtrih.BadParameters
	}
	_, counts := k.receiptRegisters()
	v := k.state.counts.get(c.Number) + counts.get(c.Number)
	return k.answer(shtrih.ReadOperationRegisterReply{Operator: k.operator, Value: uint16(v)})
}

// resetTables, 24h: the factory values, but for what the registration wrote.
func resetTables(k *call, _ shtrih.ResetTables) shtrih.Result {
	next := k.next()
	next.tables = next.tables.factory()
	return k.save(next)
}

// generalReset, 27h: every register that the facts say it clears, and those of
// the shift, which is closed. What comes from the storage stays.
func generalReset(k *call, _ shtrih.GeneralReset) shtrih.Result {
	next := k.next()
	number := next.counts.get(numberReset)
	for _, when := range []zeroing{zeroWithReset, zeroWithShift} {
		next.money.zero(moneyRegisters, when)
		next.counts.zero(operationRegisters, when)
	}
	next.counts.set(numberReset, number+1)
	return k.save(next)
}
