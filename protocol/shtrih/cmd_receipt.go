package shtrih

import "strconv"

// Codes of the receipt commands.
const (
	CancelReceiptCode   Code = 0x88
	OpenReceiptCode     Code = 0x8D
	CloseReceiptCode    Code = 0xFF45
	ItemCode            Code = 0xFF46
	ReceiptDiscountCode Code = 0xFF4B
	ItemTLVCode         Code = 0xFF4D
	CloseReceiptV3Code  Code = 0xFF76
	CloseReceiptV4Code  Code = 0xFF78
)

// ReceiptType is the type of 8Dh and the status of mode 8. Mind the order: it is
// not that of [Operation].
type ReceiptType uint8

const (
	Sale           ReceiptType = 0 // приход
	Purchase       ReceiptType = 1 // расход
	SaleReturn     ReceiptType = 2 // возврат прихода
	PurchaseReturn ReceiptType = 3 // возврат расхода
)

// String is the English name.
func (t ReceiptType) String() string {
	if int(t) >= len(operationOf) {
		return strconv.Itoa(int(t))
	}
	return [...]string{"sale", "purchase", "sale return", "purchase return"}[t]
}

// Operation is the type of FF46h, the same number as the document's tag 1054.
type Operation uint8

const (
	OperationSale           Operation = 1
	OperationSaleReturn     Operation = 2
	OperationPurchase       Operation = 3
	OperationPurchaseReturn Operation = 4
)

// String is the English name.
func (o Operation) String() string {
	if t, ok := o.ReceiptType(); ok {
		return t.String()
	}
	return strconv.Itoa(int(o))
}

// Operation is what FF46h calls a receipt of this type; 0 for a wrong type.
func (t ReceiptType) Operation() Operation {
	if int(t) >= len(operationOf) {
		return 0
	}
	return operationOf[t]
}

var operationOf = [...]Operation{OperationSale, OperationPurchase, OperationSaleReturn, OperationPurchaseReturn}

// ReceiptType is what 8Dh calls this operation.
func (o Operation) ReceiptType() (t ReceiptType, ok bool) {
	for t, of := range operationOf {
		if of == o {
			return ReceiptType(t), true
		}
	}
	return 0, false
}

// OpenReceipt, 8Dh: password:4 type:1.
// Opens the shift too when it is closed.
type OpenReceipt struct {
	Password uint32
	Type     ReceiptType
}

func (c OpenReceipt) Code() Code { return OpenReceiptCode }

func (c OpenReceipt) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), byte(c.Type))
}

func (c *OpenReceipt) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 5, 5); err != nil {
		return err
	}
	*c = OpenReceipt{le.Uint32(data), ReceiptType(data[4])}
	return nil
}

// CancelReceipt, 88h: password:4.
type CancelReceipt struct{ Password uint32 }

func (c CancelReceipt) Code() Code { return CancelReceiptCode }

func (c CancelReceipt) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *CancelReceipt) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// Item, FF46h: password:4 operation:1 quantity:6 price:5 sum:5 tax:5 rate:1
// department:1 method:1 subject:1 name:0..128.
type Item struct {
	Password   uint32
	Operation  Operation
	Quantity   uint64 // millionths
	Price      uint64 `show:"money"`
	Sum        uint64 `show:"money"` // or NotGiven
	Tax        uint64 `show:"money"` // or NotGiven
	Rate       uint8  `show:"rate"`  // see RateByte
	Department uint8
	Method     uint8  // tag 1214, 0 not given
	Subject    uint8  // tag 1212, 0 not given
	Name       []byte `show:"text"` // after «//» it is not printed
}

const (
	itemHead        = 30
	maxItemName     = 128
	maxReceiptText  = 64
	maxTLV          = 250
	closeHead       = 4 + 16*5 + 1
	closeLength     = closeHead + 6*5 + 1
	closeV3Length   = closeHead + 10*5 + 1
	closeV4Length   = closeHead + 12*5 + 1
	discountHead    = 4 + 5 + 5 + 1
	dateTime5Length = 5
)

func (c Item) Code() Code { return ItemCode }

func (c Item) AppendTo(dst []byte) []byte {
	dst = append(appendHead(dst, c.Code(), c.Password), byte(c.Operation))
	dst = appendUint48(dst, c.Quantity)
	dst = appendUint40(dst, c.Price)
	dst = appendUint40(dst, c.Sum)
	dst = appendUint40(dst, c.Tax)
	dst = append(dst, c.Rate, c.Department, c.Method, c.Subject)
	return append(dst, c.Name...)
}

func (c *Item) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, itemHead, itemHead+maxItemName); err != nil {
		return err
	}
	*c = Item{
		Password: le.Uint32(data), Operation: Operation(data[4]), Quantity: uint48(data[5:]),
		Price: uint40(data[11:]), Sum: uint40(data[16:]), Tax: uint40(data[21:]),
		Rate: data[26], Department: data[27], Method: data[28], Subject: data[29], Name: data[itemHead:],
	}
	return nil
}

func (c Item) Check() error {
	if c.Quantity > MaxQuantity {
		return &RangeError{c.Code(), "Quantity", c.Quantity, MaxQuantity}
	}
	for _, f := range [...]struct {
		name string
		v    uint64
	}{{"Price", c.Price}, {"Sum", c.Sum}, {"Tax", c.Tax}} {
		if err := checkMoney(c.Code(), f.name, f.v); err != nil {
			return err
		}
	}
	return checkText(c.Code(), "Name", c.Name, maxItemName)
}

// Places in [CloseReceipt.Payments] (ФР–ФН 2.7: payment 1 is cash, 2 to 13 are
// electronic, then come advance, credit and barter).
const (
	PaymentCash       = 0
	PaymentElectronic = 1 // the first of twelve
	PaymentAdvance    = 13
	PaymentCredit     = 14
	PaymentBarter     = 15
)

// Places in the Taxes of [CloseReceipt], [CloseReceiptV3] and [CloseReceiptV4]:
// the first six, ten, or all. Two of them are turnovers, not taxes.
const (
	Tax20 = iota
	Tax10
	Turnover0
	TurnoverNone
	Tax20120
	Tax10110
	Tax5
	Tax7
	Tax5105
	Tax7107
	Tax22
	Tax22122
)

// CloseReceipt, FF45h: password:4 payments:16×5 rounding:1 taxes:6×5
// tax_system:1 text:0..64.
type CloseReceipt struct {
	Password  uint32
	Payments  [16]uint64 `show:"money"`
	Rounding  uint8      // kopecks taken off the total, 0 to 99
	Taxes     [6]uint64  `show:"money"` // or NotGiven
	TaxSystem uint8      // one bit, as in tag 1055
	Text      []byte     `show:"text"`
}

func (c CloseReceipt) Code() Code { return CloseReceiptCode }

func (c CloseReceipt) AppendTo(dst []byte) []byte {
	dst = appendClosing(appendHead(dst, c.Code(), c.Password), &c.Payments, c.Rounding, c.Taxes[:])
	return append(append(dst, c.TaxSystem), c.Text...)
}

func (c *CloseReceipt) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, closeLength, closeLength+maxReceiptText); err != nil {
		return err
	}
	c.Password, c.Rounding = parseClosing(data, &c.Payments, c.Taxes[:])
	c.TaxSystem, c.Text = data[closeLength-1], data[closeLength:]
	return nil
}

func (c CloseReceipt) Check() error {
	return checkClosing(c.Code(), c.Payments[:], c.Taxes[:], c.Text, maxReceiptText)
}

// CloseReceiptV3, FF76h: password:4 payments:16×5 rounding:1 taxes:10×5
// tax_system:1 text:0..64. As [CloseReceipt], with the rates 5 and 7 %.
type CloseReceiptV3 struct {
	Password  uint32
	Payments  [16]uint64 `show:"money"`
	Rounding  uint8
	Taxes     [10]uint64 `show:"money"`
	TaxSystem uint8
	Text      []byte `show:"text"`
}

func (c CloseReceiptV3) Code() Code { return CloseReceiptV3Code }

func (c CloseReceiptV3) AppendTo(dst []byte) []byte {
	dst = appendClosing(appendHead(dst, c.Code(), c.Password), &c.Payments, c.Rounding, c.Taxes[:])
	return append(append(dst, c.TaxSystem), c.Text...)
}

func (c *CloseReceiptV3) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, closeV3Length, closeV3Length+maxReceiptText); err != nil {
		return err
	}
	c.Password, c.Rounding = parseClosing(data, &c.Payments, c.Taxes[:])
	c.TaxSystem, c.Text = data[closeV3Length-1], data[closeV3Length:]
	return nil
}

func (c CloseReceiptV3) Check() error {
	return checkClosing(c.Code(), c.Payments[:], c.Taxes[:], c.Text, maxReceiptText)
}

// CloseReceiptV4, FF78h: password:4 payments:16×5 rounding:1 taxes:12×5
// tax_system:1 text:0..64 (command decoder of logplayer and a request that it
// logged). As [CloseReceiptV3], with the rate 22 %.
type CloseReceiptV4 struct {
	Password  uint32
	Payments  [16]uint64 `show:"money"`
	Rounding  uint8      // kopecks taken off the total, 0 to 99
	Taxes     [12]uint64 `show:"money"` // or NotGiven
	TaxSystem uint8      // one bit, as in tag 1055
	Text      []byte     `show:"text"`
}

func (c CloseReceiptV4) Code() Code { return CloseReceiptV4Code }

func (c CloseReceiptV4) AppendTo(dst []byte) []byte {
	dst = appendClosing(appendHead(dst, c.Code(), c.Password), &c.Payments, c.Rounding, c.Taxes[:])
	return append(append(dst, c.TaxSystem), c.Text...)
}

func (c *CloseReceiptV4) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, closeV4Length, closeV4Length+maxReceiptText); err != nil {
		return err
	}
	c.Password, c.Rounding = parseClosing(data, &c.Payments, c.Taxes[:])
	c.TaxSystem, c.Text = data[closeV4Length-1], data[closeV4Length:]
	return nil
}

func (c CloseReceiptV4) Check() error {
	return checkClosing(c.Code(), c.Payments[:], c.Taxes[:], c.Text, maxReceiptText)
}

func appendClosing(dst []byte, payments *[16]uint64, rounding uint8, taxes []uint64) []byte {
	for _, sum := range payments {
		dst = appendUint40(dst, sum)
	}
	dst = append(dst, rounding)
	for _, tax := range taxes {
		dst = appendUint40(dst, tax)
	}
	return dst
}

func parseClosing(data []byte, payments *[16]uint64, taxes []uint64) (password uint32, rounding uint8) {
	for i := range payments {
		payments[i] = uint40(data[4+5*i:])
	}
	for i := range taxes {
		taxes[i] = uint40(data[closeHead+5*i:])
	}
	return le.Uint32(data), data[closeHead-1]
}

func checkClosing(c Code, payments, taxes []uint64, text []byte, maxText int) error {
	for _, sum := range payments {
		if err := checkMoney(c, "Payments", sum); err != nil {
			return err
		}
	}
	for _, tax := range taxes {
		if err := checkMoney(c, "Taxes", tax); err != nil {
			return err
		}
	}
	return checkText(c, "Text", text, maxText)
}

// CloseReceiptReply: change:5 document:4 fiscal_sign:4 [datetime:5]. The date
// and time come with field 36 of table 17.
type CloseReceiptReply struct {
	Change      uint64 `show:"money"`
	Document    uint32 // ФД
	FiscalSign  uint32 // ФПД
	DateTime    DateTime5
	HasDateTime bool
}

// CloseReceiptV3Reply is laid out as [CloseReceiptReply].
type CloseReceiptV3Reply = CloseReceiptReply

// CloseReceiptV4Reply is laid out as [CloseReceiptReply].
type CloseReceiptV4Reply = CloseReceiptReply

func (r CloseReceiptReply) AppendTo(dst []byte) []byte {
	dst = le.AppendUint32(appendUint40(dst, r.Change), r.Document)
	dst = le.AppendUint32(dst, r.FiscalSign)
	if r.HasDateTime {
		dst = appendDateTime5(dst, r.DateTime)
	}
	return dst
}

// Parse takes the answer to FF45h, FF76h or FF78h; the error names the first.
func (r *CloseReceiptReply) Parse(p []byte) error {
	const plain = 13
	if len(p) != plain && len(p) != plain+dateTime5Length {
		return &LengthError{CloseReceiptCode, true, len(p), plain, plain + dateTime5Length}
	}
	*r = CloseReceiptReply{Change: uint40(p), Document: le.Uint32(p[5:]), FiscalSign: le.Uint32(p[9:])}
	if len(p) > plain {
		r.DateTime, r.HasDateTime = parseDateTime5(p[plain:]), true
	}
	return nil
}

// ItemTLV, FF4Dh: password:4 tlv:1..250. Elements for the item: the printer
// family takes them after its FF46h, the cash-core one before.
type ItemTLV struct {
	Password uint32
	TLV      []byte `show:"hex"`
}

func (c ItemTLV) Code() Code { return ItemTLVCode }

func (c ItemTLV) AppendTo(dst []byte) []byte {
	return append(appendHead(dst, c.Code(), c.Password), c.TLV...)
}

func (c *ItemTLV) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 4+1, 4+maxTLV); err != nil {
		return err
	}
	*c = ItemTLV{le.Uint32(data), data[4:]}
	return nil
}

func (c ItemTLV) Check() error { return checkText(c.Code(), "TLV", c.TLV, maxTLV) }

// ReceiptDiscount, FF4Bh: password:4 discount:5 surcharge:5 tax:1 text:128
// (ФР–ФН 2.7). The vendor's Java driver sends 40 bytes of text: AppendTo does
// not pad.
type ReceiptDiscount struct {
	Password  uint32
	Discount  uint64 `show:"money"`
	Surcharge uint64 `show:"money"`
	Tax       uint8
	Text      []byte `show:"text"`
}

func (c ReceiptDiscount) Code() Code { return ReceiptDiscountCode }

func (c ReceiptDiscount) AppendTo(dst []byte) []byte {
	dst = appendUint40(appendHead(dst, c.Code(), c.Password), c.Discount)
	return append(append(appendUint40(dst, c.Surcharge), c.Tax), c.Text...)
}

func (c *ReceiptDiscount) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, discountHead, discountHead+maxItemName); err != nil {
		return err
	}
	*c = ReceiptDiscount{le.Uint32(data), uint40(data[4:]), uint40(data[9:]), data[14], data[discountHead:]}
	return nil
}

func (c ReceiptDiscount) Check() error {
	if err := checkMoney(c.Code(), "Discount", c.Discount); err != nil {
		return err
	}
	if err := checkMoney(c.Code(), "Surcharge", c.Surcharge); err != nil {
		return err
	}
	return checkText(c.Code(), "Text", c.Text, maxItemName)
}
