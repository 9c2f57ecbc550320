package index

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

func TestPostingsListTheirAccountsInSamplingOrderWhateverComesAndGoes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	pop := New()
	for i := range 260 {
		p := fingerprint.Profile{Account: fmt.Sprintf("acct-%03d", i), Requests: 9, WithText: 9}
		for f := range attribute.NumKept {
			if v := rng.IntN(12); v > 0 {
				p.Values[f] = []fingerprint.Counted{{Hash: Mix(uint64(f), uint64(v)), Count: 1}}
			}
		}
		for range rng.IntN(9) {
			p.Template = append(
				p.Template, fingerprint.Counted{Hash: Mix(99, rng.Uint64N(40)), Count: 5},
			)
		}
		pop.Upsert(p)
	}
	for range 300 {
		a := pop.Slots[rng.IntN(len(pop.Slots))]
		if a == nil {
			continue
		}
		if rng.IntN(3) == 0 {
			pop.Remove(a.Profile.Account)
			continue
		}
		p := a.Profile
		p.Values[attribute.Stack] = []fingerprint.Counted{{Hash: uint64(1 + rng.IntN(3)), Count: 1}}
		pop.Upsert(p)
	}
	want := map[Key][]int32{}
	for _, a := range pop.Sorted() {
		for _, k := range a.keys {
			want[k] = append(want[k], a.Slot)
		}
	}
	require.Len(t, pop.Postings.entries, len(want))
	for k, members := range want {
		require.Equal(t, members, pop.Postings.Members(k))
	}
}

func TestACompactProfileKeepsWhatDetectionReads(t *testing.T) {
	p := fingerprint.Profile{
		Account: "a", PromptHLL: make([]byte, 3, 9),
		Template: []fingerprint.Counted{{Hash: 1, Count: 9}},
		Layouts:  []fingerprint.Counted{{Hash: 2, Count: 8}},
		Served:   []uint64{3}, Rejected: []uint64{4, 5}, Unserved: []uint64{6},
		Labels: []fingerprint.Label{
			{Attribute: attribute.Stack, Hash: 11, Text: "openai-python/1.99"},
			{Attribute: attribute.Model, Hash: 13, Text: "large"},
			{Attribute: attribute.Domain, Hash: 99, Text: "of a value that is not listed"},
		},
	}
	p.Values[attribute.Stack] = []fingerprint.Counted{{Hash: 10, Count: 5}, {Hash: 11, Count: 4}}
	p.Values[attribute.Model] = []fingerprint.Counted{{Hash: 13, Count: 3}}
	pop := New()
	pop.Upsert(p)
	a := pop.Named("a")
	var labels []fingerprint.Label
	a.EachLabel(func(f attribute.Attribute, h uint64, text string) {
		labels = append(labels, fingerprint.Label{Attribute: f, Hash: h, Text: text})
	})
	require.Equal(t, p.Labels[:2], labels)
	want := p
	want.Labels = nil
	require.Equal(t, want, a.Profile)
	require.Equal(t, 1, cap(a.Profile.Template), "a list that grows must not run into the next")
}

func TestAConversationIsHandedOverWhoeverIsSeenFirst(t *testing.T) {
	served := fingerprint.Profile{Account: "served", Served: []uint64{1 << 20, 2 << 20}}
	continued := fingerprint.Profile{Account: "continued", Unserved: []uint64{2 << 20}}
	alone := fingerprint.Profile{Account: "alone", Served: []uint64{3 << 20}}
	for _, order := range [][]fingerprint.Profile{
		{served, continued, alone}, {continued, alone, served},
	} {
		pop := New()
		for _, p := range order {
			pop.Upsert(p)
		}
		pop.IndexPending()
		a, b := pop.Named("served"), pop.Named("continued")
		require.Equal(t, []int32{b.Slot}, a.Linked)
		require.Equal(t, []int32{a.Slot}, b.Linked)
		require.Empty(t, pop.Named("alone").Linked)
		require.Len(t, a.keys, 1, "a conversation that nobody continues is not listed")
		require.Empty(t, pop.Named("alone").keys)
	}
	crowd := New()
	for i := range famousConversation + 1 {
		p := served
		p.Account += string(rune('a' + i))
		crowd.Upsert(p)
	}
	crowd.Upsert(continued)
	crowd.IndexPending()
	require.Empty(t, crowd.Named("continued").Linked, "what many were served is public")
}

func TestPostingsFollowTheProfiles(t *testing.T) {
	x := New()
	stack := func(account string, hash uint64) fingerprint.Profile {
		p := fingerprint.Profile{Account: account}
		p.Values[attribute.Stack] = []fingerprint.Counted{{Hash: hash, Count: 1}}
		return p
	}
	const pool, other = 12345 << 20, 54321 << 20
	k := ValueKey(attribute.Stack, pool)
	names := make([]string, 20)
	for i := range names {
		names[i] = fmt.Sprintf("acct-%02d", i)
		x.Upsert(stack(names[i], pool))
	}
	require.Equal(t, 20, x.Postings.Entities(k))
	x.Upsert(stack(names[3], other))
	require.Equal(t, 19, x.Postings.Entities(k))
	for _, name := range names {
		x.Remove(name)
	}
	require.Zero(t, x.Postings.Entities(k))
	require.Empty(t, x.Postings.entries)
	require.Zero(t, x.Entities())
	require.Len(t, x.idle, len(names))
}

func TestEveryKindOfPostingHasANumberOfItsOwn(t *testing.T) {
	used := map[Kind]bool{
		ByShingle: true, ByLayout: true, ByClient: true, ByIssuerCohort: true, ByStackCohort: true,
		ByRelay: true, ByServed: true, ByContinued: true,
	}
	for _, a := range posted {
		require.Less(t, KindOf(a), Kind(kinds), "%s: raise kindBits", a)
		require.False(t, used[KindOf(a)], "%s has the number of another kind", a)
		used[KindOf(a)] = true
	}
}

func TestThereAreSoManyEntitiesAsAreCounted(t *testing.T) {
	x := New()
	var slots []int32
	for i := range 12 {
		p := fingerprint.Profile{Account: fmt.Sprintf("acct-%02d", i), Requests: 1}
		if i%3 > 0 {
			p.Org, p.Verified = fmt.Sprintf("org-%d", i%2), true
		}
		a, _ := x.Upsert(p)
		slots = append(slots, a.Slot)
	}
	require.Equal(t, 6, x.CountEntities(slots), "four of their own, two organisations")
	for from := range slots {
		for least := range 14 {
			part := slots[from:]
			require.Equal(t, x.CountEntities(part) >= least, x.HasEntities(part, least))
		}
	}
}
