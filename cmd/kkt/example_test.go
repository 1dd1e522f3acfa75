package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

// sellFile is the driver part of the README.
func sellFile(ctx context.Context, file []byte) error {
	receipt, _, err := device.ParseReceipt(file)
	if err != nil {
		return err // names the JSON path
	}
	reg, err := device.Open(ctx, "tcp://192.168.137.111:7778")
	if err != nil {
		return err
	}
	defer reg.Close()
	doc, err := reg.Sell(ctx, *receipt)
	if errors.Is(err, shtrih.ShiftOver24Hours) {
		_, err = reg.CloseShift(ctx)
	}
	if err != nil {
		return err
	}
	fmt.Println(doc.Number, doc.FiscalSign, doc.QR())
	return nil
}

// A receipt with a mistake never reaches the line.
func Example() {
	err := sellFile(context.Background(), []byte(`{"operationType": 1, "items": [{"nmae": "Кофе"}]}`))
	fmt.Fprintln(os.Stdout, err)
	// Output:
	// items[0].nmae: unknown field, did you mean "name"?
}
