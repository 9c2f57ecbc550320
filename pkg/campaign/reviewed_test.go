package campaign

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// desk is an engine with a pool among people, of which a part is known, and an analyst before it.
type desk struct {
	t       *testing.T
	engine  *Engine
	world   *world
	members []string
	given   int
}

// newDesk finds the first of the pool's accounts and holds the others back.
func newDesk(t *testing.T, o Options, pool, known int) (*desk, *Finding) {
	t.Helper()
	w := newWorld(31)
	w.people(300)
	w.applications(80)
	d := &desk{t: t, world: w, members: w.pool(pool, 60)}
	var err error
	d.engine, err = New(o)
	require.NoError(t, err)
	for _, p := range w.out[:len(w.out)-pool+known] {
		d.engine.Upsert(p)
	}
	d.engine.Advance(w.now)
	out := findings(d.advance())
	require.Len(t, out, 1)
	require.Equal(t, Create, out[0].Activity)
	require.True(t, out[0].Alerts)
	require.Equal(t, known, out[0].Members)
	return d, out[0]
}

func (d *desk) advance() []Emission { return d.engine.Advance(d.engine.Next() + 1) }

// say gives a verdict.
func (d *desk) say(action review.Action, scope review.Scope, change ...func(*review.Verdict)) (
	string, []Emission,
) {
	d.given++
	v := review.Verdict{
		ID: fmt.Sprintf("v-%d", d.given), Tenant: "default", Action: action, Scope: scope,
		Author: "kim", Reason: "looked at it", Time: d.engine.Next(),
	}
	for _, f := range change {
		f(&v)
	}
	require.NoError(d.t, v.Validate())
	return v.ID, d.engine.Give(v, d.engine.Next())
}

func until(at int64) func(*review.Verdict) {
	return func(v *review.Verdict) { v.Expires = at }
}

// rest adds the accounts that were held back.
func (d *desk) rest(n int) {
	at := len(d.world.out) - len(d.members)
	for _, p := range d.world.out[at : at+n] {
		d.engine.Upsert(p)
	}
}

func events(out []Emission) (list []review.Event) {
	for _, e := range out {
		if e.Audit != nil {
			list = append(list, e.Audit.Event)
		}
	}
	return list
}

// statuses counts the account records by status.
func statuses(out []Emission) map[AccountStatus]int {
	m := map[AccountStatus]int{}
	for _, e := range out {
		if e.Account != nil {
			m[e.Account.Status]++
		}
	}
	return m
}

func TestADismissedFindingIsClosedAndItsAccountsClearedAtOnce(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 40, 40)
	_, out := d.say(review.Dismiss, review.Scope{Finding: f.UID})
	require.Equal(t, []review.Event{review.Given, review.Applied}, events(out))
	closed := findings(out)
	require.Len(t, closed, 1)
	require.Equal(t, Close, closed[0].Activity)
	require.Equal(t, "dismissed", closed[0].CloseReason)
	require.Equal(t, "kim", closed[0].Review.Author)
	require.False(t, closed[0].Alerts)
	require.Equal(t, map[AccountStatus]int{Cleared: 40}, statuses(out))
	for range 20 {
		require.Empty(t, d.advance(), "the same group is not told of again")
	}
}

func TestADismissedGroupThatGrowsIsANewFindingThatSaysWhy(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 60, 30)
	d.say(review.Dismiss, review.Scope{Finding: f.UID})
	d.rest(60)
	out := d.advance()
	require.Equal(t, []review.Event{review.Changed}, events(out))
	got := findings(out)
	require.Len(t, got, 2)
	require.Equal(t, "superseded", got[0].CloseReason)
	require.Equal(t, Create, got[1].Activity)
	require.True(t, got[1].Alerts)
	require.Contains(t, got[1].Related, f.UID)
	require.Contains(t, got[1].Notice, "30 accounts when it was dismissed, and has 60 now")
	require.Equal(t, 60, statuses(out)[Implicated])
	require.GreaterOrEqual(t, got[1].Severity, f.Severity)
}

func TestAnAllowedGroupIsMutedUntilItChanges(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 60, 30)
	_, out := d.say(review.Allow, review.Scope{Campaign: f.Campaign})
	got := findings(out)
	require.Len(t, got, 1)
	require.Equal(t, Update, got[0].Activity)
	require.True(t, got[0].Muted)
	require.Equal(t, map[AccountStatus]int{Allowed: 30}, statuses(out))
	require.Empty(t, findings(d.advance()))

	d.rest(60)
	out = d.advance()
	got = findings(out)
	require.Len(t, got, 1)
	require.False(t, got[0].Muted)
	require.True(t, got[0].Alerts, "a group that has changed alerts again")
	require.Contains(t, got[0].Notice, "30 accounts when it was allowed, and has 60 now")
	require.Equal(t, []review.Event{review.Changed}, events(out))
	require.Equal(t, 60, statuses(out)[Implicated])
	require.Empty(t, findings(d.advance()), "and the verdict does not count for it again")
}

func TestAnAllowedGroupAlertsAgainWhenTheVerdictExpiresOrIsRevoked(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(d *desk, id string) []Emission
		want review.Event
	}{
		{"expired", func(d *desk, _ string) []Emission {
			var out []Emission
			for len(events(out)) == 0 {
				out = d.advance()
			}
			return out
		}, review.Expired},
		{"revoked", func(d *desk, id string) []Emission {
			_, out := d.say(review.Revoke, review.Scope{}, func(v *review.Verdict) {
				v.Revokes, v.Scope = id, review.Scope{}
			})
			return out
		}, review.Revoked},
		{"reopened", func(d *desk, _ string) []Emission {
			_, out := d.say(review.Reopen, review.Scope{Campaign: d.campaign().ID})
			return out
		}, review.Applied},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, f := newDesk(t, DefaultOptions(), 30, 30)
			id, _ := d.say(review.Allow, review.Scope{Finding: f.UID},
				until(d.engine.Next()+time.Hour.Milliseconds()))
			out := c.end(d, id)
			require.Contains(t, events(out), c.want)
			got := findings(out)
			require.Len(t, got, 1)
			require.True(t, got[0].Alerts)
			require.False(t, got[0].Muted)
			require.NotEmpty(t, got[0].Notice)
			require.Equal(t, 30, statuses(out)[Implicated])
		})
	}
}

func (d *desk) campaign() *Campaign { return d.engine.tenants["default"].campaigns[0] }

func TestAConfirmedFindingIsNotWithdrawn(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 30, 30)
	_, out := d.say(review.Confirm, review.Scope{Finding: f.UID})
	got := findings(out)
	require.Len(t, got, 1)
	require.Equal(t, review.Confirm, got[0].Review.Action)
	c := d.campaign()
	c.Harvest, c.WeakSince = 0, 1
	weak := decision.Scores{}
	c.withdrawWhenWeak(&weak, &d.engine.o, d.engine.Next())
	require.Empty(t, c.closing)
	c.Review, c.WeakSince = nil, 1
	c.withdrawWhenWeak(&weak, &d.engine.o, d.engine.Next())
	require.Equal(t, "withdrawn", c.closing, "without the verdict it is")
}

func TestAVerdictOnAnOrganisationAClientOrATextCoversTheGroupThatShowsIt(t *testing.T) {
	for _, c := range []struct {
		name  string
		scope func(d *desk, f *Finding) review.Scope
		muted bool
	}{
		{"the group's text", func(_ *desk, f *Finding) review.Scope {
			return review.Scope{Template: f.Template}
		}, true},
		{"all of its accounts", func(d *desk, _ *Finding) review.Scope {
			return review.Scope{Accounts: d.members}
		}, true},
		{"half of its accounts", func(d *desk, _ *Finding) review.Scope {
			return review.Scope{Accounts: d.members[:15]}
		}, false},
		{"its organisation", func(*desk, *Finding) review.Scope {
			return review.Scope{Organisation: "org-of-all"}
		}, true},
		{"its client", func(*desk, *Finding) review.Scope {
			return review.Scope{Client: "Pool/1.0"}
		}, true},
		{"another client", func(*desk, *Finding) review.Scope {
			return review.Scope{Client: "pool/1.1"}
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, f := newDesk(t, DefaultOptions(), 30, 30)
			for _, name := range d.members {
				a := d.engine.tenants["default"].population.Named(name)
				p := a.Profile
				p.Org = "org-of-all"
				p.Labels = append(p.Labels, fingerprint.Label{
					Attribute: attribute.Stack, Hash: p.Value(attribute.Stack), Text: "pool/1.0",
				})
				d.engine.Upsert(p)
			}
			_, out := d.say(review.Allow, c.scope(d, f))
			got := findings(out)
			if !c.muted {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.True(t, got[0].Muted)
			require.Equal(t, 30, statuses(out)[Allowed])
		})
	}
}
