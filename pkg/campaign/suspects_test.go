package campaign

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// motley is a population of accounts that draw everything from few values, and a pool that mostly, but never quite, keeps to values of its own.
func motley(t *testing.T, seed uint64) (pop *population, ctx *detectors.Context, pool []int32) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 2))
	w := newWorld(seed)
	loyalty := 0.4 + 0.6*rng.Float64()
	pop = newPopulation()
	conversation := uint64(0)
	for i := range 260 {
		p := w.account()
		own := i < 60
		draw := func(f uint64, n int) uint64 {
			switch {
			case own && rng.Float64() < loyalty:
				return mix(f, 77) | 1
			case rng.IntN(8) == 0:
				return 0
			case rng.IntN(12) == 0:
				return mix(f, 77) | 1
			}
			return mix(f, uint64(rng.IntN(n))) | 1
		}
		for _, f := range []fingerprint.Facet{
			fingerprint.Payment, fingerprint.Issuer, fingerprint.Device, fingerprint.Stack, fingerprint.Params, fingerprint.Network,
		} {
			p.Facets[f] = nil
			if v := draw(uint64(f), 40); v != 0 {
				p.Facets[f] = []fingerprint.Counted{{Hash: v, Count: 1}}
			}
		}
		p.CreatedAt = testStart - int64(1+rng.IntN(60))*census.Day
		if own && rng.Float64() < loyalty {
			p.CreatedAt = testStart - int64(20+rng.IntN(2))*census.Day
		}
		w.use(&p, uint32(3+rng.IntN(20)), rng.Float64(), 300, true)
		for k := range uint64(12) {
			if v := draw(100+k, 20); v != 0 {
				p.Scaffold = append(p.Scaffold, fingerprint.Counted{Hash: v, Count: 1 + uint32(rng.IntN(int(p.Requests)))})
			}
		}
		if seed%3 == 0 {
			// That a trait is not reported tells too, when the others report it.
			p.Facets[fingerprint.Params] = []fingerprint.Counted{{Hash: 5 + uint64(rng.IntN(40)), Count: 1}}
			if own {
				p.Facets[fingerprint.Params][0].Hash = 1
			}
			if own && rng.IntN(4) == 0 || rng.IntN(50) == 0 {
				p.Facets[fingerprint.Params] = nil
			}
		}
		if take := [40]int{0: 2, 1: 2, 2: 12}[rng.IntN(40)]; !own && take > 0 {
			// A phrase of the pool's text, or all of it in every request.
			p.Scaffold = nil
			for k := range uint64(take) {
				p.Scaffold = append(p.Scaffold, fingerprint.Counted{Hash: mix(100+k, 77) | 1, Count: p.Requests})
			}
		}
		if v := draw(200, 5); v != 0 {
			p.Skeletons = []fingerprint.Counted{{Hash: v, Count: 1 + uint32(rng.IntN(int(p.Requests)))}}
		}
		if conversation != 0 && rng.IntN(3) == 0 {
			p.Orphans = []uint64{conversation}
		}
		conversation = w.hash()
		p.Heads = []uint64{conversation}
		pop.upsert(p)
		if own || rng.IntN(20) == 0 {
			pool = append(pool, pop.byName[p.Account].slot)
		}
	}
	pop.seek()
	pop.sort(pool)
	ctx = &detectors.Context{
		Census:           takeCensus(pop.sorted(), DefaultOptions().Census),
		ShingleAccounts:  func(h uint64) int { return pop.count(makeKey(byShingle, h)) },
		SkeletonAccounts: func(h uint64) int { return pop.count(makeKey(bySkeleton, h)) },
	}
	ctx.HandedOver, ctx.Unnamed = pop.handedOver()
	return pop, ctx, pool
}

func TestNobodyFitsAModelWhoIsNotASuspect(t *testing.T) {
	fitting, suspected, all := 0, 0, 0
	for seed := range uint64(200) {
		pop, ctx, pool := motley(t, seed)
		model := learn(pop.group(pool, 0, ctx, 0), ctx)
		// As if among many fewer others: what is tested is who can agree, not what the odds ask for.
		inside := func(slot int32) bool { return slices.Contains(pool, slot) }
		suspects := pop.suspects(model, ctx, pool)
		require.True(t, slices.IsSorted(suspects))
		suspected += len(suspects)
		for slot, a := range pop.accounts {
			all++
			l := model.fit(a, ctx, inside(int32(slot)), a.linked(inside))
			l.bits += 30
			if !l.fits(model.Size, float64(len(pop.entities))) {
				continue
			}
			fitting++
			_, ok := slices.BinarySearch(suspects, int32(slot))
			require.True(t, ok, "seed %d: %s fits with %+v", seed, a.profile.Account, l)
		}
	}
	require.Greater(t, fitting, 5000)
	require.Less(t, suspected, all*2/3, "suspects are fewer than all")
}

func TestPostingsListTheirAccountsInSamplingOrderWhateverComesAndGoes(t *testing.T) {
	pop, _, _ := motley(t, 9)
	rng := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		a := pop.accounts[rng.IntN(len(pop.accounts))]
		if a == nil {
			continue
		}
		if rng.IntN(3) == 0 {
			pop.remove(a.profile.Account)
			continue
		}
		p := a.profile
		p.Facets[fingerprint.Stack] = []fingerprint.Counted{{Hash: uint64(1 + rng.IntN(3)), Count: 1}}
		pop.upsert(p)
	}
	want := map[key][]int32{}
	for _, a := range pop.sorted() {
		for _, k := range a.keys {
			want[k] = append(want[k], a.slot)
		}
	}
	require.Len(t, pop.postings, len(want))
	for k, members := range want {
		require.Equal(t, members, pop.members(k))
	}
}

func TestACompactProfileKeepsWhatDetectionReads(t *testing.T) {
	p := fingerprint.Profile{
		Account: "a", PromptSketch: make([]byte, 3, 9),
		Scaffold: []fingerprint.Counted{{Hash: 1, Count: 9}}, Skeletons: []fingerprint.Counted{{Hash: 2, Count: 8}},
		Heads: []uint64{3}, Rejected: []uint64{4, 5}, Orphans: []uint64{6},
		Labels: []fingerprint.Label{
			{Facet: fingerprint.Stack, Hash: 11, Text: "openai-python/1.99"},
			{Facet: fingerprint.Model, Hash: 13, Text: "large"},
			{Facet: fingerprint.Domain, Hash: 99, Text: "of a value that is not listed"},
		},
	}
	p.Facets[fingerprint.Stack] = []fingerprint.Counted{{Hash: 10, Count: 5}, {Hash: 11, Count: 4}}
	p.Facets[fingerprint.Model] = []fingerprint.Counted{{Hash: 13, Count: 3}}
	pop := newPopulation()
	pop.upsert(p)
	a := pop.byName["a"]
	var labels []fingerprint.Label
	a.eachLabel(func(f fingerprint.Facet, h uint64, text string) {
		labels = append(labels, fingerprint.Label{Facet: f, Hash: h, Text: text})
	})
	require.Equal(t, p.Labels[:2], labels)
	want := p
	want.Labels = nil
	require.Equal(t, want, a.profile)
	require.Equal(t, 1, cap(a.profile.Scaffold), "a list that grows must not run into the next")
}

func TestAConversationIsHandedOverWhoeverIsSeenFirst(t *testing.T) {
	served := fingerprint.Profile{Account: "served", Heads: []uint64{1 << 20, 2 << 20}}
	continued := fingerprint.Profile{Account: "continued", Orphans: []uint64{2 << 20}}
	alone := fingerprint.Profile{Account: "alone", Heads: []uint64{3 << 20}}
	for _, order := range [][]fingerprint.Profile{{served, continued, alone}, {continued, alone, served}} {
		pop := newPopulation()
		for _, p := range order {
			pop.upsert(p)
		}
		pop.seek()
		a, b := pop.byName["served"], pop.byName["continued"]
		require.Equal(t, []int32{b.slot}, a.handed)
		require.Equal(t, []int32{a.slot}, b.handed)
		require.Empty(t, pop.byName["alone"].handed)
		require.Len(t, a.keys, 1, "a conversation that nobody continues is not listed")
		require.Empty(t, pop.byName["alone"].keys)
	}
	crowd := newPopulation()
	for i := range handOverFame + 1 {
		p := served
		p.Account += string(rune('a' + i))
		crowd.upsert(p)
	}
	crowd.upsert(continued)
	crowd.seek()
	require.Empty(t, crowd.byName["continued"].handed, "what many were served is public")
}

func TestWhatIsSoughtDoesNotPileUpWhereNothingIsJudged(t *testing.T) {
	e, err := New(DefaultOptions())
	require.NoError(t, err)
	for i := range uint64(5) {
		e.Upsert(fingerprint.Profile{Account: "one of few", Orphans: []uint64{(i + 1) << 20}, FirstSeen: testStart, LastSeen: testStart})
		e.Advance(testStart + int64(i)*DefaultOptions().Interval.Milliseconds())
	}
	require.LessOrEqual(t, len(e.tenants[""].population.sought), 1)
}
