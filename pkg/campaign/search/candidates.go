package search

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
)

// candidate is a group to look at.
type candidate struct {
	// identity names the candidate from one evaluation to the next.
	identity uint64
	members  []int32
	defining detectors.FamilySet
	origin   string
	// cached is its score.
	cached *cachedScore
}

// origin says what the groups of a kind of posting are called and on which signal families it
// selects its accounts. The name is also an order among candidates of one size.
type origin struct {
	name     string
	families detectors.FamilySet
}

// origins has the origin of each kind; those of attributes are as the table of attributes says.
var origins = func() map[index.Kind]origin {
	work, client := detectors.SetOf(detectors.Work), detectors.SetOf(detectors.Client)
	funding, identity := detectors.SetOf(detectors.Funding), detectors.SetOf(detectors.Identity)
	of := map[index.Kind]origin{
		index.ByShingle:      {"prompt template", work},
		index.ByLayout:       {"prompt layout", work},
		index.ByClient:       {"stack and parameters", client},
		index.ByIssuerCohort: {"issuer and sign-up", funding | identity},
		index.ByStackCohort:  {"stack and sign-up", client | identity},
		index.ByRelay:        {"relay", identity},
		index.ByLink:         {"hand-over", identity},
	}
	for _, a := range attribute.Where(func(s *attribute.Spec) bool { return s.Group != "" }) {
		of[index.KindOf(a)] = origin{a.Spec().Group, detectors.SetOf(a.Family())}
	}
	return of
}()

// candidates lists the groups to look at: the postings large enough, shingles with nearly the same
// accounts taken as one, texts whose accounts coincide beyond chance, and the accounts joined by
// handed-over conversations.
func (r *run) candidates() (out []*candidate) {
	p := r.Population
	least := r.Options.MinGroup
	most := max(int(measure.MaxShare*float64(p.Len())), least)
	add := func(kind index.Kind, identity uint64, members []int32) {
		if r.tooSmall(members) {
			return
		}
		o := origins[kind]
		out = append(out, &candidate{
			identity: index.Mix(identity, uint64(kind)), members: members,
			origin: o.name, defining: o.families,
		})
	}
	p.Postings.Groups(least, most, func(k index.Key, members []int32) {
		add(k.Kind(), uint64(k), members)
	})
	var texts []textGroup
	p.Postings.ShingleGroups(Trio, most, func(first index.Key, members []int32) {
		texts = append(texts, textGroup{first, members})
		add(index.ByShingle, uint64(first), members)
	})
	r.united(texts, func(identity uint64, members []int32) {
		if len(members) <= most {
			add(index.ByShingle, identity, members)
		}
	})
	for _, members := range p.LinkedGroups() {
		if len(members) <= most {
			add(index.ByLink, p.Slots[members[0]].Order, members)
		}
	}
	slices.SortStableFunc(out, r.compare)
	return out
}

// tooSmall says that there are fewer entities than a group has.
func (s *Search) tooSmall(members []int32) bool {
	return !s.Population.HasEntities(members, s.Options.MinGroup)
}

// compare orders candidates by nothing but their accounts.
func (r *run) compare(a, b *candidate) int {
	return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(a.origin, b.origin),
		slices.CompareFunc(a.members, b.members, r.Population.Compare))
}

// refiners are the attributes by which groups are narrowed down.
var refiners = attribute.Where(func(s *attribute.Spec) bool { return s.Refines })

const (
	// refinedPart is the part of a candidate above which a refinement is the same group again.
	refinedPart = 0.9
	// refinedLift is how many times as common a value must be inside the candidate as outside.
	refinedLift = 2
)

// refinements are the candidate's refinements, which are the same while its members and their slots
// are. They are copies: what is measured of them changes them, and the next evaluation needs them
// whole.
func (r *run) refinements(c *candidate) []*candidate {
	k := c.cached
	if places := r.places(c.members); k.refinedFrom != places || r.isTurn(c) {
		k.refined, k.refinedFrom = r.refine(c), places
	}
	out := make([]*candidate, len(k.refined))
	for i := range k.refined {
		x := k.refined[i]
		out[i] = &x
	}
	return out
}

// places is a hash of accounts and the slots in which they are.
func (r *run) places(members []int32) (hash uint64) {
	for _, i := range members {
		// A sum, because a set has no order.
		hash += index.Mix(r.Population.Slots[i].Order, uint64(i)+placesSeed)
	}
	return hash
}

// refine lists the conjunctions of a candidate with a value of another signal family: an account
// pool hides inside a popular tool's users, and the conjunction brings it out.
func (r *run) refine(c *candidate) (out []candidate) {
	for _, by := range refiners {
		family := by.Family()
		if c.defining.Has(family) {
			continue
		}
		for v, members := range r.groupBy(by, c.members) {
			part := float64(len(members)) / float64(len(c.members))
			if len(members) < r.Options.MinGroup || part > refinedPart {
				continue
			}
			if by != attribute.SignupDay &&
				part < refinedLift*r.Assessor.Context.Baseline.Share(by, v) {
				continue
			}
			if r.tooSmall(members) {
				continue
			}
			out = append(out, candidate{
				// By the number that never changes: the identity decides when it is its turn.
				identity: index.Mix(c.identity^uint64(by.Spec().State), v), members: members,
				defining: c.defining | detectors.SetOf(family),
				origin:   c.origin + " and " + string(family),
			})
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return r.compare(&a, &b) })
	return out
}

// groupBy groups accounts by their value of an attribute; sign-ups by window, as in the postings.
func (r *run) groupBy(a attribute.Attribute, members []int32) map[uint64][]int32 {
	groups := map[uint64][]int32{}
	for _, i := range members {
		v := r.Population.Slots[i].Profile.Value(a)
		switch {
		case v == 0:
		case a == attribute.SignupDay:
			for _, w := range index.Cohorts(v) {
				groups[w] = append(groups[w], i)
			}
		default:
			groups[v] = append(groups[v], i)
		}
	}
	return groups
}
