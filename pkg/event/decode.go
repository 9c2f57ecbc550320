package event

import (
	"math"
	"strings"
)

// Decoder reads canonical events. It is not safe for concurrent use.
type Decoder struct {
	s *Scanner
	// sketch and intents are what Event.Sketch points to, reused from event to event.
	sketch Sketch
}

// NewDecoder makes a decoder; limits that are not positive take their defaults.
func NewDecoder(limits Limits) *Decoder { return &Decoder{s: NewScanner(limits)} }

// maxTokens bounds a token count: far above any context window, far below what could overflow a
// sum.
const maxTokens = 1 << 40

// Decode reads one event from data, which holds one JSON object and nothing else, and validates it.
// Every error is a *DecodeError. ev is overwritten (its slices are reused) and aliases data; after
// an error its contents mean nothing.
//
// Names are case-sensitive and unknown ones are ignored. Numbers may arrive as strings; null, ""
// and "-" are absent. So is a value of the wrong type or range, and Unread counts it: most of an
// event is what a caller chose, who must not be able to make its own event unreadable. Only what
// the gateway itself vouches for has to be right: id, time, tenant, and the identities of the
// account.
func (d *Decoder) Decode(data []byte, ev *Event) error {
	d.s.Reset(data)
	d.s.Lax(true)
	d.event(ev)
	d.s.End()
	return d.finish(ev)
}

// DecodePrefix is Decode for data that begins with an event; it returns how many bytes the event
// took, or had taken when it failed.
func (d *Decoder) DecodePrefix(data []byte, ev *Event) (int, error) {
	d.s.Reset(data)
	d.s.Lax(true)
	d.event(ev)
	return d.s.Offset(), d.finish(ev)
}

// Unread is how many values of the last event could not be read and count as absent.
func (d *Decoder) Unread() int64 { return d.s.Unread() }

func (d *Decoder) finish(ev *Event) error {
	if err := d.s.Err(); err != nil {
		return err
	}
	return ev.Validate()
}

// Reset empties e and keeps the memory of its slices.
func (e *Event) Reset() {
	tools, reasons, content := e.Request.Tools[:0], e.Response.FinishReasons[:0], e.Content
	content.reset()
	*e = Event{Content: content}
	e.Request.Tools, e.Response.FinishReasons = tools, reasons
}

func (d *Decoder) event(ev *Event) {
	ev.Reset()
	s := d.s
	if s.Kind() != KindObject {
		s.Lax(false)
		s.mistyped()
		return
	}
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "id":
			ev.ID = d.identity()
		case "time":
			// Whoever asked may stand behind it, and is to be known even if the time is none.
			ev.Time, ev.BadTime = s.TimeOrShape()
		case "tenant":
			ev.Tenant = d.identity()
		case "source":
			d.source(&ev.Source)
		case "account":
			d.account(&ev.Account)
		case "client":
			m := s.Mark()
			if d.client(&ev.Client); s.Lost(m) {
				ev.Client = Client{}
			}
		case "request":
			m := s.Mark()
			if d.request(&ev.Request); s.Lost(m) {
				ev.Request = Request{Model: UnknownModel, Tools: ev.Request.Tools[:0]}
			}
		case "usage":
			m := s.Mark()
			if d.usage(&ev.Usage); s.Lost(m) {
				ev.Usage = Usage{}
			}
		case "response":
			m := s.Mark()
			if d.response(&ev.Response); s.Lost(m) {
				ev.Response = Response{FinishReasons: ev.Response.FinishReasons[:0]}
			}
		case "content":
			m := s.Mark()
			if d.content(&ev.Content); s.Lost(m) {
				ev.Content.reset()
			}
		case "sketch":
			ev.Sketch = d.wireSketch()
		default:
			s.Skip()
		}
	}
	ev.Response.Status = NormalStatus(ev.Response.Status, ev.Response.HTTPStatus)
}

// identity reads a name that the gateway vouches for.
func (d *Decoder) identity() string {
	d.s.Lax(false)
	v := d.s.String()
	d.s.Lax(true)
	return v
}

func (d *Decoder) source(v *Source) {
	s := d.s
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "gateway":
			v.Gateway = s.String()
		case "instance":
			v.Instance = s.String()
		default:
			s.Skip()
		}
	}
}

func (d *Decoder) account(v *Account) {
	s := d.s
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "id":
			v.ID = d.identity()
		case "org_id":
			v.OrgID = d.identity()
		case "team_id":
			v.TeamID = d.identity()
		case "user_id":
			v.UserID = d.identity()
		case "end_user_id":
			v.EndUserID = s.String()
		case "key_hash":
			v.KeyHash = d.identity()
		case "created_at":
			v.CreatedAt = s.Time()
		case "plan":
			v.Plan = s.String()
		case "payment_fp":
			v.PaymentFP = s.String()
		case "payment_issuer":
			v.PaymentIssuer = s.String()
		case "email_domain":
			v.EmailDomain = s.String()
		case "verified":
			v.Verified = s.Bool()
		case "contract":
			v.Contract = s.String()
		case "purpose":
			v.Purpose = s.String()
		default:
			s.Skip()
		}
	}
}

func (d *Decoder) client(v *Client) {
	s := d.s
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "ip":
			v.IP = s.String()
		case "asn":
			v.ASN = s.Int(0, math.MaxUint32)
		case "as_org":
			v.ASOrg = s.String()
		case "country":
			v.Country = s.String()
		case "user_agent":
			v.UserAgent = s.String()
		case "ja4":
			v.JA4 = s.String()
		case "ja3":
			v.JA3 = s.String()
		case "device_id":
			v.DeviceID = s.String()
		default:
			s.Skip()
		}
	}
}

func (d *Decoder) request(v *Request) {
	s := d.s
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "operation":
			v.Operation = s.String()
		case "model":
			before := s.Unread()
			if v.Model = s.String(); s.Unread() > before {
				v.Model = UnknownModel
			}
		case "session_id":
			v.SessionID = s.String()
		case "stream":
			v.Stream = s.Bool()
		case "temperature":
			v.Temperature = s.Float()
		case "top_p":
			v.TopP = s.Float()
		case "n":
			v.N = s.Int(math.MinInt64, math.MaxInt64)
		case "max_tokens":
			v.MaxTokens = s.Int(math.MinInt64, math.MaxInt64)
		case "seed":
			v.Seed = s.Int(math.MinInt64, math.MaxInt64)
		case "logprobs":
			v.Logprobs = s.Bool()
		case "reasoning_effort":
			v.ReasoningEffort = s.String()
		case "response_format":
			v.ResponseFormat = s.String()
		case "tools":
			v.Tools = s.Strings(v.Tools[:0])
		case "tool_choice":
			v.ToolChoice = s.String()
		case "message_count":
			v.MessageCount = s.Int(0, math.MaxInt32)
		default:
			s.Skip()
		}
	}
}

func (d *Decoder) usage(v *Usage) {
	s := d.s
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "input_tokens":
			v.Input = s.Int(0, maxTokens)
		case "output_tokens":
			v.Output = s.Int(0, maxTokens)
		case "reasoning_tokens":
			v.Reasoning = s.Int(0, maxTokens)
		case "cache_read_tokens":
			v.CacheRead = s.Int(0, maxTokens)
		case "cache_write_tokens":
			v.CacheWrite = s.Int(0, maxTokens)
		case "cost_usd":
			v.CostUSD = s.Float()
		default:
			s.Skip()
		}
	}
}

func (d *Decoder) response(v *Response) {
	s := d.s
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "http_status":
			v.HTTPStatus = s.Int(0, 999)
		case "status":
			v.Status = s.String()
		case "error_type":
			v.ErrorType = s.String()
		case "finish_reasons":
			v.FinishReasons = s.Strings(v.FinishReasons[:0])
		case "latency_ms":
			v.LatencyMS = s.Float()
		case "ttft_ms":
			v.TTFTMS = s.Float()
		default:
			s.Skip()
		}
	}
}

func (d *Decoder) content(v *Content) {
	s := d.s
	for o := s.Object(); s.Next(&o); {
		m := s.Mark()
		switch o.Key {
		case "system":
			v.System = s.Prose()
			if s.Lost(m) {
				v.System = ""
			}
		case "input":
			v.Input = s.Messages(v.Input[:0])
			if s.Lost(m) {
				v.Input = v.Input[:0]
			}
		case "output":
			v.Output = s.Prose()
			if s.Lost(m) {
				v.Output = ""
			}
		case "reasoning":
			v.Reasoning = s.Prose()
			if s.Lost(m) {
				v.Reasoning = ""
			}
		case "reasoning_in":
			v.ReasoningIn = s.reasoningIDs(v.ReasoningIn[:0])
		case "reasoning_out":
			v.ReasoningOut = s.reasoningIDs(v.ReasoningOut[:0])
		default:
			s.Skip()
		}
	}
}

// reasoningIDs appends the ids of reasoning blocks to dst.
func (s *Scanner) reasoningIDs(dst []string) []string {
	m := s.Mark()
	if dst = s.Strings(dst); s.Lost(m) {
		return dst[:0]
	}
	return BoundReasoningIDs(dst)
}

// Messages appends a conversation to dst: an array of messages, or a lone string, which is one user
// turn. An item that is a string is a user turn too.
func (s *Scanner) Messages(dst []Message) []Message {
	if s.Kind() == KindString {
		if text := s.Text(); text != "" {
			dst = append(dst, Message{Role: "user", Text: text})
		}
		return dst
	}
	for a := s.Array(); s.NextItem(&a); {
		switch s.Kind() {
		case KindString:
			dst = append(dst, Message{Role: "user", Text: s.Text()})
		case KindObject:
			dst = append(dst, s.Message())
		case KindNull:
			s.readNull()
		default:
			s.mistyped()
		}
	}
	return dst
}

// Message reads one turn. Its text is under "text", or under "content" as in the APIs' own
// messages; "text" wins when both have some.
func (s *Scanner) Message() Message {
	var m Message
	var text, content string
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "role":
			m.Role = s.String()
		case "text":
			text = s.Prose()
		case "content":
			content = s.Prose()
		default:
			s.Skip()
		}
	}
	m.Text = text
	if text == "" {
		m.Text = content
	}
	return m
}

func (d *Decoder) wireSketch() *Sketch {
	s, v := d.s, &d.sketch
	// It is the gateway's own, and half a sketch would blind detection to the gateway unnoticed.
	s.Lax(false)
	defer s.Lax(true)
	if s.Kind() != KindObject {
		s.Object() // Absent or an error.
		return nil
	}
	*v = Sketch{Shingles: v.Shingles[:0], System: v.System[:0], Intents: v.Intents[:0]}
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "version":
			v.Version = s.Int(0, math.MaxInt32).V
		case "check":
			v.Check = s.String()
		case "exact":
			v.Exact = s.String()
		case "shingles":
			v.Shingles = s.Strings(v.Shingles[:0])
		case "system":
			v.System = s.Strings(v.System[:0])
		case "skeleton":
			v.Layout = s.String()
		case "prefix":
			v.Prefix = s.String()
		case "continuation":
			v.Continuing = s.String()
		case "subject":
			v.Subject = s.String()
		case "workspace":
			v.Workspace = s.String()
		case "tokens":
			v.Tokens = s.Int(0, maxTokens).V
		case "relay":
			v.Relay = s.Bool().V
		case "intents":
			v.Intents = d.intents(v.Intents)
		default:
			s.Skip()
		}
	}
	return v
}

// intents reads counts by name. The names are the gateway's, so that an error does not show them.
func (d *Decoder) intents(dst []Intent) []Intent {
	s := d.s
	s.hidden = len(s.frames) + 1
	for o := s.Object(); s.Next(&o); {
		if n := s.Int(0, math.MaxInt32); n.Known {
			dst = append(dst, Intent{Name: o.Key, Count: n.V})
		}
	}
	if !s.failed {
		s.hidden = -1
	}
	return dst
}

// NormalStatus gives the Status constant for what a gateway reported, case aside. What it does not
// know it derives from the HTTP status; without one either it is empty: unknown.
func NormalStatus(reported string, http Int) string {
	switch reported {
	case StatusOK, StatusError, StatusBlocked, StatusRateLimited:
		return reported
	}
	switch {
	case isAny(reported, "ok", "success", "succeeded", "completed"):
		return StatusOK
	case isAny(reported, "blocked", "denied", "refused", "content_filter"):
		return StatusBlocked
	case isAny(reported, "rate_limited", "rate_limit", "throttled", "overloaded"):
		return StatusRateLimited
	}
	switch code := http.V; {
	case http.Known && code >= 200 && code < 400:
		return StatusOK
	case http.Known && (code == 429 || code == 529):
		return StatusRateLimited
	case http.Known && (code == 403 || code == 451):
		return StatusBlocked
	case http.Known || isAny(reported, "error", "failure", "failed"):
		return StatusError
	}
	return ""
}

// isAny tells whether word is one of words, case aside.
func isAny(word string, words ...string) bool {
	for _, w := range words {
		if strings.EqualFold(word, w) {
			return true
		}
	}
	return false
}
