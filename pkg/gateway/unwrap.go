package gateway

import (
	"bytes"
	"encoding/base64"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// maxWrappers is how many wrappers are taken off one inside the other, compression, strings and
// prefixes of lines among them.
const maxWrappers = 8

// maxAhead is how many wrappers are looked into to tell which of several places has an event. It
// bounds the work: each is scanned again when it is taken off.
const maxAhead = 3

// unpack reads an object that only wraps events, or holds many, and tells whether it is one. ok
// tells whether to go on.
//
// What a format recognises is no wrapper, whatever names it has besides: its own fields may be
// called message or event, and hold what a caller wrote, which must not become another event.
func (r *Reader) unpack(data []byte, pos int, visit visitor) (handled, ok bool) {
	if r.depth >= maxWrappers {
		return false, true
	}
	if r.otlp != nil && (r.names.has("resourceSpans") || r.names.has("resourceLogs")) {
		return true, r.within(pos, func() bool { return r.otlpJSON(data, visit) })
	}
	e := envelopeOf(&r.names)
	if e == nil || !e.strict {
		if r.isKnown(&r.names) {
			return false, true
		}
		// Shippers may take Azure's envelope off.
		if r.isDiagnostic(&r.names) {
			return true, r.within(pos, func() bool { return r.records([][]byte{data}, visit) })
		}
		if handled, ok = r.split(data, pos, visit); handled {
			return true, ok
		}
	}
	if e == nil {
		return false, true
	}
	items, skip := r.choose(data, e, &r.names, 0)
	if skip != "" {
		r.ev.Reset()
		r.format = ""
		return true, r.hand(&SkipError{Reason: skip}, visit)
	}
	if len(items) == 0 {
		return false, true
	}
	return true, r.within(pos, func() bool {
		if r.apim != nil && e.places[0].list == "records" && !e.places[0].encoded {
			return r.records(items, visit)
		}
		for _, item := range items {
			if !r.value(item, nil, visit) {
				return false
			}
		}
		return true
	})
}

// isKnown tells whether a format recognises an object by its names.
func (r *Reader) isKnown(names *outline) bool {
	for _, a := range r.adapters {
		if a.detect(names) {
			return true
		}
	}
	return false
}

// isDiagnostic tells whether an object is a diagnostic record of Azure by its names.
func (r *Reader) isDiagnostic(names *outline) bool {
	return r.apim != nil && names.has("category") && names.has("properties")
}

// choose finds the events in an envelope. Where several places could hold them, the first that has
// something readable counts, and if none has, the first that has anything.
func (r *Reader) choose(
	data []byte, e *envelope, names *outline, depth int,
) (items [][]byte, skip string) {
	var found [][][]byte
	control := false
	for _, p := range e.places {
		if !names.has(p.first()) {
			continue
		}
		in, isControl := r.inside(data, p)
		control = control || isControl
		if len(in) > 0 {
			found = append(found, in)
		}
	}
	switch {
	case control:
		return nil, reasonControl
	case len(found) == 0:
		return nil, e.empty
	case len(found) > 1:
		for _, in := range found {
			if r.isReadable(in[0], depth+1) {
				return in, ""
			}
		}
	}
	return found[0], ""
}

// isReadable tells whether there is an event of a known format in data, as far as names tell.
func (r *Reader) isReadable(data []byte, depth int) bool {
	if depth > maxAhead {
		return false
	}
	if l, ok := cutPrefix(firstLine(data)); ok {
		data = l.content
	}
	data = data[skipFiller(data, 0):]
	if len(data) > 0 && data[0] == '[' {
		data = data[skipFiller(data, 1):]
	}
	if r.otlp != nil && r.otlp.isProto(data, nil) {
		return true
	}
	s := r.scanner
	s.Reset(data)
	if s.Kind() == event.KindString {
		return r.isReadable([]byte(s.Text()), depth+1)
	}
	var names outline
	names.read(s)
	if s.Err() != nil || !names.object {
		return false
	}
	data = data[:s.Offset()]
	if names.has("resourceSpans") || names.has("resourceLogs") ||
		r.isKnown(&names) || r.isDiagnostic(&names) {
		return true
	}
	e := envelopeOf(&names)
	if e == nil {
		return false
	}
	items, _ := r.choose(data, e, &names, depth)
	return len(items) > 0 && r.isReadable(items[0], depth+1)
}

// inside finds the values in one place of an envelope that may hold events: objects, lists, and
// strings of such or of lines of a log. control says that the envelope is a message of CloudWatch
// to itself.
func (r *Reader) inside(data []byte, p spot) (items [][]byte, control bool) {
	s := r.scanner
	s.Reset(data)
	add := func(item []byte) {
		if isText(item) || codecOf(item) != nil || r.otlp != nil && r.otlp.isProto(item, nil) {
			items = append(items, item)
		}
	}
	var walk func(path []string)
	walk = func(path []string) {
		switch {
		case len(path) > 0 && s.Kind() == event.KindObject:
			for o := s.Object(); s.Next(&o); {
				if o.Key == path[0] {
					walk(path[1:])
				} else {
					s.Skip()
				}
			}
		case len(path) == 0 && s.Kind() == event.KindString:
			// A copy, for what the scanner has decoded does not outlive it.
			text := []byte(s.Text())
			if p.encoded {
				text, _ = decodeBase64(text)
			} else {
				text = bytes.TrimSpace(text)
			}
			add(text)
		case len(path) == 0 && !p.encoded:
			start := s.Offset()
			s.Skip()
			add(data[start:s.Offset()])
		default:
			s.Skip()
		}
	}
	if p.list == "" {
		walk(p.path)
		return items, false
	}
	for o := s.Object(); s.Next(&o); {
		switch {
		case o.Key == "messageType" && s.Kind() == event.KindString:
			control = s.Text() == "CONTROL_MESSAGE"
		case o.Key == p.list && s.Kind() == event.KindArray:
			for a := s.Array(); s.NextItem(&a); {
				s.Kind() // Passes over the space before the item.
				walk(p.path)
			}
		default:
			s.Skip()
		}
	}
	return items, control
}

// decodeBase64 decodes either alphabet, padded or not.
func decodeBase64(text []byte) ([]byte, error) {
	plain := bytes.TrimRight(bytes.TrimSpace(text), "=")
	if out, err := base64.RawStdEncoding.DecodeString(string(plain)); err == nil {
		return out, nil
	}
	return base64.RawURLEncoding.DecodeString(string(plain))
}

// quoted reads JSON in a string, and tells whether there is any.
func (r *Reader) quoted(data []byte, pos int, visit visitor) (handled, ok bool) {
	s := r.scanner
	s.Reset(data)
	if r.depth >= maxWrappers || s.Kind() != event.KindString {
		return false, true
	}
	text := []byte(s.Text())
	switch {
	case isText(text):
		return true, r.within(pos, func() bool { return r.value(text, nil, visit) })
	case isBase64(text):
		return true, r.fault(event.ReasonBase64, pos, visit)
	}
	return false, true
}
