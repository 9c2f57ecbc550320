package detectors

import "slices"

// NumPlanes is how many planes there are.
const NumPlanes = 6

// Planes lists the planes in the order in which findings show them.
var Planes = [NumPlanes]Plane{Work, Funding, Identity, Client, Network, Schedule}

// Index is the plane's place in Planes, -1 for what is no plane.
func (p Plane) Index() int { return slices.Index(Planes[:], p) }

// ByPlane holds a figure for each plane, in the order of Planes.
type ByPlane [NumPlanes]float64

// On is the figure of a plane.
func (b *ByPlane) On(p Plane) float64 { return b[p.Index()] }

// AtLeast lists the planes whose figure reaches bits.
func (b *ByPlane) AtLeast(bits float64) (out []Plane) {
	for i, p := range Planes {
		if b[i] >= bits {
			out = append(out, p)
		}
	}
	return out
}

// PlaneSet is a set of planes: one bit for each, in the order of Planes.
type PlaneSet uint8

// SetOf makes a set; what is no plane is left out.
func SetOf(planes ...Plane) (s PlaneSet) {
	for _, p := range planes {
		if i := p.Index(); i >= 0 {
			s |= 1 << i
		}
	}
	return s
}

// Has says whether the plane is in the set.
func (s PlaneSet) Has(p Plane) bool { return s&SetOf(p) != 0 }

// List lists the planes of the set by name.
func (s PlaneSet) List() (out []Plane) {
	for _, p := range Planes {
		if s.Has(p) {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}
