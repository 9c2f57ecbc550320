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
	counts := map[string]int64{"dead_letter:bad_time": 2, "tenant_dead_letter:bad_time:acme:eu": 3, "tenant_dead_letter:missing_field:acme:eu": 1}
	stage.count(counts)
	require.InDelta(t, 3, testutil.ToFloat64(m.byTenant.WithLabelValues("ingest", "acme:eu", "bad_time")), 0)
	require.InDelta(t, 1, testutil.ToFloat64(m.byTenant.WithLabelValues("ingest", "acme:eu", "missing_field")), 0)
	require.InDelta(t, 2, testutil.ToFloat64(m.events.WithLabelValues("ingest", "dead_letter")), 0, "the sum over the results is the number of records")
}

func TestAFloodOfTenantsMakesNoFloodOfSeries(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	stage := m.forStage("ingest")
	for n := range 10 * maxTenantLabels {
		stage.count(map[string]int64{fmt.Sprintf("tenant_dead_letter:bad_time:t%d", n): 1})
	}
	stage.count(map[string]int64{"tenant_dead_letter:bad_time:t5": 1})
	require.Equal(t, maxTenantLabels+1, testutil.CollectAndCount(m.byTenant))
	require.InDelta(t, 2, testutil.ToFloat64(m.byTenant.WithLabelValues("ingest", "t5", "bad_time")), 0)
	require.InDelta(t, 9*maxTenantLabels, testutil.ToFloat64(m.byTenant.WithLabelValues("ingest", otherTenants, "bad_time")), 0)
}

func TestATenantThatIsNoTextBreaksNoMetric(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	m.forStage("ingest").count(map[string]int64{"tenant_dead_letter:bad_time:\xff\xfe": 1})
	require.InDelta(t, 1, testutil.ToFloat64(m.byTenant.WithLabelValues("ingest", "\ufffd", "bad_time")), 0)
}
