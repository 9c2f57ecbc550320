package detectors

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// dealtGroup makes accounts with so many requests in each half. own is the part of a request that
// is the account's own, 0 for workers; all share a template.
func dealtGroup(rng *rand.Rand, accounts, requests int, own float64) *pairs {
	p := &pairs{}
	p.reset(groupDims)
	deal(p, 0, rng, accounts, requests, own)
	return p
}

const groupDims = 32

// deal adds accounts that share a template.
func deal(p *pairs, template uint64, rng *rand.Rand, accounts, requests int, own float64) {
	const dims = groupDims
	unit := func() []float64 {
		x, sum := make([]float64, dims), 0.0
		for i := range x {
			x[i] = rng.NormFloat64()
			sum += x[i] * x[i]
		}
		for i := range x {
			x[i] /= math.Sqrt(sum)
		}
		return x
	}
	common := unit()
	for range accounts {
		subject := unit()
		sum := func() []float64 {
			m := make([]float64, dims)
			for range requests {
				item := unit()
				for i := range m {
					m[i] += math.Sqrt(.6)*common[i] + math.Sqrt(.4*own)*subject[i] +
						math.Sqrt(.4*(1-own))*item[i]
				}
			}
			return m
		}
		p.add(p.len(), template, sum(), sum(), float64(requests), float64(requests))
	}
}

func TestWorkersAreToldFromPeopleByTheHalvesOfTheirRequests(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		accounts, requests int
	}{{8, 4}, {30, 2}, {100, 2}, {300, 1}} {
		workers, ok := dealtGroup(rng, c.accounts, c.requests, 0).compare()
		require.True(t, ok)
		people, ok := dealtGroup(rng, c.accounts, c.requests, .5).compare()
		require.True(t, ok)
		require.Less(t, math.Abs(workers.rho), 4*workers.se, "%+v", c)
		require.Greater(t, people.rho, 3*people.se, "%+v", c)
		require.InDelta(t, .5, people.rho, .25, "the share of the variance that is the account's own")
	}
	_, ok := dealtGroup(rng, leastHalves-1, 9, 0).compare()
	require.False(t, ok, "a few accounts are no group")
}

func TestTheNullOfDealtRequestsIsKept(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var squares float64
	const groups = 400
	for range groups {
		k, ok := dealtGroup(rng, 8+rng.IntN(40), 1+rng.IntN(5), 0).compare()
		require.True(t, ok)
		squares += k.rho * k.rho / (k.se * k.se)
	}
	require.InDelta(t, 1, squares/groups, .25, "the standard error is that of the estimate")
}

func TestATemplateOfAFewAccountsIsNotTakenForTheirOwn(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	// dealt makes accounts of which every so many have a template of their own.
	dealt := func(accounts, each int, told bool, own float64) (kinship, bool) {
		p := &pairs{}
		p.reset(groupDims)
		for i := 0; i < accounts; i += each {
			template := uint64(0)
			if told {
				template = uint64(1 + i/each)
			}
			deal(p, template, rng, each, 4, own)
		}
		return p.compare()
	}
	mixed, ok := dealt(40, 8, false, 0)
	require.True(t, ok)
	require.Greater(t, mixed.rho, 3*mixed.se, "taken for one template, workers look like people")
	var squares float64
	const groups = 400
	for range groups {
		k, ok := dealt(12+12*rng.IntN(4), 3+3*rng.IntN(2), true, 0)
		require.True(t, ok)
		squares += k.rho * k.rho / (k.se * k.se)
	}
	require.InDelta(t, 1, squares/groups, .25, "the standard error is that of the estimate")
	people, ok := dealt(40, 8, true, .5)
	require.True(t, ok)
	require.Greater(t, people.rho, 3*people.se, "people are people by template as well")
	_, ok = dealt(40, leastBlock-1, true, .5)
	require.False(t, ok, "templates of two accounts say nothing")

	few := &pairs{}
	few.reset(groupDims)
	for template := range uint64(3) {
		one := &pairs{}
		one.reset(groupDims)
		deal(one, template, rng, leastBlock, 4, 0)
		for i := range leastBlock {
			at := func(v []float64) []float64 { return v[i*groupDims:][:groupDims] }
			few.add(i, template, at(one.a), at(one.b), 1, 1)
		}
	}
	require.Equal(t, 9, few.len())
	_, ok = few.compare()
	require.False(t, ok, "three accounts with three templates each are three accounts")
}

func TestTheRatioIsAnEValueOverGroupsOfPeople(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	p := prior{least: .01, most: .9, alike: .1, personas: .1}
	var sum float64
	const groups = 20_000
	for range groups {
		k := kinship{se: .01 + .3*rng.Float64()}
		if rng.Float64() > p.alike {
			k.rho = p.least * math.Pow(p.most/p.least, rng.Float64())
		}
		k.rho += k.se * rng.NormFloat64()
		sum += math.Exp2(p.bits(&k))
	}
	require.LessOrEqual(t, sum/groups, 1.05)
	none := kinship{se: 10}
	require.InDelta(t, 0, p.bits(&none), .1, "ignorance gives no bits")
	workers, people := kinship{rho: 0, se: .001}, kinship{rho: .5, se: .001}
	require.InDelta(t, math.Log2(.9/.1), p.bits(&workers), .01)
	require.InDelta(t, math.Log2(.1/.9), p.bits(&people), .01)
	far := kinship{rho: .95, se: .0001}
	require.False(t, math.IsNaN(p.bits(&far)))
}

func TestProductsTakenTogetherAreThoseTakenOneByOne(t *testing.T) {
	for n := 2; n < 14; n++ {
		p := dealtGroup(rand.New(rand.NewPCG(uint64(n), 5)), n, 6, 0.3)
		require.Equal(t, n, p.len())
		p.order = p.order[:0]
		for i := range n {
			p.order = append(p.order, int32(n-1-i))
		}
		products := p.permuted(p.order)
		require.Len(t, products, min(mostShifts, n-1))
		for s := range products {
			for i := range n {
				x, y := int(p.order[i]), int(p.order[(i+s+1)%n])
				//nolint:testifylint // equal to the last bit
				require.Equal(t, p.dot(x, y), products[s][i], "to the last bit")
			}
		}
	}
}
