package device

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// ParseInfo is what ParseReceipt left out.
type ParseInfo struct {
	// Skipped is how many keys were passed over because only a finished document has them (number, fiscal sign,
	// time…): exports of the tax service and of an ОФД carry them.
	Skipped int
}

// ErrUnsupported means that the receipt asks for something this version cannot do.
var ErrUnsupported = errors.New("not supported yet")

// ParseReceipt reads the JSON of a receipt: the field names of the tax service, bare or as exported, and beside them
// the key kkt for what the service has no word for:
//
//	"kkt": {"id": "order-42", "printLines": ["…"], "print": false, "form": "receipt"}
//	"items": [{…, "kkt": {"printLines": ["…"], "department": 2}}]
//
// An absent sum of an item or totalSum is computed. The receipt is not validated; see [Receipt.Validate].
func ParseReceipt(data []byte) (*Receipt, ParseInfo, error) {
	parsed, err := ffd.ParseJSON(data)
	if err != nil {
		return nil, ParseInfo{}, err
	}
	if parsed.Form != ffd.Receipt {
		info, _ := ffd.Lookup(parsed.Form)
		return nil, ParseInfo{}, &ffd.PathError{Path: "code", Err: ErrUnsupported,
			Problem: fmt.Sprintf("selling a document %d (%s) is %v, only receipts (3)", parsed.Form, info.Name, ErrUnsupported)}
	}
	r := new(Receipt)
	if err := r.setTLV(parsed.TLV); err != nil {
		return nil, ParseInfo{}, err
	}
	if err := checkGiven(parsed.TLV); err != nil {
		return nil, ParseInfo{}, err
	}
	if err := r.setExtra(parsed.Extra); err != nil {
		return nil, ParseInfo{}, err
	}
	for i, extra := range parsed.ItemExtra {
		if err := r.Items[i].setExtra(fmt.Sprintf("items[%d]", i), extra); err != nil {
			return nil, ParseInfo{}, err
		}
	}
	return r, ParseInfo{Skipped: parsed.Skipped}, nil
}

// AppendJSON appends the receipt as ParseReceipt reads it.
func (r *Receipt) AppendJSON(dst []byte) ([]byte, error) {
	out, err := ffd.AppendJSON(dst, tlv.AppendBytes(nil, ffd.Receipt, r.appendFields(nil)))
	if err != nil {
		return dst, err
	}
	out = append(openEnd(out), `,"items":[`...)
	for i := range r.Items {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = r.Items[i].appendJSON(out); err != nil {
			return dst, fmt.Errorf("items[%d]: %w", i, err)
		}
	}
	out = append(out, ']')
	extra := receiptExtra{ID: r.ID, PrintLines: r.PrintLines}
	if r.NoPrint {
		extra.Print = new(false)
	}
	if extra.ID != "" || len(extra.PrintLines) > 0 || r.NoPrint {
		if out, err = appendExtra(out, extra); err != nil {
			return dst, err
		}
	}
	return append(out, '}'), nil
}

func (it *Item) appendJSON(dst []byte) ([]byte, error) {
	fields, err := it.appendFields(nil)
	if err != nil {
		return dst, err
	}
	// The dictionary writes documents, so the item goes there as the only one of a receipt.
	document, err := ffd.AppendJSON(nil, tlv.AppendBytes(nil, ffd.Receipt, tlv.AppendBytes(nil, ffd.Subject, fields)))
	if err != nil {
		return dst, err
	}
	var receipt struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(document, &receipt); err != nil || len(receipt.Items) != 1 {
		return dst, fmt.Errorf("item written as %s: %w", document, err)
	}
	dst = append(dst, receipt.Items[0]...)
	if len(it.PrintLines) > 0 || it.Department != 0 {
		return closeExtra(openEnd(dst), itemExtra{PrintLines: it.PrintLines, Department: it.Department})
	}
	return dst, nil
}

// openEnd takes the closing brace off an object that is not empty.
func openEnd(object []byte) []byte { return object[:len(object)-1] }

func closeExtra(dst []byte, extra any) ([]byte, error) {
	dst, err := appendExtra(dst, extra)
	return append(dst, '}'), err
}

func appendExtra(dst []byte, extra any) ([]byte, error) {
	encoded, err := json.Marshal(extra)
	if err != nil {
		return dst, err
	}
	return append(append(dst, `,"kkt":`...), encoded...), nil
}

// receiptExtra is what AppendJSON writes as the key kkt of a receipt.
type receiptExtra struct {
	ID         string   `json:"id,omitempty"`
	PrintLines []string `json:"printLines,omitempty"`
	Print      *bool    `json:"print,omitempty"`
}

// itemExtra is what AppendJSON writes as the key kkt of an item.
type itemExtra struct {
	PrintLines []string `json:"printLines,omitempty"`
	Department uint8    `json:"department,omitempty"`
}

func (r *Receipt) setExtra(raw json.RawMessage) error {
	return eachMember("kkt", raw, func(path, key string, value json.RawMessage) error {
		switch key {
		case "id":
			return setValue(path, value, &r.ID, "text")
		case "printLines":
			return setValue(path, value, &r.PrintLines, "an array of texts")
		case "print":
			print := true
			err := setValue(path, value, &print, "true or false")
			r.NoPrint = !print
			return err
		case "form":
			var form string
			if err := setValue(path, value, &form, "text"); err != nil {
				return err
			}
			if form != "receipt" {
				return &ffd.PathError{Path: path, Problem: fmt.Sprintf("%q is %v, only \"receipt\"", form, ErrUnsupported), Err: ErrUnsupported}
			}
			return nil
		}
		return &ffd.PathError{Path: path, Problem: "unknown field; known are id, form, printLines and print"}
	})
}

func (it *Item) setExtra(path string, raw json.RawMessage) error {
	return eachMember(path+".kkt", raw, func(path, key string, value json.RawMessage) error {
		switch key {
		case "printLines":
			return setValue(path, value, &it.PrintLines, "an array of texts")
		case "department":
			return setValue(path, value, &it.Department, "a whole number from 0 to 255")
		case "markCode", "plannedStatus":
			// A marked item sold without its code would be a false document, so the keys are refused, not dropped.
			return &ffd.PathError{Path: path, Problem: ErrUnsupported.Error() + ": marking", Err: ErrUnsupported}
		}
		return &ffd.PathError{Path: path, Problem: "unknown field; known are printLines, department, markCode and plannedStatus"}
	})
}

// eachMember walks over a kkt object, whose syntax ffd.ParseJSON has checked. Keys are matched exactly and may not
// repeat, unlike in encoding/json; null is the same as no key.
func eachMember(path string, raw json.RawMessage, set func(path, key string, value json.RawMessage) error) error {
	if len(raw) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil { // the opening brace
		return &ffd.PathError{Path: path, Problem: err.Error(), Err: err}
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return &ffd.PathError{Path: path, Problem: err.Error(), Err: err}
		}
		key, _ := token.(string)
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return &ffd.PathError{Path: path, Problem: err.Error(), Err: err}
		}
		at := path + "." + key
		if seen[key] {
			return &ffd.PathError{Path: at, Problem: "stands twice"}
		}
		seen[key] = true
		if string(value) == "null" {
			continue
		}
		if err := set(at, key, value); err != nil {
			return err
		}
	}
	return nil
}

func setValue(path string, value json.RawMessage, into any, want string) error {
	if err := json.Unmarshal(value, into); err != nil {
		return &ffd.PathError{Path: path, Problem: "must be " + want, Err: err}
	}
	return nil
}
