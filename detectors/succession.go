package detectors

import (
	"fmt"
	"math"
	"slices"
)

// succession sees a pool that takes over from another: a part of the members stops, and the other
// part begins soon after.
func succession() Detector {
	const (
		hour = 3_600_000
		// Each part is a quarter of the members at least, and so three accounts in the smallest
		// group that is judged.
		parts = 4
		least = leastMembers * parts
		// Members that come one by one leave shorter gaps; banned pools were replaced within hours,
		// so that the old one may also overlap the new for as long.
		pause = 6 * hour
		// The old pool's last day counts: a member need not have been busy in its last hours.
		within = 24 * hour
		// A change of keys looks the same, so it is worth less than one more cause of its own.
		worth = 2
	)
	return Detector{
		Spec: Spec{
			ID: "succession", Axis: Coordination, Family: Schedule, Max: worth, Min: -mostPrice,
			Explained: OneLaunch | OneEvent,
			Null: "Whoever was there before the others came stops as often as the rest of the " +
				"population in the same hours, of accounts with as many requests (within a " +
				"factor of two). When the others came depends on first requests only, so the " +
				"share that stopped over the expected one has the mean 1, and at most 1 once " +
				"both are smoothed by 5 %. What is below 1 counts as 1, and what this adds at " +
				"most is subtracted.",
			Summary: "One part of the members stops when another part begins, and other accounts as busy do not.",
			Why: "Banned pools were replaced within hours in every public case " +
				"(Anthropic, February and September 2026); people who share something come and " +
				"go one by one, and a launch in the middle of a crowd's life brings new accounts " +
				"but does not stop the old ones. The widest gap between first requests that " +
				"leaves a quarter on each side; log2 of the share of the earlier members that " +
				"are silent from then on over that of the population.",
			Evasion: "Overlapping the pools for weeks.",
			LookAlikes: "A change of keys inside one organisation (one entity when verified); " +
				"two classes one after the other (each on its own network and clock).",
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			n := len(g.Members)
			if n < least || c.Lives == nil {
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
			for i := n / parts; i <= n-n/parts; i++ {
				if i > 0 && i < n && firsts[i]-firsts[i-1] > gap {
					at, gap = i, firsts[i]-firsts[i-1]
				}
			}
			if gap < pause {
				return Measure{}, false
			}
			begins := firsts[at]
			others := c.Lives.Stopped(begins, begins-within, begins+pause)
			var before, ended, chance float64
			for i := range g.Members {
				p := g.Members[i].Profile
				if p.FirstSeen >= begins || p.LastSeen < begins-within {
					continue
				}
				share, ok := others.Share(p)
				if !ok {
					return Measure{}, false
				}
				before++
				chance += share
				if p.LastSeen < begins+pause {
					ended++
				}
			}
			if parts*before < float64(n) {
				return Measure{}, false
			}
			expected, prior := chance/before, g.priorWeight()
			shrunk := (ended + prior*expected) / (before + prior)
			sd := math.Sqrt(before*expected*(1-expected)) / (before + prior) /
				(expected + smoothing)
			return Measure{
				Bits:     agreement(logRatio(shrunk, expected), priceOf(sd)),
				Observed: ended / before, Expected: expected,
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the earlier members stopped when the others began",
					100*m.Observed),
				fmt.Sprintf("%.0f %% of accounts as busy stopped then", 100*m.Expected),
				"a new pool takes over from one that stopped"
		},
	}
}
