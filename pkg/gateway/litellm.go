package gateway

import (
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/body"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// liteLLM reads the StandardLoggingPayload of the LiteLLM proxy, as its generic API callback and
// its other loggers send it.
//
// Values are read laxly: much of the payload is what the caller sent (model parameters, messages),
// and a caller must not be able to make its own record unreadable. What an event needs is checked
// at the end.
type liteLLM struct {
	s        *event.Scanner
	doc      *tree.Document
	bodies   *body.Reader
	finisher *finisher
	p        payload
}

func newLiteLLM(opts Options, f *finisher) adapter {
	doc := tree.New(opts.Limits)
	return &liteLLM{s: event.NewScanner(opts.Limits), doc: doc, bodies: body.New(doc), finisher: f}
}

// payload holds what the canonical event needs beyond its own fields.
type payload struct {
	id, callID, traceID, sessionID    string
	callType, provider, model, group  string
	status, guardrail, errorClass     string
	errorCode                         event.Int
	end, first                        int64
	prompt, completion                event.Int
	metered, answered                 event.Usage // of metadata.usage_object and of the response
	origin, upstream                  string
	alias                             string
	metaIP, metaAgent, metaEnd, email string
	tagAgent                          string
	health, accepted                  bool
	own, others                       bool // names of LiteLLM's, and of what is tried before it
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

// certain goes by the names that detect looks for. Names of the canonical event and of envelopes
// leave it open: those are tried first.
func (a *liteLLM) certain(func(*outline) bool) bool { return a.p.own && !a.p.others }

func (a *liteLLM) decode(data []byte, ev *event.Event) (int, error) {
	a.s.Reset(data)
	a.s.Lax(true)
	a.doc.Reset()
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
	passedThrough(a.p.callType, a.doc, a.bodies, ev)
	a.p.finish(ev)
	if reason := a.p.skipped(ev); reason != "" {
		return n, &SkipError{Reason: reason}
	}
	unread := Unread{Values: a.s.Unread() + a.bodies.TakeUnread()}
	if err := a.finisher.foreign(ev, true); err != nil {
		return n, err
	}
	if a.doc.Err() != nil {
		unread.Bodies++
	}
	a.finisher.unread = a.finisher.unread.Plus(unread)
	return n, nil
}

func (a *liteLLM) salvage(data []byte, ev *event.Event) {
	a.s.Reset(data)
	a.s.Lax(true)
	a.doc.Reset()
	a.p = payload{}
	a.payload(ev)
	a.p.finish(ev)
	dropCredentials(ev)
}

func (a *liteLLM) payload(ev *event.Event) {
	s, p := a.s, &a.p
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "id":
			p.id = s.String()
		case "litellm_call_id":
			p.own = true
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
		case "request_tags":
			a.tags()
		case "messages":
			a.messages(ev)
		case "response":
			a.response(ev)
		case "error_information":
			a.errorInformation()
		case "model_parameters":
			a.parameters(ev)
		case "model_map_information":
			p.own = true
			s.Skip()
		case "schema", "account", "request", "specversion", "payload", "detail-type":
			p.others = true
			s.Skip()
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
	a := &ev.Account
	if a.UserID == "default_user_id" {
		// LiteLLM's name for the owner of keys that nobody owns.
		a.UserID = ""
	}
	// The user is the account; without one the entity is the key, which the options of ingest fall
	// back to. A team is many.
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
	if ev.Client.UserAgent == "" {
		ev.Client.UserAgent = p.tagAgent
	}
	p.finishUsage(&ev.Usage)
	p.finishResponse(ev)
}

// eventID makes an id that is unique per upstream call. The call id alone is not: the attempts of
// the router for one request, its retries and fallbacks, share it, as they share the trace id. A
// success has the upstream's id beside it; a failure only its start.
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

// session returns the conversation's id. LiteLLM fills in the call's own id when the caller names
// none.
func (p *payload) session() string {
	for _, v := range [...]string{p.sessionID, p.traceID} {
		if v != "" && v != p.callID && v != p.id {
			return v
		}
	}
	return ""
}

// skipped names the reason for which a payload is no request of a caller: the proxy made the call
// for itself, refused it because its key is none, or asked no model.
func (p *payload) skipped(ev *event.Event) string {
	for _, v := range [...]string{p.origin, p.callType} {
		if v == "autorouter_classifier" || strings.HasPrefix(v, "shadow_eval_") {
			return "internal_call"
		}
	}
	a := &ev.Account
	if p.isHealthCheck(a) {
		return ReasonNotLLM
	}
	if p.refused(ev) {
		return ReasonUnauthenticated
	}
	return ""
}

// healthCheck stands for the key, whole or hashed, the team and the tag of the proxy's own checks
// of its models (litellm/constants.py, LITTELM_INTERNAL_HEALTH_SERVICE_ACCOUNT_NAME).
const (
	healthCheck     = "litellm-internal-health-check"
	healthCheckHash = "2ee659761968def976c7905217d96fa6e765f300dfb066f6c73fd3c279b3435a"
)

// isHealthCheck tells whether the proxy made a call to check a model. The tag alone is no proof:
// callers choose tags, in their metadata and in the header x-litellm-tags.
func (p *payload) isHealthCheck(a *event.Account) bool {
	byKey := a.KeyHash == healthCheck || a.KeyHash == healthCheckHash || a.TeamID == healthCheck
	return byKey || p.health && a.KeyHash == "" && !proved(a)
}

// guarded is the status of a call that one of the proxy's guardrails stopped.
const guarded = "guardrail_intervened"

// refused tells whether the proxy turned a call away before it knew whose key it was. Then the hash
// is that of whatever the caller sent, and nobody stands behind it. Neither the code (400, 401 or
// none) nor the class tells alone; but what the proxy adds once a key is accepted is missing, such
// as requester_metadata (add_litellm_data_to_request in proxy/litellm_pre_call_utils.py), nobody is
// known by user, team, organisation, e-mail or alias, and no provider was asked. A key that has
// expired or is over its budget is one that the proxy knows, and its owner is there
// (proxy/auth/auth_exception_handler.py). Read 2026-11-29, version 1.108.7.
func (p *payload) refused(ev *event.Event) bool {
	if p.status != "failure" || p.accepted || proved(&ev.Account) || p.alias != "" ||
		p.email != "" || p.upstream != "" {
		return false
	}
	if p.guardrail == guarded {
		return false
	}
	switch p.errorClass {
	case "ProxyException", "HTTPException", "AssertionError", "AuthenticationError",
		"Exception", "":
	default:
		return false // One of the router's or of a provider's.
	}
	switch p.errorCode.V {
	case statusUnauthorized:
		return true
	case 0, statusForbidden:
		return p.errorClass != ""
	}
	return p.errorCode.V == statusBadRequest && p.errorClass == "ProxyException"
}

// publicModel returns the name by which callers know the model: the group, or else the deployment's
// without the provider in front of it.
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

// isProvider tells whether a prefix of a model's name is one of LiteLLM's providers and not the
// organisation in an open model's own name.
func isProvider(prefix string) bool {
	switch prefix {
	case "openai", "azure", "azure_ai", "anthropic", "bedrock", "bedrock_converse", "sagemaker",
		"vertex_ai", "vertex_ai_beta", "gemini", "openrouter", "groq", "mistral", "cohere",
		"cohere_chat", "fireworks_ai", "together_ai", "deepinfra", "deepseek", "perplexity", "xai",
		"ollama", "ollama_chat", "vllm", "hosted_vllm", "huggingface", "replicate", "databricks",
		"watsonx", "nvidia_nim", "cerebras", "sambanova", "text-completion-openai", "litellm_proxy",
		"github", "snowflake", "voyage":
		return true
	}
	return false
}

// operation maps LiteLLM's call types, which have an asynchronous twin each, to the canonical
// names.
func operation(callType string) string {
	switch callType {
	case "completion", "acompletion", "generate_content", "agenerate_content",
		"generate_content_stream", "agenerate_content_stream":
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

// finishUsage takes the proxy's own count, else the answer's, else the totals at the top.
func (p *payload) finishUsage(v *event.Usage) {
	cost := v.CostUSD
	*v = p.metered
	if v.Input.V == 0 && v.Output.V == 0 && (p.answered.Input.Known || p.answered.Output.Known) {
		*v = p.answered // The proxy does not meter its pass-through endpoints.
	}
	v.CostUSD = cost
	if !v.Input.Known {
		v.Input = p.prompt
	}
	if !v.Output.Known {
		v.Output = p.completion
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
	case p.guardrail == guarded || strings.Contains(class, "ContentPolicy") ||
		strings.Contains(class, "Guardrail"):
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
