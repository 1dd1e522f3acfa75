package emulator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// state is all that a register keeps over a power cut beside its storage. It
// travels as the companion of the storage's commits, so that a document and the
// registers that count it are both there or both not. An open receipt is not
// part of it: a receipt begun and not closed is lost with the power.
type state struct {
	money    registers
	counts   registers
	tables   *tables
	mode     shtrih.Mode // 2, 4 or 6; 3, 8 and 10 follow from the time and what goes on
	previous shtrih.Mode // the mode before, byte r2 of 10h
	opened   time.Time   // shift opening by the register's clock
	offset   time.Duration
	pending  shtrih.Date  // given by 22h, waiting for 23h
	ports    []portValues // set by 14h, by number
}

// portValues are what 14h sets and 15h reads.
type portValues struct {
	port          shtrih.Port
	baud, timeout uint8 // codes of Protocol ККТ 1.17
}

func newState(t *tables) *state {
	return &state{tables: t, mode: shtrih.ModeShiftClosed, previous: shtrih.ModeShiftClosed}
}

// next gives a copy to change. It is made in the place of the state before the
// present one, so that commands need no memory of their own; only one copy is
// there at a time.
func (r *Register) next() *state {
	c := r.spare
	if c == nil {
		c = &state{}
	}
	money, counts := append(c.money[:0], r.state.money...), append(c.counts[:0], r.state.counts...)
	*c = *r.state
	c.money, c.counts = money, counts
	r.spare = nil
	return c
}

// become takes up the next state; drop leaves it.
func (r *Register) become(next *state) { r.spare, r.state = r.state, next }
func (r *Register) drop(next *state)   { r.spare = next }

func (s *state) setMode(m shtrih.Mode) {
	s.previous, s.mode = s.mode, m
}

// stateVersion is the version of the encoding below. Version 1 was JSON.
const stateVersion = 2

// append encodes the state:
//
//	version:1 profile:text mode:1 previous:1 opened:varint offset:varint
//	pending:uvarint×3 ports:count×3 money:list counts:list cells:list
//
// A text and a list begin with their length. Registers are pairs of uvarints,
// the number as its distance from the one before. Equal states are equal bytes.
func (s *state) append(b []byte) []byte {
	b = appendString(append(b, stateVersion), s.tables.profile.Name)
	b = append(b, byte(s.mode), byte(s.previous))
	var opened int64
	if !s.opened.IsZero() {
		opened = s.opened.UnixNano()
	}
	b = binary.AppendVarint(b, opened)
	b = binary.AppendVarint(b, int64(s.offset))
	for _, n := range []uint64{uint64(s.pending.Year), uint64(s.pending.Month), uint64(s.pending.Day), uint64(len(s.ports))} {
		b = binary.AppendUvarint(b, n)
	}
	for _, p := range s.ports {
		b = append(b, byte(p.port), p.baud, p.timeout)
	}
	b = s.counts.append(s.money.append(b))
	return append(b, s.tables.encoded...)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func (r registers) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(r)))
	var last uint16
	for _, v := range r {
		b = binary.AppendUvarint(b, uint64(v.number-last))
		b = binary.AppendUvarint(b, v.value)
		last = v.number
	}
	return b
}

func appendCells(b []byte, cells map[cell][]byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(cells)))
	for _, c := range slices.SortedFunc(maps.Keys(cells), cell.compare) {
		b = binary.AppendUvarint(b, uint64(c.key()))
		b = appendString(b, string(cells[c]))
	}
	return b
}

// decodeState reads what append wrote. The state names the profile whose tables
// it has; want, when it is not "", may be another of the same family.
func decodeState(b []byte, want string) (*state, error) {
	if len(b) == 0 || b[0] != stateVersion {
		return nil, fmt.Errorf("emulator: the state of the register is of another version of this program (%d is known); take a fresh state", stateVersion)
	}
	d := decoder{rest: b[1:]}
	own, err := findProfile(string(d.text()))
	if err != nil {
		return nil, fmt.Errorf("emulator: register state: %w", err)
	}
	p := own
	if want != "" {
		if p, err = findProfile(want); err != nil {
			return nil, err
		}
	}
	if p.Tables.Family != own.Tables.Family {
		return nil, fmt.Errorf("emulator: the state has the tables of profile %s, which %s has not; leave the profile out or take a fresh state", own.Name, p.Name)
	}
	s := &state{}
	head := d.take(2)
	if d.failed {
		return nil, errState
	}
	s.mode, s.previous = shtrih.Mode(head[0]), shtrih.Mode(head[1])
	if opened := d.varint(); opened != 0 {
		s.opened = time.Unix(0, opened).UTC()
	}
	s.offset = time.Duration(d.varint())
	s.pending = shtrih.Date{Year: uint16(d.uvarint()), Month: uint8(d.uvarint()), Day: uint8(d.uvarint())}
	for n := d.count(3); n > 0; n-- {
		v := d.take(3)
		s.ports = append(s.ports, portValues{shtrih.Port(v[0]), v[1], v[2]})
	}
	s.money, s.counts = d.registers(), d.registers()
	cells := make(map[cell][]byte)
	for n := d.count(2); n > 0; n-- {
		key := uint32(d.uvarint())
		c := cell{byte(key >> 24), uint16(key >> 8), byte(key)}
		v := d.text()
		f, _, code := locate(factoryTables[p.Tables.Family], c)
		if code != shtrih.OK || len(v) != f.Size {
			return nil, fmt.Errorf("emulator: register state: field %d.%d.%d does not fit the tables", c.table, c.row, c.field)
		}
		cells[c] = slices.Clone(v)
	}
	if d.failed || len(d.rest) != 0 {
		return nil, errState
	}
	s.tables = newTables(p, cells)
	return s, nil
}

var errState = errors.New("emulator: the state of the register is damaged")

// decoder reads the encoding of a state; after the first failure it gives zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) take(n int) []byte {
	if d.failed || n > len(d.rest) {
		d.failed = true
		return make([]byte, min(n, 3))
	}
	v := d.rest[:n]
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// count reads the length of a list whose elements have at least size bytes.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.rest)/size) {
		d.failed, d.rest = true, nil
		return 0
	}
	return int(n)
}

func (d *decoder) text() []byte { return d.take(d.count(1)) }

func (d *decoder) registers() (r registers) {
	var last uint16
	for n := d.count(2); n > 0; n-- {
		last += uint16(d.uvarint())
		r = append(r, registerValue{last, d.uvarint()})
	}
	return r
}

// offset is how far the register's calendar was set away from Config.Clock.
func (r *Register) offset() time.Duration {
	if r.state == nil { // a fresh storage being registered
		return 0
	}
	return r.state.offset
}

// count numbers a paper: every document has a through number (operation
// register 152), in two words 185 and 186.
func (s *state) count() {
	long := s.counts.get(numberLongDocument) | s.counts.get(numberLongDocument+1)<<16
	long++
	s.counts.set(numberLongDocument, long&0xFFFF)
	s.counts.set(numberLongDocument+1, long>>16)
	s.counts.set(numberDocument, long&0xFFFF)
}
