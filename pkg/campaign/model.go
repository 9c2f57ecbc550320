package campaign

import (
	"math"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Model is a campaign's own fingerprint: what its members share, as a likelihood that an account is one of them. It outlives the accounts that carried it, so
// that a replaced pool is recognised.
type Model struct {
	// Size is the number of entities it was learnt from.
	Size float64 `json:"size"`
	// Traits holds, for every trait on which the members coincide, the values with their shares.
	Traits []TraitModel `json:"traits,omitempty"`
	// Shingles are the shared shingles, each with how rare it is among the others, in bits: log2 of one over the share of the accounts outside that carry it.
	Shingles []Shingle `json:"shingles,omitempty"`
	// Carriers is the share of members that carry at least a third of the shared shingles.
	Carriers float64 `json:"carriers,omitempty"`
	// Behaviour holds how the members use the service.
	Behaviour []Behaviour `json:"behaviour,omitempty"`
	// Skeleton is the shared layout, with its rarity among the others and the share of members that write in it.
	Skeleton       uint64  `json:"skeleton,omitempty"`
	SkeletonRarity float64 `json:"skeleton_rarity,omitempty"`
	SkeletonShare  float64 `json:"skeleton_share,omitempty"`

	// HandOvers is the share of members that took part in a conversation handed over inside the group.
	HandOvers float64 `json:"hand_overs,omitempty"`
	// HandOverBase is the share of the others that exchanged a conversation with anyone.
	HandOverBase float64 `json:"hand_over_base,omitempty"`

	shared map[uint64]float64
	total  float64
}

// Behaviour is the mean and standard deviation of one feature among the members.
type Behaviour struct {
	Feature census.Feature `json:"feature"`
	Mean    float64        `json:"mean"`
	SD      float64        `json:"sd"`
}

// behaviours are the features by which a member's use is told from a bystander's, each with the least standard deviation that is believed.
var behaviours = [...]struct {
	feature census.Feature
	floor   float64
}{{census.SingleTurn, 0.1}, {census.OutputLength, 0.5}, {census.PromptLength, 0.5}}

// Shingle is a shared shingle with its rarity outside the group, in bits.
type Shingle struct {
	Hash   uint64  `json:"hash"`
	Rarity float64 `json:"rarity"`
}

// TraitModel is the distribution of one trait among the members.
type TraitModel struct {
	Trait  census.Trait    `json:"trait"`
	Plane  detectors.Plane `json:"plane"`
	Values []TraitValue    `json:"values"`
	// Known is the share of members that report the trait.
	Known float64 `json:"known,omitempty"`
}

// TraitValue is a value with the share of members that show it and that of the others. In the census a pool that was counted too would make its own values common.
type TraitValue struct {
	Value uint64  `json:"value"`
	Share float64 `json:"share"`
	Base  float64 `json:"base,omitempty"`
}

var modelTraits = [...]struct {
	trait census.Trait
	plane detectors.Plane
}{
	{census.Trait(fingerprint.Payment), detectors.Funding},
	{census.Trait(fingerprint.Issuer), detectors.Funding},
	{census.SignupDay, detectors.Identity},
	{census.Trait(fingerprint.Device), detectors.Identity},
	{census.Trait(fingerprint.Stack), detectors.Client},
	{census.Trait(fingerprint.Params), detectors.Client},
	{census.Trait(fingerprint.Network), detectors.Network},
}

// modelValues bounds the values kept per trait, modelShingles the shingles.
const (
	modelValues   = 32
	modelShingles = 64
	// coincident is the evidence in bits from which a trait belongs to the model.
	coincident = 1
)

// learn makes the model of a group.
func learn(g *detectors.Group, c *detectors.Context) *Model {
	m := &Model{Size: g.Size}
	for _, t := range modelTraits {
		shares := g.Shares(t.trait)
		known := 0.0
		entropy := 0.0
		for _, s := range shares {
			known += s.Share
			entropy -= s.Share * math.Log2(s.Share)
		}
		if known < 0.5 {
			continue
		}
		// Unknown values are each distinct.
		if rest := (1 - known) * g.Size; rest >= 1 {
			entropy -= rest * (1 / g.Size) * math.Log2(1/g.Size)
		}
		if c.Census.Effective(t.trait, g.Size).Low-entropy < coincident {
			continue
		}
		values := make([]TraitValue, min(len(shares), modelValues))
		for i := range values {
			v := shares[i]
			rare := 0.5 / (float64(c.Census.N) + 1)
			values[i] = TraitValue{v.Value, v.Share, math.Max(rare, (c.Census.Share(t.trait, v.Value)-g.Own*v.Share)/(1-g.Own))}
		}
		m.Traits = append(m.Traits, TraitModel{t.trait, t.plane, values, math.Min(1, known)})
	}
	for _, b := range behaviours {
		var n, sum, squares float64
		for i := range g.Members {
			if x := g.Members[i].Vector[b.feature]; !math.IsNaN(x) {
				w := g.Members[i].Weight
				n += w
				sum += w * x
				squares += w * x * x
			}
		}
		if n >= g.Size/2 && n > 1 {
			mean := sum / n
			m.Behaviour = append(m.Behaviour, Behaviour{b.feature, mean, math.Max(b.floor, math.Sqrt(math.Max(0, squares/n-mean*mean)))})
		}
	}
	if n := len(g.Members); n > 0 {
		m.HandOvers, m.HandOverBase = float64(g.HandOvers)/float64(n), g.OthersHandedOver(c)
	}
	w := &g.Work
	outside := func(df int, inside float64) float64 {
		return math.Log2(((1-g.Own)*float64(c.Census.N) + 1) / (math.Max(float64(df)-inside, 0) + 0.5))
	}
	for _, s := range w.Shingles[:min(len(w.Shingles), modelShingles)] {
		if r := outside(c.ShingleAccounts(s.Hash), s.Weight); r >= 1 {
			m.Shingles = append(m.Shingles, Shingle{s.Hash, r})
		}
	}
	m.Carriers = w.Carriers / g.Size
	if w.SkeletonShare >= 0.3 {
		m.Skeleton, m.SkeletonShare = w.Skeleton, w.SkeletonShare
		m.SkeletonRarity = outside(c.SkeletonAccounts(w.Skeleton), w.SkeletonShare*g.Size)
	}
	return m
}

// traitValue is one value of one trait.
type traitValue struct {
	trait census.Trait
	plane detectors.Plane
	value uint64
}

// conjunction is what an account must show all of.
type conjunction []traitValue

// common are the values that nearly all members show; not the network, which no pool chooses.
func (m *Model) common() (out conjunction) {
	for i := range m.Traits {
		t := &m.Traits[i]
		if t.Plane != detectors.Network && len(t.Values) > 0 && t.Values[0].Share >= nearlyAll {
			out = append(out, traitValue{t.Trait, t.Plane, t.Values[0].Value})
		}
	}
	return out
}

// nearlyAll is the share of members that makes a value common to a group.
const nearlyAll = 0.8

// shown says whether the account shows every value.
func (c conjunction) shown(p *fingerprint.Profile) bool {
	for _, x := range c {
		if census.Value(p, x.trait) != x.value {
			return false
		}
	}
	return true
}

// likelihood is how an account fits the model: log2 of the odds against a random account, in all and by plane.
type likelihood struct {
	bits   float64
	planes detectors.ByPlane
	// same says that most of the account's requests carry most of the shared text: no second plane is needed.
	same bool
	// requests is the number of requests that it was measured on.
	requests uint32
	// spoke is the number of planes that the model and the account both speak of.
	spoke int
}

// background is the weight of the population in a member's distribution: nobody is ruled out by one odd value (log2 of it bounds the bits against).
const background = 0.12

// maxFit bounds the bits that one plane speaks for an account: membership rests on several.
const maxFit = 6

// maxSame bounds the bits of the same text in most requests, which may speak alone: a thousand to one.
const maxSame = 10

// fit measures an account against the model. inside says that the model was learnt from this account too, whose own vote is then left out; linked that it
// exchanged a conversation with a member.
func (m *Model) fit(a *account, c *detectors.Context, inside, linked bool) likelihood {
	var traits detectors.ByPlane
	p := &a.profile
	l := likelihood{requests: p.Requests}
	for i := range m.Traits {
		t := &m.Traits[i]
		v := census.Value(p, t.Trait)
		if v == 0 && t.Known == 0 {
			continue
		}
		var share, base float64
		if v == 0 {
			// That an account does not report it speaks against it as far as the members do.
			share, base = 1-t.Known, 1-c.Census.Known(t.Trait)
			if base <= 0 {
				continue
			}
		} else {
			share, base = t.odds(v, c.Census)
		}
		if inside && m.Size > 1 {
			share = math.Max(0, (share*m.Size-1)/(m.Size-1))
		}
		bits := weight(share, base)
		// The traits of a plane tell one story, so they are averaged: the pool's bank with another card speaks neither way.
		plane := t.Plane.Index()
		l.planes[plane] += bits
		traits[plane]++
	}
	for plane, n := range traits {
		if n > 0 {
			l.planes[plane] /= n
			l.spoke++
		}
	}
	if m.HandOvers >= leastHandOvers {
		l.planes[detectors.Identity.Index()] += m.handed(linked)
	}
	if work, same, ok := m.work(p); ok {
		l.planes[detectors.Work.Index()], l.same = work, same
		l.spoke++
	}
	for _, b := range l.planes {
		// The same text in most requests is not outweighed by a card or a day that differs: a replaced pool has new ones.
		if b > 0 || !l.same {
			l.bits += b
		}
	}
	if p.Requests >= 3 {
		l.bits += m.behaves(&a.vector, c)
	}
	return l
}

// odds is the share of the members that show the value, and of the others. A sign-up a day before or after is the same cohort.
func (t *TraitModel) odds(v uint64, c *census.Census) (share, base float64) {
	near := uint64(0)
	if t.Trait == census.SignupDay {
		near = 1
	}
	for d := v - near; d <= v+near; d++ {
		known := false
		for i := range t.Values {
			if x := &t.Values[i]; x.Value == d {
				share += x.Share
				if known = x.Base > 0; known {
					base += x.Base
				}
			}
		}
		if !known {
			base += c.Share(t.Trait, d)
		}
	}
	return share, base
}

// leastHandOvers is the share of members in hand-overs from which it is a trait of the group: a pool with other people's small talk meets the same openings by chance.
const leastHandOvers = 0.3

// handed is what it says of an account that it exchanged a conversation with a member, or did not.
func (m *Model) handed(linked bool) float64 {
	base := m.HandOverBase + detectors.RareHandOver
	share := (1-background)*m.HandOvers + background*base
	if linked {
		return math.Max(0, math.Min(maxFit-2, math.Log2(share/base)))
	}
	return math.Max(-1, math.Min(0, math.Log2((1-share)/(1-base))))
}

// behaves is how the account's use of the service fits: log2 of the ratio of two normal densities, the members' and the population's, bounded for each feature. It
// speaks more against than for: many use the service alike.
func (m *Model) behaves(v *census.Vector, c *detectors.Context) float64 {
	total := 0.0
	for _, b := range m.Behaviour {
		if !v.Known(b.Feature) {
			continue
		}
		spread := math.Max(b.SD, (c.Census.Quantile(b.Feature, 0.84)-c.Census.Quantile(b.Feature, 0.16))/2)
		inside, outside := (v[b.Feature]-b.Mean)/b.SD, (v[b.Feature]-c.Census.Quantile(b.Feature, 0.5))/spread
		bits := math.Log2(spread/b.SD) + (outside*outside-inside*inside)/2*math.Log2E
		total += math.Max(-2, math.Min(1, bits))
	}
	return total
}

// work is the work plane's bits; same says that the account's requests are mostly the shared text; ok is false while the account has sent too little to tell.
func (m *Model) work(p *fingerprint.Profile) (bits float64, same, ok bool) {
	if m.shared == nil {
		m.shared = make(map[uint64]float64, len(m.Shingles))
		for _, s := range m.Shingles {
			m.shared[s.Hash] = s.Rarity
			m.total += s.Rarity
		}
	}
	least := fingerprint.Recurs(p.WithText)
	bits = math.Inf(-1)
	if len(m.Shingles) >= 2 && p.WithText >= 2 {
		carried := 0.0
		n := 0
		var most uint32
		for _, s := range p.Scaffold {
			if r, shared := m.shared[s.Hash]; shared && s.Count >= least {
				carried += r
				most = max(most, s.Count)
				n++
			}
		}
		share := carried / m.total
		switch {
		case n >= 2 && share >= 0.1:
			// Half of the shared text is as good as all of it: an account meets a pool's templates one after the other.
			same = share >= 0.5 && 2*most >= p.WithText && p.WithText >= 3
			limit := float64(maxFit)
			if same {
				limit = maxSame
			}
			bits = math.Min(limit, m.total/float64(len(m.Shingles))) * math.Min(1, 2*share)
		case p.WithText >= 2:
			// Silence is as telling as the text is common among the members.
			bits = math.Log2(math.Max(background, 1-m.Carriers))
		default:
			// One request shows nothing that recurs: wait.
			bits = math.Max(-1.5, math.Log2(math.Max(background, 1-m.Carriers)))
		}
	}
	if m.Skeleton != 0 {
		for _, s := range p.Skeletons {
			if s.Hash == m.Skeleton && s.Count >= least {
				share := math.Min(1, float64(s.Count)/float64(max(p.WithText, 1)))
				bits = math.Max(bits, math.Min(maxFit, m.SkeletonRarity)*math.Min(1, 4*share))
				// A layout that all members and nobody else write in, in most requests, is a text whose words are changed each time.
				if m.SkeletonShare >= nearlyAll && m.SkeletonRarity >= maxFit && 2*s.Count >= p.WithText && p.WithText >= 5 {
					same = true
				}
			}
		}
		if math.IsInf(bits, -1) && p.WithText >= 4 {
			bits = math.Log2(math.Max(background, 1-m.SkeletonShare))
		}
	}
	if math.IsInf(bits, -1) {
		return 0, false, false
	}
	return bits, same, true
}

// fits says whether the account is one of n members among population entities: the bits must make up for the prior odds, on at least two planes or by the same text in
// most requests.
func (l *likelihood) fits(n, population float64) bool {
	agree := 0
	for _, b := range l.planes {
		if b >= telling {
			agree++
		}
	}
	prior := math.Log2(math.Max(population-n, 1) / math.Max(n, 1))
	odds := float64(memberOdds)
	switch {
	case l.same:
		odds = sameOdds
	case l.requests < fewRequests:
		odds += fewOdds
	}
	return (agree >= 2 || l.same) && l.bits >= math.Max(memberBits, prior+odds)
}

// memberOdds is the odds that an account must reach, log2: sixteen to one, or four to one where most of its requests carry the
// shared text. memberBits is the least evidence, however large a part of the population the group is.
const (
	memberOdds = 4
	sameOdds   = 2
	// Below fewRequests requests an account has shown next to nothing of how it uses the service, and what it shows has to be four times as sure.
	fewRequests = 4
	fewOdds     = 2
	memberBits  = 4
)

// agreement is the share of the model's planes that the account shows.
func (l *likelihood) agreement() (float64, []detectors.Plane) {
	out := l.planes.AtLeast(telling)
	if l.spoke == 0 {
		return 0, nil
	}
	return math.Min(1, float64(len(out))/float64(l.spoke)), out
}

// similar is the share of another model's traits and work that this one knows, 0..1: how a successor is recognised when no account is left.
func (m *Model) similar(o *Model) float64 {
	n, agree := 0.0, 0.0
	if len(m.Shingles) > 0 && len(o.Shingles) > 0 {
		known := make(map[uint64]bool, len(m.Shingles))
		for _, s := range m.Shingles {
			known[s.Hash] = true
		}
		common := 0
		for _, s := range o.Shingles {
			if known[s.Hash] {
				common++
			}
		}
		n += 2
		agree += 2 * math.Min(1, 2*float64(common)/float64(min(len(m.Shingles), len(o.Shingles))))
	}
	if m.Skeleton != 0 && m.Skeleton == o.Skeleton {
		n++
		agree++
	}
	for i := range m.Traits {
		for j := range o.Traits {
			if m.Traits[i].Trait != o.Traits[j].Trait || m.Traits[i].Trait == census.SignupDay {
				continue
			}
			overlap := 0.0
			for _, x := range m.Traits[i].Values {
				for _, y := range o.Traits[j].Values {
					if x.Value == y.Value {
						overlap += math.Min(x.Share, y.Share)
					}
				}
			}
			n++
			agree += overlap
		}
	}
	if n == 0 {
		return 0
	}
	return agree / n
}
