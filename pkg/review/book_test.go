package review_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/review"
)

// account is an account with one value of everything.
type account struct {
	name, organisation, client string
	phrases                    []uint64
}

func (a account) Name() string            { return a.name }
func (a account) Organisation() string    { return a.organisation }
func (a account) Uses(client string) bool { return a.client == client }
func (a account) Carries(phrase uint64) bool {
	return slices.Contains(a.phrases, phrase)
}

func TestAScopeCoversWhoShowsWhatItNames(t *testing.T) {
	a := account{
		name: "acct_1", organisation: "org_1", client: "pool/1.0", phrases: []uint64{1, 2},
	}
	for _, tc := range []struct {
		name   string
		scope  review.Scope
		covers bool
	}{
		{"the account", review.Scope{Accounts: []string{"acct_2", "acct_1"}}, true},
		{"another account", review.Scope{Accounts: []string{"acct_11"}}, false},
		{"its organisation", review.Scope{Organisation: "org_1"}, true},
		{"another organisation", review.Scope{Organisation: "org_2"}, false},
		{"its client", review.Scope{Client: "pool/1.0"}, true},
		{"another client", review.Scope{Client: "pool/2"}, false},
		{"its whole text", review.Scope{Template: phrases(1, 2)}, true},
		{"half of a text", review.Scope{Template: phrases(1, 2, 3, 4)}, true},
		{"less than half of a text", review.Scope{Template: phrases(1, 3, 4)}, false},
		{"another text", review.Scope{Template: phrases(3)}, false},
		{"a finding", review.Scope{Finding: "acct_1"}, false},
		{"a campaign", review.Scope{Campaign: "acct_1"}, false},
		{"nothing", review.Scope{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.covers, tc.scope.Covers(a)) })
	}
	nobody := account{name: "acct_3"}
	none := review.Scope{Organisation: "org_1"}
	require.False(t, none.Covers(nobody))
}

func phrases(hashes ...uint64) (out []string) {
	for _, h := range hashes {
		out = append(out, review.Phrase(h))
	}
	return out
}

// day is the time for which a Book remembers what has ended.
const day = int64(86_400_000)

// naive is what a Book should do, as a list that nobody tidies up.
type naive struct {
	held  []review.Held
	ended map[string]int64
}

func (n *naive) inForce(h *review.Held) bool { return n.ended[h.Verdict.ID] == 0 }

// on is the verdict in force on a campaign of one finding, of which a share is covered by
// verdicts on the organisation.
func (n *naive) on(after int64, share float64) string {
	id, number := "", after
	for i := range n.held {
		h := &n.held[i]
		v := &h.Verdict
		about := v.Scope.Finding == "f" || v.Scope.Campaign == "c" ||
			v.Scope.Organisation != "" && share >= 0.9
		says := v.Action != review.Reopen && v.Action != review.Revoke
		if about && says && n.inForce(h) && h.Number > number {
			id, number = v.ID, h.Number
		}
	}
	return id
}

// onAccount is what is said of an account of the organisation.
func (n *naive) onAccount(after int64) (said review.Action) {
	number := int64(0)
	for i := range n.held {
		h := &n.held[i]
		named := len(h.Verdict.Scope.Accounts) > 0
		if (named || h.Verdict.Scope.Organisation != "" && h.Number > after) && n.inForce(h) &&
			h.Number > number {
			said, number = h.Verdict.Action, h.Number
		}
	}
	return said
}

func TestABookSaysWhatAListOfAllVerdictsWouldSay(t *testing.T) {
	member := account{name: "a", organisation: "o"}
	scopes := []review.Scope{
		{Finding: "f"},
		{Campaign: "c"},
		{Finding: "other"},
		{Organisation: "o"},
		{Accounts: []string{"a"}},
	}
	rapid.Check(t, func(t *rapid.T) {
		var book review.Book
		list := naive{ended: map[string]int64{}}
		now := day
		for i := range rapid.IntRange(1, 40).Draw(t, "steps") {
			now += rapid.Int64Range(0, day/4).Draw(t, "later")
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				h := review.Held{Number: int64(i + 1), Verdict: review.Verdict{
					ID: fmt.Sprintf("v-%d", i), Time: now,
					Scope: rapid.SampledFrom(scopes).Draw(t, "scope"),
					Action: rapid.SampledFrom([]review.Action{
						review.Confirm, review.Dismiss, review.Allow,
					}).Draw(t, "action"),
				}}
				if rapid.Bool().Draw(t, "ends") {
					h.Verdict.Expires = now + rapid.Int64Range(1, day).Draw(t, "lasts")
				}
				list.held = append(list.held, h)
				book.Put(&h)
			case 2:
				id := fmt.Sprintf("v-%d", rapid.IntRange(0, i).Draw(t, "revoked"))
				if h := book.Find(id); h != nil && h.Ended == 0 {
					h.Ended, list.ended[id] = now, now
				}
			}
			var expired []string
			for j := range list.held {
				h := &list.held[j]
				x := h.Verdict.Expires
				if list.inForce(h) && x != 0 && x <= now {
					list.ended[h.Verdict.ID] = now
					expired = append(expired, h.Verdict.ID)
				}
			}
			require.Equal(t, expired, idsOf(book.Expire(now)))
			require.Empty(t, book.Expire(now), "it expires once")
			var forgotten []string
			list.held = slices.DeleteFunc(list.held, func(h review.Held) bool {
				at := list.ended[h.Verdict.ID]
				old := at != 0 && now-at > day
				if old {
					forgotten = append(forgotten, h.Verdict.ID)
				}
				return old
			})
			require.Equal(t, forgotten, idsOf(book.Forget(now)))

			require.Equal(t, len(list.held), book.Len())
			after := rapid.Int64Range(0, int64(i+1)).Draw(t, "heard")
			share := rapid.SampledFrom([]float64{0, 0.89, 0.9, 1}).Draw(t, "share")
			got := book.On(&review.Subject{
				Findings: []string{"e", "f"}, Campaign: "c", After: after,
				Share: func(s *review.Scope) float64 {
					if s.Organisation == "" {
						return 0
					}
					return share
				},
			})
			id := ""
			if got != nil {
				id = got.Verdict.ID
			}
			require.Equal(t, list.on(after, share), id)
			require.Equal(t, list.onAccount(after), book.OnAccount(member, after))
			require.Equal(t, slices.ContainsFunc(list.held, func(h review.Held) bool {
				return list.inForce(&h) && !h.Verdict.Scope.One()
			}), book.Personal())
		}
	})
}

func idsOf(held []*review.Held) (ids []string) {
	for _, h := range held {
		ids = append(ids, h.Verdict.ID)
	}
	return ids
}

func TestAVerdictPutAgainTakesItsOwnPlace(t *testing.T) {
	var book review.Book
	for _, number := range []int64{2, 1, 3} {
		book.Put(&review.Held{
			Number: number, Verdict: review.Verdict{ID: fmt.Sprintf("v-%d", number)},
		})
	}
	book.Put(&review.Held{Number: 2, Entries: 9, Verdict: review.Verdict{ID: "v-2"}})
	require.Equal(t, []string{"v-1", "v-2", "v-3"}, idsOf(book.All()))
	require.Equal(t, 9, book.Find("v-2").Entries)
	require.Nil(t, book.Find("v-4"))
}
