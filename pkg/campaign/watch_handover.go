package campaign

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// handOverSigns is how many conversations an account must have taken from others or left to them: two people may show each other a conversation, and one key may be
// replaced by another, but neither makes a habit of it.
const handOverSigns = 3

// watchHandOvers follows the pools in which conversations go from account to account, each as a finding of its own.
func (e *Engine) watchHandOvers(t *tenant, homes map[string]*Campaign, s *search, now int64, touched map[string]bool) {
	current := map[*Campaign]bool{}
	for _, members := range s.handingOver() {
		home := s.homeOf(members, homes, current)
		what := tripHandOver + "\x00" + s.pop.accounts[members[0]].profile.Account
		f := s.tripped(members, tripHandOver)
		if home != nil {
			e.adoptInto(home, f, s, now, touched)
		} else {
			home = e.notice(t, homes, KindTripwire, what, f, s, now, touched)
			home.Tripwire = tripHandOver
		}
		current[home] = true
		// Pools that turn out to be one are told of once.
		for _, id := range sortedKeys(homes) {
			if c := homes[id]; c.Tripwire == tripHandOver && !current[c] && c.within(home) {
				c.closing = "merged"
			}
		}
	}
}

// homeOf is the open finding that has the most of the members, nil when none has any.
func (s *search) homeOf(members []int32, homes map[string]*Campaign, current map[*Campaign]bool) (home *Campaign) {
	most := 0
	for _, id := range sortedKeys(homes) {
		c := homes[id]
		if c.Tripwire != tripHandOver || c.closing != "" || current[c] {
			continue
		}
		n := 0
		for _, i := range members {
			if _, ok := c.Members[s.pop.accounts[i].profile.Account]; ok {
				n++
			}
		}
		if n > most {
			home, most = c, n
		}
	}
	return home
}

// within says that all members are also the other's.
func (c *Campaign) within(other *Campaign) bool {
	for name := range c.Members {
		if _, ok := other.Members[name]; !ok {
			return false
		}
	}
	return true
}

// handingOver lists the groups of accounts that no campaign explains and that hand conversations to each other time and again, largest first. The accounts of one
// customer count as one party, and what goes from one to another of them is no hand-over: several keys behind a balancer, a key that fails over, a key replaced.
func (s *search) handingOver() [][]int32 {
	p := s.pop
	nodes := map[int32]bool{}
	for n, a := range p.accounts {
		if a != nil && len(a.handed) > 0 && !s.taken[int32(n)] && p.handedTimes(a) >= handOverSigns {
			nodes[int32(n)] = true
		}
	}
	var out [][]int32
	for _, first := range sortedKeys(nodes) {
		if !nodes[first] {
			continue
		}
		delete(nodes, first)
		part := []int32{first}
		for i := 0; i < len(part); i++ {
			a := p.accounts[part[i]]
			for _, j := range a.handed {
				if nodes[j] && !sameCustomer(a, p.accounts[j]) {
					delete(nodes, j)
					part = append(part, j)
				}
			}
		}
		// Where half of all accounts hand over, what the gateway calls an account is none.
		if p.customers(part) >= s.o.MinGroup && float64(len(part)) <= maxShare*float64(len(p.byName)) {
			p.sort(part)
			out = append(out, part)
		}
	}
	slices.SortStableFunc(out, func(a, b []int32) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), p.before(a[0], p.accounts[b[0]]))
	})
	return out
}

// handedTimes is how many conversations the account is known to have exchanged with other customers: those still listed, or one for each of the others.
func (p *population) handedTimes(a *account) int {
	conversations := map[key]bool{}
	for _, k := range a.keys {
		if k.kind() != byHead && k.kind() != byOrphan {
			continue
		}
		theirs := p.members(counterpart(k))
		if len(theirs) > handOverFame || len(p.members(k)) > handOverFame {
			continue
		}
		if slices.ContainsFunc(theirs, func(i int32) bool { return !sameCustomer(a, p.accounts[i]) }) {
			conversations[k&^(0xf<<60)] = true
		}
	}
	others := 0
	for _, i := range a.handed {
		if !sameCustomer(a, p.accounts[i]) {
			others++
		}
	}
	return max(len(conversations), others)
}

// sameCustomer says that two accounts are one organisation's, verified or not, or are paid with one instrument.
func sameCustomer(a, b *account) bool {
	if a.entity == b.entity || a.profile.Org != "" && a.profile.Org == b.profile.Org {
		return true
	}
	return slices.ContainsFunc(a.profile.Facets[fingerprint.Payment], func(x fingerprint.Counted) bool {
		return slices.ContainsFunc(b.profile.Facets[fingerprint.Payment], func(y fingerprint.Counted) bool { return x.Hash == y.Hash })
	})
}

// customers counts the accounts, those of one customer once.
func (p *population) customers(members []int32) int {
	type sign struct {
		payment uint64
		org     string
	}
	parent := make([]int, len(members))
	find := func(i int) int {
		for parent[i] != i {
			i = parent[i]
		}
		return i
	}
	first := map[sign]int{}
	n := len(members)
	for i, slot := range members {
		parent[i] = i
		prof := &p.accounts[slot].profile
		join := func(s sign) {
			j, ok := first[s]
			if !ok {
				first[s] = i
				return
			}
			if x, y := find(i), find(j); x != y {
				parent[x] = y
				n--
			}
		}
		if prof.Org != "" {
			join(sign{org: prof.Org})
		}
		for _, f := range prof.Facets[fingerprint.Payment] {
			join(sign{payment: f.Hash})
		}
	}
	return n
}
