package sketch

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// decoded reads the object "sketch" as ingest does, within an event.
func decoded(t *testing.T, s *Sketcher, object json.RawMessage) Sketch {
	t.Helper()
	var ev event.Event
	record := `{"id":"r","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"},"sketch":` +
		string(object) + `}`
	require.NoError(t, event.NewDecoder(event.Limits{}).Decode([]byte(record), &ev))
	var out Sketch
	require.NoError(t, s.FromWire(ev.Sketch, &out))
	return out
}

func TestManyGoroutinesGetTheSketchesThatIngestWouldMake(t *testing.T) {
	s := newTestSketcher(t)
	previous := s.opts
	previous.Key = []byte("the secret before this one")
	rotating, err := New(s.opts, previous)
	require.NoError(t, err)
	e, err := NewEncoder(s.opts, previous)
	require.NoError(t, err)
	texts := []string{
		question, paragraph, prose, "请一步一步地解答这道关于火车的数学题。", "# A\n\n## B\n\n### C\n\n## D", "",
	}
	var g sync.WaitGroup
	got := make([][]json.RawMessage, 4)
	for i := range got {
		g.Go(func() {
			for _, text := range texts {
				got[i] = append(got[i], e.Sketch(&Content{
					System: paragraph, Input: []Message{{Role: "user", Text: text}},
				}))
			}
		})
	}
	g.Wait()
	for i := range got {
		for j, text := range texts {
			ev := talk(text)
			ev.Content.System = paragraph
			require.Equal(
				t, normal(sketchOf(rotating, ev)), normal(decoded(t, rotating, got[i][j])),
			)
		}
	}
}

func TestAKeyThatIsWipedIsStillTheEncoders(t *testing.T) {
	opts := newTestSketcher(t).opts
	previous := opts
	opts.Key, previous.Key = []byte("a key that is wiped after use"),
		[]byte("and the one before this one")
	e, err := NewEncoder(opts, previous)
	require.NoError(t, err)
	content := &Content{Input: []Message{{Role: "user", Text: paragraph}}}
	want := string(e.Sketch(content))
	clear(opts.Key)
	clear(previous.Key)
	made := e.sketchers.New().(*encoding) // As under load, when all others are in use.
	e.sketchers = sync.Pool{New: func() any { return made }}
	require.Equal(t, want, string(e.Sketch(content)))
}

func TestOnlyARequestWithoutTextHasNoSketch(t *testing.T) {
	s := newTestSketcher(t)
	e, err := NewEncoder(s.opts)
	require.NoError(t, err)
	require.Equal(t, s.check, e.Check())
	require.Nil(t, e.Sketch(&Content{Output: "an answer alone"}))
	require.JSONEq(
		t, `{"version":1,"check":"`+e.Check()+`"}`,
		string(e.Sketch(&Content{Input: []Message{{Role: "user"}}})),
	)
	_, err = NewEncoder(Options{})
	require.Error(t, err)
}
