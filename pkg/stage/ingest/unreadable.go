package ingest

import (
	"errors"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// letter is an object of a record that becomes a dead letter.
type letter struct {
	reason, detail string
	// whole says that all of it was read, so that a name which is not there was never there.
	whole bool
	// tenant and account are whose it is where that was told before the failure.
	tenant, account string
}

// letterOf says why an object is no event; ok is false for what is left out on purpose.
func letterOf(err error) (l letter, ok bool) {
	var broken *event.DecodeError
	switch {
	case errors.As(err, new(*gateway.SkipError)):
		return letter{}, false
	case !errors.As(err, &broken):
		return letter{reason: reasonUnreadable, detail: err.Error()}, true
	}
	l = letter{reason: broken.Reason, detail: broken.Error()}
	switch broken.Reason {
	case event.ReasonMissingField, event.ReasonNoAccount, event.ReasonBadValue:
		// What an event needs is looked for when it has been read to its end.
		l.whole = true
	}
	return l, true
}

// refuse notes an object that becomes a dead letter. Where it still names an account, it is counted
// for its tenant, and goes on as an observation that says no more than that it was there: nobody is
// to hide by being unreadable.
func (t *task) refuse(r *stage.Record, ev *event.Event, l letter, bad *trouble, out *outcome) {
	bad.add(l.reason, l.detail, int(t.o.Position.Index))
	tenant, account := l.tenant, l.account
	if account == "" {
		tenant, account = t.owner(ev, l.whole)
	}
	if account == "" {
		return
	}
	if bad.items == 1 {
		bad.tenant, bad.account = tenant, account
	}
	// The tenant's name may alias the record.
	out.counts.Add(1, lettersByTenant, strings.Clone(tenant), l.reason)
	at := t.plausible(ev.Time, r.Time)
	if at == 0 {
		return
	}
	// Its identities are valid and it has nothing else: it can be encoded.
	_ = out.add(&fingerprint.Observation{
		Position: t.o.Position, Time: at, Tenant: tenant, Account: account, Unreadable: true,
		InputTokens: -1, OutputTokens: -1, ReasoningTokens: -1, Messages: -1,
	})
}

// owner tells whose an object is that could not be read; account is empty when that is not certain.
// One that was not read to its end is the account's that the first of the configured fields names,
// or its key's: another field, such as an address, may be shared with accounts that had no part in
// it.
func (t *task) owner(ev *event.Event, whole bool) (tenant, account string) {
	fields := t.account
	if !whole {
		fields = t.certain
	}
	account = firstName(ev, fields)
	tenant = tenantOf(ev)
	if account == "" || !event.ValidIdentity(tenant) {
		return "", ""
	}
	return tenant, named(t.hash.of(tenant), account)
}

// firstName is the value of the first field that has one.
func firstName(ev *event.Event, fields []func(*event.Event) string) string {
	for _, field := range fields {
		if name := field(ev); name != "" {
			return name
		}
	}
	return ""
}

func tenantOf(ev *event.Event) string {
	if ev.Tenant == "" {
		return enrich.DefaultTenant
	}
	return ev.Tenant
}

// named is what an account is called: its name, or the hash of one that cannot be part of a key,
// such as an end user's id, which clients choose.
func named(h tenantHasher, account string) string {
	if event.ValidIdentity(account) {
		return account
	}
	return "hash:" + strconv.FormatUint(h.sum(domainEndUser, account), 16)
}

// plausible is the event's time where it may be right, else the record's, 0 without either.
func (t *task) plausible(at, recorded int64) int64 {
	if event.PlausibleTime(at) && (t.maxAhead == 0 || recorded <= 0 || at-recorded <= t.maxAhead) {
		return at
	}
	if event.PlausibleTime(recorded) {
		return recorded
	}
	return 0
}
