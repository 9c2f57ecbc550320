package detectors

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/axiomhq/hyperloglog"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// agents are accounts whose program declares tools and answers at length.
func agents(n int, seed uint64) []*fingerprint.Profile {
	return each(people(n, seed), func(i int, p *fingerprint.Profile) {
		set(attribute.Tools, same)(i, p)
		p.OutputTokens = uint64(p.Requests) * uint64(2500+i%100)
	})
}

// measured is a detector's bits and words for accounts among ordinary ones and others.
func measured(t *testing.T, id string, members, others []*fingerprint.Profile) (float64, string) {
	t.Helper()
	b := among(append(members, others...))
	g := b.group()
	g.Members = g.Members[:len(members)]
	g.Size = float64(len(members))
	g.SelfShare = g.Size / float64(b.ctx.Baseline.N)
	for _, d := range All() {
		if d.Spec.ID == id {
			e, _ := d.Evidence(g, b.ctx)
			return e.Bits, e.Expected
		}
	}
	t.Fatalf("no detector %q", id)
	return 0, ""
}

func TestWhatAllAccountsOfAKindDoIsNoHarvest(t *testing.T) {
	bits, expected := measured(t, "output_length", agents(40, 3), agents(100, 4))
	require.InDelta(t, 0, bits, 0.3)
	require.Contains(t, expected, WithAlike.String())
	bits, _ = measured(t, "output_length", agents(40, 3), nil)
	require.Greater(t, bits, 1.0, "there are no others of their kind: compared with all")
}

func TestAGroupThatIsHalfOfItsKindIsComparedWithTheOtherHalf(t *testing.T) {
	short := each(agents(40, 4), func(_ int, p *fingerprint.Profile) {
		p.OutputTokens = uint64(p.Requests) * 150
	})
	bits, expected := measured(t, "output_length", agents(40, 3), short)
	require.Greater(t, bits, 1.5)
	require.Contains(t, expected, WithAlike.String())
}

func TestUsersOfTheSameProgramComeFirst(t *testing.T) {
	b := among(each(people(40, 3), func(i int, p *fingerprint.Profile) {
		p.OutputTokens = uint64(p.Requests) * 3000
	}))
	g := b.group()
	before := g.rank(baseline.OutputLength, b.ctx)
	require.Greater(t, before.auc, 0.9)
	called := 0
	g.SameProgram = func() *baseline.Controls {
		called++
		var vectors []*baseline.Vector
		for _, p := range each(people(30, 9), func(_ int, p *fingerprint.Profile) {
			p.OutputTokens = uint64(p.Requests) * 3000
		}) {
			v := baseline.Features(p)
			vectors = append(vectors, &v)
		}
		return baseline.NewControls(vectors)
	}
	g.Match()
	g.Match()
	require.Equal(t, 1, called)
	r := g.rank(baseline.OutputLength, b.ctx)
	require.InDelta(t, 0.5, r.auc, 0.01)
	require.Equal(t, WithProgram, r.compared)
	require.Equal(t, "users of the same program", r.compared.String())
}

func TestFewControlsAreBelievedLess(t *testing.T) {
	few := logOdds(&ranked{auc: 1, n: 200, controls: 20}, DefaultPriorWeight)
	many := logOdds(&ranked{auc: 1, n: 200, controls: 4000}, DefaultPriorWeight)
	require.Less(t, few, many-1)
	require.InDelta(t, logOdds(&ranked{auc: 1, n: 20, controls: 200}, DefaultPriorWeight), few,
		1e-9, "as little as few members")
}

func TestTheYieldOfOneAccountIsItsVolume(t *testing.T) {
	long := func(_ int, p *fingerprint.Profile) {
		p.SingleTurn, p.OutputTokens = p.Requests, uint64(p.Requests)*9000
	}
	require.Greater(t, among(each(people(40, 3), long)).bits(t, "yield"), 1.5)
	require.Zero(t, among(each(people(1, 3), long)).bits(t, "yield"))
	require.LessOrEqual(t, among(each(people(40, 3), func(_ int, p *fingerprint.Profile) {
		p.SingleTurn = 0
	})).bits(t, "yield"), 0.0)
}

func TestSomeAnswersToEachPromptAreNoMitigatingEvidence(t *testing.T) {
	repeated := func(times uint32) float64 {
		return among(each(people(40, 3), func(_ int, p *fingerprint.Profile) {
			p.Requests, p.WithText, p.Prompts = 64, 64, 64/times
		})).bits(t, "novelty")
	}
	require.Less(t, repeated(32), -2.0, "a job that runs again and again")
	require.GreaterOrEqual(t, repeated(2), -1.1, "two answers to each prompt, to choose between")
	require.Greater(t, repeated(4), repeated(16))
}

// sends gives an account a template and the sketch of its prompts.
func sends(t *testing.T, p *fingerprint.Profile, prompts func(k int) uint64, n int) {
	t.Helper()
	hashes := make([]uint64, n)
	for k := range hashes {
		hashes[k] = prompts(k) * 0x9e3779b97f4a7c15
	}
	sendsHashes(t, p, hashes)
}

func sendsHashes(t *testing.T, p *fingerprint.Profile, hashes []uint64) {
	t.Helper()
	s := hyperloglog.New()
	for _, h := range hashes {
		s.InsertHash(h)
	}
	var err error
	p.PromptHLL, err = s.MarshalBinary()
	require.NoError(t, err)
}

func TestAListDrawnWithRepetitionIsNotAReplayedSet(t *testing.T) {
	dealt := func(prompts func(i, k int) uint64, n int) float64 {
		return among(each(people(40, 3), func(i int, p *fingerprint.Profile) {
			template(10, 1)(i, p)
			sends(t, p, func(k int) uint64 { return prompts(i, k) }, n)
		})).bits(t, "dealt_out")
	}
	set := dealt(func(_, k int) uint64 { return uint64(1 + k) }, 100)
	require.Less(t, set, -3.0, "everybody sends one set")
	two := dealt(func(i, k int) uint64 { return uint64(1 + k + i%2*1000) }, 100)
	require.Less(t, two, -2.5, "each of two sets is sent whole")
	drawn := dealt(func(i, k int) uint64 { return uint64(1 + (i*7919+k*104_729+k*k)%997) }, 100)
	require.Greater(t, drawn, -1.0, "each sends a tenth of one list")
	require.Zero(t, dealt(func(i, k int) uint64 { return uint64(1 + i*1000 + k) }, 100),
		"a divided list is no evidence: users of one tool show it too")
}

func TestARejectedConversationThatGoesOnElsewhereIsWorthMoreThanAnyOther(t *testing.T) {
	hopping := func(change func(g *Group, c *Context)) float64 {
		b := among(people(40, 3))
		g := b.group()
		g.Unnamed, b.ctx.Unnamed = 40, 640
		b.ctx.Rejections = 200
		change(g, b.ctx)
		for _, d := range All() {
			if d.Spec.ID == "hopping" {
				m, ok := d.Measure(g, b.ctx)
				require.Equal(t, ok, m.Bits > 0)
				if ok {
					observed, _, _ := d.Explain(g, m)
					require.NotEmpty(t, observed)
				}
				return d.Spec.Clamp(m.Bits)
			}
		}
		return 0
	}
	relay := func(g *Group, c *Context) {
		g.Rejections, g.TakenOver, g.HandOvers = 12, 10, 4
		g.UnnamedRejections, g.UnnamedTakenOver = 12, 10
		c.TakenOver = 10
	}
	require.Greater(t, hopping(relay), 2.5, "a few accounts were rejected, and others went on")
	require.Less(t, hopping(func(g *Group, c *Context) {
		relay(g, c)
		c.TakenOver = 150
	}), 1.0, "everybody else's go on elsewhere too")
	require.Zero(t, hopping(func(g *Group, _ *Context) { g.Rejections = 12 }),
		"rejections alone are nobody's fault")
}

// variety gives people the habits in which harvests differ: reasoning, intents, conversations.
func variety(n int, seed uint64) []*fingerprint.Profile {
	rng := rand.New(rand.NewPCG(seed, 6))
	return each(people(n, seed), func(i int, p *fingerprint.Profile) {
		p.WithReasoning, p.ReasoningTokens = p.Requests, uint64(p.Requests)*uint64(50+rng.IntN(500))
		p.Prompts = max(1, uint32(float64(p.Requests)*(1-rng.Float64()*rng.Float64()/2)))
		p.Sources = uint32(1 + rng.IntN(int(p.Requests)))
		p.Continued = 3 + uint32(rng.IntN(9))
		for k := range 5 {
			if rng.IntN(8) == 0 {
				p.Intents[k] = uint32(rng.IntN(int(p.Requests) + 1))
			}
		}
		if rng.IntN(10) == 0 {
			p.ContinuedUnserved = uint32(rng.IntN(int(p.Continued)))
		}
		if i%3 == 0 {
			set(attribute.Tools, same)(i, p)
		}
	})
}

// TestTheHarvestOfRandomGroupsIsWorthNothingOnAverage holds the law of docs/detectors.md for the
// detectors of a harvest: the mean of 2^bits over random groups is at most 1, so that b bits come
// by chance in one group of 2^b at most (e-values: Vovk & Wang 2021). Both axes of the sampling are
// covered: groups that are counted in the baseline and groups that are not. The margin is two
// standard errors of the mean of so many groups and a twentieth, for tails that 600 do not show.
func TestTheHarvestOfRandomGroupsIsWorthNothingOnAverage(t *testing.T) {
	all := variety(900, 21)
	b := among(nil)
	var entities []baseline.Entity
	for _, p := range all[:600] {
		v := baseline.Features(p)
		entities = append(entities, baseline.Entity{Profile: p, Vector: &v})
	}
	b.ctx.Baseline = baseline.Take(entities, len(entities), baseline.DefaultOptions())
	rng := rand.New(rand.NewPCG(5, 21))
	for _, size := range []int{8, 20, 60} {
		for _, from := range []int{0, 600} {
			const groups = 600
			sums, squares := map[string]float64{}, map[string]float64{}
			for range groups {
				g := &Group{Size: float64(size)}
				for _, i := range rng.Perm(300)[:size] {
					p := all[from+i]
					v := baseline.Features(p)
					m := Member{Profile: p, Vector: &v, Weight: 1}
					if from == 0 {
						m.Counted = b.ctx.Baseline.Stratum(p)
						g.SelfShare += 1.0 / 600
					}
					g.Members = append(g.Members, m)
				}
				for _, d := range All() {
					if d.Spec.Axis != Harvest {
						continue
					}
					bits := 0.0
					if m, ok := d.Measure(g, b.ctx); ok {
						bits = d.Spec.Clamp(m.Bits)
					}
					sums[d.Spec.ID] += math.Exp2(bits)
					squares[d.Spec.ID] += math.Exp2(2 * bits)
				}
			}
			for id, sum := range sums {
				mean := sum / groups
				se := math.Sqrt(math.Max(0, squares[id]/groups-mean*mean) / groups)
				require.LessOrEqual(t, mean, 1+2*se+0.05, "%s, groups of %d, from %d", id, size, from)
			}
		}
	}
}
