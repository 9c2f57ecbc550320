package campaign

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// evaluation is one look at one tenant.
type evaluation struct {
	engine *Engine
	tenant *tenant
	// now is the event time (Unix ms).
	now    int64
	search *search.Search
	// changed are the accounts whose standing has changed, by name.
	changed map[string]bool
	// out is what there is to tell beside the records that are due at the end.
	out []Emission
}

// evaluate looks at a tenant and returns what there is to tell.
func (e *Engine) evaluate(t *tenant, now int64) []Emission {
	e.reviews.dropped = append(e.reviews.dropped, t.forget(now-e.o.Memory.Milliseconds())...)
	// Also where nothing is judged yet: what is pending must not pile up.
	t.population.IndexPending()
	if !t.isReady(now, &e.o) {
		v := &evaluation{engine: e, tenant: t, now: now, changed: map[string]bool{}}
		reviewing{v}.review()
		return shadowed{v}.emit()
	}
	v := e.compare(t, now)
	v.followCampaigns()
	v.searchGroups()
	v.expandCampaigns()
	v.watch()
	reviewing{v}.review()
	return shadowed{v}.emit()
}

// isReady says whether there is a population to compare with: large enough, and observed for long
// enough. It is not after a clock that jumped back.
func (t *tenant) isReady(now int64, o *Options) bool {
	return t.population.Len() >= o.MinPopulation &&
		now-t.population.First() >= o.WarmUp.Milliseconds()
}

// compare sets up what groups are compared with: the accounts in no open campaign.
func (e *Engine) compare(t *tenant, now int64) *evaluation {
	p := t.population
	p.SetInCampaign(t.inOpenCampaigns)
	p.KeepBaseline(now, e.o.Baseline)
	v := &evaluation{engine: e, tenant: t, now: now, changed: map[string]bool{}}
	v.search = &search.Search{
		Options: &e.o.Search, Policy: &e.o.Policy, Population: p, Memory: &t.memory,
		Assessor: decision.Assessor{
			Registry: e.registry, Context: p.Context(now, e.o.Baseline.Sample),
		},
	}
	if e.Trace != nil {
		v.search.Trace = func(m search.Measurement) {
			m.Tenant, m.Time = t.name, now
			e.Trace(m)
		}
		v.search.Deeper = e.Deeper
	}
	if e.alerting == nil {
		// A second engine looks at the same evaluation.
		p.Evaluation++
	}
	return v
}

// inOpenCampaigns calls yield for the accounts in open campaigns.
func (t *tenant) inOpenCampaigns(yield func(string) bool) {
	for _, c := range t.campaigns {
		if c.Closed || c.kind() != KindCampaign {
			continue
		}
		for name := range c.Members {
			if !yield(name) {
				return
			}
		}
	}
}

// followCampaigns goes before the search: who fits an open campaign belongs to it and is explained.
func (v *evaluation) followCampaigns() {
	for _, c := range v.tenant.campaigns {
		if isMeasured(c) {
			v.follow(c)
		}
	}
}

// searchGroups makes the groups that are findings campaigns.
func (v *evaluation) searchGroups() {
	for _, f := range v.search.Run() {
		v.openOrMerge(&f)
	}
}

// expandCampaigns looks for the rest of campaigns of which only a part was found.
func (v *evaluation) expandCampaigns() {
	for _, c := range v.tenant.campaigns {
		if !c.Closed && c.followed == v.search.Population.Evaluation {
			v.expand(c)
		}
	}
}

// join makes an account a member, unless an analyst dismissed it and not the whole group.
func (v *evaluation) join(c *Campaign, name string) {
	if _, ok := c.Members[name]; ok ||
		!c.Review.dismisses() && v.tenant.saidOf(c, name) == review.Dismiss {
		return
	}
	c.Members[name] = v.now
	c.dirty = true
	if !c.Review.dismisses() {
		v.changed[name] = true
	}
}

// leave takes a member out.
func (v *evaluation) leave(c *Campaign, name string) {
	delete(c.Members, name)
	c.dirty = true
	if !c.Review.dismisses() {
		v.changed[name] = true
	}
}

// follow takes the accounts that fit an open campaign into it and measures it again.
func (v *evaluation) follow(c *Campaign) {
	s, p := v.search, v.search.Population
	members := v.remaining(c)
	// Who did not fit and has sent nothing since is looked at again in its turn only: the model
	// moves slowly.
	all := c.followed != p.Evaluation-1 || search.Turn(0, p.Evaluation)
	c.followed = p.Evaluation
	holds := c.holds(p)
	// Who is unnamed was a part of the group when it was judged: nobody is added here, or those
	// who look alike would lead to others.
	near := map[int32]bool{}
	for _, name := range c.Unnamed {
		if a := p.Named(name); a != nil && !s.Claims.Has(a.Slot) {
			near[a.Slot] = true
		}
	}
	size, population := c.Model.Size, float64(p.Entities())
	candidates := s.MemberCandidates(c.Model, members)
	fit := func(i int32) membership.Likelihood {
		return c.fit(p.Slots[i], s, near[i] || holds(i), holds)
	}
	if all {
		c.Model.Launched = search.Launched(candidates, fit)
	}
	for _, i := range candidates {
		a := p.Slots[i]
		if !all && a.Changed < p.Evaluation || s.Claims.Has(i) || holds(i) {
			continue
		}
		switch l := fit(i); {
		case l.Fits(size, population):
			members = append(members, i)
			v.join(c, a.Profile.Account)
			delete(near, i)
		case !l.IsLikely(size, population):
			delete(near, i)
		}
	}
	if entities := p.CountEntities(members); entities < search.Trio {
		// Many accounts and next to no entities: the provider has said since that they are one
		// customer's, whose findings are the watchers'.
		if len(c.Members) == 0 || len(members) >= s.Options.MinGroup {
			c.closing = closeWithdrawn
		} else {
			s.Claims.Add(members)
		}
		return
	}
	s.Claims.Add(members)
	p.Sort(members)
	g := s.Group(members, detectors.SetOf(c.Defining...))
	g.Since = c.Model.Takeover.Began
	score := s.Assessor.Assess(g, 1, true)
	v.measure(c, &search.Found{Members: members, Group: g, Score: score})
	c.withdrawWhenWeak(&score.Scores, &v.engine.o, v.now)
	v.learn(c, members, slices.Collect(maps.Keys(near)))
	c.dirty = true
}

// learn makes the model of a campaign: of its members and of the likely ones among others.
func (v *evaluation) learn(c *Campaign, members, likely []int32) {
	s, p := v.search, v.search.Population
	p.Sort(likely)
	c.Unnamed = c.Unnamed[:0]
	all := slices.Clone(members)
	for _, i := range likely {
		// Who was named meanwhile is a member already.
		name := p.At(i).Profile.Account
		if _, named := c.Members[name]; !named {
			c.Unnamed, all = append(c.Unnamed, name), append(all, i)
		}
	}
	p.Sort(all)
	if g := s.Group(all, detectors.SetOf(c.Defining...)); g.Size >= float64(s.Options.MinGroup) {
		g.Since = c.Model.Takeover.Began
		launched := c.Model.Launched
		c.Model = membership.Learn(g, s.Assessor.Context)
		c.Model.Launched = launched
	}
}

// remaining lists the members that live, and lets go of those that turn out not to fit.
func (v *evaluation) remaining(c *Campaign) (members []int32) {
	p := v.search.Population
	holds := c.holds(p)
	for name := range c.Members {
		a := p.Named(name)
		if a == nil {
			continue
		}
		said := v.tenant.saidOf(c, name)
		l := c.fit(a, v.search, true, holds)
		if said == review.Dismiss && !c.Review.dismisses() ||
			said != review.Confirm && !l.Stays(c.Model.Size, float64(p.Entities())) {
			v.leave(c, name)
			continue
		}
		members = append(members, a.Slot)
	}
	return members
}

const (
	// commonValues is how many values must be common to a campaign's members for others to be
	// looked for by them: one is a popular program.
	commonValues = 2
	// expandBy is the growth from which it is worth fitting the members again: a tenth.
	expandBy = 10
	// expandSeed keeps the hashes of these accounts apart from other hashes of them.
	expandSeed = 5
)

// expand looks for the rest of a campaign of which only a part was found: a pool is at its most
// telling in a few accounts at first, and once those are known, the rest of it stands among the
// others and makes its own attributes common. So the members and all accounts that show every
// value common to them are fitted as one group.
func (v *evaluation) expand(c *Campaign) {
	s, p := v.search, v.search.Population
	common := c.Model.Common()
	if len(common) < commonValues {
		return
	}
	holds := c.holds(p)
	union := c.live(p)
	known := len(union)
	for _, i := range common.Showing(p.Index) {
		if !s.Claims.Has(i) && !holds(i) {
			union = append(union, i)
		}
	}
	fresh := len(union) - known
	if expandBy*fresh < known || fresh < search.Trio || known < search.Trio {
		return
	}
	hash := uint64(len(union))
	for _, i := range union {
		hash += index.Mix(p.At(i).Order, expandSeed)
	}
	if hash == c.expanded && !search.Turn(hash, p.Evaluation) {
		return
	}
	c.expanded = hash
	p.Sort(union)
	defining := detectors.SetOf(c.Defining...)
	for _, x := range common {
		defining |= detectors.SetOf(x.Family)
	}
	s.Claims.Remove(union)
	f, ok := s.FitMembers(union, defining, "growth")
	for _, i := range union {
		if holds(i) {
			s.Claims.Add([]int32{i})
		}
	}
	if ok {
		v.assign(c, &f)
		s.Claims.Add(f.Members)
	}
}

// sameCampaign is the similarity of models from which a new group continues a known campaign: it
// shares the work and most of the rest.
const sameCampaign = 0.6

// openOrMerge turns a group that is a finding into a campaign, or into more of one that is known.
func (v *evaluation) openOrMerge(f *search.Found) {
	if isSilent(f, v.search.Population, v.now, v.engine.o.Quiet) {
		return
	}
	var home *Campaign
	best := sameCampaign
	for _, c := range v.tenant.campaigns {
		if c.kind() != KindCampaign || v.now-c.LastSeen > v.engine.o.Memory.Milliseconds() {
			continue
		}
		if similar := c.Model.Similar(f.Model); similar >= best {
			home, best = c, similar
		}
	}
	switch {
	case home == nil:
		first := v.search.Population.At(f.Members[0]).Profile.Account
		seed := v.tenant.name + "\x00" + first
		home = v.open(
			fmt.Sprintf("%sc-%016x", v.engine.ids, xxh3.HashStringSeed(seed, uint64(v.now))),
			KindCampaign,
		)
		// What is explained is no part of the population from now on.
		v.tenant.population.Baseline = nil
		reviewing{v}.foresee(home, f.Members)
	case home.Closed:
		reviewing{v}.foresee(home, f.Members)
		if !home.Review.dismisses() {
			v.reopen(home)
		}
	}
	v.assign(home, f)
}

// isSilent says that none of a group has sent anything for Options.Quiet: a finding about it would
// be closed at once, and was.
func isSilent(f *search.Found, p *measure.Population, now int64, quiet time.Duration) bool {
	last := int64(0)
	for _, i := range f.Members {
		last = max(last, p.At(i).Profile.LastSeen)
	}
	return now-last >= quiet.Milliseconds()
}

// reopen begins a new finding about a campaign that was closed, and a last record of the old one
// that points at it.
func (v *evaluation) reopen(c *Campaign) {
	if c.Sequence == 0 {
		// It was dismissed before anybody was told of it: there is no old one.
		c.Closed, c.CloseReason, c.closing, c.Opened = false, "", "", v.now
		return
	}
	c.Sequence++
	last := c.finding(Close, v.now)
	last.CloseReason = closeSuperseded
	c.reopen(v.now)
	last.Related = append(last.Related, c.UID())
	v.out = append(v.out, Emission{Finding: last})
}

// open makes a new finding.
func (v *evaluation) open(id string, kind Kind) *Campaign {
	c := &Campaign{
		ID: id, Kind: kind, Tenant: v.tenant.name, Opened: v.now, Members: map[string]int64{},
	}
	v.tenant.campaigns = append(v.tenant.campaigns, c)
	v.engine.clockChanged = true
	return c
}

// assign makes a group the campaign's own.
func (v *evaluation) assign(c *Campaign, f *search.Found) {
	for _, i := range f.Members {
		v.join(c, v.search.Population.At(i).Profile.Account)
	}
	c.Defining = f.Group.Defining.List()
	// What all of its members share: the model of the group alone would let go of the earlier
	// members, to find them again as another group.
	c.Model = f.Model
	v.learn(c, c.live(v.search.Population), f.Unnamed)
	v.measure(c, f)
	c.dirty = true
}
