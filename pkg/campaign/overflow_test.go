package campaign

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMoreFindingsThanAlertInAnHourAreWrittenAndOneSummaryAlerts(t *testing.T) {
	o := DefaultOptions()
	o.AlertsPerHour = 1
	w := newWorld(11)
	w.people(300)
	w.applications(100)
	w.reasons()
	for range 2 {
		p := w.harvester()
		p.TemplateIntents[0] = p.Requests
	}
	out, e, err := w.run(o, nil)
	require.NoError(t, err)
	var alerting, rationed, summaries []*Finding
	for _, f := range findings(out) {
		switch {
		case f.Kind == KindOverflow:
			summaries = append(summaries, f)
		case f.Rationed:
			rationed = append(rationed, f)
		default:
			require.True(t, f.Alerts)
			alerting = append(alerting, f)
		}
	}
	require.Len(t, alerting, 1)
	require.Len(t, rationed, 1)
	require.Len(t, summaries, 1)
	require.True(t, summaries[0].Alerts)
	require.Equal(t, []string{rationed[0].UID}, summaries[0].Related)
	// The hour's end closes the summary.
	var last *Finding
	for range 8 {
		for _, f := range findings(e.Advance(e.Next() + 1)) {
			if f.Kind == KindOverflow {
				last = f
			}
		}
	}
	require.NotNil(t, last)
	require.Equal(t, "over", last.CloseReason)
}

func TestAFindingWhoseSeverityRisesAlertsAgainAtOnce(t *testing.T) {
	o := DefaultOptions()
	o.CriticalMembers, o.UpdateInterval = 50, 30*24*time.Hour
	d, f := newDesk(t, o, 60, 30)
	require.Equal(t, High, f.Severity)
	d.rest(60)
	got := findings(d.advance())
	require.Len(t, got, 1)
	require.Equal(t, Update, got[0].Activity)
	require.Equal(t, Critical, got[0].Severity)
	require.True(t, got[0].Alerts)
	require.Empty(t, findings(d.advance()))
}
