// Package campaign finds groups of accounts that act as one and harvest, and follows them: candidates from shared values, evidence added up on two axes,
// pruning, explaining away, a stable identity across replaced pools, and the findings that tell of it.
//
// The engine is pure: profiles in, findings and account verdicts out, the time from the events.
package campaign

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Engine holds the live profiles of all tenants and the campaigns among them. It is not safe for concurrent use.
type Engine struct {
	o        Options
	registry []detectors.Detector
	tenants  map[string]*tenant
	next     int64
	// clockChanged says that the next evaluation or the list of campaigns is not as it was last saved.
	clockChanged bool
	// Trace, when set, is told of every candidate that is measured.
	Trace func(Candidate)
	// Sighted, when set, is told at every evaluation of what the watch list's indicators were found on.
	Sighted func(Sighting)
	list    WatchList
}

type tenant struct {
	name       string
	population *population
	campaigns  []*Campaign
	census     *census.Census
	taken      int64
	size       int
	matcher    *matcher
	// unread are the accounts some of whose records could not be read, by name.
	unread map[string]*unread
	// disturbed is when their number last was more than that of the accounts that could be read.
	disturbed int64
}

// Emission is one thing to tell: a finding or an account verdict.
type Emission struct {
	Finding *Finding
	Account *AccountVerdict
}

// New makes an engine; the options must be valid.
func New(o Options) (*Engine, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("correlate options: %w", err)
	}
	return &Engine{o: o, registry: detectors.All(), tenants: map[string]*tenant{}}, nil
}

func (e *Engine) tenant(name string) *tenant {
	t := e.tenants[name]
	if t == nil {
		t = &tenant{name: name, population: newPopulation()}
		e.tenants[name] = t
	}
	return t
}

// Upsert takes a new snapshot of an account. The engine owns p and all it points at from then on.
func (e *Engine) Upsert(p fingerprint.Profile) {
	t := e.tenant(p.Tenant)
	t.noteUnread(&p)
	if p.Requests == 0 && p.UnreadableAt > 0 {
		// There is nothing to compare of an account of which nothing could be read.
		t.population.remove(p.Account)
		return
	}
	t.population.upsert(p)
}

// Remove forgets an account that has been silent for the fingerprint's whole horizon.
func (e *Engine) Remove(tenantName, account string) {
	t := e.tenants[tenantName]
	if t == nil {
		return
	}
	t.population.remove(account)
	delete(t.unread, account)
	if len(t.population.byName) == 0 && len(t.campaigns) == 0 && len(t.unread) == 0 {
		delete(e.tenants, tenantName)
	}
}

// Accounts is the number of live profiles.
func (e *Engine) Accounts() (n int) {
	for _, t := range e.tenants {
		n += len(t.population.byName)
	}
	return n
}

// Open is the number of open campaigns.
func (e *Engine) Open() (n int) {
	for _, t := range e.tenants {
		for _, c := range t.campaigns {
			if !c.Closed {
				n++
			}
		}
	}
	return n
}

// Advance evaluates everything once if an evaluation is due at event time now (Unix ms).
func (e *Engine) Advance(now int64) []Emission {
	interval := e.o.Interval.Milliseconds()
	if e.next == 0 {
		e.next, e.clockChanged = now+interval, true
		return nil
	}
	if now < e.next {
		return nil
	}
	// Aligned to the interval, so that a restart evaluates at the same times.
	e.next, e.clockChanged = now-now%interval+interval, true
	var out []Emission
	for _, name := range sortedKeys(e.tenants) {
		out = append(out, e.evaluate(e.tenants[name], now)...)
	}
	return out
}

// Next is the event time of the next evaluation.
func (e *Engine) Next() int64 { return e.next }

func (e *Engine) evaluate(t *tenant, now int64) []Emission {
	// Also where nothing is judged yet: what is sought must not pile up.
	t.population.seek()
	// A clock that jumped back or a young population: nothing to compare with yet.
	if len(t.population.byName) < e.o.MinPopulation || now-t.population.first < e.o.WarmUp.Milliseconds() {
		return nil
	}
	pop := t.population
	for _, a := range pop.accounts {
		if a != nil {
			a.named = false
		}
	}
	for _, c := range t.campaigns {
		if c.Closed || c.kind() != KindCampaign {
			continue
		}
		for name := range c.Members {
			if a := pop.byName[name]; a != nil {
				a.named = true
			}
		}
	}
	// The census moves slowly: every four hours, or when the population has grown by a fifth.
	if n := len(pop.byName); t.census == nil || now-t.taken >= 4*3_600_000 || n*5 > t.size*6 {
		t.census = takeCensus(pop.sorted(), e.o.Census)
		t.taken, t.size = now, n
	}
	ctx := &detectors.Context{
		Census:           t.census,
		Rhythm:           pop.rhythm(now, e.o.Census.Sample),
		ShingleAccounts:  func(h uint64) int { return pop.count(makeKey(byShingle, h)) },
		SkeletonAccounts: func(h uint64) int { return pop.count(makeKey(bySkeleton, h)) },
	}
	ctx.HandedOver, ctx.Unnamed = pop.handedOver()
	s := &search{o: &e.o, assessor: decision.Assessor{Registry: e.registry, Context: ctx}, pop: pop, ctx: ctx, taken: map[int32]bool{}}
	if e.Trace != nil {
		s.trace = func(c Candidate) {
			c.Tenant, c.Time = t.name, now
			e.Trace(c)
		}
	}
	pop.evaluation++
	// Open campaigns first: who fits one belongs to it and is explained.
	touched := map[string]bool{}
	for _, c := range t.campaigns {
		if c.Closed || c.kind() != KindCampaign {
			continue
		}
		e.follow(c, s, now, touched)
	}
	for _, f := range s.run() {
		e.adopt(t, f, s, now, touched)
	}
	for _, c := range t.campaigns {
		if !c.Closed && c.followed == pop.evaluation {
			e.grow(c, s, now, touched)
		}
	}
	e.watch(t, s, now, touched)
	return e.tell(t, now, touched)
}

// follow takes the accounts that fit an open campaign into it and measures it again.
func (e *Engine) follow(c *Campaign, s *search, now int64, touched map[string]bool) {
	var members []int32
	holds := c.holds(s.pop)
	for name := range c.Members {
		a := s.pop.byName[name]
		if a == nil {
			continue
		}
		// Who was named early on little evidence and turns out not to fit is cleared; a member who fits less than before is not.
		if l := c.Model.fit(a, s.ctx, true, a.linked(holds)); l.bits < cleared && !l.same {
			delete(c.Members, name)
			touched[name] = true
			continue
		}
		members = append(members, a.slot)
	}
	// Who did not fit and has sent nothing since is looked at again once in a while only.
	whole := c.followed != s.pop.evaluation-1 || s.pop.evaluation%wholeScan == 0
	c.followed = s.pop.evaluation
	for _, i := range s.pop.suspects(c.Model, s.ctx, members) {
		a := s.pop.accounts[i]
		if !whole && a.changed < s.pop.evaluation || s.taken[i] || holds(i) {
			continue
		}
		if l := c.Model.fit(a, s.ctx, false, a.linked(holds)); l.fits(c.Model.Size, float64(len(s.pop.entities))) {
			members = append(members, a.slot)
			c.Members[a.profile.Account] = now
			touched[a.profile.Account] = true
		}
	}
	for _, i := range members {
		s.taken[i] = true
	}
	s.pop.sort(members)
	if s.pop.weigh(members) < 3 {
		if len(c.Members) == 0 {
			c.closing = "withdrawn"
		}
		return
	}
	g := s.pop.group(members, detectors.SetOf(c.Defining...), s.ctx, e.o.ScoreMembers)
	sc := s.assessor.Assess(g, 1, true)
	c.measure(g, &sc, e, s, members)
	c.weigh(&sc, &e.o, now)
	if g.Size >= float64(e.o.MinGroup) {
		c.Model = learn(g, s.ctx)
	}
	c.dirty = true
}

// grow looks for the rest of a campaign of which only a part was found: a pool is at its most telling in a few accounts at first, and once those are known, the
// rest of it stands among the others and makes its own traits common. So the members and all accounts that show every trait common to them are settled as one group.
func (e *Engine) grow(c *Campaign, s *search, now int64, touched map[string]bool) {
	common := c.Model.common()
	if len(common) < 2 {
		return
	}
	holds := c.holds(s.pop)
	var union []int32
	fresh := 0
	for name := range c.Members {
		if a := s.pop.byName[name]; a != nil {
			union = append(union, a.slot)
		}
	}
	for _, i := range s.pop.showing(common) {
		if !s.taken[i] && !holds(i) {
			union = append(union, i)
			fresh++
		}
	}
	if known := len(union) - fresh; 10*fresh < known || fresh < 3 || known < 3 {
		return
	}
	stamp := uint64(len(union))
	for _, i := range union {
		stamp += mix(s.pop.accounts[i].order, 5)
	}
	if stamp == c.grown && (stamp+uint64(s.pop.evaluation))%wholeScan != 0 {
		return
	}
	s.pop.sort(union)
	defining := detectors.SetOf(c.Defining...)
	for _, x := range common {
		defining |= detectors.SetOf(x.plane)
	}
	for _, i := range union {
		delete(s.taken, i)
	}
	f, ok := s.settle(&candidate{members: union, defining: defining, origin: "growth"})
	for _, i := range union {
		if holds(i) {
			s.taken[i] = true
		}
	}
	if c.grown = stamp; !ok {
		return
	}
	e.adoptInto(c, f, s, now, touched)
	for _, i := range f.members {
		s.taken[i] = true
	}
}

// adopt turns a group beyond the line into a campaign, or into more of one that is known.
func (e *Engine) adopt(t *tenant, f found, s *search, now int64, touched map[string]bool) {
	var home *Campaign
	best := sameCampaign
	for _, c := range t.campaigns {
		if c.kind() != KindCampaign || now-c.LastSeen > e.o.Memory.Milliseconds() {
			continue
		}
		if v := c.Model.similar(f.model); v >= best {
			home, best = c, v
		}
	}
	if home == nil {
		first := s.pop.accounts[f.members[0]]
		id := fmt.Sprintf("c-%016x", xxh3.HashStringSeed(t.name+"\x00"+first.profile.Account, uint64(now)))
		home = &Campaign{ID: id, Tenant: t.name, Opened: now, Members: map[string]int64{}}
		t.campaigns = append(t.campaigns, home)
		e.clockChanged = true
		// What is explained is no part of the population from now on.
		t.census = nil
	} else if home.Closed {
		home.reopen(now)
	}
	e.adoptInto(home, f, s, now, touched)
}

// adoptInto makes a group the campaign's own.
func (e *Engine) adoptInto(home *Campaign, f found, s *search, now int64, touched map[string]bool) {
	for _, i := range f.members {
		name := s.pop.accounts[i].profile.Account
		if _, ok := home.Members[name]; !ok {
			home.Members[name] = now
			touched[name] = true
		}
	}
	home.Model = f.model
	home.Defining = f.group.Defining.List()
	home.measure(f.group, &f.score, e, s, f.members)
	home.dirty = true
}

// wholeScan is the number of evaluations after which an open campaign looks at all accounts again, not only at those that changed: its model moves slowly.
const wholeScan = 12

// cleared is the fit in bits below which a member is let go: even odds against a random account, well below what naming one takes.
const cleared = 1

// sameCampaign is the similarity of models from which a new group continues a known campaign: it shares the work and most of the rest.
const sameCampaign = 0.6

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
