package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// reasoningLength sees requests that make the model reason long.
func reasoningLength() Detector {
	return ranking(Spec{
		ID: "reasoning_length", Axis: Harvest, Correlated: answers, Max: 1, Min: 0,
		Summary: "The requests make the model reason longer than other accounts' do.",
		Why: "Reasoning traces are the material that harvesters want most. Mean rank of log reasoning " +
			"tokens per request among the controls that report them.",
		Evasion:    "Using models that do not report reasoning.",
		LookAlikes: "Hard problems.",
		Needs:      []string{"usage.reasoning_tokens"},
	}, baseline.ReasoningLength, high, twice, func(m Measure) (string, string, string) {
		return fmt.Sprintf("%.0f reasoning tokens per request", math.Exp2(m.Observed)),
			fmt.Sprintf("median of %s %.0f", m.Compared, math.Exp2(m.Expected)),
			"the model is made to reason long"
	})
}
