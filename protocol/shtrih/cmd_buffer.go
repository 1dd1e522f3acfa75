package shtrih

// Codes of the commands for the exchange buffer of the register. A TLV longer
// than FF0Ch takes is written there and then sent by FF64h; long data of the ФН
// are read from it.
const (
	BufferStateCode      Code = 0xFF30
	ReadBufferCode       Code = 0xFF31
	StartBufferWriteCode Code = 0xFF32
	WriteBufferCode      Code = 0xFF33
	SendBufferedTLVCode  Code = 0xFF64
)

const (
	maxReadBlock    = 250
	writeBufferHead = 4 + 2 + 1
	maxWriteBlock   = MaxData1 - 2 - writeBufferHead
)

// BufferState, FF30h: password:4.
type BufferState struct{ Password uint32 }

func (c BufferState) Code() Code { return BufferStateCode }

func (c BufferState) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *BufferState) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// BufferStateReply: size:2 block:1.
type BufferStateReply struct {
	Size  uint16 // bytes in the buffer
	Block uint8  // the most that one FF31h or FF33h may carry
}

func (r BufferStateReply) AppendTo(dst []byte) []byte {
	return append(le.AppendUint16(dst, r.Size), r.Block)
}

func (r *BufferStateReply) Parse(p []byte) error {
	if err := checkPayload(BufferStateCode, p, 3, 3); err != nil {
		return err
	}
	*r = BufferStateReply{le.Uint16(p), p[2]}
	return nil
}

// ReadBuffer, FF31h: password:4 offset:2 count:1.
type ReadBuffer struct {
	Password uint32
	Offset   uint16
	Count    uint8
}

func (c ReadBuffer) Code() Code { return ReadBufferCode }

func (c ReadBuffer) AppendTo(dst []byte) []byte {
	return append(le.AppendUint16(appendHead(dst, c.Code(), c.Password), c.Offset), c.Count)
}

func (c *ReadBuffer) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 7, 7); err != nil {
		return err
	}
	*c = ReadBuffer{le.Uint32(data), le.Uint16(data[4:]), data[6]}
	return nil
}

// ReadBufferReply: data:0..250.
type ReadBufferReply struct {
	Data []byte `show:"hex"`
}

func (r ReadBufferReply) AppendTo(dst []byte) []byte { return append(dst, r.Data...) }

func (r *ReadBufferReply) Parse(p []byte) error {
	if err := checkPayload(ReadBufferCode, p, 0, maxReadBlock); err != nil {
		return err
	}
	r.Data = p
	return nil
}

// StartBufferWrite, FF32h: password:4 size:2.
type StartBufferWrite struct {
	Password uint32
	Size     uint16 // of all that will be written
}

func (c StartBufferWrite) Code() Code { return StartBufferWriteCode }

func (c StartBufferWrite) AppendTo(dst []byte) []byte {
	return le.AppendUint16(appendHead(dst, c.Code(), c.Password), c.Size)
}

func (c *StartBufferWrite) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 6, 6); err != nil {
		return err
	}
	*c = StartBufferWrite{le.Uint32(data), le.Uint16(data[4:])}
	return nil
}

// StartBufferWriteReply: block:1.
type StartBufferWriteReply struct{ Block uint8 } // the most that one FF33h may carry

func (r StartBufferWriteReply) AppendTo(dst []byte) []byte { return append(dst, r.Block) }

func (r *StartBufferWriteReply) Parse(p []byte) error {
	if err := checkPayload(StartBufferWriteCode, p, 1, 1); err != nil {
		return err
	}
	r.Block = p[0]
	return nil
}

// WriteBuffer, FF33h: password:4 offset:2 count:1 data:1..246.
type WriteBuffer struct {
	Password uint32
	Offset   uint16
	Data     []byte `show:"hex"` // its length is the count
}

func (c WriteBuffer) Code() Code { return WriteBufferCode }

func (c WriteBuffer) AppendTo(dst []byte) []byte {
	if len(c.Data) > maxWriteBlock {
		panic("shtrih: block does not fit a frame")
	}
	dst = le.AppendUint16(appendHead(dst, c.Code(), c.Password), c.Offset)
	return append(append(dst, byte(len(c.Data))), c.Data...)
}

// Parse wants as many bytes as the count says.
func (c *WriteBuffer) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, writeBufferHead+1, writeBufferHead+maxWriteBlock); err != nil {
		return err
	}
	size := writeBufferHead + int(data[6])
	if err := checkLength(c.Code(), data, size, size); err != nil {
		return err
	}
	*c = WriteBuffer{le.Uint32(data), le.Uint16(data[4:]), data[writeBufferHead:]}
	return nil
}

func (c WriteBuffer) Check() error { return checkText(c.Code(), "Data", c.Data, maxWriteBlock) }

// SendBufferedTLV, FF64h: password:4. What FF0Ch does, with the TLV of the buffer.
type SendBufferedTLV struct{ Password uint32 }

func (c SendBufferedTLV) Code() Code { return SendBufferedTLVCode }

func (c SendBufferedTLV) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *SendBufferedTLV) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}
