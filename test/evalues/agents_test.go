package evalues

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// agents is a world of users of coding agents, most with a few projects and some with dozens, and
// with tools of their own in some of them. Random worlds have hardly any.
func agents(s size, seed uint64) simulate.Scenario {
	return simulate.Scenario{
		Name: "agents", Seed: seed, Duration: s.duration,
		Start: time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC),
		Crowds: []simulate.Crowd{
			{Kind: "agents", ID: "developers", Accounts: s.accounts / 2, Groups: 4, Rate: 40, Projects: 3},
			{Kind: "agents", ID: "freelancers", Accounts: s.accounts / 8, Groups: 2, Rate: 40, Projects: 14},
			{Kind: "agents", ID: "beginners", Accounts: s.accounts / 8, Groups: 3, Rate: 30},
			{Kind: "chat", ID: "people", Accounts: s.accounts / 4},
		},
	}
}

func TestToolsAndProjectsOfHonestUsersOfAgentsAreNoEvidence(t *testing.T) {
	s := size{accounts: 300, duration: 30 * time.Hour, moments: 3, draws: 150}
	var worlds []sets
	for seed := range uint64(4) {
		w := world{size: s, seed: 40 + seed, scenario: agents}
		w.play(t)
		worlds = append(worlds, w.sets)
	}
	for _, id := range []string{"tool_lists", "workspaces", "unserved", "single_turn"} {
		for _, kind := range []string{uniform, band, selected} {
			t.Logf("%s %s: %+v", id, kind, figures(worlds, kind, id))
		}
	}
	for _, id := range []string{"tool_lists", "workspaces"} {
		for _, kind := range []string{uniform, band} {
			f := figures(worlds, kind, id)
			require.NotZero(t, f.Measured, "%s of %s groups", id, kind)
			require.LessOrEqual(t, f.Mean-standardErrors*f.Error, 1+negligible, "%s %s", id, kind)
			require.Less(t, f.Rare, 1.5, "%s %s", id, kind)
		}
	}
}
