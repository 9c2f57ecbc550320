package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// loadBalance sees accounts that carry equal shares of the load.
func loadBalance() Detector {
	// The spread of three is off by half of itself (one standard error, 1/sqrt(2(n-1))).
	const least = 4
	return Detector{
		Spec: Spec{
			ID: "load_balance", Axis: Coordination, Family: Schedule, Max: 3, Min: -2,
			Explained: OneEvent | OneSet,
			Summary:   "The members share the load evenly.",
			Why: "A pool's scheduler hands requests to the least recently used account; " +
				"people and companies are heavy-tailed (in a public trace of real clients the " +
				"top ten carry 63-93 % of the requests). log2 of the spread of request rates in " +
				"the population over the group's, both freed from counting noise, beyond two " +
				"standard errors at the group's size; times how diverse the members' networks " +
				"are.",
			Evasion: "Imitating a heavy tail, which wastes most accounts' capacity.",
			LookAlikes: "A class with one assignment or a hackathon, which share their network; " +
				"jobs on one schedule.",
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			var s baseline.Spread
			for i := range g.Members {
				s.Add(g.Members[i].Profile)
			}
			population := c.Baseline.LoadSpread()
			if s.N() < least || math.IsNaN(population) {
				return Measure{}, false
			}
			sd := s.SD()
			// The relative standard error of a standard deviation of n values is 1/sqrt(2(n-1)):
			// only what is beyond two of them
			// counts.
			bits := math.Log2(population / sd)
			noise := standardErrors * math.Log2E / math.Sqrt(2*(s.N()-1))
			bits = math.Copysign(math.Max(0, math.Abs(bits)-noise), bits)
			if bits > 0 {
				// People who do one task in one place share the load evenly too.
				bits *= NetworkDiversity(g, c)
			}
			return Measure{
				Bits: bits, Observed: math.Exp2(sd), Expected: math.Exp2(population),
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			note := "the load is shared more evenly than people share it"
			if m.Bits < 0 {
				note = "the load is shared unevenly, as people share it"
			}
			return fmt.Sprintf("request rates differ by a factor of %.2f (one standard deviation)",
					m.Observed),
				fmt.Sprintf("a factor of %.2f in the population", m.Expected), note
		},
	}
}
