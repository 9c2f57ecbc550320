package detectors

import (
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// NumFamilies is how many signal families there are.
const NumFamilies = attribute.NumFamilies

// Families lists the signal families in the order in which findings show them.
var Families = attribute.Families

// ByFamily holds a figure for each signal family, in the order of Families.
type ByFamily [NumFamilies]float64

// On is the figure of a signal family.
func (b *ByFamily) On(p Family) float64 { return b[p.Index()] }

// AtLeast lists the signal families whose figure reaches bits.
func (b *ByFamily) AtLeast(bits float64) (out []Family) {
	for i, p := range Families {
		if b[i] >= bits {
			out = append(out, p)
		}
	}
	return out
}

// FamilySet is a set of signal families: one bit for each, in the order of Families.
type FamilySet uint8

// SetOf makes a set; what is no signal family is left out.
func SetOf(families ...Family) (s FamilySet) {
	for _, p := range families {
		if i := p.Index(); i >= 0 {
			s |= 1 << i
		}
	}
	return s
}

// Has says whether the signal family is in the set.
func (s FamilySet) Has(p Family) bool { return s&SetOf(p) != 0 }

// List lists the signal families of the set by name.
func (s FamilySet) List() (out []Family) {
	for _, p := range Families {
		if s.Has(p) {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}
