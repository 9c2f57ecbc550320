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
