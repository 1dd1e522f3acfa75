package peers

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/emulator"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
)

const operator = 30

func newRegister(tb testing.TB) *emulator.Register {
	tb.Helper()
	r, err := emulator.New(emulator.Config{FS: journal.NewMemory(), Clock: time.Now, Seed: 1})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, r.Close()) })
	return r
}

// echo is a peer that answers requests of known length with answers of known
// length, over loopback TCP, and does nothing else.
type echo struct {
	conn         net.Conn
	bytes        []byte
	request, rep atomic.Int64
}

func newEcho(tb testing.TB) *echo {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	e := &echo{bytes: make([]byte, 1<<16)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buf := make([]byte, 1<<16)
		for {
			if _, err := io.ReadFull(conn, buf[:1]); err != nil {
				return
			}
			// The lengths were set before the first byte was sent.
			if _, err := io.ReadFull(conn, buf[1:e.request.Load()]); err != nil {
				return
			}
			if _, err := conn.Write(buf[:e.rep.Load()]); err != nil {
				return
			}
		}
	}()
	e.conn, err = net.Dial("tcp", listener.Addr().String())
	require.NoError(tb, err)
	tb.Cleanup(func() {
		e.conn.Close()
		listener.Close()
		<-ended
	})
	return e
}

func (e *echo) exchange(tb testing.TB, request, reply int) {
	e.request.Store(int64(request))
	e.rep.Store(int64(reply))
	_, err := e.conn.Write(e.bytes[:request])
	if err == nil {
		_, err = io.ReadFull(e.conn, e.bytes[:reply])
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// day is a register in process and what its commands answered.
type day struct {
	testing.TB
	register *emulator.Register
	answer   []byte
}

func (d *day) do(commands ...shtrih.Command) {
	for _, c := range commands {
		d.exec(c.AppendTo(nil))
		result, _, err := shtrih.SplitAnswer(c.Code(), d.answer)
		if err != nil || result != shtrih.OK {
			d.Fatalf("%v: %v %v", c.Code(), result, err)
		}
	}
}

func (d *day) exec(command []byte) { d.answer = d.register.Exec(d.answer[:0], command) }

func item(n int) shtrih.Item {
	return shtrih.Item{
		Password: operator, Operation: 1, Quantity: 1_000_000, Price: 4990, Sum: 4990, Tax: shtrih.NotGiven,
		Rate: shtrih.RateByte(1), Department: 1, Method: 4, Subject: 1,
		Name: []byte(fmt.Sprintf("Item %d of a receipt", n)),
	}
}

const items = 10

func openReceipt(items int) func(*day) {
	return func(d *day) {
		d.do(shtrih.OpenReceipt{Password: operator, Type: shtrih.Sale})
		for n := range items {
			d.do(item(n))
		}
	}
}

var notGiven = func() (t [16]uint64) {
	for i := range t {
		t[i] = shtrih.NotGiven
	}
	return t
}()

func closing(items uint64) shtrih.CloseReceipt {
	return shtrih.CloseReceipt{
		Password: operator, Payments: [16]uint64{0, items * 4990}, Taxes: [6]uint64(notGiven[:6]),
	}
}

func closingV3(items uint64) shtrih.CloseReceiptV3 {
	c := shtrih.CloseReceiptV3{Password: operator, Payments: [16]uint64{0, items * 4990}}
	copy(c.Taxes[:], notGiven[:])
	return c
}

// The own cost of a command, in process, as a multiple of the time that a raw
// exchange of the same bytes takes over loopback TCP. State in memory. Commands
// that may follow each other do so, several in a row, as the echoes do.
func BenchmarkCommandCostOfEcho(b *testing.B) {
	nothing := func(*day) {}
	open := func(d *day) { d.do(shtrih.OpenShift{Password: operator}) }
	shut := func(d *day) { d.do(shtrih.ZReport{Password: operator}) }
	for _, c := range []struct {
		name                  string
		command               shtrih.Command
		repeat                int // calls in a row
		start, before, follow func(*day)
	}{
		{"10h", shtrih.ShortStatus{Password: operator}, several, open, nothing, nothing},
		{"1Ah", shtrih.ReadMoneyRegister{Password: operator, Number: 241}, several, open, nothing, nothing},
		{"FF46h", item(1), items, open,
			func(d *day) { d.do(shtrih.OpenReceipt{Password: operator, Type: shtrih.Sale}) },
			func(d *day) { d.do(shtrih.CancelReceipt{Password: operator}) }},
		{"FF45h-1-item", closing(1), 1, open, openReceipt(1), nothing},
		{"FF45h-10-items", closing(items), 1, open, openReceipt(items), nothing},
		{"FF76h-1-item", closingV3(1), 1, open, openReceipt(1), nothing},
		{"FF76h-10-items", closingV3(items), 1, open, openReceipt(items), nothing},
		{"E0h", shtrih.OpenShift{Password: operator}, 1, nothing, nothing, shut},
		{"41h", shtrih.ZReport{Password: operator}, 1, nothing, open, nothing},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := &day{TB: b, register: newRegister(b)}
			c.start(d)
			peer := newEcho(b)
			command := c.command.AppendTo(nil)
			var ours, theirs []time.Duration
			for b.Loop() {
				c.before(d)
				began := time.Now()
				for range c.repeat {
					d.exec(command)
				}
				ours = append(ours, time.Since(began)/time.Duration(c.repeat))
				if result, _, err := shtrih.SplitAnswer(c.command.Code(), d.answer); err != nil || result != shtrih.OK {
					b.Fatal(result, err)
				}
				length := len(d.answer)
				c.follow(d)
				began = time.Now()
				for range c.repeat {
					peer.exchange(b, len(command), length)
				}
				theirs = append(theirs, time.Since(began)/time.Duration(c.repeat))
			}
			report(b, ours, theirs)
		})
	}
}

func report(b *testing.B, ours, theirs []time.Duration) {
	b.Helper()
	o, p := middle(ours), middle(theirs)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(o), "ours-ns")
	b.ReportMetric(float64(p), "peer-ns")
	b.ReportMetric(float64(o)/float64(p), "x")
}

func middle(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// A whole sale of ten items by the driver, reading the document back included,
// against the same exchanges as raw echoes: as many bytes out and in, as often.
func BenchmarkSaleOverTCPCostOfEcho(b *testing.B) {
	for _, protocol := range []device.Protocol{device.V1, device.V2} {
		b.Run(fmt.Sprintf("protocol%d", protocol), func(b *testing.B) {
			ctx, cancel := context.WithCancel(context.Background())
			server, err := newRegister(b).Listen("127.0.0.1:0", emulator.TCPLink())
			require.NoError(b, err)
			served := make(chan error, 1)
			go func() { served <- server.Serve(ctx) }()
			b.Cleanup(func() { cancel(); <-served })

			var script script
			register, err := device.Open(ctx, "tcp://"+server.Addr().String(), device.WithProtocol(protocol),
				device.WithTrace(script.bytes))
			require.NoError(b, err)
			b.Cleanup(func() { register.Close() })
			_, err = register.OpenShift(ctx)
			require.NoError(b, err)
			receipt := device.Receipt{Operation: device.Sale}
			for n := range items {
				receipt.Items = append(receipt.Items, device.Item{
					Name: fmt.Sprintf("Товар %d", n), Price: 4990, Quantity: tlv.Decimal{Mantissa: 1}, VATRate: 1, Subject: 1, Method: 4,
				})
			}
			receipt.Complete()
			receipt.Electronic = receipt.Total
			peer := newEcho(b)
			var ours, theirs []time.Duration
			for b.Loop() {
				script = script[:0]
				began := time.Now()
				if _, err := register.Sell(ctx, receipt); err != nil {
					b.Fatal(err)
				}
				ours = append(ours, time.Since(began))
				began = time.Now()
				for _, e := range script {
					if e.received > 0 { // the last may be a confirmation
						peer.exchange(b, e.sent, e.received)
					}
				}
				theirs = append(theirs, time.Since(began))
			}
			report(b, ours, theirs)
			b.ReportMetric(float64(len(script)), "exchanges")
		})
	}
}

// script is how many bytes went either way, in turns. A confirmation (ACK), which
// nothing answers, counts to the bytes that leave next.
type script []struct{ sent, received int }

func (s *script) bytes(d device.Direction, b []byte) {
	n := len(*s)
	switch {
	case d == device.FromRegister && n > 0:
		(*s)[n-1].received += len(b)
	case d == device.FromRegister: // the FFh after a confirmation of the sale before
	case n > 0 && (*s)[n-1].received == 0:
		(*s)[n-1].sent += len(b)
	default:
		*s = append(*s, struct{ sent, received int }{sent: len(b)})
	}
}

// Ten thousand registers that nobody talks to, each with its storage registered
// and its state in memory.
func BenchmarkIdleRegisters10000(b *testing.B) {
	const many = 10_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	registers := make([]*emulator.Register, many)
	for i := range registers {
		var err error
		registers[i], err = emulator.New(emulator.Config{FS: journal.NewMemory(), Clock: time.Now, Seed: uint64(i)})
		require.NoError(b, err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	inUse := func(m *runtime.MemStats) uint64 { return m.HeapInuse + m.StackInuse }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(inUse(&after)-inUse(&before))/1e6, "MB")
	for _, r := range registers {
		require.NoError(b, r.Close())
	}
}
