package gateway

import (
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// clean removes what no gateway should report but some do, whatever the format: raw credentials where an identity belongs, and a list of
// proxies where the client's address belongs. An event that a credential alone identified is none any more.
func clean(ev *event.Event, trustedHops int) error {
	if strings.IndexByte(ev.Client.IP, ',') >= 0 {
		ev.Client.IP = forwardedFor(ev.Client.IP, trustedHops)
	}
	found := false
	for _, field := range [...]*string{
		&ev.ID, &ev.Tenant, &ev.Account.ID, &ev.Account.OrgID, &ev.Account.TeamID, &ev.Account.UserID, &ev.Account.EndUserID, &ev.Account.KeyHash,
		&ev.Account.Plan, &ev.Account.PaymentFP, &ev.Account.PaymentIssuer, &ev.Account.EmailDomain, &ev.Client.DeviceID, &ev.Client.UserAgent,
		&ev.Client.JA3, &ev.Client.JA4, &ev.Request.SessionID, &ev.Request.Model, &ev.Client.ASOrg, &ev.Client.Country, &ev.Source.Gateway,
		&ev.Source.Instance, &ev.Request.Operation, &ev.Request.ReasoningEffort, &ev.Request.ResponseFormat, &ev.Request.ToolChoice,
		&ev.Response.ErrorType,
	} {
		if isCredential(*field) {
			*field, found = "", true
		}
	}
	ev.Request.Tools = slices.DeleteFunc(ev.Request.Tools, isCredential)
	ev.Response.FinishReasons = slices.DeleteFunc(ev.Response.FinishReasons, isCredential)
	if found {
		return ev.Validate()
	}
	return nil
}

// isCredential tells whether a value looks like a raw API key or the value of an Authorization header.
func isCredential(v string) bool {
	const shortest = 12
	if len(v) < shortest {
		return false
	}
	switch v[0] {
	case 's', 'S', 'r', 'g', 'x', 'A':
		for _, prefix := range [...]string{"sk-", "SK-", "sk_", "rk_", "gsk_", "xai-", "AIza"} {
			if strings.HasPrefix(v, prefix) {
				return true
			}
		}
	case 'b', 'B':
		for _, scheme := range [...]string{"bearer ", "basic "} {
			if len(v) > len(scheme) && strings.EqualFold(v[:len(scheme)], scheme) {
				return true
			}
		}
	}
	return false
}

// forwardedFor takes the entry that is hops places from the right end of a list of addresses.
func forwardedFor(list string, hops int) string {
	for ; hops > 0; hops-- {
		i := strings.LastIndexByte(list, ',')
		if i < 0 {
			break
		}
		list = list[:i]
	}
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}
