package gateway

import (
	"math"

	"github.com/stillwatch/stillwatch/pkg/event"
)

func (a *liteLLM) statusFields() {
	s := a.s
	for o := s.Object(); s.Next(&o); {
		if o.Key == "guardrail_status" {
			a.p.guardrail = s.String()
		} else {
			s.Skip()
		}
	}
}

func (a *liteLLM) errorInformation() {
	s := a.s
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "error_code":
			a.p.errorCode = s.Int(100, 999)
		case "error_class":
			a.p.errorClass = s.String()
		default:
			s.Skip()
		}
	}
}

// metadata reads what the proxy knows of the caller. It leaves out requester_metadata, which is the caller's own, and headers other than
// those that an edge proxy sets.
func (a *liteLLM) metadata(ev *event.Event) {
	s, p, acct := a.s, &a.p, &ev.Account
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "user_api_key_hash":
			acct.KeyHash = s.String()
		case "user_api_key_user_id":
			acct.UserID = s.String()
		case "user_api_key_org_id":
			acct.OrgID = s.String()
		case "user_api_key_team_id":
			acct.TeamID = s.String()
		case "user_api_key_end_user_id":
			p.metaEnd = s.String()
		case "user_api_key_user_email":
			p.email = s.String()
		case "user_api_key_auth_metadata":
			a.enrichment(acct)
		case "requester_ip_address":
			p.metaIP = s.String()
		case "user_agent":
			p.metaAgent = s.String()
		case "requester_custom_headers":
			a.headers(&ev.Client)
		case "internal_call_origin":
			p.origin = s.String()
		case "usage_object":
			p.usage = a.usage()
		default:
			s.Skip()
		}
	}
}

// enrichment reads what an operator attached to the key, under the canonical names.
func (a *liteLLM) enrichment(acct *event.Account) {
	s := a.s
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "created_at":
			acct.CreatedAt = s.Time()
		case "plan":
			acct.Plan = s.String()
		case "payment_fp":
			acct.PaymentFP = s.String()
		case "payment_issuer":
			acct.PaymentIssuer = s.String()
		case "email_domain":
			acct.EmailDomain = s.String()
		case "verified":
			acct.Verified = s.Bool()
		default:
			s.Skip()
		}
	}
}

func (a *liteLLM) headers(c *event.Client) {
	s := a.s
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "x-ja4":
			c.JA4 = s.String()
		case "x-ja3":
			c.JA3 = s.String()
		case "x-device-id":
			c.DeviceID = s.String()
		default:
			s.Skip()
		}
	}
}

func (a *liteLLM) usage() (u usage) {
	s := a.s
	for o := s.Object(); s.Next(&o); {
		u.known = true
		switch o.Key {
		case "prompt_tokens":
			u.prompt = tokens(s)
		case "completion_tokens":
			u.completion = tokens(s)
		case "input_tokens":
			u.input = tokens(s)
		case "output_tokens":
			u.output = tokens(s)
		case "cache_read_input_tokens":
			u.read = tokens(s)
		case "cache_creation_input_tokens":
			u.created = tokens(s)
		case "prompt_tokens_details", "input_tokens_details", "completion_tokens_details", "output_tokens_details":
			a.usageDetails(&u)
		default:
			s.Skip()
		}
	}
	return u
}

func (a *liteLLM) usageDetails(u *usage) {
	s := a.s
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "cached_tokens":
			u.cached = tokens(s)
		case "cache_creation_tokens":
			u.written = tokens(s)
		case "reasoning_tokens":
			u.reasoning = tokens(s)
		default:
			s.Skip()
		}
	}
}

// messages reads the conversation: a list of messages, a lone text, or a dictionary in the shape of some API's request.
func (a *liteLLM) messages(ev *event.Event) {
	s := a.s
	c := &ev.Content
	switch s.Kind() {
	case event.KindObject:
		var lone event.Message
		for o := s.Object(); s.Next(&o); {
			switch o.Key {
			case "messages", "input", "prompt", "contents":
				c.Input = s.Messages(c.Input)
			case "system", "instructions":
				a.p.system = s.Prose()
			case "role":
				lone.Role = s.String()
			case "content", "text":
				lone.Text = s.Prose()
			default:
				s.Skip()
			}
		}
		if lone.Role != "" || lone.Text != "" {
			c.Input = append(c.Input, lone)
		}
	default:
		c.Input = s.Messages(c.Input[:0])
	}
	// One message with the mark is what LiteLLM leaves. A caller who sends the mark among others hides nothing.
	a.p.redacted = len(c.Input) == 1 && c.Input[0].Text == redacted
	for i := range c.Input {
		if c.Input[i].Role == "" {
			c.Input[i].Role = "user"
		}
	}
	if n := len(c.Input); n > 0 {
		ev.Request.MessageCount = event.Int{V: int64(n), Known: true}
	}
}

// response reads why the answer ended, its text and its usage. A string is a redacted answer, or one of
// another kind of call.
func (a *liteLLM) response(ev *event.Event) {
	s, r, c := a.s, &ev.Response, &ev.Content
	if s.Kind() != event.KindObject {
		s.Skip()
		return
	}
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "choices":
			for list := s.Array(); s.NextItem(&list); {
				a.choice(ev)
			}
		case "stop_reason":
			if v := s.String(); v != "" {
				r.FinishReasons = append(r.FinishReasons, v)
			}
		case "content":
			c.Output = s.Prose()
		case "usage":
			a.p.answer = a.usage()
		default:
			s.Skip()
		}
	}
}

func (a *liteLLM) choice(ev *event.Event) {
	s, c := a.s, &ev.Content
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "finish_reason":
			if v := s.String(); v != "" {
				ev.Response.FinishReasons = append(ev.Response.FinishReasons, v)
			}
		case "message":
			for m := s.Object(); s.Next(&m); {
				switch m.Key {
				case "content":
					c.Output = s.Prose()
				case "reasoning_content":
					c.Reasoning = s.Prose()
				default:
					s.Skip()
				}
			}
		default:
			s.Skip()
		}
	}
}

// parameters reads the request's parameters as the caller gave them.
func (a *liteLLM) parameters(ev *event.Event) {
	s, r := a.s, &ev.Request
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "temperature":
			r.Temperature = s.Float()
		case "top_p":
			r.TopP = s.Float()
		case "n":
			r.N = anyInt(s)
		case "max_tokens", "max_completion_tokens", "max_output_tokens":
			if n := anyInt(s); n.Known {
				r.MaxTokens = n
			}
		case "seed":
			r.Seed = anyInt(s)
		case "logprobs":
			r.Logprobs = s.Bool()
		case "stream":
			a.p.stream = s.Bool()
		case "reasoning_effort":
			r.ReasoningEffort = nameOr(s, "effort")
		case "reasoning":
			if v := nameOr(s, "effort"); v != "" {
				r.ReasoningEffort = v
			}
		case "response_format":
			r.ResponseFormat = nameOr(s, "type")
		case "tools", "functions":
			for list := s.Array(); s.NextItem(&list); {
				if name := toolName(s); name != "" {
					r.Tools = append(r.Tools, name)
				}
			}
		case "tool_choice":
			r.ToolChoice = toolName(s)
		case "system", "instructions":
			a.p.system = s.Prose()
		default:
			s.Skip()
		}
	}
}

func anyInt(s *event.Scanner) event.Int { return s.Int(math.MinInt64, math.MaxInt64) }

// nameOr reads a name, or an object that has it under key.
func nameOr(s *event.Scanner, key string) string {
	if s.Kind() != event.KindObject {
		return s.String()
	}
	name := ""
	for o := s.Object(); s.Next(&o); {
		if o.Key == key {
			name = s.String()
		} else {
			s.Skip()
		}
	}
	return name
}

// toolName reads the name of a tool in any of the APIs' shapes: {"function":{"name"}}, {"name"}, or only a {"type"} for built-in ones.
func toolName(s *event.Scanner) string {
	if s.Kind() != event.KindObject {
		return s.String()
	}
	var inner, name, kind string
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "function":
			inner = nameOr(s, "name")
		case "name":
			name = s.String()
		case "type":
			kind = s.String()
		default:
			s.Skip()
		}
	}
	switch {
	case inner != "":
		return inner
	case name != "":
		return name
	}
	return kind
}
