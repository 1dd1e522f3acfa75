package emulator

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/openkkt/openkkt/fn"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Config is what a register is made of. Only FS and Clock must be set.
type Config struct {
	FS    journal.FS       // where the storage and the register keep their state
	Clock func() time.Time // both clocks run by it; the register's calendar can be set away from it by 21h–23h
	Seed  uint64           // of the fiscal signs

	// FFD is "1.05", "1.1" or "1.2"; "" means 1.2 for a fresh storage and
	// whatever an existing one was registered for.
	FFD string
	// Registration is used by a fresh storage. Of an existing one, fields that
	// are set must agree.
	Registration Registration

	// Profile is the model that the register is, one of [Profiles]; "" means
	// DefaultProfile for a fresh storage and what an existing one was.
	Profile string
	Speed   Speed // of printing

	TapeWidth int          // characters; 0 means that of the model
	Logger    *slog.Logger // nil discards

	// The hooks run while the register is locked: they must not call it.
	OnExchange func(Exchange)
	OnDocument func(number uint32, form tlv.Tag, doc []byte) // doc is the whole element
	// OnTape gets the lines as they come out of the printer. With it set a command
	// takes longer: what it prints is drawn at once and not when it is looked at.
	// With a speed of printing lines come out when something next calls the
	// register: a command, [Register.Tape] or [Register.Printer].
	OnTape func(lines []string)
}

// Exchange is one executed command.
type Exchange struct {
	Time     time.Time     // by Config.Clock
	Duration time.Duration // by Config.Clock
	Command  []byte        // DATA, without link framing
	Answer   []byte
	Document uint32 // number (ФД) and sign (ФП) of the document made, if any
	Sign     uint32
}

// Register is a fiscal register in software. Its methods may be called from
// several goroutines; commands run one at a time.
//
// VAT sums: with table 1 field 14 at 0 the register computes them from the items
// and ignores those in commands; at 1 it takes those of the commands, and a sum
// not given stays out of the document (vendor's answer in fr_drv_ng issue 318).
type Register struct {
	cfg     Config
	log     *slog.Logger
	version ffd.Version
	profile *profile

	mu        sync.Mutex
	storage   *fn.Storage
	state     *state
	receipt   *receipt      // open receipt, nil when there is none
	shift     *shiftReport  // begun by FF41h or FF42h
	reading   *reading      // document being read by FF3Bh
	lastError shtrih.Result // for 6Bh; not part of the state
	buffer    []byte        // of FF32h and FF33h
	testing   bool          // test run, mode 10
	printer   printer
	tape      tapeLog

	// Of the command that runs.
	call    call
	made    struct{ document, sign uint32 }
	effects effects

	// Memory that commands use again.
	spare          *state
	encoded        []byte // state
	elements       []byte // of a document
	lines          []uint64
	request, reply []byte // storage commands
	raw            rawReply
}

// New opens the register on the state in cfg.FS. A fresh storage is registered
// at once: document 1 is its registration report. The register takes cfg.FS
// over: if it has a Close method, Close calls it, and so does New when it fails.
func New(cfg Config) (*Register, error) {
	if cfg.FS == nil || cfg.Clock == nil {
		return nil, errors.New("emulator: Config.FS and Config.Clock must be set")
	}
	r := &Register{cfg: cfg, log: cfg.Logger}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if r.profile, err = findProfile(cfg.Profile); err != nil {
		return nil, errors.Join(err, r.closeFS())
	}
	if cfg.FFD != "" {
		v, err := ffd.ParseVersion(cfg.FFD)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("emulator: %w", err), r.closeFS())
		}
		r.version = v
	}
	g := cfg.Registration.withDefaults()
	// Before anything is written, if the state is empty; of a state that exists
	// the numbers are compared.
	if files, err := cfg.FS.List(); err != nil || len(files) == 0 {
		if err = errors.Join(err, g.check()); err != nil {
			return nil, errors.Join(err, r.closeFS())
		}
	}
	if r.storage, err = fn.Open(fn.Config{ // which closes the FS when it fails
		FS: r.cfg.FS, Timer: r.cfg.Clock, Seed: r.cfg.Seed, Logger: r.cfg.Logger,
		Number: r.cfg.Registration.StorageNumber, DefaultNumber: defaultStorageNumber,
	}); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	if r.storage.Fresh() {
		r.version = cmp.Or(r.version, ffd.FFD12)
		if err = g.check(); err == nil {
			err = r.register(g)
		}
	} else {
		err = r.reload()
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Register) closeFS() error {
	if c, ok := r.cfg.FS.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// reload takes up the state that was committed with the last document.
func (r *Register) reload() error {
	s, err := decodeState(r.storage.Companion(), r.cfg.Profile)
	if err != nil {
		return err
	}
	var format fnlink.FormatReply
	if code := r.ask(fnlink.Format{}, &format); code != shtrih.OK {
		return fmt.Errorf("emulator: format of the storage: %w", code)
	}
	version := ffd.FFD105 // the storage calls it 1
	if format.Current > 1 {
		version = ffd.Version(format.Current)
	}
	if r.version != 0 && r.version != version {
		return fmt.Errorf("emulator: the storage is registered for FFD %v, not %v; leave the version out or take a fresh state", version, r.version)
	}
	r.version = version
	want := r.cfg.Registration
	for _, field := range []struct {
		name, want string
		setting    setting
	}{
		{"storage number", want.StorageNumber, setStorageNumber},
		{"serial number", want.SerialNumber, setSerial},
		{"registration number", want.RegistrationNumber, setRegNumber},
		{"user INN", want.UserINN, setUserINN},
	} {
		if have := s.tables.text(field.setting); field.want != "" && field.want != have {
			return fmt.Errorf("emulator: the state has %s %s, not %s; leave it out or take a fresh state", field.name, have, field.want)
		}
	}
	r.state, r.profile = s, s.tables.profile
	return nil
}

// Close closes the storage. The register must not be used any more.
func (r *Register) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.storage.Close()
}

// Storage gives the fiscal storage inside. Commands put to it directly bypass
// the register.
func (r *Register) Storage() *fn.Storage { return r.storage }

// StateHash is a hash in hexadecimal over all that the register knows: its
// storage, registers, tables, modes and the open receipt. A refused command
// leaves it as it was.
func (r *Register) StateHash() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := sha256.New()
	storage := r.storage.Hash()
	h.Write(storage[:])
	h.Write(r.state.append(nil))
	if r.receipt != nil {
		r.receipt.hash(h, r.version)
	}
	if r.reading != nil {
		fmt.Fprintf(h, "reading %d of %x", r.reading.at, r.reading.data)
	}
	if r.shift != nil {
		fmt.Fprintf(h, "shift report %v %x", r.shift.closing, r.shift.tags)
	}
	fmt.Fprintf(h, "buffer %x testing %v", r.buffer, r.testing)
	return hex.EncodeToString(h.Sum(nil))
}

func (c *receipt) hash(h hash.Hash, v ffd.Version) {
	fmt.Fprintf(h, "receipt %d %d %x %x %q", c.kind, c.total, c.before, c.tags, c.lines)
	for i := range c.items {
		fmt.Fprintf(h, "%d %t %x", c.items[i].department, c.items[i].hasTax, c.items[i].appendTo(nil, v, false))
	}
	for _, a := range c.adjustments {
		fmt.Fprintf(h, "%+v", a)
	}
}

// clock is the register's calendar: it can be set.
func (r *Register) clock() time.Time { return r.cfg.Clock().Add(r.offset()) }

// mode is the mode byte's mode: the stored one, or what follows from the time,
// the receipt and a document being read out.
func (r *Register) mode() (shtrih.Mode, uint8) {
	switch {
	case r.reading != nil && r.profile.DataOutputMode:
		return shtrih.ModeDataOutput, 0
	case r.testing:
		return shtrih.ModeTestRun, 0
	case r.receipt != nil:
		return shtrih.ModeDocumentOpen, uint8(r.receipt.kind)
	case r.state.mode == shtrih.ModeShiftOpen && r.shiftOver():
		return shtrih.ModeShiftOver24, 0
	}
	return r.state.mode, 0
}

// shiftOver: a shift counts as over some minutes before its 24 hours end
// (table 17 field 8).
func (r *Register) shiftOver() bool {
	early := time.Duration(r.state.tables.number(setShiftMinutes)) * time.Minute
	return !r.clock().Before(r.state.opened.Add(24*time.Hour - early))
}

// issued takes note of a document that the storage has just formed: it goes to
// the hook.
func (r *Register) issued(number, sign uint32) {
	r.made.document, r.made.sign = number, sign
	if r.cfg.OnDocument == nil {
		return
	}
	form, fields, code := r.document(number)
	if code != shtrih.OK {
		r.log.Error("document cannot be read back", "document", strconv.Itoa(int(number)), "result", code)
		return
	}
	r.cfg.OnDocument(number, tlv.Tag(form), tlv.AppendBytes(nil, tlv.Tag(form), fields))
}
