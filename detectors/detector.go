// Package detectors holds the detectors: one file each. Its Spec says what it sees, why that works,
// what it costs to evade and what honest traffic looks like it; docs/detectors.md is made of them.
//
// A detector is a pure function of a group of accounts and the population it is measured against.
// It answers in bits: how much more (or less) of something the group shows than as many unrelated
// accounts would. Effect sizes, not p-values: a p-value only says that the group is large. The
// registry lists them; pkg/campaign adds their bits up.
package detectors

import (
	"math"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Spec describes a detector, for the documentation and for the fusion of evidence.
type Spec struct {
	// ID is the stable name that findings and configuration use.
	ID string
	// Axis and Family say which question the evidence answers and which family it belongs to;
	// harvest detectors have no signal family.
	Axis   Axis
	Family Family
	// Correlated joins harvest detectors whose evidence has one cause, such as the intents of one
	// template: the strongest counts, the others add a quarter.
	Correlated string
	// Purpose marks what no benign group asks for together: many accounts that write one text for
	// it are a finding without other evidence.
	Purpose bool
	// Explained are the honest causes, any of which explains this agreement of a group.
	Explained Causes
	// Moved marks evidence that conversations move between the accounts.
	Moved bool
	// SameItems marks the detector whose bits are negative where the members send the same prompts.
	SameItems bool
	// Null says what the bits are evidence against, and how they come out of it so that the mean of
	// 2^bits is at most 1 over groups of which it is true.
	Null string
	// Summary says in one sentence what is seen.
	Summary string
	// Why says why it works, with the source of the formula or of the fact.
	Why string
	// Evasion says what it costs an attacker not to show it.
	Evasion string
	// LookAlikes names the honest traffic that shows it too, and what keeps that apart.
	LookAlikes string
	// Needs names the event fields without which the detector is blind.
	Needs []string
	// Max and Min bound the bits. They are judged from the two texts above, what it costs not to
	// show it and who else shows it, and were then held against all worlds of docs/evaluation.md;
	// none is fitted to one of them (docs/tuning.md).
	Max, Min float64
	// Costly detectors are measured on groups about to be reported, not on every candidate.
	Costly bool
}

// Detector is a Spec with its function.
type Detector struct {
	Spec Spec
	// Measure computes the bits; ok is false when the group does not report what is needed.
	Measure func(g *Group, c *Context) (m Measure, ok bool)
	// Explain puts a measure in words, for a finding; it is not called while candidates are
	// searched.
	Explain func(g *Group, m Measure) (observed, expected, note string)
}

// Measure is a detector's figure before it is put in words.
type Measure struct {
	Bits               float64
	Observed, Expected float64
	// Value is the shared value that the figure is about, where there is one.
	Value uint64
	// Compared says whom Expected is of, where the detector chooses.
	Compared Compared
}

// Evidence measures the group and explains the result.
func (d *Detector) Evidence(g *Group, c *Context) (Evidence, bool) {
	m, ok := d.Measure(g, c)
	if !ok {
		return Evidence{}, false
	}
	e := Evidence{
		Detector: d.Spec.ID, Axis: d.Spec.Axis, Family: d.Spec.Family, Bits: d.Spec.Clamp(m.Bits),
	}
	e.Observed, e.Expected, e.Note = d.Explain(g, m)
	return e, true
}

// Clamp bounds bits to the detector's range. A figure that is no number counts as nothing.
func (s *Spec) Clamp(bits float64) float64 {
	if math.IsNaN(bits) {
		return 0
	}
	return math.Max(s.Min, math.Min(s.Max, bits))
}

// Context is what a group is measured against.
type Context struct {
	Baseline *baseline.Baseline
	// Rhythm is when the accounts in no open campaign are active, nil when nobody counted.
	Rhythm *baseline.Rhythm
	// Lives is when these accounts came and went.
	Lives baseline.Lives
	// Unnamed is the number of accounts in no open campaign, HandedOver that of those among them
	// that exchanged a conversation with another account, Carrying that of those that presented
	// reasoning of another or whose own was.
	HandedOver, Carrying, Unnamed int
	// Rejections counts the conversations that were rejected on an account in no open campaign,
	// TakenOver those of them that went on in another account.
	Rejections, TakenOver int
	// ShingleAccounts are the numbers of live entities in whose prompts the shingle recurs, and of
	// those that wrote it once and have sent little else.
	ShingleAccounts func(hash uint64) (recurring, once int)
	// LayoutAccounts is the number of live entities whose prompts recur in the prompt layout.
	LayoutAccounts func(hash uint64) int

	// habits, pairs and work are scratch memory: what is compared of a group's members.
	habits fingerprint.Habits
	pairs  [2]pairs
	work   []templateWork
	// values, shingles, once and layouts count what its members show.
	values, shingles, once, layouts baseline.Counter
}

// Idf is log2 of the population over the accounts that show something: how surprising it is to
// share it (Sparck Jones 1972). The group's own accounts count in df, so that a tool used by a
// quarter of all accounts is worth two bits however large the group.
func (c *Context) Idf(df int) float64 {
	return math.Max(0, math.Log2(float64(c.Baseline.N+1)/float64(max(df, 1))))
}

// Member is an account in a group.
type Member struct {
	Profile *fingerprint.Profile
	Vector  *baseline.Vector
	// Weight is 1, or one over the number of members of the same entity: of one contract or
	// verified organisation.
	Weight float64
	// Counted is the stratum of the baseline that the account was counted in, 0 when it was left
	// out of the baseline.
	Counted baseline.Stratum

	// templates are the account's templates that are the group's text, texts the numbers of the
	// texts that they are of, slice its features over these requests, nil where they are those of
	// Vector.
	templates templateSet
	texts     [fingerprint.MaxTemplates]uint8
	slice     *baseline.Vector
	// stratum is where the account lies now, as of countStrata.
	stratum baseline.Stratum
}

// Group is a set of accounts under suspicion, with what made it one.
type Group struct {
	Members []Member
	// Size is the sum of the weights: the number of independent entities.
	Size float64
	// SelfShare is the share of the baseline that the group's own members make up, 0 when they were
	// left out of it: it is taken out of what they are compared with.
	SelfShare float64
	// Defining are the signal families of the attributes that the group was selected by: it agrees
	// there by construction, so this agreement counts in part only.
	Defining FamilySet
	// PriorWeight is how many random accounts are added to the group before its means are used; 0
	// is DefaultPriorWeight. An account judged alone has less, because it has many requests.
	PriorWeight float64
	// HandOvers is the number of members that took part in a conversation handed over inside the
	// group, Carrying that of those that present reasoning which another member was given, or were
	// given what another presents.
	HandOvers, Carrying int
	// Unnamed is the number of members in no open campaign, Handed that of those among them that
	// exchanged a conversation with any account, Carried that of those that shared reasoning.
	Unnamed, Handed, Carried int
	// Rejections counts the conversations that were rejected on a member, TakenOver those of them
	// that went on in another. UnnamedRejections and UnnamedTakenOver are of the members in no open
	// campaign, and count what went on in any account, as the context does.
	Rejections, TakenOver               int
	UnnamedRejections, UnnamedTakenOver int
	// Work is what the members' prompts share, computed once by SharedWork.
	Work CommonWork
	// Since is the hour since 1970 in which the group's work is known to have begun, 0 where it has
	// not been seen before; see Began.
	Since uint32
	// Scale is how many accounts each member stands for, when only a sample was looked at; 0 is 1.
	Scale float64
	// SameProgram lists accounts outside the group that use its program, nil when there are too few
	// of them. Match calls it.
	SameProgram func() *baseline.Controls

	// sliceWeight is the weight of the members with a template that is the group's text, beside
	// that of those in less than half of whose requests it is; sliced says that the features of
	// some are those of a slice.
	sliceWeight, beside float64
	sliced              bool

	program *baseline.Controls
	matched bool
	strata  []stratum
	// kinds is how many of the accounts of each kind of client are of the group, as counted by
	// stratum.
	kinds   [baseline.NumKinds]float64
	counted [attribute.Num]*tally
	// subjects is what kinshipOfSubjects found, dealt what deals found, once they were asked.
	subjects *subjectKinship
	dealt    *dealtOften
	// counter is scratch memory.
	counter *baseline.Counter
	ranks   [baseline.NumFeatures]*ranked
}

type tally struct {
	entropy, known, share float64
	top                   uint64
}

// priorWeight is how many random accounts the group is diluted with.
func (g *Group) priorWeight() float64 {
	if g.PriorWeight > 0 {
		return g.PriorWeight
	}
	return DefaultPriorWeight
}

// most says whether weight is half of the group at least: what fewer report says nothing about the
// group.
func (g *Group) most(weight float64) bool { return weight >= g.Size*half }

// count tallies an attribute's values over the members.
func (g *Group) count(a attribute.Attribute) *tally {
	if g.counted[a] == nil {
		k := g.counts(a)
		r := &tally{entropy: k.Entropy(), known: k.Known()}
		r.top, r.share = k.Top()
		g.counted[a] = r
	}
	return g.counted[a]
}

// counts counts an attribute's values over the members. The result holds until the next count.
func (g *Group) counts(a attribute.Attribute) *baseline.Counter {
	if g.counter == nil {
		g.counter = &baseline.Counter{}
	}
	g.counter.Reset()
	for i := range g.Members {
		g.counter.Add(g.Members[i].Profile.Value(a), g.Members[i].Weight)
	}
	return g.counter
}

// reports says whether any member reports the attribute.
func (g *Group) reports(a attribute.Attribute) bool {
	for i := range g.Members {
		if g.Members[i].Profile.Value(a) != 0 {
			return true
		}
	}
	return false
}

// Shares lists the values of an attribute among the members, the commonest first.
func (g *Group) Shares(a attribute.Attribute) []baseline.ValueShare {
	return g.counts(a).Shares()
}

// entropyDeficit is the agreement of the members on an attribute: by how many bits the entropy of
// their values is below that of as many unrelated accounts, where 2^deficit has the mean 1 over
// random groups (baseline.Chance). More variety than chance is no mitigating evidence: variety is
// what a careful pool buys. scale, 0 to 1, is how much the agreement counts. Groups in which fewer
// than half report the attribute are not judged.
func entropyDeficit(g *Group, c *Context, a attribute.Attribute, scale float64) (Measure, bool) {
	k := g.count(a)
	if !g.most(k.known) || len(g.Members) < leastMembers {
		return Measure{}, false
	}
	return c.deficit(g, a, k.entropy, scale, k.top), true
}

// deficit compares the entropy of the members' values of an attribute with chance; see
// entropyDeficit. top is their commonest value.
func (c *Context) deficit(
	g *Group, a attribute.Attribute, entropy, scale float64, top uint64,
) Measure {
	chance := c.Baseline.Effective(a, g.Size)
	return Measure{
		Bits:     agreement(scale*(chance.Agreement-entropy), chance.Price),
		Observed: math.Exp2(entropy), Expected: math.Exp2(chance.Mean), Value: top,
	}
}

// logRatio is log2 of the members' share over the others', both smoothed.
func logRatio(members, others float64) float64 {
	return math.Log2((members + smoothing) / (others + smoothing))
}

const (
	// DefaultPriorWeight is how many random accounts a group is diluted with before its mean rank
	// is believed: with 4, a group of 8 that ranks entirely at the top gets 2.3 bits instead of
	// 6.6.
	DefaultPriorWeight = 4
	// chanceRank is the mean rank of random accounts, leastRank bounds a mean rank at both ends:
	// nobody is surer than 99 to 1.
	chanceRank = 0.5
	leastRank  = 0.01

	// half is the share of the members from which a figure is the group's, and where it has a part
	// that grows with the share of the members, the share that is full evidence: a pool hides its
	// work among ordinary accounts, or has members that are new.
	half = 0.5
	// leastMembers is the number of members from which an average is one of a group: two accounts
	// are a pair, whatever they share.
	leastMembers = 3
	// smoothing is added to the members' and to the others' share of something before they are
	// compared: where hardly anybody else shows it, the members' share has to be above 5 % to earn
	// a bit, and all of them together earn log2(1.05/0.05) = 4.4 at most.
	smoothing = 0.05
	// standardErrors is how many of its standard errors are taken from a measured spread: chance
	// goes beyond two in one group of 44 (the upper tail of a normal law).
	standardErrors = 2
)
