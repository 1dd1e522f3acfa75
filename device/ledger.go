package device

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What can be wrong with a ledger, for errors.Is. The errors name the file and what to do.
var (
	// ErrNoLedger is the error of SellOnce without WithLedger.
	ErrNoLedger = errors.New("selling once needs a ledger: device.WithLedger")
	// ErrLedgerConflict means that the id already belongs to another receipt.
	ErrLedgerConflict = errors.New("the id belongs to another receipt")
	// ErrLedgerBusy means that another process has the ledger open.
	ErrLedgerBusy = errors.New("ledger is in use")
	// ErrLedgerDamaged means that lines of the ledger were changed after they had been written.
	ErrLedgerDamaged = errors.New("ledger is damaged")
	// ErrLedgerFailed means that a line could not be made durable. Nothing is sold with such a ledger any more; open
	// it again when the cause is gone.
	ErrLedgerFailed = errors.New("ledger cannot be written")
)

// LedgerConflictError is a second receipt under an id. It matches [ErrLedgerConflict].
type LedgerConflictError struct {
	ID string
	// Entry is the sale that has the id.
	Entry LedgerEntry
}

func (e *LedgerConflictError) Error() string {
	s := fmt.Sprintf("id %q: %v, recorded at %s", e.ID, ErrLedgerConflict, e.Entry.At.Format(time.RFC3339))
	if e.Entry.State == LedgerSold {
		s += fmt.Sprintf(" and sold as document %d of storage %s", e.Entry.Document, e.Entry.Storage)
	}
	return s + "; give the new receipt an id of its own"
}

// Is makes errors.Is(err, ErrLedgerConflict) true.
func (e *LedgerConflictError) Is(target error) bool { return target == ErrLedgerConflict }

// LedgerDamagedError names the damaged line. It matches [ErrLedgerDamaged].
type LedgerDamagedError struct {
	File    string
	Line    int   // from 1
	Offset  int64 // of the line's first byte in the file
	Problem string
}

func (e *LedgerDamagedError) Error() string {
	return fmt.Sprintf("%s: %v at line %d (offset %d): %s; restore the file from a copy, or look up its sales before starting another one",
		e.File, ErrLedgerDamaged, e.Line, e.Offset, e.Problem)
}

// Is makes errors.Is(err, ErrLedgerDamaged) true.
func (e *LedgerDamagedError) Is(target error) bool { return target == ErrLedgerDamaged }

// LedgerState is how far a sale came.
type LedgerState uint8

const (
	// LedgerBegun: the sale began and its closing command never left: no document can have come of it.
	LedgerBegun LedgerState = iota + 1
	// LedgerClosing: the closing command was about to leave: there may be a document.
	LedgerClosing
	// LedgerSold: the document is known.
	LedgerSold
	// LedgerNotSold: it was found out that there is no document.
	LedgerNotSold
)

// events name the states in the file.
var events = map[LedgerState]string{LedgerBegun: "begin", LedgerClosing: "close", LedgerSold: "sold", LedgerNotSold: "not sold"}

func (s LedgerState) String() string { return events[s] }

// LedgerEntry is what the ledger knows about an id.
type LedgerEntry struct {
	State   LedgerState
	Receipt [sha256.Size]byte // hash of the receipt, see Receipt.Hash
	Storage string            // number of the ФН
	Before  uint32            // last ФД before the command that closes the receipt; while begun, before the sale
	At      time.Time         // of the last line about the id

	Document   uint32 // ФД, when sold
	FiscalSign uint32 // ФП, when sold

	begun int // line of the last "begin"; orders sales in time
}

// LedgerFile is what a ledger needs of its file. Reads come first, from the start; then writes, which append.
type LedgerFile interface {
	io.ReadWriteCloser
	Truncate(size int64) error
	// Sync makes all that was written durable.
	Sync() error
}

// FileLedger is an append-only file that remembers which id became which document, so that [Register.SellOnce] never
// sells an id twice. One ledger may serve several registers. It is safe for concurrent use.
//
// The file is text, a line an event: the CRC-32C of the rest in hexadecimal, a space, a JSON object. Every line is
// durable before what it announces happens. A last line that was cut off by a crash is dropped when the file is
// opened: what it announced had not happened. A sale takes about 600 bytes; lines are never removed.
type FileLedger struct {
	name string

	mu      sync.Mutex
	file    LedgerFile
	failed  error
	lines   int
	entries map[string]*LedgerEntry
	begins  map[string][]begin // by storage, in order

	claims map[claim]chan struct{}
}

// claim is what one SellOnce at a time works on: an id, and a storage.
type claim struct{ id, storage string }

// begin is the start of a sale: all that was sent to the register earlier was over then.
type begin struct {
	line   int
	before uint32
}

const ledgerHeader = "openkkt-ledger 1\n"

// OpenFileLedger opens the ledger at path, making it and its directory if needed, and locks it against other processes
// until Close; the lock of a killed process is gone with it.
func OpenFileLedger(path string) (*FileLedger, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	busy, err := lockLedger(f)
	switch {
	case err != nil:
		err = fmt.Errorf("ledger: lock %s: %w", path, err)
	case busy:
		err = fmt.Errorf("%s: %w by another process; wait for it or choose another file", path, ErrLedgerBusy)
	default:
		err = syncDirectory(filepath.Dir(path)) // the name of a new file
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return NewFileLedger(f, path)
}

// NewFileLedger reads a ledger from a file that the caller opened and locked. The ledger takes it over; on an error it
// is closed. name stands in errors.
func NewFileLedger(f LedgerFile, name string) (*FileLedger, error) {
	l := &FileLedger{
		name: name, file: f,
		entries: map[string]*LedgerEntry{}, begins: map[string][]begin{},
		claims: map[claim]chan struct{}{},
	}
	if err := l.load(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// Lookup gives what is known about an id.
func (l *FileLedger) Lookup(id string) (LedgerEntry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.entries[id]; ok {
		return *e, true
	}
	return LedgerEntry{}, false
}

// Close unlocks the file.
func (l *FileLedger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = fmt.Errorf("%s: %w: it is closed", l.name, ErrLedgerFailed)
	}
	return l.file.Close()
}

// Hash identifies the receipt in a ledger: SHA-256 of its JSON without the id.
func (r *Receipt) Hash() ([sha256.Size]byte, error) {
	anonymous := *r
	anonymous.ID = ""
	text, err := anonymous.AppendJSON(nil)
	return sha256.Sum256(text), err
}

// ledgerRecord is a line of the file.
type ledgerRecord struct {
	Event    string    `json:"event"`
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Receipt  string    `json:"receipt,omitempty"` // begin
	Storage  string    `json:"storage,omitempty"` // begin
	Before   uint32    `json:"before,omitempty"`  // begin, close
	Document uint32    `json:"document,omitempty"`
	Sign     uint32    `json:"sign,omitempty"`
}

func (l *FileLedger) begin(id string, hash [sha256.Size]byte, storage string, before uint32) error {
	return l.write(ledgerRecord{
		Event: LedgerBegun.String(), ID: id, Receipt: hex.EncodeToString(hash[:]), Storage: storage, Before: before,
	})
}

func (l *FileLedger) closing(id string, before uint32) error {
	return l.write(ledgerRecord{Event: LedgerClosing.String(), ID: id, Before: before})
}

func (l *FileLedger) sold(id string, number, sign uint32) error {
	return l.write(ledgerRecord{Event: LedgerSold.String(), ID: id, Document: number, Sign: sign})
}

func (l *FileLedger) notSold(id string) error {
	return l.write(ledgerRecord{Event: LedgerNotSold.String(), ID: id})
}

// write makes a line durable. After a failure it is not known what the file holds, so nothing more is written.
func (l *FileLedger) write(r ledgerRecord) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return l.failed
	}
	r.At = time.Now().UTC()
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	line = fmt.Appendf(nil, "%08x %s\n", crc32.Checksum(line, castagnoli), line)
	if err = l.append(line); err != nil {
		return err
	}
	l.lines++
	return l.apply(r)
}

func (l *FileLedger) append(b []byte) error {
	_, err := l.file.Write(b)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		l.failed = fmt.Errorf("%s: %w: %w", l.name, ErrLedgerFailed, err)
	}
	return l.failed
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// load reads the file and cuts off what a crash left of its last line.
func (l *FileLedger) load() error {
	data, err := io.ReadAll(l.file)
	if err != nil {
		return fmt.Errorf("ledger: %s: %w", l.name, err)
	}
	rest := data
	for at := int64(0); len(rest) > 0; {
		line, next, whole := bytes.Cut(rest, []byte{'\n'})
		if !whole || len(next) == 0 && bytes.IndexByte(line, 0) >= 0 {
			// The end of the file was not on the medium yet when the power went; file systems show zeros there.
			if l.lines == 0 && !tornHeader(line) {
				return l.damage(at, "it is not a ledger of openkkt")
			}
			if err := errors.Join(l.file.Truncate(at), l.file.Sync()); err != nil {
				return fmt.Errorf("ledger: %s: %w", l.name, err)
			}
			break
		}
		if err := l.readLine(at, line); err != nil {
			return err
		}
		l.lines++
		at += int64(len(line)) + 1
		rest = next
	}
	if l.lines == 0 {
		l.lines++
		return l.append([]byte(ledgerHeader))
	}
	return nil
}

func tornHeader(line []byte) bool {
	return strings.HasPrefix(ledgerHeader, string(bytes.TrimRight(line, "\x00")))
}

func (l *FileLedger) readLine(at int64, line []byte) error {
	if l.lines == 0 {
		number, ok := strings.CutPrefix(string(line), "openkkt-ledger ")
		version, err := strconv.ParseUint(number, 10, 16)
		switch {
		case !ok || err != nil || version == 0:
			return l.damage(at, "it is not a ledger of openkkt")
		case version > 1:
			return fmt.Errorf("ledger: %s was written by a newer version (format %d, this program knows 1); use the program that wrote it",
				l.name, version)
		}
		return nil
	}
	sum, text, ok := bytes.Cut(line, []byte{' '})
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !ok || err != nil || len(sum) != 8 {
		return l.damage(at, "it does not begin with a checksum")
	}
	if got := crc32.Checksum(text, castagnoli); got != uint32(want) {
		return l.damage(at, fmt.Sprintf("its checksum is %08x, the text has %08x", want, got))
	}
	var r ledgerRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return l.damage(at, err.Error())
	}
	if err := l.apply(r); err != nil {
		return l.damage(at, err.Error())
	}
	return nil
}

func (l *FileLedger) damage(at int64, problem string) error {
	return &LedgerDamagedError{File: l.name, Line: l.lines + 1, Offset: at, Problem: problem}
}

// apply takes a line into the index.
func (l *FileLedger) apply(r ledgerRecord) error {
	e := l.entries[r.ID]
	state := LedgerState(0)
	if e != nil {
		state = e.State
	}
	order := func(before ...LedgerState) error {
		for _, s := range before {
			if s == state {
				return nil
			}
		}
		return fmt.Errorf("event %q of id %q cannot follow %q", r.Event, r.ID, state)
	}
	switch r.Event {
	case LedgerBegun.String():
		if err := order(0, LedgerBegun, LedgerNotSold); err != nil {
			return err
		}
		e = &LedgerEntry{State: LedgerBegun, Storage: r.Storage, Before: r.Before, begun: l.lines}
		if n, err := hex.Decode(e.Receipt[:], []byte(r.Receipt)); err != nil || n != len(e.Receipt) {
			return fmt.Errorf("%q is not the hash of a receipt", r.Receipt)
		}
		l.entries[r.ID] = e
		l.begins[r.Storage] = append(l.begins[r.Storage], begin{l.lines, r.Before})
	case LedgerClosing.String():
		if err := order(LedgerBegun); err != nil {
			return err
		}
		e.State, e.Before = LedgerClosing, r.Before
	case LedgerSold.String():
		if err := order(LedgerClosing); err != nil {
			return err
		}
		e.State, e.Document, e.FiscalSign = LedgerSold, r.Document, r.Sign
	case LedgerNotSold.String():
		if err := order(LedgerClosing); err != nil {
			return err
		}
		e.State = LedgerNotSold
	default:
		return fmt.Errorf("event %q is not known", r.Event)
	}
	e.At = r.At
	return nil
}

// lastPossible bounds the documents that the unfinished sale e may have made: the next sale on the same storage began
// when the register was done with e.
func (l *FileLedger) lastPossible(e LedgerEntry, now uint32) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.begins[e.Storage]
	i := sort.Search(len(all), func(i int) bool { return all[i].line > e.begun })
	if i < len(all) {
		return min(now, all[i].before)
	}
	return now
}

// claim waits until nobody else works on what.
func (l *FileLedger) claim(ctx context.Context, what claim) (release func(), err error) {
	for {
		l.mu.Lock()
		other, busy := l.claims[what]
		if !busy {
			mine := make(chan struct{})
			l.claims[what] = mine
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				delete(l.claims, what)
				close(mine)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: waiting for another sale: %w", ErrNoLink, ctx.Err())
		}
	}
}
