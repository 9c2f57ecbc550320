package detectors

import (
	"cmp"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// MaxWork bounds what shared work is worth, in bits: a template of one account in thirty-two. A
// rarer one is not more suspicious: how rare the same forty accounts of one vendor are depends on
// how many other customers the gateway has, not on what these accounts do.
const MaxWork = 5

const (
	// shingleMembers is one in how many members carry a shingle that is the group's: a pool may
	// work on several templates at once.
	shingleMembers = 5
	// leastCarriers is the weight of the members that share something at least: two of eight
	// unrelated accounts have one popular text in common in one group of a dozen, three hardly
	// ever.
	leastCarriers = leastMembers
	// overPopulation is how many times as common in the group as in the population a shingle is
	// that is the group's work. What everyone writes is not; 4 are two bits, as a tool's text of a
	// quarter of all accounts would earn (Idf).
	overPopulation = 4
	// carrierShingles is one in how many of the shared shingles a carrier shows: a sample of its
	// template may miss the others.
	carrierShingles = 3
	// leastShingles is the number of shared shingles from which there is a text whatever its part
	// in the requests: one may be a phrase. Of a system prompt one shingle in eight is sampled, so
	// that a short one shows one; where it is in mostTraffic of the members' requests or more it is
	// what they are for (judged).
	leastShingles = 2
	mostTraffic   = 0.8
	// fullTraffic is the share of a member's requests from which its template or layout is full
	// evidence: a reseller hides its harvest among ordinary requests.
	fullTraffic = 0.25
)

// CommonWork is what the prompts of a group's members have in common.
type CommonWork struct {
	// Shingles are the shared shingles: in the profile of at least a fifth of the members (in the
	// prompt template, or written once by one that has sent little) and, among them, several times
	// as common as in the population.
	Shingles []Shared
	// Mass is the members' mean share of the recurring text in these requests that is shared,
	// weighted by rarity. Traffic is the mean share of their requests that carry shared text.
	Mass, Traffic float64
	// Rarity is the mean idf of the shared shingles in bits, weighted by the members that show
	// them.
	Rarity float64
	// Carriers is the weight of the members that carry at least a third of the shared shingles of
	// one text.
	Carriers float64
	// Pace is the mean share of a carrier's requests that carry the same shared shingle: with many
	// texts it is small, and an account that has sent little may show none of them yet.
	Pace float64
	// Layout is the commonest line structure, with the share of members that recur in it and its
	// idf.
	Layout       uint64
	LayoutShare  float64
	LayoutRarity float64
	// LayoutTraffic is the mean share of requests in it among those members.
	LayoutTraffic float64
}

// HasText says that the members share a text.
func (w *CommonWork) HasText() bool {
	n := len(w.Shingles)
	return n >= leastShingles || n > 0 && w.Traffic >= mostTraffic
}

// Shared is a shingle with the weight of the members that carry it, that of those among them that
// wrote it once, its idf, and the number of the text that it is of; 0 is none that is known by
// several shingles.
type Shared struct {
	Hash         uint64
	Weight, Once float64
	// Idf is the mean over the members: in whose prompts it recurs, against the others in whose
	// prompts it does; who wrote it once, against all that wrote it. Recurring is the first.
	Idf, Recurring float64
	Text           uint8
}

// sharedBy is a shingle that members carry, once or again and again, ok where it is the group's.
func (g *Group) sharedBy(c *Context, hash uint64, recurring, once float64) (s Shared, ok bool) {
	s = Shared{Hash: hash, Weight: recurring + once, Once: once}
	if s.Weight < g.Size/shingleMembers || s.Weight < leastCarriers {
		return s, false
	}
	again, all := c.ShingleAccounts(hash)
	all += again
	others := (recurring*float64(again) + once*float64(all)) / s.Weight
	if s.Weight/g.Size < overPopulation*others/float64(c.Baseline.N+1) {
		return s, false
	}
	s.Recurring = c.Idf(again)
	s.Idf = (recurring*s.Recurring + once*c.Idf(all)) / s.Weight
	return s, true
}

// SharedWork finds what the members' prompt templates have in common and remembers it in the group.
// mass is a member's whole recurring text: the sum over its prompt template of sightings times idf.
// It is asked for where there is shared text only.
func (g *Group) SharedWork(c *Context, mass func(member int) float64) {
	g.counter = &c.values
	recurring, once, layouts := &c.shingles, &c.once, &c.layouts
	recurring.Reset()
	once.Reset()
	layouts.Reset()
	for i := range g.Members {
		m := &g.Members[i]
		prompts := m.Profile.WithText
		least, shown := fingerprint.Recurs(prompts), fingerprint.Shows(prompts)
		for _, s := range m.Profile.Template {
			switch {
			case s.Count >= least:
				recurring.Add(s.Hash, m.Weight)
			case s.Count >= shown:
				once.Add(s.Hash, m.Weight)
			}
		}
		for _, s := range m.Profile.Layouts {
			if s.Count >= least {
				layouts.Add(s.Hash, m.Weight)
			}
		}
	}
	w := CommonWork{}
	add := func(h uint64) {
		if s, ok := g.sharedBy(c, h, recurring.Of(h), once.Of(h)); ok {
			w.Shingles = append(w.Shingles, s)
		}
	}
	recurring.Each(func(h uint64, _ float64) { add(h) })
	once.Each(func(h uint64, _ float64) {
		if recurring.Of(h) == 0 {
			add(h)
		}
	})
	slices.SortFunc(w.Shingles, func(a, b Shared) int {
		return cmp.Or(cmp.Compare(b.Weight*b.Idf, a.Weight*a.Idf), cmp.Compare(a.Hash, b.Hash))
	})
	g.tellTexts(w.Shingles)
	w.weighText(g, mass)
	w.weighLayout(g, c, layouts)
	g.Work = w
}

// weighText says how rare the shared shingles are and how much of the members' work they are.
func (w *CommonWork) weighText(g *Group, mass func(member int) float64) {
	shared := make(map[uint64]*Shared, len(w.Shingles))
	var texts [MaxTexts]int
	norm := 0.0
	defer g.slice(shared)
	for i := range w.Shingles {
		s := &w.Shingles[i]
		shared[s.Hash] = s
		texts[s.Text]++
		w.Rarity += s.Weight * s.Idf
		norm += s.Weight
	}
	if norm == 0 {
		return
	}
	w.Rarity /= norm
	for i := range g.Members {
		m := &g.Members[i]
		x := contain(m.Profile, shared, func() float64 { return mass(i) })
		w.Mass += m.Weight * x.mass
		w.Traffic += m.Weight * x.traffic
		for text, n := range x.carried {
			if carrierShingles*n >= texts[text] && n > 0 {
				w.Carriers += m.Weight
				w.Pace += m.Weight * x.pace
				break
			}
		}
	}
	w.Mass /= g.Size
	w.Traffic /= g.Size
	if w.Carriers > 0 {
		w.Pace /= w.Carriers
	}
}

// weighLayout finds the commonest layout among those that members recur in, by their weight.
func (w *CommonWork) weighLayout(g *Group, c *Context, layouts *baseline.Counter) {
	best := 0.0
	layouts.Each(func(h uint64, weight float64) {
		if weight < leastCarriers {
			return
		}
		idf := c.Idf(c.LayoutAccounts(h))
		if v := weight / g.Size * idf; v > best || v == best && h < w.Layout {
			best, w.Layout, w.LayoutShare, w.LayoutRarity = v, h, weight/g.Size, idf
		}
	})
	if w.Layout == 0 {
		return
	}
	n := 0.0
	for i := range g.Members {
		m := &g.Members[i]
		for _, s := range m.Profile.Layouts {
			if s.Hash == w.Layout && m.Profile.WithText > 0 {
				w.LayoutTraffic += m.Weight *
					math.Min(1, float64(s.Count)/float64(m.Profile.WithText))
				n += m.Weight
			}
		}
	}
	if n > 0 {
		w.LayoutTraffic /= n
	}
}

// containment is what a member's requests have of the shared text: mass the share of the text that
// recurs in them, weighted by idf, traffic the share of all its requests that carry the shared
// text, pace the share that carries the commonest shingle of it, and carried the shared shingles of
// each text that it shows.
type containment struct {
	mass, traffic, pace float64
	carried             [MaxTexts]int
}

// mass is its whole recurring text.
func contain(
	p *fingerprint.Profile, shared map[uint64]*Shared, mass func() float64,
) (x containment) {
	if len(shared) == 0 || p.WithText == 0 {
		return x
	}
	least, shown := fingerprint.Recurs(p.WithText), fingerprint.Shows(p.WithText)
	inside, recurring := 0.0, 0.0
	var seen Sightings
	rest := make([]uint32, 0, fingerprint.MaxTemplate)
	for _, s := range p.Template {
		of := shared[s.Hash]
		switch {
		case s.Count < shown || of == nil && s.Count < least:
			// What it wrote once and nobody else wrote is what it asked.
			continue
		case of == nil:
			seen.Other(s.Count)
			rest = append(rest, s.Count)
			continue
		}
		seen.Shared(of.Text, s.Count)
		inside += float64(s.Count) * of.Recurring
		if s.Count >= least {
			recurring += float64(s.Count) * of.Recurring
		}
		x.carried[of.Text]++
	}
	covered := seen.Requests(p)
	x.traffic = float64(covered) / float64(p.WithText)
	x.pace = math.Min(1, float64(seen.commonest())/float64(p.WithText))
	if inside == 0 {
		return x
	}
	// What else recurs counts as far as it must be in the same requests. A pool on leased accounts
	// is not what their owners do; a program of one's own around a public text is in all of it.
	beside, others := 0.0, 0.0
	templated := max(p.TemplateRequests, covered)
	for _, n := range rest {
		others += float64(n)
		beside += math.Max(0, float64(n)+float64(covered)-float64(max(templated, n)))
	}
	own := math.Max(0, mass()-recurring)
	if others > 0 {
		own *= beside / others
	}
	x.mass = inside / (inside + own)
	return x
}

// textNull is the null of shared text.
const textNull = "The members are drawn at random, and each carries a text as often as the " +
	"population does. The likelihood ratio of the carriers' share in the group against that is an " +
	"e-value once it is divided by the number of texts that could have been the common one; the " +
	"bits are at most log2 of it, and else the rarity of the text."

// beyondChance is log2 of the likelihood ratio by which so many of n members carry a text of this
// rarity (bits), over the number of texts that as many accounts of the population may share: the
// group was not drawn for one of them, but the most telling is looked at.
func beyondChance(carriers, n, rarity float64, c *Context) float64 {
	share, others := math.Min(1, carriers/n), math.Exp2(-rarity)
	if share <= others {
		return 0
	}
	ratio := carriers * math.Log2(share/others)
	if share < 1 {
		ratio += (n - carriers) * math.Log2((1-share)/(1-others))
	}
	return math.Max(0, ratio-math.Log2(math.Max(1, float64(c.Baseline.N)/leastCarriers)))
}
