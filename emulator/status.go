package emulator

import (
	"strconv"

	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv/charset"
)

func shortStatus(k *call, _ shtrih.ShortStatus) shtrih.Result {
	mode, status := k.mode()
	return k.answer(shtrih.ShortStatusReply{
		Operator:   k.operator,
		Flags:      restingFlags,
		Mode:       shtrih.MakeModeByte(mode, status),
		Submode:    shtrih.SubmodeReady,
		Operations: k.operations(),
		Battery:    batteryVoltage, Supply: supplyVoltage,
		HeadTemperature: headTemperature,
		PreviousMode:    uint8(k.previousMode()),
	})
}

// operations is the number of items in the open receipt.
func (r *Register) operations() uint16 {
	if r.receipt == nil {
		return 0
	}
	return uint16(len(r.receipt.items))
}

// previousMode is the mode before the present one, without its status.
func (r *Register) previousMode() shtrih.Mode {
	if r.reading != nil {
		return r.reading.from
	}
	if r.receipt != nil {
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
	tables := k.state.tables
	inn, _ := strconv.ParseUint(tables.text(tableStorage, 1, fieldUserINN), 10, 48)
	return k.answer(shtrih.FullStatusReply{
		Operator: k.operator,
		Version:  firmwareVersion, Build: firmwareBuild, BuildDate: firmwareDate,
		Hall:           hall,
		DocumentNumber: uint16(k.state.counts[numberDocument]),
		Flags:          restingFlags,
		Mode:           shtrih.MakeModeByte(mode, status),
		Submode:        shtrih.SubmodeReady,
		Port:           k.port,
		FMVersion:      memoryVersion, FMDate: memoryDate,
		Date: shtrih.DateOf(now), Time: shtrih.TimeOf(now),
		Serial:          serialNumber(tables.text(tableStorage, 1, fieldSerial)),
		LastClosedShift: closed,
		INN:             inn,
	})
}

func errorText(k *call, c shtrih.ErrorText) shtrih.Result {
	text, _ := charset.AppendCP1251(nil, c.Error.Russian(), charset.Conventional)
	return k.answer(shtrih.ErrorTextReply{Text: text})
}

func extendedQuery(k *call, c shtrih.ExtendedQuery) shtrih.Result {
	if c.Type != shtrih.QueryModel {
		return shtrih.BadParameters
	}
	return k.answer(k.modelParameters())
}

func deviceType(k *call, _ shtrih.DeviceType) shtrih.Result {
	name, _ := charset.AppendCP1251(nil, modelName, charset.Conventional)
	return k.answer(shtrih.DeviceTypeReply{
		Protocol: protocolMajor, Subprotocol: protocolMinor, Model: modelNumber, Name: name,
	})
}
