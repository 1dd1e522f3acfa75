package fuzz

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
)

func TestGeneratedReceiptsAreValidAndDiffer(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	operations := map[device.Operation]bool{}
	most := 0
	for range 300 {
		receipt := Receipt(randomBytes(random))
		require.NoError(t, receipt.Validate())
		operations[receipt.Operation] = true
		most = max(most, len(receipt.Items))
	}
	require.Len(t, operations, 4)
	require.Equal(t, 4, most)
}

func TestSameBytesGiveTheSameReceipt(t *testing.T) {
	data := randomBytes(rand.NewChaCha8([32]byte{2}))
	require.Equal(t, Receipt(data), Receipt(data))
}

func FuzzReceiptToJSONAndBack(f *testing.F) {
	random := rand.NewChaCha8([32]byte{3})
	f.Add([]byte{})
	for range 20 {
		f.Add(randomBytes(random))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		receipt := Receipt(data)
		require.NoError(t, receipt.Validate())
		written, err := receipt.AppendJSON(nil)
		require.NoError(t, err)
		read, _, err := device.ParseReceipt(written)
		require.NoError(t, err, "%s", written)
		require.Equal(t, &receipt, read, "%s", written)
	})
}

func FuzzParseReceipt(f *testing.F) {
	files, err := filepath.Glob("../testdata/receipts/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"kkt":{"print":false,"printLines":[]},"items":[{"tag60001":"00","kkt":{"markCode":1}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		receipt, _, err := device.ParseReceipt(data)
		if err != nil || receipt.Validate() != nil {
			return
		}
		first, err := receipt.AppendJSON(nil)
		require.NoError(t, err)
		again, _, err := device.ParseReceipt(first)
		require.NoError(t, err, "%s", first)
		second, err := again.AppendJSON(nil)
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
	})
}

func randomBytes(random *rand.ChaCha8) []byte {
	data := make([]byte, 600)
	_, _ = random.Read(data)
	return data
}
