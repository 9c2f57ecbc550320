package campaign

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/census"
)

// search finds the groups of one population that are beyond the line.
type search struct {
	o        *Options
	assessor decision.Assessor
	pop      *population
	ctx      *detectors.Context
	// taken marks accounts that a campaign explains already: they are in no other candidate.
	taken map[int32]bool
	// searched counts the candidates looked at.
	searched int
	// renewed counts the candidates measured anew because of a new census.
	renewed int
	// retried counts the candidates settled again although nothing about them has changed.
	retried int
	trace   func(Candidate)
}

// Candidate is a group that the search measured, for calibration and reports.
type Candidate struct {
	Tenant  string
	Time    int64
	Origin  string
	Members []string
	// Scores is what the rules judge.
	decision.Scores
	// Margin is the distance to the nearest threshold, in bits.
	Margin float64
	// Agreeing are the planes that agree.
	Agreeing []detectors.Plane
	// Bits holds each detector's contribution.
	Bits map[string]float64
	// Found says that it became a campaign.
	Found bool
	// Settled says that it was pruned and filled up: only such groups become campaigns.
	Settled bool
}

// found is a group beyond the line.
type found struct {
	members []int32
	group   *detectors.Group
	score   decision.Assessment
	model   *Model
	origin  string
}

// looking is the margin in bits below the line at which a candidate is still refined: narrowing down can win that much.
const looking = -8

// run returns the groups beyond the line, strongest first. Each takes its members away from all others before the next is judged (explaining away): a phrase
// that a campaign shares with bystanders must not make the bystanders a campaign.
func (s *search) run() []found {
	all := s.pop.candidates(s.o)
	s.searched = len(all)
	// Below the floor they are only kept to be measured again when a campaign takes some of their accounts away.
	var queue, below []*candidate
	keep := func(c *candidate) {
		if s.margin(&c.score) < s.floor() {
			below = append(below, c)
		} else {
			queue = append(queue, c)
		}
	}
	for _, c := range all {
		if !s.rescore(c) {
			continue
		}
		keep(c)
		if s.margin(&c.score) < looking {
			continue
		}
		for _, r := range s.refine(c) {
			s.searched++
			// A refinement must say more than the group that it narrows down.
			if s.rescore(r) && s.margin(&r.score) > s.margin(&c.score) {
				keep(r)
			}
		}
	}
	defer s.pop.forget()
	var out []found
	sorted := false
	for len(queue) > 0 {
		if !sorted {
			slices.SortStableFunc(queue, func(a, b *candidate) int {
				return cmp.Or(cmp.Compare(s.margin(&b.score), s.margin(&a.score)), s.pop.earlier(a, b))
			})
			sorted = true
		}
		c := queue[0]
		queue = queue[1:]
		if c.known.failed && !s.due(c) {
			if s.retried == retries {
				continue
			}
			s.retried++
		}
		f, ok := s.settle(c)
		if c.known.failed = !ok; !ok {
			continue
		}
		sorted = false
		out = append(out, f)
		for _, i := range f.members {
			s.taken[i] = true
		}
		left := slices.Concat(queue, below)
		queue, below = queue[:0], below[:0]
		for _, q := range left {
			if !s.touched(q.members) || s.rescore(q) {
				keep(q)
			}
		}
	}
	return out
}

// refine lists the candidate's refinements, which are the same while its members are.
func (s *search) refine(c *candidate) []*candidate {
	k := c.known
	if k.refinedFrom != k.members || s.due(c) {
		k.refined, k.refinedFrom = s.pop.refine(c, s.ctx.Census, s.o), k.members
	}
	return k.refined
}

// due says that it is the candidate's turn to be looked at again although its own accounts are as they were: what it is compared with moves slowly. At each
// evaluation it is the turn of one in wholeScan.
func (s *search) due(c *candidate) bool {
	return (c.identity+uint64(s.pop.evaluation))%wholeScan == 0
}

// afford says whether a candidate is measured anew although only the census is another: those that may be settled always, of the others so many at each evaluation. A
// census moves little, and a hundred thousand candidates at once would hold up the evaluation.
func (s *search) afford(k *known) bool {
	if s.margin(&k.score) >= s.floor() {
		return true
	}
	s.renewed++
	return s.renewed <= renewals
}

const (
	// renewals is the number of candidates measured anew at each evaluation for a new census: a fraction of a second's work.
	renewals = 1000
	// retries is the number of candidates settled again at each evaluation out of turn, the nearest to the line first: who else fits them may have changed.
	retries = 32
	// worse is by how many bits a candidate must come nearer to the line for a new census to be settled at once.
	worse = 0.25
)

// floor is the margin from which a candidate is settled: pruning bystanders can win a little over what the raw candidate shows.
func (s *search) floor() float64 { return -2 }

// margin is how far an assessed group lies beyond the thresholds, negative below them.
func (s *search) margin(a *decision.Assessment) float64 {
	return decision.Margin(&a.Scores, &s.o.Policy)
}

func (s *search) touched(members []int32) bool {
	return slices.ContainsFunc(members, func(i int32) bool { return s.taken[i] })
}

// rescore measures a candidate without the accounts that are explained already; false when too few are left.
func (s *search) rescore(c *candidate) bool {
	if s.touched(c.members) {
		left := make([]int32, 0, len(c.members))
		for _, i := range c.members {
			if !s.taken[i] {
				left = append(left, i)
			}
		}
		c.members = left
	}
	if s.pop.weigh(c.members) < s.o.MinGroup {
		return false
	}
	stamp, requests := uint64(len(c.members)), uint64(0)
	for _, i := range c.members {
		stamp += mix(s.pop.accounts[i].order, 3)
		requests += uint64(s.pop.accounts[i].profile.Requests)
	}
	k := s.pop.known[c.identity]
	if k == nil {
		k = &known{}
		s.pop.known[c.identity] = k
	}
	changed := k.members != stamp || requests > k.requests+k.requests/8
	if changed || k.census != s.ctx.Census && s.afford(k) {
		was := k.score
		g := s.pop.group(c.members, c.defining, s.ctx, s.o.ScoreMembers)
		k.members, k.requests, k.census = stamp, requests, s.ctx.Census
		k.score = s.assessor.Assess(g, s.searched, false)
		if s.trace == nil {
			// Only a trace asks for the single figures, and there are many candidates.
			k.score.Measures, k.score.Measured = nil, nil
		}
		// Another census alone is no reason to settle it again before its turn, unless it looks worse for the group.
		k.failed = k.failed && !changed && s.margin(&k.score) < s.margin(&was)+worse
	}
	k.used = true
	c.score, c.known = k.score, k
	s.report(c.origin, c.members, &c.score, false, false)
	return true
}

// settle prunes a candidate's bystanders, takes in the accounts that fit its model, and judges the result.
func (s *search) settle(c *candidate) (found, bool) {
	members := c.members
	group := s.pop.group(members, c.defining, s.ctx, s.o.ScoreMembers)
	inside := make(map[int32]bool, len(members))
	known := slices.Clone(members)
	for _, i := range members {
		inside[i] = true
	}
	var best found
	ok := false
	var model *Model
	population := float64(len(s.pop.entities))
	holds := func(slot int32) bool { return inside[slot] }
	for range settleRounds {
		model = learn(group, s.ctx)
		var next, core []int32
		for _, i := range s.pop.suspects(model, s.ctx, known) {
			a := s.pop.accounts[i]
			if s.taken[i] {
				continue
			}
			if l := model.fit(a, s.ctx, inside[i], a.linked(holds)); l.fits(group.Size, population) {
				next = append(next, i)
				if inside[i] {
					core = append(core, i)
				}
			}
		}
		s.pop.sort(next)
		s.pop.sort(core)
		// The group is judged by the part of the candidate that fits: an earlier pool with other cards and another sign-up week belongs to the campaign, and must not
		// make it look less of one.
		for _, part := range [2][]int32{core, next} {
			if s.pop.weigh(part) < s.o.MinGroup {
				continue
			}
			g := s.pop.group(part, c.defining, s.ctx, s.o.ScoreMembers)
			sc := s.assessor.Assess(g, s.searched, true)
			passes := decision.Passes(&sc.Scores, &s.o.Policy)
			s.report(c.origin+", settled", part, &sc, true, passes)
			if passes && (!ok || s.margin(&sc) > s.margin(&best.score)) {
				best, ok = found{members: next, group: g, score: sc, model: model, origin: c.origin}, true
			}
		}
		if s.pop.weigh(next) < s.o.MinGroup || slices.Equal(next, members) {
			break
		}
		members = next
		group = s.pop.group(members, c.defining, s.ctx, s.o.ScoreMembers)
		for _, i := range members {
			if !inside[i] {
				inside[i] = true
				known = append(known, i)
			}
		}
	}
	return best, ok
}

// settleRounds bounds the rounds of pruning and taking in; in practice two suffice.
const settleRounds = 4

func (s *search) report(origin string, members []int32, sc *decision.Assessment, settled, ok bool) {
	if s.trace == nil {
		return
	}
	c := Candidate{
		Origin: origin, Scores: sc.Scores, Margin: s.margin(sc), Agreeing: sc.Agreeing(),
		Bits: map[string]float64{}, Found: ok, Settled: settled,
	}
	for _, i := range members {
		c.Members = append(c.Members, s.pop.accounts[i].profile.Account)
	}
	// A score from before the trace was set has no single figures.
	for i, spoke := range sc.Measured {
		if spoke {
			c.Bits[s.assessor.Registry[i].Spec.ID] = sc.Measures[i].Bits
		}
	}
	s.trace(c)
}

// takeCensus takes the census of the accounts that are in no open campaign.
func takeCensus(accounts []*account, o census.Options) *census.Census {
	seen := make(map[uint64]struct{}, len(accounts))
	entities := make([]census.Entity, 0, len(accounts))
	for _, a := range accounts {
		if a.named {
			continue
		}
		if _, ok := seen[a.entity]; ok {
			continue
		}
		seen[a.entity] = struct{}{}
		entities = append(entities, census.Entity{Profile: &a.profile, Vector: &a.vector})
	}
	c := census.Take(entities, len(entities), o)
	for _, a := range accounts {
		if !a.named {
			a.counted = c
		}
	}
	return c
}
