package baseline

import (
	"math/bits"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Resolution is a width of time slots at which accounts are seen to be on or off.
type Resolution uint8

// The resolutions. The finest reaches back two days, the others a fortnight.
const (
	TenMinutes Resolution = iota
	Hours
	// Quarters are quarters of a UTC day.
	Quarters

	NumResolutions
)

// Millis is the width of a slot.
func (r Resolution) Millis() int64 { return [...]int64{600_000, 3_600_000, Day / 4}[r] }

// Slots is how many slots are looked at.
func (r Resolution) Slots() int {
	return [...]int{fingerprint.Slots10m, fingerprint.SlotsHour, fingerprint.SlotsHour / 6}[r]
}

// Activity counts, per slot, the accounts that sent something in it. Slot 0 is the newest.
type Activity struct {
	resolution Resolution
	newest     int64
	// Active holds the counts, N is the number of accounts counted.
	Active []float64
	N      float64
}

// NewActivity counts nobody yet, up to the slot that holds time now (Unix ms).
func NewActivity(r Resolution, now int64) *Activity {
	return &Activity{resolution: r, newest: now / r.Millis(), Active: make([]float64, r.Slots())}
}

// Add counts an account with its weight. Slots after the newest are left out.
func (a *Activity) Add(p *fingerprint.Profile, weight float64) {
	a.N += weight
	words, width := p.Active10m[:], TenMinutes.Millis()
	if a.resolution != TenMinutes {
		words, width = p.ActiveHour[:], Hours.Millis()
	}
	last, counted := p.LastSeen/width, int64(-1)
	if a.resolution != Quarters {
		// Each bit is a slot of its own.
		offset := a.newest - last
		for w, word := range words {
			for ; word != 0; word &= word - 1 {
				k := offset + int64(w*64+bits.TrailingZeros64(word))
				if k >= 0 && k < int64(len(a.Active)) {
					a.Active[k] += weight
				}
			}
		}
		return
	}
	for w, word := range words {
		for ; word != 0; word &= word - 1 {
			slot := (last - int64(w*64+bits.TrailingZeros64(word))) / quarterHours
			if k := a.newest - slot; slot != counted && k >= 0 && k < int64(len(a.Active)) {
				a.Active[k] += weight
				// From new to old, so that the hours of a quarter follow each other.
				counted = slot
			}
		}
	}
}

// quarterHours is the number of hours in a quarter of a day.
const quarterHours = 6

// Rhythm is when the population is active, at every resolution.
type Rhythm [NumResolutions]*Activity

// NewRhythm counts nobody yet.
func NewRhythm(now int64) *Rhythm {
	var r Rhythm
	for i := range r {
		r[i] = NewActivity(Resolution(i), now)
	}
	return &r
}

// Add counts an account at every resolution.
func (r *Rhythm) Add(p *fingerprint.Profile) {
	for _, a := range r {
		a.Add(p, 1)
	}
}

// Now is the end of the newest ten minutes counted, in Unix ms.
func (r *Rhythm) Now() int64 { return (r[TenMinutes].newest + 1) * TenMinutes.Millis() }
