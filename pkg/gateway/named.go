package gateway

import (
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// named leaves of an event that could not be read what tells whose it was: id, time, tenant,
// account and client, as far as they were read before the failure. They are no more trusted than
// those of an event: a raw credential is no identity, nor is a name that the record has twice.
func named(ev *event.Event, failure *event.DecodeError, trustedHops int) {
	id, at, tenant, account, client := ev.ID, ev.Time, ev.Tenant, ev.Account, ev.Client
	ev.Reset()
	if failure.Reason == event.ReasonDuplicateKey && !inPart(failure.Field) {
		// Of two parsers each may pick another: nobody is named.
		return
	}
	ev.ID, ev.Time, ev.Tenant = id, at, tenant
	ev.Account, ev.Client = account, client
	if strings.IndexByte(ev.Client.IP, ',') >= 0 {
		ev.Client.IP = forwardedFor(ev.Client.IP, trustedHops)
	}
	dropCredentials(ev)
}

// inPart tells whether a field is one of a part of the event that names nobody, such as the
// request.
func inPart(field string) bool {
	part, _, ok := strings.Cut(field, ".")
	return ok && part != "tenant" && part != "account" && part != "client"
}
