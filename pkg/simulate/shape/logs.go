package shape

import (
	"net"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// The gateways whose records are access logs with a summary of the call.

// withoutText are the fields that an access log has no place for, whatever the gateway.
func withoutText() []string {
	return []string{
		"request.stream", "request.temperature", "request.top_p", "request.n", "request.max_tokens",
		"request.seed", "request.logprobs", "request.reasoning_effort", "request.response_format",
		"request.tools", "request.tool_choice", "request.message_count", "response.finish_reasons",
		"response.error_type", "response.ttft_ms", "usage.cost_usd", "content.system",
		"content.input", "content.output", "content.reasoning",
	}
}

// signUp are the fields that a table of accounts knows, and no gateway here.
func signUp() []string {
	return []string{
		"account.created_at", "account.plan", "account.payment_fp", "account.payment_issuer",
		"account.email_domain", "account.verified", "client.asn", "client.as_org",
		"account.contract", "account.purpose",
	}
}

func join(lists ...[]string) (out []string) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// envoyAI is Envoy AI Gateway's access log in the format of docs/gateways/envoy-ai.md, with the
// headers that name the tenant, the organisation and the team besides.
func envoyAI() *Shape {
	return &Shape{
		name: "envoy_ai", gateway: "envoy_ai", record: envoyAIRecord, read: envoyAIRead,
		lost: join(withoutText(), signUp(), []string{
			"account.user_id", "account.end_user_id", "account.key_hash", "client.country",
		}),
	}
}

func envoyAIRecord(dst []byte, ev *event.Event) []byte {
	a, c, u := &ev.Account, &ev.Client, &ev.Usage
	var o object
	o.put(":authority", ev.Source.Instance)
	o.set("method", "POST")
	o.set("start_time", iso(ev.Time))
	o.put("x-request-id", ev.ID)
	o.put("x-envoy-origin-path", pathOf(ev.Request.Operation))
	o.put("response_code", ev.Response.HTTPStatus)
	o.put("duration", whole(ev.Response.LatencyMS))
	if c.IP != "" {
		o.set("downstream_remote_address", net.JoinHostPort(c.IP, "40000"))
	}
	o.put("x-forwarded-for", c.IP)
	o.put("user-agent", c.UserAgent)
	o.put("ja4", c.JA4)
	o.put("ja3", c.JA3)
	o.put("x-device-id", c.DeviceID)
	o.put("x-user-id", a.ID)
	o.put("x-org-id", a.OrgID)
	o.put("x-team-id", a.TeamID)
	o.put("tenant.id", ev.Tenant)
	o.put("session.id", ev.Request.SessionID)
	o.set("gen_ai.request.model", ev.Request.Model)
	o.set("gen_ai.provider.name", "default/llm/route/llm/rule/0/ref/0")
	for _, n := range []struct {
		name  string
		count event.Int
	}{
		{"input_tokens", u.Input},
		{"output_tokens", u.Output},
		{"reasoning_tokens", u.Reasoning},
		{"cached_input_tokens", u.CacheRead},
		{"cache_creation_input_tokens", u.CacheWrite},
	} {
		// What there is no metadata for is null.
		if n.count.Known {
			o.set("gen_ai.usage."+n.name, n.count)
		} else {
			o.set("gen_ai.usage."+n.name, nil)
		}
	}
	return appendValue(dst, o)
}

func envoyAIRead(ev *event.Event) {
	ev.Response.LatencyMS = whole(ev.Response.LatencyMS)
	readPath(ev)
}

// higress is Higress' access log with the built-in attributes of ai-statistics and those for
// consumer, temperature and max_tokens that docs/gateways/higress.md configures.
func higress() *Shape {
	return &Shape{
		name: "higress", gateway: "higress", record: higressRecord, read: higressRead,
		lost: join(signUp(), []string{
			"tenant", "account.org_id", "account.team_id", "account.user_id", "account.end_user_id",
			"account.key_hash", "client.country", "client.device_id", "request.top_p", "request.n",
			"request.seed", "request.logprobs", "request.reasoning_effort",
			"request.response_format", "request.tools", "request.tool_choice",
			"usage.cache_write_tokens", "usage.cost_usd", "response.error_type",
			"response.finish_reasons",
		}),
	}
}

func higressRecord(dst []byte, ev *event.Event) []byte {
	c, r, s, u := &ev.Client, &ev.Request, &ev.Response, &ev.Usage
	var log object
	messages := turns(ev, true, plainTurn)
	log.put("messages", messages)
	if n := len(ev.Content.Input); n > 0 {
		log.put("question", ev.Content.Input[n-1].Text)
	}
	log.put("answer", ev.Content.Output)
	log.put("reasoning", ev.Content.Reasoning)
	log.put("model", r.Model)
	log.put("consumer", ev.Account.ID)
	log.put("session_id", r.SessionID)
	if r.Stream.Known {
		log.put("response_type", map[bool]string{true: "stream", false: "normal"}[r.Stream.V])
	}
	log.put("temperature", r.Temperature)
	log.put("max_tokens", r.MaxTokens)
	log.put("input_token", u.Input)
	log.put("output_token", u.Output)
	log.put("total_token", total(u))
	log.put("reasoning_tokens", u.Reasoning)
	log.put("cached_tokens", u.CacheRead)
	log.put("llm_service_duration", whole(s.LatencyMS))
	log.put("llm_first_token_duration", whole(s.TTFTMS))

	var o object
	o.set("ai_log", log.text())
	o.put("authority", ev.Source.Instance)
	o.put("request_id", ev.ID)
	o.set("start_time", iso(ev.Time))
	o.put("path", pathOf(r.Operation))
	o.put("response_code", s.HTTPStatus)
	o.put("duration", whole(s.LatencyMS))
	o.put("x_forwarded_for", c.IP)
	o.put("user_agent", c.UserAgent)
	o.put("ja3", c.JA3)
	o.put("ja4", c.JA4)
	return appendValue(dst, o)
}

func higressRead(ev *event.Event) {
	s := &ev.Response
	s.LatencyMS, s.TTFTMS = whole(s.LatencyMS), whole(s.TTFTMS)
	readPath(ev)
}

// apisix is the entry of APISIX's kafka-logger beside ai-proxy with summaries and payloads, and
// with the request's body.
func apisix() *Shape {
	return &Shape{
		name: "apisix", gateway: "apisix", record: apisixRecord, read: apisixRead,
		lost: join(signUp(), []string{
			"tenant", "account.org_id", "account.team_id", "account.user_id", "account.key_hash",
			"client.country", "usage.cost_usd", "response.error_type", "response.finish_reasons",
			"content.reasoning",
		}),
	}
}

func apisixRecord(dst []byte, ev *event.Event) []byte {
	c, r, s, u := &ev.Client, &ev.Request, &ev.Response, &ev.Usage
	body := requestBody(ev, dialectOf(ev))
	var headers object
	headers.put("x-request-id", ev.ID)
	headers.put("user-agent", c.UserAgent)
	headers.put("x-ja3", c.JA3)
	headers.put("x-ja4", c.JA4)
	headers.put("x-device-id", c.DeviceID)
	headers.put("x-session-id", r.SessionID)
	request := object{{"method", "POST"}}
	request.put("uri", pathOf(r.Operation))
	request.set("headers", headers)
	request.set("body", body.text())
	response := object{}
	response.put("status", s.HTTPStatus)
	response.set("headers", object{})
	server := object{}
	server.put("hostname", ev.Source.Instance)

	summary := object{{"request_model", r.Model}, {"model", r.Model}}
	summary.put("duration", s.TTFTMS)
	summary.put("prompt_tokens", u.Input)
	summary.put("completion_tokens", u.Output)
	summary.put("total_tokens", total(u))
	// Variables of nginx are texts.
	if r.Stream.Known {
		summary.set("stream", map[bool]string{true: "true", false: "false"}[r.Stream.V])
	}
	summary.put("end_user_id", ev.Account.EndUserID)
	summary.put("cache_read_input_tokens", u.CacheRead)
	summary.put("cache_creation_input_tokens", u.CacheWrite)
	summary.put("reasoning_tokens", u.Reasoning)

	o := object{
		{"request", request},
		{"response", response},
		{"server", server},
		{"route_id", "llm"},
		{"apisix_latency", 1},
	}
	o.put("client_ip", c.IP)
	o.set("start_time", ev.Time)
	o.put("latency", s.LatencyMS)
	o.set("consumer", object{{"username", ev.Account.ID}})
	o.set("llm_summary", summary)
	for _, m := range body {
		if m.name == "messages" {
			o.set("llm_request", object{m})
		}
	}
	if ev.Content.Output != "" {
		o.set("llm_response_text", object{{"content", ev.Content.Output}})
	}
	return appendValue(dst, o)
}

func apisixRead(ev *event.Event) {
	endUser := ev.Account.EndUserID
	dialectOf(ev).carry(ev)
	ev.Account.EndUserID = endUser // In the summary.
	readPath(ev)
}
