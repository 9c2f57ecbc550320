package search

import (
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
)

// fitRounds bounds the rounds of pruning and taking in; in practice two suffice.
const fitRounds = 4

// wholePart is one in how many members more a group must gain for everybody who uses its text to be
// another group.
const wholePart = 8

// wholeRounds bounds the rounds of looking for those who use the same text: where each account has
// its own wording of some parts, one leads to another.
const wholeRounds = 4

// wholeSeed keeps the hashes of these accounts apart from other hashes of them.
const wholeSeed = 11

// FitMembers prunes the bystanders of a group that everybody is in who uses its text, takes in the
// accounts that fit its model, and judges the result; ok is false when it is no finding. defining
// are the signal families that the group was selected by, origin says how.
func (s *Search) FitMembers(
	members []int32, defining detectors.FamilySet, origin string,
) (f Found, ok bool) {
	c := &candidate{members: members, defining: defining, origin: origin}
	return s.fitFrom(c, s.Group(members, defining), true)
}

// fit fits the members of a candidate, and those of the whole that it is a part of: everybody who
// uses its text or layout. Beside the others who do, a part of a campaign looks like anybody who
// uses a program, and the text is no rarity. The whole has no such others: people with a program
// are then told from workers by what the program does not explain.
func (s *Search) fit(c *candidate) (best Found, ok bool) {
	group := s.Group(c.members, c.defining)
	best, ok = s.fitFrom(c, group, false)
	whole, group, others := s.whole(c, group)
	if !others || s.wasJudged(whole) ||
		!s.ActTogether(without(whole.members, c.members), c.defining) {
		return best, ok
	}
	f, found := s.fitFrom(whole, group, true)
	if found && (!ok || s.margin(&f.Score) > s.margin(&best.Score)) {
		return f, true
	}
	return best, ok
}

// together is the coordination in bits from which accounts act together: more than detectors say of
// nothing (detectors/evalue.go).
const together = 0.5

// ActTogether says that accounts speak for one operator when they are measured by themselves. Those
// who share only a public program with a pool do not, and the pool among its users is no reason to
// name them.
func (s *Search) ActTogether(accounts []int32, defining detectors.FamilySet) bool {
	if s.tooSmall(accounts) {
		return false
	}
	_, score := s.assess(accounts, defining, true)
	return score.Coordination >= together
}

// without lists the accounts that are in none of others.
func without(accounts, others []int32) []int32 {
	inside := make(map[int32]bool, len(others))
	for _, i := range others {
		inside[i] = true
	}
	return slices.DeleteFunc(slices.Clone(accounts), func(i int32) bool { return inside[i] })
}

// wasJudged says whether a whole was judged in this search before, as that of another part.
func (s *Search) wasJudged(whole *candidate) bool {
	hash := uint64(whole.defining)
	for _, i := range whole.members {
		// A sum, because a set has no order.
		hash += index.Mix(s.Population.Slots[i].Order, wholeSeed)
	}
	if s.wholes[hash] {
		return true
	}
	if s.wholes == nil {
		s.wholes = map[uint64]bool{}
	}
	s.wholes[hash] = true
	return false
}

// whole is the group of the members with everybody else who uses their text and is not claimed,
// and who uses the text of these; ok is false when there are hardly any others or too many.
func (s *Search) whole(c *candidate, group *detectors.Group) (*candidate, *detectors.Group, bool) {
	whole := *c
	whole.members, whole.origin = slices.Clone(c.members), c.origin+Whole
	inside := make(map[int32]bool, len(c.members))
	for _, i := range c.members {
		inside[i] = true
	}
	most := int(measure.MaxShare * float64(s.Population.Len()))
	for range wholeRounds {
		before := len(whole.members)
		for _, i := range s.Population.Users(group, before) {
			if !inside[i] && !s.Claims.Has(i) {
				inside[i] = true
				whole.members = append(whole.members, i)
			}
		}
		if len(whole.members) > most {
			return nil, nil, false
		}
		s.Population.Sort(whole.members)
		group = s.Group(whole.members, c.defining)
		if wholePart*(len(whole.members)-before) < before {
			break
		}
	}
	return &whole, group, wholePart*(len(whole.members)-len(c.members)) >= len(c.members)
}

// fitFrom fits members to the model of a group, again and again until nothing changes. A group that
// everybody is in who uses its text is judged as it is as well.
func (s *Search) fitFrom(
	c *candidate, group *detectors.Group, isWhole bool,
) (best Found, ok bool) {
	members := c.members
	inside := make(map[int32]bool, len(members))
	known := slices.Clone(members)
	for _, i := range members {
		inside[i] = true
	}
	var whole []int32
	if isWhole {
		whole = members
	}
	for range fitRounds {
		model := membership.Learn(group, s.Assessor.Context)
		fits := s.fitting(model, group.Size, known, inside)
		// Whoever is named is known by more than the group.
		named := !s.tooSmall(fits.all)
		for _, part := range fits.parts(whole) {
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
		members, whole, group = fits.all, nil, s.Group(fits.all, c.defining)
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
// fits is judged as well. Who has sent too little to be named is a part of what the group does.
func (f *fits) parts(whole []int32) (out [][]int32) {
	for _, part := range [...][]int32{f.core, f.all, f.likely, whole} {
		same := func(o []int32) bool { return slices.Equal(o, part) }
		if !slices.ContainsFunc(out, same) {
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
	for _, i := range s.MemberCandidates(m, known) {
		if s.Claims.Has(i) {
			continue
		}
		a := p.Slots[i]
		l := m.Fit(a, s.Assessor.Context.Baseline, inside[i], a.LinkedTo(isInside))
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
