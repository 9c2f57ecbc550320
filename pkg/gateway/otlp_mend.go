package gateway

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// This file mends export requests that the Collector's reader gives up as a whole because of one
// attribute. A request holds the calls of many, and attributes hold what callers chose: a
// temperature of 1e999 is Infinity to JavaScript, whose JSON has null in its place.

// anyValues are the names under which OTLP's JSON has the value of an attribute (AnyValue in
// opentelemetry/proto/common/v1/common.proto) that is no text, and what tells whether one can be
// read.
var anyValues = map[string]func(literal string) bool{
	"intValue": func(literal string) bool {
		_, err := strconv.ParseInt(strings.Trim(literal, `"`), 10, 64)
		return err == nil
	},
	"doubleValue": func(literal string) bool {
		n, err := strconv.ParseFloat(strings.Trim(literal, `"`), 64)
		return err == nil && (literal[0] == '"' || !math.IsNaN(n) && !math.IsInf(n, 0))
	},
	"boolValue": func(literal string) bool { return literal == "true" || literal == "false" },
	"bytesValue": func(literal string) bool {
		if literal[0] != '"' {
			return false
		}
		_, err := decodeBase64([]byte(strings.Trim(literal, `"`)))
		return err == nil
	},
	"stringValue": func(literal string) bool { return literal[0] == '"' || literal == "null" },
}

// absentValue is a name that no value has: what stands under it is passed over, and the attribute
// is without a value.
const absentValue = `"absentValue":null`

// mendOTLP makes attributes absent whose values cannot be read, in a request whose JSON is well
// formed. What is in strings stays as it is.
func mendOTLP(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for pos := 0; pos < len(data); {
		if data[pos] != '"' {
			next := pos + 1
			if at := bytes.IndexByte(data[next:], '"'); at >= 0 {
				next += at
			} else {
				next = len(data)
			}
			out, pos = append(out, data[pos:next]...), next
			continue
		}
		end := stringEnd(data, pos)
		readable := anyValues[string(data[min(pos+1, end):max(end-1, pos+1)])]
		value := skipSpace(data, end)
		if readable == nil || value == len(data) || data[value] != ':' {
			out, pos = append(out, data[pos:end]...), end
			continue
		}
		value = skipSpace(data, value+1)
		after := scalarEnd(data, value)
		switch {
		case after == value: // An object or a list, in which nothing is a value of OTLP's.
			out = append(out, absentValue[:len(absentValue)-len("null")]...)
		case readable(string(data[value:after])):
			out = append(out, data[pos:after]...)
		default:
			out = append(out, absentValue...)
		}
		pos = after
	}
	return out
}

// stringEnd is the position after the string that begins at pos.
func stringEnd(data []byte, pos int) int {
	for i := pos + 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// scalarEnd is the position after the string, number or word at pos, pos for anything else.
func scalarEnd(data []byte, pos int) int {
	if pos < len(data) && data[pos] == '"' {
		return stringEnd(data, pos)
	}
	end := pos
	for end < len(data) && strings.IndexByte(",]}[{ \t\r\n", data[end]) < 0 {
		end++
	}
	return end
}
