// Package measure turns accounts of the index into what detectors measure: groups, and what groups
// are compared with. The accounts of open campaigns are left out of the comparison, so that a
// campaign cannot make itself the norm.
package measure

import (
	"math"
	"sync"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// MaxShare is the share of a population above which some accounts are no group, and above which
// what they share is what everybody does.
const MaxShare = 0.5

// Population is the accounts of one tenant with what they are compared with.
type Population struct {
	*index.Index
	// Baseline is what groups are compared with, nil before it was built.
	Baseline *baseline.Baseline

	// state is what is known of each account, by slot.
	state states
	// logs holds binary logarithms of small numbers.
	logs []float64
	// builtAt and builtFrom are the event time of the baseline and the number of accounts then.
	builtAt   int64
	builtFrom int

	// views are the populations that look at the same accounts.
	views []*Population
}

// state is what is known of an account beyond its profile.
type state struct {
	// mass is the sum over its recurring text of sightings times rarity, as of evaluation massAt.
	mass   float64
	massAt int32
	// inCampaign says that it is in an open campaign.
	inCampaign bool
	// stratum is where counted, the last baseline that it was counted in, has it.
	stratum baseline.Stratum
	counted *baseline.Baseline
}

// states is what is known of accounts, by slot.
type states []state

// begin makes room for a new account, of which nothing is known.
func (s *states) begin(slot int32) {
	if int(slot) == len(*s) {
		*s = append(*s, state{})
	}
	(*s)[slot] = state{}
}

// New makes an empty population.
func New() *Population { return &Population{Index: index.New()} }

// NewView makes a population of the accounts of another, with campaigns and a baseline of its own.
// What is held of an account is held once: only p takes profiles in, removes accounts and counts
// evaluations.
func NewView(p *Population) *Population {
	v := &Population{Index: p.Index, state: make(states, len(p.Slots))}
	p.views = append(p.views, v)
	return v
}

// Upsert takes a new snapshot of an account's profile, which the population then owns.
func (p *Population) Upsert(profile fingerprint.Profile) {
	a, added := p.Index.Upsert(profile)
	if !added {
		return
	}
	p.state.begin(a.Slot)
	for _, v := range p.views {
		v.state.begin(a.Slot)
	}
}

// SetInCampaign says which accounts are in an open campaign, by name; those of earlier calls are
// forgotten.
func (p *Population) SetInCampaign(names func(yield func(string) bool)) {
	for i := range p.state {
		p.state[i].inCampaign = false
	}
	for name := range names {
		if a := p.Named(name); a != nil {
			p.state[a.Slot].inCampaign = true
		}
	}
}

const (
	// baselineAge is the event time in milliseconds after which the baseline is built anew: it
	// moves slowly, and building it costs as much as an evaluation.
	baselineAge = 4 * 3_600_000
	// grownFrom to grownTo is the growth of the population after which it is built anew: a fifth.
	grownFrom, grownTo = 5, 6
)

// KeepBaseline builds the baseline when it is missing, old, or of a much smaller population.
func (p *Population) KeepBaseline(now int64, o baseline.Options) {
	if p.Baseline == nil || now-p.builtAt >= baselineAge ||
		p.Len()*grownFrom > p.builtFrom*grownTo {
		p.buildBaseline(o)
		p.builtAt, p.builtFrom = now, p.Len()
	}
}

// buildBaseline counts the accounts that are in no open campaign, one for each entity.
func (p *Population) buildBaseline(o baseline.Options) {
	accounts := p.Sorted()
	seen := map[uint64]struct{}{}
	entities := make([]baseline.Entity, 0, len(accounts))
	for _, a := range accounts {
		if p.state[a.Slot].inCampaign {
			continue
		}
		if a.Entity != a.Order {
			if _, ok := seen[a.Entity]; ok {
				continue
			}
			seen[a.Entity] = struct{}{}
		}
		entities = append(entities, baseline.Entity{Profile: &a.Profile, Vector: &a.Vector})
	}
	p.Baseline = baseline.Take(entities, len(entities), o)
	for _, a := range accounts {
		if s := &p.state[a.Slot]; !s.inCampaign {
			s.counted, s.stratum = p.Baseline, p.Baseline.Stratum(&a.Profile)
		}
	}
}

// Context is what the groups of an evaluation at event time now are measured against; rhythmSample
// bounds the accounts whose activity is counted.
func (p *Population) Context(now int64, rhythmSample int) *detectors.Context {
	rhythm, lives := p.rhythm(now, rhythmSample)
	c := &detectors.Context{
		Baseline: p.Baseline, Rhythm: rhythm, Lives: lives,
		ShingleAccounts: func(h uint64) (recurring, once int) {
			of := p.Postings.Entities
			return of(index.ShingleKey(h, false)), of(index.ShingleKey(h, true))
		},
		LayoutAccounts: func(h uint64) int {
			return p.Postings.Entities(index.MakeKey(index.ByLayout, h))
		},
	}
	for _, a := range p.Slots {
		if a == nil || p.state[a.Slot].inCampaign {
			continue
		}
		c.Unnamed++
		if len(a.Linked) > 0 {
			c.HandedOver++
		}
		rejected, taken := p.TakenOver(a, anyone)
		c.Rejections += rejected
		c.TakenOver += taken
	}
	for _, i := range p.Carrying() {
		if !p.state[i].inCampaign {
			c.Carrying++
		}
	}
	return c
}

// anyone tells of all accounts.
func anyone(int32) bool { return true }

// rhythm counts when the accounts in no open campaign are active, and when they came and went, over
// a sample that does not depend on anything they do.
func (p *Population) rhythm(now int64, sample int) (*baseline.Rhythm, baseline.Lives) {
	r := baseline.NewRhythm(now)
	var lives baseline.Lives
	most := uint64(math.MaxUint64)
	if n := p.Len(); n > sample {
		most = most / uint64(n) * uint64(sample)
	}
	for _, a := range p.Slots {
		if a != nil && !p.state[a.Slot].inCampaign && a.Order <= most {
			r.Add(&a.Profile)
			lives.Add(&a.Profile)
		}
	}
	return r, lives
}

// mass weighs an account's recurring text, sightings times rarity, once per evaluation.
func (p *Population) mass(a *index.Account) float64 {
	s := &p.state[a.Slot]
	if s.massAt == p.Evaluation {
		return s.mass
	}
	s.massAt, s.mass = p.Evaluation, 0
	least := fingerprint.Recurs(a.Profile.WithText)
	for len(p.logs) <= p.Len() {
		p.logs = append(p.logs, math.Log2(float64(max(len(p.logs), 1))))
	}
	n := math.Log2(float64(p.Entities() + 1))
	for _, x := range a.Profile.Template {
		if x.Count >= least {
			carriers := p.Postings.Entities(index.ShingleKey(x.Hash, false))
			s.mass += float64(x.Count) * (n - p.logs[carriers])
		}
	}
	return s.mass
}

// Group makes the detectors' view of some accounts, at most limit of them in sampling order when
// limit is positive. defining are the signal families that the group was selected by.
func (p *Population) Group(
	members []int32, defining detectors.FamilySet, c *detectors.Context, limit int,
) *detectors.Group {
	return p.group(members, defining, c, limit, p.weights)
}

// Apart is Group of the accounts of one customer as if each were another's: what they would show if
// nobody knew that they belong together.
func (p *Population) Apart(
	members []int32, c *detectors.Context, limit int,
) *detectors.Group {
	apart := func([]int32) func(*index.Account) float64 {
		return func(*index.Account) float64 { return 1 }
	}
	g := p.group(members, 0, c, limit, apart)
	// Of all of them, the baseline has one.
	g.SelfShare = 0
	for i := range g.Members {
		g.Members[i].Counted = 0
	}
	return g
}

// group is Group with the weights that are given.
func (p *Population) group(
	members []int32, defining detectors.FamilySet, c *detectors.Context, limit int,
	weights func(members []int32) func(a *index.Account) float64,
) *detectors.Group {
	all := members
	if limit > 0 && len(members) > limit {
		members = members[:limit]
	}
	g := &detectors.Group{Members: make([]detectors.Member, len(members)), Defining: defining}
	weight := weights(members)
	// Only conversations, reasoning and a matched comparison ask who is inside.
	inside := sync.OnceValue(func() map[int32]bool {
		set := make(map[int32]bool, len(all))
		for _, i := range all {
			set[i] = true
		}
		return set
	})
	isMember := func(slot int32) bool { return inside()[slot] }
	counted := 0.0
	for n, i := range members {
		a, s := p.Slots[i], &p.state[i]
		w := weight(a)
		g.Members[n] = detectors.Member{Profile: &a.Profile, Vector: &a.Vector, Weight: w}
		g.Size += w
		if s.counted == c.Baseline {
			counted += w
			g.Members[n].Counted = s.stratum
		}
		if !s.inCampaign {
			g.Unnamed++
			if len(a.Linked) > 0 {
				g.Handed++
			}
			if p.Carries(i) {
				g.Carried++
			}
			rejected, taken := p.TakenOver(a, anyone)
			g.UnnamedRejections += rejected
			g.UnnamedTakenOver += taken
		}
		rejected, taken := p.TakenOver(a, isMember)
		g.Rejections += rejected
		g.TakenOver += taken
		if a.LinkedTo(isMember) {
			g.HandOvers++
		}
		if p.CarriedWith(i, isMember) {
			g.Carrying++
		}
	}
	// What was not looked at is taken to be like what was.
	part := float64(len(all)) / float64(max(len(members), 1))
	g.Scale = part
	g.SameProgram = func() *baseline.Controls { return p.sameProgram(g, inside()) }
	g.SelfShare = math.Min(MaxShare, counted*part/float64(max(c.Baseline.N, 1)))
	for _, n := range [...]*int{
		&g.Unnamed, &g.Handed, &g.Carried, &g.UnnamedRejections, &g.UnnamedTakenOver,
	} {
		*n = int(part * float64(*n))
	}
	g.SharedWork(c, func(member int) float64 { return p.mass(p.Slots[members[member]]) })
	return g
}

// weights gives accounts their weight in a group: one over the number of members of the same
// entity.
func (p *Population) weights(members []int32) func(a *index.Account) float64 {
	var shared map[uint64]float64
	for _, i := range members {
		if a := p.Slots[i]; a.Entity != a.Order {
			if shared == nil {
				shared = map[uint64]float64{}
			}
			shared[a.Entity]++
		}
	}
	return func(a *index.Account) float64 {
		if a.Entity == a.Order {
			return 1
		}
		return 1 / shared[a.Entity]
	}
}
