package detectors

import (
	"fmt"
	"math"
)

// hopping sees conversations that move from account to account, as a sign of use: whoever asks is a
// customer of the pool, not the accounts' owner.
func hopping() Detector {
	// As much as the clearest habit of a harvest, such as long answers.
	const worth = 2
	return Detector{
		Spec: Spec{
			ID: "hopping", Axis: Harvest, Max: worth, Min: 0,
			Summary: "Conversations move between the accounts: they are used by others than their owners.",
			Why: "A pool that serves customers keeps their conversations whole while its " +
				"accounts come and go: accounts between which conversations move are not used " +
				"by their owners alone. The same fact as hand_over, counted on the other " +
				"axis. Twice the share of members in conversations handed over inside the " +
				"group, in units of two bits, beyond what the others show; relays of 2026 " +
				"(Anthropic, September).",
			Evasion: "Dropping conversations at every switch of account.",
			LookAlikes: "An organisation's router over several keys of its own, when it is not " +
				"verified; friends who share a few accounts, fewer than a group.",
			Needs: []string{"content.input or sketch"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			if g.HandOvers == 0 || g.Size < leastMembers {
				return Measure{}, false
			}
			share := float64(g.HandOvers) / (float64(len(g.Members)) + g.priorWeight())
			return Measure{
				Bits:     worth * math.Min(1, math.Max(0, share-g.OthersHandedOver(c))/half),
				Observed: share,
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the members share conversations with other members",
					100*m.Observed),
				"almost none", "the accounts serve customers of a pool"
		},
	}
}
