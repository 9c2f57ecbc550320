package gateway

import (
	"encoding/base64"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// maxWrappers is how many wrappers are taken off one inside the other.
const maxWrappers = 4

// wrapper is what another system puts around events: the names under which it has them.
type wrapper struct {
	// in is the list or object that holds the events, name the name of an event in it; empty when the events are its items themselves.
	in, name string
}

// wrapperOf recognises a wrapper by its names. A strict one is recognised whatever else the object looks like.
func wrapperOf(n *outline) (w wrapper, strict, found bool) {
	switch {
	case n.has("specversion") && n.has("source") && n.has("type") && (n.has("data") || n.has("data_base64")):
		return wrapper{name: "data"}, true, true // A CloudEvent in structured mode.
	case n.has("payload") && n.hasIn("schema", "type"):
		return wrapper{name: "payload"}, true, true // Kafka Connect's JSON with schemas.
	case n.has("records"):
		return wrapper{in: "records"}, false, true // Azure's diagnostic settings.
	case n.has("logEvents"):
		return wrapper{in: "logEvents", name: "message"}, false, true // CloudWatch's subscriptions.
	}
	for _, name := range [...]string{"message", "log", "MESSAGE", "msg", "event", "value"} {
		if n.has(name) {
			return wrapper{name: name}, false, true // Vector, Fluent Bit, journald, Kafka's HTTP bridges and the like.
		}
	}
	return wrapper{}, false, false
}

// unpack reads an object that only wraps events, or holds many, and tells whether it is one. ok tells whether to go on.
func (r *Reader) unpack(data []byte, pos int, visit func(*event.Event, error) bool) (handled, ok bool) {
	if r.depth >= maxWrappers {
		return false, true
	}
	if r.depth == 0 {
		r.outer = pos
	}
	r.depth++
	defer func() { r.depth-- }()

	if r.otlp != nil && (r.names.has("resourceSpans") || r.names.has("resourceLogs")) {
		return true, r.otlpJSON(data, visit)
	}
	w, strict, found := wrapperOf(&r.names)
	if !strict {
		for _, a := range r.adapters {
			if a.detect(&r.names) {
				return false, true
			}
		}
		// Shippers may take Azure's envelope off.
		if r.apim != nil && r.names.has("category") && r.names.has("properties") {
			return true, r.records([][]byte{data}, visit)
		}
	}
	if !found {
		return false, true
	}
	items := r.inner(data, w)
	if len(items) == 0 {
		return false, true
	}
	if w.in == "records" && r.apim != nil {
		return true, r.records(items, visit)
	}
	for _, item := range items {
		if r.otlp != nil && r.otlp.isProto(item, nil) {
			ok = r.protobuf(item, visit)
		} else {
			ok = r.read(item, visit)
		}
		if !ok {
			return true, false
		}
	}
	return true, true
}

// inner finds the events in a wrapper.
func (r *Reader) inner(data []byte, w wrapper) (items [][]byte) {
	s := r.scanner
	s.Reset(data)
	add := func(item []byte) {
		if i := skipSpace(item, 0); i < len(item) && (item[i] == '{' || item[i] == '[' || r.otlp != nil && r.otlp.isProto(item, nil)) {
			items = append(items, item)
		}
	}
	var raw func(name string)
	raw = func(name string) {
		switch {
		case name != "" && s.Kind() == event.KindObject:
			for o := s.Object(); s.Next(&o); {
				switch {
				case o.Key == name:
					raw("")
				case o.Key == name+"_base64" && s.Kind() == event.KindString:
					if item, err := base64.StdEncoding.DecodeString(s.Text()); err == nil {
						add(item)
					}
				default:
					s.Skip()
				}
			}
		case name == "" && s.Kind() == event.KindString:
			// A copy, for what the scanner has decoded does not outlive it.
			add([]byte(strings.TrimSpace(s.Text())))
		default:
			start := s.Offset()
			s.Skip()
			add(data[start:s.Offset()])
		}
	}
	if w.in == "" {
		raw(w.name)
		return items
	}
	for o := s.Object(); s.Next(&o); {
		if o.Key != w.in || s.Kind() != event.KindArray {
			s.Skip()
			continue
		}
		for a := s.Array(); s.NextItem(&a); {
			s.Kind() // Passes over the space before the item.
			raw(w.name)
		}
	}
	return items
}
