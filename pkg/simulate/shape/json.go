package shape

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// list is a JSON array.
type list []any

// raw is JSON as it stands.
type raw string

// put adds a member unless its value is absent: unknown, empty or without members.
func (o *object) put(name string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case event.Int:
		if !v.Known {
			return
		}
	case event.Float:
		if !v.Known {
			return
		}
	case event.Bool:
		if !v.Known {
			return
		}
	case object:
		if len(v) == 0 {
			return
		}
	case list:
		if len(v) == 0 {
			return
		}
	case nil:
		return
	}
	o.set(name, value)
}

// set adds a member, whatever its value.
func (o *object) set(name string, value any) { *o = append(*o, member{name, value}) }

// text is the object as JSON, as it stands in a string of another record.
func (o object) text() string { return string(appendValue(nil, o)) }

func appendValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...)
	case raw:
		return append(dst, v...)
	case string:
		return appendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case event.Int:
		return strconv.AppendInt(dst, v.V, 10)
	case event.Float:
		return strconv.AppendFloat(dst, v.V, 'f', -1, 64)
	case event.Bool:
		return strconv.AppendBool(dst, v.V)
	case list:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, item)
		}
		return append(dst, ']')
	case object:
		dst = append(dst, '{')
		for i, m := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, m.name), ':')
			dst = appendValue(dst, m.value)
		}
		return append(dst, '}')
	default:
		// Only this package makes values.
		panic(fmt.Sprintf("shape: a value of type %T", value))
	}
}

// appendString appends a JSON string. What is no UTF-8 becomes U+FFFD, as gateways make it.
func appendString(dst []byte, text string) []byte {
	const hexDigits = "0123456789abcdef"
	text = strings.ToValidUTF8(text, "\ufffd")
	dst = append(dst, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// iso writes a time as most loggers do.
func iso(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// seconds writes a time in seconds with the milliseconds behind the point.
func seconds(ms int64) raw { return raw(fmt.Sprintf("%d.%03d", ms/1000, ms%1000)) }

// whole cuts a duration to whole milliseconds.
func whole(v event.Float) event.Float {
	v.V = float64(int64(v.V))
	return v
}
