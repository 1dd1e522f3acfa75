package emulator

import (
	"fmt"

	"strconv"

	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
)

func shortStatus(k *call, _ shtrih.ShortStatus) shtrih.Result {
	mode, status := k.mode()
	return k.answer(shtrih.ShortStatusReply{
		Operator:   k.operator,
		Flags:      k.printerFlags(),
		Mode:       shtrih.MakeModeByte(mode, status),
		Submode:    k.submode(),
		Operations: k.operations(),
		Battery:    k.profile.Battery, Supply: k.profile.Supply,
		HeadTemperature: k.profile.HeadTemperature,
		PreviousMode:    uint8(k.previousMode()),
		LastPrint:       k.lastPrint(),
		HasLastPrint:    k.profile.modelFlags&shtrih.ModelLastPrint != 0,
	})
}

// lastPrint is how printing goes, for models that tell.
func (r *Register) lastPrint() shtrih.LastPrint {
	switch r.submode() {
	case shtrih.SubmodePaperEnded, shtrih.SubmodeAwaitResume:
		return shtrih.PrintNoPaper
	case shtrih.SubmodePrinting:
		return shtrih.PrintGoesOn
	}
	return shtrih.PrintDone
}

// operations is the number of items in the open receipt.
func (r *Register) operations() uint16 {
	if r.receipt == nil {
		return 0
	}
	return uint16(r.receipt.live())
}

// previousMode is the mode before the present one, without its status.
func (r *Register) previousMode() shtrih.Mode {
	if r.reading != nil && r.profile.DataOutputMode {
		return r.reading.from
	}
	if r.testing || r.receipt != nil {
		return r.state.mode
	}
	return r.state.previous
}

func fullStatus(k *call, _ shtrih.FullStatus) shtrih.Result {
	var shift fnlink.ShiftStateReply
	if code := k.ask(fnlink.ShiftState{}, &shift); code != shtrih.OK {
		return code
	}
	closed := shift.Shift
	if shift.Open {
		closed--
	}
	mode, status := k.mode()
	now := k.clock()
	tables, firmware := k.state.tables, &k.profile.Firmware
	inn, _ := strconv.ParseUint(tables.text(setUserINN), 10, 48)
	return k.answer(shtrih.FullStatusReply{
		Operator: k.operator,
		Version:  [2]byte([]byte(firmware.Version)), Build: firmware.Build, BuildDate: k.profile.firmwareDate,
		Hall:           firmware.Hall,
		DocumentNumber: uint16(k.state.counts.get(numberDocument)),
		Flags:          k.printerFlags(),
		Mode:           shtrih.MakeModeByte(mode, status),
		Submode:        k.submode(),
		Port:           k.port,
		FMVersion:      [2]byte([]byte(firmware.MemoryVersion)), FMDate: k.profile.memoryDate,
		Date: shtrih.DateOf(now), Time: shtrih.TimeOf(now),
		Serial:          serialNumber(tables.text(setSerial)),
		LastClosedShift: closed,
		INN:             inn,
	})
}

// errorText, 6Bh. Without a code it is the last error, in the words that a
// register used in a log (fr_drv_ng issue 236).
func errorText(k *call, c shtrih.ErrorText) shtrih.Result {
	words := c.Error.Text(k.profile.errorFamily, shtrih.Russian)
	if c.Last {
		last := k.lastError
		words = fmt.Sprintf("Код ошибки %02Xh (%d) от ККТ: %s", byte(last), byte(last), last.Text(k.profile.errorFamily, shtrih.Russian))
	}
	text, _ := charset.AppendCP1251(nil, words, charset.Conventional)
	return k.answer(shtrih.ErrorTextReply{Text: text})
}

func extendedQuery(k *call, c shtrih.ExtendedQuery) shtrih.Result {
	if c.Type != shtrih.QueryModel {
		return shtrih.BadParameters
	}
	return k.answer(k.modelParameters())
}

func deviceType(k *call, _ shtrih.DeviceType) shtrih.Result {
	d := &k.profile.Device
	return k.answer(shtrih.DeviceTypeReply{
		Type: d.Type, Subtype: d.Subtype, Protocol: d.Protocol, Subprotocol: d.Subprotocol,
		Model: d.Model, Language: d.Language, Name: k.profile.name,
	})
}
