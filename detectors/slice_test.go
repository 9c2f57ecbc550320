package detectors

import (
	"math"
	"math/rand/v2"
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
		p.Input.Add(fingerprint.Sizes{Count: 1, Sum: size, Squares: size * size})
		p.Output.Add(fingerprint.Sizes{Count: 1, Sum: size, Squares: size * size})
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
