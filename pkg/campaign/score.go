package campaign

import (
	"math"

	"github.com/stillwatch/stillwatch/detectors"
)

// score is what a group shows on both axes.
type score struct {
	coordination, harvest float64
	// operator is the part of coordination that one program in many hands does not explain: funding, sign-up, devices, conversations that change
	// accounts, the sharing out of the load; less what speaks for innocence.
	operator float64
	// text is how surely the members write the same text in most requests, purpose the strongest intent that no honest crowd shares, both in bits; size the number
	// of entities.
	text, purpose, size float64
	// identity is the strongest sign of one hand on the identity plane that a launch does not give: devices, relays, conversations that change accounts.
	identity float64
	// price is what the search for coincidences costs, in bits.
	price float64
	// planes holds the best positive evidence of each plane after discounts, in bits.
	planes byPlane
	// measures holds each detector's clamped bits, by position in the registry; NaN where it could not say.
	measures []detectors.Measure
	spoke    []bool
}

// definingDiscount is what agreement on the plane that selected the group is worth: the group was chosen for it, so it is no coincidence. It is not worthless: that
// so many accounts could be chosen is.
const definingDiscount = 0.5

// secondShare is what a second detector of a plane adds: payment and issuer, stack and parameters mostly tell the same story.
const secondShare = 0.25

// planeBits is the evidence from which a plane counts as agreeing: the accounts show fewer than a third of the values that chance gives.
const planeBits = 1.5

// evenBits is the evidence on the schedule from which accounts made together are a pool rather than a launch: the spread of load is a third less than the population's.
const evenBits = 0.5

// evaluate adds up the evidence on a group. searched is the number of candidates that were looked at to find it; whole adds the costly detectors.
func evaluate(g *detectors.Group, c *detectors.Context, registry []detectors.Detector, searched int, whole bool) score {
	s := score{
		measures: make([]detectors.Measure, len(registry)),
		spoke:    make([]bool, len(registry)),
	}
	best, families := map[detectors.Plane]story{}, map[string]story{}
	for i := range registry {
		d := &registry[i]
		if d.Spec.Costly && !whole {
			continue
		}
		m, ok := d.Measure(g, c)
		if !ok {
			continue
		}
		m.Bits = d.Spec.Clamp(m.Bits)
		s.measures[i], s.spoke[i] = m, true
		if d.Spec.Purpose {
			s.purpose = math.Max(s.purpose, m.Bits)
		}
		switch {
		case d.Spec.Family != "":
			families[d.Spec.Family] = append(families[d.Spec.Family], m.Bits)
		case d.Spec.Axis == detectors.Harvest:
			s.harvest += m.Bits
		case m.Bits <= 0:
			s.coordination += m.Bits
			s.operator += m.Bits
		default:
			if d.Spec.Plane == detectors.Identity && !d.Spec.Launch {
				s.identity = math.Max(s.identity, m.Bits)
			}
			best[d.Spec.Plane] = append(best[d.Spec.Plane], m.Bits)
		}
	}
	s.size = g.Size
	if g.Work.Traffic >= mostRequests {
		s.text = best[detectors.Work].most()
	}
	for _, family := range sortedKeys(families) {
		s.harvest += families[family].bits()
	}
	for n, plane := range planeOrder {
		if len(best[plane]) == 0 {
			continue
		}
		total := best[plane].bits()
		// Shared text is no coincidence however it was found; what it is worth is its rarity.
		if g.Defining[plane] && plane != detectors.Work {
			total *= definingDiscount
		}
		s.planes[n] = total
	}
	// Groups are not searched by schedule, so it pays nothing for the search.
	coincidences := s.on(detectors.Funding) + s.on(detectors.Identity) + s.on(detectors.Network)
	s.price = searchPrice(searched, g.Size)
	others := math.Max(0, coincidences-s.price) + s.on(detectors.Schedule)
	s.operator += others
	s.coordination += s.software() + others
	return s
}

// on is the evidence on a plane.
func (s *score) on(p detectors.Plane) float64 { return s.planes[place(p)] }

// story holds the bits of detectors that tell one story.
type story []float64

// bits are the strongest for and the strongest against, and a part of the others.
func (s story) bits() float64 {
	total, least := 0.0, 0.0
	for _, b := range s {
		total += secondShare * b
		least = math.Min(least, b)
	}
	return total + (1-secondShare)*(s.most()+least)
}

// most is the strongest, 0 when there is none.
func (s story) most() float64 {
	most := 0.0
	for _, b := range s {
		most = math.Max(most, b)
	}
	return most
}

// software is what the work and client planes say together. One program used by many customers shows one template, one layout, one client and one set of
// parameters at once: these are one cause, so the stronger plane counts and the other adds a quarter. What an operator leaves behind (funding, sign-up, devices, the
// sharing out of the load) is no part of it.
func (s *score) software() float64 {
	w, c := s.on(detectors.Work), s.on(detectors.Client)
	return math.Max(w, c) + secondShare*math.Min(w, c)
}

// searchPrice is what the search for coincidences costs in bits: the best of many candidates looks better than it is by the logarithm of their
// number, times how much chance moves a group's entropy, which falls with the root of its size.
func searchPrice(searched int, size float64) float64 {
	return math.Log2(float64(max(searched, 1))) / math.Sqrt(math.Max(size, 1))
}

// agreeing counts the planes that agree.
func (s *score) agreeing() []detectors.Plane {
	var out []detectors.Plane
	for _, p := range planeOrder {
		if s.on(p) >= planeBits {
			out = append(out, p)
		}
	}
	return out
}

var planeOrder = [...]detectors.Plane{
	detectors.Work, detectors.Funding, detectors.Identity, detectors.Client, detectors.Network, detectors.Schedule,
}

// margin is how far a score lies beyond the line, in bits; negative below it. Each axis has a floor, because both questions need a yes, and their sum has a line: what a
// careful operator hides on one axis must be made up for on the other. There is a second way over it, for pools that carry other people's conversations and so look
// like ordinary use: an operator's hand that nothing else explains, with little harvest. And a third, for a text whose purpose is plain.
func (s *score) margin(o *Options) float64 {
	return math.Max(math.Max(s.sum(o), s.hand(o)), s.plain(o))
}

func (s *score) sum(o *Options) float64 {
	return math.Min(s.coordination+s.harvest-o.Total, math.Min(s.coordination-o.Coordination, s.harvest-o.Harvest))
}

func (s *score) hand(o *Options) float64 {
	return math.Min(s.operator-o.Operator, math.Min(s.coordination-o.Operator-programBits, s.harvest-weakHarvest))
}

// plain is how far the purpose speaks for itself: more accounts than a research team has write the same rare text in most of their requests, and the text demands the
// hidden reasoning. There is no second cause to wait for: the text is both the coordination and the harvest.
func (s *score) plain(o *Options) float64 {
	if s.size < plainSize || s.text == 0 {
		return math.Inf(-1)
	}
	return math.Min(s.text-plainText, math.Min(s.purpose-o.Purpose, s.harvest-o.Harvest-plainHarvest))
}

const (
	// mostRequests is the share of requests from which a shared text is what an account is for.
	mostRequests = 0.5
	// plainSize is the least number of entities, plainText the bits of shared work, and
	// plainHarvest what the harvest needs beyond its floor: long, single answers as well.
	plainSize    = 16
	plainText    = 2
	plainHarvest = 3
	// programBits is what the program must add to the operator's hand: funding and sign-up without common work or client are a family or a launch.
	programBits = 3
	// weakHarvest is the least harvest in bits where the operator's hand is plain: twice as much as chance.
	weakHarvest = 1
)

// passes says whether the score makes a finding.
func (s *score) passes(o *Options) bool {
	return !o.Observe && (s.plain(o) >= 0 || s.margin(o) >= 0 && s.independent() >= o.Planes)
}

// independent counts the causes that agree: the work and client planes are one, the program; networks alone are never one.
func (s *score) independent() int {
	n := 0
	if s.on(detectors.Work) >= planeBits || s.on(detectors.Client) >= planeBits {
		n++
	}
	// A coincidence that the search explains is no cause.
	if s.on(detectors.Funding) >= planeBits+s.price {
		n++
	}
	// A vendor's customers come in a launch too, but they do not share the work evenly.
	if s.on(detectors.Identity) >= planeBits+s.price && (s.identity >= planeBits || s.on(detectors.Schedule) >= evenBits) {
		n++
	}
	if s.on(detectors.Schedule) >= planeBits {
		n++
	}
	return n
}
