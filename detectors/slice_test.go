package detectors

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// asks adds requests about a subject, of which a share is the subject's own, to a part of habits.
func asks(
	rng *rand.Rand, p *fingerprint.PartHabits, n int, subject [sketch.SubjectSize]float64,
	own, tokens float64,
) {
	for k := range n {
		half := &p.Halves[k%2]
		half.Count++
		for d, x := range unit(rng) {
			half.Sum[d] += math.Sqrt(own)*subject[d] + math.Sqrt(1-own)*x
		}
		size := tokens + rng.NormFloat64()
		s := fingerprint.Sizes{Squares: size * size}
		s.Counts[k%2], s.Sums[k%2] = 1, size
		p.Input.Add(&s)
		p.Output.Add(&s)
	}
}

func unit(rng *rand.Rand) (x [sketch.SubjectSize]float64) {
	sum := 0.0
	for d := range x {
		x[d] = rng.NormFloat64()
		sum += x[d] * x[d]
	}
	for d := range x {
		x[d] /= math.Sqrt(sum)
	}
	return x
}

const (
	// leasedText and ownText are the first shingles of the pool's text and of the owners' programs.
	leasedText, ownText = uint64(1) << 40, uint64(2) << 40
	leasedWork          = 12
)

// lease makes the accounts leased ones: the owner's program writes n requests about a matter of his
// own, and the pool sends twelve beside them, dealt out, with long answers. unnamed leaves out
// which template is whose.
func lease(members []*fingerprint.Profile, n int, unnamed bool) []*fingerprint.Profile {
	rng := rand.New(rand.NewPCG(5, 5))
	for i, p := range members {
		p.Requests = uint32(n + leasedWork)
		p.WithText, p.WithMessages, p.WithOutput = p.Requests, p.Requests, p.Requests
		p.Prompts, p.TemplateRequests = p.Requests, p.Requests
		p.SingleTurn, p.TemplateSingleTurn = leasedWork, leasedWork
		p.OutputTokens = uint64(40*n + 4000*leasedWork)
		p.TemplateOutput = p.OutputTokens
		p.TemplateIntents = [8]uint32{leasedWork}
		p.Intents = p.TemplateIntents
		own := ownText + uint64(i)<<8
		var h fingerprint.Habits
		h.Templates[0] = fingerprint.TemplateUse{
			Name: leasedText, Requests: leasedWork, SingleTurn: leasedWork,
			Output: 4000 * leasedWork, Intents: p.Intents,
		}
		h.Templates[1] = fingerprint.TemplateUse{
			Name: own, Requests: uint32(n), Output: uint64(40 * n),
		}
		if unnamed {
			h.Templates[0].Name = own + 1
		}
		subject := unit(rng)
		asks(rng, &h.Parts[0], leasedWork, subject, 0, 12)
		asks(rng, &h.Parts[1], n, subject, 0.3, 4+4*rng.Float64())
		if unnamed {
			h.Templates[0], h.Templates[1] = h.Templates[1], h.Templates[0]
			h.Parts[0], h.Parts[1] = h.Parts[1], h.Parts[0]
		}
		p.Habits = h.Pack(nil)
		for k := range uint64(6) {
			p.Template = append(p.Template,
				fingerprint.Counted{Hash: own + k, Count: uint32(n)},
				fingerprint.Counted{Hash: leasedText + k, Count: leasedWork})
		}
	}
	return members
}

func TestWhatAPoolDoesOnLeasedAccountsIsToldFromWhatTheirOwnersDo(t *testing.T) {
	leased := among(lease(people(40, 1), 60, false))
	mixed := among(lease(people(40, 1), 60, true))
	for id, least := range map[string]float64{
		"subjects": 1, "history": 0.5, "sizes": 0.5, "output_length": 1, "single_turn": 1,
		"elicitation": 1,
	} {
		require.Greater(t, leased.bits(t, id), least, id)
		require.LessOrEqual(t, mixed.bits(t, id), leased.bits(t, id), id)
	}
	require.Less(t, mixed.bits(t, "subjects"), -1.0, "by all templates, they are individuals")
}

func TestTheHoursOfAnAccountAreNotThoseOfASmallerPartOfItsRequests(t *testing.T) {
	for id := range map[string]bool{"clock": true, "load_balance": true} {
		for n, measured := range map[int]bool{60: false, 6: true} {
			b := among(lease(people(40, 1), n, false))
			_, ok := detector(t, id).Measure(b.group(), b.ctx)
			require.Equal(t, measured, ok, "%s beside %d requests of the owner", id, n)
		}
	}
}

func detector(t *testing.T, id string) Detector {
	t.Helper()
	for _, d := range All() {
		if d.Spec.ID == id {
			return d
		}
	}
	t.Fatalf("no detector %s", id)
	return Detector{}
}

func TestATextThatIsMostOfWhatAnAccountDoesHasTheFiguresOfTheAccount(t *testing.T) {
	b := among(lease(people(40, 1), 6, false))
	g := b.group()
	require.False(t, g.sliced)
	for i := range g.Members {
		require.Same(t, g.Members[i].Vector, g.Members[i].figures())
	}
}

func TestSlicesAreComparedWithTheControlsWithoutWhatTheAccountsAreElsewhere(t *testing.T) {
	// A sixth of the population is leased: what their owners do must not stand for the others.
	few, many := among(lease(people(40, 1), 60, false)), among(lease(people(120, 1), 60, false))
	for _, f := range []baseline.Feature{baseline.OutputLength, baseline.SingleTurn} {
		a, b := few.group().rank(f, few.ctx), many.group().rank(f, many.ctx)
		require.InDelta(t, a.mean, b.mean, 0.01)
		require.InDelta(t, a.others, b.others, 0.15)
		require.InDelta(t, a.median, b.median, 0.15)
		require.InDelta(t, a.auc, b.auc, 0.05)
	}
}

// usedFrom makes the accounts used from a network of their owner's on the day before the work of
// leased began, and from some networks, of the account by number, for the work.
func usedFrom(
	t *testing.T, leased []*fingerprint.Profile, work func(i, k int) int,
) []*fingerprint.Profile {
	t.Helper()
	const began = 20_003 * 24
	for i, p := range leased {
		p.LastSeen = 20_003*baseline.Day + baseline.Day/2
		var h fingerprint.Habits
		require.True(t, p.Habits.Unpack(&h))
		for k := range h.Templates {
			if h.Templates[k].Name == 0 {
				continue
			}
			h.Templates[k].Since = began
			if h.Templates[k].Name == leasedText {
				for n := range leasedWork {
					h.Parts[k].Networks[work(i, n)]++
				}
			}
		}
		p.Habits = h.Pack(nil)
		p.Networks = fingerprint.NetworkDays{0, 1 << home(i)}
	}
	return leased
}

// home is the group of networks that an account's owner is in.
func home(i int) int { return i * 7 % fingerprint.NumNetworks }

func TestWorkFromOtherNetworksThanTheOwnersIsSeen(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	proxies := func(int, int) int { return rng.IntN(fingerprint.NumNetworks) }
	for name, c := range map[string]struct {
		work        func(i, k int) int
		least, most float64
		foreign     bool
	}{
		"through many proxies":    {proxies, 1.5, 2, true},
		"from home":               {func(i, _ int) int { return home(i) }, -1, -0.5, false},
		"from a service's server": {func(int, int) int { return 3 }, 0, 0, true},
		"from home half of the time": {
			func(i, k int) int {
				if k%2 == 0 {
					return home(i)
				}
				return proxies(i, k)
			}, -1, -0.5, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := among(usedFrom(t, lease(people(40, 1), 60, false), c.work))
			bits := b.bits(t, "foreign_networks")
			require.GreaterOrEqual(t, bits, c.least)
			require.LessOrEqual(t, bits, c.most)
			share, began, ok := b.group().Takeover(b.ctx)
			require.True(t, ok)
			require.EqualValues(t, 20_003*24, began)
			require.Equal(t, c.foreign, share > half)
		})
	}
}

func TestAccountsThatWereNotUsedBeforeAreNotTakenOver(t *testing.T) {
	anywhere := func(i, k int) int { return (i + k) % 16 }
	fresh := usedFrom(t, lease(people(40, 1), 60, false), anywhere)
	for _, p := range fresh {
		p.Networks, p.ActiveHour = fingerprint.NetworkDays{}, [6]uint64{1}
	}
	b := among(fresh)
	require.Zero(t, b.bits(t, "foreign_networks"))
	require.Zero(t, b.bits(t, "history"), "what they send besides may be the same work")
	_, _, ok := b.group().Takeover(b.ctx)
	require.False(t, ok)
	old := usedFrom(t, lease(people(40, 1), 60, false), anywhere)
	require.NotZero(t, among(old).bits(t, "history"))
}

func TestTheFirstRequestsByATemplateAreNoLifeBeforeTheWorkBegan(t *testing.T) {
	// A template has its name from the third request on: until then they are among the others.
	const began, hour = 20_003 * 24, 3_600_000
	since := func(before int64) bench {
		anywhere := func(i, k int) int { return (i + k) % 16 }
		pool := usedFrom(t, lease(people(40, 1), 60, false), anywhere)
		for _, p := range pool {
			first := began - before
			p.FirstSeen = first * hour
			i := p.LastSeen/hour - first
			require.Less(t, i, int64(fingerprint.SlotsHour))
			p.ActiveHour = [6]uint64{}
			p.ActiveHour[i/64] = 1 << (i % 64)
			p.Requests = uint32(i)
		}
		return among(pool)
	}
	b, old := since(2), since(30)
	require.Zero(t, b.bits(t, "history"), "two requests of one an hour")
	require.NotZero(t, old.bits(t, "history"), "they were used a day before")
}

func TestPromptsThatAreAskedAgainOnTheirAccountDoNotMakeAnIndividualOfIt(t *testing.T) {
	// Each account asks five prompts of their own lengths, sixteen times each, for many answers.
	rng := rand.New(rand.NewPCG(9, 9))
	members := people(40, 1)
	for _, p := range members {
		var h fingerprint.Habits
		part := &h.Parts[fingerprint.Other]
		for k := range 5 {
			size := 8 + 2*rng.NormFloat64()
			for range 16 {
				part.Input.Counts[k%2]++
				part.Input.Sums[k%2] += size
				part.Input.Squares += size * size
			}
		}
		p.Habits = h.Pack(nil)
	}
	require.Greater(t, among(members).bits(t, "sizes"), -0.5)
	for i, p := range members {
		var h fingerprint.Habits
		part := &h.Parts[fingerprint.Other]
		for k := range 80 {
			size := 8 + float64(i%5) + 0.5*rng.NormFloat64()
			part.Input.Counts[k%2]++
			part.Input.Sums[k%2] += size
			part.Input.Squares += size * size
		}
		p.Habits = h.Pack(nil)
	}
	require.Less(t, among(members).bits(t, "sizes"), -0.5, "who asks at length always does")
}

func TestAnswersThatALimitCutsSayNothingOfTheirAccount(t *testing.T) {
	// A pool whose work is dealt out. A third of its accounts have a low limit: only the shorter
	// half of their answers is whole.
	rng := rand.New(rand.NewPCG(1, 9))
	members := people(24, 1)
	for i, p := range members {
		var h fingerprint.Habits
		part := &h.Parts[fingerprint.Other]
		asks(rng, part, 40, unit(rng), 0, 10)
		if i%3 == 0 {
			part.Output = fingerprint.Sizes{}
			for k := range 20 {
				size := 10 - math.Abs(rng.NormFloat64())
				s := fingerprint.Sizes{Squares: size * size}
				s.Counts[k%2], s.Sums[k%2] = 1, size
				part.Output.Add(&s)
			}
		}
		p.Habits = h.Pack(nil)
	}
	pool := among(members)
	k, ok := pool.group().compareSizes(pool.ctx, wholeAnswers)
	require.True(t, ok)
	require.Equal(t, 16, k.accounts)
	require.Greater(t, sizePrior().bits(&k), 0.0)
	k, ok = pool.group().compareSizes(
		pool.ctx, func(p *fingerprint.PartHabits) *fingerprint.Sizes { return &p.Output },
	)
	require.True(t, ok)
	require.Less(t, sizePrior().bits(&k), -1.0, "the limits would make individuals of them")
}

func TestWorkersWhosePromptsAreTheirOwnReplayNoSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 11))
	// prompts are those of an account: its own, or drawn from a set that all have.
	work := func(prompts func(account, k int) uint64) bench {
		members := people(24, 1)
		for i, p := range members {
			var h fingerprint.Habits
			asks(rng, &h.Parts[fingerprint.Other], 60, unit(rng), 0, 10)
			p.Habits = h.Pack(nil)
			for k := range fingerprint.MaxItems {
				p.Items = append(p.Items, prompts(i, k))
			}
			slices.Sort(p.Items)
			p.Items = slices.Compact(p.Items)
		}
		return among(members)
	}
	own := work(func(account, k int) uint64 { return hashed(account*100 + k) })
	require.Greater(t, own.bits(t, "subjects"), 2.5)
	set := work(func(_, _ int) uint64 { return hashed(rng.IntN(500)) })
	require.InDelta(t, 1.8, set.bits(t, "subjects"), 0.2, "evaluators of a public set")
	unknown := work(func(_, _ int) uint64 { return hashed(1) })
	require.InDelta(t, 1.8, unknown.bits(t, "subjects"), 0.2, "too few prompts to tell")
}

// hashed is a keyed hash as far as a test needs one.
func hashed(x int) uint64 { return uint64(x+1) * 0x9e3779b97f4a7c15 }
