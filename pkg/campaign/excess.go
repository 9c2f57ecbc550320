package campaign

import "math"

// Way is one of the ways over the line.
type Way uint8

// The ways, each with the option that moves it: both axes together (total_bits), an operator's hand (operator_bits), a text whose purpose is plain (purpose_bits).
const (
	BySum Way = iota
	ByHand
	ByPurpose

	NumWays
)

// Excess is by how many bits the option of each way could be raised, or would have to be lowered where it is negative, until the group is only just a
// finding by that way over the line. It is minus infinity where another condition stands in the way.
func (c *Candidate) Excess(o *Options) (by [NumWays]float64) {
	for w := range by {
		by[w] = math.Inf(-1)
	}
	if c.Text >= plainText && c.Size >= plainSize && c.Harvest >= o.Harvest+plainHarvest {
		by[ByPurpose] = c.Purpose - o.Purpose
	}
	if c.Causes < o.Planes {
		return by
	}
	if c.Coordination >= o.Coordination && c.Harvest >= o.Harvest {
		by[BySum] = c.Coordination + c.Harvest - o.Total
	}
	if c.Harvest >= weakHarvest {
		by[ByHand] = math.Min(c.Operator, c.Coordination-programBits) - o.Operator
	}
	return by
}

// Shortest is the way by which the excess is largest.
func Shortest(by [NumWays]float64) (Way, float64) {
	best := BySum
	for w := range NumWays {
		if by[w] > by[best] {
			best = w
		}
	}
	return best, by[best]
}
