package campaign

// PlainHarvest is the bits of harvest that a text whose purpose is plain needs.
func (o *Options) PlainHarvest() float64 { return o.Harvest + plainHarvest }

// Margin is how far a group with these bits lies beyond the line for a finding, negative below it: for reports that draw the line. Operator is the part of coordination
// that one program in many hands does not explain. That Options.Planes causes must agree is no part of it.
func (o *Options) Margin(coordination, harvest, operator float64) float64 {
	s := score{coordination: coordination, harvest: harvest, operator: operator}
	return s.margin(o)
}
