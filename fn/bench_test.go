package fn_test

import (
	"testing"

	"github.com/openkkt/openkkt/fn"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// lossy is a medium that forgets what is written.
type lossy struct{ *journal.Memory }

func (lossy) WriteAt(string, []byte, int64) error { return nil }

// BenchmarkReceipt forms receipts: on a lossy medium what the storage itself takes, in memory also the memory for the
// archive, in a directory also the sync.
func BenchmarkReceipt(b *testing.B) {
	for name, open := range map[string]func(b *testing.B) journal.FS{
		"lossy":  func(*testing.B) journal.FS { return lossy{journal.NewMemory()} },
		"memory": func(*testing.B) journal.FS { return journal.NewMemory() },
		"directory": func(b *testing.B) journal.FS {
			dir, err := journal.OpenDir(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			return dir
		},
	} {
		b.Run(name, func(b *testing.B) {
			s, err := fn.Open(fn.Config{FS: open(b), Number: testNumber, Model: fn.Model{Documents: 1 << 31}})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var answer []byte
			put := func(commands ...[]byte) {
				for _, c := range commands {
					if answer = s.Exec(answer[:0], c); answer[0] != 0 {
						b.Fatalf("command %x: %x", c, answer)
					}
				}
			}
			exec := func(commands ...fnlink.Command) {
				for _, c := range commands {
					put(c.AppendTo(nil))
				}
			}
			r := rig{v: ffd.FFD12}
			sale := cashSale(12345)
			data := tlv.AppendBytes(nil, ffd.Subject, sale.item(r.v))
			data = append(append(data, sale.payments()...), sale.rest(r.v)...)
			exec(fnlink.BeginRegistration{FFD: 4}, fnlink.SendData{TLV: r.registrationData()}, r.makeRegistration(0))
			open := func() { exec(fnlink.BeginShiftOpening{At: day1}, r.cashier(), fnlink.OpenShift{}) }
			open()
			begin := fnlink.BeginReceipt{At: day1}.AppendTo(nil)
			send := fnlink.SendData{TLV: data}.AppendTo(nil)
			form := fnlink.FormReceipt{At: day1, Operation: 1, Total: 12345}.AppendTo(nil)
			companion := make([]byte, 1300) // the state of a register takes about so much
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if n++; n == 1<<16-1 { // receipts of a shift are numbered by 16 bits
					exec(fnlink.BeginShiftClosing{At: day1}, r.cashier(), fnlink.CloseShift{})
					open()
					n = 1
				}
				s.SetCompanion(companion)
				put(begin, send, form)
			}
		})
	}
}
