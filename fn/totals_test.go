package fn_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// expectedTotals computes 1157 or 1194 from receipts, without the storage: tag → sum, for the blocks 1129–1132.
func expectedTotals(receipts []receipt) map[tlv.Tag]map[tlv.Tag]uint64 {
	blocks := map[tlv.Tag]map[tlv.Tag]uint64{}
	for _, c := range receipts {
		tag := tlv.Tag(1128 + int(c.operation))
		b := blocks[tag]
		if b == nil {
			b = map[tlv.Tag]uint64{
				1135: 0, 1136: 0, 1138: 0, 1218: 0, 1219: 0, 1220: 0, 1201: 0,
				1139: 0, 1140: 0, 1141: 0, 1142: 0, 1143: 0, 1183: 0,
			}
			blocks[tag] = b
		}
		b[1135]++
		b[1201] += c.total
		for i, tag := range []tlv.Tag{1136, 1138, 1218, 1219, 1220} {
			b[tag] += c.pay[i]
		}
		for i, tag := range []tlv.Tag{1139, 1140, 1143, 1183, 1141, 1142} {
			b[tag] += c.vat[i]
		}
	}
	return blocks
}

func checkTotals(t *testing.T, value []byte, receipts []receipt) {
	t.Helper()
	assert.EqualValues(t, len(receipts), number(get(t, value, 1134)))
	got := map[tlv.Tag]map[tlv.Tag]uint64{}
	for r := tlv.NewReader(value); r.Next(); {
		if r.Tag() == 1134 {
			continue
		}
		block := map[tlv.Tag]uint64{}
		for e := tlv.NewReader(r.Value()); e.Next(); {
			block[e.Tag()] = number(e.Value())
		}
		got[r.Tag()] = block
	}
	assert.Equal(t, expectedTotals(receipts), got)
}

func randomReceipt(r *rand.Rand) receipt {
	c := receipt{operation: byte(1 + r.IntN(4))}
	for i := range c.pay {
		if r.IntN(2) == 0 {
			c.pay[i] = r.Uint64N(1 << uint(4+r.IntN(30)))
			c.total += c.pay[i]
		}
	}
	for i := range c.vat {
		if r.IntN(2) == 0 {
			c.vat[i] = r.Uint64N(1 << uint(4+r.IntN(30)))
		}
	}
	return c
}

func TestTotalsOfShiftAndStorageEqualTheSumOfReceipts(t *testing.T) {
	for _, v := range []ffd.Version{ffd.FFD11, ffd.FFD12} {
		r := newRig(t, v)
		r.register()
		random := rand.New(rand.NewPCG(2, uint64(v)))
		var all []receipt
		for hour := 10; hour < 14; hour++ {
			r.openShift(at(hour, 0))
			var shift []receipt
			for i := range random.IntN(12) { // one shift may be without receipts
				c := randomReceipt(random)
				r.sell(c, at(hour, i))
				shift, all = append(shift, c), append(all, c)
			}
			checkCounters(t, r, fnlink.ScopeShift, uint16(hour-9), shift)
			checkCounters(t, r, fnlink.ScopeStorage, uint16(hour-9), all)
			closed := r.closeShift(at(hour, 30))
			_, doc := r.document(closed.Document)
			checkTotals(t, get(t, doc, ffd.ShiftTotals), shift)
			checkTotals(t, get(t, doc, ffd.StorageTotals), all)
		}
	}
}

// checkCounters reads 36h, 37h and 38h byte by byte, by the layouts of testdata/fn/counters.csv.
func checkCounters(t *testing.T, r *rig, scope fnlink.Scope, number16 uint16, receipts []receipt) {
	t.Helper()
	blocks := expectedTotals(receipts)
	code, all := r.exec(fnlink.Counters{Scope: scope})
	assert.Equal(t, fnlink.OK, code)
	code, counts := r.exec(fnlink.OperationCounts{Scope: scope})
	assert.Equal(t, fnlink.OK, code)
	if !assert.Len(t, all, 354) || !assert.Len(t, counts, 42) {
		return
	}
	assert.EqualValues(t, number16, number(all[:2]))
	assert.EqualValues(t, len(receipts), number(all[2:6]))
	assert.EqualValues(t, number16, number(counts[:2]))
	assert.EqualValues(t, len(receipts), number(counts[2:6]))
	for op := range 4 {
		want := blocks[tlv.Tag(1129+op)]
		block := all[6+76*op : 6+76*(op+1)]
		assert.Equal(t, want[1135], number(block[:4]))
		assert.Equal(t, want[1135], number(counts[6+4*op:10+4*op]))
		for i, tag := range []tlv.Tag{1201, 1136, 1138, 1218, 1219, 1220, 1139, 1140, 1143, 1183, 1141, 1142} {
			assert.Equal(t, want[tag], number(block[4+6*i:10+6*i]), "operation %d, tag %d", op+1, tag)
		}
		code, one := r.exec(fnlink.OperationCounters{Scope: scope, Operation: byte(op + 1)})
		assert.Equal(t, fnlink.OK, code)
		assert.Equal(t, append(append([]byte{}, block...), make([]byte, 10)...), one)
	}
	assert.Equal(t, make([]byte, 44), all[310:], "no corrections")
	assert.Equal(t, make([]byte, 20), counts[22:], "no corrections")
}

func TestCountersAreNotOfFFD105(t *testing.T) {
	r := newOpenRig(t, ffd.FFD105)
	r.refused(fnlink.WrongFormatVersion, fnlink.Counters{})
	r.refused(fnlink.WrongFormatVersion, fnlink.OperationCounts{})
	r.refused(fnlink.WrongFormatVersion, fnlink.OperationCounters{Operation: 1})
	r = newOpenRig(t, ffd.FFD12)
	r.refused(fnlink.UnknownCommand, fnlink.Counters{Scope: 2})
	r.refused(fnlink.UnknownCommand, fnlink.OperationCounters{Operation: 5})
}

func TestReceiptThatOverflowsTheTotalsIsRefused09(t *testing.T) {
	r := newOpenRig(t, ffd.FFD12)
	const most = 1<<40 - 1
	for range 256 {
		r.sell(receipt{operation: 1, total: most, pay: [5]uint64{most}}, at(10, 1))
	}
	r.begin(cashSale(256), at(10, 2)) // 256·(2⁴⁰−1) + 256 = 2⁴⁸
	r.refused(fnlink.BadParameter, fnlink.FormReceipt{At: at(10, 2), Operation: 1, Total: 256})
	r.ok(fnlink.Cancel{}, fnlink.NoReply{})
	r.sell(cashSale(255), at(10, 2))
}
