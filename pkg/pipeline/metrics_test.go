package pipeline

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

// letters counts dead letters.
var letters = stage.DeadLettered("bad_time", "too_large")

// declaring is a stage that declares counters, and no more.
type declaring struct {
	name     string
	counters []*stage.Counter
}

func (d declaring) Name() string               { return d.name }
func (d declaring) Counters() []*stage.Counter { return d.counters }
func (declaring) Outputs() []stage.Output      { return []stage.Output{stage.Profiles} }
func (declaring) Open(int) (stage.Task, error) { return nil, errors.New("a test opens it") }

func TestEveryKindOfCounterHasItsMetrics(t *testing.T) {
	counter := func(k stage.Kind, name string, labels ...string) *stage.Counter {
		c := &stage.Counter{Kind: k, Name: name, Help: "For the test."}
		for _, l := range labels {
			c.Labels = append(c.Labels, stage.Label{Name: l})
		}
		return c
	}
	const results, deadLetters, dropped = "stillwatch_events_total", "stillwatch_dead_letters_total",
		"stillwatch_dropped_total"
	for _, c := range []struct {
		name    string
		counter *stage.Counter
		labels  []string
		// want are the values of the labels but the stage's, by metric.
		want map[string][]string
	}{
		{"a result", stage.OK, nil, map[string][]string{results: {"ok"}}},
		{
			"a result whose label only replays tell", counter(stage.Processed, "skipped", "reason"),
			[]string{"empty"},
			map[string][]string{results: {"skipped"}},
		},
		{"a dead letter", letters, []string{"bad_time"}, map[string][]string{
			results: {"dead_letter"}, deadLetters: {"bad_time"},
		}},
		{
			"a dead letter without a reason", counter(stage.Rejected, "dead_letter", "reason"), nil,
			map[string][]string{results: {"dead_letter"}, deadLetters: {"unknown"}},
		},
		{
			"what is left out", counter(stage.Dropped, "late"), nil,
			map[string][]string{results: {"late"}, dropped: {"late"}},
		},
		{
			"what is left out for a reason", counter(stage.Dropped, "duplicate", "by"),
			[]string{"id"},
			map[string][]string{results: {"duplicate"}, dropped: {"duplicate_id"}},
		},
		{
			"upkeep", counter(stage.Upkeep, "expired"), nil,
			map[string][]string{"stillwatch_upkeep_total": {"expired"}},
		},
		{
			"a repair", counter(stage.Repaired, "listed_again"), nil,
			map[string][]string{"stillwatch_state_repaired_total": {"listed_again"}},
		},
		{
			"a metric of its own", counter(stage.Own, "findings_total", "activity"),
			[]string{"create"},
			map[string][]string{"stillwatch_findings_total": {"create"}},
		},
		{
			"a label without a value", counter(stage.Own, "findings_total", "activity"), nil,
			map[string][]string{"stillwatch_findings_total": {"unknown"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			m, err := NewMetrics(reg).forStage(declaring{"test", []*stage.Counter{c.counter}})
			require.NoError(t, err)
			counts := stage.Counts{}
			counts.Add(3, c.counter, c.labels...)
			require.NoError(t, m.count(counts))
			require.Equal(t, c.want, valuesOf(t, reg, 3))
		})
	}
}

// valuesOf returns the labels' values but the stage's of all counters, which have to be n.
func valuesOf(t *testing.T, reg *prometheus.Registry, n float64) map[string][]string {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	found := map[string][]string{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.GetCounter() == nil || m.GetCounter().GetValue() == 0 {
				continue
			}
			require.InDelta(t, n, m.GetCounter().GetValue(), 0)
			for _, l := range m.GetLabel() {
				if l.GetName() != "stage" {
					found[f.GetName()] = append(found[f.GetName()], l.GetValue())
				}
			}
		}
	}
	return found
}

func TestACounterThatIsNotDeclaredIsNamedAndTheOthersAreCounted(t *testing.T) {
	metrics := NewMetrics(prometheus.NewRegistry())
	m, err := metrics.forStage(declaring{"test", []*stage.Counter{stage.OK}})
	require.NoError(t, err)
	err = m.count(stage.Counts{{Counter: stage.OK}: 2, {Counter: letters}: 1})
	require.ErrorContains(t, err, "dead_letter")
	require.InDelta(t, 2, testutil.ToFloat64(metrics.events.WithLabelValues("test", "ok")), 0)
}

func TestTwoStagesMayDeclareTheSameCounterButNotTwoOfOneName(t *testing.T) {
	metrics := NewMetrics(prometheus.NewRegistry())
	one := &stage.Counter{Kind: stage.Own, Name: "things_total", Help: "Things."}
	for _, name := range []string{"ingest", "fingerprint"} {
		require.NoError(t, metrics.Expose(declaring{name, []*stage.Counter{one}}))
	}
	other := *one
	err := metrics.Expose(declaring{"correlate", []*stage.Counter{&other}})
	require.ErrorContains(t, err, "things_total")
	err = metrics.Expose(declaring{"correlate", []*stage.Counter{
		{Kind: stage.Own, Name: "lag_total", Labels: make([]stage.Label, stage.MaxLabels+1)},
	}})
	require.ErrorContains(t, err, "lag_total")
}

func TestEveryCounterIsAtZeroBeforeAnythingIsCounted(t *testing.T) {
	label := func(name string, values ...string) stage.Label {
		return stage.Label{Name: name, Values: values}
	}
	reg := prometheus.NewRegistry()
	require.NoError(t, NewMetrics(reg).Expose(declaring{"test", []*stage.Counter{
		stage.OK, letters,
		{Kind: stage.Processed, Name: "skipped", Labels: []stage.Label{label("reason")}},
		{Kind: stage.Dropped, Name: "late"},
		{Kind: stage.Dropped, Name: "duplicate", Labels: []stage.Label{label("by", "id", "place")}},
		{Kind: stage.Upkeep, Name: "expired"},
		{Kind: stage.Repaired, Name: "listed_again"},
		{Kind: stage.Own, Name: "things_total", Labels: []stage.Label{
			label("colour", "red", "blue"), label("size", "s", "l"),
		}},
		byTenant,
	}}))
	require.Equal(t, map[string][]string{
		"dead_letters_total":        {"bad_time", "record_too_large", "too_large"},
		"dropped_total":             {"dead_letter_too_large", "duplicate_id", "duplicate_place", "late", "retention"},
		"events_total":              {"dead_letter", "duplicate", "late", "ok", "skipped"},
		"fenced_total":              {""},
		"produced_total":            {"profiles"},
		"retries_total":             {"acquire", "commit", "load", "produce"},
		"state_bytes_written_total": {""},
		"state_keys_written_total":  {""},
		"state_repaired_total":      {"listed_again"},
		"things_total":              {"blue/l", "blue/s", "red/l", "red/s"},
		"upkeep_total":              {"expired"},
	}, atZero(t, reg), "a tenant is only known from the traffic")
}

// atZero returns the labels' values but the stage's of all counters by metric; they have to be 0.
func atZero(t *testing.T, reg *prometheus.Registry) map[string][]string {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	found := map[string][]string{}
	for _, f := range families {
		name := strings.TrimPrefix(f.GetName(), "stillwatch_")
		for _, m := range f.GetMetric() {
			if m.GetCounter() == nil {
				continue
			}
			require.Zero(t, m.GetCounter().GetValue(), name)
			var values []string
			for _, l := range m.GetLabel() {
				if l.GetName() != "stage" {
					values = append(values, l.GetValue())
				}
			}
			found[name] = append(found[name], strings.Join(values, "/"))
		}
	}
	for name := range maps.Keys(found) {
		slices.Sort(found[name])
	}
	return found
}

func TestAValueThatIsNotDeclaredIsCountedAndNamed(t *testing.T) {
	metrics := NewMetrics(prometheus.NewRegistry())
	m, err := metrics.forStage(declaring{"test", []*stage.Counter{letters}})
	require.NoError(t, err)
	counts := stage.Counts{}
	counts.Add(2, letters, "new_reason")
	require.ErrorContains(t, m.count(counts), "dead_letter")
	require.InDelta(
		t, 2, testutil.ToFloat64(metrics.deadLetters.WithLabelValues("test", "new_reason")), 0,
	)
}
