package decision

import (
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
)

const (
	// definingDiscount is what agreement on the signal family that selected the group is worth: the
	// group was chosen for it, so its agreement there was expected. That so many accounts could be
	// chosen is left.
	definingDiscount = 0.5
	// correlatedShare is what a second detector of a signal family adds: payment and issuer, stack
	// and parameters mostly rest on one fact.
	correlatedShare = 0.25
	// agreeingBits is the evidence from which a signal family agrees: the accounts show about a
	// third of the values that chance gives.
	agreeingBits = 1.5
	// mostRequests is the share of requests from which a shared text is what an account is for.
	mostRequests = 0.5
)

// Assessment is what a group shows: the scores, and what they are made of.
type Assessment struct {
	Scores
	// Families holds the evidence on each signal family after discounts, in bits.
	Families detectors.ByFamily
	// Measures holds each detector's measure, its bits bounded, by position in the registry;
	// Measured says which of them could say anything.
	Measures []detectors.Measure
	Measured []bool
}

// Agreeing lists the signal families that agree.
func (a *Assessment) Agreeing() []detectors.Family { return a.Families.AtLeast(agreeingBits) }

// Assessor measures groups with the detectors of a registry.
type Assessor struct {
	Registry []detectors.Detector
	Context  *detectors.Context
}

// Assess adds up the evidence on a group. searched is the number of candidates that were looked at
// to find it, 1 for a group that was not searched for; costly adds the costly detectors.
func (x *Assessor) Assess(g *detectors.Group, searched int, costly bool) Assessment {
	a := Assessment{
		Measures: make([]detectors.Measure, len(x.Registry)),
		Measured: make([]bool, len(x.Registry)),
	}
	if costly {
		g.Match()
	}
	for i := range x.Registry {
		d := &x.Registry[i]
		if d.Spec.Costly && !costly {
			continue
		}
		m, ok := d.Measure(g, x.Context)
		if !ok {
			continue
		}
		m.Bits = d.Spec.Clamp(m.Bits)
		a.Measures[i], a.Measured[i] = m, true
	}
	e := x.collect(&a)
	e.sum(&a, g, searchPenalty(searched, g.Size))
	a.Customer = g.OneCustomer(x.Context)
	return a
}

// collect takes in the bits of all detectors that could say anything.
func (x *Assessor) collect(a *Assessment) *evidence {
	e := &evidence{harvests: map[string]correlated{}}
	for i, ok := range a.Measured {
		if ok {
			e.add(&x.Registry[i].Spec, a.Measures[i].Bits)
		}
	}
	return e
}

// evidence collects the detectors' bits.
type evidence struct {
	// families holds what speaks for coordination by signal family, mitigating what speaks against
	// it, harvests the harvest detectors that are correlated.
	families   [detectors.NumFamilies][]agreement
	mitigating [detectors.NumFamilies]correlated
	harvests   map[string]correlated
	// harvest is the sum of the other harvest detectors.
	harvest, purpose, moved float64
	// sameItems says that the members send the same prompts.
	sameItems bool
}

// agreement is a detector's evidence for coordination, with the honest causes that explain it.
type agreement struct {
	bits      float64
	explained detectors.Causes
}

// add takes in one detector's bits.
func (e *evidence) add(spec *detectors.Spec, bits float64) {
	if spec.Purpose {
		e.purpose = math.Max(e.purpose, bits)
	}
	if spec.Moved {
		e.moved = math.Max(e.moved, bits)
	}
	e.sameItems = e.sameItems || spec.SameItems && bits < 0
	family := spec.Family.Index()
	switch {
	case spec.Correlated != "":
		e.harvests[spec.Correlated] = append(e.harvests[spec.Correlated], bits)
	case spec.Axis == detectors.Harvest:
		e.harvest += bits
	case bits <= 0:
		e.mitigating[family] = append(e.mitigating[family], bits)
	default:
		e.families[family] = append(e.families[family], agreement{bits, spec.Explained})
	}
}

// sum makes the scores. penalty is what the search for groups costs, in bits.
func (e *evidence) sum(a *Assessment, g *detectors.Group, penalty float64) {
	a.Size, a.Purpose, a.Moved = g.Size, e.purpose, e.moved
	if g.Work.Traffic >= mostRequests {
		for _, x := range e.families[detectors.Work.Index()] {
			a.Text = math.Max(a.Text, x.bits)
		}
	}
	a.Harvest = e.harvest
	// In sorted order: the order of a map would make the last bit of the sum random.
	names := make([]string, 0, len(e.harvests))
	for name := range e.harvests {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		a.Harvest += e.harvests[name].bits()
	}
	a.Families = e.left(0, g)
	against := 0.0
	for i := range e.mitigating {
		against += e.mitigating[i].bits()
	}
	best, left := e.best(g, penalty)
	a.Explanation, a.Coordination = best, against+left
	a.Causes = causes(&a.Families, penalty)
	if !e.grounded(&a.Families) {
		a.Causes = 0
	}
}

// programEvidence is what the work and client signal families say together. One program used by
// many customers shows one template, one layout, one client and one set of parameters at once:
// these are one cause, so the stronger signal family counts and the other adds a part.
func programEvidence(families *detectors.ByFamily) float64 {
	w, c := families.On(detectors.Work), families.On(detectors.Client)
	return math.Max(w, c) + correlatedShare*math.Min(w, c)
}

// grounded says that there is more than accounts which were made, paid for and used at the same
// times: a program, work that is dealt out, or conversations that move. No finding stands on
// identity, funding and schedule alone.
func (e *evidence) grounded(families *detectors.ByFamily) bool {
	on := families.On
	return on(detectors.Work) >= agreeingBits || on(detectors.Client) >= agreeingBits ||
		on(detectors.Habits) >= agreeingBits || e.moved >= operatorMoved
}

// causes counts the independent causes that agree: the work and client signal families are one, the
// program; networks alone are none.
func causes(families *detectors.ByFamily, penalty float64) (n int) {
	on := families.On
	for _, agree := range [...]bool{
		on(detectors.Work) >= agreeingBits || on(detectors.Client) >= agreeingBits,
		// Agreement that the search explains is no cause.
		on(detectors.Funding) >= agreeingBits+penalty,
		on(detectors.Identity) >= agreeingBits+penalty,
		on(detectors.Schedule) >= agreeingBits,
		on(detectors.Habits) >= agreeingBits,
		on(detectors.Takeover) >= agreeingBits,
	} {
		if agree {
			n++
		}
	}
	return n
}

// searchPenalty is what the search for groups costs in bits: the best of many candidates
// looks better than it is by the logarithm of their number, times how much chance moves a group's
// entropy, which falls with the root of its size.
func searchPenalty(searched int, size float64) float64 {
	return math.Log2(float64(max(searched, 1))) / math.Sqrt(math.Max(size, 1))
}

// correlated holds the bits of detectors that rest on one fact.
type correlated []float64

// bits are the strongest for and the strongest against, and a part of the others.
func (c correlated) bits() float64 {
	total, least := 0.0, 0.0
	for _, b := range c {
		total += correlatedShare * b
		least = math.Min(least, b)
	}
	return total + (1-correlatedShare)*(c.strongest()+least)
}

// strongest is the strongest for, 0 when there is none.
func (c correlated) strongest() float64 {
	most := 0.0
	for _, b := range c {
		most = math.Max(most, b)
	}
	return most
}
