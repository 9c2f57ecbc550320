package detectors

import (
	"cmp"
	"fmt"
	"math"
	"slices"

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
				"analysis of variance (Fisher 1925), of requests and of whole answers without " +
				"reasoning, whichever says more: token limits and reasoning are settings.",
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

// sized are the sizes of what one account sent by a template, 0 for all of it.
type sized struct {
	account  int
	template uint64
	fingerprint.Sizes
}

// variances sums up rows of sizes, each of one account.
type variances struct {
	rows, values float64
	// within is the sum of the squared deviations from the rows' means, sum and squares those of
	// the means, each and eachSquared the sums of one over a row's number of values.
	within, sum, squares, each, eachSquared float64
}

func (v *variances) add(s *fingerprint.Sizes) {
	mean := s.Sum / s.Count
	v.rows++
	v.values += s.Count
	v.within += math.Max(0, s.Squares-s.Sum*mean)
	v.sum += mean
	v.squares += mean * mean
	v.each += 1 / s.Count
	v.eachSquared += 1 / (s.Count * s.Count)
}

// compareSizes is the analysis of variance of one size over the members that have two values or
// more: the variance of their means, less what the variance within gives at these numbers. Each
// account's mean counts the same, or one with a thousand requests would be the group. As with
// subjects, requests are compared with those by the same template.
func (g *Group) compareSizes(
	c *Context, of func(p *fingerprint.PartHabits) fingerprint.Sizes,
) (k kinship, ok bool) {
	// v is the sum of all blocks, between that of the squared deviations of the accounts' means
	// from their block's, blocks the number of blocks.
	var v variances
	between, blocks := 0.0, 0.0
	var accounts []int
	for rows := g.sized(c, of); len(rows) > 0; {
		n := slices.IndexFunc(rows, func(s sized) bool { return s.template != rows[0].template })
		if n < 0 {
			n = len(rows)
		}
		if n >= leastBlock {
			one := variances{}
			for i := range rows[:n] {
				one.add(&rows[i].Sizes)
				v.add(&rows[i].Sizes)
				accounts = append(accounts, rows[i].account)
			}
			between += one.squares - one.sum*one.sum/one.rows
			blocks++
		}
		rows = rows[n:]
	}
	slices.Sort(accounts)
	k.accounts = len(slices.Compact(accounts))
	within, freedom := v.values-v.rows, v.rows-blocks
	if k.accounts < leastHalves || within < leastHalves || v.within <= 0 {
		return k, false
	}
	variance := v.within / within
	between = between/freedom - variance*v.each/v.rows
	k.rho = between / (math.Max(0, between) + variance)
	// The variance of a sample variance of normal means, and of the noise that is taken off it.
	k.se = math.Sqrt(
		2*v.eachSquared/(freedom*freedom) + 2*v.each*v.each/(v.rows*v.rows*within),
	)
	return k, true
}

// sized are the members' sizes by template where most members have such ones, else of all their
// requests; those of one template follow each other.
func (g *Group) sized(
	c *Context, of func(p *fingerprint.PartHabits) fingerprint.Sizes,
) []sized {
	var templated, all []sized
	accounts := 0
	h := &c.habits
	for i := range g.Members[:min(len(g.Members), mostCompared)] {
		m := &g.Members[i]
		if !m.Profile.Habits.Unpack(h) {
			continue
		}
		before := len(templated)
		for _, w := range g.byTemplate(c, m, h) {
			if s := of(&w.part); s.Count >= leastSizes {
				templated = append(templated, sized{i, w.template, s})
			}
		}
		if len(templated) > before {
			accounts++
		}
		pooled := h.Pooled()
		if s := of(&pooled); s.Count >= leastSizes {
			all = append(all, sized{i, 0, s})
		}
	}
	if 2*accounts < len(all) || len(g.Work.Shingles) < leastShingles {
		return all
	}
	slices.SortStableFunc(templated, func(a, b sized) int {
		return cmp.Compare(a.template, b.template)
	})
	return templated
}

// leastSizes is the number of values from which an account has a variance.
const leastSizes = 2
