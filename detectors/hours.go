package detectors

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// hoursPrior is what is known of hours beforehand: half of the groups of people keep hours that do
// not differ, such as those of one country; one pool in eight gives its accounts shifts.
func hoursPrior() *prior {
	return &prior{least: 0.01, most: 0.8, alike: 1.0 / 2, personas: 1.0 / 8}
}

// hours compares the hours of one account's days with those of other members' days.
func hours() Detector {
	return Detector{
		Spec: Spec{
			ID: "hours", Axis: Coordination, Family: Habits, Costly: true, Max: 1, Min: -2,
			Null:    habitNull,
			Summary: "No member keeps hours of its own from day to day. Members with hours of their own are mitigating evidence.",
			Why: "People get up, work and sleep at times of their own; a scheduler gives any " +
				"account the next request. The hours of even days are compared with those of " +
				"odd days, of one account and of two, as points on the circle of 24 hours and " +
				"its half (Mardia and Jupp 2000), by the same comparison as subjects.",
			Evasion:    "Shifts for each account, which make a day's pool three pools.",
			LookAlikes: "People of one country or office, whose hours are the same.",
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			k, ok := g.hourPairs(c).compare()
			if !ok {
				return Measure{}, false
			}
			return Measure{Bits: hoursPrior().bits(&k), Observed: k.own, Expected: k.other}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			note := "no account keeps hours of its own"
			if m.Bits < 0 {
				note = "each account keeps hours of its own"
			}
			return fmt.Sprintf("two days of one account are alike by %.2f", m.Observed),
				fmt.Sprintf("two days of different accounts by %.2f", m.Expected), note
		},
	}
}

// hourPairs are the members' even and odd days.
func (g *Group) hourPairs(c *Context) *pairs {
	p := &c.pairs[0]
	p.reset(hourDims)
	for i := range g.Members[:min(len(g.Members), mostCompared)] {
		h := hoursOf(g.Members[i].Profile)
		p.add(i, 0, h.sums[0][:], h.sums[1][:], h.days[0], h.days[1])
	}
	return p
}

// hourDims are the numbers of a point: cosine and sine of the hour on the day and on half a day, so
// that a morning and an evening differ from a noon.
const hourDims = 4

// days are the sums of the mean points of even and of odd days, with their numbers.
type days struct {
	sums [2][hourDims]float64
	days [2]float64
}

// hoursOf sums up an account's active hours. Each day counts as one: its hours follow each other.
func hoursOf(p *fingerprint.Profile) (out days) {
	const hour, day = 3_600_000, 24
	last := p.LastSeen / hour
	point, active, current := [hourDims]float64{}, 0.0, int64(-1)
	closeDay := func() {
		if active == 0 {
			return
		}
		half := current & 1
		out.days[half]++
		for d := range point {
			out.sums[half][d] += point[d] / active
		}
		point, active = [hourDims]float64{}, 0
	}
	for w, word := range p.ActiveHour {
		for ; word != 0; word &= word - 1 {
			slot := last - int64(w*64+bits.TrailingZeros64(word))
			if slot/day != current {
				closeDay()
				current = slot / day
			}
			angle := 2 * math.Pi * float64(slot%day) / day
			sin, cos := math.Sincos(angle)
			sin2, cos2 := math.Sincos(2 * angle)
			// Both circles have half of the variance.
			for d, x := range [...]float64{cos, sin, cos2, sin2} {
				point[d] += x * math.Sqrt2 / 2
			}
			active++
		}
	}
	closeDay()
	return out
}
