package event

import (
	"net/netip"
	"strings"
)

// MaxIdentity bounds in bytes what identifies a tenant or an account: it becomes part of keys.
const MaxIdentity = 256

// Validate checks what every later stage relies on: id, time, model and somebody who asked are
// there, and the identities may be used in keys. Its error is a *DecodeError.
func (e *Event) Validate() error {
	switch {
	case e.ID == "":
		return &DecodeError{Reason: ReasonMissingField, Field: "id"}
	case e.Time == 0 && e.BadTime != "":
		return &DecodeError{Reason: ReasonBadTime, Field: "time", Shape: e.BadTime}
	case e.Time == 0:
		return &DecodeError{Reason: ReasonMissingField, Field: "time"}
	case !PlausibleTime(e.Time):
		return &DecodeError{Reason: ReasonBadTime, Field: "time"}
	case e.Request.Model == "":
		return &DecodeError{Reason: ReasonMissingField, Field: "request.model"}
	}
	a := &e.Account
	if a.ID == "" && a.OrgID == "" && a.KeyHash == "" && a.UserID == "" {
		if _, ok := e.Client.Addr(); !ok {
			return &DecodeError{Reason: ReasonNoAccount, Field: "account"}
		}
	}
	for _, f := range [...]struct{ name, value string }{
		{"tenant", e.Tenant},
		{"account.id", a.ID},
		{"account.org_id", a.OrgID},
		{"account.team_id", a.TeamID},
		{"account.user_id", a.UserID},
		{"account.key_hash", a.KeyHash},
		{"account.plan", a.Plan},
	} {
		if !ValidIdentity(f.value) {
			return &DecodeError{Reason: ReasonBadValue, Field: f.name}
		}
	}
	return nil
}

// ValidIdentity tells whether a value is short enough for a key and free of control characters, NUL
// among them, which separates the parts of keys.
func ValidIdentity(v string) bool {
	if len(v) > MaxIdentity {
		return false
	}
	for i := range len(v) {
		if v[i] < 0x20 || v[i] == 0x7f {
			return false
		}
	}
	return true
}

// Addr parses the client's address: bare, with a port, in brackets, with a zone. Of a list, as
// proxies make it, it takes the last: the only one that the client can't have made up. An IPv4
// address mapped into IPv6 comes back as IPv4. Unspecified addresses count as unknown.
func (c *Client) Addr() (netip.Addr, bool) {
	text := c.IP
	if i := strings.LastIndexByte(text, ','); i >= 0 {
		text = strings.TrimSpace(text[i+1:])
	}
	if rest, ok := strings.CutPrefix(text, "["); ok {
		text, _, ok = strings.Cut(rest, "]")
		if !ok {
			return netip.Addr{}, false
		}
	} else if i := strings.IndexByte(text, ':'); i >= 0 && strings.IndexByte(text[i+1:], ':') < 0 {
		text = text[:i]
	}
	if i := strings.IndexByte(text, '%'); i >= 0 {
		text = text[:i]
	}
	if !addressLike(text) {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.IsUnspecified() {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}

// addressLike spares what is clearly no address the allocation of a parse error.
func addressLike(text string) bool {
	if len(text) < 2 || len(text) > 45 {
		return false
	}
	return text[0] >= '0' && text[0] <= '9' || strings.IndexByte(text, ':') >= 0
}
