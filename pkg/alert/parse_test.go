package alert_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/review"
)

func TestAFindingComesBackFromItsRecord(t *testing.T) {
	for activity := campaign.Create; activity <= campaign.Close; activity++ {
		f := pool()
		f.Activity, f.Sequence, f.Muted = activity, int(activity), activity == campaign.Update
		f.Coordination, f.Harvest = 24.14, 6.28
		f.Related = []string{"a27d"}
		f.Alerts, f.Rationed = activity == campaign.Create, activity == campaign.Update
		f.Template = []string{"00000000000000ff"}
		if activity == campaign.Update {
			f.Review = &campaign.Review{
				Verdict: "v-1", Action: review.Allow, Author: "kim", Reason: "a course",
				Since: 1772432400000, Expires: 1772932400000,
			}
		}
		if activity == campaign.Close {
			f.CloseReason = "merged"
		}
		r, err := encoder(t).Finding(f)
		require.NoError(t, err)
		got, err := alert.Parse(r.Value)
		require.NoError(t, err)
		require.Equal(t, f, got)
	}
}

func TestARecordReadsLikeItsFindingOnATerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFinding(t)
		r, err := encoder(t).Finding(f)
		require.NoError(t, err)
		got, err := alert.Parse(r.Value)
		require.NoError(t, err)
		again, err := encoder(t).Finding(got)
		require.NoError(t, err)
		if bytes.Contains(r.Value, []byte(`"is_truncated":true`)) {
			return
		}
		require.Equal(t, string(r.Value), string(again.Value))
	})
	f := pool()
	r, err := encoder(t).Finding(f)
	require.NoError(t, err)
	got, err := alert.Parse(r.Value)
	require.NoError(t, err)
	require.Equal(t, alert.Text(f, alert.TextOptions{}), alert.Text(got, alert.TextOptions{}))
}

func TestParseRefusesWhatIsNoFinding(t *testing.T) {
	_, err := alert.Parse([]byte(`{"time"`))
	require.ErrorContains(t, err, "read finding")
	_, err = alert.Parse([]byte(`{"account":"a","status":"watched"}`))
	require.ErrorContains(t, err, "no Detection Finding")
}
