package gateway

import (
	"encoding/json"
	"errors"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// The events of OpenTelemetry's GenAI conventions 1.28 to 1.36 that hold one message each: log
// records or events of the span. Their texts are in the body, in attributes, or as JSON in one
// attribute, as Azure's SDKs write them.
const (
	choiceEvent      = "gen_ai.choice"
	eventContent     = "gen_ai.event.content"
	detailsEvent     = "gen_ai.client.inference.operation.details"
	promptEvent      = "gen_ai.content.prompt"
	completionEvent  = "gen_ai.content.completion"
	genAIEventPrefix = "gen_ai."
)

// messageEvents are the roles of the events' messages, in the order in which a conversation has
// them when their times are the same.
var messageEvents = []struct{ event, role string }{
	{"gen_ai.system.message", "system"},
	{"gen_ai.user.message", "user"},
	{"gen_ai.assistant.message", "assistant"},
	{"gen_ai.tool.message", "tool"},
	{choiceEvent, "assistant"},
}

// spanMessage is the message in an event.
type spanMessage struct {
	role, reason string
	// rank is the place of its kind, number that of a choice among several.
	rank, number int
	content      pcommon.Value
	calls        pcommon.Value
}

// messageOf reads the message in an event of this name; ok says that there is one.
func messageOf(name string, attributes pcommon.Map, body pcommon.Value) (m spanMessage, ok bool) {
	m.rank = -1
	for i, known := range messageEvents {
		if known.event == name {
			m.rank, m.role = i, known.role
		}
	}
	if m.rank < 0 {
		return m, false
	}
	m.content, m.calls = pcommon.NewValueEmpty(), pcommon.NewValueEmpty()
	list := pcommon.NewMap()
	if v, ok := attributes.Get(eventContent); ok && body.Type() == pcommon.ValueTypeEmpty {
		body = v
	}
	switch body = unquoted(body); body.Type() {
	case pcommon.ValueTypeMap:
		list = body.Map()
	case pcommon.ValueTypeEmpty:
		list = attributes
	default:
		m.content = body
	}
	m.take(list)
	return m, true
}

// take reads what the object of a message has; a choice has its message in one of its own.
func (m *spanMessage) take(list pcommon.Map) {
	for key, v := range list.All() {
		switch key {
		case "role":
			if v.Str() != "" {
				m.role = v.Str()
			}
		case "finish_reason":
			m.reason = v.AsString()
		case "index":
			m.number = int(min(max(v.Int(), 0), maxTurns))
		case "content":
			m.content = unquoted(v)
		case "tool_calls":
			m.calls = unquoted(v)
		case "message":
			if v = unquoted(v); v.Type() == pcommon.ValueTypeMap {
				m.take(v.Map())
			} else {
				m.content = v
			}
		}
	}
}

// unquoted returns the object or list in a string of JSON, anything else as it is.
func unquoted(v pcommon.Value) pcommon.Value {
	text := strings.TrimSpace(v.Str())
	if v.Type() != pcommon.ValueTypeStr || text == "" || text[0] != '{' && text[0] != '[' {
		return v
	}
	var raw any
	inner := pcommon.NewValueEmpty()
	if json.Unmarshal([]byte(text), &raw) != nil || inner.FromRaw(raw) != nil {
		return v
	}
	return inner
}

// messages adds messages as the attributes of the newer convention.
func (b *attributes) messages(list []spanMessage) {
	b.messageList("gen_ai.input.messages", list, false)
	b.messageList("gen_ai.output.messages", list, true)
}

func (b *attributes) messageList(name string, list []spanMessage, answers bool) {
	at, last := int32(0), int32(0)
	for i := range list {
		m := &list[i]
		if (messageEvents[m.rank].event == choiceEvent) != answers {
			continue
		}
		if at == 0 {
			at = b.d.Add(event.KindArray, name, "")
			b.d.Link(0, &b.last, at)
		}
		item, inner := b.d.Add(event.KindObject, "", ""), int32(0)
		b.d.Link(at, &last, item)
		text := func(name, value string) {
			b.d.Link(
				item, &inner, b.d.Add(event.KindString, name, strings.ToValidUTF8(value, "\ufffd")),
			)
		}
		text("role", m.role)
		if m.reason != "" {
			text("finish_reason", m.reason)
		}
		switch m.content.Type() {
		case pcommon.ValueTypeEmpty:
		case pcommon.ValueTypeSlice:
			b.d.Link(item, &inner, b.value("parts", m.content, 0))
		default:
			b.d.Link(item, &inner, b.value("content", m.content, 0))
		}
		if m.calls.Type() != pcommon.ValueTypeEmpty {
			b.d.Link(item, &inner, b.value("tool_calls", m.calls, 0))
		}
	}
}

// exceptionType is the name of an error in the event that SDKs add to a span that failed
// (OpenTelemetry's conventions for exceptions).
const exceptionType = "exception.type"

// events adds what the events of a span hold: prompts and answers.
func (b *attributes) events(list ptrace.SpanEventSlice) {
	var messages []spanMessage
	for _, e := range list.All() {
		if m, ok := messageOf(e.Name(), e.Attributes(), pcommon.NewValueEmpty()); ok {
			messages = append(messages, m)
		} else if strings.HasPrefix(e.Name(), genAIEventPrefix) {
			b.add(e.Attributes())
		} else if kind, ok := e.Attributes().Get(exceptionType); ok && e.Name() == "exception" {
			// What went wrong, where the span does not say so itself. The message may quote a
			// prompt.
			b.d.Link(0, &b.last, b.value(exceptionType, kind, 0))
		}
	}
	b.messages(messages)
}

// listedEvents is the attribute in which Pydantic AI, up to the version 1 of its format, has the
// events of these conventions as the JSON of a list.
const listedEvents = "events"

// listed adds the messages of a list of events.
func (b *attributes) listed(attributes pcommon.Map) {
	list, ok := attributes.Get(listedEvents)
	if !ok {
		return
	}
	if list = unquoted(list); list.Type() != pcommon.ValueTypeSlice {
		return
	}
	var messages []spanMessage
	for _, item := range list.Slice().All() {
		if item.Type() != pcommon.ValueTypeMap {
			continue
		}
		if name, ok := item.Map().Get("event.name"); ok {
			if m, ok := messageOf(name.Str(), pcommon.NewMap(), item); ok {
				messages = append(messages, m)
			}
		}
	}
	b.messages(messages)
}

// messageRecord takes in a log record whose document is that of one message.
func (r *Reader) messageRecord(record plog.LogRecord, m spanMessage) error {
	o := r.otlp
	r.format = o.a.name()
	if !o.wanted {
		return &event.DecodeError{Reason: event.ReasonUnknownFormat}
	}
	key := callKey(record.TraceID(), record.SpanID())
	if o.calls == nil || key == "" {
		// One message is no request, and nothing says what it belongs to.
		r.unjoined++
		return &SkipError{Reason: ReasonUnjoined}
	}
	o.a.part(&r.ev)
	return r.takeMessage(key, messagePart{
		nanos: uint64(logTime(record)), rank: m.rank, number: m.number,
	})
}

// logRecord takes in a log record whose event is in r.ev, with what was wrong with that, and
// returns what is to be said of it. One that belongs to a span may hold what the span itself does
// not.
func (r *Reader) logRecord(record plog.LogRecord, err error) error {
	o := r.otlp
	key := callKey(record.TraceID(), record.SpanID())
	if o.calls == nil || key == "" || r.format != o.a.name() {
		return err
	}
	skip, skipped := errors.AsType[*SkipError](err)
	switch name := eventName(record); {
	case skipped:
		if skip.Reason != ReasonNotLLM || !isDetail(name) {
			return err
		}
		// Its model is on the span alone.
		o.a.part(&r.ev)
	case err != nil && !isPartial(err):
		return err
	case err != nil && !strings.HasPrefix(name, genAIEventPrefix):
		return err
	}
	return r.takeDetail(key, logTime(record), isDetail(eventName(record)) || err != nil, err == nil)
}

// isDetail tells whether an event holds the text of a call as the attributes of a span do.
func isDetail(name string) bool {
	return name == detailsEvent || name == promptEvent || name == completionEvent
}
