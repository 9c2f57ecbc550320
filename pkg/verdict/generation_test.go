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
	for i := range 200 * accounts {
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
	require.Less(t, mostTexts, 30_000)
	require.Equal(t, accounts, table.current.Load().live)
}

func TestAccountsThatComeAndGoDoNotFillTheTable(t *testing.T) {
	table := NewTable()
	for i := range 100_000 {
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
