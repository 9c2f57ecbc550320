package campaign

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// inShadow are the default options with some detectors in shadow.
func inShadow(ids ...string) Options {
	o := DefaultOptions()
	o.Shadow.Detectors = ids
	return o
}

// allInShadow are the default options with every finding in shadow.
func allInShadow() Options {
	o := DefaultOptions()
	o.Shadow.All = true
	return o
}

// apart separates the emissions that alert from those in shadow.
func apart(out []Emission) (alerting, shadow []Emission) {
	for _, e := range out {
		if e.Finding != nil && e.Finding.Shadow != nil {
			shadow = append(shadow, e)
		} else {
			alerting = append(alerting, e)
		}
	}
	return alerting, shadow
}

// findingsOf are the findings among emissions as they would be anywhere: without what names them,
// and without what being in shadow adds.
func findingsOf(out []Emission) (findings []Finding) {
	for _, e := range out {
		if e.Finding == nil {
			continue
		}
		f := *e.Finding
		f.UID, f.Campaign, f.Related, f.Shadow = "", "", nil, nil
		f.NextStep = strings.TrimPrefix(f.NextStep, shadowStep)
		findings = append(findings, f)
	}
	return findings
}

// engineOf makes an engine.
func engineOf(t *testing.T, o Options) *Engine {
	t.Helper()
	e, err := New(o)
	require.NoError(t, err)
	return e
}

// busyWorld are the profiles of two days in which people and two pools come, send more, and go: one
// list for each evaluation, and who is forgotten before it.
func busyWorld(seed uint64) (rounds [][]fingerprint.Profile, gone [][]string, times []int64) {
	w := newWorld(seed)
	w.people(150)
	w.applications(40)
	w.tool(20)
	for i := range 3 {
		// Records of some cannot be read.
		p := &w.out[i]
		p.UnreadableAt, p.UnreadableSince, p.Unreadable = w.now, w.now-3_600_000, 40
		p.Unreadable24h = 40
	}
	for round := range 8 {
		switch round {
		case 1:
			w.pool(30, 40)
		case 3:
			w.people(30)
			w.pool(20, 60)
		}
		rounds = append(rounds, slices.Clone(w.out))
		forgotten := []string{}
		if round > 3 {
			for _, p := range w.out[:10] {
				forgotten = append(forgotten, p.Account)
			}
			w.out = w.out[10:]
		}
		gone, times = append(gone, forgotten), append(times, w.now)
		w.now += 20 * 60_000
		for i := range w.out {
			p := &w.out[i]
			p.Time, p.LastSeen = w.now, w.now
			p.Requests += p.Requests / 4
		}
	}
	return rounds, gone, times
}

// lived is what an engine emits over a busy world. between is called after each evaluation and may
// put another engine in its place.
func lived(
	e *Engine, seed uint64, between func(e *Engine, live []fingerprint.Profile) *Engine,
) (out []Emission) {
	rounds, gone, times := busyWorld(seed)
	for i := range rounds {
		for _, p := range rounds[i] {
			e.Upsert(p)
		}
		for _, account := range gone[i] {
			e.Remove("default", account)
		}
		out = append(out, e.Advance(times[i])...)
		if between != nil {
			live := slices.DeleteFunc(slices.Clone(rounds[i]), func(p fingerprint.Profile) bool {
				return slices.Contains(gone[i], p.Account)
			})
			e = between(e, live)
		}
	}
	return out
}

func TestTheSecondEngineFindsWhatOneWithAllDetectorsFindsAlone(t *testing.T) {
	for seed := range uint64(3) {
		alone := lived(engineOf(t, DefaultOptions()), seed, nil)
		// With these nothing alerts: no record is there only to say whether something does.
		alerting, shadow := apart(lived(engineOf(t, inShadow(withoutHarvest()...)), seed, nil))
		require.NotEmpty(t, findingsOf(alone))
		for _, f := range findingsOf(alerting) {
			require.Equal(t, KindTripwire, f.Kind, "it asks no detector")
		}
		require.Equal(t, findingsOf(alone), findingsOf(shadow))
		_, whole := apart(lived(engineOf(t, allInShadow()), seed, nil))
		require.Equal(t, findingsOf(alone), findingsOf(whole),
			"and so does the only engine of a service in shadow")
		require.Len(t, findingsOf(whole), len(whole), "no verdict on an account")
	}
}

func TestTheSecondEngineChangesNothingInWhatAlerts(t *testing.T) {
	for _, id := range []string{"prompt_template", "subjects", "payment", "single_turn"} {
		o := inShadow(id)
		both, shadow := apart(lived(engineOf(t, o), 1, nil))
		require.NotEmpty(t, shadow)
		o.Shadow.Unseen = true
		require.Nil(t, engineOf(t, o).Shadow())
		require.Equal(t, lived(engineOf(t, o), 1, nil), both, id)
	}
}

func TestADetectorInShadowCountsInNothingThatAlerts(t *testing.T) {
	// What each of these detectors gives beside its bits, to be seen in the scores.
	special := func(m *search.Measurement) float64 {
		return max(m.Text, m.Purpose, m.Moved)
	}
	w := newWorld(4)
	w.people(300)
	w.applications(60)
	w.pool(40, 60)
	hidden := w.pool(20, 60)
	for i := range w.out {
		if p := &w.out[i]; slices.Contains(hidden, p.Account) {
			p.Intents[1], p.TemplateIntents[1] = p.Requests, p.Requests
		}
	}
	moved := w.out[len(w.out)-20:]
	ring(moved, w, 4)
	shown, most := map[string]bool{}, 0.0
	look := func(m search.Measurement) {
		for id, bits := range m.Bits {
			shown[id] = shown[id] || bits != 0
		}
		most = max(most, special(&m))
	}
	_, _, err := w.run(DefaultOptions(), look)
	require.NoError(t, err)
	require.Positive(t, most, "the world has what the rules ask for by name")
	var apartFrom []string
	for _, d := range detectors.All() {
		if d.Spec.Family == detectors.Work || d.Spec.Purpose || d.Spec.Moved {
			apartFrom = append(apartFrom, d.Spec.ID)
		}
	}
	for _, d := range detectors.All() {
		id := d.Spec.ID
		if !shown[id] {
			continue
		}
		out, _, err := w.run(inShadow(id), func(m search.Measurement) {
			require.NotContains(t, m.Bits, id)
		})
		require.NoError(t, err)
		alerting, shadow := apart(out)
		for _, f := range findingsOf(alerting) {
			for _, e := range f.Evidence {
				require.NotEqual(t, id, e.Detector)
			}
		}
		for _, e := range shadow {
			require.Equal(t, []string{id}, e.Finding.Shadow.Detectors)
		}
	}
	_, _, err = w.run(inShadow(apartFrom...), func(m search.Measurement) {
		require.Zero(t, special(&m), "no rule reads what is in shadow: %+v", m.Scores)
	})
	require.NoError(t, err)
}

func TestAFindingInShadowNamesTheFindingsThatAlertAboutItsAccounts(t *testing.T) {
	w := newWorld(1)
	w.people(300)
	w.pool(40, 60)
	for _, c := range []struct {
		name    string
		o       Options
		alerted bool
	}{
		{"a detector that the finding does not need", inShadow("params"), true},
		{"detectors without which there is none", inShadow(withoutHarvest()...), false},
		{"everything in shadow", allInShadow(), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, e, err := w.run(c.o, nil)
			require.NoError(t, err)
			alerting, shadow := apart(out)
			require.Len(t, shadow, 1)
			in := shadow[0].Finding.Shadow
			require.Equal(t, c.alerted, in.AlsoAlerted)
			require.Equal(t, c.o.Shadow.All, in.All)
			if !c.alerted {
				require.Empty(t, alerting)
				require.Empty(t, in.Alerts)
				return
			}
			require.Equal(t, []string{alerting[0].Finding.UID}, in.Alerts)
			require.NotEqual(t, alerting[0].Finding.UID, shadow[0].Finding.UID)
			require.NotEqual(t, alerting[0].Finding.Campaign, shadow[0].Finding.Campaign)

			// When the one that alerts is closed, the other one says so.
			e.tenants["default"].campaigns[0].closing = closeWithdrawn
			_, shadow = apart(e.Advance(w.now + 2*e.o.UpdateInterval.Milliseconds()))
			require.Len(t, shadow, 1)
			require.Equal(t, Update, shadow[0].Finding.Activity)
			require.False(t, shadow[0].Finding.Shadow.AlsoAlerted)
		})
	}
}

// withoutHarvest are the harvest detectors: without them nothing is a finding.
func withoutHarvest() (ids []string) {
	for _, d := range detectors.All() {
		if d.Spec.Axis == detectors.Harvest {
			ids = append(ids, d.Spec.ID)
		}
	}
	return ids
}

func TestFindingsOfDifferentKindsAreNotAboutTheSame(t *testing.T) {
	members := map[string]int64{"a": 1, "b": 1, "c": 1, "d": 1}
	some := func(names ...string) map[string]int64 {
		m := map[string]int64{}
		for _, n := range names {
			m[n] = 1
		}
		return m
	}
	c := &Campaign{ID: "shadow-c-1", Members: members}
	for _, x := range []struct {
		name    string
		other   Campaign
		matches bool
	}{
		{"the same accounts", Campaign{Members: members}, true},
		{"half of them", Campaign{Members: some("a", "b", "x", "y", "z")}, true},
		{"all of a smaller one", Campaign{Members: some("a")}, true},
		{"one of four", Campaign{Members: some("a", "x", "y", "z")}, false},
		{"another kind", Campaign{Kind: KindAccount, Members: members}, false},
	} {
		naming := map[string][]*Campaign{}
		for name := range x.other.Members {
			naming[name] = append(naming[name], &x.other)
		}
		require.Equal(t, x.matches, len(matching(c, naming)) == 1, x.name)
	}
}

func TestAnUnknownDetectorInShadowIsAnErrorThatNamesTheNearest(t *testing.T) {
	everything := []string{}
	for _, d := range detectors.All() {
		everything = append(everything, d.Spec.ID)
	}
	for _, c := range []struct {
		ids  []string
		want string
	}{
		{[]string{"promt_template"}, `no detector is called "promt_template"; did you mean "prompt_template"?`},
		{[]string{"payment", "zzz"}, `no detector is called "zzz"; docs/detectors.md lists them`},
		{[]string{""}, `no detector is called ""`},
		{everything, "set shadow.all instead"},
	} {
		_, err := New(inShadow(c.ids...))
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, "shadow.detectors: ")
	}
	for _, id := range everything {
		require.NoError(t, (&ShadowOptions{Detectors: []string{id, id}}).Validate(), id)
	}
}
