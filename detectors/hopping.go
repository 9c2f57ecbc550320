package detectors

import (
	"fmt"
	"math"
)

// hopping sees conversations that move from account to account, as a sign of use: whoever asks is a
// customer of the pool, not the accounts' owner.
func hopping() Detector {
	// As much as the clearest habit of a harvest, such as long answers. A rejected conversation
	// that goes on elsewhere is more: people have no second account to go to, and few programs
	// have one.
	const worth, most = 2, 3
	return Detector{
		Spec: Spec{
			ID: "hopping", Axis: Harvest, Max: most, Min: 0,
			Null: "As for hand_over: without a hand-over nothing is said, and random groups have none " +
				"inside",
			Summary: "Conversations move between the accounts: they are used by others than their owners.",
			Why: "A pool that serves customers keeps their conversations whole while its " +
				"accounts come and go: accounts between which conversations move are not used " +
				"by their owners alone. The same fact as hand_over, counted on the other " +
				"axis. Twice the share of members in conversations handed over inside the " +
				"group, in units of two bits, beyond what the others show; or, where it is more, " +
				"log2 of the share of rejected conversations that another member takes over, over " +
				"the others' share, both smoothed by 5 %. Relays of 2026 (Anthropic, September).",
			Evasion: "Dropping conversations at every switch of account.",
			LookAlikes: "An organisation's router over several keys of its own, when it is not " +
				"verified; friends who share a few accounts, fewer than a group.",
			Needs: []string{"content.input or sketch"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			if g.Size < leastMembers {
				return Measure{}, false
			}
			share := float64(g.HandOvers) / float64(len(g.Members))
			diluted := float64(g.HandOvers) / (float64(len(g.Members)) + g.priorWeight())
			m := Measure{
				Bits:     worth * math.Min(1, math.Max(0, diluted-g.OthersHandedOver(c))/half),
				Observed: share, Expected: g.OthersHandedOver(c),
			}
			if !g.isMoved() {
				m.Bits = 0
			}
			if taken, ok := takenOver(g, c); ok && taken.Bits > m.Bits {
				return taken, true
			}
			return m, g.HandOvers > 0
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			if m.Value == rejected {
				return fmt.Sprintf("%.0f %% of conversations that were rejected went on in another member",
						100*m.Observed),
					fmt.Sprintf("%.1f %% elsewhere", 100*m.Expected),
					"the accounts serve customers of a pool"
			}
			return fmt.Sprintf("%.0f %% of the members share conversations with other members",
					100*m.Observed),
				fmt.Sprintf("%.2g %% of the others", 100*m.Expected),
				"the accounts serve customers of a pool"
		},
	}
}

// rejected is the value of a measure that is about rejected conversations.
const rejected = 1

// takenOver compares how many of the rejected conversations another member took over with the
// others' rate. A rejection is rare, and what counts is what happens then.
func takenOver(g *Group, c *Context) (Measure, bool) {
	if g.TakenOver < movedMembers && !g.isMoved() || g.TakenOver == 0 {
		return Measure{}, false
	}
	// The add-half estimate: nobody else's may have been taken over so far.
	others := (float64(max(c.TakenOver-g.UnnamedTakenOver, 0)) + 0.5) /
		(float64(max(c.Rejections-g.UnnamedRejections, 0)) + 1)
	n := float64(g.Rejections)
	shrunk := (float64(g.TakenOver) + g.priorWeight()*others) / (n + g.priorWeight())
	return Measure{
		Bits: logRatio(shrunk, others), Observed: float64(g.TakenOver) / n, Expected: others,
		Value: rejected,
	}, true
}
