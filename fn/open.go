package fn

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
)

// NumberPrefix begins the number of every storage of this package, as of every debug storage: nothing made here can
// pass for a document of a real one.
const NumberPrefix = "9999"

// Errors of Open.
var (
	ErrNumber      = errors.New("storage number is not 16 digits beginning with " + NumberPrefix)
	ErrOtherNumber = errors.New("the state belongs to a storage with another number")
	ErrRecord      = errors.New("the record is not one of this program")
)

// birth is the first record: what a storage is made with.
type birth struct {
	number fnlink.StorageNumber
	key    [sha256.Size]byte
}

// Kinds of journal records. The layouts:
//
//	birth:             number 16 | key of the fiscal sign 32
//	document:          length of command u8 | command that formed the document | document element
//	companionDocument: length of companion u32 | companion | as document
//	companion:         companion
const (
	recordBirth byte = iota + 1
	recordDocument
	recordCompanionDocument
	recordCompanion
)

// Open opens the storage on config.FS, or makes one if the FS is empty. On error the FS is closed.
func Open(config Config) (*Storage, error) {
	s := &Storage{config: config, log: config.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.config.Model = config.Model.withDefaults()
	if err := s.open(); err != nil {
		if s.journal != nil {
			_ = s.journal.Close()
		} else if c, ok := config.FS.(io.Closer); ok {
			_ = c.Close()
		}
		return nil, fmt.Errorf("fiscal storage: %w", err)
	}
	return s, nil
}

func (s *Storage) open() (err error) {
	if len(s.config.Model.Version) > 16 || len(s.config.Model.Execution) > 48 {
		return errors.New("model texts are longer than 16 and 48 characters")
	}
	s.state.phase = fnlink.PhaseReady
	options := journal.Options{SegmentSize: s.config.SegmentSize}
	if s.journal, err = journal.Open(s.config.FS, options, s.replay); err != nil {
		return err
	}
	if cut := s.journal.Cut(); cut.Size > 0 {
		s.log.Warn("bytes after the last whole record were cut off, most likely of a write that was never acknowledged",
			"file", cut.File, "offset", cut.Offset, "bytes", cut.Size, "problem", cut.Problem, "saved", cut.Saved)
	}
	if s.birth == (birth{}) {
		if err := s.make(); err != nil {
			return err
		}
	}
	number := s.birth.number.String()
	if s.config.Number != "" && s.config.Number != number {
		return fmt.Errorf("%w: %s, not %s; give that number or choose another state", ErrOtherNumber, number, s.config.Number)
	}
	s.signer = s.config.Signer
	if s.signer == nil {
		s.signer = newMACSigner(s.birth.key)
	}
	return nil
}

// make writes the first record of an empty storage.
func (s *Storage) make() error {
	number := cmp.Or(s.config.Number, s.config.DefaultNumber)
	if len(number) != 16 || !strings.HasPrefix(number, NumberPrefix) || strings.Trim(number, "0123456789") != "" {
		return fmt.Errorf("%w: %q", ErrNumber, number)
	}
	b := birth{fnlink.StorageNumberOf(number), signingKey(s.config.Seed, number)}
	if _, err := s.journal.Append(recordBirth, append(b.number[:], b.key[:]...)); err != nil {
		return err
	}
	s.birth = b
	return nil
}

// replay takes a record of the journal.
func (s *Storage) replay(pos journal.Pos, kind byte, payload []byte) error {
	if (kind == recordBirth) != (s.birth == birth{}) {
		return ErrRecord
	}
	switch kind {
	case recordBirth:
		if len(payload) != 16+sha256.Size {
			return ErrRecord
		}
		s.birth = birth{fnlink.StorageNumber(payload[:16]), [sha256.Size]byte(payload[16:])}
		return nil
	case recordCompanion:
		s.companion = overwrite(s.companion, payload)
		return nil
	case recordDocument, recordCompanionDocument:
		companion, command, doc, ok := splitRecord(kind, payload)
		if !ok {
			return ErrRecord
		}
		if err := s.state.apply(pos, command, doc); err != nil {
			return err
		}
		if kind == recordCompanionDocument {
			s.companion = overwrite(s.companion, companion)
		}
		return nil
	}
	return ErrRecord
}

func splitRecord(kind byte, payload []byte) (companion, command, doc []byte, ok bool) {
	if kind == recordCompanionDocument {
		if len(payload) < 4 {
			return nil, nil, nil, false
		}
		n := uint64(binary.LittleEndian.Uint32(payload))
		payload = payload[4:]
		if uint64(len(payload)) < n {
			return nil, nil, nil, false
		}
		companion, payload = payload[:n], payload[n:]
	}
	if len(payload) < 2 || payload[0] == 0 || len(payload) < 1+int(payload[0]) {
		return nil, nil, nil, false
	}
	n := 1 + int(payload[0])
	return companion, payload[1:n], payload[n:], true
}

// appendDocument appends a document, with the state of the register that goes with it, to the journal.
func (s *Storage) appendDocument(command, doc []byte) (journal.Pos, error) {
	length := []byte{byte(len(command))}
	if !s.hasNextState {
		return s.journal.Append(recordDocument, length, command, doc)
	}
	var n [4]byte
	binary.LittleEndian.PutUint32(n[:], uint32(len(s.nextState)))
	return s.journal.Append(recordCompanionDocument, n[:], s.nextState, length, command, doc)
}

func (s *Storage) saveCompanion(state []byte) error {
	if s.failed != nil {
		return s.failed
	}
	if _, err := s.journal.Append(recordCompanion, state); err != nil {
		return s.fail(err)
	}
	s.companion = overwrite(s.companion, state)
	s.hasNextState = false
	return nil
}

// overwrite copies data into buf, which may grow. The result is not nil.
func overwrite(buf, data []byte) []byte {
	if buf == nil {
		buf = make([]byte, 0, len(data))
	}
	return append(buf[:0], data...)
}

// fail makes the storage refuse everything from now on.
func (s *Storage) fail(err error) error {
	s.failed = fmt.Errorf("fiscal storage failed, open it again: %w", err)
	s.log.Error("storage failed", "err", err)
	return s.failed
}

// document reads a document of the archive: the whole element. The result lives until the next call.
func (s *Storage) document(number uint32) ([]byte, error) {
	kind, payload, err := s.journal.Read(s.buf, s.state.docs[number-1])
	if err != nil {
		return nil, err
	}
	s.buf = payload
	_, _, doc, ok := splitRecord(kind, payload)
	if !ok {
		return nil, ErrRecord
	}
	return doc, nil
}

func (s *Storage) export(w io.Writer) error {
	if errors.Is(s.failed, errClosed) {
		return s.failed
	}
	for n := range s.state.last {
		doc, err := s.document(n + 1)
		if err != nil {
			return fmt.Errorf("document %d: %w", n+1, err)
		}
		if _, err := w.Write(doc); err != nil {
			return err
		}
	}
	return nil
}

func (s *Storage) hash() (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(s.birth.number[:])
	h.Write(s.birth.key[:])
	h.Write(s.state.docsHash[:])
	if s.companion != nil {
		h.Write([]byte{1})
		h.Write(s.companion)
	}
	h.Sum(sum[:0])
	return sum
}

func (s *Storage) close() error {
	if errors.Is(s.failed, errClosed) {
		return nil
	}
	s.failed = errClosed
	return s.journal.Close()
}

var errClosed = errors.New("fiscal storage is closed")

func (m Model) withDefaults() Model {
	if m.Version == "" {
		m.Version = "OPENKKT 1.0"
	}
	if m.Execution == "" {
		m.Execution = "OPENKKT EMULATOR FN-1.2"
	}
	if m.LifeDays == 0 {
		m.LifeDays = 1110 // a storage of 36 months, guess
	}
	if m.Documents == 0 {
		m.Documents = 250_000 // guess
	}
	return m
}
