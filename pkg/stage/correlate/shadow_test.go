package correlate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/alert/alerttest"
	"github.com/stillwatch/stillwatch/pkg/alert/verify"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

// mode is what is in shadow.
type mode func(o *campaign.ShadowOptions)

func off(*campaign.ShadowOptions)     {}
func whole(o *campaign.ShadowOptions) { o.All = true }

// some puts detectors into shadow without which the pools are still found: others find them.
func some(o *campaign.ShadowOptions) { o.Detectors = []string{"prompt_template", "params"} }

// telling puts detectors into shadow without which there is no finding.
func telling(o *campaign.ShadowOptions) {
	o.Detectors = []string{"elicitation", "output_length", "single_turn", "yield"}
}

// service is correlate as it runs on and off with different options over one store: whatever it
// emits is checked.
type service struct {
	t        *testing.T
	stored   map[string][]byte
	profiles []stage.Record
	verifier *verify.Verifier
	// next is the first profile that was not processed.
	next int
}

func newService(t *testing.T, profiles []stage.Record) *service {
	return &service{
		t: t, stored: map[string][]byte{}, profiles: profiles,
		verifier: verify.New(verify.Options{}),
	}
}

// open starts the service.
func (s *service) open(m mode) stage.Task {
	o := DefaultOptions()
	m(&o.Campaign.Shadow)
	st, err := New(o)
	require.NoError(s.t, err)
	task := stagetest.Opened(s.t, st, 0, s.stored)
	require.NoError(s.t, task.Rebuild(s.profiles[:s.next]))
	return task
}

// run processes n profiles in batches; restart says before which it is started anew.
func (s *service) run(m mode, n, size int, restart func(batch int) bool) (out []stage.Out) {
	task := s.open(m)
	for batch, end := 0, min(s.next+n, len(s.profiles)); s.next < end; batch++ {
		if restart(batch) {
			task = s.open(m)
		}
		to := min(s.next+size, end)
		res, err := task.Process(s.profiles[s.next:to])
		require.NoError(s.t, err)
		s.next = to
		stagetest.Keep(s.stored, res)
		s.check(res.Out)
		out = append(out, res.Out...)
	}
	return out
}

// check holds what is emitted against what is promised, over all topics of findings together.
func (s *service) check(out []stage.Out) {
	for _, o := range out {
		if o.To == stage.Accounts {
			continue
		}
		require.Contains(s.t, []stage.Output{stage.Alerts, stage.Shadow}, o.To)
		require.NoError(s.t, alerttest.Check(o.Value))
		require.Empty(s.t, s.verifier.Add(verify.Record{
			At: fmt.Sprintf("profile %d", s.next), Key: o.Key, Value: o.Value,
		}))
		f, err := alert.Parse(o.Value)
		require.NoError(s.t, err)
		require.Equal(s.t, o.To == stage.Shadow, f.Shadow != nil)
		if f.Shadow != nil {
			require.Contains(s.t, string(o.Value), `"is_alert":false`)
		}
	}
}

// findings parses the findings of an output.
func findings(t *testing.T, out []stage.Out, to stage.Output) (list []*campaign.Finding) {
	t.Helper()
	for _, o := range stagetest.ByOutput(stage.Result{Out: out}, to) {
		f, err := alert.Parse(o.Value)
		require.NoError(t, err)
		list = append(list, f)
	}
	return list
}

// pools are the profiles of some hours, with people and three pools.
func pools(t *testing.T, hours int) (profiles []stage.Record, hour int) {
	t.Helper()
	const people, pools, each = 800, 3, 16
	start := int64(20_000) * testDay
	for h := range int64(hours) {
		now := start + h*3_600_000
		profiles = append(
			profiles, records(t, int64(len(profiles)), several(now, people, pools, each))...,
		)
	}
	return profiles, people + pools*each
}

func TestFindingsInShadowNeverAlertAndAreCountedApart(t *testing.T) {
	profiles, hour := pools(t, 4)
	for name, c := range map[string]struct {
		m                mode
		alerting, shadow int
		alerted          bool
	}{
		"nothing in shadow":                       {off, 3, 0, false},
		"detectors that the findings do not need": {some, 3, 3, true},
		"detectors that they need":                {telling, 0, 3, false},
		"the whole service":                       {whole, 0, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, profiles)
			out := s.run(c.m, 4*hour, hour, never)
			require.Len(t, findings(t, out, stage.Alerts), c.alerting)
			shadow := findings(t, out, stage.Shadow)
			require.Len(t, shadow, c.shadow)
			for _, f := range shadow {
				require.Equal(t, c.alerted, f.Shadow.AlsoAlerted)
			}
			accounts := stagetest.ByOutput(stage.Result{Out: out}, stage.Accounts)
			require.Len(t, accounts, c.alerting*16, "only alerts name accounts")

			task := s.open(c.m)
			res, err := task.Process(profiles[:1])
			require.NoError(t, err)
			require.EqualValues(t, 1, res.Counts.Of(stage.OK))
			require.Equal(t, c.alerting, task.Sizes()["campaigns"])
			_, counted := task.Sizes()["shadow_campaigns"]
			require.Equal(t, c.shadow > 0, counted)
			require.Equal(t, c.shadow, task.Sizes()["shadow_campaigns"])
		})
	}
}

func TestTheStageDeclaresAndCountsFindingsInShadow(t *testing.T) {
	profiles, hour := pools(t, 2)
	o := DefaultOptions()
	some(&o.Campaign.Shadow)
	st, err := New(o)
	require.NoError(t, err)
	task := stagetest.Opened(t, st, 0, nil)
	first, err := task.Process(profiles[:hour])
	require.NoError(t, err)
	res, err := task.Process(profiles[hour:])
	require.NoError(t, err)
	res.Counts.AddAll(first.Counts)
	stagetest.RequireDeclared(t, st, res)
	require.EqualValues(t, 3, res.Counts.Of(ShadowFindings, "create", "true"))
	require.EqualValues(t, 3, res.Counts.Of(Findings, "create"), "these are counted apart")
}

func TestShadowOnOffAndOnAgainContradictsNothing(t *testing.T) {
	const phase = 3
	for name, modes := range map[string][]mode{
		"detectors":       {some, off, some, off},
		"others in turn":  {some, telling, some, telling},
		"the whole":       {whole, off, whole, off},
		"alerts come in":  {off, whole, off, some},
		"from one to two": {whole, some, whole, telling},
	} {
		t.Run(name, func(t *testing.T) {
			profiles, hour := pools(t, phase*len(modes))
			s := newService(t, profiles)
			created := map[stage.Output]map[string]bool{stage.Alerts: {}, stage.Shadow: {}}
			for i, m := range modes {
				var o campaign.ShadowOptions
				m(&o)
				out := s.run(m, phase*hour, 97, func(batch int) bool { return batch%4 == 2 })
				if o.All {
					require.Empty(t, findings(t, out, stage.Alerts), "phase %d", i)
					require.Empty(t, stagetest.ByOutput(stage.Result{Out: out}, stage.Accounts))
				}
				if !o.On() {
					require.Empty(t, findings(t, out, stage.Shadow), "phase %d", i)
				}
				for to, uids := range created {
					for _, f := range findings(t, out, to) {
						if f.Activity == campaign.Create {
							require.False(t, uids[f.UID], "created once")
							uids[f.UID] = true
						}
					}
				}
			}
			for uid := range created[stage.Shadow] {
				require.False(t, created[stage.Alerts][uid])
			}
			// The pools are the same all the time: each is found once in each place.
			require.Len(t, created[stage.Alerts], 3)
			require.Len(t, created[stage.Shadow], 3)
		})
	}
}

func TestAServiceThatLeavesTheShadowMakesRealFindings(t *testing.T) {
	profiles, hour := pools(t, 6)
	s := newService(t, profiles)
	first := s.run(whole, 3*hour, 97, never)
	require.Empty(t, findings(t, first, stage.Alerts))
	require.Len(t, findings(t, first, stage.Shadow), 3)
	for key := range s.stored {
		require.Regexp(t, "^shadow:", key, "what alerts has no state yet")
	}
	before := map[string]string{}
	for key, value := range s.stored {
		before[key] = string(value)
	}
	second := s.run(off, 3*hour, 97, never)
	require.Empty(t, findings(t, second, stage.Shadow))
	alerts := stagetest.ByOutput(stage.Result{Out: second}, stage.Alerts)
	require.Len(t, alerts, 3)
	for _, o := range alerts {
		var told struct {
			IsAlert  bool `json:"is_alert"`
			Activity int  `json:"activity_id"`
		}
		require.NoError(t, json.Unmarshal(o.Value, &told))
		require.True(t, told.IsAlert)
		require.Equal(t, 1, told.Activity)
	}
	require.NotEmpty(t, stagetest.ByOutput(stage.Result{Out: second}, stage.Accounts))
	for key, value := range before {
		require.Equal(t, value, string(s.stored[key]), "what was in shadow is left as it is")
	}
}

func TestARestartBetweenAnyTwoBatchesGivesTheSameRecordsInShadowToo(t *testing.T) {
	const hours, size = 8, 83
	profiles, _ := pools(t, hours)
	for name, m := range map[string]mode{"some": some, "telling": telling, "whole": whole} {
		want := newService(t, profiles).run(m, len(profiles), size, never)
		require.NotEmpty(t, findings(t, want, stage.Shadow))
		for when, restart := range afterward {
			if stagetest.Brief() && when != "every seventh batch" {
				continue
			}
			t.Run(name+", "+when, func(t *testing.T) {
				got := newService(t, profiles).run(m, len(profiles), size, restart)
				for i := range min(len(want), len(got)) {
					require.Equal(t, want[i].To, got[i].To, "record %d", i)
					require.Equal(t, string(want[i].Value), string(got[i].Value), "record %d", i)
				}
				require.Equal(t, want, got)
			})
		}
	}
}

func TestWithoutTheOptionNothingOfShadowIsStored(t *testing.T) {
	profiles, hour := pools(t, 2)
	s := newService(t, profiles)
	out := s.run(off, 2*hour, 97, never)
	require.Len(t, findings(t, out, stage.Alerts), 3)
	for key, value := range s.stored {
		require.NotContains(t, key, "shadow")
		require.False(t, bytes.Contains(value, []byte("also_alerted")), key)
	}
}

func TestAnUnknownDetectorInShadowIsAnErrorOfTheStage(t *testing.T) {
	o := DefaultOptions()
	o.Campaign.Shadow.Detectors = []string{"device", "stak"}
	_, err := New(o)
	require.ErrorContains(t, err, `shadow.detectors: no detector is called "stak"; did you mean "stack"?`)
}
