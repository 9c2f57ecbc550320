package gateway

import (
	"strings"

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
		case "llm_provider":
			a.p.upstream = s.String()
		default:
			s.Skip()
		}
	}
}

// metadata reads what the proxy knows of the caller. It leaves out requester_metadata, which is the
// caller's own, and headers other than those that an edge proxy sets.
func (a *liteLLM) metadata(ev *event.Event) {
	s, p, acct := a.s, &a.p, &ev.Account
	for o := s.Object(); s.Next(&o); {
		switch o.Key {
		case "user_api_key_hash":
			acct.KeyHash = s.String()
		case "user_api_key_alias":
			p.alias = s.String()
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
			p.accepted = p.accepted || s.Kind() == event.KindObject
			m := s.Mark()
			if a.headers(&ev.Client); s.Lost(m) {
				ev.Client.JA3, ev.Client.JA4, ev.Client.DeviceID = "", "", ""
			}
		case "internal_call_origin":
			p.origin = s.String()
		case "requester_metadata", "used_client_oauth_token":
			p.accepted = p.accepted || s.Kind() != event.KindNull
			s.Skip()
		case "usage_object":
			a.usage(&p.metered)
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
		case "contract":
			acct.Contract = s.String()
		case "purpose":
			acct.Purpose = s.String()
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

// usage reads a usage object in the dialect of either of the big APIs.
func (a *liteLLM) usage(dst *event.Usage) {
	a.bodies.Usage(a.doc.Take(a.s), dst)
}

// tags reads the tags of a request, in which some versions of the proxy put the client's software,
// once cut before its version and once whole.
func (a *liteLLM) tags() {
	s, p := a.s, &a.p
	for list := s.Array(); s.NextItem(&list); {
		tag := s.String()
		if agent, ok := strings.CutPrefix(tag, "User-Agent: "); ok && len(agent) > len(p.tagAgent) {
			p.tagAgent = agent
		}
		p.health = p.health || tag == healthCheck
	}
}

// messages reads the conversation: a list of messages, a lone text, or the body of a request in the
// shape of some API.
func (a *liteLLM) messages(ev *event.Event) {
	d, at := a.doc, a.doc.Take(a.s)
	if text := d.Scalar(at); text != "" && takesText(a.p.callType) {
		// What looks like a conversation is none: the caller sent a text.
		ev.Content.Input = append(ev.Content.Input, event.Message{Role: "user", Text: text})
		return
	}
	if d.Kind(at) == event.KindObject && !a.bodies.IsConversation(at) {
		a.bodies.Request(at, ev)
		return
	}
	ev.Content.Input = a.bodies.Messages(at, ev.Content.Input)
	ev.Content.ReasoningIn = a.bodies.MessageIDs(at, ev.Content.ReasoningIn)
}

// takesText tells whether callers of an operation may send a lone text, which stands here as they
// did.
func takesText(callType string) bool {
	switch operation(callType) {
	case "responses", "embedding", "completion", "moderation", "amoderation":
		return true
	}
	return false
}

// response reads why the answer ended, its text and its usage.
func (a *liteLLM) response(ev *event.Event) {
	at := a.doc.Take(a.s)
	if a.doc.Kind(at) == event.KindNull {
		return
	}
	own := ev.Usage
	ev.Usage = event.Usage{}
	a.bodies.Response(at, ev)
	a.p.answered, ev.Usage = ev.Usage, own
}

// parameters reads the request's parameters as the caller gave them.
func (a *liteLLM) parameters(ev *event.Event) {
	d, at := a.doc, a.doc.Take(a.s)
	a.bodies.Parameters(at, &ev.Request)
	ev.Content.ReasoningIn = event.AddReasoningID(
		ev.Content.ReasoningIn, d.Scalar(d.Member(at, "previous_response_id")),
	)
	if system := a.bodies.Prose(d.Member(at, "system", "instructions")); system != "" {
		ev.Content.System = system
	}
}
