package detectors

import (
	"fmt"
	"math"
)

// RareHandOver is the share of accounts in hand-overs below which a rarer one earns nothing more:
// one account in two hundred.
const RareHandOver = 0.005

// movedMembers is the number of members in hand-overs from which these make a group by themselves,
// as many as search.Options.MinGroup has it.
const movedMembers = 8

// isMoved says whether what moves between some members tells of all: these are half of them, or
// enough to be a group without the rest. Four accounts of a relay among six people who use the same
// program say nothing of the six.
func (g *Group) isMoved() bool {
	return g.HandOvers >= movedMembers || 2*g.HandOvers >= len(g.Members)
}

// OthersHandedOver is the share of the accounts outside the group that exchanged a conversation
// with another account.
func (g *Group) OthersHandedOver(c *Context) float64 {
	return float64(max(c.HandedOver-g.Handed, 0)) / float64(max(c.Unnamed-g.Unnamed, 1))
}

// handOver sees conversations that go on in another account of the group.
func handOver() Detector {
	return Detector{
		Spec: Spec{
			ID: "hand_over", Axis: Coordination, Family: Identity, Max: 8, Moved: true,
			Null: "The members are drawn at random. The share that took part in a hand-over inside " +
				"the group is then below the others' share of any hand-over, so that the ratio of " +
				"the two has a mean below 1; without a hand-over nothing is said",
			Summary: "Conversations begun on one member go on in another.",
			Why: "A relay keeps a conversation on one account until that account is " +
				"rejected or rested, then continues it on the next, and the earlier turns come " +
				"along word for word; people do not continue each other's conversations. Keyed " +
				"hashes of the human turns so far: what one account was served and another " +
				"continues; log2 of the members' share over the others', both smoothed by half " +
				"a per cent. Said where half of the members take part, or eight. Sticky sessions " +
				"and failover of relays (claude-relay-service).",
			Evasion: "Dropping the conversation at every switch of account, and the " +
				"customer's context with it.",
			LookAlikes: "A public opening that many accounts paste (not counted); public " +
				"dialogues that programs replay (the share among the others says how common " +
				"that is); a change of keys inside one organisation.",
			Needs: []string{"content.input or sketch"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			if g.HandOvers == 0 || g.Size < leastMembers || !g.isMoved() {
				return Measure{}, false
			}
			n := float64(len(g.Members))
			share := float64(g.HandOvers) / n
			others := g.OthersHandedOver(c)
			shrunk := (float64(g.HandOvers) + g.priorWeight()*others) / (n + g.priorWeight())
			return Measure{
				Bits: math.Log2((shrunk + RareHandOver) / (others + RareHandOver)), Observed: share,
				Expected: others,
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the members took part in a conversation that changed accounts inside the group",
					100*m.Observed),
				fmt.Sprintf("%.2g %% of all accounts", 100*m.Expected),
				"a router moves conversations between the accounts"
		},
	}
}
