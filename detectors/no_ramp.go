package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// noRamp sees new accounts that work at full pace from the first day.
func noRamp() Detector {
	return Detector{
		Spec: Spec{
			ID: "no_ramp", Axis: Harvest, Max: 1, Min: 0,
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
				young := p.FirstSeen-p.CreatedAt < 14*baseline.Day
				days := float64(p.LastSeen-p.FirstSeen)/baseline.Day - 1
				later := float64(p.Requests-min(p.Requests, p.FirstDayRequests)) / max(days, 0.5)
				if young && p.Requests >= 6 && float64(p.FirstDayRequests) >= later/2 {
					abrupt += m.Weight
				}
			}
			if n < g.Size/2 || n < 3 {
				return Measure{}, false
			}
			share := abrupt / n
			return Measure{Bits: max(0, 2*share-1), Observed: share}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the members work at full pace within two weeks of sign-up", 100*m.Observed), "a minority", "the accounts work at full pace from the start"
		},
	}
}
