package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// novelty sees prompts that never repeat, and counts repetition as mitigating evidence.
func novelty() Detector {
	const (
		// One prompt in five more, or fewer, than the controls' median.
		effect = 0.2
		// Preference data takes several answers to each prompt: four in UltraFeedback (Cui et al.
		// 2023), up to eight where the best of them is chosen. So repetition is mitigating in full
		// from eight requests for each prompt on, three doublings.
		doublings = 3
		// Eight times less new than others, the inverse of what counts as eight times a prompt.
		least = -doublings
	)
	d := ranking(Spec{
		ID: "novelty", Axis: Harvest, Correlated: repetition, Max: 0.75, Min: least,
		Summary: "Every prompt is new. Repeated prompts (retries, scheduled jobs, evaluations) are mitigating evidence.",
		Why: "A duplicate teaches a student model nothing, so harvesters send each item " +
			"once, or some times for answers to choose between; evaluations, scheduled jobs, " +
			"monitoring and retries repeat themselves. Mean rank of distinct prompts " +
			"(HyperLogLog) per request among the controls; below the median in proportion to " +
			"how often a prompt is sent, on a logarithmic scale, in full at eight times " +
			"(preference pairs: four answers a prompt in UltraFeedback, Cui et al. 2023).",
		Evasion: "Repeating prompts more than eight times, at full cost for no data.",
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
	measure := d.Measure
	d.Measure = func(g *Group, c *Context) (Measure, bool) {
		m, ok := measure(g, c)
		if m.Bits < 0 {
			m.Bits = math.Max(least, m.Bits) *
				math.Min(1, -math.Log2(m.Observed)/doublings)
		}
		if ok {
			// Little repetition counts for nothing, so chance goes up oftener than down.
			m.Bits -= g.rank(baseline.Novelty, c).sidePrice(g.priorWeight())
		}
		return m, ok
	}
	return d
}
