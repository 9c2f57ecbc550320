package doctor

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Twice counts the events that look like a call which another event has reported already, by how
// that can be seen. The service counts each of them as a request of its own, but Repeated.
type Twice struct {
	// Repeated have the id and the time of another event: a record that was sent again, which the
	// service counts once.
	Repeated int
	// SameID have the id of another event and another time, as a span and the log record of its
	// details have.
	SameID int
	// Nested are spans around or inside another span of the same trace, for the same model with the
	// same number of tokens: two instrumentations, or a gateway and what stands behind it.
	Nested int
	// TwoFormats have the model, the tokens and the time of an event of another format, as a
	// gateway's log and its span have.
	TwoFormats int
}

const (
	// maxCalls bounds the memory: of later events nothing is compared.
	maxCalls = 1 << 20
	// slackMillis is how far two reports of one call may be apart that do not overlap: logs carry
	// the time of the answer, and some of them in whole seconds.
	slackMillis = 1000
	// maxAlike bounds how many earlier calls one is compared with.
	maxAlike = 64
)

// call is what is held of an event to know it again.
type call struct {
	id         uint64
	format     string
	model      string
	start, end int64
	input      event.Int
	output     event.Int
}

// calls holds the calls reported so far.
type calls struct {
	n     int
	times map[uint64]int64
	// traces holds them by trace, figures by tokens.
	traces, figures map[uint64][]call
}

func newCalls() calls {
	return calls{
		times: map[uint64]int64{}, traces: map[uint64][]call{}, figures: map[uint64][]call{},
	}
}

// add takes an event, and counts it where its call looks reported before. An event counts once.
func (c *calls) add(ev *event.Event, format string, n *Twice) {
	if c.n >= maxCalls {
		return
	}
	c.n++
	now := call{
		id: hash(ev.Tenant, ev.ID), format: format, model: ev.Request.Model, start: ev.Time,
		end: ev.Time + int64(ev.Response.LatencyMS.V), input: ev.Usage.Input,
		output: ev.Usage.Output,
	}
	if at, known := c.times[now.id]; known {
		if at == ev.Time {
			n.Repeated++
		} else {
			n.SameID++
		}
		return
	}
	c.times[now.id] = ev.Time
	now.model = strings.Clone(now.model)
	if trace, ok := traceOf(ev.ID); ok {
		if alike(c.traces, hash(ev.Tenant, trace), now, call.nests) {
			n.Nested++
			return
		}
	}
	if now.output.Known && now.output.V > 0 && now.input.Known {
		// The formats may name the account apart, but not the call's figures.
		in, out := strconv.FormatInt(now.input.V, 10), strconv.FormatInt(now.output.V, 10)
		key := hash(ev.Tenant, now.model, in, out)
		if alike(c.figures, key, now, call.otherFormat) {
			n.TwoFormats++
		}
	}
}

// alike tells whether a call is like one of those under the key, and adds it to them.
func alike(m map[uint64][]call, key uint64, now call, like func(a, b call) bool) bool {
	list := m[key]
	for i := range list {
		if like(list[i], now) {
			return true
		}
	}
	if len(list) < maxAlike {
		m[key] = append(list, now)
	}
	return false
}

// nests tells whether one of two calls lasts as long as the other or around it, and both are of one
// model and do not differ in what they used.
func (c call) nests(o call) bool {
	around := c.start <= o.start && o.end <= c.end || o.start <= c.start && c.end <= o.end
	model := strings.HasPrefix(c.model, o.model) || strings.HasPrefix(o.model, c.model)
	return around && c.end > c.start && o.end > o.start && model &&
		agree(c.input, o.input) && agree(c.output, o.output)
}

func agree(a, b event.Int) bool { return !a.Known || !b.Known || a.V == b.V }

// otherFormat tells whether a call of another format was at the same time.
func (c call) otherFormat(o call) bool {
	return c.format != o.format && c.start <= o.end+slackMillis && o.start <= c.end+slackMillis
}

// traceOf returns the trace in the id of a span, which is made of both.
func traceOf(id string) (trace string, ok bool) {
	const traceDigits, spanDigits = 32, 16
	trace, span, ok := strings.Cut(id, ":")
	ok = ok && len(trace) == traceDigits && len(span) == spanDigits
	return trace, ok && isHex(trace) && isHex(span)
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func hash(parts ...string) uint64 {
	h := xxh3.New()
	for _, p := range parts {
		_, _ = h.WriteString(cmp.Or(p, "default"))
		_, _ = h.WriteString("\x00")
	}
	return h.Sum64()
}
