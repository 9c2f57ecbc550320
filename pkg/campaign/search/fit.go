package search

import (
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
)

// fitRounds bounds the rounds of pruning and taking in; in practice two suffice.
const fitRounds = 4

// FitMembers prunes the bystanders of a group, takes in the accounts that fit its model, and judges
// the result; ok is false when it is no finding. defining are the signal families that the group
// was selected by, origin says how.
func (s *Search) FitMembers(
	members []int32, defining detectors.FamilySet, origin string,
) (f Found, ok bool) {
	return s.fit(&candidate{members: members, defining: defining, origin: origin})
}

func (s *Search) fit(c *candidate) (best Found, ok bool) {
	members, origin := c.members, c.origin+Fitted
	group := s.Group(members, c.defining)
	inside := make(map[int32]bool, len(members))
	known := slices.Clone(members)
	for _, i := range members {
		inside[i] = true
	}
	for range fitRounds {
		model := membership.Learn(group, s.Assessor.Context)
		core, all := s.fitting(model, group.Size, known, inside)
		// The group is judged by the part of the candidate that fits as well: an earlier pool with
		// other cards and another sign-up week belongs to the campaign, and must not make it look
		// less of one.
		for _, part := range [2][]int32{core, all} {
			if s.tooSmall(part) {
				continue
			}
			g, score := s.assess(part, c.defining, true)
			passes := decision.Passes(&score.Scores, s.Policy)
			s.report(origin, part, &score, true, passes)
			if passes && (!ok || s.margin(&score) > s.margin(&best.Score)) {
				best, ok = Found{Members: all, Group: g, Score: score, Model: model}, true
			}
		}
		if s.tooSmall(all) || slices.Equal(all, members) {
			break
		}
		members, group = all, s.Group(all, c.defining)
		for _, i := range members {
			if !inside[i] {
				inside[i] = true
				known = append(known, i)
			}
		}
	}
	return best, ok
}

// fitting lists the accounts that fit the model of a group of size entities, and those of them that
// were inside before (core). known are the accounts inside.
func (s *Search) fitting(
	m *membership.Model, size float64, known []int32, inside map[int32]bool,
) (core, all []int32) {
	p := s.Population
	population := float64(p.Entities())
	isInside := func(slot int32) bool { return inside[slot] }
	for _, i := range s.MemberCandidates(m, known) {
		if s.Claims.Has(i) {
			continue
		}
		a := p.Slots[i]
		l := m.Fit(a, s.Assessor.Context.Baseline, inside[i], a.LinkedTo(isInside))
		if !l.Fits(size, population) {
			continue
		}
		all = append(all, i)
		if inside[i] {
			core = append(core, i)
		}
	}
	p.Sort(all)
	p.Sort(core)
	return core, all
}

// MemberCandidates lists, by slot, the accounts that may fit a model; inside are those that it was
// learnt from.
func (s *Search) MemberCandidates(m *membership.Model, inside []int32) []int32 {
	return s.Memory.finder.Candidates(m, s.Population.Index, s.Assessor.Context.Baseline, inside)
}
