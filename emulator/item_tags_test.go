package emulator

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// The storage takes 1222 and 1226 only together (FNS ККТ–ФН 1.2.06, checks of
// 1059), but drivers send the elements of an item one FF4Dh at a time.
func TestAgentAndSupplierOfAnItemComeOneAfterTheOther(t *testing.T) {
	inn, err := tlv.AppendFixedText(nil, ffd.SupplierINN, "7728029110", 12, charset.Strict)
	require.NoError(t, err)
	agent := tlv.AppendByte(nil, ffd.SubjectAgentType, 64)
	for _, order := range [][][]byte{{agent, inn}, {inn, agent}} {
		g := newRig(t)
		g.open(shtrih.Sale)
		g.do(goods(shtrih.Sale, 10000))
		for _, element := range order {
			g.do(shtrih.ItemTLV{Password: sysAdmin, TLV: element})
		}
		reply := g.close(paid(map[int]uint64{shtrih.PaymentCash: 10000}))
		_, fields := g.document(reply.Document)
		item, ok := tlv.Find(fields, ffd.Subject)
		require.True(t, ok)
		for _, tag := range []tlv.Tag{ffd.SubjectAgentType, ffd.SupplierINN} {
			_, ok := tlv.Find(item, tag)
			require.True(t, ok, tag)
		}
	}
}

func TestAgentOfAnItemWithoutItsSupplierIsRefusedAtTheClosing(t *testing.T) {
	g := newRig(t)
	g.open(shtrih.Sale)
	g.do(goods(shtrih.Sale, 10000))
	g.do(shtrih.ItemTLV{Password: sysAdmin, TLV: tlv.AppendByte(nil, ffd.SubjectAgentType, 64)})
	g.refuses(shtrih.StorageTagFormat, paid(map[int]uint64{shtrih.PaymentCash: 10000}))
}
