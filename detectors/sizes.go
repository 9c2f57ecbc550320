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
				"on one account as on another. Intraclass correlation of log tokens by the same " +
				"comparison of halves as subjects, of requests and of whole answers without " +
				"reasoning, whichever says more: token limits and reasoning are settings. Answers " +
				"are those of accounts nearly all of whose answers were whole and without " +
				"reasoning, because a limit picks the short ones.",
			Evasion:    "Sorting the work by length.",
			LookAlikes: "Users of a program that makes all requests alike.",
			Needs:      []string{"usage.input_tokens", "usage.output_tokens"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			var m Measure
			ok := false
			for _, of := range [...]func(p *fingerprint.PartHabits) *fingerprint.Sizes{
				func(p *fingerprint.PartHabits) *fingerprint.Sizes { return &p.Input },
				wholeAnswers,
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

// leastWhole is the share of the requests that must have been answered as a whole and without
// reasoning. Of answers with a normal distribution, a limit that cuts a tenth shortens the mean of
// the others by a fifth of the standard deviation: where half of the accounts have it, that is one
// hundredth of the variance, as much as the least that is told from nothing.
const leastWhole = 0.9

// wholeAnswers are the sizes of answers, nothing where too many were cut off for the others to be a
// fair sample.
func wholeAnswers(p *fingerprint.PartHabits) *fingerprint.Sizes {
	all := p.All()
	if p.Output.Count() < leastWhole*all.Count {
		return nil
	}
	return &p.Output
}

// compareSizes compares one size. As with subjects, requests are compared with those by the same
// template, and inside the teams of subjects where there are such: one's text is longer than
// another's. And a prompt that is asked again, for other answers to it, is in one half only.
func (g *Group) compareSizes(
	c *Context, of func(p *fingerprint.PartHabits) *fingerprint.Sizes,
) (kinship, bool) {
	teams := g.kinshipOfSubjects(c).teams
	templated, all := &c.pairs[0], &c.pairs[1]
	templated.reset(1)
	all.reset(1)
	// Any value near the mean gives the same figures, but for rounding.
	middle := math.NaN()
	for i := range g.Members[:min(len(g.Members), mostCompared)] {
		h := &c.habits
		if !g.Members[i].Profile.Habits.Unpack(h) {
			continue
		}
		pooled := h.Pooled()
		s := of(&pooled)
		if s != nil && math.IsNaN(middle) && s.Count() > 0 {
			middle = (s.Sums[0] + s.Sums[1]) / s.Count()
		}
		all.addSizes(i, 0, s, middle)
		for _, w := range g.byTemplate(c, &g.Members[i], h) {
			templated.addSizes(i, w.template, of(&w.part), middle)
		}
	}
	p := g.templatedOr(all, templated)
	k, ok := p.compare()
	if ok && teams != nil {
		return p.insideOf(teams, &k)
	}
	return k, ok
}

// addSizes adds what an account sent by a template, if that is known, by the distances of the sizes
// from a middle.
func (p *pairs) addSizes(account int, template uint64, s *fingerprint.Sizes, middle float64) {
	if s == nil || s.Count() == 0 {
		return
	}
	n := s.Count()
	var halves [fingerprint.NumHalves][1]float64
	for i := range halves {
		halves[i][0] = s.Sums[i] - middle*s.Counts[i]
	}
	squares := s.Squares - 2*middle*(s.Sums[0]+s.Sums[1]) + n*middle*middle
	p.addOf(account, template, halves[0][:], halves[1][:], s.Counts[0], s.Counts[1], squares/n)
}
