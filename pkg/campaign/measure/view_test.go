package measure

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

func TestAViewHasTheSameAccountsAndCampaignsOfItsOwn(t *testing.T) {
	p := people(60)
	v := NewView(p)
	p.Evaluation++
	require.EqualValues(t, 1, v.Evaluation)

	p.SetInCampaign(slices.Values([]string{"acct-000", "acct-001"}))
	v.SetInCampaign(slices.Values([]string{"acct-059"}))
	for i, x := range []*Population{p, v} {
		x.KeepBaseline(now, baseline.DefaultOptions())
		require.Equal(t, []int{58, 59}[i], x.Baseline.N)
		require.Equal(t, []int{58, 59}[i], x.Context(now, 100).Unnamed)
	}

	// A slot that is given away again holds nothing of the account before, in either.
	slot := p.Named("acct-059").Slot
	p.Remove("acct-059")
	p.Upsert(fingerprint.Profile{Account: "new", Requests: 9, FirstSeen: now, LastSeen: now})
	require.Equal(t, slot, v.Named("new").Slot)
	require.Equal(t, 60, v.Context(now, 100).Unnamed)
	p.Upsert(fingerprint.Profile{Account: "newer", Requests: 9, FirstSeen: now, LastSeen: now})
	require.Equal(t, 61, v.Context(now, 100).Unnamed)
	require.Equal(t, 59, p.Context(now, 100).Unnamed)
}
