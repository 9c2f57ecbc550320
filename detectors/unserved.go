package detectors

import (
	"fmt"
	"math"
)

// unserved sees accounts that continue conversations that began elsewhere.
func unserved() Detector {
	// An account has a share of unserved conversations from three on: one or two are imports.
	const leastContinued = 3
	return Detector{
		Spec: Spec{
			ID: "unserved", Axis: Harvest, Max: 2.5, Min: 0,
			Summary: "The accounts continue conversations that they were never served.",
			Why: "A relay moves other people's conversations between its accounts, and a " +
				"replay sends recorded dialogues whose earlier turns this service never served. " +
				"log2 of the members' share of conversations continued without their earlier " +
				"turns over the population's, both smoothed by 5 %; relays and " +
				"store-then-replay (public cases of 2026).",
			Evasion: "Sending single turns only.",
			LookAlikes: "Programs that import or shorten histories; both happen to single " +
				"accounts.",
			Needs: []string{"content.input or sketch"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			var n, share float64
			for i := range g.Members {
				m := &g.Members[i]
				if p := m.Profile; p.Continued >= leastContinued {
					share += m.Weight * float64(p.ContinuedUnserved) / float64(p.Continued)
					n += m.Weight
				}
			}
			if n < leastMembers {
				return Measure{}, false
			}
			expected := c.Baseline.ContinuedUnserved(0, 0)
			if g.SelfShare > 0 {
				expected = c.Baseline.ContinuedUnserved(share, n)
			}
			shrunk := (share + expected*g.priorWeight()) / (n + g.priorWeight())
			// Members that never continue a conversation dilute the figure: the group's traffic is
			// judged, not its talkative part.
			return Measure{
				Bits: logRatio(shrunk, expected) * math.Min(1, n/g.Size/half), Observed: share / n,
				Expected: expected,
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of continued conversations began elsewhere",
					100*m.Observed), fmt.Sprintf("%.0f %% in the population", 100*m.Expected),
				"the accounts carry other people's conversations"
		},
	}
}
