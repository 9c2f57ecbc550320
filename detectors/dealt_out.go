package detectors

import (
	"fmt"
	"math"

	"github.com/axiomhq/hyperloglog"
)

// dealtOut sees members that send the same prompts: they replay a public set, which counts as
// mitigating evidence.
func dealtOut() Detector {
	const (
		// Fewer prompts than ten of each of three members say nothing about what they share.
		leastPrompts = 30
		// Below three new prompts in five the members replay a set, in full when all send the same.
		replayed = 0.6
		// A replayed set is no harvest, whatever else the text looks like: it takes back
		// about what long answers (2) and single questions (1.5) give together.
		worth = 4
		// A group whose prompts are dealt out for several answers each (dealt_answers), eight times
		// likelier than not, replays no set (judged).
		dealtSurely = 3
	)
	return Detector{
		Spec: Spec{
			ID: "dealt_out", Axis: Harvest, Correlated: repetition, Max: 0, Min: -worth,
			Null:   "None: the bits are never positive",
			Costly: true, SameItems: true,
			Summary: "Mitigating evidence: the members share a template and send the same items, each of them the whole set.",
			Why: "Evaluators of one public set each send all of it; who deals out a list among " +
				"accounts does not, even when items are drawn with repetition. Distinct prompts " +
				"of the union over the sum of the members' (HyperLogLog, Flajolet et al. 2007): " +
				"near 1 when divided, near 1/n when all send one set; times the mean part of a " +
				"member's prompts that the member nearest to it has sent too. That a list is " +
				"divided is no evidence for a harvest: users of one tool, each with work of " +
				"their own, show it as well.",
			Evasion: "Teams of accounts of which each sends the whole list of its team, at the " +
				"cost of as many answers to each item; dealing each item out to some accounts " +
				"instead is seen (dealt_answers).",
			LookAlikes: "None: this detector recognises the look-alike of other detectors.",
			Needs:      []string{"content.input or sketch"},
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			if !g.Work.HasText() && g.Work.Layout == 0 {
				return Measure{}, false
			}
			sets := promptSets(g)
			sum, n := 0.0, len(sets)
			for i := range sets {
				sum += sets[i].size
			}
			if n < leastMembers || sum < leastPrompts {
				return Measure{}, false
			}
			ratio := min(1, unionOf(sets...)/sum)
			m := Measure{Observed: ratio, Expected: float64(n)}
			if d := g.deals(); d.ok && d.bits >= dealtSurely {
				// Several answers to each prompt are collected: that is no public set.
				return m, true
			}
			if ratio < replayed {
				// The least ratio of n members is 1/n and not 0.
				m.Bits = -worth * (replayed - ratio) / replayed * float64(n) / float64(n-1) *
					nearestOverlap(sets)
			}
			return m, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			note := "the members send the same prompts, as with a public data set"
			if m.Bits == 0 {
				note = "the members send prompts of their own"
			}
			return fmt.Sprintf("%.0f %% of the members' prompts are sent by one member only",
				100*m.Observed), fmt.Sprintf("%.0f %% if all sent the same", 100/m.Expected), note
		},
	}
}

const (
	// sampledSets is how many members' prompts are read and merged, for the cost; more change the
	// ratio little. pairedSets is how many of them are compared in pairs: of members that all send
	// one of five sets, 24 have a partner for 99 in 100.
	sampledSets, pairedSets = 64, 24
)

// promptSet is an account's prompts as a HyperLogLog, with their number.
type promptSet struct {
	sketch hyperloglog.Sketch
	size   float64
}

// promptSets reads the members' prompts.
func promptSets(g *Group) (out []promptSet) {
	for i := range g.Members {
		p := g.Members[i].Profile
		if len(p.PromptHLL) == 0 {
			continue
		}
		var s promptSet
		if s.sketch.UnmarshalBinary(p.PromptHLL) != nil {
			continue
		}
		s.size = float64(s.sketch.Estimate())
		if out = append(out, s); len(out) == sampledSets {
			break
		}
	}
	return out
}

// unionOf is the number of distinct prompts of some accounts.
func unionOf(sets ...promptSet) float64 {
	union := sets[0].sketch.Clone()
	for i := range sets[1:] {
		if union.Merge(&sets[1+i].sketch) != nil {
			// Sketches of another precision, from before the option was changed.
			continue
		}
	}
	return float64(union.Estimate())
}

// nearestOverlap is the mean over some accounts of the part of its prompts that the account nearest
// to it has sent too.
func nearestOverlap(sets []promptSet) float64 {
	sets = sets[:min(len(sets), pairedSets)]
	nearest := make([]float64, len(sets))
	for i := range sets {
		for j := range sets[:i] {
			common := sets[i].size + sets[j].size - unionOf(sets[i], sets[j])
			nearest[i] = math.Max(nearest[i], common/math.Max(sets[i].size, 1))
			nearest[j] = math.Max(nearest[j], common/math.Max(sets[j].size, 1))
		}
	}
	mean := 0.0
	for _, x := range nearest {
		mean += math.Min(1, x) / float64(len(nearest))
	}
	return mean
}
