package blackbox

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// client gives commands by their bytes. Layouts: Shtrih-M protocol 1.17.
type client struct {
	link
	password uint64 // 4 bytes; 30 is the system administrator's default
}

func newClient(l link) *client { return &client{link: l, password: 30} }

// connect opens a client of the protocol version over TCP for the length of the test.
func (r *register) connect(t testing.TB, version int) *client {
	t.Helper()
	l, err := r.dialTCP(version)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return newClient(l)
}

// with is the code of a command, the password, and its parameters.
func (c *client) with(code []byte, parameters ...[]byte) []byte {
	return join(code, little(c.password, 4), join(parameters...))
}

// try gives the result byte and the payload of the answer; the echoed code is checked.
func (c *client) try(command []byte) (result byte, payload []byte, err error) {
	code := command[:1]
	if command[0] == 0xFF {
		code = command[:2]
	}
	answer, err := c.exchange(command)
	if err != nil {
		return 0, nil, err
	}
	if len(answer) <= len(code) || !bytes.HasPrefix(answer, code) {
		return 0, nil, fmt.Errorf("answer % X to command % X", answer, code)
	}
	result, payload = answer[len(code)], answer[len(code)+1:]
	if result != 0 && len(payload) != 0 {
		return 0, nil, fmt.Errorf("refusal with payload: % X", answer)
	}
	return result, payload, nil
}

func (c *client) must(t testing.TB, command []byte) []byte {
	t.Helper()
	result, payload, err := c.try(command)
	require.NoError(t, err)
	require.Zero(t, result, "command % X refused: %02Xh", command, result)
	return payload
}

func (c *client) refused(t testing.TB, result byte, command []byte) {
	t.Helper()
	got, _, err := c.try(command)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%02Xh", result), fmt.Sprintf("%02Xh", got), "command % X", command)
}

// operator runs a command whose answer is the operator's number alone.
func (c *client) operator(t testing.TB, command []byte) {
	t.Helper()
	require.Equal(t, []byte{byte(c.password)}, c.must(t, command), "operator in the answer to % X", command)
}

func (c *client) openShift() []byte  { return c.with([]byte{0xE0}) }
func (c *client) closeShift() []byte { return c.with([]byte{0x41}) }

// Receipt types of 8Dh and operation types of FF46h are numbered differently.
const (
	saleReceipt           = 0
	purchaseReceipt       = 1
	saleReturnReceipt     = 2
	purchaseReturnReceipt = 3
)

func (c *client) openReceipt(kind byte) []byte { return c.with([]byte{0x8D}, []byte{kind}) }

type item struct {
	operation  byte   // 1 sale, 2 sale return, 3 purchase, 4 purchase return; as tag 1054
	millionths uint64 // of the quantity
	price, sum uint64 // kopecks
	vat        uint64 // kopecks, or notGiven
	rate       byte   // bit of the rate: 02h 10 %, 04h 0 %, 08h none
	department byte
	method     byte // tag 1214
	subject    byte // tag 1212
	name       string
}

func (c *client) item(i item) []byte {
	return c.with([]byte{0xFF, 0x46}, []byte{i.operation}, little(i.millionths, 6), little(i.price, 5), little(i.sum, 5),
		little(i.vat, 5), []byte{i.rate, i.department, i.method, i.subject}, cp1251(i.name))
}

// closeReceipt is FF45h: sums 1 cash, 2-13 electronic, 14 prepaid, 15 credit, 16
// barter, rounding, six VAT totals, one bit of the tax system, text.
func (c *client) closeReceipt(sums map[int]uint64, taxSystem byte) []byte {
	command := c.with([]byte{0xFF, 0x45})
	for i := 1; i <= 16; i++ {
		command = append(command, little(sums[i], 5)...)
	}
	command = append(command, 0)
	for range 6 {
		command = append(command, little(notGiven, 5)...)
	}
	return append(command, taxSystem)
}

func (c *client) cashIn(kopecks uint64) []byte {
	return c.with([]byte{0x50}, little(kopecks, 5))
}

// moneyRegister reads a register by its one- or two-byte number.
func (c *client) moneyRegister(t testing.TB, n int) uint64 {
	t.Helper()
	size := 1
	if n > 0xFF {
		size = 2
	}
	payload := c.must(t, c.with([]byte{0x1A}, little(uint64(n), size)))
	require.Len(t, payload, 7)
	require.Equal(t, byte(c.password), payload[0])
	return number(payload[1:])
}

func (c *client) operationRegister(t testing.TB, n int) uint64 {
	t.Helper()
	payload := c.must(t, c.with([]byte{0x1B}, []byte{byte(n)}))
	require.Len(t, payload, 3)
	require.Equal(t, byte(c.password), payload[0])
	return number(payload[1:])
}

func (c *client) tableField(t testing.TB, table, row, field int) []byte {
	t.Helper()
	return c.must(t, c.with([]byte{0x1F}, little(uint64(table), 1), little(uint64(row), 2), little(uint64(field), 1)))
}

func (c *client) tableText(t testing.TB, table, row, field int) string {
	t.Helper()
	return fromCP1251(c.tableField(t, table, row, field))
}

// document reads a stored document: FF3Ah tells its code and length, FF3Bh gives
// the value in pieces until 08h, «no data».
func (c *client) document(n uint32) (form uint16, value []byte, err error) {
	result, payload, err := c.try(c.with([]byte{0xFF, 0x3A}, little(uint64(n), 4)))
	if err != nil {
		return 0, nil, err
	}
	if result != 0 {
		return 0, nil, fmt.Errorf("FF3Ah for document %d: %02Xh", n, result)
	}
	if len(payload) != 4 {
		return 0, nil, fmt.Errorf("FF3Ah payload % X", payload)
	}
	form, length := uint16(number(payload[:2])), int(number(payload[2:]))
	for {
		result, piece, err := c.try(c.with([]byte{0xFF, 0x3B}))
		switch {
		case err != nil:
			return 0, nil, err
		case result == 0x08:
			if len(value) != length {
				return 0, nil, fmt.Errorf("document %d: %d bytes of the %d announced", n, len(value), length)
			}
			return form, value, nil
		case result != 0:
			return 0, nil, fmt.Errorf("FF3Bh for document %d: %02Xh", n, result)
		case len(piece) == 0 || len(piece) > 250:
			return 0, nil, fmt.Errorf("FF3Bh for document %d: piece of %d bytes", n, len(piece))
		}
		value = append(value, piece...)
	}
}

func (c *client) readDocument(t testing.TB, n uint32, form uint16) elements {
	t.Helper()
	got, value, err := c.document(n)
	require.NoError(t, err)
	require.Equal(t, form, got, "code of document %d", n)
	return readTLV(t, value)
}

// storage is the answer to FF01h.
type storage struct {
	phase, document, data, shift, warnings byte
	at                                     [5]byte // YY MM DD hh mm of the last document
	number                                 string
	last                                   uint32
}

func (c *client) storage() (storage, error) {
	result, p, err := c.try(c.with([]byte{0xFF, 0x01}))
	if err == nil && (result != 0 || len(p) != 30) {
		err = fmt.Errorf("FF01h: result %02Xh, % X", result, p)
	}
	if err != nil {
		return storage{}, err
	}
	return storage{p[0], p[1], p[2], p[3], p[4], [5]byte(p[5:10]), string(p[10:26]), uint32(number(p[26:]))}, nil
}

func (c *client) readStorage(t testing.TB) storage {
	t.Helper()
	s, err := c.storage()
	require.NoError(t, err)
	return s
}

// short is the answer to 10h.
type short struct {
	flags         uint16
	mode, submode byte
	items         int // of the open receipt
	previous      byte
	lastPrint     int // -1 when the answer has no such field
}

func (c *client) status(t testing.TB) short {
	t.Helper()
	p := c.must(t, c.with([]byte{0x10}))
	require.Contains(t, []int{14, 15}, len(p))
	require.Equal(t, byte(c.password), p[0])
	s := short{flags: uint16(number(p[1:3])), mode: p[3], submode: p[4], items: int(p[5]) | int(p[10])<<8, previous: p[12], lastPrint: -1}
	require.Zero(t, p[8], "fiscal memory error")
	if len(p) == 15 {
		s.lastPrint = int(p[14])
	}
	return s
}

// shift is the answer to FF40h: open or not, its number, its receipts.
func (c *client) shift(t testing.TB) (open byte, shiftNumber, receipts int) {
	t.Helper()
	p := c.must(t, c.with([]byte{0xFF, 0x40}))
	require.Len(t, p, 5)
	return p[0], int(number(p[1:3])), int(number(p[3:]))
}
