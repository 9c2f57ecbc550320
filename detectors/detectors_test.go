package detectors

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// people draws ordinary accounts, each with a card, a network and a life of its own.
func people(n int, seed uint64) []*fingerprint.Profile {
	rng, habits := rand.New(rand.NewPCG(seed, 5)), rand.New(rand.NewPCG(seed, 6))
	out := make([]*fingerprint.Profile, n)
	for i := range out {
		p := &fingerprint.Profile{
			CreatedAt: int64(19_000+rng.IntN(400)) * baseline.Day, FirstSeen: 20_000 * baseline.Day,
			LastSeen: 20_003 * baseline.Day, ActiveDays: 3,
			Requests: uint32(3 + rng.ExpFloat64()*rng.ExpFloat64()*40),
		}
		p.WithText, p.WithMessages, p.WithOutput, p.Prompts = p.Requests, p.Requests,
			p.Requests, p.Requests
		p.SingleTurn = uint32(rng.Float64() * float64(p.Requests))
		p.OutputTokens = uint64(p.Requests) * uint64(100+rng.IntN(400))
		for f, kinds := range map[attribute.Attribute]int{
			attribute.Issuer: 40, attribute.Stack: 60, attribute.Params: 50, attribute.Domain: 10,
			attribute.Payment: 1 << 40, attribute.Network: 1 << 40, attribute.Device: 1 << 40,
		} {
			p.Values[f] = []fingerprint.Counted{
				{Hash: uint64(f)<<50 + uint64(1+rng.Int64N(int64(kinds))), Count: 1},
			}
		}
		old, fresh := p.Requests-p.Requests/20, p.Requests/20
		p.Models = []fingerprint.ModelUse{{Hash: 1, Count: old, First: p.FirstSeen}}
		if fresh > 0 {
			p.Models = append(p.Models, fingerprint.ModelUse{
				Hash: 2, Count: fresh, First: p.FirstSeen + baseline.Day,
			})
		}
		p.Sources, p.Continued = 1, 4
		home, daily := rng.IntN(24), 2+int(4*habits.ExpFloat64())
		for d := range 3 {
			for range daily {
				h := d*24 + (home+rng.IntN(8))%24
				p.ActiveHour[h/64] |= 1 << (h % 64)
			}
		}
		out[i] = p
	}
	return out
}

type bench struct {
	ctx     *Context
	members []*fingerprint.Profile
}

// among measures members against a population of ordinary accounts that they are part of.
func among(members []*fingerprint.Profile) bench {
	var entities []baseline.Entity
	var lives baseline.Lives
	df, once := map[uint64]int{}, map[uint64]int{}
	for _, p := range append(people(600, 77), members...) {
		v := baseline.Features(p)
		entities = append(entities, baseline.Entity{Profile: p, Vector: &v})
		lives.Add(p)
		for _, s := range p.Template {
			if s.Count >= fingerprint.Recurs(p.WithText) {
				df[s.Hash]++
			} else {
				once[s.Hash]++
			}
		}
		for _, s := range p.Layouts {
			df[s.Hash]++
		}
	}
	return bench{&Context{
		Baseline:        baseline.Take(entities, len(entities), baseline.DefaultOptions()),
		Lives:           lives,
		ShingleAccounts: func(h uint64) (int, int) { return df[h], once[h] },
		LayoutAccounts:  func(h uint64) int { return df[h] },
	}, members}
}

func (b bench) group() *Group {
	g := &Group{}
	for _, p := range b.members {
		v := baseline.Features(p)
		g.Members = append(g.Members, Member{
			Profile: p, Vector: &v, Weight: 1,
		})
		g.Size++
	}
	g.SelfShare = g.Size / float64(b.ctx.Baseline.N)
	for i := range g.Members {
		g.Members[i].Counted = b.ctx.Baseline.Stratum(g.Members[i].Profile)
	}
	g.SharedWork(b.ctx, func(member int) float64 { return mass(b.members[member], b.ctx) })
	return g
}

func mass(p *fingerprint.Profile, c *Context) (m float64) {
	for _, s := range p.Template {
		if s.Count >= fingerprint.Recurs(p.WithText) {
			again, _ := c.ShingleAccounts(s.Hash)
			m += float64(s.Count) * c.Idf(again)
		}
	}
	return m
}

func (b bench) bits(t *testing.T, id string) float64 {
	t.Helper()
	for _, d := range All() {
		if d.Spec.ID == id {
			m, ok := d.Measure(b.group(), b.ctx)
			if !ok {
				return 0
			}
			observed, expected, note := d.Explain(b.group(), m)
			require.NotEmpty(t, observed)
			require.NotEmpty(t, expected)
			require.NotEmpty(t, note)
			return d.Spec.Clamp(m.Bits)
		}
	}
	t.Fatalf("no detector %q", id)
	return 0
}

func each(
	members []*fingerprint.Profile, change func(i int, p *fingerprint.Profile),
) []*fingerprint.Profile {
	for i, p := range members {
		change(i, p)
	}
	return members
}

func set(f attribute.Attribute, value func(i int) uint64) func(int, *fingerprint.Profile) {
	return func(i int, p *fingerprint.Profile) {
		p.Values[f] = []fingerprint.Counted{{Hash: value(i), Count: 1}}
	}
}

func same(int) uint64 { return 4242 }

func TestARandomGroupOfOrdinaryAccountsEarnsNextToNothing(t *testing.T) {
	for _, n := range []int{8, 30, 120} {
		b := among(people(n, uint64(n)))
		for _, d := range All() {
			m, ok := d.Measure(b.group(), b.ctx)
			if ok {
				require.Less(t, d.Spec.Clamp(m.Bits), 1.0,
					"%s on %d ordinary accounts: %+v", d.Spec.ID, n, m)
			}
		}
	}
}

func TestEachSharedThingIsSeenByItsDetector(t *testing.T) {
	cases := []struct {
		name, detector string
		least, most    float64
		change         func(int, *fingerprint.Profile)
	}{
		{
			"three cards for forty accounts", "payment", 3, 8,
			set(attribute.Payment, func(i int) uint64 { return uint64(7 + i%3) }),
		},
		{"a card for each account", "payment", 0, 0.01, func(int, *fingerprint.Profile) {}},
		{
			"one card in one office", "payment", -mostPrice, 0.5,
			func(i int, p *fingerprint.Profile) {
				set(attribute.Payment, same)(i, p)
				set(attribute.Network, same)(i, p)
			},
		},
		{"cards of one bank", "issuer", 3, 6, set(attribute.Issuer, same)},
		{"sign-up within two days", "signup_cohort", 3, 6, func(i int, p *fingerprint.Profile) {
			p.CreatedAt = int64(19_990+i%2) * baseline.Day
		}},
		{
			"sign-up on the day of first use, as to a fashion", "signup_cohort", 0, 0,
			func(_ int, p *fingerprint.Profile) { p.CreatedAt = p.FirstSeen - 3_600_000 },
		},
		{
			"sign-up within two days in one place, as in a class", "signup_cohort", -mostPrice, 0.5,
			func(i int, p *fingerprint.Profile) {
				p.CreatedAt = int64(19_990+i%2) * baseline.Day
				set(attribute.Network, same)(i, p)
			},
		},
		{"one program behind many networks", "stack", 3, 6, set(attribute.Stack, same)},
		{"one program in one office", "stack", -mostPrice, 0.5, func(i int, p *fingerprint.Profile) {
			set(attribute.Stack, same)(i, p)
			set(attribute.Network, same)(i, p)
		}},
		{"one set of parameters", "params", 3, 4, set(attribute.Params, same)},
		{"one seed", "seed", 3, 3, set(attribute.Seed, same)},
		{"a seed for each account", "seed", 0, 0.5, set(attribute.Seed, func(i int) uint64 {
			return uint64(1 + i)
		})},
		{
			"a seed that few of the accounts ask for", "seed", 0, 0,
			func(i int, p *fingerprint.Profile) {
				if i%3 == 0 {
					set(attribute.Seed, same)(i, p)
				}
			},
		},
		{"one device", "device", 4, 8, set(attribute.Device, same)},
		{"one network", "network", 2, 2, set(attribute.Network, same)},
		{"unknown cards", "payment", 0, 0, func(_ int, p *fingerprint.Profile) {
			p.Values[attribute.Payment] = nil
		}},
		{"an even load", "load_balance", 2.5, 3, func(i int, p *fingerprint.Profile) {
			busy(i, p, 72)
		}},
		{
			"an even load in one place, as with one assignment", "load_balance", 0, 0.5,
			func(i int, p *fingerprint.Profile) {
				busy(i, p, 72)
				set(attribute.Network, same)(i, p)
			},
		},
		{"as many requests from each in one hour", "load_balance", 0, 0, func(i int, p *fingerprint.Profile) {
			p.Requests = 4
			busy(i, p, 1)
		}},
		{"as many requests from each in one evening", "load_balance", -0.5, 0.5, func(i int, p *fingerprint.Profile) {
			p.Requests = 4
			busy(i, p, 3)
		}},
		{"people's loads", "load_balance", -1, -0.9, func(int, *fingerprint.Profile) {}},
		{
			"a pool that takes over from another", "succession", 1.5, 2,
			func(i int, p *fingerprint.Profile) {
				if i < 20 {
					p.LastSeen = p.FirstSeen + baseline.Day
				} else {
					p.FirstSeen += baseline.Day + 3_600_000
				}
			},
		},
		{
			"a launch in the middle of a crowd's life is no succession", "succession", -mostPrice, 0,
			func(i int, p *fingerprint.Profile) {
				if i >= 20 {
					p.FirstSeen += baseline.Day + 3_600_000
				}
			},
		},
		{
			"many addresses for few requests", "fanout", 0.2, 0.5,
			func(_ int, p *fingerprint.Profile) { p.Sources = p.Requests },
		},
		{"a move to the new model", "pivot", 1, 1.5, moves(0.9)},
		{"a move that the population makes too", "pivot", 0, 0.2, moves(0.02)},
		{"relay constants in every request", "relay", 6, 6, func(_ int, p *fingerprint.Profile) {
			p.RelayRequests = 5
		}},
		{"long answers", "output_length", 1.5, 2, func(_ int, p *fingerprint.Profile) {
			p.OutputTokens = uint64(p.Requests) * 3000
		}},
		{
			"short answers are mitigating evidence", "output_length", -1.5, -0.5,
			func(_ int, p *fingerprint.Profile) { p.OutputTokens = uint64(p.Requests) * 8 },
		},
		{"single questions", "single_turn", 0.5, 1.5, func(_ int, p *fingerprint.Profile) {
			p.SingleTurn = p.Requests
		}},
		{
			"conversations are mitigating evidence", "single_turn", -1.5, -0.5,
			func(_ int, p *fingerprint.Profile) { p.SingleTurn = 0 },
		},
		{
			"repeated prompts are mitigating evidence", "novelty", -3, -1,
			func(_ int, p *fingerprint.Profile) { p.Prompts = 1 },
		},
		{"round the clock", "clock", 0.5, 2, func(_ int, p *fingerprint.Profile) {
			for h := range 72 {
				p.ActiveHour[h/64] |= 1 << (h % 64)
			}
		}},
		{"demands for hidden reasoning", "coercion", 3, 5, func(_ int, p *fingerprint.Profile) {
			p.Intents[1] = p.Requests
		}},
		{"training material to order", "generation", 2.5, 3, func(_ int, p *fingerprint.Profile) {
			p.Intents[3] = p.Requests
		}},
		{"refusals that stop", "refusal_probe", 1.5, 2.5, func(_ int, p *fingerprint.Profile) {
			p.Requests, p.Refused, p.RefusedEarly = 200, 16, 15
		}},
		{"refusals that do not stop", "refusal_probe", 0, 0.1, func(_ int, p *fingerprint.Profile) {
			p.Requests, p.Refused, p.RefusedEarly = 200, 150, 15
		}},
		{"others' conversations", "unserved", 1, 2.5, func(_ int, p *fingerprint.Profile) {
			p.Continued, p.ContinuedUnserved = 10, 9
		}},
		{"a campus", "campus", -6, -2, func(i int, p *fingerprint.Profile) {
			set(attribute.Domain, same)(i, p)
			set(attribute.Network, same)(i, p)
		}},
		{"a free mail domain is no campus", "campus", 0, 0, set(attribute.Network, same)},
		{"many end users", "aggregator", -1.5, -1, func(_ int, p *fingerprint.Profile) {
			p.EndUsers = p.Requests + 10
		}},
		{"declared batches", "declared_batch", -1.3, -1.1, func(_ int, p *fingerprint.Profile) {
			p.Batch = p.Requests * 4 / 5
		}},
		{"full pace from the first day", "no_ramp", 0.9, 1, func(_ int, p *fingerprint.Profile) {
			p.CreatedAt, p.Requests, p.FirstDayRequests = p.FirstSeen-baseline.Day, 90, 40
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			bits := among(each(people(40, 3), c.change)).bits(t, c.detector)
			require.GreaterOrEqual(t, bits, c.least)
			require.LessOrEqual(t, bits, c.most)
		})
	}
}

// busy makes an account send in about every third of the last hours.
func busy(i int, p *fingerprint.Profile, hours int) {
	rng := rand.New(rand.NewPCG(uint64(i), 7))
	clear(p.ActiveHour[:])
	for h := range hours {
		if h == 0 || h == hours-1 || rng.IntN(3) == 0 {
			p.ActiveHour[h/64] |= 1 << (h % 64)
		}
	}
}

// moves makes an account send a share of its requests to a model released on the second day.
func moves(share float64) func(int, *fingerprint.Profile) {
	return func(_ int, p *fingerprint.Profile) {
		released := p.FirstSeen + baseline.Day
		since := 2.0 / 3 * share * 90
		p.Requests = 90
		p.Models = []fingerprint.ModelUse{
			{Hash: 1, Count: 90 - uint32(since), First: p.FirstSeen},
			{Hash: 2, Count: uint32(since), First: released},
		}
	}
}

func TestConversationsHandedOverCountAgainstWhatTheOthersDo(t *testing.T) {
	b := among(people(40, 3))
	g := b.group()
	g.HandOvers, g.Handed, g.Unnamed = 30, 30, 40
	bits := func(handed int) (over, hopping float64) {
		b.ctx.HandedOver, b.ctx.Unnamed = handed, 640
		for _, d := range All() {
			m, ok := d.Measure(g, b.ctx)
			switch d.Spec.ID {
			case "hand_over":
				require.True(t, ok)
				over = m.Bits
			case "hopping":
				hopping = m.Bits
			}
		}
		return over, hopping
	}
	over, hopping := bits(30)
	require.Greater(t, over, 6.0, "nobody else's conversations change accounts")
	require.Greater(t, hopping, 1.5)
	over, hopping = bits(630)
	require.Less(t, over, 0.0, "everybody else's do, such as replayed public dialogues")
	require.Zero(t, hopping)
}

func TestReasoningThatIsCarriedCountsAgainstWhatTheOthersDo(t *testing.T) {
	b := among(people(40, 3))
	g := b.group()
	d := carriedReasoning()
	bits := func(inside, outside int) float64 {
		g.Carrying, g.Carried, g.Unnamed = inside, inside, 40
		b.ctx.Carrying, b.ctx.Unnamed = inside+outside, 640
		m, ok := d.Measure(g, b.ctx)
		require.True(t, ok)
		return m.Bits
	}
	require.Greater(t, bits(30, 0), 6.0, "nobody else's reasoning changes accounts")
	require.Less(t, bits(2, 30), 0.1, "no more of the members than of the others")
	require.Less(t, bits(30, 600), 0.0, "everybody else's does")
	g.Carrying = 0
	_, ok := d.Measure(g, b.ctx)
	require.False(t, ok, "where no reasoning is carried, or none is logged, there is nothing to say")
}

func template(words int, share float64) func(int, *fingerprint.Profile) {
	return func(i int, p *fingerprint.Profile) {
		for k := range words {
			p.Template = append(p.Template, fingerprint.Counted{
				Hash: uint64(9_000 + k), Count: uint32(math.Max(3, share*float64(p.Requests))),
			})
		}
		for k := range 10 {
			p.Template = append(
				p.Template, fingerprint.Counted{Hash: uint64(100_000 + 100*i + k), Count: 3},
			)
		}
		p.Requests, p.WithText = max(p.Requests, 20), max(p.WithText, 20)
		p.TemplateRequests = uint32(share * float64(p.Requests))
	}
}

func TestASharedTemplateIsWorthItsRarityAndItsShareOfTheWork(t *testing.T) {
	whole := among(each(people(20, 8), template(20, 1))).bits(t, "prompt_template")
	require.Greater(t, whole, 3.0)
	phrase := among(each(people(20, 8), template(2, 0.1))).bits(t, "prompt_template")
	require.Less(t, phrase, whole/3,
		"one shared phrase among each account's own text is no shared work")
	popular := among(each(people(300, 8), template(20, 1))).bits(t, "prompt_template")
	require.Less(t, popular, 2.0, "what a third of all accounts use links nobody")
}

func TestOnePhraseIsATextWhereItIsWhatTheAccountsAreFor(t *testing.T) {
	// What a short system prompt of twenty accounts shows: one sampled shingle.
	system := func(share float64) func(int, *fingerprint.Profile) {
		return func(_ int, p *fingerprint.Profile) {
			p.Requests, p.WithText, p.TemplateRequests = 40, 40, uint32(40*share)
			p.Template = []fingerprint.Counted{{Hash: 1 << 50, Count: uint32(40 * share)}}
		}
	}
	require.Greater(t, among(each(people(20, 8), system(1))).bits(t, "prompt_template"), 3.0)
	require.Zero(t, among(each(people(20, 8), system(0.3))).bits(t, "prompt_template"))
}

func TestWhoStopsAsOthersDoIsNotSucceeded(t *testing.T) {
	begins := func(p *fingerprint.Profile) int64 { return p.FirstSeen + baseline.Day + 3_600_000 }
	members := each(people(40, 3), func(i int, p *fingerprint.Profile) {
		if i < 20 {
			p.LastSeen = p.FirstSeen + baseline.Day
		} else {
			p.FirstSeen = begins(p)
		}
	})
	b := among(members)
	require.Greater(t, b.bits(t, "succession"), 1.5)
	b.ctx.Lives = nil
	for _, p := range people(600, 77) {
		p.LastSeen = p.FirstSeen + baseline.Day
		b.ctx.Lives.Add(p)
	}
	require.LessOrEqual(t, b.bits(t, "succession"), 0.0, "the weekend begins for everybody")
	b.ctx.Lives = b.ctx.Lives[:10]
	require.Zero(t, b.bits(t, "succession"), "ten others do not tell")
}

func TestSmallGroupsAreBelievedLess(t *testing.T) {
	long := func(_ int, p *fingerprint.Profile) { p.OutputTokens = uint64(p.Requests) * 3000 }
	small := among(each(people(4, 3), long)).bits(t, "output_length")
	large := among(each(people(60, 3), long)).bits(t, "output_length")
	require.Less(t, small, large)
}

func TestAccountsOfOneVerifiedOrganisationCountAsOne(t *testing.T) {
	b := among(each(people(30, 3), set(attribute.Payment, same)))
	g := b.group()
	g.Size = 0
	for i := range g.Members {
		g.Members[i].Weight = 1.0 / 30
		g.Size += g.Members[i].Weight
	}
	for _, d := range All() {
		if d.Spec.ID == "payment" {
			m, _ := d.Measure(g, b.ctx)
			require.Less(t, m.Bits, 0.01)
		}
	}
}

func TestNoDetectorSaysMoreThanItsSpecAllows(t *testing.T) {
	b := among(each(people(40, 3), func(i int, p *fingerprint.Profile) {
		set(attribute.Device, same)(i, p)
		p.OutputTokens = math.MaxUint32
	}))
	for _, d := range All() {
		e, ok := d.Evidence(b.group(), b.ctx)
		if ok {
			require.GreaterOrEqual(t, e.Bits, d.Spec.Min)
			require.LessOrEqual(t, e.Bits, d.Spec.Max)
		}
	}
	s := Spec{Min: -1, Max: 1}
	require.Zero(t, s.Clamp(math.NaN()))
}

func TestATextThatEveryMemberSentOnceIsShared(t *testing.T) {
	once := func(prompts uint32) func(int, *fingerprint.Profile) {
		return func(i int, p *fingerprint.Profile) {
			p.Requests, p.WithText, p.TemplateRequests = prompts, prompts, 0
			p.Template = p.Template[:0]
			for k := range 24 {
				hash := uint64(7000 + k)
				if k >= 12 {
					// What each asked in it.
					hash = uint64(1<<40 + 1000*i + k)
				}
				p.Template = append(p.Template, fingerprint.Counted{Hash: hash, Count: 1})
			}
		}
	}
	work := among(each(people(30, 3), once(1))).group().Work
	require.Len(t, work.Shingles, 12)
	require.True(t, work.HasText())
	require.InDelta(t, 30, work.Carriers, 1e-9)
	require.InDelta(t, 1, work.Traffic, 1e-9)
	require.InDelta(t, 1, work.Mass, 1e-9)
	work = among(each(people(30, 3), once(20))).group().Work
	require.Empty(t, work.Shingles, "of who sends much, what it wrote once says nothing")
}

func TestWhatOthersWroteOnceDoesNotMakeATextThatRecursCommon(t *testing.T) {
	// Thirty accounts send a text again and again; a hundred others tried it once.
	text := func(count uint32) []fingerprint.Counted {
		list := make([]fingerprint.Counted, 12)
		for k := range list {
			list[k] = fingerprint.Counted{Hash: uint64(7000 + k), Count: count}
		}
		return list
	}
	pool := each(people(30, 3), func(_ int, p *fingerprint.Profile) {
		p.Requests, p.WithText, p.TemplateRequests, p.Template = 40, 40, 40, text(40)
	})
	tried := each(people(100, 4), func(_ int, p *fingerprint.Profile) {
		p.Requests, p.WithText, p.TemplateRequests, p.Template = 5, 5, 0, text(1)
	})
	b := among(append(pool, tried...))
	b.members = pool
	again := b.group().Work
	b.members = tried
	once := b.group().Work
	require.Greater(t, again.Rarity, once.Rarity+1)
	require.InDelta(t, 1, again.Mass, 1e-9)
}
