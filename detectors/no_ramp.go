package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// noRamp sees new accounts that work at full pace from the first day.
func noRamp() Detector {
	const (
		// The two weeks of the Spec: longer than a trial lasts, shorter than an account is aged.
		young = 14 * baseline.Day
		// The later pace is one over half a day at least: of an account that stopped after its
		// first day it would be one over almost nothing.
		leastDays = 0.5
		// Fewer requests have no pace.
		leastRequests = 6
		// A first day's pace of half the later one is full pace: the day has a beginning.
		fullPace = half
	)
	return Detector{
		Spec: Spec{
			ID: "no_ramp", Axis: Harvest, Max: 1, Min: 0,
			Null: "Whoever draws accounts at random gets a minority without a ramp; only a " +
				"majority counts. Not derived: the figures below are what holds it",
			Summary: "Accounts that signed up only days before work at full pace at once.",
			Why: "People try a service before they rely on it; a pool's accounts are " +
				"created to work (an indicator of AA26-251A). Share of members whose first " +
				"request came within two weeks of sign-up and whose pace on the first day is at " +
				"least half of their later one.",
			Evasion:    "Warming accounts up for weeks.",
			LookAlikes: "A known customer's new keys, which have a verified organisation.",
			Needs:      []string{"account.created_at"},
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			var n, abrupt float64
			for i := range g.Members {
				m := &g.Members[i]
				p := m.Profile
				if p.CreatedAt == 0 || p.LastSeen-p.FirstSeen < baseline.Day {
					continue
				}
				n += m.Weight
				days := float64(p.LastSeen-p.FirstSeen)/baseline.Day - 1
				later := float64(p.Requests-min(p.Requests, p.FirstDayRequests)) /
					max(days, leastDays)
				if p.FirstSeen-p.CreatedAt < young && p.Requests >= leastRequests &&
					float64(p.FirstDayRequests) >= later*fullPace {
					abrupt += m.Weight
				}
			}
			if !g.most(n) || n < leastMembers {
				return Measure{}, false
			}
			share := abrupt / n
			return Measure{Bits: max(0, (share-half)/half), Observed: share}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf(
				"%.0f %% of the members work at full pace within two weeks of sign-up",
				100*m.Observed,
			), "a minority", "the accounts work at full pace from the start"
		},
	}
}
