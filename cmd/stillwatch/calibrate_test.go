package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCalibrateMeasuresAPoolWithoutFindingItAndNamesItAsFarBeyondTheLine(t *testing.T) {
	events := filepath.Join(t.TempDir(), "events.jsonl.zst")
	code, _, stderr := execute(t, nil, "simulate", "demo", "--duration", "8h", "-o", events)
	require.Equal(t, 0, code, stderr)
	code, stdout, stderr := execute(t, nil, "calibrate", events)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stderr, "dead letters 0\n")
	require.Regexp(
		t, `^# stillwatch.yaml, for 0.1 false findings a day\ncorrelate:\n  total_bits: [\d.]+\n`,
		stdout,
	)
	require.Contains(t, stdout,
		"WARNING: groups far beyond the thresholds: 1. This traffic may not be honest")
	require.Contains(t, stdout, "48 accounts that share")
	require.Contains(t, stdout, "harvest      ")
	code, trusted, stderr := execute(t, nil, "calibrate", "--trust", "--rate", "1", events)
	require.Equal(t, 0, code, stderr)
	require.NotContains(t, trusted, "WARNING")
}

func TestCalibrateSaysWhatItNeeds(t *testing.T) {
	code, _, stderr := execute(t, nil, "calibrate", file(t, "{}\n"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "no group was measured: give events of at least 50 accounts")
	code, _, stderr = execute(t, nil, "calibrate", "--rate", "0", file(t, "{}\n"))
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "--rate must be positive")
}
