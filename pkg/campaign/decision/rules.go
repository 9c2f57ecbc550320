package decision

import "math"

// Scores is what a group shows, as far as the rules ask for it. All but Size and Causes are bits.
type Scores struct {
	Coordination, Harvest float64
	// Explanation is the honest reading of the group that leaves the least unexplained, by its
	// place in Hypotheses; Coordination is what it leaves.
	Explanation int
	// Moved is how surely conversations move between the accounts.
	Moved float64
	// Customer says that the group is one customer in the open; see detectors.Group.OneCustomer.
	Customer bool
	// Allowed says that all accounts are under one contract whose declared purpose allows to
	// collect outputs, by the provider's own records. It makes no harvest less: it says who may.
	// What accounts under several contracts declare allows nothing, since together they are no
	// customer. The search does not ask; it is read for findings.
	Allowed bool
	// Text is how surely the members write the same text in most of their requests, Purpose the
	// strongest intent that no benign group shares.
	Text, Purpose float64
	// Size is the number of entities.
	Size float64
	// Causes is the number of independent causes that agree.
	Causes int
}

// Rule is one way for a group to become a finding: conditions that must all hold. One of them, its
// threshold, can be moved by an option.
type Rule struct {
	// Name is what documentation and reports call it.
	Name string
	// Option is the configuration key of its threshold, Threshold the value.
	Option    string
	Threshold func(p *Policy) float64
	// Asks says in words what it asks for.
	Asks string

	// over is by how many bits a group exceeds the threshold, others by how many it meets the
	// other conditions; both are negative below.
	over, others func(s *Scores, p *Policy) float64
	// causes says that Policy.Families independent causes must agree as well.
	causes bool
}

// RuleID names a rule by its place in Rules.
type RuleID uint8

// The rules.
const (
	Combined RuleID = iota
	Operator
	Purpose

	NumRules
)

const (
	// operatorMoved is what conversations that move between the accounts must show for the operator
	// rule, in bits: eight times the others' share.
	operatorMoved = 3
	// FullSize is the number of entities from which a group's figures are what they seem. Each
	// halving below costs smallPrice bits: there are more small groups to choose from, and they
	// scatter more; without it four times as many honest groups of 8 to 15 as of 16 to 31 come
	// within three bits of the thresholds in random worlds (docs/decisions/0022).
	FullSize   = 16
	smallPrice = 1.5
	// purposeSize is the least number of entities of the purpose rule (a research team has fewer
	// accounts), purposeText the bits of shared work (a text of one account in four) and
	// purposeHarvest what the harvest needs beyond Policy.Harvest: long, single answers as well.
	// docs/tuning.md says what they were held against.
	purposeSize    = 16
	purposeText    = 2
	purposeHarvest = 2.5
)

// Rules lists the rules. Each axis has a floor, because both questions need a yes, and their sum
// has a threshold: what a careful operator hides on one axis must be made up for on the other. A
// pool that carries other people's conversations looks like ordinary use, so the operator rule asks
// for conversations that move between the accounts in place of a harvest. The purpose rule waits
// for no second cause: the text is the coordination and the harvest.
var Rules = [NumRules]Rule{
	Combined: {
		Name: "combined", Option: "total_bits",
		Asks:      "coordination and harvest, each from its floor on and together from the threshold on",
		Threshold: func(p *Policy) float64 { return p.Total },
		over: func(s *Scores, p *Policy) float64 {
			return s.Coordination + s.Harvest - p.Total - SmallGroup(s.Size)
		},
		others: func(s *Scores, p *Policy) float64 {
			return math.Min(s.Coordination-p.Coordination, s.Harvest-p.Harvest)
		},
		causes: true,
	},
	Operator: {
		Name: "operator", Option: "operator_bits",
		Asks:      "coordination from the threshold on, and conversations that move between the accounts",
		Threshold: func(p *Policy) float64 { return p.Operator },
		over: func(s *Scores, p *Policy) float64 {
			return s.Coordination - p.Operator - SmallGroup(s.Size)
		},
		others: func(s *Scores, _ *Policy) float64 { return s.Moved - operatorMoved },
		causes: true,
	},
	Purpose: {
		Name: "purpose", Option: "purpose_bits",
		Asks:      "one text of many accounts that demands what only a harvest needs",
		Threshold: func(p *Policy) float64 { return p.Purpose },
		over:      func(s *Scores, p *Policy) float64 { return s.Purpose - p.Purpose },
		others: func(s *Scores, p *Policy) float64 {
			if s.Size < purposeSize || s.Text == 0 {
				return math.Inf(-1)
			}
			return math.Min(s.Text-purposeText, s.Harvest-p.PurposeHarvest())
		},
	},
}

// SmallGroup is what a group of so many entities must show beyond the threshold, in bits.
func SmallGroup(size float64) float64 {
	return smallPrice * math.Max(0, math.Log2(FullSize/math.Max(size, 1)))
}

// PurposeHarvest is the bits of harvest that the purpose rule asks for.
func (p *Policy) PurposeHarvest() float64 { return p.Harvest + purposeHarvest }

// Excess is by how many bits the rule's threshold could be raised, or would have to be lowered
// where it is negative, until the group is only just a finding by this rule. It is minus infinity
// where another condition stands in the way.
func (r *Rule) Excess(s *Scores, p *Policy) float64 {
	if r.causes && s.Causes < p.Families || r.others(s, p) < 0 {
		return math.Inf(-1)
	}
	return r.over(s, p)
}

// Margin is by how many bits the group meets all conditions of the rule but the number of causes,
// negative where it does not: the distance that a search or a picture needs.
func (r *Rule) Margin(s *Scores, p *Policy) float64 {
	return math.Min(r.over(s, p), r.others(s, p))
}

// Nearest is the rule by which the excess is largest.
func Nearest(s *Scores, p *Policy) (rule RuleID, excess float64) {
	excess = Rules[Combined].Excess(s, p)
	for id := Operator; id < NumRules; id++ {
		if x := Rules[id].Excess(s, p); x > excess {
			rule, excess = id, x
		}
	}
	return rule, excess
}

// Passes says whether the group is a finding by any rule.
func Passes(s *Scores, p *Policy) bool {
	_, excess := Nearest(s, p)
	return !p.Observe && excess >= 0
}

// Closest is the rule whose margin is largest, of those for which the causes agree that it asks
// for; the margin is minus infinity where there is none.
func Closest(s *Scores, p *Policy) (rule RuleID, margin float64) {
	margin = math.Inf(-1)
	for id := range NumRules {
		r := &Rules[id]
		if r.causes && s.Causes < p.Families {
			continue
		}
		if x := r.Margin(s, p); x > margin {
			rule, margin = id, x
		}
	}
	return rule, margin
}

// Margin is the largest of the rules' margins.
func Margin(s *Scores, p *Policy) float64 {
	most := math.Inf(-1)
	for i := range Rules {
		most = math.Max(most, Rules[i].Margin(s, p))
	}
	return most
}
