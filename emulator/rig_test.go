package emulator

import (
	"bytes"
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
)

const sysAdmin = 30

// rig is a register on a medium that outlives it, with a clock to turn.
type rig struct {
	*testing.T
	*Register
	medium *journal.Memory
	config Config
	turn   sync.Mutex // commands may run beside the test
	now    time.Time
}

func newRig(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	return newRigAt(t, time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC), change...)
}

func newRigAt(t *testing.T, now time.Time, change ...func(*Config)) *rig {
	t.Helper()
	g := &rig{T: t, medium: journal.NewMemory(), now: now}
	g.config = Config{FS: g.medium, Clock: g.time, Seed: 7}
	for _, c := range change {
		c(&g.config)
	}
	g.start()
	t.Cleanup(func() { require.NoError(t, g.Register.Close()) })
	return g
}

func withProfile(name string) func(*Config) { return func(c *Config) { c.Profile = name } }

func withFFD(v string) func(*Config) { return func(c *Config) { c.FFD = v } }

func (g *rig) time() time.Time {
	g.turn.Lock()
	defer g.turn.Unlock()
	return g.now
}

func (g *rig) advance(d time.Duration) {
	g.turn.Lock()
	defer g.turn.Unlock()
	g.now = g.now.Add(d)
}

func (g *rig) start() {
	g.Helper()
	r, err := New(g.config)
	require.NoError(g, err)
	g.Register = r
}

// restart cuts the power.
func (g *rig) restart() {
	g.Helper()
	require.NoError(g, g.Register.Close())
	g.start()
}

// raw sends DATA in hexadecimal and gives DATA of the answer.
func (g *rig) raw(data string) string {
	g.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(data, " ", ""))
	require.NoError(g, err)
	return hex.EncodeToString(g.Exec(nil, b))
}

func (g *rig) try(c shtrih.Command) (shtrih.Result, []byte) {
	g.Helper()
	code, rest, ok := shtrih.SplitCode(g.Exec(nil, c.AppendTo(nil)))
	require.True(g, ok)
	require.Equal(g, c.Code(), code)
	require.NotEmpty(g, rest)
	if rest[0] != 0 {
		require.Len(g, rest, 1, "an error carries nothing after it")
	}
	return shtrih.Result(rest[0]), rest[1:]
}

func (g *rig) do(c shtrih.Command) []byte {
	g.Helper()
	result, payload := g.try(c)
	require.Equal(g, shtrih.OK, result, "%s", c.Code())
	return payload
}

func (g *rig) refuses(want shtrih.Result, c shtrih.Command) {
	g.Helper()
	before := g.StateHash()
	result, _ := g.try(c)
	require.Equal(g, want, result, "%s", c.Code())
	require.Equal(g, before, g.StateHash(), "a refused command changed the state")
}

func (g *rig) money(n uint16) uint64 {
	g.Helper()
	var r shtrih.ReadMoneyRegisterReply
	require.NoError(g, r.Parse(g.do(shtrih.ReadMoneyRegister{Password: sysAdmin, Number: n})))
	return r.Value
}

func (g *rig) number(n uint16) uint16 {
	g.Helper()
	var r shtrih.ReadOperationRegisterReply
	require.NoError(g, r.Parse(g.do(shtrih.ReadOperationRegister{Password: sysAdmin, Number: n})))
	return r.Value
}

func (g *rig) setField(table uint8, field uint8, value ...byte) {
	g.Helper()
	g.do(shtrih.WriteTable{Password: sysAdmin, Table: table, Row: 1, Field: field, Value: value})
}

func (g *rig) modeByte() byte {
	g.Helper()
	var r shtrih.ShortStatusReply
	require.NoError(g, r.Parse(g.do(shtrih.ShortStatus{Password: sysAdmin})))
	return byte(r.Mode)
}

func (g *rig) open(kind shtrih.ReceiptType) {
	g.Helper()
	g.do(shtrih.OpenReceipt{Password: sysAdmin, Type: kind})
}

// goods is one piece at a price, with VAT of 20 % to be computed.
func goods(kind shtrih.ReceiptType, price uint64) shtrih.Item {
	return shtrih.Item{
		Password: sysAdmin, Operation: kind.Operation(), Quantity: 1_000_000, Price: price,
		Sum: shtrih.NotGiven, Tax: shtrih.NotGiven, Rate: 0x01, Department: 1, Method: 4, Subject: 1, Name: []byte("Tea"),
	}
}

// paid closes a receipt; payments by their places.
func paid(payments map[int]uint64) shtrih.CloseReceipt {
	c := shtrih.CloseReceipt{Password: sysAdmin}
	for i, sum := range payments {
		c.Payments[i] = sum
	}
	return c
}

func (g *rig) close(c shtrih.Command) (r shtrih.CloseReceiptReply) {
	g.Helper()
	require.NoError(g, r.Parse(g.do(c)))
	return r
}

// sell makes a whole receipt paid in cash.
func (g *rig) sell(kind shtrih.ReceiptType, price uint64) shtrih.CloseReceiptReply {
	g.Helper()
	g.open(kind)
	g.do(goods(kind, price))
	return g.close(paid(map[int]uint64{shtrih.PaymentCash: price}))
}

// document reads a document the way hosts do.
func (g *rig) document(number uint32) (form uint16, fields []byte) {
	g.Helper()
	var head shtrih.RequestDocumentReply
	require.NoError(g, head.Parse(g.do(shtrih.RequestDocument{Password: sysAdmin, Document: number})))
	for {
		result, block := g.try(shtrih.ReadDocument{Password: sysAdmin})
		if result == shtrih.StorageNoData {
			break
		}
		require.Equal(g, shtrih.OK, result)
		require.LessOrEqual(g, len(block), 250)
		fields = append(fields, block...)
	}
	require.Len(g, fields, int(head.Length))
	return head.Type, fields
}

// sum reads a sum of a document; absent is -1.
func (g *rig) sum(fields []byte, tag tlv.Tag) int64 {
	g.Helper()
	v, ok := tlv.Find(fields, tag)
	if !ok {
		return -1
	}
	n, err := tlv.DecodeVLN(v)
	require.NoError(g, err)
	return int64(n)
}

func (g *rig) export() []byte {
	g.Helper()
	var b bytes.Buffer
	require.NoError(g, g.Storage().Export(&b))
	return b.Bytes()
}

func unhex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return string(b)
}
