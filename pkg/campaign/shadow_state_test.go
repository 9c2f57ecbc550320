package campaign

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/review"
)

func TestBothEnginesGoOnAfterARestartWhereTheyStopped(t *testing.T) {
	o := inShadow("prompt_template", "subjects")
	want := lived(engineOf(t, o), 2, nil)
	stored := map[string][]byte{}
	got := lived(engineOf(t, o), 2, func(e *Engine, live []fingerprint.Profile) *Engine {
		saved, err := e.Dirty()
		require.NoError(t, err)
		for _, s := range saved {
			stored[s.Key] = s.Value
		}
		back := engineOf(t, o)
		for keys := back.Keys(); len(keys) > 0; keys = keys[1:] {
			r, err := back.Restore(keys[0], stored[keys[0]])
			require.NoError(t, err)
			keys = append(keys, r.More...)
		}
		for _, p := range live {
			back.Upsert(p)
		}
		return back
	})
	// Groups are compared with what the population is after the restart, so bits differ a little.
	require.Equal(t, uidsIn(want), uidsIn(got))
	for key := range stored {
		inShadow := strings.HasPrefix(key, shadowKeys)
		require.Equal(t, inShadow, strings.Contains(key, shadowIDs) || key == shadowKeys+clockKey)
	}
	require.Contains(t, stored, clockKey)
	require.Contains(t, stored, shadowKeys+clockKey)
}

func TestADetectorThatIsPutIntoShadowIsGoneFromOpenFindings(t *testing.T) {
	w := newWorld(1)
	w.people(300)
	w.pool(40, 60)
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	evidence := func(out []Emission) (ids []string) {
		for _, f := range findingsOf(out) {
			for _, e := range f.Evidence {
				ids = append(ids, e.Detector)
			}
		}
		return ids
	}
	require.Contains(t, evidence(out), "payment")
	saved, err := e.Dirty()
	require.NoError(t, err)
	for _, withMembers := range []bool{true, false} {
		back := engineOf(t, inShadow("payment"))
		for _, s := range saved {
			_, err := back.Restore(s.Key, s.Value)
			require.NoError(t, err)
		}
		at := w.now + 3*back.o.Quiet.Milliseconds()
		for _, p := range w.out {
			if p.Account > w.out[299].Account && !withMembers {
				continue
			}
			p.Requests, p.Time, p.LastSeen = 5*p.Requests, at, at
			back.Upsert(p)
		}
		alerting, shadow := apart(back.Advance(at))
		require.NotContains(t, evidence(alerting), "payment")
		updated := findingsOf(alerting)
		require.Len(t, updated, 1)
		if !withMembers {
			require.Equal(t, Close, updated[0].Activity)
			continue
		}
		require.Equal(t, Update, updated[0].Activity)
		require.Less(t, updated[0].Coordination, findingsOf(out)[0].Coordination)
		require.GreaterOrEqual(t, updated[0].Severity, findingsOf(out)[0].Severity)
		require.Contains(t, evidence(shadow), "payment")
	}
}

// uidsOf are the findings that were created, sorted.
func uidsIn(out []Emission) (uids []string) {
	for _, e := range out {
		if e.Finding != nil && e.Finding.Activity == Create {
			uids = append(uids, e.Finding.UID)
		}
	}
	slices.Sort(uids)
	return uids
}

func TestATenantIsForgottenWhenBothEnginesKnowNothingOfIt(t *testing.T) {
	e := engineOf(t, inShadow("payment"))
	w := newWorld(1)
	w.people(3)
	w.out[0].UnreadableAt = w.now
	for _, p := range w.out {
		e.Upsert(p)
	}
	second := e.Shadow()
	require.Equal(t, 3, second.Accounts(), "it looks at the same accounts")
	require.Equal(t, 1, second.tenants["default"].watchers.Unread.Len())
	second.tenants["default"].campaigns = []*Campaign{{ID: "shadow-c-1", Tenant: "default"}}
	for _, p := range w.out {
		e.Remove("default", p.Account)
	}
	require.Len(t, e.tenants, 1, "a campaign in shadow still has to be told of")
	second.tenants["default"].campaigns = nil
	e.Upsert(w.out[1])
	e.Remove("default", w.out[1].Account)
	require.Empty(t, e.tenants)
	require.Empty(t, second.tenants)
}

func TestAVerdictOnAFindingInShadowIsTheSecondEngines(t *testing.T) {
	o := inShadow("prompt_template", "subjects")
	e := engineOf(t, o)
	var found *Finding
	lived(e, 2, nil)
	for _, c := range e.Shadow().tenants["default"].campaigns {
		found = c.finding(Update, e.Next())
	}
	require.NotNil(t, found)
	said := review.Verdict{
		ID: "v-1", Tenant: "default", Action: review.Dismiss, Author: "kim", Reason: "on trial",
		Scope: review.Scope{Finding: found.UID}, Time: e.Next(),
	}
	out := e.Give(said, e.Next())
	require.Equal(t, []review.Event{review.Given, review.Applied}, events(out))
	require.Empty(t, statuses(out), "nobody's standing depends on what is in shadow")
	closed := findings(out)
	require.Len(t, closed, 1)
	require.NotNil(t, closed[0].Shadow)
	require.Equal(t, closeDismissed, closed[0].CloseReason)
	require.Zero(t, e.tenants["default"].book.Len())
	saved := func() (keys []string) {
		state, err := e.Dirty()
		require.NoError(t, err)
		for _, s := range state {
			if strings.HasSuffix(s.Key, "@default") {
				keys = append(keys, s.Key)
			}
		}
		return keys
	}
	require.Equal(t, []string{shadowKeys + verdictKey + "v-1@default"}, saved())
	require.Empty(t, e.Give(said, e.Next()), "it counts once")
	e.Advance(e.Next() + baseline.Day)
	require.Len(t, saved(), 1, "and is written again every day")
}
