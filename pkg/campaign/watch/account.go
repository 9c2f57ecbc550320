package watch

import (
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// accountPriorWeight is how many random accounts an account judged alone is diluted with, in place
// of a group's: at half a one, a place at the very top is worth 2.4 bits. Its many requests stand
// for the many members that its ranks lack.
const accountPriorWeight = 0.5

// accounts watches for single accounts whose harvest is a finding by itself, and for customers with
// several accounts: the accounts of one customer that the provider vouches for count as one, so
// that no group of them is ever a campaign, and nobody else would tell of them.
type accounts struct{ o Options }

// customer names the accounts of one customer that are judged as one: those whose declared purpose
// allows to collect outputs beside the others.
type customer struct {
	entity uint64
	allows bool
}

// Watch judges the accounts that have changed and that no campaign explains, and the customers
// whose turn it is.
func (w *accounts) Watch(v *View, r *Result) {
	told := w.customers(v, r)
	p := v.Search.Population
	for n, a := range p.Slots {
		if a == nil || a.Changed < p.Evaluation || v.Search.Claims.Has(int32(n)) {
			continue
		}
		if a.Profile.Requests24h < w.o.AccountRequests || told(a) {
			continue
		}
		if f, ok := w.judge(v.Search, "account", []int32{int32(n)}); ok {
			r.Proposals = append(r.Proposals, Proposal{
				ID: v.accountID(a.Profile.Account), Group: f,
			})
		}
	}
}

// customerOf is the customer whose account it is.
func customerOf(a *index.Account) customer {
	return customer{
		a.Entity, a.Profile.Contract() != 0 && attribute.AllowsCollecting(measure.PurposeOf(a)),
	}
}

// customers judges the customers with several accounts, each in its turn: there may be thousands,
// and nobody acts on their findings at once. told says whether an account is in such a finding;
// what was told of one of the accounts alone is told of the customer from then on.
func (w *accounts) customers(v *View, r *Result) (told func(a *index.Account) bool) {
	p := v.Search.Population
	members := map[customer][]int32{}
	var order []customer
	for n, a := range p.Slots {
		if a == nil || a.Entity == a.Order || !search.Turn(a.Entity, p.Evaluation) ||
			v.Search.Claims.Has(int32(n)) {
			continue
		}
		c := customerOf(a)
		if members[c] == nil {
			order = append(order, c)
		}
		members[c] = append(members[c], int32(n))
	}
	now := map[customer]bool{}
	for _, c := range order {
		now[c] = len(members[c]) > 1 && w.customer(v, r, members[c])
	}
	return func(a *index.Account) bool {
		if a.Entity == a.Order {
			return false
		}
		c := customerOf(a)
		return now[c] || v.Findings[v.customerID(c)].Open
	}
}

// customer judges the accounts of one customer: it is told of where they would be a finding as a
// group that nobody vouches for, or if one account had sent all of it.
func (w *accounts) customer(v *View, r *Result, members []int32) bool {
	p := v.Search.Population
	p.Sort(members)
	f, ok := w.apart(v.Search, members)
	if !ok && requestsOf(v, members) >= uint64(w.o.AccountRequests) {
		f, ok = w.judge(v.Search, "customer", members)
	}
	if !ok {
		return false
	}
	r.Proposals = append(r.Proposals, Proposal{
		ID: v.customerID(customerOf(p.At(members[0]))), Group: f,
	})
	for _, i := range members {
		if id := v.accountID(p.At(i).Profile.Account); v.Findings[id].Open {
			r.Closings = append(r.Closings, Closing{id, Merged})
		}
	}
	return true
}

// requestsOf counts the requests of the last day.
func requestsOf(v *View, members []int32) (n uint64) {
	for _, i := range members {
		// Of an account that is silent, they would be those of its last day.
		if p := &v.Search.Population.At(i).Profile; v.Now-p.LastSeen < fingerprint.Day {
			n += uint64(p.Requests24h)
		}
	}
	return n
}

// knownCoordination is the bits of coordination that the accounts of one customer have at least:
// that they act as one needs no proof. Of the default total_bits it leaves 3.5 to the harvest;
// honest verified organisations show 1.4 at most (docs/decisions/0019).
const knownCoordination = 2

// apart measures the accounts of one customer as if each were another's.
func (w *accounts) apart(s *search.Search, members []int32) (*search.Found, bool) {
	if len(members) < s.Options.MinGroup {
		return nil, false
	}
	c := s.Assessor.Context
	g := s.Population.Apart(members, c, s.Options.ScoreMembers)
	score := s.Assessor.Assess(g, 1, false)
	if score.Harvest < s.Policy.Harvest {
		// What takes time to measure adds no harvest.
		return nil, false
	}
	score = s.Assessor.Assess(g, 1, true)
	_, passes := judgeApart(&score, s.Policy)
	score.Purpose = 0
	s.Report("customer", members, &score, passes)
	return &search.Found{
		Members: members, Group: g, Score: score, Model: membership.Learn(g, c),
	}, passes
}

// judge measures the accounts of one customer, as a group of one: only its harvest counts.
func (w *accounts) judge(s *search.Search, origin string, members []int32) (*search.Found, bool) {
	g := s.Group(members, 0)
	g.PriorWeight = accountPriorWeight
	score := s.Assessor.Assess(g, 1, false)
	var passes bool
	score.Scores, passes = judgeAsOne(s, members)(&score)
	s.Report(origin, members, &score, passes)
	model := &membership.Model{Size: 1}
	if len(members) > 1 {
		model = membership.Learn(g, s.Assessor.Context)
	}
	return &search.Found{Members: members, Group: g, Score: score, Model: model}, passes
}

// judgeApart says what the rules judge of the accounts of one customer that were measured apart,
// and whether it is a finding.
func judgeApart(a *decision.Assessment, p *decision.Policy) (decision.Scores, bool) {
	known := a.Scores
	known.Coordination = max(known.Coordination, p.Coordination, knownCoordination)
	known.Causes = max(known.Causes, p.Families)
	passes := decision.Passes(&known, p)
	return known, passes
}

// judgeAsOne says what the rules judge of accounts that were measured as one, and whether it is a
// finding.
func judgeAsOne(
	s *search.Search, members []int32,
) func(a *decision.Assessment) (decision.Scores, bool) {
	known := slices.ContainsFunc(members, func(i int32) bool { return vouched(s.Population.At(i)) })
	return func(a *decision.Assessment) (decision.Scores, bool) {
		scores := a.Scores
		scores.Coordination, scores.Moved = 0, 0
		if known {
			// What a customer that the provider vouches for asks for at scale it may ask for under
			// a contract: look, and do not act.
			scores.Purpose = 0
		}
		passes := decision.AccountPasses(&scores, s.Policy)
		return scores, passes
	}
}

// vouched says that the provider vouches for the organisation or the contract of an account.
func vouched(a *index.Account) bool {
	return a.Profile.Verified && a.Profile.Org != "" || a.Profile.Contract() != 0
}
