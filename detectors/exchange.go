package detectors

import (
	"cmp"
	"math"
	"slices"
)

// Exchangeability: the members of a pool are workers, and what one was given another could have
// been given; people are individuals. An account's requests are dealt into two halves that have
// nothing to do with what it does. Of individuals, the halves of one account are more alike than
// those of two; of workers they are not. Pairing every first half with another member's second half
// is a permutation of the null hypothesis "the requests were dealt out among the members"
// (Pitman 1937; Good, Permutation, Parametric and Bootstrap Tests, 2005), so that the test needs no
// law of the content. What all members share, such as a template, is the mean and falls out.

// halves are the mean vectors of both halves of one account's requests, with their numbers.
type halves struct {
	a, b   []float64
	na, nb float64
}

// kinship is how much more alike two requests of one account are than those of two accounts, as a
// share of the whole variance: the intraclass correlation of a one-way random-effects model (Fisher
// 1925; Shrout and Fleiss 1979). 0 are workers.
type kinship struct {
	// rho is the estimate, se its standard error where the requests were dealt out.
	rho, se float64
	// own and other are the mean similarities of two requests of one account and of two accounts.
	own, other float64
	accounts   int
}

const (
	// leastHalves is the number of accounts with both halves from which a group is compared: below,
	// there are fewer than 56 pairs to learn the null from.
	leastHalves = 8
	// mostRepeats bounds what one account's half counts: an account with a thousand requests must
	// not be the group's mean.
	mostRepeats = 16
	// mostShifts bounds the permutations: 24 of 300 accounts are 7,200 pairs, whose variance is
	// known within 2 %.
	mostShifts = 24
)

// compareHalves estimates the kinship of a group. total is the variance of a single request around
// nothing, such as 1 for vectors of length one.
func compareHalves(list []halves, total float64) (k kinship, ok bool) {
	n := len(list)
	if n < leastHalves {
		return k, false
	}
	// Neighbours have about as many requests, so that a half is exchanged for one as sure.
	slices.SortStableFunc(list, func(x, y halves) int {
		return cmp.Compare(math.Min(x.na, x.nb), math.Min(y.na, y.nb))
	})
	u, mu := centred(list, func(h *halves) ([]float64, float64) { return h.a, h.na })
	v, nu := centred(list, func(h *halves) ([]float64, float64) { return h.b, h.nb })
	matched, scale := 0.0, 0.0
	for i := range list {
		matched += dot(u[i], v[i])
		scale += math.Sqrt(repeats(list[i].na) * repeats(list[i].nb))
	}
	var pairs, sum, squares float64
	for shift := 1; shift <= min(mostShifts, n-1); shift++ {
		for i := range u {
			x := dot(u[i], v[(i+shift)%n])
			pairs, sum, squares = pairs+1, sum+x, squares+x*x
		}
	}
	mean := sum / pairs
	variance := math.Max(squares/pairs-mean*mean, 0)
	k.other = dot(mu, nu)
	rest := total - k.other
	if rest <= 0 || variance == 0 {
		return k, false
	}
	k.rho = (matched - float64(n)*mean) / scale / rest
	k.se = math.Sqrt(float64(n)*variance) / scale / rest
	k.own = k.other + k.rho*rest
	k.accounts = n
	return k, true
}

// centred gives the halves without the mean of the group, at a scale at which their variance does
// not depend on their number of requests, and the mean.
func centred(
	list []halves, half func(h *halves) ([]float64, float64),
) (out [][]float64, mean []float64) {
	total := 0.0
	for i := range list {
		x, n := half(&list[i])
		if mean == nil {
			mean = make([]float64, len(x))
		}
		n = repeats(n)
		for d := range x {
			mean[d] += n * x[d]
		}
		total += n
	}
	for d := range mean {
		mean[d] /= total
	}
	flat := make([]float64, len(list)*len(mean))
	out = make([][]float64, len(list))
	for i := range list {
		x, n := half(&list[i])
		out[i], flat = flat[:len(mean)], flat[len(mean):]
		root := math.Sqrt(repeats(n))
		for d := range x {
			out[i][d] = root * (x[d] - mean[d])
		}
	}
	return out, mean
}

func repeats(n float64) float64 { return math.Min(n, mostRepeats) }

func dot(x, y []float64) (sum float64) {
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

// prior is what is known of the kinship of people and of a pool before a group is measured.
type prior struct {
	// least and most bound the kinship of people, of which each doubling is as likely: how much of
	// a request is its author's own differs widely from one use to another.
	least, most float64
	// alike is the share of groups of people that are as exchangeable as workers, such as those who
	// replay one set; personas that of pools whose accounts each have an own assignment.
	alike, personas float64
}

// bits is the log-likelihood ratio of a pool against people, by a normal law of the estimate. Its
// mean of 2^bits over groups of people is 1. It lies between log2(personas / (1 - alike)) and
// log2((1 - personas) / alike), so that no measurement is surer than what is known beforehand.
func (p *prior) bits(k *kinship) float64 {
	// More unlike than by chance is no sign of either; nor is more alike than people ever are.
	rho := math.Max(0, math.Min(k.rho, p.most))
	dealt := math.Exp(-rho*rho/(2*k.se*k.se)) / (k.se * math.Sqrt(2*math.Pi))
	own := p.own(rho, k.se)
	return math.Log2(
		((1-p.personas)*dealt + p.personas*own) / (p.alike*dealt + (1-p.alike)*own),
	)
}

// own is the density of an estimate where the accounts have something of their own: within each
// doubling of the kinship, all values are as likely.
func (p *prior) own(rho, se float64) (density float64) {
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	doublings := math.Ceil(math.Log2(p.most / p.least))
	step := math.Pow(p.most/p.least, 1/doublings)
	low := p.least
	for range int(doublings) {
		high := low * step
		density += (phi((high-rho)/se) - phi((low-rho)/se)) / (high - low) / doublings
		low = high
	}
	// Never quite nothing, or a ratio of two densities would be none.
	return math.Max(density, tiny)
}

// tiny is a density that no group has.
const tiny = 1e-100
