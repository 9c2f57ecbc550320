package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// foreignPrior is what is known beforehand of how far the work of the group comes from the networks
// that each account was used from before. People use a program from where they are: from a tenth of
// it, such as those who travel, to all of it. One group of people in eight is as foreign as a
// stolen key: a program that they use at work only, through a VPN, or by a service that calls from
// many places. One pool in two has accounts of its own, which it uses from the same places for all.
func foreignPrior() *prior {
	return &prior{least: 0.1, most: 0.9, alike: ForeignToPeople, personas: 1.0 / 2}
}

// ForeignToPeople is the share of groups of people whose work is foreign to where they are.
const ForeignToPeople = 1.0 / 8

// foreignNetworks compares the networks of the requests that carry the group's template with those
// that each account was used from on the days before the group's work began.
func foreignNetworks() Detector {
	return Detector{
		Spec: Spec{
			ID: "foreign_networks", Axis: Coordination, Family: Takeover, Explained: OneSet,
			Costly: true, Max: 2, Min: -1,
			Null:    habitNull,
			Summary: "What the accounts do by the template comes from networks that they were not used from before.",
			Why: "The harvest on stolen keys and leased accounts comes from the operator's " +
				"proxies, beside the owner's own use: what security operations know as a sign-in " +
				"from an unusual place (MITRE ATT&CK T1078, valid accounts). Who takes up a " +
				"program uses it where he is. Similarity of the networks of an account's " +
				"templated requests and those of the same account on the days before the group's " +
				"work began, against those of other members, by the same comparison as subjects. " +
				"Work that comes from the same network for all accounts, as from a service's own " +
				"servers, is not compared, nor are accounts that were not used before.",
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
			note := "the templated work comes from networks that the accounts were not used from before"
			if m.Bits < 0 {
				note = "the templated work comes from where the accounts were used before"
			}
			return fmt.Sprintf("networks of one account's templated and earlier requests are alike by %.2f",
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
	began := g.Began()
	if began == 0 {
		return p
	}
	g.eachSlice(c, func(i int, work, _ *fingerprint.PartHabits) {
		if earlier, ok := earlierNetworks(g.Members[i].Profile, began); ok {
			p.add(i, 0, work.Networks[:], earlier[:], work.Networks.Count(), 1)
		}
	})
	return p
}

// earlierNetworks are the networks that an account was used from on the days before an hour since
// 1970, one for each; ok is false where there are none.
func earlierNetworks(p *fingerprint.Profile, began uint32) (out fingerprint.Networks, ok bool) {
	before := p.Networks.Before(began, p.LastSeen)
	for k := range out {
		out[k] = float64(before >> k & 1)
	}
	return out, before != 0
}

// Takeover says of what part of the members the work comes from networks that the account was not
// used from before it began, and when that was; ok is false where too few have both.
func (g *Group) Takeover(c *Context) (share float64, began uint32, ok bool) {
	if began = g.Began(); began == 0 {
		return 0, 0, false
	}
	foreign, n := 0.0, 0.0
	g.eachSlice(c, func(i int, work, _ *fingerprint.PartHabits) {
		if is, known := isForeign(g.Members[i].Profile, &work.Networks, began); known {
			n++
			if is {
				foreign++
			}
		}
	})
	return foreign / math.Max(n, 1), began, n >= leastHalves
}

// ForeignWork says whether an account's requests by some templates, those whose names are
// recognised, come from networks that it was not used from before an hour since 1970; known is
// false where there are no such requests, or no earlier ones.
func ForeignWork(
	c *Context, p *fingerprint.Profile, began uint32, recognised func(template uint64) bool,
) (is, known bool) {
	h := &c.habits
	if p.Networks.Before(began, p.LastSeen) == 0 || !p.Habits.Unpack(h) {
		return false, false
	}
	var work fingerprint.Networks
	for k := range h.Templates {
		if name := h.Templates[k].Name; name != 0 && recognised(name) {
			work.Add(&h.Parts[k].Networks)
		}
	}
	return isForeign(p, &work, began)
}

// isForeign says whether most of the work comes from other networks than the account did before.
func isForeign(p *fingerprint.Profile, work *fingerprint.Networks, began uint32) (is, known bool) {
	earlier, ok := earlierNetworks(p, began)
	n := work.Count()
	if !ok || n < leastWeight {
		return false, false
	}
	at := 0.0
	for k, x := range earlier {
		at += x * work[k]
	}
	return at < half*n, true
}
