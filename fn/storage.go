// Package fn is a fiscal storage (фискальный накопитель, ФН) in software: it numbers, signs and keeps fiscal
// documents, and refuses what a real one refuses. It has one door, Exec, which takes the commands of the ККТ–ФН
// protocol of the tax service, version 1.2.06; a register in the same process and a server on a wire both go through
// it.
//
// A document is kept only as its TLV bytes. It is durable before Exec answers; see package journal for what a crash
// can and cannot do.
//
// The fiscal sign is honest: real storages sign with keys that never leave them, so nobody outside can compute that
// sign, and this package does not pretend to. Its sign is a keyed MAC; see Signer. Numbers of storages must begin with
// 9999, as those of debug storages do.
package fn

import (
	"crypto/sha256"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
)

// Config describes a storage.
type Config struct {
	// FS is where the archive lives. Open takes it over: Close closes it.
	FS journal.FS
	// Number is the serial number, 16 digits beginning with 9999. It is needed for an empty FS only; if given for
	// another one, it must be the number stored there.
	Number string
	// DefaultNumber is the number for an empty FS when Number is not given. Another FS keeps its own.
	DefaultNumber string
	// Seed makes the key of the fiscal sign, together with Number. An FS that is not empty remembers its key.
	Seed uint64
	// Signer replaces the default sign, NewSigner.
	Signer Signer
	// Timer is the storage's own clock. Only differences of its readings are used, to refuse a receipt (17h) when the
	// register's clock and the timer disagree by more than 5 minutes about the time since the last document. Without a
	// timer nothing is refused so.
	Timer func() time.Time
	// Model is what the storage says about itself.
	Model Model
	// SegmentSize is the size of the files of the archive in bytes, 0 = journal.DefaultSegmentSize.
	SegmentSize int
	Logger      *slog.Logger
}

// Model is what a storage says about itself. A zero field stands for the default.
type Model struct {
	Version   string // of the firmware, at most 16 characters of ASCII
	Execution string // name of the model, at most 48 characters of ASCII
	LifeDays  int    // life of the key from the registration on
	Documents uint32 // that the archive takes
}

// Storage is an open fiscal storage. Its methods may be called from several goroutines; they run one at a time.
type Storage struct {
	mu      sync.Mutex
	config  Config
	log     *slog.Logger
	journal *journal.Journal
	signer  Signer
	birth   birth
	failed  error

	state  state    // committed
	warned struct { // see warnings
		key      warningsKey
		phase    fnlink.Phase
		warnings fnlink.Warnings
	}
	companion    []byte // committed, nil if there is none
	nextState    []byte // of the register, to be committed with the next document; a spare buffer if there is none
	hasNextState bool

	current current // being formed; lost with the power
	timer   time.Time
	hasTime bool
	seen    fnlink.DateTime // by the last command that began or formed a document
	hasSeen bool
	reading reading
	buf     []byte // of the document being formed or read
	message []byte // that is signed
}

// Exec runs a command, the code followed by DATA, and appends the answer, ANSWER followed by DATA, to dst. A document
// is durable before its command is answered with 00. If the medium fails, the answer is 03h, to that command and all
// that follow: what the medium holds is known only after opening it again.
func (s *Storage) Exec(dst, cmd []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exec(dst, cmd)
}

// SetCompanion gives the state of the register that belongs to the next document: both are committed, or neither. A
// later call replaces it.
func (s *Storage) SetCompanion(state []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextState, s.hasNextState = overwrite(s.nextState, state), true
}

// SaveCompanion commits the state of the register without a document. It also forgets what SetCompanion left.
func (s *Storage) SaveCompanion(state []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saveCompanion(state)
}

// Companion is a copy of the state of the register that was committed last, nil if there is none.
func (s *Storage) Companion() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.companion == nil {
		return nil
	}
	return append([]byte{}, s.companion...)
}

// Fresh tells that the storage was never registered.
func (s *Storage) Fresh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.phase == fnlink.PhaseReady
}

// Export writes all documents in order, each as one TLV element.
func (s *Storage) Export(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.export(w)
}

// Hash is a hash of the committed state: the number, all documents and the companion. Equal hashes mean equal bytes.
func (s *Storage) Hash() [sha256.Size]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hash()
}

// Close closes the storage and its FS. A document that was begun is lost.
func (s *Storage) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.close()
}
