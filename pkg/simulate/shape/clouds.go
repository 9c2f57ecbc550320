package shape

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// bedrock is AWS Bedrock's model invocation log: Anthropic's messages for the operation of that
// name, the converse API for all others. Every organisation, and everybody without one, has an AWS
// account of its own, and every account is a user in it.
func bedrock() *Shape {
	return &Shape{
		name: "bedrock", gateway: "bedrock", record: bedrockRecord, read: bedrockRead,
		lost: join(signUp(), []string{
			"tenant", "account.user_id", "account.key_hash", "client.ip", "client.country",
			"client.user_agent", "client.ja3", "client.ja4", "client.device_id",
			"usage.reasoning_tokens", "usage.cost_usd", "response.http_status",
			"response.latency_ms", "response.ttft_ms",
		}),
	}
}

// awsAccount is the number of an AWS account.
func awsAccount(ev *event.Event) string {
	sum := sha256.Sum256([]byte(firstOf(ev.Account.OrgID, ev.Account.ID)))
	return fmt.Sprintf("%012d", binary.BigEndian.Uint64(sum[:])%1e12)
}

func arn(ev *event.Event) string {
	return "arn:aws:iam::" + awsAccount(ev) + ":user/" + ev.Account.ID
}

func bedrockDialect(ev *event.Event) dialect {
	if ev.Request.Operation == "messages" {
		return messages
	}
	return converse
}

func bedrockRecord(dst []byte, ev *event.Event) []byte {
	r, u, d := &ev.Request, &ev.Usage, bedrockDialect(ev)
	o := object{
		{"schemaType", "ModelInvocationLog"},
		{"schemaVersion", "1.0"},
		{"timestamp", iso(ev.Time)},
		{"accountId", awsAccount(ev)},
	}
	o.put("region", ev.Source.Instance)
	o.put("requestId", ev.ID)
	o.set("identity", object{{"arn", arn(ev)}})
	o.set("operation", bedrockOperation(d, r.Stream.V))
	o.put("modelId", r.Model)
	var metadata object
	metadata.put("team", ev.Account.TeamID)
	metadata.put("user", ev.Account.EndUserID)
	metadata.put("session", r.SessionID)
	o.put("requestMetadata", metadata)
	if failed(ev) {
		o.set("errorCode", bedrockError(&ev.Response))
	}
	// The model and whether it streams are in the call, not in its body.
	var body object
	if d == messages {
		body.set("anthropic_version", "bedrock-2023-05-31")
	}
	for _, m := range requestBody(ev, d) {
		if m.name != "model" && m.name != "stream" {
			body = append(body, m)
		}
	}
	input := object{{"inputContentType", "application/json"}, {"inputBodyJson", body}}
	input.put("inputTokenCount", fresh(u))
	input.put("cacheReadInputTokenCount", u.CacheRead)
	input.put("cacheWriteInputTokenCount", u.CacheWrite)
	o.set("input", input)
	if !failed(ev) {
		output := object{
			{"outputContentType", "application/json"},
			{"outputBodyJson", responseBody(ev, d)},
		}
		output.put("outputTokenCount", u.Output)
		o.set("output", output)
	}
	return appendValue(dst, o)
}

// bedrockOperation is the name of the call.
func bedrockOperation(d dialect, stream bool) string {
	switch {
	case d == messages && stream:
		return "InvokeModelWithResponseStream"
	case d == messages:
		return "InvokeModel"
	case stream:
		return "ConverseStream"
	default:
		return "Converse"
	}
}

// bedrockError is the exception of a status code (the API's list of errors).
func bedrockError(r *event.Response) string {
	switch r.HTTPStatus.V {
	case 400:
		return "ValidationException"
	case 403:
		return "AccessDeniedException"
	case 404:
		return "ResourceNotFoundException"
	case 408:
		return "ModelTimeoutException"
	case 424:
		return "ModelErrorException"
	case 429:
		return "ThrottlingException"
	case 503, 529:
		return "ServiceUnavailableException"
	}
	return "InternalServerException"
}

func bedrockRead(ev *event.Event) {
	a, s := &ev.Account, &ev.Response
	endUser := a.EndUserID
	a.ID, a.OrgID = arn(ev), awsAccount(ev)
	d := bedrockDialect(ev)
	d.carry(ev)
	a.EndUserID = endUser // In the metadata.
	ev.Request.Operation = "chat"
	ev.Request.Stream.Known = true
	if !failed(ev) {
		// Of an answer only the reason for its end tells that there was one.
		if s.Status = ""; len(s.FinishReasons) > 0 {
			s.Status = event.StatusOK
		}
		return
	}
	switch s.ErrorType = bedrockError(s); s.ErrorType {
	case "ThrottlingException":
		s.Status = event.StatusRateLimited
	case "AccessDeniedException":
		s.Status = event.StatusBlocked
	default:
		s.Status = event.StatusError
	}
}

// apim is Azure API Management: of each call a record of GatewayLogs and one or more of
// GatewayLlmLogs, in one envelope.
func apim() *Shape {
	return &Shape{
		name: "apim", gateway: "apim", record: apimRecord, read: apimRead,
		lost: join(signUp(), []string{
			"tenant", "account.org_id", "account.team_id", "account.end_user_id",
			"account.key_hash", "client.country", "client.ja3", "client.ja4", "client.device_id",
			"request.session_id", "request.temperature", "request.top_p", "request.n",
			"request.max_tokens", "request.seed", "request.logprobs", "request.reasoning_effort",
			"request.response_format", "request.tools", "request.tool_choice",
			"usage.reasoning_tokens", "usage.cache_write_tokens", "usage.cost_usd",
			"response.error_type", "response.finish_reasons",
			"response.ttft_ms", "content.reasoning",
		}),
	}
}

// apimPiece is how many bytes of messages a record holds; more come in several, in sequence.
const apimPiece = 32 << 10

func apimRecord(dst []byte, ev *event.Event) []byte {
	a, c, u, s := &ev.Account, &ev.Client, &ev.Usage, &ev.Response
	base := func(category string) object {
		o := object{
			{"time", iso(ev.Time)},
			{"resourceId", "/SUBSCRIPTIONS/LLM"},
			{"category", category},
		}
		o.put("location", ev.Source.Instance)
		return o
	}
	properties := object{{"method", "POST"}}
	properties.put("url", pathOf(ev.Request.Operation))
	properties.put("responseCode", s.HTTPStatus)
	properties.put("apimSubscriptionId", a.ID)
	properties.put("userId", a.UserID)
	if c.UserAgent != "" {
		properties.set("backendRequestHeaders", object{{"User-Agent", c.UserAgent}})
	}
	properties.put("totalTime", whole(s.LatencyMS))
	calls := base("GatewayLogs")
	calls.set("correlationId", ev.ID)
	calls.put("callerIpAddress", c.IP)
	calls.put("durationMs", whole(s.LatencyMS))
	calls.set("properties", properties)

	first := object{{"correlationId", ev.ID}, {"requestId", ev.ID}, {"modelName", ev.Request.Model}}
	first.put("promptTokens", u.Input)
	first.put("completionTokens", u.Output)
	first.put("totalTokens", total(u))
	first.put("promptCachedTokens", u.CacheRead)
	first.put("isStreamCompletion", ev.Request.Stream)
	var records list
	add := func(properties object) {
		records = append(records, append(base("GatewayLlmLogs"), member{"properties", properties}))
	}
	sequence := 0
	for _, piece := range pieces(turns(ev, true, plainTurn)) {
		p := object{{"correlationId", ev.ID}}
		if sequence == 0 {
			p = first
		}
		p.set("sequenceNumber", sequence)
		p.set("requestMessages", string(appendValue(nil, piece)))
		add(p)
		sequence++
	}
	if sequence == 0 {
		add(append(first, member{"sequenceNumber", 0}))
		sequence++
	}
	if ev.Content.Output != "" {
		answer := list{object{{"role", "assistant"}, {"content", ev.Content.Output}}}
		add(object{
			{"correlationId", ev.ID},
			{"sequenceNumber", sequence},
			{"responseMessages", string(appendValue(nil, answer))},
		})
	}
	return appendValue(dst, object{{"records", append(list{calls}, records...)}})
}

// pieces cuts a conversation between its messages.
func pieces(turns list) (out []list) {
	size := 0
	for i, turn := range turns {
		n := len(appendValue(nil, turn))
		if i == 0 || size+n > apimPiece {
			out, size = append(out, nil), 0
		}
		size += n
		last := len(out) - 1
		out[last] = append(out[last], turn)
	}
	return out
}

func apimRead(ev *event.Event) {
	ev.Response.LatencyMS = whole(ev.Response.LatencyMS)
	readPath(ev)
}
