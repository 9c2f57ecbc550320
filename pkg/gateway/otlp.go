package gateway

import (
	"encoding/binary"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// otlp reads export requests of OpenTelemetry, of spans or of log records, in JSON or in protobuf.
// Every span and every log record becomes a document of its attributes, which a mapping makes an
// event of: the one for GenAI attributes, or the one of a gateway whose access log came by
// OpenTelemetry.
type otlp struct {
	a *mapped
	// wanted says that spans with GenAI attributes are read, named that the configuration names
	// this format.
	wanted, named bool
	// max is the longest request.
	max int
	// calls joins what comes of a call in several spans and log records; nil when they are not
	// joined.
	calls *spanCalls
}

// isProto tells whether a record is a request in protobuf: by its content type, or by its frame.
func (o *otlp) isProto(record []byte, headers []Header) bool {
	for _, h := range headers {
		if strings.EqualFold(h.Key, "content-type") {
			kind := strings.ToLower(string(h.Value[:min(len(h.Value), 64)]))
			if strings.Contains(kind, "protobuf") {
				return true
			}
			if strings.Contains(kind, "json") {
				return false
			}
		}
	}
	if i := skipSpace(record, 0); o.named && i < len(record) &&
		record[i] != '{' && record[i] != '[' {
		return true
	}
	return isFramed(record)
}

// isFramed tells whether data is nothing but messages in field 1, whose own first fields are those
// of the spans or logs of a resource. No JSON is, whatever blank lines it begins with.
func isFramed(data []byte) bool {
	if len(data) == 0 {
		return false
	}
	for len(data) > 0 {
		if data[0] != 0x0a {
			return false
		}
		size, n := binary.Uvarint(data[1:])
		if n <= 0 || size == 0 || size > uint64(len(data)-1-n) {
			return false
		}
		message := data[1+n:]
		if tag := message[0]; tag != 0x0a && tag != 0x12 && tag != 0x1a {
			return false
		}
		data = message[size:]
	}
	return true
}

// protobuf reads a request in protobuf. Nothing in it says whether it is of spans or of log
// records, but no record of either kind that has a time or attributes can be read as the other.
func (r *Reader) protobuf(data []byte, visit func(*event.Event, error) bool) bool {
	if len(data) > r.otlp.max {
		return r.hand(&event.DecodeError{Reason: event.ReasonTooLarge}, visit)
	}
	if handled, ok := r.protobufOf(data, data, visit); handled {
		return ok
	}
	traces, logs := prune(data, protoTraces, maxValueDepth), prune(data, protoLogs, maxValueDepth)
	if handled, ok := r.protobufOf(traces, logs, visit); handled {
		return ok
	}
	return r.hand(&event.DecodeError{Reason: event.ReasonMalformed}, visit)
}

// protobufOf reads a request of spans or, if it is none, of log records.
func (r *Reader) protobufOf(spans, records []byte, visit visitor) (handled, ok bool) {
	if len(spans) > 0 {
		if traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(spans); err == nil {
			return true, r.spans(traces, visit)
		}
	}
	if len(records) > 0 {
		if logs, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(records); err == nil {
			return true, r.logs(logs, visit)
		}
	}
	return false, true
}

// otlpJSON reads a request in JSON, whose syntax is checked.
func (r *Reader) otlpJSON(data []byte, visit func(*event.Event, error) bool) bool {
	if r.names.has("resourceSpans") {
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(data)
		if err != nil {
			traces, err = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(mendOTLP(data))
		}
		if err != nil {
			return r.hand(
				&event.DecodeError{Reason: event.ReasonWrongType, Field: "resourceSpans"}, visit,
			)
		}
		return r.spans(traces, visit)
	}
	logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(data)
	if err != nil {
		logs, err = (&plog.JSONUnmarshaler{}).UnmarshalLogs(mendOTLP(data))
	}
	if err != nil {
		return r.hand(
			&event.DecodeError{Reason: event.ReasonWrongType, Field: "resourceLogs"}, visit,
		)
	}
	return r.logs(logs, visit)
}

func (r *Reader) spans(traces ptrace.Traces, visit func(*event.Event, error) bool) bool {
	related := relatedTraces(traces)
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				b := newAttributes(r.otlp.a.doc)
				b.text("trace_id", span.TraceID().String())
				b.text("span_id", span.SpanID().String())
				b.text("name", span.Name())
				b.times(span.StartTimestamp(), span.EndTimestamp())
				switch span.Status().Code() {
				case ptrace.StatusCodeError:
					b.text("status", event.StatusError)
				case ptrace.StatusCodeOk:
					b.text("status", event.StatusOK)
				}
				b.add(span.Attributes())
				b.events(span.Events())
				b.listed(span.Attributes())
				b.add(scope.Scope().Attributes())
				b.add(resource.Resource().Attributes())
				b.turns()
				_, near := related[span.TraceID()]
				if !r.hand(r.takeSpan(span, near, r.attributes()), visit) {
					return false
				}
			}
		}
	}
	return true
}

// relatedTraces names the traces of which a request has spans with parents.
func relatedTraces(traces ptrace.Traces) (related map[pcommon.TraceID]struct{}) {
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				if span.ParentSpanID().IsEmpty() {
					continue
				}
				if related == nil {
					related = map[pcommon.TraceID]struct{}{}
				}
				related[span.TraceID()] = struct{}{}
			}
		}
	}
	return related
}

func (r *Reader) logs(logs plog.Logs, visit func(*event.Event, error) bool) bool {
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				if inner := r.lineIn(record); inner != nil {
					if !r.read(inner, visit) {
						return false
					}
					continue
				}
				b := newAttributes(r.otlp.a.doc)
				b.text("trace_id", record.TraceID().String())
				b.text("span_id", record.SpanID().String())
				b.text("name", eventName(record))
				b.times(logTime(record), 0)
				message, isMessage := messageOf(
					eventName(record), record.Attributes(), record.Body(),
				)
				b.add(record.Attributes())
				if isMessage {
					b.messages([]spanMessage{message})
				} else if record.Body().Type() == pcommon.ValueTypeMap {
					b.add(record.Body().Map())
				}
				b.add(scope.Scope().Attributes())
				b.add(resource.Resource().Attributes())
				b.turns()
				var err error
				if isMessage {
					err = r.messageRecord(record, message)
				} else {
					err = r.logRecord(record, r.attributes())
				}
				if !r.hand(err, visit) {
					return false
				}
			}
		}
	}
	return true
}

// logTime is when a log record was written.
func logTime(record plog.LogRecord) pcommon.Timestamp {
	if record.Timestamp() == 0 {
		return record.ObservedTimestamp()
	}
	return record.Timestamp()
}

// eventName names the event that a log record is; older SDKs had an attribute for it.
func eventName(record plog.LogRecord) string {
	if name := record.EventName(); name != "" {
		return name
	}
	if name, ok := record.Attributes().Get("event.name"); ok {
		return name.AsString()
	}
	return ""
}

// attributes reads the document of a span or log record into r.ev.
func (r *Reader) attributes() error {
	o := r.otlp
	r.names.readDocument(o.a.doc)
	for _, a := range r.adapters {
		m, ok := a.(*mapped)
		if !ok || !m.detect(&r.names) {
			continue
		}
		r.format = m.name()
		return m.applyTo(o.a.doc, &r.ev)
	}
	if !o.wanted {
		return &event.DecodeError{Reason: event.ReasonUnknownFormat}
	}
	r.format = o.a.name()
	return o.a.apply(&r.ev)
}
