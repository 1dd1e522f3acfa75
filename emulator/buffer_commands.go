package emulator

import "github.com/openkkt/openkkt/protocol/shtrih"

// Blocks of the exchange buffer, bytes (ФР–ФН 2.7).
const (
	readBlock  = 250
	writeBlock = 246
)

// bufferState, FF30h.
func bufferState(k *call, _ shtrih.BufferState) shtrih.Result {
	return k.answer(shtrih.BufferStateReply{Size: uint16(len(k.buffer)), Block: readBlock})
}

// readBuffer, FF31h, gives what there is from the offset on.
func readBuffer(k *call, c shtrih.ReadBuffer) shtrih.Result {
	switch offset := int(c.Offset); {
	case len(k.buffer) == 0:
		return shtrih.StorageNoData
	case offset >= len(k.buffer) || c.Count == 0 || c.Count > readBlock:
		return shtrih.BadParameters
	default:
		return k.answer(shtrih.ReadBufferReply{Data: k.buffer[offset:min(len(k.buffer), offset+int(c.Count))]})
	}
}

// startBufferWrite, FF32h: the buffer has that size from now on, all zeros.
func startBufferWrite(k *call, c shtrih.StartBufferWrite) shtrih.Result {
	if c.Size == 0 || int(c.Size) > k.profile.BufferSize {
		return shtrih.BadParameters
	}
	k.buffer = make([]byte, c.Size)
	return k.answer(shtrih.StartBufferWriteReply{Block: writeBlock})
}

// writeBuffer, FF33h.
func writeBuffer(k *call, c shtrih.WriteBuffer) shtrih.Result {
	if int(c.Offset)+len(c.Data) > len(k.buffer) {
		return shtrih.BadParameters
	}
	copy(k.buffer[c.Offset:], c.Data)
	return shtrih.OK
}

// sendBufferedTLV, FF64h, is FF0Ch with the buffer, which it empties.
func sendBufferedTLV(k *call, _ shtrih.SendBufferedTLV) shtrih.Result {
	if len(k.buffer) == 0 {
		return shtrih.StorageNoTLV
	}
	if code := k.addTags(k.buffer); code != shtrih.OK {
		return code
	}
	k.buffer = nil
	return shtrih.OK
}
