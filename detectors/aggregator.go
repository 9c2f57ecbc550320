package detectors

import "fmt"

// aggregator sees accounts that forward the ids of many end users, each with a conversation of
// their own.
func aggregator() Detector {
	const (
		// Ten names are more than one person's programs and trials have.
		users = 10
		// With more than twenty requests behind each name there are few people behind many
		// requests, which a pool shows too that names some users.
		requestsPerUser = 20
		// A name costs nothing to invent: as much as a habit, such as single questions, is worth.
		worth = 1.5
	)
	return Detector{
		Spec: Spec{
			ID: "aggregator", Axis: Harvest, Correlated: "declared", Max: 0, Min: -worth,
			Null:    "None: the bits are never positive",
			Summary: "Mitigating evidence: the accounts name many end users.",
			Why: "A registered reseller or a product names its users. Share of the " +
				"members with at least one end user per twenty requests, and ten or more.",
			Evasion:    "Inventing end users, which costs nothing; therefore it counts little.",
			LookAlikes: "This is the look-alike: products and registered resellers.",
			Needs:      []string{"account.end_user_id"},
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			n := 0.0
			for i := range g.Members {
				m := &g.Members[i]
				if p := m.Profile; p.EndUsers >= users && p.EndUsers*requestsPerUser >= p.Requests {
					n += m.Weight
				}
			}
			if n == 0 {
				return Measure{}, false
			}
			return Measure{Bits: -worth * n / g.Size, Observed: n / g.Size}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the members name many end users", 100*m.Observed),
				"few do", "a product with users of its own"
		},
	}
}
