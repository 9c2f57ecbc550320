package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// unserved sees accounts that continue conversations that began elsewhere.
func unserved() Detector {
	return Detector{
		Spec: Spec{
			ID: "unserved", Axis: Harvest, Correlated: replays, Max: 2.5, Min: -mostPrice,
			Null:    shareNull,
			Summary: "The accounts continue conversations that they were never served.",
			Why: "A relay moves other people's conversations between its accounts, and a " +
				"replay sends recorded dialogues whose earlier turns this service never served. " +
				"log2 of the members' share of conversations continued without their earlier " +
				"turns over the controls', both smoothed by 5 %; relays and " +
				"store-then-replay (public cases of 2026).",
			Evasion: "Sending single turns only.",
			LookAlikes: "Programs that import or shorten histories; both happen to single " +
				"accounts.",
			Needs: []string{"content.input or sketch"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			r := g.rank(baseline.Unserved, c)
			if !r.ok || r.n < leastMembers {
				return Measure{}, false
			}
			shrunk := (r.mean*r.n + r.others*g.priorWeight()) / (r.n + g.priorWeight())
			// Members that never continue a conversation dilute the figure: the group's traffic is
			// judged, not its talkative part.
			part := math.Min(1, r.n/g.Size/half)
			return Measure{
				Bits:     agreement(part*logRatio(shrunk, r.others), r.price(g.priorWeight())),
				Observed: r.mean, Expected: r.others, Compared: r.compared,
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of continued conversations began elsewhere",
					100*m.Observed), fmt.Sprintf("%.0f %% among %s", 100*m.Expected, m.Compared),
				"the accounts carry other people's conversations"
		},
	}
}
