// Package membership says which accounts belong to a group: it learns a model of what the members
// share, measures how well an account fits it, and lists the accounts that may fit at all.
package membership

import (
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Model is what the members of a group share, as a likelihood that an account is one of them. It
// outlives the accounts that it was learnt from, so that a replaced pool is recognised.
type Model struct {
	// Size is the number of entities it was learnt from.
	Size float64 `json:"size"`
	// Attributes holds, for every attribute on which the members coincide, the values with their
	// shares. Saved state knows it by an older name.
	Attributes []Attribute `json:"traits,omitempty"`
	// Shingles are the shared shingles.
	Shingles []Shingle `json:"shingles,omitempty"`
	// Carriers is the share of members that carry at least a third of the shingles of one text.
	Carriers float64 `json:"carriers,omitempty"`
	// Pace is the share of their requests that carry the same shingle, 0 in state of a version
	// that did not know it.
	Pace float64 `json:"pace,omitempty"`
	// Behaviour holds how the members use the service.
	Behaviour []Behaviour `json:"behaviour,omitempty"`
	// Layout is the shared layout, with its rarity among the others in bits and the share of
	// members that write in it.
	Layout       uint64  `json:"layout,omitempty"`
	LayoutRarity float64 `json:"layout_rarity,omitempty"`
	LayoutShare  float64 `json:"layout_share,omitempty"`

	// HandOvers is the share of members that took part in a conversation handed over inside the
	// group, HandOverBase the share of the others that exchanged a conversation with anyone.
	HandOvers    float64 `json:"hand_overs,omitempty"`
	HandOverBase float64 `json:"hand_over_base,omitempty"`

	// Takeover is how the group uses accounts of others; nothing where it does not.
	Takeover Takeover `json:"takeover,omitzero"`

	// Launched says that the launch is the members' own; see Launch. Learn does not know it.
	Launched bool `json:"launched,omitempty"`

	// indexed is made of Shingles when it is first asked for.
	indexed *texts
}

// Behaviour is the mean and standard deviation of one feature among the members.
type Behaviour struct {
	Feature baseline.Feature `json:"feature"`
	Mean    float64          `json:"mean"`
	SD      float64          `json:"sd"`
}

// Takeover is the share of members whose work comes from networks that the account was not used
// from before Began, the hour since 1970 in which the group's work began.
type Takeover struct {
	Share float64 `json:"share"`
	Began uint32  `json:"began"`
}

// Shingle is a shared shingle with how rare it is among the others, in bits: log2 of one over the
// share of the accounts outside the group in whose prompts it recurs.
type Shingle struct {
	Hash   uint64  `json:"hash"`
	Rarity float64 `json:"rarity"`
	// Once is the same for all accounts outside that carry it, also those that wrote it once; 0 in
	// state of a version that did not count these.
	Once float64 `json:"once,omitempty"`
	// Text is the number of the text that it is of: a pool may work on several at once.
	Text uint8 `json:"text,omitempty"`
}

// Attribute is the distribution of one attribute's values among the members.
type Attribute struct {
	Attribute attribute.Attribute `json:"trait"`
	Family    detectors.Family    `json:"plane"`
	Values    []Value             `json:"values"`
	// Known is the share of members that report the attribute.
	Known float64 `json:"known,omitempty"`
}

// Value is a value with the share of members that show it and that of the others. In the baseline a
// pool that was counted too would make its own values common.
type Value struct {
	Value uint64  `json:"value"`
	Share float64 `json:"share"`
	Base  float64 `json:"base,omitempty"`
}

// behaviours are the features by which a member's use is told from a bystander's, each with the
// least standard deviation that is believed: a tenth of the requests, half a doubling of the
// length.
var behaviours = [...]struct {
	feature baseline.Feature
	floor   float64
}{{baseline.SingleTurn, 0.1}, {baseline.OutputLength, 0.5}, {baseline.PromptLength, 0.5}}

// recognising are the attributes that may belong to a model.
var recognising = attribute.Where(func(s *attribute.Spec) bool { return s.Recognises })

const (
	// maxValues bounds the values kept of an attribute, maxShingles the shingles: what is rarer
	// says little more, and the model is state that is saved. A text has about sixteen shingles in
	// a profile.
	maxValues   = 32
	maxShingles = 128
	// leastDeficit is the entropy deficit in bits from which an attribute belongs to the model: the
	// members show half as many values as chance gives.
	leastDeficit = 1
	// reported is the share of members that must report an attribute or feature for it to be
	// theirs.
	reported = 0.5
	// leastRarity is the rarity in bits from which a shingle is the group's: half of the others.
	leastRarity = 1
	// layoutShare is the share of members from which a layout is the group's.
	layoutShare = 0.3
	// nearlyAll is the share of members that makes a value common to a group.
	nearlyAll = 0.8
	// takenOver is the share of members from which a group uses accounts of others.
	takenOver = 0.5
	// unseen is what is added to the count of a value that nobody outside the group shows.
	unseen = 0.5
)

// Learn makes the model of a group.
func Learn(g *detectors.Group, c *detectors.Context) *Model {
	m := &Model{Size: g.Size}
	m.learnAttributes(g, c.Baseline)
	m.learnBehaviour(g)
	if n := len(g.Members); n > 0 {
		m.HandOvers, m.HandOverBase = float64(g.HandOvers)/float64(n), g.OthersHandedOver(c)
	}
	m.learnWork(g, c)
	if share, began, ok := g.Takeover(c); ok && share >= takenOver {
		m.Takeover = Takeover{Share: share, Began: began}
	}
	return m
}

func (m *Model) learnAttributes(g *detectors.Group, others *baseline.Baseline) {
	for _, a := range recognising {
		shares := g.Shares(a)
		known := 0.0
		entropy := 0.0
		for _, s := range shares {
			known += s.Share
			entropy -= s.Share * math.Log2(s.Share)
		}
		if known < reported {
			continue
		}
		// Unknown values are each distinct.
		if rest := (1 - known) * g.Size; rest >= 1 {
			entropy -= rest * (1 / g.Size) * math.Log2(1/g.Size)
		}
		if others.Effective(a, g.Size).Low-entropy < leastDeficit {
			continue
		}
		rare := unseen / (float64(others.N) + 1)
		values := make([]Value, min(len(shares), maxValues))
		for i := range values {
			v := shares[i]
			base := (others.Share(a, v.Value) - g.SelfShare*v.Share) / (1 - g.SelfShare)
			values[i] = Value{v.Value, v.Share, math.Max(rare, base)}
		}
		m.Attributes = append(m.Attributes, Attribute{a, a.Family(), values, math.Min(1, known)})
	}
}

func (m *Model) learnBehaviour(g *detectors.Group) {
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
		if n < g.Size*reported || n <= 1 {
			continue
		}
		mean := sum / n
		sd := math.Max(b.floor, math.Sqrt(math.Max(0, squares/n-mean*mean)))
		m.Behaviour = append(m.Behaviour, Behaviour{b.feature, mean, sd})
	}
}

func (m *Model) learnWork(g *detectors.Group, c *detectors.Context) {
	w := &g.Work
	rarity := func(df int, inside float64) float64 {
		others := (1 - g.SelfShare) * float64(c.Baseline.N)
		return math.Log2((others + 1) / (math.Max(float64(df)-inside, 0) + unseen))
	}
	for _, s := range w.Shingles[:min(len(w.Shingles), maxShingles)] {
		again, once := c.ShingleAccounts(s.Hash)
		x := Shingle{
			Hash: s.Hash, Rarity: rarity(again, s.Weight-s.Once),
			Once: rarity(again+once, s.Weight), Text: s.Text,
		}
		if x.Once >= leastRarity {
			m.Shingles = append(m.Shingles, x)
		}
	}
	m.Carriers, m.Pace = w.Carriers/g.Size, w.Pace
	if w.LayoutShare >= layoutShare {
		m.Layout, m.LayoutShare = w.Layout, w.LayoutShare
		m.LayoutRarity = rarity(c.LayoutAccounts(w.Layout), w.LayoutShare*g.Size)
	}
}

// DropUnknown drops what is no attribute, signal family or feature of this version, from state that
// another wrote.
func (m *Model) DropUnknown() {
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a Attribute) bool {
		return a.Attribute >= attribute.Num || a.Family.Index() < 0
	})
	m.Behaviour = slices.DeleteFunc(m.Behaviour, func(b Behaviour) bool {
		return b.Feature >= baseline.NumFeatures
	})
	for i := range m.Shingles {
		if s := &m.Shingles[i]; s.Text >= detectors.MaxTexts {
			s.Text = 0
		}
	}
}

// Shown is one value of one attribute.
type Shown struct {
	Attribute attribute.Attribute
	Family    detectors.Family
	Value     uint64
}

// Conjunction is what an account must show all of.
type Conjunction []Shown

// Common are the values that nearly all members show; not the network, which no pool chooses.
func (m *Model) Common() (out Conjunction) {
	for i := range m.Attributes {
		a := &m.Attributes[i]
		if a.Family != detectors.Network && len(a.Values) > 0 && a.Values[0].Share >= nearlyAll {
			out = append(out, Shown{a.Attribute, a.Family, a.Values[0].Value})
		}
	}
	return out
}

// ShownBy says whether the account shows every value.
func (c Conjunction) ShownBy(p *fingerprint.Profile) bool {
	for _, x := range c {
		if p.Value(x.Attribute) != x.Value {
			return false
		}
	}
	return true
}

const (
	// fullPart is the part of the larger text that is as good as all of it: a half, since a
	// successor's template is learnt piece by piece. Of the smaller text would not do: a public
	// phrase around two campaigns' own texts is all that one of them knows at first.
	fullPart = 0.5
	// commonShingles is the fewest shingles that two texts must share: a text has about sixteen in
	// a profile, and a phrase of a dozen words has three or four.
	commonShingles = 6
)

// workWeight is what shared work counts among the attributes when two models are compared: the work
// is what a successor keeps, cards and sign-up days are new.
const workWeight = 2

// Similar is the share of another model's attributes and work that this one knows, 0..1: how a
// successor is recognised when no account is left.
func (m *Model) Similar(o *Model) float64 {
	n, agree := 0.0, 0.0
	if len(m.Shingles) > 0 && len(o.Shingles) > 0 {
		n += workWeight
		agree += workWeight * commonWork(m, o)
	}
	if m.Layout != 0 && m.Layout == o.Layout {
		n++
		agree++
	}
	for i := range m.Attributes {
		for j := range o.Attributes {
			of := m.Attributes[i].Attribute
			if of != o.Attributes[j].Attribute || of == attribute.SignupDay {
				continue
			}
			n++
			agree += overlap(&m.Attributes[i], &o.Attributes[j])
		}
	}
	if n == 0 {
		return 0
	}
	return agree / n
}

// commonWork is how far the shingles of two models are the same, 0..1, weighted by rarity.
func commonWork(m, o *Model) float64 {
	a, b := m.texts(), o.texts()
	common := 0
	ours, theirs := 0.0, 0.0
	for _, s := range o.Shingles {
		if own := a.known[s.Hash]; own != nil {
			common++
			ours += own.Rarity
			theirs += s.Rarity
		}
	}
	if common < min(commonShingles, max(len(a.known), len(b.known))) {
		return 0
	}
	return math.Min(1, math.Min(ours/a.total, theirs/b.total)/fullPart)
}

// overlap is the common part of two distributions, 0..1.
func overlap(a, b *Attribute) (sum float64) {
	for _, x := range a.Values {
		for _, y := range b.Values {
			if x.Value == y.Value {
				sum += math.Min(x.Share, y.Share)
			}
		}
	}
	return sum
}
