package correlate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/alert/verify"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/fingerprinting"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

// threePools is a world of honest accounts and three campaigns that are open at the same time.
func threePools() simulate.Scenario {
	pool := func(id, style, items string, accounts int, rate float64) simulate.Campaign {
		return simulate.Campaign{
			ID: id, Kind: "pool", Accounts: accounts, Rate: rate,
			Prompt:   simulate.Prompt{Style: style, Items: items},
			Pool:     simulate.Pool{Payments: 3, Issuers: 1, SignUp: "tight", Stack: "one"},
			Schedule: simulate.Schedule{CV: 1, Balance: "random"},
		}
	}
	return simulate.Scenario{
		Name: "restarts", Seed: 7, Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
		Duration: 36 * time.Hour,
		Crowds: []simulate.Crowd{
			{Kind: "chat", Accounts: 200, Rate: 12},
			{Kind: "apps", Accounts: 60, Rate: 20},
			{Kind: "library", Accounts: 40, Rate: 15},
		},
		Campaigns: []simulate.Campaign{
			pool("a", simulate.StyleTemplate, "math", 30, 40),
			pool("b", simulate.StyleTemplate, "code", 20, 50),
			pool("c", simulate.StyleTemplate, "know", 25, 40),
		},
	}
}

// profilesOf runs a world through ingest and fingerprint and returns the records of the profiles'
// topic.
func profilesOf(t *testing.T, s simulate.Scenario) (profiles []stage.Record) {
	t.Helper()
	world, err := simulate.New(s, simulate.Texts{})
	require.NoError(t, err)
	secret := sketch.DefaultOptions()
	secret.Key = []byte("a secret for the tests, 32 bytes")
	in, err := ingest.New(ingest.DefaultOptions(), secret)
	require.NoError(t, err)
	fp, err := fingerprinting.New(fingerprinting.DefaultOptions())
	require.NoError(t, err)
	ingest, fingerprints := stagetest.Open(t, in, 0), stagetest.Open(t, fp, 0)
	var batch []stage.Record
	var offset, observed int64
	flush := func() {
		res, err := ingest.Process(batch)
		require.NoError(t, err)
		var observations []stage.Record
		for _, o := range stagetest.ByOutput(res, stage.Observations) {
			observations = append(
				observations, stage.Record{Offset: observed, Key: o.Key, Value: o.Value},
			)
			observed++
		}
		for _, key := range fingerprints.Needs(observations) {
			require.NoError(t, fingerprints.Load(key, nil))
		}
		res, err = fingerprints.Process(observations)
		require.NoError(t, err)
		for _, o := range stagetest.ByOutput(res, stage.Profiles) {
			profiles = append(profiles, stage.Record{
				Topic: "profiles", Offset: int64(len(profiles)), Key: o.Key, Value: o.Value,
			})
		}
		batch = batch[:0]
	}
	for {
		ev, ok := world.Next()
		if !ok {
			break
		}
		if batch = append(
			batch, stage.Record{Topic: "gateway", Offset: offset, Value: bytes.Clone(ev.JSON)},
		); len(batch) == 200 {
			flush()
		}
		offset++
	}
	flush()
	return profiles
}

// correlated runs the profiles through correlate in batches, and begins before each batch that
// restarts names with a new task, from the stored state and the profiles before it. The records
// that come out contradict each other in nothing.
func correlated(
	t *testing.T, profiles []stage.Record, size int, restarts func(batch int) bool,
) (out []stage.Out) {
	t.Helper()
	st, err := New(DefaultOptions())
	require.NoError(t, err)
	stored := map[string][]byte{}
	// As the pipeline's worker does it: once when it opens the task, and before every batch.
	load := func(task stage.Task) {
		for _, key := range task.Needs(nil) {
			require.NoError(t, task.Load(key, stored[key]))
		}
	}
	open := func() stage.Task {
		task := stagetest.Open(t, st, 0)
		load(task)
		return task
	}
	task := open()
	checked := verify.New(verify.Options{})
	for batch, from := 0, 0; from < len(profiles); batch, from = batch+1, from+size {
		if restarts(batch) {
			task = open()
			require.NoError(t, task.Rebuild(profiles[:from]))
		}
		load(task)
		res, err := task.Process(profiles[from:min(from+size, len(profiles))])
		require.NoError(t, err)
		stagetest.Keep(stored, res)
		for _, o := range stagetest.ByOutput(res, stage.Alerts) {
			require.Empty(t, checked.Add(verify.Record{
				At: fmt.Sprintf("batch %d", batch), Key: o.Key, Value: o.Value,
			}))
		}
		out = append(out, res.Out...)
	}
	return out
}

func never(int) bool { return false }

// afterward are the moments of restarts that the tests try: every one, and some.
var afterward = map[string]func(batch int) bool{
	"every batch":         func(int) bool { return true },
	"every other batch":   func(batch int) bool { return batch%2 == 1 },
	"every seventh batch": func(batch int) bool { return batch%7 == 3 },
	"once in the middle":  func(batch int) bool { return batch == 12 },
}

// TestARestartBetweenAnyTwoBatchesGivesTheSameRecords has a population that holds still, so that
// what groups are compared with is the same whenever it is built: every record is the same, byte
// for byte.
func TestARestartBetweenAnyTwoBatchesGivesTheSameRecords(t *testing.T) {
	const people, pools, each, size = 800, 3, 16, 83
	start := int64(20_000) * testDay
	var profiles []stage.Record
	for hour := range int64(12) {
		now := start + hour*3_600_000
		profiles = append(
			profiles, records(t, int64(len(profiles)), several(now, people, pools, each))...,
		)
	}
	want := correlated(t, profiles, size, never)
	created := 0
	for _, o := range want {
		if o.To == stage.Alerts && bytes.Contains(o.Value, []byte(`"activity_id":1`)) {
			created++
		}
	}
	require.Equal(t, pools, created)
	for name, restarts := range afterward {
		t.Run(name, func(t *testing.T) {
			got := correlated(t, profiles, size, restarts)
			for i := range min(len(want), len(got)) {
				require.Equal(t, want[i].To, got[i].To, "record %d", i)
				require.Equal(t, string(want[i].Value), string(got[i].Value), "record %d", i)
			}
			require.Equal(t, want, got)
		})
	}
}

// several makes the profiles of people and of pools among them.
func several(now int64, people, pools, each int) []fingerprint.Profile {
	profiles := pooled(now, people, pools*each)
	for i := range profiles[people:] {
		pool, p := uint64(i/each), &profiles[people+i]
		for _, f := range []attribute.Attribute{
			attribute.Payment, attribute.Stack, attribute.Params,
		} {
			p.Values[f][0].Hash += 1000 * (pool + 1)
		}
		for k := range p.Template {
			p.Template[k].Hash += 1000 * (pool + 1)
		}
		p.CreatedAt -= int64(pool) * 20 * testDay
	}
	return profiles
}

// TestARestartInATrafficThatGrowsTellsOfTheSameCampaigns has a population that changes all the
// time. After a restart groups are compared with what it is then, so bits differ a little, and a
// finding may come an evaluation earlier or later. No record contradicts another, and who is
// implicated at the end is the same.
func TestARestartInATrafficThatGrowsTellsOfTheSameCampaigns(t *testing.T) {
	const size = 200
	profiles := profilesOf(t, threePools())
	findings, accounts := implicatedBy(t, correlated(t, profiles, size, never))
	require.Equal(t, 3, findings)
	for name, restarts := range afterward {
		if stagetest.Brief() && name != "every seventh batch" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			got, who := implicatedBy(t, correlated(t, profiles, size, restarts))
			require.Equal(t, findings, got)
			require.Equal(t, accounts, who)
		})
	}
}

// implicatedBy counts the campaigns that records create, and lists who is implicated in the end.
func implicatedBy(t *testing.T, out []stage.Out) (created int, accounts []string) {
	t.Helper()
	implicated := map[string]bool{}
	for _, o := range out {
		if o.To == stage.Accounts {
			var v struct{ Account, Status string }
			require.NoError(t, json.Unmarshal(o.Value, &v))
			implicated[v.Account] = v.Status == string(campaign.Implicated)
			continue
		}
		f, err := alert.Parse(o.Value)
		require.NoError(t, err)
		if f.Activity == campaign.Create && f.Kind == campaign.KindCampaign {
			created++
		}
	}
	for account, is := range implicated {
		if is {
			accounts = append(accounts, account)
		}
	}
	slices.Sort(accounts)
	return created, accounts
}
