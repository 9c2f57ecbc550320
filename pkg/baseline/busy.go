package baseline

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Busy is how much of its time an account was in use: in so many of the Hours between its first and
// its last hour it sent something. The first and the last are left out: they are busy whatever the
// account does, so that one burst, or a history cut short, says nothing.
type Busy struct{ Active, Hours float64 }

// BusyHours counts them, over the hours that a profile keeps.
func BusyHours(p *fingerprint.Profile) (b Busy) {
	oldest, n := 0, 0
	for w, word := range p.ActiveHour {
		n += bits.OnesCount64(word)
		if word != 0 {
			oldest = w*64 + bits.Len64(word) - 1
		}
	}
	if n < 2 {
		return Busy{}
	}
	return Busy{Active: float64(n - 2), Hours: float64(oldest - 1)}
}

// BusyDispersion is how different accounts are that are alike otherwise in the share of hours that
// they are busy: the intraclass correlation of a beta-binomial law (Skellam 1948), near 0 for
// accounts that all work as much, towards 1 for such that work always or never. ok is false where
// too few accounts were seen for long enough to say.
func (c *Baseline) BusyDispersion() (d float64, ok bool) { return c.dispersion, c.dispersion > 0 }

// leastCompared is the number of accounts below which they are not compared among themselves, as
// for ranks: by chance fewer look as even as any pool.
const leastCompared = 20

// dispersions are those that are tried, from what counting cannot tell from none to nearly always
// or never; each is about 1.6 times the one before.
var dispersions = [...]float64{
	0.005, 0.008, 0.0125, 0.02, 0.03, 0.05, 0.08, 0.125, 0.2, 0.3, 0.5, 0.8,
}

// dispersion is that of the accounts that differ least. Accounts of one client software are
// compared with each other, because a program brings its users and their hours, and accounts with
// as many requests (within a factor of two), because a group of such is even by selection.
func dispersion(sample []Entity) float64 {
	by := map[uint64][]Busy{}
	var volumes [33][]Busy
	var all []Busy
	for _, e := range sample {
		if b := BusyHours(e.Profile); b.Hours > 0 {
			stack, volume := e.Profile.Value(attribute.Stack), bits.Len32(e.Profile.Requests)
			by[stack] = append(by[stack], b)
			volumes[volume] = append(volumes[volume], b)
			all = append(all, b)
		}
	}
	if len(all) < leastCompared {
		return 0
	}
	var strata [][]Busy
	for stack, list := range by {
		if stack != 0 && len(list) >= leastCompared {
			strata = append(strata, list)
		}
	}
	for _, list := range volumes[:] {
		if len(list) >= leastCompared {
			strata = append(strata, list)
		}
	}
	if len(strata) == 0 {
		strata = [][]Busy{all}
	}
	// In a fixed order: that of a map would decide between strata of one dispersion.
	slices.SortFunc(strata, func(a, b []Busy) int { return slices.CompareFunc(a, b, compareBusy) })
	accounts := 0
	fits := make([]fit, len(strata))
	for i, list := range strata {
		fits[i] = fit{likeliest(list), len(list)}
		accounts += len(list)
	}
	slices.SortFunc(fits, func(a, b fit) int { return cmp.Compare(a.dispersion, b.dispersion) })
	// Between strata in proportion, so that one account more does not change it at a stroke.
	at, below := float64(accounts)/evenPart, 0.0
	for i, f := range fits {
		n := float64(f.accounts)
		if middle := below + n/2; at <= middle {
			if i == 0 {
				return f.dispersion
			}
			before := fits[i-1]
			last := below - float64(before.accounts)/2
			part := (at - last) / (middle - last)
			return before.dispersion * math.Pow(f.dispersion/before.dispersion, part)
		}
		below += n
	}
	return fits[len(fits)-1].dispersion
}

type fit struct {
	dispersion float64
	accounts   int
}

// evenPart is one in how many accounts belong to such that differ no more than what groups are
// compared with.
const evenPart = 2

// likeliest is the dispersion under which the busy hours are likeliest: the top of the parabola
// through the best one tried and its neighbours, in logarithms.
func likeliest(list []Busy) float64 {
	best := 0
	var l [len(dispersions)]float64
	for i, d := range dispersions {
		if l[i] = logUneven(list, nil, d); l[i] > l[best] {
			best = i
		}
	}
	if best == 0 || best == len(dispersions)-1 {
		return dispersions[best]
	}
	near := l[best-1 : best+2]
	before, after := near[0]-near[1], near[2]-near[1]
	if before+after == 0 {
		return dispersions[best]
	}
	shift := (after - before) / (before + after) / -2
	if shift < 0 {
		return dispersions[best] * math.Pow(dispersions[best-1]/dispersions[best], -shift)
	}
	return dispersions[best] * math.Pow(dispersions[best+1]/dispersions[best], shift)
}

func compareBusy(a, b Busy) int {
	return cmp.Or(cmp.Compare(a.Active, b.Active), cmp.Compare(a.Hours, b.Hours))
}

// Evenness is the log2 likelihood ratio of accounts that all work as much against accounts that
// differ as accounts that are alike otherwise do (BusyDispersion). Weights count accounts of one
// owner as one.
//
// The common share is not known to either side. Both are averaged over its values by Jeffreys'
// prior (the estimator of Krichevsky & Trofimov 1981), so that the ratio is a Bayes factor: few
// hours make it 1. For accounts that differ, the average is taken as that of so many independent
// hours as theirs amount to.
func (c *Baseline) Evenness(list []Busy, weights []float64) float64 {
	active, hours := busySum(list, weights)
	if active == 0 || active == hours {
		return 0
	}
	independent := 0.0
	for i, b := range list {
		// The design effect of a cluster (Kish 1965): hours of one account are alike.
		independent += weight(weights, i) * b.Hours / (1 + (b.Hours-1)*c.dispersion)
	}
	mean := active / hours
	even := hours*(mean*math.Log(mean)+(1-mean)*math.Log(1-mean)) + regret(mean, hours)
	uneven := logUneven(list, weights, c.dispersion) + regret(mean, independent)
	return (even - uneven) * math.Log2E
}

// regret is by how much the logarithm of the likelihood of so many hours, of which this share was
// busy, is less when it is averaged over all shares than at the likeliest.
func regret(share, hours float64) float64 {
	const jeffreys = 0.5
	return logBeta(share*hours+jeffreys, (1-share)*hours+jeffreys) - logBeta(jeffreys, jeffreys) -
		hours*(share*math.Log(share)+(1-share)*math.Log(1-share))
}

func busySum(list []Busy, weights []float64) (active, hours float64) {
	for i, b := range list {
		active += weight(weights, i) * b.Active
		hours += weight(weights, i) * b.Hours
	}
	return active, hours
}

func weight(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

// logUneven is the log-likelihood of the busy hours under a beta-binomial law, at the likelier of
// two means: that of all hours, which long histories decide, and that of the accounts' shares.
func logUneven(list []Busy, weights []float64, dispersion float64) float64 {
	active, hours := busySum(list, weights)
	shares, n := 0.0, 0.0
	for i, b := range list {
		if b.Hours > 0 {
			shares += weight(weights, i) * b.Active / b.Hours
			n += weight(weights, i)
		}
	}
	if n == 0 || active == 0 || active == hours {
		// Nobody, or everybody at all times: the share 0 or 1 gives that for certain.
		return 0
	}
	most := math.Inf(-1)
	for _, mean := range [...]float64{active / hours, shares / n} {
		a, b := mean*(1-dispersion)/dispersion, (1-mean)*(1-dispersion)/dispersion
		none, sum := logBeta(a, b), 0.0
		for i, x := range list {
			if x.Hours > 0 {
				sum += weight(weights, i) * (logBeta(x.Active+a, x.Hours-x.Active+b) - none)
			}
		}
		most = math.Max(most, sum)
	}
	return most
}

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}
