package baseline

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACounterCountsAsAMapDoes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var k Counter
	// The same counter again and again: what it kept of the last time must not show.
	for _, distinct := range []int{1, 3, 40, 5000, 7} {
		k.Reset()
		want, unknown := map[uint64]float64{}, 0.0
		for range 4 * distinct {
			// Days and hashes, and some that are unknown.
			v := uint64(rng.IntN(distinct + 1))
			if v%2 == 1 {
				v *= 0x9e3779b97f4a7c15
			}
			w := float64(1 + rng.IntN(4))
			k.Add(v, w)
			if v == 0 {
				unknown += w
				continue
			}
			want[v] += w
		}
		got := map[uint64]float64{}
		k.Each(func(v uint64, w float64) { got[v] += w })
		require.Equal(t, want, got)
		for v := range uint64(distinct + 2) {
			require.InDelta(t, want[v], k.Of(v), 1e-9)
		}
		known := 0.0
		for w := range maps.Values(want) {
			known += w
		}
		require.InDelta(t, known, k.Known(), 1e-9)
		top, share := k.Top()
		require.InDelta(t, slices.Max(slices.Collect(maps.Values(want))), want[top], 1e-9)
		require.InDelta(t, want[top]/(known+unknown), share, 1e-12)
		require.Len(t, k.Shares(), len(want))
	}
}

func TestRankCountsTheControlsBelowAndHalfOfTheTies(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := LeastControls; n < LeastControls+70; n++ {
		vectors := make([]*Vector, n)
		for i := range vectors {
			vectors[i] = &Vector{Pace: float64(rng.IntN(12))}
		}
		c := NewControls(vectors)
		for x := -1.0; x <= 12; x += 0.5 {
			want := 0.0
			for _, v := range vectors {
				switch {
				case v[Pace] < x:
					want++
				case v[Pace] == x:
					want += 0.5
				}
			}
			rank, ok := c.Rank(Pace, x)
			require.True(t, ok)
			require.InDelta(t, want/float64(n), rank, 1e-12)
		}
	}
}
