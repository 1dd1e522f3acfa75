package device_test

import (
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The driver must not know the emulator: both would agree with each other's mistakes. Nor do these tests.
func TestDriverNeverImportsTheEmulator(t *testing.T) {
	allowed := []string{
		"github.com/openkkt/openkkt/device", "github.com/openkkt/openkkt/protocol/shtrih",
		"github.com/openkkt/openkkt/tlv", "github.com/openkkt/openkkt/tlv/charset", "github.com/openkkt/openkkt/tlv/ffd",
	}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	files := 0
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ImportsOnly)
		require.NoError(t, err)
		files++
		for _, spec := range file.Imports {
			if path := strings.Trim(spec.Path.Value, `"`); strings.HasPrefix(path, "github.com/openkkt/") {
				assert.Contains(t, allowed, path, entry.Name())
			}
		}
	}
	assert.Greater(t, files, 10)
}
