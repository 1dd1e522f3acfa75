package emulator

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// realReceipts are documents of real registers, without the outer header.
func realReceipts(t *testing.T) map[string][]byte {
	raw, err := os.ReadFile(filepath.Join("..", "testdata", "vectors.json"))
	require.NoError(t, err)
	var vectors []struct{ Kind, Name, Hex string }
	require.NoError(t, json.Unmarshal(raw, &vectors))
	receipts := map[string][]byte{}
	for _, v := range vectors {
		if v.Kind == "receipt" {
			b, err := hex.DecodeString(v.Hex)
			require.NoError(t, err)
			r := tlv.NewReader(b)
			require.True(t, r.Next())
			receipts[v.Name] = r.Value()
		}
	}
	require.NotEmpty(t, receipts)
	return receipts
}

// ofTheRegister are the fields that another register writes differently.
var ofTheRegister = []tlv.Tag{1012, 1037, 1038, 1040, 1041, 1042, 1048, 1009, 1187, 1060, 1018, 1077, 1209}

// comparable gives the fields as text, whatever their order and the spelling of
// their numbers.
func comparable(fields []byte) (list []string) {
	for r := tlv.NewReader(fields); r.Next(); {
		if slices.Contains(ofTheRegister, r.Tag()) {
			continue
		}
		info, _ := ffd.Lookup(r.Tag())
		switch info.Kind {
		case ffd.KindSTLV:
			list = append(list, fmt.Sprint(r.Tag(), comparable(r.Value())))
		case ffd.KindVLN:
			n, _ := tlv.DecodeVLN(r.Value())
			list = append(list, fmt.Sprint(r.Tag(), " ", n))
		case ffd.KindFVLN:
			d, _ := tlv.DecodeFVLN(r.Value())
			list = append(list, fmt.Sprint(r.Tag(), " ", d.Reduce()))
		default:
			list = append(list, fmt.Sprintf("%d %x", r.Tag(), r.Value()))
		}
	}
	slices.Sort(list)
	return list
}

// sellAgain makes the receipt anew by the commands of the protocol.
func (g *rig) sellAgain(fields []byte) uint32 {
	g.Helper()
	c := shtrih.CloseReceipt{Password: sysAdmin}
	var tags []byte
	for r := tlv.NewReader(fields); r.Next(); {
		switch r.Tag() {
		case ffd.Operation:
			kind, _ := shtrih.Operation(r.Byte()).ReceiptType()
			g.open(kind)
		case ffd.Subject:
			g.do(itemOf(g, r.Value()))
		case ffd.Cash:
			c.Payments[shtrih.PaymentCash] = r.VLN()
		case ffd.Electronic:
			c.Payments[shtrih.PaymentElectronic] = r.VLN()
		case ffd.TaxSystem:
			c.TaxSystem = r.Byte()
		case ffd.VAT20:
			c.Taxes[shtrih.Tax20] = r.VLN()
		case ffd.VAT10:
			c.Taxes[shtrih.Tax10] = r.VLN()
		case ffd.Cashier, ffd.CashierINN:
			tags = append(tags, r.Element()...)
		}
	}
	g.do(shtrih.SendTLV{Password: sysAdmin, TLV: tags})
	return g.close(c).Document
}

func itemOf(g *rig, fields []byte) shtrih.Item {
	item := shtrih.Item{Password: sysAdmin, Operation: shtrih.OperationSale, Tax: shtrih.NotGiven, Department: 1}
	for r := tlv.NewReader(fields); r.Next(); {
		switch r.Tag() {
		case ffd.SubjectName:
			item.Name, _ = charset.AppendCP1251(nil, r.Text(), charset.Strict)
		case ffd.Price:
			item.Price = r.VLN()
		case ffd.Quantity:
			d := r.FVLN()
			item.Quantity = d.Mantissa
			for range 6 - d.Scale {
				item.Quantity *= 10
			}
		case ffd.SubjectSum:
			item.Sum = r.VLN()
		case ffd.VATRate:
			item.Rate = shtrih.RateByte(r.Byte())
		case ffd.VATSum:
			item.Tax = r.VLN()
		case ffd.SubjectType:
			item.Subject = r.Byte()
		case ffd.PaymentMethod:
			item.Method = r.Byte()
		default:
			require.Fail(g, "tag", "%d", r.Tag())
		}
	}
	return item
}

func TestRealReceiptsComeBackEqualOnARegisterOfTheirFormat(t *testing.T) {
	for name, want := range realReceipts(t) {
		g := newRig(t, withFFD("1.05"))
		g.setField(1, 14, 1)
		_, got := g.document(g.sellAgain(want))
		assert.Equal(t, comparable(want), comparable(got), name)
	}
}

func TestRealReceiptsGetWhatFFD12Demands(t *testing.T) {
	for name, real := range realReceipts(t) {
		// 2108 becomes 0 and an absent 1212 becomes 1; the rest stays.
		var want []byte
		for r := tlv.NewReader(real); r.Next(); {
			element := slices.Clone(r.Element())
			if r.Tag() == ffd.Subject {
				element = slices.Clone(r.Value())
				if _, ok := tlv.Find(element, ffd.SubjectType); !ok {
					element = tlv.AppendByte(element, ffd.SubjectType, 1)
				}
				element = tlv.AppendBytes(nil, ffd.Subject, tlv.AppendByte(element, ffd.MeasureUnit, 0))
			}
			want = append(want, element...)
		}
		g := newRig(t)
		g.setField(1, 14, 1)
		_, got := g.document(g.sellAgain(real))
		assert.Equal(t, comparable(want), comparable(got), name)
	}
}
