package campaign

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

const hour = int64(3_600_000)

// unreadableRecords is how many records of an account must have been unreadable in a day; see
// package watch.
const unreadableRecords = 20

// mute is the profile of an account of which n records of the last hours could not be read, and
// nothing else ever arrived.
func (w *world) mute(n uint32, hours int64) fingerprint.Profile {
	w.next++
	return fingerprint.Profile{
		Tenant: "default", Account: fmt.Sprintf("acct-%05d", w.next),
		Unreadable: n, Unreadable24h: n, UnreadableAt: w.now, UnreadableSince: w.now - hours*hour/2,
	}
}

// spoil makes n records of an account unreadable, since some hours ago.
func (w *world) spoil(p *fingerprint.Profile, n, read uint32, hours int64) {
	p.Unreadable, p.Unreadable24h, p.Read24h = n, n, read
	p.UnreadableAt, p.UnreadableSince = w.now, w.now-hours*hour
}

func TestAccountsWhoseRecordsCannotBeReadAreATripwire(t *testing.T) {
	for _, c := range []struct {
		name    string
		make    func(w *world)
		members int
	}{
		{"a pool of which nothing can be read", func(w *world) {
			for range 48 {
				w.out = append(w.out, w.mute(47, 10))
			}
		}, 48},
		{"one account", func(w *world) {
			w.out = append(w.out, w.mute(unreadableRecords, 3))
		}, 1},
		{"one account, a record short", func(w *world) {
			w.out = append(w.out, w.mute(unreadableRecords-1, 3))
		}, 0},
		{"most of what an account sends", func(w *world) { w.spoil(&w.out[0], 51, 50, 6) }, 1},
		{"half of what an account sends", func(w *world) { w.spoil(&w.out[0], 50, 50, 6) }, 0},
		{"two days ago", func(w *world) {
			p := w.mute(500, 3)
			p.UnreadableAt, p.UnreadableSince = w.now-2*baseline.Day, w.now-2*baseline.Day-hour
			w.out = append(w.out, p)
		}, 0},
		{"a logger that cuts everybody's records since an hour ago", func(w *world) {
			for i := range w.out {
				w.spoil(&w.out[i], 30, 3, 1)
				w.out[i].LastSeen = w.now - 2*hour
			}
		}, 0},
		{"a logger that has cut everybody's records for minutes", func(w *world) {
			for i := range w.out {
				w.out[i].LastSeen = w.now - hour
			}
			for i := range 20 {
				w.spoil(&w.out[i], 30, 3, 0)
			}
		}, 0},
		{"in the pane that is not over, nobody can be compared with yet", func(w *world) {
			p := w.mute(100, 1)
			p.UnreadableSince = w.now + hour/2
			w.out = append(w.out, p)
		}, 0},
		{"a logger that cuts most records", func(w *world) {
			for i := range w.out {
				if i%3 > 0 {
					w.spoil(&w.out[i], 60, 30, 5)
				}
			}
		}, 0},
		{"a pool that appears as a logger's fault is mended", func(w *world) {
			for i := range w.out {
				w.spoil(&w.out[i], 30, 3, 1)
				w.out[i].LastSeen = w.now - 2*hour
			}
			for range 48 {
				w.out = append(w.out, w.mute(47, 10))
			}
		}, 0},
		{"a pool as large as the rest of the tenant", func(w *world) {
			for range 300 {
				w.out = append(w.out, w.mute(47, 10))
			}
		}, 300},
		{
			"a pool larger than the rest of the tenant is told apart from a fault by nobody",
			func(w *world) {
				for range 301 {
					w.out = append(w.out, w.mute(47, 10))
				}
			}, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(41)
			w.people(300)
			c.make(w)
			out, e, err := w.run(DefaultOptions(), nil)
			require.NoError(t, err)
			found := findings(out)
			if c.members == 0 {
				require.Empty(t, out)
				return
			}
			require.Len(t, found, 1)
			f := found[0]
			require.Equal(t, KindTripwire, f.Kind)
			require.Equal(t, Low, f.Severity)
			require.Equal(t, c.members, f.Members)
			require.Empty(t, f.Evidence)
			require.Empty(t, f.Families)
			require.Contains(t, f.NextStep, "stillwatch-account")
			require.Contains(t, f.Summary, "became dead letters")
			require.Len(t, out, 1+c.members)
			for _, x := range out[1:] {
				require.Equal(t, Watched, x.Account.Status)
			}
			require.Empty(t, e.Advance(e.Next()+1), "what has not changed is not news")
		})
	}
}

func TestAccountsThatCannotBeReadAreNoPartOfThePopulation(t *testing.T) {
	measured := func(mutes int) (out []Emission, traces []search.Measurement) {
		w := newWorld(42)
		w.people(300)
		w.applications(60)
		w.pool(30, 50)
		for range mutes {
			w.out = append(w.out, w.mute(100, 6))
		}
		out, e, err := w.run(DefaultOptions(), func(c search.Measurement) {
			traces = append(traces, c)
		})
		require.NoError(t, err)
		require.Equal(t, 390, e.Accounts())
		return out, traces
	}
	out, want := measured(0)
	more, got := measured(200)
	require.Equal(t, want, got, "every group measures the same")
	require.Len(t, findings(more), len(findings(out))+1)
	for i, f := range findings(out) {
		require.Equal(t, f, findings(more)[i])
	}
}

func TestACampaignMemberThatCannotBeReadIsNamedForBoth(t *testing.T) {
	w := newWorld(43)
	w.people(300)
	w.applications(60)
	w.pool(30, 50)
	for i := 360; i < 390; i++ {
		w.spoil(&w.out[i], 90, 50, 6)
	}
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.Len(t, findings(out), 2)
	require.Equal(t, 2, e.Open())
	e.Advance(e.Next() + 1)
	require.Equal(t, 2, e.Open(), "neither takes the accounts from the other")
}

func TestAnAccountThatCanBeReadAgainIsCleared(t *testing.T) {
	w := newWorld(44)
	w.people(300)
	gone, stays := w.mute(100, 6), w.mute(100, 6)
	w.out = append(w.out, gone, stays)
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.Equal(t, 2, findings(out)[0].Members)

	var last []Emission
	advance := func(until int64) {
		for e.Next() < until {
			stays.UnreadableAt, stays.UnreadableSince = e.Next(), e.Next()-6*hour
			e.Upsert(stays)
			for i := range 8 {
				w.out[i].LastSeen = e.Next()
				e.Upsert(w.out[i])
			}
			last = append(last, e.Advance(e.Next()+1)...)
		}
	}
	advance(w.now + DefaultOptions().Quiet.Milliseconds() + hour)
	require.Len(t, last, 1)
	require.Equal(t, gone.Account, last[0].Account.Account)
	require.Equal(t, Cleared, last[0].Account.Status)

	// A restart knows the finding and its accounts from what was stored and what is on the topic.
	saved, err := e.Dirty()
	require.NoError(t, err)
	again, err := New(DefaultOptions())
	require.NoError(t, err)
	for _, p := range append(w.out[:300:300], stays) {
		again.Upsert(p)
	}
	for _, s := range saved {
		_, err := again.Restore(s.Key, s.Value)
		require.NoError(t, err)
		require.True(t, json.Valid(s.Value))
	}
	require.Empty(t, again.Advance(e.Next()+1), "nothing is told twice")

	stopped := again.Advance(again.Next() + DefaultOptions().Quiet.Milliseconds())
	require.Len(t, findings(stopped), 1)
	require.Equal(t, Close, findings(stopped)[0].Activity)
	require.Equal(t, "quiet", findings(stopped)[0].CloseReason)
	again.Remove("default", stays.Account)
	require.Zero(t, again.tenants["default"].watchers.Unread.Len())
}

func TestWhatAFaultMadeUnreadableIsHeldAgainstNobodyAfterIt(t *testing.T) {
	w := newWorld(45)
	w.people(300)
	for i := range w.out {
		w.spoil(&w.out[i], 30, 3, 1)
		w.out[i].LastSeen = w.now - 2*hour
	}
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.Empty(t, out)
	saved, err := e.Dirty()
	require.NoError(t, err)

	// A restart, and then it is mended: most come back and can be read, some have gone home.
	again, err := New(DefaultOptions())
	require.NoError(t, err)
	for _, s := range saved {
		_, err := again.Restore(s.Key, s.Value)
		require.NoError(t, err)
	}
	for i := range w.out {
		if i >= 40 {
			w.out[i].LastSeen = w.now + hour
		}
		again.Upsert(w.out[i])
	}
	until := again.Next() + 3*hour
	for again.Next() < until {
		require.Empty(t, again.Advance(again.Next()+1))
	}

	// An account that stays unreadable is reported.
	for i := range 3 {
		w.out[i].UnreadableAt, w.out[i].UnreadableSince = again.Next(), again.Next()-hour/2
		again.Upsert(w.out[i])
	}
	for i := 100; i < 120; i++ {
		w.out[i].LastSeen = again.Next()
		again.Upsert(w.out[i])
	}
	f := findings(again.Advance(again.Next() + 1))
	require.Len(t, f, 1)
	require.Equal(t, 3, f[0].Members)
}
