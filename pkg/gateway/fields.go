package gateway

import (
	"math"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Field is a field of the canonical event.
type Field struct {
	// Path is its name in docs/event.md.
	Path string
	// By is who chooses its value, unless a mapping says otherwise.
	By   Author
	kind fieldKind
	// at points at it: a *string, *[]string, *int64 (a time), *event.Int, *event.Float, *event.Bool
	// or *[]event.Message.
	at func(*event.Event) any
}

// Author is who chooses the value of a field, and with that what becomes of one that cannot be
// read.
//
// A caller must not be able to make its own event unreadable: what it chooses is absent then, and
// the event counts. So is what the model wrote, for callers tell it what to write. Of what the
// gateway writes, an event without an id is given one, and one without a time or anybody who asked
// is none.
type Author string

// The authors.
const (
	ByGateway Author = "gateway"
	ByCaller  Author = "caller"
	ByModel   Author = "model"
)

var authors = []Author{ByGateway, ByCaller, ByModel}

// fieldKind says how a field's value is read.
type fieldKind int

const (
	kindName     fieldKind = iota // an identifier or a word
	kindProse                     // a text, or parts of one
	kindNames                     // a list of words
	kindTools                     // a list of tools, of which the names are taken
	kindTime                      // a time
	kindTokens                    // a number of tokens
	kindCount                     // a number of messages
	kindASN                       // the number of an autonomous system
	kindStatus                    // an HTTP status
	kindInt                       // any integer
	kindFloat                     // any number
	kindMillis                    // a number of milliseconds
	kindBool                      // true or false
	kindMessages                  // a conversation
	kindBlockIDs                  // a list of ids, or a conversation that has them
)

// isNumber tells whether the fields of a kind hold what text has to be parsed for.
func (k fieldKind) isNumber() bool {
	switch k {
	case kindTime, kindTokens, kindCount, kindASN, kindStatus, kindInt, kindFloat,
		kindMillis, kindBool:
		return true
	}
	return false
}

// bounds of the integers of a kind.
func (k fieldKind) bounds() (lo, hi int64) {
	switch k {
	case kindTokens:
		return 0, 1 << 40
	case kindCount:
		return 0, math.MaxInt32
	case kindASN:
		return 0, math.MaxUint32
	case kindStatus:
		return 100, 999
	default:
		return math.MinInt64, math.MaxInt64
	}
}

// Fields lists the fields of the canonical event that a mapping can fill, in the order of
// docs/event.md.
func Fields() []Field {
	type e = event.Event
	return []Field{
		{"id", ByGateway, kindName, func(ev *e) any { return &ev.ID }},
		{"time", ByGateway, kindTime, func(ev *e) any { return &ev.Time }},
		{"tenant", ByGateway, kindName, func(ev *e) any { return &ev.Tenant }},
		{"source.gateway", ByGateway, kindName, func(ev *e) any { return &ev.Source.Gateway }},
		{"source.instance", ByGateway, kindName, func(ev *e) any { return &ev.Source.Instance }},
		{"account.id", ByGateway, kindName, func(ev *e) any { return &ev.Account.ID }},
		{"account.org_id", ByGateway, kindName, func(ev *e) any { return &ev.Account.OrgID }},
		{"account.team_id", ByGateway, kindName, func(ev *e) any { return &ev.Account.TeamID }},
		{"account.user_id", ByGateway, kindName, func(ev *e) any { return &ev.Account.UserID }},
		{"account.end_user_id", ByCaller, kindName, func(ev *e) any {
			return &ev.Account.EndUserID
		}},
		{"account.key_hash", ByGateway, kindName, func(ev *e) any { return &ev.Account.KeyHash }},
		{"account.created_at", ByGateway, kindTime, func(ev *e) any {
			return &ev.Account.CreatedAt
		}},
		{"account.plan", ByGateway, kindName, func(ev *e) any { return &ev.Account.Plan }},
		{"account.payment_fp", ByGateway, kindName, func(ev *e) any {
			return &ev.Account.PaymentFP
		}},
		{"account.payment_issuer", ByGateway, kindName, func(ev *e) any {
			return &ev.Account.PaymentIssuer
		}},
		{"account.email_domain", ByGateway, kindName, func(ev *e) any {
			return &ev.Account.EmailDomain
		}},
		{"account.verified", ByGateway, kindBool, func(ev *e) any { return &ev.Account.Verified }},
		{"account.contract", ByGateway, kindName, func(ev *e) any { return &ev.Account.Contract }},
		{"account.purpose", ByGateway, kindName, func(ev *e) any { return &ev.Account.Purpose }},
		{"client.ip", ByGateway, kindName, func(ev *e) any { return &ev.Client.IP }},
		{"client.asn", ByGateway, kindASN, func(ev *e) any { return &ev.Client.ASN }},
		{"client.as_org", ByGateway, kindName, func(ev *e) any { return &ev.Client.ASOrg }},
		{"client.country", ByGateway, kindName, func(ev *e) any { return &ev.Client.Country }},
		{"client.user_agent", ByCaller, kindName, func(ev *e) any { return &ev.Client.UserAgent }},
		{"client.ja4", ByGateway, kindName, func(ev *e) any { return &ev.Client.JA4 }},
		{"client.ja3", ByGateway, kindName, func(ev *e) any { return &ev.Client.JA3 }},
		{"client.device_id", ByCaller, kindName, func(ev *e) any { return &ev.Client.DeviceID }},
		{"request.operation", ByCaller, kindName, func(ev *e) any { return &ev.Request.Operation }},
		{"request.model", ByCaller, kindName, func(ev *e) any { return &ev.Request.Model }},
		{"request.session_id", ByCaller, kindName, func(ev *e) any {
			return &ev.Request.SessionID
		}},
		{"request.stream", ByCaller, kindBool, func(ev *e) any { return &ev.Request.Stream }},
		{"request.temperature", ByCaller, kindFloat, func(ev *e) any {
			return &ev.Request.Temperature
		}},
		{"request.top_p", ByCaller, kindFloat, func(ev *e) any { return &ev.Request.TopP }},
		{"request.n", ByCaller, kindInt, func(ev *e) any { return &ev.Request.N }},
		{"request.max_tokens", ByCaller, kindInt, func(ev *e) any { return &ev.Request.MaxTokens }},
		{"request.seed", ByCaller, kindInt, func(ev *e) any { return &ev.Request.Seed }},
		{"request.logprobs", ByCaller, kindBool, func(ev *e) any { return &ev.Request.Logprobs }},
		{"request.reasoning_effort", ByCaller, kindName, func(ev *e) any {
			return &ev.Request.ReasoningEffort
		}},
		{"request.response_format", ByCaller, kindName, func(ev *e) any {
			return &ev.Request.ResponseFormat
		}},
		{"request.tools", ByCaller, kindTools, func(ev *e) any { return &ev.Request.Tools }},
		{"request.tool_choice", ByCaller, kindName, func(ev *e) any {
			return &ev.Request.ToolChoice
		}},
		{"request.message_count", ByCaller, kindCount, func(ev *e) any {
			return &ev.Request.MessageCount
		}},
		{"usage.input_tokens", ByGateway, kindTokens, func(ev *e) any { return &ev.Usage.Input }},
		{"usage.output_tokens", ByGateway, kindTokens, func(ev *e) any { return &ev.Usage.Output }},
		{"usage.reasoning_tokens", ByGateway, kindTokens, func(ev *e) any {
			return &ev.Usage.Reasoning
		}},
		{"usage.cache_read_tokens", ByGateway, kindTokens, func(ev *e) any {
			return &ev.Usage.CacheRead
		}},
		{"usage.cache_write_tokens", ByGateway, kindTokens, func(ev *e) any {
			return &ev.Usage.CacheWrite
		}},
		{"usage.cost_usd", ByGateway, kindFloat, func(ev *e) any { return &ev.Usage.CostUSD }},
		{"response.http_status", ByGateway, kindStatus, func(ev *e) any {
			return &ev.Response.HTTPStatus
		}},
		{"response.status", ByGateway, kindName, func(ev *e) any { return &ev.Response.Status }},
		{"response.error_type", ByGateway, kindName, func(ev *e) any {
			return &ev.Response.ErrorType
		}},
		{"response.finish_reasons", ByModel, kindNames, func(ev *e) any {
			return &ev.Response.FinishReasons
		}},
		{"response.latency_ms", ByGateway, kindMillis, func(ev *e) any {
			return &ev.Response.LatencyMS
		}},
		{"response.ttft_ms", ByGateway, kindMillis, func(ev *e) any { return &ev.Response.TTFTMS }},
		{"content.system", ByCaller, kindProse, func(ev *e) any { return &ev.Content.System }},
		{"content.input", ByCaller, kindMessages, func(ev *e) any { return &ev.Content.Input }},
		{"content.output", ByModel, kindProse, func(ev *e) any { return &ev.Content.Output }},
		{"content.reasoning", ByModel, kindProse, func(ev *e) any { return &ev.Content.Reasoning }},
		{"content.reasoning_in", ByCaller, kindBlockIDs, func(ev *e) any {
			return &ev.Content.ReasoningIn
		}},
		{"content.reasoning_out", ByModel, kindBlockIDs, func(ev *e) any {
			return &ev.Content.ReasoningOut
		}},
	}
}

// Value returns what an event has in the field: a string, []string, int64, float64, bool or
// []event.Message; nil when it is not known. A time is in Unix milliseconds.
func (f *Field) Value(ev *event.Event) any {
	switch v := f.at(ev).(type) {
	case *string:
		if *v != "" {
			return *v
		}
	case *[]string:
		if len(*v) > 0 {
			return *v
		}
	case *int64:
		if *v != 0 {
			return *v
		}
	case *event.Int:
		if v.Known {
			return v.V
		}
	case *event.Float:
		if v.Known {
			return v.V
		}
	case *event.Bool:
		if v.Known {
			return v.V
		}
	case *[]event.Message:
		if len(*v) > 0 {
			return *v
		}
	}
	return nil
}

// Known tells whether an event has the field.
func (f *Field) Known(ev *event.Event) bool {
	switch v := f.at(ev).(type) {
	case *string:
		return *v != ""
	case *[]string:
		return len(*v) > 0
	case *int64:
		return *v != 0
	case *event.Int:
		return v.Known
	case *event.Float:
		return v.Known
	case *event.Bool:
		return v.Known
	case *[]event.Message:
		return len(*v) > 0
	default:
		return false
	}
}

// Clear makes the field unknown.
func (f *Field) Clear(ev *event.Event) {
	switch v := f.at(ev).(type) {
	case *string:
		*v = ""
	case *[]string:
		*v = nil
	case *int64:
		*v = 0
	case *event.Int:
		*v = event.Int{}
	case *event.Float:
		*v = event.Float{}
	case *event.Bool:
		*v = event.Bool{}
	case *[]event.Message:
		*v = nil
	}
}

// IsTime tells whether the field is a time.
func (f *Field) IsTime() bool { return f.kind == kindTime }
