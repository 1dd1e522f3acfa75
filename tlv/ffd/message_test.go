package ffd_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/tlv/ffd"
)

// The receipt magnit2019 of testdata/vectors.json came with the sign of its
// message; messageFiscalSign of the tax service is its big-endian number.
func TestMessageSignAfterADocumentIsShown(t *testing.T) {
	var found bool
	for _, v := range vectors(t, "receipt") {
		whole, err := hex.DecodeString(v.Hex)
		require.NoError(t, err)
		doc, sign := ffd.SplitMessageSign(whole)
		if v.Name != "magnit2019" {
			require.Nil(t, sign)
			continue
		}
		found = true
		require.Equal(t, "8106fafe4dec3167", hex.EncodeToString(sign))
		require.Len(t, doc, len(whole)-8)

		out, err := ffd.AppendJSON(nil, whole)
		require.NoError(t, err)
		require.Contains(t, string(out), `,"messageFiscalSign":9297394450888929639}`)
		plain, err := ffd.AppendJSON(nil, doc)
		require.NoError(t, err)
		require.NotContains(t, string(plain), "messageFiscalSign")

		tree, err := ffd.AppendTree(nil, whole)
		require.NoError(t, err)
		require.Contains(t, string(tree), "ФПС 9297394450888929639 (8106fafe4dec3167)\n")
		require.Contains(t, string(tree), "1077 ФПД")
	}
	require.True(t, found)
}

// Messages to the operator end the sign with two zeros (containers of
// testdata/vectors.json).
func TestMessageSignOfAContainerIsSplitOff(t *testing.T) {
	for _, v := range vectors(t, "container") {
		const header = 32
		body := v.document(t)[header:]
		doc, sign := ffd.SplitMessageSign(body)
		require.Len(t, sign, 8)
		require.Len(t, doc, len(body)-10)
	}
}

func TestOtherBytesAfterADocumentAreNotASign(t *testing.T) {
	doc := []byte{3, 0, 0, 0}
	for _, tail := range []string{"", "00", "8106fafe4dec31", "8006fafe4dec3167", "8107fafe4dec3167", "8106fafe4dec316700", "8106fafe4dec31670001"} {
		b, err := hex.DecodeString(tail)
		require.NoError(t, err)
		got, sign := ffd.SplitMessageSign(append(doc[:4:4], b...))
		require.Nil(t, sign, tail)
		require.Len(t, got, 4+len(b))
	}
}
