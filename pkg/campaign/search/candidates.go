package search

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
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

// origins says of each kind of posting what its groups are called and on which signal families it
// selects its accounts. The name is also an order among candidates of one size.
var origins = map[index.Kind]struct {
	name     string
	families detectors.FamilySet
}{
	index.ByShingle:      {"prompt template", work},
	index.ByLayout:       {"prompt layout", work},
	index.ByPayment:      {"payment", funding},
	index.ByDevice:       {"device", identity},
	index.ByStack:        {"stack", client},
	index.ByClient:       {"stack and parameters", client},
	index.ByIssuer:       {"issuer", funding},
	index.ByIssuerCohort: {"issuer and sign-up", funding | identity},
	index.ByStackCohort:  {"stack and sign-up", client | identity},
	index.ByNetwork:      {"network", detectors.SetOf(detectors.Network)},
	index.ByRelay:        {"relay", identity},
	index.ByLink:         {"hand-over", identity},
}

var (
	work     = detectors.SetOf(detectors.Work)
	funding  = detectors.SetOf(detectors.Funding)
	identity = detectors.SetOf(detectors.Identity)
	client   = detectors.SetOf(detectors.Client)
)

// candidates lists the groups to look at: the postings large enough, shingles with nearly the same
// accounts taken as one, and the accounts joined by handed-over conversations.
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
	p.Postings.ShingleGroups(least, most, func(first index.Key, members []int32) {
		add(index.ByShingle, uint64(first), members)
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
	return len(members) < s.Options.MinGroup ||
		s.Population.CountEntities(members) < s.Options.MinGroup
}

// compare orders candidates by nothing but their accounts.
func (r *run) compare(a, b *candidate) int {
	return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(a.origin, b.origin),
		slices.CompareFunc(a.members, b.members, r.Population.Compare))
}

// refiners are the traits by which groups are narrowed down, each with its signal family.
var refiners = [...]struct {
	trait  baseline.Trait
	family detectors.Family
}{
	{baseline.Trait(fingerprint.Payment), detectors.Funding},
	{baseline.Trait(fingerprint.Issuer), detectors.Funding},
	{baseline.Trait(fingerprint.Device), detectors.Identity},
	{baseline.Trait(fingerprint.Stack), detectors.Client},
	{baseline.Trait(fingerprint.Params), detectors.Client},
	{baseline.SignupDay, detectors.Identity},
}

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
	if k.refinedFrom != k.places || r.isTurn(c) {
		k.refined, k.refinedFrom = r.refine(c), k.places
	}
	out := make([]*candidate, len(k.refined))
	for i := range k.refined {
		x := k.refined[i]
		out[i] = &x
	}
	return out
}

// refine lists the conjunctions of a candidate with a value of another signal family: an account
// pool hides inside a popular tool's users, and the conjunction brings it out.
func (r *run) refine(c *candidate) (out []candidate) {
	for _, by := range refiners {
		if c.defining.Has(by.family) {
			continue
		}
		for v, members := range r.groupBy(by.trait, c.members) {
			part := float64(len(members)) / float64(len(c.members))
			if len(members) < r.Options.MinGroup || part > refinedPart {
				continue
			}
			if by.trait != baseline.SignupDay &&
				part < refinedLift*r.Assessor.Context.Baseline.Share(by.trait, v) {
				continue
			}
			if r.tooSmall(members) {
				continue
			}
			out = append(out, candidate{
				identity: index.Mix(c.identity^uint64(by.trait), v), members: members,
				defining: c.defining | detectors.SetOf(by.family),
				origin:   c.origin + " and " + string(by.family),
			})
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return r.compare(&a, &b) })
	return out
}

// groupBy groups accounts by their value of a trait; sign-ups by window, as in the postings.
func (r *run) groupBy(t baseline.Trait, members []int32) map[uint64][]int32 {
	groups := map[uint64][]int32{}
	for _, i := range members {
		v := baseline.Value(&r.Population.Slots[i].Profile, t)
		switch {
		case v == 0:
		case t == baseline.SignupDay:
			for _, w := range index.Cohorts(v) {
				groups[w] = append(groups[w], i)
			}
		default:
			groups[v] = append(groups[v], i)
		}
	}
	return groups
}
