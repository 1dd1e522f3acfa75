package shtrih

// Codes of the receipt commands from before the ФН, with a text and up to four
// tax groups each.
const (
	SaleItemCode             Code = 0x80
	PurchaseItemCode         Code = 0x81
	SaleReturnItemCode       Code = 0x82
	PurchaseReturnItemCode   Code = 0x83
	StornoCode               Code = 0x84
	CloseReceiptV1Code       Code = 0x85
	DiscountCode             Code = 0x86
	SurchargeCode            Code = 0x87
	SubtotalCode             Code = 0x89
	CancelDiscountCode       Code = 0x8A
	CancelSurchargeCode      Code = 0x8B
	CopyDocumentCode         Code = 0x8C
	CloseReceiptExtendedCode Code = 0x8E
)

const (
	// TextV1 is the length of the text in the commands of this file, filled up
	// with 00, where a register insists on the length of Protocol ККТ 1.17. The
	// cash-core family takes any length, and AppendTo does not pad.
	TextV1 = 40
	// MaxQuantityV1 is the largest quantity of 80h to 84h, in thousandths.
	MaxQuantityV1 = 1<<40 - 1
	// MaxTaxGroup is the largest of the tax numbers here: plain numbers, unlike
	// the rate byte of FF46h. 0 is none.
	MaxTaxGroup = 4
)

// Parameters before the text; the text may fill what is left of the 255 bytes
// of DATA of protocol 1.0.
const (
	itemV1Head        = 4 + 5 + 5 + 1 + 4
	adjustmentHead    = 4 + 5 + 4
	closeV1Head       = 4 + 4*5 + 2 + 4
	closeExtendedHead = 4 + 16*5 + 2 + 4
)

// ItemV1 is the layout of 80h to 84h: password:4 quantity:5 price:5
// department:1 taxes:4×1 text:40 (Protocol ККТ 1.17; the text of other lengths:
// setup guide of the cash-core family).
type ItemV1 struct {
	Password   uint32
	Quantity   uint64 // thousandths
	Price      uint64 `show:"money"`
	Department uint8
	Taxes      [4]uint8 `show:"numbers"` // 0 to MaxTaxGroup
	Text       []byte   `show:"text"`
}

func (c ItemV1) append(dst []byte, code Code) []byte {
	dst = appendUint40(appendHead(dst, code, c.Password), c.Quantity)
	dst = append(appendUint40(dst, c.Price), c.Department)
	return append(append(dst, c.Taxes[:]...), c.Text...)
}

func (c *ItemV1) parse(data []byte, code Code) error {
	if err := checkLength(code, data, itemV1Head, MaxData1-1); err != nil {
		return err
	}
	*c = ItemV1{le.Uint32(data), uint40(data[4:]), uint40(data[9:]), data[14], [4]uint8(data[15:]), data[itemV1Head:]}
	return nil
}

func (c ItemV1) check(code Code) error {
	if c.Quantity > MaxQuantityV1 {
		return &RangeError{code, "Quantity", c.Quantity, MaxQuantityV1}
	}
	if err := checkMoney(code, "Price", c.Price); err != nil {
		return err
	}
	return checkText(code, "Text", c.Text, MaxData1-1-itemV1Head)
}

// SaleItem, 80h, is laid out as [ItemV1]. It opens a receipt where none is open.
type SaleItem ItemV1

func (c SaleItem) Code() Code                 { return SaleItemCode }
func (c SaleItem) AppendTo(dst []byte) []byte { return ItemV1(c).append(dst, c.Code()) }
func (c *SaleItem) Parse(data []byte) error   { return (*ItemV1)(c).parse(data, c.Code()) }
func (c SaleItem) Check() error               { return ItemV1(c).check(c.Code()) }

// PurchaseItem, 81h, is laid out as [ItemV1]. It opens a receipt where none is open.
type PurchaseItem ItemV1

func (c PurchaseItem) Code() Code                 { return PurchaseItemCode }
func (c PurchaseItem) AppendTo(dst []byte) []byte { return ItemV1(c).append(dst, c.Code()) }
func (c *PurchaseItem) Parse(data []byte) error   { return (*ItemV1)(c).parse(data, c.Code()) }
func (c PurchaseItem) Check() error               { return ItemV1(c).check(c.Code()) }

// SaleReturnItem, 82h, is laid out as [ItemV1]. It opens a receipt where none is open.
type SaleReturnItem ItemV1

func (c SaleReturnItem) Code() Code                 { return SaleReturnItemCode }
func (c SaleReturnItem) AppendTo(dst []byte) []byte { return ItemV1(c).append(dst, c.Code()) }
func (c *SaleReturnItem) Parse(data []byte) error   { return (*ItemV1)(c).parse(data, c.Code()) }
func (c SaleReturnItem) Check() error               { return ItemV1(c).check(c.Code()) }

// PurchaseReturnItem, 83h, is laid out as [ItemV1]. It opens a receipt where
// none is open.
type PurchaseReturnItem ItemV1

func (c PurchaseReturnItem) Code() Code                 { return PurchaseReturnItemCode }
func (c PurchaseReturnItem) AppendTo(dst []byte) []byte { return ItemV1(c).append(dst, c.Code()) }
func (c *PurchaseReturnItem) Parse(data []byte) error   { return (*ItemV1)(c).parse(data, c.Code()) }
func (c PurchaseReturnItem) Check() error               { return ItemV1(c).check(c.Code()) }

// Storno, 84h, is laid out as [ItemV1] (Protocol 2.0 rev 11; 1.17 leaves it
// out). It takes an item of the open receipt back, whatever its type.
type Storno ItemV1

func (c Storno) Code() Code                 { return StornoCode }
func (c Storno) AppendTo(dst []byte) []byte { return ItemV1(c).append(dst, c.Code()) }
func (c *Storno) Parse(data []byte) error   { return (*ItemV1)(c).parse(data, c.Code()) }
func (c Storno) Check() error               { return ItemV1(c).check(c.Code()) }

// Adjustment is the layout of 86h, 87h, 8Ah and 8Bh: password:4 sum:5 taxes:4×1
// text:40 (Protocol 2.0 rev 11; the vendor's Java driver sends the text of 86h
// in its own length).
type Adjustment struct {
	Password uint32
	Sum      uint64   `show:"money"`
	Taxes    [4]uint8 `show:"numbers"` // 0 to MaxTaxGroup
	Text     []byte   `show:"text"`
}

func (c Adjustment) append(dst []byte, code Code) []byte {
	dst = appendUint40(appendHead(dst, code, c.Password), c.Sum)
	return append(append(dst, c.Taxes[:]...), c.Text...)
}

func (c *Adjustment) parse(data []byte, code Code) error {
	if err := checkLength(code, data, adjustmentHead, MaxData1-1); err != nil {
		return err
	}
	*c = Adjustment{le.Uint32(data), uint40(data[4:]), [4]uint8(data[9:]), data[adjustmentHead:]}
	return nil
}

func (c Adjustment) check(code Code) error {
	if err := checkMoney(code, "Sum", c.Sum); err != nil {
		return err
	}
	return checkText(code, "Text", c.Text, MaxData1-1-adjustmentHead)
}

// Discount, 86h, is laid out as [Adjustment].
type Discount Adjustment

func (c Discount) Code() Code                 { return DiscountCode }
func (c Discount) AppendTo(dst []byte) []byte { return Adjustment(c).append(dst, c.Code()) }
func (c *Discount) Parse(data []byte) error   { return (*Adjustment)(c).parse(data, c.Code()) }
func (c Discount) Check() error               { return Adjustment(c).check(c.Code()) }

// Surcharge, 87h, is laid out as [Adjustment].
type Surcharge Adjustment

func (c Surcharge) Code() Code                 { return SurchargeCode }
func (c Surcharge) AppendTo(dst []byte) []byte { return Adjustment(c).append(dst, c.Code()) }
func (c *Surcharge) Parse(data []byte) error   { return (*Adjustment)(c).parse(data, c.Code()) }
func (c Surcharge) Check() error               { return Adjustment(c).check(c.Code()) }

// CancelDiscount, 8Ah, is laid out as [Adjustment]: the storno of a [Discount].
type CancelDiscount Adjustment

func (c CancelDiscount) Code() Code                 { return CancelDiscountCode }
func (c CancelDiscount) AppendTo(dst []byte) []byte { return Adjustment(c).append(dst, c.Code()) }
func (c *CancelDiscount) Parse(data []byte) error   { return (*Adjustment)(c).parse(data, c.Code()) }
func (c CancelDiscount) Check() error               { return Adjustment(c).check(c.Code()) }

// CancelSurcharge, 8Bh, is laid out as [Adjustment]: the storno of a [Surcharge].
type CancelSurcharge Adjustment

func (c CancelSurcharge) Code() Code                 { return CancelSurchargeCode }
func (c CancelSurcharge) AppendTo(dst []byte) []byte { return Adjustment(c).append(dst, c.Code()) }
func (c *CancelSurcharge) Parse(data []byte) error   { return (*Adjustment)(c).parse(data, c.Code()) }
func (c CancelSurcharge) Check() error               { return Adjustment(c).check(c.Code()) }

// Subtotal, 89h: password:4.
type Subtotal struct{ Password uint32 }

func (c Subtotal) Code() Code { return SubtotalCode }

func (c Subtotal) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *Subtotal) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}

// SubtotalReply: operator:1 sum:5.
type SubtotalReply struct {
	Operator uint8
	Sum      uint64 `show:"money"`
}

func (r SubtotalReply) AppendTo(dst []byte) []byte {
	return appendUint40(append(dst, r.Operator), r.Sum)
}

func (r *SubtotalReply) Parse(p []byte) error {
	if err := checkPayload(SubtotalCode, p, 6, 6); err != nil {
		return err
	}
	*r = SubtotalReply{p[0], uint40(p[1:])}
	return nil
}

// CloseReceiptV1, 85h: password:4 payments:4×5 discount:2 taxes:4×1 text:40
// (Protocol ККТ 1.17).
type CloseReceiptV1 struct {
	Password uint32
	Payments [4]uint64 `show:"money"` // the first is cash
	Discount int16     // hundredths of a per cent; below zero a surcharge
	Taxes    [4]uint8  `show:"numbers"` // 0 to MaxTaxGroup
	Text     []byte    `show:"text"`
}

func (c CloseReceiptV1) Code() Code { return CloseReceiptV1Code }

func (c CloseReceiptV1) AppendTo(dst []byte) []byte {
	dst = appendHead(dst, c.Code(), c.Password)
	return appendClosingV1(dst, c.Payments[:], c.Discount, c.Taxes, c.Text)
}

func (c *CloseReceiptV1) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, closeV1Head, MaxData1-1); err != nil {
		return err
	}
	c.Password = le.Uint32(data)
	c.Discount, c.Taxes, c.Text = parseClosingV1(data[4:], c.Payments[:])
	return nil
}

func (c CloseReceiptV1) Check() error {
	return checkClosing(c.Code(), c.Payments[:], nil, c.Text, MaxData1-1-closeV1Head)
}

// CloseReceiptExtended, 8Eh: password:4 payments:16×5 discount:2 taxes:4×1
// text:40 (Protocol ККТ 1.17). As [CloseReceiptV1], with every payment of
// table 5.
type CloseReceiptExtended struct {
	Password uint32
	Payments [16]uint64 `show:"money"` // the first is cash
	Discount int16      // hundredths of a per cent; below zero a surcharge
	Taxes    [4]uint8   `show:"numbers"` // 0 to MaxTaxGroup
	Text     []byte     `show:"text"`
}

func (c CloseReceiptExtended) Code() Code { return CloseReceiptExtendedCode }

func (c CloseReceiptExtended) AppendTo(dst []byte) []byte {
	dst = appendHead(dst, c.Code(), c.Password)
	return appendClosingV1(dst, c.Payments[:], c.Discount, c.Taxes, c.Text)
}

func (c *CloseReceiptExtended) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, closeExtendedHead, MaxData1-1); err != nil {
		return err
	}
	c.Password = le.Uint32(data)
	c.Discount, c.Taxes, c.Text = parseClosingV1(data[4:], c.Payments[:])
	return nil
}

func (c CloseReceiptExtended) Check() error {
	return checkClosing(c.Code(), c.Payments[:], nil, c.Text, MaxData1-1-closeExtendedHead)
}

func appendClosingV1(dst []byte, payments []uint64, discount int16, taxes [4]uint8, text []byte) []byte {
	for _, sum := range payments {
		dst = appendUint40(dst, sum)
	}
	dst = le.AppendUint16(dst, uint16(discount))
	return append(append(dst, taxes[:]...), text...)
}

// parseClosingV1 reads what follows the password.
func parseClosingV1(data []byte, payments []uint64) (discount int16, taxes [4]uint8, text []byte) {
	for i := range payments {
		payments[i] = uint40(data[5*i:])
	}
	rest := data[5*len(payments):]
	return int16(le.Uint16(rest)), [4]uint8(rest[2:]), rest[6:]
}

// CloseReceiptV1Reply: operator:1 change:5 [link:0..240].
type CloseReceiptV1Reply struct {
	Operator uint8
	Change   uint64 `show:"money"`
	Link     []byte `show:"text"` // web link of the receipt, where the register makes one
}

// CloseReceiptExtendedReply is laid out as [CloseReceiptV1Reply]; the text gives
// the link for 85h only.
type CloseReceiptExtendedReply = CloseReceiptV1Reply

func (r CloseReceiptV1Reply) AppendTo(dst []byte) []byte {
	return append(appendUint40(append(dst, r.Operator), r.Change), r.Link...)
}

// Parse takes the answer to 85h or 8Eh; the error names the first.
func (r *CloseReceiptV1Reply) Parse(p []byte) error {
	if err := checkPayload(CloseReceiptV1Code, p, 6, 6+240); err != nil {
		return err
	}
	*r = CloseReceiptV1Reply{p[0], uint40(p[1:]), p[6:]}
	return nil
}

// CopyDocument, 8Ch: password:4.
type CopyDocument struct{ Password uint32 }

func (c CopyDocument) Code() Code { return CopyDocumentCode }

func (c CopyDocument) AppendTo(dst []byte) []byte { return appendHead(dst, c.Code(), c.Password) }

func (c *CopyDocument) Parse(data []byte) (err error) {
	c.Password, err = parsePassword(c.Code(), data)
	return err
}
