package emulator

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// realAnswer takes DATA of the answer in a logged v1 exchange.
func realAnswer(t *testing.T, name string, nth int) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "testdata", "shtrih", "vectors.json"))
	require.NoError(t, err)
	var vectors []struct {
		Proto        int
		Name, Answer string
	}
	require.NoError(t, json.Unmarshal(raw, &vectors))
	for _, v := range vectors {
		if v.Proto == 1 && v.Name == name && v.Answer != "" {
			if nth--; nth < 0 {
				return v.Answer[4 : len(v.Answer)-2]
			}
		}
	}
	t.Fatalf("no vector %s", name)
	return ""
}

func TestFullStatusHasTheLayoutOfARealRegister(t *testing.T) {
	g := newRigAt(t, time.Date(2026, 1, 14, 13, 47, 4, 0, time.UTC))
	real := realAnswer(t, "11", 0)
	answer := g.raw("11 1e000000")
	require.Len(t, answer, len(real))
	require.Len(t, answer, 2*48)
	assert.Equal(t, real[:11*2], answer[:11*2], "operator, firmware, hall")
	assert.Equal(t, "0100", answer[22:26], "one document so far")
	assert.Equal(t, "92020400", answer[26:34], "flags, mode, submode")
	assert.Equal(t, "00", answer[34:36], "port")
	assert.Equal(t, real[36:62], answer[36:62], "fiscal memory fields, date and time")
	assert.Equal(t, "00"+"39300000"+"0000"+"0000"+"0000"+"4961bc000000", answer[62:], "serial 12345, no shift closed, ИНН 0012345673")

	g.sell(shtrih.Sale, 100)
	assert.Equal(t, "0000", g.raw("11 1e000000")[72:76], "the first shift is not closed yet")
	g.do(shtrih.ZReport{Password: sysAdmin})
	answer = g.raw("11 1e000000")
	assert.Equal(t, "0100", answer[72:76], "last closed shift")
	assert.Equal(t, "0400", answer[22:26], "documents: registration, opening, receipt, Z")
}

func TestShortStatusHasTheLayoutOfARealRegister(t *testing.T) {
	g := newRig(t)
	real := realAnswer(t, "10", 0)
	answer := g.raw("10 1e000000")
	require.Len(t, answer, len(real))
	assert.Equal(t, "10001e92020400009f2c000000760400", answer)
	g.do(shtrih.OpenShift{Password: sysAdmin})
	assert.Equal(t, "10001e92020200009f2c000000760400", g.raw("10 1e000000"), "the mode before was 4")
	g.open(shtrih.SaleReturn)
	g.do(goods(shtrih.SaleReturn, 1))
	assert.Equal(t, "10001e92022800019f2c000000760200", g.raw("10 1e000000"), "one item, the mode before was 2")
	g.do(shtrih.CancelReceipt{Password: sysAdmin})
	assert.Equal(t, "1000019202020000"+"9f2c000000760800", g.raw("10 01000000"), "any operator; the mode before was 8")
}

func TestModelParametersHaveTheLayoutOfARealRegister(t *testing.T) {
	g := newRig(t)
	real := realAnswer(t, "f7", 0)
	answer := g.raw("f7 01")
	require.Len(t, answer, len(real))
	assert.Equal(t, real[20:58], answer[20:58], "fonts, digits, passwords, tax field, longest message")
	assert.Equal(t, real[60:], answer[60:], "graphics and tables")
	assert.Equal(t, "48", answer[58:60], "72 bytes, 576 dots")
	assert.Equal(t, "5aa0001310a80000", answer[4:20], "flags")
	assert.Equal(t, "f733", g.raw("f7 02"))
	g.setField(17, 36, 1)
	assert.Equal(t, "5aa0001310a80400", g.raw("f7 01")[4:20], "bit 50: date and time in answers")
}

func TestDeviceTypeNamesTheModel(t *testing.T) {
	answer := newRig(t).raw("fc")
	real := realAnswer(t, "FC РИТЕЙЛ-01Ф", 0)
	assert.Equal(t, real[:12], answer[:12], "type and protocol 1.14")
	name := hex.EncodeToString([]byte{0xD8, 0xD2, 0xD0, 0xC8, 0xD5, '-', 0xCC, '-', '0', '1', 0xD4}) // «ШТРИХ-М-01Ф»
	assert.Equal(t, "fa00"+name, answer[12:], "model 250")
}

func TestErrorTextIsRussianInCP1251(t *testing.T) {
	answer := newRig(t).raw("6b 5d")
	want, err := hex.DecodeString(answer[4:])
	require.NoError(t, err)
	assert.Equal(t, []byte{0xF2, 0xE0, 0xEA, 0xEE, 0xE9}, want[:5], "«такой таблицы нет»")
	assert.True(t, strings.HasPrefix(answer, "6b00"))
}

func TestOpenShiftAnswersThreeBytes(t *testing.T) {
	g := newRig(t)
	assert.Equal(t, realAnswer(t, "e0", 0), g.raw("e0 1e000000"))
	assert.Equal(t, "e073", g.raw("e0 1e000000"))
}

func TestClockIsSetInTwoStepsAndKept(t *testing.T) {
	g := newRig(t)
	date := shtrih.Date{Year: 2025, Month: 4, Day: 2}
	g.do(shtrih.SetTime{Password: sysAdmin, Time: shtrih.Time{Hour: 23, Minute: 59, Second: 58}})
	g.do(shtrih.SetDate{Password: sysAdmin, Date: date})
	g.restart()
	assert.EqualValues(t, 6, g.modeByte(), "the date waits for its confirmation")
	g.do(shtrih.ConfirmDate{Password: sysAdmin, Date: date})
	g.restart()
	assert.EqualValues(t, 4, g.modeByte())
	var status shtrih.FullStatusReply
	require.NoError(t, status.Parse(g.do(shtrih.FullStatus{Password: sysAdmin})))
	assert.Equal(t, date, status.Date)
	assert.Equal(t, shtrih.Time{Hour: 23, Minute: 59, Second: 58}, status.Time)
	g.advance(3 * time.Second)
	require.NoError(t, status.Parse(g.do(shtrih.FullStatus{Password: sysAdmin})))
	assert.Equal(t, shtrih.Date{Year: 2025, Month: 4, Day: 3}, status.Date)
}

func TestStorageCommandsAnswerInTheirLayouts(t *testing.T) {
	number := hex.EncodeToString([]byte("9999078900009511"))
	for version, registration := range map[string]int{"1.05": 50, "1.1": 67, "1.2": 67} {
		g := newRig(t, withFFD(version))
		at := "1903010a00" // 2025-03-01 10:00
		assert.Equal(t, "ff0100"+"03"+"00000000"+at+number+"01000000", g.raw("ff01 1e000000"))
		assert.Equal(t, "ff0200"+number, g.raw("ff02 1e000000"))
		assert.Len(t, g.raw("ff03 1e000000"), 2*8)
		assert.Len(t, g.raw("ff04 1e000000"), 2*20)
		answer := g.raw("ff09 1e000000")
		assert.Len(t, answer, 2*registration)
		assert.Equal(t, "ff0900"+at+hex.EncodeToString([]byte("0012345673  ")), answer[:2*20])
		assert.Equal(t, "37", answer[2*40:2*41], "tax systems")
		assert.Equal(t, "01000000", answer[len(answer)-16:len(answer)-8], "document 1")
		assert.Equal(t, "ff4000"+"0000000000", g.raw("ff40 1e000000"))
		assert.Equal(t, "ff3900"+"02"+"00"+"0100"+"01000000"+at, g.raw("ff39 1e000000"), "the registration waits for the ОФД")

		reply := g.sell(shtrih.Sale, 100)
		assert.Equal(t, "ff4000"+"01"+"0100"+"0100", g.raw("ff40 1e000000"))
		sign := hex.EncodeToString([]byte{byte(reply.FiscalSign), byte(reply.FiscalSign >> 8), byte(reply.FiscalSign >> 16), byte(reply.FiscalSign >> 24)})
		assert.Equal(t, "ff0a00"+"03"+"00"+at+"03000000"+sign+"01"+"6400000000", g.raw("ff0a 1e000000 03000000"), "a receipt in short")
		assert.Equal(t, "ff0a08", g.raw("ff0a 1e000000 04000000"))
		g.open(shtrih.Sale)
		assert.Equal(t, "ff0100"+"03"+"04"+"00"+"01"+"00", g.raw("ff01 1e000000")[:16], "a receipt is begun")
	}
}
