package backtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/review"
)

// judgement is of the accounts first..first+n-1.
func judgement(confirmed bool, first, n int) review.Label {
	l := review.Label{Confirmed: confirmed}
	for i := range n {
		l.Accounts = append(l.Accounts, fmt.Sprint("a", first+i))
	}
	return l
}

func TestADismissedGroupCountsAsHonestAndAConfirmedOneDoesNot(t *testing.T) {
	groups := func() *Calibration {
		c := NewCalibration(wide())
		c.Add(measured(0, 20, 3, hour, true)) // far beyond the threshold
		c.Add(measured(100, 30, -1, 10*hour, true))
		return c
	}
	for _, tc := range []struct {
		name                           string
		labels                         []review.Label
		honest, far, confirmed, missed int
	}{
		{"nothing is judged", nil, 1, 1, 0, 0},
		{"dismissed", []review.Label{judgement(false, 0, 20)}, 2, 0, 0, 0},
		{"half of it dismissed", []review.Label{judgement(false, 5, 10)}, 2, 0, 0, 0},
		{"less than half of it dismissed", []review.Label{judgement(false, 5, 9)}, 1, 1, 0, 0},
		{"confirmed", []review.Label{judgement(true, 0, 20)}, 1, 0, 1, 0},
		{"dismissed and confirmed", []review.Label{
			judgement(true, 0, 20), judgement(false, 0, 20),
		}, 1, 0, 1, 0},
		{"confirmed below the threshold", []review.Label{judgement(true, 100, 30)}, 0, 1, 1, 1},
		{
			"dismissed in another tenant",
			[]review.Label{{Tenant: "other", Accounts: judgement(false, 0, 20).Accounts}},
			1, 1, 0, 0,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := groups()
			c.Label(tc.labels)
			a := c.Advise(1, false)
			require.Len(t, a.Honest, tc.honest)
			require.Len(t, a.Far, tc.far)
			require.Len(t, a.Confirmed, tc.confirmed)
			require.Len(t, a.Missed, tc.missed)
			require.Equal(t, 2-tc.honest, tc.far+tc.confirmed)
		})
	}
}

func TestADismissedGroupRaisesTheThresholdAndTheAdviceNamesWhatItMisses(t *testing.T) {
	c := NewCalibration(wide())
	for i := range 10 { // honest groups, of which one was reported
		c.Add(measured(1000*i, 20, 3-float64(i)/2, hour, true))
	}
	c.Add(measured(50_000, 40, 0.5, 20*hour, true))
	before := c.Advise(0.01, false)
	labels := []review.Label{judgement(true, 50_000, 40)}
	for i := range 4 {
		labels = append(labels, judgement(false, 1000*i, 20))
	}
	c.Label(labels)
	after := c.Advise(0.01, false)
	require.Equal(t, 4, after.Dismissed)
	require.Greater(t, after.Total, before.Total)
	require.Len(t, after.Missed, 1, "0.5 bits beyond is below the threshold of now")
	require.Equal(t, after.Confirmed, after.Missed)
}

func TestALargeGroupIsJudgedByTheAccountsThatTheAuditNames(t *testing.T) {
	l := labels{}
	for i := range review.EntryAccounts {
		l[[2]string{"", fmt.Sprint("a", i)}] = dismissed
	}
	m := measured(0, 5*review.EntryAccounts, 3, hour, true)
	require.Equal(t, dismissed, l.of(&m))
}

func TestAnAuditFileThatCannotBeReadNamesTheLine(t *testing.T) {
	e := review.Entry{
		Number: 1, Event: review.Given, Time: 1,
		Verdict: review.Verdict{
			ID: "v", Tenant: "default", Action: review.Dismiss, Author: "kim", Reason: "x", Time: 1,
			Scope: review.Scope{Accounts: []string{"a"}},
		},
	}
	record, err := e.Record()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	require.NoError(t, os.WriteFile(path, append(record, "\n\n"...), 0o600))
	h, err := ReadHistory(path)
	require.NoError(t, err)
	require.Equal(t, []review.Label{{Tenant: "default", Accounts: []string{"a"}}}, h.Labels())
	require.NoError(t, os.WriteFile(path, append(record, "\n{}"...), 0o600))
	_, err = ReadHistory(path)
	require.ErrorContains(t, err, "line 2: read audit entry")
}
