package pipeline

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

func TestEveryKindOfCounterHasItsMetrics(t *testing.T) {
	counter := func(k stage.Kind, name string, labels ...string) *stage.Counter {
		return &stage.Counter{Kind: k, Name: name, Help: "For the test.", Labels: labels}
	}
	const results, letters, dropped = "stillwatch_events_total", "stillwatch_dead_letters_total",
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
		{"a dead letter", stage.DeadLettered, []string{"bad_time"}, map[string][]string{
			results: {"dead_letter"}, letters: {"bad_time"},
		}},
		{
			"a dead letter without a reason", stage.DeadLettered, nil,
			map[string][]string{results: {"dead_letter"}, letters: {"unknown"}},
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
			m, err := NewMetrics(reg).forStage("test", []*stage.Counter{c.counter})
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
	m, err := metrics.forStage("test", []*stage.Counter{stage.OK})
	require.NoError(t, err)
	err = m.count(stage.Counts{{Counter: stage.OK}: 2, {Counter: stage.DeadLettered}: 1})
	require.ErrorContains(t, err, "dead_letter")
	require.InDelta(t, 2, testutil.ToFloat64(metrics.events.WithLabelValues("test", "ok")), 0)
}

func TestTwoStagesMayDeclareTheSameCounterButNotTwoOfOneName(t *testing.T) {
	metrics := NewMetrics(prometheus.NewRegistry())
	one := &stage.Counter{Kind: stage.Own, Name: "things_total", Help: "Things."}
	for _, name := range []string{"ingest", "fingerprint"} {
		_, err := metrics.forStage(name, []*stage.Counter{one})
		require.NoError(t, err)
	}
	other := *one
	_, err := metrics.forStage("correlate", []*stage.Counter{&other})
	require.ErrorContains(t, err, "things_total")
	_, err = metrics.forStage("correlate", []*stage.Counter{
		{Kind: stage.Own, Name: "lag_total", Labels: []string{"a", "b", "c"}},
	})
	require.ErrorContains(t, err, "lag_total")
}
