package shape

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// otlpLost are the fields for which the GenAI conventions have no attribute. The tenant, the
// account and the fingerprint have those of docs/gateways/otlp.md.
func otlpLost() []string {
	return []string{
		"account.team_id", "account.key_hash", "account.created_at", "account.plan",
		"account.payment_fp", "account.payment_issuer", "account.email_domain", "account.verified",
		"account.contract", "account.purpose",
		"client.asn", "client.as_org", "request.logprobs", "request.tool_choice", "usage.cost_usd",
	}
}

// otlpJSON is an export request with one GenAI span, as the Collector's kafka exporter writes it
// with encoding otlp_json.
func otlpJSON() *Shape {
	return &Shape{
		name: "otlp",
		lost: otlpLost(),
		read: otlpRead,
		record: func(dst []byte, ev *event.Event) []byte {
			data, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces(ev))
			return append(dst, checked(data, err)...)
		},
	}
}

// otlpProto is the same with encoding otlp_proto.
func otlpProto() *Shape {
	return &Shape{
		name: "otlp_proto", lost: otlpLost(), read: otlpRead, binary: true,
		record: func(dst []byte, ev *event.Event) []byte {
			data, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces(ev))
			return append(dst, checked(data, err)...)
		},
	}
}

// checked returns data. Marshalling what traces makes cannot fail.
func checked(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

// traces makes the span of a request, with the attributes of the GenAI conventions.
func traces(ev *event.Event) ptrace.Traces {
	out := ptrace.NewTraces()
	resource := out.ResourceSpans().AppendEmpty()
	put(resource.Resource().Attributes(), "service.name", ev.Source.Gateway)
	put(resource.Resource().Attributes(), "service.instance.id", ev.Source.Instance)
	put(resource.Resource().Attributes(), "tenant.id", ev.Tenant)
	scope := resource.ScopeSpans().AppendEmpty()
	scope.Scope().SetName("gateway")
	span := scope.Spans().AppendEmpty()
	trace, id := spanIDs(ev.ID)
	span.SetTraceID(trace)
	span.SetSpanID(id)
	span.SetName(firstOf(ev.Request.Operation, "chat") + " " + ev.Request.Model)
	span.SetKind(ptrace.SpanKindServer)
	start := ev.Time * 1e6
	span.SetStartTimestamp(pcommon.Timestamp(start))
	span.SetEndTimestamp(pcommon.Timestamp(start + nanoseconds(ev.Response.LatencyMS)))
	if failed(ev) {
		span.Status().SetCode(ptrace.StatusCodeError)
	}
	a := span.Attributes()
	otlpIdentity(a, ev)
	otlpRequest(a, &ev.Request)
	otlpResponse(a, ev)
	otlpContent(a, ev)
	return out
}

func nanoseconds(ms event.Float) int64 { return int64(ms.V * 1e6) }

// spanIDs makes the ids of a span from the event's.
func spanIDs(id string) (pcommon.TraceID, pcommon.SpanID) {
	sum := sha256.Sum256([]byte(id))
	return pcommon.TraceID(sum[:16]), pcommon.SpanID(sum[16:24])
}

// put adds an attribute unless its value is absent.
func put(a pcommon.Map, name string, value any) {
	switch v := value.(type) {
	case string:
		if v != "" {
			a.PutStr(name, v)
		}
	case event.Int:
		if v.Known {
			a.PutInt(name, v.V)
		}
	case event.Float:
		if v.Known {
			a.PutDouble(name, v.V)
		}
	case event.Bool:
		if v.Known {
			a.PutBool(name, v.V)
		}
	case list:
		if len(v) > 0 {
			a.PutStr(name, string(appendValue(nil, v)))
		}
	}
}

func otlpIdentity(a pcommon.Map, ev *event.Event) {
	who, c := &ev.Account, &ev.Client
	user := firstOf(who.UserID, who.ID)
	put(a, "user.id", user)
	if who.ID != user {
		put(a, "account.id", who.ID)
	}
	put(a, "organization.id", who.OrgID)
	put(a, "enduser.pseudo.id", who.EndUserID)
	put(a, "client.address", c.IP)
	put(a, "geo.country.iso_code", c.Country)
	put(a, "user_agent.original", c.UserAgent)
	put(a, "tls.client.ja3", c.JA3)
	put(a, "tls.client.ja4", c.JA4)
	if c.DeviceID != "" {
		a.PutEmptySlice("http.request.header.x-device-id").AppendEmpty().SetStr(c.DeviceID)
	}
}

func otlpRequest(a pcommon.Map, r *event.Request) {
	put(a, "gen_ai.operation.name", otlpOperation(r.Operation))
	put(a, "gen_ai.provider.name", "openai")
	put(a, "gen_ai.request.model", r.Model)
	put(a, "gen_ai.conversation.id", r.SessionID)
	put(a, "gen_ai.request.stream", r.Stream)
	put(a, "gen_ai.request.temperature", r.Temperature)
	put(a, "gen_ai.request.top_p", r.TopP)
	put(a, "gen_ai.request.choice.count", r.N)
	put(a, "gen_ai.request.max_tokens", r.MaxTokens)
	put(a, "gen_ai.request.seed", r.Seed)
	put(a, "gen_ai.request.reasoning.level", r.ReasoningEffort)
	put(a, "gen_ai.output.type", outputType(r.ResponseFormat))
	put(a, "gen_ai.tool.definitions", tools(r.Tools, func(name string) object {
		return object{{"type", "function"}, {"name", name}}
	}))
}

// otlpOperation returns the convention's name of an operation.
func otlpOperation(operation string) string {
	switch operation {
	case "completion":
		return "text_completion"
	case "embedding":
		return "embeddings"
	}
	return operation
}

// outputType returns the convention's name of a format: JSON is one, with a schema or without.
func outputType(format string) string {
	switch format {
	case "json_object", "json_schema":
		return "json"
	}
	return format
}

func otlpResponse(a pcommon.Map, ev *event.Event) {
	u, s := &ev.Usage, &ev.Response
	put(a, "gen_ai.usage.input_tokens", u.Input)
	put(a, "gen_ai.usage.output_tokens", u.Output)
	put(a, "gen_ai.usage.reasoning.output_tokens", u.Reasoning)
	put(a, "gen_ai.usage.cache_read.input_tokens", u.CacheRead)
	put(a, "gen_ai.usage.cache_creation.input_tokens", u.CacheWrite)
	put(a, "http.response.status_code", s.HTTPStatus)
	if failed(ev) {
		put(a, "error.type", otlpError(s))
	}
	if len(s.FinishReasons) > 0 {
		reasons := a.PutEmptySlice("gen_ai.response.finish_reasons")
		for _, reason := range s.FinishReasons {
			reasons.AppendEmpty().SetStr(reason)
		}
	}
	if s.TTFTMS.Known {
		a.PutDouble("gen_ai.response.time_to_first_chunk", s.TTFTMS.V/1e3)
	}
}

// otlpError is the type of an error, or else its status code, as the conventions have it.
func otlpError(s *event.Response) string {
	return firstOf(s.ErrorType, strconv.FormatInt(s.HTTPStatus.V, 10))
}

// otlpContent adds the texts as the conventions' JSON in strings.
func otlpContent(a pcommon.Map, ev *event.Event) {
	c := &ev.Content
	text := func(text string) object { return object{{"type", "text"}, {"content", text}} }
	var input, output list
	// OpenAI's chat has the system prompt among the messages.
	if c.System != "" && dialectOf(ev) == chat {
		input = append(input, object{{"role", "system"}, {"parts", list{text(c.System)}}})
	} else if c.System != "" {
		put(a, "gen_ai.system_instructions", list{text(c.System)})
	}
	for _, m := range c.Input {
		input = append(input, object{{"role", m.Role}, {"parts", list{text(m.Text)}}})
	}
	put(a, "gen_ai.input.messages", input)
	var parts list
	if c.Reasoning != "" {
		parts = append(parts, object{{"type", "reasoning"}, {"content", c.Reasoning}})
	}
	if c.Output != "" {
		parts = append(parts, text(c.Output))
	}
	if len(parts) > 0 {
		output = append(output, object{{"role", "assistant"}, {"parts", parts}})
	}
	put(a, "gen_ai.output.messages", output)
}

func otlpRead(ev *event.Event) {
	trace, id := spanIDs(ev.ID)
	ev.ID = hex.EncodeToString(trace[:]) + ":" + hex.EncodeToString(id[:])
	if ev.Source.Gateway == "" {
		ev.Source.Gateway = "otlp"
	}
	ev.Account.UserID = firstOf(ev.Account.UserID, ev.Account.ID)
	s := &ev.Response
	took := nanoseconds(s.LatencyMS)
	s.LatencyMS = event.Float{V: float64(took) / 1e6, Known: s.LatencyMS.Known && took > 0}
	s.TTFTMS.V = s.TTFTMS.V / 1e3 * 1e3
	if busy(ev); failed(ev) {
		s.ErrorType = otlpError(s)
	}
	ev.Request.ResponseFormat = outputType(ev.Request.ResponseFormat)
}
