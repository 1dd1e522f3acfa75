package shtrih

// Codes of the clock commands.
const (
	SetTimeCode     Code = 0x21
	SetDateCode     Code = 0x22
	ConfirmDateCode Code = 0x23
)

// SetTime, 21h: password:4 hour:1 minute:1 second:1.
type SetTime struct {
	Password uint32
	Time     Time
}

func (c SetTime) Code() Code { return SetTimeCode }

func (c SetTime) AppendTo(dst []byte) []byte {
	return appendHMS(appendHead(dst, c.Code(), c.Password), c.Time)
}

func (c *SetTime) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 7, 7); err != nil {
		return err
	}
	*c = SetTime{le.Uint32(data), parseHMS(data[4:])}
	return nil
}

// SetDate, 22h: password:4 day:1 month:1 year:1. [ConfirmDate] must follow.
type SetDate struct {
	Password uint32
	Date     Date
}

func (c SetDate) Code() Code { return SetDateCode }

func (c SetDate) AppendTo(dst []byte) []byte {
	return appendDMY(appendHead(dst, c.Code(), c.Password), c.Date)
}

func (c *SetDate) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 7, 7); err != nil {
		return err
	}
	*c = SetDate{le.Uint32(data), parseDMY(data[4:])}
	return nil
}

// ConfirmDate, 23h: password:4 day:1 month:1 year:1. The date of [SetDate] once more.
type ConfirmDate struct {
	Password uint32
	Date     Date
}

func (c ConfirmDate) Code() Code { return ConfirmDateCode }

func (c ConfirmDate) AppendTo(dst []byte) []byte {
	return appendDMY(appendHead(dst, c.Code(), c.Password), c.Date)
}

func (c *ConfirmDate) Parse(data []byte) error {
	if err := checkLength(c.Code(), data, 7, 7); err != nil {
		return err
	}
	*c = ConfirmDate{le.Uint32(data), parseDMY(data[4:])}
	return nil
}
