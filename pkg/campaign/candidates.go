package campaign

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// candidate is a group under suspicion before it is one.
type candidate struct {
	members  []int32
	defining map[detectors.Plane]bool
	origin   string
	score    score
	group    *detectors.Group
}

// minhashes is the number of minima in the signature of an account set. Sixteen estimate a Jaccard similarity within 0.12 (one standard error).
const minhashes = 16

// maxShare is the share of the population above which a posting is no group.
const maxShare = 0.5

// candidates lists the groups to look at: the postings large enough, shingles with nearly the same accounts taken as one scaffold.
func (ix *index) candidates(o *Options) []*candidate {
	var out []*candidate
	largest := int(maxShare * float64(len(ix.accounts)))
	var shingles []key
	for k, list := range ix.postings {
		if len(list) < o.MinGroup || len(list) > max(largest, o.MinGroup) {
			continue
		}
		if k.kind == byShingle {
			shingles = append(shingles, k)
			continue
		}
		if ix.weigh(list) < float64(o.MinGroup) {
			continue
		}
		c := &candidate{members: list, defining: map[detectors.Plane]bool{}}
		switch k.kind {
		case bySkeleton:
			c.origin = "skeleton"
			c.defining[detectors.Work] = true
		case byPayment:
			c.origin = "payment"
			c.defining[detectors.Funding] = true
		case byDevice:
			c.origin = "device"
			c.defining[detectors.Client] = true
		case byClient:
			c.origin = "client"
			c.defining[detectors.Client] = true
		case byIssuerCohort:
			c.origin = "issuer and sign-up"
			c.defining[detectors.Funding], c.defining[detectors.Identity] = true, true
		case byStackCohort:
			c.origin = "client and sign-up"
			c.defining[detectors.Client], c.defining[detectors.Identity] = true, true
		case byNetwork:
			c.origin = "network"
			c.defining[detectors.Network] = true
		case byRelay:
			c.origin = "relay"
			c.defining[detectors.Client] = true
		case byHandOver:
			c.origin = "hand-over"
			c.defining[detectors.Work] = true
		}
		out = append(out, c)
	}
	out = append(out, ix.scaffolds(shingles, o)...)
	// Map order is random: the order of evaluation must not be.
	slices.SortFunc(out, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(a.origin, b.origin), slices.Compare(a.members, b.members))
	})
	return out
}

// scaffolds joins shingles whose account sets are nearly equal into scaffolds, by MinHash signatures and locality-sensitive hashing.
func (ix *index) scaffolds(shingles []key, o *Options) []*candidate {
	type entry struct {
		k   key
		sig [minhashes]uint64
	}
	entries := make([]entry, len(shingles))
	for n, k := range shingles {
		e := entry{k: k}
		for h := range e.sig {
			e.sig[h] = ^uint64(0)
		}
		for _, i := range ix.postings[k] {
			x := ix.accounts[i].order
			for h := range e.sig {
				e.sig[h] = min(e.sig[h], mix(x, uint64(h)))
			}
		}
		entries[n] = e
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(len(ix.postings[b.k]), len(ix.postings[a.k])), cmp.Compare(a.k.hash, b.k.hash))
	})
	bands := map[key]int{}
	clusterOf := make([]int, len(entries))
	var clusters [][]int
	for n := range entries {
		clusterOf[n] = -1
		for b := 0; b < minhashes; b += 2 {
			band := key{keyKind(b), mix(entries[n].sig[b], entries[n].sig[b+1])}
			first, ok := bands[band]
			if !ok {
				bands[band] = n
				continue
			}
			equal := 0
			for h := range entries[n].sig {
				if entries[n].sig[h] == entries[first].sig[h] {
					equal++
				}
			}
			if clusterOf[n] < 0 && equal*10 >= 6*minhashes {
				clusterOf[n] = clusterOf[first]
			}
		}
		if clusterOf[n] < 0 {
			clusterOf[n] = len(clusters)
			clusters = append(clusters, nil)
		}
		clusters[clusterOf[n]] = append(clusters[clusterOf[n]], n)
	}
	var out []*candidate
	counts := map[int32]int{}
	for _, c := range clusters {
		clear(counts)
		for _, n := range c {
			for _, i := range ix.postings[entries[n].k] {
				counts[i]++
			}
		}
		var members []int32
		for i, k := range counts {
			if 3*k >= len(c) {
				members = append(members, i)
			}
		}
		slices.Sort(members)
		if ix.weigh(members) >= float64(o.MinGroup) {
			out = append(out, &candidate{members: members, origin: "scaffold", defining: map[detectors.Plane]bool{detectors.Work: true}})
		}
	}
	return out
}

// weigh is the number of entities among the accounts.
func (ix *index) weigh(members []int32) float64 {
	seen := make(map[uint64]struct{}, len(members))
	for _, i := range members {
		seen[ix.accounts[i].entity] = struct{}{}
	}
	return float64(len(seen))
}

// refinement is a trait by which groups are narrowed down, with the plane that it belongs to.
type refinement struct {
	trait census.Trait
	plane detectors.Plane
}

var refinements = [...]refinement{
	{census.Trait(fingerprint.Payment), detectors.Funding},
	{census.Trait(fingerprint.Issuer), detectors.Funding},
	{census.Trait(fingerprint.Device), detectors.Client},
	{census.Trait(fingerprint.Stack), detectors.Client},
	{census.Trait(fingerprint.Params), detectors.Client},
	{census.SignupDay, detectors.Identity},
}

// refine lists the conjunctions of a candidate with a value of another plane: an account pool hides inside a popular tool's users, and the conjunction brings
// it out. Only values several times as common inside as outside are tried.
func (ix *index) refine(c *candidate, cs *census.Census, o *Options) []*candidate {
	var out []*candidate
	for _, r := range refinements {
		if c.defining[r.plane] {
			continue
		}
		groups := map[uint64][]int32{}
		for _, i := range c.members {
			v := census.Value(&ix.accounts[i].profile, r.trait)
			if v == 0 {
				continue
			}
			if r.trait == census.SignupDay {
				// Windows, as for the postings.
				for _, w := range [2]uint64{v / cohortDays * 2, (v+cohortDays/2)/cohortDays*2 + 1} {
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
			if ix.weigh(members) < float64(o.MinGroup) {
				continue
			}
			d := map[detectors.Plane]bool{r.plane: true}
			for p := range c.defining {
				d[p] = true
			}
			out = append(out, &candidate{members: members, defining: d, origin: c.origin + " and " + string(r.plane)})
		}
	}
	slices.SortFunc(out, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(a.origin, b.origin), slices.Compare(a.members, b.members))
	})
	return out
}

// group makes the detectors' view of some accounts, at most limit of them in sampling order.
func (ix *index) group(members []int32, defining map[detectors.Plane]bool, c *detectors.Context, limit int) *detectors.Group {
	if limit > 0 && len(members) > limit {
		members = members[:limit]
	}
	g := &detectors.Group{Members: make([]detectors.Member, len(members)), Defining: defining}
	entities := make(map[uint64]float64, len(members))
	inside := make(map[int32]bool, len(members))
	for _, i := range members {
		entities[ix.accounts[i].entity]++
		inside[i] = true
	}
	for n, i := range members {
		a := ix.accounts[i]
		w := 1 / entities[a.entity]
		g.Members[n] = detectors.Member{Profile: &a.profile, Vector: &a.vector, Weight: w}
		g.Size += w
		for _, j := range ix.handed[i] {
			if inside[j] {
				g.HandOvers++
				break
			}
		}
	}
	g.SharedWork(c)
	return g
}
