// Package baseline describes the population that a group of accounts is measured against: how many
// different values as many unrelated accounts would show of each attribute, how common a value or a
// shingle is, and how an account's figures rank.
//
// A baseline covers one tenant. It is taken over a bounded, deterministic sample of entities
// (accounts of one contract or verified organisation count as one), and leaves out the accounts of
// open campaigns, so that a campaign cannot make itself the norm.
package baseline

import (
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Day is a day in milliseconds.
const Day = fingerprint.Day

// Options bounds a baseline.
type Options struct {
	// Sample is the largest number of entities drawn into the baseline. 4,096 give a share within
	// 1.6 points (two standard errors at 50 %).
	Sample int `yaml:"sample"`
	// Draws is how many random groups are drawn per size to learn what chance gives.
	Draws int `yaml:"draws"`
}

// DefaultOptions are the options that the documentation's figures were measured with.
func DefaultOptions() Options { return Options{Sample: 4096, Draws: 24} }

// Entity is one independent unit of the population: an account, or the accounts under one
// contract or of one verified organisation.
type Entity struct {
	Profile *fingerprint.Profile
	Vector  *Vector
}

// Baseline is the population's distributions. It is immutable once taken.
type Baseline struct {
	// N is the size of the whole population in entities, the sample's size is len(sample).
	N int
	// sizes are the group sizes at which chance was measured: powers of two from 4.
	sizes []int
	// effective[a][k] is what groups of sizes[k] random entities show of attribute a.
	effective [attribute.Num][]Chance
	counts    [attribute.Num]map[uint64]int
	known     [attribute.Num]int
	everybody *Controls
	strata    *strata
	sampled   int
	// dispersion is that of the shares of busy hours, see BusyDispersion.
	dispersion float64
	releases   []Release
}

// Chance is what random groups of one size show of an attribute, in log2 of the effective number of
// distinct values (their entropy H).
type Chance struct {
	// Mean is the mean of H over the draws, Low its 10th percentile.
	Mean, Low float64
	// Agreement is -log2 of the mean of 2^-H: less entropy than this is agreement, and
	// 2^(Agreement-H) has the mean 1 over random groups. Price is log2 of the mean of that where
	// what is below 1 counts as 1: what it costs to take agreement for evidence and variety for
	// none.
	Agreement, Price float64
}

// chanceOf sums up the entropies of random groups; it sorts them.
func chanceOf(entropies []float64) (c Chance) {
	slices.Sort(entropies)
	n := float64(len(entropies))
	shared := 0.0
	for _, h := range entropies {
		c.Mean += h / n
		shared += math.Exp2(-h) / n
	}
	c.Low, c.Agreement = entropies[len(entropies)/10], -math.Log2(shared)
	floored := 0.0
	for _, h := range entropies {
		floored += math.Max(1, math.Exp2(c.Agreement-h)) / n
	}
	c.Price = math.Log2(floored)
	return c
}

// Take takes the baseline. The entities must come in a fixed order for the result to be
// reproducible; n is the size of the whole population when entities is a sample of it already, else
// len(entities).
func Take(entities []Entity, n int, opts Options) *Baseline {
	c := &Baseline{N: max(n, len(entities))}
	sample := entities
	rng := splitmix(0x5eed)
	if len(sample) > opts.Sample {
		sample = slices.Clone(entities)
		for i := range opts.Sample {
			j := i + int(rng.next()%uint64(len(sample)-i))
			sample[i], sample[j] = sample[j], sample[i]
		}
		sample = sample[:opts.Sample]
	}
	c.sampled = len(sample)
	for size := 4; size <= len(sample); size *= 2 {
		c.sizes = append(c.sizes, size)
	}
	c.draw(sample, opts.Draws, &rng)
	vectors := make([]*Vector, len(sample))
	for i := range sample {
		vectors[i] = sample[i].Vector
	}
	c.everybody, c.strata = NewControls(vectors), stratify(sample)
	c.release(sample)
	c.dispersion = dispersion(sample)
	return c
}

// evenWork is the group size up to which all sizes cost the same to draw: together a twelfth of
// what the two largest cost.
const evenWork = 128

// draw learns what random groups of every size show of every attribute. The same groups serve all
// attributes. With unit weights the entropy of n values with counts k is log n - (1/n) sum k log k,
// and an unknown value (a value of its own) adds nothing to the sum, so a group costs one pass over
// small integers.
func (c *Baseline) draw(sample []Entity, draws int, rng *splitmix) {
	klogk := make([]float64, len(sample)+1)
	for k := 2; k < len(klogk); k++ {
		klogk[k] = float64(k) * math.Log2(float64(k))
	}
	var codes [attribute.Num][]int32
	for a := range attribute.Num {
		c.counts[a] = map[uint64]int{}
		dense := map[uint64]int32{}
		codes[a] = make([]int32, len(sample))
		for i, e := range sample {
			v := e.Profile.Value(a)
			if v == 0 {
				codes[a][i] = -1
				continue
			}
			c.counts[a][v]++
			c.known[a]++
			if _, ok := dense[v]; !ok {
				dense[v] = int32(len(dense))
			}
			codes[a][i] = dense[v]
		}
	}
	order := make([]int32, len(sample))
	for i := range order {
		order[i] = int32(i)
	}
	tallies := make([]int32, len(sample))
	for _, size := range c.sizes {
		var results [attribute.Num][]float64
		// Small groups scatter most and cost least: they are drawn oftener, for the same work.
		for range draws * max(1, evenWork/size) {
			for i := range size {
				j := i + int(rng.next()%uint64(len(order)-i))
				order[i], order[j] = order[j], order[i]
			}
			for a := range attribute.Num {
				sum := 0.0
				for _, i := range order[:size] {
					if code := codes[a][i]; code >= 0 {
						tallies[code]++
						sum += klogk[tallies[code]] - klogk[tallies[code]-1]
					}
				}
				for _, i := range order[:size] {
					if code := codes[a][i]; code >= 0 {
						tallies[code] = 0
					}
				}
				results[a] = append(results[a], math.Max(
					0, math.Log2(float64(size))-sum/float64(size),
				))
			}
		}
		for a := range attribute.Num {
			c.effective[a] = append(c.effective[a], chanceOf(results[a]))
		}
	}
}

// Effective is log2 of the effective number of distinct values (the perplexity, Hill number of
// order 1) of attribute a that n random entities show. Between the measured sizes it is
// interpolated in log n; a group larger than the sample is taken as the sample.
func (c *Baseline) Effective(a attribute.Attribute, n float64) Chance {
	e := c.effective[a]
	if len(e) == 0 {
		return Chance{}
	}
	x := math.Log2(math.Max(n, 1)) - 2
	if x <= 0 {
		// Below the smallest size measured: in proportion to log n, with equality at four.
		return e[0].scaled(math.Max(0, math.Log2(math.Max(n, 1))) / 2)
	}
	i := int(x)
	if i >= len(e)-1 {
		return e[len(e)-1]
	}
	frac := x - float64(i)
	lower, upper := e[i].scaled(1-frac), e[i+1].scaled(frac)
	return Chance{
		Mean: lower.Mean + upper.Mean, Low: lower.Low + upper.Low,
		Agreement: lower.Agreement + upper.Agreement, Price: lower.Price + upper.Price,
	}
}

func (c Chance) scaled(k float64) Chance {
	return Chance{
		Mean: c.Mean * k, Low: c.Low * k, Agreement: c.Agreement * k, Price: c.Price * k,
	}
}

// Share is the share of entities that show the value, add-half smoothed so that an unseen value is
// rare, not impossible.
func (c *Baseline) Share(a attribute.Attribute, value uint64) float64 {
	return (float64(c.counts[a][value]) + 0.5) / (float64(c.sampled) + 1)
}

// Known is the share of entities that report the attribute.
func (c *Baseline) Known(a attribute.Attribute) float64 {
	return float64(c.known[a]) / float64(max(c.sampled, 1))
}

// Rank is the rank of x among all accounts; see Controls.Rank.
func (c *Baseline) Rank(f Feature, x float64) (rank float64, ok bool) {
	return c.everybody.Rank(f, x)
}

// Quantile is the q-quantile of a feature among all accounts; see Controls.Quantile.
func (c *Baseline) Quantile(f Feature, q float64) float64 { return c.everybody.Quantile(f, q) }

// splitmix is a tiny deterministic generator (Steele, Lea, Flood 2014): the baseline must draw the
// same groups for the same population, whatever runs it.
type splitmix uint64

func (s *splitmix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Mean is the population's mean of a feature, 0 when nobody reports it.
func (c *Baseline) Mean(f Feature) float64 { return c.everybody.Mean(f) }
