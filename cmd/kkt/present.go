package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/emulator"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// documentJSON is a document in the tax service's names.
type documentJSON struct {
	Storage  string `json:"fiscalDriveNumber"`
	Number   uint32 `json:"fiscalDocumentNumber"`
	Sign     uint32 `json:"fiscalSign"`
	Shift    uint32 `json:"shiftNumber"`
	Receipt  uint32 `json:"requestNumber,omitempty"`
	DateTime int64  `json:"dateTime,omitempty"`
	Total    uint64 `json:"totalSum,omitempty"`
	Change   uint64 `json:"change,omitempty"`
	QR       string `json:"qr,omitempty"`
}

// printDocument prints what a receipt or a shift report became.
func (a *app) printDocument(w io.Writer, doc device.Document) error {
	for _, note := range doc.Notes {
		a.note("note: %s", note)
	}
	if a.json {
		j := documentJSON{
			Storage: doc.Storage, Number: doc.Number, Sign: doc.FiscalSign, Shift: doc.Shift, Receipt: doc.Receipt,
			Change: doc.Change, QR: doc.QR(),
		}
		if v, ok := field(doc.TLV, ffd.DateTime); ok {
			if at, err := tlv.DecodeUnixTime(v); err == nil {
				j.DateTime = at.Unix()
			}
		}
		if v, ok := field(doc.TLV, ffd.Total); ok {
			j.Total, _ = tlv.DecodeVLN(v)
		}
		return printJSON(w, j)
	}
	fmt.Fprintf(w, "ФД %d  ФП %010d  ФН %s  shift %d", doc.Number, doc.FiscalSign, doc.Storage, doc.Shift)
	if doc.Receipt > 0 {
		fmt.Fprintf(w, "  receipt %d", doc.Receipt)
	}
	if doc.Change > 0 {
		fmt.Fprintf(w, "  change %s", rubles(doc.Change))
	}
	fmt.Fprintln(w)
	if qr := doc.QR(); qr != "" {
		fmt.Fprintln(w, qr)
	}
	return nil
}

// field finds a field of a document given with its header.
func field(doc []byte, t tlv.Tag) ([]byte, bool) {
	if len(doc) < tlv.HeaderSize {
		return nil, false
	}
	return tlv.Find(doc[tlv.HeaderSize:], t)
}

func storageNumber(doc []byte) string {
	v, _ := field(doc, ffd.StorageNumber)
	return string(v)
}

// statusJSON uses the tax service's names where it has one.
type statusJSON struct {
	Model        string `json:"model"`
	Firmware     string `json:"firmware"`
	Serial       string `json:"kktNumber"`
	Mode         uint8  `json:"mode"`
	ModeStatus   uint8  `json:"modeStatus"`
	ModeName     string `json:"modeName"`
	Submode      uint8  `json:"submode"`
	SubmodeName  string `json:"submodeName"`
	DateTime     string `json:"localDateTime"`
	Storage      string `json:"fiscalDriveNumber"`
	LastDocument uint32 `json:"lastFiscalDocumentNumber"`
	ShiftOpen    bool   `json:"shiftOpen"`
	Shift        uint32 `json:"shiftNumber"`
	Receipt      uint32 `json:"requestNumber"`
	Warnings     uint8  `json:"storageWarnings"`
}

func (a *app) printStatus(w io.Writer, s device.Status) error {
	const clock = "2006-01-02T15:04:05"
	if a.json {
		return printJSON(w, statusJSON{
			Model: s.Model, Firmware: s.Firmware, Serial: s.Serial,
			Mode: uint8(s.Mode.Mode()), ModeStatus: s.Mode.Status(), ModeName: s.Mode.String(),
			Submode: uint8(s.Submode), SubmodeName: s.Submode.String(), DateTime: s.Time.Format(clock),
			Storage: s.Storage, LastDocument: s.LastDocument,
			ShiftOpen: s.ShiftOpen, Shift: s.Shift, Receipt: s.Receipt, Warnings: s.Warnings,
		})
	}
	shift := "closed"
	if s.ShiftOpen {
		shift = "open"
	}
	fmt.Fprintf(w, "model    %s, firmware %s, serial %s\n", s.Model, s.Firmware, s.Serial)
	fmt.Fprintf(w, "mode     %d.%d %v, submode %d %v\n", uint8(s.Mode.Mode()), s.Mode.Status(), s.Mode, uint8(s.Submode), s.Submode)
	fmt.Fprintf(w, "shift    %d %s, receipt %d\n", s.Shift, shift, s.Receipt)
	fmt.Fprintf(w, "storage  ФН %s, last ФД %d, warnings %08b\n", s.Storage, s.LastDocument, s.Warnings)
	_, err := fmt.Fprintf(w, "clock    %s\n", s.Time.Format("2006-01-02 15:04:05"))
	return err
}

// operationJSON is a row of the X report.
type operationJSON struct {
	Operation string    `json:"operation"`
	Receipts  uint16    `json:"receipts"`
	Payments  [4]uint64 `json:"payments"`
}

func (a *app) printTotals(w io.Writer, t device.Totals) error {
	if a.json {
		out := struct {
			Operations   []operationJSON `json:"operations"`
			CashInDrawer uint64          `json:"cashInDrawer"`
			CashIn       uint64          `json:"cashIn"`
			CashOut      uint64          `json:"cashOut"`
		}{CashInDrawer: t.CashInDrawer, CashIn: t.CashIn, CashOut: t.CashOut}
		for _, row := range t.ByOperation {
			name, _ := operationName(row.Operation)
			out.Operations = append(out.Operations, operationJSON{name, row.Receipts, row.Payments})
		}
		return printJSON(w, out)
	}
	fmt.Fprintf(w, "%-20s %8s %14s %14s %14s %14s\n", "", "receipts", "cash", "payment 2", "payment 3", "payment 4")
	for _, row := range t.ByOperation {
		name, _ := operationName(row.Operation)
		fmt.Fprintf(w, "%-20s %8d", name, row.Receipts)
		for _, p := range row.Payments {
			fmt.Fprintf(w, " %14s", rubles(p))
		}
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, "cash in %s, cash out %s, in the drawer %s\n", rubles(t.CashIn), rubles(t.CashOut), rubles(t.CashInDrawer))
	return err
}

// checkForm refuses a form that render does not know, before anything is asked.
func checkForm(as string) error {
	switch as {
	case "", "json", "tree", "hex", "tape":
		return nil
	}
	return &usageError{fmt.Sprintf("--as %q: json, tree, hex or tape is expected", as), ""}
}

// describeExchange is one line of the emulator's log:
// «FF45h close receipt  ok  41 ms  ФД 3 ФП 4281688307».
func describeExchange(e emulator.Exchange) string {
	code, _, ok := shtrih.SplitCode(e.Command)
	if !ok {
		return "empty command"
	}
	result, _, err := shtrih.SplitAnswer(code, e.Answer)
	outcome := "ok"
	switch {
	case err != nil:
		outcome = err.Error()
	case result != shtrih.OK:
		outcome = fmt.Sprintf("%02Xh %s", byte(result), result.English())
	}
	line := fmt.Sprintf("%-6s %-24s %s", code, code.Name(), outcome)
	if e.Duration >= 1e6 {
		line += fmt.Sprintf("  %d ms", e.Duration.Milliseconds())
	}
	if e.Document != 0 {
		line += fmt.Sprintf("  ФД %d ФП %010d", e.Document, e.Sign)
	}
	return strings.TrimRight(line, " ")
}
