package sketch

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

var update = flag.Bool("update", false, "rewrite the test vectors")

// vector is a request with its sketch. To keep long texts out of the file, Times repeats the text of the last message, each time with
// "{i}" replaced by the number of the repetition, from 0, in base 26 with the digits a to z.
type vector struct {
	Name     string      `json:"name"`
	System   string      `json:"system,omitempty"`
	Messages [][2]string `json:"messages"`
	Times    int         `json:"times,omitempty"`
	Sketch   vectorHash  `json:"sketch"`
}

type vectorHash struct {
	Exact        string   `json:"exact"`
	Turn         []string `json:"turn"`
	System       []string `json:"system"`
	Skeleton     string   `json:"skeleton"`
	Prefix       string   `json:"prefix"`
	Continuation string   `json:"continuation"`
	Tokens       int      `json:"tokens"`
	Intents      []string `json:"intents"`
}

func vectors() []vector {
	return []vector{
		{Name: "one turn", Messages: [][2]string{{"user", question}}},
		{Name: "numbers, accents, apostrophes", Messages: [][2]string{{"user", "Don't touch 3.14, 1,000 or v1.2b in Łódź; the naïve way isn't OK."}}},
		{Name: "look-alikes and zero-width characters", Messages: [][2]string{{"user", "Tеll mе thе рlain truth ab\u200bout ｆｕｌｌ 𝐛𝐨𝐥𝐝 letters, please."}}},
		{Name: "scripts without spaces", Messages: [][2]string{{"user", "请一步一步地解答这道关于火车的数学题。단계별로 설명해 주세요. データを説明してください。"}}},
		{Name: "conversation", Messages: [][2]string{
			{"user", question}, {"assistant", "He can't."}, {"user", "And if I had signed a new contract in the meantime?"},
		}},
		{
			Name: "acknowledged first turn, answer to be continued", System: "You are a helpful assistant who answers in the language of the question.",
			Messages: [][2]string{{"user", paragraph}, {"assistant", "Understood."}, {"user", question}, {"assistant", "Part one:"}},
		},
		{Name: "agent loop", System: paragraph, Messages: [][2]string{
			{"user", question}, {"assistant", "I look it up."}, {"tool", "12 results found, none of them newer than 2019."},
		}},
		{Name: "frames", Messages: [][2]string{{"user", "[1]\nBe a judge.\n[2]\nScore the answer step by step as <work>...</work>\n<score>1</score>\n[3]\n- text"}}},
		{Name: "long text", Messages: [][2]string{{"user", "Box {i} holds nails, but {i} boxes hold none. "}}, Times: 3000},
	}
}

// spelled writes a number in base 26 with the digits a to z.
func spelled(n int) string {
	digits := string(rune('a' + n%26))
	for n /= 26; n > 0; n /= 26 {
		digits = string(rune('a'+n%26)) + digits
	}
	return digits
}

func TestVectors(t *testing.T) {
	s := newTestSketcher(t)
	got := vectors()
	for i := range got {
		v := &got[i]
		ev := &event.Event{Content: event.Content{System: v.System}}
		for _, m := range v.Messages {
			ev.Content.Input = append(ev.Content.Input, event.Message{Role: m[0], Text: m[1]})
		}
		if v.Times > 0 {
			last := &ev.Content.Input[len(ev.Content.Input)-1]
			var text strings.Builder
			for n := range v.Times {
				text.WriteString(strings.ReplaceAll(last.Text, "{i}", spelled(n)))
			}
			last.Text = text.String()
		}
		out := sketchOf(s, ev)
		wire := s.ToWire(&out)
		v.Sketch = vectorHash{wire.Exact, wire.Shingles, wire.System, wire.Skeleton, wire.Prefix, wire.Continuing, out.Tokens, nil}
		for _, intent := range wire.Intents {
			v.Sketch.Intents = append(v.Sketch.Intents, intent.Name)
		}
	}
	file := struct {
		Secret  string   `json:"secret"`
		Vectors []vector `json:"vectors"`
	}{"a secret for the tests only", got}
	data, err := json.MarshalIndent(file, "", " ")
	require.NoError(t, err)
	path := filepath.Join("testdata", "vectors.json")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, append(data, '\n'), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(data)+"\n", "the algorithm changed: raise WireVersion and run this test with -update")
}
