package fingerprint

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// unpacked are the habits that an account's profile shows.
func unpacked(t require.TestingT, f *Fingerprint) *Habits {
	h := new(Habits)
	require.True(t, profileOf(f).Habits.Unpack(h))
	return h
}

// opening is a request that opens a conversation and shares no text with others.
func opening(n uint64, at int64) *Observation {
	o := request(1, n, at)
	o.Sketch.Turn = nil
	o.Sketch.Continuation = hash(useTurn, n)
	o.InputTokens, o.OutputTokens = int64(hash(n)%5000)-1, int64(hash(n, 1)%900)-1
	return o
}

func observed(opts *Options, list ...*Observation) *Fingerprint {
	f := New(opts)
	for _, o := range list {
		f.Observe(o)
	}
	return f
}

func TestHabitsSumUpWhatRequestsAreAbout(t *testing.T) {
	_, opts := newTest(t)
	a, b := opening(1, origin), opening(2, origin+1000)
	a.Sketch.Exact, b.Sketch.Exact = 2, 3
	a.InputTokens, a.OutputTokens, b.InputTokens, b.OutputTokens = 1023, -1, 1023, 0
	h := unpacked(t, observed(opts, a, b))
	for i, o := range []*Observation{a, b} {
		half := h.Parts[Other].Halves[i]
		require.InDelta(t, 1, half.Count, 1e-9)
		for k, n := range o.Sketch.Subject {
			require.InDelta(t, float64(n)/64, half.Sum[k], 1e-9)
		}
		require.InDelta(t, 1, half.Dot(&half), 1e-9, "a subject has length 1")
	}
	require.Equal(
		t, Sizes{[2]float64{1, 1}, [2]float64{10, 10}, 200}, h.Parts[Other].Input, "by half",
	)
	require.Equal(
		t, Sizes{Counts: [2]float64{0, 1}}, h.Parts[Other].Output, "an unknown size is no size of 0",
	)
	require.Equal(t, [NumParts]PartHabits{Other: h.Parts[Other]}, h.Parts)
	require.Zero(t, h.Templates)
	require.Equal(t, h.Parts[Other], h.Pooled())
	require.Equal(t, h.Parts[Other].Halves[1], h.Half(1))
	require.InDelta(t, 2, new(h.Pooled()).All().Count, 1e-9)
}

func TestOnlyWholeAnswersWithoutReasoningAreSizes(t *testing.T) {
	_, opts := newTest(t)
	for name, c := range map[string]struct {
		change func(o *Observation)
		counts bool
	}{
		"whole":             {func(*Observation) {}, true},
		"of unknown status": {func(o *Observation) { o.Status = StatusUnknown }, true},
		"cut off":           {func(o *Observation) { o.Truncated = true }, false},
		"refused":           {func(o *Observation) { o.Refused = true }, false},
		"failed":            {func(o *Observation) { o.Status = StatusError }, false},
		"with reasoning":    {func(o *Observation) { o.ReasoningTokens = 40 }, false},
		"unknown":           {func(o *Observation) { o.OutputTokens = -1 }, false},
	} {
		o := opening(1, origin)
		o.Status, o.InputTokens, o.OutputTokens, o.ReasoningTokens = StatusOK, 1023, 255, 0
		c.change(o)
		p := unpacked(t, observed(opts, o)).Parts[Other]
		half := o.Sketch.Exact % NumHalves
		want := Sizes{Squares: 100}
		want.Counts[half], want.Sums[half] = 1, 10
		require.Equal(t, want, p.Input, name)
		want = Sizes{}
		if c.counts {
			want.Counts[half], want.Sums[half], want.Squares = 1, 8, 64
		}
		require.Equal(t, want, p.Output, name)
	}
}

func TestTheTemplatesRequestsAreAPartOfTheirOwn(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(20) {
		f.Observe(templated(1, 7, n, origin+int64(n)*1000))
		f.Observe(request(1, 100+n, origin+int64(n)*1000))
	}
	h := unpacked(t, f)
	require.InDelta(t, profileOf(f).TemplateRequests, h.Parts[0].All().Count, 1e-9)
	require.Equal(t, profileOf(f).TemplateRequests, h.Templates[0].Requests)
	require.InDelta(t, 40, new(h.Pooled()).All().Count, 1e-9)
}

func TestOneRequestOfAConversationCounts(t *testing.T) {
	_, opts := newTest(t)
	count := func(list ...*Observation) float64 {
		return new(unpacked(t, observed(opts, list...)).Pooled()).All().Count
	}
	talk := func(n, turn uint64) *Observation {
		o := opening(10*n+turn, origin+int64(10*n+turn)*1000)
		if turn > 0 {
			o.Sketch.Prefix = hash(useTurn, n, turn-1)
		}
		o.Sketch.Continuation = hash(useTurn, n, turn)
		return o
	}
	tool := talk(1, 1)
	tool.Sketch.Prefix = hash(useTurn, 1)
	tool.Sketch.Continuation = tool.Sketch.Prefix
	tool.Sketch.Subject = [32]int8{}
	blind := opening(4, origin)
	blind.HasText = false
	for name, c := range map[string]struct {
		list []*Observation
		want float64
	}{
		"turns that follow":           {[]*Observation{talk(1, 0), talk(1, 1), talk(1, 2)}, 1},
		"two conversations":           {[]*Observation{talk(1, 0), talk(2, 0), talk(2, 1)}, 2},
		"one served to somebody else": {[]*Observation{talk(1, 5), talk(1, 6)}, 1},
		"tool output":                 {[]*Observation{tool}, 0},
		"no text":                     {[]*Observation{blind}, 0},
		"a long time after": {[]*Observation{
			talk(1, 0), opening(9, origin+100*day/24), func() *Observation {
				o := talk(1, 1)
				o.Time = origin + 150*day/24
				return o
			}(),
		}, 3},
	} {
		t.Run(name, func(t *testing.T) { require.InDelta(t, c.want, count(c.list...), 1e-9) })
	}
}

func TestAPromptThatIsSentAgainIsInTheSameHalf(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(60) {
		o := opening(n%3, origin+int64(n)*1000)
		o.ID, o.Sketch.Exact = hash(n), 2*hash(n%3)
		f.Observe(o)
	}
	h := unpacked(t, f)
	require.InDelta(t, 60, h.Half(0).Count, 1e-9)
	require.Zero(t, h.Half(1))
}

func TestPropertyHabitsDoNotDependOnTheOrder(t *testing.T) {
	_, opts := newTest(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "requests")
		list := make([]*Observation, n)
		for i := range list {
			// Newer than the first event, so that none is late and none crosses a half-life.
			list[i] = opening(uint64(i), origin+1+int64(hash(uint64(i))%1000))
		}
		first := opening(1000, origin)
		shuffled := append([]*Observation{first}, rapid.Permutation(list).Draw(t, "order")...)
		want := unpacked(t, observed(opts, slices.Insert(list, 0, first)...))
		require.Equal(t, want, unpacked(t, observed(opts, shuffled...)))
		require.InDelta(t, n+1, new(want.Pooled()).All().Count, 1e-9)
	})
}

func TestPropertyHabitsOfAMergeAreThoseOfTheUnion(t *testing.T) {
	_, opts := newTest(t)
	rapid.Check(t, func(t *rapid.T) {
		a, b, union := New(opts), New(opts), New(opts)
		step := rapid.SampledFrom([]time.Duration{time.Minute, 8 * time.Hour}).Draw(t, "step")
		for i := range rapid.IntRange(1, 60).Draw(t, "requests") {
			o := opening(uint64(i), origin+int64(i)*millis(step))
			part := a
			if i > 0 && rapid.Bool().Draw(t, "of the second") {
				part = b
			}
			part.Observe(o)
			union.Observe(o)
		}
		require.NoError(t, a.Merge(b))
		got, want := unpacked(t, a), unpacked(t, union)
		for i, w := range subjectsOf(want) {
			g := subjectsOf(got)[i]
			// The second ages from its own first request on: up to one half-life apart.
			require.LessOrEqual(t, g.Count, 2*w.Count+1)
			require.GreaterOrEqual(t, 2*g.Count+1, w.Count)
			if step == time.Minute {
				require.Equal(t, w, g)
			}
		}
		if step == time.Minute {
			require.Equal(t, want, got)
		}
	})
}

func TestHabitsHalveWithTime(t *testing.T) {
	f, opts := newTest(t)
	for n := range uint64(5) {
		f.Observe(opening(n, origin+int64(n)))
	}
	before := *unpacked(t, f)
	f.age(origin + millis(opts.HalfLife))
	after := unpacked(t, f)
	for i, s := range subjectsOf(&before) {
		got := subjectsOf(after)[i]
		require.InDelta(t, s.Count/2, got.Count, 1e-9)
		for k, x := range s.Sum {
			require.InDelta(t, x/2, got.Sum[k], 0.05)
		}
	}
	f.age(origin + 20*millis(opts.HalfLife))
	require.Nil(t, f.habits, "what is left of five requests after twenty half-lives is nothing")
	require.Empty(t, profileOf(f).Habits)
}

func TestHabitsAreBoundedWhateverComes(t *testing.T) {
	var h habits
	var low [32]int8
	for i := range low {
		low[i] = -128
	}
	full := subjectSum{weight: maxWeight}
	sizes := sizeSum{
		weights: [2]uint32{maxWeight / 2, maxWeight / 2},
		sums:    [2]uint64{maxSizes / 2, maxSizes / 2}, squares: maxSquares,
	}
	var networks networkSum
	for i := range networks {
		networks[i] = maxWeight
	}
	for i := range full.sum {
		full.sum[i] = -maxSubjectSum - 1
	}
	h.templates = make([]templateHabits, MaxTemplates)
	for i := range h.templates {
		h.templates[i].use = TemplateUse{
			Name: math.MaxUint64 - MaxTemplates + uint64(i), Since: math.MaxUint32,
			Requests: maxUses, SingleTurn: maxUses, Output: maxSum, Intents: [8]uint32{7: maxUses},
		}
	}
	parts := func(each func(p *partHabits)) {
		for i := range NumParts {
			each(h.part(i))
		}
	}
	parts(func(p *partHabits) {
		*p = partHabits{
			halves: [2]subjectSum{full, full}, input: sizes, output: sizes,
			networks: networks,
		}
	})
	for range 3 {
		parts(func(p *partHabits) {
			for i := range p.halves {
				p.halves[i].add(&low)
			}
			p.input.add(0, math.MaxInt64)
			p.output.add(1, math.MaxInt64)
			p.networks.add(NumNetworks)
		})
		h = *h.merge(h.clone())
		r := newReader(h.appendBinary(nil))
		require.Equal(t, &h, r.habits())
		require.NoError(t, r.end())
		packed := h.pack(nil, scale{math.MaxUint32, 1})
		require.LessOrEqual(t, len(packed), maxPackedHabits)
		var out Habits
		require.True(t, packed.Unpack(&out))
		require.Negative(t, out.Half(0).Sum[31])
	}
}

func TestPackedHabitsKeepWhatTheyAreGiven(t *testing.T) {
	require.Empty(t, new(Habits).Pack(nil), "none take no memory")
	rapid.Check(t, func(t *rapid.T) {
		var h, back Habits
		for i := range rapid.IntRange(0, MaxTemplates).Draw(t, "templates") {
			h.Templates[i] = TemplateUse{
				Name:     uint64(i + 1),
				Since:    rapid.Uint32().Draw(t, "since"),
				Requests: rapid.Uint32Range(0, maxUses).Draw(t, "requests"),
				Output:   rapid.Uint64Range(0, maxSum).Draw(t, "output"),
				Intents:  [8]uint32{3: rapid.Uint32Range(0, maxUses).Draw(t, "intents")},
			}
		}
		for p := range h.Parts {
			if p < int(Other) && h.Templates[p].Name == 0 {
				continue
			}
			drawPart(t, &h.Parts[p])
		}
		require.True(t, h.Pack(nil).Unpack(&back))
		require.Equal(t, h.Templates, back.Templates)
		for i, s := range subjectsOf(&h) {
			got := subjectsOf(&back)[i]
			require.InDelta(t, s.Count, got.Count, 1e-9)
			largest := 0.0
			for _, x := range s.Sum {
				largest = max(largest, math.Abs(x))
			}
			for k, x := range s.Sum {
				require.InDelta(t, x, got.Sum[k], largest/(2*packedScale)+0.02)
			}
		}
		for i := range h.Parts {
			require.Equal(t, h.Parts[i].Input, back.Parts[i].Input)
			require.Equal(t, h.Parts[i].Output, back.Parts[i].Output)
			require.Equal(t, h.Parts[i].Networks, back.Parts[i].Networks)
		}
		var uses [MaxTemplates]TemplateUse
		h.Pack(nil).Uses(&uses)
		require.Equal(t, h.Templates, uses)
		again := back.Pack(nil)
		var third Habits
		require.True(t, again.Unpack(&third))
	})
	for name, spoilt := range map[string]PackedHabits{
		"cut short": {1, 1, 0, 16, 5, 1}, "a weight of 0": {1, 1, 0, 0, 0},
		"left over": {1, 1, 0, 16, 0, 9}, "a part of no template": {1, 16, 0, 16, 0},
		"four templates": {5}, "no number of templates": {0, 0, 0},
		"no number of templates, by half": {16, 0}, "sizes of no half": {17, 4, 0, 0, 0},
		"a part of no template, by half": {17, 32, 16, 0}, "no networks": {17, 16, 0},
	} {
		require.False(t, spoilt.Unpack(new(Habits)), name)
	}
	nan := Habits{}
	nan.Parts[0].Halves[0].Count, nan.Parts[0].Halves[0].Sum[3] = math.Inf(1), math.NaN()
	require.True(t, nan.Pack(nil).Unpack(new(Habits)), "what is no number is 0")
}

func drawPart(t *rapid.T, p *PartHabits) {
	for i := range p.Halves {
		s := &p.Halves[i]
		if s.Count = float64(rapid.IntRange(0, 16_000).Draw(t, "sixteenths")) / 16; s.Count == 0 {
			continue
		}
		for k := range s.Sum {
			s.Sum[k] = rapid.Float64Range(-s.Count, s.Count).Draw(t, "sum")
		}
	}
	for _, s := range p.sizes() {
		for half := range s.Counts {
			s.Counts[half] = float64(rapid.IntRange(0, 100).Draw(t, "sizes"))
			s.Sums[half] = 9.5 * s.Counts[half]
		}
		s.Squares = 99.75 * s.Count()
	}
	for i := range p.Networks {
		p.Networks[i] = float64(rapid.IntRange(0, 100).Draw(t, "networks"))
	}
}

func subjectsOf(h *Habits) (list []*Subjects) {
	for p := range h.Parts {
		for i := range h.Parts[p].Halves {
			list = append(list, &h.Parts[p].Halves[i])
		}
	}
	return list
}

func TestEachTemplateHasHabitsOfItsOwn(t *testing.T) {
	_, opts := newTest(t)
	f := New(opts)
	for n := range uint64(30) {
		o := templated(1, 7+n%2, n, origin+int64(n)*1000)
		o.Messages, o.OutputTokens = 1+int32(n%2), 100
		f.Observe(o)
	}
	h := unpacked(t, f)
	for i, use := range h.Templates[:2] {
		require.EqualValues(t, 13, use.Requests, "the first two sightings make a template")
		require.EqualValues(t, 1300, use.Output)
		require.InDelta(t, 13, h.Parts[i].All().Count, 1e-9)
	}
	require.EqualValues(t, 13, h.Templates[0].SingleTurn+h.Templates[1].SingleTurn)
	require.Zero(t, h.Templates[2])
	other := New(opts)
	for n := range uint64(9) {
		other.Observe(templated(2, 7, 100+n, origin+int64(n)*1000))
	}
	require.Contains(t, []uint64{h.Templates[0].Name, h.Templates[1].Name},
		unpacked(t, other).Templates[0].Name, "a text has one name in all accounts")
}

func TestTheMostSightedTemplatesKeepHabitsOfTheirOwn(t *testing.T) {
	_, opts := newTest(t)
	f := New(opts)
	n := uint64(0)
	send := func(template uint64, times int) {
		for range times {
			n++
			f.Observe(templated(1, template, n, origin+int64(n)*1000))
		}
	}
	for template, times := range []int{5, 12, 20, 9} {
		send(uint64(template), times)
	}
	h := unpacked(t, f)
	var requests []uint32
	for _, use := range h.Templates {
		requests = append(requests, use.Requests)
	}
	slices.Sort(requests)
	require.Equal(t, []uint32{4, 10, 18}, requests, "the fourth took the place of the first")
	require.InDelta(t, 46, new(h.Pooled()).All().Count, 1e-9, "nothing is lost")
}
