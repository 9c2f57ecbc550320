package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

func named(out []Emission) map[string]bool {
	m := map[string]bool{}
	for _, e := range out {
		if e.Account != nil && e.Account.Status == Implicated {
			m[e.Account.Account] = true
		}
	}
	return m
}

func TestAPoolAmongHonestCrowdsIsFoundWholeAndAlone(t *testing.T) {
	w := newWorld(1)
	w.people(300)
	w.applications(100)
	w.tool(60)
	w.class(30)
	members := w.pool(40, 60)
	out, _, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	var findings []*Finding
	for _, e := range out {
		if e.Finding != nil {
			findings = append(findings, e.Finding)
		}
	}
	require.Len(t, findings, 1)
	f := findings[0]
	require.Equal(t, Create, f.Activity)
	require.GreaterOrEqual(t, f.Severity, High)
	require.Equal(t, len(members), f.Members)
	require.GreaterOrEqual(t, len(f.Families), 3)
	got := named(out)
	require.Len(t, got, len(members))
	for _, a := range members {
		require.True(t, got[a], a)
	}
}

func TestHonestCrowdsAloneGiveNoFinding(t *testing.T) {
	for seed := range uint64(5) {
		w := newWorld(100 + seed)
		w.people(300)
		w.applications(150)
		w.tool(60)
		w.tool(25)
		w.class(40)
		var worst search.Measurement
		out, _, err := w.run(DefaultOptions(), func(c search.Measurement) {
			if worst.Members == nil || c.Margin > worst.Margin {
				worst = c
			}
		})
		require.NoError(t, err)
		require.Empty(t, out, "nearest candidate: %+v", worst)
	}
}

func TestTheSameProfilesGiveTheSameOutputInAnyOrder(t *testing.T) {
	w := newWorld(2)
	w.people(200)
	w.applications(60)
	w.pool(30, 50)
	first, _, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.NotEmpty(t, first)
	w.rng.Shuffle(len(w.out), func(i, j int) { w.out[i], w.out[j] = w.out[j], w.out[i] })
	second, _, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestARestoredEngineGoesOnWhereItStopped(t *testing.T) {
	w := newWorld(3)
	w.people(300)
	w.pool(30, 50)
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.NotEmpty(t, out)
	saved, err := e.Dirty()
	require.NoError(t, err)
	values := map[string][]byte{}
	for _, s := range saved {
		values[s.Key] = s.Value
	}
	back, err := New(DefaultOptions())
	require.NoError(t, err)
	keys := back.Keys()
	for len(keys) > 0 {
		more, err := back.Restore(keys[0], values[keys[0]])
		require.NoError(t, err)
		keys = append(keys[1:], more.More...)
	}
	was, is := e.tenants["default"].campaigns[0], back.tenants["default"].campaigns[0]
	require.NotEmpty(t, was.Evidence)
	require.Equal(t, was.Evidence, is.Evidence,
		"what is told goes on to stand on the strongest measurement")
	require.Equal(t, was.Families, is.Families)
	for _, p := range w.out {
		back.Upsert(p)
	}
	require.Equal(t, e.Next(), back.Next())
	at := e.Next() + 1
	require.Equal(t, e.Advance(at), back.Advance(at),
		"the next evaluation says the same, and does not create the finding again")
	require.Equal(t, 1, back.Open())
}

func TestAnEngineThatObservesMeasuresAndFindsNothing(t *testing.T) {
	w := newWorld(3)
	w.people(400)
	w.pool(60, 40)
	o := DefaultOptions()
	found, _, err := w.run(o, nil)
	require.NoError(t, err)
	require.NotEmpty(t, found)
	o.Observe = true
	beyond := 0
	found, _, err = w.run(o, func(c search.Measurement) {
		if _, excess := decision.Nearest(&c.Scores, &o.Policy); c.Fitted && excess >= 0 {
			beyond++
		}
	})
	require.NoError(t, err)
	require.Empty(t, found)
	require.Positive(t, beyond)
}

// What is fitted for the trace alone shows how far groups stay below the thresholds, and changes no
// finding.
func TestGroupsFittedForTheTraceAloneBecomeNoFindings(t *testing.T) {
	w := newWorld(5)
	w.people(300)
	w.applications(80)
	w.tool(40)
	w.class(30)
	pool := w.pool(30, 40)
	for _, total := range []float64{DefaultOptions().Total, 30} {
		run := func(deeper float64) (emitted []Emission, fitted, below int) {
			o := DefaultOptions()
			o.Total, o.Operator, o.Purpose = total, total, total
			e, err := New(o)
			require.NoError(t, err)
			e.Deeper = deeper
			e.Trace = func(m search.Measurement) {
				if m.Fitted {
					fitted++
				}
				if m.Fitted && m.Margin < 0 {
					below++
				}
			}
			for _, p := range w.out {
				e.Upsert(p)
			}
			e.Advance(w.now)
			// As many evaluations as it takes for all groups to have their turn.
			for range 15 {
				emitted = append(emitted, e.Advance(e.Next()+1)...)
			}
			return emitted, fitted, below
		}
		found, fitted, _ := run(0)
		deep, more, below := run(100)
		require.Equal(t, found, deep)
		require.Equal(t, total < 30, len(found) > 0, "the pool of %d", len(pool))
		require.Greater(t, more, fitted)
		require.Positive(t, below)
	}
}

func TestATraceMayBeSetWhileTheEngineRuns(t *testing.T) {
	w := newWorld(5)
	w.people(300)
	w.applications(80)
	w.tool(40)
	_, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	measured := 0
	e.Trace = func(search.Measurement) { measured++ }
	e.Advance(e.Next() + 1)
	require.Positive(t, measured)
}

func TestPendingConversationsDoNotPileUpWhereNothingIsJudged(t *testing.T) {
	e, err := New(DefaultOptions())
	require.NoError(t, err)
	for i := range uint64(5) {
		e.Upsert(fingerprint.Profile{
			Account: "one of few", Unserved: []uint64{(i + 1) << 20},
			FirstSeen: testStart, LastSeen: testStart,
		})
		e.Advance(testStart + int64(i)*DefaultOptions().Interval.Milliseconds())
	}
	require.LessOrEqual(t, e.tenants[""].population.Postings.Pending(), 1)
}

func TestAPoolThatStoppedIsClosedOnceAndNotReportedAgain(t *testing.T) {
	w := newWorld(1)
	w.people(300)
	w.applications(100)
	w.pool(40, 60)
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.Len(t, findings(out), 1)
	var later []*Finding
	for range 6 * 96 {
		later = append(later, findings(e.Advance(e.Next()+1))...)
	}
	require.Len(t, later, 1)
	require.Equal(t, Close, later[0].Activity)
	require.Equal(t, closeQuiet, later[0].CloseReason)
}
