package membership

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// start is the event time from which the accounts of the tests are seen.
const start = int64(20_500) * baseline.Day

// use gives an account n requests, single the share of single turns.
func use(p *fingerprint.Profile, n uint32, single float64) {
	p.Requests, p.WithText, p.WithMessages, p.WithOutput, p.WithInput, p.Prompts = n, n, n, n, n, n
	p.SingleTurn = uint32(single * float64(n))
	p.OutputTokens, p.InputTokens = uint64(n)*300, uint64(n)*200
}

// motley is a population of accounts that draw everything from few values, and a pool that mostly,
// but never quite, keeps to values of its own.
func motley(
	t *testing.T, seed uint64,
) (pop *measure.Population, ctx *detectors.Context, pool []int32) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 2))
	loyalty := 0.4 + 0.6*rng.Float64()
	pop = measure.New()
	conversation := uint64(0)
	accounts := 260
	if seed%5 == 0 {
		accounts = 400 // enough for the pool's text to be rare
	}
	for i := range accounts {
		p := fingerprint.Profile{
			Tenant: "default", Account: fmt.Sprintf("acct-%03d", i), FirstSeen: start,
			LastSeen: start + baseline.Day,
		}
		own := i < 60
		draw := func(f uint64, n int) uint64 {
			switch {
			case own && rng.Float64() < loyalty:
				return index.Mix(f, 77) | 1
			case rng.IntN(8) == 0:
				return 0
			case rng.IntN(12) == 0:
				return index.Mix(f, 77) | 1
			}
			return index.Mix(f, uint64(rng.IntN(n))) | 1
		}
		for _, f := range recognising {
			if f >= attribute.NumKept {
				continue
			}
			p.Values[f] = nil
			if v := draw(uint64(f), 40); v != 0 {
				p.Values[f] = []fingerprint.Counted{{Hash: v, Count: 1}}
			}
		}
		p.CreatedAt = start - int64(1+rng.IntN(60))*baseline.Day
		if own && rng.Float64() < loyalty {
			p.CreatedAt = start - int64(20+rng.IntN(2))*baseline.Day
		}
		use(&p, uint32(3+rng.IntN(20)), rng.Float64())
		for k := range uint64(12) {
			if v := draw(100+k, 20); v != 0 {
				p.Template = append(p.Template, fingerprint.Counted{
					Hash: v, Count: 1 + uint32(rng.IntN(int(p.Requests))),
				})
			}
		}
		if seed%3 == 0 {
			// That an attribute is not reported tells too, when the others report it.
			p.Values[attribute.Params] = []fingerprint.Counted{
				{Hash: 5 + uint64(rng.IntN(40)), Count: 1},
			}
			if own {
				p.Values[attribute.Params][0].Hash = 1
			}
			if own && rng.IntN(4) == 0 || rng.IntN(50) == 0 {
				p.Values[attribute.Params] = nil
			}
		}
		if take := [40]int{0: 2, 1: 2, 2: 12}[rng.IntN(40)]; !own && take > 0 {
			// A phrase of the pool's text, or all of it in every request.
			p.Template = nil
			for k := range uint64(take) {
				p.Template = append(p.Template, fingerprint.Counted{
					Hash: index.Mix(100+k, 77) | 1, Count: p.Requests,
				})
			}
		}
		if v := draw(200, 5); v != 0 {
			p.Layouts = []fingerprint.Counted{
				{Hash: v, Count: 1 + uint32(rng.IntN(int(p.Requests)))},
			}
		}
		if seed%5 == 0 && (own || rng.IntN(40) == 0) {
			// A pool on accounts of others, whose work comes from other networks than before.
			p.Template = nil
			for k := range uint64(6) {
				p.Template = append(p.Template, fingerprint.Counted{
					Hash: index.Mix(300+k, 77) | 1, Count: p.Requests,
				})
			}
			p.Networks = fingerprint.NetworkDays{0, 0, 1 << (i % 4)}
			var h fingerprint.Habits
			h.Templates[0] = fingerprint.TemplateUse{
				Name: p.Template[rng.IntN(len(p.Template))].Hash, Requests: 3,
				Since: uint32(start / 3_600_000),
			}
			h.Parts[0].Networks[4+rng.IntN(4)] = 3
			if !own && rng.IntN(3) > 0 {
				h.Parts[0].Networks[i%4] = 9
			}
			p.Habits = h.Pack(nil)
		}
		if conversation != 0 && rng.IntN(3) == 0 {
			p.Unserved = []uint64{conversation}
		}
		conversation = rng.Uint64() | 1
		p.Served = []uint64{conversation}
		pop.Upsert(p)
		if own || rng.IntN(20) == 0 {
			pool = append(pool, pop.Named(p.Account).Slot)
		}
	}
	pop.IndexPending()
	pop.Sort(pool)
	pop.KeepBaseline(start+2*baseline.Day, baseline.DefaultOptions())
	ctx = pop.Context(start+2*baseline.Day, baseline.DefaultOptions().Sample)
	return pop, ctx, pool
}

func TestNobodyFitsAModelWhoIsNoCandidateForIt(t *testing.T) {
	fitting, listed, all, taken := 0, 0, 0, 0
	var finder Finder
	for seed := range uint64(200) {
		pop, ctx, pool := motley(t, seed)
		model := Learn(pop.Group(pool, 0, ctx, 0), ctx)
		// As if among many fewer others: what is tested is who can agree, not what the odds ask
		// for.
		inside := func(slot int32) bool { return slices.Contains(pool, slot) }
		candidates := finder.Candidates(model, pop.Index, ctx.Baseline, pool)
		require.True(t, slices.IsSorted(candidates))
		listed += len(candidates)
		if model.Takeover.Share > 0 {
			taken++
		}
		for slot, a := range pop.Slots {
			all++
			l := model.Fit(a, ctx, inside(int32(slot)), a.LinkedTo(inside))
			l.Bits += 30
			if !l.Fits(model.Size, float64(pop.Entities())) {
				continue
			}
			fitting++
			_, ok := slices.BinarySearch(candidates, int32(slot))
			require.True(t, ok, "seed %d: %s fits with %+v", seed, a.Profile.Account, l)
		}
	}
	require.Greater(t, fitting, 5000)
	require.Greater(t, taken, 10, "models of pools on accounts of others")
	require.Less(t, listed, all*2/3, "the candidates are fewer than all")
}
