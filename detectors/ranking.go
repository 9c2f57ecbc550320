package detectors

import (
	"math"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

const (
	// high and low are the directions: which end of a feature speaks for a harvest.
	high = 1
	low  = -1
	// twice is the effect of a feature in log2 units that counts in full: a factor of two.
	twice = 1

	// answers joins what one instruction asks for at once: long answers, long reasoning, and so
	// much of both.
	answers = "answers"
	// repetition joins what one list of items shows: prompts that an account sends again, and
	// prompts that several accounts send.
	repetition = "repetition"
)

// ranking makes a harvest detector of one feature: the members' mean rank among their controls as
// bits, times direction, faded in by the absolute effect: percentiles of a live population always
// have a top, so a rank only counts in full once the members' mean lies effect away from the
// controls' median.
func ranking(
	spec Spec, f baseline.Feature, direction, effect float64,
	explain func(m Measure) (string, string, string),
) Detector {
	spec.Null = rankNull
	oneSided := spec.Min == 0
	if oneSided {
		spec.Min = -mostPrice
	}
	return Detector{
		Spec: spec,
		Measure: func(g *Group, c *Context) (Measure, bool) {
			r := g.rank(f, c)
			if !r.ok || !g.most(r.n) {
				return Measure{}, false
			}
			m := Measure{Observed: r.mean, Expected: r.median, Compared: r.compared}
			price := r.sidePrice(g.priorWeight())
			if oneSided {
				r = r.oneSided()
			}
			m.Bits = direction * logOdds(r, g.priorWeight()) *
				math.Min(1, math.Abs(m.Observed-m.Expected)/effect)
			if oneSided {
				m.Bits = agreement(m.Bits, price)
			}
			return m, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) { return explain(m) },
	}
}
