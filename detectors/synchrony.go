package detectors

import (
	"fmt"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// synchrony sees accounts that are on and off together, in ten minutes, hours or quarters of a day.
func synchrony() Detector {
	const (
		// The smallest group that a finding has by default (correlate.min_group): the index of
		// fewer jumps with every single one.
		least = 8
		// Half a bit is kept back: the largest of three resolutions is taken, and a local mean does
		// not take all of the day out. Judged, and held against the worlds.
		free = 0.5
	)
	return Detector{
		Spec: Spec{
			ID: "synchrony", Axis: Coordination, Family: Schedule, Max: 3,
			Explained: OneEvent,
			Null: "The members are active independently of each other, with the others' rises and " +
				"falls. The index of dispersion is then 1 with a standard error of sqrt(2/slots); " +
				"two of them and half a bit are kept back, so that chance gives nothing",
			Summary: "The members are active and silent in the same ten minutes, hours or quarters of a day, beyond what the neighbouring slots and everybody else explain.",
			Why: "One program starts, stops, fails and rests for all of them at once " +
				"(SynchroTrap 2014: sustained lockstep); jitter hides that at one resolution " +
				"and not at the next. Index of dispersion of the number of active members per " +
				"slot around its local mean, which follows the others' rises and falls; 1 for " +
				"independent accounts. Taken at three resolutions, less two standard errors of " +
				"an index of so many slots; the largest counts.",
			Evasion: "Independent jitter of a day or more per account, which slows the " +
				"harvest down.",
			LookAlikes: "Office hours and lectures (taken out by the local mean); weekends and outages of the gateway (taken out by the others' activity).",
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			if len(g.Members) < least || c.Rhythm == nil {
				return Measure{}, false
			}
			best := Measure{Expected: 1}
			ok := false
			for r := range baseline.NumResolutions {
				ratio, slots := dispersion(g, c.Rhythm, r)
				if slots == 0 {
					continue
				}
				ok = true
				if bits := math.Log2(ratio*(1-standardErrors*math.Sqrt(2/slots))) -
					free; bits > best.Bits {
					best.Bits, best.Observed, best.Value = bits, ratio, uint64(r)+1
				}
			}
			return best, ok
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			slot := [...]string{"slot", "ten minutes", "hour", "quarter of a day"}[m.Value]
			return fmt.Sprintf(
					"the number of active members jumps %.1f times as much from %s to %s",
					m.Observed, slot, slot,
				),
				"1 for independent accounts", "the accounts are switched on and off together"
		},
	}
}

// lags are the neighbours that a slot is compared with, either way: for quarters of a day the same
// quarter of the days around, which takes the daily rhythm out.
func lags(r baseline.Resolution) []int {
	return [...][]int{{1, 2, 3}, {1}, {4}}[r]
}

// leastSlots is the number of slots between the group's beginning and end from which there is a
// rhythm to speak of: half a day, thirty hours, five days. One shared beginning is none.
func leastSlots(r baseline.Resolution) int64 { return [...]int64{72, 30, 20}[r] }

// dispersion is the index of dispersion of the number of active members per slot, and over how many
// slots it was taken: 0 when there are too few to say.
func dispersion(g *Group, rhythm *baseline.Rhythm, r baseline.Resolution) (ratio, slots float64) {
	others, width := rhythm[r], r.Millis()
	firsts := make([]int64, len(g.Members))
	for i := range g.Members {
		firsts[i] = g.Members[i].Profile.FirstSeen / width
	}
	newest, oldest := (rhythm.Now()-1)/width, slices.Min(firsts)
	if newest-oldest < leastSlots(r) {
		return 0, 0
	}
	if r == baseline.Quarters {
		// Among few slots a shared beginning would weigh as much as a rhythm: count from when
		// nearly all were there.
		slices.Sort(firsts)
		oldest = firsts[len(firsts)*nearlyAll/10]
	}
	active := baseline.NewActivity(r, rhythm.Now()-1)
	for i := range g.Members {
		active.Add(g.Members[i].Profile, 1)
	}
	near := lags(r)
	reach, m := near[len(near)-1], float64(2*len(near))
	last := min(len(active.Active)-1, int(newest-oldest))
	n := active.N
	// Of the others' sample the group's own part is taken out, as far as it is in there.
	own := g.SelfShare * others.N / n
	rest := make([]float64, len(others.Active))
	for k, x := range others.Active {
		rest[k] = math.Max(0, x-own*active.Active[k])
	}
	follow := followed(rest, near, reach, last)
	var squares, expected float64
	for k := reach; k+reach <= last; k++ {
		here, around := active.Active[k], local(active.Active, near, k)
		if here == 0 && around == 0 {
			continue
		}
		change, doubt := 1.0, 0.0
		if follow > 0 {
			was := local(rest, near, k) + quiet
			change += follow * ((rest[k]+quiet)/was - 1)
			doubt = follow * (1/(rest[k]+quiet) + 1/(m*was))
		}
		p := math.Min((around*m+here)/(m+1)/n, 1)
		// The variance of a binomial count, of the mean of neighbours it is compared with, and of
		// the change by which that was multiplied.
		d := here - around*change
		squares += d * d
		expected += n*p*(1-p)*(1+1/m) + around*around*doubt
		slots++
	}
	if expected < leastExpected || slots <= fewSlots {
		return 0, 0
	}
	return squares / expected, slots
}

const (
	// quiet is the number of accounts that draw a change seen on few to no change: with as many
	// active in a slot, half of the change is believed.
	quiet = 6
	// nearlyAll, in tenths of the members, are there from where quarters of a day are counted: a
	// latecomer or two do not shorten the time that is looked at.
	nearlyAll = 9
	// leastExpected is the variance that chance gives over all slots, in accounts squared, from
	// which the index is taken: below, one account more or less moves it by a tenth.
	leastExpected = 10
	// fewSlots make no index: its standard error, sqrt(2/slots), is half of it at eight, and two of
	// them leave nothing.
	fewSlots = 8
)

// local is the mean of a slot's neighbours.
func local(x []float64, near []int, k int) float64 {
	sum := 0.0
	for _, lag := range near {
		sum += x[k-lag] + x[k+lag]
	}
	return sum / float64(2*len(near))
}

// followed is how far the others' changes from slot to slot are to be believed: the part of their
// variance that counting noise does not explain (Efron and Morris 1973). A handful of others says
// nothing about a slot, and following their noise would hide a rhythm.
func followed(rest []float64, near []int, reach, last int) float64 {
	m := float64(2 * len(near))
	var squares, noise float64
	for k := reach; k+reach <= last; k++ {
		around := local(rest, near, k)
		d := rest[k] - around
		squares += d * d
		noise += (around*m + rest[k]) / (m + 1) * (1 + 1/m)
	}
	if squares == 0 {
		return 0
	}
	return math.Max(0, 1-noise/squares)
}
