package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// outputLength sees long answers, on the templated part of the traffic where there is one.
func outputLength() Detector {
	return ranking(Spec{
		ID: "output_length", Axis: Harvest, Correlated: answers, Max: 2, Min: -1.5,
		Summary: "The answers are longer than other accounts'. Short answers are mitigating evidence.",
		Why: "The answers are what is harvested, and templates ask for every step. " +
			"Mean rank of log output tokens per request among the controls, over the slice that " +
			"carries the template.",
		Evasion:    "Asking for less, which is a poorer harvest.",
		LookAlikes: "Writing assistants, report generators.",
		Needs:      []string{"usage.output_tokens"},
	}, baseline.OutputLength, high, twice, func(m Measure) (string, string, string) {
		note := "the answers are long"
		if m.Bits < 0 {
			note = "the answers are short"
		}
		return fmt.Sprintf("%.0f output tokens per request", math.Exp2(m.Observed)),
			fmt.Sprintf("median of %s %.0f", m.Compared, math.Exp2(m.Expected)), note
	})
}
