// Package testdata holds the files that the program carries with it.
package testdata

import "embed"

// Receipts holds receipts/*.json: the receipts of kkt demo and of
// kkt sell sample:NAME.
//
//go:embed receipts/*.json
var Receipts embed.FS

// Profiles holds shtrih/profiles/*.json: the models of registers that package
// emulator can be.
//
//go:embed shtrih/profiles/*.json
var Profiles embed.FS
