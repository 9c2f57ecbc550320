package gateway

import "encoding/binary"

// This file takes out of export requests in protobuf what lies too deep for the Collector's
// reader, which gives up the whole request at a depth of 100 messages (RecursionLimit in its
// pdata/internal/proto). The arguments of a tool are a structure of their caller's making, and a
// request has the calls of many.

// protoKind is a message of opentelemetry/proto that leads to the values of attributes.
type protoKind int

const (
	protoOpaque protoKind = iota
	protoTraces
	protoResourceSpans
	protoScopeSpans
	protoSpan
	protoSpanEvent
	protoSpanLink
	protoLogs
	protoResourceLogs
	protoScopeLogs
	protoLogRecord
	protoResource
	protoScope
	protoKeyValue
	protoValue
	protoValueList
	protoValueMap
)

// maxValueDepth is how deep values may lie in each other, three messages each; six are around them.
const maxValueDepth = 28

// protoFields are the fields of a message that are looked into, by their numbers (trace.proto,
// logs.proto, resource.proto and common.proto, 1.8.0).
var protoFields = map[protoKind]map[uint64]protoKind{
	protoTraces:        {1: protoResourceSpans},
	protoResourceSpans: {1: protoResource, 2: protoScopeSpans},
	protoScopeSpans:    {1: protoScope, 2: protoSpan},
	protoSpan:          {9: protoKeyValue, 11: protoSpanEvent, 13: protoSpanLink},
	protoSpanEvent:     {3: protoKeyValue},
	protoSpanLink:      {4: protoKeyValue},
	protoLogs:          {1: protoResourceLogs},
	protoResourceLogs:  {1: protoResource, 2: protoScopeLogs},
	protoScopeLogs:     {1: protoScope, 2: protoLogRecord},
	protoLogRecord:     {5: protoValue, 6: protoKeyValue},
	protoResource:      {1: protoKeyValue},
	protoScope:         {3: protoKeyValue},
	protoKeyValue:      {2: protoValue},
	protoValue:         {5: protoValueList, 6: protoValueMap},
	protoValueList:     {1: protoValue},
	protoValueMap:      {1: protoKeyValue},
}

// prune copies a message without the values that lie deeper than depth; nil when it is none.
func prune(message []byte, kind protoKind, depth int) []byte {
	const lengthDelimited = 2
	out := make([]byte, 0, len(message))
	for pos := 0; pos < len(message); {
		start := pos
		tag, n := binary.Uvarint(message[pos:])
		if pos += n; n <= 0 {
			return nil
		}
		if wire := tag & 7; wire != lengthDelimited {
			if n = protoScalar(message[pos:], wire); n <= 0 {
				return nil
			}
			pos += n
			out = append(out, message[start:pos]...)
			continue
		}
		size, n := binary.Uvarint(message[pos:])
		if n <= 0 || size > uint64(len(message)-pos-n) {
			return nil
		}
		inner := message[pos+n:][:size]
		pos += n + int(size)
		field := protoFields[kind][tag>>3]
		left := depth
		if field == protoValueList || field == protoValueMap {
			left--
		}
		switch {
		case field == protoOpaque:
			out = append(out, message[start:pos]...)
		case left >= 0:
			if inner = prune(inner, field, left); inner == nil {
				return nil
			}
			out = binary.AppendUvarint(binary.AppendUvarint(out, tag), uint64(len(inner)))
			out = append(out, inner...)
		}
	}
	return out
}

// protoScalar is the length of a value that is no message or text, 0 when there is none.
func protoScalar(data []byte, wire uint64) int {
	n := 0
	switch wire {
	case 0:
		_, n = binary.Uvarint(data)
	case 1:
		n = 8
	case 5:
		n = 4
	}
	if n > len(data) {
		return 0
	}
	return n
}
