package blackbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	frozen = "frozen:2026-03-02T10:00:00Z"
	inn    = "7800000002" // made up, with a right check digit
	ofdINN = "7700000009"
)

var frozenTime = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// eachLink runs the test over both link protocols, each on its own register.
func eachLink(t *testing.T, test func(t *testing.T, c *client)) {
	t.Parallel()
	for _, version := range []int{1, 2} {
		t.Run(fmt.Sprintf("protocol %d", version), func(t *testing.T) {
			t.Parallel()
			r := startRegister(t, "--ffd", "1.2", "--clock", frozen, "--inn", inn, "--ofd-inn", ofdINN, "--seed", "7")
			test(t, r.connect(t, version))
		})
	}
}

func TestEveryFieldOfEveryAnswerMeansWhatTheProtocolSays(t *testing.T) {
	eachLink(t, func(t *testing.T, c *client) {
		flags := checkModel(t, c)
		printResult := flags>>34&1 == 1 // bit 34: 10h tells the result of the last print

		s := c.status(t)
		assert.Equal(t, byte(4), s.mode, "shift closed")
		assert.Equal(t, byte(0), s.submode, "paper present")
		assert.Equal(t, 0, s.items)
		assert.Equal(t, printResult, s.lastPrint >= 0)
		checkFlags(t, s.flags)

		full := checkFull(t, c, s)
		assert.Equal(t, 0, full.lastClosedShift)

		fs := c.readStorage(t)
		assert.Equal(t, byte(3), fs.phase, "set up and in fiscal mode")
		assert.Equal(t, byte(0), fs.document)
		assert.Equal(t, byte(0), fs.data)
		assert.Equal(t, byte(0), fs.shift)
		assert.Equal(t, byte(0), fs.warnings)
		assert.Equal(t, [5]byte{26, 3, 2, 10, 0}, fs.at)
		assert.Equal(t, uint32(1), fs.last, "the registration report")
		assert.Regexp(t, `^9999\d{12}$`, fs.number)
		assert.Equal(t, fs.number, string(c.must(t, c.with([]byte{0xFF, 0x02}))))
		open, shift, receipts := c.shift(t)
		assert.Equal(t, [3]int{0, 0, 0}, [3]int{int(open), shift, receipts})

		c.operator(t, c.openShift())
		c.refused(t, 0x73, c.openShift())
		s = c.status(t)
		assert.Equal(t, byte(2), s.mode, "shift open")
		open, shift, receipts = c.shift(t)
		assert.Equal(t, [3]int{1, 1, 0}, [3]int{int(open), shift, receipts})
		fs = c.readStorage(t)
		assert.Equal(t, byte(1), fs.shift)
		assert.Equal(t, uint32(2), fs.last)

		p := c.must(t, c.cashIn(100_000))
		require.Len(t, p, 3)
		assert.Equal(t, byte(30), p[0])
		assert.Positive(t, number(p[1:]), "document number")
		assert.Equal(t, uint64(100_000), c.moneyRegister(t, 241))
		assert.Equal(t, uint64(100_000), c.moneyRegister(t, 242))

		c.operator(t, c.openReceipt(saleReceipt))
		c.refused(t, 0x73, c.openReceipt(saleReceipt))
		assert.Equal(t, byte(0x08), c.status(t).mode)
		assert.Empty(t, c.must(t, c.item(flour)))
		assert.Empty(t, c.must(t, c.with([]byte{0xFF, 0x4D}, tlv(2108, []byte{11})))) // kilograms
		assert.Equal(t, 1, c.status(t).items)
		assert.Empty(t, c.must(t, c.item(delivery)))
		assert.Equal(t, 2, c.status(t).items)
		assert.Empty(t, c.must(t, c.with([]byte{0xFF, 0x0C}, tlv(1008, cp866("buyer@example.org")))))
		c.refused(t, 0x45, c.closeReceipt(map[int]uint64{1: 14_999}, 1))
		c.refused(t, 0x4D, c.closeReceipt(map[int]uint64{2: 15_001}, 1))
		p = c.must(t, c.closeReceipt(map[int]uint64{1: 20_000, 2: 3_000}, 1))
		require.Len(t, p, 13)
		assert.Equal(t, uint64(8_000), number(p[:5]), "change")
		assert.Equal(t, uint64(3), number(p[5:9]), "ФД")
		sign := uint32(number(p[9:13]))
		assert.NotZero(t, sign)

		s = c.status(t)
		assert.Equal(t, byte(2), s.mode)
		assert.Equal(t, 0, s.items)
		checkRegisters(t, c, map[int]uint64{
			193: 12_000, 194: 0, 195: 0, 196: 0, // cash without the change
			197: 3_000, 201: 0, 205: 0,
			121: 10_000, 125: 5_000, 129: 0, // departments 1, 2, 3
			120: 112_000, 241: 112_000, 242: 100_000, 243: 0,
			0: 0, 4: 0, 72: 0, 76: 0, // those of the receipt are zero again
		})
		assert.Equal(t, uint64(1), c.operationRegister(t, 144))
		assert.Equal(t, uint64(1), c.operationRegister(t, 148))

		// The four kinds of receipts, with date and time in the answer from now on.
		c.must(t, c.with([]byte{0x1E}, []byte{17}, little(1, 2), []byte{36}, []byte{1}))
		assert.Equal(t, []byte{1}, c.tableField(t, 17, 1, 36))
		signs := map[uint32]uint32{3: sign}
		for i, kind := range []struct{ receipt, mode, operation byte }{
			{purchaseReceipt, 0x18, 3}, {saleReturnReceipt, 0x28, 2}, {purchaseReturnReceipt, 0x38, 4},
		} {
			c.operator(t, c.openReceipt(kind.receipt))
			assert.Equal(t, kind.mode, c.status(t).mode)
			coffee := coffee
			coffee.operation = kind.operation
			c.must(t, c.item(coffee))
			p := c.must(t, c.closeReceipt(map[int]uint64{1: coffee.sum}, 1))
			require.Len(t, p, 18)
			assert.Zero(t, number(p[:5]))
			n := uint32(4 + i)
			assert.Equal(t, uint64(n), number(p[5:9]))
			signs[n] = uint32(number(p[9:13]))
			assert.Equal(t, []byte{26, 3, 2, 10, 0}, p[13:])
		}
		checkRegisters(t, c, map[int]uint64{193: 12_000, 194: 700, 195: 700, 196: 700, 241: 111_300})
		_, _, receipts = c.shift(t)
		assert.Equal(t, 4, receipts)

		c.operator(t, c.closeShift())
		assert.Equal(t, byte(4), c.status(t).mode)
		open, shift, _ = c.shift(t)
		assert.Equal(t, [2]int{0, 1}, [2]int{int(open), shift})
		checkRegisters(t, c, map[int]uint64{193: 0, 194: 0, 195: 0, 196: 0, 197: 0, 121: 0, 125: 0, 241: 111_300, 242: 0, 243: 0})
		assert.Equal(t, uint64(0), c.operationRegister(t, 144))
		assert.Equal(t, uint64(1), c.operationRegister(t, 148))
		assert.Equal(t, 1, checkFull(t, c, c.status(t)).lastClosedShift)
		assert.Equal(t, uint32(7), c.readStorage(t).last)

		checkRegistration(t, c, c.readDocument(t, 1, 1))
		checkShiftOpening(t, c, c.readDocument(t, 2, 2))
		checkFirstReceipt(t, c, c.readDocument(t, 3, 3), signs[3])
		for n, operation := range map[uint32]uint64{4: 3, 5: 2, 6: 4} {
			doc := c.readDocument(t, n, 3)
			checkCommon(t, c, doc, n, "3104")
			assert.Equal(t, operation, doc.fixed(t, 1054, 1))
			assert.Equal(t, uint64(n-2), doc.fixed(t, 1042, 4), "receipt of the shift")
			assert.Equal(t, uint64(700), doc.vln(t, 1020))
			assert.Equal(t, signs[n], signOf(t, doc))
		}
		checkShiftClosing(t, c, c.readDocument(t, 7, 5))
		c.refused(t, 0x08, c.with([]byte{0xFF, 0x3A}, little(8, 4)))
	})
}

var (
	flour    = item{1, 2_500_000, 4_000, 10_000, notGiven, 0x02, 1, 4, 1, "Мука ржаная"}
	delivery = item{1, 1_000_000, 5_000, 5_000, notGiven, 0x08, 2, 4, 4, "Доставка"}
	coffee   = item{1, 1_000_000, 700, 700, notGiven, 0x08, 1, 4, 1, "Кофе"}
)

// checkModel reads FCh and F7h and returns the flags of the model.
func checkModel(t *testing.T, c *client) uint64 {
	p := c.must(t, []byte{0xFC})
	require.Greater(t, len(p), 6)
	assert.Equal(t, byte(0), p[0], "type: register")
	assert.Equal(t, byte(0), p[1], "subtype")
	assert.Equal(t, []byte{1, 14}, p[2:4], "protocol 1.14, as real devices say")
	assert.Equal(t, byte(250), p[4], "model ШТРИХ-М-01Ф")
	assert.Equal(t, byte(0), p[5], "language: Russian")
	assert.LessOrEqual(t, len(p)-6, 40)
	assert.Regexp(t, `^[0-9A-Za-zА-Яа-я -]+$`, fromCP1251(p[6:]))

	p = c.must(t, []byte{0xF7, 1})
	require.GreaterOrEqual(t, len(p), 30)
	flags := number(p[:8])
	assert.Zero(t, flags>>23&1, "not a cash core")
	assert.Equal(t, uint64(1), flags>>28&1, "protocol 2.0 is supported")
	assert.Positive(t, p[8], "width of font 1, dots")
	assert.Positive(t, p[9], "width of font 2, dots")
	assert.Equal(t, byte(12), p[11], "digits of the INN")
	assert.Equal(t, uint64(0), number(p[15:19]), "default password of the tax inspector")
	assert.Equal(t, uint64(30), number(p[19:23]), "default password of the system administrator")
	assert.Equal(t, uint64(255), number(p[25:27]), "longest command")
	assert.Positive(t, p[27], "bytes in a graphics line")
	if len(p) >= 37 { // numbers of tables: storage, ОФД, regional; field of the FFD
		assert.Equal(t, byte(18), p[31])
		assert.Equal(t, byte(19), p[32])
		assert.Equal(t, []byte{17, 17}, p[34:36])
	}
	return flags
}

// checkFlags demands what is true of an idle register with paper and a closed cover.
func checkFlags(t *testing.T, flags uint16) {
	assert.NotZero(t, flags&(1<<1), "receipt roll present")
	assert.NotZero(t, flags&(1<<4), "two digits after the point")
	assert.NotZero(t, flags&(1<<7), "receipt paper seen")
	assert.Zero(t, flags&(1<<10), "cover closed")
}

type full struct{ lastClosedShift int }

func checkFull(t *testing.T, c *client, s short) full {
	p := c.must(t, c.with([]byte{0x11}))
	require.Contains(t, []int{46, 48, 50}, len(p))
	assert.Equal(t, byte(30), p[0])
	assert.Regexp(t, `^[0-9A-Z]{2}$`, string(p[1:3]), "firmware version")
	checkDate(t, p[5:8])
	assert.Equal(t, byte(1), p[8], "number of the register in the shop")
	assert.Equal(t, s.flags, uint16(number(p[11:13])))
	assert.Equal(t, s.mode, p[13])
	assert.Equal(t, s.submode, p[14])
	assert.Equal(t, byte(2), p[15], "port: TCP")
	assert.Equal(t, []byte{2, 3, 26}, p[23:26], "date DD MM YY")
	assert.Equal(t, []byte{10, 0, 0}, p[26:29], "time")
	serial, err := strconv.ParseUint(strings.TrimLeft(c.tableText(t, 18, 1, 1), "0"), 10, 64)
	require.NoError(t, err)
	high := uint64(0)
	if len(p) == 50 {
		high = number(p[48:50])
	}
	if number(p[30:34]) != 0xFFFFFFFF { // all ones: the number does not fit
		assert.Equal(t, serial, number(p[30:34])|high<<32, "serial number")
	}
	assert.Equal(t, inn, fmt.Sprintf("%010d", number(p[40:46])))
	assert.LessOrEqual(t, p[38], byte(1), "registrations made: a real registered device says 0")
	return full{lastClosedShift: int(number(p[34:36]))}
}

// checkDate accepts any calendar date DD MM YY.
func checkDate(t *testing.T, b []byte) {
	date := time.Date(2000+int(b[2]), time.Month(b[1]), int(b[0]), 0, 0, 0, 0, time.UTC)
	assert.Equal(t, int(b[0]), date.Day(), "date % X", b)
	assert.Equal(t, int(b[1]), int(date.Month()), "date % X", b)
}

func checkRegisters(t *testing.T, c *client, want map[int]uint64) {
	t.Helper()
	for n, sum := range want {
		assert.Equal(t, sum, c.moneyRegister(t, n), "money register %d", n)
		// The same register by its two-byte number.
		p := c.must(t, c.with([]byte{0x1A}, little(uint64(n), 2)))
		require.Len(t, p, 7)
		assert.Equal(t, sum, number(p[1:]), "money register %d", n)
	}
}

func signOf(t testing.TB, doc elements) uint32 {
	t.Helper()
	v := doc.one(t, 1077)
	require.Len(t, v, 6)
	return uint32(v[2])<<24 | uint32(v[3])<<16 | uint32(v[4])<<8 | uint32(v[5])
}

// checkCommon checks what every document carries. signPrefix is the first two
// bytes of 1077 when real documents show them, else empty.
func checkCommon(t *testing.T, c *client, doc elements, n uint32, signPrefix string) {
	t.Helper()
	assert.Equal(t, c.readStorage(t).number, doc.text(t, 1041, 16))
	assert.Equal(t, fmt.Sprintf("%-20s", c.tableText(t, 18, 1, 3)), doc.text(t, 1037, 20))
	assert.Equal(t, fmt.Sprintf("%-12s", inn), doc.text(t, 1018, 12))
	assert.Equal(t, uint64(n), doc.fixed(t, 1040, 4))
	assert.Equal(t, frozenTime, doc.time(t, 1012))
	assert.Equal(t, uint64(4), doc.fixed(t, 1209, 1), "FFD 1.2")
	sign := doc.one(t, 1077)
	require.Len(t, sign, 6)
	assert.Equal(t, byte(4), sign[1], "length of the sign")
	if signPrefix != "" {
		assert.Equal(t, unhex(t, signPrefix), sign[:2])
	}
}

func checkRegistration(t *testing.T, c *client, doc elements) {
	doc.checkTags(t, "1001 1009 1012 1013 1017 1018 1021 1037 1040 1041 1046 1048 1060 1062 1077 1117 1187 1188 1189 1190 1209 1213 1290",
		"1002 1056 1203 1274 1275", "")
	checkCommon(t, c, doc, 1, "2104")
	assert.Zero(t, doc.fixed(t, 1001, 1), "not automatic")
	for _, tag := range []uint16{1002, 1056} { // not autonomous, no encryption
		for _, v := range doc.all(tag) {
			assert.Equal(t, []byte{0}, v, "tag %d", tag)
		}
	}
	// The register's own table 18 tells the same.
	for field, tag := range map[int]uint16{1: 1013, 7: 1048, 9: 1009, 10: 1046, 13: 1060, 14: 1187, 15: 1117} {
		assert.Equal(t, c.tableText(t, 18, 1, field), doc.text(t, tag, 256), "tag %d, table 18 field %d", tag, field)
	}
	assert.LessOrEqual(t, len(doc.one(t, 1013)), 20)
	assert.LessOrEqual(t, len(doc.one(t, 1117)), 64)
	assert.Equal(t, inn, strings.TrimRight(c.tableText(t, 18, 1, 2), " "))
	assert.Equal(t, fmt.Sprintf("%-12s", ofdINN), doc.text(t, 1017, 12))
	doc.text(t, 1021, 64)
	doc.text(t, 1188, 8)
	assert.Equal(t, uint64(4), doc.fixed(t, 1189, 1))
	assert.Equal(t, uint64(4), doc.fixed(t, 1190, 1))
	systems := doc.fixed(t, 1062, 1)
	assert.NotZero(t, systems)
	assert.Zero(t, systems&^0x3F, "tax systems have six bits")
	assert.Positive(t, doc.fixed(t, 1213, 2), "days of key life left")
	assert.LessOrEqual(t, doc.fixed(t, 1213, 2), uint64(10*366), "storages live for some years")
	assert.Zero(t, doc.fixed(t, 1290, 4)&^0x1FF66, "bits 1, 2, 5, 6, 8-16")

	// The registration number ends in a CRC over its own order number, the INN and
	// the serial number, all filled up with zeros on the left.
	rnm := strings.TrimRight(doc.text(t, 1037, 20), " ")
	require.Len(t, rnm, 16)
	text := fmt.Sprintf("%s%012s%020s", rnm[:10], inn, doc.text(t, 1013, 20))
	assert.Equal(t, fmt.Sprintf("%06d", crc16([]byte(text))), rnm[10:])
}

func checkShiftOpening(t *testing.T, c *client, doc elements) {
	doc.checkTags(t, "1012 1018 1021 1037 1038 1040 1041 1077 1188 1189 1209",
		"1009 1048 1050 1051 1052 1053 1187 1203 1206 1276 1277", "")
	checkCommon(t, c, doc, 2, "")
	assert.Equal(t, uint64(1), doc.fixed(t, 1038, 4), "shift")
	assert.Equal(t, uint64(4), doc.fixed(t, 1189, 1))
	assert.Equal(t, c.tableText(t, 2, 30, 2), doc.text(t, 1021, 64))
	doc.text(t, 1188, 8)
}

func checkFirstReceipt(t *testing.T, c *client, doc elements, sign uint32) {
	doc.checkTags(t, "1008 1009 1012 1018 1020 1021 1031 1037 1038 1040 1041 1042 1048 1054 1055 1059 1077 1081 1103 1105 1187 1209 1215 1216 1217",
		"1060 1203", "1059")
	checkCommon(t, c, doc, 3, "3104")
	assert.Equal(t, sign, signOf(t, doc), "the sign of the answer")
	assert.Equal(t, uint64(1), doc.fixed(t, 1038, 4))
	assert.Equal(t, uint64(1), doc.fixed(t, 1042, 4))
	assert.Equal(t, uint64(1), doc.fixed(t, 1054, 1))
	assert.Equal(t, uint64(1), doc.fixed(t, 1055, 1))
	assert.Equal(t, "buyer@example.org", doc.text(t, 1008, 64))
	assert.Equal(t, c.tableText(t, 2, 30, 2), doc.text(t, 1021, 64))
	for field, tag := range map[int]uint16{7: 1048, 9: 1009, 14: 1187} {
		assert.Equal(t, c.tableText(t, 18, 1, field), doc.text(t, tag, 256), "tag %d", tag)
	}
	for tag, sum := range map[uint16]uint64{
		1020: 15_000, 1031: 12_000, 1081: 3_000, 1215: 0, 1216: 0, 1217: 0,
		1103: 909,   // 10 % inside 100.00, half up
		1105: 5_000, // turnover without VAT
	} {
		assert.Equal(t, sum, doc.vln(t, tag), "tag %d", tag)
	}

	items := doc.all(1059)
	require.Len(t, items, 2)
	first := readTLV(t, items[0])
	first.checkTags(t, "1023 1030 1043 1079 1199 1200 1212 1214 2108", "", "")
	assert.Equal(t, flour.name, first.text(t, 1030, 128))
	assert.Equal(t, flour.millionths, first.quantity(t, 1023))
	assert.Equal(t, uint64(4_000), first.vln(t, 1079))
	assert.Equal(t, uint64(10_000), first.vln(t, 1043))
	assert.Equal(t, uint64(2), first.fixed(t, 1199, 1), "10 %")
	assert.Equal(t, uint64(909), first.vln(t, 1200))
	assert.Equal(t, uint64(1), first.fixed(t, 1212, 1))
	assert.Equal(t, uint64(4), first.fixed(t, 1214, 1))
	assert.Equal(t, uint64(11), first.fixed(t, 2108, 1))
	second := readTLV(t, items[1])
	second.checkTags(t, "1023 1030 1043 1079 1199 1212 1214 2108", "", "")
	assert.Equal(t, delivery.name, second.text(t, 1030, 128))
	assert.Equal(t, delivery.millionths, second.quantity(t, 1023))
	assert.Equal(t, uint64(5_000), second.vln(t, 1079))
	assert.Equal(t, uint64(5_000), second.vln(t, 1043))
	assert.Equal(t, uint64(6), second.fixed(t, 1199, 1), "without VAT")
	assert.Equal(t, uint64(4), second.fixed(t, 1212, 1))
	assert.Equal(t, uint64(4), second.fixed(t, 1214, 1))
	assert.Equal(t, uint64(0), second.fixed(t, 2108, 1), "pieces when nothing was sent")
}

func checkShiftClosing(t *testing.T, c *client, doc elements) {
	doc.checkTags(t, "1012 1018 1021 1037 1038 1040 1041 1077 1097 1098 1111 1118 1157 1194 1209 1213",
		"1009 1048 1050 1051 1052 1053 1187 1203 1206 1278 1279", "")
	checkCommon(t, c, doc, 7, "")
	assert.Equal(t, uint64(1), doc.fixed(t, 1038, 4))
	assert.Equal(t, c.tableText(t, 2, 30, 2), doc.text(t, 1021, 64))
	assert.Equal(t, uint64(6), doc.fixed(t, 1111, 4), "documents of the shift, both reports included")
	assert.Equal(t, uint64(4), doc.fixed(t, 1118, 4), "receipts of the shift")
	// Nothing was delivered: whether the report counts itself is not written down.
	assert.Contains(t, []uint64{6, 7}, doc.fixed(t, 1097, 4))
	assert.Equal(t, frozenTime.Truncate(24*time.Hour), doc.time(t, 1098), "the day of the first one")
	assert.Positive(t, doc.fixed(t, 1213, 2))

	for _, tag := range []uint16{1157, 1194} { // since registration, and of the shift
		totals := readTLV(t, doc.one(t, tag))
		assert.Equal(t, uint64(4), totals.fixed(t, 1134, 4), "%d: receipts", tag)
		for kind, want := range map[uint16]map[uint16]uint64{
			1129: {1201: 15_000, 1136: 12_000, 1138: 3_000, 1140: 909, 1183: 5_000},
			1130: {1201: 700, 1136: 700, 1183: 700},
			1131: {1201: 700, 1136: 700, 1183: 700},
			1132: {1201: 700, 1136: 700, 1183: 700},
		} {
			block := readTLV(t, totals.one(t, kind))
			assert.Equal(t, uint64(1), block.fixed(t, 1135, 4), "%d/%d/1135", tag, kind)
			for _, sum := range []uint16{1201, 1136, 1138, 1139, 1140, 1141, 1142, 1143, 1183, 1218, 1219, 1220} {
				if values := block.all(sum); want[sum] != 0 || len(values) != 0 {
					assert.Equal(t, want[sum], block.vln(t, sum), "%d/%d/%d", tag, kind, sum)
				}
			}
		}
	}
}

func TestRefusalsCarryTheCodesOfTheProtocol(t *testing.T) {
	eachLink(t, func(t *testing.T, c *client) {
		c.refused(t, 0x37, []byte{0xA7})                    // no such command
		c.refused(t, 0x37, c.with([]byte{0xFF, 0xEE}))      // no such storage command
		c.refused(t, 0x73, c.closeShift())                  // the shift is closed
		c.refused(t, 0x73, c.item(coffee))                  // no receipt
		c.refused(t, 0x73, c.closeReceipt(nil, 1))          // no receipt
		c.refused(t, 0x73, c.with([]byte{0x88}))            // nothing to cancel
		c.refused(t, 0x7E, append(c.with([]byte{0x10}), 0)) // one byte too many
		c.refused(t, 0x7E, []byte{0x10, 30, 0, 0})          // one byte too few
		c.refused(t, 0x5D, c.with([]byte{0x1F}, []byte{200}, little(1, 2), []byte{1}))
		c.refused(t, 0x33, c.with([]byte{0x1F}, []byte{1}, little(2, 2), []byte{1})) // table 1 has one row
		c.refused(t, 0x46, c.with([]byte{0x51}, little(1, 5)))                       // an empty drawer
		stranger := &client{link: c.link, password: 4711}
		for _, command := range [][]byte{stranger.with([]byte{0x10}), stranger.openShift(), stranger.openReceipt(saleReceipt)} {
			c.refused(t, 0x4F, command)
		}
		assert.Equal(t, byte(4), c.status(t).mode)

		cashier := &client{link: c.link, password: 3}
		cashier.operator(t, cashier.openShift())
		cashier.refused(t, 0x4F, cashier.closeShift()) // a cashier may not
		c.operator(t, c.closeShift())

		// 8Dh in a closed shift opens one; a cancelled receipt leaves no document.
		c.operator(t, c.openReceipt(saleReceipt))
		c.must(t, c.item(coffee))
		c.operator(t, c.with([]byte{0x88}))
		assert.Equal(t, byte(2), c.status(t).mode)
		_, shift, receipts := c.shift(t)
		assert.Equal(t, [2]int{2, 0}, [2]int{shift, receipts})
		assert.Equal(t, uint32(4), c.readStorage(t).last, "registration, opening, closing, opening")
		c.operator(t, c.closeShift())
	})
}

func TestSumsOffByMoreThanAKopeckAreRefused(t *testing.T) {
	eachLink(t, func(t *testing.T, c *client) {
		c.operator(t, c.openReceipt(saleReceipt))
		bread := item{1, 333_000, 4_990, 1_662, notGiven, 0x02, 1, 4, 1, "Хлеб"} // 1661.67 kopecks
		for _, sum := range []uint64{1_660, 1_664} {
			wrong := bread
			wrong.sum = sum
			result, _, err := c.try(c.item(wrong))
			require.NoError(t, err)
			assert.NotZero(t, result, "sum %d", sum)
		}
		c.must(t, c.item(bread))
		p := c.must(t, c.closeReceipt(map[int]uint64{1: bread.sum}, 1))
		doc := c.readDocument(t, uint32(number(p[5:9])), 3)
		only := readTLV(t, doc.one(t, 1059))
		assert.Equal(t, uint64(333_000), only.quantity(t, 1023))
		assert.Equal(t, bread.sum, only.vln(t, 1043))
		assert.Equal(t, bread.sum, doc.vln(t, 1020))
		c.operator(t, c.closeShift())
	})
}

func TestPaymentsLandInTheirTags(t *testing.T) {
	eachLink(t, func(t *testing.T, c *client) {
		c.operator(t, c.openReceipt(saleReceipt))
		goods := item{1, 1_000_000, 16_000, 16_000, notGiven, 0x04, 1, 4, 1, "Товар"}
		c.must(t, c.item(goods))
		sums := map[int]uint64{}
		for i := 1; i <= 16; i++ {
			sums[i] = 1_000
		}
		p := c.must(t, c.closeReceipt(sums, 1))
		doc := c.readDocument(t, uint32(number(p[5:9])), 3)
		for tag, sum := range map[uint16]uint64{1031: 1_000, 1081: 12_000, 1215: 1_000, 1216: 1_000, 1217: 1_000, 1104: 16_000} {
			assert.Equal(t, sum, doc.vln(t, tag), "tag %d", tag)
		}
		checkRegisters(t, c, map[int]uint64{193: 1_000, 197: 1_000, 201: 1_000, 205: 1_000})
		c.operator(t, c.closeShift())
	})
}

func TestRatesTravelAsTheirBits(t *testing.T) {
	eachLink(t, func(t *testing.T, c *client) {
		// Byte of FF46h, value of 1199, tag of the total, VAT inside 110.00.
		rates := []struct {
			bit    byte
			code   uint64
			total  uint16
			amount uint64
		}{{0x02, 2, 1103, 1_000}, {0x04, 5, 1104, 11_000}, {0x08, 6, 1105, 11_000}, {0x20, 4, 1107, 1_000}}
		c.operator(t, c.openReceipt(saleReceipt))
		for _, rate := range rates {
			c.must(t, c.item(item{1, 1_000_000, 11_000, 11_000, notGiven, rate.bit, 1, 4, 1, "Товар"}))
		}
		p := c.must(t, c.closeReceipt(map[int]uint64{1: 44_000}, 1))
		doc := c.readDocument(t, uint32(number(p[5:9])), 3)
		items := doc.all(1059)
		require.Len(t, items, len(rates))
		for i, rate := range rates {
			assert.Equal(t, rate.code, readTLV(t, items[i]).fixed(t, 1199, 1))
			assert.Equal(t, rate.amount, doc.vln(t, rate.total), "tag %d", rate.total)
		}
		c.operator(t, c.closeShift())
	})
}

func TestDocumentsAreNumberedWithoutGaps(t *testing.T) {
	eachLink(t, func(t *testing.T, c *client) {
		var forms []uint16
		var shifts, receipts []uint64
		for range 2 {
			c.operator(t, c.openShift())
			for range 3 {
				c.operator(t, c.openReceipt(saleReceipt))
				c.must(t, c.item(coffee))
				c.must(t, c.closeReceipt(map[int]uint64{1: coffee.sum}, 1))
			}
			c.operator(t, c.closeShift())
		}
		last := c.readStorage(t).last
		require.Equal(t, uint32(11), last)
		signs := map[uint32]bool{}
		for n := uint32(1); n <= last; n++ {
			form, value, err := c.document(n)
			require.NoError(t, err)
			forms = append(forms, form)
			doc := readTLV(t, value)
			require.Equal(t, uint64(n), doc.fixed(t, 1040, 4))
			signs[signOf(t, doc)] = true
			if form != 1 {
				shifts = append(shifts, doc.fixed(t, 1038, 4))
			}
			if form == 3 {
				receipts = append(receipts, doc.fixed(t, 1042, 4))
			}
		}
		assert.Equal(t, []uint16{1, 2, 3, 3, 3, 5, 2, 3, 3, 3, 5}, forms)
		assert.Equal(t, slices.Concat(slices.Repeat([]uint64{1}, 5), slices.Repeat([]uint64{2}, 5)), shifts)
		assert.Equal(t, []uint64{1, 2, 3, 1, 2, 3}, receipts)
		assert.Len(t, signs, int(last), "no two documents have the same sign")
	})
}
