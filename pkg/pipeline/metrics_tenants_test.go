package pipeline

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

func TestDeadLettersThatNameAnAccountAreCountedPerTenant(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	stage := m.forStage("ingest")
	stage.count(map[string]int64{
		"dead_letter:bad_time": 2, "tenant_dead_letter:bad_time:acme:eu": 3,
		"tenant_dead_letter:missing_field:acme:eu": 1,
	})
	require.InDelta(t, 3, value(m.byTenant, "ingest", "acme:eu", "bad_time"), 0)
	require.InDelta(t, 1, value(m.byTenant, "ingest", "acme:eu", "missing_field"), 0)
	// The sum over the results stays the number of records.
	require.InDelta(t, 2, value(m.events, "ingest", "dead_letter"), 0)
}

func TestAFloodOfTenantsMakesNoFloodOfSeries(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	stage := m.forStage("ingest")
	for n := range 10 * maxTenantLabels {
		stage.count(map[string]int64{fmt.Sprintf("tenant_dead_letter:bad_time:t%d", n): 1})
	}
	stage.count(map[string]int64{"tenant_dead_letter:bad_time:t5": 1})
	require.Equal(t, maxTenantLabels+1, testutil.CollectAndCount(m.byTenant))
	require.InDelta(t, 2, value(m.byTenant, "ingest", "t5", "bad_time"), 0)
	require.InDelta(t, 9*maxTenantLabels, value(m.byTenant, "ingest", otherTenants, "bad_time"), 0)
}

func TestATenantThatIsNoTextBreaksNoMetric(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	m.forStage("ingest").count(map[string]int64{"tenant_dead_letter:bad_time:\xff\xfe": 1})
	require.InDelta(t, 1, value(m.byTenant, "ingest", "\ufffd", "bad_time"), 0)
}

func value(c *prometheus.CounterVec, labels ...string) float64 {
	return testutil.ToFloat64(c.WithLabelValues(labels...))
}
