package detectors

import (
	"fmt"
	"math"
)

// promptLayout sees the same sequence of line kinds (headings, bullets, tags, labels) in the
// members' prompts, whatever the words are.
func promptLayout() Detector {
	// Below a fifth of the members the layout is not the group's: the same share as for shingles.
	const least = 1.0 / shingleMembers
	return Detector{
		Spec: Spec{
			ID: "prompt_layout", Axis: Coordination, Family: Work, Max: MaxWork,
			Explained: OneProgram | OneEvent | OneSet,
			Null:      textNull,
			Summary:   "The prompts of the members share an uncommon layout of headings, lists, tags and labels.",
			Why: "A paraphraser changes words and keeps the layout that the output parser " +
				"depends on. Weighted by inverse document frequency.",
			Evasion: "Varying the layout of prompt and answer, and parsing every variant.",
			LookAlikes: "One tool's prompts, pasted documents of one kind; how common the layout " +
				"is, and its share of the traffic, tell them apart.",
			Needs: []string{"content.input or sketch"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			w := &g.Work
			if w.Layout == 0 || w.LayoutShare < least {
				return Measure{}, false
			}
			return Measure{
				Bits: math.Min(
					w.LayoutRarity*w.LayoutShare*math.Min(1, w.LayoutTraffic/fullTraffic),
					beyondChance(w.LayoutShare*g.Size, g.Size, w.LayoutRarity, c),
				),
				Observed: w.LayoutShare, Expected: math.Exp2(-w.LayoutRarity), Value: w.Layout,
			}, true
		},
		Explain: func(g *Group, m Measure) (string, string, string) {
			return fmt.Sprintf(
					"%.0f %% of the members write in one layout, in %.0f %% of their requests",
					100*m.Observed, 100*g.Work.LayoutTraffic,
				),
				fmt.Sprintf("%.2g %% of all accounts",
					100*m.Expected), "the accounts share one prompt layout"
		},
	}
}
