package detectors

import "math"

// agreement makes bits of an e-value of which only what is above 1 is to count: of a figure that
// speaks for a pool where it is high, and for nothing where it is low. Counting less than 1 as 1
// costs price bits, log2 of the mean of max(e, 1) over groups of unrelated accounts, so that the
// mean of 2^bits stays at most 1.
func agreement(log2e, price float64) float64 { return math.Max(0, log2e) - price }

// priceOf bounds the price of an e-value with standard deviation sd over groups of unrelated
// accounts, whatever its law: as its mean is at most 1, that of max(e, 1) is at most 1 plus half
// of its mean absolute deviation, which is at most sd.
func priceOf(sd float64) float64 { return math.Log2(1 + sd/2) }

// mostPrice bounds what an agreement that is not there costs. The smallest groups pay most: eight
// accounts in which a figure scatters by three quarters of its mean.
const mostPrice = 0.5

// price is that of the ratio of the members' share over the others', both smoothed: as the ratio is
// linear in the share, its mean is 1 over groups drawn from the others. The others' share has an
// error too, which raises that mean by the square of its scatter at most. Who is judged alone pays
// nothing: what one account shows has a threshold of its own.
func (r *ranked) price(priorWeight float64) float64 {
	if r.n < leastMembers {
		return 0
	}
	sd := r.sd / math.Sqrt(r.weight()) * r.n / (r.n + priorWeight) / (r.others + smoothing)
	return priceOf(sd + 2*sd*sd)
}

// sidePrice is that of a mean rank of which only what is above chance by a standard error counts.
// Beyond one standard deviation a normal law has a mean of 0.083 of them; log odds have the slope 4
// at a half.
func (r *ranked) sidePrice(priorWeight float64) float64 {
	const beyond, slope = 0.083, 4
	if r.n < leastMembers {
		return 0
	}
	n := r.weight()
	sd := math.Sqrt(rankVariance/n) * n / (n + priorWeight)
	return math.Log2(1 + beyond*slope*sd)
}

// shareNull and rankNull are the nulls of shares and of ranks among controls.
const (
	shareNull = "The members are drawn at random from their controls. The ratio of their mean " +
		"share over the controls', both smoothed by 5 %, has the mean 1, as it is linear in the " +
		"share. Where it is below 1 it counts as 1, and what this adds at most, by the scatter " +
		"among the controls, is subtracted."
	rankNull = "The members are drawn at random from their controls. Their mean rank is then " +
		"normal around a half, and its odds, shrunk as if four more accounts ranked in the " +
		"middle, have a mean of about 1: chance goes down as often as up. Where only one side " +
		"counts, a standard error is taken off first."
)
