package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// yield sees accounts that take much home: long answers to single questions that were not asked
// before, all day.
func yield() Detector {
	// Four times the median: how much accounts of one kind use the service differs by more than how
	// long their answers are.
	const effect = 2 * twice
	d := ranking(Spec{
		ID: "yield", Axis: Harvest, Correlated: answers, Max: 2.5, Min: 0,
		Summary: "A day of the accounts brings more answers that could be trained on than others' do.",
		Why: "A harvest is output tokens of new, single questions, over and over: people go back and " +
			"forth, programs repeat themselves or answer shortly. Mean rank among the controls of log " +
			"output tokens a day, times the share of single requests, times the share of prompts " +
			"never sent before; over the slice that carries the template.",
		Evasion:    "More accounts for the same harvest.",
		LookAlikes: "Busy programs that write: users of the same program, or accounts that send as much, yield as much.",
		Needs: []string{
			"usage.output_tokens", "request.message_count or content.input",
		},
	}, baseline.Yield, high, effect, func(m Measure) (string, string, string) {
		return fmt.Sprintf("%.0f output tokens a day in answers to single, new questions",
				math.Exp2(m.Observed)),
			fmt.Sprintf("median of %s %.0f", m.Compared, math.Exp2(m.Expected)),
			"the accounts collect answers"
	})
	measure := d.Measure
	d.Measure = func(g *Group, c *Context) (Measure, bool) {
		if g.Size < leastMembers {
			// Of one account it would be its volume, and somebody always uses a service most.
			return Measure{}, false
		}
		return measure(g, c)
	}
	return d
}
