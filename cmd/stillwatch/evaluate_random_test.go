package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/evaluate"
	"github.com/stillwatch/stillwatch/pkg/app/config"
)

func TestEvaluateMeasuresRandomWorldsAndGoesOnWhereItStopped(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	args := []string{
		"evaluate", "--random", "2", "--seed", "3", "--accounts", "160", "--duration", "26h",
		"--results", dir,
	}
	code, tables, stderr := execute(t, nil, args...)
	require.Equal(t, 0, code, stderr)
	require.Equal(t, 2, strings.Count(stderr, " of 2: random-develop-3-"), stderr)
	for _, want := range []string{
		"# 2 random worlds, set develop, seed 3, 26h0m0s, 160 honest accounts each",
		"| false findings a world-day (95 % upper bound) |",
		"## Threshold for 0.01 false findings a day at 5000 accounts",
		"## By tactic", "## By the attacker's cost", "## Mechanisms in crowds with false findings",
	} {
		require.Contains(t, tables, want)
	}
	results := filepath.Join(dir, "random-develop-3-160-26h0m0s.jsonl")
	whole, err := os.ReadFile(results)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(whole), "\n"))
	// A run that was stopped in the middle of a line measures that world again, and only that.
	require.NoError(t, os.WriteFile(results, whole[:len(whole)-20], 0o600))
	code, again, stderr := execute(t, nil, args...)
	require.Equal(t, 0, code, stderr)
	require.Equal(t, 1, strings.Count(stderr, " of 2: random-develop-3-"), stderr)
	require.Equal(t, tables, again)
	// What another configuration found is not mixed in.
	other := file(t, "correlate: {total_bits: 20}")
	code, _, stderr = execute(t, nil, append(args, "--config", other)...)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "another program or configuration")
}

func TestObservedWorldsKeepTheirGroupsAndAllResultsMakeASection(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	args := []string{
		"evaluate", "--random", "2", "--seed", "3", "--accounts", "160", "--duration", "26h",
		"--results", dir,
	}
	code, _, stderr := execute(t, nil, args...)
	require.Equal(t, 0, code, stderr)
	code, tables, stderr := execute(t, nil, append(args, "--observe")...)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, tables, "## Thresholds")
	groups, err := filepath.Glob(filepath.Join(dir, "random-develop-3-160-26h0m0s-observed", "*.jsonl"))
	require.NoError(t, err)
	require.Len(t, groups, 2)
	for _, again := range [][]string{append(args, "--observe"), args} {
		code, _, stderr = execute(t, nil, again...)
		require.Equal(t, 0, code, stderr)
		require.NotContains(t, stderr, " of 2: ", "measured again")
	}
	out := filepath.Join(t.TempDir(), "evaluation.md")
	require.NoError(t, os.WriteFile(out, []byte("# Evaluation\n"), 0o600))
	for range 2 {
		code, _, stderr = execute(t, nil, "evaluate", "--document", "--results", dir, "--out", out)
		require.Equal(t, 0, code, stderr)
	}
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), "## Random worlds"))
	require.Contains(t, string(text), "### What evasion costs")
	require.FileExists(t, filepath.Join(filepath.Dir(out), "img", "random-cost-leaked.svg"))
}

// The four worlds have 32,000 account-days, 6.4 days of 5,000 accounts. Twelve honest groups exceed
// the margin from which groups count by 1.5 bits each on average: 1.9 a day there, and 0.01 a day
// are 1.5 ln 188 = 7.9 bits nearer.
func TestTheThresholdIsDerivedFromTheHonestGroupsOfKeptWorlds(t *testing.T) {
	for _, observe := range []bool{false, true} {
		dir := t.TempDir()
		args := []string{"evaluate", "--random", "4", "--results", dir}
		name := filepath.Join(dir, "random-develop-1-800-48h0m0s")
		if observe {
			args, name = append(args, "--observe"), name+"-observed"
		}
		conf := config.Default()
		conf.Sketch.Secret = backtestSecret
		build, err := buildName()
		require.NoError(t, err)
		options, err := digest(conf)
		require.NoError(t, err)
		store, err := evaluate.OpenStore(name+".jsonl", build, options)
		require.NoError(t, err)
		for i := range 4 {
			o := evaluate.Outcome{
				Name: fmt.Sprintf("random-develop-1-%d", i), Index: i, Days: 10, Honest: 800,
				Near: []evaluate.NearGroup{{Margin: -3.5}, {Margin: -3}, {Margin: -1}},
			}
			require.NoError(t, store.Add(o))
		}
		require.NoError(t, store.Close())
		code, tables, stderr := execute(t, nil, args...)
		require.Equal(t, 0, code, stderr)
		for _, want := range []string{
			"## Threshold for 0.01 false findings a day at 5000 accounts",
			fmt.Sprintf("| this configuration | `total_bits` %.1f |", conf.Correlate.Total),
			fmt.Sprintf("conditions moved by | +3.9 bits (`total_bits` %.1f) |", conf.Correlate.Total+3.9),
			"| 12 in 6.4 days of 5000 honest accounts; the nearest -1.0 |",
		} {
			require.Contains(t, tables, want)
		}
	}
}

func TestWorldsWithAMissedCampaignAreKeptAsScenarios(t *testing.T) {
	dir := t.TempDir()
	blind := file(t, "correlate: {total_bits: 99, operator_bits: 99, purpose_bits: 99}")
	code, _, stderr := execute(
		t, nil, "evaluate", "--random", "4", "--seed", "4", "--accounts", "160", "--duration", "26h",
		"--results", dir, "--config", blind,
	)
	require.Equal(t, 0, code, stderr)
	kept, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	require.Len(t, kept, 4-strings.Count(stderr, " 0 campaigns"))
	events, truth := filepath.Join(dir, "events.jsonl.zst"), filepath.Join(dir, "truth.json")
	code, _, stderr = execute(t, nil, "simulate", kept[0], "-o", events, "--truth", truth)
	require.Equal(t, 0, code, stderr)
	code, stdout, stderr := execute(t, nil, "backtest", events, "--truth", truth)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "campaign-1")
}

func TestEvaluateRefusesRandomWorldsThatCannotBe(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"too short":    {[]string{"--duration", "20h"}, "duration: 20h0m0s is less"},
		"too few":      {[]string{"--accounts", "5"}, "accounts: 5 is not between"},
		"unknown sets": {[]string{"--set", "best"}, "--set must be one of"},
		"unkept":       {[]string{"--observe"}, "give --results"},
		"scenarios":    {[]string{"demo"}, "leave the scenarios and --world out"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := execute(
				t, nil, append([]string{"evaluate", "--random", "1"}, tc.args...)...,
			)
			require.Equal(t, 2, code)
			require.Contains(t, stderr, tc.want)
		})
	}
}
