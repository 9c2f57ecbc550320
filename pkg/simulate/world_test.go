package simulate

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// readScenario loads one of the repository's scenarios.
func readScenario(t testing.TB, name string) Scenario {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "configs", "scenarios", name+".yaml"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	sc, err := Load(f)
	require.NoError(t, err)
	return sc
}

func scenarioNames(t testing.TB) []string {
	t.Helper()
	paths, err := fs.Glob(os.DirFS(filepath.Join("..", "..", "configs", "scenarios")), "*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for i, p := range paths {
		paths[i] = strings.TrimSuffix(p, ".yaml")
	}
	return paths
}

func newWorld(t testing.TB, sc Scenario) *World {
	t.Helper()
	w, err := New(sc, Texts{})
	require.NoError(t, err)
	return w
}

// seen is what a test keeps of an event.
type seen struct {
	id, account, model, agent, ja4, plan, domain, issuer, payment, device, ip, status, finish,
	session, system, first, last, list string
	time, created   int64
	messages, tools int
	verified        bool
}

// play draws all events of a world, decodes and validates each.
func play(t testing.TB, w *World) []seen {
	t.Helper()
	dec := event.NewDecoder(event.DefaultLimits())
	var out []seen
	for {
		rec, ok := w.Next()
		if !ok {
			return out
		}
		var ev event.Event
		// Plain comparisons: there are hundreds of thousands of events.
		err := dec.Decode(rec.JSON, &ev)
		if err == nil {
			err = ev.Validate()
		}
		if err != nil || rec.Time != ev.Time || rec.Account != ev.Account.ID {
			require.Fail(t, "not a canonical event", "%v: %s", err, rec.JSON)
		}
		s := seen{
			id: ev.ID, account: ev.Account.ID, model: ev.Request.Model, agent: ev.Client.UserAgent,
			ja4: ev.Client.JA4, plan: ev.Account.Plan, domain: ev.Account.EmailDomain,
			issuer: ev.Account.PaymentIssuer, payment: ev.Account.PaymentFP,
			device: ev.Client.DeviceID, ip: ev.Client.IP, status: ev.Response.Status,
			finish: strings.Join(ev.Response.FinishReasons, ","), session: ev.Request.SessionID,
			system: ev.Content.System, first: ev.Content.Input[0].Text,
			last: ev.Content.Input[len(ev.Content.Input)-1].Text, time: ev.Time,
			created: ev.Account.CreatedAt, messages: len(ev.Content.Input),
			tools: len(ev.Request.Tools), list: strings.Join(ev.Request.Tools, ","), verified: ev.Account.Verified.V,
		}
		for _, p := range []*string{
			&s.id, &s.account, &s.model, &s.agent, &s.ja4, &s.plan, &s.domain, &s.issuer,
			&s.payment, &s.device, &s.ip, &s.status, &s.session, &s.system, &s.first,
			&s.last, &s.finish, &s.list,
		} {
			*p = strings.Clone(*p) // the decoder's memory is used again
		}
		out = append(out, s)
	}
}

// small is a world with a bit of everything, quick enough for every test.
func small() Scenario {
	sc := Scenario{
		Name: "small", Seed: 5, Start: time.Date(2026, 10, 6, 0, 0, 0, 0, time.UTC),
		Duration: 14 * time.Hour, Releases: []Release{{Model: "corvid-3", After: 6 * time.Hour}},
	}
	for _, kind := range CrowdKinds() {
		n := 8
		switch kind {
		case "chat", "apps":
			n = 60
		case "backfill", "aggregators", "evaluators", "cron", "licensed":
			n = 2
		}
		sc.Crowds = append(sc.Crowds, Crowd{Kind: kind, ID: kind, Accounts: n, Rate: 20, Groups: 2})
	}
	for i, style := range PromptStyles() {
		sc.Campaigns = append(sc.Campaigns, Campaign{
			ID: "c-" + style, Accounts: 10, Rate: 40, Start: time.Duration(i) * time.Hour,
			Prompt: Prompt{Style: style, Position: "any"}, Pool: Pool{Payments: 2},
			Schedule: Schedule{CV: 1},
		})
	}
	return sc
}

func TestAWorldIsAFunctionOfItsScenario(t *testing.T) {
	var first, again, other bytes.Buffer
	n, err := newWorld(t, small()).Write(&first)
	require.NoError(t, err)
	require.Greater(t, n, int64(3000))
	_, err = newWorld(t, small()).Write(&again)
	require.NoError(t, err)
	require.True(t, bytes.Equal(first.Bytes(), again.Bytes()), "the same scenario gave other bytes")
	sc := small()
	sc.Seed++
	_, err = newWorld(t, sc).Write(&other)
	require.NoError(t, err)
	require.False(t, bytes.Equal(first.Bytes(), other.Bytes()), "another seed gave the same bytes")
}

func TestEventsAreCanonicalUniqueAndInTimeOrder(t *testing.T) {
	w := newWorld(t, small())
	events := play(t, w)
	start, end := w.Span()
	ids := map[string]bool{}
	last := start.UnixMilli()
	for _, e := range events {
		if ids[e.id] || e.time < last || e.time >= end.UnixMilli() || e.created > e.time {
			require.Fail(t, "repeated id, wrong order, or asked before sign-up", "%+v", e)
		}
		ids[e.id] = true
		last = e.time
	}
}

func TestTruthAgreesWithTheEvents(t *testing.T) {
	w := newWorld(t, small())
	events := play(t, w)
	truth := w.Truth()
	group := map[string]string{}
	for _, c := range truth.Campaigns {
		require.NotEmpty(t, c.Accounts)
		for _, a := range c.Accounts {
			require.Empty(t, group[a], "account %s is in two groups", a)
			group[a] = c.ID
		}
	}
	for _, b := range truth.BenignGroups {
		for _, a := range b.Accounts {
			require.Empty(t, group[a], "account %s is in two groups", a)
			group[a] = b.ID
		}
	}
	count, harvest, answered := map[string]int{}, map[string]int{}, map[string]int{}
	ids := map[string]bool{}
	for _, id := range w.HarvestIDs() {
		ids[id] = true
	}
	first, last := map[string]int64{}, map[string]int64{}
	for _, e := range events {
		g := group[e.account]
		if g == "" {
			require.Fail(t, "in no group", e.account)
		}
		count[g]++
		if first[g] == 0 {
			first[g] = e.time
		}
		last[g] = e.time
		if ids[e.id] {
			harvest[g]++
			if e.status == event.StatusOK {
				answered[g]++
			}
		}
	}
	require.Len(t, truth.Campaigns, len(PromptStyles()))
	total := 0
	for _, c := range truth.Campaigns {
		require.Equal(t, count[c.ID], c.Events, c.ID)
		require.Equal(t, harvest[c.ID], c.Exchanges, c.ID)
		require.Equal(t, answered[c.ID], c.HarvestOK, c.ID)
		require.Equal(t, first[c.ID]/1000, c.Start.Unix(), c.ID)
		require.Equal(t, last[c.ID]/1000, c.End.Unix(), c.ID)
		total += c.Events
	}
	for _, b := range truth.BenignGroups {
		require.Zero(t, harvest[b.ID], b.ID)
		total += count[b.ID]
	}
	require.Equal(t, len(events), total)
	require.Len(t, w.HarvestIDs(), len(ids))
}

// A campaign must not be found by one field alone: whatever its clients, plans, models, parameters
// and mail providers are, honest accounts have them too. What it pays with, and what it asks, is
// its own.
func TestNoSingleFieldGivesACampaignAway(t *testing.T) {
	for _, name := range []string{"mix-common", "fact-relay"} {
		t.Run(name, func(t *testing.T) {
			sc := readScenario(t, name)
			sc.Duration = min(sc.Duration, 8*time.Hour)
			w := newWorld(t, sc)
			events := play(t, w)
			bad := map[string]bool{}
			for _, c := range w.Truth().Campaigns {
				for _, a := range c.Accounts {
					bad[a] = true
				}
			}
			fields := map[string]func(*seen) string{
				"user_agent":  func(e *seen) string { return e.agent },
				"ja4":         func(e *seen) string { return e.ja4 },
				"plan":        func(e *seen) string { return e.plan },
				"model":       func(e *seen) string { return e.model },
				"issuer":      func(e *seen) string { return e.issuer },
				"status":      func(e *seen) string { return e.status },
				"verified":    func(e *seen) string { return fmt.Sprint(e.verified) },
				"has device":  func(e *seen) string { return fmt.Sprint(e.device != "") },
				"has system":  func(e *seen) string { return fmt.Sprint(e.system != "") },
				"has session": func(e *seen) string { return fmt.Sprint(e.session != "") },
				"messages":    func(e *seen) string { return fmt.Sprint(min(e.messages, 9)) },
				"finish":      func(e *seen) string { return e.finish },
			}
			for field, value := range fields {
				honest, mine := map[string]bool{}, map[string]map[string]bool{}
				for i := range events {
					v := value(&events[i])
					if !bad[events[i].account] {
						honest[v] = true
						continue
					}
					if mine[v] == nil {
						mine[v] = map[string]bool{}
					}
					mine[v][events[i].account] = true
				}
				for v, accounts := range mine {
					// Rare values are everybody's own; what several campaign accounts share must
					// exist elsewhere.
					if len(accounts) >= 3 {
						require.True(t, honest[v], "%s %q is only seen in campaigns", field, v)
					}
				}
			}
		})
	}
}

func TestEveryScenarioMakesTraffic(t *testing.T) {
	for _, name := range scenarioNames(t) {
		t.Run(name, func(t *testing.T) {
			sc := readScenario(t, name)
			require.Equal(t, name, sc.Name)
			require.NotEmpty(t, sc.Description)
			if strings.HasPrefix(name, "honest-") {
				require.Empty(t, sc.Campaigns)
			}
			sc.Duration = 5 * time.Minute
			require.NotEmpty(t, play(t, newWorld(t, sc)))
		})
	}
}

func TestTheRungsOfTheLadderHaveTheSameHonestPeople(t *testing.T) {
	var want []string
	for _, name := range scenarioNames(t) {
		if !strings.HasPrefix(name, "ladder-") {
			continue
		}
		sc := readScenario(t, name)
		sc.Duration = 20 * time.Minute
		w := newWorld(t, sc)
		var honest []string
		play(t, w)
		for _, b := range w.Truth().BenignGroups {
			honest = append(honest, b.Accounts...)
		}
		slices.Sort(honest)
		if want == nil {
			want = honest
		}
		require.Equal(t, want, honest, name)
	}
	require.NotEmpty(t, want)
}

func BenchmarkWorld(b *testing.B) {
	sc := readScenario(b, "mix-common")
	w := newWorld(b, sc)
	b.ReportAllocs()
	var size int64
	for b.Loop() {
		rec, ok := w.Next()
		if !ok {
			w = newWorld(b, sc)
			continue
		}
		size += int64(len(rec.JSON))
	}
	b.SetBytes(size / int64(b.N))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
