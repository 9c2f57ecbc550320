package correlate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
	"github.com/stillwatch/stillwatch/pkg/stage/verdicts"
)

// said makes the record of the profiles' topic that the stage verdicts makes of a verdict.
func said(t *testing.T, id string, a review.Action, change func(v *review.Verdict)) stage.Record {
	t.Helper()
	v := review.Verdict{
		ID: id, Tenant: "default", Action: a, Author: "kim", Reason: "a course",
		Time: 20_000 * testDay,
	}
	change(&v)
	value, err := v.MarshalJSON()
	require.NoError(t, err)
	res, err := stagetest.Opened(t, verdicts.New(), 0, nil).Process(
		[]stage.Record{{Topic: "verdicts", Value: value}},
	)
	require.NoError(t, err)
	require.Len(t, res.Out, 1)
	require.Equal(t, stage.Profiles, res.Out[0].To)
	return stage.Record{Topic: "profiles", Key: res.Out[0].Key, Value: res.Out[0].Value}
}

func about(uid string) func(v *review.Verdict) {
	return func(v *review.Verdict) { v.Scope.Finding = uid }
}

func revokes(id string) func(v *review.Verdict) {
	return func(v *review.Verdict) { v.Revokes = id }
}

// audits reads the audit entries among records.
func audits(t *testing.T, out []stage.Out) (entries []review.Entry) {
	t.Helper()
	for _, o := range out {
		if o.To != stage.Audit {
			continue
		}
		e, err := review.ParseEntry(o.Value)
		require.NoError(t, err)
		require.Equal(t, string(e.Key()), string(o.Key))
		require.Equal(t, "application/json", stagetest.Header(o, "content-type"))
		entries = append(entries, e)
	}
	return entries
}

func eventsOf(t *testing.T, out []stage.Out) (events []review.Event) {
	t.Helper()
	for _, e := range audits(t, out) {
		events = append(events, e.Event)
	}
	return events
}

// hours makes the profiles of some hours, of a population that holds still, in one piece each.
func hours(t *testing.T, n int) (pieces [][]stage.Record) {
	t.Helper()
	for hour := range n {
		now := int64(20_000)*testDay + int64(hour)*3_600_000
		pieces = append(pieces, records(t, 0, pooled(now, 200, 30)))
	}
	return pieces
}

// numbered joins pieces of a topic to one, with the offsets of records.
func numbered(pieces ...[]stage.Record) []stage.Record {
	out := slices.Concat(pieces...)
	for i := range out {
		out[i].Offset = int64(i)
	}
	return out
}

// foundIn is the first finding that correlate makes of some profiles.
func foundIn(t *testing.T, profiles []stage.Record) *campaign.Finding {
	t.Helper()
	for _, o := range correlated(t, profiles, 100, never) {
		if o.To == stage.Alerts {
			f, err := alert.Parse(o.Value)
			require.NoError(t, err)
			return f
		}
	}
	require.Fail(t, "nothing is found")
	return nil
}

func TestARestartBetweenVerdictsAndProfilesGivesTheSameRecords(t *testing.T) {
	pieces := hours(t, 6)
	f := foundIn(t, numbered(pieces[:3]...))
	one := func(r stage.Record) []stage.Record { return []stage.Record{r} }
	dismissed := said(t, "v-1", review.Dismiss, about(f.UID))
	topic := numbered(
		pieces[0], pieces[1], pieces[2], one(dismissed), one(dismissed), pieces[3],
		one(said(t, "v-2", review.Revoke, revokes("v-1"))), pieces[4],
		one(said(t, "v-3", review.Allow, func(v *review.Verdict) {
			v.Scope.Campaign, v.Expires = f.Campaign, v.Time+5*3_600_000
		})), pieces[5],
	)
	want := correlated(t, topic, 83, never)
	require.Equal(t, []review.Event{
		review.Given, review.Applied, // dismissed, once
		review.Given, review.Revoked,
		review.Given, review.Applied, // allowed
		review.Expired,
	}, eventsOf(t, want))
	for name, restarts := range afterward {
		t.Run(name, func(t *testing.T) {
			got := correlated(t, topic, 83, restarts)
			require.Equal(t, gists(t, want), gists(t, got))
		})
	}
}

// gists are what records say, but for bits and what follows from them: a new process compares with
// a baseline of its own, so that they may differ by tenths.
func gists(t *testing.T, out []stage.Out) (list []string) {
	t.Helper()
	for _, o := range out {
		switch o.To {
		case stage.Alerts:
			f, err := alert.Parse(o.Value)
			require.NoError(t, err)
			list = append(list, fmt.Sprintf(
				"%s:%d %d %s alerts %t muted %t, %d members, %d shown, %d shared, severity %d, related %v, %v",
				f.UID, f.Sequence, f.Activity, f.CloseReason, f.Alerts, f.Muted, f.Members,
				len(f.Sample), len(f.Shared), f.Severity, f.Related, f.Review,
			))
		case stage.Accounts:
			var v struct{ Account, Status string }
			require.NoError(t, json.Unmarshal(o.Value, &v))
			list = append(list, v.Account+" "+v.Status)
		default:
			list = append(list, string(o.To)+" "+string(o.Value))
		}
	}
	return list
}

func TestAnAuditEntryNamesTheFindingItsAccountsAndWhoSaidIt(t *testing.T) {
	pieces := hours(t, 3)
	f := foundIn(t, numbered(pieces...))
	topic := numbered(pieces[0], pieces[1], pieces[2], []stage.Record{
		said(t, "v-1", review.Dismiss, about(f.UID)),
		said(t, "v-2", review.Confirm, about("no-such-finding")),
	})
	entries := audits(t, correlated(t, topic, 100, never))
	require.Len(t, entries, 3)
	require.Equal(t, review.Unknown, entries[2].Event)
	e := entries[1]
	require.Equal(t, review.Applied, e.Event)
	require.Equal(t, 2, e.Number)
	require.Equal(t, f.UID, e.Finding)
	require.Equal(t, f.Campaign, e.Campaign)
	require.Equal(t, 30, e.Members)
	require.Len(t, e.Accounts, 30)
	require.True(t, slices.IsSorted(e.Accounts))
	require.Equal(t, "kim", e.Verdict.Author)
	require.Equal(t, "a course", e.Verdict.Reason)
}

func TestAVerdictBeforeAnyProfileCountsAndIsKept(t *testing.T) {
	stored := map[string][]byte{}
	feed := func(task stage.Task, r stage.Record) stage.Result {
		return stagetest.Feed(t, task, stored, []stage.Record{r})
	}
	verdict := said(t, "v-1", review.Dismiss, func(v *review.Verdict) {
		for i := range 30 {
			v.Scope.Accounts = append(v.Scope.Accounts, fmt.Sprintf("acct-%04d", 200+i))
		}
	})
	res := feed(openCorrelate(t, stored), verdict)
	entries := audits(t, res.Out)
	require.Len(t, entries, 1)
	require.Equal(t, review.Given, entries[0].Event)
	require.Equal(t, entries[0].Verdict.Time, entries[0].Time, "there is no clock yet")
	require.Equal(t, map[string]int64{"verdict": 1, "audit_records_total:given": 1},
		stagetest.Counted(res.Counts))

	// Another process takes over; the profiles come then, and the group is not reported.
	back := openCorrelate(t, stored)
	require.NoError(t, back.Rebuild([]stage.Record{verdict}))
	require.Empty(t, feed(back, verdict).Out, "the record that comes again counts once")
	for _, piece := range hours(t, 3) {
		res := stagetest.Feed(t, back, stored, piece)
		require.Empty(t, stagetest.ByOutput(res, stage.Alerts))
		require.Empty(t, stagetest.ByOutput(res, stage.Accounts))
	}
	res = feed(back, said(t, "v-2", review.Revoke, revokes("v-1")))
	require.Equal(t, []review.Event{review.Given, review.Revoked}, eventsOf(t, res.Out)[:2])
	alerts := stagetest.ByOutput(res, stage.Alerts)
	require.Len(t, alerts, 1, "now it is")
	first, err := alert.Parse(alerts[0].Value)
	require.NoError(t, err)
	require.Equal(t, campaign.Create, first.Activity)
	require.True(t, first.Alerts)
	require.Empty(t, first.Related, "nobody was told of another")
	require.Len(t, stagetest.ByOutput(res, stage.Accounts), 30)
}

func TestADamagedVerdictAmongTheProfilesIsADeadLetter(t *testing.T) {
	good := said(t, "v-1", review.Dismiss, about("f"))
	damaged := good
	damaged.Value = bytes.Replace(good.Value, []byte("dismiss"), []byte("dismist"), 1)
	cut := good
	cut.Value = good.Value[:len(good.Value)-1]
	tombstone := good
	tombstone.Value = nil
	task := openCorrelate(t, nil)
	res, err := task.Process([]stage.Record{damaged, cut, tombstone, good})
	require.NoError(t, err)
	dead := stagetest.ByOutput(res, stage.DeadLetters)
	require.Len(t, dead, 2)
	require.Equal(t, "verdict_bad_action", stagetest.Header(dead[0], "stillwatch-reason"))
	require.Equal(t, string(damaged.Value), string(dead[0].Value))
	require.Equal(t, "verdict_bad_json", stagetest.Header(dead[1], "stillwatch-reason"))
	require.Equal(t, []review.Event{review.Unknown}, eventsOf(t, res.Out), "the good one counts")
	require.NoError(t, task.Rebuild([]stage.Record{damaged, cut, tombstone, good}))
}
