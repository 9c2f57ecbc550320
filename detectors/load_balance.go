package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// loadBalance sees accounts that carry equal shares of the load.
func loadBalance() Detector {
	const (
		// Two members have a difference, but no spread.
		least = leastMembers
		// So many members are compared, for the cost: where they differ at all, they do.
		sampled = 64
		// A pool shares its load evenly as often as not: some imitate people (judged). So half of
		// the e-value is 1, whatever the hours say: an uneven load takes one bit, not all.
		even = half
		// A schedule that deals work out is one cause, worth what an intent of it is (judged); the
		// ratio itself grows with every account and hour.
		worth = 3
	)
	return Detector{
		Spec: Spec{
			ID: "load_balance", Axis: Coordination, Family: Schedule, Max: worth, Min: -1,
			Explained: OneEvent | OneSet,
			Null: "Each account is busy for a share of its hours, and the shares differ as those " +
				"of accounts with one client software, or as many requests, do: a beta-binomial " +
				"law, with the dispersion that the baseline fits for the middle one of these (a pool " +
				"that is not found yet must not be the norm). Against it: one share for all. The ratio of the two, each " +
				"averaged over the shares by Jeffreys' prior, is a Bayes factor and so an " +
				"e-value; the bits are log2 of half of it plus a half.",
			Summary: "The members share the load evenly: all are busy for the same share of their hours.",
			Why: "A pool's scheduler hands requests to the least recently used account; " +
				"people and companies are heavy-tailed (in a public trace of real clients the " +
				"top ten carry 63-93 % of the requests). The busy hours between an account's " +
				"first and last hour, which are left out: one burst, a single evening, or a " +
				"history cut short says nothing. Times how diverse the members' networks are. " +
				"Not measured where the text is in the smaller part of the requests: the " +
				"hours are those of the others.",
			Evasion: "Imitating a heavy tail, which wastes most accounts' capacity.",
			LookAlikes: "A class with one assignment or a hackathon, which share their network; " +
				"jobs on one schedule.",
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			var list []baseline.Busy
			var weights []float64
			n, sum, squares := 0.0, 0.0, 0.0
			for i := range g.Members[:min(len(g.Members), sampled)] {
				m := &g.Members[i]
				b := baseline.BusyHours(m.Profile)
				if b.Hours == 0 {
					continue
				}
				list, weights = append(list, b), append(weights, m.Weight)
				n += m.Weight
				sum += m.Weight * b.Active / b.Hours
				squares += m.Weight * b.Active * b.Active / b.Hours / b.Hours
			}
			if _, ok := c.Baseline.BusyDispersion(); !ok || n < least || g.isBeside() {
				return Measure{}, false
			}
			ratio := c.Baseline.Evenness(list, weights)
			bits := math.Log2(even*math.Exp2(math.Min(ratio, worth+1)) + 1 - even)
			if bits > 0 {
				// People who do one task in one place share the load evenly too.
				bits *= NetworkDiversity(g, c)
			}
			mean := sum / n
			return Measure{
				Bits: bits, Observed: mean,
				Expected: math.Sqrt(math.Max(0, squares/n-mean*mean)),
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			note := "the load is shared more evenly than people share it"
			if m.Bits < 0 {
				note = "the load is shared unevenly, as people share it"
			}
			return fmt.Sprintf(
					"busy in %.0f %% of the hours, from account to account by %.0f points more or less",
					100*m.Observed, 100*m.Expected,
				),
				"accounts that are alike otherwise differ more", note
		},
	}
}
