package backtest

import (
	"cmp"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
)

// What the defaults are chosen for: so many false findings a day in a population of so many
// accounts. Issue 13 asks for it: one in a hundred days is less than what other alerts cost.
const (
	TargetRate     = 0.01
	TargetAccounts = 5000
)

// DefaultRate is the number of false findings a day to ask for in a population of so many accounts:
// honest groups are as many as there are people to form them. A small population is not asked for
// less than the target itself: fewer than one in a hundred days saves nobody work, and costs
// campaigns.
func DefaultRate(accounts int) float64 {
	return TargetRate * math.Max(1, float64(accounts)/TargetAccounts)
}

// Peak is how far one distinct group came.
type Peak struct {
	// Excess is by how many bits it was beyond the threshold (negative: below) of the rule by which
	// it came nearest.
	Excess float64
	Rule   decision.RuleID
}

// Derivation is the thresholds for a wanted number of false findings, as honest groups give them.
type Derivation struct {
	Tail Tail
	// Shift is by how many bits the thresholds should move from those by which the groups were
	// measured, Cautious by how many to be 95 % sure, both a tenth of a bit upwards.
	Shift, Cautious float64
	// Moves says by which rules groups come near.
	Moves [decision.NumRules]bool
}

// Derive finds the thresholds at which honest groups give a rate of false findings a day, from
// those that came within Reach of a threshold in some days. before says what is expected of the
// tail.
func Derive(peaks []Peak, rate, days float64, before Expectation) Derivation {
	var d Derivation
	excesses := make([]float64, len(peaks))
	for i, p := range peaks {
		excesses[i] = p.Excess
		// What is no nearer is not in the tail: a text without any purpose is as far off as this.
		d.Moves[p.Rule] = d.Moves[p.Rule] || p.Excess > -Reach
	}
	slices.SortFunc(excesses, func(a, b float64) int { return cmp.Compare(b, a) })
	d.Tail = FitTail(excesses, -Reach, days)
	d.Tail.Expect(before)
	d.Shift, d.Cautious = up(d.Tail.Line(rate)), up(d.Tail.Cautious(rate))
	return d
}

// Moved is a policy with its thresholds moved by some bits: total_bits, and operator_bits and
// purpose_bits where groups come near by those rules.
func (d *Derivation) Moved(p decision.Policy, by float64) decision.Policy {
	p.Total += by
	if d.Moves[decision.Operator] {
		p.Operator += by
	}
	if d.Moves[decision.Purpose] {
		p.Purpose += by
	}
	return p
}

// Advice is the thresholds for a wanted number of false findings.
type Advice struct {
	Derivation

	// Rate is the wanted number a day, Accounts the number of accounts that were seen.
	Rate     float64
	Accounts int
	Days     float64
	// Honest are the groups that count, Far those so far beyond a threshold that the traffic may
	// not be honest; they do not count unless they are trusted, or analysts dismissed them.
	Honest, Far []*Group
	// Confirmed are the groups that analysts confirmed: they are no honest ones. Missed are those
	// of them that the recommended thresholds would leave alone. Dismissed counts the honest ones
	// that analysts dismissed.
	Confirmed, Missed []*Group
	Dismissed         int
	// Floor is the shift that leads back to the default; a Shift below it is the operator's
	// own risk.
	Floor float64
	// Total, Operator and Purpose are the recommended options: never below the default, and the
	// last two moved only where groups come near by that rule.
	Total, Operator, Purpose float64
}

// Advise recommends thresholds for a rate of false findings a day; 0 takes the rate for the number
// of accounts that were seen. trusted counts the groups far beyond them as honest.
func (c *Calibration) Advise(rate float64, trusted bool) Advice {
	a := Advice{Rate: rate, Accounts: len(c.accounts), Days: c.Days()}
	if rate == 0 {
		a.Rate = DefaultRate(a.Accounts)
	}
	var peaks []Peak
	for _, g := range c.Groups() {
		judged := c.labels.of(&g.Best)
		if judged == confirmed {
			a.Confirmed = append(a.Confirmed, g)
			continue
		}
		if judged == dismissed {
			a.Dismissed++
		} else if g.Fitted && g.Excess >= c.o.HighMargin && !trusted {
			a.Far = append(a.Far, g)
			continue
		}
		a.Honest = append(a.Honest, g)
		if g.Fitted {
			peaks = append(peaks, Peak{g.Excess, g.Rule})
		}
	}
	d := campaign.DefaultOptions()
	a.Floor = d.Total - c.o.Total
	// The default keeps its promise as long as the recording does not say otherwise.
	before := Expectation{At: a.Floor, Rate: DefaultRate(a.Accounts)}
	a.Derivation = Derive(peaks, a.Rate, a.Days, before)
	moved := a.Moved(c.o.Policy, math.Max(a.Shift, a.Floor))
	a.Total, a.Operator, a.Purpose = moved.Total, moved.Operator, moved.Purpose
	if a.Moves[decision.Operator] {
		a.Operator = math.Max(a.Operator, d.Operator)
	}
	if a.Moves[decision.Purpose] {
		a.Purpose = math.Max(a.Purpose, d.Purpose)
	}
	a.Missed = a.missed(c.o.Policy)
	return a
}

// missed lists the confirmed groups that the recommended thresholds would leave alone.
func (a *Advice) missed(p decision.Policy) (out []*Group) {
	p.Total, p.Operator, p.Purpose = a.Total, a.Operator, a.Purpose
	for _, g := range a.Confirmed {
		if _, excess := decision.Nearest(&g.Best.Scores, &p); excess < 0 {
			out = append(out, g)
		}
	}
	return out
}

// Beyond counts the honest groups beyond a shifted line: as fitted, which makes findings, and as
// first found.
func (a *Advice) Beyond(shift float64) (fitted, raw int) {
	for _, g := range a.Honest {
		if g.Fitted && g.Excess >= shift {
			fitted++
		}
		if g.RawExcess >= shift {
			raw++
		}
	}
	return fitted, raw
}

// Shifts are the lines worth showing: half bits from Reach below the configured line to beyond the
// recommended one, and that itself.
func (a *Advice) Shifts() []float64 {
	out := []float64{a.Shift, a.Floor, 0}
	for s := -float64(Reach); s <= math.Max(a.Shift, a.Floor)+2; s++ {
		out = append(out, s)
	}
	slices.Sort(out)
	return slices.Compact(
		slices.DeleteFunc(out, func(s float64) bool { return s < a.Tail.Threshold }),
	)
}

// up rounds to the next tenth of a bit.
func up(bits float64) float64 { return math.Ceil(10*bits-1e-9) / 10 }
