package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/review"
)

func TestCalibrateMeasuresAPoolWithoutFindingItAndNamesItAsFarBeyondTheLine(t *testing.T) {
	events := filepath.Join(t.TempDir(), "events.jsonl.zst")
	code, _, stderr := execute(t, nil, "simulate", "demo", "--duration", "8h", "-o", events)
	require.Equal(t, 0, code, stderr)
	code, stdout, stderr := execute(t, nil, "calibrate", events)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stderr, "dead letters 0\n")
	require.Regexp(
		t, `^# stillwatch.yaml, for 0.01 false findings a day: one in 100 days, .* accounts \(345\)\n`+
			`correlate:\n  total_bits: [\d.]+\n`,
		stdout,
	)
	require.Contains(t, stdout,
		"WARNING: groups far beyond the thresholds: 1. This traffic may not be honest")
	// Of the 48 of the pool some have sent too little to be measured; others may be likely members.
	require.Regexp(t, `4[0-9] accounts that share`, stdout)
	require.Contains(t, stdout, "harvest      ")
	require.Regexp(
		t, `what it is   if honest, this is .*; not explained by that: .* \([a-z_]+ \+[\d.]+\); `+
			`like a harvest: .* \([a-z_]+ \+[\d.]+\)`,
		stdout,
	)
	code, trusted, stderr := execute(t, nil, "calibrate", "--trust", "--rate", "1", events)
	require.Equal(t, 0, code, stderr)
	require.NotContains(t, trusted, "WARNING")
	require.Contains(t, trusted, "for 1 false findings a day: as --rate says\n")
}

func TestCalibrateWritesAConfigurationThatRunTakes(t *testing.T) {
	dir := t.TempDir()
	events, out := filepath.Join(dir, "events.jsonl.zst"), filepath.Join(dir, "calibrated.yaml")
	code, _, stderr := execute(t, nil, "simulate", "demo", "--duration", "8h", "-o", events)
	require.Equal(t, 0, code, stderr)
	code, stdout, stderr := execute(t, nil, "calibrate", "--trust", "--write", out, events)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stderr, "stillwatch run --config "+out)
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Contains(t, stdout, strings.Split(string(text), "correlate:")[1], "the same snippet")
	written, err := config.Load(out, func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	require.Greater(t, written.Correlate.Total, config.Default().Correlate.Total)

	own := file(t, "# ours\ncorrelate:\n  # looked at in May\n  total_bits: 20\n  min_group: 9\n")
	env := map[string]string{"STILLWATCH_CORRELATE_TOTAL_BITS": "20"}
	code, _, stderr = execute(t, env, "calibrate", "--config", own, "--write", own, events)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stderr, "STILLWATCH_CORRELATE_TOTAL_BITS is set, and overrides")
	text, err = os.ReadFile(own)
	require.NoError(t, err)
	require.Regexp(
		t, `^# ours\ncorrelate:\n  # looked at in May\n  total_bits: [\d.]+\n  min_group: 9\n$`,
		string(text),
	)
	require.NotContains(t, string(text), "total_bits: 20\n")
}

func TestAGroupIsToldInOneSentence(t *testing.T) {
	m := search.Measurement{Bits: map[string]float64{
		"prompt_template": 5, "hand_over": 3, "subjects": -2, "output_length": 2,
	}}
	require.Equal(t,
		"if honest, this is one program in many hands; not explained by that: conversations begun "+
			"on one member go on in another (hand_over +3.0); like a harvest: the answers are "+
			"longer than other accounts' (output_length +2.0); against it: members with subjects "+
			"of their own (subjects -2.0)",
		reading(&m))
	m = search.Measurement{
		Scores: decision.Scores{Customer: true},
		Bits:   map[string]float64{"prompt_template": 5, "aggregator": -2},
	}
	require.Equal(t,
		"this is openly one customer with many accounts, which explains what the accounts have in "+
			"common; little looks like a harvest; against it: the accounts name many end users "+
			"(aggregator -2.0)",
		reading(&m))
	for _, d := range detectors.All() {
		require.NotContains(t, mitigating(d.Spec.Summary), "itigating", d.Spec.ID)
	}
}

func TestCalibrateSaysWhatItNeeds(t *testing.T) {
	code, _, stderr := execute(t, nil, "calibrate", file(t, "{}\n"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "no group was measured: give events of at least 50 accounts")
	code, _, stderr = execute(t, nil, "calibrate", "--rate", "0", file(t, "{}\n"))
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "--rate must be positive")
}

func TestCalibrateTakesWhatAnalystsSaidAsLabels(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	code, _, stderr := execute(t, nil, "simulate", "demo", "--duration", "8h", "-o", path("events"))
	require.Equal(t, 0, code, stderr)
	code, _, stderr = execute(t, nil, "backtest", path("events"), "--alerts", path("alerts"))
	require.Equal(t, 0, code, stderr)
	found, err := readAlerts(path("alerts"))
	require.NoError(t, err)
	for action, want := range map[review.Action]string{
		review.Dismiss: "dismissed and that count as honest: 1; groups that they confirmed and that do not count: 0.",
		review.Confirm: "dismissed and that count as honest: 0; groups that they confirmed and that do not count: 1.",
	} {
		v := review.Verdict{
			ID: "v-1", Tenant: "default", Action: action, Author: "kim", Reason: "x",
			Scope: review.Scope{Finding: found[0].UID}, Time: found[0].Created + 60_000,
		}
		record, err := v.MarshalJSON()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path("verdicts"), record, 0o600))
		code, _, stderr = execute(t, nil, "backtest", path("events"),
			"--verdicts", path("verdicts"), "--audit", path("audit"))
		require.Equal(t, 0, code, stderr)
		code, stdout, stderr := execute(t, nil, "calibrate", "--labels", path("audit"), path("events"))
		require.Equal(t, 0, code, stderr)
		require.Contains(t, stdout, want)
		require.NotContains(t, stdout, "may not be honest", "the only group far beyond is judged")
	}
	code, _, stderr = execute(t, nil, "calibrate", "--labels", path("none"), path("events"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "--labels: open events: open "+path("none"))
	code, _, stderr = execute(
		t, nil, "calibrate", "--labels", path("audit"), "--labels-topic", path("events"),
	)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "not both")
}
