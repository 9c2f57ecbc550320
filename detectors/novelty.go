package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// novelty sees prompts that never repeat, and counts repetition as mitigating evidence.
func novelty() Detector {
	// One prompt in five more, or fewer, than the median account's.
	const effect = 0.2
	return ranking(Spec{
		ID: "novelty", Axis: Harvest, Max: 0.75, Min: -3,
		Summary: "Every prompt is new. Repeated prompts (retries, scheduled jobs, evaluations) are mitigating evidence.",
		Why: "A duplicate teaches a student model nothing, so harvesters send each item " +
			"once; evaluations, scheduled jobs, monitoring and retries repeat themselves. Mean " +
			"rank of distinct prompts (HyperLogLog) per request among the controls.",
		Evasion: "Repeating prompts, at full cost for no data.",
		LookAlikes: "Ordinary use: most people never repeat themselves either, so that it counts " +
			"little.",
		Needs: []string{"content.input or sketch"},
	}, baseline.Novelty, high, effect, func(m Measure) (string, string, string) {
		note := "each prompt is sent once"
		if m.Bits < 0 {
			note = "the same prompts are repeated"
		}
		return fmt.Sprintf("%.0f %% of prompts are new", 100*m.Observed),
			fmt.Sprintf("median of %s %.0f %%", m.Compared, 100*m.Expected), note
	})
}
