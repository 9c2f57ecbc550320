package watch

import (
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
)

// accountPriorWeight is how many random accounts an account judged alone is diluted with, in place
// of a group's: at half a one, a place at the very top is worth 2.4 bits. Its many requests stand
// for the many members that its ranks lack.
const accountPriorWeight = 0.5

// accounts watches for single accounts whose harvest is a finding by itself.
type accounts struct{ o Options }

// Watch judges the accounts that have changed and that no campaign explains.
func (w *accounts) Watch(v *View, r *Result) {
	p := v.Search.Population
	for n, a := range p.Slots {
		if a == nil || a.Changed < p.Evaluation || v.Search.Claims.Has(int32(n)) {
			continue
		}
		if a.Profile.Requests24h < w.o.AccountRequests {
			continue
		}
		if f, ok := w.judge(v.Search, int32(n)); ok {
			r.Proposals = append(r.Proposals, Proposal{
				ID: v.accountID(a.Profile.Account), Group: f,
			})
		}
	}
}

// judge measures an account by itself, as a group of one: only its harvest counts.
func (w *accounts) judge(s *search.Search, slot int32) (*search.Found, bool) {
	p := &s.Population.Slots[slot].Profile
	g := s.Group([]int32{slot}, 0)
	g.PriorWeight = accountPriorWeight
	score := s.Assessor.Assess(g, 1, false)
	score.Coordination, score.Moved = 0, 0
	if p.Verified && p.Org != "" {
		// What a verified organisation asks for at scale it may ask for under a contract: look, and
		// do not act.
		score.Purpose = 0
	}
	passes := decision.AccountPasses(&score.Scores, s.Policy)
	s.Report("account", slot, &score, passes)
	return &search.Found{
		Members: []int32{slot}, Group: g, Score: score, Model: &membership.Model{Size: 1},
	}, passes
}
