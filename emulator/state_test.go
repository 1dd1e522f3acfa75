package emulator

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// day is a working day as commands.
func day() []shtrih.Command {
	item := goods(shtrih.Sale, 1234)
	item.Quantity = 2_500_000
	refund := goods(shtrih.SaleReturn, 500)
	return []shtrih.Command{
		shtrih.WriteTable{Password: sysAdmin, Table: 5, Row: 2, Field: 1, Value: []byte("Card")},
		shtrih.CashIn{Password: sysAdmin, Sum: 10_000},
		shtrih.OpenShift{Password: sysAdmin},
		shtrih.OpenReceipt{Password: sysAdmin, Type: shtrih.Sale},
		item,
		shtrih.SendTLV{Password: sysAdmin, TLV: tlv.AppendBytes(nil, ffd.Cashier, []byte("Ann"))},
		goods(shtrih.Sale, 100),
		paid(map[int]uint64{0: 2000, 1: 2000}),
		shtrih.OpenReceipt{Password: 1, Type: shtrih.Sale},
		goods(shtrih.Sale, 7),
		shtrih.CancelReceipt{Password: 1},
		shtrih.OpenReceipt{Password: sysAdmin, Type: shtrih.SaleReturn},
		refund,
		paid(map[int]uint64{0: 500}),
		shtrih.XReport{Password: sysAdmin},
		shtrih.CashOut{Password: sysAdmin, Sum: 3_000},
		shtrih.ZReport{Password: sysAdmin},
		shtrih.OpenReceipt{Password: sysAdmin, Type: shtrih.Sale},
		goods(shtrih.Sale, 300),
		paid(map[int]uint64{15: 300}),
		shtrih.ZReport{Password: sysAdmin},
		shtrih.StartShiftOpening{Password: sysAdmin},
		shtrih.SendTLV{Password: sysAdmin, TLV: tlv.AppendBytes(nil, ffd.Cashier, []byte("Bob"))},
		sold(3000, 333, 2), // opens the shift and the receipt
		sold(1500, 80, 1),
		shtrih.Storno(sold(500, 80, 1)),
		shtrih.Discount(adjusted(100)),
		closedV1(2000),
		shtrih.SetPortParameters{Password: sysAdmin, Port: 0, Baud: 5, Timeout: 60},
		shtrih.StartShiftClosing{Password: sysAdmin},
		shtrih.CloseShift{Password: sysAdmin},
	}
}

func (g *rig) run(commands []shtrih.Command) {
	g.Helper()
	for _, c := range commands {
		g.do(c)
		g.advance(time.Minute)
	}
}

func TestRestartKeepsEverything(t *testing.T) {
	for _, version := range []string{"1.05", "1.1", "1.2"} {
		g := newRig(t, withFFD(version))
		for _, c := range day() {
			g.do(c)
			if g.receipt != nil || g.shift != nil {
				continue // an open receipt is not kept, nor is a report begun
			}
			hash, archive, mode := g.StateHash(), g.export(), g.modeByte()
			g.restart()
			require.Equal(t, hash, g.StateHash(), "after %s", c.Code())
			require.Equal(t, archive, g.export())
			require.Equal(t, mode, g.modeByte())
		}
	}
}

func TestReceiptNotClosedIsLostWithThePower(t *testing.T) {
	g := newRig(t)
	g.sell(shtrih.Sale, 100)
	hash := g.StateHash()
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 100))
	require.NotEqual(t, hash, g.StateHash())
	g.restart()
	assert.Equal(t, hash, g.StateHash())
	assert.EqualValues(t, 2, g.modeByte())
	g.sell(shtrih.Sale, 100)
}

func TestSameSeedClockAndCommandsGiveTheSameBytes(t *testing.T) {
	a, b := newRig(t), newRig(t)
	a.run(day())
	b.run(day())
	assert.Equal(t, a.export(), b.export())
	assert.Equal(t, a.StateHash(), b.StateHash())
	assert.Equal(t, a.Tape(), b.Tape())
	other := newRig(t, func(c *Config) { c.Seed = 8 })
	other.run(day())
	assert.NotEqual(t, a.export(), other.export(), "another seed, other signs")
}

func TestTwoRegistersShareNothing(t *testing.T) {
	busy, idle := newRig(t), newRig(t)
	before := idle.StateHash()
	busy.run(day())
	assert.Equal(t, before, idle.StateHash())
	assert.Empty(t, idle.Tape())
	idle.run(day())
	assert.Equal(t, busy.export(), idle.export())
}

func TestExistingStateRefusesAnotherRegistration(t *testing.T) {
	g := newRig(t)
	for name, change := range map[string]func(*Config){
		"FFD":            withFFD("1.05"),
		"storage number": func(c *Config) { c.Registration.StorageNumber = "9999000000000001" },
		"user INN": func(c *Config) {
			c.Registration.UserINN = "0076543215"
		},
	} {
		c := g.config
		change(&c)
		r, err := New(c)
		require.Error(t, err, name)
		assert.Nil(t, r)
		t.Log(err)
	}
	g.restart()
	assert.EqualValues(t, 4, g.modeByte())
}

func TestStateOfAnotherStorageNumberOpensWithoutNamingIt(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Registration.StorageNumber = "9999000000000001" })
	g.config.Registration = Registration{}
	g.restart()
	assert.Equal(t, "9999000000000001", string(g.do(shtrih.StorageNumber{Password: sysAdmin})))
}

func TestRegistrationIsChecked(t *testing.T) {
	for name, g := range map[string]Registration{
		"UserINN":            {UserINN: "0012345674"},
		"OFDINN":             {OFDINN: "12"},
		"RegistrationNumber": {RegistrationNumber: "0000000001000000"},
		"UserName":           {UserName: "日本"},
		"SerialNumber":       {SerialNumber: "123456789012345678901"},
		"number":             {StorageNumber: "8710000000000001"},
	} {
		_, err := New(Config{FS: journal.NewMemory(), Clock: time.Now, Registration: g})
		require.ErrorContains(t, err, name)
	}
}

func TestStorageFailureIsAnsweredAndNeverPretended(t *testing.T) {
	commands := day()
	for at := 1; ; at++ {
		fs := journal.NewFailing(journal.NewMemory(), at)
		now := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
		r, err := New(Config{FS: fs, Clock: func() time.Time { return now }})
		if err != nil {
			continue // it failed while being made
		}
		failed := false
		for _, c := range commands {
			_, rest, _ := shtrih.SplitCode(r.Exec(nil, c.AppendTo(nil)))
			if failed = rest[0] != 0; failed {
				assert.Equal(t, byte(shtrih.StorageFailure), rest[0], "operation %d, %s", at, c.Code())
				break
			}
		}
		r.Close()
		if !failed {
			break
		}
		require.Less(t, at, 1000)
	}
}

func TestHooksSeeEveryExchangeDocumentAndTape(t *testing.T) {
	var exchanges []Exchange
	var documents [][]byte
	var lines []string
	g := newRig(t, func(c *Config) {
		c.OnExchange = func(e Exchange) { exchanges = append(exchanges, e) }
		c.OnDocument = func(number uint32, form tlv.Tag, doc []byte) { documents = append(documents, doc) }
		c.OnTape = func(l []string) { lines = append(lines, l...) }
	})
	commands := day()
	g.run(commands)
	require.Len(t, exchanges, len(commands))
	assert.Equal(t, g.export(), bytes.Join(documents, nil))
	assert.Equal(t, g.Tape(), lines)
	assert.EqualValues(t, 3, exchanges[7].Document)
	assert.NotZero(t, exchanges[7].Sign)
	assert.Zero(t, exchanges[8].Document)
}
