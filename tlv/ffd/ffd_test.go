package ffd_test

import (
	"cmp"
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func TestEveryRowOfTheTableIsInTheDictionary(t *testing.T) {
	rows := table(t, "../../testdata/ffd/tags.csv")
	require.Greater(t, len(rows), 300)
	for _, row := range rows {
		number, err := strconv.ParseUint(row["tag"], 10, 16)
		require.NoError(t, err)
		info, ok := ffd.Lookup(tlv.Tag(number))
		require.True(t, ok, row["tag"])
		require.Equal(t, row["ru_name"], info.Name)
		require.NotEmpty(t, info.Title())
		require.NotEqual(t, ffd.KindUnknown, info.Kind, row["tag"])
		if info.Fixed {
			require.NotZero(t, info.MaxLen, row["tag"])
		}
	}
	_, ok := ffd.Lookup(9999)
	require.False(t, ok)
}

func TestFieldsHaveTheTypesOfTheOrder(t *testing.T) {
	// Order ЕД-7-20/662@, annex 2, tables 4 and 5.
	for _, want := range []ffd.Info{
		{Tag: ffd.Operation, Kind: ffd.KindByte, MaxLen: 1, Fixed: true},
		{Tag: ffd.Total, Kind: ffd.KindVLN, MaxLen: 6, Money: true},
		{Tag: ffd.Quantity, Kind: ffd.KindFVLN, MaxLen: 8},
		{Tag: ffd.UserINN, Kind: ffd.KindText, MaxLen: 12, Fixed: true},
		{Tag: ffd.RegistrationNumber, Kind: ffd.KindText, MaxLen: 20, Fixed: true},
		{Tag: ffd.SubjectName, Kind: ffd.KindText, MaxLen: 128},
		{Tag: ffd.DateTime, Kind: ffd.KindUnixTime, MaxLen: 4, Fixed: true},
		{Tag: ffd.FiscalSign, Kind: ffd.KindBytes, MaxLen: 6, Fixed: true},
		{Tag: ffd.Subject, Kind: ffd.KindSTLV, MaxLen: 1024, Repeatable: true},
		{Tag: ffd.TaxSystem, Kind: ffd.KindByte, MaxLen: 1, Fixed: true, Bits: true},
		{Tag: ffd.FractionNumerator, Kind: ffd.KindVLN, MaxLen: 8},
	} {
		have, ok := ffd.Lookup(want.Tag)
		require.True(t, ok)
		require.Equal(t, want, ffd.Info{Tag: have.Tag, Kind: have.Kind, MaxLen: have.MaxLen,
			Fixed: have.Fixed, Bits: have.Bits, Money: have.Money, Repeatable: have.Repeatable})
	}
}

func TestTheStorageFormsNumbersAndSigns(t *testing.T) {
	for _, tag := range []tlv.Tag{ffd.DocumentNumber, ffd.FiscalSign, ffd.Operation, ffd.Total, ffd.DateTime} {
		info, _ := ffd.Lookup(tag)
		for _, v := range []ffd.Version{ffd.FFD105, ffd.FFD11, ffd.FFD12} {
			require.True(t, info.StorageForms.Has(v), "%d %v", tag, v)
		}
	}
	version, _ := ffd.Lookup(ffd.FormatVersion)
	require.False(t, version.StorageForms.Has(ffd.FFD105), "in 1.05 the register sends it")
	require.True(t, version.StorageForms.Has(ffd.FFD12))
	cashier, _ := ffd.Lookup(ffd.Cashier)
	require.Zero(t, cashier.StorageForms)
	code, _ := ffd.Lookup(ffd.MarkingCode)
	require.True(t, code.StorageFormsInRequest)
}

func TestOneJSONNameMeansDifferentFieldsInDifferentPlaces(t *testing.T) {
	for _, c := range []struct {
		parent tlv.Tag
		name   string
		tag    tlv.Tag
	}{
		{ffd.Receipt, "totalSum", ffd.Total},
		{ffd.SaleTotals, "totalSum", ffd.ReceiptsTotal},
		{ffd.Receipt, "dateTime", ffd.DateTime},
		{ffd.OperationalProperty, "dateTime", ffd.OperationDateTime},
		{ffd.Receipt, "taxationType", ffd.TaxSystem},
		{ffd.RegistrationReport, "taxationType", ffd.TaxSystems},
		{ffd.Receipt, "nds18118", ffd.VAT20120},
		{ffd.Receipt, "ndsCalculated18", ffd.VAT20120},
		{ffd.StateReport, "keyResource", ffd.KeyResource},
		{ffd.ShiftClosing, "fdKeyResource", ffd.KeyResource},
	} {
		info, ok := ffd.ByJSON(c.parent, c.name)
		require.True(t, ok, c.name)
		require.Equal(t, c.tag, info.Tag, c.name)
	}
	_, ok := ffd.ByJSON(ffd.Receipt, "price")
	require.False(t, ok, "a price stands in an item")
	_, ok = ffd.ByJSON(ffd.ShiftClosing, "keyResource")
	require.False(t, ok, "this name is of document 21 only")
}

func TestEnumerationsHaveNames(t *testing.T) {
	require.Equal(t, "приход", ffd.EnumName(ffd.Operation, 1))
	require.Equal(t, "ПРИХОД", ffd.EnumPrinted(ffd.Operation, 1))
	require.Equal(t, "НДС 22%", ffd.EnumName(ffd.VATRate, 11))
	require.Equal(t, "общая, патентная", ffd.EnumName(ffd.TaxSystems, 1<<0|1<<5))
	require.Equal(t, "УСН доход", ffd.EnumPrinted(ffd.TaxSystem, 1<<1))
	require.Equal(t, "выплата: пеня, штраф, бонус", ffd.EnumName(ffd.SubjectType, 12), "the meaning since 2020")
	require.Empty(t, ffd.EnumName(ffd.Operation, 9))
	require.Empty(t, ffd.EnumName(ffd.Total, 1))
}

func TestVersionsAreTheNumbersOfTag1209(t *testing.T) {
	for name, v := range map[string]ffd.Version{"1.05": 2, "1.1": 3, "1.2": 4} {
		parsed, err := ffd.ParseVersion(name)
		require.NoError(t, err)
		require.Equal(t, v, parsed)
		require.Equal(t, name, v.String())
	}
	_, err := ffd.ParseVersion("1.3")
	require.ErrorContains(t, err, "1.3")
}

func TestLookupDoesNotAllocate(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, lookups))
}

func BenchmarkLookup(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		lookups()
	}
}

func lookups() {
	if _, ok := ffd.Lookup(ffd.MeasureUnit); !ok {
		panic("2108 is missing")
	}
	if _, ok := ffd.ByJSON(ffd.Subject, "propertiesItem"); !ok {
		panic("1191 is missing")
	}
	if !ffd.MayContain(ffd.Receipt, ffd.Subject) {
		panic("receipts have no items")
	}
}

func TestTheChildrenOfTheTablesMayStandThere(t *testing.T) {
	for _, row := range table(t, "../../testdata/ffd/required.csv") {
		parts := slices.Collect(numbers(row["path"]))
		parent, child := parts[len(parts)-2], parts[len(parts)-1]
		onPaperOnly := child == ffd.DocumentName || child == ffd.QRCode
		require.Equal(t, !onPaperOnly, ffd.MayContain(parent, child), row["path"])
	}
}

func numbers(path string) func(func(tlv.Tag) bool) {
	return func(yield func(tlv.Tag) bool) {
		n := 0
		for _, c := range path + "/" {
			if c != '/' {
				n = n*10 + int(c-'0')
				continue
			}
			if !yield(tlv.Tag(n)) {
				return
			}
			n = 0
		}
	}
}

func table(t *testing.T, path string) []map[string]string {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma = ';'
	records, err := r.ReadAll()
	require.NoError(t, err)
	rows := make([]map[string]string, 0, len(records))
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b map[string]string) int { return cmp.Compare(a["tag"], b["tag"]) })
	return rows
}
