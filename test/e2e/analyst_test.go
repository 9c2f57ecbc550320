package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/alert/alerttest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/verdict"
)

// week is a week of traffic with a pool of 40 accounts, of which half come on the third day.
type week struct {
	start   time.Time
	lines   [][]byte
	members []string
	// times are those of the lines, sent is how many of them were produced.
	times []time.Time
	sent  int
}

func newWeek(t *testing.T) *week {
	t.Helper()
	w := &week{start: trafficStart}
	s := program()
	s.Duration = 7 * 24 * time.Hour
	// Fewer people than in a test of one day: there is a week of them.
	for i := range s.Crowds {
		s.Crowds[i].Accounts /= 2
	}
	s.Campaigns[0].Accounts = 40
	world, err := simulate.New(s, simulate.Texts{})
	require.NoError(t, err)
	var lines [][]byte
	for record, ok := world.Next(); ok; record, ok = world.Next() {
		lines = append(lines, bytes.Clone(record.JSON))
	}
	w.members = slices.Sorted(slices.Values(world.Truth().Campaigns[0].Accounts))
	later := w.start.Add(2 * 24 * time.Hour)
	for _, line := range lines {
		var ev struct {
			Time    time.Time
			Account struct{ ID string }
		}
		require.NoError(t, json.Unmarshal(line, &ev))
		if at, member := slices.BinarySearch(w.members, ev.Account.ID); member &&
			at >= len(w.members)/2 && ev.Time.Before(later) {
			continue
		}
		w.lines, w.times = append(w.lines, line), append(w.times, ev.Time)
	}
	return w
}

// until produces the traffic up to a day of the week, counted from 1, and waits until the service
// has worked on it.
func (w *week) until(d *deployment, day int) {
	d.t.Helper()
	end := w.start.Add(time.Duration(day) * 24 * time.Hour)
	n := w.sent
	for n < len(w.lines) && w.times[n].Before(end) {
		n++
	}
	d.produce(d.topic("gateway"), records(w.lines[w.sent:n]))
	w.sent = n
	d.waitDone(int64(n))
}

// analyst is who works with a deployment's findings.
type analyst struct {
	*deployment
	service *service
	steps   int
}

// killed kills the service between two steps of the analyst's, and starts it again.
func (a *analyst) killed() {
	a.t.Helper()
	a.service.kill()
	a.service = a.start().waitReady()
	a.steps++
}

// newest is the newest record of every finding, in the order of their creation.
func (a *analyst) newest() (list []*campaign.Finding) {
	a.t.Helper()
	at := map[string]int{}
	for _, r := range a.read(a.topic("alerts")) {
		f, err := alert.Parse(r.Value)
		require.NoError(a.t, err)
		if i, ok := at[f.UID]; ok {
			list[i] = f
			continue
		}
		at[f.UID] = len(list)
		list = append(list, f)
	}
	return list
}

// waitFinding waits until the newest record of the newest finding is as it should be.
func (a *analyst) waitFinding(what string, is func(f *campaign.Finding) bool) *campaign.Finding {
	a.t.Helper()
	var found *campaign.Finding
	eventually(a.t, func() error {
		list := a.newest()
		if len(list) > 0 {
			if found = list[len(list)-1]; is(found) {
				return nil
			}
		}
		return fmt.Errorf("no finding that is %s", what)
	})
	return found
}

// waitStatus waits until so many accounts have a status.
func (a *analyst) waitStatus(status string, n int) []string {
	a.t.Helper()
	var accounts []string
	eventually(a.t, func() error {
		if accounts = a.accounts(status); len(accounts) != n {
			return fmt.Errorf("%d accounts are %s, not %d", len(accounts), status, n)
		}
		return nil
	})
	return slices.Sorted(slices.Values(accounts))
}

// verdict gives one by the command line.
func (a *analyst) verdict(args ...string) {
	a.t.Helper()
	command(a.t, slices.Concat(
		[]string{"verdict"}, args, []string{
			"--config", a.file(), "--author", "kim", "--reason", "looked at it with the team",
		},
	)...)
}

// events are what became of verdicts, in order.
func (a *analyst) events() (list []string) {
	a.t.Helper()
	seen := map[string]bool{}
	for _, r := range a.read(a.topic("audit")) {
		e, err := review.ParseEntry(r.Value)
		require.NoError(a.t, err)
		if name := string(r.Key); !seen[name] {
			seen[name] = true
			list = append(list, string(e.Verdict.Action)+" "+string(e.Event))
		}
	}
	return list
}

// TestAWeekInAnAnalystsLife follows one finding from its first alert to another provider's, and
// kills the service between any two steps.
func TestAWeekInAnAnalystsLife(t *testing.T) {
	a := &analyst{deployment: newDeployment(t).set(oneOrder)}
	a.service = a.start().waitReady()
	w := newWeek(t)
	half := w.members[:len(w.members)/2]

	// Monday: a finding alerts, and its evidence is looked up in the gateway's own records.
	w.until(a.deployment, 1)
	first := a.waitFinding("new", func(f *campaign.Finding) bool { return f.Members >= 18 })
	require.Equal(t, half, a.waitStatus("implicated", len(half)))
	a.killed()
	a.lookUp(first)

	// Tuesday: it is dismissed, and its accounts are let go.
	a.killed()
	a.verdict("dismiss", "--finding", first.UID)
	closed := a.waitFinding("closed", func(f *campaign.Finding) bool {
		return f.CloseReason == "dismissed"
	})
	require.Equal(t, first.UID, closed.UID)
	a.waitStatus("implicated", 0)
	a.waitStatus("cleared", len(half))
	a.killed()

	// Until Thursday the group has doubled: another finding says so, and points at the first.
	w.until(a.deployment, 4)
	second := a.waitFinding("new", func(f *campaign.Finding) bool {
		return f.UID != first.UID && 2*f.Members >= 3*len(half)
	})
	require.Equal(t, first.Campaign, second.Campaign)
	require.Contains(t, second.Related, first.UID)
	require.Equal(t, w.members, a.waitStatus("implicated", len(w.members)))
	a.killed()

	// It is allowed until Friday evening; a gateway does nothing meanwhile.
	ends := w.start.Add(5 * 24 * time.Hour)
	allowed := review.Verdict{
		ID: "allowed-by-soar", Tenant: "default", Action: review.Allow, Author: "soar",
		Scope: review.Scope{Finding: second.UID}, Reason: "a test of the sales team",
		Time: w.start.Add(4 * 24 * time.Hour).UnixMilli(), Expires: ends.UnixMilli(),
	}
	record, err := allowed.MarshalJSON()
	require.NoError(t, err)
	a.produce(a.topic("verdicts"), []kafka.Message{
		{Value: []byte(`{"schema":"1","action":"allow everything"}`)}, {Value: record},
	})
	a.waitStatus("allowed", len(w.members))
	muted := a.waitFinding("muted", func(f *campaign.Finding) bool { return f.Muted })
	require.False(t, muted.Alerts)
	a.killed()

	// The verdict expires: the same finding alerts again.
	w.until(a.deployment, 6)
	again := a.waitFinding("not muted", func(f *campaign.Finding) bool { return !f.Muted })
	require.Equal(t, second.UID, again.UID)
	require.Equal(t, w.members, a.waitStatus("implicated", len(w.members)))
	a.killed()

	// On Saturday it is confirmed.
	a.verdict("confirm", "--campaign", second.Campaign)
	confirmed := a.waitFinding("confirmed", func(f *campaign.Finding) bool {
		return f.Review != nil && f.Review.Action == review.Confirm
	})
	require.Equal(t, "kim", confirmed.Review.Author)
	a.killed()

	// A gateway that follows the accounts topic refuses them, and nobody else.
	a.enforced(w)
	w.until(a.deployment, 7)
	require.Equal(t, []string{
		"dismiss given", "dismiss applied", "dismiss changed", "allow given", "allow applied",
		"allow expired", "confirm given", "confirm applied",
	}, a.events())
	a.alertsOnce(first.UID, second.UID)
	require.Zero(t, a.service.stop(), a.service.log)
	a.refused()
	a.valid()

	// On Sunday it is shared: another provider, with its own secret and accounts, finds the same
	// program there.
	a.shared(w)
}

// lookUp finds the requests that a finding names in the gateway's topic: they are their accounts'.
func (a *analyst) lookUp(f *campaign.Finding) {
	a.t.Helper()
	owners := map[string]string{}
	for _, r := range a.read(a.topic("gateway")) {
		var ev struct {
			ID      string
			Account struct{ ID string }
		}
		require.NoError(a.t, json.Unmarshal(r.Value, &ev))
		owners[ev.ID] = ev.Account.ID
	}
	found := 0
	for _, member := range f.Sample {
		for _, request := range member.Lead.Requests {
			require.Equal(a.t, member.Account, owners[request.ID])
			found++
		}
	}
	require.GreaterOrEqual(a.t, found, len(f.Sample), "every member of the sample has requests")
}

// alertsOnce says which findings have alerted how often: the first when it was new, the second when
// it was new and when the verdict had expired.
func (a *analyst) alertsOnce(first, second string) {
	a.t.Helper()
	alerts := map[string]map[int]bool{}
	for _, r := range a.read(a.topic("alerts")) {
		f, err := alert.Parse(r.Value)
		require.NoError(a.t, err)
		if f.Alerts && f.Notice == "" {
			if alerts[f.UID] == nil {
				alerts[f.UID] = map[int]bool{}
			}
			alerts[f.UID][f.Sequence] = true
		}
	}
	require.ElementsMatch(a.t, []string{first, second}, slices.Collect(maps.Keys(alerts)))
	require.Contains(a.t, alerts[first], 1)
	require.Contains(a.t, alerts[second], 1)
	require.Greater(a.t, len(alerts[second]), 1)
}

// enforced asks what a gateway asks.
func (a *analyst) enforced(w *week) {
	a.t.Helper()
	o := verdict.DefaultOptions()
	o.Kafka.Brokers, o.Topic = []string{a.brokers()}, a.topic("accounts")
	client, err := verdict.New(o, zap.NewNop())
	require.NoError(a.t, err)
	ctx, cancel := context.WithCancel(a.t.Context())
	done := make(chan error, 1)
	go func() { done <- client.Follow(ctx) }()
	defer func() {
		cancel()
		require.NoError(a.t, <-done)
	}()
	select {
	case <-client.Read():
	case <-time.After(patience):
		a.t.Fatal("the accounts topic was not read to its end")
	}
	for _, name := range w.members {
		d := client.Decide("default", name)
		require.False(a.t, d.Allow, name)
		require.Equal(a.t, verdict.Implicated, d.Answer.Status)
		require.NotZero(a.t, d.Answer.Since)
	}
	require.True(a.t, client.Decide("default", "acct_of_nobody").Allow)
}

// shared exports the findings, and has a second deployment watch for them.
func (a *analyst) shared(w *week) {
	a.t.Helper()
	bundle := command(
		a.t, "stix", "export", "--producer", "Example AI",
		writeFile(a.t, "alerts.jsonl", a.values("alerts")),
	)
	// No group is beyond a threshold, so that only the list can find them.
	b := newDeployment(a.t).set(oneOrder).set(section{
		"sketch": section{"secret": "a secret of another provider"},
		"correlate": section{
			"total_bits": 99, "operator_bits": 99, "coordination_bits": 99,
			"watch_lists": []string{writeFile(a.t, "list.json", bundle)},
		},
	})
	s := b.start().waitReady()
	var lines [][]byte
	for i, line := range w.lines {
		if w.times[i].Before(w.start.Add(24 * time.Hour)) {
			lines = append(lines, bytes.ReplaceAll(line, []byte("acct_"), []byte("user_")))
		}
	}
	b.produce(b.topic("gateway"), records(lines))
	b.waitDone(int64(len(lines)))
	require.Zero(a.t, s.stop(), s.log)
	watched, found := b.accounts("watched"), 0
	half := w.members[:len(w.members)/2]
	for _, name := range half {
		if slices.Contains(watched, strings.Replace(name, "acct_", "user_", 1)) {
			found++
		}
	}
	a.t.Logf("%d of %d members are watched by the other provider, of %d accounts watched",
		found, len(half), len(watched))
	require.Greater(a.t, found, len(half)/2)
	for _, r := range b.read(b.topic("alerts")) {
		f, err := alert.Parse(r.Value)
		require.NoError(a.t, err)
		require.Equal(a.t, campaign.KindTripwire, f.Kind)
	}
}

// refused looks at the dead letters: the verdict that cannot be read is the only one.
func (a *analyst) refused() {
	a.t.Helper()
	letters := a.read(a.topic("dead_letters"))
	require.Len(a.t, letters, 1)
	reasons := map[string]string{}
	for _, h := range letters[0].Headers {
		reasons[h.Key] = string(h.Value)
	}
	require.Equal(a.t, "verdict_bad_identity", reasons["stillwatch-reason"])
	require.Equal(a.t, a.topic("verdicts"), reasons["stillwatch-topic"])
}

// valid holds every alert against OCSF.
func (a *analyst) valid() {
	a.t.Helper()
	for _, r := range a.read(a.topic("alerts")) {
		require.NoError(a.t, alerttest.Check(r.Value))
	}
}
