package detectors

import (
	"fmt"
	"math"
)

// carriedReasoning sees reasoning blocks that were given to one account of the group and are
// presented by another.
func carriedReasoning() Detector {
	return Detector{
		Spec: Spec{
			ID: "carried_reasoning", Axis: Coordination, Family: Identity, Moved: true, Max: 8,
			Null: "The members are drawn at random. The share that carried reasoning inside the " +
				"group is then below the others' share of any carried reasoning, so that the ratio " +
				"of the two has a mean below 1; without any nothing is said",
			Summary: "Reasoning that one member was given is presented by another.",
			Why: "APIs give reasoning out with a signature, encrypted or under an id, and want " +
				"it back with the next turn. An id comes with one answer, at random or by " +
				"encryption, so whoever presents one that another account was given has that " +
				"account's conversations: a relay or a harvest that carries them from account " +
				"to account. Unlike the turns of hand_over it cannot be the same by chance, " +
				"and stays when the text is reworded. Keyed hashes of the ids; log2 of the " +
				"members' share over the others', both smoothed by half a per cent. " +
				"Anthropic's extended thinking, OpenAI's reasoning items, Gemini's thought " +
				"signatures.",
			Evasion: "Taking the reasoning out of a conversation that changes accounts: where " +
				"tools are used, APIs refuse the turn then or the model loses its thread.",
			LookAlikes: "A person with several accounts, or whose new key takes over while the " +
				"old one works; a transcript with its signatures that many try (one " +
				"that more than 16 accounts present is not counted); a cache that gives one answer to many (not " +
				"counted); an unverified organisation's keys.",
			Needs: []string{"content.reasoning_in", "content.reasoning_out"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			if g.Carrying == 0 || g.Size < leastMembers {
				return Measure{}, false
			}
			n := float64(len(g.Members))
			others := float64(max(c.Carrying-g.Carried, 0)) / float64(max(c.Unnamed-g.Unnamed, 1))
			shrunk := (float64(g.Carrying) + g.priorWeight()*others) / (n + g.priorWeight())
			return Measure{
				Bits:     math.Log2((shrunk + RareHandOver) / (others + RareHandOver)),
				Observed: float64(g.Carrying) / n, Expected: others,
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the members present reasoning that another member was given, or were given what another presents",
					100*m.Observed),
				fmt.Sprintf("%.2g %% of all accounts", 100*m.Expected),
				"conversations are carried from account to account"
		},
	}
}
