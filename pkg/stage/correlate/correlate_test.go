package correlate

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert/alerttest"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

const testDay = int64(86_400_000)

// pooled makes the profiles of people and of a pool among them at time now.
func pooled(now int64, people, pool int) []fingerprint.Profile {
	rng := rand.New(rand.NewPCG(1, 1))
	out := make([]fingerprint.Profile, 0, people+pool)
	for i := range people + pool {
		n := uint32(3 + rng.ExpFloat64()*rng.ExpFloat64()*30)
		p := fingerprint.Profile{
			Tenant: "default", Account: fmt.Sprintf("acct-%04d", i), Time: now,
			FirstSeen: now - 2*testDay, LastSeen: now,
			CreatedAt: now - int64(20+rng.IntN(300))*testDay, Requests: n, ActiveDays: 2,
		}
		set := func(f attribute.Attribute, v uint64) {
			p.Values[f] = []fingerprint.Counted{{Hash: v, Count: n}}
		}
		set(attribute.Payment, rng.Uint64()|1)
		set(attribute.Issuer, uint64(1+rng.IntN(40)))
		set(attribute.Stack, uint64(1+rng.IntN(40)))
		set(attribute.Params, uint64(1+rng.IntN(40)))
		set(attribute.Network, rng.Uint64()|1)
		output := uint64(100 + rng.IntN(300))
		if i%2 == 0 {
			// Every other person has a program with a text of its own.
			for range 12 {
				p.Template = append(p.Template, fingerprint.Counted{Hash: rng.Uint64(), Count: n})
			}
			p.TemplateRequests, p.TemplateSingleTurn, p.TemplateOutput = n, n/2, uint64(n)*output
		}
		if i >= people {
			n, p.Template = 60, nil
			output = 2000
			p.Requests, p.CreatedAt = n, now-8*testDay
			set(attribute.Payment, uint64(5+i%3))
			set(attribute.Stack, 900)
			set(attribute.Params, 901)
			for k := range 12 {
				p.Template = append(
					p.Template, fingerprint.Counted{Hash: uint64(7_000 + k), Count: n},
				)
			}
			p.TemplateRequests, p.TemplateSingleTurn, p.TemplateOutput = n, n, uint64(n)*output
			p.TemplateIntents[0], p.Intents[0] = n, n
			p.SingleTurn = n
		}
		p.WithText, p.WithMessages, p.WithOutput, p.Prompts, p.OutputTokens = n, n, n,
			n, uint64(n)*output
		// People work as much as they please, the pool's accounts as much as one another.
		share := rng.Float64() * rng.Float64()
		if i >= people {
			share = 0.4
		}
		for h := range 48 {
			if h == 0 || h == 47 || rng.Float64() < share {
				p.ActiveHour[h/64] |= 1 << (h % 64)
			}
		}
		p.Habits = asked(rng, min(n, 20), i < people)
		out = append(out, p)
	}
	return out
}

// asked makes the habits of an account with so many requests: people ask about matters of their
// own, the pool's accounts about what they are given.
func asked(rng *rand.Rand, requests uint32, own bool) fingerprint.PackedHabits {
	var h fingerprint.Habits
	h.Templates[0].Name = 1
	var subject [sketch.SubjectSize]float64
	for d := range subject {
		subject[d] = rng.NormFloat64()
	}
	for k := range requests {
		half := &h.Parts[0].Halves[k%2]
		half.Count++
		for d := range half.Sum {
			x := rng.NormFloat64()
			if own {
				x = (x + subject[d]) / math.Sqrt2
			}
			half.Sum[d] += x / math.Sqrt(sketch.SubjectSize)
		}
	}
	return h.Pack(nil)
}

func records(t *testing.T, from int64, profiles []fingerprint.Profile) []stage.Record {
	t.Helper()
	out := make([]stage.Record, len(profiles))
	for i := range profiles {
		b, err := profiles[i].AppendBinary(nil)
		require.NoError(t, err)
		out[i] = stage.Record{
			Topic: "profiles", Offset: from + int64(i),
			Key: []byte(profiles[i].Tenant + "\x00" + profiles[i].Account), Value: b,
		}
	}
	return out
}

func openCorrelate(t *testing.T, stored map[string][]byte) stage.Task {
	t.Helper()
	st, err := New(DefaultOptions())
	require.NoError(t, err)
	require.Equal(t, "correlate", st.Name())
	return stagetest.Opened(t, st, 0, stored)
}

func TestAPoolLeavesCorrelateAsAValidFindingAndItsAccounts(t *testing.T) {
	stored := map[string][]byte{}
	task := openCorrelate(t, stored)
	start := int64(20_000) * testDay
	first, err := task.Process(records(t, 0, pooled(start, 200, 30)))
	require.NoError(t, err)
	require.Empty(t, stagetest.ByOutput(first, stage.Alerts), "nothing is due at the first profile")
	stagetest.Keep(stored, first)

	later := records(t, 300, pooled(start+3_600_000, 200, 30))
	second, err := task.Process(later)
	require.NoError(t, err)
	stagetest.Keep(stored, second)
	stagetest.RequireDeclared(t, &correlator{}, second)
	alerts := stagetest.ByOutput(second, stage.Alerts)
	require.Len(t, alerts, 1)
	require.NoError(t, alerttest.Check(alerts[0].Value))
	require.NotEmpty(t, alerts[0].Headers)
	require.EqualValues(t, 1, stagetest.Counted(second.Counts)["findings_total:create"])

	// After a crash the task is rebuilt from the compacted topic and the stored state: it does not
	// create the finding again.
	back := openCorrelate(t, stored)
	require.NoError(t, back.Rebuild(later))
	third, err := back.Process(records(t, 600, pooled(start+2*3_600_000, 200, 30)))
	require.NoError(t, err)
	require.Zero(t, stagetest.Counted(third.Counts)["findings_total:create"])

	named := map[string]bool{}
	for _, o := range append(
		stagetest.ByOutput(second, stage.Accounts), stagetest.ByOutput(third, stage.Accounts)...,
	) {
		var v struct{ Account, Status string }
		require.NoError(t, json.Unmarshal(o.Value, &v))
		named[v.Account] = v.Status == "implicated"
	}
	for i := range 200 {
		require.False(t, named[fmt.Sprintf("acct-%04d", i)])
	}
	for i := range 30 {
		require.True(t, named[fmt.Sprintf("acct-%04d", 200+i)])
	}
}

func TestABadProfileIsADeadLetterAndTheRestGoesOn(t *testing.T) {
	task := openCorrelate(t, nil)
	good := records(t, 1, pooled(20_000*testDay, 3, 0))
	batch := append([]stage.Record{
		{Topic: "profiles", Offset: 0, Key: []byte("default\x00x"), Value: []byte("no profile")},
		{Topic: "profiles", Key: []byte("no tenant")},
	}, good...)
	res, err := task.Process(batch)
	require.NoError(t, err)
	require.EqualValues(t, 2, stagetest.Counted(res.Counts)["dead_letter:bad_profile"])
	require.EqualValues(t, 3, stagetest.Counted(res.Counts)["ok"])
	dead := stagetest.ByOutput(res, stage.DeadLetters)
	require.Len(t, dead, 2)
	require.Equal(t, "no profile", string(dead[0].Value))
	require.Equal(
		t, stage.Header{Key: "stillwatch-reason", Value: []byte("bad_profile")}, dead[0].Headers[0],
	)
}

func TestATombstoneForgetsTheAccount(t *testing.T) {
	opened := openCorrelate(t, nil)
	batch := records(t, 0, pooled(20_000*testDay, 5, 0))
	_, err := opened.Process(batch)
	require.NoError(t, err)
	require.Equal(t, 5, opened.(*task).engine.Accounts())
	_, err = opened.Process([]stage.Record{{Topic: "profiles", Offset: 9, Key: batch[0].Key}})
	require.NoError(t, err)
	require.Equal(t, 4, opened.(*task).engine.Accounts())
}

func TestStoredStateThatCannotBeReadIsAnErrorThatNamesTheKey(t *testing.T) {
	st, err := New(DefaultOptions())
	require.NoError(t, err)
	task := stagetest.Open(t, st, 0)
	require.ErrorContains(t, task.Load("clock", []byte("{")), "clock")
	require.ErrorContains(t, task.Load("campaign:c-1", []byte("{")), "campaign:c-1")
	o := DefaultOptions()
	o.Campaign.Search.MinGroup = 1
	_, err = New(o)
	require.ErrorContains(t, err, "min_group")
}

func TestOneAccountInTheFutureDoesNotStopTheClock(t *testing.T) {
	task := openCorrelate(t, nil).(*task)
	now := int64(20_000) * testDay
	profiles := pooled(now, 4, 0)
	profiles[1].Time = now + 70*365*testDay
	_, err := task.Process(records(t, 0, profiles))
	require.NoError(t, err)
	require.Equal(t, now, task.clock.Now())
	profiles = pooled(now+60_000, 4, 0)
	profiles[2].Time = now + testDay - 3_600_000
	_, err = task.Process(records(t, 5, profiles))
	require.NoError(t, err)
	require.Equal(t, now+60_000, task.clock.Now(), "nor does a second one, 23 hours ahead")
	_, err = task.Process(records(t, 9, pooled(now+10*testDay, 4, 0)))
	require.NoError(t, err)
	require.Equal(t, now+10*testDay, task.clock.Now(),
		"a stream that goes on after ten days of silence is believed")
}

func TestTombstonesOfUnknownTenantsLeaveNothingBehind(t *testing.T) {
	task := openCorrelate(t, nil)
	_, err := task.Process([]stage.Record{{Key: []byte("nobody\x00acct")}})
	require.NoError(t, err)
	res, err := task.Process([]stage.Record{{Key: []byte("nobody\x00acct")}})
	require.NoError(t, err)
	require.Empty(t, res.Changes, "nothing changed, so nothing is written")
}

func TestEveryCampaignIsLoadedOnceAtAStart(t *testing.T) {
	stored := map[string][]byte{
		// Earlier versions wrote such lists after a restart.
		"clock":        []byte(`{"version":1,"next":1,"ids":["c-1","c-2","c-1","c-3","c-2"]}`),
		"campaign:c-1": []byte(`{"id":"c-1","tenant":"default","members":{}}`),
		"campaign:c-2": []byte(`{"id":"c-2","tenant":"default","members":{}}`),
		"campaign:c-3": []byte(`{"id":"c-3","tenant":"other","members":{}}`),
	}
	st, err := New(DefaultOptions())
	require.NoError(t, err)
	task := stagetest.Open(t, st, 0)
	var loaded []string
	for keys := task.Needs(nil); len(keys) > 0; keys = task.Needs(nil) {
		for _, k := range keys {
			loaded = append(loaded, k)
			require.NoError(t, task.Load(k, stored[k]))
		}
	}
	require.Equal(t, []string{"clock", "campaign:c-1", "campaign:c-2", "campaign:c-3"}, loaded)
}

func TestWhatNeedsReturnsIsTheCallers(t *testing.T) {
	st, err := New(DefaultOptions())
	require.NoError(t, err)
	task := stagetest.Open(t, st, 0)
	require.NoError(
		t, task.Load("clock", []byte(`{"version":1,"next":1,"ids":["c-1","c-2","c-3"]}`)),
	)
	keys := task.Needs(nil)
	require.NoError(t, task.Load("campaign:c-1", nil))
	require.Equal(t, []string{"campaign:c-1", "campaign:c-2", "campaign:c-3"}, keys)
	require.Equal(t, []string{"campaign:c-2", "campaign:c-3"}, task.Needs(nil))
}
