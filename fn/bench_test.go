package fn_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// lossy is a medium that forgets what is written.
type lossy struct{ *journal.Memory }

func (lossy) WriteAt(string, []byte, int64) error { return nil }

// selling opens a storage on a medium and gives what makes one receipt in it: its commands are ready, and the state of
// the register goes with it.
func selling(tb testing.TB, fs journal.FS) (sell func()) {
	s, err := fn.Open(fn.Config{FS: fs, Number: testNumber, Model: fn.Model{Documents: 1 << 31}})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = s.Close() })
	var answer []byte
	put := func(command []byte) {
		if answer = s.Exec(answer[:0], command); answer[0] != 0 {
			tb.Fatalf("command %x: %x", command, answer)
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
	openShift := func() { exec(fnlink.BeginShiftOpening{At: day1}, r.cashier(), fnlink.OpenShift{}) }
	openShift()
	begin := fnlink.BeginReceipt{At: day1}.AppendTo(nil)
	send := fnlink.SendData{TLV: data}.AppendTo(nil)
	form := fnlink.FormReceipt{At: day1, Operation: 1, Total: 12345}.AppendTo(nil)
	companion := make([]byte, 1300) // about what the state of a register takes
	n := 0
	return func() {
		if n++; n == 1<<16-1 { // receipts of a shift are numbered by 16 bits
			exec(fnlink.BeginShiftClosing{At: day1}, r.cashier(), fnlink.CloseShift{})
			openShift()
			n = 1
		}
		s.SetCompanion(companion)
		put(begin)
		put(send)
		put(form)
	}
}

// The list of documents grows, which is less than one allocation a receipt.
func TestFormingAReceiptDoesNotAllocate(t *testing.T) {
	sell := selling(t, lossy{journal.NewMemory()})
	sell() // buffers grow once
	sell()
	assert.Zero(t, testing.AllocsPerRun(100, sell))
}

// BenchmarkReceipt forms receipts: on a lossy medium what the storage itself takes, in memory also the memory of the
// archive, in a directory also the sync.
func BenchmarkReceipt(b *testing.B) {
	for name, medium := range map[string]func(b *testing.B) journal.FS{
		"lossy":  func(*testing.B) journal.FS { return lossy{journal.NewMemory()} },
		"memory": func(*testing.B) journal.FS { return journal.NewMemory() },
		"directory": func(b *testing.B) journal.FS {
			dir, err := journal.OpenDir(b.TempDir())
			require.NoError(b, err)
			return dir
		},
	} {
		b.Run(name, func(b *testing.B) {
			sell := selling(b, medium(b))
			b.ReportAllocs()
			for b.Loop() {
				sell()
			}
		})
	}
}
