package random

import (
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// Dimension is a choice that every operator of a campaign makes.
type Dimension string

// The dimensions. Of those under required a campaign takes one tactic each, of the others one or
// none.
const (
	Wording     Dimension = "wording"
	Templates   Dimension = "number of templates"
	Position    Dimension = "position"
	Cover       Dimension = "cover traffic"
	Personas    Dimension = "personas"
	Acquisition Dimension = "accounts"
	Clients     Dimension = "clients"
	Networks    Dimension = "networks"
	Timing      Dimension = "schedule"
	Pace        Dimension = "rate"
	Balance     Dimension = "balance"
	Reaction    Dimension = "reaction"
	WorkList    Dimension = "work list"
)

// Dimensions lists the dimensions in the order in which they are drawn.
func Dimensions() []Dimension {
	return []Dimension{
		Wording, Templates, Position, Cover, Personas, Acquisition, Clients, Networks, Timing, Pace,
		Balance, Reaction, WorkList,
	}
}

// required says of which dimensions a campaign takes a tactic in any case.
func required(d Dimension) bool {
	return slices.Contains(
		[]Dimension{Wording, Acquisition, Clients, Networks, Timing, Pace, Balance}, d,
	)
}

// Tactic is one thing that a campaign does.
type Tactic struct {
	Name      string
	Dimension Dimension
	// Care is how careful it is: 0 blatant, 1 usual, 2 careful.
	Care int
	// What says what it is, Price what it costs the operator beyond a blatant campaign.
	What, Price string

	apply func(d draw, c *simulate.Campaign)
}

// Tactics lists all tactics, by dimension and name.
func Tactics() []Tactic {
	all := slices.Concat(
		wordings(), accounts(), schedules(), asks(), pools(), routines(), crafts(), supplies(),
		workings(), requests(), stocks(), habitual(),
		questions(), holdings(), manners(),
		errands(), means(), tempers(),
	)
	order := Dimensions()
	slices.SortStableFunc(all, func(a, b Tactic) int {
		return slices.Index(order, a.Dimension) - slices.Index(order, b.Dimension)
	})
	return all
}

// compose draws the tactics of a campaign. Care is from 0, blatant, to 1, careful.
func compose(d draw, set Set, care float64, c *simulate.Campaign) {
	all := Tactics()
	for _, dim := range Dimensions() {
		var of []*Tactic
		var weights []float64
		total := 0.0
		for i := range all {
			t := &all[i]
			if t.Dimension != dim || SetOf(t.Name) != set {
				continue
			}
			// Most are of the campaign's own care, a few are not: operators are not consistent.
			w := math.Exp(-2 * math.Abs(2*care-float64(t.Care)))
			of, weights, total = append(of, t), append(weights, w), total+w
		}
		if !required(dim) {
			total += 0.6 // for none
		}
		x := d.Float64() * total
		for i, t := range of {
			if x -= weights[i]; x < 0 {
				t.apply(d, c)
				c.Tactics = append(c.Tactics, t.Name)
				break
			}
		}
	}
}
