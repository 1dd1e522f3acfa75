package emulator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// The power goes at every operation on the medium during a day, and the writes
// not synced have every fate. Whatever was answered is there, nothing is there
// twice, and the registers agree with the documents.
func TestRegistersAgreeWithTheDocumentsAfterEveryCrash(t *testing.T) {
	for _, fate := range journal.Fates() {
		t.Run(fate.String(), func(t *testing.T) {
			at := 1
			for crashAt(t, at, fate) {
				at++
			}
			require.Greater(t, at, len(day()), "operations of the day")
		})
	}
}

// crashAt reports whether the day had an at-th operation.
func crashAt(t *testing.T, at int, fate journal.Fate) bool {
	medium := journal.NewCrashing(journal.NewMemory(), at, fate)
	now := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	config := Config{FS: medium, Clock: func() time.Time { return now }, Seed: 7}
	var last uint32 // the newest document that was answered
	config.OnExchange = func(e Exchange) {
		_, rest, _ := shtrih.SplitCode(e.Answer)
		if rest[0] == 0 && e.Document != 0 {
			last = e.Document
		}
	}
	crashed := true
	if r, err := New(config); err == nil {
		last, crashed = 1, false
		for _, c := range day() {
			_, rest, _ := shtrih.SplitCode(r.Exec(nil, c.AppendTo(nil)))
			if crashed = rest[0] != 0; crashed {
				require.Equal(t, byte(shtrih.StorageFailure), rest[0], "operation %d: %s", at, c.Code())
				break
			}
			now = now.Add(time.Minute)
		}
		r.Close()
	}
	survivor := medium.Survivor()
	g := &rig{T: t, medium: survivor, config: Config{FS: survivor, Clock: config.Clock, Seed: 7}}
	g.start()
	defer g.Register.Close()
	documents := g.checkArchive()
	require.GreaterOrEqual(t, documents, last, "operation %d: an answered document is gone", at)
	require.LessOrEqual(t, documents, last+1, "operation %d: more than the one document under way", at)
	switch g.modeByte() {
	case 2, 4:
		g.sell(shtrih.Sale, 100) // life goes on
		require.Greater(t, g.checkArchive(), documents)
	default:
		require.Fail(t, "mode", "operation %d: %d", at, g.modeByte())
	}
	return crashed
}

// checkArchive walks the archive: documents and receipts are numbered without
// gaps or repeats, and the registers are what the documents sum up to. It gives
// the number of documents.
func (g *rig) checkArchive() (documents uint32) {
	g.Helper()
	var cash int64
	var receipt, shift uint32
	money, receipts := [4]uint64{}, [4]uint16{}
	numbers := [4]uint16{}
	for r := tlv.NewReader(g.export()); r.Next(); {
		documents++
		fields := r.Value()
		require.Equal(g, documents, g.word(fields, ffd.DocumentNumber))
		switch r.Tag() {
		case 2:
			shift++
			receipt, money, receipts = 0, [4]uint64{}, [4]uint16{}
			require.Equal(g, shift, g.word(fields, ffd.ShiftNumber))
		case 5:
			money, receipts = [4]uint64{}, [4]uint16{}
		case 3:
			receipt++
			require.Equal(g, receipt, g.word(fields, ffd.ReceiptNumber))
			operation, _ := tlv.Find(fields, ffd.Operation)
			kind, _ := shtrih.Operation(operation[0]).ReceiptType()
			sum := g.sum(fields, ffd.Cash)
			money[kind] += uint64(sum)
			receipts[kind]++
			numbers[kind]++
			if kind == shtrih.Purchase || kind == shtrih.SaleReturn {
				sum = -sum
			}
			cash += sum
		}
	}
	// The slips of the day: 100.00 in, 30.00 out.
	cash += 10_000*int64(g.number(155)) - 3_000*int64(g.number(156))
	require.EqualValues(g, cash, g.money(241), "cash in the drawer")
	for kind := range uint16(4) {
		require.Equal(g, money[kind], g.money(193+kind), "cash of the shift, kind %d", kind)
		require.Equal(g, receipts[kind], g.number(144+kind), "receipts of the shift, kind %d", kind)
		require.Equal(g, numbers[kind], g.number(148+kind), "receipt number, kind %d", kind)
	}
	return documents
}

func (g *rig) word(fields []byte, tag tlv.Tag) uint32 {
	g.Helper()
	r := tlv.NewReader(fields)
	for r.Next() {
		if r.Tag() == tag {
			return r.Uint32()
		}
	}
	require.Fail(g, "absent", "tag %d", tag)
	return 0
}
