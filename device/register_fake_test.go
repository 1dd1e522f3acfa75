package device_test

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"slices"
	"sync"
)

// fake is a register by bytes with just enough state for a sale. It speaks protocol 1.
type fake struct {
	mu       sync.Mutex
	commands [][]byte // DATA, in the order of execution
	pending  []byte   // the answer that nobody has confirmed; outlives a connection
	silent   bool

	mode, submode byte
	document      uint32
	vat           byte // table 1 field 14
	items         [][]byte
	last          []byte // value of the last document
	lastForm      uint16
	reading       []byte

	// instead may answer for the register; nil lets the register do it.
	instead func(data []byte) []byte
	// fate says what becomes of a command, by how often it was executed before.
	fate func(data []byte, before int) fate
}

type fate int

const (
	deliver    fate = iota
	loseACK         // executed; neither ACK nor answer leave, ENQ brings the answer
	loseAnswer      // executed; ACK leaves, the answer does not, ENQ brings it
	die             // executed; after ACK nothing is said any more
	powerCut        // executed; after ACK the register forgets the answer and waits for commands
	hangUp          // executed; the connection breaks after ACK
	swallow         // the command does not arrive
	notAtAll        // the command does not arrive and the connection breaks
)

func newFake() *fake {
	f := &fake{mode: 2, document: 41}
	f.report(2)
	return f
}

// executed lists the commands except those that only ask.
func (f *fake) executed() (list []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.commands {
		asks := slices.Contains([]byte{0x10, 0x11, 0xFC, 0x1F}, c[0]) ||
			c[0] == 0xFF && slices.Contains([]byte{0x01, 0x3A, 0x3B, 0x40}, c[1])
		if !asks {
			list = append(list, hex.EncodeToString(c))
		}
	}
	return list
}

// codes are the codes of executed.
func (f *fake) codes() (list []string) {
	for _, c := range f.executed() {
		n := 2
		if c[:2] == "ff" {
			n = 4
		}
		list = append(list, c[:n])
	}
	return list
}

// serve is the register's end of a connection (appendix 2 of Protocol ККТ 1.17).
func (f *fake) serve(conn io.ReadWriteCloser) {
	for {
		first := make([]byte, 1)
		if _, err := io.ReadFull(conn, first); err != nil {
			return
		}
		var frame []byte
		switch first[0] {
		case 0x8F: // a sync of protocol 2
			if _, err := io.ReadFull(conn, make([]byte, 4)); err != nil {
				return
			}
		case 0x02:
			length := make([]byte, 1)
			if _, err := io.ReadFull(conn, length); err != nil {
				return
			}
			frame = make([]byte, int(length[0])+1)
			if _, err := io.ReadFull(conn, frame); err != nil {
				return
			}
			frame = frame[:length[0]]
		}
		out, hang := f.react(first[0], frame)
		if len(out) > 0 {
			if _, err := conn.Write(out); err != nil {
				return
			}
		}
		if hang {
			conn.Close()
			return
		}
	}
}

func (f *fake) react(first byte, data []byte) (out []byte, hang bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.silent:
	case first == 0x8F:
		return h("15"), false
	case first == 0x05 && f.pending != nil:
		return cat(h("06"), frame1(f.pending)), false
	case first == 0x05:
		return h("15"), false
	case first == 0x06:
		f.pending = nil
	case first == 0x02 && f.pending == nil:
		return f.take(data)
	}
	return nil, false
}

func (f *fake) take(data []byte) (out []byte, hang bool) {
	what := deliver
	if f.fate != nil {
		before := 0
		for _, c := range f.commands {
			if string(c) == string(data) {
				before++
			}
		}
		what = f.fate(data, before)
	}
	if what == swallow || what == notAtAll {
		return nil, what == notAtAll
	}
	f.commands = append(f.commands, slices.Clone(data))
	if f.instead != nil {
		f.pending = f.instead(data)
	}
	if f.pending == nil {
		f.pending = f.answer(data)
	}
	switch what {
	case loseACK:
		return nil, false
	case die:
		f.silent = true
	case powerCut:
		f.pending = nil
	case hangUp:
		return h("06"), true
	case deliver:
		return cat(h("06"), frame1(f.pending)), false
	}
	return h("06"), false
}

// answer executes a command; layouts as in Protocol ККТ 1.17.
func (f *fake) answer(c []byte) []byte {
	switch c[0] {
	case 0x10:
		return cat(h("10 00 1E 92 02"), []byte{f.mode, f.submode}, h("00 9F 2C 00 00 00 76 02 01"))
	case 0x11: // a real answer with mode and submode put in
		b := h("11001e54331c1c110c1901da009202040002574100000101100e011a0d2f040086450000590000000000128c86420200")
		b[15], b[16] = f.mode, f.submode
		return b
	case 0xFC:
		return h("fc000000010e1600d0c8d2c5c9cb2d3031")
	case 0x1F:
		return []byte{0x1F, 0x00, f.vat}
	case 0x1E:
		if c[5] == 1 {
			f.vat = c[9]
		}
		return h("1E 00")
	case 0x8D:
		f.mode, f.items = 0x08|c[5]<<4, nil
	case 0x88:
		if f.mode&0x0F != 8 {
			return h("88 73")
		}
		f.mode = 2
	case 0xE0:
		f.mode = 2
		f.report(2)
	case 0x41:
		f.mode = 4
		f.report(5)
	case 0x50, 0x51:
		return cat(c[:1], h("00 1E 07 00"))
	case 0x17, 0x40, 0xB0:
	case 0xFF:
		return f.answerFF(c)
	default:
		return []byte{c[0], 0x37}
	}
	return cat(c[:1], h("00 1E"))
}

func (f *fake) answerFF(c []byte) []byte {
	switch c[1] {
	case 0x01:
		return cat(h("FF 01 00 03 00 00 01 00 13 05 05 0B 3B"), []byte("9999078900011295"), u32(f.document))
	case 0x46:
		f.items = append(f.items, slices.Clone(c))
	case 0x4D, 0x0C:
	case 0x45, 0x76:
		return f.close(c)
	case 0x3A:
		if binary.LittleEndian.Uint32(c[6:]) != f.document {
			return h("FF 3A 08")
		}
		f.reading = f.last
		return cat(h("FF 3A 00"), u16(f.lastForm), u16(uint16(len(f.last))))
	case 0x3B:
		if len(f.reading) == 0 {
			return h("FF 3B 08")
		}
		n := min(len(f.reading), 100)
		part := f.reading[:n]
		f.reading = f.reading[n:]
		return cat(h("FF 3B 00"), part)
	case 0x40:
		return h("FF 40 00 01 03 00 05 00")
	default:
		return []byte{0xFF, c[1], 0x37}
	}
	return []byte{0xFF, c[1], 0x00}
}

// report makes a document of a shift.
func (f *fake) report(form uint16) {
	f.document++
	f.lastForm = form
	f.last = cat(tag(1041, []byte("9999078900011295")), tag(1040, u32(f.document)), tag(1077, h("2104 00000007")), tag(1038, u32(3)))
}

// close makes the document of a receipt from what FF45h brought: total = sum of the items, cash takes the rest.
func (f *fake) close(c []byte) []byte {
	var total uint64
	var items []byte
	for _, it := range f.items {
		sum := money(it[2+4+1+6+5:])
		total += sum
		items = append(items, tag(1059, tag(1043, le(sum)))...)
	}
	cash, electronic := money(c[6:]), money(c[11:])
	change := cash + electronic - total
	f.document++
	f.lastForm = 3
	f.last = cat(tag(1041, []byte("9999078900011295")), tag(1040, u32(f.document)), tag(1012, u32(1584717840)),
		tag(1077, h("3104 10E1A362")), tag(1038, u32(3)), tag(1042, u32(6)),
		tag(1054, f.items[0][6:7]), tag(1020, le(total)), items,
		tag(1031, le(cash-change)), tag(1081, le(electronic)), tag(1215, le(0)), tag(1216, le(0)), tag(1217, le(0)))
	f.mode = 2
	return cat(c[:2], h("00"), le(change)[:5], u32(f.document), h("62A3E110"))
}

func tag(t uint16, value []byte) []byte { return cat(u16(t), u16(uint16(len(value))), value) }

func u16(v uint16) []byte { return binary.LittleEndian.AppendUint16(nil, v) }
func u32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// le is six bytes of money, as the longest VLN of a receipt.
func le(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v)[:6] }

func money(b []byte) uint64 { return uint64(binary.LittleEndian.Uint32(b)) | uint64(b[4])<<32 }
