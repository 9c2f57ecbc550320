package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheExcessIsHowFarTheLineCanBeRaisedUntilAGroupIsNoFinding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := func(name string) float64 { return rapid.Float64Range(-4, 16).Draw(t, name) }
		s := score{coordination: bits("coordination"), harvest: bits("harvest"), operator: bits("operator"), text: bits("text"), purpose: bits("purpose"), size: rapid.Float64Range(8, 30).Draw(t, "size")}
		for _, p := range planeOrder {
			s.planes[place(p)] = rapid.Float64Range(0, 3).Draw(t, string(p))
		}
		o := DefaultOptions()
		c := Candidate{Coordination: s.coordination, Harvest: s.harvest, Operator: s.operator, Causes: s.independent(), Text: s.text, Purpose: s.purpose, Size: s.size}
		_, excess := Shortest(c.Excess(&o))
		require.Equal(t, s.passes(&o), excess >= 0)
		by := rapid.Float64Range(-3, 6).Draw(t, "raised")
		raised := o
		raised.Total += by
		raised.Operator += by
		raised.Purpose += by
		_, left := Shortest(c.Excess(&raised))
		require.InDelta(t, excess-by, left, 1e-9)
	})
}

func TestDetectorsThatTellOneStoryHardlyAddUp(t *testing.T) {
	for _, c := range []struct {
		bits story
		want float64
	}{
		{nil, 0}, {story{2}, 2}, {story{-1.5}, -1.5}, {story{1, 2}, 2.25}, {story{-1.5, -1.5}, -1.875}, {story{2, -1}, 1},
	} {
		require.InDelta(t, c.want, c.bits.bits(), 1e-9, "%v", c.bits)
	}
}
