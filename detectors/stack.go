package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// stack sees one client software behind many networks.
func stack() Detector {
	return Detector{
		Spec: Spec{
			ID: "stack", Axis: Coordination, Family: Client, Max: 6,
			Explained: OneProgram | OneLaunch,
			Min:       -mostPrice, Null: sharedNull,
			Summary: "One client software and TLS fingerprint behind many networks.",
			Why: "A pool's requests leave from one program, whatever proxies carry them; " +
				"ordinary accounts on many networks run many clients and versions. Perplexity " +
				"of the client stacks against the baseline, times how diverse the members' " +
				"networks are compared with chance.",
			Evasion: "Consistent, rotating client and TLS impersonation per account.",
			LookAlikes: "Users of one popular tool (all of its users show it, and no other " +
				"signal family); a managed fleet behind one network (discounted by the share of " +
				"distinct networks).",
			Needs: []string{"client.user_agent", "client.ja4"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			if !g.reports(attribute.Stack) {
				return Measure{}, false
			}
			return entropyDeficit(g, c, attribute.Stack, NetworkDiversity(g, c))
		},
		Explain: func(g *Group, m Measure) (string, string, string) {
			return fmt.Sprintf(
					"%d accounts show %.3g effective client stacks on %.0f effective networks",
					len(g.Members), m.Observed, math.Exp2(g.count(attribute.Network).entropy),
				),
				fmt.Sprintf("%.3g stacks among as many unrelated accounts",
					m.Expected), "one program behind many networks"
		},
	}
}

// NetworkDiversity is how diverse the members' networks are, 0..1: the entropy of their networks
// over that of as many random accounts. Uniform clients mean little where the network is one
// office's. Unknown networks count as diverse.
func NetworkDiversity(g *Group, c *Context) float64 {
	k := g.count(attribute.Network)
	if !g.most(k.known) {
		return 1
	}
	expected := c.Baseline.Effective(attribute.Network, g.Size).Mean
	if expected <= 0 {
		return 1
	}
	return math.Max(0, math.Min(1, k.entropy/expected))
}
