package emulator

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
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
	tables   tables
	mode     shtrih.Mode // 2, 4 or 6; 3 and 8 follow from the time and the receipt
	previous shtrih.Mode // the mode before, byte r2 of 10h
	opened   time.Time   // shift opening by the register's clock
	offset   time.Duration
	pending  shtrih.Date // given by 22h, waiting for 23h
}

// stateVersion is the version of the encoding below.
const stateVersion = 1

// stateJSON is the stored form. It is JSON because a state directory is looked
// into by people; encoding/json sorts the keys, so equal states are equal bytes.
type stateJSON struct {
	Version  int               `json:"version"`
	Money    registers         `json:"money,omitempty"`
	Counts   registers         `json:"counts,omitempty"`
	Tables   map[string]string `json:"tables,omitempty"` // "17.1.17": hex
	Mode     shtrih.Mode       `json:"mode"`
	Previous shtrih.Mode       `json:"previous"`
	Opened   *time.Time        `json:"opened,omitempty"`
	Offset   time.Duration     `json:"clockOffset,omitempty"` // nanoseconds
	Pending  *shtrih.Date      `json:"pendingDate,omitempty"`
}

func newState() *state {
	return &state{
		money: registers{}, counts: registers{}, tables: tables{},
		mode: shtrih.ModeShiftClosed, previous: shtrih.ModeShiftClosed,
	}
}

func (s *state) clone() *state {
	c := *s
	c.money, c.counts = s.money.clone(), s.counts.clone()
	c.tables = maps.Clone(s.tables)
	return &c
}

func (s *state) setMode(m shtrih.Mode) {
	s.previous, s.mode = s.mode, m
}

func (s *state) encode() []byte {
	j := stateJSON{
		Version: stateVersion, Money: s.money, Counts: s.counts,
		Tables: make(map[string]string, len(s.tables)),
		Mode:   s.mode, Previous: s.previous, Offset: s.offset,
	}
	for c, v := range s.tables {
		j.Tables[fmt.Sprintf("%d.%d.%d", c.table, c.row, c.field)] = hex.EncodeToString(v)
	}
	if !s.opened.IsZero() {
		opened := s.opened.UTC()
		j.Opened = &opened
	}
	if s.pending != (shtrih.Date{}) {
		j.Pending = &s.pending
	}
	b, err := json.Marshal(j)
	if err != nil {
		panic("emulator: state does not encode: " + err.Error()) // maps and numbers always do
	}
	return b
}

func decodeState(b []byte) (*state, error) {
	var j stateJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return nil, fmt.Errorf("emulator: register state: %w", err)
	}
	if j.Version != stateVersion {
		return nil, fmt.Errorf("emulator: register state has version %d, this program knows %d", j.Version, stateVersion)
	}
	s := newState()
	s.money, s.counts = j.Money.clone(), j.Counts.clone()
	s.mode, s.previous, s.offset = j.Mode, j.Previous, j.Offset
	if j.Opened != nil {
		s.opened = *j.Opened
	}
	if j.Pending != nil {
		s.pending = *j.Pending
	}
	for name, text := range j.Tables {
		c, err := parseCell(name)
		if err != nil {
			return nil, err
		}
		v, err := hex.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("emulator: register state: field %s: %w", name, err)
		}
		f, _, code := locate(c.table, int(c.row), int(c.field))
		if code != shtrih.OK || len(v) != f.Size {
			return nil, fmt.Errorf("emulator: register state: field %s does not fit the tables", name)
		}
		s.tables[c] = v
	}
	return s, nil
}

func parseCell(name string) (cell, error) {
	parts := strings.Split(name, ".")
	if len(parts) == 3 {
		t, err1 := strconv.ParseUint(parts[0], 10, 8)
		r, err2 := strconv.ParseUint(parts[1], 10, 16)
		f, err3 := strconv.ParseUint(parts[2], 10, 8)
		if err1 == nil && err2 == nil && err3 == nil {
			return cell{byte(t), uint16(r), byte(f)}, nil
		}
	}
	return cell{}, fmt.Errorf("emulator: register state: %q is not table.row.field", name)
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
	long := s.counts[numberLongDocument] | s.counts[numberLongDocument+1]<<16
	long++
	s.counts.set(numberLongDocument, long&0xFFFF)
	s.counts.set(numberLongDocument+1, long>>16)
	s.counts.set(numberDocument, long&0xFFFF)
}
