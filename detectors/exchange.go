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
//
// A pool with several templates gives one account more of one and another more of another. So that
// the template is not taken for the account's own, requests are compared with those of the same
// template only: templates are blocks, in which the requests are dealt (permutation within blocks:
// Good 2005, as above).

// pairs are the mean vectors of both halves of some accounts' requests, one after the other, with
// the numbers of requests, their mean squared length, the account and the template: an account has
// a row for each template, and the rows of one template are a block.
type pairs struct {
	dims      int
	a, b      []float64
	na, nb    []float64
	squares   []float64
	accounts  []int32
	templates []uint64
	// order, least, distinct and products are scratch memory.
	order    []int32
	least    []float64
	distinct []int32
	products [mostShifts][]float64
}

// reset empties the pairs and keeps their memory.
func (p *pairs) reset(dims int) {
	p.dims = dims
	p.a, p.b, p.na, p.nb = p.a[:0], p.b[:0], p.na[:0], p.nb[:0]
	p.squares = p.squares[:0]
	p.accounts, p.templates = p.accounts[:0], p.templates[:0]
}

// add adds what an account sent by a template, 0 for all of it, by the sums of its halves; one
// without a request in either says nothing. The vectors of single requests have length one.
func (p *pairs) add(account int, template uint64, a, b []float64, na, nb float64) {
	p.addOf(account, template, a, b, na, nb, 1)
}

// addOf is add for requests whose mean squared length is not one.
func (p *pairs) addOf(
	account int, template uint64, a, b []float64, na, nb, squares float64,
) {
	if na < leastWeight || nb < leastWeight {
		return
	}
	for _, x := range a[:p.dims] {
		p.a = append(p.a, x/na)
	}
	for _, x := range b[:p.dims] {
		p.b = append(p.b, x/nb)
	}
	p.na, p.nb, p.squares = append(p.na, na), append(p.nb, nb), append(p.squares, squares)
	p.accounts, p.templates = append(p.accounts, int32(account)), append(p.templates, template)
}

func (p *pairs) len() int { return len(p.na) }

// kinship is how much more alike two requests of one account are than those of two accounts, as a
// share of the whole variance: the intraclass correlation of a one-way random-effects model (Fisher
// 1925; Shrout and Fleiss 1979). 0 are workers.
type kinship struct {
	// rho is the estimate, se its standard error where the requests were dealt out.
	rho, se float64
	// own and other are the mean similarities of two requests of one account and of two accounts.
	own, other float64
	// rest is the variance of a request: its squared length less what is common to all.
	rest     float64
	accounts int
}

const (
	// leastHalves is the number of accounts with both halves from which a group is compared: below,
	// there are fewer than 56 pairs to learn the null from.
	leastHalves = 8
	// leastBlock is the number of accounts from which those of one template are compared: of two,
	// each is what the other is not.
	leastBlock = 3
	// mostCompared bounds the members whose habits are compared, because every candidate is
	// measured: 96 accounts tell a kinship of 0.02 from none with two requests in each half.
	mostCompared = 96
	// mostRepeats bounds what one account's half counts: an account with a thousand requests must
	// not be the group's mean.
	mostRepeats = 16
	// mostShifts bounds the permutations: 8 of 96 accounts are 768 pairs, whose variance is known
	// within 5 %.
	mostShifts = 8
	// leastWeight is the weight from which there is a request: half of one that has aged.
	leastWeight = 0.5
)

// compare estimates the kinship of a group.
func (p *pairs) compare() (k kinship, ok bool) {
	if k.accounts = p.comparable(); k.accounts < leastHalves {
		return k, false
	}
	var d dealing
	var length, rows float64
	for _, block := range p.compared() {
		n := float64(len(block))
		rows += n
		length += n * p.length(block)
		k.other += n * p.centre(block)
		p.deal(block, &d)
	}
	k.other /= rows
	k.rest = length/rows - k.other
	ok = d.estimate(&k, 1)
	return k, ok
}

// dealing adds up, over blocks, by how much the requests of one account are more alike than dealt
// ones.
type dealing struct {
	// deals is the sum of that, spread how many times its variance is that of one product.
	deals, spread float64
	// count, sum and squares are of the products of rows of different accounts.
	count, sum, squares float64
	// scale is the number of pairs of requests, as centre weighs them.
	scale float64
}

// deal adds a block whose rows are centred.
func (p *pairs) deal(block []int32, d *dealing) {
	n, matched := float64(len(block)), 0.0
	for _, i := range block {
		matched += p.dot(int(i), int(i))
		d.scale += math.Sqrt(repeats(p.na[i]) * repeats(p.nb[i]))
	}
	for _, products := range p.permuted(block) {
		for _, x := range products {
			// Taking the means off n rows takes a share 1/n of the variance of either factor.
			x *= n / (n - 1)
			d.count, d.sum, d.squares = d.count+1, d.sum+x, d.squares+x*x
		}
	}
	// What all pairs of different accounts give is taken off: their mean is known from the
	// sums. A permutation's variance is that of its terms times n/(n-1), because they add up to
	// a constant.
	d.deals += (n*matched - p.sums(block)) / (n - 1)
	d.spread += n * n / (n - 1)
}

// estimate is the kinship that was added up, where the first halves have a share left of the
// variance that they have among all. It fails where nothing varies.
func (d *dealing) estimate(k *kinship, left float64) bool {
	variance := math.Max(d.squares/d.count-d.sum*d.sum/(d.count*d.count), 0)
	if k.rest <= 0 || variance == 0 {
		return false
	}
	k.rho = d.deals / d.scale / k.rest / left
	k.se = math.Sqrt(d.spread*variance) / d.scale / k.rest / left
	k.own = k.other + k.rho*k.rest
	return true
}

// comparable puts the rows in order and counts the accounts that can be compared.
func (p *pairs) comparable() int {
	p.sort()
	p.distinct = p.distinct[:0]
	for _, block := range p.compared() {
		for _, i := range block {
			p.distinct = append(p.distinct, p.accounts[i])
		}
	}
	slices.Sort(p.distinct)
	return len(slices.Compact(p.distinct))
}

// sort orders the rows by block. In one, neighbours have about as many requests, so that a half
// is exchanged for one as sure.
func (p *pairs) sort() {
	p.order, p.least = p.order[:0], p.least[:0]
	for i := range p.len() {
		p.order, p.least = append(p.order, int32(i)), append(p.least, math.Min(p.na[i], p.nb[i]))
	}
	slices.SortFunc(p.order, func(x, y int32) int {
		return cmp.Or(cmp.Compare(p.templates[x], p.templates[y]),
			cmp.Compare(p.least[x], p.least[y]), cmp.Compare(x, y))
	})
}

// compared are the blocks in which accounts can be compared, as parts of the order.
func (p *pairs) compared() (out [][]int32) {
	for from, to := 0, 0; from < len(p.order); from = to {
		for to < len(p.order) && p.templates[p.order[to]] == p.templates[p.order[from]] {
			to++
		}
		if to-from >= leastBlock {
			out = append(out, p.order[from:to])
		}
	}
	return out
}

// centre takes the block's means off both halves, puts them at a scale at which their variance
// does not depend on their number of requests, and gives the similarity of the means: that of
// requests of different accounts.
func (p *pairs) centre(block []int32) (similarity float64) {
	a, b := p.mean(block, p.a, p.na), p.mean(block, p.b, p.nb)
	for d := range p.dims {
		similarity += a[d] * b[d]
	}
	for _, i := range block {
		ra, rb := math.Sqrt(repeats(p.na[i])), math.Sqrt(repeats(p.nb[i]))
		for d := range p.dims {
			at := int(i)*p.dims + d
			p.a[at], p.b[at] = ra*(p.a[at]-a[d]), rb*(p.b[at]-b[d])
		}
	}
	return similarity
}

// mean is the mean vector of the block's requests in one half.
func (p *pairs) mean(block []int32, vectors, counts []float64) []float64 {
	mean, total := make([]float64, p.dims), 0.0
	for _, i := range block {
		n := repeats(counts[i])
		for d := range mean {
			mean[d] += n * vectors[int(i)*p.dims+d]
		}
		total += n
	}
	for d := range mean {
		mean[d] /= total
	}
	return mean
}

// length is the mean squared length of the block's requests.
func (p *pairs) length(block []int32) float64 {
	sum, total := 0.0, 0.0
	for _, i := range block {
		n := repeats(p.na[i]) + repeats(p.nb[i])
		sum += n * p.squares[i]
		total += n
	}
	return sum / total
}

// sums is the inner product of the sums of both halves: that of all pairs.
func (p *pairs) sums(block []int32) (product float64) {
	a, b := make([]float64, p.dims), make([]float64, p.dims)
	for _, i := range block {
		for d := range a {
			a[d] += p.a[int(i)*p.dims+d]
			b[d] += p.b[int(i)*p.dims+d]
		}
	}
	for d := range a {
		product += a[d] * b[d]
	}
	return product
}

// permuted are the inner products of each first half with the second half of the rows that follow
// it in the block, by how far they follow.
func (p *pairs) permuted(block []int32) [][]float64 {
	n := len(block)
	shifts := p.products[:min(mostShifts, n-1)]
	for s := range shifts {
		shifts[s] = slices.Grow(shifts[s][:0], n)[:n]
	}
	// Several at once: the terms of one product wait for each other.
	const together = 4
	for i := range n {
		x := int(block[i])
		after := func(shift int) int { return int(block[(i+shift)%n]) }
		s := 0
		for ; s+together <= len(shifts); s += together {
			y := [together]int{after(s + 1), after(s + 2), after(s + 3), after(s + 4)}
			for k, product := range p.dots(x, y) {
				shifts[s+k][i] = product
			}
		}
		for ; s < len(shifts); s++ {
			shifts[s][i] = p.dot(x, after(s+1))
		}
	}
	return shifts
}

// dots are the inner products of one account's first half and four others' second halves.
func (p *pairs) dots(i int, j [4]int) (sums [4]float64) {
	a := p.a[i*p.dims : (i+1)*p.dims]
	n := len(a)
	b0, b1 := p.b[j[0]*n:][:n], p.b[j[1]*n:][:n]
	b2, b3 := p.b[j[2]*n:][:n], p.b[j[3]*n:][:n]
	var s0, s1, s2, s3 float64
	for d, x := range a {
		s0 += x * b0[d]
		s1 += x * b1[d]
		s2 += x * b2[d]
		s3 += x * b3[d]
	}
	return [4]float64{s0, s1, s2, s3}
}

// dot is the inner product of one account's first half and another's second.
func (p *pairs) dot(i, j int) (sum float64) {
	a, b := p.a[i*p.dims:(i+1)*p.dims], p.b[j*p.dims:(j+1)*p.dims]
	for d, x := range a {
		sum += x * b[d]
	}
	return sum
}

func repeats(n float64) float64 { return math.Min(n, mostRepeats) }

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
	doublings := math.Ceil(math.Log2(p.most / p.least))
	step := math.Pow(p.most/p.least, 1/doublings)
	low := p.least
	for range int(doublings) {
		high := low * step
		density += within(low, high, rho, se) / doublings
		low = high
	}
	// Never quite nothing, or a ratio of two densities would be none.
	return math.Max(density, tiny)
}

// within is the density of an estimate with a standard error of what is anywhere from low to high.
func within(low, high, x, se float64) float64 {
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	return (phi((high-x)/se) - phi((low-x)/se)) / (high - low)
}

// habitNull is the null of habits.
const habitNull = "The members are people, who have habits of their own: the likeness of an account's " +
	"halves, beyond that of two accounts, has a law that is stated beforehand. The bits are the " +
	"log-likelihood ratio of a pool against it, so that the mean of 2^bits is 1 over groups of people"

// tiny is a density that no group has.
const tiny = 1e-100
