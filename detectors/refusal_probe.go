package detectors

import (
	"fmt"
	"math"
)

// refusalProbe sees a burst of refused requests that gives way to accepted ones.
func refusalProbe() Detector {
	const (
		// A member shows refusals from the third on: one or two happen to everybody.
		leastRefused = 3
		// The group's rates are compared from so many requests on, early and late, and from so many
		// early refusals on: what one account's first requests are, and a quarter of them refused.
		leastRequests = RefusalProbe
		leastEarly    = RefusalProbe / 4
		// Both rates are smoothed by one refusal in so many requests, 5 % as everywhere.
		smoothed = 1 / smoothing
	)
	return Detector{
		Spec: Spec{
			ID: "refusal_probe", Axis: Harvest, Max: 2.5, Min: 0,
			Null: "Refusals are as frequent at first as later: the ratio of the two rates, each " +
				"smoothed, is about 1. Not derived for what is below 1 and counts as 1: the figures " +
				"below are what holds it",
			Summary: "Many refusals at first, few later: a search for wording that is not refused, then its use.",
			Why: "Attackers search for wording that is not refused (12,000 attempts in one " +
				"public case), then use the best at scale. log2 of the refusal rate among " +
				"the first requests over the later rate, both smoothed, times the share of " +
				"members that show refusals.",
			Evasion: "Searching on accounts that are thrown away.",
			LookAlikes: "Red teams, whose refusals stay high and whose volume stays low; " +
				"moderation filters, whose refusals are even over time.",
			Needs: []string{"response.status or response.finish_reasons"},
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			var early, late, first, rest, refused float64
			for i := range g.Members {
				m := &g.Members[i]
				p := m.Profile
				f := math.Min(float64(p.Requests), RefusalProbe)
				first += m.Weight * f
				rest += m.Weight * (float64(p.Requests) - f)
				early += m.Weight * float64(p.RefusedEarly)
				late += m.Weight * float64(p.Refused-min(p.Refused, p.RefusedEarly))
				if p.Refused >= leastRefused {
					refused += m.Weight
				}
			}
			if first < leastRequests || rest < leastRequests || early < leastEarly {
				return Measure{}, false
			}
			a, b := (early+1)/(first+smoothed), (late+1)/(rest+smoothed)
			return Measure{
				Bits: math.Log2(a/b) * math.Min(1, refused/g.Size/half), Observed: a, Expected: b,
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the first requests were refused", 100*m.Observed),
				fmt.Sprintf("%.1f %% of the later ones", 100*m.Expected),
				"a search for wording that is not refused"
		},
	}
}

// RefusalProbe is the number of first requests that fingerprint.Profile.RefusedEarly covers.
const RefusalProbe = 20
