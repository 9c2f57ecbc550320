package fingerprint

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

func newTest(t testing.TB) (*Fingerprint, *Options) {
	t.Helper()
	opts := DefaultOptions()
	require.NoError(t, opts.Validate())
	return New(&opts), &opts
}

func profileOf(f *Fingerprint) *Profile {
	p := new(Profile)
	f.Profile(p)
	return p
}

func TestAProfileCountsWhatWasObserved(t *testing.T) {
	f, _ := newTest(t)
	r := seeded(1)
	var want Profile
	sums := func(o *Observation) {
		want.Requests++
		for _, x := range []struct {
			tokens int64
			n      *uint32
			sum    *uint64
		}{
			{o.InputTokens, &want.WithInput, &want.InputTokens},
			{o.OutputTokens, &want.WithOutput, &want.OutputTokens},
			{o.ReasoningTokens, &want.WithReasoning, &want.ReasoningTokens},
		} {
			if x.tokens >= 0 {
				*x.n++
				*x.sum += uint64(x.tokens)
			}
		}
		if o.Messages >= 0 {
			want.WithMessages++
			if o.Messages <= 1 {
				want.SingleTurn++
			}
		}
		if o.Refused {
			want.Refused++
		}
		if o.Sketch.Relay != 0 {
			want.RelayRequests++
		}
		if o.HasText {
			want.WithText++
			want.PromptTokens += uint64(o.Sketch.Tokens)
			for i := range sketch.NumIntents {
				if o.Sketch.Intents>>i&1 == 1 {
					want.Intents[i]++
				}
			}
		}
		want.Hours[o.Time/3_600_000%24]++
	}
	for n := range uint64(3000) {
		// Out of order by up to an hour.
		o := wild(r, n, origin+10_800_000+int64(n)*60_000-r.Int64N(millis(time.Hour)))
		require.Equal(t, OutcomeCounted, f.Observe(o))
		sums(o)
	}
	p := profileOf(f)
	got := Profile{
		Requests: p.Requests, WithInput: p.WithInput, InputTokens: p.InputTokens,
		WithOutput: p.WithOutput, OutputTokens: p.OutputTokens, WithReasoning: p.WithReasoning,
		ReasoningTokens: p.ReasoningTokens, WithMessages: p.WithMessages, SingleTurn: p.SingleTurn,
		Refused: p.Refused, RelayRequests: p.RelayRequests,
		WithText: p.WithText, PromptTokens: p.PromptTokens, Intents: p.Intents, Hours: p.Hours,
	}
	require.Equal(t, want, got)
	require.InEpsilon(t, 400, p.Prompts, 0.15)
	require.InEpsilon(t, 200, p.Sources, 0.15)
	require.EqualValues(t, 3, p.ActiveDays, "50 hours from three in the morning")
}

func TestWindowsSlideWithTheNewestEvent(t *testing.T) {
	f, opts := newTest(t)
	for n := range uint64(100 * 24 * 4) {
		f.Observe(request(1, n, origin+int64(n)*millis(15*time.Minute)))
	}
	p := profileOf(f)
	require.InDelta(t, 96, p.Requests24h, 4)
	require.InDelta(t, 45*96, p.Requests, 96)
	require.EqualValues(t, 45, p.ActiveDays)
	require.EqualValues(t, 96, p.FirstDayRequests)
	require.Equal(t, origin, p.FirstSeen)

	require.False(t, f.Expired(p.LastSeen+millis(opts.Horizon)))
	require.True(t, f.Expired(p.LastSeen+millis(opts.Horizon)+1))
	later := p.LastSeen + millis(opts.Horizon) + 1
	require.Equal(t, OutcomeCounted, f.Observe(request(1, 1, later)))
	p = profileOf(f)
	require.EqualValues(t, 1, p.Requests,
		"an account that was silent for the whole horizon starts anew")
	require.Equal(t, later, p.FirstSeen)
}

func TestALateEventCountsWhereItBelongs(t *testing.T) {
	f, opts := newTest(t)
	now := origin + 10*day
	f.Observe(request(1, 1, now))
	require.Equal(t, OutcomeCounted, f.Observe(request(1, 2, now-millis(opts.AllowedLateness))))
	require.Equal(t, OutcomeLate, f.Observe(request(1, 3, now-millis(opts.AllowedLateness)-1)))
	for _, nonsense := range []int64{0, -1, maxTime + 1} {
		require.Equal(t, OutcomeLate, f.Observe(request(1, 4, nonsense)))
	}
	p := profileOf(f)
	require.EqualValues(t, 2, p.Requests)
	require.EqualValues(t, 1, p.Requests24h)
	require.EqualValues(t, 2, p.ActiveDays)
	require.Equal(t, now, p.LastSeen)
	require.Equal(t, now-millis(opts.AllowedLateness), p.FirstSeen)
	require.Zero(t, p.Gaps, "a late event tells nothing about pace")
}

func TestAnEventRepeatedByItsGatewayCountsOnce(t *testing.T) {
	f, opts := newTest(t)
	for n := range uint64(maxIDs) {
		require.Equal(t, OutcomeCounted, f.Observe(request(1, n, origin+int64(n))))
	}
	for n := range uint64(maxIDs) {
		require.Equal(t, OutcomeDuplicate, f.Observe(request(1, n, origin+int64(n))))
	}
	require.EqualValues(t, maxIDs, profileOf(f).Requests)
	f.Observe(request(1, 1000, origin+2*millis(opts.DedupeWindow)))
	require.Len(t, f.ids, 1, "ids beyond the window are let go of")
	o := request(1, 1001, origin+2*millis(opts.DedupeWindow))
	o.ID = 0
	require.Equal(t, OutcomeCounted, f.Observe(o))
	require.Equal(t, OutcomeCounted, f.Observe(o), "an event without an id can't be a duplicate")
}

func TestAttributesKeepTheMostUsedValues(t *testing.T) {
	f, _ := newTest(t)
	r := seeded(4)
	for n := range uint64(3000) {
		o := request(1, n, origin+int64(n)*1000)
		o.Values[attribute.Network], o.Labels[attribute.Network] = hash(
			useAttribute, 100+r.Uint64N(1000),
		),
			"198.51.100.0/24"
		if n%3 == 0 {
			o.Values[attribute.Network], o.Labels[attribute.Network] = hash(useAttribute, 1),
				"192.0.2.0/24"
		}
		f.Observe(o)
	}
	p := profileOf(f)
	require.Equal(t, hash(useAttribute, 1), p.Values[attribute.Network][0].Hash)
	require.InDelta(t, 1000, float64(p.Values[attribute.Network][0].Count), 10)
	require.Contains(t, p.Labels, Label{attribute.Network, hash(useAttribute, 1), "192.0.2.0/24"})
	require.Equal(
		t, []Counted{{hash(useAttribute, uint64(attribute.Stack)), 3000}},
		p.Values[attribute.Stack],
	)
	require.Empty(t, p.Values[attribute.Device], "an unknown value is no value")
}

func TestModelsKeepTheirFirstUse(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(100) {
		o := request(1, n, origin+int64(n)*1000)
		o.Values[attribute.Model] = hash(useAttribute, n/50)
		f.Observe(o)
	}
	require.ElementsMatch(t, []ModelUse{
		{hash(useAttribute, 0), 50, origin}, {hash(useAttribute, 1), 50, origin + 50_000},
	}, profileOf(f).Models)
}

func TestAConversationContinuedFromElsewhereIsUnserved(t *testing.T) {
	turn := func(conversation, n uint64) uint64 { return hash(useTurn, conversation, n) }
	step := func(f *Fingerprint, n uint64, prefix, next uint64, status Status) {
		o := request(1, n, origin+int64(n)*millis(time.Minute))
		o.Sketch.Prefix, o.Sketch.Continuation, o.Status = prefix, next, status
		require.Equal(t, OutcomeCounted, f.Observe(o))
	}
	t.Run("a conversation of one's own is followed to its newest head", func(t *testing.T) {
		f, _ := newTest(t)
		step(f, 1, 0, turn(1, 1), StatusOK)
		step(f, 2, turn(1, 1), turn(1, 2), StatusOK)
		step(f, 3, turn(1, 2), turn(1, 3), StatusUnknown)
		p := profileOf(f)
		require.Equal(t, []uint64{turn(1, 3)}, p.Served)
		require.Empty(t, p.Unserved)
		require.EqualValues(t, 2, p.Continued)
		require.Zero(t, p.ContinuedUnserved)
	})
	t.Run("a rejected turn shows what the next account will continue", func(t *testing.T) {
		a, _ := newTest(t)
		b, _ := newTest(t)
		step(a, 1, 0, turn(1, 1), StatusOK)
		step(a, 2, turn(1, 1), turn(1, 2), StatusRateLimited)
		step(b, 3, turn(1, 1), turn(1, 2), StatusOK)
		pa, pb := profileOf(a), profileOf(b)
		require.Equal(t, []uint64{turn(1, 1)}, pa.Rejected)
		require.Equal(t, pa.Rejected, pb.Unserved)
		require.EqualValues(t, 1, pb.ContinuedUnserved)
		step(b, 4, turn(1, 2), turn(1, 3), StatusOK)
		step(b, 5, turn(1, 1), turn(1, 4), StatusOK)
		require.EqualValues(t, 1, profileOf(b).ContinuedUnserved,
			"the conversation is known from then on, its branches too")
	})
	t.Run("a retry after a rejection of the first turn is no unserved prefix", func(t *testing.T) {
		f, _ := newTest(t)
		step(f, 1, 0, turn(1, 1), StatusBlocked)
		step(f, 2, turn(1, 1), turn(1, 2), StatusOK)
		p := profileOf(f)
		require.Equal(t, []uint64{turn(1, 1)}, p.Rejected)
		require.Zero(t, p.ContinuedUnserved)
	})
	t.Run("a conversation that left the list of heads is still known", func(t *testing.T) {
		f, _ := newTest(t)
		for n := range uint64(300) {
			step(f, n, 0, turn(n, 1), StatusOK)
		}
		step(f, 300, turn(0, 1), turn(0, 2), StatusOK)
		p := profileOf(f)
		require.Len(t, p.Served, MaxConversing)
		require.Equal(t, turn(0, 2), p.Served[0], "newest first")
		require.Zero(t, p.ContinuedUnserved)
	})
}

func TestRefusalsAmongTheFirstRequestsCountAsEarly(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(100) {
		o := request(1, n, origin+int64(n)*1000)
		o.Refused = n%2 == 0
		f.Observe(o)
	}
	p := profileOf(f)
	require.EqualValues(t, RefusalProbe/2, p.RefusedEarly)
	require.EqualValues(t, 50, p.Refused)
}

func TestActivityIsKeptBySlot(t *testing.T) {
	f, _ := newTest(t)
	slots := []int64{0, 1, 3, 64, 65, 287, 288, 400}
	for n, s := range slots {
		f.Observe(request(1, uint64(n), origin+s*600_000))
	}
	// One that is late.
	f.Observe(request(1, 99, origin+390*600_000))
	p := profileOf(f)
	last := origin/600_000 + 400
	require.Equal(t, last, p.LastSeen/600_000)
	want := map[int64]bool{400: true, 390: true, 288: true, 287: true}
	for i := range Slots10m {
		on := p.Active10m[i/64]>>(i%64)&1 == 1
		require.Equal(t, want[400-int64(i)], on, "slot %d", 400-i)
	}
}

func TestGapsAreCountedByPowersOfTwo(t *testing.T) {
	f, _ := newTest(t)
	at := origin
	f.Observe(request(1, 0, at))
	for n, seconds := range []int64{0, 1, 2, 3, 4, 1 << 14, 1<<15 - 1, 1 << 15, 1 << 20} {
		at += seconds * 1000
		f.Observe(request(1, uint64(n+1), at))
	}
	// The histogram ages, so the last gap of twelve days has halved what came before it.
	require.Equal(t, [GapBuckets]uint32{0: 1, 1: 1, 14: 1, 15: 1}, profileOf(f).Gaps)
}

func TestAProfileIsDueWhenEnoughChanged(t *testing.T) {
	f, opts := newTest(t)
	_, ok := f.Due()
	require.False(t, ok)
	f.Observe(request(1, 0, origin))
	at, ok := f.Due()
	require.True(t, ok)
	require.Equal(t, origin, at, "the first one at once")
	f.Published()
	_, ok = f.Due()
	require.False(t, ok)
	f.Observe(request(1, 1, origin+1000))
	at, _ = f.Due()
	require.Equal(t, origin+millis(opts.ProfileInterval), at, "twice as many requests are a change")
	for n := range uint64(100) {
		f.Observe(request(1, 2+n, origin+2000))
	}
	f.Published()
	f.Observe(request(1, 200, origin+3000))
	at, _ = f.Due()
	require.Equal(t, origin+2000+millis(opts.ProfileDelay), at, "one in a hundred can wait")
}

func TestOptionsThatMakeNoSenseAreNamed(t *testing.T) {
	for want, spoil := range map[string]func(*Options){
		"medium_pane": func(o *Options) { o.MediumPane = 0 },
		"panes of one": func(o *Options) {
			o.MediumKeep, o.MediumPane = 14*24*time.Hour, 10*time.Minute
		},
		"whole days":       func(o *Options) { o.Horizon = 50*24*time.Hour + time.Hour },
		"horizon":          func(o *Options) { o.Horizon = time.Hour },
		"allowed_lateness": func(o *Options) { o.AllowedLateness = 100 * 24 * time.Hour },
		"half_life":        func(o *Options) { o.HalfLife = 0 },
		"precision":        func(o *Options) { o.Precision = 20 },
		"profile_delay":    func(o *Options) { o.ProfileDelay = time.Second },
		"profile_change":   func(o *Options) { o.ProfileChange = 2 },
	} {
		t.Run(want, func(t *testing.T) {
			o := DefaultOptions()
			spoil(&o)
			require.ErrorContains(t, o.Validate(), want)
		})
	}
}

// steady is a busy account that has reached its size, and requests of it that bring nothing new but
// themselves.
func steady(
	t testing.TB, kind func(account, n uint64, at int64) *Observation,
) (*Fingerprint, []*Observation) {
	t.Helper()
	f, _ := newTest(t)
	n := uint64(0)
	next := func() *Observation {
		n++
		o := kind(1, n, origin+int64(n)*millis(10*time.Second))
		o.Sketch.Exact = hash(usePrompt, n)
		return o
	}
	for range 30_000 {
		f.Observe(next())
	}
	list := make([]*Observation, 4096)
	for i := range list {
		list[i] = next()
	}
	return f, list
}

func TestObserveDoesNotAllocateOnceTheAccountHasItsSize(t *testing.T) {
	f, list := steady(t, func(account, n uint64, at int64) *Observation {
		return templated(account, 7, n, at)
	})
	i := 0
	allocs := testing.AllocsPerRun(4000, func() {
		if f.Observe(list[i]) != OutcomeCounted {
			panic("not counted")
		}
		i++
	})
	require.Zero(t, allocs)
}

func TestTheEncodedSizeIsBoundedWhateverIsSent(t *testing.T) {
	for name, kind := range map[string]func(*rand.Rand, uint64, int64) *Observation{
		"wild": wild, "hostile": hostile,
	} {
		t.Run(name, func(t *testing.T) {
			f, opts := newTest(t)
			r := seeded(9)
			worst := 0
			n := uint64(0)
			for range 60 {
				for range 100 {
					f.Observe(kind(r, n, origin+int64(n)*millis(15*time.Minute)+r.Int64N(1000)))
					n++
				}
				b, err := f.MarshalBinary()
				require.NoError(t, err)
				worst = max(worst, len(b))
				require.NoError(t, New(opts).UnmarshalBinary(b))
				p, err := profileOf(f).MarshalBinary()
				require.NoError(t, err)
				require.LessOrEqual(t, len(p), MaxProfileBytes)
			}
			t.Logf("worst: %d bytes", worst)
			require.LessOrEqual(t, worst, MaxBytes)
		})
	}
}
