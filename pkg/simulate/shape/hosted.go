package shape

import "github.com/stillwatch/stillwatch/pkg/event"

// helicone is the topic between Helicone's worker and the service behind it, the poorest of all:
// it has neither texts nor tokens. The key that it holds is left out, and with it the hash.
func helicone() *Shape {
	return &Shape{
		name: "helicone", gateway: "helicone", record: heliconeRecord, read: heliconeRead,
		lost: join(signUp(), []string{
			"tenant", "account.org_id", "account.team_id", "account.end_user_id",
			"account.key_hash", "client.ip", "client.user_agent", "client.ja3", "client.ja4",
			"client.device_id", "request.temperature", "request.top_p", "request.n",
			"request.max_tokens", "request.seed", "request.logprobs", "request.reasoning_effort",
			"request.response_format", "request.tools", "request.tool_choice",
			"request.message_count", "usage.input_tokens", "usage.output_tokens",
			"usage.reasoning_tokens", "usage.cache_read_tokens", "usage.cache_write_tokens",
			"usage.cost_usd", "response.error_type", "response.finish_reasons", "content.system",
			"content.input", "content.output", "content.reasoning",
		}),
	}
}

func heliconeRecord(dst []byte, ev *event.Event) []byte {
	r, s := &ev.Request, &ev.Response
	meta := object{{"gatewayModel", r.Model}}
	meta.put("gatewayProvider", ev.Source.Instance)
	var properties object
	properties.put("Helicone-Session-Id", r.SessionID)
	request := object{{"id", ev.ID}, {"userId", ev.Account.ID}}
	request.set("properties", append(object{}, properties...))
	request.put("targetUrl", pathOf(r.Operation))
	request.put("path", pathOf(r.Operation))
	request.set("provider", "OPENAI")
	request.put("countryCode", ev.Client.Country)
	request.set("requestCreatedAt", iso(ev.Time))
	request.put("isStream", r.Stream)
	response := object{{"id", ev.ID}}
	response.put("status", s.HTTPStatus)
	response.put("timeToFirstToken", whole(s.TTFTMS))
	response.put("delayMs", whole(s.LatencyMS))
	record := object{
		{"heliconeMeta", meta},
		{"log", object{{"request", request}, {"response", response}}},
	}
	return appendValue(dst, object{{"value", record.text()}})
}

func heliconeRead(ev *event.Event) {
	ev.Account.UserID = ev.Account.ID
	// Only a record without a provider of the gateway's has that of the request.
	ev.Source.Instance = firstOf(ev.Source.Instance, "OPENAI")
	s := &ev.Response
	s.LatencyMS, s.TTFTMS = whole(s.LatencyMS), whole(s.TTFTMS)
	readPath(ev)
}

// portkey is a line of Portkey's log export.
func portkey() *Shape {
	return &Shape{
		name: "portkey", gateway: "portkey", record: portkeyRecord, read: portkeyRead,
		lost: join(signUp(), []string{
			"tenant", "source.instance", "account.org_id", "account.team_id", "account.key_hash",
			"client.ip", "client.country", "client.user_agent", "client.ja3", "client.ja4",
			"client.device_id", "usage.cost_usd", "response.ttft_ms",
		}),
	}
}

func portkeyRecord(dst []byte, ev *event.Event) []byte {
	r, u, d := &ev.Request, &ev.Usage, dialectOf(ev)
	o := object{{"created_at", iso(ev.Time)}}
	o.set("request", object{{"body", requestBody(ev, d)}})
	o.set("response", object{{"body", responseBody(ev, d)}})
	o.set("is_success", !failed(ev))
	o.set("ai_org", "openai")
	o.set("ai_model", r.Model)
	// What was not counted of an answer is zero units; without an answer there was nothing to
	// count.
	if failed(ev) {
		o = append(
			o, member{"req_units", nil}, member{"res_units", nil}, member{"total_units", nil},
		)
	} else {
		o.set("req_units", u.Input.V)
		o.set("res_units", u.Output.V)
		o.set("total_units", u.Input.V+u.Output.V)
	}
	o.put("request_url", pathOf(r.Operation))
	o.put("response_status_code", ev.Response.HTTPStatus)
	o.put("response_time", whole(ev.Response.LatencyMS))
	if r.Stream.Known {
		o.set("stream_mode", map[bool]string{true: "stream", false: "non-stream"}[r.Stream.V])
	}
	o.set("trace_id", ev.ID)
	metadata := object{{"_user", ev.Account.ID}}
	metadata.put("session_id", r.SessionID)
	o.set("metadata", metadata)
	return appendValue(dst, o)
}

func portkeyRead(ev *event.Event) {
	zeroed(ev)
	busy(ev)
	ev.ID += ":" + iso(ev.Time)
	ev.Account.UserID = ev.Account.ID
	ev.Response.LatencyMS = whole(ev.Response.LatencyMS)
	d := dialectOf(ev)
	if d != messages {
		ev.Usage.CacheWrite = event.Int{}
	} else {
		ev.Usage.Reasoning = event.Int{}
	}
	d.carry(ev)
	readPath(ev)
}
