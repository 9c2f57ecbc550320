package sketch

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

const paragraph = "Reply in two parts. The first part lists every consideration in the order in which it came up, the second part is what the reader sees. Keep both parts in the language of the question."

func newTestSketcher(t testing.TB) *Sketcher {
	t.Helper()
	opts := DefaultOptions()
	opts.Key = []byte("a secret for the tests only")
	s, err := New(opts)
	require.NoError(t, err)
	return s
}

func turn(text string) *event.Event {
	return &event.Event{Content: event.Content{Input: []event.Message{{Role: "user", Text: text}}}}
}

func TestSketchingDoesNotAllocate(t *testing.T) {
	s := newTestSketcher(t)
	ev := turn(paragraph)
	ev.Content.System = paragraph
	ev.Content.Input = append(ev.Content.Input, event.Message{Role: "assistant", Text: "ok"}, event.Message{Role: "User", Text: "don't ＦＵＬＬ 是一个, 3.14"})
	var out Sketch
	s.Sketch(ev, &out)
	require.NotEmpty(t, out.Turn)
	require.NotEmpty(t, out.System)
	require.Zero(t, testing.AllocsPerRun(100, func() { s.Sketch(ev, &out) }))
}
