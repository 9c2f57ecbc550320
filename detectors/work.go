package detectors

import (
	"cmp"
	"math"
	"slices"

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
	// leastShingles is the number of shared shingles from which there is a template: one is a
	// phrase.
	leastShingles = 2
	// fullTraffic is the share of a member's requests from which its template or layout is full
	// evidence: a reseller hides its harvest among ordinary requests.
	fullTraffic = 0.25
)

// CommonWork is what the prompts of a group's members have in common.
type CommonWork struct {
	// Shingles are the shared shingles: in the prompt template of at least a fifth of the members
	// and, among them, several times as common as in the population.
	Shingles []Shared
	// Mass is the members' mean share of their own prompt template that is shared, weighted by
	// rarity. Traffic is the mean share of their requests that carry it.
	Mass, Traffic float64
	// Rarity is the mean idf of the shared shingles in bits, weighted by the members that show
	// them.
	Rarity float64
	// Carriers is the weight of the members that carry at least a third of the shared shingles.
	Carriers float64
	// Layout is the commonest line structure, with the share of members that recur in it and its
	// idf.
	Layout       uint64
	LayoutShare  float64
	LayoutRarity float64
	// LayoutTraffic is the mean share of requests in it among those members.
	LayoutTraffic float64
}

// Shared is a shingle with the weight of the members that carry it and its idf.
type Shared struct {
	Hash   uint64
	Weight float64
	Idf    float64
}

// SharedWork finds what the members' prompt templates have in common and remembers it in the group.
func (g *Group) SharedWork(c *Context) {
	weights := map[uint64]float64{}
	layouts := map[uint64]float64{}
	for i := range g.Members {
		m := &g.Members[i]
		least := fingerprint.Recurs(m.Profile.WithText)
		for _, s := range m.Profile.Template {
			if s.Count >= least {
				weights[s.Hash] += m.Weight
			}
		}
		for _, s := range m.Profile.Layouts {
			if s.Count >= least {
				layouts[s.Hash] += m.Weight
			}
		}
	}
	w := CommonWork{}
	for h, weight := range weights {
		if weight < g.Size/shingleMembers || weight < leastCarriers {
			continue
		}
		df := c.ShingleAccounts(h)
		if weight/g.Size < overPopulation*float64(df)/float64(c.Baseline.N+1) {
			continue
		}
		w.Shingles = append(w.Shingles, Shared{h, weight, c.Idf(df)})
	}
	slices.SortFunc(w.Shingles, func(a, b Shared) int {
		return cmp.Or(cmp.Compare(b.Weight*b.Idf, a.Weight*a.Idf), cmp.Compare(a.Hash, b.Hash))
	})
	shared := make(map[uint64]float64, len(w.Shingles))
	norm := 0.0
	for _, s := range w.Shingles {
		shared[s.Hash] = s.Idf
		w.Rarity += s.Weight * s.Idf
		norm += s.Weight
	}
	if norm > 0 {
		w.Rarity /= norm
	}
	for i := range g.Members {
		m := &g.Members[i]
		mass, traffic, carried := containment(m, shared)
		w.Mass += m.Weight * mass
		w.Traffic += m.Weight * traffic
		if carrierShingles*carried >= len(w.Shingles) && carried > 0 {
			w.Carriers += m.Weight
		}
	}
	if g.Size > 0 {
		w.Mass /= g.Size
		w.Traffic /= g.Size
	}
	best := 0.0
	for h, weight := range layouts {
		if weight < leastCarriers {
			continue
		}
		idf := c.Idf(c.LayoutAccounts(h))
		if v := weight / g.Size * idf; v > best || v == best && h < w.Layout {
			best, w.Layout, w.LayoutShare, w.LayoutRarity = v, h, weight/g.Size, idf
		}
	}
	if w.Layout != 0 {
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
	g.Work = w
}

// containment is the idf-weighted share of a member's prompt template that lies in the shared set,
// the share of its requests that carry the shared part, and the number of shared shingles it
// carries.
func containment(m *Member, shared map[uint64]float64) (mass, traffic float64, carried int) {
	if len(shared) == 0 {
		return 0, 0, 0
	}
	least := fingerprint.Recurs(m.Profile.WithText)
	inside := 0.0
	var most uint32
	for _, s := range m.Profile.Template {
		if s.Count < least {
			continue
		}
		if idf, ok := shared[s.Hash]; ok {
			inside += float64(s.Count) * idf
			most = max(most, s.Count)
			carried++
		}
	}
	if m.Mass > 0 {
		// The idf moves a little between the account's last profile and now.
		mass = math.Min(1, inside/m.Mass)
	}
	if m.Profile.WithText > 0 {
		traffic = math.Min(1, float64(most)/float64(m.Profile.WithText))
	}
	return mass, traffic, carried
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
