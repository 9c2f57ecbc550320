package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEvaluateWritesTheSameDocumentTwiceAndTakesWorldsFromElsewhere(t *testing.T) {
	dir := t.TempDir()
	elsewhere := filepath.Join(dir, "elsewhere")
	require.NoError(t, os.Mkdir(elsewhere, 0o700))
	code, _, stderr := execute(
		t, nil, "simulate", "demo", "--duration", "6h", "-o",
		filepath.Join(elsewhere, "events.jsonl.zst"), "--truth",
		filepath.Join(elsewhere, "truth.json"),
	)
	require.Equal(t, 0, code, stderr)
	var docs []string
	for _, name := range []string{"a", "b"} {
		out := filepath.Join(dir, name, "evaluation.md")
		code, _, stderr := execute(
			t, nil, "evaluate", "--out", out, "--world", elsewhere, "honest-tiny", "length-6h",
		)
		require.Equal(t, 0, code, stderr)
		require.Contains(t, stderr, "3 of 3: ")
		text, err := os.ReadFile(out)
		require.NoError(t, err)
		docs = append(docs, string(text))
		require.FileExists(t, filepath.Join(dir, name, "img", "evaluation-length-recall.svg"))
	}
	require.Equal(t, docs[0], docs[1])
	require.Contains(t, docs[0], "evaluate --world elsewhere honest-tiny length-6h\n")
	require.Contains(t, docs[0], "| `elsewhere` | ")
	require.NotContains(t, docs[0], dir)
}

func TestEvaluateRefusesAScenarioThatIsInNoSection(t *testing.T) {
	code, _, stderr := execute(t, nil, "evaluate", "demo")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `evaluate: "demo" is in no section`)
}
