// Package testdata holds the files that the program carries with it.
package testdata

import "embed"

// Receipts holds receipts/*.json: the receipts of kkt demo and of
// kkt sell sample:NAME.
//
//go:embed receipts/*.json
var Receipts embed.FS
