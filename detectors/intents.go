package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// elicitation, coercion, grading, generation and cleaning see what the prompts ask for. Harvesting
// has a vocabulary: show every step, write out your hidden thoughts, grade by this rubric, make
// question-answer pairs, clean this transcript. Intent alone never makes more than a Low finding.
func elicitation() Detector {
	return intent(
		"elicitation", baseline.Elicitation, 1.5, "ask to show the reasoning",
		"Step-by-step instructions for every answer.", "Homework, explanations.",
	)
}

func coercion() Detector {
	d := intent(
		"coercion", baseline.Coercion, 5, "ask for hidden reasoning",
		"Demands for the model's hidden reasoning or system prompt, as in GTIG's and Anthropic's reports of 2026.",
		"Red teams and researchers.",
	)
	d.Spec.Purpose = true
	return d
}

func grading() Detector {
	return intent(
		"grading", baseline.Grading, 1.5, "ask to grade or compare answers",
		"The model used as a reward model: rubric grading and judging.", "Evaluation suites.",
	)
}

func generation() Detector {
	return intent(
		"generation", baseline.Generation, 3, "ask for training material",
		"Question-answer pairs, instructions and dialogues made to order.",
		"Quiz and test-data makers.",
	)
}

func cleaning() Detector {
	return intent(
		"cleaning", baseline.Cleaning, 1, "ask to clean or normalise transcripts",
		"The model used to clean another model's transcripts (770,609 requests in ten days in one public case).",
		"Meeting-notes tools.",
	)
}

// intent is log2 of the members' share of requests with the intent over the others' plus a standard
// error, since it can only be positive; both smoothed by 5 %, so that a rare intent in a small
// population cannot give a large effect. Its limit says how seldom honest work asks for the same:
// hardly anybody for hidden reasoning (5), some for training material (3), many for steps, grades
// (1.5) and clean transcripts (1).
func intent(id string, f baseline.Feature, limit float64, what, why, lookAlikes string) Detector {
	return Detector{
		Spec: Spec{
			ID: id, Axis: Harvest, Correlated: "intents", Max: limit, Min: -mostPrice,
			Null:       shareNull,
			Summary:    "The prompts " + what + ".",
			Why:        why,
			Evasion:    "Wording that the multilingual lexicons do not have.",
			LookAlikes: lookAlikes,
			Needs:      []string{"content.input or sketch"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			r := g.rank(f, c)
			if !r.ok {
				return Measure{}, false
			}
			expected := r.others
			shrunk := (r.mean*r.n + expected*g.priorWeight()) / (r.n + g.priorWeight())
			return Measure{
				Bits:     agreement(logRatio(shrunk, expected), r.price(g.priorWeight())),
				Observed: r.mean, Expected: expected, Compared: r.compared,
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of requests %s", 100*m.Observed, what),
				fmt.Sprintf("%.1f %% among %s", 100*m.Expected, m.Compared), "the prompts " + what
		},
	}
}
