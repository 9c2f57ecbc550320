package decision

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheExcessIsHowFarAThresholdCanBeRaisedUntilAGroupIsNoFinding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := func(name string) float64 { return rapid.Float64Range(-4, 16).Draw(t, name) }
		s := Scores{
			Coordination: bits("coordination"), Harvest: bits("harvest"),
			Moved: bits("moved"), Text: bits("text"), Purpose: bits("purpose"),
			Size:   rapid.Float64Range(8, 30).Draw(t, "size"),
			Causes: rapid.IntRange(0, 4).Draw(t, "causes"),
		}
		p := DefaultPolicy()
		_, excess := Nearest(&s, &p)
		require.Equal(t, excess >= 0, Passes(&s, &p))
		if Passes(&s, &p) {
			require.GreaterOrEqual(t, Margin(&s, &p), 0.0, "what passes is beyond the thresholds")
		}
		by := rapid.Float64Range(-3, 6).Draw(t, "raised")
		raised := p
		raised.Total += by
		raised.Operator += by
		raised.Purpose += by
		_, left := Nearest(&s, &raised)
		require.InDelta(t, excess-by, left, 1e-9)
		p.Observe = true
		require.False(t, Passes(&s, &p), "who observes finds nothing")
	})
}

func TestARuleWithoutEnoughCausesDoesNotHold(t *testing.T) {
	p := DefaultPolicy()
	s := Scores{Coordination: 20, Harvest: 20, Size: FullSize, Causes: p.Families - 1}
	require.False(t, Passes(&s, &p))
	require.Positive(t, Margin(&s, &p), "the distance leaves the causes out")
	_, margin := Closest(&s, &p)
	require.Negative(t, margin, "of the rules whose causes agree")
	s.Causes++
	require.True(t, Passes(&s, &p))
	s.Causes, s.Text, s.Purpose, s.Size = 0, 5, 5, purposeSize
	require.True(t, Passes(&s, &p), "the purpose rule needs no second cause")
	rule, _ := Nearest(&s, &p)
	require.Equal(t, Purpose, rule)
	rule, margin = Closest(&s, &p)
	require.Equal(t, Purpose, rule)
	require.InDelta(t, Rules[Purpose].Margin(&s, &p), margin, 1e-9)
}

func TestTheMarginIsZeroOnTheThresholdsAndGrowsBeyondThem(t *testing.T) {
	p := DefaultPolicy()
	margin := func(coordination, harvest, moved float64) float64 {
		s := Scores{Coordination: coordination, Harvest: harvest, Moved: moved, Size: FullSize}
		return Margin(&s, &p)
	}
	require.InDelta(t, 0, margin(p.Coordination, p.Total-p.Coordination, 0), 1e-9,
		"the corner of coordination and sum")
	require.Negative(t, margin(100, p.Harvest-.1, 0), "both questions need a yes")
	require.Negative(t, margin(p.Coordination-.1, 100, 0))
	require.Positive(t, margin(p.Total, p.Total, 0))
	require.Positive(t, margin(p.Operator+1, 0, operatorMoved+1),
		"moved conversations make up for weak harvest")
	require.Negative(t, margin(p.Operator-.1, p.Harvest-.1, 100))
	eight := Scores{Coordination: p.Total, Harvest: p.Harvest, Size: FullSize / 2}
	require.InDelta(t, p.Harvest-smallPrice, Rules[Combined].Margin(&eight, &p), 1e-9,
		"half as many accounts must show more")
}

func TestCorrelatedEvidenceHardlyAddsUp(t *testing.T) {
	for _, c := range []struct {
		bits correlated
		want float64
	}{
		{nil, 0},
		{correlated{2}, 2},
		{correlated{-1.5}, -1.5},
		{correlated{1, 2}, 2.25},
		{correlated{-1.5, -1.5}, -1.875},
		{correlated{2, -1}, 1},
	} {
		require.InDelta(t, c.want, c.bits.bits(), 1e-9, "%v", c.bits)
	}
}

func TestConfidenceIsEvenABitBelowTheThresholdsAndNeverCertain(t *testing.T) {
	p := DefaultPolicy()
	s := Scores{Coordination: 100, Harvest: p.Harvest - 1, Size: FullSize}
	require.Equal(t, 50, Confidence(&s, &p))
	s.Harvest = 1000
	require.Equal(t, 99, Confidence(&s, &p))
	s.Harvest = p.AccountHarvest
	require.Equal(t, 50, AccountConfidence(&s, &p))
}
