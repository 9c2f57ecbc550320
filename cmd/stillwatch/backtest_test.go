package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBacktestReplaysFilesAsOneStreamAndScoresThem(t *testing.T) {
	dir := t.TempDir()
	truth := filepath.Join(dir, "truth.json")
	code, events, stderr := execute(
		t, nil, "simulate", "honest-tiny", "--duration", "1d", "-o", "-", "--truth", truth,
	)
	require.Equal(t, 0, code, stderr)
	lines := strings.Split(strings.TrimSpace(events), "\n")
	first, second := filepath.Join(dir, "1.jsonl"), filepath.Join(dir, "2.jsonl")
	half := len(lines) / 2
	// The last line of the first file has no end.
	require.NoError(t, os.WriteFile(first, []byte(strings.Join(lines[:half], "\n")), 0o600))
	require.NoError(t, os.WriteFile(second, []byte(strings.Join(lines[half:], "\n")+"\n"), 0o600))
	code, stdout, stderr := execute(t, nil, "backtest", first, second, "--truth", truth)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stderr, "dead letters 0\n")
	require.Regexp(
		t, "^"+"no campaign is labelled; accounts named, all wrongly: 0; false findings", stdout,
	)

	page := filepath.Join(dir, "out.html")
	code, stdout, stderr = execute(
		t, nil, "backtest", first, second, "--truth", truth, "--report", page,
	)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "benign group")
	labelled, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(labelled), "1.jsonl, 2.jsonl")
	require.Contains(t, string(labelled), "Benign groups")
	require.NotContains(t, string(labelled), dir, "where the files lay is left out")

	code, stdout, stderr = execute(t, nil, "backtest", first, second, "--report", "-")
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "without labels")
	require.NotContains(t, stdout, "Benign groups")
}

func TestBacktestThatCannotWriteItsReportFails(t *testing.T) {
	code, _, stderr := execute(t, nil, "backtest", file(
		t, `{"id":"1","time":1767225600000,"account":{"id":"a"},"request":{"model":"m"}}`+"\n",
	), "--report", filepath.Join(t.TempDir(), "none", "out.html"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "create output")
}

func TestBacktestSaysWhyRecordsAreNotRead(t *testing.T) {
	code, _, stderr := execute(t, nil, "backtest", file(t, "hello\n{\"id\":\"1\"}\n"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "dead letters 2 (malformed_json 1, unknown_format 1)")
	require.Contains(t, stderr, "not one record could be read")
}
