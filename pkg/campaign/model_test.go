package campaign

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

func campaignOf(t *testing.T, e *Engine) *Campaign {
	t.Helper()
	require.Len(t, e.tenants["default"].campaigns, 1)
	return e.tenants["default"].campaigns[0]
}

func (w *world) advance(e *Engine, hours int64) []Emission {
	w.now += hours * 3_600_000
	return e.Advance(w.now)
}

func TestABystanderWhoSharesOneFamilyIsNoMember(t *testing.T) {
	w := newWorld(11)
	w.people(300)
	w.applications(80)
	members := w.pool(40, 60)
	// An ordinary account with the pool's program, and one that signed up with it.
	template := w.out[len(w.out)-1]
	byProgram, byDay := w.account(), w.account()
	byProgram.Values[attribute.Stack] = template.Values[attribute.Stack]
	byProgram.Values[attribute.Params] = template.Values[attribute.Params]
	byDay.CreatedAt = template.CreatedAt
	byDay.Values[attribute.Issuer] = template.Values[attribute.Issuer]
	for _, p := range []*fingerprint.Profile{&byProgram, &byDay} {
		w.use(p, 12, 0.2, 200, true)
		w.out = append(w.out, *p)
	}
	out, _, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	got := named(out)
	require.Len(t, got, len(members))
	require.False(t, got[byProgram.Account])
	require.False(t, got[byDay.Account])
}

func TestAReplacedPoolContinuesTheCampaign(t *testing.T) {
	w := newWorld(12)
	w.people(300)
	w.applications(80)
	w.pool(40, 60)
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.NotEmpty(t, out)
	first := campaignOf(t, e)

	// The successor has its own accounts, cards and sign-up week; the template and the program are
	// the old ones.
	old := w.out[len(w.out)-40:]
	var successors []string
	for i := range 30 {
		p := w.account()
		p.FirstSeen, p.CreatedAt = w.now, w.now-baseline.Day
		p.Values[attribute.Stack], p.Values[attribute.Params] = old[0].Values[attribute.Stack],
			old[0].Values[attribute.Params]
		p.Template = old[0].Template
		w.use(&p, 50+uint32(i%3), 1, 900, false)
		p.Intents[0] = p.Requests
		p.TemplateRequests, p.TemplateOutput, p.LastSeen = p.Requests, p.OutputTokens,
			w.now+3*3_600_000
		e.Upsert(p)
		successors = append(successors, p.Account)
	}
	more := w.advance(e, 4)
	require.Same(t, first, campaignOf(t, e))
	got := named(more)
	for _, a := range successors {
		require.True(t, got[a], a)
	}
}

func TestAMemberWhoTurnsOutNotToFitIsCleared(t *testing.T) {
	w := newWorld(13)
	w.people(300)
	w.pool(40, 60)
	_, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	c := campaignOf(t, e)
	stranger := w.out[0]
	c.Members[stranger.Account] = w.now
	out := w.advance(e, 1)
	require.NotContains(t, c.Members, stranger.Account)
	var verdict *AccountVerdict
	for _, em := range out {
		if em.Account != nil && em.Account.Account == stranger.Account {
			verdict = em.Account
		}
	}
	require.NotNil(t, verdict)
	require.Equal(t, Cleared, verdict.Status)
	require.Empty(t, verdict.Findings)
}

func TestAMemberIsLearntFromOnceAlsoWhereItWasLikelyBefore(t *testing.T) {
	w := newWorld(13)
	w.people(300)
	members := w.pool(40, 60)
	_, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	c := campaignOf(t, e)
	require.Len(t, c.Members, len(members))
	c.Unnamed = append([]string(nil), members[:10]...)
	w.advance(e, 1)
	require.InDelta(t, float64(len(members)), c.Model.Size, 1e-9)
	require.Empty(t, c.Unnamed)
}

func TestAQuietCampaignIsClosedAndItsAccountsCleared(t *testing.T) {
	w := newWorld(14)
	w.people(300)
	members := w.pool(40, 60)
	o := DefaultOptions()
	_, e, err := w.run(o, nil)
	require.NoError(t, err)
	out := w.advance(e, int64(o.Quiet.Hours())+3)
	cleared := 0
	var closed *Finding
	for _, em := range out {
		switch {
		case em.Finding != nil:
			closed = em.Finding
		case em.Account != nil && em.Account.Status == Cleared:
			cleared++
		}
	}
	require.NotNil(t, closed)
	require.Equal(t, Close, closed.Activity)
	require.Equal(t, "quiet", closed.CloseReason)
	require.Equal(t, len(members), cleared)
	require.Zero(t, e.Open())
}

func TestTenantsAreNeverCompared(t *testing.T) {
	w := newWorld(15)
	w.people(300)
	w.pool(12, 60)
	// Half of the pool in each of two tenants: neither half is large enough to be a group.
	for i := range w.out {
		if i >= len(w.out)-12 && i%2 == 0 || i < 150 {
			w.out[i].Tenant = "other"
		}
	}
	out, _, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.Empty(t, out)
}

func TestAModelSurvivesItsStoredForm(t *testing.T) {
	w := newWorld(16)
	w.people(300)
	w.pool(40, 60)
	_, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	m := campaignOf(t, e).Model
	b, err := json.Marshal(m)
	require.NoError(t, err)
	var back membership.Model
	require.NoError(t, json.Unmarshal(b, &back))
	require.InDelta(t, 1, m.Similar(&back), 1e-9)
	require.InDelta(t, 1, back.Similar(m), 1e-9)
}

func TestWhatAnotherVersionKnewOfACampaignIsLeftOut(t *testing.T) {
	e, err := New(DefaultOptions())
	require.NoError(t, err)
	_, err = e.Restore(
		"campaign:c-1", []byte(`{"id":"c-1","tenant":"default","members":{},"model":{"size":9,
		"traits":[{"trait":200,"plane":"work"},{"trait":1,"plane":"mood"},{"trait":1,"plane":"funding"}],
		"behaviour":[{"feature":250},{"feature":0}]}}`),
	)
	require.NoError(t, err)
	m := campaignOf(t, e).Model
	require.Len(t, m.Attributes, 1)
	require.Len(t, m.Behaviour, 1)
}

func TestTheEarlierMembersStayWhenACampaignTakesInAGroup(t *testing.T) {
	w := newWorld(17)
	w.people(300)
	members := w.pool(40, 60)
	_, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	c := campaignOf(t, e)
	require.Len(t, c.Members, len(members))

	// Every other account of the pool is found again as a group.
	tenant := e.tenants["default"]
	v := e.compare(tenant, w.now)
	var part []int32
	for i, name := range members {
		a := tenant.population.Named(name)
		if i%2 == 0 {
			part = append(part, a.Slot)
		}
	}
	tenant.population.Sort(part)
	g := v.search.Group(part, 0)
	f := search.Found{
		Members: part, Group: g, Score: v.search.Assessor.Assess(g, 1, true),
		Model: membership.Learn(g, v.search.Assessor.Context),
	}
	v.openOrMerge(&f)
	require.Same(t, c, campaignOf(t, e))
	require.InDelta(t, len(members), c.Model.Size, 1e-9, "the model is what all of them share")
	v.follow(c)
	require.Len(t, c.Members, len(members))
}
