package verdicts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
	"github.com/stillwatch/stillwatch/pkg/stage/verdicts"
)

func given(tenant, id string) review.Verdict {
	return review.Verdict{
		ID: id, Tenant: tenant, Action: review.Dismiss, Scope: review.Scope{Finding: "f"},
		Author: "kim", Reason: "x", Time: 5,
	}
}

func record(t *testing.T, offset int64, v review.Verdict) stage.Record {
	t.Helper()
	value, err := v.MarshalJSON()
	require.NoError(t, err)
	return stage.Record{Topic: "verdicts", Offset: offset, Key: []byte("any"), Value: value}
}

func process(t *testing.T, batch ...stage.Record) stage.Result {
	t.Helper()
	st := verdicts.New()
	require.Equal(t, "verdicts", st.Name())
	res, err := stagetest.Opened(t, st, 0, nil).Process(batch)
	require.NoError(t, err)
	stagetest.RequireDeclared(t, st, res)
	return res
}

func TestVerdictsGoAmongTheProfilesInTheirOrderUnderKeysOfTheirOwn(t *testing.T) {
	all := []review.Verdict{
		given("acme", "v-2"), given("acme", "v-1"), given("default", "v-1"), given("a", "b"),
	}
	var batch []stage.Record
	for i, v := range all {
		batch = append(batch, record(t, int64(i), v))
	}
	res := process(t, batch...)
	out := stagetest.ByOutput(res, stage.Profiles)
	require.Len(t, out, len(res.Out))
	require.Len(t, out, len(all))
	keys := map[string]bool{}
	for i, o := range out {
		read, err := review.Parse(o.Value)
		require.NoError(t, err)
		require.Equal(t, all[i], read)
		require.True(t, verdicts.IsVerdict(o.Key))
		keys[string(o.Key)] = true
	}
	require.Len(t, keys, len(all), "compaction keeps every verdict")
	require.Equal(t, map[string]int64{"ok": 4, "verdicts_total:dismiss": 4},
		stagetest.Counted(res.Counts))
	require.Empty(t, res.Changes)
}

func TestNoKeyOfAProfileIsAVerdicts(t *testing.T) {
	for _, key := range []string{
		"", "default\x00acct", "verdict\x00a\x00b", "\x00acct", "verdict", "default\x00\x00verdict\x00",
	} {
		require.False(t, verdicts.IsVerdict([]byte(key)), "%q", key)
	}
}

func TestARecordThatIsNoVerdictIsADeadLetterWithItsReason(t *testing.T) {
	for _, tc := range []struct{ value, reason, detail string }{
		{`S3CRET`, "verdict_bad_json", "no JSON at byte 1"},
		{`{"schema":"1","expires_at":"S3CRET"}`, "verdict_bad_json", `unknown field "expires_at"`},
		{
			`{"schema":"1","id":"v","action":"S3CRET","author":"a","reason":"b","time":1}`,
			"verdict_bad_action", "action must be",
		},
		{
			`{"schema":"1","id":"v","action":"allow","author":"a","reason":"b","time":1}`,
			"verdict_bad_scope", "exactly one of",
		},
		{
			`{"schema":"1","id":"v","action":"allow","author":"","reason":"b","time":1}`,
			"verdict_bad_identity", "author must be",
		},
		{
			`{"schema":"1","id":"v","action":"allow","author":"a","reason":"b","time":0}`,
			"verdict_bad_time", "time must be",
		},
		{strings.Repeat(" ", review.MaxRecord+1), "verdict_too_large", "at most"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			good := record(t, 8, given("acme", "v-1"))
			res := process(t, stage.Record{
				Topic: "verdicts", Partition: 0, Offset: 7, Key: []byte("k"), Value: []byte(tc.value),
			}, good)
			require.Len(t, stagetest.ByOutput(res, stage.Profiles), 1, "the rest goes on")
			dead := stagetest.ByOutput(res, stage.DeadLetters)
			require.Len(t, dead, 1)
			require.Equal(t, tc.value, string(dead[0].Value))
			require.Equal(t, tc.reason, stagetest.Header(dead[0], "stillwatch-reason"))
			require.Contains(t, stagetest.Header(dead[0], "stillwatch-detail"), tc.detail)
			require.NotContains(t, stagetest.Header(dead[0], "stillwatch-detail"), "S3CRET")
			require.Equal(t, "7", stagetest.Header(dead[0], "stillwatch-offset"))
			require.Equal(t, map[string]int64{
				"ok": 1, "verdicts_total:dismiss": 1, "dead_letter:" + tc.reason: 1,
			}, stagetest.Counted(res.Counts))
		})
	}
}

func TestEveryReasonOfADeadLetterBeginsWithVerdict(t *testing.T) {
	for _, reason := range review.Reasons() {
		require.Equal(t, "verdict_"+reason, verdicts.Reason(&review.InvalidError{Reason: reason}))
		require.Equal(t, "verdict_"+reason,
			verdicts.Reason(fmt.Errorf("read: %w", &review.InvalidError{Reason: reason})))
	}
	require.Equal(t, "verdict_bad_json", verdicts.Reason(fmt.Errorf("anything else")))
}

func TestATombstoneSaysNothing(t *testing.T) {
	res := process(t, stage.Record{Topic: "verdicts", Key: []byte("v-1")})
	require.Empty(t, res.Out)
	require.Empty(t, res.Counts)
}

func TestARecordIsPassedOnAsItWouldBeWritten(t *testing.T) {
	v := given("default", "v-1")
	want := record(t, 0, v)
	loose := strings.Replace(string(want.Value), `"tenant":"default",`, " ", 1)
	require.NotEqual(t, string(want.Value), loose)
	res := process(t, stage.Record{Value: []byte(loose)})
	require.True(t, slices.Equal(want.Value, res.Out[0].Value))
}
