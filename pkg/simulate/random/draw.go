package random

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// draw is the source of chance of a world, with the laws that mechanisms and tactics are drawn by.
type draw struct {
	*rand.Rand

	length time.Duration
	// release is when a model is released, 0 where none is.
	release time.Duration
}

func newDraw(seed, stream uint64, length time.Duration) draw {
	return draw{Rand: rand.New(rand.NewPCG(seed, stream)), length: length}
}

// uniform is a number in [lo, hi).
func (d draw) uniform(lo, hi float64) float64 { return lo + (hi-lo)*d.Float64() }

// about has the given median; sigma is the standard deviation of its logarithm.
func (d draw) about(median, sigma float64) float64 {
	return median * math.Exp(sigma*d.NormFloat64())
}

// tail has a heavy one: a power law from 1 on (Pareto).
func (d draw) tail(exponent float64) float64 { return math.Pow(1-d.Float64(), -1/exponent) }

// between is a whole number from lo to hi, both included.
func (d draw) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// hours is a time of lo to hi hours.
func (d draw) hours(lo, hi float64) time.Duration {
	return time.Duration(d.uniform(lo, hi) * float64(time.Hour)).Round(time.Minute)
}

// one takes one of a list.
func one[T any](d draw, list ...T) T { return list[d.IntN(len(list))] }

// before is a mechanism that reached people in the weeks or months before the world.
func (d draw) before(adoption float64) simulate.Mechanism {
	weeks := d.hours(14*24, 200*24)
	return simulate.Mechanism{
		Adoption: adoption, Arrival: simulate.Steady, Begin: -weeks - 24*time.Hour, Spread: weeks,
	}
}

// event is a mechanism that begins while the world runs, or shortly before.
func (d draw) event(adoption float64, arrival string, spread time.Duration) simulate.Mechanism {
	begin := time.Duration(d.uniform(-0.1, 0.75) * float64(d.length)).Round(time.Minute)
	return simulate.Mechanism{Adoption: adoption, Arrival: arrival, Begin: begin, Spread: spread}
}

// deadline is a mechanism whose end is in the world or shortly after.
func (d draw) deadline(adoption float64, spread time.Duration) simulate.Mechanism {
	end := time.Duration(d.uniform(0.4, 1.3) * float64(d.length)).Round(time.Minute)
	return simulate.Mechanism{
		Adoption: adoption, Arrival: simulate.Deadline, Begin: end - spread, Spread: spread,
	}
}
