package pipeline

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

// byTenant is a counter that names tenants.
var byTenant = &stage.Counter{
	Kind: stage.Own, Name: "letters_total", Help: "For the tests.",
	Labels: []stage.Label{{Name: stage.LabelTenant}, {Name: "reason"}},
}

// tenantMetrics counts byTenant and returns its metric.
func tenantMetrics(t *testing.T) (m *stageMetrics, vec *prometheus.CounterVec) {
	t.Helper()
	m, err := NewMetrics(prometheus.NewRegistry()).forStage(
		declaring{"ingest", []*stage.Counter{letters, byTenant}},
	)
	require.NoError(t, err)
	return m, m.declared[byTenant]
}

// count counts one thing n times.
func count(t *testing.T, m *stageMetrics, n int64, counter *stage.Counter, labels ...string) {
	t.Helper()
	counts := stage.Counts{}
	counts.Add(n, counter, labels...)
	require.NoError(t, m.count(counts))
}

func TestDeadLettersThatNameAnAccountAreCountedPerTenant(t *testing.T) {
	m, vec := tenantMetrics(t)
	count(t, m, 2, letters, "bad_time")
	count(t, m, 3, byTenant, "acme:eu", "bad_time")
	count(t, m, 1, byTenant, "acme:eu", "missing_field")
	require.InDelta(t, 3, value(vec, "acme:eu", "bad_time"), 0)
	require.InDelta(t, 1, value(vec, "acme:eu", "missing_field"), 0)
	// The sum over the results stays the number of records.
	require.InDelta(t, 2, value(m.events, "dead_letter"), 0)
}

func TestAFloodOfTenantsMakesNoFloodOfSeries(t *testing.T) {
	m, vec := tenantMetrics(t)
	for n := range 10 * maxTenantLabels {
		count(t, m, 1, byTenant, fmt.Sprintf("t%d", n), "bad_time")
	}
	count(t, m, 1, byTenant, "t5", "bad_time")
	require.Equal(t, maxTenantLabels+1, testutil.CollectAndCount(vec))
	require.InDelta(t, 2, value(vec, "t5", "bad_time"), 0)
	require.InDelta(t, 9*maxTenantLabels, value(vec, otherTenants, "bad_time"), 0)
}

func TestATenantThatIsNoTextBreaksNoMetric(t *testing.T) {
	m, vec := tenantMetrics(t)
	count(t, m, 1, byTenant, "\xff\xfe", "bad_time")
	require.InDelta(t, 1, value(vec, "\ufffd", "bad_time"), 0)
}

func value(c *prometheus.CounterVec, labels ...string) float64 {
	return testutil.ToFloat64(c.WithLabelValues(labels...))
}
