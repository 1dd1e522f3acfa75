package device_test

import (
	"fmt"

	"github.com/openkkt/openkkt/device"
)

func ExampleParseReceipt() {
	receipt, _, err := device.ParseReceipt([]byte(`{
		"operationType": 1,
		"items": [{"name": "Кофе", "price": 15000, "quantity": 2, "sum": 30000, "nds": 1}],
		"totalSum": 30000, "cashTotalSum": 25000
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(receipt.Validate())
	receipt.Cash = 50000
	fmt.Println(receipt.Validate(), receipt.Change())
	// Output:
	// totalSum: 30000 kopecks, but the payments add up to 25000
	// <nil> 20000
}
