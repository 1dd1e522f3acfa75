package ffd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// The reader checks the whole text once with encoding/json and then walks
// over it by hand: that keeps numbers as they are written, sees keys that
// repeat, and leaves values where they are.

type member struct {
	key   string
	value []byte
}

// checkSyntax refuses text that is not JSON or that is out of the limits.
func checkSyntax(data []byte) error {
	if len(data) > MaxJSON {
		return fmt.Errorf("JSON of %d bytes, at most %d are read", len(data), MaxJSON)
	}
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("JSON nested deeper than %d levels", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		var syntax *json.SyntaxError
		if !errors.As(err, &syntax) {
			return err
		}
		before := data[:min(max(int(syntax.Offset)-1, 0), len(data))]
		line := bytes.Count(before, []byte("\n")) + 1
		column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
		return fmt.Errorf("not JSON at line %d, column %d: %w", line, column, err)
	}
	return nil
}

// members splits an object, which has passed checkSyntax.
func members(object []byte) []member {
	var list []member
	for i := skipSpace(object, 1); object[i] != '}'; {
		end := skipValue(object, i)
		key := unquote(object[i:end])
		i = skipSpace(object, skipSpace(object, end)+1) // the colon
		end = skipValue(object, i)
		list = append(list, member{key, object[i:end]})
		if i = skipSpace(object, end); object[i] == ',' {
			i = skipSpace(object, i+1)
		}
	}
	return list
}

// elements splits an array, which has passed checkSyntax.
func elements(array []byte) [][]byte {
	var list [][]byte
	for i := skipSpace(array, 1); array[i] != ']'; {
		end := skipValue(array, i)
		list = append(list, array[i:end])
		if i = skipSpace(array, end); array[i] == ',' {
			i = skipSpace(array, i+1)
		}
	}
	return list
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// skipValue gives the end of the value that starts at i.
func skipValue(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
			if depth < 0 { // a number or a word, up to the end of its container
				return i
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// unquote is the text of a string that has passed checkSyntax. Bytes that are
// not UTF-8 stay, for the code page to refuse.
func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return ""
	}
	return s
}
