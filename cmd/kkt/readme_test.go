package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// README code is compiled: each block stands, line by line, in some example.
func TestReadmeCodeStandsInExamples(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	var examples []string
	for _, pattern := range []string{"../../*/example_test.go", "../../*/*/example_test.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, f := range files {
			source, err := os.ReadFile(f)
			require.NoError(t, err)
			examples = append(examples, squeeze(string(source)))
		}
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		found := false
		for _, source := range examples {
			found = found || strings.Contains(source, squeeze(block[1]))
		}
		assert.True(t, found, "no example_test.go holds\n%s", block[1])
	}
}

// Every command that the README shows exists.
func TestReadmeCommandsExist(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	root := (&app{}).root()
	lines := regexp.MustCompile(`(?m)^(?:\$ kkt|go run \./cmd/kkt) ([a-z]+)`).FindAllStringSubmatch(string(readme), -1)
	require.NotEmpty(t, lines)
	for _, line := range lines {
		command, _, err := root.Find([]string{line[1]})
		require.NoError(t, err)
		assert.Equal(t, line[1], command.Name())
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
