package campaign

import "github.com/stillwatch/stillwatch/pkg/campaign/watch"

// unreadableConfidence is even odds: that the records cannot be read is certain, and whether the
// caller or the gateway's logger is at fault is not.
const unreadableConfidence = 50

// watched is the step of an evaluation in which watchers' findings are brought up to date.
type watched struct {
	*evaluation
	// findings are those that watchers have made, open or closed, by ID.
	findings map[string]*Campaign
}

// watch does what the watchers say: it opens their findings, measures them again, and ends them.
func (v *evaluation) watch() {
	w := &watched{v, map[string]*Campaign{}}
	w.releaseExplained()
	r := v.tenant.watchers.Watch(w.view())
	for i := range r.Proposals {
		w.openWatch(&r.Proposals[i])
	}
	for _, x := range r.Closings {
		if c := w.findings[x.ID]; c.closing == "" {
			c.closing = x.Reason
		}
	}
}

// view is what the watchers are shown.
func (v *watched) view() *watch.View {
	findings := map[string]watch.Finding{}
	for _, c := range v.tenant.campaigns {
		if c.kind() == KindCampaign || c.kind() == KindOverflow {
			continue
		}
		v.findings[c.ID] = c
		findings[c.ID] = watch.Finding{
			Tripwire: c.Tripwire, Subject: c.Subject, Members: c.Members,
			Open: !c.Closed, Closing: c.closing != "",
		}
	}
	return &watch.View{
		Tenant: v.tenant.name, IDs: v.engine.ids, Now: v.now,
		Quiet: v.engine.o.Quiet.Milliseconds(), Search: v.search,
		Findings: findings, List: v.engine.list, Sighted: v.engine.Sighted,
	}
}

// releaseExplained takes the accounts that a campaign explains now out of watchers' findings. A
// campaign does not explain what could not be read.
func (v *watched) releaseExplained() {
	for _, c := range v.tenant.campaigns {
		if c.Closed || c.kind() == KindCampaign || c.kind() == KindOverflow ||
			c.Tripwire == watch.Unreadable {
			continue
		}
		for _, name := range sortedKeys(c.Members) {
			a := v.search.Population.Named(name)
			if a != nil && v.search.Claims.Has(a.Slot) {
				v.leave(c, name)
				v.relate(c, name)
			}
		}
		if len(c.Members) == 0 {
			c.closing = watch.Merged
		}
	}
}

// relate has a watcher's finding and the campaign that explains one of its accounts point at each
// other.
func (v *watched) relate(c *Campaign, name string) {
	for _, other := range v.tenant.campaigns {
		_, holds := other.Members[name]
		if !holds || other.Closed || other.kind() != KindCampaign {
			continue
		}
		c.Related.add(other.UID())
		if other.Related.add(c.UID()) {
			other.urgent, other.dirty = true, true
		}
	}
}

// openWatch brings a finding up to date: the open one, a closed one that is opened again, or a new
// one.
func (v *watched) openWatch(n *watch.Proposal) {
	c := v.findings[n.ID]
	switch {
	case c == nil:
		kind := KindTripwire
		if n.Tripwire == watch.Account {
			kind = KindAccount
		}
		c = v.open(n.ID, kind)
		v.findings[n.ID] = c
	case c.Closed && !c.Review.dismisses():
		v.reopen(c)
	}
	c.Tripwire, c.Subject, c.Signs = n.Tripwire, n.Subject, n.Signs
	if n.Unread != nil {
		v.updateUnread(c, n.Unread)
	} else {
		v.assign(c, n.Group)
	}
}

// updateUnread brings a finding about records that cannot be read up to date.
func (v *watched) updateUnread(c *Campaign, u *watch.UnreadAccounts) {
	for _, name := range u.Joined {
		v.join(c, name)
	}
	for _, name := range u.Left {
		v.leave(c, name)
	}
	c.dirty = true
	if len(c.Members) == 0 {
		return
	}
	if c.FirstSeen == 0 || u.FirstSeen < c.FirstSeen {
		c.FirstSeen = u.FirstSeen
	}
	c.LastSeen = max(c.LastSeen, u.LastSeen)
	c.Requests = max(c.Requests, u.Records)
	c.Severity = max(c.Severity, Low)
	c.Confidence = unreadableConfidence
	c.shown.sample = c.shown.sample[:0]
	for _, a := range u.Accounts[:min(len(u.Accounts), v.engine.o.SampleMembers)] {
		c.shown.sample = append(c.shown.sample, Member{
			Account: a.Account, Org: a.Org, Requests: a.Records,
			FirstSeen: a.FirstSeen, LastSeen: a.LastSeen,
		})
	}
}
