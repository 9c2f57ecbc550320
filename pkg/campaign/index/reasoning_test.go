package index

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// block is the hash of a reasoning block.
func block(i int) uint64 { return Mix(uint64(i), 77) }

func carrier(name string, minted, foreign []uint64) fingerprint.Profile {
	return fingerprint.Profile{
		Account: name, FirstSeen: 1000, LastSeen: 9000, Minted: minted, Foreign: foreign,
	}
}

// carriedPairs lists who presented whose reasoning, after all that waits was looked for.
func carriedPairs(t *testing.T, x *Index) (pairs []string) {
	t.Helper()
	x.IndexPending()
	for _, i := range x.Carrying() {
		for _, j := range x.Carried(i).To {
			require.Contains(t, x.Carried(j).From, i)
			pairs = append(
				pairs, x.Slots[i].Profile.Account+">"+x.Slots[j].Profile.Account,
			)
		}
		for _, j := range x.Carried(i).From {
			require.Contains(t, x.Carried(j).To, i)
		}
	}
	slices.Sort(pairs)
	return pairs
}

func TestWhoPresentsReasoningOfAnotherAccountIsJoinedToItInWhateverOrderTheyCome(t *testing.T) {
	list := []fingerprint.Profile{
		carrier("a", []uint64{block(1)}, nil),
		carrier("b", []uint64{block(2)}, []uint64{block(1)}),
		carrier("c", nil, []uint64{block(1), block(2), block(9)}),
		carrier("d", []uint64{block(4)}, []uint64{block(8)}),
	}
	want := []string{"a>b", "a>c", "b>c"}
	for turn := range list {
		x := New()
		for i := range list {
			x.Upsert(list[(i+turn)%len(list)])
			if i == turn {
				x.IndexPending()
			}
		}
		require.Equal(t, want, carriedPairs(t, x), "%d first", turn)
		require.False(t, x.Carries(x.Named("d").Slot), "nobody was seen to be given block 8")
		isA := func(slot int32) bool { return slot == x.Named("a").Slot }
		require.True(t, x.CarriedWith(x.Named("c").Slot, isA))
		require.False(t, x.CarriedWith(x.Named("d").Slot, isA))

		x.Upsert(carrier("b", []uint64{block(5)}, nil))
		require.Equal(t, want, carriedPairs(t, x), "it stays when other blocks are newer")
		x.Remove("b")
		require.Equal(t, []string{"a>c"}, carriedPairs(t, x))
		x.Remove("a")
		require.Empty(t, carriedPairs(t, x))
		require.Empty(t, x.Carrying())
	}
}

func TestReasoningIsNotCarriedWhereItIsNoAccountsOwn(t *testing.T) {
	for name, list := range map[string][]fingerprint.Profile{
		"a cache gave one answer to two accounts": {
			carrier("a", []uint64{block(1)}, nil), carrier("b", []uint64{block(1)}, nil),
			carrier("c", nil, []uint64{block(1)}),
		},
		"nobody was seen to be given it": {
			carrier("a", nil, []uint64{block(1)}), carrier("b", nil, []uint64{block(1)}),
		},
		"one key took the place of another": {
			{Account: "a", FirstSeen: 1, LastSeen: 999, Minted: []uint64{block(1)}},
			carrier("b", nil, []uint64{block(1)}),
		},
		"keys of one verified organisation": {
			{Account: "a", Org: "o", Verified: true, LastSeen: 9999, Minted: []uint64{block(1)}},
			{Account: "b", Org: "o", Verified: true, Foreign: []uint64{block(1)}},
		},
	} {
		x := New()
		for _, p := range list {
			x.Upsert(p)
		}
		require.Empty(t, carriedPairs(t, x), name)
	}
	x := New()
	for i := range famousReasoning + 1 {
		x.Upsert(carrier(fmt.Sprint("reader-", i), nil, []uint64{block(1)}))
	}
	x.Upsert(carrier("author", []uint64{block(1)}, nil))
	require.Empty(t, carriedPairs(t, x), "what many present is public")
}
