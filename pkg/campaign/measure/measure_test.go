package measure

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

const now = int64(20_502) * baseline.Day

// people is a population of n accounts; each pair of neighbours hands a conversation over.
func people(n int) *Population {
	p := New()
	for i := range n {
		a := fingerprint.Profile{
			Account: fmt.Sprintf("acct-%03d", i), Requests: 9,
			FirstSeen: now - baseline.Day, LastSeen: now,
		}
		conversation := []uint64{uint64(i/2+1) << 20}
		if i%2 == 0 {
			a.Served = conversation
		} else {
			a.Unserved = conversation
		}
		p.Upsert(a)
	}
	p.IndexPending()
	return p
}

func slots(p *Population) (out []int32) {
	for _, a := range p.Sorted() {
		out = append(out, a.Slot)
	}
	return out
}

func TestTheAccountsOfOpenCampaignsAreNoPartOfTheBaseline(t *testing.T) {
	p := people(60)
	p.SetInCampaign(slices.Values([]string{"acct-000", "acct-001", "not here"}))
	p.KeepBaseline(now, baseline.DefaultOptions())
	require.Equal(t, 58, p.Baseline.N)
	c := p.Context(now, 100)
	require.Equal(t, 58, c.Unnamed)
	require.Equal(t, 58, c.HandedOver)

	p.Evaluation++
	both := []int32{p.Named("acct-000").Slot, p.Named("acct-001").Slot}
	g := p.Group(both, 0, c, 0)
	require.Zero(t, g.SelfShare, "they were not counted")
	require.Zero(t, g.Unnamed)
	require.Equal(t, 2, g.HandOvers)
	p.SetInCampaign(slices.Values([]string{}))
	require.Equal(t, 60, p.Context(now, 100).Unnamed)
}

func TestABaselineIsKeptUntilItIsOldOrThePopulationHasGrown(t *testing.T) {
	p := people(60)
	o := baseline.DefaultOptions()
	p.KeepBaseline(now, o)
	first := p.Baseline
	p.KeepBaseline(now+baselineAge-1, o)
	require.Same(t, first, p.Baseline)
	p.KeepBaseline(now+baselineAge, o)
	require.NotSame(t, first, p.Baseline)
	first = p.Baseline
	for i := range 13 {
		p.Upsert(fingerprint.Profile{Account: fmt.Sprintf("new-%d", i), Requests: 1, LastSeen: now})
	}
	p.KeepBaseline(now+baselineAge, o)
	require.NotSame(t, first, p.Baseline)
}

func TestAGroupIsMeasuredOnASampleAndStandsForAll(t *testing.T) {
	p := people(80)
	p.KeepBaseline(now, baseline.DefaultOptions())
	c := p.Context(now, 100)
	p.Evaluation++
	g := p.Group(slots(p)[:40], 0, c, 20)
	require.Len(t, g.Members, 20)
	require.InDelta(t, 20, g.Size, 1e-9)
	require.Equal(t, 40, g.Unnamed)
	require.InDelta(t, 0.5, g.SelfShare, 1e-9)
}

func TestASlotThatIsGivenAwayAgainKnowsNothingOfItsFormerAccount(t *testing.T) {
	p := people(60)
	p.KeepBaseline(now, baseline.DefaultOptions())
	slot := p.Named("acct-007").Slot
	p.Remove("acct-007")
	p.Upsert(fingerprint.Profile{Account: "newcomer", Requests: 1, LastSeen: now})
	require.Equal(t, slot, p.Named("newcomer").Slot)
	p.Evaluation++
	require.Zero(t, p.Group([]int32{slot}, 0, p.Context(now, 100), 0).SelfShare)
}

func TestAccountsOfOneVerifiedOrganisationWeighAsOne(t *testing.T) {
	p := people(60)
	for i := range 4 {
		p.Upsert(fingerprint.Profile{
			Account: fmt.Sprintf("acct-%03d", i), Requests: 9, Org: "org",
			Verified: true, LastSeen: now,
		})
	}
	p.KeepBaseline(now, baseline.DefaultOptions())
	require.Equal(t, 57, p.Baseline.N)
	p.Evaluation++
	require.InDelta(t, 57, p.Group(slots(p), 0, p.Context(now, 100), 0).Size, 1e-9)
}
