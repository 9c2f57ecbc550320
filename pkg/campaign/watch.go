package campaign

import (
	"fmt"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
)

// What is watched beside campaigns: single accounts whose harvest speaks for itself, and tripwires, signs that need no statistics. Both are told of at Low severity, so
// that an analyst can look and no gateway acts on them, unless a single account's purpose is plain too.

const (
	// accountDoubt is how many random accounts an account judged alone is diluted with: at half a one, a place at the very top is worth 2.4 bits.
	accountDoubt = 0.5
	// relaySigns is how many requests with a relay's constants make an account one behind a relay: one could be a quotation.
	relaySigns = 3
)

// alone measures an account by itself: its harvest, as a group of one. Its many requests take the place of many members, so that its ranks are believed nearly whole.
func (s *search) alone(slot int32) (found, bool) {
	p := &s.pop.accounts[slot].profile
	if p.Requests24h < s.o.AccountRequests {
		return found{}, false
	}
	g := s.pop.group([]int32{slot}, 0, s.ctx, 0)
	g.Doubt = accountDoubt
	sc := s.assessor.Assess(g, 1, false)
	sc.Coordination, sc.Operator = 0, 0
	if p.Verified && p.Org != "" {
		// What a verified organisation asks for at scale it may ask for under a contract: look, and do not act.
		sc.Purpose = 0
	}
	s.report("account", []int32{slot}, &sc, false, decision.AccountPasses(&sc.Scores, &s.o.Policy))
	return found{members: []int32{slot}, group: g, score: sc, model: &Model{Size: 1}, origin: "account"}, decision.AccountPasses(&sc.Scores, &s.o.Policy)
}

// watch follows what is watched, and looks for more of it among the accounts that no campaign explains.
func (e *Engine) watch(t *tenant, s *search, now int64, touched map[string]bool) {
	homes := map[string]*Campaign{}
	for _, c := range t.campaigns {
		if c.Closed || c.kind() == KindCampaign {
			continue
		}
		homes[c.ID] = c
		if c.Tripwire == tripUnreadable {
			// A campaign does not explain what could not be read.
			continue
		}
		for name := range c.Members {
			if a := s.pop.byName[name]; a != nil && s.taken[a.slot] {
				// A campaign explains it now.
				delete(c.Members, name)
				touched[name] = true
			}
		}
		if len(c.Members) == 0 {
			c.closing = "merged"
		}
	}
	for n, a := range s.pop.accounts {
		if a == nil || a.changed < s.pop.evaluation || s.taken[int32(n)] {
			continue
		}
		if f, ok := s.alone(int32(n)); ok {
			e.notice(t, homes, KindAccount, a.profile.Account, f, s, now, touched)
		}
	}
	if f, ok := s.behindRelays(); ok {
		e.notice(t, homes, KindTripwire, tripRelay, f, s, now, touched)
	}
	e.watchHandOvers(t, homes, s, now, touched)
	e.watchLists(t, homes, s, now, touched)
	e.watchUnreadable(t, homes, now, touched)
}

// The tripwires by name. The name is part of a finding's identity.
const (
	tripRelay      = "relay"
	tripHandOver   = "hand-over"
	tripWatchList  = "watch-list"
	tripUnreadable = "unreadable"
)

// tripped is what a tripwire's finding is called, and what its accounts do.
func (c *Campaign) tripped() (title, does string) {
	switch c.Tripwire {
	case tripHandOver:
		return "Conversations handed over between accounts", "continue each other's conversations"
	case tripWatchList:
		return "Accounts match a watch list", "match a watch list: " + strings.Join(c.Signs, "; ")
	case tripUnreadable:
		return "Accounts whose records cannot be read", "send records that cannot be read"
	}
	return "Accounts behind relay software", "send the constants of relay software"
}

func plural(accounts int) string {
	if accounts == 1 {
		return "1 account"
	}
	return fmt.Sprintf("%d accounts", accounts)
}

// behindRelays are the accounts whose requests carry constants of relay software, when there are enough for a group.
func (s *search) behindRelays() (found, bool) {
	var members []int32
	for n, a := range s.pop.accounts {
		if a != nil && !s.taken[int32(n)] && a.profile.RelayRequests >= relaySigns {
			members = append(members, int32(n))
		}
	}
	if s.pop.weigh(members) < s.o.MinGroup {
		return found{}, false
	}
	s.pop.sort(members)
	return s.tripped(members, tripRelay), true
}

// tripped measures the accounts of a tripwire, given in sampling order.
func (s *search) tripped(members []int32, origin string) found {
	g := s.pop.group(members, 0, s.ctx, s.o.ScoreMembers)
	return found{members: members, group: g, score: s.assessor.Assess(g, 1, false), model: learn(g, s.ctx), origin: origin}
}

// notice opens what is watched, or measures it again.
func (e *Engine) notice(t *tenant, homes map[string]*Campaign, kind Kind, what string, f found, s *search, now int64, touched map[string]bool) *Campaign {
	c := e.watched(t, homes, kind, what, now)
	e.adoptInto(c, f, s, now, touched)
	return c
}

// watchedID is the identity of what is watched in a tenant.
func watchedID(t *tenant, kind Kind, what string) string {
	return fmt.Sprintf("%c-%016x", kind[0], xxh3.HashString(t.name+"\x00"+string(kind)+"\x00"+what))
}

// watched is the finding about what is watched: the open one, a closed one that is opened again, or a new one.
func (e *Engine) watched(t *tenant, homes map[string]*Campaign, kind Kind, what string, now int64) *Campaign {
	id := watchedID(t, kind, what)
	c := homes[id]
	if c == nil {
		for _, old := range t.campaigns {
			if old.ID == id {
				c = old
				c.reopen(now)
			}
		}
	}
	if c == nil {
		c = &Campaign{ID: id, Kind: kind, Tenant: t.name, Opened: now, Members: map[string]int64{}}
		t.campaigns = append(t.campaigns, c)
		e.clockChanged = true
	}
	return c
}
