package device

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// Protocol is the link level to speak.
type Protocol uint8

const (
	// Auto asks for protocol 2 first and falls back to protocol 1, as the vendor's driver does.
	Auto Protocol = iota
	V1            // «standard lower level»: ENQ, STX, LRC
	V2            // «alternative lower level»: 8Fh, stuffing, CRC-16
)

// Direction of traced bytes.
type Direction uint8

const (
	ToRegister Direction = iota
	FromRegister
)

// Option changes a Register at its making.
type Option func(*settings)

type settings struct {
	password      uint32
	protocol      Protocol
	logger        *slog.Logger
	timeouts      Timeouts
	trace         func(Direction, []byte)
	observe       func(Exchange)
	keepVAT       bool
	itemTagsFirst bool
	ledger        *FileLedger
	redial        func(context.Context) (Transport, error)
}

func defaultSettings() settings {
	return settings{password: 30, logger: slog.New(slog.DiscardHandler), timeouts: DefaultTimeouts()}
}

// WithPassword sets the operator password of every command; it is 30, the system administrator's default, unless set.
func WithPassword(password uint32) Option { return func(s *settings) { s.password = password } }

// WithProtocol fixes the link level.
func WithProtocol(p Protocol) Option { return func(s *settings) { s.protocol = p } }

// WithLogger logs one line per command at Info, without any parameter; the bytes of commands and answers at Debug,
// with the password masked. Debug lines may contain buyers' names and addresses.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) {
		if l != nil {
			s.logger = l
		}
	}
}

// WithTimeouts replaces the table of time-outs. Durations that are 0 keep their defaults.
func WithTimeouts(t Timeouts) Option {
	return func(s *settings) {
		standard := DefaultTimeouts()
		t.Byte = cmp.Or(t.Byte, standard.Byte)
		t.Reaction = cmp.Or(t.Reaction, standard.Reaction)
		t.Default = cmp.Or(t.Default, standard.Default)
		s.timeouts = t
	}
}

// WithTrace calls f with every piece of bytes as it crosses the transport, passwords and buyers' data included. The
// bytes are valid during the call only. f runs on the goroutine of the operation.
func WithTrace(f func(Direction, []byte)) Option { return func(s *settings) { s.trace = f } }

// KeepVATSetting forbids Sell to change table 1 field 14 (who computes VAT): a receipt that needs the other setting
// is refused.
func KeepVATSetting() Option { return func(s *settings) { s.keepVAT = true } }

// ItemTagsFirst sends the elements of an item (FF4Dh) before the item (FF46h), as the cash-core and the mobile
// families want; the printer family wants them after. The models that are known to want it get it without the option.
func ItemTagsFirst() Option { return func(s *settings) { s.itemTagsFirst = true } }

// WithLedger gives SellOnce its memory. The ledger may serve several registers and is not closed with them.
func WithLedger(l *FileLedger) Option { return func(s *settings) { s.ledger = l } }

// WithRedial lets a Register made by New connect anew, as one made by Open does by itself: when the transport breaks,
// dial is asked once for another one, over which the answer to the command under way is asked for.
func WithRedial(dial func(context.Context) (Transport, error)) Option {
	return func(s *settings) { s.redial = dial }
}

// Timeouts say how long to wait.
type Timeouts struct {
	// Byte is the pause that ends a frame.
	Byte time.Duration
	// Reaction is how long the link may take to react to ENQ, a frame or a sync; the command is not executed yet then.
	Reaction time.Duration
	// Default is the limit of a command's answer.
	Default time.Duration
	// Commands are the exceptions; nil means that there are none.
	Commands map[shtrih.Code]time.Duration
}

// DefaultTimeouts is the table used unless WithTimeouts replaces it. The context of an operation limits it further.
func DefaultTimeouts() Timeouts {
	return Timeouts{
		// The protocol says 50 ms, 100 ms on newer models; a network or a USB stack adds its own.
		Byte:     200 * time.Millisecond,
		Reaction: 500 * time.Millisecond,
		Default:  10 * time.Second, // as in the vendor's Java driver
		Commands: longCommands(),
	}
}

// longCommands print or talk to the storage for tens of seconds (users report 50 s for opening a shift).
func longCommands() map[shtrih.Code]time.Duration {
	const long = time.Minute
	table := map[shtrih.Code]time.Duration{}
	for _, code := range []shtrih.Code{
		shtrih.OpenShiftCode, shtrih.ZReportCode, shtrih.CloseShiftCode, shtrih.XReportCode, shtrih.DepartmentReportCode,
		shtrih.TaxReportCode, shtrih.CloseReceiptCode, shtrih.CloseReceiptV3Code, shtrih.CloseReceiptV4Code,
		shtrih.CloseReceiptV1Code, shtrih.CloseReceiptExtendedCode, shtrih.CopyDocumentCode,
		shtrih.PrintOperationRegistersCode, shtrih.RegistrationCode, shtrih.ResetTablesCode, shtrih.GeneralResetCode,
	} {
		table[code] = long
	}
	return table
}

func (t Timeouts) of(c shtrih.Code) time.Duration {
	if d, ok := t.Commands[c]; ok {
		return d
	}
	return t.Default
}

// wait is the time-out of one step of the link.
func (t *Timeouts) wait(w shtrih.Wait, command time.Duration) time.Duration {
	switch w {
	case shtrih.WaitByte:
		return t.Byte
	case shtrih.WaitReaction:
		return t.Reaction
	}
	return command
}
