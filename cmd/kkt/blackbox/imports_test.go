package blackbox

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNothingOfThisModuleIsImported(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{
		"github.com/stretchr/testify/assert":  true,
		"github.com/stretchr/testify/require": true,
		"go.bug.st/serial":                    true,
	}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	files := 0
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			// A path of the standard library has no dot in its first element.
			first, _, _ := strings.Cut(path, "/")
			assert.True(t, !strings.Contains(first, ".") || allowed[path], "%s imports %s", entry.Name(), path)
		}
	}
	assert.Positive(t, files)
}
