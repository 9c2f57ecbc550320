package baseline

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// population draws n entities whose issuer is one of kinds, uniformly, and whose payment is their
// own.
func population(n, kinds int, seed uint64) []Entity {
	rng := rand.New(rand.NewPCG(seed, 2))
	out := make([]Entity, n)
	for i := range out {
		p := &fingerprint.Profile{
			Requests: uint32(1 + rng.IntN(100)), WithOutput: 1,
			OutputTokens: uint64(rng.IntN(1000)), LastSeen: 2 * Day,
		}
		p.Values[attribute.Payment] = []fingerprint.Counted{{Hash: rng.Uint64() | 1, Count: 1}}
		p.Values[attribute.Issuer] = []fingerprint.Counted{
			{Hash: uint64(1 + rng.IntN(kinds)), Count: 1},
		}
		v := Features(p)
		out[i] = Entity{Profile: p, Vector: &v}
	}
	return out
}

func TestChanceGivesAsManyValuesAsRandomGroupsShow(t *testing.T) {
	c := Take(population(2000, 16, 1), 2000, DefaultOptions())
	for _, n := range []float64{8, 32, 100, 1000} {
		payments := c.Effective(attribute.Payment, n)
		require.InDelta(t, math.Log2(n), payments.Mean, 0.05, "every account has a card of its own")
		issuers := c.Effective(attribute.Issuer, n)
		require.Less(t, issuers.Mean, 4.01, "sixteen issuers are at most four bits")
		require.LessOrEqual(t, issuers.Low, issuers.Mean)
	}
	require.InDelta(t, 4, c.Effective(attribute.Issuer, 1000).Mean, 0.05)
	require.Less(t, c.Effective(attribute.Issuer, 8).Mean, 3.0,
		"eight accounts can show three bits at most")
	require.Zero(t, c.Effective(attribute.Issuer, 1).Mean, "one account has one issuer")
}

func TestABaselineOfTheSamePopulationIsTheSame(t *testing.T) {
	a := Take(population(6000, 40, 3), 6000, DefaultOptions())
	b := Take(population(6000, 40, 3), 6000, DefaultOptions())
	require.Equal(t, a, b)
	require.Equal(t, 6000, a.N)
}

func TestAnUnseenValueIsRareButPossible(t *testing.T) {
	c := Take(population(100, 4, 4), 100, DefaultOptions())
	unseen := c.Share(attribute.Issuer, 999)
	require.Positive(t, unseen)
	require.Less(t, unseen, 0.01)
	require.InDelta(t, 0.25, c.Share(attribute.Issuer, 1), 0.15)
}

func TestTheMeanRankOfThePopulationInItselfIsAHalf(t *testing.T) {
	all := population(500, 4, 5)
	c := Take(all, 500, DefaultOptions())
	sum := 0.0
	for _, e := range all {
		r, ok := c.Rank(OutputLength, e.Vector[OutputLength])
		require.True(t, ok)
		sum += r
	}
	require.InDelta(t, 0.5, sum/500, 1e-9)
	top, _ := c.Rank(OutputLength, 99)
	require.InDelta(t, 1, top, 1e-9)
	_, ok := c.Rank(OutputLength, math.NaN())
	require.False(t, ok)
	_, ok = c.Rank(ReasoningLength, 1)
	require.False(t, ok, "nobody reports reasoning")
}

func TestASmallPopulationAnswersWithoutPanic(t *testing.T) {
	for n := range 6 {
		c := Take(population(n, 2, 6), n, DefaultOptions())
		c.Effective(attribute.Issuer, 10)
		c.Share(attribute.Issuer, 1)
		c.Quantile(OutputLength, 0.5)
		c.Rank(OutputLength, 1)
		c.BusyDispersion()
	}
}

func TestTheEntropyOfACounterMatchesTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Uint64Range(0, 9), 1, 60).Draw(t, "values")
		var k Counter
		counts := map[uint64]float64{}
		unknown := 0
		for _, v := range values {
			k.Add(v, 1)
			if v == 0 {
				unknown++
			} else {
				counts[v]++
			}
		}
		n := float64(len(values))
		want := float64(unknown) / n * math.Log2(n)
		for _, c := range counts {
			want -= c / n * math.Log2(c/n)
		}
		if math.Abs(want-k.Entropy()) > 1e-9 {
			t.Fatalf("entropy %v, want %v", k.Entropy(), want)
		}
		if got := k.Known(); math.Abs(got-(n-float64(unknown))) > 1e-9 {
			t.Fatalf("known %v of %v", got, n)
		}
	})
}

// active makes a profile that was active in the given hours before its last one.
func active(hours ...int) *fingerprint.Profile {
	p := &fingerprint.Profile{Requests: uint32(len(hours)), LastSeen: 20_000*Day + 12*3_600_000}
	p.FirstSeen = p.LastSeen - 3*Day
	for _, h := range hours {
		p.ActiveHour[h/64] |= 1 << (h % 64)
	}
	return p
}

func TestTheClockIsUnbiasedForAccountsWithFewRequests(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, n := range []int{4, 8, 20} {
		sum := 0.0
		const rounds = 4000
		for range rounds {
			seen := map[int]bool{}
			for len(seen) < n {
				seen[rng.IntN(240)] = true
			}
			hours := make([]int, 0, n)
			for h := range seen {
				hours = append(hours, h)
			}
			c, ok := clock(active(hours...))
			require.True(t, ok)
			sum += c
		}
		require.InDelta(t, 0, sum/rounds, 0.02, "%d active hours round the clock", n)
	}
	c, ok := clock(active(0, 24, 48, 72))
	require.True(t, ok)
	require.InDelta(t, 1, c, 1e-9, "always the same hour")
	_, ok = clock(active(0, 5))
	require.False(t, ok, "two hours are no rhythm")
}

func TestAFirstDayHasNoRhythm(t *testing.T) {
	p := active(0, 1, 2, 3, 4, 5)
	p.FirstSeen = p.LastSeen - 6*3_600_000
	v := Features(p)
	require.False(t, v.Known(Clock))
	p.FirstSeen = p.LastSeen - 2*Day
	v = Features(p)
	require.True(t, v.Known(Clock))
}

func TestFiguresAreTakenOverTheTemplatedSliceWhereThereIsOne(t *testing.T) {
	p := &fingerprint.Profile{
		Requests: 100, WithText: 100, WithMessages: 100, SingleTurn: 40,
		WithOutput: 100, OutputTokens: 10_000,
		TemplateRequests: 30, TemplateSingleTurn: 30, TemplateOutput: 30 * 1023, Prompts: 100,
	}
	p.Intents[0], p.TemplateIntents[0] = 30, 30
	v := Features(p)
	require.InDelta(t, 1, v[SingleTurn], 1e-9)
	require.InDelta(t, 10, v[OutputLength], 1e-9)
	require.InDelta(t, 1, v[Elicitation], 1e-9)
	p.TemplateRequests = 2
	v = Features(p)
	require.InDelta(t, 0.4, v[SingleTurn], 1e-9, "two requests are no slice")
	require.InDelta(t, 0.3, v[Elicitation], 1e-9)
}

func BenchmarkTake(b *testing.B) {
	all := population(4096, 60, 1)
	b.Run("4096 entities", func(b *testing.B) {
		for b.Loop() {
			if c := Take(all, len(all), DefaultOptions()); c.N != 4096 {
				b.Fatal(c.N)
			}
		}
	})
}

func TestTheEntropyOfAPowerOfTwoOfEquallyCommonValuesIsExact(t *testing.T) {
	for bits := range 13 {
		var k Counter
		for v := range 1 << bits {
			k.Add(uint64(v)+1, 1)
		}
		require.Equal(t, float64(bits), k.Entropy(), "%d values", 1<<bits) //nolint:testifylint // equal to the last bit
	}
}
