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
func (e *Engine) watchUnreadable(t *tenant, homes map[string]*Campaign, now int64, touched map[string]bool) {
	quiet := e.o.Quiet.Milliseconds()
	var hiding []string
	for name, u := range t.unread {
		if now-u.at >= quiet {
			delete(t.unread, name)
		} else if u.hides(now) {
			hiding = append(hiding, name)
		}
	}
	slices.Sort(hiding)
	hiding = t.outnumbered(hiding)
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

// outnumbered keeps the accounts since whose trouble began no fewer accounts could be read, the last
// time that they were heard, than could not. Otherwise it is the gateway's: when a logger cuts its records, nearly
// everybody who is heard cannot be read. Nobody can bring that about for others' accounts, and a
// pool only by being larger than the rest of its tenant.
func (t *tenant) outnumbered(hiding []string) []string {
	if len(hiding) == 0 {
		return nil
	}
	since := make([]int64, 0, len(hiding))
	for _, name := range hiding {
		since = append(since, t.unread[name].since)
	}
	slices.Sort(since)
	since = slices.Compact(since)
	// balance[i] is how many more accounts were heard last between since[i-1] and since[i] and could
	// be read than could not; their sum from an index on is that of a time.
	balance := make([]int, len(since)+1)
	at := func(time int64) int {
		i, found := slices.BinarySearch(since, time)
		if found {
			i++
		}
		return i
	}
	for name, a := range t.population.byName {
		if u := t.unread[name]; u == nil || !u.lastUnread() {
			balance[at(a.profile.LastSeen)]++
		}
	}
	for _, u := range t.unread {
		if u.lastUnread() {
			balance[at(u.at)]--
		}
	}
	for i := len(balance) - 2; i >= 0; i-- {
		balance[i] += balance[i+1]
	}
	return slices.DeleteFunc(hiding, func(name string) bool { return balance[at(t.unread[name].since)] < 0 })
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
		c.sample = append(c.sample, Member{Account: name, Org: u.org, Requests: u.day, FirstSeen: min(first, u.at), LastSeen: u.at})
	}
	slices.SortStableFunc(c.sample, func(a, b Member) int { return cmp.Compare(b.Requests, a.Requests) })
	c.sample = c.sample[:min(len(c.sample), sample)]
	c.Requests = max(c.Requests, records)
	c.Severity = max(c.Severity, Low)
	c.Confidence = unreadableConfidence
	c.dirty = true
}
