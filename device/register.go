package device

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// Register is a fiscal register at the far end of a transport.
type Register struct {
	settings settings
	dial     func(context.Context) (Transport, error) // nil: the transport cannot be made anew
	turn     chan struct{}                            // holds one token: whose turn it is to use the link
	link     *link                                    // owned by the turn, as is data
	data     []byte                                   // of the command under way
	family   family

	closing   chan struct{}
	closeOnce sync.Once
	closeErr  error
	current   struct { // what Close has to close, without waiting for the turn
		sync.Mutex
		transport Transport
	}
}

// Open connects to the register that url names (see [ParseURL]) and finds out which protocol it speaks. Options of
// the URL win over those of the call. A Register made by Open connects anew when the transport breaks, in order to
// ask for an answer that got lost.
func Open(ctx context.Context, url string, options ...Option) (*Register, error) {
	target, err := ParseURL(url)
	if err != nil {
		return nil, err
	}
	r := newRegister(append(options, target.options()...))
	r.dial = target.Dial
	if len(target.Ignored) > 0 {
		r.settings.logger.Info("options of the register URL without effect", "options", target.Ignored)
	}
	t, err := target.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return r.start(ctx, t)
}

// New takes over a transport that is open already and finds out which protocol the register speaks. On an error the
// transport is closed.
func New(ctx context.Context, t Transport, options ...Option) (*Register, error) {
	r := newRegister(options)
	r.dial = r.settings.redial
	return r.start(ctx, t)
}

func newRegister(options []Option) *Register {
	r := &Register{settings: defaultSettings(), turn: make(chan struct{}, 1), closing: make(chan struct{})}
	for _, set := range options {
		set(&r.settings)
	}
	r.turn <- struct{}{}
	return r
}

func (r *Register) start(ctx context.Context, t Transport) (*Register, error) {
	r.current.transport = t
	r.link = newLink(t, &r.settings)
	answer, err := r.link.connect(ctx)
	r.link.rest()
	if err != nil {
		_ = r.Close()
		return nil, &OpError{Op: "connect", Command: shtrih.DeviceTypeCode, Err: fmt.Errorf("%w: %w", ErrNoLink, err)}
	}
	r.family = familyOf(answer)
	return r, nil
}

// Protocol is the link level in use, V1 or V2.
func (r *Register) Protocol() Protocol { return r.link.protocol }

// Close closes the transport. An operation that runs ends with an error.
func (r *Register) Close() error {
	r.closeOnce.Do(func() {
		r.current.Lock()
		defer r.current.Unlock()
		close(r.closing)
		r.closeErr = r.current.transport.Close()
	})
	return r.closeErr
}

// Exec sends a command and reads its answer into reply, which may be nil. The error wraps the register's
// shtrih.Result, [ErrNoLink], [ErrOutcomeUnknown] or [ErrBadAnswer]. A refusal because the register is still printing
// (50h) is waited out.
func (r *Register) Exec(ctx context.Context, command shtrih.Command, reply shtrih.Reply) error {
	unlock, err := r.lock(ctx, "exec")
	if err != nil {
		return err
	}
	defer unlock()
	return r.exec(ctx, "exec", command, reply)
}

// ExecRaw sends DATA of a command and returns DATA of its answer, which the caller may keep. A refusal by the register
// is not an error here: it stands in the answer.
func (r *Register) ExecRaw(ctx context.Context, data []byte) ([]byte, error) {
	unlock, err := r.lock(ctx, "exec")
	if err != nil {
		return nil, err
	}
	defer unlock()
	code, _, ok := shtrih.SplitCode(data)
	if !ok {
		return nil, &OpError{Op: "exec", Err: errors.New("the command is empty")}
	}
	answer, err := r.transact(ctx, "exec", code, data)
	return slices.Clone(answer), err
}

// password is for commands made inside the package.
func (r *Register) password() uint32 { return r.settings.password }

// lock takes the turn.
func (r *Register) lock(ctx context.Context, op string) (unlock func(), err error) {
	select {
	case <-r.closing:
		return nil, &OpError{Op: op, Err: fmt.Errorf("%w: %w", ErrNoLink, ErrClosed)}
	default:
	}
	select {
	case <-r.turn:
		return func() {
			r.link.rest()
			r.turn <- struct{}{}
		}, nil
	case <-r.closing:
		return nil, &OpError{Op: op, Err: fmt.Errorf("%w: %w", ErrNoLink, ErrClosed)}
	case <-ctx.Done():
		return nil, &OpError{Op: op, Err: fmt.Errorf("%w: another operation uses the link: %w", ErrNoLink, ctx.Err())}
	}
}

func (r *Register) exec(ctx context.Context, op string, command shtrih.Command, reply shtrih.Reply) error {
	code := command.Code()
	if c, ok := command.(shtrih.Checker); ok {
		if err := c.Check(); err != nil {
			return &OpError{Op: op, Command: code, Err: err}
		}
	}
	for {
		r.data = command.AppendTo(r.data[:0])
		answer, err := r.transact(ctx, op, code, r.data)
		if err != nil {
			return err
		}
		result, payload, err := shtrih.SplitAnswer(code, answer)
		if err != nil {
			return &OpError{Op: op, Command: code, Err: lost(code, fmt.Errorf("%w: %w", ErrBadAnswer, err))}
		}
		if result == shtrih.Printing && code != shtrih.ShortStatusCode {
			// The register refused because it prints: nothing was executed, so the same command may follow.
			if err := r.waitPrinted(ctx, op); err != nil {
				return err
			}
			continue
		}
		if result != shtrih.OK {
			return &OpError{Op: op, Command: code, Err: result}
		}
		if reply == nil {
			return nil
		}
		// Replies keep views of what they parse, and the link reuses its bytes.
		if err := reply.Parse(slices.Clone(payload)); err != nil {
			return &OpError{Op: op, Command: code, Err: lost(code, fmt.Errorf("%w: %w", ErrBadAnswer, err))}
		}
		return nil
	}
}

// transact sends DATA and waits for DATA, with the time-out of the command and one new connection when the old one
// breaks. The answer is a view that the next exchange overwrites.
func (r *Register) transact(ctx context.Context, op string, code shtrih.Code, data []byte) ([]byte, error) {
	started := time.Now()
	answer, err := r.link.exchange(ctx, code, data)
	if err != nil && r.link.broken && r.dial != nil && ctx.Err() == nil {
		r.settings.logger.Warn("connection lost, connecting anew", "command", code.String(), "cause", err.Error())
		answer, err = r.reconnect(ctx, code, err)
	}
	if err != nil {
		if event := (*linkEvent)(nil); errors.As(err, &event) { // otherwise the command was refused by our own side
			err = r.classify(code, err)
		}
		err = &OpError{Op: op, Command: code, Err: err}
	}
	took := time.Since(started)
	r.settings.observed(code, data, answer, started, took, err)
	r.logExchange(code, data, answer, took, err)
	return answer, err
}

// classify decides between "nothing can have happened" and "something may have".
func (r *Register) classify(code shtrih.Code, err error) error {
	select {
	case <-r.closing:
		err = fmt.Errorf("%w: %w", ErrClosed, err)
	default:
	}
	if r.link.sent {
		return lost(code, err)
	}
	return fmt.Errorf("%w: %w", ErrNoLink, err)
}

// lost is the error of a command that left and whose answer did not come, or came unreadable. A command that only
// reads may be repeated whatever became of it.
func lost(code shtrih.Code, cause error) error {
	if readsOnly(code) {
		return fmt.Errorf("%w: %w", ErrNoLink, cause)
	}
	return &UnknownOutcomeError{Command: code, Cause: cause}
}

// readsOnly tells whether a command changes nothing that a repeat could double. FF3Bh moves a reading position: its
// loss spoils that reading, which begins anew with FF3Ah.
func readsOnly(code shtrih.Code) bool {
	switch code {
	case shtrih.ShortStatusCode, shtrih.FullStatusCode, shtrih.ReadMoneyRegisterCode, shtrih.ReadOperationRegisterCode,
		shtrih.ReadTableCode, shtrih.FontParametersCode, shtrih.TableStructureCode, shtrih.FieldStructureCode,
		shtrih.ErrorTextCode, shtrih.ExtendedQueryCode, shtrih.DeviceTypeCode, shtrih.StorageStatusCode,
		shtrih.StorageNumberCode, shtrih.StorageValidityCode, shtrih.StorageVersionCode, shtrih.LastRegistrationCode,
		shtrih.FindDocumentCode, shtrih.ExchangeStatusCode, shtrih.RequestDocumentCode, shtrih.ReadDocumentCode,
		shtrih.ShiftParametersCode, shtrih.SubtotalCode, shtrih.ReadPortParametersCode, shtrih.BufferStateCode,
		shtrih.DocumentsWithoutTicketCode, shtrih.RegistrationParameterCode, shtrih.StorageMemoryCode:
		return true
	}
	return false
}

// printPoll is how often a printing register is asked whether it has finished.
const printPoll = 100 * time.Millisecond

// waitPrinted waits until the register has finished printing (submode 5), for at most the time-out of a report.
func (r *Register) waitPrinted(ctx context.Context, op string) error {
	deadline := time.Now().Add(r.settings.timeouts.of(shtrih.ZReportCode))
	for {
		var status shtrih.ShortStatusReply
		if err := r.exec(ctx, op, shtrih.ShortStatus{Password: r.password()}, &status); err != nil {
			return err
		}
		if status.Submode != shtrih.SubmodePrinting && status.Submode != shtrih.SubmodeFullReport {
			return nil
		}
		if time.Now().After(deadline) {
			return &OpError{Op: op, Command: shtrih.ShortStatusCode, Err: &RefusedError{"the register has not finished printing", shtrih.Printing}}
		}
		r.link.rest()
		timer := time.NewTimer(printPoll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return &OpError{Op: op, Command: shtrih.ShortStatusCode, Err: fmt.Errorf("%w: waiting for the end of printing: %w", ErrNoLink, ctx.Err())}
		case <-r.closing:
			timer.Stop()
			return &OpError{Op: op, Command: shtrih.ShortStatusCode, Err: fmt.Errorf("%w: %w", ErrNoLink, ErrClosed)}
		}
	}
}

// reconnect makes a new transport and goes on with the exchange that broke with cause.
func (r *Register) reconnect(ctx context.Context, code shtrih.Code, cause error) ([]byte, error) {
	t, err := r.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w; connecting anew: %v", cause, err) // %v: this ErrNoLink says nothing about the command
	}
	if err := r.use(t); err != nil {
		return nil, fmt.Errorf("%w; connecting anew: %v", cause, err) // %v: this ErrNoLink says nothing about the command
	}
	return r.link.resume(ctx, code, t)
}

// use makes t the transport that Close closes, and closes the one before.
func (r *Register) use(t Transport) error {
	r.current.Lock()
	defer r.current.Unlock()
	select {
	case <-r.closing:
		return errors.Join(ErrClosed, t.Close())
	default:
	}
	if r.current.transport != nil {
		_ = r.current.transport.Close()
	}
	r.current.transport = t
	return nil
}

func (t Target) options() []Option {
	var options []Option
	if t.Password != nil {
		options = append(options, WithPassword(*t.Password))
	}
	if t.Protocol != Auto {
		options = append(options, WithProtocol(t.Protocol))
	}
	if t.Timeout != 0 {
		options = append(options, func(s *settings) { s.timeouts.Default, s.timeouts.Commands = t.Timeout, nil })
	}
	return options
}

// logExchange writes the line of a command: no parameters at Info, masked bytes at Debug.
func (r *Register) logExchange(code shtrih.Code, data, answer []byte, took time.Duration, err error) {
	log := r.settings.logger
	if !log.Enabled(context.Background(), slog.LevelWarn) {
		return
	}
	attrs := []any{slog.String("command", code.String()), slog.String("name", code.Name()), slog.Duration("took", took)}
	switch {
	case err != nil:
		log.Warn("command failed", append(attrs, slog.String("error", err.Error()))...)
	default:
		result, _, splitErr := shtrih.SplitAnswer(code, answer)
		if splitErr != nil {
			log.Warn("answer does not fit", append(attrs, slog.String("error", splitErr.Error()))...)
		} else {
			log.Info("command", append(attrs, slog.String("result", fmt.Sprintf("%02Xh", byte(result))))...)
		}
	}
	if log.Enabled(context.Background(), slog.LevelDebug) {
		log.Debug("bytes", "command", code.String(), "sent", maskedHex(code, data), "received", maskedAnswerHex(code, data, answer))
	}
}
