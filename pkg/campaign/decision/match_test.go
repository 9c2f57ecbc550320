package decision

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// TestOthersWhoActTogetherAreNoControls takes groups by their size: acting is what a detector says
// of those of each size.
func TestOthersWhoActTogetherAreNoControls(t *testing.T) {
	const pool, rest, crowd = 20, 30, 40
	acting := map[int]float64{pool: 3, rest: together, crowd: together - 0.1}
	x := Assessor{Context: &detectors.Context{}, Registry: []detectors.Detector{{
		Spec: detectors.Spec{ID: "acting", Family: detectors.Habits, Max: 9, Min: -9},
		Measure: func(g *detectors.Group, _ *detectors.Context) (detectors.Measure, bool) {
			return detectors.Measure{Bits: acting[len(g.Members)]}, true
		},
	}}}
	group := func(n int, others ...*detectors.Group) *detectors.Group {
		g := &detectors.Group{
			Size: float64(n), Members: make([]detectors.Member, n),
			OtherUsers: slices.Values(others),
		}
		for i := range g.Members {
			g.Members[i].Vector, g.Members[i].Profile = &baseline.Vector{}, &fingerprint.Profile{}
		}
		return g
	}
	for name, c := range map[string]struct {
		others  []*detectors.Group
		matched bool
	}{
		"nobody else uses the program": {nil, false},
		"people do":                    {[]*detectors.Group{group(crowd)}, true},
		"the rest of the pool does":    {[]*detectors.Group{group(rest)}, false},
		"the rest of the pool writes its text, people use its client": {
			[]*detectors.Group{group(rest), group(crowd)}, true,
		},
	} {
		g := group(pool, c.others...)
		x.Assess(g, 1, false)
		require.False(t, g.IsMatched(), "%s: a quick look compares with all", name)
		x.Assess(g, 1, true)
		require.Equal(t, c.matched, g.IsMatched(), name)
	}
}
