package campaign

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// listOf makes a list of patterns, all of them signs of one campaign of Example's.
func listOf(t *testing.T, more string, patterns ...string) watch.List {
	t.Helper()
	objects := []string{
		`{"type":"identity","id":"identity--1","name":"Example"}`,
		`{"type":"campaign","id":"campaign--1","name":"Blue Heron"}`,
	}
	for i, p := range patterns {
		objects = append(objects,
			fmt.Sprintf(
				`{"type":"indicator","id":"indicator--%d","name":"sign %d","created_by_ref":"identity--1","confidence":80,"pattern_type":"stix","pattern":%q%s}`,
				i, i, p, more,
			),
			fmt.Sprintf(`{"type":"relationship","id":"relationship--%d","relationship_type":"indicates","source_ref":"indicator--%d","target_ref":"campaign--1"}`, i, i))
	}
	l, err := watchlist.Parse(
		[]byte(`{"type":"bundle","id":"bundle--1","objects":[` + strings.Join(objects, ",") + `]}`),
	)
	require.NoError(t, err)
	require.Empty(t, l.Skipped)
	return watch.List{List: l, Hash: func(tenant string, f attribute.Attribute, v string) []uint64 {
		return []uint64{hashOf(tenant, f, v)}
	}}
}

func hashOf(tenant string, f attribute.Attribute, v string) uint64 {
	h := uint64(f) + 77
	for _, c := range tenant + v {
		h = index.Mix(h, uint64(c))
	}
	return h
}

// shows gives accounts a value with its readable form, in n requests.
func shows(list []fingerprint.Profile, f attribute.Attribute, label string, n uint32) {
	for i := range list {
		p := &list[i]
		h := hashOf(p.Tenant, f, label)
		p.Values[f] = []fingerprint.Counted{{Hash: h, Count: n}}
		if f > attribute.Device {
			p.Labels = append(p.Labels, fingerprint.Label{Attribute: f, Hash: h, Text: label})
		}
	}
}

func (w *world) watch(o Options, l watch.List) ([]Emission, *Engine, []watch.Sighting, error) {
	e, err := New(o)
	if err != nil {
		return nil, nil, nil, err
	}
	var seen []watch.Sighting
	e.Sighted = func(s watch.Sighting) { seen = append(seen, s) }
	e.SetWatchList(l)
	for _, p := range w.out {
		e.Upsert(p)
	}
	e.Advance(w.now)
	out := e.Advance(e.Next() + 1)
	return out, e, seen, nil
}

func TestAMatchWithAWatchListIsALowFindingThatNamesTheIndicator(t *testing.T) {
	asn := "[autonomous-system:number = 64500]"
	for _, c := range []struct {
		name     string
		n        int
		each     uint32
		patterns []string
		make     func(list []fingerprint.Profile)
		members  int
		broad    bool
	}{
		{"a group of accounts", 8, 3, []string{asn}, nil, 8, false},
		{"fewer, with few requests", 7, 3, []string{asn}, nil, 0, false},
		{"one account with many", 1, 500, []string{asn}, nil, 1, false},
		{"accounts that passed by", 12, 2, []string{asn}, nil, 0, false},
		{"one organisation's", 12, 3, []string{asn}, func(list []fingerprint.Profile) {
			for i := range list {
				list[i].Org, list[i].Verified = "org-1", true
			}
		}, 0, false},
		{"a popular provider", 17, 9, []string{asn}, nil, 0, true},
		{"a popular provider, told by another sign of the same campaign", 17, 9, []string{
			asn, "[autonomous-system:number = 64500 AND x-stillwatch-account:parameters = 'n=1']",
		}, func(list []fingerprint.Profile) {
			shows(list[:9], attribute.Params, "n=1", 5)
		}, 9, true},
		{"a card", 9, 4, []string{"[x-stillwatch-account:payment_fp = 'card 1']"}, func(
			list []fingerprint.Profile,
		) {
			shows(list, attribute.Payment, "card 1", 4)
		}, 9, false},
		{
			"both of two signs, half here and half there", 10, 3,
			[]string{asn, "[domain-name:value = 'a.example']"},
			func(list []fingerprint.Profile) {
				shows(list[5:], attribute.Domain, "a.example", 3)
				for i := range list[5:] {
					list[5+i].Values[attribute.ASN] = nil
				}
			}, 10, false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(31)
			w.people(300)
			shows(w.out[:c.n], attribute.ASN, "AS64500", c.each)
			if c.make != nil {
				c.make(w.out[:c.n])
			}
			out, e, seen, err := w.watch(DefaultOptions(), listOf(t, "", c.patterns...))
			require.NoError(t, err)
			broad := false
			for _, s := range seen {
				broad = broad || s.TooBroad
			}
			require.Equal(t, c.broad, broad)
			found := findings(out)
			if c.members == 0 {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			f := found[0]
			require.Equal(t, KindTripwire, f.Kind)
			require.Equal(t, Low, f.Severity)
			require.Equal(t, c.members, f.Members)
			require.Equal(t, "Accounts match a watch list", f.Title)
			require.Contains(t, f.Summary, "match a watch list: sign ")
			require.Contains(t, f.Summary, "of Blue Heron (Example), confidence 80, indicator--")
			for _, x := range out {
				if x.Account != nil {
					require.Equal(t, AccountStatus("watched"), x.Account.Status)
				}
			}
			require.Empty(t, e.Advance(e.Next()+1), "what has not changed is not news")
		})
	}
}

func TestAnIndicatorThatIsOverOrTakenOffEndsItsFinding(t *testing.T) {
	pattern := "[autonomous-system:number = 64500]"
	for name, c := range map[string]struct {
		more string
		next func(t *testing.T) watch.List
	}{
		"expired": {`,"valid_until":"2026-02-18T00:30:00Z"`, nil},
		"taken off": {"", func(t *testing.T) watch.List {
			l := listOf(t, "", "[autonomous-system:number = 64501]")
			l.List.Indicators[0].Indicates = "campaign--2"
			return l
		}},
		"no list at all": {"", func(*testing.T) watch.List { return watch.List{} }},
		"revoked": {"", func(t *testing.T) watch.List {
			return listOf(t, `,"revoked":true`, pattern)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(32)
			w.people(300)
			shows(w.out[:9], attribute.ASN, "AS64500", 5)
			require.Equal(t, int64(20_502)*baseline.Day, w.now, "2026-02-18")
			out, e, _, err := w.watch(DefaultOptions(), listOf(t, c.more, pattern))
			require.NoError(t, err)
			require.Len(t, findings(out), 1)
			if c.next != nil {
				e.SetWatchList(c.next(t))
			}
			var closed []*Finding
			for range 4 {
				closed = append(closed, findings(e.Advance(e.Next()+1))...)
			}
			require.Len(t, closed, 1)
			require.Equal(t, Close, closed[0].Activity)
			require.Equal(t, "withdrawn", closed[0].CloseReason)
			// It comes back with the indicator.
			e.SetWatchList(listOf(t, "", pattern))
			again := findings(e.Advance(e.Next() + 1))
			require.Len(t, again, 2, "the old finding's last word, and the new one")
			require.Equal(t, Create, again[1].Activity)
			require.Equal(t, []string{closed[0].UID}, again[1].Related)
			require.Equal(t, closed[0].UID, again[0].UID)
			require.Equal(t, "superseded", again[0].CloseReason)
			require.Equal(t, closed[0].Sequence+1, again[0].Sequence)
			require.Contains(t, again[0].Related, again[1].UID, "each points at the other")
		})
	}
}

func TestWhatACampaignExplainsIsNoMatch(t *testing.T) {
	w := newWorld(33)
	w.people(300)
	w.applications(60)
	w.pool(40, 60)
	shows(w.out[360:], attribute.ASN, "AS64500", 60)
	out, _, seen, err := w.watch(
		DefaultOptions(), listOf(t, "", "[autonomous-system:number = 64500]"),
	)
	require.NoError(t, err)
	require.Empty(t, seen)
	require.Len(t, findings(out), 1)
	require.Equal(t, KindCampaign, findings(out)[0].Kind)
}

func TestTenantsMatchForThemselves(t *testing.T) {
	w := newWorld(34)
	w.people(300)
	for i := range 150 {
		w.out[i].Tenant = "other"
	}
	shows(w.out[145:155], attribute.ASN, "AS64500", 20)
	out, _, seen, err := w.watch(
		DefaultOptions(), listOf(t, "", "[autonomous-system:number = 64500]"),
	)
	require.NoError(t, err)
	require.Empty(t, findings(out), "five here and five there are no group")
	require.Len(t, seen, 2)
}

func TestAnAccountIsLookedAtAgainWhenItsProfileChanges(t *testing.T) {
	w := newWorld(35)
	w.people(300)
	out, e, _, err := w.watch(DefaultOptions(), listOf(t, "", "[autonomous-system:number = 64500]"))
	require.NoError(t, err)
	require.Empty(t, findings(out))
	shows(w.out[:9], attribute.ASN, "AS64500", 5)
	for _, p := range w.out[:9] {
		e.Upsert(p)
	}
	require.Len(t, findings(e.Advance(e.Next()+1)), 1)
	// Others come into the places of those that go.
	for _, p := range w.out[:9] {
		e.Remove("default", p.Account)
	}
	var seen []watch.Sighting
	e.Sighted = func(s watch.Sighting) { seen = append(seen, s) }
	w.people(9)
	for _, p := range w.out[300:] {
		e.Upsert(p)
	}
	e.Advance(e.Next() + 1)
	require.Empty(t, seen)
}
