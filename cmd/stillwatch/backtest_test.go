package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/review"
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

func TestBacktestReplaysVerdictsWithTheEvents(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	read := func(name string) []byte {
		b, err := os.ReadFile(path(name))
		require.NoError(t, err)
		return b
	}
	code, _, stderr := execute(t, nil, "simulate", "demo", "--duration", "8h", "-o", path("events"))
	require.Equal(t, 0, code, stderr)
	code, _, stderr = execute(t, nil, "backtest", path("events"), "--alerts", path("alerts"))
	require.Equal(t, 0, code, stderr)
	line, _, _ := bytes.Cut(read("alerts"), []byte("\n"))
	f, err := alert.Parse(line)
	require.NoError(t, err)

	v := review.Verdict{
		ID: "v-1", Tenant: "default", Action: review.Dismiss, Author: "kim", Reason: "x",
		Scope: review.Scope{Finding: f.UID}, Time: f.Created + 10*60_000,
	}
	first, err := v.MarshalJSON()
	require.NoError(t, err)
	v.ID, v.Action, v.Revokes, v.Scope = "v-2", review.Revoke, "v-1", review.Scope{}
	v.Time = f.Created + 365*24*3_600_000
	last, err := v.MarshalJSON()
	require.NoError(t, err)
	// In a file they may come in any order.
	text := string(last) + "\nno verdict\n" + string(first) + "\n"
	require.NoError(t, os.WriteFile(path("verdicts"), []byte(text), 0o600))
	var outputs []string
	for _, workers := range []string{"1", "4"} {
		code, _, stderr = execute(t, nil, "backtest", path("events"), "--verdicts", path("verdicts"),
			"--alerts", path("alerts"), "--audit", path("audit"), "--accounts", path("accounts"),
			"--workers", workers)
		require.Equal(t, 0, code, stderr)
		require.Contains(t, stderr, "dead letters 1 (verdict_bad_json 1)")
		outputs = append(outputs,
			string(read("alerts"))+string(read("audit"))+string(read("accounts")))
	}
	require.Equal(t, outputs[0], outputs[1])
	var events []review.Event
	for line := range bytes.Lines(read("audit")) {
		e, err := review.ParseEntry(line)
		require.NoError(t, err)
		events = append(events, e.Event)
		if e.Event == review.Applied {
			require.Equal(t, f.UID, e.Finding)
			require.GreaterOrEqual(t, e.Time, f.Created+10*60_000)
			require.Less(t, e.Time, f.Created+20*60_000)
		}
	}
	require.Equal(t, []review.Event{
		review.Given, review.Applied, review.Given, review.Revoked,
	}, events)
	found, err := readAlerts(path("alerts"))
	require.NoError(t, err)
	require.Len(t, found, 2, "when the dismissal is revoked, the group is a new finding")
	require.Equal(t, "superseded", found[0].CloseReason)
	require.True(t, found[1].Alerts)

	code, _, stderr = execute(
		t, nil, "backtest", path("events"), "--verdicts", filepath.Join(dir, "none"),
	)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "no such file")
}
