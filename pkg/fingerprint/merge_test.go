package fingerprint

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// exact is the part of a profile that a merge must get exactly right.
func exact(p *Profile) Profile {
	return Profile{
		Requests: p.Requests, Requests24h: p.Requests24h, ActiveDays: p.ActiveDays,
		FirstSeen: p.FirstSeen, LastSeen: p.LastSeen, WithText: p.WithText, WithInput: p.WithInput,
		WithOutput: p.WithOutput, WithReasoning: p.WithReasoning, InputTokens: p.InputTokens,
		OutputTokens: p.OutputTokens, ReasoningTokens: p.ReasoningTokens,
		WithMessages: p.WithMessages, SingleTurn: p.SingleTurn,
		Refused: p.Refused, PromptTokens: p.PromptTokens,
		Intents: p.Intents, Continued: p.Continued,
		RelayRequests: p.RelayRequests, Prompts: p.Prompts,
		Sources: p.Sources, EndUsers: p.EndUsers,
		Hours: p.Hours, Active10m: p.Active10m, ActiveHour: p.ActiveHour,
	}
}

func counts(list []Counted) map[uint64]float64 {
	m := map[uint64]float64{}
	for _, c := range list {
		m[c.Hash] = float64(c.Count)
	}
	return m
}

func TestAMergeIsTheFingerprintOfTheUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opts := DefaultOptions()
		r := seeded(rapid.Uint64().Draw(t, "seed"))
		step := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 10 * time.Minute}).
			Draw(t, "step")
		n := rapid.IntRange(1, 800).Draw(t, "events")
		share := rapid.Float64Range(0, 1).Draw(t, "share of the first")
		a, b, union := New(&opts), New(&opts), New(&opts)
		for i := range n {
			o := wild(r, uint64(i), origin+int64(i)*millis(step))
			// Few enough kinds of work that the tables hold them all.
			o.Sketch.Turn = sorted(shingles(30, useShingle, r.Uint64N(2)))
			o.Sketch.System = nil
			o.Sketch.Layout %= 7
			part := a
			if r.Float64() > share {
				part = b
			}
			part.Observe(o)
			union.Observe(o)
		}
		if err := a.Merge(b); err != nil {
			t.Fatal(err)
		}
		got, want := profileOf(a), profileOf(union)
		require.Equal(t, exact(want), exact(got))
		for name, pair := range map[string][2][]Counted{
			"template": {got.Template, want.Template}, "layouts": {got.Layouts, want.Layouts},
		} {
			have := counts(pair[0])
			for h, c := range counts(pair[1]) {
				// Each side misses the first sightings that it could not tell from chance.
				if c > 8 {
					require.InDelta(t, c, have[h], 4, name)
				}
			}
		}
	})
}

func TestAMergeLeavesTheOtherAsItWas(t *testing.T) {
	a, b := sampleFingerprint(t), sampleFingerprint(t)
	want, err := b.MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, a.Merge(b))
	for n := range uint64(100) {
		a.Observe(templated(2, 9, n, a.LastSeen()+1000))
	}
	got, err := b.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestMergingWithNothingChangesNothing(t *testing.T) {
	a, opts := newTest(t)
	b := sampleFingerprint(t)
	require.NoError(t, a.Merge(b))
	require.Equal(t, exact(profileOf(b)), exact(profileOf(a)))
	require.NoError(t, b.Merge(New(opts)))
	require.Equal(t, exact(profileOf(a)), exact(profileOf(b)))
}

func TestAMergeOfManyStaysBounded(t *testing.T) {
	a, _ := newTest(t)
	for i := range uint64(20) {
		b, _ := newTest(t)
		r := seeded(i)
		for n := range uint64(300) {
			b.Observe(hostile(r, i<<32|n, origin+int64(n)*millis(3*time.Hour)))
		}
		require.NoError(t, a.Merge(b))
		data, err := a.MarshalBinary()
		require.NoError(t, err)
		require.LessOrEqual(t, len(data), MaxBytes)
		f, _ := newTest(t)
		require.NoError(t, f.UnmarshalBinary(data))
	}
}

func TestSketchesOfDifferentPrecisionCannotBeMerged(t *testing.T) {
	coarse := DefaultOptions()
	coarse.Precision = 8
	a, _ := newTest(t)
	b := New(&coarse)
	for n := range uint64(100) {
		a.Observe(request(1, n, origin+int64(n)))
		b.Observe(request(2, n, origin+int64(n)))
	}
	require.ErrorContains(t, a.Merge(b), "precision")
}

func TestDistinctIsExactWhileFewAndCloseWhenMany(t *testing.T) {
	for _, n := range []uint64{0, 1, 4, 5, 50, 300, 1000, 30_000} {
		var d distinct
		for i := range n {
			d.add(hash(i), 10)
			d.add(hash(i), 10)
			d.add(0, 10)
		}
		got := float64(d.count())
		// Three standard errors of a dense sketch; a sparse one is next to exact.
		require.LessOrEqual(t, math.Abs(got-float64(n)), 3*1.04/32*float64(n))
		r := newReader(d.appendBinary(nil))
		back, _ := r.distinct(nil)
		require.NoError(t, r.end())
		require.Equal(t, d.count(), back.count())
	}
}

func TestRegistersThatLieFarApartAreStillPacked(t *testing.T) {
	var d distinct
	for i := range uint64(5000) {
		d.add(hash(i), 6)
	}
	// One value with a run of zeros that nobody would see in a lifetime.
	d.add(1<<63|1, 6)
	b := d.appendBinary(nil)
	require.EqualValues(t, kindDense6, b[0])
	r := newReader(b)
	back, _ := r.distinct(nil)
	require.NoError(t, r.end())
	require.Equal(t, d.count(), back.count())
	require.Equal(t, b, back.appendBinary(nil))
}

func TestTheDoorkeeperForgetsInTwoSteps(t *testing.T) {
	var k rotatingBloom
	window := millis(time.Hour)
	k.rotate(origin, window, 10)
	k.add(1)
	k.rotate(origin+window, window, 10)
	require.True(t, k.has(1), "a generation later it is remembered")
	k.rotate(origin+2*window, window, 10)
	require.False(t, k.has(1))
	for i := range uint64(11) {
		k.add(hash(i))
	}
	k.rotate(origin+2*window+1, window, 10)
	require.Zero(t, k.current.n, "a full generation makes room for the next")
	require.True(t, k.has(hash(3)))
	k.rotate(origin+5*window, window, 10)
	require.False(t, k.has(hash(3)), "after a long silence both generations are stale")
}

func TestTablesThatOverflowKeepTheSameHashesInEveryAccount(t *testing.T) {
	// 200 shingles that recur equally often, in a table for 96: two accounts must keep much the
	// same ones.
	fill := func(seed uint64) table {
		f, _ := newTest(t)
		r := seeded(seed)
		for n := range uint64(3000) {
			o := request(seed, n, origin+int64(n)*1000)
			var turn []uint64
			for _, h := range shingles(200, useTemplate, 1) {
				if r.IntN(10) == 0 {
					turn = append(turn, h)
				}
			}
			o.Sketch.Turn = sorted(turn)
			f.Observe(o)
		}
		return f.turns
	}
	a, b := fill(1), fill(2)
	common := 0
	for _, e := range a {
		if _, ok := b.find(e.hash); ok {
			common++
		}
	}
	require.Len(t, a, turnTable)
	require.Greater(t, common, turnTable*3/4)
	sure := make([]uint32, len(a))
	for i, e := range a {
		sure[i] = e.sure()
	}
	slices.Sort(sure)
	require.InDelta(t, 300, float64(sure[len(sure)/2]), 60, "and count most of what they show")
}
