package shape

import "github.com/stillwatch/stillwatch/pkg/event"

// kong is Kong AI Gateway's serialized log with ai-proxy's statistics and payloads
// (kong/pdk/log.lua, kong/llm), as kafka-log writes it.
func kong() *Shape {
	return &Shape{
		name: "kong", gateway: "kong", record: kongRecord, read: kongRead,
		lost: []string{
			"tenant", "account.org_id", "account.created_at", "account.plan", "account.payment_fp",
			"account.payment_issuer", "account.email_domain", "account.verified", "client.asn",
			"account.contract", "account.purpose",
			"client.as_org", "client.country",
		},
	}
}

func kongRecord(dst []byte, ev *event.Event) []byte {
	a, c, r, s := &ev.Account, &ev.Client, &ev.Request, &ev.Response
	var o object
	o.set("started_at", ev.Time)
	o.put("client_ip", c.IP)
	o.put("workspace", a.TeamID)
	o.put("workspace_name", ev.Source.Instance)
	o.put("upstream_uri", pathOf(r.Operation))
	o.set("tries", list{})
	var headers object
	headers.put("user-agent", c.UserAgent)
	headers.put("x-ja3", c.JA3)
	headers.put("x-ja4", c.JA4)
	headers.put("x-device-id", c.DeviceID)
	headers.put("x-session-id", r.SessionID)
	headers.put("authorization", "REDACTED")
	request := object{{"id", ev.ID}, {"method", "POST"}}
	request.put("uri", pathOf(r.Operation))
	request.set("headers", headers)
	o.set("request", request)
	response := object{}
	response.put("status", s.HTTPStatus)
	response.set("headers", object{})
	o.set("response", response)
	latencies := object{}
	latencies.put("request", s.LatencyMS)
	latencies.set("kong", 1)
	o.set("latencies", latencies)
	entity := object{{"consumer_id", a.ID}}
	entity.put("id", a.KeyHash)
	o.set("authenticated_entity", entity)
	o.set("consumer", object{{"id", a.ID}, {"username", firstOf(a.UserID, a.ID)}})
	o.set("service", object{{"id", "llm"}})
	o.set("route", object{{"id", "llm"}})
	o.set("ai", object{{"proxy", kongPlugin(ev)}})
	return appendValue(dst, o)
}

// kongPlugin is what ai-proxy adds.
func kongPlugin(ev *event.Event) (o object) {
	u, r := &ev.Usage, &ev.Request
	var usage object
	usage.put("prompt_tokens", u.Input)
	usage.put("completion_tokens", u.Output)
	usage.put("total_tokens", total(u))
	usage.put("cost", u.CostUSD)
	usage.put("time_to_first_token", ev.Response.TTFTMS)
	usage.put("prompt_tokens_details", counted("cached_tokens", u.CacheRead))
	usage.put("completion_tokens_details", counted("reasoning_tokens", u.Reasoning))
	o.put("usage", usage)
	meta := object{
		{"provider_name", "openai"},
		{"request_model", r.Model},
		{"response_model", r.Model},
	}
	if r.Stream.Known {
		meta.put("request_mode", map[bool]string{true: "stream", false: "oneshot"}[r.Stream.V])
	}
	o.set("meta", meta)
	o.set("payload", object{
		{"request", requestBody(ev, dialectOf(ev)).text()},
		{"response", responseBody(ev, dialectOf(ev)).text()},
	})
	return o
}

func kongRead(ev *event.Event) {
	ev.Account.UserID = firstOf(ev.Account.UserID, ev.Account.ID)
	if dialectOf(ev) != messages {
		ev.Usage.CacheWrite = event.Int{}
	}
	busy(ev)
	dialectOf(ev).carry(ev)
	readPath(ev)
}
