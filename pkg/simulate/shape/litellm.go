package shape

import (
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// liteLLM is the StandardLoggingPayload of the LiteLLM proxy (litellm/types/utils.py), as its
// generic API callback sends it. Everything that the proxy can't know of an account is lost; it
// has no place for the tenant, and none for the figures of a call that failed.
func liteLLM() *Shape {
	return &Shape{
		name: "litellm", gateway: "litellm", record: liteLLMRecord, read: liteLLMRead,
		lost: []string{
			"tenant", "source.instance", "account.created_at", "account.plan", "account.payment_fp",
			"account.payment_issuer", "account.verified", "client.asn", "client.as_org",
			"account.contract", "account.purpose",
			"client.country",
		},
	}
}

func liteLLMRecord(dst []byte, ev *event.Event) []byte {
	r, u, s := &ev.Request, &ev.Usage, &ev.Response
	var p object
	status, id := "success", "chatcmpl-"+ev.ID
	if failed(ev) {
		status, id = "failure", ev.ID
	}
	p.put("id", id)
	p.put("trace_id", firstOf(r.SessionID, ev.ID))
	p.put("session_id", r.SessionID)
	p.put("litellm_call_id", ev.ID)
	p.put("call_type", liteLLMCall(r.Operation))
	p.put("stream", r.Stream)
	p.put("response_cost", u.CostUSD)
	p.put("status", status)
	p.put("custom_llm_provider", "openai")
	// The proxy writes 0 for what it does not know.
	p.set("total_tokens", u.Input.V+u.Output.V)
	p.set("prompt_tokens", u.Input.V)
	p.set("completion_tokens", u.Output.V)
	p.set("startTime", seconds(ev.Time))
	if s.LatencyMS.Known {
		end := ev.Time + int64(s.LatencyMS.V)
		p.set("endTime", seconds(end))
		// Without streaming the answer begins when it is complete.
		if first := ev.Time + int64(s.TTFTMS.V); r.Stream.V && s.TTFTMS.Known {
			p.set("completionStartTime", seconds(first))
		} else if !r.Stream.V {
			p.set("completionStartTime", seconds(end))
		}
	}
	p.set("model_map_information", object{{"model_map_key", r.Model}, {"model_map_value", nil}})
	p.put("model", r.Model)
	p.put("model_group", r.Model)
	p.set("cache_hit", false)
	if ev.Client.UserAgent != "" {
		p.set("request_tags", list{"User-Agent: " + ev.Client.UserAgent})
	}
	p.put("end_user", ev.Account.EndUserID)
	p.put("requester_ip_address", ev.Client.IP)
	p.put("user_agent", ev.Client.UserAgent)
	p.set("metadata", liteLLMMetadata(ev))
	p.set("messages", liteLLMMessages(ev))
	p.set("model_parameters", liteLLMParameters(ev))
	if status == "failure" {
		p.set("response", object{})
		p.set("error_information", liteLLMError(ev))
	} else {
		body := responseBody(ev, dialectOf(ev))
		p.set("response", body)
		p.set("error_information", object{{"error_code", ""}, {"error_class", ""}})
	}
	return appendValue(dst, p)
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// liteLLMCall returns the call type of an operation.
func liteLLMCall(operation string) string {
	switch operation {
	case "chat":
		return "acompletion"
	case "completion":
		return "atext_completion"
	case "messages":
		return "anthropic_messages"
	case "responses":
		return "aresponses"
	case "embedding":
		return "aembedding"
	case "batch":
		return "acreate_batch"
	}
	return operation
}

func liteLLMMetadata(ev *event.Event) (m object) {
	a, c := &ev.Account, &ev.Client
	m.put("user_api_key_hash", a.KeyHash)
	m.put("user_api_key_org_id", a.OrgID)
	m.put("user_api_key_team_id", a.TeamID)
	m.put("user_api_key_user_id", a.ID)
	if a.EmailDomain != "" {
		m.put("user_api_key_user_email", "someone@"+a.EmailDomain)
	}
	m.put("user_api_key_end_user_id", a.EndUserID)
	m.put("requester_ip_address", c.IP)
	m.put("user_agent", c.UserAgent)
	// The proxy logs the headers that begin with x-.
	var headers object
	headers.put("x-ja4", c.JA4)
	headers.put("x-ja3", c.JA3)
	headers.put("x-device-id", c.DeviceID)
	m.put("requester_custom_headers", headers)
	if !failed(ev) {
		m.put("usage_object", liteLLMUsage(&ev.Usage))
	}
	return m
}

// liteLLMUsage is the proxy's own usage object, which counts as OpenAI does, whatever the provider.
func liteLLMUsage(u *event.Usage) object {
	o := object{}
	o.put("prompt_tokens", u.Input)
	o.put("completion_tokens", u.Output)
	o.put("total_tokens", total(u))
	var in object
	in.put("cached_tokens", u.CacheRead)
	in.put("cache_creation_tokens", u.CacheWrite)
	o.put("prompt_tokens_details", in)
	o.put("completion_tokens_details", counted("reasoning_tokens", u.Reasoning))
	return o
}

// liteLLMMessages is the conversation as the proxy logs it: the request's own, whatever its API.
func liteLLMMessages(ev *event.Event) any {
	if !ev.Content.Present() {
		// As with turn_off_message_logging.
		return list{object{{"role", "user"}, {"content", "redacted-by-litellm"}}}
	}
	body := requestBody(ev, dialectOf(ev))
	for _, name := range []string{"messages", "input", "prompt"} {
		for _, m := range body {
			if m.name == name {
				return m.value
			}
		}
	}
	return list{}
}

// liteLLMParameters are the parameters as the caller gave them.
func liteLLMParameters(ev *event.Event) object {
	out := object{}
	for _, m := range requestBody(ev, dialectOf(ev)) {
		switch m.name {
		case "model", "messages", "input", "prompt":
		default:
			out = append(out, m)
		}
	}
	return out
}

func liteLLMError(ev *event.Event) (o object) {
	o.put("error_code", string(appendValue(nil, ev.Response.HTTPStatus)))
	o.put("error_class", liteLLMClass(&ev.Response))
	o.put("llm_provider", "openai")
	return o
}

// liteLLMClass is the exception that the proxy makes of a response (litellm/exceptions.py).
func liteLLMClass(r *event.Response) string {
	if strings.Contains(r.ErrorType, "content_policy") {
		return "ContentPolicyViolationError"
	}
	switch r.HTTPStatus.V {
	case 400:
		return "BadRequestError"
	case 401:
		return "AuthenticationError"
	case 403:
		return "PermissionDeniedError"
	case 404:
		return "NotFoundError"
	case 408:
		return "Timeout"
	case 429:
		return "RateLimitError"
	case 503:
		return "ServiceUnavailableError"
	}
	if r.HTTPStatus.V >= 500 {
		return "InternalServerError"
	}
	return "APIError"
}

func liteLLMRead(ev *event.Event) {
	a, r, s := &ev.Account, &ev.Request, &ev.Response
	zeroed(ev)
	// The proxy knows the owner of a key and the key.
	a.UserID = a.ID
	a.EmailDomain = strings.ToLower(a.EmailDomain)
	if failed(ev) {
		ev.ID += ":" + string(appendValue(nil, ev.Time))
		s.ErrorType = liteLLMClass(s)
		if s.ErrorType == "ContentPolicyViolationError" {
			s.Status = event.StatusBlocked
		}
	} else {
		ev.ID += ":chatcmpl-" + ev.ID
		s.Status, s.HTTPStatus = event.StatusOK, event.Int{}
	}
	s.LatencyMS, s.TTFTMS = whole(s.LatencyMS), whole(s.TTFTMS)
	if !r.Stream.V || !s.LatencyMS.Known || s.TTFTMS.V > s.LatencyMS.V {
		s.TTFTMS = event.Float{}
	}
	endUser := a.EndUserID
	dialectOf(ev).carry(ev)
	a.EndUserID = endUser // Beside the body.
}
