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
	for _, c := range printed() {
		f.Add(c.AppendTo(nil))
	}
	v1, adjustment := shtrih.ItemV1(sold(1500, 333, 2)), adjusted(7)
	for _, c := range []shtrih.Command{
		shtrih.PurchaseItem(v1), shtrih.SaleReturnItem(v1), shtrih.PurchaseReturnItem(v1), shtrih.Storno(sold(500, 100, 1)),
		shtrih.Surcharge(adjustment), shtrih.CancelDiscount(adjustment), shtrih.CancelSurcharge(adjustment),
		shtrih.Subtotal{Password: sysAdmin}, shtrih.CloseReceiptExtended{Password: sysAdmin, Text: line40("")},
		shtrih.ReceiptDiscount{Password: sysAdmin, Discount: 5, Surcharge: 3, Text: make([]byte, 40)},
		shtrih.CloseReceiptV3{Password: sysAdmin}, shtrih.CloseReceiptV4{Password: sysAdmin},
		shtrih.StartBufferWrite{Password: sysAdmin, Size: 9}, shtrih.WriteBuffer{Password: sysAdmin, Data: []byte{1, 2}},
		shtrih.ReadBuffer{Password: sysAdmin, Count: 9}, shtrih.SendBufferedTLV{Password: sysAdmin}, shtrih.BufferState{Password: sysAdmin},
		shtrih.Registration{Password: sysAdmin, Number: 1}, shtrih.RegistrationParameter{Password: sysAdmin, Tag: 1018},
		shtrih.SyncRegisters{Password: sysAdmin}, shtrih.StorageMemory{Password: sysAdmin}, shtrih.DocumentsWithoutTicket{Password: sysAdmin},
		shtrih.TestRun{Password: sysAdmin, Minutes: 1}, shtrih.ResetTables{Password: sysAdmin}, shtrih.GeneralReset{Password: sysAdmin},
		shtrih.Service{Function: shtrih.ServiceReboot}, shtrih.CancelDocument{Password: sysAdmin}, shtrih.CloseShift{Password: sysAdmin},
		shtrih.DocumentHeader{Password: sysAdmin, Number: 1}, shtrih.EndDocument{Password: sysAdmin, Advertising: 1},
	} {
		f.Add(c.AppendTo(nil))
	}
	f.Add([]byte{})
	f.Add([]byte{0xFF})
	f.Add([]byte{0xFF, 0x4D, 30, 0, 0, 0, 1, 2, 3})
	now := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, command []byte) {
		for _, profile := range []string{DefaultProfile, "ky", "lenient"} {
			r, err := New(Config{FS: journal.NewMemory(), Clock: func() time.Time { return now }, Profile: profile})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for _, prepared := range [][]byte{nil, shtrih.OpenReceipt{Password: sysAdmin}.AppendTo(nil), goods(shtrih.Sale, 100).AppendTo(nil)} {
				if prepared != nil {
					r.Exec(nil, prepared)
				}
				checkExec(t, r, command)
			}
		}
	})
}

func checkExec(t *testing.T, r *Register, command []byte) {
	t.Helper()
	before := r.StateHash()
	answer := r.Exec(nil, command)
	code, _, ok := shtrih.SplitCode(command)
	if !ok {
		if len(answer) != len(command)+1 || before != r.StateHash() {
			t.Fatalf("%x answered %x", command, answer)
		}
		return
	}
	echo := shtrih.AppendCode(nil, code)
	if !bytes.HasPrefix(answer, echo) || len(answer) <= len(echo) {
		t.Fatalf("%x answered %x", command, answer)
	}
	if result := answer[len(echo)]; result != 0 && (len(answer) != len(echo)+1 || before != r.StateHash()) {
		t.Fatalf("%x answered %x", command, answer)
	}
}

// FuzzReceipt: whatever items, discounts and stornos come, the total is that of
// the lines, and the document that a closing makes has it too.
func FuzzReceipt(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Add([]byte{0, 200, 100, 3, 0, 7, 1, 50, 0, 2, 1, 0, 5, 250, 0})
	now := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, script []byte) {
		r, err := New(Config{FS: journal.NewMemory(), Clock: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		r.Exec(nil, shtrih.OpenReceipt{Password: sysAdmin}.AppendTo(nil))
		for ; len(script) >= 3; script = script[3:] {
			a, b := uint64(script[1]), uint64(script[2])
			group := uint8(b % 5)
			adjust := adjusted(a * b)
			adjust.Taxes[0] = group
			var c shtrih.Command
			switch script[0] % 7 {
			case 0, 1:
				c = sold(a*100, b, group)
			case 2:
				c = shtrih.Storno(sold(a*100, b, group))
			case 3:
				c = shtrih.Discount(adjust)
			case 4:
				c = shtrih.Surcharge(adjust)
			case 5:
				c = shtrih.CancelDiscount(adjust)
			case 6:
				c = shtrih.ReceiptDiscount{Password: sysAdmin, Discount: a, Surcharge: b, Text: make([]byte, 40)}
			}
			checkExec(t, r, c.AppendTo(nil))
			lines, ok := r.receipt.spread(nil)
			var total uint64
			for _, line := range lines {
				total += line
			}
			if !ok || total != r.receipt.total {
				t.Fatalf("lines %v, total %d", lines, r.receipt.total)
			}
		}
		total, live := r.receipt.total, r.receipt.live()
		answer := r.Exec(nil, closedV1(total).AppendTo(nil))
		if live > 0 && answer[1] != 0 {
			t.Fatalf("closing answered %x", answer)
		}
	})
}

// FuzzState: what is read of a state is written again as the same bytes.
func FuzzState(f *testing.F) {
	r, err := New(Config{FS: journal.NewMemory(), Clock: time.Now})
	if err != nil {
		f.Fatal(err)
	}
	defer r.Close()
	for _, c := range day() {
		r.Exec(nil, c.AppendTo(nil))
		f.Add(r.state.append(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeState(data, "")
		if err != nil {
			return
		}
		encoded := s.append(nil)
		again, err := decodeState(encoded, "")
		if err != nil || !bytes.Equal(encoded, again.append(nil)) {
			t.Fatalf("%x read as %x: %v", data, encoded, err)
		}
	})
}
