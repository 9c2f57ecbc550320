package campaign

import (
	"cmp"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// candidate is a group under suspicion before it is one.
type candidate struct {
	// identity names the candidate from one evaluation to the next.
	identity uint64
	members  []int32
	defining detectors.PlaneSet
	origin   string
	score    decision.Assessment
	// known is what is remembered of it.
	known *known
}

// minhashes is the number of minima in the signature of an account set. Sixteen estimate a Jaccard similarity within 0.12 (one standard error).
const minhashes = 16

// maxShare is the share of the population above which a posting is no group.
const maxShare = 0.5

// definitions says of each kind of posting what it is called and on which planes it selects its accounts.
var definitions = map[keyKind]struct {
	origin string
	planes []detectors.Plane
}{
	byShingle:      {"scaffold", []detectors.Plane{detectors.Work}},
	bySkeleton:     {"skeleton", []detectors.Plane{detectors.Work}},
	byPayment:      {"payment", []detectors.Plane{detectors.Funding}},
	byDevice:       {"device", []detectors.Plane{detectors.Identity}},
	byStack:        {"stack", []detectors.Plane{detectors.Client}},
	byClient:       {"stack and parameters", []detectors.Plane{detectors.Client}},
	byIssuer:       {"issuer", []detectors.Plane{detectors.Funding}},
	byIssuerCohort: {"issuer and sign-up", []detectors.Plane{detectors.Funding, detectors.Identity}},
	byStackCohort:  {"stack and sign-up", []detectors.Plane{detectors.Client, detectors.Identity}},
	byNetwork:      {"network", []detectors.Plane{detectors.Network}},
	byRelay:        {"relay", []detectors.Plane{detectors.Identity}},
	byHandOver:     {"hand-over", []detectors.Plane{detectors.Identity}},
}

// candidates lists the groups to look at: the postings large enough, shingles with nearly the same accounts taken as one scaffold, and the components of
// handed-over conversations.
func (p *population) candidates(o *Options) []*candidate {
	var out []*candidate
	largest := max(int(maxShare*float64(len(p.byName))), o.MinGroup)
	var shingles []*posting
	add := func(kind keyKind, identity uint64, members []int32) {
		if len(members) < o.MinGroup || p.weigh(members) < o.MinGroup {
			return
		}
		d := definitions[kind]
		c := &candidate{identity: mix(identity, uint64(kind)), members: members, origin: d.origin, defining: detectors.SetOf(d.planes...)}
		out = append(out, c)
	}
	for _, l := range p.lists {
		if l == nil {
			continue
		}
		if n := len(l.members) + len(l.fresh); n < o.MinGroup || n > largest {
			continue
		}
		p.inOrder(l)
		switch k := l.key.kind(); k {
		case byShingle:
			shingles = append(shingles, l)
		case byHead, byOrphan, byParams, byDay:
		default:
			add(k, uint64(l.key), l.members)
		}
	}
	p.scaffolds(shingles, func(first key, members []int32) { add(byShingle, uint64(first), members) })
	for _, members := range p.components() {
		if len(members) <= largest {
			add(byHandOver, p.accounts[members[0]].order, members)
		}
	}
	p.arrange(out)
	return out
}

// arrange puts candidates in an order that depends on nothing but their accounts.
func (p *population) arrange(list []*candidate) {
	slices.SortStableFunc(list, p.earlier)
}

func (p *population) earlier(a, b *candidate) int {
	return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(a.origin, b.origin),
		slices.CompareFunc(a.members, b.members, func(i, j int32) int { return p.before(i, p.accounts[j]) }))
}

// scaffolds joins shingles whose account sets are nearly equal, by MinHash signatures and locality-sensitive hashing (Broder 1997), and lists the accounts that carry
// at least a third of each.
func (p *population) scaffolds(shingles []*posting, visit func(first key, members []int32)) {
	for _, l := range shingles {
		if !l.signed {
			p.sign(l)
		}
	}
	slices.SortFunc(shingles, func(a, b *posting) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(a.key, b.key))
	})
	type band struct {
		n    int
		hash uint64
	}
	firsts := map[band]int{}
	var clusters [][]*posting
	home := make([]int, len(shingles))
	for n, l := range shingles {
		home[n] = -1
		for b := 0; b < minhashes; b += 2 {
			k := band{b, uint64(l.signature[b])<<32 | uint64(l.signature[b+1])}
			first, ok := firsts[k]
			if !ok {
				firsts[k] = n
				continue
			}
			if home[n] < 0 && similar(&l.signature, &shingles[first].signature) {
				home[n] = home[first]
			}
		}
		if home[n] < 0 {
			home[n] = len(clusters)
			clusters = append(clusters, nil)
		}
		clusters[home[n]] = append(clusters[home[n]], l)
	}
	counts := map[int32]int{}
	for _, c := range clusters {
		if len(c) == 1 {
			visit(c[0].key, c[0].members)
			continue
		}
		clear(counts)
		for _, l := range c {
			for _, i := range l.members {
				counts[i]++
			}
		}
		var members []int32
		for i, k := range counts {
			if 3*k >= len(c) {
				members = append(members, i)
			}
		}
		p.sort(members)
		visit(c[0].key, members)
	}
}

// sign computes the MinHash signature of a posting.
func (p *population) sign(l *posting) {
	for h := range l.signature {
		l.signature[h] = ^uint32(0)
	}
	for _, i := range l.members {
		x := p.accounts[i].order
		for h := range l.signature {
			l.signature[h] = min(l.signature[h], uint32(mix(x, uint64(h))>>32))
		}
	}
	l.signed = true
}

// similar says that two signatures agree in six of ten places: an estimated Jaccard similarity of 0.6.
func similar(a, b *[minhashes]uint32) bool {
	equal := 0
	for h := range a {
		if a[h] == b[h] {
			equal++
		}
	}
	return equal*10 >= 6*minhashes
}

// refinement is a trait by which groups are narrowed down, with the plane that it belongs to.
type refinement struct {
	trait census.Trait
	plane detectors.Plane
}

var refinements = [...]refinement{
	{census.Trait(fingerprint.Payment), detectors.Funding},
	{census.Trait(fingerprint.Issuer), detectors.Funding},
	{census.Trait(fingerprint.Device), detectors.Identity},
	{census.Trait(fingerprint.Stack), detectors.Client},
	{census.Trait(fingerprint.Params), detectors.Client},
	{census.SignupDay, detectors.Identity},
}

// refine lists the conjunctions of a candidate with a value of another plane: an account pool hides inside a popular tool's users, and the conjunction brings
// it out. Only values several times as common inside as outside are tried.
func (p *population) refine(c *candidate, cs *census.Census, o *Options) []*candidate {
	var out []*candidate
	for _, r := range refinements {
		if c.defining.Has(r.plane) {
			continue
		}
		groups := map[uint64][]int32{}
		for _, i := range c.members {
			v := census.Value(&p.accounts[i].profile, r.trait)
			if v == 0 {
				continue
			}
			if r.trait == census.SignupDay {
				// Windows, as for the postings.
				for _, w := range cohorts(v) {
					groups[w] = append(groups[w], i)
				}
				continue
			}
			groups[v] = append(groups[v], i)
		}
		for v, members := range groups {
			if len(members) < o.MinGroup || 10*len(members) > 9*len(c.members) {
				continue
			}
			share := float64(len(members)) / float64(len(c.members))
			if r.trait != census.SignupDay && share < 2*cs.Share(r.trait, v) {
				continue
			}
			if p.weigh(members) < o.MinGroup {
				continue
			}
			d := c.defining | detectors.SetOf(r.plane)
			out = append(out, &candidate{identity: mix(c.identity^uint64(r.trait), v), members: members, defining: d, origin: c.origin + " and " + string(r.plane)})
		}
	}
	p.arrange(out)
	return out
}

// group makes the detectors' view of some accounts, at most limit of them in sampling order.
func (p *population) group(members []int32, defining detectors.PlaneSet, c *detectors.Context, limit int) *detectors.Group {
	all := members
	if limit > 0 && len(members) > limit {
		members = members[:limit]
	}
	g := &detectors.Group{Members: make([]detectors.Member, len(members)), Defining: defining}
	entities := make(map[uint64]float64, len(members))
	for _, i := range members {
		entities[p.accounts[i].entity]++
	}
	inside := make(map[int32]bool, len(all))
	for _, i := range all {
		inside[i] = true
	}
	counted := 0.0
	for n, i := range members {
		a := p.accounts[i]
		w := 1 / entities[a.entity]
		g.Members[n] = detectors.Member{Profile: &a.profile, Vector: &a.vector, Weight: w, Mass: p.mass(a)}
		g.Size += w
		if a.counted == c.Census {
			counted += w
		}
		if !a.named {
			g.Unnamed++
			if len(a.handed) > 0 {
				g.Handed++
			}
		}
		for _, j := range a.handed {
			if inside[j] {
				g.HandOvers++
				break
			}
		}
	}
	// What was not looked at is taken to be like what was.
	part := float64(len(all)) / float64(max(len(members), 1))
	g.Own = math.Min(maxShare, counted*part/float64(max(c.Census.N, 1)))
	g.Unnamed, g.Handed = int(part*float64(g.Unnamed)), int(part*float64(g.Handed))
	g.SharedWork(c)
	return g
}
