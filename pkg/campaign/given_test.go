package campaign

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/review"
)

func TestAnAccountThatIsAllowedOrDismissedIsNotImplicatedAndTheRestIs(t *testing.T) {
	d, _ := newDesk(t, DefaultOptions(), 30, 30)
	_, out := d.say(review.Allow, review.Scope{Accounts: d.members[:3]})
	require.Equal(t, map[AccountStatus]int{Allowed: 3}, statuses(out))
	_, out = d.say(review.Dismiss, review.Scope{Accounts: d.members[3:5]})
	out = append(out, d.advance()...)
	require.Equal(t, 2, statuses(out)[Cleared])
	for range 5 {
		require.Empty(t, statuses(d.advance()), "they are not named again")
	}
	require.Len(t, d.campaign().Members, 28)
}

func TestAVerdictOnWhatIsNotKnownChangesNothingAndSaysSo(t *testing.T) {
	d, _ := newDesk(t, DefaultOptions(), 30, 30)
	_, out := d.say(review.Dismiss, review.Scope{Finding: "no-such-finding"})
	require.Equal(t, []review.Event{review.Unknown}, events(out))
	_, out = d.say(review.Revoke, review.Scope{}, func(v *review.Verdict) { v.Revokes = "v-99" })
	require.Equal(t, []review.Event{review.Unknown}, events(out))
	require.Empty(t, findings(out))
}

func TestAVerdictThatComesAgainCountsOnce(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 30, 30)
	v := review.Verdict{
		ID: "v", Tenant: "default", Action: review.Allow, Scope: review.Scope{Finding: f.UID},
		Author: "kim", Reason: "a course", Time: d.engine.Next(),
	}
	require.NotEmpty(t, d.engine.Give(v, d.engine.Next()))
	require.Empty(t, d.engine.Give(v, d.engine.Next()))
	d.say(review.Revoke, review.Scope{}, func(r *review.Verdict) { r.Revokes = "v" })
	require.Empty(t, d.engine.Give(v, d.engine.Next()), "nor after it was revoked")
	require.False(t, d.campaign().Review.allows())
}

func TestVerdictsOutliveARestart(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 60, 30)
	stored := map[string][]byte{}
	restart := func() {
		saved, err := d.engine.Dirty()
		require.NoError(t, err)
		for _, s := range saved {
			stored[s.Key] = s.Value
		}
		back, err := New(DefaultOptions())
		require.NoError(t, err)
		for keys := back.Keys(); len(keys) > 0; {
			more, err := back.Restore(keys[0], stored[keys[0]])
			require.NoError(t, err)
			keys = append(keys[1:], more.More...)
		}
		for _, p := range d.world.out[:len(d.world.out)-30] {
			back.Upsert(p)
		}
		d.engine = back
	}
	id, first := d.say(review.Allow, review.Scope{Finding: f.UID})
	restart()
	require.Empty(t, findings(d.advance()), "it is muted still")
	require.True(t, d.campaign().Review.allows())
	restart()
	_, out := d.say(review.Revoke, review.Scope{}, func(v *review.Verdict) { v.Revokes = id })
	require.Equal(t, []review.Event{review.Given, review.Revoked}, events(out))
	require.True(t, findings(out)[0].Alerts)
	// The audit's numbers go on, so that no entry takes another one's place.
	keys := map[string]bool{}
	for _, e := range slices.Concat(first, out) {
		if e.Audit != nil {
			require.False(t, keys[string(e.Audit.Key())])
			keys[string(e.Audit.Key())] = true
		}
	}
	require.Len(t, keys, 4)
}

func TestAVerdictIsSavedEveryDaySoThatTheStoreKeepsIt(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 30, 30)
	id, _ := d.say(review.Confirm, review.Scope{Finding: f.UID})
	saves := func() (n int) {
		saved, err := d.engine.Dirty()
		require.NoError(t, err)
		for _, s := range saved {
			if s.Key == "verdict:"+id+"@default" {
				var h review.Held
				require.NoError(t, json.Unmarshal(s.Value, &h))
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, saves())
	d.engine.Advance(d.engine.Next() + baseline.Day)
	require.Equal(t, 1, saves())
}

// newQuietDesk has a pool of which nobody was heard yet: verdicts come before it is found.
func newQuietDesk(t *testing.T, pool int) *desk {
	t.Helper()
	w := newWorld(31)
	w.people(300)
	w.applications(80)
	d := &desk{t: t, world: w, members: w.pool(pool, 60)}
	var err error
	d.engine, err = New(DefaultOptions())
	require.NoError(t, err)
	for _, p := range w.out {
		d.engine.Upsert(p)
	}
	d.engine.Advance(w.now)
	return d
}

func TestAGroupWhoseAccountsOrTextWereDismissedBeforeItIsFoundIsNotReported(t *testing.T) {
	_, f := newDesk(t, DefaultOptions(), 30, 30)
	for _, c := range []struct {
		name  string
		scope func(d *desk) review.Scope
	}{
		{"all of its accounts", func(d *desk) review.Scope {
			return review.Scope{Accounts: d.members}
		}},
		{"all but two", func(d *desk) review.Scope {
			return review.Scope{Accounts: d.members[2:]}
		}},
		{"its text", func(*desk) review.Scope { return review.Scope{Template: f.Template} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newQuietDesk(t, 30)
			_, out := d.say(review.Dismiss, c.scope(d))
			require.Equal(t, []review.Event{review.Given}, events(out))
			for range 5 {
				out = d.advance()
				require.Empty(t, findings(out))
				require.Empty(t, statuses(out))
			}
		})
	}
}

func TestOfAGroupThatIsFoundTheDismissedAreNotNamed(t *testing.T) {
	d := newQuietDesk(t, 30)
	d.say(review.Dismiss, review.Scope{Accounts: d.members[:10]})
	out := d.advance()
	got := findings(out)
	require.Len(t, got, 1)
	require.Equal(t, 20, got[0].Members)
	require.Equal(t, map[AccountStatus]int{Implicated: 20}, statuses(out))
	for range 5 {
		require.Empty(t, findings(d.advance()))
	}
}

func TestADismissedTextThatManyMoreWriteIsReportedAndSaysWhy(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 60, 30)
	d.say(review.Dismiss, review.Scope{Template: f.Template})
	d.rest(60)
	out := d.advance()
	require.Equal(t, []review.Event{review.Changed}, events(out))
	got := findings(out)
	require.Len(t, got, 2)
	require.Contains(t, got[1].Notice, "30 accounts when it was dismissed, and has 60 now")
}

func TestASecondDismissalOfAFindingLeavesItClosed(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 30, 30)
	d.say(review.Dismiss, review.Scope{Finding: f.UID})
	_, out := d.say(review.Dismiss, review.Scope{Campaign: f.Campaign})
	require.Equal(t, []review.Event{review.Given, review.Applied}, events(out))
	require.Empty(t, findings(out))
	require.Empty(t, findings(d.advance()))
}

func TestTheAccountsOfATextThatWasAllowedAreImplicatedOnceTheGroupHasChanged(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 60, 30)
	_, out := d.say(review.Allow, review.Scope{Template: f.Template})
	require.Equal(t, map[AccountStatus]int{Allowed: 30}, statuses(out))
	d.rest(60)
	out = d.advance()
	require.Equal(t, []review.Event{review.Changed}, events(out))
	require.Equal(t, 60, statuses(out)[Implicated])
	require.Empty(t, statuses(d.advance()))
}

func TestAccountsThatWereDismissedByNameLeaveAtOnceAndStayOutWhenTheirGroupGrows(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 60, 30)
	_, out := d.say(review.Dismiss, review.Scope{Accounts: d.members[:5]})
	require.Equal(t, map[AccountStatus]int{Cleared: 5}, statuses(out))
	d.say(review.Dismiss, review.Scope{Accounts: d.members[:30]})
	require.True(t, d.campaign().Closed)
	d.rest(60)
	out = d.advance()
	got := findings(out)
	require.Len(t, got, 2)
	require.Contains(t, got[1].Related, f.UID)
	require.Equal(t, 30, statuses(out)[Implicated])
	for _, e := range out {
		if e.Account != nil && e.Account.Status == Implicated {
			require.NotContains(t, d.members[:30], e.Account.Account)
		}
	}
}

func TestAFindingThatWasConfirmedBeforeItWasAllowedAlertsWhenTheAllowEnds(t *testing.T) {
	d, f := newDesk(t, DefaultOptions(), 30, 30)
	d.say(review.Confirm, review.Scope{Finding: f.UID})
	id, out := d.say(review.Allow, review.Scope{Finding: f.UID})
	require.True(t, findings(out)[0].Muted)
	_, out = d.say(review.Revoke, review.Scope{}, func(v *review.Verdict) { v.Revokes = id })
	got := findings(out)
	require.Len(t, got, 1)
	require.False(t, got[0].Muted)
	require.True(t, got[0].Alerts)
	require.Equal(t, "the verdict of kim has ended", got[0].Notice)
	require.Equal(t, review.Confirm, got[0].Review.Action)
	require.Equal(t, 30, statuses(out)[Implicated])
	_, out = d.say(review.Allow, review.Scope{Finding: f.UID})
	require.True(t, findings(out)[0].Muted)
	_, out = d.say(review.Confirm, review.Scope{Finding: f.UID})
	require.False(t, findings(out)[0].Alerts, "who confirms what he has before him needs no alert")
}
