package backtest

import (
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
)

// Advice is the thresholds for a wanted number of false findings.
type Advice struct {
	// Rate is the wanted number a day.
	Rate float64
	Days float64
	// Honest are the groups that count, Far those so far beyond a threshold that the traffic may
	// not be honest; they do not count unless they are trusted.
	Honest, Far []*Group
	Tail        Tail
	// Shift is by how many bits the thresholds should move from the configured ones, Cautious by
	// how many to be 95 % sure, both a tenth of a bit upwards.
	Shift, Cautious float64
	// Floor is the shift that leads back to the default; a Shift below it is the operator's
	// own risk.
	Floor float64
	// Total, Operator and Purpose are the recommended options: never below the default, and the
	// last two moved only where groups come near by that rule.
	Total, Operator, Purpose float64
	// Moves says by which rules groups come near.
	Moves [decision.NumRules]bool
}

// Advise recommends thresholds. trusted counts the groups far beyond them as honest.
func (c *Calibration) Advise(rate float64, trusted bool) Advice {
	a := Advice{Rate: rate, Days: c.Days()}
	var excesses []float64
	for _, g := range c.Groups() {
		if g.Fitted && g.Excess >= c.o.HighMargin && !trusted {
			a.Far = append(a.Far, g)
			continue
		}
		a.Honest = append(a.Honest, g)
		if g.Fitted {
			excesses = append(excesses, g.Excess)
			a.Moves[g.Rule] = true
		}
	}
	a.Tail = FitTail(excesses, -Reach, a.Days)
	a.Shift, a.Cautious = up(a.Tail.Line(rate)), up(a.Tail.Cautious(rate))
	d := campaign.DefaultOptions()
	a.Floor = d.Total - c.o.Total
	move := math.Max(a.Shift, a.Floor)
	a.Total, a.Operator, a.Purpose = c.o.Total+move, c.o.Operator, c.o.Purpose
	if a.Moves[decision.Operator] {
		a.Operator = math.Max(c.o.Operator+move, d.Operator)
	}
	if a.Moves[decision.Purpose] {
		a.Purpose = math.Max(c.o.Purpose+move, d.Purpose)
	}
	return a
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
