package simulate

import (
	"math"
	"math/rand/v2"
)

// rng is a deterministic source with the laws that traffic needs. With a taste, the texts that the
// grammar makes by it are one person's.
type rng struct {
	*rand.Rand

	taste *taste
}

func newRNG(seed, stream uint64) rng { return rng{Rand: rand.New(rand.NewPCG(seed, stream))} }

// chance is true with probability p.
func (r rng) chance(p float64) bool { return p > 0 && r.Float64() < p }

// between is a whole number from lo to hi, both included.
func (r rng) between(lo, hi int) int {
	if hi <= lo {
		return lo
	}
	return lo + r.IntN(hi-lo+1)
}

// uniform is a number in [lo, hi).
func (r rng) uniform(lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

// lognormal has the given median; sigma is the standard deviation of its logarithm.
func (r rng) lognormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*r.NormFloat64())
}

// gamma has mean 1 and the given coefficient of variation (Marsaglia and Tsang 2000); a cv of 0 is
// the constant 1. gonum's distuv.Gamma draws other numbers from the same seed: every simulated
// world, and every figure of docs/evaluation.md, would be another.
func (r rng) gamma(cv float64) float64 {
	if cv <= 0 {
		return 1
	}
	shape := 1 / (cv * cv)
	boost := 1.0
	k := shape
	if k < 1 {
		boost = math.Pow(1-r.Float64(), 1/k)
		k++
	}
	d := k - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if u := 1 - r.Float64(); math.Log(u) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return boost * d * v / shape
		}
	}
}

// geometric is at least 1 and has the given mean.
func (r rng) geometric(mean float64) int {
	if mean <= 1 {
		return 1
	}
	p := 1 / mean
	return 1 + int(math.Log(1-r.Float64())/math.Log(1-p))
}

// weighted draws an index in proportion to the weights.
func (r rng) weighted(weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	x := r.Float64() * total
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// zipf draws an index below n with weight 1/(index+1)^s.
func (r rng) zipf(n int, s float64) int {
	// Inverse of the continuous law: exact enough for popularity, and without a table.
	if n <= 1 {
		return 0
	}
	u := r.Float64()
	var x float64
	if math.Abs(s-1) < 1e-9 {
		x = math.Exp(u * math.Log(float64(n)+1))
	} else {
		x = math.Pow(u*(math.Pow(float64(n)+1, 1-s)-1)+1, 1/(1-s))
	}
	return min(n-1, max(0, int(x)-1))
}

// hex is a string of n hexadecimal digits.
func (r rng) hex(n int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, n)
	for i := range b {
		b[i] = digits[r.IntN(16)]
	}
	return string(b)
}

// crockford are the letters of identifiers: no i, l, o, u.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// token is a string of n letters and digits.
func (r rng) token(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = crockford[r.IntN(32)]
	}
	return string(b)
}

func pick[T any](r rng, list []T) T { return list[r.IntN(len(list))] }

// sample draws k different elements, in random order.
func sample[T any](r rng, list []T, k int) []T {
	k = min(k, len(list))
	out := make([]T, 0, k)
	for _, i := range r.Perm(len(list))[:k] {
		out = append(out, list[i])
	}
	return out
}
