package simulate

import (
	"math"
	"unicode/utf8"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// call is one request as a client makes it.
type call struct {
	model   string // empty takes the account's own
	session string
	system  string
	input   []event.Message
	tools   []string
	// answer is the median length of the answer in tokens, effort overrides the account's own.
	answer   float64
	effort   string
	endUser  string
	batch    bool
	cached   int64
	harvest  bool
	refused  bool    // the model refuses
	limited  float64 // the share of 429; 0 is the population's own
	noRetry  bool
	handover func(t int64) // called instead of a retry after a rejection
	attempt  int
}

// outcome is how a call ended.
type outcome struct {
	status  string
	latency int64 // in ms
}

func (o outcome) ok() bool { return o.status == event.StatusOK }

// send makes the call at time t: it draws the answer's size and fate, emits the event, and retries
// as the client would.
func (w *World) send(t int64, a *account, c *call) outcome {
	r := a.r
	a.locate(t)
	var ev event.Event
	ev.ID = requestID(r, t)
	ev.Time, ev.Tenant = t, w.sc.Tenant
	ev.Account = a.id
	ev.Account.EndUserID = c.endUser
	ev.Client = event.Client{
		IP: a.address, ASN: event.Int{V: a.net.asn, Known: true}, ASOrg: a.net.org,
		Country: a.net.country, UserAgent: a.stack.agent, JA4: a.stack.ja4, DeviceID: a.device,
	}
	ev.Request = a.request
	q := &ev.Request
	q.Model = c.model
	if q.Model == "" {
		q.Model = w.modelAt(a, t)
	}
	q.SessionID = c.session
	q.Tools = c.tools
	if len(c.tools) > 0 {
		q.ToolChoice = "auto"
	}
	if c.effort != "" {
		q.ReasoningEffort = c.effort
	}
	if c.batch {
		q.Operation = "batch"
	}
	q.MessageCount = event.Int{V: int64(len(c.input)), Known: true}
	ev.Content = event.Content{System: c.system, Input: c.input}

	in := tokens(c.system)
	for i := range c.input {
		in += tokens(c.input[i].Text) + 4
	}
	ev.Usage.Input = event.Int{V: in, Known: true}
	if c.cached > 0 {
		ev.Usage.CacheRead = event.Int{V: min(c.cached, in), Known: true}
	}
	out := w.answer(r, a, c, q, &ev)
	if out.status != event.StatusOK && !c.noRetry {
		w.again(t+out.latency, a, c, out)
	}
	w.emit(&ev, a, c.harvest, out.ok())
	return out
}

// answer draws how the request ends and what it costs.
func (w *World) answer(r rng, a *account, c *call, q *event.Request, ev *event.Event) outcome {
	limited := c.limited
	if limited == 0 {
		limited = 0.011
	}
	s := &ev.Response
	reject := func(code int64, status, kind string) outcome {
		s.HTTPStatus, s.Status, s.ErrorType = event.Int{V: code, Known: true}, status, kind
		latency := int64(r.lognormal(40, 0.5))
		s.LatencyMS = event.Float{V: float64(latency), Known: true}
		return outcome{status, latency}
	}
	if a.banned {
		return reject(403, event.StatusBlocked, "permission_error")
	}
	switch u := r.Float64(); {
	case u < limited:
		return reject(429, event.StatusRateLimited, "rate_limit_error")
	case u < limited+0.0075:
		return reject(pick(r, []int64{500, 503, 529}), event.StatusError, "overloaded_error")
	case u < limited+0.0085 && !c.refused:
		return reject(403, event.StatusBlocked, "permission_error")
	}
	thinks := q.ReasoningEffort != "" || deep(q.Model)
	answer := r.lognormal(c.answer, 0.55)
	reasoning := 0.0
	if thinks {
		reasoning = r.lognormal(math.Max(60, 1.1*c.answer), 0.7)
		if q.ReasoningEffort == "high" {
			reasoning *= 2
		}
	}
	finish := "stop"
	if len(c.tools) > 0 && r.chance(0.75) {
		finish = "tool_calls"
	}
	s.Status = event.StatusOK
	if c.refused {
		answer, reasoning, finish = r.lognormal(45, 0.3), reasoning/4, "refusal"
		if r.chance(0.25) {
			s.Status, finish = event.StatusBlocked, "content_filter"
		}
	}
	total := answer + reasoning
	if q.MaxTokens.Known && total > float64(q.MaxTokens.V) {
		total, finish = float64(q.MaxTokens.V), "length"
		reasoning = math.Min(reasoning, total-1)
	}
	ev.Usage.Output = event.Int{V: int64(total), Known: true}
	if thinks {
		ev.Usage.Reasoning = event.Int{V: int64(reasoning), Known: true}
	}
	first := r.lognormal(380, 0.5)
	latency := first + total*r.uniform(9, 22)
	s.HTTPStatus = event.Int{V: 200, Known: true}
	s.FinishReasons = []string{finish}
	s.LatencyMS = event.Float{V: math.Round(latency), Known: true}
	if q.Stream.V {
		s.TTFTMS = event.Float{V: math.Round(first), Known: true}
	}
	return outcome{s.Status, int64(latency)}
}

// deep tells the models that always reason by their name.
func deep(model string) bool {
	for _, suffix := range []string{"-deep", "-think", "-reason"} {
		if len(model) > len(suffix) && model[len(model)-len(suffix):] == suffix {
			return true
		}
	}
	return false
}

// again repeats a failed call as the client's SDK does: the same body after a growing pause, or
// elsewhere when a pool hands over.
func (w *World) again(t int64, a *account, c *call, out outcome) {
	if c.handover != nil && out.status != event.StatusError {
		c.handover(t + int64(a.r.lognormal(900, 0.8)))
		return
	}
	if out.status == event.StatusBlocked || !a.retries || c.attempt >= 2 {
		return
	}
	retry := *c
	retry.attempt++
	w.at(t+int64(a.r.lognormal(700*float64(retry.attempt), 0.6)), func(t int64) {
		w.send(t, a, &retry)
	})
}

// tokens estimates the tokens of a text: four letters of a word, less for scripts without spaces.
func tokens(s string) int64 {
	runes := utf8.RuneCountInString(s)
	wide := (len(s) - runes) / 2
	return int64((runes-wide)/4 + wide*2/3 + 1)
}

// requestID is a ULID in lower case: unique, and ordered by time.
func requestID(r rng, t int64) string {
	var b [30]byte
	copy(b[:], "req_")
	for i := 13; i >= 4; i-- {
		b[i] = crockford[t&31]
		t >>= 5
	}
	for i := 14; i < len(b); i++ {
		b[i] = crockford[r.IntN(32)]
	}
	return string(b[:])
}
