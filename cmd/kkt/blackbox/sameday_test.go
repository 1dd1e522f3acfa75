package blackbox

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The day: cash put in, a sale, a sale return, an X report, the shift closed.
// Written once as commands and once as receipts for the program.

func dayByBytes(t *testing.T, c *client) []string {
	c.operator(t, c.openShift())
	c.must(t, c.cashIn(100_000))
	c.operator(t, c.openReceipt(saleReceipt))
	c.must(t, c.item(item{1, 2_500_000, 4_000, 10_000, notGiven, 0x02, 1, 4, 1, "Мука ржаная"}))
	c.must(t, c.item(item{1, 1_000_000, 5_000, 5_000, notGiven, 0x08, 1, 4, 4, "Доставка"}))
	c.must(t, c.closeReceipt(map[int]uint64{1: 20_000, 2: 3_000}, 1))
	c.operator(t, c.openReceipt(saleReturnReceipt))
	c.must(t, c.item(item{2, 1_000_000, 5_000, 5_000, notGiven, 0x08, 1, 4, 4, "Доставка"}))
	c.must(t, c.closeReceipt(map[int]uint64{1: 5_000}, 1))
	c.operator(t, c.with([]byte{0x40}))
	c.operator(t, c.closeShift())
	var documents []string
	for n := uint32(1); n <= c.readStorage(t).last; n++ {
		form, value, err := c.document(n)
		require.NoError(t, err)
		documents = append(documents, hex.EncodeToString(tlv(form, value)))
	}
	return documents
}

const (
	daySale = `{"operationType":1,"appliedTaxationType":1,"items":[
 {"name":"Мука ржаная","price":4000,"quantity":2.5,"sum":10000,"nds":2,"paymentType":4,"productType":1},
 {"name":"Доставка","price":5000,"quantity":1,"sum":5000,"nds":6,"paymentType":4,"productType":4}],
 "totalSum":15000,"cashTotalSum":20000,"ecashTotalSum":3000}`
	dayReturn = `{"operationType":2,"appliedTaxationType":1,"items":[
 {"name":"Доставка","price":5000,"quantity":1,"sum":5000,"nds":6,"paymentType":4,"productType":4}],
 "totalSum":5000,"cashTotalSum":5000}`
)

func dayByProgram(t *testing.T, url string) []string {
	run := func(args ...string) string { return mustKkt(t, append(args, "--to", url)...) }
	dir := t.TempDir()
	for name, text := range map[string]string{"sale.json": daySale, "return.json": dayReturn} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	run("shift", "open")
	run("cash", "in", "1000")
	run("sell", filepath.Join(dir, "sale.json"))
	run("sell", filepath.Join(dir, "return.json"))
	run("report", "x")
	var closed struct {
		Number int `json:"fiscalDocumentNumber"`
	}
	require.NoError(t, json.Unmarshal([]byte(run("shift", "close", "--json")), &closed))
	var documents []string
	for n := range closed.Number {
		text := run("doc", strconv.Itoa(n+1), "--as", "hex")
		documents = append(documents, strings.ToLower(strings.TrimSpace(text)))
	}
	return documents
}

func TestTheSameDayGivesTheSameDocumentsOverEveryLink(t *testing.T) {
	t.Parallel()
	flags := []string{"--clock", frozen, "--seed", "7", "--pty"}
	days := map[string]func(t *testing.T) []string{
		"program, in process": func(t *testing.T) []string {
			state := filepath.Join(t.TempDir(), "state")
			return dayByProgram(t, "emu:?seed=7&clock="+frozen+"&state="+state)
		},
	}
	for version := 1; version <= 2; version++ {
		days[fmt.Sprintf("bytes, TCP, protocol %d", version)] = func(t *testing.T) []string {
			return dayByBytes(t, startRegister(t, flags...).connect(t, version))
		}
		days[fmt.Sprintf("bytes, pseudo-terminal, protocol %d", version)] = func(t *testing.T) []string {
			l, err := startRegister(t, flags...).openPTY(version)
			require.NoError(t, err)
			defer l.Close()
			return dayByBytes(t, newClient(l))
		}
		days[fmt.Sprintf("program, TCP, protocol %d", version)] = func(t *testing.T) []string {
			return dayByProgram(t, fmt.Sprintf("%s?protocol=%d", startRegister(t, flags...).url, version))
		}
		days[fmt.Sprintf("program, pseudo-terminal, protocol %d", version)] = func(t *testing.T) []string {
			return dayByProgram(t, fmt.Sprintf("serial://%s?protocol=%d", startRegister(t, flags...).pty, version))
		}
	}

	var mu sync.Mutex
	got := map[string][]string{}
	t.Run("days", func(t *testing.T) {
		for name, day := range days {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				documents := day(t)
				mu.Lock()
				defer mu.Unlock()
				got[name] = documents
			})
		}
	})
	want := got["bytes, TCP, protocol 1"]
	require.Len(t, want, 5) // registration, opening, sale, return, closing
	for name, documents := range got {
		assert.Equal(t, want, documents, name)
	}
}
