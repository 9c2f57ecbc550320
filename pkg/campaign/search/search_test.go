package search

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

const now = int64(20_502) * baseline.Day

// town is a population in which no two of the people share anything, but all of the pool share a
// card, a client, a text and a sign-up day.
func town(people, pool int) *Search {
	p := measure.New()
	for i := range people + pool {
		own := func(f uint64) uint64 { return index.Mix(f, uint64(1000+i)) | 1 }
		a := fingerprint.Profile{
			Account: fmt.Sprintf("acct-%04d", i), FirstSeen: now - baseline.Day, LastSeen: now,
			CreatedAt: now - int64(i+9)*baseline.Day, Requests: 20, WithText: 20,
		}
		if i >= people {
			own = func(f uint64) uint64 { return index.Mix(f, 7) | 1 }
			a.CreatedAt = now - 3*baseline.Day
		}
		for _, f := range []attribute.Attribute{
			attribute.Payment, attribute.Issuer, attribute.Stack,
		} {
			a.Values[f] = []fingerprint.Counted{{Hash: own(uint64(f)), Count: 20}}
		}
		for k := range uint64(4) {
			a.Template = append(a.Template, fingerprint.Counted{Hash: own(50 + k), Count: 20})
		}
		p.Upsert(a)
	}
	p.KeepBaseline(now, baseline.DefaultOptions())
	p.Evaluation++
	o, policy := DefaultOptions(), decision.DefaultPolicy()
	// Nobody harvests here: what the accounts have in common, beyond a program and one payer, is
	// enough.
	policy.Harvest, policy.Total, policy.HighMargin = -10, 1, 0
	return &Search{
		Options: &o, Policy: &policy, Population: p, Memory: &Memory{},
		Assessor: decision.Assessor{
			Registry: detectors.All(), Context: p.Context(now, baseline.DefaultOptions().Sample),
		},
	}
}

func (s *Search) again() *Search {
	s.Population.Evaluation++
	return &Search{
		Options: s.Options, Policy: s.Policy, Population: s.Population,
		Memory: s.Memory, Assessor: s.Assessor,
	}
}

func TestAGroupIsFoundOnceAndClaimsItsMembers(t *testing.T) {
	s := town(300, 20)
	found := s.Run()
	require.Len(t, found, 1)
	require.Len(t, found[0].Members, 20)
	for _, i := range found[0].Members {
		require.True(t, s.Claims.Has(i))
	}
	require.NotEmpty(t, found[0].Model.Common())
	require.Empty(t, s.Run(), "what is claimed is not found again")
}

func TestWhatHasNotChangedIsNotMeasuredAgain(t *testing.T) {
	s := town(300, 20)
	s.Run()
	scores := map[uint64]decision.Assessment{}
	for id, k := range s.Memory.scores {
		scores[id] = k.score
	}
	require.NotEmpty(t, scores)
	s = s.again()
	for _, k := range s.Memory.scores {
		k.score.Coordination = 99
	}
	r := &run{Search: s}
	r.fill()
	for id, k := range s.Memory.scores {
		if k.used {
			require.InDelta(t, 99, k.score.Coordination, 0, "candidate %d", id)
		}
	}
}

func TestARefinementIsRememberedWithAllItsAccountsAlsoWhenSomeAreClaimedMeanwhile(t *testing.T) {
	s := town(300, 40)
	for i := range int32(20) {
		// Half of the pool has another card, which narrows the pool down.
		p := s.Population.Slots[300+i].Profile
		p.Values[attribute.Payment] = []fingerprint.Counted{{Hash: 99, Count: 20}}
		s.Population.Upsert(p)
	}
	r := &run{Search: s}
	r.fill()
	for _, parent := range r.candidates() {
		r.rescore(parent)
		if parent.origin != "prompt template" {
			continue
		}
		refined := r.refinements(parent)
		require.Len(t, refined, 2)
		r.Claims.Add(refined[0].members[:4])
		require.True(t, r.rescore(refined[0]))
		require.Len(t, refined[0].members, 16)
		require.Len(t, r.refinements(parent)[0].members, 20)
		return
	}
	t.Fatal("no group by text")
}

func TestEverythingHasItsTurn(t *testing.T) {
	for identity := range uint64(40) {
		turns := 0
		for evaluation := range int32(scanEvery) {
			if Turn(identity, evaluation) {
				turns++
			}
		}
		require.Equal(t, 1, turns)
	}
}

func TestTheTraceSeesGroupsBeforeAndAfterTheirMembersAreFitted(t *testing.T) {
	s := town(300, 20)
	var raw, fitted, found int
	s.Trace = func(m Measurement) {
		require.NotEmpty(t, m.Members)
		require.NotEmpty(t, m.Bits)
		switch {
		case !m.Fitted:
			raw++
			require.False(t, m.Found)
		case m.Found:
			found++
		default:
			fitted++
		}
	}
	s.Run()
	require.Positive(t, raw)
	require.Positive(t, found)
	require.Zero(t, fitted, "nothing else comes near the thresholds")
}

func TestClaimedAccountsAreLeftOut(t *testing.T) {
	var c Claims
	require.Equal(t, []int32{1, 2, 3}, c.Rest([]int32{1, 2, 3}))
	c.Add([]int32{2, 5})
	require.Equal(t, []int32{1, 3}, c.Rest([]int32{1, 2, 3}))
	require.True(t, c.Any([]int32{9, 5}))
	c.Remove([]int32{5})
	require.False(t, c.Any([]int32{9, 5}))
}
