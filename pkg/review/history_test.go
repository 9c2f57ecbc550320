package review_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/review"
)

// told makes the entries of a verdict, one for each event.
func told(v review.Verdict, at int64, events ...review.Event) (out []review.Entry) {
	for i, event := range events {
		e := review.Entry{Verdict: v, Number: i + 1, Event: event, Time: at + int64(i)}
		if event == review.Applied || event == review.Changed {
			e.Finding, e.Campaign = "f-1", "c-1"
			e.Accounts, e.Members = []string{"a", "b"}, 2
		}
		out = append(out, e)
	}
	return out
}

func TestTheHistoryOfAVerdictIsTheSameInWhateverOrderAndHoweverOftenItsEntriesCome(t *testing.T) {
	entries := told(good(), 10, review.Given, review.Applied, review.Changed, review.Applied,
		review.Expired)
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var h review.History
		for range 3 {
			for _, i := range rng.Perm(len(entries)) {
				h.Add(&entries[i])
			}
		}
		require.Len(t, h.All(), 1)
		require.Equal(t, entries, h.Find("acme", "v-1").Entries)
		require.Nil(t, h.Find("default", "v-1"), "another tenant's has the same identity")
	}
}

func TestAHistorySaysHowAVerdictEnded(t *testing.T) {
	reopen, revoke := good(), good()
	reopen.Action = review.Reopen
	revoke.Action = review.Revoke
	for _, tc := range []struct {
		name   string
		what   review.Verdict
		events []review.Event
		ended  review.Event
	}{
		{"in force", good(), []review.Event{review.Given}, ""},
		{"applied", good(), []review.Event{review.Given, review.Applied}, ""},
		{
			"changed", good(), []review.Event{review.Given, review.Applied, review.Changed}, "",
		},
		{"applied again", good(), []review.Event{
			review.Given, review.Applied, review.Applied,
		}, ""},
		{
			"expired", good(),
			[]review.Event{review.Given, review.Applied, review.Expired},
			review.Expired,
		},
		{"revoked", good(), []review.Event{review.Given, review.Revoked}, review.Revoked},
		{"unknown", good(), []review.Event{review.Unknown}, review.Unknown},
		{"a reopen", reopen, []review.Event{review.Given, review.Applied}, review.Applied},
		{"a revoke", revoke, []review.Event{review.Given}, review.Applied},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var h review.History
			for _, e := range told(tc.what, 10, tc.events...) {
				h.Add(&e)
			}
			require.Equal(t, tc.ended, h.All()[0].Ended())
		})
	}
}

func TestLabelsAreWhatAnalystsJudgedLast(t *testing.T) {
	verdict := func(id string, a review.Action) review.Verdict {
		v := good()
		v.ID, v.Action = id, a
		return v
	}
	named := verdict("n", review.Dismiss)
	named.Scope = review.Scope{Accounts: []string{"x", "y"}}
	applied := []review.Event{review.Given, review.Applied}
	label := func(confirmed bool) []review.Label {
		return []review.Label{{
			Tenant: "acme", Confirmed: confirmed, Accounts: []string{"a", "b"},
		}}
	}
	for _, tc := range []struct {
		name    string
		entries [][]review.Entry
		want    []review.Label
	}{
		{
			"a dismissal",
			[][]review.Entry{told(verdict("v", review.Dismiss), 10, applied...)},
			label(false),
		},
		{
			"a confirmation",
			[][]review.Entry{told(verdict("v", review.Confirm), 10, applied...)},
			label(true),
		},
		{
			"an allowance", [][]review.Entry{told(verdict("v", review.Allow), 10, applied...)}, nil,
		},
		{"a confirmation of what was dismissed", [][]review.Entry{
			told(verdict("w", review.Confirm), 20, applied...),
			told(verdict("v", review.Dismiss), 10, applied...),
		}, label(true)},
		{"a dismissal that was revoked", [][]review.Entry{
			told(verdict("v", review.Dismiss), 10, review.Given, review.Applied, review.Revoked),
		}, nil},
		{"a dismissal of what was reopened", [][]review.Entry{
			told(verdict("v", review.Dismiss), 10, applied...),
			told(verdict("w", review.Reopen), 20, applied...),
		}, nil},
		{"a dismissal that has expired", [][]review.Entry{
			told(verdict("v", review.Dismiss), 10, review.Given, review.Applied, review.Expired),
		}, label(false)},
		{
			"a dismissal of accounts by name",
			[][]review.Entry{told(named, 10, review.Given)},
			[]review.Label{{Tenant: "acme", Accounts: []string{"x", "y"}}},
		},
		{"what is unknown", [][]review.Entry{
			told(verdict("v", review.Dismiss), 10, review.Unknown),
		}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var h review.History
			for _, entries := range tc.entries {
				for i := range entries {
					h.Add(&entries[i])
				}
			}
			require.Equal(t, tc.want, h.Labels())
		})
	}
}
