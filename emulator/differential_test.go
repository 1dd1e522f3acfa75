//go:build linux

package emulator

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.bug.st/serial"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Whatever commands come, in whatever order, right or damaged, the way by which
// they come must make no difference.
func TestTheSameRandomCommandsGiveTheSameOverEveryWay(t *testing.T) {
	const steps = 60
	profiles := []string{DefaultProfile, "ky", "lenient", "strict"}
	var mu sync.Mutex
	succeeded := map[shtrih.Code]int{}
	t.Run("sequences", func(t *testing.T) {
		for seed := range uint64(differentialSequences) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				sequence := randomSequence(seed, steps)
				profile := profiles[seed%uint64(len(profiles))]
				want := runSequence(t, profile, sequence, inProcess)
				for name, way := range ways {
					got := runSequence(t, profile, sequence, way)
					for i := range want.answers {
						require.Equal(t, want.answers[i], got.answers[i], "%s, step %d: %s", name, i, sequence[i])
					}
					require.Equal(t, want.hash, got.hash, "%s: state", name)
					require.True(t, bytes.Equal(want.archive, got.archive), "%s: archive", name)
				}
				mu.Lock()
				defer mu.Unlock()
				for i, s := range sequence {
					if code, _, ok := shtrih.SplitCode(s.command); ok && good(code, want.answers[i]) {
						succeeded[code]++
					}
				}
			})
		}
	})
	// The sequences are worth something only if they get anywhere.
	for _, code := range []shtrih.Code{
		shtrih.OpenShiftCode, shtrih.ZReportCode, shtrih.CloseShiftCode, shtrih.CloseReceiptCode, shtrih.CloseReceiptV3Code,
		shtrih.CloseReceiptV1Code, shtrih.ItemTLVCode, shtrih.ReadDocumentCode, shtrih.WriteTableCode, shtrih.SetPortParametersCode,
	} {
		assert.NotZero(t, succeeded[code], "%s never succeeded", code)
	}
}

func good(code shtrih.Code, answer string) bool {
	b, err := hex.DecodeString(answer)
	if err != nil {
		return false
	}
	result, _, err := shtrih.SplitAnswer(code, b)
	return err == nil && result == shtrih.OK
}

func TestRandomSequencesDrawFromEveryCommand(t *testing.T) {
	drawn := map[shtrih.Code]bool{}
	for _, c := range append(usual(), unusual()...) {
		drawn[c.Code()] = true
	}
	for _, c := range commands {
		assert.True(t, drawn[c.code] || c.code == openStorageShiftCode, "%s is not drawn", c.code)
	}
}

// step is the clock going on, then a command.
type step struct {
	later   time.Duration
	command []byte
}

func (s step) String() string { return fmt.Sprintf("%v later %x", s.later, s.command) }

// usual is a day's work in an order in which it succeeds; sequences run through
// it, with other commands between.
func usual() []shtrih.Command {
	password := uint32(sysAdmin)
	v3 := shtrih.CloseReceiptV3{Password: password}
	v3.Payments[1] = 700
	v4 := shtrih.CloseReceiptV4{Password: password}
	v4.Payments[0] = 900
	discounted := shtrih.ReceiptDiscount{Password: password, Discount: 5, Text: make([]byte, 40)}
	return []shtrih.Command{
		shtrih.OpenShift{Password: password},
		shtrih.CashIn{Password: password, Sum: 5000},
		shtrih.OpenReceipt{Password: password}, goods(shtrih.Sale, 700),
		shtrih.ItemTLV{Password: password, TLV: tlv.AppendBytes(nil, tlv.Tag(1191), []byte("Note"))},
		shtrih.SendTLV{Password: password, TLV: tlv.AppendBytes(nil, ffd.Cashier, []byte("Ann"))},
		paid(map[int]uint64{0: 1000}),
		shtrih.OpenReceipt{Password: password}, goods(shtrih.Sale, 700), v3,
		shtrih.RequestDocument{Password: password, Document: 3}, shtrih.ReadDocument{Password: password}, shtrih.ReadDocument{Password: password},
		shtrih.ReadDocument{Password: password}, shtrih.ReadDocument{Password: password},
		shtrih.OpenReceipt{Password: password}, goods(shtrih.Sale, 900), discounted, v4,
		shtrih.OpenReceipt{Password: password, Type: shtrih.SaleReturn}, goods(shtrih.SaleReturn, 300), paid(map[int]uint64{0: 300}),
		sold(3000, 333, 2), shtrih.Storno(sold(500, 333, 2)), shtrih.Discount(adjusted(10)), shtrih.Surcharge(adjusted(3)),
		shtrih.CancelDiscount(adjusted(10)), shtrih.CancelSurcharge(adjusted(3)), shtrih.Subtotal{Password: password}, closedV1(2000),
		sold(1000, 50, 1), shtrih.CloseReceiptExtended{Password: password, Payments: [16]uint64{60}, Text: line40("")},
		shtrih.CopyDocument{Password: password},
		shtrih.OpenReceipt{Password: password}, goods(shtrih.Sale, 1), shtrih.CancelReceipt{Password: password},
		shtrih.CashOut{Password: password, Sum: 100},
		shtrih.XReport{Password: password}, shtrih.ZReport{Password: password},
		shtrih.StartShiftOpening{Password: password}, shtrih.OpenShift{Password: password},
		shtrih.StartShiftClosing{Password: password}, shtrih.CloseShift{Password: password},
	}
}

// unusual are the other commands.
func unusual() []shtrih.Command {
	password := uint32(sysAdmin)
	v1 := shtrih.ItemV1(sold(1500, 200, 1))
	date := shtrih.Date{Year: 2025, Month: 3, Day: 1}
	return []shtrih.Command{
		shtrih.ShortStatus{Password: password}, shtrih.FullStatus{Password: password}, shtrih.Beep{Password: password},
		shtrih.PrintBold{Password: password, Flags: shtrih.PrintReceipt, Text: make([]byte, 20)},
		shtrih.PrintString{Password: password, Flags: shtrih.PrintReceipt, Text: line40("Line")},
		shtrih.PrintStringFont{Password: password, Flags: shtrih.PrintReceipt, Font: 1, Text: line40("Line")},
		shtrih.ReadMoneyRegister{Password: password, Number: 241}, shtrih.ReadMoneyRegister{Password: password, Number: 4228},
		shtrih.ReadOperationRegister{Password: password, Number: 152},
		shtrih.WriteTable{Password: password, Table: 1, Row: 1, Field: 14, Value: []byte{1}},
		shtrih.WriteTable{Password: password, Table: 5, Row: 2, Field: 1, Value: []byte("Card")},
		shtrih.ReadTable{Password: password, Table: 17, Row: 1, Field: 17}, shtrih.TableStructure{Password: password, Table: 1},
		shtrih.FieldStructure{Password: password, Table: 1, Field: 1},
		shtrih.SetTime{Password: password, Time: shtrih.Time{Hour: 10, Minute: 5}}, shtrih.SetDate{Password: password, Date: date},
		shtrih.ConfirmDate{Password: password, Date: date}, shtrih.Cut{Password: password}, shtrih.FontParameters{Password: password, Font: 1},
		shtrih.OpenDrawer{Password: password}, shtrih.Feed{Password: password, Flags: shtrih.PrintReceipt, Lines: 1},
		shtrih.ErrorText{Error: 0x4F}, shtrih.ContinuePrint{Password: password}, shtrih.ExtendedQuery{Type: 1}, shtrih.DeviceType{},
		shtrih.SetPortParameters{Password: password, Port: 0, Baud: 6, Timeout: 100}, shtrih.ReadPortParameters{Password: password, Port: 0},
		shtrih.TechnologicalReset{}, shtrih.TestRun{Password: password, Minutes: 1}, shtrih.StopTestRun{Password: password},
		shtrih.ResetTables{Password: password}, shtrih.GeneralReset{Password: password}, shtrih.Service{Function: shtrih.ServiceReboot},
		shtrih.PrintOperationRegisters{Password: password}, shtrih.DepartmentReport{Password: password}, shtrih.TaxReport{Password: password},
		shtrih.DocumentHeader{Password: password, Number: 1}, shtrih.PrintCliche{Password: password},
		shtrih.EndDocument{Password: password, Advertising: 1}, shtrih.PrintAdvertising{Password: password},
		shtrih.PurchaseItem(v1), shtrih.SaleReturnItem(v1), shtrih.PurchaseReturnItem(v1),
		shtrih.StorageStatus{Password: password}, shtrih.StorageNumber{Password: password}, shtrih.StorageValidity{Password: password},
		shtrih.StorageVersion{Password: password}, shtrih.LastRegistration{Password: password},
		shtrih.FindDocument{Password: password, Document: 1}, shtrih.ExchangeStatus{Password: password},
		shtrih.RequestDocument{Password: password, Document: 1}, shtrih.ReadDocument{Password: password},
		shtrih.ShiftParameters{Password: password}, shtrih.CancelDocument{Password: password}, shtrih.BufferState{Password: password},
		shtrih.StartBufferWrite{Password: password, Size: 9}, shtrih.WriteBuffer{Password: password, Data: []byte{1, 2}},
		shtrih.ReadBuffer{Password: password, Count: 9}, shtrih.SendBufferedTLV{Password: password},
		shtrih.DocumentsWithoutTicket{Password: password}, shtrih.Registration{Password: password, Number: 1},
		shtrih.RegistrationParameter{Password: password, Tag: 1018}, shtrih.SyncRegisters{Password: password},
		shtrih.StorageMemory{Password: password},
	}
}

// randomSequence goes through the usual commands, from a random one on, and puts
// unusual and damaged ones between them.
func randomSequence(seed uint64, steps int) []step {
	rnd := rand.New(rand.NewPCG(seed, 0))
	usual, unusual := usual(), unusual()
	sequence := make([]step, steps)
	next := 0
	if rnd.IntN(2) == 0 {
		next = rnd.IntN(len(usual))
	}
	for i := range sequence {
		s := &sequence[i]
		switch n := rnd.IntN(40); {
		case n == 0:
			s.later = time.Duration(rnd.IntN(30)) * time.Hour
		case n < 20:
			s.later = time.Duration(rnd.IntN(90)) * time.Second
		}
		switch n := rnd.IntN(20); {
		case n < 13:
			s.command = usual[next%len(usual)].AppendTo(nil)
			next++
		case n < 17:
			s.command = unusual[rnd.IntN(len(unusual))].AppendTo(nil)
		case n < 19:
			all := append(usual[:len(usual):len(usual)], unusual...)
			s.command = damage(rnd, all[rnd.IntN(len(all))].AppendTo(nil))
		default:
			// A code by chance, with parameters by chance.
			s.command = shtrih.AppendCode(nil, commands[rnd.IntN(len(commands))].code)
			s.command = append(s.command, sysAdmin, 0, 0, 0)
			for range rnd.IntN(60) {
				s.command = append(s.command, byte(rnd.IntN(256)))
			}
		}
	}
	return sequence
}

// damage makes a command wrong, mostly.
func damage(rnd *rand.Rand, command []byte) []byte {
	switch rnd.IntN(4) {
	case 0: // shorter
		return command[:1+rnd.IntN(len(command))]
	case 1: // longer; a frame of version 1 has up to 255 bytes
		return append(command, make([]byte, min(1+rnd.IntN(9), 255-len(command)))...)
	case 2: // another password
		if len(command) > 3 {
			command[2] = byte(rnd.IntN(256))
		}
		return command
	}
	command[rnd.IntN(len(command))] ^= 1 << rnd.IntN(8)
	return command
}

// outcome is all that must not depend on the way.
type outcome struct {
	answers []string
	hash    string
	archive []byte
}

// way is a way to a register: exec runs a command and gives the answer.
type way func(t *testing.T, r *Register) (exec func([]byte) []byte, stop func())

func runSequence(t *testing.T, profile string, sequence []step, by way) (o outcome) {
	t.Helper()
	now := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	r, err := New(Config{FS: journal.NewMemory(), Clock: clock, Seed: 7, Profile: profile})
	require.NoError(t, err)
	exec, stop := by(t, r)
	for _, s := range sequence {
		mu.Lock()
		now = now.Add(s.later)
		mu.Unlock()
		o.answers = append(o.answers, hex.EncodeToString(exec(s.command)))
	}
	stop()
	o.hash = r.StateHash()
	var archive bytes.Buffer
	require.NoError(t, r.Storage().Export(&archive))
	o.archive = archive.Bytes()
	require.NoError(t, r.Close())
	return o
}

func inProcess(_ *testing.T, r *Register) (func([]byte) []byte, func()) {
	return func(command []byte) []byte { return r.Exec(nil, command) }, func() {}
}

var ways = map[string]way{
	"TCP, version 1": overTCP(shtrih.V1), "TCP, version 2": overTCP(shtrih.V2),
	"pty, version 1": overPTY(shtrih.V1), "pty, version 2": overPTY(shtrih.V2),
}

// The port is that of Exec: 11h names it, and 14h changes what belongs to it.
func overTCP(v shtrih.Version) way {
	return func(t *testing.T, r *Register) (func([]byte) []byte, func()) {
		o := TCPLink()
		o.Port = shtrih.PortRS232
		server, err := r.Listen("127.0.0.1:0", o)
		require.NoError(t, err)
		conn, err := net.Dial("tcp", server.Addr().String())
		require.NoError(t, err)
		return converse(t, conn, v, func() error { return conn.SetReadDeadline(time.Now().Add(patience)) }, server.Serve)
	}
}

func overPTY(v shtrih.Version) way {
	return func(t *testing.T, r *Register) (func([]byte) []byte, func()) {
		o := CableLink()
		o.Port = shtrih.PortRS232
		terminal, err := r.OpenPTY(o)
		require.NoError(t, err)
		port, err := serial.Open(terminal.Path(), &serial.Mode{BaudRate: 115200})
		require.NoError(t, err)
		require.NoError(t, port.SetReadTimeout(patience))
		return converse(t, port, v, func() error { return nil }, terminal.Serve)
	}
}

// patience is how long a host waits for bytes. Only a register that reboots, or
// one with a byte time-out of a millisecond, lets it wait.
const patience = time.Second

func converse(t *testing.T, conn io.ReadWriteCloser, v shtrih.Version, wait func() error, serve func(context.Context) error) (func([]byte) []byte, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- serve(ctx) }()
	link := shtrih.NewHostLink(shtrih.HostOptions{Version: v})
	buf := make([]byte, 512)
	exec := func(command []byte) []byte {
		out, err := link.Start(nil, command)
		require.NoError(t, err)
		for {
			_, err := conn.Write(out)
			require.NoError(t, err)
			if link.Done() {
				break
			}
			require.NoError(t, wait())
			n, err := conn.Read(buf)
			switch {
			case n > 0:
				out = link.Input(out[:0], buf[:n])
			case err == nil || errors.Is(err, os.ErrDeadlineExceeded): // a serial time-out is 0, nil
				out = link.Expire(out[:0])
			default:
				require.NoError(t, err)
			}
		}
		answer, ok := link.Answer()
		require.True(t, ok, "%x: %v", command, link.Err())
		return answer
	}
	return exec, func() {
		conn.Close()
		cancel()
		<-served
	}
}
