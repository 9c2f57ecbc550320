package verdict

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// A standing that changes for ever must not make the table grow for ever: what is no longer said is
// left behind, entries and uids alike.
func TestWhatIsNoLongerSaidIsLeftBehind(t *testing.T) {
	table := NewTable()
	const accounts = 1000
	most, mostTexts := 0, 0
	for i := range 30 * accounts {
		key := fmt.Appendf(nil, "acct_%d", i%accounts)
		value := fmt.Appendf(nil, `{"account":%q,"time":1,"status":"watched","findings":[`+
			`{"uid":"%d","severity_id":2,"confidence":50,"since":1}]}`, key, i)
		require.NoError(t, table.Update(key, value))
		g := table.current.Load()
		most = max(most, len(*g.chunks.Load()))
		mostTexts = max(mostTexts, len(*g.texts.Load()))
	}
	// An entry has some 40 bytes: 1000 of them fit into one chunk, and a chunk may be wasted.
	require.LessOrEqual(t, most, 4)
	require.Less(t, mostTexts, 20_000)
	require.Equal(t, accounts, table.current.Load().live)
}

func TestAccountsThatComeAndGoDoNotFillTheTable(t *testing.T) {
	table := NewTable()
	for i := range 3000 {
		key, value := implicatedRecord(i)
		require.NoError(t, table.Update(key, value))
		require.NoError(t, table.Update(key, nil))
	}
	g := table.current.Load()
	require.Len(t, g.slots, 1<<leastBits)
	require.Zero(t, g.live)
}

func TestAGenerationBeginsWithRoom(t *testing.T) {
	table := NewTable()
	made := 0
	for i := range 10_000 {
		before := table.current.Load()
		require.NoError(t, table.Update(implicatedRecord(i)))
		if g := table.current.Load(); g != before {
			made++
			require.LessOrEqual(t, g.live*beginDen, len(g.slots)*beginNum+beginDen)
		}
	}
	require.LessOrEqual(t, made, 7, "each doubles the one before")
}

func TestAPlaceThatWasForgottenIsUsedAgain(t *testing.T) {
	table := NewTable()
	key, value := implicatedRecord(1)
	for range 3 {
		require.NoError(t, table.Update(key, value))
		require.NoError(t, table.Update(key, nil))
	}
	require.NoError(t, table.Update(key, value))
	g := table.current.Load()
	require.Equal(t, []int{1, 0}, []int{g.live, g.gone})
}

// Of some 80,000 names, two have one slot and one tag: 8 and 24 bits of their hashes.
func TestAccountsWhoseHashesMeetAreNotTakenForEachOther(t *testing.T) {
	for _, tc := range []struct {
		name string
		make func(i int) identity
	}{
		{"accounts of a tenant", func(i int) identity {
			return identity{tenant: "t", account: fmt.Sprintf("acct_%d", i)}
		}},
		{"one name in many tenants", func(i int) identity {
			return identity{tenant: fmt.Sprintf("tenant_%d", i), account: "a"}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := NewTable().current.Load()
			met := map[uint64]int{}
			found := false
			for i := 0; !found; i++ {
				require.Less(t, i, 2_000_000)
				id := tc.make(i)
				h := g.hash(id.tenant, id.account)
				h = h&^placeMask | h&uint64(len(g.slots)-1)
				first, seen := met[h]
				if met[h] = i; !seen {
					continue
				}
				found = true
				g.put(tc.make(first), &said{status: Cleared, changed: 1})
				e, _ := g.find(id)
				require.Nil(t, e)
				g.put(id, &said{status: Cleared, changed: 2})
				for n, who := range []identity{tc.make(first), id} {
					e, _ := g.find(who)
					require.Equal(t, int64(n+1), e.standing(nil).Changed.UnixMilli())
				}
			}
		})
	}
}
