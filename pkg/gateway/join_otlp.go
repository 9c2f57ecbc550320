package gateway

import (
	"errors"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// spanCalls joins what OpenTelemetry tells of one call of a model: a span, log records of the same
// trace and span that hold its text, and spans of other instrumentations around it, which tell of
// the same call once more. The innermost span counts.
type spanCalls struct {
	j    *joiner[spanCall]
	opts JoinOptions
	// ready are the calls that became complete with the record at hand.
	ready []*held[spanCall]
}

// spanCall is what is known of a span: that of a call, or another one that may lie between two.
type spanCall struct {
	// seen says that the span itself has come, and kind what it tells of.
	seen bool
	kind spanKind
	// parent is the span around it, nil when there is none; it is known when that has been seen. It
	// stays when its own time is over, as long as this one is held.
	parent *held[spanCall]
	// span is what the span says, detail what its log record does, parts its messages.
	span, detail *event.Event
	parts        []messagePart
	// asked stands for what was asked in the log record that gave the details.
	asked string
	// time is that of the span, inner that of all calls within it.
	time, inner stretch
	state       callState
	// stood says that the event of this span already stands for one call within it.
	stood bool
	// within are the calls that wait for this span, to learn what is around them.
	within []*held[spanCall]
}

// stretch is from when to when something took, in Unix milliseconds; both are 0 when there is
// nothing.
type stretch struct{ start, end int64 }

// clockError is how much the clocks of two machines whose spans lie one within the other may
// differ.
const clockError = 500

// holds tells whether another stretch lies within this one. Callers may choose the parent of a
// span: what they name as the parent of another call, which was not under way, is no span around
// it, and counts.
func (s stretch) holds(o stretch) bool {
	return o.end > 0 && o.start >= s.start-clockError && o.end <= s.end+clockError
}

// with is the stretch that has both.
func (s stretch) with(o stretch) stretch {
	if s.end == 0 {
		return o
	}
	return stretch{min(s.start, o.start), max(s.end, o.end)}
}

// spanKind is what a span tells of.
type spanKind int

const (
	spanOther spanKind = iota
	// spanNameless names no model, but tells of a call in other ways.
	spanNameless
	spanAgent
	spanModel
)

// callState is what became of a call.
type callState int

const (
	callOpen callState = iota
	// callGiven has been given out, or stands for one that has.
	callGiven
	// callVoid gives no event of its own.
	callVoid
)

// messagePart is one message of a call that came in a log record of its own.
type messagePart struct {
	// nanos is its time, rank the place of its kind in a conversation, number that among its kind.
	nanos  uint64
	rank   int
	number int
	ev     *event.Event
}

// agentStep is the reason for which the mappings skip the spans of agents.
const agentStep = "agent_step"

// maxAround is how many spans around a call are looked at.
const maxAround = 64

func newSpanCalls(opts JoinOptions, clock *recordClock) *spanCalls {
	return &spanCalls{j: newJoiner[spanCall](opts, clock), opts: opts}
}

// callKey names a span; empty when it has no ids.
func callKey(trace pcommon.TraceID, span pcommon.SpanID) string {
	if trace.IsEmpty() || span.IsEmpty() {
		return ""
	}
	var key [len(trace) + len(span)]byte
	copy(key[copy(key[:], trace[:]):], span[:])
	return string(key[:])
}

// takeSpan takes in the span whose event is in r.ev, with what was wrong with that, and returns
// what is to be said of the span in its place. related says that the request has other spans of its
// trace that have parents.
func (r *Reader) takeSpan(span ptrace.Span, related bool, err error) error {
	s := r.otlp.calls
	key := callKey(span.TraceID(), span.SpanID())
	kind, hard := r.kindOf(span, err)
	if s == nil || key == "" || hard || r.format != r.otlp.a.name() {
		return err
	}
	time := stretch{start: int64(span.StartTimestamp() / 1e6)}
	time.end = max(time.start, int64(span.EndTimestamp()/1e6))
	s.j.clock.see(time.end)
	c := s.j.call(key, s.opts.OTLPWindow)
	of := &c.of
	if of.seen {
		// Callers may choose the ids of spans (B3's headers share them): another time is another
		// call.
		if kind == spanModel && time == of.time {
			return &SkipError{Reason: ReasonJoined} // Delivered twice.
		}
		return err
	}
	s.j.until(c, s.opts.OTLPWindow)
	of.seen, of.kind, of.time = true, kind, time
	if parent := callKey(span.TraceID(), span.ParentSpanID()); parent != "" && parent != key {
		if around := s.j.call(parent, s.opts.OTLPWindow); !around.of.isWithin(of) {
			of.parent = around
		}
	}
	said := err
	s.markAround(of.parent, of.inner)
	if kind == spanModel {
		said = r.takeCall(c, related, err)
	} else if kind != spanOther {
		r.otlp.a.part(&r.ev)
		s.keepSpan(c, &r.ev)
	}
	for _, w := range of.within {
		s.check(w)
	}
	of.within = nil
	return said
}

// isWithin tells whether a span lies within another one, as far as the spans around it are known.
func (of *spanCall) isWithin(other *spanCall) bool {
	for n := 0; n < maxAround && of != other; n++ {
		if of.parent == nil {
			return false
		}
		of = &of.parent.of
	}
	return of == other
}

// kindOf tells what a span tells of, by what its event is; hard says that it cannot be read, and no
// other part can mend it.
func (r *Reader) kindOf(span ptrace.Span, err error) (kind spanKind, hard bool) {
	skip, skipped := errors.AsType[*SkipError](err)
	switch {
	case err == nil:
		return spanModel, false
	case !skipped:
		return spanModel, !isPartial(err)
	case skip.Reason == agentStep:
		return spanAgent, false
	case skip.Reason == ReasonUnauthenticated:
		return spanModel, false // A span around it may prove who asked.
	}
	for key := range span.Attributes().All() {
		if strings.HasPrefix(key, "gen_ai.") {
			return spanNameless, false
		}
	}
	return spanOther, false
}

// isPartial tells whether an event only lacks something, which another part of its call may have.
func isPartial(err error) bool {
	broken, ok := errors.AsType[*event.DecodeError](err)
	return ok &&
		(broken.Reason == event.ReasonMissingField || broken.Reason == event.ReasonNoAccount)
}

// takeCall takes in the span of a call.
func (r *Reader) takeCall(c *held[spanCall], related bool, err error) error {
	s, of := r.otlp.calls, &c.of
	s.markAround(of.parent, of.time)
	plain := of.parent == nil && of.inner.end == 0 && !related &&
		of.detail == nil && len(of.parts) == 0
	if plain && r.ev.Content.Present() {
		// Nothing more is to be expected: its text is there, and it is the outermost span.
		if of.state = callGiven; err != nil {
			of.state = callVoid
		}
		return err
	}
	s.keepSpan(c, &r.ev)
	if of.time.holds(of.inner) {
		s.void(c)
		return &SkipError{Reason: ReasonJoined}
	}
	s.j.wait(c, true)
	s.check(c)
	return &SkipError{Reason: ReasonWaiting}
}

func (s *spanCalls) keepSpan(c *held[spanCall], ev *event.Event) {
	kept, size := keep(ev)
	c.of.span = kept
	s.j.grow(c, size)
}

// void ends the wait of a call that gives no event.
func (s *spanCalls) void(c *held[spanCall]) {
	if c.of.state == callOpen {
		c.of.state = callVoid
	}
	s.j.wait(c, false)
}

// markAround notes at the spans around a call, as far as they are known, when it was.
func (s *spanCalls) markAround(c *held[spanCall], time stretch) {
	for range maxAround {
		if c == nil || time.end == 0 {
			return
		}
		of := &c.of
		if !of.seen {
			s.hold(c)
		}
		inner := of.inner.with(time)
		if inner == of.inner {
			return
		}
		of.inner = inner
		if of.seen && of.kind == spanModel && of.time.holds(inner) {
			s.void(c)
		}
		c = of.parent
	}
}

// hold keeps a call whose span has not come for the window of spans from now on, or longer.
func (s *spanCalls) hold(c *held[spanCall]) {
	if due := s.j.clock.now + s.opts.OTLPWindow.Milliseconds(); due > c.due {
		s.j.until(c, s.opts.OTLPWindow)
	}
}

// check makes a call ready when all that can come has: its text is there, and it is known what lies
// around it.
func (s *spanCalls) check(c *held[spanCall]) {
	of := &c.of
	if of.state != callOpen || of.kind != spanModel ||
		len(of.parts) > 0 && !of.span.Content.Present() {
		return
	}
	if !of.span.Content.Present() && (of.detail == nil || !of.detail.Content.Present()) {
		return
	}
	around := of.parent
	for n := 0; around != nil && n < maxAround; n++ {
		if !around.of.seen {
			around.of.await(c)
			return
		}
		around = around.of.parent
	}
	s.ready = append(s.ready, c)
}

// await adds a call to those that wait for a span. Callers may name one parent for ever, so that
// those that wait no more are taken off now and then.
func (of *spanCall) await(c *held[spanCall]) {
	const few = 64
	if n := len(of.within); n >= few && n&(n-1) == 0 {
		of.within = slices.DeleteFunc(of.within, func(w *held[spanCall]) bool {
			return w == c || w.of.state != callOpen
		})
	}
	of.within = append(of.within, c)
}

// takeDetail takes in a log record of a span whose event is in r.ev, which holds what the span's
// own may lack; partial says that it may not be all of a call, whole that it could be an event by
// itself.
func (r *Reader) takeDetail(key string, at pcommon.Timestamp, partial, whole bool) error {
	s := r.otlp.calls
	s.j.clock.see(int64(at / 1e6))
	c := s.j.call(key, s.opts.OTLPWindow)
	of := &c.of
	asked := askedIn(&r.ev.Content)
	if whole && asked != "" && of.asked != "" && asked != of.asked {
		return nil // Another call in the same span, which may be one that callers name.
	}
	if of.state == callGiven || of.detail != nil && of.state == callVoid {
		return &SkipError{Reason: ReasonJoined}
	}
	if of.detail != nil && !partial && !sameText(&of.detail.Content, &r.ev.Content) {
		return nil
	}
	if of.asked == "" {
		of.asked = asked
	}
	if !of.seen {
		s.hold(c)
	}
	kept, size := keep(&r.ev)
	if of.detail != nil {
		complete(of.detail, kept, callFields)
	} else {
		of.detail = kept
	}
	s.j.grow(c, size)
	if of.state == callVoid {
		return &SkipError{Reason: ReasonJoined}
	}
	s.j.wait(c, true)
	s.check(c)
	return &SkipError{Reason: ReasonWaiting}
}

// takeMessage takes in a log record that holds one message of a call, whose event is in r.ev.
// Messages of the request come when it begins, and its span when it is over: they wait as long as
// any part may.
func (r *Reader) takeMessage(key string, part messagePart) error {
	s := r.otlp.calls
	s.j.clock.see(int64(part.nanos / 1e6))
	c := s.j.call(key, s.opts.Window)
	of := &c.of
	if of.state == callGiven {
		return &SkipError{Reason: ReasonJoined}
	}
	if !of.seen {
		s.j.until(c, s.opts.Window)
	}
	for _, other := range of.parts {
		if other.nanos == part.nanos && other.rank == part.rank && other.number == part.number &&
			sameText(&other.ev.Content, &r.ev.Content) {
			return &SkipError{Reason: ReasonJoined} // Delivered twice.
		}
	}
	kept, size := keep(&r.ev)
	kept.Request.MessageCount = event.Int{}
	part.ev = kept
	of.parts = append(of.parts, part)
	s.j.grow(c, size)
	if of.state == callVoid {
		return &SkipError{Reason: ReasonJoined}
	}
	s.j.wait(c, true)
	return &SkipError{Reason: ReasonWaiting}
}

// askedIn stands for what a conversation asks, "" without.
func askedIn(c *event.Content) string {
	if len(c.Input) == 0 {
		return ""
	}
	return derivedID(&event.Event{Content: event.Content{System: c.System, Input: c.Input}})
}

func sameText(a, b *event.Content) bool {
	return a.System == b.System && a.Output == b.Output && slices.Equal(a.Input, b.Input)
}
