package device_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
)

func TestEveryShippedReceiptIsReadAndValid(t *testing.T) {
	files, err := filepath.Glob("../testdata/receipts/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 5)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			receipt, _, err := device.ParseReceipt(data)
			require.NoError(t, err)
			require.NoError(t, receipt.Validate())

			written, err := receipt.AppendJSON(nil)
			require.NoError(t, err)
			again, info, err := device.ParseReceipt(written)
			require.NoError(t, err, "%s", written)
			assert.Equal(t, receipt, again)
			assert.Zero(t, info.Skipped-1, "only the key code")
		})
	}
}
