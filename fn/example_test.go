package fn_test

import (
	"fmt"

	"github.com/openkkt/openkkt/fn"
	"github.com/openkkt/openkkt/fn/journal"
	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// A storage is registered by commands, as by a register, and tells its first document.
func Example() {
	storage, err := fn.Open(fn.Config{FS: journal.NewMemory(), Number: "9999078900009511"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer storage.Close()

	const inn, serial = "7707083893", "0000000000012345"
	data := tlv.AppendBytes(nil, ffd.SerialNumber, []byte(serial))
	var registered fnlink.DocumentReply
	for _, step := range []struct {
		command fnlink.Command
		reply   fnlink.Reply
	}{
		{fnlink.BeginRegistration{FFD: byte(ffd.FFD12)}, fnlink.NoReply{}},
		{fnlink.SendData{TLV: data}, fnlink.NoReply{}},
		{fnlink.MakeRegistration{
			At: fnlink.DateTime{26, 3, 2, 9, 0}, INN: fnlink.INNOf(inn), TaxSystems: 1,
			Number:      fnlink.RegistrationNumberOf(fn.MakeRegistrationNumber("1", inn, serial)),
			OperatorINN: fnlink.INNOf("7704211201"),
		}, &registered},
	} {
		if err := fnlink.Decode(storage.Exec(nil, step.command.AppendTo(nil)), step.reply); err != nil {
			fmt.Println(step.command.Code(), err)
			return
		}
	}
	fmt.Println("document", registered.Document)
	fmt.Println(fnlink.Decode(storage.Exec(nil, fnlink.BeginReceipt{}.AppendTo(nil)), fnlink.NoReply{}))
	// Output:
	// document 1
	// FN answer 02h: wrong FN state
}
