package detectors

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// lists gives each of n accounts the prompts that a rule says, as samples and sketches.
func lists(t *testing.T, n int, sends func(rng *rand.Rand, list []map[uint64]bool)) bench {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(n), 9))
	list := make([]map[uint64]bool, n)
	for i := range list {
		list[i] = map[uint64]bool{}
	}
	sends(rng, list)
	return among(each(people(n, 3), func(i int, p *fingerprint.Profile) {
		template(10, 1)(i, p)
		prompts := make([]uint64, 0, len(list[i]))
		for x := range list[i] {
			// The hash of a prompt, for the sample and for the sketch alike.
			x *= 0x9e3779b97f4a7c15
			prompts = append(prompts, (x^x>>29)*0xbf58476d1ce4e5b9)
		}
		slices.Sort(prompts)
		sendsHashes(t, p, prompts)
		p.Items = prompts[:min(len(prompts), fingerprint.MaxItems)]
	}))
}

// dealt deals each of some prompts out to k members at random.
func dealt(prompts, k int) func(*rand.Rand, []map[uint64]bool) {
	return func(rng *rand.Rand, list []map[uint64]bool) {
		for x := range prompts {
			for _, who := range rng.Perm(len(list))[:k] {
				list[who][uint64(1+x)] = true
			}
		}
	}
}

// drawn has each member draw a share of a public set.
func drawn(set int, share float64) func(*rand.Rand, []map[uint64]bool) {
	return func(rng *rand.Rand, list []map[uint64]bool) {
		for _, of := range list {
			for x := range set {
				if rng.Float64() < share {
					of[uint64(1+x)] = true
				}
			}
		}
	}
}

func TestAnswersThatAreDealtOutAreSeen(t *testing.T) {
	for _, k := range []int{2, 3, 4, 8} {
		n := max(40, 6*k)
		b := lists(t, n, dealt(40*n/k, k))
		require.InDelta(t, 3, b.bits(t, "dealt_answers"), 1e-9, "%d answers", k)
		require.Zero(t, b.bits(t, "dealt_out"), "%d answers are no public set", k)
	}
}

func TestPromptsOfTheirOwnAndPublicSetsAreNotDealtOut(t *testing.T) {
	for name, sends := range map[string]func(*rand.Rand, []map[uint64]bool){
		"each sends its own": func(_ *rand.Rand, list []map[uint64]bool) {
			for i := range list {
				for x := range 50 {
					list[i][uint64(1000*i+x+1)] = true
				}
			}
		},
		"all send one set":            drawn(120, 1),
		"each draws a tenth of a set": drawn(600, 0.1),
		"each draws a twentieth":      drawn(1200, 0.05),
		"each draws a third":          drawn(200, 0.33),
		"teams of four share a list": func(_ *rand.Rand, list []map[uint64]bool) {
			for i := range list {
				for x := range 50 {
					list[i][uint64(1000*(i/4)+x+1)] = true
				}
			}
		},
		"popular prompts beside their own": func(rng *rand.Rand, list []map[uint64]bool) {
			for i := range list {
				for x := range 30 {
					list[i][uint64(1000*i+x+1)] = true
					list[i][1<<40+uint64(rng.ExpFloat64()*20)] = true
				}
			}
		},
	} {
		for _, n := range []int{12, 40, 150} {
			require.LessOrEqual(t, lists(t, n, sends).bits(t, "dealt_answers"), 0.0, "%s: %d", name, n)
		}
	}
	require.Less(t, lists(t, 40, drawn(120, 1)).bits(t, "dealt_out"), -3.0,
		"a replayed set is mitigating as before")
}

// The law, where the null is hardest: members that draw as evenly as the null allows.
func TestPromptsDrawnAtRandomGiveNoBitsOnAverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	sum, groups := 0.0, 3000
	for range groups {
		n := 8 + rng.IntN(40)
		share := math.Exp(-3*rng.Float64()) / 2
		g := &Group{}
		list := make([]map[uint64]bool, n)
		for i := range list {
			list[i] = map[uint64]bool{}
		}
		drawn(20+rng.IntN(60), share)(rng, list)
		for i := range list {
			p := &fingerprint.Profile{}
			for x := range list[i] {
				p.Items = append(p.Items, x*0x9e3779b97f4a7c15)
			}
			slices.Sort(p.Items)
			p.Items = p.Items[:min(len(p.Items), fingerprint.MaxItems)]
			g.Members = append(g.Members, Member{Profile: p, Weight: 1})
		}
		sum += math.Exp2(g.deals().bits)
	}
	require.LessOrEqual(t, sum/float64(groups), 1.01)
}

func TestTheShareOfPromptsThatSomeSendByChanceIsBounded(t *testing.T) {
	require.InDelta(t, 3.0/7, mostOften(2), 1e-9)
	for k := fewestAnswers; k <= mostAnswers; k++ {
		// The chances of k among n members that send with chances of a half at most.
		for n := k; n < 40; n++ {
			for _, p := range []float64{0.05, 0.1, 0.2, 0.3, 0.4, 0.5} {
				ways := 1.0
				for i := range k {
					ways *= float64(n-i) / float64(k-i)
				}
				chance := ways * math.Pow(p, float64(k)) * math.Pow(1-p, float64(n-k)) /
					(1 - math.Pow(1-p, float64(n)))
				require.LessOrEqual(t, chance, mostOften(k)+1e-9, "k %d, n %d, p %g", k, n, p)
			}
		}
	}
}
