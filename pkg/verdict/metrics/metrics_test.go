package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/verdict"
	"github.com/stillwatch/stillwatch/pkg/verdict/metrics"
)

type source struct {
	stats verdict.Stats
	age   time.Duration
	read  bool
}

func (s *source) Stats() verdict.Stats       { return s.stats }
func (s *source) Age() (time.Duration, bool) { return s.age, s.read }

var _ metrics.Source = (*verdict.Client)(nil)

func TestTheCollectorReportsWhatTheClientKnows(t *testing.T) {
	s := &source{stats: verdict.NewTable().Stats()}
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(metrics.New(s)))
	const help = `
# HELP stillwatch_verdict_accounts Accounts by status; unknown are those with a status that this release does not know.
# TYPE stillwatch_verdict_accounts gauge
`
	compare := func(want string) {
		t.Helper()
		require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(want)))
	}
	compare(help + `stillwatch_verdict_accounts{status="allowed"} 0
stillwatch_verdict_accounts{status="cleared"} 0
stillwatch_verdict_accounts{status="implicated"} 0
stillwatch_verdict_accounts{status="unknown"} 0
stillwatch_verdict_accounts{status="watched"} 0
# HELP stillwatch_verdict_read 1 when the topic has been read to its end since the start, else 0.
# TYPE stillwatch_verdict_read gauge
stillwatch_verdict_read 0
# HELP stillwatch_verdict_records_total Records of the accounts topic that were read.
# TYPE stillwatch_verdict_records_total counter
stillwatch_verdict_records_total 0
# HELP stillwatch_verdict_unreadable_records_total Records that could not be read, so that the account's standing stayed as it was.
# TYPE stillwatch_verdict_unreadable_records_total counter
stillwatch_verdict_unreadable_records_total 0
`)
	s.read, s.age = true, 1500*time.Millisecond
	s.stats.Records, s.stats.Unreadable = 7, 2
	s.stats.Accounts[verdict.Implicated], s.stats.Accounts[verdict.Unknown] = 4, 1
	compare(help + `stillwatch_verdict_accounts{status="allowed"} 0
stillwatch_verdict_accounts{status="cleared"} 0
stillwatch_verdict_accounts{status="implicated"} 4
stillwatch_verdict_accounts{status="unknown"} 1
stillwatch_verdict_accounts{status="watched"} 0
# HELP stillwatch_verdict_age_seconds How long ago the topic was known to its end; absent until it has been read.
# TYPE stillwatch_verdict_age_seconds gauge
stillwatch_verdict_age_seconds 1.5
# HELP stillwatch_verdict_read 1 when the topic has been read to its end since the start, else 0.
# TYPE stillwatch_verdict_read gauge
stillwatch_verdict_read 1
# HELP stillwatch_verdict_records_total Records of the accounts topic that were read.
# TYPE stillwatch_verdict_records_total counter
stillwatch_verdict_records_total 7
# HELP stillwatch_verdict_unreadable_records_total Records that could not be read, so that the account's standing stayed as it was.
# TYPE stillwatch_verdict_unreadable_records_total counter
stillwatch_verdict_unreadable_records_total 2
`)
}
