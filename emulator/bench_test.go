package emulator

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

// costly are the commands whose own cost is measured: what a command costs in
// process, to be held against a raw TCP echo of the same bytes.
func costly() []struct {
	name          string
	before, after []shtrih.Command // not measured
	command       shtrih.Command
} {
	open, item := shtrih.OpenReceipt{Password: sysAdmin}, goods(shtrih.Sale, 100)
	v3 := shtrih.CloseReceiptV3{Password: sysAdmin}
	v3.Payments[0] = 100
	z := shtrih.ZReport{Password: sysAdmin}
	cancel := shtrih.CancelReceipt{Password: sysAdmin}
	return []struct {
		name          string
		before, after []shtrih.Command
		command       shtrih.Command
	}{
		{"10h", nil, nil, shtrih.ShortStatus{Password: sysAdmin}},
		{"11h", nil, nil, shtrih.FullStatus{Password: sysAdmin}},
		{"1Fh", nil, nil, shtrih.ReadTable{Password: sysAdmin, Table: 17, Row: 1, Field: 17}},
		{"FF01h", nil, nil, shtrih.StorageStatus{Password: sysAdmin}},
		{"FF46h", []shtrih.Command{open}, []shtrih.Command{cancel}, item},
		{"8Dh", []shtrih.Command{shtrih.OpenShift{Password: sysAdmin}}, []shtrih.Command{cancel, z}, open},
		{"E0h", nil, []shtrih.Command{z}, shtrih.OpenShift{Password: sysAdmin}},
		{"41h", []shtrih.Command{shtrih.OpenShift{Password: sysAdmin}}, nil, z},
		{"FF45h", []shtrih.Command{open, item}, []shtrih.Command{z}, paid(map[int]uint64{0: 100})},
		{"FF76h", []shtrih.Command{open, item}, []shtrih.Command{z}, v3},
	}
}

func BenchmarkCommand(b *testing.B) {
	for _, c := range costly() {
		b.Run(c.name, func(b *testing.B) {
			now := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
			var r *Register
			start := func() {
				var err error
				if r, err = New(Config{FS: journal.NewMemory(), Clock: func() time.Time { return now }}); err != nil {
					b.Fatal(err)
				}
			}
			start()
			run := func(list []shtrih.Command) {
				for _, c := range list {
					r.Exec(nil, c.AppendTo(nil))
				}
			}
			command := c.command.AppendTo(nil)
			var answer []byte
			var spent time.Duration // of the command alone
			for i := range b.N {
				if c.after != nil && i%5000 == 4999 { // numbers of shifts are finite
					r.Close()
					start()
				}
				run(c.before)
				began := time.Now()
				answer = r.Exec(answer[:0], command)
				spent += time.Since(began)
				if answer[len(shtrih.AppendCode(nil, c.command.Code()))] != 0 {
					b.Fatalf("%x", answer)
				}
				run(c.after)
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), "ns/op")
		})
		b.Run(c.name+"/echo", func(b *testing.B) { echo(b, c.command.AppendTo(nil)) })
	}
}

// echo is the measure: the bytes of the command there and back over TCP.
func echo(b *testing.B, data []byte) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.Copy(struct{ io.Writer }{conn}, struct{ io.Reader }{conn})
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	buf := make([]byte, len(data))
	b.ResetTimer()
	for range b.N {
		if _, err := conn.Write(data); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(conn, buf); err != nil {
			b.Fatal(err)
		}
	}
}
