package pipeline

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
)

// ingesting is the ingest stage under the name that the helpers of these tests look for.
type ingesting struct{ stage.Stage }

func (ingesting) Name() string { return "counting" }

func openIngesting(t *testing.T) stage.Stage {
	t.Helper()
	o := ingest.DefaultOptions()
	for _, m := range configs.Mappings() {
		o.Gateway.Builtin = append(o.Gateway.Builtin, gateway.MappingFile(m))
	}
	key := sketch.DefaultOptions()
	key.Key = []byte("a key for tests, nothing secret")
	s, err := ingest.New(o, key)
	require.NoError(t, err)
	return ingesting{s}
}

// addHalves writes calls of which the gateway reports who asked, and a while later what.
func addHalves(in *log, calls, apart int) {
	half := func(i int, category string) {
		in.add("", fmt.Sprintf(`{"records":[{"time":"2026-11-02T10:%02d:00Z","category":%q,`+
			`"properties":{"correlationId":"c%d","modelName":"m","apimSubscriptionId":"s"}}]}`,
			i, category, i))
	}
	for i := range calls + apart {
		if i < calls {
			half(i, "GatewayLogs")
		}
		if i >= apart {
			half(i-apart, "GatewayLlmLogs")
		}
	}
}

// distinct are the observations that a receiver counts: it passes over those of a place that it has
// seen. Nothing may come out of a place but the same.
func distinct(t *testing.T, sink *memorySink, where string) map[fingerprint.Position]string {
	t.Helper()
	out := map[fingerprint.Position]string{}
	for _, v := range sink.values("out") {
		var o fingerprint.Observation
		require.NoError(t, o.UnmarshalBinary([]byte(v)))
		if before, twice := out[o.Position]; twice {
			require.Equal(t, before, v, where)
		}
		out[o.Position] = v
	}
	return out
}

// TestACrashBetweenTheHalvesOfACallLosesAndDoublesNothing kills the pipeline at every step in turn,
// while halves wait, and compares what a receiver counts with that of an undisturbed run.
func TestACrashBetweenTheHalvesOfACallLosesAndDoublesNothing(t *testing.T) {
	const calls = 12
	in := &log{}
	addHalves(in, calls, 1)
	s := openIngesting(t)
	opts := testOptions()
	opts.BatchRecords, opts.FlushAfter = 4, 5*time.Millisecond

	var want map[fingerprint.Position]string
	steps := math.MaxInt
	for at := -1; at < steps; at++ {
		redis, sink := openStore(t), &memorySink{}
		c := &crasher{left: at}
		p, err := New(Config{
			Options: opts, Stage: s, Source: logSource{in}, Sink: crashingSink{sink, c},
			Store: crashingStore{FromStore(redis), c},
		})
		require.NoError(t, err)
		p.opts.ShutdownTimeout = time.Millisecond // the dead do not tidy up
		ctx, cancel := context.WithCancel(context.Background())
		c.crash = cancel
		done := make(chan struct{})
		go func() { defer close(done); _ = p.Run(ctx) }()
		if at < 0 {
			eventually(t, func() bool { return len(sink.values("out")) == calls })
			cancel()
		}
		<-done
		if at < 0 {
			want, steps = distinct(t, sink, "no crash"), len(c.steps)
			require.Len(t, want, calls)
			require.Greater(t, steps, 20)
			continue
		}
		where := c.steps[at]
		_, stop := start(t, Config{
			Options: opts, Stage: s, Source: logSource{in}, Sink: sink, Store: FromStore(redis),
		})
		eventually(t, func() bool {
			return next(t, redis) == in.end() && len(distinct(t, sink, where)) == calls
		}, where)
		stop()
		require.Equal(t, want, distinct(t, sink, where), "crash at step %d, %s", at, where)
	}
}
