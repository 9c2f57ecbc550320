package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// replayed is what a backtest reported.
type replayed struct {
	alerts, accounts string
	// campaigns are the members of each finding, and the highest severity it had, in order.
	campaigns []string
}

// replayAs runs a backtest, with a table of facts unless facts is empty.
func replayAs(t *testing.T, events, facts string) (r replayed) {
	t.Helper()
	dir := t.TempDir()
	to := func(name string) string { return filepath.Join(dir, name) }
	args := []string{"backtest", "--alerts", to("alerts"), "--accounts", to("accounts")}
	if facts != "" {
		config := fmt.Sprintf("ingest: {enrich: {facts_file: %q}}", facts)
		args = append(args, "--config", file(t, config))
	}
	code, _, stderr := execute(t, nil, append(args, events)...)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stderr, "dead letters 0\n")
	for name, text := range map[string]*string{"alerts": &r.alerts, "accounts": &r.accounts} {
		data, err := os.ReadFile(to(name))
		require.NoError(t, err)
		*text = string(data)
	}
	r.campaigns = campaignsOf(t, r.accounts)
	return r
}

// campaignsOf returns of every finding the accounts that were named in it and its highest severity.
func campaignsOf(t *testing.T, accounts string) (out []string) {
	t.Helper()
	members := map[string]map[string]bool{}
	severity := map[string]int{}
	for line := range strings.Lines(accounts) {
		var a struct {
			Account  string `json:"account"`
			Findings []struct {
				UID      string `json:"uid"`
				Severity int    `json:"severity_id"`
			} `json:"findings"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &a))
		for _, f := range a.Findings {
			if members[f.UID] == nil {
				members[f.UID] = map[string]bool{}
			}
			members[f.UID][a.Account] = true
			severity[f.UID] = max(severity[f.UID], f.Severity)
		}
	}
	for uid, accounts := range members {
		names := slices.Sorted(maps.Keys(accounts))
		out = append(out, fmt.Sprintf("severity %d, %d members: %s", severity[uid], len(names),
			strings.Join(names, " ")))
	}
	slices.Sort(out)
	return out
}

// simulated writes a world with one campaign among a few hundred accounts.
func simulated(t *testing.T, format string) (events, facts string) {
	t.Helper()
	dir := t.TempDir()
	events, facts = filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "facts.csv")
	code, _, stderr := execute(t, nil, "simulate", "demo", "--duration", "6h", "--format", format,
		"-o", events, "--facts", facts, "--truth", filepath.Join(dir, "truth.json"))
	require.Equal(t, 0, code, stderr)
	return events, facts
}

// fullShapes are those whose records with the facts tell what the canonical events tell.
var fullShapes = []string{"litellm", "otlp", "kong"}

// TestAGatewaysRecordsAndFactsFindTheCampaignsOfTheCanonicalEvents compares with the whole events.
// The folders that STILLWATCH_WORLDS lists are converted besides (make test-shapes WORLDS=...).
func TestAGatewaysRecordsAndFactsFindTheCampaignsOfTheCanonicalEvents(t *testing.T) {
	world, _ := simulated(t, "native")
	t.Run("demo", func(t *testing.T) { sameCampaigns(t, world) })
	for world := range strings.FieldsSeq(os.Getenv("STILLWATCH_WORLDS")) {
		t.Run(filepath.Base(world), func(t *testing.T) {
			sameCampaigns(t, filepath.Join(world, "events.jsonl.zst"))
		})
	}
}

func sameCampaigns(t *testing.T, world string) {
	t.Helper()
	want := replayAs(t, world, "").campaigns
	require.NotEmpty(t, want, "a world without findings shows nothing")
	for _, c := range want {
		t.Logf("canonical: %.200s", c)
	}
	for _, name := range fullShapes {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			records, facts := filepath.Join(dir, "records.jsonl.zst"),
				filepath.Join(dir, "facts.csv")
			code, _, stderr := execute(t, nil, "convert", "--to", name, "--facts", facts, "-o",
				records, world)
			require.Equal(t, 0, code, stderr)
			got := replayAs(t, records, facts).campaigns
			for _, c := range got {
				t.Logf("%s: %.200s", name, c)
			}
			require.Equal(t, want, got)
		})
	}
}
