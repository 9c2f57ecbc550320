package campaign

import (
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
)

// unreadableConfidence is even odds: that the records cannot be read is certain, and whether the
// caller or the gateway's logger is at fault is not.
const unreadableConfidence = 50

// watch does what the watchers say: it opens their findings, measures them again, and ends them.
func (v *evaluation) watch() {
	v.releaseExplained()
	findings := map[string]watch.Finding{}
	byID := map[string]*Campaign{}
	for _, c := range v.tenant.campaigns {
		if c.kind() == KindCampaign {
			continue
		}
		byID[c.ID] = c
		findings[c.ID] = watch.Finding{
			Tripwire: c.Tripwire, Subject: c.Subject, Members: c.Members,
			Open: !c.Closed, Closing: c.closing != "",
		}
	}
	r := v.tenant.watchers.Watch(&watch.View{
		Tenant: v.tenant.name, Now: v.now, Quiet: v.engine.o.Quiet.Milliseconds(), Search: v.search,
		Findings: findings, List: v.engine.list, Sighted: v.engine.Sighted,
	})
	for i := range r.Notices {
		n := &r.Notices[i]
		byID[n.ID] = v.notice(byID[n.ID], n)
	}
	for _, x := range r.Closings {
		if c := byID[x.ID]; c.closing == "" {
			c.closing = x.Reason
		}
	}
}

// releaseExplained takes the accounts that a campaign explains now out of watchers' findings. A
// campaign does not explain what could not be read.
func (v *evaluation) releaseExplained() {
	for _, c := range v.tenant.campaigns {
		if c.Closed || c.kind() == KindCampaign || c.Tripwire == watch.Unreadable {
			continue
		}
		for name := range c.Members {
			a := v.search.Population.Named(name)
			if a != nil && v.search.Claimed(a.Slot) {
				v.leave(c, name)
			}
		}
		if len(c.Members) == 0 {
			c.closing = watch.Merged
		}
	}
}

// notice brings a finding up to date; c is the open or the closed one of that identity, nil when there
// is none.
func (v *evaluation) notice(c *Campaign, n *watch.Notice) *Campaign {
	switch {
	case c == nil:
		kind := KindTripwire
		if n.Tripwire == watch.Account {
			kind = KindAccount
		}
		c = v.open(n.ID, kind)
	case c.Closed:
		c.reopen(v.now)
	}
	c.Tripwire, c.Subject, c.Signs = n.Tripwire, n.Subject, n.Signs
	if n.Unread != nil {
		v.noticeUnread(c, n.Unread)
	} else {
		v.adopt(c, n.Group)
	}
	return c
}

// noticeUnread brings a finding about records that cannot be read up to date.
func (v *evaluation) noticeUnread(c *Campaign, u *watch.UnreadAccounts) {
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
	c.sample = c.sample[:0]
	for _, a := range u.Accounts[:min(len(u.Accounts), v.engine.o.SampleMembers)] {
		c.sample = append(c.sample, Member{
			Account: a.Account, Org: a.Org, Requests: a.Records,
			FirstSeen: a.FirstSeen, LastSeen: a.LastSeen,
		})
	}
}
