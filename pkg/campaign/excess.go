package campaign

import "math"

// Excess is by how many bits o.Total (sum) and o.Operator (hand) could be raised, or would have to be lowered where it is negative, until the group is only just a
// finding by that way over the line. It is minus infinity where another condition stands in the way.
func (c *Candidate) Excess(o *Options) (sum, hand float64) {
	sum, hand = math.Inf(-1), math.Inf(-1)
	if c.Causes < o.Planes {
		return sum, hand
	}
	if c.Coordination >= o.Coordination && c.Harvest >= o.Harvest {
		sum = c.Coordination + c.Harvest - o.Total
	}
	if c.Harvest >= weakHarvest {
		hand = math.Min(c.Operator, c.Coordination-programBits) - o.Operator
	}
	return sum, hand
}
