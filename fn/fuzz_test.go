package fn_test

import (
	"testing"

	"github.com/openkkt/openkkt/fn"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// FuzzExec gives a storage any commands, each preceded by its length in two bytes. It must not panic; a command that
// is refused must change neither the committed state nor the document being formed; what was committed must be there
// after a restart.
func FuzzExec(f *testing.F) {
	pack := func(commands ...fnlink.Command) (b []byte) {
		for _, c := range commands {
			body := c.AppendTo(nil)
			b = append(append(b, byte(len(body)), byte(len(body)>>8)), body...)
		}
		return b
	}
	for _, v := range []ffd.Version{ffd.FFD105, ffd.FFD11, ffd.FFD12} {
		r := rig{v: v}
		begin := fnlink.Command(fnlink.BeginRegistration{FFD: byte(v)})
		if v == ffd.FFD105 {
			begin = fnlink.BeginRegistration105{}
		}
		sale := cashSale(1000)
		f.Add(pack(begin, fnlink.SendData{TLV: r.registrationData()}, r.makeRegistration(0),
			fnlink.BeginShiftOpening{At: day1}, r.cashier(), fnlink.OpenShift{},
			fnlink.BeginReceipt{At: day1}, fnlink.SendData{TLV: sale.payments()}, fnlink.SendData{TLV: sale.rest(v)},
			fnlink.FormReceipt{At: day1, Operation: 1, Total: 1000},
			fnlink.FindDocument{Document: 3}, fnlink.RequestDocument{Document: 3}, fnlink.ReadDocument{},
			fnlink.Counters{}, fnlink.OperationCounts{Scope: 1}, fnlink.OperationCounters{Operation: 1},
			fnlink.BeginShiftClosing{At: day1}, fnlink.Cancel{},
			fnlink.BeginShiftClosing{At: day1}, r.cashier(), fnlink.CloseShift{},
			fnlink.Status{}, fnlink.ShiftState{}, fnlink.ExchangeStatus{}, fnlink.RegistrationData{Report: 1}))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		fs := journal.NewMemory()
		s, err := fn.Open(fn.Config{FS: fs, Number: testNumber, SegmentSize: 1 << 17})
		if err != nil {
			t.Fatal(err)
		}
		status := func() (r fnlink.StatusReply) {
			if err := fnlink.Decode(s.Exec(nil, []byte{0x30}), &r); err != nil {
				t.Fatal(err)
			}
			r.Warnings = 0 // they depend on the time that commands tell
			return r
		}
		for len(input) > 2 {
			n := min(int(input[0])|int(input[1])<<8, len(input)-2)
			cmd := input[2 : 2+n]
			input = input[2+n:]
			before, beforeStatus := s.Hash(), status()
			answer := s.Exec([]byte("dst"), cmd)
			if len(answer) < 4 || string(answer[:3]) != "dst" || len(answer) > 3+1+fnlink.MaxData {
				t.Fatalf("command %x: answer of %d bytes", cmd, len(answer))
			}
			code, _, _, _ := fnlink.ParseAnswer(answer[3:])
			if code == fnlink.StorageFailure {
				t.Fatalf("command %x: 03h without a fault", cmd)
			}
			if code != fnlink.OK && (s.Hash() != before || status() != beforeStatus) {
				t.Fatalf("command %x was refused by %v and changed the state", cmd, code)
			}
		}
		hash := s.Hash()
		again, err := fn.Open(fn.Config{FS: fs})
		if err != nil {
			t.Fatal(err)
		}
		if again.Hash() != hash {
			t.Fatal("another state after a restart")
		}
	})
}

// FuzzOpen gives a storage a journal that holds a record of somebody else behind good ones. It is refused, or whatever
// was read is answered without panic.
func FuzzOpen(f *testing.F) {
	good := journal.NewMemory()
	s, err := fn.Open(fn.Config{FS: good, Number: testNumber, SegmentSize: 1 << 16})
	if err != nil {
		f.Fatal(err)
	}
	r := rig{v: ffd.FFD12}
	sale := cashSale(1000)
	data := append(sale.payments(), sale.rest(r.v)...)
	for _, c := range []fnlink.Command{
		fnlink.BeginRegistration{FFD: 4}, fnlink.SendData{TLV: r.registrationData()}, r.makeRegistration(0),
		fnlink.BeginShiftOpening{At: day1}, r.cashier(), fnlink.OpenShift{},
		fnlink.BeginReceipt{At: day1}, fnlink.SendData{TLV: data}, fnlink.FormReceipt{At: day1, Operation: 1, Total: 1000},
	} {
		s.Exec(nil, c.AppendTo(nil))
	}
	type record struct {
		kind    byte
		payload []byte
	}
	var records []record
	if _, err := journal.Open(good.Clone(), journal.Options{}, func(_ journal.Pos, kind byte, payload []byte) error {
		records = append(records, record{kind, append([]byte{}, payload...)})
		return nil
	}); err != nil {
		f.Fatal(err)
	}
	for i, r := range records {
		f.Add(byte(i), r.kind, r.payload)
	}
	f.Fuzz(func(t *testing.T, after, kind byte, payload []byte) {
		if len(payload) > 1<<15 {
			return
		}
		fs := journal.NewMemory()
		j, err := journal.Open(fs, journal.Options{SegmentSize: 1 << 16}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range append(records[:int(after)%(len(records)+1):len(records)], record{kind, payload}) {
			if _, err := j.Append(r.kind, r.payload); err != nil {
				t.Fatal(err)
			}
		}
		s, err := fn.Open(fn.Config{FS: fs, DefaultNumber: testNumber})
		if err != nil {
			return
		}
		for n := range uint32(5) {
			s.Exec(nil, fnlink.FindDocument{Document: n}.AppendTo(nil))
			s.Exec(nil, fnlink.RequestDocument{Document: n}.AppendTo(nil))
			for s.Exec(nil, []byte{0x46})[0]&^fnlink.Warning == 0 {
			}
		}
		for code := range 256 {
			s.Exec(nil, []byte{byte(code)})
		}
	})
}
