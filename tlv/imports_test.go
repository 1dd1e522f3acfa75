package tlv_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCodecsArePure reads the imports of the codecs: the standard library,
// golang.org/x/text and each other, and of the standard library nothing that
// reads files, clocks of others or networks, nor logs.
func TestCodecsArePure(t *testing.T) {
	const module = "github.com/openkkt/openkkt/"
	impure := []string{"os", "net", "log", "syscall", "unsafe", "runtime", "embed"}
	for _, room := range []string{"tlv", "protocol"} {
		root := os.DirFS("../" + room)
		files := 0
		require.NoError(t, fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") ||
				strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := fs.ReadFile(root, path)
			if err != nil {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
			if err != nil {
				return err
			}
			if file.Name.Name == "main" {
				return nil // generators of tables are programs
			}
			files++
			for _, spec := range file.Imports {
				name, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				first, _, _ := strings.Cut(name, "/")
				ok := !strings.Contains(first, ".") && !slices.Contains(impure, first) ||
					strings.HasPrefix(name, "golang.org/x/text/") ||
					strings.HasPrefix(name, module+"tlv") || strings.HasPrefix(name, module+"protocol/")
				require.True(t, ok, "%s/%s imports %s", room, path, name)
			}
			return nil
		}))
		require.NotZero(t, files)
	}
}
