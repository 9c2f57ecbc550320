package backtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

func writeTruth(t *testing.T, dir string, truth *simulate.Truth, ids []string) {
	t.Helper()
	b, err := json.Marshal(truth)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "truth.json"), b, 0o600))
	f, err := os.Create(filepath.Join(dir, "harvest.ids.gz"))
	require.NoError(t, err)
	z := gzip.NewWriter(f)
	_, err = z.Write([]byte(strings.Join(ids, "\n")))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())
}

func TestTheJudgeCountsLeaksRecallAndFalseFindings(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "truth.json"),
		[]byte(`{"campaigns":[{"id":"a","kind":"pool","accounts":["a1","a2","a3","a4"]}],"benign_groups":[{"id":"class","accounts":["b1","b2"]}]}`),
		0o600))
	truth, err := ReadTruth(filepath.Join(dir, "truth.json"))
	require.NoError(t, err)
	j := NewJudge(truth)
	at := int64(1_767_225_600_000)
	for i := range 10 {
		for _, a := range []string{"a1", "a2", "a3", "b1"} {
			j.Event(stage.Seen{
				Tenant: "default", Account: a, ID: fmt.Sprintf("%s-%d", a, i),
				Time: at + int64(i)*3_600_000,
			})
		}
	}
	finding := func(uid string, severity int, time int64) {
		require.NoError(t, j.Write(stage.Out{
			To: stage.Alerts,
			Value: fmt.Appendf(nil,
				`{"severity_id":%d,"finding_info":{"uid":%q,"modified_time":%d}}`,
				severity, uid, time),
		}))
	}
	names := func(uid, account string, severity int, time int64) {
		require.NoError(t, j.Write(stage.Out{To: stage.Accounts, Value: fmt.Appendf(nil,
			`{"account":%q,"time":%d,"status":"implicated","findings":[{"uid":%q,"severity_id":%d}]}`,
			account, time, uid, severity)}))
	}
	finding("11111111-low", 2, at)
	names("11111111-low", "a3", 2, at)
	finding("22222222-true", 4, at+5*3_600_000)
	names("22222222-true", "a1", 4, at+5*3_600_000)
	names("22222222-true", "a2", 4, at+8*3_600_000)
	finding("33333333-false", 3, at+6*3_600_000)
	names("33333333-false", "b1", 3, at+6*3_600_000)

	res := j.Result()
	require.Len(t, res.Campaigns, 1)
	c := res.Campaigns[0]
	require.True(t, c.Found)
	require.Equal(t, 3, c.Accounts, "a4 was never active")
	require.InDelta(t, 5, c.Hours, 1e-9)
	require.InDelta(t, 0.5, c.Leaked, 1e-9)
	require.InDelta(t, 0.8, c.HalfLeaked, 1e-9)
	require.InDelta(t, 2.0/3, c.Recall, 1e-9)
	require.InDelta(t, 2.0/3, res.Precision, 1e-9)
	require.Len(t, res.False, 1)
	require.Equal(t, "class", res.False[0].Group)
	require.Equal(t, []CrowdResult{{ID: "class", Accounts: 1, False: 1, Wrong: 1}}, res.Crowds,
		"b2 was never active")
	require.InDelta(t, 24.0/9, res.PerDay(res.Crowds[0].Wrong), 1e-9)
	var table bytes.Buffer
	require.NoError(t, res.Print(&table))
	require.Regexp(t, `(?m)^class +1 +1 +2\.67 +1 +2\.67$`, table.String())

	require.Error(t, j.Write(stage.Out{To: stage.Alerts, Value: []byte("{")}))
	require.Error(t, j.Write(stage.Out{To: stage.Accounts, Value: []byte("{")}))
	_, err = ReadTruth(filepath.Join(dir, "none.json"))
	require.Error(t, err)
}

func TestLabelsOfOtherTrafficAreAnError(t *testing.T) {
	const labels = `{"campaigns":[{"id":"a","accounts":["a1","a2"]}],"benign_groups":[{"id":"b","accounts":["b1"]}]}`
	for _, tc := range []struct {
		name, truth, harvest string
		seen                 []stage.Seen
		err                  string
	}{
		{name: "accounts and ids met", truth: labels, harvest: "h1\nh2\n", seen: []stage.Seen{
			{Account: "a1", ID: "h2", Time: 1},
		}},
		{
			name: "accounts met, every request of theirs is harvest", truth: labels,
			seen: []stage.Seen{{Account: "a1", ID: "x", Time: 1}},
		},
		{
			name: "a recording that ends before the campaign begins", truth: labels, harvest: "h1",
			seen: []stage.Seen{{Account: "b1", ID: "x", Time: 1}},
		},
		{name: "nothing is labelled", truth: `{}`, seen: []stage.Seen{
			{Account: "x", ID: "x", Time: 1},
		}},
		{
			name: "other accounts", truth: labels, harvest: "h1",
			seen: []stage.Seen{{Account: "x", ID: "h1", Time: 1}},
			err:  "not one of its 3 accounts is in the 1 events that were read",
		},
		{name: "no event", truth: labels, err: "not one of its 3 accounts is in the 0 events"},
		{
			name: "other ids", truth: labels, harvest: "h1\nh2\n",
			seen: []stage.Seen{
				{Account: "a1", ID: "x", Time: 1}, {Account: "a2", ID: "y", Time: 2},
			},
			err: "not one of its 2 harvest ids is in the 2 events that were read; an id is the canonical event's",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(
				t, os.WriteFile(filepath.Join(dir, "truth.json"), []byte(tc.truth), 0o600),
			)
			if tc.harvest != "" {
				require.NoError(
					t, os.WriteFile(filepath.Join(dir, "harvest.ids"), []byte(tc.harvest), 0o600),
				)
			}
			truth, err := ReadTruth(filepath.Join(dir, "truth.json"))
			require.NoError(t, err)
			j := NewJudge(truth)
			for _, ev := range tc.seen {
				j.Event(ev)
			}
			if tc.err == "" {
				require.NoError(t, j.Unmet())
				return
			}
			require.ErrorContains(t, j.Unmet(), tc.err)
		})
	}
}
