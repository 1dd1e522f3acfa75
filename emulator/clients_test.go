package emulator

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
)

// What public clients do though the vendor's texts do not say so. Each case
// names who does it.

// The Go server of re-star-ru and a PHP driver send no 8Dh; the vendor answers in
// fr_drv_ng issue 41 that the first item opens the receipt.
func TestFirstItemOpensTheReceipt(t *testing.T) {
	for kind, mode := range map[shtrih.ReceiptType]byte{
		shtrih.Sale: 0x08, shtrih.Purchase: 0x18, shtrih.SaleReturn: 0x28, shtrih.PurchaseReturn: 0x38,
	} {
		g := newRig(t)
		g.do(shtrih.OpenShift{Password: sysAdmin})
		g.do(goods(kind, 1000))
		assert.Equal(t, mode, g.modeByte())
	}
	g := newRig(t)
	g.do(shtrih.OpenShift{Password: sysAdmin})
	bad := goods(shtrih.Sale, 1000)
	bad.Sum = 998
	before := g.StateHash()
	g.refuses(shtrih.BadParameters, bad)
	assert.Equal(t, byte(shtrih.ModeShiftOpen), g.modeByte(), "a refused item leaves no receipt open")
	assert.Equal(t, before, g.StateHash())

	strict := newRig(t, withProfile("strict"))
	strict.do(shtrih.OpenShift{Password: sysAdmin})
	strict.refuses(shtrih.WrongMode, goods(shtrih.Sale, 1000))
}

// javapos_shtrih asks for the text of the last error without a code; the words
// are those of a register in the log of fr_drv_ng issue 236.
func TestErrorTextWithoutACodeIsAboutTheLastError(t *testing.T) {
	g := newRig(t)
	g.refuses(shtrih.WrongMode, shtrih.XReport{Password: sysAdmin})
	answer, err := hex.DecodeString(g.raw("6b"))
	assert.NoError(t, err)
	assert.Equal(t, []byte{0x6B, 0}, answer[:2])
	assert.Contains(t, charset.CP1251String(answer[2:]), "Код ошибки 73h (115) от ККТ: ")
}

// With its configuration as shipped javapos_shtrih closes with a cashier's
// password. Guide and text want the system administrator's, so only the lenient
// model takes it.
func TestCashierClosesAReceiptOnTheLenientModelOnly(t *testing.T) {
	const cashier = 1
	for profile, want := range map[string]shtrih.Result{"lenient": shtrih.OK, DefaultProfile: shtrih.Password, "strict": shtrih.Password} {
		g := newRig(t, withProfile(profile))
		g.open(shtrih.Sale)
		g.do(goods(shtrih.Sale, 1000))
		c := paid(map[int]uint64{shtrih.PaymentCash: 1000})
		c.Password = cashier
		got, _ := g.try(c)
		assert.Equal(t, want, got, profile)
	}
}
