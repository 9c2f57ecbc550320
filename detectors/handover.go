package detectors

import "fmt"

// handOver sees conversations that go on in another account of the group.
//
// Why it works: a relay keeps a conversation on one account until that account is rejected or rested, then continues it on the next; the earlier turns come along,
// word for word. People do not continue each other's conversations.
// Evasion: drop the conversation at every rejection, and lose the customer's context.
// Honest traffic like it: a shared public opening (many accounts show it: not counted), a key change inside one organisation.
func handOver() Detector {
	return Detector{
		Spec: Spec{
			ID: "hand_over", Axis: Coordination, Plane: Identity, Max: 8,
			Summary:    "Conversations begun on one member go on in another.",
			Why:        "Keyed hashes of the human turns so far: what one account was served and another continues; sticky sessions and failover of relays (claude-relay-service).",
			Evasion:    "Dropping conversations at every switch of account.",
			LookAlikes: "A public opening that many accounts paste; a change of keys inside one organisation.",
			Needs:      []string{"content.input or sketch"},
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			if g.HandOvers == 0 || g.Size < 3 {
				return Measure{}, false
			}
			share := float64(g.HandOvers) / float64(len(g.Members))
			return Measure{Bits: 8 * min(1, 2*share), Observed: share}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the members took part in a conversation that changed accounts inside the group", 100*m.Observed), "almost none",
				"a router moves conversations between the accounts"
		},
	}
}
