package emulator

import (
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/shtrih"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
	"github.com/openkkt/openkkt/tlv/ffd"
)

func TestEveryProfileSellsOnEveryFormat(t *testing.T) {
	require.Contains(t, Profiles(), DefaultProfile)
	for _, name := range Profiles() {
		for _, format := range []string{"1.05", "1.1", "1.2"} {
			g := newRig(t, withProfile(name), withFFD(format))
			assert.Equal(t, name, g.Info().Profile)
			g.run(day())
			g.do(sold(1000, 100, 1))
			g.do(closedV1(100))
			_, fields := g.last()
			for _, tag := range []tlv.Tag{ffd.User, ffd.Address, ffd.Place, ffd.Cashier, ffd.FNSSite} {
				_, ok := tlv.Find(fields, tag)
				assert.True(t, ok, "%s: tag %d", name, tag)
			}
			hash := g.StateHash()
			g.restart()
			assert.Equal(t, hash, g.StateHash(), name)
			assert.Equal(t, name, g.Info().Profile, "the state says what the register was")
		}
	}
}

func TestUnknownProfileIsNamedWithThoseThatThereAre(t *testing.T) {
	c := newRig(t).config
	c.Profile = "atol-30f"
	_, err := New(c)
	require.ErrorContains(t, err, "atol-30f")
	require.ErrorContains(t, err, DefaultProfile)
}

func TestRegistrationHasToFitTheTablesOfTheModel(t *testing.T) {
	g := Registration{SerialNumber: "12345678901234567890"} // 20 characters; the cash core has 16
	newRig(t, func(c *Config) { c.Registration = g })
	_, err := New(Config{FS: journal.NewMemory(), Clock: time.Now, Profile: "ky", Registration: g})
	require.ErrorContains(t, err, "SerialNumber")
}

func TestStateIsNotOpenedWithTheTablesOfAnotherFamily(t *testing.T) {
	g := newRig(t)
	c := g.config
	c.Profile = "ky"
	_, err := New(c)
	require.ErrorContains(t, err, DefaultProfile)
	g.config.Profile = "strict" // the same tables
	g.restart()
	assert.Equal(t, "strict", g.Info().Profile)
}

// The log of a real ШТРИХ-ЛАЙТ-02Ф has these answers.
func TestLightSaysWhatARealOneSays(t *testing.T) {
	g := newRig(t, withProfile("shtrih-light-02f"))
	assert.Equal(t, "f7005aa0400320ec31000c18010c100000000000001e0000000006ff003040b603121318111119", g.raw("f701"))
	name, err := charset.AppendCP1251(nil, "ШТРИХ-ЛАЙТ-02Ф", charset.Strict)
	require.NoError(t, err)
	assert.Equal(t, "fc000000010efc00"+hex.EncodeToString(name), g.raw("fc"))
}

func TestCashCoreDiffersAsItsGuideSays(t *testing.T) {
	g := newRig(t, withProfile("ky"))
	assert.NotZero(t, g.modelParameters().Flags&shtrih.ModelCashCore, "bit 23")
	var table shtrih.TableStructureReply
	require.NoError(t, table.Parse(g.do(shtrih.TableStructure{Password: sysAdmin, Table: 13})))
	assert.Contains(t, charset.CP1251String(table.Name), "Фискальный накопитель")
	assert.Contains(t, charset.CP1251String(g.do(shtrih.ReadTable{Password: sysAdmin, Table: 13, Row: 1, Field: 4})), defaultStorageNumber)
	g.refuses(shtrih.NoTable, shtrih.ReadTable{Password: sysAdmin, Table: 18, Row: 1, Field: 1})
	assert.Equal(t, LinkOptions{Port: shtrih.PortTCPKY}, g.TCPLink())
	assert.Equal(t, TCPLink(), newRig(t).TCPLink())

	g.do(shtrih.OpenShift{Password: sysAdmin})
	g.do(shtrih.RequestDocument{Password: sysAdmin, Document: 1})
	assert.EqualValues(t, 2, g.modeByte(), "no mode 1 while a document is read")
	fr := newRig(t)
	fr.do(shtrih.RequestDocument{Password: sysAdmin, Document: 1})
	assert.EqualValues(t, 1, fr.modeByte())

	// A code whose text the two families do not share.
	texts := map[string]string{}
	for _, r := range []*rig{g, newRig(t)} {
		texts[r.Info().Profile] = charset.CP1251String(r.do(shtrih.ErrorText{Error: 0xA1}))
	}
	assert.NotEqual(t, texts["ky"], texts[DefaultProfile])
}

func TestElementsComeBeforeOrAfterTheirItemAsTheFamilyHasIt(t *testing.T) {
	element := shtrih.ItemTLV{Password: sysAdmin, TLV: tlv.AppendByte(nil, ffd.MeasureUnit, 11)}
	units := func(fields []byte) (units []byte) {
		for r := tlv.NewReader(fields); r.Next(); {
			if r.Tag() == ffd.Subject {
				unit, ok := tlv.Find(r.Value(), ffd.MeasureUnit)
				require.True(t, ok)
				units = append(units, unit...)
			}
		}
		return units
	}
	for profile, want := range map[string][2][]byte{
		// FF4Dh between two items; FF4Dh before both.
		DefaultProfile: {{11, 0}, nil},
		"ky":           {{0, 11}, {11, 0}},
		"lenient":      {{11, 0}, {11, 0}},
	} {
		for i, order := range [][]int{{0, 1, 0}, {1, 0, 0}} {
			g := newRig(t, withProfile(profile))
			g.open(shtrih.Sale)
			refused := false
			for _, element4D := range order {
				if element4D == 0 {
					g.do(goods(shtrih.Sale, 100))
				} else if result, _ := g.try(element); result != shtrih.OK {
					require.Equal(t, shtrih.WrongOperation, result)
					refused = true
				}
			}
			if refused {
				assert.Nil(t, want[i], profile)
				continue
			}
			g.close(paid(map[int]uint64{0: 200}))
			_, fields := g.last()
			assert.Equal(t, want[i], units(fields), "%s, order %d", profile, i)
		}
	}
}

func TestStrictRefusesWhatLenientTakes(t *testing.T) {
	strict, lenient := newRig(t, withProfile("strict")), newRig(t, withProfile("lenient"))
	for name, c := range map[string]struct {
		data   string
		strict shtrih.Result
	}{
		"a byte too much":         {"101e00000000", shtrih.BadLength},
		"flags of a text missing": {"171e000000", shtrih.BadLength},
		"a short time":            {"211e0000000a1e", shtrih.BadLength},
		"text of one byte":        {"801e000000e80300000064000000000100000000" + "41", shtrih.BadLength},
	} {
		b, err := hex.DecodeString(c.data)
		require.NoError(t, err)
		answer := strict.Exec(nil, b)
		assert.Equal(t, c.strict, shtrih.Result(answer[1]), "%s: strict", name)
		answer = lenient.Exec(nil, b)
		assert.NotEqual(t, shtrih.BadLength, shtrih.Result(answer[1]), "%s: lenient", name)
	}
	unknown := shtrih.SendTLV{Password: sysAdmin, TLV: tlv.AppendBytes(nil, 60000, []byte{1})}
	for _, g := range []*rig{strict, lenient} {
		if g.receipt == nil {
			g.open(shtrih.Sale)
		}
		result, _ := g.try(unknown)
		assert.Equal(t, g == strict, result == shtrih.StorageTagFormat, "%s", result)
	}
}

func TestProfilesTakeTheirTablesFromTheFacts(t *testing.T) {
	for _, name := range Profiles() {
		p, err := findProfile(name)
		require.NoError(t, err)
		for s := range settings {
			if c := p.cells[s]; c == (cell{}) {
				assert.NotEqual(t, DefaultProfile, name, "%s: no %s", name, settingNames[s])
			}
		}
		for _, row := range facts(t, "tables.csv") {
			if row["family"] != p.Tables.Family || row["type"] == "" || row["rows"] == "" {
				continue
			}
			first, _, _ := cutRange(row["rows"])
			c := cell{byte(atoi(t, row["table"])), uint16(atoi(t, first)), byte(atoi(t, row["field"]))}
			f, _, code := locate(factoryTables[p.Tables.Family], c)
			require.Equal(t, shtrih.OK, code, "%s %v", name, c)
			assert.EqualValues(t, atoi(t, row["size"]), f.Size, "%s %v", name, c)
		}
	}
	assert.True(t, slices.IsSorted(Profiles()))
}

func cutRange(s string) (first, last string, ok bool) {
	for i := range s {
		if s[i] == '-' {
			return s[:i], s[i+1:], true
		}
	}
	return s, s, false
}
