package measure

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// programs is a population of 200 accounts, the first n of which change makes users of a program.
func programs(n int, change func(a *fingerprint.Profile)) *Population {
	p := New()
	for i := range 200 {
		a := fingerprint.Profile{
			Account: fmt.Sprintf("acct-%03d", i), Requests: 20, WithText: 20, WithOutput: 20,
			OutputTokens: uint64(20 * (100 + i)), FirstSeen: now - baseline.Day, LastSeen: now,
		}
		if i < n {
			change(&a)
		}
		p.Upsert(a)
	}
	p.KeepBaseline(now, baseline.DefaultOptions())
	p.Evaluation++
	return p
}

// first lists the slots of the first n accounts.
func first(p *Population, n int) (out []int32) {
	for i := range n {
		out = append(out, p.Named(fmt.Sprintf("acct-%03d", i)).Slot)
	}
	p.Sort(out)
	return out
}

func TestTheUsersOfAProgramAreThoseThatShareItsTextItsLayoutOrItsClient(t *testing.T) {
	for name, change := range map[string]func(a *fingerprint.Profile){
		"text": func(a *fingerprint.Profile) {
			for k := range uint64(6) {
				a.Template = append(a.Template, fingerprint.Counted{Hash: (k + 1) << 20, Count: 20})
			}
		},
		"layout": func(a *fingerprint.Profile) {
			a.Layouts = []fingerprint.Counted{{Hash: 1 << 20, Count: 20}}
		},
		"client": func(a *fingerprint.Profile) {
			a.Values[attribute.Stack] = []fingerprint.Counted{{Hash: 1 << 20, Count: 20}}
			a.Values[attribute.Params] = []fingerprint.Counted{{Hash: 1 << 21, Count: 20}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := programs(44, change)
			c := p.Context(now, 100)
			g := p.Group(first(p, 20), 0, c, 0)
			controls := g.SameProgram()
			require.NotNil(t, controls)
			require.Equal(t, 24, controls.N)
			require.Nil(t, p.Group(first(p, 30), 0, c, 0).SameProgram(), "fourteen are too few")
			p.SetInCampaign(slices.Values([]string{"acct-043", "acct-042"}))
			require.Equal(t, 22, p.Group(first(p, 20), 0, c, 0).SameProgram().N,
				"who is in a campaign is no control")
		})
	}
	p := programs(0, nil)
	require.Nil(t, p.Group(first(p, 20), 0, p.Context(now, 100), 0).SameProgram())
}

func TestTheMembersAreKnownByTheirStratum(t *testing.T) {
	p := programs(0, nil)
	c := p.Context(now, 100)
	p.Upsert(fingerprint.Profile{Account: "newcomer", Requests: 1, LastSeen: now})
	g := p.Group(append(first(p, 10), p.Named("newcomer").Slot), 0, c, 0)
	counted := 0
	for i := range g.Members {
		if g.Members[i].Counted != 0 {
			counted++
			require.Equal(t, p.Baseline.Stratum(g.Members[i].Profile), g.Members[i].Counted)
		}
	}
	require.Equal(t, 10, counted)
	require.InDelta(t, 1, g.Scale, 1e-9)
	require.InDelta(t, 2, p.Group(first(p, 20), 0, c, 10).Scale, 1e-9)
}

func TestARejectedConversationIsTakenOverByWhoContinuesIt(t *testing.T) {
	p := New()
	for i := range 60 {
		a := fingerprint.Profile{
			Account: fmt.Sprintf("acct-%03d", i), Requests: 9, FirstSeen: now - baseline.Day,
			LastSeen: now,
		}
		switch {
		case i < 10:
			a.Rejected = []uint64{uint64(i+1) << 20, uint64(i+1) << 30}
		case i < 16:
			a.Unserved = []uint64{uint64(i-9) << 20}
		}
		p.Upsert(a)
	}
	p.IndexPending()
	p.KeepBaseline(now, baseline.DefaultOptions())
	p.Evaluation++
	c := p.Context(now, 100)
	require.Equal(t, 20, c.Rejections)
	require.Equal(t, 6, c.TakenOver)
	counts := func(g *detectors.Group) [4]int {
		return [...]int{g.Rejections, g.TakenOver, g.UnnamedRejections, g.UnnamedTakenOver}
	}
	require.Equal(t, [...]int{20, 3, 20, 6}, counts(p.Group(first(p, 13), 0, c, 0)),
		"three of those who continue them are members")
}
