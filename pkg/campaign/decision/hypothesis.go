package decision

import (
	"math"
	"math/bits"

	"github.com/stillwatch/stillwatch/detectors"
)

// Hypothesis is an honest reading of a group: people whom some honest causes brought together.
type Hypothesis struct {
	// Name says what it holds the group for.
	Name string
	// Causes are the honest causes that it takes together: they explain what detectors.Spec says.
	Causes detectors.Causes
}

// Hypotheses lists the honest readings: each cause, and those that come together in life, such as a
// launch that brings its own program, or a program that becomes a fashion.
var Hypotheses = [...]Hypothesis{
	{"one program in many hands", detectors.OneProgram},
	{"one launch or place", detectors.OneLaunch},
	{"one event or fashion", detectors.OneEvent},
	{"a launch with a program of its own", detectors.OneProgram | detectors.OneLaunch},
	{"a program that came into fashion", detectors.OneProgram | detectors.OneEvent},
	{
		"a launch with a program of its own, in one event",
		detectors.OneProgram | detectors.OneLaunch | detectors.OneEvent,
	},
	{"one payer for many people", detectors.OnePayer},
	{"one payer for many people with one program", detectors.OneProgram | detectors.OnePayer},
	{"a launch that one payer pays for", detectors.OneLaunch | detectors.OnePayer},
	{
		"a launch with a program of its own that one payer pays for",
		detectors.OneProgram | detectors.OneLaunch | detectors.OnePayer,
	},
	{"one public set, replayed", detectors.OneSet | detectors.OneProgram},
}

// combination is the price in bits of a second cause, and of a third: every other crowd that one
// thing brought together has another in common as well (judged). A price of 2, and 2 more for one
// payer, made people who share a card and a program findings (docs/decisions/0018).
const combination = 1

// price is by how many bits a hypothesis is less likely beforehand than one common cause.
func (h *Hypothesis) price() float64 {
	return combination * float64(bits.OnesCount8(uint8(h.Causes))-1)
}

// applies says whether the group may be what the hypothesis says: who replays a public set sends
// the same items as the others.
func (h *Hypothesis) applies(sameItems bool) bool {
	return h.Causes&detectors.OneSet == 0 || sameItems
}

// best is the honest hypothesis that leaves the least unexplained, with what it leaves in bits.
func (e *evidence) best(g *detectors.Group, penalty float64) (index int, left float64) {
	left = math.Inf(1)
	for i := range Hypotheses {
		h := &Hypotheses[i]
		if !h.applies(e.sameItems) {
			continue
		}
		families := e.left(h.Causes, g)
		if x := sum(&families, penalty) + h.price(); x < left {
			index, left = i, x
		}
	}
	return index, left
}

// left is what honest causes leave unexplained of the evidence on each signal family.
func (e *evidence) left(causes detectors.Causes, g *detectors.Group) (out detectors.ByFamily) {
	var unexplained correlated
	for i, family := range detectors.Families {
		unexplained = unexplained[:0]
		for _, x := range e.families[i] {
			if x.explained&causes == 0 {
				unexplained = append(unexplained, x.bits)
			}
		}
		out[i] = unexplained.bits()
		// Shared text is not discounted, however it was found: its bits are its rarity.
		if g.Defining.Has(family) && family != detectors.Work {
			out[i] *= definingDiscount
		}
	}
	return out
}

// sum adds up the signal families. Groups are searched by funding, identity and network, which pay
// for the search; not by schedule, habits and takeover.
func sum(families *detectors.ByFamily, penalty float64) float64 {
	on := families.On
	searched := on(detectors.Funding) + on(detectors.Identity) + on(detectors.Network)
	return programEvidence(families) + math.Max(0, searched-penalty) +
		on(detectors.Schedule) + on(detectors.Habits) + on(detectors.Takeover)
}
