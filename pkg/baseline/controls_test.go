package baseline

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// client draws n entities of one kind of client, with the given age in days and number of requests.
func client(n int, kind int, days, requests float64) []Entity {
	out := make([]Entity, n)
	for i := range out {
		p := &fingerprint.Profile{
			Requests: uint32(requests), WithText: uint32(requests), LastSeen: 500 * Day,
			CreatedAt: 500*Day - int64(days*Day), FirstSeen: 499 * Day,
			WithOutput: 1, OutputTokens: uint64(100*kind + i),
		}
		switch kind {
		case tooled:
			p.Values[attribute.Tools] = []fingerprint.Counted{{Hash: 1, Count: 1}}
		case templated:
			p.TemplateRequests = p.Requests
		}
		v := Features(p)
		out[i] = Entity{Profile: p, Vector: &v}
	}
	return out
}

func TestAccountsAreComparedWithTheirKindAgeAndVolume(t *testing.T) {
	var all []Entity
	groups := [][]Entity{
		client(80, unaided, 1, 10), client(80, unaided, 100, 10), client(80, unaided, 1, 1000),
		client(80, templated, 1, 10), client(80, tooled, 1, 10),
	}
	for _, g := range groups {
		all = append(all, g...)
	}
	b := Take(all, len(all), DefaultOptions())
	seen := map[Stratum]bool{}
	for _, g := range groups {
		s := b.Stratum(g[0].Profile)
		require.NotZero(t, s)
		require.False(t, seen[s], "each of them has a stratum of its own")
		seen[s] = true
		require.Equal(t, 80, b.OfStratum(s).N)
	}
	one, other := b.Stratum(groups[0][0].Profile), b.Stratum(groups[1][0].Profile)
	require.Equal(t, b.Kind(one), b.Kind(other))
	require.NotEqual(t, b.Kind(one), b.Kind(b.Stratum(groups[3][0].Profile)))
	require.Equal(t, 240, b.OfKind(one).N)
	require.Equal(t, len(all), b.Everybody().N)
}

func TestASmallStratumIsMergedWithItsNeighbour(t *testing.T) {
	all := append(client(70, unaided, 1, 10), client(5, unaided, 2, 10)...)
	all = append(all, client(5, unaided, 1, 100)...)
	b := Take(all, len(all), DefaultOptions())
	s := b.Stratum(all[0].Profile)
	for _, e := range all {
		require.Equal(t, s, b.Stratum(e.Profile))
	}
	require.Equal(t, len(all), b.OfStratum(s).N)
}

func TestEveryProfileHasAStratum(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, n := range []int{0, 3, 500} {
		b := Take(population(n, 4, 9), n, DefaultOptions())
		total := 0
		for s := 1; s < b.Strata(); s++ {
			total += b.OfStratum(Stratum(s)).N
		}
		require.Equal(t, n, total, "each account is in one stratum")
		for range 200 {
			p := &fingerprint.Profile{
				Requests: rng.Uint32(), CreatedAt: rng.Int64() - rng.Int64(),
				FirstSeen: rng.Int64() - rng.Int64(), LastSeen: rng.Int64() - rng.Int64(),
				TemplateRequests: rng.Uint32(), WithText: rng.Uint32(),
			}
			s := b.Stratum(p)
			require.Positive(t, s)
			require.Less(t, int(s), b.Strata())
		}
	}
}

func TestTheYieldIsOfSingleNewQuestionsADay(t *testing.T) {
	p := &fingerprint.Profile{
		Requests: 100, WithText: 100, Prompts: 100, WithMessages: 100, SingleTurn: 100,
		WithOutput: 100, OutputTokens: 102_300, FirstSeen: 10 * Day, LastSeen: 10*Day + Day/2,
	}
	yield := func() float64 { v := Features(p); return v[Yield] }
	require.InDelta(t, math.Log2(102_301), yield(), 1e-9, "a first burst counts as a whole day")
	p.LastSeen = 14 * Day
	require.InDelta(t, math.Log2(1+102_300/4.0), yield(), 1e-9)
	p.SingleTurn = 50
	require.InDelta(t, math.Log2(1+102_300/8.0), yield(), 1e-9)
	p.Prompts = 50
	require.InDelta(t, math.Log2(1+102_300/16.0), yield(), 1e-9)
	p.TemplateRequests, p.TemplateSingleTurn, p.TemplateOutput = 50, 50, 80_000
	require.InDelta(t, math.Log2(1+80_000/8.0), yield(), 1e-9, "of the templated part")
	p.WithOutput = 0
	require.True(t, math.IsNaN(yield()))
}
