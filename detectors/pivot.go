package detectors

import (
	"fmt"
	"math"
)

// pivot sees a group that moves to a newly released model beyond the population's own move.
func pivot() Detector {
	return Detector{
		Spec: Spec{
			ID: "pivot", Axis: Harvest, Max: 1.5, Min: 0,
			Null: "The members are drawn at random. The ratio of their mean share over the " +
				"others', both smoothed by 5 %, has the mean 1. Not derived for what is below 1 " +
				"and counts as 1: the figures below are what holds it",
			Summary: "The members move to a new model sooner and in greater part than the population does.",
			Why: "A new model is worth harvesting: in one public case nearly half of the " +
				"traffic moved within 24 hours of a release, while people change when their " +
				"program does. log2 of the mean share of requests on a model since its first " +
				"appearance, the members' over the others', both smoothed by 5 % (Anthropic, " +
				"February 2026).",
			Evasion: "Waiting out the days after a release, and harvesting an older model " +
				"meanwhile.",
			LookAlikes: "Evaluators and enthusiasts on the day of a release: it supports " +
				"other evidence, and counts little.",
			Needs: []string{"request.model"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			var best Measure
			ok := false
			for _, r := range c.Baseline.Releases() {
				sum, n := 0.0, 0.0
				for i := range g.Members {
					if share, active := r.Share(g.Members[i].Profile); active {
						sum += g.Members[i].Weight * share
						n += g.Members[i].Weight
					}
				}
				if !g.most(n) || n < leastMembers {
					continue
				}
				others := math.Max(0, (r.Mean-g.SelfShare*sum/n)/(1-g.SelfShare))
				shrunk := (sum + g.priorWeight()*others) / (n + g.priorWeight())
				m := Measure{
					Bits: logRatio(shrunk, others+r.SD/math.Sqrt(n)), Observed: sum / n,
					Expected: others, Value: r.Model,
				}
				if !ok || m.Bits > best.Bits {
					best, ok = m, true
				}
			}
			return best, ok
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf(
					"%.0f %% of the members' requests since its release are for the new model",
					100*m.Observed,
				),
				fmt.Sprintf("%.0f %% in the population", 100*m.Expected),
				"the members move to the new model early"
		},
	}
}
