package campaign

import (
	"cmp"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
)

// differ works out what would have to differ for a finding to be none. It measures nothing anew but
// the accounts as one customer's: the bits are added up again without a part of them, by the rules
// that made it a finding.
type differ struct {
	look

	w *weighed
}

// exactSize is up to how many detectors every set is tried: of some twenty that speak for a
// finding, the sets of three are a thousand.
const exactSize = 3

// sets is a set of detectors, by their places in the registry, with what is left without them.
type sets struct {
	out   []int
	bits  float64
	left  decision.Assessment
	exact bool
}

func (d differ) differs() *Differs {
	out := &Differs{Deciding: []string{}, Facts: []Fact{}}
	holds := d.w.passes(&d.w.score)
	if holds {
		for _, i := range d.supporting() {
			if a := d.w.without(i); !d.w.passes(&a) {
				out.Deciding = append(out.Deciding, d.w.detector(d.look, i))
			}
		}
		if s := d.fewest(); s != nil {
			out.Fewest = &Fewest{Exact: s.exact, Outcome: d.w.outcome(&s.left)}
			for _, i := range s.out {
				out.Fewest.Detectors = append(out.Fewest.Detectors, d.w.detector(d.look, i))
			}
		}
		out.Coordination = d.slack(func(a *decision.Assessment, less float64) {
			a.Coordination -= less
		})
		out.Harvest = d.slack(func(a *decision.Assessment, less float64) { a.Harvest -= less })
		out.LeastAccounts = d.leastAccounts()
	}
	if d.w.kind == KindCampaign {
		out.Facts = d.facts()
	}
	out.Says = d.says(out, holds)
	return out
}

// supporting lists the detectors that speak for a finding, the strongest first. Without one that
// speaks against it, it would be more of a finding.
func (d differ) supporting() (list []int) {
	for i, ok := range d.w.score.Measured {
		if ok && d.w.score.Measures[i].Bits > 0 {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int {
		return cmp.Compare(d.w.score.Measures[b].Bits, d.w.score.Measures[a].Bits)
	})
	return list
}

// fewest is the smallest set of detectors without which it would be no finding; of several, the one
// with the fewest bits. It is nil when no set is enough.
func (d differ) fewest() *sets {
	list := d.supporting()
	for size := 1; size <= min(exactSize, len(list)); size++ {
		var best *sets
		eachSet(list, size, func(out []int) {
			s := d.set(out)
			if !d.w.passes(&s.left) && (best == nil || s.bits < best.bits) {
				best, s.exact = s, true
				s.out = slices.Clone(out)
			}
		})
		if best != nil {
			return best
		}
	}
	return d.greedy(list)
}

// greedy takes out one detector after the other, each time the one that brings it nearest to being
// none, and then puts back those that were not needed.
func (d differ) greedy(list []int) *sets {
	var out []int
	left := d.w.score
	for d.w.passes(&left) {
		best, least := -1, math.Inf(1)
		for _, i := range list {
			if slices.Contains(out, i) {
				continue
			}
			a := d.w.without(append(out, i)...)
			if excess := d.excess(&a); excess < least {
				best, least = i, excess
			}
		}
		if best < 0 {
			return nil
		}
		out = append(out, best)
		left = d.w.without(out...)
	}
	for _, i := range slices.Clone(out) {
		rest := slices.DeleteFunc(slices.Clone(out), func(o int) bool { return o == i })
		if a := d.w.without(rest...); !d.w.passes(&a) {
			out = rest
		}
	}
	return d.set(out)
}

// excess is how far beyond the nearest rule an assessment is, or how far it stays behind.
func (d differ) excess(a *decision.Assessment) float64 {
	scores, passes := d.w.judge(a)
	r := d.w.rules(&scores)[0]
	switch {
	case d.w.asOne:
		return scores.Harvest - d.w.policy.AccountHarvest
	case passes:
		return r.margin
	default:
		return min(r.margin, -math.SmallestNonzeroFloat64)
	}
}

func (d differ) set(out []int) *sets {
	s := &sets{out: out, left: d.w.without(out...)}
	for _, i := range out {
		s.bits += d.w.score.Measures[i].Bits
	}
	return s
}

// eachSet calls visit with each set of so many of the list; the set is valid during the call.
func eachSet(list []int, size int, visit func([]int)) {
	set := make([]int, size)
	var fill func(at, from int)
	fill = func(at, from int) {
		if at == size {
			visit(set)
			return
		}
		for i := from; i <= len(list)-(size-at); i++ {
			set[at] = list[i]
			fill(at+1, i+1)
		}
	}
	fill(0, 0)
}

const (
	// mostSlack is a total that no group reaches, in bits; slackSteps halve it to less than a
	// hundredth.
	mostSlack  = 128
	slackSteps = 16
)

// slack is how many bits could go, all else being equal, before it is no finding, rounded down to a
// hundredth; nil where that does not decide.
func (d differ) slack(take func(a *decision.Assessment, less float64)) *float64 {
	passes := func(less float64) bool {
		a := d.w.score
		take(&a, less)
		return d.w.passes(&a)
	}
	low, high := 0.0, float64(mostSlack)
	if passes(high) {
		return nil
	}
	for range slackSteps {
		if middle := (low + high) / 2; passes(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	low = math.Floor(100*low) / 100
	return &low
}

// leastAccounts is the least number of entities, of those that are looked at, with which the same
// figures make a finding; 0 where all of them do.
func (d differ) leastAccounts() int {
	if d.w.asOne {
		return 0
	}
	fewest := d.engine.o.Search.MinGroup
	passes := func(n int) bool {
		a := d.w.score
		a.Size = float64(n)
		return d.w.passes(&a)
	}
	if passes(fewest) {
		return 0
	}
	low, high := fewest, int(math.Ceil(d.w.score.Size))
	for low+1 < high {
		if middle := (low + high) / 2; passes(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// facts lists what may be true of a campaign's accounts, with what that would make of it.
func (d differ) facts() (out []Fact) {
	add := func(what string, o Outcome, says string) {
		out = append(out, Fact{If: what, Outcome: o, Says: says})
	}
	if !d.w.score.Customer {
		a := d.w.score
		a.Customer = true
		o := d.w.outcome(&a)
		add("they are one customer in the open", o, sayCustomer(&o))
	}
	o, apart := d.vouched()
	add("you vouch for them as one customer", o, sayVouched(&o, apart))
	if a, ok := d.w.parts.SameItems(); ok {
		o := d.w.outcome(&a)
		add("they send the same items", o, saySameItems(&o, d.w.outcome(&d.w.score)))
	}
	return out
}

// vouched is what would be told of the accounts if the provider vouched for them as one customer.
func (d differ) vouched() (o Outcome, apart bool) {
	of := watch.MeasureCustomer(d.search, d.w.members)
	w := &weighed{
		kind: KindAccount, policy: d.w.policy, members: d.w.members, requests: d.w.requests,
		group: of.Found.Group, score: of.Found.Score, judge: of.Judge, asOne: !of.Apart,
	}
	// Of a customer that is vouched for, what a text demands does not count.
	w.score.Purpose = 0
	o = w.outcome(&w.score)
	requests := uint32(0)
	for _, i := range d.w.members {
		requests += d.search.Population.At(i).Profile.Requests24h
	}
	if !of.Apart && requests < d.engine.o.Watch.AccountRequests {
		o.Finding, o.Severity, o.Excess = false, 0, 0
		o.Misses = append(o.Misses, ConditionState{
			What: "requests in a day", Has: float64(requests),
			Needs: float64(d.engine.o.Watch.AccountRequests), Count: true,
		})
	}
	return o, of.Apart
}
