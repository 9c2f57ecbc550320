package sketch

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/siphash"
)

// FuzzSketch checks that whatever comes: nothing panics, the bounds hold, the lists ascend, and the
// same event gives the same sketch whatever the Sketcher read before.
func FuzzSketch(f *testing.F) {
	f.Add("", question, "", "user")
	f.Add(paragraph, question, paragraph, "tool")
	f.Add("[1]\n# a\n<b>\n{\"c\": 1}\n```\n", "don't 1,2.3 用 \xff\u200b🙂𝐛", "x'1.'", "assistant")
	f.Add("请一步一步", "0,", "'''\n", "system")
	used := newTestSketcher(f)
	f.Fuzz(func(t *testing.T, system, first, second, role string) {
		ev := &event.Event{Content: event.Content{System: system, Input: []event.Message{
			{Role: "user", Text: first},
			{Role: role, Text: second},
			{Role: "user", Text: second + first},
		}}}
		got := sketchOf(used, ev)
		for _, list := range [][]uint64{got.Turn, got.System} {
			require.LessOrEqual(t, len(list), DefaultOptions().MaxShingles)
			require.True(t, slices.IsSorted(list))
			require.Len(t, slices.Compact(slices.Clone(list)), len(list))
			require.NotContains(t, list, uint64(0))
		}
		require.GreaterOrEqual(t, got.Tokens, 0)
		require.Equal(t, got.Tokens > 0, got.Exact != 0)
		sketchOf(used, talk(prose, first, second))
		require.Equal(t, got, sketchOf(used, ev))
		var back Sketch
		require.NoError(t, used.FromWire(used.ToWire(&got), &back))
		require.Equal(t, normal(got), normal(back))
	})
}

// FuzzTokens checks that every token ends within the text, after the one before, and has a word of
// bounded size.
func FuzzTokens(f *testing.F) {
	f.Add("don't 1,2.3 用 \xff\u200b🙂𝐛 сор pаy")
	tok := newTokenizer(siphash.KeyOf(7, 7))
	f.Fuzz(func(t *testing.T, text string) {
		last, n := 0, 0
		tok.start(text)
		for tok.next() {
			for _, token := range tok.tokens[:tok.n] {
				require.GreaterOrEqual(t, token.end, last)
				require.LessOrEqual(t, token.end, len(text))
				last = token.end
				n++
			}
		}
		require.LessOrEqual(t, n, len(text))
		require.GreaterOrEqual(t, tok.letters, n)
		require.LessOrEqual(t, tok.letters, 3*len(text))
	})
}

// normal forgets the memory that empty lists keep.
func normal(s Sketch) Sketch {
	s.Turn, s.System = append([]uint64(nil), s.Turn...), append([]uint64(nil), s.System...)
	return s
}
