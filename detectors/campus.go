package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// campus sees members of one openly named place: one e-mail domain of its own, one network, a daily
// rhythm.
func campus() Detector {
	const (
		// An open name, one place and a daily rhythm are as much against a pool as sign-ups on one
		// day, which a class shows as well, are for one (signup_cohort).
		worth = 6
		// An autonomous system is wider than one place: a provider's customers share it too.
		wider = 0.9
		// Half of the members under one domain and half behind one network are the least that a
		// place shows of itself.
		least = half * half
	)
	return Detector{
		Spec: Spec{
			ID: "campus", Axis: Coordination, Family: Identity, Max: 0, Min: -worth,
			Null:    "None: the bits are never positive",
			Summary: "Mitigating evidence: one e-mail domain of their own and one network for all, with a daily rhythm: a class or a company.",
			Why: "A class, a department or a company comes under its own name, from its " +
				"own network, in its waking hours; a pool that hides uses free-mail and " +
				"disposable domains behind many networks. Share of the members under the " +
				"commonest domain that hardly anyone else uses, times the share behind the " +
				"commonest network or autonomous system, reduced by round-the-clock use.",
			Evasion:    "Giving the pool a name and a network of its own; then one entry in a block list ends it.",
			LookAlikes: "None: this detector recognises the look-alike of other detectors.",
			Needs:      []string{"account.email_domain", "client.ip or client.asn"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			domain := g.count(attribute.Domain)
			if domain.top == 0 {
				return Measure{}, false
			}
			network := math.Max(
				g.count(attribute.Network).share, wider*g.count(attribute.ASN).share,
			)
			rhythm := 1.0
			if r := g.rank(baseline.Clock, c); r.ok && g.most(r.n) {
				rhythm = math.Max(0, math.Min(1, r.mean/dailyRhythm))
			}
			openness := g.ownDomain(c) * network * rhythm
			if openness < least {
				return Measure{}, false
			}
			return Measure{Bits: -worth * openness, Observed: domain.share, Expected: network}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% under one e-mail domain of their own, %.0f %% behind one network, with a daily rhythm",
					100*m.Observed, 100*m.Expected),
				"many domains and networks in a pool that hides",
				"a class or a company under its own name"
		},
	}
}
