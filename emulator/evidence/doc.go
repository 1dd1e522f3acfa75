// Package evidence holds no code. Its tests hold the register of package
// emulator against what is known of real ones.
//
// testdata/shtrih/observed.csv says for a command, a mode and a case (right,
// short, long, wrong password, …) what a register answers and from where it is
// known. The file is typed from public sources; the register does not read it
// and no code is made from it. The tests send every case as bytes that they
// spell themselves, and compare.
//
// docs/shtrih-commands.md is made from the outcome by go generate.
package evidence

//go:generate go test -count=1 -run ^TestThePageIsCurrent$ -update .
