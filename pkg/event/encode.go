package event

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// enc appends JSON. Absent fields are left out: absent is not zero.
//
// The same calls on the Encoder of encoding/json/v2's jsontext, which Go 1.26 has as an experiment
// only, take 64 % longer for an event of 1 kB and 13 % longer for one of 3 kB with a conversation
// (docs/decisions/0014-event-encoder.md).
type enc struct {
	b     []byte
	first bool
	// opened is where the open object begins, and whether it is the first of the one around it.
	opened      int
	openedFirst bool
}

// open begins an object; objects are one inside the other once at most.
func (e *enc) open(key string) {
	e.opened, e.openedFirst = len(e.b), e.first
	e.key(key)
	e.b = append(e.b, '{')
	e.first = true
}

// close ends an object; one of which nothing is known is left out.
func (e *enc) close() {
	if e.first {
		e.b, e.first = e.b[:e.opened], e.openedFirst
		return
	}
	e.b = append(e.b, '}')
}

func (e *enc) key(k string) {
	if !e.first {
		e.b = append(e.b, ',')
	}
	e.first = false
	e.b = append(appendString(e.b, k), ':')
}

func (e *enc) str(k, v string) {
	if v != "" {
		e.key(k)
		e.b = appendString(e.b, v)
	}
}

func (e *enc) num(k string, v Int) {
	if v.Known {
		e.key(k)
		e.b = strconv.AppendInt(e.b, v.V, 10)
	}
}

func (e *enc) float(k string, v Float) {
	if v.Known {
		e.key(k)
		e.b = strconv.AppendFloat(e.b, v.V, 'f', -1, 64)
	}
}

func (e *enc) flag(k string, v Bool) {
	if v.Known {
		e.key(k)
		e.b = strconv.AppendBool(e.b, v.V)
	}
}

func (e *enc) list(k string, v []string) {
	if len(v) == 0 {
		return
	}
	e.key(k)
	e.b = append(e.b, '[')
	for i, s := range v {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = appendString(e.b, s)
	}
	e.b = append(e.b, ']')
}

func (e *enc) time(k string, ms int64, layout string) {
	if ms != 0 {
		e.key(k)
		e.b = append(e.b, '"')
		e.b = time.UnixMilli(ms).UTC().AppendFormat(e.b, layout)
		e.b = append(e.b, '"')
	}
}

const layoutMillis = "2006-01-02T15:04:05.000Z"

// AppendJSON appends the event in the canonical schema, on one line, without a line break at its
// end. What it appends is decoded to the same event.
func AppendJSON(dst []byte, ev *Event) []byte {
	e := enc{b: append(dst, '{'), first: true}
	e.str("schema", "1")
	e.str("id", ev.ID)
	e.time("time", ev.Time, layoutMillis)
	e.str("tenant", ev.Tenant)
	if ev.Source != (Source{}) {
		e.open("source")
		e.str("gateway", ev.Source.Gateway)
		e.str("instance", ev.Source.Instance)
		e.close()
	}

	a := &ev.Account
	e.open("account")
	e.str("id", a.ID)
	e.str("org_id", a.OrgID)
	e.str("team_id", a.TeamID)
	e.str("user_id", a.UserID)
	e.str("end_user_id", a.EndUserID)
	e.str("key_hash", a.KeyHash)
	e.time("created_at", a.CreatedAt, layoutOf(a.CreatedAt))
	e.str("plan", a.Plan)
	e.str("payment_fp", a.PaymentFP)
	e.str("payment_issuer", a.PaymentIssuer)
	e.str("email_domain", a.EmailDomain)
	e.flag("verified", a.Verified)
	e.str("contract", a.Contract)
	e.str("purpose", a.Purpose)
	e.close()

	c := &ev.Client
	e.open("client")
	e.str("ip", c.IP)
	e.num("asn", c.ASN)
	e.str("as_org", c.ASOrg)
	e.str("country", c.Country)
	e.str("user_agent", c.UserAgent)
	e.str("ja4", c.JA4)
	e.str("ja3", c.JA3)
	e.str("device_id", c.DeviceID)
	e.close()

	appendCall(&e, ev)

	e.content(&ev.Content)
	if ev.Sketch != nil {
		e.key("sketch")
		e.b = ev.Sketch.AppendJSON(e.b)
		e.first = false
	}
	return append(e.b, '}')
}

// layoutOf leaves out milliseconds that a time has none of.
func layoutOf(ms int64) string {
	if ms%1000 == 0 {
		return time.RFC3339
	}
	return layoutMillis
}

func (e *enc) content(c *Content) {
	e.open("content")
	e.str("system", c.System)
	if len(c.Input) > 0 {
		e.messages(c.Input)
	}
	e.str("output", c.Output)
	e.str("reasoning", c.Reasoning)
	e.list("reasoning_in", c.ReasoningIn)
	e.list("reasoning_out", c.ReasoningOut)
	e.close()
}

func (e *enc) messages(list []Message) {
	e.key("input")
	e.b = append(e.b, '[')
	for i := range list {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = appendString(append(e.b, `{"role":`...), list[i].Role)
		e.b = appendString(append(e.b, `,"text":`...), list[i].Text)
		e.b = append(e.b, '}')
	}
	e.b = append(e.b, ']')
}

// AppendJSON appends the sketch as the object "sketch" of an event.
func (s *Sketch) AppendJSON(dst []byte) []byte {
	e := enc{b: append(dst, '{'), first: true}
	e.num("version", Int{s.Version, true})
	e.str("check", s.Check)
	e.str("exact", s.Exact)
	e.list("shingles", s.Shingles)
	e.list("system", s.System)
	e.str("skeleton", s.Layout)
	e.str("prefix", s.Prefix)
	e.str("continuation", s.Continuing)
	e.str("subject", s.Subject)
	e.str("workspace", s.Workspace)
	e.num("tokens", Int{s.Tokens, s.Tokens != 0})
	e.flag("relay", Bool{s.Relay, s.Relay})
	if len(s.Intents) > 0 {
		e.open("intents")
		for _, i := range s.Intents {
			e.num(i.Name, Int{i.Count, true})
		}
		e.close()
	}
	return append(e.b, '}')
}

// appendCall appends what was asked, what it cost and how it ended.
func appendCall(e *enc, ev *Event) {
	r := &ev.Request
	e.open("request")
	e.str("operation", r.Operation)
	e.str("model", r.Model)
	e.str("session_id", r.SessionID)
	e.flag("stream", r.Stream)
	e.float("temperature", r.Temperature)
	e.float("top_p", r.TopP)
	e.num("n", r.N)
	e.num("max_tokens", r.MaxTokens)
	e.num("seed", r.Seed)
	e.flag("logprobs", r.Logprobs)
	e.str("reasoning_effort", r.ReasoningEffort)
	e.str("response_format", r.ResponseFormat)
	e.list("tools", r.Tools)
	e.str("tool_choice", r.ToolChoice)
	e.num("message_count", r.MessageCount)
	e.close()

	u := &ev.Usage
	e.open("usage")
	e.num("input_tokens", u.Input)
	e.num("output_tokens", u.Output)
	e.num("reasoning_tokens", u.Reasoning)
	e.num("cache_read_tokens", u.CacheRead)
	e.num("cache_write_tokens", u.CacheWrite)
	e.float("cost_usd", u.CostUSD)
	e.close()

	s := &ev.Response
	e.open("response")
	e.num("http_status", s.HTTPStatus)
	e.str("status", s.Status)
	e.str("error_type", s.ErrorType)
	e.list("finish_reasons", s.FinishReasons)
	e.float("latency_ms", s.LatencyMS)
	e.float("ttft_ms", s.TTFTMS)
	e.close()
}

// appendString appends a JSON string. Texts are valid UTF-8 unless they came from outside; what is
// not becomes U+FFFD.
//
// jsontext.AppendQuote is a little faster (0.56 to 0.70 µs for a prompt of 262 bytes) and can take
// its place when this module needs Go 1.27, in which that package is no experiment any more.
func appendString(b []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && size == 1 {
				b = append(b, s[start:i]...)
				b = append(b, "\ufffd"...)
				i++
				start = i
			} else {
				i += size
			}
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}
