package campaign

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// inspect explains something as of the next evaluation.
func inspect(t require.TestingT, e *Engine, id string) *Explanation {
	out, err := NewInspector(e).Explain(Subject{ID: id}, e.Next())
	require.NoError(t, err)
	return out
}

func TestLookingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64Range(1, 6).Draw(t, "world"))
		w.people(120)
		w.tool(20)
		pool := w.pool(24, 60)
		known := rapid.IntRange(10, 24).Draw(t, "known")
		o := rapid.SampledFrom([]Options{DefaultOptions(), inShadow("clock")}).Draw(t, "options")
		engines := [2]*Engine{}
		for i := range engines {
			e, err := New(o)
			require.NoError(t, err)
			for _, p := range w.out[:len(w.out)-len(pool)+known] {
				e.Upsert(p)
			}
			e.Advance(w.now)
			engines[i] = e
		}
		rest := w.out[len(w.out)-len(pool)+known:]
		looked, alone := engines[0], engines[1]
		look := func() {
			ids := []string{pool[0], w.out[3].Account, "nobody"}
			for _, f := range NewInspector(looked).Findings(true) {
				ids = append(ids, f.Campaign, f.UID)
			}
			id := rapid.SampledFrom(ids).Draw(t, "looked at")
			ahead := rapid.Int64Range(0, 40*3_600_000).Draw(t, "ahead")
			_, err := NewInspector(looked).Explain(Subject{ID: id}, looked.Next()+ahead)
			require.Equal(t, id == "nobody", err != nil)
			NewInspector(looked).Findings(true)
		}
		for range rapid.IntRange(2, 5).Draw(t, "evaluations") {
			look()
			if len(rest) > 0 {
				for _, e := range engines {
					e.Upsert(rest[0])
				}
				rest = rest[1:]
				look()
			}
			at := looked.Next() + 1
			require.Equal(t, alone.Advance(at), looked.Advance(at))
			look()
			want, err := alone.Dirty()
			require.NoError(t, err)
			got, err := looked.Dirty()
			require.NoError(t, err)
			require.Equal(t, want, got)
			look()
			got, err = looked.Dirty()
			require.NoError(t, err)
			require.Empty(t, got)
		}
	})
}

// reopened is an engine that is filled from what another has saved, and from profiles.
func reopened(t *testing.T, e *Engine, profiles []fingerprint.Profile) *Engine {
	t.Helper()
	saved, err := e.Dirty()
	require.NoError(t, err)
	values := map[string][]byte{}
	for _, s := range saved {
		values[s.Key] = s.Value
	}
	back, err := New(e.o)
	require.NoError(t, err)
	for keys := back.Keys(); len(keys) > 0; {
		more, err := back.Restore(keys[0], values[keys[0]])
		require.NoError(t, err)
		keys = append(keys[1:], more.More...)
	}
	for _, p := range profiles {
		back.Upsert(p)
	}
	NewInspector(back).Prepare()
	return back
}

func TestAnEngineFilledFromStoredStateExplainsAsTheOneThatRuns(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 40, 40)
	for _, id := range []string{f.UID, d.members[0], "acct-00003"} {
		want := inspect(t, d.engine, id)
		require.True(t, want.Measured)
		back := reopened(t, d.engine, d.world.out)
		got, err := json.Marshal(inspect(t, back, id))
		require.NoError(t, err)
		text, err := json.Marshal(want)
		require.NoError(t, err)
		require.JSONEq(t, string(text), string(got))
		d.engine = back
		for _, c := range d.engine.tenants["default"].campaigns {
			c.dirty, d.engine.clockChanged = true, true
		}
	}
}

func TestWithoutProfilesWhatIsStoredIsTold(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 40, 40)
	e := reopened(t, d.engine, nil)
	x := inspect(t, e, f.UID)
	require.False(t, x.Measured)
	require.Equal(t, "no profiles were read", x.NotMeasured)
	require.Nil(t, x.Group.Now)
	require.Nil(t, x.Group.Differs)
	require.Len(t, x.Group.Evidence, len(f.Evidence))
	require.Len(t, x.Group.Members, 40)
	require.Equal(t, f.Title, x.Group.State.Title)
	require.NotEmpty(t, x.Group.Timeline)
	account := inspect(t, e, d.members[1])
	require.Equal(t, AboutAccount, account.About)
	require.Equal(t, Implicated, account.Account.Status)
	require.False(t, account.Account.Live)
	_, err := NewInspector(e).Explain(Subject{ID: "acct-00003"}, 1)
	require.ErrorContains(t, err, "without the profiles only accounts that a finding names")
}

func TestAMemberIsNamedForItsReasonsAndABystanderIsNot(t *testing.T) {
	e, f, pool, crowd := crowded(t, DefaultOptions())
	member := inspect(t, e, pool[5]).Account
	require.Equal(t, Implicated, member.Status)
	require.Len(t, member.Groups, 1)
	g := member.Groups[0]
	require.Equal(t, f.UID, g.UID)
	require.True(t, g.Member)
	require.Positive(t, g.Fit.LogOdds)
	require.InDelta(t, g.Fit.Bits-g.Fit.Prior, g.Fit.LogOdds, 0.02)
	require.GreaterOrEqual(t, g.Fit.Bits, g.Fit.Needs)
	require.InDelta(t, 1, g.Fit.Text, 0)
	require.Equal(t, g.Fit.Of, g.Fit.Phrases)
	require.NotEmpty(t, g.Fit.Shared)
	require.NotEmpty(t, g.Says)
	for _, name := range crowd[:5] {
		bystander := inspect(t, e, name).Account
		require.Empty(t, bystander.Status)
		require.Equal(t, "No finding names it.", bystander.Says[0])
		require.Len(t, bystander.Groups, 1, "the nearest finding")
		g := bystander.Groups[0]
		require.False(t, g.Member)
		require.Less(t, g.Fit.Bits, g.Fit.Needs)
		require.Contains(t, g.Says[0], "It is not named: it fits with")
		require.Zero(t, g.Fit.Phrases)
		require.False(t, bystander.Alone.Finding)
	}
}

func TestAMemberThatWouldBeLetGoWithoutASignalFamilyIs(t *testing.T) {
	e, f, pool, _ := crowded(t, DefaultOptions())
	c := e.tenants["default"].campaigns[0]
	require.Equal(t, f.UID, c.UID())
	// Without text and funding, only the client is left.
	a := e.tenants["default"].population.Named(pool[0])
	p := a.Profile
	p.Template, p.Layouts = nil, nil
	p.Values[attribute.Payment] = []fingerprint.Counted{{Hash: 1 << 40, Count: 1}}
	p.Values[attribute.Issuer] = []fingerprint.Counted{{Hash: 1 << 41, Count: 1}}
	e.Upsert(p)
	g := inspect(t, e, pool[0]).Account.Groups[0]
	require.True(t, g.Member)
	stays := g.Fit.Bits >= g.Fit.Stays
	require.Equal(t, stays, !slices.Contains(
		g.Says, "What it shows now no longer fits: it will be let go."))
	out := e.Advance(e.Next() + 1)
	cleared := false
	for _, x := range out {
		cleared = cleared || x.Account != nil && x.Account.Account == pool[0] &&
			x.Account.Status == Cleared
	}
	require.Equal(t, !stays, cleared)
}

func TestVerdictsAndEarlierFindingsAreTold(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 30, 30)
	first, _ := d.say(review.Allow, review.Scope{Accounts: d.members[:6]})
	second, _ := d.say(review.Dismiss, review.Scope{Finding: f.UID})
	g := inspect(t, d.engine, f.UID).Group
	require.True(t, g.State.Closed)
	require.Equal(t, "dismissed", g.State.CloseReason)
	require.Len(t, g.Verdicts, 2)
	require.Equal(t, second, g.Verdicts[0].ID)
	require.True(t, g.Verdicts[0].Counts)
	require.InDelta(t, 1, g.Verdicts[0].Covers, 0)
	require.Equal(t, first, g.Verdicts[1].ID)
	require.False(t, g.Verdicts[1].Counts)
	require.InDelta(t, 0.2, g.Verdicts[1].Covers, 1e-9)
	covered := inspect(t, d.engine, d.members[0]).Account
	require.Len(t, covered.Verdicts, 1)
	require.True(t, covered.Verdicts[0].Counts)
	d.say(review.Reopen, review.Scope{Finding: f.UID})
	now := d.campaign().UID()
	require.NotEqual(t, f.UID, now)
	past := inspect(t, d.engine, f.UID)
	require.Equal(t, AboutFinding, past.About)
	require.True(t, past.Group.State.Past)
	require.Equal(t, now, past.Group.State.UID)
	require.Equal(t, AboutCampaign, inspect(t, d.engine, d.campaign().ID).About)
}

func TestACampaignThatWasLikeItIsTold(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 30, 30)
	was := *d.campaign()
	was.ID, was.Closed, was.CloseReason = "c-before", true, "quiet"
	was.Members = map[string]int64{d.members[0]: 1, "gone": 1}
	d.engine.tenants["default"].campaigns = append(d.engine.tenants["default"].campaigns, &was)
	g := inspect(t, d.engine, f.UID).Group
	require.Len(t, g.Similar, 1)
	require.Equal(t, "c-before", g.Similar[0].Campaign)
	require.InDelta(t, 1, g.Similar[0].Share, 0)
	require.Equal(t, 1, g.Similar[0].InCommon)
	require.True(t, g.Similar[0].Closed)
}

func TestAnAccountThatIsAFindingByItselfIsExplainedByItsHarvest(t *testing.T) {
	w := newWorld(11)
	w.people(300)
	w.applications(100)
	w.reasons()
	p := w.harvester()
	p.TemplateIntents[0] = p.Requests
	name := p.Account
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	f := findings(out)[0]
	g := inspect(t, e, f.UID).Group
	require.True(t, g.Holds)
	require.Len(t, g.Rules, 1)
	require.Equal(t, "account", g.Rules[0].Name)
	require.InDelta(t, f.Harvest-e.o.AccountHarvest, g.Rules[0].Excess, 0.06)
	require.Nil(t, g.Differs.Coordination, "it does not decide")
	require.InDelta(t, g.Rules[0].Excess, *g.Differs.Harvest, 0.02)
	require.NotEmpty(t, g.Differs.Fewest.Detectors)
	require.Empty(t, g.Readings)
	account := inspect(t, e, name).Account
	require.True(t, account.Alone.Finding)
	require.Equal(t, []string{"The finding is about this account alone."}, account.Groups[0].Says)
}

func TestATripwireIsExplainedByWhatItAsksFor(t *testing.T) {
	w := newWorld(12)
	w.people(200)
	for i := range 10 {
		w.out[i].RelayRequests = 5
	}
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	x := inspect(t, e, findings(out)[0].UID)
	require.True(t, x.Measured)
	require.Contains(t, x.Group.Tripwire, "8 customers or more")
	require.Nil(t, x.Group.Differs)
	require.NotEmpty(t, x.Group.Evidence)
	require.Nil(t, x.Group.Evidence[0].Without)
	account := inspect(t, e, w.out[0].Account).Account
	require.Equal(t, Watched, account.Status)
	require.Contains(t, account.Groups[0].Says[0], "constants of relay software")
}

func TestWhatIsNotKnownIsSaidWithWhatIDsLookLike(t *testing.T) {
	e, err := New(DefaultOptions())
	require.NoError(t, err)
	for _, tenant := range []string{"acme", "blue"} {
		e.Upsert(fingerprint.Profile{
			Tenant: tenant, Account: "key-1", Requests: 1, FirstSeen: testStart, LastSeen: testStart,
		})
	}
	x := NewInspector(e)
	_, err = x.Explain(Subject{ID: "key-2"}, testStart)
	var unknown *UnknownError
	require.ErrorAs(t, err, &unknown)
	require.ErrorContains(t, err, "correlate.memory")
	_, err = x.Explain(Subject{ID: "key-1"}, testStart)
	var ambiguous *AmbiguousError
	require.ErrorAs(t, err, &ambiguous)
	require.ErrorContains(t, err, "the tenants acme, blue")
	out, err := x.Explain(Subject{ID: "key-1", Tenant: "blue"}, testStart)
	require.NoError(t, err)
	require.Equal(t, "blue", out.Tenant)
	require.Equal(t, "1 account live, fewer than correlate.min_population (50)", out.NotMeasured)
	require.Equal(t, []string{"No finding names it."}, out.Account.Says)
}

func TestTheFindingsAreListedAsTheyStand(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 30, 30)
	list := NewInspector(d.engine).Findings(false)
	require.Len(t, list, 1)
	require.Equal(t, f.UID, list[0].UID)
	require.Equal(t, f.Members, list[0].Members)
	require.Equal(t, f.Sequence, list[0].Sequence)
	d.say(review.Dismiss, review.Scope{Finding: f.UID})
	require.Empty(t, NewInspector(d.engine).Findings(false))
	list = NewInspector(d.engine).Findings(true)
	require.Len(t, list, 1)
	require.Equal(t, Close, list[0].Activity)
	require.Equal(t, "dismissed", list[0].CloseReason)
}

func ExampleInspector() {
	w := newWorld(31)
	w.people(300)
	w.applications(80)
	w.pool(40, 60)
	_, e, err := w.run(DefaultOptions(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	x := NewInspector(e)
	for _, f := range x.Findings(false) {
		why, err := x.Explain(Subject{ID: f.UID}, e.Next())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(f.Title, why.Group.Holds)
	}
	// Output: Coordinated model distillation true
}

func TestAFindingInShadowIsExplainedByAllDetectors(t *testing.T) {
	w := newWorld(31)
	w.people(300)
	w.applications(80)
	w.pool(40, 60)
	hidden := []string{"clock", "output_length"}
	_, e, err := w.run(inShadow(hidden...), nil)
	require.NoError(t, err)
	now := map[string]Axes{}
	for _, f := range NewInspector(e).Findings(false) {
		g := inspect(t, e, f.UID).Group
		require.Equal(t, f.Shadow != nil, g.State.Shadow)
		require.True(t, g.Holds)
		for _, id := range hidden {
			at := slices.IndexFunc(g.Evidence, func(x ExplainedEvidence) bool {
				return x.Detector == id
			})
			require.Equal(t, g.State.Shadow, at >= 0)
			if at >= 0 {
				require.Greater(t, g.Evidence[at].Bits, 1.0)
			}
		}
		require.Greater(t, g.Now.Coordination+g.Now.Harvest, f.Coordination+f.Harvest)
		now[f.UID] = *g.Now
	}
	shadow := slices.ContainsFunc(NewInspector(e).Findings(false), func(f *Finding) bool {
		return f.Shadow != nil
	})
	require.True(t, shadow)
	back := reopened(t, e, w.out)
	for _, f := range NewInspector(e).Findings(false) {
		require.Equal(t, inspect(t, e, f.UID), inspect(t, back, f.UID))
	}
	// The next evaluation measures the same: it is the strongest so far.
	e.Advance(e.Next())
	for _, f := range NewInspector(e).Findings(false) {
		require.Equal(t, now[f.UID], inspect(t, e, f.UID).Group.Strongest)
	}
}
