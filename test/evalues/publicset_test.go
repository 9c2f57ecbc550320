package evalues

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// publicSet is a world in which nearly everybody draws items of one public set by one harness, each
// as many as they like: in the middle of it each item was sent by some accounts.
func publicSet(items int) func(s size, seed uint64) simulate.Scenario {
	return func(s size, seed uint64) simulate.Scenario {
		return simulate.Scenario{
			Name: "public-set", Seed: seed, Duration: s.duration,
			Start: time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC),
			Gatherings: []simulate.Gathering{{
				ID: "harness", Accounts: s.accounts, Programs: 0.5, Rate: 2,
				Mechanisms: []simulate.Mechanism{{
					Name: "harness", Adoption: 0.95, Arrival: simulate.Steady,
					Spread: s.duration / 4,
					Use: simulate.SharedUse{
						Rate: 30, Sigma: 0.5, Rules: []string{"app.role", "app.contract"},
						Position: "system", Content: "item.math", Items: items, Hours: "flat",
						Answer: 200, Run: 4,
					},
				}},
			}},
		}
	}
}

func TestItemsThatPeopleDrawFromAPublicSetAreNotDealtOut(t *testing.T) {
	s := size{accounts: 120, duration: 24 * time.Hour, moments: 4, draws: 150}
	var worlds []sets
	for seed, items := range []int{60, 300, 1000, 4000} {
		w := world{size: s, seed: 60 + uint64(seed), scenario: publicSet(items)}
		w.play(t)
		worlds = append(worlds, w.sets)
	}
	for _, kind := range []string{uniform, band} {
		f := figures(worlds, kind, "dealt_answers")
		t.Logf("%s: %+v", kind, f)
		require.NotZero(t, f.Measured)
		require.LessOrEqual(t, f.Mean-standardErrors*f.Error, 1+negligible)
		require.Less(t, f.Rare, 1.0)
	}
}
