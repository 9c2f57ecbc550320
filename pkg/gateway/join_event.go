package gateway

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// The fields that a part of a call is completed with from another one: whichever it lacks from a
// part of the same call, who asked and what was asked from the span of another instrumentation
// around it, and who asked from an agent's around it, whose text and figures are those of several
// calls.
var (
	callFields   = fieldsUnder("")
	aroundFields = fieldsUnder("tenant", "account.", "client.", "request.session_id", "content.")
	agentFields  = fieldsUnder("tenant", "account.", "client.", "request.session_id")
)

func fieldsUnder(prefixes ...string) (out []Field) {
	for _, f := range Fields() {
		under := func(prefix string) bool { return strings.HasPrefix(f.Path, prefix) }
		if slices.ContainsFunc(prefixes, under) {
			out = append(out, f)
		}
	}
	return out
}

// complete takes from another event the fields that an event lacks.
func complete(ev, from *event.Event, fields []Field) {
	for i := range fields {
		f := &fields[i]
		if f.Known(ev) || !f.Known(from) {
			continue
		}
		source := f.at(from)
		switch v := f.at(ev).(type) {
		case *string:
			*v = *source.(*string)
		case *[]string:
			*v = append(*v, *source.(*[]string)...)
		case *int64:
			*v = *source.(*int64)
		case *event.Int:
			*v = *source.(*event.Int)
		case *event.Float:
			*v = *source.(*event.Float)
		case *event.Bool:
			*v = *source.(*event.Bool)
		case *[]event.Message:
			*v = append(*v, *source.(*[]event.Message)...)
		}
	}
}

// keep copies an event with all that it refers to, and returns how many bytes that takes. It holds
// what a mapping can fill.
func keep(ev *event.Event) (kept *event.Event, size int) {
	c := *ev
	if c.Request.Model == event.UnknownModel {
		c.Request.Model = "" // Another part may know it.
	}
	// Of a sketch, which no mapping fills, the parts are the decoder's.
	c.Sketch, c.BadTime = nil, strings.Clone(c.BadTime)
	var all strings.Builder
	texts := textsOf(&c)
	for _, text := range texts {
		size += len(*text)
	}
	all.Grow(size)
	for _, text := range texts {
		all.WriteString(*text)
	}
	rest := all.String()
	for _, text := range texts {
		*text, rest = rest[:len(*text)], rest[len(*text):]
	}
	size += int(unsafe.Sizeof(c)) + len(texts)*int(unsafe.Sizeof(""))
	return &c, size
}

// textsOf lists the texts of an event, whose lists it copies.
func textsOf(ev *event.Event) (texts []*string) {
	for i := range callFields {
		switch v := callFields[i].at(ev).(type) {
		case *string:
			if *v != "" {
				texts = append(texts, v)
			}
		case *[]string:
			*v = slices.Clone(*v)
			for i := range *v {
				texts = append(texts, &(*v)[i])
			}
		case *[]event.Message:
			*v = slices.Clone(*v)
			for i := range *v {
				texts = append(texts, &(*v)[i].Role, &(*v)[i].Text)
			}
		}
	}
	return texts
}
