package campaign

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Accounts whose records cannot be read are told of as a tripwire, and are no evidence for anything
// else: what nobody can read says nothing about a group.

const (
	// unreadableSigns is how many records of an account must have been unreadable in a day. A record
	// is cut or a client breaks now and then; an account of a pool sends dozens a day.
	unreadableSigns = 20
	// unreadableShare is the share of all its records in the same day that must be exceeded: of an
	// account that is read in every second request the detectors see enough.
	unreadableShare = 0.5
	// unreadableConfidence is even odds: that the records cannot be read is certain, and whether the
	// caller or the gateway's logger is at fault is not.
	unreadableConfidence = 50
)

// unread is what is known of an account some of whose records could not be read.
type unread struct {
	org string
	// at is when the newest came, since when the newer half of the day's had begun to; read is when
	// the newest request was. Unix milliseconds.
	at, since, read int64
	// all counts those of the horizon, day those of a day, requests what could be read in that day.
	all, day, requests uint32
}

// lastUnread says that the account's newest record could not be read.
func (u *unread) lastUnread() bool { return u.at > u.read }

// hides says that in the day before now the account's records were unreadable for the most part.
func (u *unread) hides(now int64) bool {
	all := float64(u.day) + float64(u.requests)
	return u.day >= unreadableSigns && float64(u.day) > unreadableShare*all && now-u.at < census.Day
}

// noteUnread keeps what the profile says of records that could not be read.
func (t *tenant) noteUnread(p *fingerprint.Profile) {
	if p.UnreadableAt == 0 {
		delete(t.unread, p.Account)
		return
	}
	if t.unread == nil {
		t.unread = map[string]*unread{}
	}
	t.unread[p.Account] = &unread{
		org: p.Org, at: p.UnreadableAt, since: p.UnreadableSince, read: p.LastSeen,
		all: p.Unreadable, day: p.Unreadable24h, requests: p.Read24h,
	}
}

// watchUnreadable follows the accounts that cannot be read, in one finding per tenant: one for each
// account of a pool would bury the other findings.
func (e *Engine) watchUnreadable(
	t *tenant, homes map[string]*Campaign, now int64, touched map[string]bool,
) {
	quiet := e.o.Quiet.Milliseconds()
	if now-t.disturbed > quiet {
		t.disturbed = 0
	}
	var hiding []string
	for name, u := range t.unread {
		if now-u.at >= quiet {
			delete(t.unread, name)
		} else if u.hides(now) {
			hiding = append(hiding, name)
		}
	}
	slices.Sort(hiding)
	hiding = t.unlikeOthers(hiding, e.o.MinGroup, now)
	c := homes[watchedID(t, KindTripwire, tripUnreadable)]
	if len(hiding) > 0 {
		c = e.watched(t, homes, KindTripwire, tripUnreadable, now)
		c.Tripwire = tripUnreadable
	}
	if c == nil {
		return
	}
	for _, name := range hiding {
		if _, ok := c.Members[name]; !ok {
			c.Members[name] = now
			touched[name] = true
		}
	}
	for name := range c.Members {
		if t.unread[name] == nil {
			// It has been readable, or silent, for long enough.
			delete(c.Members, name)
			touched[name] = true
			c.dirty = true
		}
	}
	if len(c.Members) == 0 {
		c.closing = "quiet"
		return
	}
	c.countUnread(t, e.o.SampleMembers)
}

// unlikeOthers keeps the accounts since whose trouble began others have been read: a group of them,
// and no fewer than could not be read the last time that they were heard. Otherwise it is the
// gateway's trouble: when a logger cuts its records, hardly anybody who is heard can be read. What
// came until an hour after such a time is held against nobody, also when the fault is mended.
//
// Nobody can bring that about for others' accounts, and a pool only by being larger than the rest
// of its tenant.
func (t *tenant) unlikeOthers(hiding []string, group int, now int64) []string {
	heard := t.heardSince(hiding)
	var unlike []string
	for _, name := range hiding {
		u := t.unread[name]
		h := heard(u.since)
		if h.unread > h.read {
			t.disturbed = max(t.disturbed, now)
		} else if h.read >= group && u.since <= u.at {
			unlike = append(unlike, name)
		}
	}
	return slices.DeleteFunc(unlike, func(name string) bool {
		return t.disturbed > 0 && t.unread[name].since <= t.disturbed+afterFault
	})
}

// afterFault is how long after the last sign of a logger's fault what cannot be read is put down to
// it: the time in which late profiles of accounts that it struck arrive, and a margin.
const afterFault = 3_600_000

// heard is how many accounts could be read, and how many could not, the last time that they were
// heard.
type heard struct{ read, unread int }

// heardSince counts the accounts heard since the times at which the newer half of some accounts'
// trouble began.
func (t *tenant) heardSince(accounts []string) func(time int64) heard {
	var starts []int64
	for _, name := range accounts {
		starts = append(starts, t.unread[name].since)
	}
	slices.Sort(starts)
	starts = slices.Compact(starts)
	// after is how many of the starts a time has reached.
	after := func(time int64) int {
		i, found := slices.BinarySearch(starts, time)
		if found {
			i++
		}
		return i
	}
	counts := make([]heard, len(starts)+1)
	if len(accounts) > 0 {
		for name, a := range t.population.byName {
			if u := t.unread[name]; u == nil || !u.lastUnread() {
				counts[after(a.profile.LastSeen)].read++
			}
		}
	}
	for _, u := range t.unread {
		if u.lastUnread() {
			counts[after(u.at)].unread++
		}
	}
	for i := len(counts) - 2; i >= 0; i-- {
		counts[i].read += counts[i+1].read
		counts[i].unread += counts[i+1].unread
	}
	return func(time int64) heard { return counts[after(time)] }
}

// countUnread adds up what of the members could not be read, and draws the sample.
func (c *Campaign) countUnread(t *tenant, sample int) {
	var records int64
	c.sample = c.sample[:0]
	for _, name := range sortedKeys(c.Members) {
		u := t.unread[name]
		records += int64(u.all)
		first := cmp.Or(u.since, u.at)
		if c.FirstSeen == 0 || first < c.FirstSeen {
			c.FirstSeen = first
		}
		c.LastSeen = max(c.LastSeen, u.at)
		c.sample = append(c.sample, Member{
			Account: name, Org: u.org, Requests: u.day, FirstSeen: min(first, u.at), LastSeen: u.at,
		})
	}
	slices.SortStableFunc(c.sample, func(a, b Member) int {
		return cmp.Compare(b.Requests, a.Requests)
	})
	c.sample = c.sample[:min(len(c.sample), sample)]
	c.Requests = max(c.Requests, records)
	c.Severity = max(c.Severity, Low)
	c.Confidence = unreadableConfidence
	c.dirty = true
}
