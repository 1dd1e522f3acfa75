// Package blackbox holds the tests that drive the built kkt program from
// outside: over its command line, over TCP and over a pseudo-terminal, with a
// client that knows the protocol from published descriptions only.
//
// Driver and emulator share their command types, so a wrong layout would agree
// with itself. The tests here share nothing: they import no package of this
// module (a test reads the imports to prove it) and carry their own checksums,
// frames, layouts, code pages and TLV reader.
package blackbox
