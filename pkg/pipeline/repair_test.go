package pipeline

import (
	"encoding/json"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
	"github.com/stillwatch/stillwatch/pkg/store"
)

// TestAStoredListThatNamesCampaignsAgainIsRepairedAndReported starts correlate on what an earlier
// version left in the store.
func TestAStoredListThatNamesCampaignsAgainIsRepairedAndReported(t *testing.T) {
	redis := openStore(t)
	lease, err := redis.Acquire(testContext(t), "correlate", "in:0")
	require.NoError(t, err)
	require.NoError(t, lease.Commit(testContext(t), store.Commit{Changes: []store.Change{
		{
			Key:   "clock",
			Value: []byte(`{"version":1,"next":1,"ids":["c-1","c-2","c-1","c-3","c-2","c-1"]}`),
		},
		{Key: "campaign:c-1", Value: []byte(`{"id":"c-1","tenant":"default","members":{}}`)},
		{Key: "campaign:c-2", Value: []byte(`{"id":"c-2","tenant":"default","members":{}}`)},
		{Key: "campaign:c-3", Value: []byte(`{"id":"c-3","tenant":"default","members":{}}`)},
	}}))

	st, err := correlate.New(correlate.DefaultOptions())
	require.NoError(t, err)
	core, logs := observer.New(zapcore.WarnLevel)
	metrics := NewMetrics(prometheus.NewRegistry())
	in := &log{}
	opts := testOptions()
	opts.Outbox = true
	p, stop := start(t, Config{
		Options: opts, Stage: st, Source: logSource{in},
		Sink: &memorySink{}, Store: FromStore(redis),
		Metrics: metrics, Log: zap.New(core),
	})
	eventually(t, func() bool { return p.Status().Open == 1 })
	// A batch, with which the campaigns are loaded and the state is saved.
	in.add("default\x00somebody", "no profile")
	held := metrics.held.WithLabelValues("correlate", "in", "0", "campaigns")
	eventually(t, func() bool { return in.committed.Load() == 1 && testutil.ToFloat64(held) == 3 })
	stop()

	require.InDelta(t, 3, testutil.ToFloat64(
		metrics.repaired.WithLabelValues("correlate", "campaign_listed_again"),
	), 0)
	require.Equal(t, 1, logs.FilterMessageSnippet("stored state was repaired").Len())

	var saved struct {
		IDs []string `json:"ids"`
	}
	require.NoError(
		t, redis.Scan(testContext(t), "correlate", "in:0", func(key string, value []byte) error {
			if key != "clock" {
				return nil
			}
			return json.Unmarshal(value, &saved)
		}),
	)
	require.Equal(t, []string{"c-1", "c-2", "c-3"}, saved.IDs,
		"the next start finds nothing to repair")
}
