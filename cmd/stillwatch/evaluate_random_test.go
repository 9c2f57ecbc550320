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
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
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

// The four worlds have 32,000 account-days, 6.4 days of 5,000 accounts. The groups exceed the bound
// of three bits below the thresholds by 1, 2, 3 and 3.5 bits: with four groups of 1.44 bits, 1.91
// bits each. Half a group beside the four makes 0.70 a day there, and 0.01 a day are 8.1 bits
// farther.
func TestTheDefaultThresholdsAreDerivedFromTheHonestGroupsOfKeptWorlds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	// Floors that leave room for groups far below the sum of both axes.
	file := filepath.Join(t.TempDir(), "stillwatch.yaml")
	require.NoError(t, os.WriteFile(file, []byte(
		"correlate:\n  coordination_bits: 1\n  harvest_bits: 1\n  total_bits: 6\n",
	), 0o600))
	args := []string{
		"evaluate", "--random", "4", "--observe", "--results", dir, "--config", file,
	}
	conf := config.Default()
	conf.Sketch.Secret = backtestSecret
	p := &conf.Correlate.Policy
	p.Coordination, p.Harvest, p.Total = 1, 1, 6
	build, err := buildName()
	require.NoError(t, err)
	options, err := digest(conf)
	require.NoError(t, err)
	name := filepath.Join(dir, "random-develop-1-800-48h0m0s-observed")
	require.NoError(t, os.MkdirAll(name, 0o700))
	store, err := evaluate.OpenStore(name+".jsonl", build, options)
	require.NoError(t, err)
	// made is a fitted group by how many bits it is beyond a rule.
	made := func(
		rule decision.RuleID, excess float64, crowd string, numbers ...int,
	) evaluate.Group {
		p := conf.Correlate.Policy
		s := decision.Scores{Causes: p.Families, Size: decision.FullSize}
		if rule == decision.Operator {
			s.Coordination, s.Harvest, s.Moved = p.Operator+excess, -9, 9
		} else {
			s.Coordination, s.Harvest = p.Total+excess-p.Harvest, p.Harvest
		}
		return evaluate.Group{
			Fitted: true, Margin: excess, Excess: &excess, Size: len(numbers), Scores: s,
			Honest: map[string][]int{crowd: numbers},
		}
	}
	campaign := made(decision.Combined, 6, "people", 1, 2)
	campaign.Honest, campaign.Campaigns, campaign.Purity = nil, map[string][]int{"c": {1, 2}}, 1
	unfitted := made(decision.Combined, 5, "people", 7, 8)
	unfitted.Fitted = false
	for i, groups := range [][]evaluate.Group{
		{made(decision.Combined, -2, "crowd-1", 1, 2, 3), campaign, unfitted},
		{
			made(decision.Combined, 0.5, "crowd-1", 1, 2, 3),
			made(decision.Combined, 0.2, "crowd-1", 1, 2), // the same group at another time
			made(decision.Operator, -1, "crowd-2", 1, 2, 3),
		},
		{made(decision.Combined, 0, "crowd-1", 4, 5, 6)},
		{},
	} {
		world := fmt.Sprintf("random-develop-1-%d", i)
		require.NoError(t, evaluate.WriteGroups(filepath.Join(name, world+".jsonl"), groups))
		o := evaluate.Outcome{Name: world, Index: i, Days: 10, Honest: 800}
		require.NoError(t, store.Add(o))
	}
	require.NoError(t, store.Close())
	code, tables, stderr := execute(t, nil, args...)
	require.Equal(t, 0, code, stderr)
	for _, want := range []string{
		fmt.Sprintf("| %.1f | +0.0 | 2 | 0.31 (0.98) | 0.146 (", p.Total),
		"Thresholds for 0.01 false findings a day at 5000 accounts",
		fmt.Sprintf("| expected | +5.2 | %.1f | %.1f | %.1f | 0.0096 | ", p.Total+5.2, p.Operator+5.2, p.Purpose),
		"of 4 honest groups, those that came within\n3.0 bits of the thresholds or went beyond: 1.91 bits farther",
	} {
		require.Contains(t, tables, want)
	}
	require.Regexp(t, `\| 95 % sure \| \+1\d\.\d \|.* \| 0\.0(100|09\d) \|\n`, tables)
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
