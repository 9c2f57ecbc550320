package decision

// Condition is one of the things that a rule asks for.
type Condition struct {
	// What names it. Has is what the group shows, Needs from where on it is met: bits, but for
	// counts.
	What       string
	Has, Needs float64
	// Count says that both are counts.
	Count bool
}

// Met says whether the group meets it.
func (c *Condition) Met() bool { return c.Has >= c.Needs }

// Conditions lists what a rule asks for: the group is a finding by it when it meets all of them.
func Conditions(id RuleID, s *Scores, p *Policy) (out []Condition) {
	bits := func(what string, has, needs float64) {
		out = append(out, Condition{What: what, Has: has, Needs: needs})
	}
	switch id {
	case Operator:
		bits("coordination", s.Coordination, p.Operator+SmallGroup(s.Size))
		bits("conversations that move between the accounts", s.Moved, operatorMoved)
	case Purpose:
		bits("a text that demands what only a harvest needs", s.Purpose, p.Purpose)
		bits("the same text in most of their requests", s.Text, purposeText)
		bits("harvest", s.Harvest, p.PurposeHarvest())
		out = append(out, Condition{
			What: "accounts, those of one customer once", Has: s.Size, Needs: purposeSize, Count: true,
		})
	default:
		bits("coordination", s.Coordination, p.Coordination)
		bits("harvest", s.Harvest, p.Harvest)
		bits("both together", s.Coordination+s.Harvest, p.Total+SmallGroup(s.Size))
	}
	if Rules[id].causes {
		out = append(out, Condition{
			What: "independent causes that agree", Has: float64(s.Causes),
			Needs: float64(p.Families), Count: true,
		})
	}
	return out
}
