package detectors

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// synchrony sees accounts that are on and off in the same ten minutes.
//
// Why it works: one program drives them: it starts, stops and fails for all of them at once (SynchroTrap 2014: sustained lockstep).
// Evasion: independent jitter of hours per account.
// Honest traffic like it: office hours and lectures: each slot is compared with the hour around it, so that a shared working day earns nothing.
func synchrony() Detector {
	const slot = 600_000
	return Detector{
		Spec: Spec{
			ID: "synchrony", Axis: Coordination, Plane: Schedule, Max: 3,
			Summary:    "The members are active and silent in the same ten-minute slots, beyond what the hour explains.",
			Why:        "Index of dispersion of the number of active members per slot around its local mean; 1 for independent accounts.",
			Evasion:    "Independent jitter of hours per account.",
			LookAlikes: "Office hours and lectures (taken out by the local mean); an outage of the gateway itself.",
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			if len(g.Members) < 8 {
				return Measure{}, false
			}
			var newest, oldest int64
			for i := range g.Members {
				newest = max(newest, g.Members[i].Profile.LastSeen/slot)
				if first := g.Members[i].Profile.FirstSeen / slot; oldest == 0 || first < oldest {
					oldest = first
				}
			}
			// Half a day: one shared beginning is no rhythm.
			if newest-oldest < 72 {
				return Measure{}, false
			}
			var active [fingerprint.Slots10m]float64
			for i := range g.Members {
				p := g.Members[i].Profile
				offset := newest - p.LastSeen/slot
				for w, word := range p.Active10m {
					for word != 0 {
						k := offset + int64(w*64+bits.TrailingZeros64(word))
						word &= word - 1
						if k >= 0 && k < int64(len(active)) {
							active[k]++
						}
					}
				}
			}
			var squares, expected float64
			n := float64(len(g.Members))
			for i := 3; i+3 < len(active); i++ {
				local := (active[i-3] + active[i-2] + active[i-1] + active[i+1] + active[i+2] + active[i+3]) / 6
				if local == 0 && active[i] == 0 {
					continue
				}
				p := math.Min((local*6+active[i])/7/n, 1)
				// The variance of a binomial count, and of the mean of six neighbours that it is compared with.
				expected += n * p * (1 - p) * (1 + 1.0/6)
				d := active[i] - local
				squares += d * d
			}
			if expected < 10 {
				return Measure{}, false
			}
			ratio := squares / expected
			return Measure{Bits: math.Max(0, math.Log2(ratio)-0.5), Observed: ratio, Expected: 1}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("the number of active members jumps %.1f times as much from slot to slot", m.Observed), "1 for independent accounts",
				"the accounts are switched on and off together"
		},
	}
}
