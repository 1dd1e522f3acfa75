package device_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/tlv"
)

// good is a valid receipt in which each key can be replaced.
func good() map[string]string {
	return map[string]string{
		"operationType": `1`, "totalSum": `10000`, "cashTotalSum": `10000`, "ecashTotalSum": `0`,
		"name": `"Хлеб"`, "price": `5000`, "quantity": `2`, "sum": `10000`, "nds": `2`, "productType": `1`, "paymentType": `4`,
	}
}

// build writes good with replacements; an empty one leaves the key out. more and itemMore are further keys.
func build(replace map[string]string, more, itemMore string) string {
	values := good()
	for k, v := range replace {
		values[k] = v
	}
	object := func(keys ...string) string {
		var parts []string
		for _, k := range keys {
			if values[k] != "" {
				parts = append(parts, fmt.Sprintf("%q:%s", k, values[k]))
			}
		}
		return strings.Join(parts, ",")
	}
	return "{" + object("operationType", "totalSum", "cashTotalSum", "ecashTotalSum") + more +
		`,"items":[{` + object("name", "price", "quantity", "sum", "nds", "productType", "paymentType") + itemMore + "}]}"
}

func TestBadReceiptsAreNamedByPathAndRule(t *testing.T) {
	long := strings.Repeat("я", 50)
	for name, c := range map[string]struct {
		replace        map[string]string
		more, itemMore string
		path, rule     string
	}{
		"operation absent":           {map[string]string{"operationType": ""}, "", "", "operationType", "0 is not 1"},
		"operation unknown":          {map[string]string{"operationType": "5"}, "", "", "operationType", "5 is not 1"},
		"name empty":                 {map[string]string{"name": `""`}, "", "", "items[0].name", "empty"},
		"name of spaces":             {map[string]string{"name": `"  "`}, "", "", "items[0].name", "empty"},
		"name absent":                {map[string]string{"name": ""}, "", "", "items[0].name", "empty"},
		"name with a line break":     {map[string]string{"name": `"Хлеб\nбелый"`}, "", "", "items[0].name", "U+000A"},
		"name that commands":         {map[string]string{"name": `"//Хлеб"`}, "", "", "items[0].name", "//"},
		"name lacking in CP1251":     {map[string]string{"name": `"a█b"`}, "", "", "items[0].name", "█"},
		"quantity zero":              {map[string]string{"quantity": "0", "sum": "0", "totalSum": "0", "cashTotalSum": "0"}, "", "", "items[0].quantity", "more than 0"},
		"quantity of seven digits":   {map[string]string{"quantity": "2.0000001"}, "", "", "items[0].quantity", "7 digits"},
		"quantity too large":         {map[string]string{"quantity": "281474977", "price": "0", "sum": "0", "totalSum": "0", "cashTotalSum": "0"}, "", "", "items[0].quantity", "too large"},
		"price too large":            {map[string]string{"price": "1099511627775"}, "", "", "items[0].price", "at most 1099511627774"},
		"sum off by two":             {map[string]string{"sum": "10002"}, "", "", "items[0].sum", "price × quantity"},
		"sum too large":              {map[string]string{"sum": "1099511627775", "price": "1099511627775", "quantity": "1"}, "", "", "items[0].sum", "at most"},
		"rate unknown":               {map[string]string{"nds": "13"}, "", "", "items[0].nds", "rate 13"},
		"VAT sum without a rate":     {map[string]string{"nds": ""}, "", `,"ndsSum":1`, "items[0].ndsSum", "without a rate"},
		"VAT sum of a rate without":  {map[string]string{"nds": "6"}, "", `,"ndsSum":1`, "items[0].ndsSum", "has no VAT"},
		"VAT sum above the sum":      {nil, "", `,"ndsSum":10001`, "items[0].ndsSum", "more than the item's sum"},
		"subject unknown":            {map[string]string{"productType": "28"}, "", "", "items[0].productType", "28 is not known"},
		"subject far out":            {map[string]string{"productType": "34"}, "", "", "items[0].productType", "34 is not known"},
		"method unknown":             {map[string]string{"paymentType": "8"}, "", "", "items[0].paymentType", "8 is not known"},
		"department unknown":         {nil, "", `,"kkt":{"department":17}`, "items[0].kkt.department", "at most 16"},
		"item line too long":         {nil, "", `,"kkt":{"printLines":["","` + long + `"]}`, "items[0].kkt.printLines[1]", "50 characters"},
		"receipt line too long":      {nil, `,"kkt":{"printLines":["` + long + `"]}`, "", "kkt.printLines[0]", "50 characters"},
		"receipt line lacks a rune":  {nil, `,"kkt":{"printLines":["日"]}`, "", "kkt.printLines[0]", "日"},
		"id too long":                {nil, `,"kkt":{"id":"` + strings.Repeat("x", 129) + `"}`, "", "kkt.id", "129 bytes"},
		"total above the items":      {map[string]string{"totalSum": "10001"}, "", "", "totalSum", "add up to 10000"},
		"total below the items":      {map[string]string{"totalSum": "9900"}, "", "", "totalSum", "rounding takes at most 99"},
		"payments below the total":   {map[string]string{"cashTotalSum": "9999"}, "", "", "totalSum", "payments add up to 9999"},
		"no payments":                {map[string]string{"cashTotalSum": "", "ecashTotalSum": ""}, "", "", "totalSum", "payments add up to 0"},
		"card above the total":       {map[string]string{"cashTotalSum": "0", "ecashTotalSum": "10001"}, "", "", "ecashTotalSum", "more than the total"},
		"prepayment above the total": {nil, `,"prepaidSum":10001`, "", "prepaidSum", "more than the total"},
		"credit above the total":     {nil, `,"creditSum":10001`, "", "creditSum", "more than the total"},
		"barter above the total":     {nil, `,"provisionSum":10001`, "", "provisionSum", "more than the total"},
		"cash too large":             {map[string]string{"cashTotalSum": "1099511627775"}, "", "", "cashTotalSum", "at most"},
		"two tax systems":            {nil, `,"appliedTaxationType":3`, "", "appliedTaxationType", "exactly one"},
		"unknown tax system":         {nil, `,"appliedTaxationType":64`, "", "appliedTaxationType", "exactly one"},
		"VAT total above the total":  {nil, `,"nds10":10001`, "", "nds10", "more than the total"},
		"total of rate 22":           {nil, `,"amountsReceiptNds":{"amountsNds":[{"nds":11,"ndsSum":5}]}`, "", "amountsReceiptNds", "no field for a total of rate 11"},
		"total of an unknown rate":   {nil, `,"amountsReceiptNds":{"amountsNds":[{"nds":13,"ndsSum":5}]}`, "", "amountsReceiptNds", "rate 13 is not known"},
		"total of a rate twice":      {nil, `,"amountsReceiptNds":{"amountsNds":[{"nds":7,"ndsSum":5},{"nds":7,"ndsSum":5}]}`, "", "amountsReceiptNds", "given twice"},
		"element too long":           {nil, "", `,"paymentAgentData":{"operatorTransferAddress":"` + strings.Repeat("x", 250) + `"}`, "items[0].paymentAgentData", "one command carries 249"},
		"item tag of nobody":         {nil, `,"tag65000":"00"`, `,"tag60001":"` + strings.Repeat("00", 250) + `"`, "items[0].tag60001", "254 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			data := build(c.replace, c.more, c.itemMore)
			receipt, _, err := device.ParseReceipt([]byte(data))
			require.NoError(t, err, data)
			err = receipt.Validate()
			var invalid *device.InvalidReceiptError
			require.ErrorAs(t, err, &invalid, data)
			found := false
			for _, p := range invalid.Problems {
				found = found || strings.HasPrefix(p.Path, c.path) && strings.Contains(p.Rule, c.rule)
			}
			assert.True(t, found, "%s: want %q with %q among %v", data, c.path, c.rule, invalid.Problems)
		})
	}
}

func TestGoodReceiptsPass(t *testing.T) {
	for name, c := range map[string]struct {
		replace        map[string]string
		more, itemMore string
	}{
		"plain":                {},
		"change":               {map[string]string{"cashTotalSum": "20000"}, "", ""},
		"change beside a card": {map[string]string{"cashTotalSum": "15000", "ecashTotalSum": "5000"}, "", ""},
		"card":                 {map[string]string{"cashTotalSum": "0", "ecashTotalSum": "10000"}, "", ""},
		"rounded":              {map[string]string{"totalSum": "9901"}, "", ""},
		"sum off by one":       {map[string]string{"sum": "10001", "totalSum": "10001", "cashTotalSum": "10001"}, "", ""},
		"free":                 {map[string]string{"price": "0", "sum": "0", "totalSum": "0", "cashTotalSum": ""}, "", ""},
		"computed":             {map[string]string{"sum": "", "totalSum": ""}, "", ""},
		"six digits":           {map[string]string{"quantity": "0.333333", "price": "30000"}, "", ""},
		"no rate":              {map[string]string{"nds": "", "productType": "", "paymentType": ""}, "", ""},
		"with VAT":             {nil, `,"nds10":909`, `,"ndsSum":909`},
		"rate 22 computed":     {map[string]string{"nds": "11"}, "", ""},
		"everything else":      {nil, `,"appliedTaxationType":32,"buyerPhoneOrAddress":"a@b.ru","operator":"Иванова","operatorInn":"123456789012","kkt":{"id":"7","printLines":["Спасибо"],"print":false,"form":"receipt"}`, `,"itemsQuantityMeasure":0,"originCountryCode":"643","exciseDuty":12,"propertiesItem":"x","providerInn":"7707083893","providerData":{"providerName":"ООО"},"kkt":{"printLines":["ok"],"department":16}`},
	} {
		t.Run(name, func(t *testing.T) {
			data := build(c.replace, c.more, c.itemMore)
			receipt, _, err := device.ParseReceipt([]byte(data))
			require.NoError(t, err, data)
			require.NoError(t, receipt.Validate(), data)
		})
	}
}

// Rules that JSON cannot break, because its reader does before.
func TestReceiptsFilledByHandAreCheckedToo(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*device.Receipt)
		path  string
		rule  string
	}{
		"no items":             {func(r *device.Receipt) { r.Items = nil }, "items", "none"},
		"name of 129 bytes":    {func(r *device.Receipt) { r.Items[0].Name = strings.Repeat("я", 129) }, "items[0].name", "129 bytes"},
		"name CP866 lacks":     {func(r *device.Receipt) { r.Items[0].Name = "Љ" }, "items[0].name", "Љ"},
		"own field among tags": {func(r *device.Receipt) { r.Tags = tag(1020, le(1)) }, "totalSum", "filled from elsewhere"},
		"storage's field":      {func(r *device.Receipt) { r.Tags = tag(1077, le(1)) }, "fiscalSign", "filled from elsewhere"},
		"item field in tags":   {func(r *device.Receipt) { r.Items[1].Tags = tag(1030, []byte("x")) }, "items[1].name", "filled from elsewhere"},
		"receipt tag in item":  {func(r *device.Receipt) { r.Items[1].Tags = tag(1008, []byte("x")) }, "items[1].buyerPhoneOrAddress", "does not belong"},
		"half an element":      {func(r *device.Receipt) { r.Tags = h("F003 0500 31") }, "tags", "whole elements"},
		"half an item element": {func(r *device.Receipt) { r.Items[0].Tags = h("F003") }, "items[0].tags", "whole elements"},
		"totals out of order":  {func(r *device.Receipt) { r.VATTotals = []device.VATTotal{{2, 1}, {1, 1}} }, "nds18", "ascending"},
		"sums that overflow":   {func(r *device.Receipt) { r.Items[0].Sum, r.Items[1].Sum = 1<<63, 1<<63 }, "totalSum", "add up to more"},
		"quantity overflow":    {func(r *device.Receipt) { r.Items[0].Quantity = tlv.Decimal{Mantissa: 1 << 55} }, "items[0].quantity", "too large"},
		"too many lines":       {func(r *device.Receipt) { r.PrintLines = make([]string, 1001) }, "kkt.printLines", "1001 lines"},
	} {
		t.Run(name, func(t *testing.T) {
			receipt := milk()
			c.spoil(&receipt)
			err := receipt.Validate()
			var invalid *device.InvalidReceiptError
			require.ErrorAs(t, err, &invalid)
			found := false
			for _, p := range invalid.Problems {
				found = found || p.Path == c.path && strings.Contains(p.Rule, c.rule)
			}
			assert.True(t, found, "%v", invalid.Problems)
		})
	}
}

func TestErrorOfManyProblemsIsOneLine(t *testing.T) {
	err := (&device.Receipt{}).Validate()
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "\n")
	assert.Contains(t, err.Error(), "(and 1 more)")
}

func TestCompleteFillsWhatFollows(t *testing.T) {
	receipt := milk()
	receipt.Items[0].Sum, receipt.Items[1].Sum, receipt.Total = 0, 0, 0
	receipt.Complete()
	assert.Equal(t, milk(), receipt)
	assert.EqualValues(t, 9530, receipt.Change())
}

// Reading

func TestBadJSONIsNamedByPath(t *testing.T) {
	for name, c := range map[string]struct {
		data        string
		says        string
		unsupported bool
	}{
		"misspelt key":         {`{"items":[{"prise":1}]}`, "items[0].prise", false},
		"marking code":         {build(nil, "", `,"kkt":{"markCode":"0104"}`), "items[0].kkt.markCode: not supported yet: marking", true},
		"planned status":       {build(nil, "", `,"kkt":{"plannedStatus":1}`), "items[0].kkt.plannedStatus: not supported yet: marking", true},
		"correction":           {`{"code":31}`, "code: selling a document 31", true},
		"other form":           {build(nil, `,"kkt":{"form":"bso"}`, ""), `kkt.form: "bso" is not supported yet`, true},
		"unknown kkt key":      {build(nil, `,"kkt":{"Id":"x"}`, ""), "kkt.Id: unknown field", false},
		"unknown item kkt key": {build(nil, "", `,"kkt":{"print":false}`), "items[0].kkt.print: unknown field", false},
		"kkt key twice":        {build(nil, `,"kkt":{"id":"x","id":"y"}`, ""), "kkt.id", false},
		"id of a number":       {build(nil, `,"kkt":{"id":7}`, ""), "kkt.id: must be text", false},
		"print of a number":    {build(nil, `,"kkt":{"print":0}`, ""), "kkt.print: must be true or false", false},
		"lines of numbers":     {build(nil, `,"kkt":{"printLines":[1]}`, ""), "kkt.printLines: must be an array of texts", false},
		"negative department":  {build(nil, "", `,"kkt":{"department":-1}`), "items[0].kkt.department", false},
		"kkt of a list":        {build(nil, `,"kkt":[]`, ""), "kkt", false},
		"fraction of a kopeck": {build(map[string]string{"price": "1.5"}, "", ""), "items[0].price", false},
		"quantity absent":      {build(map[string]string{"quantity": ""}, "", ""), "items[0].quantity: is missing", false},
		"not JSON":             {`{"items":`, "", false},
		"nothing":              {``, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := device.ParseReceipt([]byte(c.data))
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.says)
			assert.Equal(t, c.unsupported, errors.Is(err, device.ErrUnsupported))
		})
	}
}

func TestKktKeysAreRead(t *testing.T) {
	receipt, _, err := device.ParseReceipt([]byte(build(nil,
		`,"kkt":{"id":"order-42","printLines":["Спасибо"],"print":false}`, `,"kkt":{"printLines":["ok"],"department":2}`)))
	require.NoError(t, err)
	assert.Equal(t, "order-42", receipt.ID)
	assert.Equal(t, []string{"Спасибо"}, receipt.PrintLines)
	assert.True(t, receipt.NoPrint)
	assert.Equal(t, []string{"ok"}, receipt.Items[0].PrintLines)
	assert.EqualValues(t, 2, receipt.Items[0].Department)
}
