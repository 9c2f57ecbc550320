package gateway

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// spansDue has the events of the calls visited that are ready, and of those whose window has
// closed.
func (r *Reader) spansDue(all bool, visit func(*event.Event, error) bool) bool {
	s := r.otlp.calls
	for i, c := range s.ready {
		if !r.giveCall(c, visit) {
			s.ready = append(s.ready[:0], s.ready[i+1:]...)
			return false
		}
	}
	s.ready = s.ready[:0]
	for c := s.j.over(all); c != nil; c = s.j.over(all) {
		if !r.giveCall(c, visit) {
			return false
		}
	}
	return true
}

// giveCall has the event of a call visited, unless another one stands for it.
func (r *Reader) giveCall(c *held[spanCall], visit func(*event.Event, error) bool) bool {
	s, of := r.otlp.calls, &c.of
	if of.state != callOpen || of.kind != spanModel && of.detail == nil && len(of.parts) == 0 {
		return true
	}
	around := of.around()
	if of.time.holds(of.inner) || of.kind == spanAgent || of.isStoodFor(around) {
		s.void(c)
		return true
	}
	r.ev.Reset()
	own(&r.ev, of)
	for _, other := range around {
		switch other.kind {
		case spanModel:
			var outer event.Event
			own(&outer, other)
			complete(&r.ev, &outer, aroundFields)
		case spanAgent:
			complete(&r.ev, other.span, agentFields)
		}
	}
	finish(&r.ev)
	of.state = callGiven
	s.j.wait(c, false)
	s.j.grow(c, -c.bytes)
	of.span, of.detail, of.parts = nil, nil, nil
	err := r.finisher.foreign(&r.ev, false)
	if err != nil {
		of.state = callVoid
	}
	r.format = r.otlp.a.name()
	return r.finishJoin(err, of.kind == spanModel, visit)
}

// around lists the spans around a call that are known, the innermost first.
func (of *spanCall) around() (out []*spanCall) {
	c := of.parent
	for n := 0; c != nil && c.of.seen && n < maxAround; n++ {
		if c.of.time.holds(of.time) {
			out = append(out, &c.of)
		}
		c = c.of.parent
	}
	return out
}

// isStoodFor tells whether the event of another call stands for that of this one: the one of a span
// around it, which was given out before this one came. It stands for one, and the next are calls of
// their own.
func (of *spanCall) isStoodFor(around []*spanCall) bool {
	for _, other := range around {
		if other.state != callGiven {
			continue
		}
		if other.stood {
			return false
		}
		other.stood = true
		of.state = callGiven
		return true
	}
	return false
}

// own puts together what the parts of a call themselves say.
func own(ev *event.Event, of *spanCall) {
	if of.span != nil {
		*ev = *of.span
	}
	if of.detail != nil {
		complete(ev, of.detail, callFields)
	}
	if len(of.parts) > 0 {
		complete(ev, conversation(of.parts), callFields)
	}
}

// conversation puts messages into their order.
func conversation(parts []messagePart) *event.Event {
	slices.SortStableFunc(parts, func(a, b messagePart) int {
		return cmp.Or(
			cmp.Compare(a.nanos, b.nanos), cmp.Compare(a.rank, b.rank),
			cmp.Compare(a.number, b.number),
		)
	})
	var ev event.Event
	var system, output []string
	for _, part := range parts {
		if text := part.ev.Content.System; text != "" {
			system = append(system, text)
		}
		if text := part.ev.Content.Output; text != "" {
			output = append(output, text)
		}
		ev.Content.Input = append(ev.Content.Input, part.ev.Content.Input...)
		ev.Response.FinishReasons = append(
			ev.Response.FinishReasons, part.ev.Response.FinishReasons...,
		)
	}
	ev.Content.System, ev.Content.Output = strings.Join(system, "\n"), strings.Join(output, "\n")
	for _, part := range parts {
		complete(&ev, part.ev, callFields)
	}
	return &ev
}
