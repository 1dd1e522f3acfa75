package fnlink

// Scope says over what counters count.
type Scope byte

// Scopes of counters.
const (
	ScopeShift   Scope = 0
	ScopeStorage Scope = 1
)

// Counters asks for all counters, FFD 1.1 and 1.2. Layout: 36h | scope1.
type Counters struct{ Scope Scope }

// OperationCounts asks for the numbers of receipts, FFD 1.1 and 1.2. Layout: 37h | scope1.
type OperationCounts struct{ Scope Scope }

// OperationCounters asks for the counters of one operation, FFD 1.1 and 1.2. Layout: 38h | scope1 | operation1.
type OperationCounters struct {
	Scope     Scope
	Operation byte // as tag 1054: 1–4
}

// Code is 36h.
func (Counters) Code() Code { return CodeCounters }

// Code is 37h.
func (OperationCounts) Code() Code { return CodeOperationCounts }

// Code is 38h.
func (OperationCounters) Code() Code { return CodeOperationCounters }

// AppendTo appends the body.
func (c Counters) AppendTo(dst []byte) []byte { return append(dst, byte(c.Code()), byte(c.Scope)) }

// AppendTo appends the body.
func (c OperationCounts) AppendTo(dst []byte) []byte {
	return append(dst, byte(c.Code()), byte(c.Scope))
}

// AppendTo appends the body.
func (c OperationCounters) AppendTo(dst []byte) []byte {
	return append(dst, byte(c.Code()), byte(c.Scope), c.Operation)
}

// Parse reads DATA.
func (c *Counters) Parse(data []byte) error { return parseScope(&c.Scope, c.Code(), data, 1) }

// Parse reads DATA.
func (c *OperationCounts) Parse(data []byte) error { return parseScope(&c.Scope, c.Code(), data, 1) }

// Parse reads DATA.
func (c *OperationCounters) Parse(data []byte) error {
	if err := parseScope(&c.Scope, c.Code(), data, 2); err != nil {
		return err
	}
	c.Operation = data[1]
	return nil
}

func parseScope(s *Scope, c Code, data []byte, n int) error {
	if err := wantRequest(c, data, n); err != nil {
		return err
	}
	*s = Scope(data[0])
	return nil
}

// Sums are the counters of one operation, kopecks. In bytes: count u32, then twelve u48 in the order of the fields
// (FNS ККТ–ФН 1.2.06, table 17, which still says 18 % for 20 %).
type Sums struct {
	Count      uint32
	Total      uint64
	Cash       uint64
	Electronic uint64
	Prepaid    uint64
	Credit     uint64
	Provision  uint64
	VAT20      uint64
	VAT10      uint64
	VAT0       uint64 // amounts taxed at 0 %
	NoVAT      uint64 // amounts without VAT
	VAT20120   uint64
	VAT10110   uint64
}

const sumsSize = 4 + 12*6

// AppendTo appends the 76 bytes.
func (s Sums) AppendTo(dst []byte) []byte {
	dst = appendU32(dst, s.Count)
	for _, v := range [...]uint64{s.Total, s.Cash, s.Electronic, s.Prepaid, s.Credit, s.Provision,
		s.VAT20, s.VAT10, s.VAT0, s.NoVAT, s.VAT20120, s.VAT10110} {
		dst = appendUint(dst, v, 6)
	}
	return dst
}

func (s *Sums) parse(b []byte) {
	s.Count = u32(b)
	b = b[4:]
	for _, v := range [...]*uint64{&s.Total, &s.Cash, &s.Electronic, &s.Prepaid, &s.Credit, &s.Provision,
		&s.VAT20, &s.VAT10, &s.VAT0, &s.NoVAT, &s.VAT20120, &s.VAT10110} {
		*v = getUint(b[:6])
		b = b[6:]
	}
}

// CountSum is a number of receipts and their sum in kopecks. In bytes: u32 | u48.
type CountSum struct {
	Count uint32
	Sum   uint64
}

// CountersReply is the reply of Counters.
//
// Layout: number u16 | operations u32 | four Sums, by operation 1–4 | corrections u32 | four CountSum
// (FNS ККТ–ФН 1.2.06, tables 16–18): 354 bytes.
type CountersReply struct {
	Number      uint16 // of the shift, or the number of shifts
	Receipts    uint32 // with corrections
	Operations  [4]Sums
	Corrections uint32
	Corrected   [4]CountSum
}

// AppendTo appends the DATA.
func (r CountersReply) AppendTo(dst []byte) []byte {
	dst = appendU32(appendU16(dst, r.Number), r.Receipts)
	for i := range r.Operations {
		dst = r.Operations[i].AppendTo(dst)
	}
	dst = appendU32(dst, r.Corrections)
	for _, c := range r.Corrected {
		dst = appendUint(appendU32(dst, c.Count), c.Sum, 6)
	}
	return dst
}

// Parse reads the DATA.
func (r *CountersReply) Parse(data []byte) error {
	if err := wantReply(CodeCounters, data, 354); err != nil {
		return err
	}
	r.Number, r.Receipts = u16(data), u32(data[2:])
	data = data[6:]
	for i := range r.Operations {
		r.Operations[i].parse(data)
		data = data[sumsSize:]
	}
	r.Corrections = u32(data)
	data = data[4:]
	for i := range r.Corrected {
		r.Corrected[i] = CountSum{u32(data), getUint(data[4:10])}
		data = data[10:]
	}
	return nil
}

// OperationCountsReply is the reply of OperationCounts.
//
// Layout: number u16 | ten u32: all; by operation 1–4 with corrections; corrections; corrections by operation 1–4
// (FNS ККТ–ФН 1.2.06, table 20): 42 bytes.
type OperationCountsReply struct {
	Number      uint16 // of the shift, or the number of shifts
	All         uint32
	Operations  [4]uint32 // with corrections
	Corrections uint32
	Corrected   [4]uint32
}

// AppendTo appends the DATA.
func (r OperationCountsReply) AppendTo(dst []byte) []byte {
	dst = appendU32(appendU16(dst, r.Number), r.All)
	for _, v := range r.Operations {
		dst = appendU32(dst, v)
	}
	dst = appendU32(dst, r.Corrections)
	for _, v := range r.Corrected {
		dst = appendU32(dst, v)
	}
	return dst
}

// Parse reads the DATA.
func (r *OperationCountsReply) Parse(data []byte) error {
	if err := wantReply(CodeOperationCounts, data, 42); err != nil {
		return err
	}
	r.Number, r.All, r.Corrections = u16(data), u32(data[2:]), u32(data[22:])
	for i := range 4 {
		r.Operations[i] = u32(data[6+4*i:])
		r.Corrected[i] = u32(data[26+4*i:])
	}
	return nil
}

// OperationCountersReply is the reply of OperationCounters. Layout: Sums | CountSum of corrections
// (FNS ККТ–ФН 1.2.06, table 22): 86 bytes.
type OperationCountersReply struct {
	Sums      Sums
	Corrected CountSum
}

// AppendTo appends the DATA.
func (r OperationCountersReply) AppendTo(dst []byte) []byte {
	return appendUint(appendU32(r.Sums.AppendTo(dst), r.Corrected.Count), r.Corrected.Sum, 6)
}

// Parse reads the DATA.
func (r *OperationCountersReply) Parse(data []byte) error {
	if err := wantReply(CodeOperationCounters, data, sumsSize+10); err != nil {
		return err
	}
	r.Sums.parse(data)
	r.Corrected = CountSum{u32(data[sumsSize:]), getUint(data[sumsSize+4:])}
	return nil
}
