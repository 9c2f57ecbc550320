package baseline

import (
	"math"
	"slices"
)

// LeastControls is the number of accounts from which others can be compared with them: a group's
// mean rank among 20 is off by 0.13 at most (two standard errors of an AUC against n others,
// sqrt(1/12n), Mann & Whitney 1947), which is three quarters of a bit.
const LeastControls = 20

// Controls are accounts that others are compared with: their figures in order.
type Controls struct {
	sorted [NumFeatures][]float64
	means  [NumFeatures]float64
	// squares are the means of the squares.
	squares [NumFeatures]float64
	// N is the number of accounts.
	N int
}

// NewControls are the accounts with these figures.
func NewControls(vectors []*Vector) *Controls {
	c := &Controls{N: len(vectors)}
	for f := range NumFeatures {
		n := 0
		for _, v := range vectors {
			if v.Known(f) {
				n++
			}
		}
		if n == 0 {
			continue
		}
		values := make([]float64, 0, n)
		for _, v := range vectors {
			if v.Known(f) {
				values = append(values, v[f])
			}
		}
		slices.Sort(values)
		for _, x := range values {
			c.means[f] += x / float64(n)
			c.squares[f] += x * x / float64(n)
		}
		c.sorted[f] = values
	}
	return c
}

// Known is the number of accounts that report the feature.
func (c *Controls) Known(f Feature) int { return len(c.sorted[f]) }

// Mean is the mean of a feature, 0 when nobody reports it.
func (c *Controls) Mean(f Feature) float64 { return c.means[f] }

// MeanSquare is the mean of the square of a feature, 0 when nobody reports it.
func (c *Controls) MeanSquare(f Feature) float64 { return c.squares[f] }

// Quantile is the q-quantile of a feature, NaN when nobody reports it.
func (c *Controls) Quantile(f Feature, q float64) float64 {
	r := c.sorted[f]
	if len(r) == 0 {
		return math.NaN()
	}
	return r[max(0, min(len(r)-1, int(q*float64(len(r)))))]
}

// Rank is the share of the accounts whose feature lies below x, ties counting half (the mid-rank
// that makes the mean rank an AUC). ok is false when too few accounts report the feature to say.
func (c *Controls) Rank(f Feature, x float64) (rank float64, ok bool) {
	r := c.sorted[f]
	if len(r) < LeastControls || math.IsNaN(x) {
		return 0.5, false
	}
	lo := below(r, x)
	hi := lo
	if lo < len(r) && r[lo] == x {
		hi += notAbove(r[lo:], x)
	}
	return (float64(lo) + float64(hi)) / 2 / float64(len(r)), true
}

// below is how many sorted numbers lie below x. It is not slices.BinarySearch, which asks of every
// number whether it is one: each member of each candidate is ranked in a dozen features.
func below(sorted []float64, x float64) (n int) {
	for left := len(sorted); left > 0; {
		half := (left + 1) / 2
		if sorted[n+half-1] < x {
			n += half
		}
		left -= half
	}
	return n
}

// notAbove is how many sorted numbers are x or less.
func notAbove(sorted []float64, x float64) (n int) {
	for left := len(sorted); left > 0; {
		half := (left + 1) / 2
		if sorted[n+half-1] <= x {
			n += half
		}
		left -= half
	}
	return n
}
