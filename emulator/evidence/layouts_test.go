package evidence

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// A layout is the bytes of one command, typed from the published layouts
// (Protocol ККТ 1.17, Protocol 2.0 rev 11, ФР–ФН 2.7), apart from the codec of
// this module.
//
// Bytes are hexadecimal; 40*20 is 40 bytes of 20h. PW is the password of the
// case, SERVICE the one of the service centre, KIND the type of FF46h and SALE
// the code 80h–83h that suit the open receipt. Commands to be sent beforehand
// are divided by |.
type layout struct {
	right  string
	before string            // sent first where the command is allowed, unless first says otherwise
	short  string            // "" is right without its last byte
	long   string            // "" is right and one byte more
	cases  map[string]string // the other cases of the evidence
	first  map[string]string // what is sent before a case instead of before
}

const (
	one   = "40420f000000" // a quantity of 1 in millionths
	price = "1027000000"   // 100.00 in kopecks
	large = "00ca9a3b00"   // 10,000,000.00, more than the drawer holds
	given = "5*ff"         // let the register compute

	item      = "ff46 PW KIND " + one + " " + price + " " + given + " " + given + " 08 01 04 01 546561"
	largeItem = "ff46 PW KIND " + one + " " + large + " " + given + " " + given + " 08 01 04 01 546561"
	sale      = "SALE PW e803000000 " + price + " 01 4*00 40*20"
	tlv1008   = "f0030c002b3739393930303030303030"
	badTLV    = "f0030c0041"

	paid      = price + " 75*00"               // cash
	paidLarge = large + " 75*00"               // cash
	unpaid    = "6400000000 75*00"             // 1.00 in cash
	cashless  = "5*00 204e000000 70*00"        // 200.00 by card
	tail45    = " 00 30*00 01"                 // rounding, six taxes, tax system
	tail76    = " 00 50*00 01"                 // ten taxes
	tail78    = " 00 60*00 01"                 // twelve taxes
	tail8E    = " 0000 4*00 40*20"             // discount, taxes, text
	cashless4 = "5*00 204e000000 10*00"        // 85h: four kinds of payment
	forty     = "40*20"                        // forty spaces
	bigSum    = "0000000080"                   // the highest byte of a sum set
	rn20      = "20*30"                        // a registration number
	inn12     = "373730373038333839332020"     // «7707083893  »
	correct   = "00 01 " + price + " " + price // type, sign, total, cash
)

func named(pairs ...string) map[string]string {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

const wrong = "wrong-parameters"

var layouts = map[string]layout{
	"01": {right: "01 SERVICE 06", cases: named(wrong, "01 SERVICE 03")},
	"02": {right: "02 SERVICE"},
	"03": {right: "03 SERVICE"},
	"10": {right: "10 PW"},
	"11": {right: "11 PW"},
	"12": {right: "12 PW 02 20*41", short: "12 PW", long: "12 PW 02 73*41", cases: named(wrong, "12 PW 00 20*41")},
	"13": {right: "13 PW"},
	"14": {right: "14 PW 00 06 64", cases: named(wrong, "14 PW 00 63 64")},
	"15": {right: "15 PW 00", cases: named(wrong, "15 PW 4d")},
	"16": {right: "16"},
	"17": {right: "17 PW 02 40*41", short: "17 PW", long: "17 PW 02 73*41", cases: named(wrong, "17 PW 00 40*41")},
	"18": {right: "18 PW 30*41 0100", cases: named(wrong, "18 PW 30*41 0000")},
	"19": {right: "19 PW 01", cases: named(wrong, "19 PW 00")},
	"1A": {right: "1a PW f1", long: "1a PW f1 00 00", cases: named(wrong, "1a PW e8fd", "two-byte number", "1a PW d910")},
	"1B": {right: "1b PW 98", long: "1b PW 98 00 00", cases: named(wrong, "1b PW e8fd", "two-byte number", "1b PW 9800")},
	"1E": {
		right: "1e PW 01 0100 07 01", short: "1e PW 01 0100", long: "1e PW 01 0100 07 01 00",
		cases: named(wrong, "1e PW 63 0100 07 01", "no such field", "1e PW 01 0100 fa 01",
			"out of range", "1e PW 01 0100 01 c8", "read-only field", "1e PW 06 0100 01 d007"),
	},
	"1F": {
		right: "1f PW 12 0100 01",
		cases: named(wrong, "1f PW 63 0100 01", "no such field", "1f PW 01 0100 fa", "no such row", "1f PW 01 0900 01"),
	},
	"21": {right: "21 PW 0a 1e 00", cases: named(wrong, "21 PW 18 00 00")},
	"22": {right: "22 PW " + today, cases: named(wrong, "22 PW 1e 02 19")},
	"23": {right: "23 PW " + today, cases: named(wrong, "23 PW 1e 02 19", "date differs", "23 PW 03 06 19")},
	"24": {right: "24 PW"},
	"25": {right: "25 PW 00", cases: named(wrong, "25 PW 02")},
	"26": {right: "26 PW 01", cases: named(wrong, "26 PW 63")},
	"27": {right: "27 PW"},
	"28": {right: "28 PW 00", cases: named(wrong, "28 PW 63")},
	"29": {right: "29 PW 02 01", cases: named(wrong, "29 PW 00 01")},
	"2B": {right: "2b PW"},
	"2C": {right: "2c PW"},
	"2D": {right: "2d PW 01", cases: named(wrong, "2d PW 63")},
	"2E": {right: "2e PW 11 3f", cases: named(wrong, "2e PW 63 01", "no such field", "2e PW 01 fa")},
	"2F": {
		right: "2f PW 02 01 40*41", short: "2f PW", long: "2f PW 02 01 249*41",
		cases: named(wrong, "2f PW 02 63 40*41", "flags without paper", "2f PW 00 01 40*41"),
	},
	"40": {right: "40 PW"},
	"41": {right: "41 PW"},
	"42": {right: "42 PW"},
	"43": {right: "43 PW"},
	"44": {right: "44 PW"},
	"45": {right: "45 PW"},
	"46": {right: "46 PW"},
	"4A": {right: "4a PW 0100 " + price + " 01 4*00 54*20"},
	"4B": {right: "4b PW 0100"},
	"4C": {right: "4c PW 0100"},
	"4D": {right: "4d PW 0100 0200 01 01 02"},
	"4E": {right: "4e PW 28 0100 0100 00 40*00", short: "4e PW 28 0100 0100 00"},
	"4F": {right: "4f PW 01 02 01 01"},
	"50": {right: "50 PW " + price, cases: named(wrong, "50 PW "+bigSum)},
	"51": {right: "51 PW 6400000000", before: "50 PW " + price, cases: named(wrong, "51 PW "+large)},
	"52": {right: "52 PW"},
	"53": {right: "53 PW 00", cases: named(wrong, "53 PW 02")},
	"54": {right: "54 PW"},
	"6B": {right: "6b 4f", cases: named(wrong, "6b 97")},
	"80": oldItem("80"), "81": oldItem("81"), "82": oldItem("82"), "83": oldItem("83"),
	"84": {
		right: "84 PW e803000000 " + price + " 01 4*00 " + forty, before: sale,
		cases: named(wrong, "84 PW e803000000 "+price+" 63 4*00 "+forty, "no such sum", "84 PW 1027000000 "+large+" 01 4*00 "+forty),
	},
	"85": {
		right: "85 PW " + price + " 15*00" + tail8E, before: sale,
		cases: named(wrong, "85 PW 6400000000 15*00"+tail8E, "non-cash above the total", "85 PW "+cashless4+tail8E),
	},
	"86": {right: "86 PW 6400000000 4*00 40*20", before: sale, cases: named("more than the total", "86 PW "+large+" 4*00 40*20", wrong, "86 PW 6400000000 05 3*00 40*20")},
	"87": {right: "87 PW 6400000000 4*00 40*20", before: sale, cases: named(wrong, "87 PW 6400000000 05 3*00 40*20")},
	"88": {right: "88 PW"},
	"89": {right: "89 PW"},
	"8A": {right: "8a PW 6400000000 4*00 40*20", before: sale + " | 86 PW 6400000000 4*00 40*20", cases: named(wrong, "8a PW 6400000000 05 3*00 40*20")},
	"8B": {right: "8b PW 6400000000 4*00 40*20", before: sale + " | 87 PW 6400000000 4*00 40*20", cases: named(wrong, "8b PW 6400000000 05 3*00 40*20")},
	"8C": {
		right: "8c PW", cases: named("nothing to repeat", "8c PW"),
		first: named("right", wholeReceipt, "operator-password", wholeReceipt),
	},
	"8D": {
		right: "8d PW 00",
		cases: named(wrong, "8d PW 04", "purchase", "8d PW 01", "sale return", "8d PW 02", "purchase return", "8d PW 03"),
	},
	"8E": {
		right: "8e PW " + paid + tail8E, before: sale,
		cases: named(wrong, "8e PW "+unpaid+tail8E, "non-cash above the total", "8e PW "+cashless+tail8E),
	},
	"B0": {right: "b0 PW"},
	"C0": {right: "c0 PW 01 40*00"},
	"C1": {right: "c1 PW 01 02"},
	"C2": {right: "c2 PW 0100000000"},
	"C3": {right: "c3 PW 0100 0200"},
	"C4": {right: "c4 PW 0100 40*00"},
	"C5": {right: "c5 PW 0100 40*00", short: "c5 PW 0100"},
	"C6": {right: "c6 PW"},
	"C7": {right: "c7 PW"},
	"C8": {right: "c8 PW"},
	"C9": {right: "c9 PW 0100"},
	"CA": {right: "ca PW"},
	"CB": {right: "cb PW 40 02 00 00 49 313233", short: "cb PW 40 02 00 00 49"},
	"D0": {right: "d0 PW"},
	"D1": {right: "d1 PW"},
	"DD": {right: "dd PW 00 00 64*00"},
	"DE": {right: "de PW 03 0300 00 00 00 04 00 00 01"},
	"E0": {right: "e0 PW"},
	"E2": {right: "e2 PW"},
	"E3": {right: "e3 PW"},
	"E4": {right: "e4 PW 01 41"},
	"E5": {right: "e5 PW"},
	"E6": {right: "e6 PW 00"},
	"E7": {right: "e7 PW"},
	"F0": {right: "f0 PW 00"},
	"F1": {right: "f1 PW 00"},
	"F3": {right: "f3 SERVICE 00000000"},
	"F7": {right: "f7 01", short: "f7", cases: named(wrong, "f7 c8")},
	"FC": {right: "fc"},
	"FE": {right: "fe f0", short: "fe", cases: named("printer version", "fe ec 00000000", wrong, "fe aa")},

	"FF01": {right: "ff01 PW"},
	"FF02": {right: "ff02 PW"},
	"FF03": {right: "ff03 PW"},
	"FF04": {right: "ff04 PW"},
	"FF05": {right: "ff05 PW 02"},
	"FF06": {right: "ff06 PW " + inn12 + " " + rn20 + " 01 00"},
	"FF07": {right: "ff07 PW 16"},
	"FF08": {right: "ff08 PW"},
	"FF09": {right: "ff09 PW"},
	"FF0A": {right: "ff0a PW 01000000", cases: named(wrong, "ff0a PW 9f860100")},
	"FF0B": {right: "ff0b PW"},
	"FF0C": {right: "ff0c PW " + tlv1008, short: "ff0c PW", long: "ff0c PW f003f700 247*30", cases: named(wrong, "ff0c PW "+badTLV)},
	"FF0D": {right: "ff0d PW 01 e803000000 " + price + " 5*00 5*00 01 00 5*00 220*20"},
	"FF0E": {right: "ff0e PW 01 1104"},
	"FF30": {right: "ff30 PW"},
	"FF31": {right: "ff31 PW 0000 04", cases: named(wrong, "ff31 PW ff7f 04")},
	"FF32": {right: "ff32 PW 0400", cases: named(wrong, "ff32 PW ffff")},
	"FF33": {
		right: "ff33 PW 0000 04 41424344", short: "ff33 PW 0000 04 414243", long: "ff33 PW 0000 04 4142434445",
		before: "ff32 PW 0400", cases: named(wrong, "ff33 PW 0000 08 4142434445464748"),
	},
	"FF34": {right: "ff34 PW " + inn12 + " " + rn20 + " 01 00 04"},
	"FF35": {right: "ff35 PW"},
	"FF36": {right: "ff36 PW " + price + " 01"},
	"FF37": {right: "ff37 PW"},
	"FF38": {right: "ff38 PW"},
	"FF39": {right: "ff39 PW"},
	"FF3A": {right: "ff3a PW 01000000", cases: named(wrong, "ff3a PW 9f860100", "document nought", "ff3a PW 00000000")},
	"FF3B": {right: "ff3b PW"},
	"FF3C": {right: "ff3c PW 01000000"},
	"FF3D": {right: "ff3d PW"},
	"FF3E": {right: "ff3e PW"},
	"FF3F": {right: "ff3f PW"},
	"FF40": {right: "ff40 PW"},
	"FF41": {right: "ff41 PW"},
	"FF42": {right: "ff42 PW"},
	"FF43": {right: "ff43 PW", before: "ff42 PW"},
	"FF45": closing("ff45", tail45),
	"FF46": {
		right: item, short: "ff46 PW KIND " + one + " " + price + " " + given + " " + given + " 08 01 04",
		long: "ff46 PW KIND " + one + " " + price + " " + given + " " + given + " 08 01 04 01 129*41",
		cases: named(
			wrong, "ff46 PW 05 "+one+" "+price+" "+given+" "+given+" 08 01 04 01 546561",
			"sum differs by two kopecks", "ff46 PW KIND "+one+" "+price+" 1227000000 "+given+" 08 01 04 01 546561",
			"type of another receipt", "ff46 PW OTHER "+one+" "+price+" "+given+" "+given+" 08 01 04 01 546561"),
	},
	"FF47": {right: "ff47 PW 248*00"},
	"FF48": {right: "ff48 PW 248*00"},
	"FF49": {right: "ff49 PW 88*00"},
	"FF4A": {right: "ff4a PW " + correct + " 20*00 30*00 01"},
	"FF4B": {right: "ff4b PW 6400000000 5*00 00 128*20", before: item, cases: named(wrong, "ff4b PW "+large+" 5*00 00 128*20")},
	"FF4C": {right: "ff4c PW 01", cases: named(wrong, "ff4c PW 63")},
	"FF4D": {
		right: "ff4d PW a70403 00 414243", short: "ff4d PW", long: "ff4d PW a704f700 247*30", before: item,
		cases: named(wrong, "ff4d PW "+badTLV, "before any item", "ff4d PW a70403 00 414243"),
		first: named("before any item", ""),
	},
	"FF4E": {right: "ff4e PW 01 0000 128*00"},
	"FF50": {right: "ff50 01 00 " + price + " 30", short: "ff50 01 00", long: "ff50 01 00 " + price + " 227*30"},
	"FF51": {right: "ff51"},
	"FF52": {right: "ff52 00"},
	"FF60": {right: "ff60 PW 01 1104", cases: named(wrong, "ff60 PW 01 e8fd")},
	"FF61": {right: "ff61 PW 01 00 03 00 414243", short: "ff61 PW 01 00"},
	"FF62": {right: "ff62 PW"},
	"FF63": {right: "ff63 PW"},
	"FF64": {right: "ff64 PW", before: item + " | ff32 PW 1000 | ff33 PW 0000 10 " + tlv1008},
	"FF65": {right: "ff65 PW"},
	"FF66": {right: "ff66 PW 16*00"},
	"FF67": {right: "ff67 PW 03 414243", short: "ff67 PW"},
	"FF68": {right: "ff68 PW"},
	"FF69": {right: "ff69 PW 01"},
	"FF70": {right: "ff70 PW"},
	"FF71": {right: "ff71 PW"},
	"FF72": {right: "ff72 PW"},
	"FF73": {right: "ff73 PW 01000000 0000"},
	"FF74": {right: "ff74 PW"},
	"FF75": {right: "ff75 PW"},
	"FF76": closing("ff76", tail76),
	"FF78": closing("ff78", tail78),
	"FF7B": closing("ff7b", tail78),
}

// today is the date of the tests' clock as 22h and 23h have it.
const today = "02 06 19"

const wholeReceipt = "8d PW 00 | " + item + " | ff45 PW " + paid + tail45

func oldItem(code string) layout {
	line := func(quantity, price, department, tax string) string {
		return code + " PW " + quantity + " " + price + " " + department + " " + tax + " 3*00 40*20"
	}
	return layout{
		right: line("e803000000", price, "01", "00"),
		cases: named(
			wrong, line("e803000000", price, "63", "00"),
			"tax out of range", line("e803000000", price, "01", "05"),
			"quantity nought", line("0000000000", price, "01", "00"),
			"total overflow", line("ffffffff7f", "ffffffff7f", "01", "00")),
	}
}

func closing(code, tail string) layout {
	send := func(payments string) string { return code + " PW " + payments + tail }
	return layout{
		right: send(paid), before: item,
		short: strings.TrimSuffix(send(paid), " 01"), long: send(paid) + " 65*41",
		cases: named(wrong, send(unpaid), "non-cash above the total", send(cashless), "refund above the drawer", send(paidLarge)),
		first: named("refund above the drawer", largeItem),
	}
}

// commands of a mode: what KIND, SALE and OTHER stand for. The type of FF46h
// goes sale, sale return, purchase, purchase return; the modes 8 go sale,
// purchase, sale return, purchase return.
var kinds = map[string][3]string{
	"8.0": {"01", "80", "03"}, "8.1": {"03", "81", "01"}, "8.2": {"02", "82", "01"}, "8.3": {"04", "83", "01"},
}

const (
	sysadmin = "1e000000"
	admin    = "1d000000"
	operator = "01000000"
	nobody   = "4e61bc00" // 12345678 is in no row of table 2
	service  = "00000000"
)

// data makes the bytes of a command out of its layout.
func data(line, mode, password string) ([]byte, error) {
	kind, ok := kinds[mode]
	if !ok {
		kind = kinds["8.0"]
	}
	servicePassword := service
	if password != sysadmin {
		servicePassword = password
	}
	var b []byte
	for _, word := range strings.Fields(line) {
		switch word {
		case "PW":
			word = password
		case "SERVICE":
			word = servicePassword
		case "KIND":
			word = kind[0]
		case "SALE":
			word = kind[1]
		case "OTHER":
			word = kind[2]
		}
		times := 1
		if n, s, ok := strings.Cut(word, "*"); ok {
			var err error
			if times, err = strconv.Atoi(n); err != nil {
				return nil, fmt.Errorf("%q: %w", word, err)
			}
			word = s
		}
		v, err := hex.DecodeString(word)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", word, err)
		}
		for range times {
			b = append(b, v...)
		}
	}
	return b, nil
}

// bytesOf gives the command of a case and what must be sent before it.
func (l layout) bytesOf(code, mode, name string) (before [][]byte, command []byte, err error) {
	line, password := l.right, sysadmin
	switch name {
	case "right", "short", "long":
	case "code-only":
		line = code
	case "wrong-password":
		password = nobody
	case "operator-password":
		password = operator
	case "admin-password":
		password = admin
	default:
		var ok bool
		if line, ok = l.cases[name]; !ok {
			return nil, nil, fmt.Errorf("%s: the layout has no case %q", code, name)
		}
	}
	if name == "short" && l.short != "" {
		line = l.short
	}
	if name == "long" && l.long != "" {
		line = l.long
	}
	if command, err = data(line, mode, password); err != nil {
		return nil, nil, err
	}
	if name == "short" && l.short == "" {
		command = command[:len(command)-1]
	}
	if name == "long" && l.long == "" {
		command = append(command, 0)
	}
	first, ok := l.first[name]
	if !ok {
		first = l.before
	}
	for part := range strings.SplitSeq(first, "|") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		b, err := data(part, mode, sysadmin)
		if err != nil {
			return nil, nil, err
		}
		before = append(before, b)
	}
	return before, command, nil
}
