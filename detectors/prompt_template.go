package detectors

import (
	"fmt"
	"math"
)

// promptTemplate sees the text that recurs in the members' prompts and is the same for all of them,
// wherever its slots are.
func promptTemplate() Detector {
	return Detector{
		Spec: Spec{
			ID: "prompt_template", Axis: Coordination, Family: Work, Max: MaxWork,
			Explained: OneProgram | OneEvent | OneSet,
			Null:      textNull,
			Summary:   "The prompts of the members share recurring text that few other accounts use.",
			Why: "Harvesting one capability needs one instruction (\"variations of one " +
				"prompt tens of thousands of times across hundreds of coordinated accounts\"), " +
				"and unrelated accounts do not write the same four-word sequences again and " +
				"again. Coordinated sampling of shingles (Broder 1997) weighted by inverse " +
				"document frequency (Sparck Jones 1972; column weights of FRAUDAR, Hooi et al. " +
				"2016), times the share of the members' own recurring text and traffic that is " +
				"common. Of an account that has sent fewer than ten prompts, what it wrote once " +
				"counts too, as rare as it is among all who wrote it: a pool of hundreds of " +
				"accounts at six requests a day has a text in all of them before it recurs in one.",
			Evasion: "Rewriting the template for every request with a model good enough to " +
				"leave no four words together: one more inference per harvested answer; layout, " +
				"intents and the pool's other signal families remain.",
			LookAlikes: "Tools and prompt libraries (common among unrelated accounts), shared boilerplate (a small share of each account's own text), a class with one assignment.",
			Needs:      []string{"content.input or sketch"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			w := &g.Work
			if !w.HasText() {
				return Measure{}, false
			}
			return Measure{
				Bits: math.Min(w.Rarity*w.Mass*math.Min(1, w.Traffic/fullTraffic),
					beyondChance(w.Carriers, g.Size, w.Rarity, c)),
				Observed: w.Carriers / g.Size, Expected: math.Exp2(-w.Rarity),
			}, true
		},
		Explain: func(g *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the members carry the same %d sampled phrases, %.0f %% of their own recurring text, in %.0f %% of their requests",
					100*m.Observed, len(g.Work.Shingles), 100*g.Work.Mass, 100*g.Work.Traffic),
				fmt.Sprintf("%.2g %% of all accounts",
					100*m.Expected), "the accounts share one prompt template"
		},
	}
}
