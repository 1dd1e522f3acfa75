package bench

import (
	"context"
	"errors"
	"go/parser"
	"go/token"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

// slowPrinter is the least of a register that a sale needs. It prints for two
// questions of the host after every closing, and keeps no documents.
type slowPrinter struct {
	storage  string
	open     bool // the shift
	receipt  bool
	last     uint32
	printing int // polls until it has printed
	opened   int // shifts opened
	refuse   shtrih.Result
}

// How long the storage and any other command take.
const (
	storageTime = 300 * time.Millisecond
	commandTime = 10 * time.Millisecond
	pollPause   = 100 * time.Millisecond // of the driver
)

func (p *slowPrinter) serve(conn net.Conn) {
	defer conn.Close()
	link := shtrih.NewDeviceLink(shtrih.DeviceOptions{})
	buf := make([]byte, 512)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		out := link.Input(nil, buf[:n])
		if command, ok := link.Command(); ok {
			if len(out) > 0 {
				if _, err := conn.Write(out); err != nil {
					return
				}
			}
			out = link.Answer(nil, p.answer(command))
		}
		if len(out) > 0 {
			if _, err := conn.Write(out); err != nil {
				return
			}
		}
	}
}

func (p *slowPrinter) answer(command []byte) []byte {
	code, _, _ := shtrih.SplitCode(command)
	took := commandTime
	if code == shtrih.CloseReceiptCode {
		took = storageTime
	}
	time.Sleep(took) // in a synctest bubble
	result, payload := p.run(code)
	return shtrih.AppendAnswer(nil, code, result, payload)
}

func (p *slowPrinter) mode() shtrih.ModeByte {
	switch {
	case p.receipt:
		return shtrih.MakeModeByte(shtrih.ModeDocumentOpen, 0)
	case p.open:
		return shtrih.MakeModeByte(shtrih.ModeShiftOpen, 0)
	}
	return shtrih.MakeModeByte(shtrih.ModeShiftClosed, 0)
}

func (p *slowPrinter) run(code shtrih.Code) (shtrih.Result, []byte) {
	operator := shtrih.OperatorReply{Operator: 30}.AppendTo(nil)
	if code == shtrih.ShortStatusCode {
		status := shtrih.ShortStatusReply{Operator: 30, Mode: p.mode()}
		if p.printing > 0 {
			p.printing--
			status.Submode = shtrih.SubmodePrinting
		}
		return shtrih.OK, status.AppendTo(nil)
	}
	if p.printing > 0 {
		return shtrih.Printing, nil
	}
	switch code {
	case shtrih.DeviceTypeCode:
		return shtrih.OK, shtrih.DeviceTypeReply{Protocol: 1, Subprotocol: 14, Model: 250, Name: []byte("TEST")}.AppendTo(nil)
	case shtrih.FullStatusCode:
		date := shtrih.Date{Year: 2026, Month: 3, Day: 2}
		return shtrih.OK, shtrih.FullStatusReply{Version: [2]byte{'T', '1'}, FMVersion: [2]byte{'W', 'A'}, BuildDate: date,
			FMDate: date, Date: date, Serial: 7, Mode: p.mode()}.AppendTo(nil)
	case shtrih.StorageStatusCode:
		return shtrih.OK, shtrih.StorageStatusReply{Number: [16]byte([]byte(p.storage)), LastDocument: p.last}.AppendTo(nil)
	case shtrih.ShiftParametersCode:
		reply := shtrih.ShiftParametersReply{Shift: 1}
		if p.open {
			reply.State = 1
		}
		return shtrih.OK, reply.AppendTo(nil)
	case shtrih.OpenShiftCode:
		p.open = true
		p.opened++
		p.last++
		return shtrih.OK, operator
	case shtrih.ReadTableCode:
		return shtrih.OK, []byte{0}
	case shtrih.OpenReceiptCode:
		if p.refuse != shtrih.OK {
			return p.refuse, nil
		}
		p.receipt = true
		return shtrih.OK, operator
	case shtrih.ItemCode:
		return shtrih.OK, nil
	case shtrih.CancelReceiptCode:
		p.receipt = false
		return shtrih.OK, operator
	case shtrih.CloseReceiptCode:
		p.receipt = false
		p.last++
		p.printing = 2
		return shtrih.OK, shtrih.CloseReceiptReply{Document: p.last, FiscalSign: 1}.AppendTo(nil)
	case shtrih.RequestDocumentCode:
		return shtrih.StorageNoData, nil
	}
	return shtrih.UnknownCommand, nil
}

// runOn runs a workload on a printer and gives what was said meanwhile.
func runOn(t *testing.T, p *slowPrinter, cfg Config) (res *Result, said []string, err error) {
	t.Helper()
	ours, theirs := net.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		p.serve(theirs)
	}()
	rec := NewRecorder()
	reg, err := device.New(t.Context(), ours, append(rec.Options(), device.WithProtocol(device.V1))...)
	require.NoError(t, err)
	cfg.Notify = func(text string) { said = append(said, text) }
	res, err = Run(t.Context(), reg, rec, cfg)
	require.NoError(t, reg.Close())
	<-served
	return res, said, err
}

const debugStorage, realStorage = "9999078900009511", "9280440300123456"

func TestPrintingIsMeasuredApartFromTheStorage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps []Progress
		res, said, err := runOn(t, &slowPrinter{storage: debugStorage}, Config{Workload: Kiosk1, Count: 4,
			Progress: func(p Progress) { steps = append(steps, p) }})
		require.NoError(t, err)
		require.Equal(t, []string{"the shift was closed; it was opened and stays open"}, said)
		require.Equal(t, 4, res.Receipts)
		require.Equal(t, 4*storageTime, res.Time.Storage)
		require.Equal(t, 4, res.Waits)
		// A refusal, two polls that say "printing" and one that does not, two pauses.
		require.Equal(t, 4*(4*commandTime+2*pollPause), res.Time.Printing)
		require.Zero(t, res.Time.Host, "the clock of the test stands still outside of commands")
		require.Equal(t, res.Elapsed, res.Time.Storage+res.Time.Printing+res.Time.Other)
		require.Equal(t, res.Elapsed/4, res.Receipt.P50)
		require.InDelta(t, 4/res.Elapsed.Minutes(), res.PerMinute, 0.001)
		require.Len(t, steps, 4)
		require.Equal(t, Progress{4, res.Elapsed}, steps[3])
		require.Equal(t, Target{Model: "TEST", Firmware: "T1.0", Serial: "00000007", Storage: debugStorage, Protocol: 1}, res.Target)
	})
}

func TestARunEndsAfterItsDurationWithAWholeReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &slowPrinter{storage: debugStorage, open: true}
		res, said, err := runOn(t, p, Config{Workload: Kiosk1, Duration: 10 * time.Second})
		require.NoError(t, err)
		require.Empty(t, said)
		require.False(t, p.receipt)
		require.GreaterOrEqual(t, res.Elapsed, 10*time.Second)
		require.Less(t, res.Elapsed, 10*time.Second+res.Receipt.Max)
		require.True(t, p.open, "nothing is closed")
	})
}

func TestARealStorageIsNotFilledUnlessAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &slowPrinter{storage: realStorage}
		_, said, err := runOn(t, p, Config{Workload: Kiosk1, Count: 1})
		require.ErrorIs(t, err, ErrRealStorage)
		require.ErrorContains(t, err, realStorage)
		require.Empty(t, said)
		require.Zero(t, p.opened, "not even the shift was opened")

		p = &slowPrinter{storage: realStorage, open: true}
		res, said, err := runOn(t, p, Config{Workload: Kiosk1, Count: 1, Real: true})
		require.NoError(t, err)
		require.Equal(t, 1, res.Receipts)
		require.Equal(t, []string{"storage " + realStorage + " is a real one: every receipt of this run is final"}, said)
	})
}

func TestARefusalEndsTheRunAndSaysWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, err := runOn(t, &slowPrinter{storage: debugStorage, open: true, refuse: shtrih.ShiftOver24Hours}, Config{Workload: Kiosk1, Count: 3})
		require.ErrorIs(t, err, shtrih.ShiftOver24Hours)
		require.ErrorContains(t, err, "after 0 receipts")
		var notSold *device.NotSoldError
		require.True(t, errors.As(err, &notSold))
	})
}

func TestARunWithoutAnEndIsRefused(t *testing.T) {
	_, err := Run(context.Background(), nil, NewRecorder(), Config{Workload: Kiosk1})
	require.ErrorContains(t, err, "neither a duration nor a count")
}

func TestNumbersOfDebugStoragesBeginWith9999(t *testing.T) {
	require.True(t, DebugStorage(debugStorage))
	require.False(t, DebugStorage(realStorage))
	require.False(t, DebugStorage(""))
}

// Measuring must not know the emulator: it treats all registers alike.
func TestBenchNeverImportsTheEmulator(t *testing.T) {
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range file.Imports {
			assert.NotContains(t, spec.Path.Value, "openkkt/emulator", entry.Name())
			assert.NotContains(t, spec.Path.Value, "openkkt/fn", entry.Name())
		}
	}
}
