package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// ring makes each of n accounts continue the conversations of the next, times of them.
func ring(list []fingerprint.Profile, w *world, times int) {
	for i := range list {
		next := &list[(i+1)%len(list)]
		for range times {
			h := w.hash()
			list[i].Served = append(list[i].Served, h)
			next.Unserved = append(next.Unserved, h)
		}
	}
}

func TestConversationsHandedOverTimeAndAgainAreATripwireUnlessOneCustomerExplainsThem(
	t *testing.T,
) {
	each := func(list []fingerprint.Profile, do func(i int, p *fingerprint.Profile)) {
		for i := range list {
			do(i, &list[i])
		}
	}
	for _, c := range []struct {
		name     string
		n, times int
		make     func(w *world, list []fingerprint.Profile)
		findings int
	}{
		{"a pool", 12, 2, nil, 1},
		{
			"each account once is given and once takes: people show each other conversations", 12,
			1, nil, 0,
		},
		{"a circle of friends", 6, 3, nil, 0},
		{"keys of one verified organisation behind a balancer", 12, 3, func(
			_ *world, list []fingerprint.Profile,
		) {
			each(list, func(_ int, p *fingerprint.Profile) { p.Org, p.Verified = "org-1", true })
		}, 0},
		{
			"keys of one organisation that nobody verified", 12, 3,
			func(_ *world, list []fingerprint.Profile) {
				each(list, func(_ int, p *fingerprint.Profile) { p.Org = "org-1" })
			}, 0,
		},
		{"keys paid with one card", 12, 3, func(w *world, list []fingerprint.Profile) {
			card := w.hash()
			each(list, func(_ int, p *fingerprint.Profile) {
				p.Values[attribute.Payment][0].Hash = card
			})
		}, 0},
		{
			"six customers with two keys each, that fail over to each other: less than a group", 12,
			3, func(_ *world, list []fingerprint.Profile) {
				each(list, func(i int, p *fingerprint.Profile) {
					p.Org = "org-" + string(rune('a'+i%6))
				})
			}, 0,
		},
		{
			"a dozen customers whose keys fail over, each to its own second one", 12, 0,
			func(w *world, list []fingerprint.Profile) {
				for i := 0; i < len(list); i += 2 {
					ring(list[i:i+2], w, 5)
				}
			}, 0,
		},
		{
			"an opening that many continue is public", 12, 0,
			func(w *world, list []fingerprint.Profile) {
				for range 5 {
					h := w.hash()
					list[0].Served = append(list[0].Served, h)
					each(list[1:], func(_ int, p *fingerprint.Profile) {
						p.Unserved = append(p.Unserved, h)
					})
				}
			}, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(21)
			w.people(300)
			ring(w.out[:c.n], w, c.times)
			if c.make != nil {
				c.make(w, w.out[:c.n])
			}
			out, _, err := w.run(DefaultOptions(), nil)
			require.NoError(t, err)
			found := findings(out)
			require.Len(t, found, c.findings)
			for _, f := range found {
				require.Equal(t, KindTripwire, f.Kind)
				require.Equal(t, Low, f.Severity)
				require.Equal(t, c.n, f.Members)
				require.Equal(t, "Conversations handed over between accounts", f.Title)
				require.Contains(t, f.Summary, "12 accounts continue each other's conversations")
			}
		})
	}
}

func findings(out []Emission) (list []*Finding) {
	for _, e := range out {
		if e.Finding != nil {
			list = append(list, e.Finding)
		}
	}
	return list
}

func TestAGatewayWhoseAccountsAreNoneHandsOverEverywhereAndIsNoTripwire(t *testing.T) {
	w := newWorld(22)
	w.people(100)
	ring(w.out[:60], w, 3)
	out, _, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.Empty(t, findings(out))
}

func TestPoolsThatHandOverAreFoundApartAndToldOfOnceWhenTheyJoin(t *testing.T) {
	w := newWorld(23)
	w.people(300)
	ring(w.out[:9], w, 2)
	ring(w.out[20:32], w, 2)
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	first := findings(out)
	require.Len(t, first, 2)

	// The larger one keeps its finding; it takes the smaller one in.
	ring(w.out[8:21], w, 3)
	for _, p := range w.out[:32] {
		e.Upsert(p)
	}
	var updated, closed []*Finding
	for range 4 {
		for _, f := range findings(e.Advance(e.Next() + 1)) {
			switch f.Activity {
			case Update:
				updated = append(updated, f)
			case Close:
				closed = append(closed, f)
			}
		}
	}
	require.Len(t, updated, 1)
	require.Equal(t, 32, updated[0].Members)
	require.Len(t, closed, 1)
	require.Equal(t, "merged", closed[0].CloseReason)
	require.Equal(t, 1, e.Open())
}

func TestAHandOverFindingEndsWhenACampaignExplainsItsAccounts(t *testing.T) {
	w := newWorld(24)
	w.people(300)
	w.pool(40, 60)
	ring(w.out[300:340], w, 3)
	for i := range w.out[300:] {
		// With a card each; accounts of one card would be one customer.
		w.out[300+i].Values[attribute.Payment][0].Hash = w.hash()
	}
	o := DefaultOptions()
	o.Observe = true
	out, e, err := w.run(o, nil)
	require.NoError(t, err)
	tripped := findings(out)
	require.Len(t, tripped, 1)
	require.Equal(t, KindTripwire, tripped[0].Kind)

	e.o.Observe = false
	var closed *Finding
	for _, f := range findings(e.Advance(e.Next() + 1)) {
		if f.Kind == KindTripwire {
			closed = f
			continue
		}
		require.Equal(t, KindCampaign, f.Kind)
		require.Equal(t, 40, f.Members)
	}
	require.NotNil(t, closed)
	require.Equal(t, "merged", closed.CloseReason)
	require.Contains(t, closed.Summary, "40 accounts", "it says of how many it spoke")
}
