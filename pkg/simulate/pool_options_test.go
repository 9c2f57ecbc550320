package simulate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// plain is a campaign that an option is added to.
func plain(change func(c *Campaign)) Campaign {
	c := Campaign{
		Accounts: 24, Rate: 60, Start: time.Hour, Prompt: Prompt{Style: StyleTemplate},
		Schedule: Schedule{CV: 1},
	}
	change(&c)
	return c
}

func members(w *World) []*member { return w.groups[len(w.groups)-1].pool.all }

func TestAPoolWithExitsHasNoOtherAddresses(t *testing.T) {
	events, _, _ := pooled(t, 24, plain(func(c *Campaign) {
		c.Pool.Network, c.Pool.Recruiting.Exits = "datacenter", 4
	}))
	require.Len(t, distinct(events, func(e seen) string { return e.ip }), 4)
}

func TestSeatsOfFirmsShareOrganisationPaymentAndDomain(t *testing.T) {
	_, _, w := pooled(t, 4, plain(func(c *Campaign) { c.Pool.Recruiting.Firms = 3 }))
	orgs, cards, domains := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, m := range members(w) {
		orgs[m.id.OrgID]++
		cards[m.id.PaymentFP], domains[m.id.EmailDomain] = true, true
	}
	require.Len(t, orgs, 3)
	require.Len(t, cards, 3)
	require.LessOrEqual(t, len(domains), 3)
	require.NotContains(t, orgs, "")
}

func TestCohortsSignUpInBurstsThatLieApart(t *testing.T) {
	const gap = 10 * 24 * time.Hour
	_, _, w := pooled(t, 4, plain(func(c *Campaign) {
		c.Pool.SignUpSpread = 6 * time.Hour
		c.Pool.Recruiting.Cohorts, c.Pool.Recruiting.Gap = 3, gap
	}))
	var created []int64
	for _, m := range members(w) {
		created = append(created, m.id.CreatedAt)
	}
	slices.Sort(created)
	breaks := 0
	for i := 1; i < len(created); i++ {
		if created[i]-created[i-1] > gap.Milliseconds()/2 {
			breaks++
		}
	}
	require.Equal(t, 2, breaks)
}

func TestThePopularClientIsThatOfMostHonestAccounts(t *testing.T) {
	_, _, w := pooled(t, 4, plain(func(c *Campaign) { c.Pool.Recruiting.Popular = true }))
	count := map[string]int{}
	for _, a := range w.honest {
		count[a.stack.agent]++
	}
	for _, m := range members(w) {
		for agent, n := range count {
			require.LessOrEqual(t, n, count[m.stack.agent], agent)
		}
	}
}

func TestNeighboursAreInNetworksOfHonestAccounts(t *testing.T) {
	_, _, w := pooled(t, 4, plain(func(c *Campaign) { c.Pool.Recruiting.Neighbours = true }))
	honest := map[string]bool{}
	for _, a := range w.honest {
		for _, n := range a.nets {
			honest[n.org] = true
		}
	}
	for _, m := range members(w) {
		for _, n := range m.nets {
			require.True(t, honest[n.org], n.org)
		}
	}
}

func TestHomesAreInAsManyCountriesAsWereAskedFor(t *testing.T) {
	_, _, w := pooled(t, 4, plain(func(c *Campaign) {
		c.Pool.Addresses, c.Pool.Recruiting.Countries = 3, 2
	}))
	countries := map[string]bool{}
	for _, m := range members(w) {
		for _, n := range m.nets {
			countries[n.country] = true
		}
	}
	require.LessOrEqual(t, len(countries), 2)
}

func TestTheBalanceFillUsesOneAccountsQuotaBeforeTheNext(t *testing.T) {
	events, _, w := pooled(t, 24, plain(func(c *Campaign) {
		c.Schedule.Balance, c.Schedule.Dealing.Quota = "fill", 40
	}))
	of := distinct(events, func(e seen) string { return e.account })
	var order []int
	for _, m := range members(w) {
		order = append(order, of[m.id.ID])
	}
	require.Greater(t, order[0], 4*order[len(order)-1]+40, "the first does the most: %v", order)
	require.Less(t, order[0], 40*6, "and no more than its quota")
}

func TestTheBalanceFillNeedsAQuota(t *testing.T) {
	_, err := New(Scenario{
		Name: "one", Duration: time.Hour, Campaigns: []Campaign{plain(func(c *Campaign) {
			c.ID, c.Schedule.Balance = "c", "fill"
		})},
	}, Texts{})
	require.ErrorContains(t, err, "quota")
}

func TestASkewMakesFewAccountsDoMost(t *testing.T) {
	top := func(skew float64) float64 {
		events, _, _ := pooled(t, 24, plain(func(c *Campaign) {
			c.Schedule.Balance, c.Schedule.Dealing.Skew = "skewed", skew
		}))
		var n []int
		for _, k := range distinct(events, func(e seen) string { return e.account }) {
			n = append(n, k)
		}
		slices.Sort(n)
		sum := 0
		for _, k := range n[max(0, len(n)-5):] {
			sum += k
		}
		return float64(sum) / float64(len(events))
	}
	require.Greater(t, top(2.2), top(0.5)+0.1)
}

func TestStaggeredAccountsBeginOneAfterTheOther(t *testing.T) {
	events, _, _ := pooled(t, 48, plain(func(c *Campaign) {
		c.Schedule.Dealing.Stagger, c.Schedule.Ramp = 40*time.Hour, 40*time.Hour
	}))
	first := map[string]int64{}
	for _, e := range events {
		if first[e.account] == 0 {
			first[e.account] = e.time
		}
	}
	var begins []int64
	for _, at := range first {
		begins = append(begins, at)
	}
	slices.Sort(begins)
	require.Greater(t, begins[len(begins)*3/4]-begins[0], int64(15*hour))
}

func TestIdleAccountsRestForTheTimeThatIsSet(t *testing.T) {
	events, _, _ := pooled(t, 48, plain(func(c *Campaign) {
		c.Rate, c.Schedule.Idle, c.Schedule.Dealing.IdleFor = 300, 0.7, 2*time.Hour
		c.Schedule.Balance = "random"
	}))
	blocks := map[string]map[int64]bool{}
	for _, e := range events {
		if blocks[e.account] == nil {
			blocks[e.account] = map[int64]bool{}
		}
		blocks[e.account][e.time/(2*hour)] = true
	}
	sum := 0
	for _, b := range blocks {
		sum += len(b)
	}
	mean := float64(sum) / float64(len(blocks))
	require.InDelta(t, 0.3*24, mean, 3, "of 24 blocks of two hours three tenths")
}

func TestAccountsWithHoursOfTheirOwnSleepAtDifferentTimes(t *testing.T) {
	events, _, _ := pooled(t, 48, plain(func(c *Campaign) {
		c.Rate, c.Schedule.Shape, c.Schedule.Balance = 200, "own", "random"
	}))
	hours := map[string]map[int64]int{}
	for _, e := range events {
		if hours[e.account] == nil {
			hours[e.account] = map[int64]int{}
		}
		hours[e.account][e.time/hour%24]++
	}
	busiest := map[int64]bool{}
	for _, of := range hours {
		at, most := int64(0), 0
		for h := range int64(24) {
			if of[h] > most {
				at, most = h, of[h]
			}
		}
		busiest[at] = true
	}
	require.Greater(t, len(busiest), 6)
}

func TestOptionsOfTheWordingChangeWhatIsAsked(t *testing.T) {
	texts := func(change func(c *Campaign)) (bodies []string, messages int) {
		w := newWorld(t, Scenario{
			Name: "one", Seed: 4, Duration: 24 * time.Hour,
			Crowds: []Crowd{{Kind: "chat", ID: "chat", Accounts: 6}},
			Campaigns: []Campaign{plain(func(c *Campaign) {
				c.ID = "c"
				change(c)
			})},
		})
		mine := map[string]bool{}
		for _, m := range members(w) {
			mine[m.id.ID] = true
		}
		for {
			rec, ok := w.Next()
			if !ok {
				return bodies, messages
			}
			if mine[rec.Account] {
				bodies = append(bodies, string(rec.JSON))
				messages += strings.Count(string(rec.JSON), `"role":"user"`)
			}
		}
	}
	mean := func(bodies []string) float64 {
		n := 0
		for _, b := range bodies {
			n += len(b)
		}
		return float64(n) / float64(len(bodies))
	}
	base, turns := texts(func(*Campaign) {})
	packed, _ := texts(func(c *Campaign) { c.Prompt.Wording.Pack = 6 })
	require.Greater(t, mean(packed), mean(base)+400)
	rounds, more := texts(func(c *Campaign) { c.Prompt.Wording.Rounds = 2 })
	require.Greater(t, float64(more)/float64(len(rounds)), 1.5*float64(turns)/float64(len(base)))
	agreed, two := texts(func(c *Campaign) { c.Prompt.Wording.Agreed = true })
	require.InDelta(t, 2, float64(two)/float64(len(agreed)), 0.1)
	pairs, _ := texts(func(c *Campaign) {
		c.Prompt.Wording.Sections = []string{"t.pair.role", "t.pair.task", "t.pair.rule"}
	})
	for _, b := range pairs {
		require.Regexp(t, "preferences|comparisons|replies", b)
	}
	mixed, _ := texts(func(c *Campaign) {
		c.Prompt.Wording.Styles = []string{StyleTemplate, StyleGrade}
	})
	graded := 0
	for _, b := range mixed {
		if strings.Contains(b, "Answer to grade") {
			graded++
		}
	}
	require.InDelta(t, 0.5, float64(graded)/float64(len(mixed)), 0.15)
}

func TestRenewedWordingIsInUseForItsTime(t *testing.T) {
	w := newWorld(t, Scenario{
		Name: "one", Seed: 4, Duration: 24 * time.Hour,
		Crowds: []Crowd{{Kind: "chat", ID: "chat", Accounts: 6}},
		Campaigns: []Campaign{plain(func(c *Campaign) {
			c.ID, c.Prompt.Wording.Renew = "c", 4*time.Hour
		})},
	})
	p := w.groups[len(w.groups)-1].pool
	works := map[*template]bool{}
	for {
		if _, ok := w.Next(); !ok {
			break
		}
		works[p.work] = true
	}
	require.InDelta(t, 6, len(works), 1)
}

func TestOptionsThatCannotBeAreRefused(t *testing.T) {
	for name, change := range map[string]func(c *Campaign){
		"grammar rule": func(c *Campaign) { c.Prompt.Wording.Source = "nothing" },
		"mixed":        func(c *Campaign) { c.Prompt.Wording.Styles = []string{StyleRelay} },
		"negative":     func(c *Campaign) { c.Pool.Recruiting.Exits = -1 },
	} {
		_, err := New(Scenario{
			Name: "one", Duration: time.Hour, Campaigns: []Campaign{plain(func(c *Campaign) {
				c.ID = "c"
				change(c)
			})},
		}, Texts{})
		require.ErrorContains(t, err, name)
	}
}

func TestRulesOfLaterFilesAreNumberedAfterTheOthers(t *testing.T) {
	g, err := builtinGrammar()
	require.NoError(t, err)
	first, later := uint32(0), ^uint32(0)
	for _, r := range g.rules {
		if r.file < firstLater {
			first = max(first, r.id)
		} else {
			later = min(later, r.id)
		}
	}
	require.Less(t, first, later)
}

func TestAccountsOfSeveralKindsAreCountedByTheirOwn(t *testing.T) {
	_, _, w := pooled(t, 4, plain(func(c *Campaign) {
		c.Pool.Recruiting.Kinds = []string{"wide", "aged", "leased"}
		c.Tactics = []string{"all"}
	}))
	cost := w.Truth().Campaigns[0].Cost
	require.Positive(t, cost.Made)
	require.Positive(t, cost.Bought)
	require.Positive(t, cost.Leased)
	require.Equal(t, 24, cost.Made+cost.Bought+cost.Leased)
}

func TestAnUnknownKindOfSignUpIsRefused(t *testing.T) {
	sc := small()
	sc.Campaigns = sc.Campaigns[:1]
	sc.Campaigns[0].Pool.Recruiting.Kinds = []string{"found"}
	_, err := New(sc, Texts{})
	require.ErrorContains(t, err, `sign-up "found" is unknown`)
}

// asked makes requests of a campaign's prompt.
func asked(t *testing.T, p Prompt, worker int) (calls []*call) {
	t.Helper()
	w := newWorld(t, small())
	s := w.newTemplate(newRNG(1, 2), p)
	s.worker = worker
	r := newRNG(3, 4)
	for range 30 {
		calls = append(calls, s.call(r, "en"))
	}
	return calls
}

func TestATemplateOfItsOwnStaysWithTheAccount(t *testing.T) {
	heads := func(worker int) map[string]bool {
		out := map[string]bool{}
		p := Prompt{
			Style: StyleTemplate, Templates: 9, Position: "system", Wording: Wording{Own: true},
		}
		for _, c := range asked(t, p, worker) {
			out[c.system] = true
		}
		return out
	}
	require.Len(t, heads(0), 1)
	require.Equal(t, heads(0), heads(9), "the tenth account has the first template again")
	require.NotEqual(t, heads(0), heads(1))
}

func TestTheTemplateCanStandInBothPlaces(t *testing.T) {
	for _, c := range asked(t, Prompt{Style: StyleTemplate, Position: "both"}, 0) {
		require.NotEmpty(t, c.system)
		require.Len(t, c.input, 1)
		require.True(t, strings.HasSuffix(c.input[0].Text, c.system))
	}
}

func TestTalkComesBeforeTheRequest(t *testing.T) {
	messages := 0
	for _, c := range asked(t, Prompt{Style: StyleTemplate, Wording: Wording{Talk: 3}}, 0) {
		require.Equal(t, "user", c.input[len(c.input)-1].Role)
		require.Equal(t, 1, len(c.input)%2)
		messages += len(c.input)
	}
	require.InDelta(t, 7, float64(messages)/30, 3) // three exchanges and the request
}

func TestARuleForTheRoundsMustBeInTheGrammar(t *testing.T) {
	sc := small()
	sc.Campaigns = sc.Campaigns[:1]
	sc.Campaigns[0].Prompt.Wording.Follow = "no.such"
	_, err := New(sc, Texts{})
	require.ErrorContains(t, err, "no.such")
}
