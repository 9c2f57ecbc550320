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
		[]byte(`{"campaigns":[{"id":"a","kind":"pool","accounts":["a1","a2","a3","a4"]}],"benign_groups":[{"id":"class","accounts":["b1","b2"]}]}`), 0o600))
	truth, err := ReadTruth(filepath.Join(dir, "truth.json"))
	require.NoError(t, err)
	j := NewJudge(truth)
	at := int64(1_767_225_600_000)
	for i := range 10 {
		for _, a := range []string{"a1", "a2", "a3", "b1"} {
			j.Event(fmt.Appendf(nil, `{"id":"%s-%d","time":%d,"account":{"id":%q},"request":{"model":"m"}}`, a, i, at+int64(i)*3_600_000, a))
		}
	}
	finding := func(uid string, severity int, time int64) {
		require.NoError(t, j.Write(stage.Out{To: stage.Alerts, Value: fmt.Appendf(nil, `{"severity_id":%d,"finding_info":{"uid":%q,"modified_time":%d}}`, severity, uid, time)}))
	}
	names := func(uid, account string, severity int, time int64) {
		require.NoError(t, j.Write(stage.Out{To: stage.Accounts, Value: fmt.Appendf(nil,
			`{"account":%q,"time":%d,"status":"implicated","findings":[{"uid":%q,"severity_id":%d}]}`, account, time, uid, severity)}))
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
	require.Equal(t, []CrowdResult{{ID: "class", Accounts: 1, False: 1, Wrong: 1}}, res.Crowds, "b2 was never active")
	require.InDelta(t, 24.0/9, res.PerDay(res.Crowds[0].Wrong), 1e-9)
	var table bytes.Buffer
	require.NoError(t, res.Print(&table))
	require.Regexp(t, `(?m)^class +1 +1 +2\.67 +1 +2\.67$`, table.String())

	require.Error(t, j.Write(stage.Out{To: stage.Alerts, Value: []byte("{")}))
	require.Error(t, j.Write(stage.Out{To: stage.Accounts, Value: []byte("{")}))
	_, err = ReadTruth(filepath.Join(dir, "none.json"))
	require.Error(t, err)
}
