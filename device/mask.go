package device

import (
	"encoding/hex"
	"strings"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// passwordTable is the table that holds the operators' passwords (Protocol ККТ 1.17, table 2).
const passwordTable = 2

// maskedHex is DATA of a command as hex with its password hidden.
func maskedHex(code shtrih.Code, data []byte) string {
	at := len(shtrih.AppendCode(nil, code))
	if !hasPassword(code) || len(data) < at {
		return hex.EncodeToString(data)
	}
	end := min(at+4, len(data))
	if code == shtrih.WriteTableCode && len(data) > end && data[end] == passwordTable {
		const place = 1 + 2 + 1 // table, row, field
		shown := min(end+place, len(data))
		return hex.EncodeToString(data[:at]) + stars(end-at) + hex.EncodeToString(data[end:shown]) + stars(len(data)-shown)
	}
	return hex.EncodeToString(data[:at]) + stars(end-at) + hex.EncodeToString(data[end:])
}

// maskedAnswerHex is DATA of an answer as hex; what was read from the table of passwords is hidden.
func maskedAnswerHex(code shtrih.Code, command, answer []byte) string {
	const table, result = 1 + 4, 1 + 1
	if code == shtrih.ReadTableCode && len(command) > table && command[table] == passwordTable && len(answer) > result {
		return hex.EncodeToString(answer[:result]) + stars(len(answer)-result)
	}
	return hex.EncodeToString(answer)
}

func stars(n int) string { return strings.Repeat("**", n) }

// hasPassword: all commands but these begin with one (Protocol ККТ 1.17, column of passwords).
func hasPassword(code shtrih.Code) bool {
	switch code {
	case shtrih.ErrorTextCode, shtrih.ExtendedQueryCode, shtrih.DeviceTypeCode, 0x16 /* technological reset */ :
		return false
	}
	return code>>8 != 0xFE && code != 0xFE // service commands
}
