package evaluate

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// near is a fitted group whose causes agree, by how many bits it is beyond the combined rule.
func near(at int64, beyond float64, members ...string) search.Measurement {
	p := decision.DefaultPolicy()
	harvest := p.Harvest + 1
	return search.Measurement{
		Time: at, Origin: "template", Members: members, Fitted: true,
		Scores: decision.Scores{
			Coordination: p.Total + beyond - harvest, Harvest: harvest, Causes: 9,
		},
		Bits: map[string]float64{"issuer": 2},
	}
}

func TestAGroupIsKeptWhenItIsBeyondWhatItsAccountsWereInBefore(t *testing.T) {
	o := NewObserved(decision.DefaultPolicy())
	o.Add(near(1, -1, "x1", "x2", "a"))
	o.Add(near(1, 1, "x1", "x2"))
	o.Add(near(1, 9, "alone"))
	o.Add(near(1, -3.5, "b", "c"))
	o.Add(near(2, 1.4, "x1", "x2"))
	o.Add(near(3, 1.6, "x1", "x2"))
	weak := near(3, 5, "x1", "x2")
	weak.Fitted = false
	o.Add(weak)
	lone := near(3, 4, "x1", "x2")
	lone.Causes = 1
	o.Add(lone)
	truth := &simulate.Truth{
		Corpus:    "w",
		Campaigns: []simulate.TrueCampaign{{ID: "c", Accounts: []string{"x1", "x2"}}},
		BenignGroups: []simulate.BenignGroup{
			{ID: "crowd", Accounts: []string{"b", "a"}, Mechanisms: []string{"course"}},
		},
	}
	groups := o.Groups(truth, func(_ string, at int64) float64 { return float64(at) / 10 })
	type kept struct {
		time           int64
		margin         float64
		fitted, causes bool
	}
	var got []kept
	for _, g := range groups {
		got = append(got, kept{g.Time, math.Round(10*g.Margin) / 10, g.Fitted, g.Excess != nil})
	}
	require.Equal(t, []kept{
		{1, 1, true, true}, {1, -1, true, true}, // the second for the account that is new
		{3, 5, false, true}, {3, 4, true, false}, {3, 1.6, true, true},
	}, got)
	g := groups[1]
	require.Equal(t, map[string][]int{"c": {0, 1}}, g.Campaigns)
	require.Equal(t, map[string][]int{"crowd": {1}}, g.Honest)
	require.Equal(t, map[string][]string{"crowd": {"course"}}, g.Mechanisms)
	require.Equal(t, map[string]float64{"c": 0.1}, g.Leaked)
	require.InDelta(t, 2.0/3, g.Purity, 1e-9)
	require.Equal(t, "w", g.World)
	require.True(t, groups[0].Found)
	require.False(t, g.Found)
	require.False(t, groups[2].Found, "its members were not fitted")

	path := filepath.Join(t.TempDir(), "g.jsonl")
	require.NoError(t, WriteGroups(path, groups))
	again, err := ReadGroups(path)
	require.NoError(t, err)
	require.Len(t, again, len(groups))
	require.Equal(t, groups[1].Scores, again[1].Scores)
	none, err := ReadGroups(path + "x")
	require.NoError(t, err)
	require.Empty(t, none)
}
