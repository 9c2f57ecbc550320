package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// foreignPrior is what is known beforehand of how far the work of the group comes from the networks
// that each account was used from before. People use a program from where they are: from a tenth of
// it, such as those who travel, to all of it. One group of people in eight is as foreign as a stolen
// key: a program that they use at work only, through a VPN, or by a service that calls from many
// places. One pool in two has accounts of its own, which it uses from the same places for all.
func foreignPrior() *prior {
	return &prior{least: 0.1, most: 0.9, alike: 1.0 / 8, personas: 1.0 / 2}
}

// foreignNetworks compares the networks of the requests that carry the group's template with those
// of each account's other requests.
func foreignNetworks() Detector {
	return Detector{
		Spec: Spec{
			ID: "foreign_networks", Axis: Coordination, Family: Takeover, Explained: OneSet,
			Costly: true, Max: 2, Min: -1,
			Null:    habitNull,
			Summary: "What the accounts do by the template comes from other networks than what each does otherwise.",
			Why: "The harvest on stolen keys and leased accounts comes from the operator's " +
				"proxies, beside the owner's own use: what security operations know as a sign-in " +
				"from an unusual place (MITRE ATT&CK T1078, valid accounts). Who takes up a " +
				"program uses it where he is. Similarity of the networks of an account's " +
				"templated requests and of its others, against those of other members, by the " +
				"same comparison as subjects. Work that comes from the same network for all " +
				"accounts, as from a service's own servers, is not compared.",
			Evasion: "Proxies in the network of each account's owner.",
			LookAlikes: "People who use a program at work and the account at home as well; " +
				"evaluators who run a public set on servers.",
			Needs: []string{"client.asn or client.ip"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			k, ok := g.networkPairs(c).compare()
			if !ok {
				return Measure{}, false
			}
			return Measure{Bits: foreignPrior().bits(&k), Observed: k.own, Expected: k.other}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			note := "the templated work comes from networks that the accounts are not used from"
			if m.Bits < 0 {
				note = "the templated work comes from where the accounts are used otherwise"
			}
			return fmt.Sprintf("networks of one account's templated and other requests are alike by %.2f",
					m.Observed),
				fmt.Sprintf("those of different accounts by %.2f", m.Expected), note
		},
	}
}

// networkPairs pairs the networks of the templated requests of each member with those that the
// account was used from on the days before the group's work began: later ones may be the
// operator's.
func (g *Group) networkPairs(c *Context) *pairs {
	p := &c.pairs[0]
	p.reset(fingerprint.NumNetworks)
	began := g.began()
	if began == 0 {
		return p
	}
	var earlier [fingerprint.NumNetworks]float64
	g.eachSlice(c, func(i int, work, _ *fingerprint.PartHabits) {
		profile := g.Members[i].Profile
		before := profile.Networks.Before(began, profile.LastSeen)
		if before == 0 {
			return
		}
		for k := range earlier {
			earlier[k] = float64(before >> k & 1)
		}
		p.add(i, 0, work.Networks[:], earlier[:], work.Networks.Count(), 1)
	})
	return p
}
