package sketch

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// similarity is the cosine of two subjects.
func similarity(a, b *Sketch) float64 {
	sum := 0
	for i, n := range a.Subject {
		sum += int(n) * int(b.Subject[i])
	}
	return float64(sum) / (SubjectNorm * SubjectNorm)
}

func TestASubjectIsOfTheNewHumanTurnAlone(t *testing.T) {
	s := newTestSketcher(t)
	want := sketchOf(s, talk(question)).Subject
	require.NotZero(t, want)
	agent := talk(question)
	agent.Content.System = paragraph
	agent.Content.Input = append(agent.Content.Input, event.Message{Role: "tool", Text: prose})
	for name, ev := range map[string]*event.Event{
		"behind a fixed first turn": talk(paragraph, "Understood.", question),
		"the third turn":            talk(prose, "Yes.", "why is that so", "So.", question),
		"with a system prompt":      agent,
		"repeated":                  talk(question + " " + question),
		"in two messages": {Content: event.Content{Input: []event.Message{
			{Role: "user", Text: question}, {Role: "user", Text: question[:60]},
		}}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, want, sketchOf(s, ev).Subject) })
	}
	tool := talk(question, "I look it up.")
	tool.Content.Input = append(tool.Content.Input, event.Message{Role: "tool", Text: prose})
	require.Zero(t, sketchOf(s, tool).Subject)
}

func TestASubjectNeedsThreeDifferentWords(t *testing.T) {
	s := newTestSketcher(t)
	for text, want := range map[string]bool{
		"harbour storm notebook":              true,
		"harbour storm storm harbour":         false,
		"what is it to you and me, or to him": false,
		"2019 3.14 1,000 12345 777777":        false,
		"Это мой дом":                         false,
		"Расскажи почему сор вынесли":         true,
		"火车数学题":                               true,
		"火车数":                                 false,
		"":                                    false,
	} {
		out := sketchOf(s, talk(text))
		require.Equal(t, want, out.HasSubject(), text)
	}
}

func TestPropertyTextsThatShareWordsHaveLikeSubjects(t *testing.T) {
	s := newTestSketcher(t)
	rapid.Check(t, func(t *rapid.T) {
		list := strings.Fields(words(20, 200).Draw(t, "words"))
		a := sketchOf(s, talk(strings.Join(list, " ")))
		length := math.Sqrt(similarity(&a, &a))
		require.InDelta(t, 1, length, 3.0/SubjectNorm)
		slices.Reverse(list)
		b := sketchOf(s, talk(strings.ToUpper(strings.Join(append(list, list[0]), ", "))))
		require.Equal(t, a.Subject, b.Subject, "neither order nor repeats nor case matter")
	})
}

// Unrelated texts are as often alike as not, so that the mean over pairs is what they share.
func TestUnrelatedTextsAreNotAlikeInTheMean(t *testing.T) {
	s := newTestSketcher(t)
	texts := make([]Sketch, 300)
	for i := range texts {
		var b strings.Builder
		for k := range 12 {
			b.WriteString(" word" + spelled(100*i+k+1000))
		}
		texts[i] = sketchOf(s, talk(b.String()))
	}
	sum, squares, n := 0.0, 0.0, 0.0
	for i := range texts {
		for k := range i {
			x := similarity(&texts[i], &texts[k])
			sum, squares, n = sum+x, squares+x*x, n+1
		}
	}
	require.InDelta(t, 0, sum/n, 0.01)
	require.InDelta(t, 1/math.Sqrt(SubjectSize), math.Sqrt(squares/n), 0.02)
}

func TestASubjectDependsOnTheKey(t *testing.T) {
	s := newTestSketcher(t)
	opts := s.opts
	opts.Key = []byte("another secret, for tests only")
	other, err := New(opts)
	require.NoError(t, err)
	a, b := sketchOf(s, talk(prose)), sketchOf(other, talk(prose))
	require.NotEqual(t, a.Subject, b.Subject)

	// Those of the key before can't be compared with those of this one.
	rotating, err := New(s.opts, opts)
	require.NoError(t, err)
	var got Sketch
	require.NoError(t, rotating.FromWire(other.ToWire(&b), &got))
	require.Zero(t, got.Subject)
	require.Equal(t, b.Exact, got.Exact)
	require.NoError(t, rotating.FromWire(s.ToWire(&a), &got))
	require.Equal(t, a.Subject, got.Subject)
}
