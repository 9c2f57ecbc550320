package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/simulate/random"
)

// Observation is what was measured in random worlds in which nothing was found.
type Observation struct {
	Worlds []Outcome
	// Groups are those of each world, by its name.
	Groups map[string][]Group
	// Options are those of correlate that would hold.
	Options campaign.Options
}

// manyAccounts is the size of a population for which rates are given.
const manyAccounts = backtest.TargetAccounts

// point is what one height of the thresholds would give: all of them raised by shift bits, lowered
// where it is negative.
type point struct {
	shift  float64
	falses int
	// rate is the false findings a day among manyAccounts honest accounts, upper the upper bound of
	// it that the worlds leave.
	rate, upper float64

	named, wrong int
	fare         fare
}

// The heights that are looked at: from as far below the thresholds as groups were measured
// thoroughly, in steps in which they were kept.
const (
	leastShift = -backtest.Reach
	mostShift  = 8
)

// beyond is a fitted group whose causes agree, with the excess that the policy gives it.
type beyond struct {
	*Group

	excess float64
}

// study is an observation with what does not depend on which campaigns are looked at.
type study struct {
	*Observation

	groups [][]beyond
	// curve is over all campaigns.
	curve []point
}

func (o *Observation) study() *study {
	s := &study{Observation: o}
	var falses []float64
	accountDays := 0.0
	for i := range o.Worlds {
		w := &o.Worlds[i]
		accountDays += w.Days * float64(w.Honest)
		groups := o.beyond(w.Name)
		s.groups = append(s.groups, groups)
		falses = append(falses, o.falses(groups)...)
	}
	fares := s.fares(every)
	for shift := float64(leastShift); shift <= mostShift; shift += groupStep {
		p := point{shift: shift, fare: fares[len(s.curve)]}
		for _, excess := range falses {
			if excess >= shift {
				p.falses++
			}
		}
		p.rate = manyAccounts * float64(p.falses) / accountDays
		p.upper = manyAccounts * Upper(p.falses) / accountDays
		for _, groups := range s.groups {
			named, wrong := namedBeyond(groups, shift)
			p.named, p.wrong = p.named+named, p.wrong+wrong
		}
		s.curve = append(s.curve, p)
	}
	return s
}

// fares are how some campaigns would have fared, by the points of the curve.
func (s *study) fares(which func(*CampaignOutcome) bool) (out []fare) {
	for shift := float64(leastShift); shift <= mostShift; shift += groupStep {
		var f fare
		for i := range s.Worlds {
			for j := range s.Worlds[i].Campaigns {
				if c := &s.Worlds[i].Campaigns[j]; which(c) {
					f.add(fareAt(s.groups[i], c, shift))
				}
			}
		}
		f.sort()
		out = append(out, f)
	}
	return out
}

// beyond lists a world's fitted groups whose causes agree, in the order of time.
func (o *Observation) beyond(world string) (out []beyond) {
	policy := o.Options.Policy
	groups := o.Groups[world]
	for i := range groups {
		g := &groups[i]
		if !g.Fitted || g.Excess == nil {
			continue
		}
		if _, excess := decision.Nearest(&g.Scores, &policy); excess >= leastShift {
			out = append(out, beyond{g, excess})
		}
	}
	slices.SortStableFunc(out, func(a, b beyond) int { return cmp.Compare(a.Time, b.Time) })
	return out
}

// isTrue says that at least half of the members are of campaigns, as the judge of a run does.
func (g *Group) isTrue() bool { return 2*g.Purity >= 1 }

// accounts calls f with the name of each member.
func (g *Group) accounts(f func(account string, honest bool)) {
	for _, labelled := range []map[string][]int{g.Campaigns, g.Honest} {
		for id, numbers := range labelled {
			_, honest := g.Honest[id]
			for _, n := range numbers {
				f(fmt.Sprintf("%s/%d", id, n), honest)
			}
		}
	}
}

// falses is how far each distinct group of mostly honest accounts got. As when a tenant is
// calibrated, the best one takes its accounts away: another that consists mostly of them is the
// same group again.
func (o *Observation) falses(groups []beyond) (excesses []float64) {
	sorted := slices.SortedStableFunc(slices.Values(groups), func(a, b beyond) int {
		return cmp.Compare(b.excess, a.excess)
	})
	taken := map[string]bool{}
	for _, g := range sorted {
		if g.isTrue() {
			continue
		}
		fresh := 0
		g.accounts(func(account string, _ bool) {
			if !taken[account] {
				fresh++
			}
			taken[account] = true
		})
		enough := fresh >= o.Options.Search.MinGroup && 2*fresh > g.Size
		if fresh == g.Size || enough {
			excesses = append(excesses, g.excess)
		}
	}
	return excesses
}

// namedBeyond counts the accounts in groups beyond a height, and the honest ones among them.
func namedBeyond(groups []beyond, shift float64) (named, wrong int) {
	seen := map[string]bool{}
	for _, g := range groups {
		if g.excess < shift {
			continue
		}
		g.accounts(func(account string, honest bool) {
			if seen[account] {
				return
			}
			seen[account] = true
			named++
			if honest {
				wrong++
			}
		})
	}
	return named, wrong
}

// fareAt is how a campaign would have fared with the thresholds at a height.
func fareAt(groups []beyond, c *CampaignOutcome, shift float64) CampaignOutcome {
	out := *c
	out.Found, out.Leaked, out.HalfLeaked, out.Hours = false, 1, 1, 0
	seen := map[int]bool{}
	for _, g := range groups {
		own := g.Campaigns[c.ID]
		if g.excess < shift || !g.isTrue() || len(own) == 0 {
			continue
		}
		// A finding is about a campaign that makes up a fifth of it, as for the judge of a run.
		if !out.Found && 5*len(own) >= g.Size {
			out.Found, out.Leaked = true, g.Leaked[c.ID]
		}
		for _, n := range own {
			seen[n] = true
		}
		if out.HalfLeaked == 1 && len(seen) >= (c.Accounts+1)/2 {
			out.HalfLeaked = g.Leaked[c.ID]
		}
	}
	out.Recall = min(1, float64(len(seen))/float64(max(1, c.Accounts)))
	return out
}

// row is a point as a row of the table.
func (p *point) row(threshold float64) string {
	return fmt.Sprintf(
		"| %.1f | %+.1f | %d | %.2f (%.2f) | %s | %s | %s | %s |", threshold+p.shift, p.shift,
		p.falses, p.rate, p.upper, share(p.fare.found, p.fare.n),
		share(p.fare.hit, p.fare.accounts), share(p.named-p.wrong, p.named), p.fare.leaked(0.5),
	)
}

// wanted are the false findings a day among manyAccounts accounts at which tactics are compared:
// one a day, one in ten days, and none at all in the worlds that were measured.
var wanted = []struct {
	name string
	rate float64
}{{"1 a day", 1}, {"0.1 a day", 0.1}, {"none seen", 0}}

// height is the lowest that gives no more false findings than wanted; the highest where none does.
func height(curve []point, rate float64) int {
	i := slices.IndexFunc(curve, func(p point) bool { return p.rate <= rate })
	if i < 0 {
		return len(curve) - 1
	}
	return i
}

// family is a set of campaigns that are looked at together.
type tacticFamily struct {
	name  string
	which func(*CampaignOutcome) bool
}

// tacticFamilies are the campaigns by what they do about one thing; without any of its tactics they
// come last.
func tacticFamilies(dim random.Dimension) (out []tacticFamily) {
	var names []string
	for _, t := range random.Tactics() {
		if t.Dimension != dim {
			continue
		}
		names = append(names, t.Name)
		out = append(out, tacticFamily{t.Name, func(c *CampaignOutcome) bool {
			return slices.Contains(c.Tactics, t.Name)
		}})
	}
	return append(out, tacticFamily{
		"none of them", func(c *CampaignOutcome) bool {
			return !slices.ContainsFunc(names, func(n string) bool {
				return slices.Contains(c.Tactics, n)
			})
		},
	})
}

func every(*CampaignOutcome) bool { return true }

// thresholds writes the curve of all campaigns, and of those that have to be found.
func (p *tables) thresholds(s *study) {
	p.head(
		"Thresholds", "total_bits", "all thresholds moved by", "false findings",
		fmt.Sprintf("a day at %d accounts (95 %% upper bound)", manyAccounts),
		"campaigns found", "recall", "precision", "leaked (median)",
		"of "+sizeableWords+": found, recall, leaked (median)",
	)
	large := s.fares((*CampaignOutcome).sizeable)
	for i := range s.curve {
		if at, f := &s.curve[i], &large[i]; at.shift == math.Trunc(at.shift) {
			p.line(
				"%s %s, %s, %s |", at.row(s.Options.Total), share(f.found, f.n),
				share(f.hit, f.accounts), f.leaked(0.5),
			)
		}
	}
}

// tacticsAt writes how campaigns fare by tactic at a few rates of false findings.
func (p *tables) tacticsAt(s *study) {
	columns := []string{"tactic", "campaigns"}
	for _, w := range wanted {
		at := &s.curve[height(s.curve, w.rate)]
		columns = append(
			columns, fmt.Sprintf("%s (%+.1f bits): found, recall, leaked", w.name, at.shift),
		)
	}
	p.head("Tactics by false findings", columns...)
	for _, dim := range random.Dimensions() {
		for _, family := range tacticFamilies(dim) {
			fares := s.fares(family.which)
			if fares[0].n == 0 {
				continue
			}
			var cells []string
			for _, w := range wanted {
				f := &fares[height(s.curve, w.rate)]
				cells = append(cells, fmt.Sprintf(
					"%s, %s, %s", share(f.found, f.n), share(f.hit, f.accounts), f.leaked(0.5),
				))
			}
			p.line(
				"| %s: %s | %d | %s |", dim, family.name, fares[0].n, strings.Join(cells, " | "),
			)
		}
	}
}
