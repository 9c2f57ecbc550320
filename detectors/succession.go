package detectors

import (
	"fmt"
	"slices"
)

// succession sees a pool that takes over from another: a part of the members stops, and the other
// part begins soon after.
func succession() Detector {
	const hour = 3_600_000
	return Detector{
		Spec: Spec{
			ID: "succession", Axis: Coordination, Family: Schedule, Max: 2, Min: 0,
			Summary: "One part of the members stops and another part begins soon after.",
			Why: "Banned pools were replaced within hours in every public case " +
				"(Anthropic, February and September 2026); people who share something come and " +
				"go one by one. Share of members that either stopped before or began after one " +
				"moment, each part at least a quarter, within a day of each other.",
			Evasion: "Overlapping the pools for weeks.",
			LookAlikes: "A change of keys inside one organisation (one entity when verified); " +
				"two classes one after the other (each on its own network and clock).",
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			n := len(g.Members)
			if n < 12 {
				return Measure{}, false
			}
			firsts := make([]int64, 0, n)
			for i := range g.Members {
				firsts = append(firsts, g.Members[i].Profile.FirstSeen)
			}
			slices.Sort(firsts)
			// The widest gap between first requests that leaves a quarter on each side is where the
			// second part begins.
			at, gap := 0, int64(0)
			for i := n / 4; i <= n-n/4; i++ {
				if i > 0 && i < n && firsts[i]-firsts[i-1] > gap {
					at, gap = i, firsts[i]-firsts[i-1]
				}
			}
			if gap < 6*hour {
				return Measure{}, false
			}
			begins := firsts[at]
			ended, began := 0, 0
			for i := range g.Members {
				switch p := g.Members[i].Profile; {
				case p.FirstSeen >= begins:
					began++
				case p.LastSeen < begins+6*hour && p.LastSeen >= begins-24*hour:
					ended++
				}
			}
			share := float64(ended+began) / float64(n)
			if 4*ended < n || share < 0.7 {
				return Measure{}, false
			}
			return Measure{Bits: 2 * (share - 0.5) / 0.5, Observed: share}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the members either stopped or began at one moment", 100*m.Observed), "accounts come and go one by one", "a new pool takes over from one that stopped"
		},
	}
}
