package campaign

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// carry makes each account present what all before it were given, as a conversation that goes from
// one to the next does.
func carry(list []fingerprint.Profile, w *world) {
	var blocks []uint64
	for i := range list {
		list[i].Foreign = append(list[i].Foreign, blocks...)
		h := w.hash()
		list[i].Minted = append(list[i].Minted, h)
		blocks = append(blocks, h)
	}
}

func TestReasoningThatThreeCustomersCarryIsATripwireUnlessSomethingHonestExplainsIt(t *testing.T) {
	for _, c := range []struct {
		name     string
		n        int
		make     func(w *world, list []fingerprint.Profile)
		findings int
	}{
		{"three accounts that pass one conversation around", 3, nil, 1},
		{"a dozen", 12, nil, 1},
		{"a person with two accounts", 2, nil, 0},
		{"each with conversations of its own", 6, func(w *world, list []fingerprint.Profile) {
			for i := range list {
				list[i].Minted, list[i].Foreign = []uint64{w.hash()}, nil
			}
		}, 0},
		{
			"each presents what a gateway that logs no answers gave it", 6,
			func(w *world, list []fingerprint.Profile) {
				shared := w.hash()
				for i := range list {
					list[i].Minted, list[i].Foreign = nil, []uint64{w.hash(), shared}
				}
			}, 0,
		},
		{"a transcript that some try", 5, func(_ *world, list []fingerprint.Profile) {
			for i := range list[1:] {
				list[i+1].Minted, list[i+1].Foreign = nil, list[0].Minted
			}
		}, 0},
		{"two transcripts that some try", 6, func(_ *world, list []fingerprint.Profile) {
			for i := range list[2:] {
				list[i+2].Minted = nil
				list[i+2].Foreign = []uint64{list[0].Minted[0], list[1].Minted[0]}
			}
			list[1].Foreign = nil
		}, 0},
		{"keys of one organisation that nobody verified", 4, func(
			_ *world, list []fingerprint.Profile,
		) {
			for i := range list {
				list[i].Org = "org-1"
			}
		}, 0},
		{"keys paid with one card", 4, func(w *world, list []fingerprint.Profile) {
			card := w.hash()
			for i := range list {
				list[i].Values[attribute.Payment][0].Hash = card
			}
		}, 0},
		{"two customers with two keys each", 4, func(_ *world, list []fingerprint.Profile) {
			for i := range list {
				list[i].Org = fmt.Sprint("org-", i%2)
			}
		}, 0},
		{"addresses that one person moves between", 4, func(
			_ *world, list []fingerprint.Profile,
		) {
			for i := range list {
				list[i].Account = fmt.Sprint("198.51.100.", i)
			}
		}, 0},
		{"keys that take each other's place", 4, func(_ *world, list []fingerprint.Profile) {
			at := list[0].FirstSeen
			for i := range list {
				list[i].FirstSeen, list[i].LastSeen = at+int64(10*i), at+int64(10*i+5)
			}
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(31)
			w.people(300)
			carry(w.out[:c.n], w)
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
				require.Equal(t, "Reasoning of one account presented by another", f.Title)
				require.Contains(t, f.Summary,
					fmt.Sprint(c.n, " accounts present reasoning that was given to others"))
			}
		})
	}
}

func TestAGatewayWhoseAccountsAreNoneCarriesReasoningEverywhereAndIsNoTripwire(t *testing.T) {
	w := newWorld(32)
	w.people(100)
	for i := range 60 {
		carry(w.out[i:i+2], w)
	}
	out, _, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.Empty(t, findings(out))
}
