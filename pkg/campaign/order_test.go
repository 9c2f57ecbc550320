package campaign

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// crowd is a world with campaigns that hand conversations over, and with groups that are no
// finding.
func crowd() *world {
	w := newWorld(5)
	w.people(200)
	w.tool(60)
	for range 2 {
		w.pool(20, 60)
		ring(w.out[len(w.out)-20:], w, 2)
	}
	return w
}

// copied is a profile that shares nothing that an engine changes with the original.
func copied(t require.TestingT, p *fingerprint.Profile) fingerprint.Profile {
	b, err := p.AppendBinary(nil)
	require.NoError(t, err)
	var c fingerprint.Profile
	require.NoError(t, c.UnmarshalBinary(b))
	return c
}

// TestTheOrderInWhichAccountsArriveDoesNotMatter gives engines the same profiles in different
// orders, as a start of the service does, over several evaluations in which more and more of them
// have come.
func TestTheOrderInWhichAccountsArriveDoesNotMatter(t *testing.T) {
	w := crowd()
	told := func(seed uint64) []string {
		e, err := New(DefaultOptions())
		require.NoError(t, err)
		rng := rand.New(rand.NewPCG(seed, 2))
		var out []string
		for tick := range int64(6) {
			now := w.now + tick*e.o.Interval.Milliseconds()
			for _, i := range rng.Perm(len(w.out)) {
				if int64(i%6) <= tick {
					e.Upsert(copied(t, &w.out[i]))
				}
			}
			for _, x := range e.Advance(now) {
				out = append(out, fmt.Sprintf("%+v %+v", x.Finding, x.Account))
			}
		}
		return out
	}
	want := told(0)
	require.NotEmpty(t, want)
	for seed := range uint64(4) {
		require.Equal(t, want, told(seed+1))
	}
}

// TestAccountsThatGoAndComeBackAreNotTakenForOthers removes an account of a group and another one,
// and brings the first back, which gets the other's slot: between evaluations that remember the
// group.
func TestAccountsThatGoAndComeBackAreNotTakenForOthers(t *testing.T) {
	w := newWorld(1)
	w.people(300)
	w.tool(60)
	for i := range 30 {
		// Half of the tool's users have a bank of their own, which narrows the group down.
		w.out[300+i].Values[attribute.Issuer][0].Hash = 77
	}
	e, err := New(DefaultOptions())
	require.NoError(t, err)
	live := map[string]*fingerprint.Profile{}
	for i := range w.out {
		live[w.out[i].Account] = &w.out[i]
		e.Upsert(copied(t, &w.out[i]))
	}
	var lost []string
	e.Trace = func(m search.Measurement) {
		for _, name := range m.Members {
			if live[name] == nil {
				lost = append(lost, name)
			}
		}
	}
	now := w.now
	e.Advance(now)
	for i := range 40 {
		now += e.o.Interval.Milliseconds()
		e.Advance(now)
		require.Empty(t, lost, "evaluation %d measures accounts that are gone", i)
		user, other := w.out[300+i].Account, w.out[i].Account
		e.Remove("default", user)
		e.Remove("default", other)
		delete(live, other)
		e.Upsert(copied(t, live[user]))
	}
}

func TestWhoTheMembersWereIsNotChangedByWhoLeaves(t *testing.T) {
	p := measure.New()
	c := &Campaign{Members: map[string]int64{"a": 1, "b": 1}}
	for _, name := range []string{"a", "b", "c"} {
		p.Upsert(fingerprint.Profile{Account: name, Requests: 1})
	}
	holds := c.holds(p)
	delete(c.Members, "a")
	c.Members["c"] = 2
	require.Equal(t, []bool{true, true, false}, slices.Collect(func(yield func(bool) bool) {
		for slot := range int32(3) {
			if !yield(holds(slot)) {
				return
			}
		}
	}))
}
