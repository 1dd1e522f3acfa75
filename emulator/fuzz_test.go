package emulator

import (
	"bytes"
	"testing"
	"time"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

// FuzzExec: whatever the bytes, the answer echoes the code, an error is code and
// result only and changes nothing, and the register goes on working.
func FuzzExec(f *testing.F) {
	for _, c := range day() {
		f.Add(c.AppendTo(nil))
	}
	f.Add([]byte{})
	f.Add([]byte{0xFF})
	f.Add([]byte{0xFF, 0x4D, 30, 0, 0, 0, 1, 2, 3})
	now := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, command []byte) {
		r, err := New(Config{FS: journal.NewMemory(), Clock: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for _, prepared := range [][]byte{nil, shtrih.OpenReceipt{Password: sysAdmin}.AppendTo(nil), goods(shtrih.Sale, 100).AppendTo(nil)} {
			if prepared != nil {
				r.Exec(nil, prepared)
			}
			before := r.StateHash()
			answer := r.Exec(nil, command)
			code, _, ok := shtrih.SplitCode(command)
			if !ok {
				if len(answer) != len(command)+1 || before != r.StateHash() {
					t.Fatalf("%x answered %x", command, answer)
				}
				continue
			}
			echo := shtrih.AppendCode(nil, code)
			if !bytes.HasPrefix(answer, echo) || len(answer) <= len(echo) {
				t.Fatalf("%x answered %x", command, answer)
			}
			if result := answer[len(echo)]; result != 0 && (len(answer) != len(echo)+1 || before != r.StateHash()) {
				t.Fatalf("%x answered %x", command, answer)
			}
		}
	})
}
