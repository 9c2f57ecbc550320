package watch

import (
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
)

// OfCustomer is what the accounts of one customer show.
type OfCustomer struct {
	Found *search.Found
	// Apart says that they were measured as if each were another's, else as one account.
	Apart bool
	// Judge says what the rules judge of an assessment of the group, and whether it makes a
	// finding about the customer.
	Judge func(a *decision.Assessment) (decision.Scores, bool)
}

// MeasureCustomer measures accounts, given in sampling order, as those of one customer that the
// provider vouches for: as a group that nobody vouches for where that is a finding, else as one
// account. Nothing is reported and nothing opened.
func MeasureCustomer(s *search.Search, members []int32) OfCustomer {
	c := s.Assessor.Context
	if len(members) >= s.Options.MinGroup {
		g := s.Population.Apart(members, c, s.Options.ScoreMembers)
		score := s.Assessor.Assess(g, 1, true)
		judge := func(a *decision.Assessment) (decision.Scores, bool) {
			return judgeApart(a, s.Policy)
		}
		if _, passes := judge(&score); passes {
			found := &search.Found{Members: members, Group: g, Score: score}
			return OfCustomer{Found: found, Apart: true, Judge: judge}
		}
	}
	g := s.Group(members, 0)
	g.PriorWeight = accountPriorWeight
	score := s.Assessor.Assess(g, 1, false)
	found := &search.Found{Members: members, Group: g, Score: score}
	return OfCustomer{Found: found, Judge: judgeAsOne(s, members)}
}
