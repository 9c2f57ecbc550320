package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// historyPrior is what is known beforehand of how far the work of the group continues what an
// account does besides: people use a program for matters that they have anyway, half of them so
// that it shows; a pool's cover traffic has nothing to do with its work, but personas have.
func historyPrior() *prior {
	return &prior{least: 0.005, most: 0.8, alike: 1.0 / 2, personas: 1.0 / 8}
}

// history compares the requests that carry the group's template with each account's own other
// requests: before the work began, and beside it.
func history() Detector {
	return Detector{
		Spec: Spec{
			ID: "history", Axis: Coordination, Family: Habits, Explained: OneSet,
			Costly: true, Max: 1, Min: -2,
			Null:    habitNull,
			Summary: "What the accounts do by the template has nothing to do with what each does otherwise. Work on the account's own matters is mitigating evidence.",
			Why: "Who uses a program uses it for the matters that he has; on leased and stolen " +
				"accounts, and beside cover traffic, the harvest is foreign to the account. " +
				"Similarity of an account's templated requests with its own others, against " +
				"those of other members, by the same comparison as subjects.",
			Evasion:    "Harvesting on each account what its owner asks about.",
			LookAlikes: "People who use a program for something new; therefore it is one bit at most.",
			Needs:      []string{"content.input or sketch.subject"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			teams := g.kinshipOfSubjects(c).teams
			p := g.historyPairs(c)
			k, ok := p.compare()
			if ok && teams != nil {
				k, ok = p.insideOf(teams, &k)
			}
			if !ok {
				return Measure{}, false
			}
			return Measure{Bits: historyPrior().bits(&k), Observed: k.own, Expected: k.other}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			note := "the templated work is foreign to what the accounts do otherwise"
			if m.Bits < 0 {
				note = "the accounts use the template for matters of their own"
			}
			return fmt.Sprintf("templated and other requests of one account are alike by %.2f",
					m.Observed),
				fmt.Sprintf("those of different accounts by %.2f", m.Expected), note
		},
	}
}

// historyPairs pairs the templated requests of each member with its others, where it was in use
// before the group's work began: what a new account sends beside the template may be the same work
// in other words.
func (g *Group) historyPairs(c *Context) *pairs {
	p := &c.pairs[0]
	p.reset(sketch.SubjectSize)
	began := g.Began()
	began -= min(began, g.unnamedHours())
	g.eachSlice(c, func(i int, slice, rest *fingerprint.PartHabits) {
		if began > 0 && !activeBefore(g.Members[i].Profile, began) {
			return
		}
		work, other := slice.All(), rest.All()
		p.add(i, 0, work.Sum[:], other.Sum[:], work.Count, other.Count)
	})
	return p
}

// unnamedHours is how many hours before its beginning was seen the work may have begun: a template
// has its name from the third request by it on, and until then the requests are among the others.
func (g *Group) unnamedHours() uint32 {
	const unnamed = 2
	var hours, requests float64
	for i := range g.Members {
		p := g.Members[i].Profile
		hours += float64(p.LastSeen-p.FirstSeen) / hourMillis
		requests += float64(p.Requests)
	}
	return uint32(math.Ceil(unnamed * hours / math.Max(requests, 1)))
}

// activeBefore says whether the account sent a request before an hour since 1970.
func activeBefore(p *fingerprint.Profile, hour uint32) bool {
	newest := p.LastSeen / hourMillis
	from := int(max(newest-int64(hour)+1, 0))
	for i := from; i < fingerprint.SlotsHour; i++ {
		if p.ActiveHour[i/64]>>(i%64)&1 == 1 {
			return true
		}
	}
	return false
}

// hourMillis is an hour in milliseconds.
const hourMillis = 3_600_000
