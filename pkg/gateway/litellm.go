package gateway

import (
	"math"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// redacted is the text that LiteLLM puts in place of content with turn_off_message_logging.
const redacted = "redacted-by-litellm"

// liteLLM reads the StandardLoggingPayload of the LiteLLM proxy, as its generic API callback and its other loggers send it.
//
// Values are read laxly: much of the payload is what the caller sent (model parameters, messages), and a caller must not be able to make
// its own record unreadable. What an event needs is checked at the end.
type liteLLM struct {
	s *event.Scanner
	p payload
}

func newLiteLLM(opts Options) adapter { return &liteLLM{s: event.NewScanner(opts.Limits)} }

// payload holds what the canonical event needs beyond its own fields.
type payload struct {
	id, callID, traceID, sessionID    string
	callType, provider, model, group  string
	status, guardrail, errorClass     string
	errorCode                         event.Int
	end, first                        int64
	prompt, completion                event.Int
	usage, answer                     usage // from metadata.usage_object; from the response, if that has none
	origin                            string
	metaIP, metaAgent, metaEnd, email string
	stream                            event.Bool
	system                            string
	redacted                          bool
}

// usage is a usage object in the dialect of either of the big APIs.
type usage struct {
	known                             bool
	prompt, completion, input, output event.Int
	cached, written, read, created    event.Int // in the details; beside the totals
	reasoning                         event.Int
}

func (a *liteLLM) name() string { return "litellm" }

// liteLLMAdvice says what to switch on in the proxy.
func liteLLMAdvice() map[string]string {
	return map[string]string{
		"content.input":          "litellm_settings.turn_off_message_logging: false",
		"account.created_at":     "keep the sign-up date in the key's metadata as created_at",
		"account.payment_fp":     "keep a keyed fingerprint of the payment instrument in the key's metadata as payment_fp",
		"account.payment_issuer": "keep a keyed fingerprint of the card's issuer in the key's metadata as payment_issuer",
		"account.email_domain":   "give the proxy's users an e-mail address",
		"account.end_user_id":    "let clients send user, and general_settings.enforce_user_param: true",
		"client.ja4":             "let the edge in front of the proxy set the header x-ja4",
		"client.device_id":       "let the edge in front of the proxy set the header x-device-id",
		"client.ip":              "general_settings.use_x_forwarded_for: true",
	}
}

func (a *liteLLM) detect(names *outline) bool {
	return names.has("model_map_information") || names.has("litellm_call_id") ||
		names.has("call_type") && names.hasIn("metadata", "user_api_key_hash")
}

func (a *liteLLM) decode(data []byte, ev *event.Event) (int, error) {
	a.s.Reset(data)
	a.s.Lax(true)
	a.p = payload{}
	ev.Reset()
	if a.s.Kind() != event.KindObject {
		a.s.Lax(false)
	}
	a.payload(ev)
	n := a.s.Offset()
	if err := a.s.Err(); err != nil {
		return n, err
	}
	if reason := a.p.internal(); reason != "" {
		return n, &SkipError{Reason: reason}
	}
	a.p.finish(ev)
	return n, ev.Validate()
}

func (a *liteLLM) payload(ev *event.Event) {
	s, p := a.s, &a.p
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "id":
			p.id = s.String()
		case "litellm_call_id":
			p.callID = s.String()
		case "trace_id":
			p.traceID = s.String()
		case "session_id":
			p.sessionID = s.String()
		case "call_type":
			p.callType = s.String()
		case "stream":
			ev.Request.Stream = s.Bool()
		case "status":
			p.status = s.String()
		case "status_fields":
			a.statusFields()
		case "custom_llm_provider":
			p.provider = s.String()
		case "response_cost":
			ev.Usage.CostUSD = s.Float()
		case "prompt_tokens":
			p.prompt = tokens(s)
		case "completion_tokens":
			p.completion = tokens(s)
		case "startTime":
			ev.Time, ev.BadTime = s.TimeOrShape()
		case "endTime":
			p.end = s.Time()
		case "completionStartTime":
			p.first = s.Time()
		case "model":
			p.model = s.String()
		case "model_group":
			p.group = s.String()
		case "metadata":
			a.metadata(ev)
		case "end_user":
			ev.Account.EndUserID = s.String()
		case "requester_ip_address":
			ev.Client.IP = s.String()
		case "user_agent":
			ev.Client.UserAgent = s.String()
		case "messages":
			a.messages(ev)
		case "response":
			a.response(ev)
		case "error_information":
			a.errorInformation()
		case "model_parameters":
			a.parameters(ev)
		default:
			s.Skip()
		}
	}
}

func tokens(s *event.Scanner) event.Int { return s.Int(0, 1<<40) }

// finish puts together what several parts of the payload say.
func (p *payload) finish(ev *event.Event) {
	ev.Source.Gateway = "litellm"
	ev.ID = p.eventID(ev.Time)
	ev.Request.Operation = operation(p.callType)
	ev.Request.Model = p.publicModel()
	ev.Request.SessionID = p.session()
	if !ev.Request.Stream.Known {
		ev.Request.Stream = p.stream
	}
	a := &ev.Account
	if a.UserID == "default_user_id" {
		// LiteLLM's name for the owner of keys that nobody owns.
		a.UserID = ""
	}
	// The user is the account; without one the entity is the key, which the options of ingest fall back to. A team is many.
	a.ID = a.UserID
	if a.EndUserID == "" {
		a.EndUserID = p.metaEnd
	}
	if i := strings.LastIndexByte(p.email, '@'); i >= 0 && a.EmailDomain == "" {
		a.EmailDomain = strings.ToLower(p.email[i+1:])
	}
	if ev.Client.IP == "" {
		ev.Client.IP = p.metaIP
	}
	if ev.Client.UserAgent == "" {
		ev.Client.UserAgent = p.metaAgent
	}
	if p.system != "" {
		ev.Content.System = p.system
	}
	leadingSystem(&ev.Content)
	if p.redacted {
		ev.Content = event.Content{Input: ev.Content.Input[:0]}
		ev.Request.MessageCount = event.Int{}
	}
	p.finishUsage(&ev.Usage)
	p.finishResponse(ev)
}

// eventID makes an id that is unique per upstream call. The call id alone is not: the attempts of the router for one request, its retries
// and fallbacks, share it, as they share the trace id. A success has the upstream's id beside it; a failure only its start.
func (p *payload) eventID(start int64) string {
	switch {
	case p.callID == "" && (p.id == "" || p.status != "failure"):
		return p.id
	case p.callID == "" || p.id == p.callID || p.id == "":
		id := p.callID
		if id == "" {
			id = p.id
		}
		return id + ":" + strconv.FormatInt(start, 10)
	}
	return p.callID + ":" + p.id
}

// session returns the conversation's id. LiteLLM fills in the call's own id when the caller names none.
func (p *payload) session() string {
	for _, v := range [...]string{p.sessionID, p.traceID} {
		if v != "" && v != p.callID && v != p.id {
			return v
		}
	}
	return ""
}

// internal names the reason when the proxy made the call for itself: nobody typed a prompt for it.
func (p *payload) internal() string {
	for _, v := range [...]string{p.origin, p.callType} {
		if v == "autorouter_classifier" || strings.HasPrefix(v, "shadow_eval_") {
			return "internal_call"
		}
	}
	return ""
}

// publicModel returns the name by which callers know the model: the group, or else the deployment's without the provider in front of it.
func (p *payload) publicModel() string {
	if p.group != "" {
		return p.group
	}
	prefix, rest, ok := strings.Cut(p.model, "/")
	if ok && rest != "" && (prefix == p.provider || isProvider(prefix)) {
		return rest
	}
	return p.model
}

// isProvider tells whether a prefix of a model's name is one of LiteLLM's providers and not the organisation in an open model's own name.
func isProvider(prefix string) bool {
	switch prefix {
	case "openai", "azure", "azure_ai", "anthropic", "bedrock", "bedrock_converse", "sagemaker", "vertex_ai", "vertex_ai_beta", "gemini",
		"openrouter", "groq", "mistral", "cohere", "cohere_chat", "fireworks_ai", "together_ai", "deepinfra", "deepseek", "perplexity", "xai",
		"ollama", "ollama_chat", "vllm", "hosted_vllm", "huggingface", "replicate", "databricks", "watsonx", "nvidia_nim", "cerebras",
		"sambanova", "text-completion-openai", "litellm_proxy", "github", "snowflake", "voyage":
		return true
	}
	return false
}

// operation maps LiteLLM's call types, which have an asynchronous twin each, to the canonical names.
func operation(callType string) string {
	switch callType {
	case "completion", "acompletion":
		return "chat"
	case "text_completion", "atext_completion":
		return "completion"
	case "anthropic_messages", "aanthropic_messages":
		return "messages"
	case "responses", "aresponses":
		return "responses"
	case "embedding", "aembedding":
		return "embedding"
	case "create_batch", "acreate_batch":
		return "batch"
	}
	return callType
}

// leadingSystem moves the system messages that begin the conversation to where the canonical event has them.
func leadingSystem(c *event.Content) {
	n := 0
	for n < len(c.Input) && (c.Input[n].Role == "system" || c.Input[n].Role == "developer") {
		switch c.System {
		case "", c.Input[n].Text:
			c.System = c.Input[n].Text
		default:
			c.System += "\n" + c.Input[n].Text
		}
		n++
	}
	c.Input = append(c.Input[:0], c.Input[n:]...)
}

func (p *payload) finishUsage(v *event.Usage) {
	u := &p.usage
	if !u.known {
		u = &p.answer
	}
	first := func(counts ...event.Int) event.Int {
		for _, n := range counts {
			if n.Known {
				return n
			}
		}
		return event.Int{}
	}
	v.CacheRead, v.CacheWrite = first(u.cached, u.read), first(u.written, u.created)
	v.Reasoning = u.reasoning
	v.Input, v.Output = first(u.prompt, u.input, p.prompt), first(u.completion, u.output, p.completion)
	if !u.prompt.Known && u.input.Known {
		// Anthropic's own count leaves the cache out and puts it beside.
		v.Input.V = min(v.Input.V+u.read.V+u.created.V, math.MaxInt64/4)
	}
	if p.status == "failure" && v.Input.V == 0 && v.Output.V == 0 {
		// LiteLLM writes 0 for what it does not know.
		*v = event.Usage{}
	}
}

func (p *payload) finishResponse(ev *event.Event) {
	r := &ev.Response
	r.HTTPStatus, r.ErrorType = p.errorCode, p.errorClass
	switch class := p.errorClass; {
	case p.status == "success":
		r.Status = event.StatusOK
	case p.guardrail == "guardrail_intervened" || strings.Contains(class, "ContentPolicy") || strings.Contains(class, "Guardrail"):
		r.Status = event.StatusBlocked
	case class == "RateLimitError":
		r.Status = event.StatusRateLimited
	default:
		r.Status = event.NormalStatus(p.status, p.errorCode)
	}
	if p.end >= ev.Time && p.end != 0 && ev.Time != 0 {
		r.LatencyMS = event.Float{V: float64(p.end - ev.Time), Known: true}
	}
	// Without streaming the completion "starts" when it is over.
	if ev.Request.Stream.V && p.first >= ev.Time && p.first <= p.end && ev.Time != 0 {
		r.TTFTMS = event.Float{V: float64(p.first - ev.Time), Known: true}
	}
}
