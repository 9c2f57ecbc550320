package detectors

import (
	"fmt"

	"github.com/axiomhq/hyperloglog"
)

// dealtOut sees members that divide a work list: they share a template, yet hardly any prompt is
// sent by two of them. Members that send the same prompts are replaying a public set, which counts
// as mitigating evidence.
func dealtOut() Detector {
	const (
		// So many sketches are read and merged, for the cost; more change the ratio little.
		sampled = 64
		// Fewer prompts than ten of each of three members say nothing about what they share.
		leastPrompts = 30
		// From four new prompts in five the list is dealt out: a HyperLogLog is off by some per
		// cent, and retries are sent twice.
		dealt = 0.8
		// Below three in five the members replay a set, in full when all send the same.
		replayed = 0.6
		// A replayed set is no harvest, whatever else the text looks like: it takes back
		// about what long answers (2) and single questions (1.5) give together.
		worth = 4
	)
	return Detector{
		Spec: Spec{
			ID: "dealt_out", Axis: Harvest, Max: 0.5, Min: -worth, Costly: true,
			SameItems: true,
			Summary: "The members share a template but no items: they divide one list among themselves. The same items from all members are mitigating evidence.",
			Why: "A harvester pays for an item only once; honest users of one template send " +
				"some of the same items, or have nothing in common at all. Distinct prompts of the union over the sum of the " +
				"members' (HyperLogLog, Flajolet et al. 2007): near 1 when divided, near 1/n " +
				"when all send one set.",
			Evasion: "Paying for items twice.",
			LookAlikes: "Users of one tool, each with work of their own: it counts only beside a " +
				"shared template, and little. Evaluators of one public set are told apart by " +
				"their overlap.",
			Needs: []string{"content.input or sketch"},
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			if len(g.Work.Shingles) < leastShingles && g.Work.Layout == 0 {
				return Measure{}, false
			}
			var union *hyperloglog.Sketch
			sum, n := 0.0, 0
			for i := range g.Members {
				p := g.Members[i].Profile
				if len(p.PromptHLL) == 0 {
					continue
				}
				var s hyperloglog.Sketch
				if s.UnmarshalBinary(p.PromptHLL) != nil {
					continue
				}
				sum += float64(s.Estimate())
				if union == nil {
					union = &s
				} else if union.Merge(&s) != nil {
					continue
				}
				if n++; n == sampled {
					break
				}
			}
			if n < leastMembers || sum < leastPrompts {
				return Measure{}, false
			}
			ratio := min(1, float64(union.Estimate())/sum)
			m := Measure{Observed: ratio, Expected: float64(n)}
			switch {
			case ratio >= dealt:
				m.Bits = (ratio - dealt) / (1 - dealt)
			case ratio < replayed:
				// The least ratio of n members is 1/n and not 0.
				m.Bits = -worth * (replayed - ratio) / replayed * float64(n) / float64(n-1)
			}
			return m, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			note := "the members divide one list of prompts among themselves"
			if m.Bits <= 0 {
				note = "the members send the same prompts, as with a public data set"
			}
			return fmt.Sprintf("%.0f %% of the members' prompts are sent by one member only",
				100*m.Observed), fmt.Sprintf("%.0f %% if all sent the same", 100/m.Expected), note
		},
	}
}
