package sketch

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// openData opens a gzipped file of the evaluation data, which is no part of the repository, or
// skips the test.
func openData(t *testing.T, name string) io.Reader {
	t.Helper()
	shared := os.Getenv("STILLWATCH_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	file, err := os.Open(filepath.Join(shared, "data", filepath.FromSlash(name)))
	if os.IsNotExist(err) {
		t.Skipf(
			"evaluation data is not here, set STILLWATCH_SHARED to the folder that holds data/%s",
			name,
		)
	}
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	r, err := gzip.NewReader(file)
	require.NoError(t, err)
	return bufio.NewReader(r)
}

// promptsOf reads the human turns of a set of real prompts: a JSON array or JSON lines of objects.
func promptsOf(t *testing.T, name string, pick func(record map[string]any) []string) []string {
	t.Helper()
	decoder := json.NewDecoder(openData(t, name))
	if strings.HasSuffix(name, ".json.gz") {
		_, err := decoder.Token()
		require.NoError(t, err)
	}
	var prompts []string
	for decoder.More() {
		var record map[string]any
		require.NoError(t, decoder.Decode(&record))
		prompts = append(prompts, pick(record)...)
	}
	require.NotEmpty(t, prompts)
	return prompts
}

func field(names ...string) func(map[string]any) []string {
	return func(record map[string]any) []string {
		var parts []string
		for _, name := range names {
			if text, _ := record[name].(string); text != "" {
				parts = append(parts, text)
			}
		}
		return []string{strings.Join(parts, "\n")}
	}
}

func arenaTurns(record map[string]any) []string {
	var turns []string
	for _, turn := range record["turns"].([]any) {
		turns = append(turns, turn.(map[string]any)["content"].(string))
	}
	return turns
}

func humanTurns(record map[string]any) []string {
	var turns []string
	for _, part := range strings.Split(record["chosen"].(string), "\n\nHuman: ")[1:] {
		human, _, _ := strings.Cut(part, "\n\nAssistant:")
		turns = append(turns, human)
	}
	return turns
}

// dataSets are the real prompts, with the largest share of them that may show an intent. The honest
// ones measured, in percent: chat 0.07, hard prompts 4.0 (mostly people who ask for steps),
// questions 0.1, code 0.2, tools 0.01. All of the grading prompts show Rubric.
var dataSets = map[string]struct {
	file string
	pick func(map[string]any) []string
	most float64
}{
	"chat":      {"multiturn/hh_rlhf_harmless_base_test.jsonl.gz", humanTurns, 0.005},
	"hard":      {"prompts/arena_hard_v0.1_question.jsonl.gz", arenaTurns, 0.06},
	"questions": {"harvest/gsm8k_train.jsonl.gz", field("question"), 0.005},
	"code": {
		"harvest/gpteacher_codegen-instruct.json.gz", field("instruction", "input"), 0.01,
	},
	"tools": {
		"harvest/gpteacher_toolformer-dedupe-only-dataset.json.gz", field("instruction", "input"),
		0.01,
	},
	"grading": {"prompts/prometheus_mt_bench_eval.json.gz", field("instruction"), 1},
}

func TestATemplateFilledWithRealPromptsIsRecognised(t *testing.T) {
	for name, set := range dataSets {
		t.Run(name, func(t *testing.T) {
			prompts := promptsOf(t, set.file, set.pick)
			s := newTestSketcher(t)
			alone := sketchOf(s, talk(paragraph)).Turn
			frame := func(slot string) string {
				return "[1]\n" + paragraph +
					"\n\n[2]\n<plan>...</plan>\n<result>...</result>\n\n[3]\n" + slot + "\n\nBegin."
			}
			layout := sketchOf(s, talk(frame("x"))).Layout
			kept, keptBehind, same := 0.0, 0.0, 0
			for _, prompt := range prompts {
				got := sketchOf(s, talk(frame(prompt)))
				kept += share(alone, got.Turn)
				if got.Layout == layout {
					same++
				}
				behind := share(alone, sketchOf(s, talk(prompt+"\n"+paragraph)).Turn)
				require.GreaterOrEqual(t, behind, 0.5)
				keptBehind += behind
			}
			n := float64(len(prompts))
			t.Logf("%d prompts: %.4f of the template's shingles kept, %.4f of a paragraph behind, prompt layout kept in %.4f",
				len(prompts), kept/n, keptBehind/n, float64(same)/n)
			require.GreaterOrEqual(t, keptBehind/n, 0.95)
			require.GreaterOrEqual(t, kept/n, 0.98)
			if name != "grading" {
				// a template in a template: its own headings belong to the prompt layout
				require.GreaterOrEqual(t, float64(same)/n, 0.9)
			}
		})
	}
}

func TestRealPromptsShareLittle(t *testing.T) {
	for _, name := range []string{"chat", "hard", "questions"} {
		t.Run(name, func(t *testing.T) {
			set := dataSets[name]
			s := newTestSketcher(t)
			seen := map[uint64]int{}
			total, recurring := 0, 0
			for _, prompt := range promptsOf(t, set.file, set.pick) {
				for _, h := range sketchOf(s, talk(prompt)).Turn {
					seen[h]++
					total++
				}
			}
			for _, n := range seen {
				if n >= 3 {
					recurring += n
				}
			}
			t.Logf("%d sampled shingles, %.3f of them occur in three prompts or more",
				total, float64(recurring)/float64(total))
			require.Less(t, float64(recurring)/float64(total), 0.25)
		})
	}
}

func TestHonestPromptsSeldomShowIntents(t *testing.T) {
	for name, set := range dataSets {
		t.Run(name, func(t *testing.T) {
			s := newTestSketcher(t)
			prompts := promptsOf(t, set.file, set.pick)
			shown, rubric, coercion := 0, 0, 0
			for _, prompt := range prompts {
				intents := sketchOf(s, talk(prompt)).Intents
				if intents != 0 {
					shown++
				}
				if intents&Rubric != 0 {
					rubric++
				}
				if intents&Coercion != 0 {
					coercion++
				}
			}
			t.Logf("%d prompts: %.4f show an intent, %.4f rubric, %.4f coercion",
				len(prompts), float64(shown)/float64(len(prompts)),
				float64(rubric)/float64(len(prompts)), float64(coercion)/float64(len(prompts)))
			require.LessOrEqual(t, float64(shown)/float64(len(prompts)), set.most)
			require.Less(t, float64(coercion)/float64(len(prompts)), 0.005)
			if name == "grading" {
				require.Equal(t, len(prompts), rubric)
			}
		})
	}
}
