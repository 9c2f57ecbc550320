package simulate

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlacesKindsAndCodingChangeWhatIsAsked(t *testing.T) {
	events, _, _ := pooled(t, 24, plain(func(c *Campaign) { c.Prompt.Position = "own" }))
	systems := map[string]map[bool]bool{}
	for _, e := range events {
		if systems[e.account] == nil {
			systems[e.account] = map[bool]bool{}
		}
		systems[e.account][e.system != ""] = true
	}
	places := map[bool]int{}
	for account, kinds := range systems {
		require.Len(t, kinds, 1, account)
		places[kinds[true]]++
	}
	require.Len(t, places, 2)

	events, _, _ = pooled(t, 12, plain(func(c *Campaign) {
		c.Prompt.Position, c.Prompt.Wording.Plain = "around", true
		c.Prompt.Wording.Sections = []string{"w.help.hello", "w.help.bye"}
		c.Prompt.Wording.Source = "science"
	}))
	first, last := map[string]bool{}, map[string]bool{}
	for _, e := range events {
		lines := strings.Split(e.last, "\n")
		require.Len(t, lines, 3)
		first[lines[0]], last[lines[2]] = true, true
		require.Empty(t, e.system)
	}
	require.Len(t, first, 1)
	require.Len(t, last, 1)

	events, _, _ = pooled(t, 12, plain(func(c *Campaign) {
		c.Prompt.Style = StyleBare
		c.Prompt.Wording.Kinds = []string{"analysis"}
	}))
	for _, e := range events {
		require.Regexp(t, "percent|city,", e.last)
	}

	coding := func(share float64) float64 {
		events, _, _ := pooled(t, 24, plain(func(c *Campaign) {
			c.Prompt.Style, c.Prompt.Wording.Coding = StyleRelay, share
		}))
		n := 0
		for _, e := range events {
			if e.tools > 0 {
				n++
			}
		}
		return float64(n) / float64(len(events))
	}
	require.Greater(t, coding(1), coding(0)+0.3)
}

func TestSeveralAccountsPlayOnePersonaWhereThereAreFewer(t *testing.T) {
	_, _, w := pooled(t, 4, plain(func(c *Campaign) {
		c.Prompt.Personas, c.Prompt.Wording.Casts = true, 5
	}))
	casts := map[*taste]int{}
	for _, m := range members(w) {
		require.NotNil(t, m.r.taste)
		casts[m.r.taste]++
	}
	require.Len(t, casts, 5)
}

func TestAPoolKeepsAsManyClientsAsItHas(t *testing.T) {
	events, _, _ := pooled(t, 12, plain(func(c *Campaign) { c.Pool.Recruiting.Stacks = 3 }))
	of := map[string]map[string]bool{}
	for _, e := range events {
		if of[e.account] == nil {
			of[e.account] = map[string]bool{}
		}
		of[e.account][e.agent] = true
	}
	for account, agents := range of {
		require.Len(t, agents, 1, account)
	}
	require.LessOrEqual(t, len(distinct(events, func(e seen) string { return e.agent })), 3)
}

func TestAnUpgradedClientIsTheNextOneForAll(t *testing.T) {
	events, _, _ := pooled(t, 48, plain(func(c *Campaign) {
		c.Pool.Stack, c.Pool.Recruiting.Upgrade = "one", 8*time.Hour
	}))
	agents := distinct(events, func(e seen) string { return e.agent })
	require.Greater(t, len(agents), 1)
	changes := 0
	for i := 1; i < len(events); i++ {
		if events[i].agent != events[i-1].agent {
			changes++
		}
	}
	require.LessOrEqual(t, changes, 12, "all change together")
}

func TestATelephoneIsInTheNetworkOfAnHonestAccount(t *testing.T) {
	events, _, w := pooled(t, 24, plain(func(c *Campaign) { c.Pool.Recruiting.Mobile = true }))
	honest := map[string]bool{}
	for _, a := range w.honest {
		for _, n := range a.nets {
			honest[n.org] = true
		}
	}
	for _, m := range members(w) {
		require.Len(t, m.nets, 2)
		require.Len(t, m.addresses, 2)
		require.True(t, honest[m.nets[1].org])
	}
	require.Greater(t, len(distinct(events, func(e seen) string { return e.ip })), 30)
}

func TestFreshAccountsSignUpShortlyBeforeTheirFirstRequest(t *testing.T) {
	const fresh = 6 * time.Hour
	events, _, _ := pooled(t, 72, plain(func(c *Campaign) {
		c.Schedule.Dealing.Stagger, c.Pool.Recruiting.Fresh = 48*time.Hour, fresh
	}))
	late := map[string]bool{}
	for _, e := range events {
		require.LessOrEqual(t, e.created, e.time)
		if e.created > events[0].time {
			late[e.account] = true
		}
	}
	require.Greater(t, len(late), 15)
}

func TestOrdinaryRequestsComeBeforeTheWorkAndNeedAShare(t *testing.T) {
	c := plain(func(c *Campaign) {
		c.Cover = Cover{Share: 0.3, Kind: "api", Before: 10 * time.Hour}
	})
	_, truth, _ := pooled(t, 10, c)
	require.Zero(t, truth.HarvestOK)
	_, truth, _ = pooled(t, 30, c)
	require.Positive(t, truth.HarvestOK)

	c.ID, c.Cover.Share = "c", 0
	_, err := New(Scenario{Name: "one", Duration: time.Hour, Campaigns: []Campaign{c}}, Texts{})
	require.ErrorContains(t, err, "share of cover")
}

func TestAPoolWorksBetweenItsHours(t *testing.T) {
	events, _, w := pooled(t, 72, plain(func(c *Campaign) {
		c.Schedule.Dealing.From, c.Schedule.Dealing.To = 22, 3
	}))
	zone := w.groups[len(w.groups)-1].pool.zone
	in := 0
	for _, e := range events {
		if h := (e.time + int64(zone*hour)) / hour % 24; h >= 22 || h < 3 {
			in++
		}
	}
	require.Greater(t, float64(in)/float64(len(events)), 0.9)
}

func TestWhatFollowsABlock(t *testing.T) {
	const at = 10 * time.Hour
	blocked := func(change func(a *Aftermath)) ([]seen, *World) {
		events, _, w := pooled(t, 60, plain(func(c *Campaign) {
			c.Reactions.BlockAfter, c.Reactions.BlockShare = at, 0.3
			change(&c.Reactions.Aftermath)
		}))
		return events, w
	}
	banned := func(w *World) (n int) {
		for _, m := range members(w) {
			if m.banned {
				n++
			}
		}
		return n
	}
	_, once := blocked(func(*Aftermath) {})
	_, again := blocked(func(a *Aftermath) { a.Again = 12 * time.Hour })
	require.Greater(t, banned(again), banned(once)+3)

	events, w := blocked(func(a *Aftermath) { a.Pause = 20 * time.Hour })
	from, until := w.start+(at+time.Hour).Milliseconds(), w.start+(at+20*time.Hour).Milliseconds()
	later := 0
	for _, e := range events {
		require.False(t, e.time > from && e.time < until, "the pool rests")
		if e.time >= until {
			later++
		}
	}
	require.Positive(t, later)

	events, w = blocked(func(a *Aftermath) { a.Reword = true })
	before, after := map[string]bool{}, map[string]bool{}
	for _, e := range events {
		line, _, _ := strings.Cut(e.last, "\n")
		if e.time < w.start+at.Milliseconds() {
			before[line] = true
		} else if e.time > from {
			after[line] = true
		}
	}
	for line := range after {
		require.False(t, before[line], line)
	}
}
