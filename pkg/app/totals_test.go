package app

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// counted is a registry as an app has it.
func counted(ok, late, lag float64, seconds ...float64) *prometheus.Registry {
	events := prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: "events_total", Help: "h"}, []string{"stage", "result"},
	)
	events.WithLabelValues("ingest", "ok").Add(ok)
	if late > 0 {
		events.WithLabelValues("ingest", "late").Add(late)
	}
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "lag", Help: "h"})
	gauge.Set(lag)
	took := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "took", Help: "h", Buckets: []float64{1, 10},
	})
	for _, s := range seconds {
		took.Observe(s)
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(events, gauge, took)
	return reg
}

func TestCountersGoOnFromAppToAppAndGaugesAreThoseInForce(t *testing.T) {
	total := &totals{}
	// As the supervisor shows them, beside the metrics of the process.
	shown := prometheus.Gatherers{prometheus.NewRegistry(), total}
	none, err := shown.Gather()
	require.NoError(t, err)
	require.Empty(t, none)

	require.NoError(t, total.follow(counted(2, 3, 7, 0.5)))
	require.NoError(t, total.follow(counted(1, 0, 4, 5, 50)))
	last := counted(10, 0, 1, 0.1)
	once := prometheus.NewCounter(prometheus.CounterOpts{Name: "once_total", Help: "h"})
	once.Inc()
	require.NoError(t, last.Register(once))
	require.NoError(t, total.follow(last))
	want := `
# HELP events_total h
# TYPE events_total counter
events_total{result="late",stage="ingest"} 3
events_total{result="ok",stage="ingest"} 13
# HELP lag h
# TYPE lag gauge
lag 1
# HELP once_total h
# TYPE once_total counter
once_total 1
# HELP took h
# TYPE took histogram
took_bucket{le="1"} 2
took_bucket{le="10"} 3
took_bucket{le="+Inf"} 4
took_sum 55.6
took_count 4
`
	for range 2 { // To look changes nothing.
		require.NoError(t, testutil.GatherAndCompare(shown, strings.NewReader(want)))
	}
	require.NoError(t, total.follow(prometheus.NewRegistry()))
	require.NoError(t, testutil.GatherAndCompare(shown, strings.NewReader(
		strings.Replace(want, "# HELP lag h\n# TYPE lag gauge\nlag 1\n", "", 1),
	)), "what only an app before has counted stays")
}
