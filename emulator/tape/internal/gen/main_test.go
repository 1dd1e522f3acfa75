package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTableOfThePrintedFormIsCurrent(t *testing.T) {
	want, err := generate("../../../../testdata/ffd")
	require.NoError(t, err)
	got, err := os.ReadFile("../../print_gen.go")
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "run go generate ./emulator/tape")
}

func TestMissingColumnIsNamed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/docs.csv", []byte("document code;name_ru\n3;чек\n"), 0o600))
	_, err := generate(dir)
	assert.EqualError(t, err, `docs.csv: no column "printed_title_ru"`)
}
