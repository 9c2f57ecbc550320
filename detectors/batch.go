package detectors

import "fmt"

// batch sees members whose requests are declared as batches.
func batch() Detector {
	const (
		// Below a quarter the declared jobs are a minor part of what the group does.
		least = 0.25
		// What a batch explains, a program's rhythm and prompts that never recur, is worth one or
		// two such figures (docs/tuning.md).
		worth = 1.5
	)
	return Detector{
		Spec: Spec{
			ID: "declared_batch", Axis: Harvest, Correlated: "declared", Max: 0, Min: -worth,
			Null:    "None: the bits are never positive",
			Summary: "Mitigating evidence: the requests are declared as batches.",
			Why:     "Mean over the members of the share of requests whose operation is a batch. A declared job explains a program's rhythm and prompts that never recur: its bits are about what one or two such figures give.",
			Evasion: "Harvesting through the batch interface, which costs half as much: so it " +
				"is worth no more than what it explains, and changes nothing about coordination " +
				"or about what the text asks for.",
			LookAlikes: "This is the look-alike: back-fills, evaluations and nightly jobs.",
			Needs:      []string{"request.operation"},
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			n := 0.0
			for i := range g.Members {
				m := &g.Members[i]
				if p := m.Profile; p.Requests > 0 {
					n += m.Weight * float64(p.Batch) / float64(p.Requests)
				}
			}
			share := n / g.Size
			if share < least {
				return Measure{}, false
			}
			return Measure{Bits: -worth * share, Observed: share}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the requests are declared as batches", 100*m.Observed),
				"few are", "declared jobs explain a program's rhythm"
		},
	}
}
