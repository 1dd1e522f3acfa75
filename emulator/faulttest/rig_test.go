package faulttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/emulator"
	"github.com/openkkt/openkkt/emulator/fault"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/tlv"
)

var errPower = errors.New("the program was killed")

// world is a shop: a register on a medium, a ledger on a disk, and a cable. What a kill leaves of them is in the
// medium and the disk.
type world struct {
	t        testing.TB
	protocol device.Protocol
	medium   *journal.Memory
	disk     *disk

	software *emulator.Register
	link     *emulator.Link
	serving  chan error // of the last connection
	ledger   *device.FileLedger
	driver   *device.Register
	conns    []*fault.Conn

	// next are the faults of the next connection; struck is called when one strikes.
	next   []fault.Fault
	struck func(fault.Fault)
	dark   bool // the power of the register went; it is back at the next connection
}

// moment is where the clock of every register stands: documents of two runs are equal whole.
var moment = time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)

// newWorld is a shop with a register that has registered itself, power off.
func newWorld(t testing.TB, p device.Protocol) *world {
	w := &world{t: t, protocol: p, medium: journal.NewMemory(), disk: new(disk)}
	w.powerOn()
	w.powerOff()
	w.medium = shortened(t, w.medium)
	return w
}

// shortened is the medium with a segment that is cheap to copy and to read; a day takes a part of it.
func shortened(t testing.TB, m *journal.Memory) *journal.Memory {
	const size = 96 << 10
	files, err := m.List()
	require.NoError(t, err)
	short := journal.NewMemory()
	for _, f := range files {
		data := m.File(f.Name)
		require.Equal(t, make([]byte, len(data)-size), data[size:], "used already")
		require.NoError(t, short.Create(f.Name, size, data[:size]))
	}
	return short
}

// clone is another shop in the same state, power off.
func (w *world) clone(t testing.TB) *world {
	return &world{t: t, protocol: w.protocol, medium: w.medium.Clone(), disk: &disk{durable: bytes.Clone(w.disk.durable)}}
}

// powerOn starts the register.
func (w *world) powerOn() {
	software, err := emulator.New(emulator.Config{
		FS: w.medium, Clock: func() time.Time { return moment }, Seed: 7, FFD: "1.05",
		TapeWidth:    20, // no room for a QR code
		Registration: emulator.Registration{Address: "а", Place: "б", UserName: "в", FNSSite: "г", SenderEmail: "a@b", OFDName: "д"},
	})
	require.NoError(w.t, err)
	w.conns, w.software, w.link, w.serving = nil, software, software.NewLink(emulator.LinkOptions{}), nil
}

// powerOff ends the register; a command that runs is finished.
func (w *world) powerOff() {
	for _, c := range w.conns {
		_ = c.Close()
	}
	if w.serving != nil {
		<-w.serving
	}
	require.NoError(w.t, w.software.Close())
}

// dial plugs the cable in.
func (w *world) dial(context.Context) (device.Transport, error) {
	if w.dark {
		w.dark = false
		w.powerOff()
		w.powerOn()
	}
	host, register := fault.Pipe()
	if w.serving != nil {
		_ = w.conns[len(w.conns)-1].Close()
		<-w.serving
	}
	link, serving := w.link, make(chan error, 1)
	w.serving = serving
	go func() { serving <- link.Serve(context.Background(), register) }()
	conn := fault.Wrap(host, w.next...)
	w.next = nil
	conn.Notify(func(f fault.Fault) {
		if w.struck != nil {
			w.struck(f)
		}
	})
	w.conns = append(w.conns, conn)
	return conn, nil
}

// start starts the program: its ledger and its driver.
func (w *world) start(options ...device.Option) error {
	ledger, err := device.NewFileLedger(w.disk.open(), "ledger")
	require.NoError(w.t, err)
	w.ledger = ledger
	t, _ := w.dial(context.Background())
	w.driver, err = device.New(context.Background(), t,
		append(options, device.WithProtocol(w.protocol), device.WithLedger(ledger))...)
	return err
}

// stop ends the program, gently or not.
func (w *world) stop() {
	if w.driver != nil {
		_ = w.driver.Close()
		w.driver = nil
	}
	if w.ledger != nil {
		_ = w.ledger.Close()
		w.ledger = nil
	}
}

// archive is all documents.
func (w *world) archive() []byte {
	var b bytes.Buffer
	require.NoError(w.t, w.software.Storage().Export(&b))
	return b.Bytes()
}

// disk is the file of a ledger. What was not synced is gone with the program, the last line torn.
type disk struct {
	mu      sync.Mutex
	durable []byte
	handle  *handle
}

func (d *disk) open() *handle {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handle = &handle{disk: d, data: bytes.Clone(d.durable), rest: bytes.Clone(d.durable)}
	return d.handle
}

// kill is the death of the program: of what it wrote last and did not sync, half has arrived.
func (d *disk) kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.handle; h != nil && !h.dead {
		h.dead = true
		unsynced := h.data[len(d.durable):]
		d.durable = append(d.durable, unsynced[:len(unsynced)/2]...)
	}
}

type handle struct {
	disk *disk
	data []byte
	rest []byte
	dead bool
}

func (h *handle) Read(p []byte) (int, error) {
	if len(h.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

func (h *handle) do(f func()) error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.dead {
		return errPower
	}
	f()
	return nil
}

func (h *handle) Write(p []byte) (int, error) {
	return len(p), h.do(func() { h.data = append(h.data, p...) })
}

func (h *handle) Truncate(n int64) error {
	return h.do(func() { h.data = h.data[:n]; h.disk.durable = bytes.Clone(h.data) })
}

func (h *handle) Sync() error  { return h.do(func() { h.disk.durable = bytes.Clone(h.data) }) }
func (h *handle) Close() error { return nil }

// The day.

func coffee(operation device.Operation) device.Receipt {
	return device.Receipt{
		Operation: operation, Total: 300, Cash: 500,
		Items: []device.Item{{Name: "Кофе", Price: 150, Quantity: tlv.Decimal{Mantissa: 2}, Sum: 300, VATRate: 6, Subject: 1, Method: 4}},
	}
}

// step is one thing that the shop does. It may be repeated until it is done.
type step struct {
	name string
	do   func(w *world) error
}

func sale(id string, operation device.Operation) step {
	return step{id, func(w *world) error {
		_, err := w.driver.SellOnce(context.Background(), id, coffee(operation))
		return err
	}}
}

func shift(name string, open bool) step {
	return step{name, func(w *world) error {
		s, err := w.driver.Status(context.Background())
		if err != nil || s.ShiftOpen == open {
			return err
		}
		if open {
			_, err = w.driver.OpenShift(context.Background())
		} else {
			_, err = w.driver.CloseShift(context.Background())
		}
		return err
	}}
}

func day() []step {
	return []step{
		shift("open", true), sale("sale 1", device.Sale), sale("sale 2", device.Sale),
		sale("refund", device.SaleReturn), shift("close", false),
	}
}

// mark is the day at one moment: the state before a step, what the step puts on the cable, and the archive after it.
type mark struct {
	step
	before  *world
	bytes   [2]int64
	archive []byte
}

// plan runs the day without faults. A fault strikes one step of it, which starts from the state before.
func plan(t testing.TB, p device.Protocol) []mark {
	var marks []mark
	w := newWorld(t, p)
	for _, s := range day() {
		m := mark{step: s, before: w.clone(t)}
		w = w.clone(t)
		w.powerOn()
		require.NoError(t, w.start())
		require.NoError(t, s.do(w), s.name)
		conn := w.conns[0]
		m.bytes = [2]int64{conn.Count(fault.ToRegister), conn.Count(fault.FromRegister)}
		m.archive = w.archive()
		w.stop()
		w.powerOff()
		marks = append(marks, m)
	}
	return marks
}

func isUnknown(err error) bool { return errors.Is(err, device.ErrOutcomeUnknown) }

// documents is an archive in words, for messages.
func documents(archive []byte) (list []string) {
	for r := tlv.NewReader(archive); r.Next(); {
		list = append(list, fmt.Sprintf("%d:%x", r.Tag(), r.Value()))
	}
	return list
}

// journalOf is a medium with a register on another storage.
func journalOf(t testing.TB, number string) *journal.Memory {
	m := journal.NewMemory()
	software, err := emulator.New(emulator.Config{
		FS: m, Clock: func() time.Time { return moment }, Seed: 8, FFD: "1.05",
		Registration: emulator.Registration{StorageNumber: number},
	})
	require.NoError(t, err)
	require.NoError(t, software.Close())
	return m
}

// leftClosing writes the ledger of a program that died at a closing, byte by byte as its format is described.
func (w *world) leftClosing(id string, receipt [32]byte, before uint32) {
	line := func(text string) {
		w.disk.durable = fmt.Appendf(w.disk.durable, "%08x %s\n", crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)), text)
	}
	w.disk.durable = []byte("openkkt-ledger 1\n")
	line(fmt.Sprintf(`{"event":"begin","id":%q,"at":"2025-03-01T10:00:00Z","receipt":"%x","storage":"9999078900009511","before":%d}`, id, receipt, before))
	line(fmt.Sprintf(`{"event":"close","id":%q,"at":"2025-03-01T10:00:01Z","before":%d}`, id, before))
}
