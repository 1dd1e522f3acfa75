package emulator_test

import (
	"fmt"
	"time"

	"github.com/openkkt/openkkt/emulator"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

func Example() {
	register, err := emulator.New(emulator.Config{FS: journal.NewMemory(), Clock: time.Now})
	if err != nil {
		panic(err)
	}
	defer register.Close()

	answer := register.Exec(nil, shtrih.OpenShift{Password: 30}.AppendTo(nil))
	fmt.Printf("%x\n", answer)
	answer = register.Exec(nil, shtrih.OpenShift{Password: 30}.AppendTo(nil))
	fmt.Println(shtrih.Result(answer[1]))
	// Output:
	// e0001e
	// 73h wrong mode
}
