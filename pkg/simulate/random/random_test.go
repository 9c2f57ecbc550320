package random

import (
	"bytes"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/test/tools"
)

var update = flag.Bool("update", false, "write the tables in docs/random-worlds.md anew")

func TestTheDocumentationHasTheMechanismsAndTactics(t *testing.T) {
	const (
		begin = "<!-- registry: go test ./pkg/simulate/random -update -->\n"
		end   = "<!-- end of the registry -->\n"
	)
	tools.Document(t, "../../../docs/random-worlds.md", begin, end, Markdown(), *update)
}

func options() Options {
	return Options{Set: Develop, Seed: 4, Accounts: 200, Duration: 27 * time.Hour}
}

// world plays a world to its end.
func world(t *testing.T, o Options) (events []byte, w *simulate.World) {
	t.Helper()
	sc, err := Scenario(o)
	require.NoError(t, err)
	w, err = simulate.New(sc, simulate.Texts{})
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = w.Write(&b)
	require.NoError(t, err)
	return b.Bytes(), w
}

func TestAWorldIsAFunctionOfSeedIndexAndSet(t *testing.T) {
	cold := func() Options {
		o := options()
		o.Cold = true // three hours show it as well as a day
		return o
	}
	first, _ := world(t, cold())
	again, _ := world(t, cold())
	require.True(t, bytes.Equal(first, again), "the same seed gave other bytes")
	for name, change := range map[string]func(o *Options){
		"seed": func(o *Options) { o.Seed++ }, "index": func(o *Options) { o.Index++ },
		"set": func(o *Options) { o.Set = Choose },
	} {
		o := cold()
		change(&o)
		other, _ := world(t, o)
		require.False(t, bytes.Equal(first, other), "another %s gave the same bytes", name)
	}
}

func TestAWorldCanBeWrittenAsAScenarioAndMadeAgain(t *testing.T) {
	o := options()
	o.Cold = true
	o = withCampaign(t, o)
	first, _ := world(t, o)
	sc, err := Scenario(o)
	require.NoError(t, err)
	var text, again bytes.Buffer
	require.NoError(t, sc.Write(&text))
	loaded, err := simulate.Load(&text)
	require.NoError(t, err)
	w, err := simulate.New(loaded, simulate.Texts{})
	require.NoError(t, err)
	_, err = w.Write(&again)
	require.NoError(t, err)
	require.True(t, bytes.Equal(first, again.Bytes()))
}

// withCampaign is the first world that has one.
func withCampaign(t *testing.T, o Options) Options {
	t.Helper()
	for ; ; o.Index++ {
		sc, err := Scenario(o)
		require.NoError(t, err)
		if len(sc.Campaigns) > 0 {
			return o
		}
	}
}

func TestWorldsBeginWithAnHonestDayUnlessTheyAreCold(t *testing.T) {
	for _, cold := range []bool{false, true} {
		o := options()
		o.Cold = cold
		o = withCampaign(t, o)
		_, w := world(t, o)
		start, end := w.Span()
		truth := w.Truth()
		require.NotEmpty(t, truth.Campaigns)
		for _, c := range truth.Campaigns {
			if cold {
				require.Less(t, c.Start.Sub(start), Warm)
				require.Equal(t, 3*time.Hour, end.Sub(start))
			} else {
				require.GreaterOrEqual(t, c.Start.Sub(start), Warm)
				require.Equal(t, 27*time.Hour, end.Sub(start))
			}
		}
	}
}

func TestTruthLabelsCrowdsByTheirMechanismsAndCampaignsByTheirTactics(t *testing.T) {
	o := withCampaign(t, options())
	_, w := world(t, o)
	truth := w.Truth()
	crowds := 0
	for _, g := range truth.BenignGroups {
		if !strings.HasPrefix(g.ID, "crowd-") {
			require.Empty(t, g.Mechanisms, g.ID)
			continue
		}
		crowds++
		require.GreaterOrEqual(t, len(g.Mechanisms), 2)
		require.LessOrEqual(t, len(g.Mechanisms), 4)
		for _, name := range g.Mechanisms {
			require.Equal(t, o.Set, SetOf(name), name)
		}
	}
	require.Positive(t, crowds)
	for _, c := range truth.Campaigns {
		require.NotNil(t, c.Cost)
		dimensions := map[Dimension]int{}
		for _, name := range c.Tactics {
			require.Equal(t, o.Set, SetOf(name), name)
			i := slices.IndexFunc(Tactics(), func(x Tactic) bool { return x.Name == name })
			dimensions[Tactics()[i].Dimension]++
		}
		for _, dim := range Dimensions() {
			require.LessOrEqual(t, dimensions[dim], 1, dim)
			if required(dim) {
				require.Equal(t, 1, dimensions[dim], dim)
			}
		}
	}
}

// As in the worlds of scenarios, a campaign must not be found by one field alone: what several of
// its accounts have, honest accounts have too. What it pays with, and what it asks, is its own.
func TestNoSingleFieldGivesACampaignOfARandomWorldAway(t *testing.T) {
	fields := map[string]func(ev *event.Event) string{
		"user agent": func(ev *event.Event) string { return ev.Client.UserAgent },
		"ja4":        func(ev *event.Event) string { return ev.Client.JA4 },
		"plan":       func(ev *event.Event) string { return ev.Account.Plan },
		"issuer":     func(ev *event.Event) string { return ev.Account.PaymentIssuer },
		"model":      func(ev *event.Event) string { return ev.Request.Model },
		"status":     func(ev *event.Event) string { return ev.Response.Status },
		"network":    func(ev *event.Event) string { return ev.Client.ASOrg },
		"effort":     func(ev *event.Event) string { return ev.Request.ReasoningEffort },
		"finish": func(ev *event.Event) string {
			return strings.Join(ev.Response.FinishReasons, ",")
		},
		"device":  func(ev *event.Event) string { return yes(ev.Client.DeviceID != "") },
		"system":  func(ev *event.Event) string { return yes(ev.Content.System != "") },
		"session": func(ev *event.Event) string { return yes(ev.Request.SessionID != "") },
	}
	for _, set := range Sets() {
		o := Options{Set: set, Seed: 6, Accounts: 800, Duration: 36 * time.Hour, Cold: true}
		honest, mine := map[string]bool{}, map[string]map[string]bool{}
		for ; len(mine) == 0; o.Index++ { // a slow campaign may not have asked anything yet
			o = withCampaign(t, o)
			clear(honest)
			gather(t, o, fields, honest, mine)
		}
		for v, accounts := range mine {
			require.True(t, len(accounts) < 3 || honest[v], "%s: %s is only seen in campaigns", o.Set, v)
		}
	}
}

// gather plays a world and collects the values of fields: of honest accounts, and of campaigns with
// the accounts that show them. Of an honest account the first requests are enough: fewer honest
// values make the test harder to pass.
func gather(
	t *testing.T, o Options, fields map[string]func(ev *event.Event) string,
	honest map[string]bool, mine map[string]map[string]bool,
) {
	t.Helper()
	const first = 40
	sc, err := Scenario(o)
	require.NoError(t, err)
	w, err := simulate.New(sc, simulate.Texts{})
	require.NoError(t, err)
	seen, bad := map[string]int{}, map[string]bool{}
	dec := event.NewDecoder(event.DefaultLimits())
	for {
		rec, ok := w.Next()
		if !ok {
			return
		}
		if seen[rec.Account] == 0 {
			for _, c := range w.Truth().Campaigns {
				bad[rec.Account] = bad[rec.Account] || slices.Contains(c.Accounts, rec.Account)
			}
		}
		if seen[rec.Account]++; !bad[rec.Account] && seen[rec.Account] > first {
			continue
		}
		var ev event.Event
		require.NoError(t, dec.Decode(rec.JSON, &ev))
		for field, of := range fields {
			v := strings.Clone(field + " " + of(&ev))
			if !bad[ev.Account.ID] {
				honest[v] = true
				continue
			}
			if mine[v] == nil {
				mine[v] = map[string]bool{}
			}
			mine[v][strings.Clone(ev.Account.ID)] = true
		}
	}
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func TestEveryMechanismAndTacticIsDrawn(t *testing.T) {
	drawn := map[string]bool{}
	for _, set := range Sets() {
		for i := range 450 {
			o := Options{Set: set, Seed: 9, Index: i, Accounts: 800, Duration: 48 * time.Hour}
			sc, err := Scenario(o)
			require.NoError(t, err)
			honest := 0
			for _, c := range sc.Gatherings {
				honest += c.Accounts
				for _, m := range c.Mechanisms {
					drawn[m.Name] = true
				}
			}
			for _, c := range sc.Crowds {
				honest += c.Accounts
			}
			require.InDelta(t, o.Accounts, honest, 2*smallest)
			for _, c := range sc.Campaigns {
				for _, name := range c.Tactics {
					drawn[name] = true
				}
			}
		}
	}
	for _, set := range Sets() {
		for _, name := range members[set] {
			require.True(t, drawn[name], name)
		}
	}
}

func TestEveryTacticMakesACampaignThatWorks(t *testing.T) {
	for _, tactic := range Tactics() {
		t.Run(tactic.Name, func(t *testing.T) {
			t.Parallel()
			c := simulate.Campaign{
				ID: "c", Accounts: 8, Rate: 40, Start: 2 * time.Hour,
				Prompt: simulate.Prompt{Style: simulate.StyleTemplate},
			}
			c.Schedule.CV, c.Tactics = 1, []string{tactic.Name}
			tactic.apply(newDraw(1, 2, 20*time.Hour), &c)
			c.Rate = min(c.Rate, 60) // enough to see it work
			w, err := simulate.New(simulate.Scenario{
				Name: "one", Seed: 3, Start: time.Date(2026, 10, 6, 0, 0, 0, 0, time.UTC),
				Duration:   20 * time.Hour,
				Gatherings: []simulate.Gathering{{ID: "people", Accounts: 30}},
				Campaigns:  []simulate.Campaign{c},
			}, simulate.Texts{})
			require.NoError(t, err)
			dec := event.NewDecoder(event.DefaultLimits())
			last := int64(0)
			for {
				rec, ok := w.Next()
				if !ok {
					break
				}
				var ev event.Event
				require.NoError(t, dec.Decode(rec.JSON, &ev))
				require.NoError(t, ev.Validate())
				require.GreaterOrEqual(t, rec.Time, last)
				last = rec.Time
			}
			truth := w.Truth()
			require.Len(t, truth.Campaigns, 1)
			require.Positive(t, truth.Campaigns[0].HarvestOK)
			require.Positive(t, truth.Campaigns[0].Cost.AccountDays)
			require.NotEmpty(t, tactic.What)
			require.NotEmpty(t, tactic.Price)
		})
	}
}

func TestCarefulCampaignsTakeCarefulTactics(t *testing.T) {
	care := func(level float64) float64 {
		sum, n := 0, 0
		for seed := range uint64(100) {
			var c simulate.Campaign
			compose(newDraw(seed, 1, 48*time.Hour), Choose, level, &c)
			for _, x := range Tactics() {
				if slices.Contains(c.Tactics, x.Name) {
					sum += x.Care
					n++
				}
			}
		}
		return float64(sum) / float64(n)
	}
	blatant, careful := care(0), care(1)
	require.Less(t, blatant, 0.8)
	require.Greater(t, careful, 1.3)
}

func TestAWorldThatCannotBeIsRefused(t *testing.T) {
	for name, change := range map[string]func(o *Options){
		"an unknown set":   func(o *Options) { o.Set = "best" },
		"too few accounts": func(o *Options) { o.Accounts = 10 },
		"too short":        func(o *Options) { o.Duration = 20 * time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			change(&o)
			_, err := Scenario(o)
			require.ErrorContains(t, err, "random world")
		})
	}
}

func TestWorldsHaveLargeCrowdsReleasesAndPoolsOfAllSizes(t *testing.T) {
	const n = 60
	var largest []int
	releases, small, large, slow, campaigns := 0, 0, 0, 0, 0
	for i := range n {
		o := Options{Set: Develop, Seed: 2, Index: i, Accounts: 4700, Duration: 72 * time.Hour}
		sc, err := Scenario(o)
		require.NoError(t, err)
		most := 0
		for _, c := range sc.Gatherings[1:] {
			most = max(most, c.Accounts)
		}
		largest = append(largest, most)
		for _, r := range sc.Releases {
			releases++
			require.GreaterOrEqual(t, r.After, Warm)
			require.Less(t, r.After, o.Duration)
		}
		for _, c := range sc.Campaigns {
			campaigns++
			switch {
			case c.Accounts <= 15:
				small++
			case c.Accounts >= 100:
				large++
			}
			if c.Rate < 8 {
				slow++
			}
		}
	}
	slices.Sort(largest)
	require.Greater(t, largest[n/2], 250, "the largest crowd of half of the worlds")
	require.Greater(t, largest[n-1], 900)
	require.LessOrEqual(t, largest[n-1], 4700/4)
	require.InDelta(t, 0.5, float64(releases)/n, 0.2)
	require.Greater(t, float64(small)/float64(campaigns), 0.15)
	require.Greater(t, float64(large)/float64(campaigns), 0.1)
	require.Positive(t, slow)
}
