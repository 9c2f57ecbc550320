package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBacktestWritesWhatAlertsAndWhatIsInShadowApart(t *testing.T) {
	dir := t.TempDir()
	events, truth := filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "truth.json")
	code, _, stderr := execute(t, nil, "simulate", "demo", "-o", events, "--truth", truth)
	require.Equal(t, 0, code, stderr)
	conf := writeFile(t, "shadow.yaml", "correlate: {shadow: {detectors: [prompt_template]}}\n")
	lines := func(name string) []string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	}
	code, _, stderr = execute(t, nil, "backtest", "-c", conf, events,
		"--alerts", filepath.Join(dir, "alerts"), "--accounts", filepath.Join(dir, "accounts"),
		"--shadow", filepath.Join(dir, "shadow"), "--truth", truth)
	require.Equal(t, 0, code, stderr)
	require.Regexp(t, `created 1, updated \d+, closed 0; in shadow created 1 \(\d of them alert as well\)`,
		stderr)
	for _, line := range lines("alerts") {
		require.NotContains(t, line, "shadow")
		require.NotContains(t, line, "prompt_template")
	}
	for _, line := range lines("shadow") {
		require.Contains(t, line, `"shadow":{"all":false,"detectors":["prompt_template"],`)
		require.Contains(t, line, `"is_alert":false`)
		require.Contains(t, line, `"detector":"prompt_template"`)
	}
	require.NotContains(t, lines("accounts")[0], "shadow")

	// Both together contradict nothing.
	both := writeFile(t, "both", strings.Join(append(lines("alerts"), lines("shadow")...), "\n"))
	code, stdout, stderr := execute(t, nil, "findings", "verify", both)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "created 2,")

	// What is on trial is shared with nobody who does not ask for it.
	code, _, stderr = execute(t, nil, "stix", "export", "--producer", "us",
		filepath.Join(dir, "shadow"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "none of 1 findings is to be shared")

	whole := writeFile(t, "whole.yaml", "correlate: {shadow: {all: true}}\n")
	code, _, stderr = execute(t, nil, "backtest", "-c", whole, events,
		"--alerts", filepath.Join(dir, "none"), "--accounts", filepath.Join(dir, "nobody"),
		"--shadow", filepath.Join(dir, "all"))
	require.Equal(t, 0, code, stderr)
	require.Equal(t, []string{""}, lines("none"))
	require.Equal(t, []string{""}, lines("nobody"))
	require.Contains(t, lines("all")[0], `"shadow":{"all":true,"detectors":[],"also_alerted":false,`)
}

func TestWhatJudgesAlertsRefusesAServiceInShadow(t *testing.T) {
	conf := writeFile(t, "whole.yaml", "correlate: {shadow: {all: true}}\n")
	for _, flag := range []string{"--truth", "--report"} {
		code, _, stderr := execute(t, nil, "backtest", "-c", conf, "events.jsonl", flag, "x")
		require.Equal(t, 2, code)
		require.Contains(t, stderr, "STILLWATCH_CORRELATE_SHADOW_ALL=false")
	}
}

func TestAnUnknownDetectorInShadowIsAnErrorOfTheConfiguration(t *testing.T) {
	code, _, stderr := execute(t, nil, "config", "check", "--config",
		writeFile(t, "bad.yaml", "correlate: {shadow: {detectors: [promt_template]}}\n"))
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `correlate.shadow.detectors: no detector is called "promt_template"; `+
		`did you mean "prompt_template"?`)
}
