package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/simulate/shape"
)

// withText are the shapes whose records have prompts: little is told of a world without them.
var withText = []string{
	"native", "litellm", "otlp", "otlp_proto", "kong", "apisix", "bedrock", "apim", "higress",
	"portkey",
}

// replayed is what a backtest told.
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

// carriedWorld writes what a shape carries of a world, as canonical events.
func carriedWorld(t *testing.T, s *shape.Shape, world string) string {
	t.Helper()
	in, err := backtest.Open(world)
	require.NoError(t, err)
	defer func() { require.NoError(t, in.Close()) }()
	path := filepath.Join(t.TempDir(), "carried.jsonl")
	out, err := os.Create(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, out.Close()) }()
	w := bufio.NewWriter(out)
	lines, decoder := backtest.NewLines(in, 1<<24), event.NewDecoder(event.DefaultLimits())
	var ev event.Event
	for {
		line, _, err := lines.Next()
		if err != nil {
			break
		}
		if len(line) == 0 {
			continue
		}
		require.NoError(t, decoder.Decode(line, &ev))
		carried := s.Carried(&ev)
		_, err = w.Write(append(event.AppendJSON(nil, &carried), '\n'))
		require.NoError(t, err)
	}
	require.NoError(t, w.Flush())
	return path
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

// TestDetectionOnAGatewaysRecordsIsDetectionOnWhatTheyCarry replays a world in the shape of every
// gateway, and beside it what that shape carries as canonical events.
func TestDetectionOnAGatewaysRecordsIsDetectionOnWhatTheyCarry(t *testing.T) {
	world, _ := simulated(t, "native")
	for _, name := range shape.Names() {
		t.Run(name, func(t *testing.T) {
			s, err := shape.New(name)
			require.NoError(t, err)
			records, facts := simulated(t, name)
			got := replayAs(t, records, facts)
			want := replayAs(t, carriedWorld(t, s, world), facts)
			if slices.Contains(withText, name) {
				require.NotEmpty(t, want.campaigns, "a world without findings shows nothing")
			}
			require.Equal(t, want.campaigns, got.campaigns)
			if name == "apim" {
				return // Its events come when their windows close: findings are updated at other times.
			}
			// Not require.Equal, whose difference would be megabytes.
			require.Zero(t, strings.Compare(want.alerts, got.alerts), "the findings differ")
			require.Zero(t, strings.Compare(want.accounts, got.accounts), "the account records differ")
			t.Logf("%d findings, %d account records", len(got.campaigns),
				strings.Count(got.accounts, "\n"))
		})
	}
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
			records, facts := filepath.Join(dir, "records.jsonl.zst"), filepath.Join(dir, "facts.csv")
			code, _, stderr := execute(t, nil, "convert", "--to", name, "--facts", facts, "-o", records,
				world)
			require.Equal(t, 0, code, stderr)
			got := replayAs(t, records, facts).campaigns
			for _, c := range got {
				t.Logf("%s: %.200s", name, c)
			}
			require.Equal(t, want, got)
		})
	}
}
