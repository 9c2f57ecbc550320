package search

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/combin"
)

// drawn draws n of the slots from first to first+of.
func drawn(rng *rand.Rand, n, first, of int) (out []int32) {
	for _, i := range rng.Perm(of)[:n] {
		out = append(out, int32(first+i))
	}
	slices.Sort(out)
	return out
}

func TestTheTextsOfAPoolAreUnitedAndThoseOfUnrelatedCrowdsAreNot(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 4))
		var groups [][]int32
		for range 4 {
			// Each of four templates recurs in half of forty accounts.
			groups = append(groups, drawn(rng, 20, 0, 40))
		}
		for range 30 {
			groups = append(groups, drawn(rng, 10+rng.IntN(50), 0, 1000))
		}
		require.Equal(t, [][]int{{0, 1, 2, 3}}, unite(groups, 1000), "seed %d", seed)
	}
}

func TestACrowdThatMetThePoolInAFewAccountsIsNoPartOfIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	pool := [][]int32{drawn(rng, 20, 0, 30), drawn(rng, 20, 0, 30)}
	crowd := slices.Concat(pool[0][:10], drawn(rng, 40, 500, 400))
	require.Equal(t, [][]int{{0, 1}}, unite(append(pool, crowd), 1000))
}

func TestWhoBelongsTogetherDoesNotDependOnTheOrderOfAccounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 4))
	var groups [][]int32
	for i := range 40 {
		groups = append(groups, drawn(rng, 8+rng.IntN(12), 20*(i/4), 40))
	}
	want := unite(groups, 1000)
	require.NotEmpty(t, want)
	for range 20 {
		for _, g := range groups {
			rng.Shuffle(len(g), func(i, j int) { g[i], g[j] = g[j], g[i] })
		}
		require.Equal(t, want, unite(groups, 1000))
	}
}

func TestBeyondChanceNeverClaimsMoreThanTheExactTail(t *testing.T) {
	const all = 200
	for _, marked := range []int{5, 20, 60} {
		for _, n := range []int{5, 12, 30} {
			for k := range n + 1 {
				tail := 0.0
				for i := k; i <= min(n, marked); i++ {
					tail += math.Exp(combin.LogGeneralizedBinomial(float64(marked), float64(i)) +
						combin.LogGeneralizedBinomial(float64(all-marked), float64(n-i)) -
						combin.LogGeneralizedBinomial(all, float64(n)))
				}
				bits := beyondChance(k, n, float64(marked)/all)
				require.LessOrEqual(t, tail, math.Exp2(-bits)+1e-9, "%d of %d", k, n)
			}
		}
	}
	require.Greater(t, beyondChance(12, 20, 0.02), 40.0)
}
