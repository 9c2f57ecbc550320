package index

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// FuzzShingleGroups deals shingles to accounts, some of which have sent little and show what they
// wrote once. Shingles of the same accounts are one group, a group's accounts carry shingles, are
// listed once and in sampling order, and the groups depend neither on the order in which the
// accounts came nor on how often an account wrote what it shows.
func FuzzShingleGroups(f *testing.F) {
	f.Add([]byte("\x01\x01\x02\x01\x03\x01\x01\x02\x02\x02\x03\x02\x04\x07"))
	f.Add([]byte("aAbAcAdAaBbBcBdBaCbCcCeC"))
	f.Fuzz(func(t *testing.T, deal []byte) {
		const accounts, shingles, least = 24, 32, 3
		deal = deal[:min(len(deal), 512)]
		var carried [accounts]map[uint64]bool
		sets := map[uint64]string{}
		for i := range carried {
			carried[i] = map[uint64]bool{}
		}
		for i := 0; i+1 < len(deal); i += 2 {
			carried[deal[i]%accounts][Mix(99, uint64(deal[i+1]%shingles))] = true
		}
		groups := func(backwards bool, once int) (out [][]string) {
			x := New()
			for n := range accounts {
				i := n
				if backwards {
					i = accounts - 1 - n
				}
				p := fingerprint.Profile{
					Account: fmt.Sprintf("acct-%02d", i), Requests: 9, WithText: 9,
				}
				count := uint32(5)
				if i < once {
					count = 1
				}
				for h := range carried[i] {
					p.Template = append(p.Template, fingerprint.Counted{Hash: h, Count: count})
				}
				x.Upsert(p)
			}
			x.Postings.ShingleGroups(least, accounts, func(_ Key, members []int32) {
				require.True(t, slices.IsSortedFunc(members, x.Compare))
				var names []string
				for _, slot := range members {
					a := x.At(slot)
					require.NotEmpty(t, a.Profile.Template)
					names = append(names, a.Profile.Account)
				}
				require.Len(t, slices.Compact(slices.Clone(names)), len(names))
				out = append(out, names)
			})
			return out
		}
		for i := range carried {
			for h := range carried[i] {
				sets[h] += fmt.Sprintf(" %d", i)
			}
		}
		different := map[string]bool{}
		for _, set := range sets {
			different[set] = true
		}
		got := groups(false, 0)
		require.LessOrEqual(t, len(got), len(different))
		require.ElementsMatch(t, got, groups(true, 0))
		for _, once := range [...]int{1, accounts / 2, accounts} {
			require.ElementsMatch(t, got, groups(false, once))
			require.ElementsMatch(t, got, groups(true, once))
		}
	})
}
