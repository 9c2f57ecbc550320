package search

import (
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
)

// fitRounds bounds the rounds of pruning and taking in; in practice two suffice.
const fitRounds = 4

// namedPart is one in how many of the accounts that a group is judged by must be named at least:
// what a crowd does says little of the few in it who fit its model well.
const namedPart = 2

// FitMembers prunes the bystanders of a group, takes in the accounts that fit its model, and judges
// the result; ok is false when it is no finding. defining are the signal families that the group
// was selected by, origin says how.
func (s *Search) FitMembers(
	members []int32, defining detectors.FamilySet, origin string,
) (f Found, ok bool) {
	return s.fit(&candidate{members: members, defining: defining, origin: origin})
}

// fit fits members to the model of a candidate, again and again until nothing changes.
func (s *Search) fit(c *candidate) (best Found, ok bool) {
	group := s.Group(c.members, c.defining)
	members := c.members
	inside := make(map[int32]bool, len(members))
	known := slices.Clone(members)
	for _, i := range members {
		inside[i] = true
	}
	for range fitRounds {
		model := membership.Learn(group, s.Assessor.Context)
		fits := s.fitting(model, group.Size, known, inside)
		// Whoever is named is known by more than the group.
		named := !s.tooSmall(fits.all)
		for _, part := range fits.parts() {
			if s.tooSmall(part) {
				continue
			}
			g, score := s.assess(part, c.defining, true)
			passes := decision.Passes(&score.Scores, s.Policy)
			s.report(c.origin+Fitted, part, &score, true, passes)
			if passes && named && (!ok || s.margin(&score) > s.margin(&best.Score)) {
				best, ok = Found{
					Members: fits.all, Unnamed: fits.unnamed(),
					Group: g, Score: score, Model: model,
				}, true
			}
		}
		if !named || slices.Equal(fits.all, members) {
			break
		}
		members, group = fits.all, s.Group(fits.all, c.defining)
		for _, i := range members {
			if !inside[i] {
				inside[i] = true
				known = append(known, i)
			}
		}
	}
	return best, ok
}

// fits are the accounts that fit a model, by slot: all of them, those of them that were in the
// group before, and those in the group that are more likely members than not.
type fits struct {
	all, core, likely []int32
}

// unnamed lists the likely members that are not named.
func (f *fits) unnamed() (out []int32) {
	named := make(map[int32]bool, len(f.all))
	for _, i := range f.all {
		named[i] = true
	}
	for _, i := range f.likely {
		if !named[i] {
			out = append(out, i)
		}
	}
	return out
}

// parts lists the groups to judge. An earlier pool with other cards and another sign-up week
// belongs to the campaign, and must not make it look less of one; so the part of the candidate that
// fits is judged as well. Who has sent too little to be named is a part of what the group does,
// where half of it can be named.
func (f *fits) parts() (out [][]int32) {
	for _, part := range [...][]int32{f.core, f.all, f.likely} {
		same := func(o []int32) bool { return slices.Equal(o, part) }
		if len(part) <= namedPart*len(f.all) && !slices.ContainsFunc(out, same) {
			out = append(out, part)
		}
	}
	return out
}

// fitting lists the accounts that fit the model of a group of size entities. known are the accounts
// inside.
func (s *Search) fitting(
	m *membership.Model, size float64, known []int32, inside map[int32]bool,
) (f fits) {
	p := s.Population
	population := float64(p.Entities())
	isInside := func(slot int32) bool { return inside[slot] }
	candidates := s.MemberCandidates(m, known)
	candidates = slices.DeleteFunc(candidates, s.Claims.Has)
	fit := func(i int32) membership.Likelihood {
		a := p.Slots[i]
		return m.Fit(a, s.Assessor.Context, inside[i], a.LinkedTo(isInside))
	}
	m.Launched = Launched(candidates, fit)
	for _, i := range candidates {
		l := fit(i)
		if inside[i] && l.IsLikely(size, population) {
			f.likely = append(f.likely, i)
		}
		if !l.Fits(size, population) {
			continue
		}
		f.all = append(f.all, i)
		if inside[i] {
			f.core = append(f.core, i)
		}
	}
	p.Sort(f.all)
	p.Sort(f.core)
	p.Sort(f.likely)
	return f
}

// MemberCandidates lists, by slot, the accounts that may fit a model; inside are those that it was
// learnt from.
func (s *Search) MemberCandidates(m *membership.Model, inside []int32) []int32 {
	return s.Memory.finder.Candidates(m, s.Population.Index, s.Assessor.Context.Baseline, inside)
}

// Launched says whether the launch of a model is the members' own, by how the candidates fit it.
func Launched(
	candidates []int32, fit func(slot int32) membership.Likelihood,
) bool {
	var launch membership.Launch
	for _, i := range candidates {
		l := fit(i)
		launch.Add(&l)
	}
	return launch.Own()
}
