package campaign

import (
	"fmt"
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

func TestTheSummariesOfTwoTenantsInOneHourAreTwo(t *testing.T) {
	o := DefaultOptions()
	o.AlertsPerHour = 1
	e, err := New(o)
	require.NoError(t, err)
	for _, name := range []string{"acme", "blue"} {
		v := emitter{&evaluation{engine: e, tenant: e.tenant(name), now: testStart}}
		for i := range 2 {
			v.ration(&Finding{UID: fmt.Sprintf("%s-%d", name, i), Alerts: true})
		}
	}
	saved, err := e.Dirty()
	require.NoError(t, err)
	values := map[string][]byte{}
	for _, s := range saved {
		require.NotContains(t, values, s.Key, "one would take the place of the other")
		values[s.Key] = s.Value
	}
	back, err := New(o)
	require.NoError(t, err)
	restored, err := back.Restore(clockKey, values[clockKey])
	require.NoError(t, err)
	require.Zero(t, restored.ListedAgain)
	for _, key := range restored.More {
		_, err := back.Restore(key, values[key])
		require.NoError(t, err)
	}
	for _, name := range []string{"acme", "blue"} {
		require.Len(t, back.tenants[name].campaigns, 1)
		require.Equal(t, related{name + "-1"}, back.tenants[name].campaigns[0].Related)
	}
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
