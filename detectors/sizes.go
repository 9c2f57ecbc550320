package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// sizePrior is what is known of sizes beforehand: a program gives the length of requests and
// answers in half of the groups of people; one pool in eight has assignments that differ in length.
func sizePrior() *prior {
	return &prior{least: 0.01, most: 0.9, alike: 1.0 / 2, personas: 1.0 / 8}
}

// sizes compares the lengths of one account's requests and answers with those of other members.
func sizes() Detector {
	return Detector{
		Spec: Spec{
			ID: "sizes", Axis: Coordination, Family: Habits, Costly: true, Max: 1, Min: -2,
			Null:    habitNull,
			Summary: "Requests and answers vary as much within an account as between accounts. Accounts with sizes of their own are mitigating evidence.",
			Why: "One person asks briefly and another pastes pages; dealt-out items are as long " +
				"on one account as on another. Intraclass correlation of log tokens by the " +
				"analysis of variance (Fisher 1925), of requests and of answers, whichever says " +
				"more.",
			Evasion:    "Sorting the work by length.",
			LookAlikes: "Users of a program that makes all requests alike.",
			Needs:      []string{"usage.input_tokens", "usage.output_tokens"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			var m Measure
			ok := false
			for _, of := range [...]func(p *fingerprint.PartHabits) fingerprint.Sizes{
				func(p *fingerprint.PartHabits) fingerprint.Sizes { return p.Input },
				func(p *fingerprint.PartHabits) fingerprint.Sizes { return p.Output },
			} {
				k, measured := g.compareSizes(c, of)
				if !measured {
					continue
				}
				bits := sizePrior().bits(&k)
				if !ok || math.Abs(bits) > math.Abs(m.Bits) {
					m = Measure{Bits: bits, Observed: k.rho, Expected: k.se}
				}
				ok = true
			}
			return m, ok
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			note := "the work is as long on one account as on another"
			if m.Bits < 0 {
				note = "each account has requests or answers of its own length"
			}
			return fmt.Sprintf("the account explains %.0f %% of the lengths' variance",
					100*math.Max(0, m.Observed)),
				fmt.Sprintf("0 %% in work that is dealt out, give or take %.0f %%",
					100*m.Expected), note
		},
	}
}

// compareSizes is the analysis of variance of one size over the members that have two values or
// more: the variance of their means, less what the variance within gives at these numbers. Each
// account's mean counts the same, or one with a thousand requests would be the group.
func (g *Group) compareSizes(
	c *Context, of func(p *fingerprint.PartHabits) fingerprint.Sizes,
) (k kinship, ok bool) {
	h := &c.habits
	var n, within, sum, squares, each, eachSquared float64
	for i := range g.Members[:min(len(g.Members), mostCompared)] {
		if !g.Members[i].Profile.Habits.Unpack(h) {
			continue
		}
		part, _, ok := g.work(&g.Members[i], h)
		if !g.most(g.sliceWeight) && of(&part).Count < leastSizes {
			part, ok = h.Pooled(), true
		}
		if !ok {
			continue
		}
		s := of(&part)
		if s.Count < leastSizes {
			continue
		}
		k.accounts++
		mean := s.Sum / s.Count
		n += s.Count
		within += math.Max(0, s.Squares-s.Sum*mean)
		sum += mean
		squares += mean * mean
		each += 1 / s.Count
		eachSquared += 1 / (s.Count * s.Count)
	}
	groups := float64(k.accounts)
	if k.accounts < leastHalves || n-groups < leastHalves || within <= 0 {
		return k, false
	}
	within /= n - groups
	means := (squares - sum*sum/groups) / (groups - 1)
	noise := within * each / groups
	between := means - noise
	k.rho = between / (math.Max(0, between) + within)
	// The variance of a sample variance of normal means, and of the noise that is taken off it.
	k.se = math.Sqrt(
		2*eachSquared/((groups-1)*(groups-1)) + 2*each*each/(groups*groups*(n-groups)),
	)
	return k, true
}

// leastSizes is the number of values from which an account has a variance.
const leastSizes = 2
