package gateway

import (
	"encoding/json"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// lineIn returns the line of a log file that a log record is, nil for any other: as it was
// written, or as an object that the collector parsed or the shipper made of it.
func (r *Reader) lineIn(record plog.LogRecord) []byte {
	switch record.Body().Type() {
	case pcommon.ValueTypeStr:
		line := strings.TrimSpace(record.Body().Str())
		if strings.HasPrefix(line, "{") && isLine(record) {
			return []byte(line)
		}
	case pcommon.ValueTypeMap:
		if !r.isParsedLine(record.Body().Map()) || !isLine(record) {
			return nil
		}
		if line, err := json.Marshal(record.Body().Map().AsRaw()); err == nil {
			return line
		}
	}
	return nil
}

// shippedLine is the name under which Fluent Bit and Fluentd have a line of a container's log.
const shippedLine = "log"

// isParsedLine tells by its names whether a body is what a shipper puts around a line, or the
// record of a format that is read as a whole. Records of the others are read by their attributes.
func (r *Reader) isParsedLine(body pcommon.Map) bool {
	names := outline{object: true}
	text := false
	for key, v := range body.All() {
		parent := names.put(span{}, key)
		if v.Type() == pcommon.ValueTypeMap {
			for inner := range v.Map().All() {
				names.put(parent, inner)
			}
		}
		text = text || key == shippedLine && strings.HasPrefix(strings.TrimSpace(v.Str()), "{")
	}
	known := false
	for _, a := range r.adapters {
		if !a.detect(&names) {
			continue
		}
		if _, byAttributes := a.(*mapped); !byAttributes {
			return true
		}
		known = true
	}
	return text && !known
}

// isLine tells whether a log record is of a log file. One that tells of a model's call is not: its
// body may be a prompt, and one that looks like an event must not become one.
func isLine(record plog.LogRecord) bool {
	if record.EventName() != "" {
		return false
	}
	for key := range record.Attributes().All() {
		if strings.HasPrefix(key, "gen_ai.") || key == "event.name" {
			return false
		}
	}
	return true
}
