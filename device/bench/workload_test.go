package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

const manyReceipts = 2000

func receipts(t *testing.T, name string, seed uint64, units bool, n int) []device.Receipt {
	t.Helper()
	w, err := NewWorkload(name, seed, units)
	require.NoError(t, err)
	require.Equal(t, name, w.Name())
	list := make([]device.Receipt, n)
	for i := range list {
		list[i] = w.Next()
	}
	return list
}

func TestTheSameSeedSellsTheSameReceipts(t *testing.T) {
	for _, name := range Workloads() {
		require.Equal(t, receipts(t, name, 7, true, 100), receipts(t, name, 7, true, 100), name)
		require.NotEqual(t, receipts(t, name, 7, true, 100), receipts(t, name, 8, true, 100), name)
	}
}

func TestEveryReceiptIsValid(t *testing.T) {
	for _, name := range Workloads() {
		for _, units := range []bool{false, true} {
			for i, r := range receipts(t, name, 1, units, manyReceipts) {
				require.NoError(t, r.Validate(), "%s, receipt %d", name, i)
			}
		}
	}
}

func TestSupermarketIsAsItsNameSays(t *testing.T) {
	var refunds, cash, change, weighed int
	rates := map[uint8]int{}
	for _, r := range receipts(t, Supermarket30, 1, false, manyReceipts) {
		require.Len(t, r.Items, 30)
		require.Contains(t, []device.Operation{device.Sale, device.SaleReturn}, r.Operation)
		if r.Operation == device.SaleReturn {
			refunds++
		}
		if r.Cash > 0 {
			cash++
		}
		if r.Change() > 0 {
			change++
		}
		for _, it := range r.Items {
			rates[it.VATRate]++
			if it.Quantity.Scale > 0 {
				weighed++
			}
		}
	}
	require.InDelta(t, 0.03*manyReceipts, refunds, 0.01*manyReceipts)
	require.InDelta(t, 0.35*manyReceipts, cash, 0.04*manyReceipts)
	require.Positive(t, change)
	require.Less(t, change, cash, "exact money is possible")
	require.Positive(t, weighed)
	require.Len(t, rates, 3)
}

func TestRefundsNeverPayOutMoreCashThanWasTaken(t *testing.T) {
	for seed := range uint64(20) {
		var drawer, paidOut uint64
		for _, r := range receipts(t, Supermarket30, seed, false, 300) {
			if r.Operation == device.Sale {
				drawer += r.Cash - r.Change()
				continue
			}
			require.LessOrEqual(t, r.Cash, drawer)
			drawer -= r.Cash
			paidOut += r.Cash
		}
		require.Positive(t, paidOut, "refunds in cash happen, seed %d", seed)
	}
}

func TestKioskSellsOneItemByCard(t *testing.T) {
	for _, r := range receipts(t, Kiosk1, 1, false, 100) {
		require.Len(t, r.Items, 1)
		require.Equal(t, r.Total, r.Electronic)
		require.Equal(t, device.Sale, r.Operation)
	}
}

func TestOnlyWeighedGoodsCarryTheirUnit(t *testing.T) {
	for _, r := range receipts(t, Supermarket30, 1, true, 50) {
		for _, it := range r.Items {
			unit, given := tlv.Find(it.Tags, ffd.MeasureUnit)
			require.Equal(t, it.Quantity.Scale > 0, given)
			if given {
				require.Equal(t, []byte{11}, unit)
			}
		}
	}
	for _, r := range receipts(t, Supermarket30, 1, false, 50) {
		for _, it := range r.Items {
			require.Empty(t, it.Tags)
		}
	}
}

func TestAnUnknownWorkloadNamesTheKnownOnes(t *testing.T) {
	_, err := NewWorkload("bakery", 1, false)
	var unknown *UnknownWorkloadError
	require.ErrorAs(t, err, &unknown)
	require.ErrorContains(t, err, "supermarket-30, kiosk-1")
}
