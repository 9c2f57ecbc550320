package detectors

import (
	"fmt"
	"math"
)

// refusalProbe sees a burst of refused requests that gives way to accepted ones.
func refusalProbe() Detector {
	return Detector{
		Spec: Spec{
			ID: "refusal_probe", Axis: Harvest, Max: 2.5, Min: 0,
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
				if p.Refused >= 3 {
					refused += m.Weight
				}
			}
			if first < 20 || rest < 20 || early < 5 {
				return Measure{}, false
			}
			a, b := (early+1)/(first+20), (late+1)/(rest+20)
			return Measure{Bits: math.Log2(a/b) * math.Min(1, 2*refused/g.Size), Observed: a, Expected: b}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the first requests were refused", 100*m.Observed), fmt.Sprintf("%.1f %% of the later ones", 100*m.Expected),
				"a search for wording that is not refused"
		},
	}
}

// RefusalProbe is the number of first requests that fingerprint.Profile.RefusedEarly covers.
const RefusalProbe = 20
