package fn

import (
	"math/bits"
	"slices"

	"github.com/openkkt/openkkt/protocol/fnlink"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// FormedByStorage tells whether the storage itself forms a tag of a document, so that the register must not send it
// (answer 0Bh). For FFD 1.1 and 1.2 the protocol lists the tags (FNS ККТ–ФН 1.2.06, sections 5.3 and 5.4, and
// table 37 for 1108 in registration reports); for 1.05 they are those that the storage puts first in real documents.
func FormedByStorage(v ffd.Version, form, t tlv.Tag) bool {
	registration := form == ffd.RegistrationReport || form == ffd.RegistrationChange
	if v >= ffd.FFD11 {
		info := ffd.Find(t)
		return info != nil && info.StorageForms.Has(v) || v == ffd.FFD11 && registration && t == ffd.InternetOnly
	}
	switch t {
	case ffd.StorageNumber, ffd.RegistrationNumber, ffd.UserINN, ffd.DocumentNumber, ffd.DateTime, ffd.FiscalSign:
		return true
	case ffd.TaxSystems, ffd.Encryption, ffd.OfflineMode, ffd.AutoMode, ffd.ServicesOnly, ffd.BSOSystem,
		ffd.InternetOnly, ffd.ReregistrationReason:
		return registration
	case ffd.ShiftNumber:
		return !registration
	case ffd.ReceiptNumber, ffd.Operation, ffd.Total:
		return ffd.IsReceipt(form)
	}
	return false
}

// dataLimit is how many bytes 07h may give for a document (FNS ККТ–ФН 1.2.06, sections 4.4.1, 4.6.2, 4.6.4, 4.6.6;
// for A2h none is printed, that of 02h is taken).
func dataLimit(form tlv.Tag) int {
	switch form {
	case ffd.RegistrationReport:
		return 6 << 10
	case ffd.ShiftOpening:
		return 4 << 10
	case ffd.ShiftClosing:
		return 1 << 10
	}
	return 30 << 10
}

// sendData takes elements of the document: all of the command or nothing.
func (s *Storage) sendData(dst, data []byte) ([]byte, fnlink.Answer) {
	var c fnlink.SendData
	if c.Parse(data) != nil || !whole(c.TLV) {
		return dst, fnlink.UnknownCommand
	}
	d := &s.current
	if d.kind == fnlink.NoDocument {
		return dst, fnlink.WrongState
	}
	if len(d.data)+len(c.TLV) > dataLimit(d.form) {
		return dst, fnlink.DataTooLong
	}
	before := len(d.seen)
	if tag, code := s.addTags(d, c.TLV); code != fnlink.OK {
		d.seen = d.seen[:before]
		if code == fnlink.DuplicateTag || code == fnlink.TagNotAllowed {
			dst = appendTag(dst, tag)
		}
		return dst, code
	}
	d.data = append(d.data, c.TLV...)
	return dst, fnlink.OK
}

// addTags checks elements and takes note of their tags. With 0Bh and 0Ch it names the tag that is meant.
func (s *Storage) addTags(d *current, elements []byte) (tlv.Tag, fnlink.Answer) {
	r := tlv.NewReader(elements)
	for r.Next() {
		t := r.Tag()
		if FormedByStorage(d.ffd, d.form, t) {
			return t, fnlink.TagNotAllowed
		}
		seen := d.has(t)
		if seen {
			if info := ffd.Find(t); info == nil || !info.Repeatable {
				return t, fnlink.DuplicateTag
			}
		}
		if tag, code := s.check(d, t, r.Value(), 0); code != fnlink.OK {
			return tag, code
		}
		if !seen {
			d.seen = append(d.seen, t)
		}
	}
	return 0, fnlink.OK
}

// maxDepth is how deep elements may nest. The format needs 4: 1059 / 1223 / 1073, 1157 / 1133 / 1145 / 1135.
const maxDepth = 8

// check looks at one element. With 0Bh and 0Ch it names the tag inside which is meant.
func (s *Storage) check(d *current, t tlv.Tag, value []byte, depth int) (tlv.Tag, fnlink.Answer) {
	info := ffd.Find(t)
	if info == nil {
		return t, fnlink.OK
	}
	if !fits(info, value) || depth > maxDepth {
		return t, fnlink.BadTag
	}
	if info.Kind == ffd.KindSTLV {
		strict := d.ffd >= ffd.FFD11 && t == ffd.Subject // the protocol names these checks for 1059 only
		var room [48]tlv.Tag                             // more than an item can have
		seen := room[:0]
		r := tlv.NewReader(value)
		for r.Next() {
			if strict {
				if code := checkInItem(d, seen, r.Tag()); code != fnlink.OK {
					return r.Tag(), code
				}
				seen = append(seen, r.Tag())
			}
			if tag, code := s.check(d, r.Tag(), r.Value(), depth+1); code != fnlink.OK {
				return tag, code
			}
		}
		if r.Err() != nil {
			return t, fnlink.BadTag
		}
		if strict {
			return t, s.checkItem(d, seen, value)
		}
	}
	if t == ffd.TaxSystem && depth == 0 && d.form != ffd.RegistrationReport {
		switch {
		case bits.OnesCount8(value[0]) != 1:
			return t, fnlink.BadTag
		case value[0]&s.state.registration.TaxSystems == 0:
			return t, fnlink.ContradictsRegistration
		}
	}
	return t, fnlink.OK
}

// fits tells whether a value has a form that the tag can have. Texts of fixed length may come without their padding.
func fits(info *ffd.Info, value []byte) bool {
	n := len(value)
	if info.MaxLen > 0 && n > info.MaxLen {
		return false
	}
	switch info.Kind {
	case ffd.KindByte:
		return n == 1
	case ffd.KindUint16:
		return n == 2
	case ffd.KindUint32, ffd.KindUnixTime:
		return n == 4
	case ffd.KindVLN:
		return n <= 8
	case ffd.KindFVLN:
		return n >= 1 && n <= 8
	}
	return true
}

// checkInItem checks a tag of an item, after those that were seen, in FFD 1.1 and 1.2.
func checkInItem(d *current, seen []tlv.Tag, t tlv.Tag) fnlink.Answer {
	info := ffd.Find(t)
	switch {
	case info == nil:
		return fnlink.BadTag
	case info.StorageForms.Has(d.ffd):
		return fnlink.TagNotAllowed
	case !info.Repeatable && slices.Contains(seen, t):
		return fnlink.DuplicateTag
	}
	return fnlink.OK
}

// checkItem checks an item with its tags as a whole in FFD 1.1 and 1.2: what must be there, and what goes together
// only.
func (s *Storage) checkItem(d *current, tags []tlv.Tag, item []byte) fnlink.Answer {
	mandatory := itemTags12
	if d.ffd == ffd.FFD11 {
		mandatory = itemTags11
	}
	for _, t := range mandatory {
		if !slices.Contains(tags, t) {
			return fnlink.BadTag
		}
	}
	if slices.Contains(tags, ffd.SubjectAgentType) != slices.Contains(tags, ffd.SupplierINN) {
		return fnlink.BadTag
	}
	const excisable = 2 // value of 1212
	subject, _ := tlv.Find(item, ffd.SubjectType)
	if subject[0] == excisable && s.state.registration.Ext&extExcise == 0 {
		return fnlink.ContradictsRegistration
	}
	return fnlink.OK
}

// Tags that every item has (tables of requisites of FFD 1.1 and 1.2, those without a condition).
var (
	itemTags11 = []tlv.Tag{ffd.SubjectName, ffd.Price, ffd.Quantity, ffd.SubjectSum, ffd.SubjectType, ffd.PaymentMethod}
	itemTags12 = []tlv.Tag{ffd.Price, ffd.Quantity, ffd.SubjectSum, ffd.SubjectType, ffd.PaymentMethod, ffd.MeasureUnit}
)

// whole tells that bytes are elements from end to end.
func whole(list []byte) bool {
	r := tlv.NewReader(list)
	for r.Next() {
	}
	return r.Err() == nil
}

func appendTag(dst []byte, t tlv.Tag) []byte {
	return append(dst, byte(t), byte(t>>8))
}
