package device

import (
	"slices"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// family is what a sale must know about the line that a model belongs to.
type family struct {
	cashCore      bool // «КЯ»: its tables have other numbers than those of the printer family
	itemTagsFirst bool // FF4Dh goes before FF46h
}

// Models by the number in FCh, as the vendor's Java driver tells them apart.
var (
	cashCoreModels = []uint8{16, 20, 21, 45, 46} // МПЕЙ-Ф, ЯРУС, СМАРТПОС-Ф…
	mobileModels   = []uint8{19}                 // МОБАЙЛ-Ф
)

// familyOf reads DATA of the answer to FCh. A register that does not know the command is of the printer family.
func familyOf(answer []byte) family {
	result, payload, err := shtrih.SplitAnswer(shtrih.DeviceTypeCode, answer)
	if err != nil || result != shtrih.OK {
		return family{}
	}
	var device shtrih.DeviceTypeReply
	if device.Parse(payload) != nil {
		return family{}
	}
	cashCore := slices.Contains(cashCoreModels, device.Model)
	return family{cashCore: cashCore, itemTagsFirst: cashCore || slices.Contains(mobileModels, device.Model)}
}
