package ffd

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/charset"
)

// MaxJSON is how many bytes ParseJSON reads.
const MaxJSON = 1 << 20

const (
	maxDepth    = 16
	maxElements = 10_000 // of one array; a document of 32 KiB holds far fewer
)

// extraKey holds what the JSON of the tax service has no words for.
const extraKey = "kkt"

// Parsed is a document read from JSON.
type Parsed struct {
	Form tlv.Tag // code of the document
	// TLV is the value of the document: its fields in the order of the JSON,
	// without those that the register and the storage fill.
	TLV []byte
	// Extra is the key kkt of the document as it stands, nil without one;
	// ItemExtra the same for every item (1059). They are views into the JSON.
	Extra     json.RawMessage
	ItemExtra []json.RawMessage
	// Skipped counts keys that only an answer has: numbers, signs, data of
	// the registration, and what an exporting service wrapped around.
	Skipped int
}

// PathError is a place in JSON that cannot become a field.
type PathError struct {
	Path    string // like items[2].price
	Problem string
	Nearest string // for an unknown key: a known one that looks like it
	Err     error  // the cause, may be nil
}

func (e *PathError) Error() string {
	where := e.Path
	if where == "" {
		where = "document"
	}
	if e.Nearest != "" {
		return fmt.Sprintf("%s: %s, did you mean %q?", where, e.Problem, e.Nearest)
	}
	return where + ": " + e.Problem
}

func (e *PathError) Unwrap() error { return e.Err }

// ParseJSON reads a document from JSON with the names of the tax service, as
// AppendJSON writes it and as exports have it: a bare object, or one inside
// ticket, document, receipt and the like, or an array with one of them. The
// form is told by the last wrapper or the key code; without both it is a
// receipt.
//
// Keys that only an answer has are skipped and counted. Any other unknown key,
// a key that repeats, a value of the wrong type or out of range, a fraction of
// a kopeck and a character that CP866 lacks are errors, most of them a
// *PathError. Look-alikes are replaced as in charset.Conventional. null is the
// same as no key.
func ParseJSON(data []byte) (*Parsed, error) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if err := checkSyntax(data); err != nil {
		return nil, err
	}
	p := &parser{result: &Parsed{}}
	document, err := p.locate(bytes.TrimSpace(data))
	if err != nil {
		return nil, err
	}
	out, err := p.fields(nil, p.result.Form, document)
	if err != nil {
		return nil, err
	}
	info, _ := Lookup(p.result.Form)
	if info.MaxLen > 0 && len(out) > info.MaxLen {
		return nil, p.problem("takes %d bytes in the document, at most %d fit", len(out), info.MaxLen)
	}
	p.result.TLV = out
	return p.result, nil
}

type parser struct {
	path   []byte
	result *Parsed
}

// locate descends to the object with the fields and sets the form.
func (p *parser) locate(value []byte) ([]member, error) {
	if value[0] == '[' {
		list := elements(value)
		if len(list) != 1 {
			return nil, p.problem("holds %d documents, must hold one", len(list))
		}
		p.enterElement(0)
		value = list[0]
	}
	var wrapper tlv.Tag // form that the last wrapper told
	for {
		object, err := p.object(value)
		if err != nil {
			return nil, err
		}
		i, err := p.wrapped(object)
		if err != nil {
			return nil, err
		}
		if i < 0 {
			return object, p.setForm(object, wrapper)
		}
		p.result.Skipped += len(object) - 1
		if form, ok := formByName(object[i].key); ok {
			wrapper = form
		}
		p.enter(object[i].key)
		value = object[i].value
	}
}

// wrapped gives the index of the key that holds the document; -1 when object
// is the document.
func (p *parser) wrapped(object []member) (int, error) {
	found := -1
	for i, m := range object {
		_, form := formByName(m.key)
		if !form && m.key != "ticket" && m.key != "document" {
			continue
		}
		if found >= 0 {
			return 0, p.problem("holds both %q and %q, must hold one document", object[found].key, m.key)
		}
		found = i
	}
	if found >= 0 {
		for _, m := range object {
			if m.key == extraKey {
				back := p.enter(m.key)
				defer p.leave(back)
				return 0, p.problem("must stand among the fields of the document, not around them")
			}
		}
	}
	return found, nil
}

func (p *parser) setForm(object []member, wrapper tlv.Tag) error {
	form := wrapper
	for _, m := range object {
		if m.key != "code" {
			continue
		}
		back := p.enter(m.key)
		code, err := p.unsigned(m.value, 0xFFFF)
		if err != nil {
			return err
		}
		if !isDocument(tlv.Tag(code)) {
			return p.problem("%d is not the code of a document", code)
		}
		if wrapper != 0 && tlv.Tag(code) != wrapper {
			return p.problem("%d contradicts the key around it, which is document %d", code, wrapper)
		}
		form = tlv.Tag(code)
		p.leave(back)
	}
	if form == 0 {
		form = Receipt
	}
	p.result.Form = form
	return nil
}

func formByName(name string) (tlv.Tag, bool) {
	for _, info := range infos {
		if isDocument(info.Tag) && len(info.JSON) > 0 && info.JSON[0] == name {
			return info.Tag, true
		}
	}
	return 0, false
}

// fields appends the elements for the members of parent.
func (p *parser) fields(dst []byte, parent tlv.Tag, object []member) ([]byte, error) {
	// Where the element of a tag stands: exports hold some fields under the
	// names of two generations.
	seen := map[tlv.Tag][]byte{}
	for _, m := range object {
		if string(m.value) == "null" {
			continue
		}
		back := p.enter(m.key)
		if m.key == extraKey && (parent == p.result.Form || parent == Subject) {
			if err := p.extra(parent, m.value); err != nil {
				return nil, err
			}
			p.leave(back)
			continue
		}
		if p.skips(parent, m.key) {
			p.result.Skipped++
			p.leave(back)
			continue
		}
		info, err := p.resolve(parent, m.key)
		if err != nil {
			return nil, err
		}
		start := len(dst)
		if dst, err = p.field(dst, &info, m.value); err != nil {
			return nil, err
		}
		if before, ok := seen[info.Tag]; ok {
			if !bytes.Equal(before, dst[start:]) {
				return nil, p.problem("is tag %d again, with another value", info.Tag)
			}
			dst = dst[:start]
		} else {
			seen[info.Tag] = bytes.Clone(dst[start:])
		}
		p.leave(back)
	}
	return dst, nil
}

func (p *parser) extra(parent tlv.Tag, value []byte) error {
	if value[0] != '{' {
		return p.problem("must be an object")
	}
	if parent == Subject {
		p.result.ItemExtra[len(p.result.ItemExtra)-1] = value
		return nil
	}
	p.result.Extra = value
	return nil
}

func (p *parser) skips(parent tlv.Tag, key string) bool {
	at := levelDocument
	switch {
	case parent == Subject:
		at = levelItem
	case parent >= CodeUnknown && parent <= CodeF6:
		at = levelProductCode
	case parent != p.result.Form:
		return false
	}
	for _, r := range responseOnly {
		if r.level == at && r.key == key && (!r.receiptsOnly || IsReceipt(p.result.Form)) {
			return true
		}
	}
	return false
}

// resolve finds the tag for a key of parent.
func (p *parser) resolve(parent tlv.Tag, key string) (Info, error) {
	if info, ok := ByJSON(parent, key); ok {
		return info, nil
	}
	if digits, ok := strings.CutPrefix(key, "tag"); ok {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err == nil && strconv.FormatUint(n, 10) == digits {
			info, _ := Lookup(tlv.Tag(n))
			if name := jsonName(parent, &info); name != "" {
				return Info{}, p.problem("must be written as %q", name)
			}
			return Info{Tag: tlv.Tag(n), Kind: KindBytes, Repeatable: true}, nil
		}
	}
	return Info{}, &PathError{Path: string(p.path), Problem: "unknown field", Nearest: nearest(parent, key)}
}

// field appends the element or elements of one key.
func (p *parser) field(dst []byte, info *Info, value []byte) ([]byte, error) {
	if value[0] != '[' {
		return p.value(dst, info, value)
	}
	if !info.Repeatable {
		return nil, p.problem("must be one value, not an array")
	}
	list := elements(value)
	if len(list) > maxElements {
		return nil, p.problem("has %d elements, at most %d are read", len(list), maxElements)
	}
	for i, v := range list {
		back := p.enterElement(i)
		var err error
		if dst, err = p.value(dst, info, v); err != nil {
			return nil, err
		}
		p.leave(back)
	}
	return dst, nil
}

func (p *parser) value(dst []byte, info *Info, value []byte) ([]byte, error) {
	switch info.Kind {
	case KindByte:
		v, err := p.unsigned(value, 0xFF)
		return tlv.AppendByte(dst, info.Tag, byte(v)), err
	case KindUint16:
		v, err := p.unsigned(value, 0xFFFF)
		return tlv.AppendUint16(dst, info.Tag, uint16(v)), err
	case KindUint32:
		v, err := p.unsigned(value, 0xFFFF_FFFF)
		return tlv.AppendUint32(dst, info.Tag, uint32(v)), err
	case KindVLN:
		v, err := p.vln(value, info)
		return tlv.AppendVLN(dst, info.Tag, v), err
	case KindFVLN:
		d, err := tlv.ParseDecimal(string(value))
		if err != nil {
			return nil, p.problem("must be a decimal number like 1.5, not %s", short(value))
		}
		return tlv.AppendFVLN(dst, info.Tag, d), nil
	case KindUnixTime:
		v, err := p.time(value)
		return tlv.AppendUint32(dst, info.Tag, v), err
	case KindText:
		return p.text(dst, info, value)
	case KindSTLV:
		return p.compound(dst, info, value)
	}
	return p.bytes(dst, info, value)
}

func (p *parser) unsigned(value []byte, limit uint64) (uint64, error) {
	v, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil {
		return 0, p.problem("must be a whole number from 0 to %d, not %s", limit, short(value))
	}
	if v > limit {
		return 0, p.problem("%d is more than %d", v, limit)
	}
	return v, nil
}

func (p *parser) vln(value []byte, info *Info) (uint64, error) {
	limit := ^uint64(0)
	if info.MaxLen > 0 && info.MaxLen < 8 {
		limit = 1<<(8*info.MaxLen) - 1
	}
	v, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil && info.Money {
		return 0, p.problem("must be a whole number of kopecks, not %s", short(value))
	}
	if err != nil || v > limit {
		return p.unsigned(value, limit)
	}
	return v, nil
}

func (p *parser) time(value []byte) (uint32, error) {
	if value[0] != '"' {
		v, err := p.unsigned(value, 0xFFFF_FFFF)
		return uint32(v), err
	}
	text := unquote(value)
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04",
		"2006-01-02 15:04:05", "2006-01-02"} {
		tm, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		// The clock reading counts, whatever zone stands beside it.
		_, zone := tm.Zone()
		if seconds := tm.Unix() + int64(zone); seconds >= 0 && seconds <= 0xFFFF_FFFF {
			return uint32(seconds), nil
		}
	}
	return 0, p.problem("must be a time like 2006-01-02T15:04:05 or seconds, not %s", short(value))
}

func (p *parser) text(dst []byte, info *Info, value []byte) ([]byte, error) {
	if value[0] != '"' {
		return nil, p.problem("must be text, not %s", short(value))
	}
	text := unquote(value)
	start := len(dst)
	var err error
	if info.Fixed {
		dst, err = tlv.AppendFixedText(dst, info.Tag, strings.TrimRight(text, " "), info.MaxLen, charset.Conventional)
	} else {
		dst, err = tlv.AppendText(dst, info.Tag, text, charset.Conventional)
	}
	if err != nil {
		return nil, p.wrap(err)
	}
	if n := len(dst) - start - tlv.HeaderSize; info.MaxLen > 0 && n > info.MaxLen {
		return nil, p.problem("has %d characters, at most %d fit", n, info.MaxLen)
	}
	return dst, nil
}

func (p *parser) bytes(dst []byte, info *Info, value []byte) ([]byte, error) {
	if value[0] != '"' {
		return nil, p.problem("must be text with hexadecimal digits, not %s", short(value))
	}
	b, err := hex.DecodeString(unquote(value))
	if err != nil {
		return nil, p.problem("must be hexadecimal digits, two for a byte, not %s", short(value))
	}
	limit := tlv.MaxValue
	if info.MaxLen > 0 {
		limit = info.MaxLen
	}
	if len(b) > limit || info.Fixed && len(b) != limit {
		return nil, p.problem("has %d bytes of %d", len(b), limit)
	}
	return tlv.AppendBytes(dst, info.Tag, b), nil
}

// compound appends an element with elements inside.
func (p *parser) compound(dst []byte, info *Info, value []byte) ([]byte, error) {
	object, err := p.object(value)
	if err != nil {
		return nil, err
	}
	if info.Tag == Subject {
		p.result.ItemExtra = append(p.result.ItemExtra, nil)
	}
	dst, mark := tlv.Begin(dst, info.Tag)
	start := len(dst)
	if info.Tag == ProductCodes {
		dst, err = p.productCodes(dst, object)
	} else {
		dst, err = p.fields(dst, info.Tag, object)
	}
	if err != nil {
		return nil, err
	}
	limit := tlv.MaxValue
	if info.MaxLen > 0 {
		limit = info.MaxLen
	}
	if n := len(dst) - start; n > limit {
		return nil, p.problem("takes %d bytes in the document, at most %d fit", n, limit)
	}
	return tlv.End(dst, mark), nil
}

// productCodes appends the fields of 1163. Exports have each of them as an
// object, whose rawProductCode is the field.
func (p *parser) productCodes(dst []byte, object []member) ([]byte, error) {
	flat := make([]member, 0, len(object))
	for _, m := range object {
		info, ok := ByJSON(ProductCodes, m.key)
		if !ok || m.value[0] != '{' {
			flat = append(flat, m)
			continue
		}
		back := p.enter(m.key)
		inner, err := p.object(m.value)
		if err != nil {
			return nil, err
		}
		found := false
		for _, part := range inner {
			inside := p.enter(part.key)
			switch {
			case part.key == "rawProductCode":
				flat = append(flat, member{m.key, part.value})
				found = true
			case p.skips(info.Tag, part.key):
				p.result.Skipped++
			default:
				return nil, &PathError{Path: string(p.path), Problem: "unknown field"}
			}
			p.leave(inside)
		}
		if !found {
			return nil, p.problem("has no rawProductCode")
		}
		p.leave(back)
	}
	return p.fields(dst, ProductCodes, flat)
}

// object splits an object and refuses keys that repeat.
func (p *parser) object(value []byte) ([]member, error) {
	if value[0] != '{' {
		return nil, p.problem("must be an object, not %s", short(value))
	}
	list := members(value)
	seen := make(map[string]bool, len(list))
	for _, m := range list {
		if seen[m.key] {
			p.enter(m.key)
			return nil, p.problem("stands twice")
		}
		seen[m.key] = true
	}
	return list, nil
}

// enter and enterElement extend the path and give what leave needs.
func (p *parser) enter(key string) int {
	back := len(p.path)
	if back > 0 {
		p.path = append(p.path, '.')
	}
	p.path = append(p.path, key...)
	return back
}

func (p *parser) enterElement(i int) int {
	back := len(p.path)
	p.path = append(p.path, '[')
	p.path = strconv.AppendInt(p.path, int64(i), 10)
	p.path = append(p.path, ']')
	return back
}

func (p *parser) leave(back int) { p.path = p.path[:back] }

func (p *parser) problem(format string, args ...any) error {
	return &PathError{Path: string(p.path), Problem: fmt.Sprintf(format, args...)}
}

func (p *parser) wrap(err error) error {
	cause := err
	if e, ok := err.(*tlv.Error); ok {
		cause = e.Err
		if e.Reason != "" {
			cause = fmt.Errorf("%w: %s", e.Err, e.Reason)
		}
	}
	return &PathError{Path: string(p.path), Problem: cause.Error(), Err: err}
}

// short is a value as it stands in a message.
func short(value []byte) string {
	const limit = 40
	if len(value) > limit {
		return strings.ToValidUTF8(string(value[:limit]), "") + "…"
	}
	return strings.ToValidUTF8(string(value), "?")
}
