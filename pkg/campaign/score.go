package campaign

import (
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
)

// score is what a group shows on both axes.
type score struct {
	coordination, harvest float64
	// planes holds the best positive evidence of each plane after discounts, in bits.
	planes map[detectors.Plane]float64
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

// evaluate adds up the evidence on a group. searched is the number of candidates that were looked at to find it; whole adds the costly detectors.
func evaluate(g *detectors.Group, c *detectors.Context, registry []detectors.Detector, searched int, whole bool) score {
	s := score{
		planes:   map[detectors.Plane]float64{},
		measures: make([]detectors.Measure, len(registry)),
		spoke:    make([]bool, len(registry)),
	}
	best := map[detectors.Plane][]float64{}
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
		switch {
		case d.Spec.Axis == detectors.Harvest:
			s.harvest += m.Bits
		case m.Bits <= 0:
			s.coordination += m.Bits
		default:
			best[d.Spec.Plane] = append(best[d.Spec.Plane], m.Bits)
		}
	}
	for _, plane := range planeOrder {
		bits := best[plane]
		if len(bits) == 0 {
			continue
		}
		slices.Sort(bits)
		slices.Reverse(bits)
		total := bits[0]
		for _, b := range bits[1:] {
			total += secondShare * b
		}
		// Shared text is no coincidence however it was found; what it is worth is its rarity.
		if g.Defining[plane] && plane != detectors.Work {
			total *= definingDiscount
		}
		s.planes[plane] = total
		s.coordination += total
	}
	s.coordination -= searchPrice(searched, g.Size)
	return s
}

// searchPrice is what the search costs in bits: the best of many candidates looks better than it is by the logarithm of their number, times how much chance moves a
// group's entropy, which falls with the root of its size.
func searchPrice(searched int, size float64) float64 {
	return math.Log2(float64(max(searched, 1))) / math.Sqrt(math.Max(size, 1))
}

// agreeing counts the planes that agree.
func (s *score) agreeing() []detectors.Plane {
	var out []detectors.Plane
	for _, p := range planeOrder {
		if s.planes[p] >= planeBits {
			out = append(out, p)
		}
	}
	return out
}

var planeOrder = [...]detectors.Plane{
	detectors.Work, detectors.Funding, detectors.Identity, detectors.Client, detectors.Network, detectors.Schedule,
}

// margin is how far a score lies beyond the line for a High finding: the smaller of the two axes' margins, in bits; negative below the line.
func (s *score) margin(o *Options) float64 {
	return math.Min(s.coordination-o.Coordination, s.harvest-o.Harvest)
}
