package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheExcessIsHowFarTheLineCanBeRaisedUntilAGroupIsNoFinding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := func(name string) float64 { return rapid.Float64Range(-4, 16).Draw(t, name) }
		s := score{coordination: bits("coordination"), harvest: bits("harvest"), operator: bits("operator")}
		for _, p := range planeOrder {
			s.planes[place(p)] = rapid.Float64Range(0, 3).Draw(t, string(p))
		}
		o := DefaultOptions()
		c := Candidate{Coordination: s.coordination, Harvest: s.harvest, Operator: s.operator, Causes: s.independent()}
		sum, hand := c.Excess(&o)
		require.Equal(t, s.passes(&o), max(sum, hand) >= 0)
		by := rapid.Float64Range(-3, 6).Draw(t, "raised")
		raised := o
		raised.Total += by
		raised.Operator += by
		sum, hand = c.Excess(&raised)
		was, wasHand := c.Excess(&o)
		require.InDelta(t, max(was, wasHand)-by, max(sum, hand), 1e-9)
	})
}
