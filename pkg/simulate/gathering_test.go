package simulate

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gathered plays a world of one gathering and returns the events of each account, in order.
func gathered(t *testing.T, hours int, c Gathering) (byAccount map[string][]seen, w *World) {
	t.Helper()
	c.ID = "crowd"
	w = newWorld(t, Scenario{
		Name: "one", Seed: 11, Start: time.Date(2026, 10, 6, 0, 0, 0, 0, time.UTC),
		Duration: time.Duration(hours) * time.Hour, Gatherings: []Gathering{c},
	})
	byAccount = map[string][]seen{}
	for _, e := range play(t, w) {
		byAccount[e.account] = append(byAccount[e.account], e)
	}
	return byAccount, w
}

// alike is the share of words that two texts have in common (Jaccard).
func alike(a, b string) float64 {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(a) {
		words[w] = true
	}
	both, all := 0, len(words)
	seen := map[string]bool{}
	for w := range strings.FieldsSeq(b) {
		switch {
		case seen[w]:
		case words[w]:
			both++
		default:
			all++
		}
		seen[w] = true
	}
	return float64(both) / float64(all)
}

func TestTwoRequestsOfOnePersonAreMoreAlikeThanOfTwoPersons(t *testing.T) {
	people, _ := gathered(t, 48, Gathering{Accounts: 60, Rate: 15})
	var openers [][]string
	for _, account := range slices.Sorted(maps.Keys(people)) {
		events := people[account]
		var mine []string
		for _, e := range events {
			if e.messages == 1 {
				mine = append(mine, e.last)
			}
		}
		if len(mine) >= 4 {
			openers = append(openers, mine)
		}
	}
	require.Greater(t, len(openers), 25)
	var within, across float64
	var n, m int
	for i, mine := range openers {
		other := openers[(i+1)%len(openers)]
		for j := range 3 {
			within += alike(mine[j], mine[j+1])
			across += alike(mine[j], other[j])
			n++
			m++
		}
	}
	within, across = within/float64(n), across/float64(m)
	require.Greater(t, within, 1.5*across, "within %.3f, across %.3f", within, across)
}

func TestPeopleHaveHoursOfTheirOwn(t *testing.T) {
	people, _ := gathered(t, 96, Gathering{Accounts: 80, Rate: 20})
	var spread float64
	n := 0
	for _, events := range people {
		if len(events) < 20 {
			continue
		}
		var hours [24]int
		for _, e := range events {
			hours[e.time/hour%24]++
		}
		busy := 0
		for h := range hours {
			// Eight hours in a row.
			sum := 0
			for k := range 8 {
				sum += hours[(h+k)%24]
			}
			busy = max(busy, sum)
		}
		spread += float64(busy) / float64(len(events))
		n++
	}
	require.Greater(t, n, 30)
	require.Greater(
		t, spread/float64(n), 0.6, "share of a person's requests in their eight busiest hours",
	)
}

func TestAMechanismReachesTheShareThatItSaysAndNobodyBeforeItBegins(t *testing.T) {
	const begin = 12 * time.Hour
	mechanism := Mechanism{
		Name: "fashion", Adoption: 0.6, Begin: begin, Arrival: Burst, Spread: 6 * time.Hour,
		Use: SharedUse{
			Rate: 20, Rules: []string{"m.viral", "m.viral"}, Position: "before", Hours: "flat",
		},
	}
	members, w := gathered(
		t, 48, Gathering{Accounts: 100, Rate: 10, Mechanisms: []Mechanism{mechanism}},
	)
	start, _ := w.Span()
	// The text is the longest common beginning of the requests.
	beginnings := map[string]map[string]int64{}
	for account, events := range members {
		for _, e := range events {
			if len(e.first) < 60 {
				continue
			}
			head := e.first[:60]
			if beginnings[head] == nil {
				beginnings[head] = map[string]int64{}
			}
			if _, ok := beginnings[head][account]; !ok {
				beginnings[head][account] = e.time
			}
		}
	}
	var users map[string]int64
	for _, accounts := range beginnings {
		if len(accounts) > len(users) {
			users = accounts
		}
	}
	require.InDelta(t, 60, len(users), 14)
	for _, first := range users {
		require.Greater(t, first, start.Add(begin).UnixMilli())
	}
	truth := w.Truth()
	require.Len(t, truth.BenignGroups, 1)
	require.Equal(t, []string{"fashion"}, truth.BenignGroups[0].Mechanisms)
	require.Equal(t, "fashion", truth.BenignGroups[0].Kind)
}

func TestMembersOfACircleShareWhatOthersDoNot(t *testing.T) {
	mechanism := Mechanism{
		Name: "families", Adoption: 1, Begin: -48 * time.Hour, Arrival: Steady,
		Spread: 24 * time.Hour, Circle: 5,
		Identity: SharedIdentity{Payment: true, Network: "place", Addresses: 2},
	}
	members, _ := gathered(
		t, 48, Gathering{Accounts: 50, Rate: 20, Mechanisms: []Mechanism{mechanism}},
	)
	payments := map[string]int{}
	for _, events := range members {
		payments[events[0].payment]++
	}
	require.InDelta(t, 10, len(payments), 1)
	for p, n := range payments {
		require.LessOrEqual(t, n, 5, p)
	}
}

func TestWhoTriesANewModelAsksItFromItsReleaseOn(t *testing.T) {
	const release = 12 * time.Hour
	mechanism := Mechanism{
		Name: "trial", Adoption: 1, Begin: -48 * time.Hour, Arrival: Steady, Spread: 24 * time.Hour,
		Client: SharedClient{NewModel: true, Always: true},
	}
	for name, tc := range map[string]struct {
		by          []Mechanism
		least, most float64
	}{
		"who tries it": {[]Mechanism{mechanism}, 0.85, 1},
		"the others":   {nil, 0.02, 0.6},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Scenario{
				Name: "one", Seed: 11, Start: time.Date(2026, 10, 6, 0, 0, 0, 0, time.UTC),
				Duration: 48 * time.Hour,
				Releases: []Release{{Model: "new", After: release, Adoption: 0.3}},
				Gatherings: []Gathering{
					{ID: "crowd", Accounts: 60, Rate: 15, Mechanisms: tc.by},
				},
			})
			start, _ := w.Span()
			var all, on float64
			for _, e := range play(t, w) {
				if e.time < start.Add(release).UnixMilli() {
					require.NotEqual(t, "new", e.model)
					continue
				}
				all++
				if e.model == "new" {
					on++
				}
			}
			require.Greater(t, on/all, tc.least)
			require.Less(t, on/all, tc.most)
		})
	}
}

func TestAGatheringThatCannotBeIsRefused(t *testing.T) {
	good := Mechanism{Name: "m", Adoption: 1, Arrival: Burst}
	for name, tc := range map[string]struct {
		change func(c *Gathering)
		want   string
	}{
		"a share above one": {
			func(c *Gathering) { c.Mechanisms[0].Adoption = 2 }, "not a share",
		},
		"an unknown arrival": {
			func(c *Gathering) { c.Mechanisms[0].Arrival = "never" }, "arrival",
		},
		"an unknown rule": {
			func(c *Gathering) { c.Mechanisms[0].Use.Rules = []string{"nothing"} },
			`no grammar rule "nothing"`,
		},
		"an unknown network": {
			func(c *Gathering) { c.Mechanisms[0].Identity.Network = "moon" }, "identity.network",
		},
		"a gathering of nobody": {
			func(c *Gathering) { c.Accounts = 0 }, "accounts must be positive",
		},
		"a negative circle": {
			func(c *Gathering) { c.Mechanisms[0].Circle = -1 }, "must not be negative",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := Gathering{ID: "c", Accounts: 3, Mechanisms: []Mechanism{good}}
			tc.change(&c)
			_, err := New(
				Scenario{Name: "x", Duration: time.Hour, Gatherings: []Gathering{c}}, Texts{},
			)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestSomeThingsAreDoneBetweenTwoHoursOfTheDay(t *testing.T) {
	people, w := gathered(t, 72, Gathering{Accounts: 40, Mechanisms: []Mechanism{{
		Name: "m", Adoption: 1, Begin: -48 * time.Hour, Arrival: Steady, Spread: 24 * time.Hour,
		Beside: -1, Identity: SharedIdentity{Place: true},
		Use: SharedUse{Rate: 12, Position: "before", Hours: "flat", From: 18, To: 21},
	}}})
	zone := 0.0
	for _, a := range w.honest {
		zone = a.zone
	}
	in, all := 0, 0
	for _, events := range people {
		for _, e := range events {
			if h := (e.time + int64(zone*hour)) / hour % 24; h >= 18 && h < 21 {
				in++
			}
			all++
		}
	}
	require.Greater(t, all, 300)
	require.Greater(t, float64(in)/float64(all), 0.85)
}
