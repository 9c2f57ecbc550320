package fingerprint

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/sketch"
)

func TestATemplateIsFoundWhereverItsSlotsAre(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(500) {
		f.Observe(templated(1, 7, n, origin+int64(n)*millis(time.Minute)))
	}
	p := profileOf(f)
	want := map[uint64]bool{}
	for _, h := range shingles(12, useTemplate, 7) {
		want[h] = true
	}
	require.Len(t, p.Template, 12, "the slots' contents stay out")
	for _, c := range p.Template {
		require.True(t, want[c.Hash])
		require.EqualValues(t, 500, c.Count)
	}
	require.Equal(t, []Counted{{hash(useTemplate, 7), 500}}, p.Layouts)
	require.EqualValues(t, 498, p.TemplateRequests, "from the third one on")
	require.EqualValues(t, 498*200, p.TemplateOutput)
	require.EqualValues(t, 498, p.TemplateSingleTurn)
	require.Equal(t, [8]uint32{498}, p.TemplateIntents)
	require.Equal(t, [8]uint32{500}, p.Intents)
}

func TestTheHarvestingSliceIsToldFromTheTrafficAroundIt(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(500) {
		o := request(1, n, origin+int64(n)*millis(time.Minute))
		o.ReasoningTokens, o.Sketch.Intents = 10, sketch.Rubric
		if n%10 < 3 {
			o = templated(1, 7, n, o.Time)
			o.ReasoningTokens, o.Sketch.Intents = 1000, sketch.Reasoning|sketch.Coercion
		}
		f.Observe(o)
	}
	p := profileOf(f)
	require.EqualValues(t, 148, p.TemplateRequests, "150 but the first two")
	require.Equal(t, [8]uint32{148, 148}, p.TemplateIntents)
	require.Equal(t, [8]uint32{150, 150, 350}, p.Intents)
	require.EqualValues(t, 500, p.WithReasoning)
}

func TestTheTemplatesSliceIsPartOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opts := DefaultOptions()
		f := New(&opts)
		r := seeded(rapid.Uint64().Draw(t, "seed"))
		kind := rapid.SampledFrom([]func(*rand.Rand, uint64, int64) *Observation{wild, hostile}).
			Draw(t, "kind")
		for n := range rapid.Uint64Range(1, 300).Draw(t, "events") {
			f.Observe(kind(r, n, origin+int64(n)*millis(time.Hour)))
		}
		p := profileOf(f)
		require.LessOrEqual(t, p.TemplateRequests, p.WithText)
		require.LessOrEqual(t, p.TemplateOutput, p.OutputTokens)
		for i, n := range p.TemplateIntents {
			require.LessOrEqual(t, n, min(p.TemplateRequests, p.Intents[i]))
		}
	})
}

func TestOrganicTalkHasNoTemplate(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(5000) {
		f.Observe(chat(1, n, origin+int64(n)*millis(time.Minute)))
	}
	p := profileOf(f)
	require.Empty(t, p.Template)
	require.Empty(t, p.Layouts)
	require.Less(t, p.TemplateRequests, uint32(5), "false positives of the doorkeeper")
}

func TestASlowAccountShowsItsTemplateAfterAFewRequests(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(6) {
		// One request in four hours; every section of the template comes in one of two wordings.
		o := request(1, n, origin+int64(n)*millis(4*time.Hour))
		o.Sketch.Turn = sorted(shingles(8, useTemplate, n%2), shingles(20, useShingle, n))
		f.Observe(o)
	}
	p := profileOf(f)
	require.Len(t, recurring(p), 16)
	require.EqualValues(t, 3, p.Template[0].Count)
}

// recurring lists what a profile holds for the account's template.
func recurring(p *Profile) (out []Counted) {
	for _, c := range p.Template {
		if c.Count >= Recurs(p.WithText) {
			out = append(out, c)
		}
	}
	return out
}

func TestAnAccountThatHasSentLittleShowsWhatItWroteOnce(t *testing.T) {
	f, _ := newTest(t)
	send := func(n uint64) *Profile {
		f.Observe(templated(1, 7, n, origin+int64(n)*millis(4*time.Hour)))
		return profileOf(f)
	}
	p := send(0)
	require.Len(t, p.Template, 22, "its only prompt, the template and what is in its slot")
	require.Empty(t, recurring(p))
	p = send(1)
	require.Len(t, recurring(p), 12)
	require.Len(t, p.Template, 12+2*10)
	for n := uint64(2); n < fewPrompts-1; n++ {
		p = send(n)
	}
	require.Len(t, p.Template, MaxTemplate, "what is written once takes the room that is left")
	require.Len(t, recurring(p), 12)
	require.Len(t, send(fewPrompts).Template, 12)
	require.Len(t, f.turns, 12, "and no longer in the state")
}

func TestOfWhatAccountsWroteOnceTheSmallestHashesStay(t *testing.T) {
	// Two accounts that wrote the same among much else: what they both show is the same part of it.
	common := shingles(60, useTemplate, 7)
	var shown [2]map[uint64]bool
	for account := range shown {
		f, _ := newTest(t)
		for n := range uint64(3) {
			o := request(1, n, origin+int64(n)*millis(time.Hour))
			o.Sketch.Turn = sorted(shingles(60, useShingle, uint64(account), n))
			if n == 1 {
				o.Sketch.Turn = common
			}
			f.Observe(o)
		}
		shown[account] = map[uint64]bool{}
		for _, c := range profileOf(f).Template {
			shown[account][c.Hash] = true
		}
	}
	both := 0
	for _, h := range common {
		if shown[0][h] && shown[1][h] {
			both++
		}
	}
	require.Greater(t, both, 15, "a third of it, not a ninth as if each had kept others")
}

func TestALongSystemPromptDoesNotPushTheTemplateOut(t *testing.T) {
	f, _ := newTest(t)
	r := seeded(3)
	for n := range uint64(400) {
		o := templated(1, 7, n, origin+int64(n)*millis(time.Minute))
		// Eight different prompts of the longest kind, as the tenants of an application have them.
		o.Sketch.System = sorted(shingles(64, useSystem, r.Uint64N(8)))
		f.Observe(o)
	}
	p := profileOf(f)
	require.Len(t, p.Template, MaxTemplate)
	found := map[uint64]uint32{}
	for _, c := range p.Template {
		found[c.Hash] = c.Count
	}
	for _, h := range shingles(12, useTemplate, 7) {
		require.EqualValues(t, 400, found[h])
	}
}

func TestAShingleInSystemPromptAndTurnCountsOncePerRequest(t *testing.T) {
	f, _ := newTest(t)
	text := sorted(shingles(10, useTemplate, 1))
	for n := range uint64(30) {
		o := request(1, n, origin+int64(n)*millis(time.Minute))
		// A relay moves the system prompt into the turn in every other request, and leaves it in
		// both in some.
		switch n % 3 {
		case 0:
			o.Sketch.System = text
		case 1:
			o.Sketch.Turn = text
		default:
			o.Sketch.System, o.Sketch.Turn = text, text
		}
		f.Observe(o)
	}
	p := profileOf(f)
	require.Len(t, p.Template, 10)
	for _, c := range p.Template {
		require.EqualValues(t, 30, c.Count)
	}
}

func TestAFrequentShingleSurvivesAFloodOfRecurringOnes(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(2000) {
		o := templated(1, 7, n, origin+int64(n)*millis(time.Minute))
		// Thirty shingles that come twice and never again.
		o.Sketch.Turn = sorted(o.Sketch.Turn, shingles(30, useShingle, 1<<40+n/2))
		f.Observe(o)
	}
	found := map[uint64]uint32{}
	for _, c := range profileOf(f).Template {
		found[c.Hash] = c.Count
	}
	for _, h := range shingles(12, useTemplate, 7) {
		require.InDelta(t, 2000, float64(found[h]), 20)
	}
}

func TestAnAccountThatChangesItsWorkShowsIt(t *testing.T) {
	f, opts := newTest(t)
	n := uint64(0)
	for ; n < 700; n++ {
		f.Observe(templated(1, 7, n, origin+int64(n)*millis(time.Hour)))
	}
	for ; n < 1400; n++ {
		f.Observe(templated(1, 8, n, origin+int64(n)*millis(time.Hour)))
	}
	p := profileOf(f)
	require.Greater(t, f.agedAt, origin+millis(opts.HalfLife))
	share := map[uint64]float64{}
	for _, c := range p.Template {
		share[c.Hash] = float64(c.Count) / float64(p.WithText)
	}
	before, after := share[shingles(12, useTemplate, 7)[0]], share[shingles(12, useTemplate, 8)[0]]
	require.Less(t, before, 0.1)
	require.InDelta(t, 1, before+after, 0.05,
		"counts are shares of the recent requests, on the footing of the horizon's")
	require.LessOrEqual(t, after, 1.0)
}
