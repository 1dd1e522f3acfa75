package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDictionaryIsCurrent(t *testing.T) {
	want, err := generate("../../../../testdata/ffd")
	require.NoError(t, err)
	have, err := os.ReadFile("../../dictionary_gen.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "run go generate ./tlv/ffd")
}

func TestATagInTwoRowsIsRefused(t *testing.T) {
	d := &dictionary{byNumber: map[int]*tag{}}
	row := map[string]string{"tag": "1054", "type": "byte"}
	require.ErrorContains(t, d.addTags([]map[string]string{row, row}), "1054")
}

func TestOneJSONNameForTwoFieldsOfADocumentIsRefused(t *testing.T) {
	d := &dictionary{byNumber: map[int]*tag{}, children: map[int][]int{3: {1020, 1201}}}
	require.NoError(t, d.addTags([]map[string]string{
		{"tag": "1020", "json_name": "totalSum"}, {"tag": "1201", "json_name": "totalSum"},
	}))
	require.ErrorContains(t, d.check(), "totalSum")
}
