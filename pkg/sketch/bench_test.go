package sketch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// prose is ordinary English text without copyright, long enough to show many different words.
const prose = `The harbour town lies where the river meets the sea, and most of its people have worked on boats at one time or another.
In winter the wind comes from the north-east for weeks; nobody goes out then, and the nets are mended in the long sheds behind the market.
My grandmother kept a notebook of every storm since 1951: the date, the height of the water at the old bridge, what was lost, who helped.
She didn't trust the official figures. "They measure at the wrong place," she used to say, and she was right, as the engineers found out later.
When the new wall was planned, somebody remembered the notebook, and it turned out to be the best record there was: 412 entries, each in pencil.
`

func BenchmarkSketch(b *testing.B) {
	question := prose[:600] +
		"\nWhat would you do in her place, and why? Please answer in two or three sentences.\n"
	system := strings.Repeat(prose, 8<<10/len(prose)+1)[:8<<10]
	loop := []event.Message{{Role: "user", Text: question}}
	for range 6 {
		loop = append(loop, event.Message{Role: "assistant", Text: "I'll look at the next file."},
			event.Message{Role: "tool", Text: strings.Repeat(
				"func add(a, b int) int {\n\treturn a + b // line 12\n}\n", 40,
			)})
	}
	for _, bm := range []struct {
		name    string
		content event.Content
		bytes   int
	}{
		{
			"one-turn chat",
			event.Content{Input: []event.Message{{Role: "user", Text: question}}},
			len(question),
		},
		{
			"8 kB system prompt",
			event.Content{System: system, Input: []event.Message{{Role: "user", Text: question}}},
			len(system) + len(question),
		},
		{
			"agent loop",
			event.Content{System: system, Input: loop},
			len(system) + len(loop[0].Text) + len(loop[2].Text),
		},
	} {
		b.Run(bm.name, func(b *testing.B) {
			s := newTestSketcher(b)
			ev := &event.Event{Content: bm.content}
			var out Sketch
			s.Sketch(ev, &out)
			want := out.Exact
			b.SetBytes(int64(bm.bytes))
			b.ReportAllocs()
			for b.Loop() {
				s.Sketch(ev, &out)
			}
			require.NotZero(b, want)
			require.Equal(b, want, out.Exact)
		})
	}
}
