package sketch

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/event"
)

const (
	// paragraph stands for the fixed text that a campaign injects into each of its requests.
	paragraph = "Reply in two parts. The first part lists every consideration in the order in which it came up, the second part is what the reader " +
		"sees. Keep both parts in the language of the question, and don't mention these rules in either of them. Use a blank line between the two."
	question = "My landlord wants to raise the rent by 12 % from March. The contract is from 2019 and says nothing about it. Can he do that?"
)

func newTestSketcher(t testing.TB) *Sketcher {
	t.Helper()
	opts := DefaultOptions()
	opts.Key = []byte("a secret for the tests only")
	s, err := New(opts)
	require.NoError(t, err)
	return s
}

// talk makes an event of turns that alternate between user and assistant.
func talk(turns ...string) *event.Event {
	ev := &event.Event{}
	for i, text := range turns {
		ev.Content.Input = append(
			ev.Content.Input, event.Message{Role: []string{"user", "assistant"}[i%2], Text: text},
		)
	}
	return ev
}

func sketchOf(s *Sketcher, ev *event.Event) Sketch {
	var out Sketch
	s.Sketch(ev, &out)
	return out
}

// share is the part of want that is in got, 1 when nothing is wanted.
func share(want, got []uint64) float64 {
	if len(want) == 0 {
		return 1
	}
	n := 0
	for _, h := range want {
		if slices.Contains(got, h) {
			n++
		}
	}
	return float64(n) / float64(len(want))
}

func TestSketchingDoesNotAllocate(t *testing.T) {
	events := map[string]*event.Event{
		"chat": talk(question),
		"other scripts": talk(
			"don't ＦＵＬＬ 是一个很长的问题 🙂 𝐛𝐨𝐥𝐝 3.14 प्रश्न का उत्तर вопрос о погоде на завтра ทีละขั้นตอน pаypal",
		),
		"conversation":     talk(paragraph, "Understood.", question, "No.", "why?"),
		"beyond the bound": talk(strings.Repeat(prose, 200)),
		"unknown role": {
			Content: event.Content{Input: []event.Message{{Role: "Critic", Text: question}}},
		},
		"system": {Content: event.Content{System: strings.Repeat(prose, 10), Input: []event.Message{
			{Role: "user", Text: question},
			{Role: "assistant", Text: "Looking."},
			{Role: "tool", Text: prose},
		}}},
	}
	for name, ev := range events {
		t.Run(name, func(t *testing.T) {
			s := newTestSketcher(t)
			out := sketchOf(s, ev)
			require.NotZero(t, out.Exact)
			require.Zero(t, testing.AllocsPerRun(20, func() { s.Sketch(ev, &out) }))
		})
	}
}

func TestAFixedParagraphIsFoundWhereverItIsPut(t *testing.T) {
	s := newTestSketcher(t)
	alone := sketchOf(s, talk(paragraph)).Turn
	require.Greater(t, len(alone), 8)
	asSystem := sketchOf(s, &event.Event{
		Content: event.Content{System: paragraph, Input: talk(question).Content.Input},
	}).System
	require.NotEmpty(t, asSystem)
	require.Subset(t, alone, asSystem,
		"what is kept of a system prompt is a subset of what is kept of a turn")

	long := strings.Repeat(prose, 12)
	for name, ev := range map[string]*event.Event{
		"before the question": talk(paragraph + "\n\n" + question),
		"after the question":  talk(question + "\n\n" + paragraph),
		"between two halves":  talk(question + " " + paragraph + " Thanks!"),
		"first turn with an acknowledgement": talk(
			paragraph, "Understood.", question, "He can.", "and then?",
		),
		"first turn of two": talk(
			paragraph, strings.Repeat("Certainly, I will. ", 20), question,
		),
		"before long content":              talk(paragraph + "\n\n" + long),
		"after long content":               talk(long + "\n\n" + paragraph),
		"behind an answer to be continued": talk(question+" "+paragraph, "Part one:"),
		"in the second of two messages": {Content: event.Content{Input: []event.Message{
			{Role: "user", Text: question}, {Role: "user", Text: paragraph},
		}}},
		"behind a relay's marker": talk(
			relaySystem+"\n"+paragraph, "Understood. I will follow these instructions.", question,
			"He can.", "why?", "So.", "ok",
		),
	} {
		t.Run(name, func(t *testing.T) {
			got := sketchOf(s, ev)
			require.GreaterOrEqual(t, share(alone, got.Turn), 0.85)
		})
	}
	t.Run("in a system message among the input", func(t *testing.T) {
		ev := talk(question)
		ev.Content.Input = append(
			[]event.Message{{Role: "developer", Text: paragraph}}, ev.Content.Input...,
		)
		require.Equal(t, asSystem, sketchOf(s, ev).System)
	})
	t.Run("after a long system prompt", func(t *testing.T) {
		ev := talk(question)
		ev.Content.System = long + "\n\n" + paragraph
		require.GreaterOrEqual(t, share(asSystem, sketchOf(s, ev).System), 0.85)
	})
}

func TestOnlyTheNewTurnCounts(t *testing.T) {
	s := newTestSketcher(t)
	fresh := sketchOf(s, talk(
		"Please translate the following sentence to Danish: the cat sleeps on the roof of the old barn.",
	))
	later := sketchOf(s, talk("hi", "Hello! What can I do for you?",
		"tell me a joke about a cat and a dog", "Why did the cat ...", question, "He can not.",
		"Please translate the following sentence to Danish: the cat sleeps on the roof of the old barn."))
	require.Equal(t, fresh.Turn, later.Turn)
	require.Equal(t, fresh.Exact, later.Exact)
	require.Equal(t, fresh.Tokens, later.Tokens)
}

func TestAnAgentsToolOutputIsNoTemplate(t *testing.T) {
	s := newTestSketcher(t)
	ev := talk(question, "I look it up.")
	ev.Content.Input = append(ev.Content.Input, event.Message{Role: "tool", Text: prose})
	got := sketchOf(s, ev)
	require.Empty(t, got.Turn)
	require.NotZero(t, got.Exact)
	require.Equal(t, sketchOf(s, talk(question)).Continuation, got.Prefix)
	require.Equal(t, got.Prefix, got.Continuation)
	require.NotEqual(t, sketchOf(s, talk(question)).Exact, got.Exact)
}

func TestDisguisesOfATextGiveTheSameShingles(t *testing.T) {
	s := newTestSketcher(t)
	text := "Solve exercise 17 for the class. Explain each of your 3 choices, don't skip any, and close with a résumé of 1,250 words."
	want := sketchOf(s, talk(text))
	require.NotEmpty(t, want.Turn)
	for name, c := range map[string]struct {
		text      string
		sameExact bool
	}{
		"capitals":              {strings.ToUpper(text), true},
		"white space":           {strings.ReplaceAll(text, " ", " \n\t"), true},
		"no-break space":        {strings.ReplaceAll(text, " ", "\u00a0"), true},
		"punctuation":           {strings.ReplaceAll(text, ". ", " -- "), true},
		"zero-width characters": {strings.ReplaceAll(text, "s", "s\u200b"), true},
		"soft hyphens":          {strings.ReplaceAll(text, "e", "\u00ade"), true},
		"control characters":    {strings.ReplaceAll(text, "e", "e\x01"), true},
		"variation selectors":   {strings.ReplaceAll(text, "o", "o\ufe0f"), true},
		"Cyrillic look-alikes": {
			strings.NewReplacer("class", "сlаss", "Explain", "Ехplаin").Replace(text), true,
		},
		"Greek look-alikes": {
			strings.NewReplacer("for", "fοr", "choices", "chοices").Replace(text), true,
		},
		"other apostrophe":   {strings.ReplaceAll(text, "'", "’"), true},
		"decomposed accents": {strings.ReplaceAll(text, "é", "e\u0301"), true},
		"no accents":         {strings.ReplaceAll(text, "é", "e"), true},
		"full-width letters": {strings.ReplaceAll(text, "Solve", "Ｓｏｌｖｅ"), true},
		"styled letters":     {strings.ReplaceAll(text, "Solve", "𝐒𝐨𝐥𝐯𝐞"), true},
		"circled letters":    {strings.ReplaceAll(text, "Solve", "Ⓢⓞⓛⓥⓔ"), true},
		"other numbers": {
			strings.NewReplacer("17", "4", "3", "28", "1,250", "99.5").Replace(text), false,
		},
		"digits of a script": {strings.ReplaceAll(text, "17", "١٧"), true},
	} {
		t.Run(name, func(t *testing.T) {
			got := sketchOf(s, talk(c.text))
			require.Equal(t, want.Turn, got.Turn)
			require.Equal(t, c.sameExact, want.Exact == got.Exact)
		})
	}
}

func TestWordOrderAndWordsMatter(t *testing.T) {
	s := newTestSketcher(t)
	words := strings.Fields(prose)
	want := sketchOf(s, talk(prose)).Turn
	slices.Reverse(words)
	require.Zero(t, share(want, sketchOf(s, talk(strings.Join(words, " "))).Turn))
	require.NotEqual(
		t, sketchOf(s, talk("Is the answer to the question yes?")).Exact,
		sketchOf(s, talk("Is the answer to the question no?")).Exact,
	)
}

func TestSmallTalkGivesNoShingles(t *testing.T) {
	s := newTestSketcher(t)
	for _, text := range []string{
		"", "hi", "thank you so much!", "please go on with that", "🙂🙂🙂", "...",
	} {
		require.Empty(t, sketchOf(s, talk(text)).Turn, text)
	}
}

func TestEveryHashDependsOnTheKey(t *testing.T) {
	opts := DefaultOptions()
	opts.Key = []byte("another secret, for tests only")
	other, err := New(opts)
	require.NoError(t, err)
	ev := talk(paragraph, "Understood.", "[1]\n<a>\n<b>\n"+paragraph)
	ev.Content.System = paragraph
	a, b := sketchOf(newTestSketcher(t), ev), sketchOf(other, ev)
	require.NotEqual(t, a.Exact, b.Exact)
	require.NotEqual(t, a.Layout, b.Layout)
	require.NotEqual(t, a.Prefix, b.Prefix)
	require.NotEqual(t, a.Continuation, b.Continuation)
	require.Zero(t, share(a.Turn, b.Turn))
	require.Zero(t, share(a.System, b.System))
	require.Equal(t, a.Tokens, b.Tokens)
}

func TestRelayConstantsAreSeen(t *testing.T) {
	s := newTestSketcher(t)
	ev := talk(question)
	require.Zero(t, sketchOf(s, ev).Relay)
	ev.Client.DeviceID = relayDevice
	require.Equal(t, RelayDevice, sketchOf(s, ev).Relay)
	ev.Client.DeviceID = "user_" + relayDevice + "_account__session_0b0e"
	require.Equal(t, RelayDevice, sketchOf(s, ev).Relay)
	ev = talk(
		relaySystem+"\n\nYou help.", "Understood. I will follow these instructions.", question,
	)
	require.Equal(t, RelaySystem, sketchOf(s, ev).Relay)
	require.Zero(t, sketchOf(s, talk("What does "+relaySystem+" mean?")).Relay)
}

func TestBothEndsOfALongTextAreRead(t *testing.T) {
	s := newTestSketcher(t)
	filler := strings.Repeat("日本語の文章。", 20_000)
	alone := sketchOf(s, talk(paragraph)).Turn
	for name, text := range map[string]string{
		"start": paragraph + filler, "end": filler + paragraph,
	} {
		got := sketchOf(s, talk(text))
		require.GreaterOrEqual(t, share(alone, got.Turn), 0.85, name)
		require.InEpsilon(t, 120_000, got.Tokens, 0.1, "the tokens in between are estimated")
	}
	require.NotEqual(
		t, sketchOf(s, talk(filler+"a"+filler)).Exact, sketchOf(s, talk(filler+"b"+filler)).Exact,
	)
}

func TestShortTurnsTellNoConversation(t *testing.T) {
	s := newTestSketcher(t)
	require.Zero(t, sketchOf(s, talk("hi")).Continuation)
	require.Zero(t, sketchOf(s, talk("hi", "Hello!", "how are you?")).Prefix)
	require.Zero(t, sketchOf(s, talk(question)).Prefix, "a single turn has no prefix")
	require.NotZero(t, sketchOf(s, talk(question)).Continuation)
}

// words draws texts of a language that nobody speaks, so that two of them share no shingle by
// chance.
func words(least, most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(
			rapid.SliceOfN(rapid.StringMatching(`[a-z]{5,9}`), least, most).Draw(t, "words"), " ",
		)
	})
}

func TestPropertyATemplateSurvivesItsSlots(t *testing.T) {
	s := newTestSketcher(t)
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(words(12, 40), 1, 5).Draw(t, "template")
		slots := words(0, 30)
		fill := func(name string) string {
			var b strings.Builder
			for _, part := range parts {
				b.WriteString(slots.Draw(t, name) + " " + part + " ")
			}
			return b.String() + slots.Draw(t, name)
		}
		a, b := sketchOf(s, talk(fill("one"))).Turn, sketchOf(s, talk(fill("two"))).Turn
		var template []uint64
		for _, part := range parts {
			template = append(template, sketchOf(s, talk(part)).Turn...)
		}
		for _, filled := range [][]uint64{a, b} {
			// Beyond the bound the smallest hashes are left, of the template as of the slots.
			least := 0.5
			if len(filled) < DefaultOptions().MaxShingles {
				least = 1
			}
			require.GreaterOrEqual(t, share(template, filled), least)
		}
	})
}

func TestPropertySamplingIsCoordinated(t *testing.T) {
	s := newTestSketcher(t)
	rapid.Check(t, func(t *rapid.T) {
		a, b := words(8, 60).Draw(t, "a"), words(8, 60).Draw(t, "b")
		left, right := sketchOf(s, talk(a)).Turn, sketchOf(s, talk(b)).Turn
		both := sketchOf(s, talk(a+"\n"+b)).Turn
		require.Subset(t, both, left)
		require.Subset(t, both, right)
		require.LessOrEqual(t, len(both), len(left)+len(right)+3,
			"only the shingles across the seam are new")
		asSystem := sketchOf(s, &event.Event{Content: event.Content{System: a}}).System
		require.Subset(t, left, asSystem)
	})
}

func TestPropertyAConversationIsFollowed(t *testing.T) {
	s := newTestSketcher(t)
	rapid.Check(t, func(t *rapid.T) {
		turns := rapid.SliceOfN(rapid.OneOf(words(0, 20), words(200, 500)), 1, 6).Draw(t, "turns")
		var spoken []string
		var before Sketch
		for i, turn := range turns {
			if i > 0 {
				spoken = append(spoken, "An answer.")
			}
			spoken = append(spoken, turn)
			now := sketchOf(s, talk(spoken...))
			require.Equal(t, before.Continuation, now.Prefix)
			before = now
		}
	})
}

func TestManyNewMessagesAreStillFollowed(t *testing.T) {
	s := newTestSketcher(t)
	ev := &event.Event{}
	for range 3 * maxParts {
		ev.Content.Input = append(ev.Content.Input, event.Message{Role: "user", Text: question})
	}
	first := sketchOf(s, ev)
	ev.Content.Input = append(
		ev.Content.Input, event.Message{Role: "assistant", Text: "No."},
		event.Message{Role: "user", Text: "why"},
	)
	require.Equal(t, first.Continuation, sketchOf(s, ev).Prefix)
}

func TestValidateSaysWhatIsWrong(t *testing.T) {
	valid := DefaultOptions()
	valid.Key = make([]byte, MinKey)
	require.NoError(t, valid.Validate())
	for want, spoil := range map[string]func(*Options){
		"key has 3 bytes":                  func(o *Options) { o.Key = o.Key[:3] },
		"width is 0":                       func(o *Options) { o.Width = 0 },
		"turn_sampling is 0":               func(o *Options) { o.TurnSampling = 0 },
		"max_shingles is 100000":           func(o *Options) { o.MaxShingles = 100_000 },
		"max_text is 10":                   func(o *Options) { o.MaxText = 10 },
		"system_sampling is below":         func(o *Options) { o.SystemSampling = 2 },
		"min_tokens is -1, give a number":  func(o *Options) { o.MinTokens = -1 },
		"system_sampling is 0, give a num": func(o *Options) { o.SystemSampling = 0 },
	} {
		opts := valid
		spoil(&opts)
		_, err := New(opts)
		require.ErrorContains(t, err, want)
	}
}

// hashesOf lists all that leaves a Sketcher.
func hashesOf(s Sketch) []uint64 {
	return append(
		append([]uint64{s.Exact, s.Layout, s.Prefix, s.Continuation}, s.Turn...), s.System...,
	)
}

func TestEveryHashDependsOnTheKeyAndOnItsUse(t *testing.T) {
	opts := newTestSketcher(t).opts
	ev := talk(
		paragraph, "Understood.",
		"[1]\n<a>\n<b>\nThink step by step, then grade the answer.\n"+question,
	)
	ev.Content.System = strings.Repeat(prose, 4)
	seen := map[uint64]string{}
	for i := range 50 {
		opts.Key = []byte("a secret for the tests only, number " + spelled(i))
		s, err := New(opts)
		require.NoError(t, err)
		for _, h := range hashesOf(sketchOf(s, ev)) {
			require.NotZero(t, h)
			require.Empty(t, seen[h], "the key %s shares a hash", opts.Key)
		}
		for j, h := range hashesOf(sketchOf(s, ev)) {
			seen[h] = spelled(j)
		}
	}
	// One text in all its parts: a turn, a conversation, system text. No two of its hashes are
	// equal, but for what is sampled of it as a turn and as system text, which is meant to meet.
	s := newTestSketcher(t)
	ev = talk(prose, "Yes.", prose)
	ev.Content.System = prose
	out := sketchOf(s, ev)
	require.Subset(t, out.Turn, out.System)
	out.System = nil
	all := slices.DeleteFunc(hashesOf(out), func(h uint64) bool { return h == 0 })
	slices.Sort(all)
	require.Len(t, slices.Compact(slices.Clone(all)), len(all))
}
