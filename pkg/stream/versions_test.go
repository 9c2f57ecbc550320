package stream

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The least request versions that Kafka 4.0 accepts (KIP-896). The in-process broker accepts older
// ones, so that a passing test says nothing without this.
var kafka4Minima = map[kmsg.Key]int16{
	kmsg.Produce: 3, kmsg.Fetch: 4, kmsg.ListOffsets: 1, kmsg.Metadata: 0, kmsg.OffsetCommit: 2,
	kmsg.OffsetFetch: 1, kmsg.FindCoordinator: 0, kmsg.JoinGroup: 2, kmsg.Heartbeat: 0,
	kmsg.LeaveGroup: 0, kmsg.SyncGroup: 0, kmsg.SASLHandshake: 0, kmsg.ApiVersions: 0,
	kmsg.CreateTopics: 2, kmsg.DescribeConfigs: 1, kmsg.SASLAuthenticate: 0,
}

func TestAllRequestsAreOnesThatKafka4Accepts(t *testing.T) {
	k := startKafka(t, nil)
	var mu sync.Mutex
	seen := map[kmsg.Key]map[int16]bool{}
	k.Control(func(req kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		key := kmsg.Key(req.Key())
		if seen[key] == nil {
			seen[key] = map[int16]bool{}
		}
		seen[key][req.GetVersion()] = true
		return nil, nil, false
	})
	c := newClient(t, testOptions(k.ListenAddrs()))
	_, err := c.EnsureTopics(testContext(t), specs(), true)
	require.NoError(t, err)
	require.NoError(
		t, newProducer(t, c, "events").Produce(testContext(t), numbered("events", 0, 10)),
	)
	g, err := c.Group(GroupOptions{ID: "g", Topics: []string{"events"}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- g.Run(ctx, func(ctx context.Context, p *Partition) {
			p.SetOffset(0)
			_, _, _ = p.Bounds(ctx)
			for ctx.Err() == nil {
				b, _ := p.Read(ctx, 10, 20*time.Millisecond)
				p.CommitOffset(b.Next)
			}
		})
	}()
	sent := func(key kmsg.Key) bool {
		mu.Lock()
		defer mu.Unlock()
		return len(seen[key]) > 0
	}
	require.Eventually(t, func() bool {
		return sent(kmsg.OffsetCommit) && sent(kmsg.Heartbeat) && sent(kmsg.Fetch)
	}, 20*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)

	mu.Lock()
	defer mu.Unlock()
	require.True(t, len(seen[kmsg.LeaveGroup]) > 0 && len(seen[kmsg.DescribeConfigs]) > 0)
	for key, versions := range seen {
		least, ok := kafka4Minima[key]
		require.True(t, ok, "%s is not in the table", key.Name())
		for v := range versions {
			require.GreaterOrEqual(t, v, least, "%s v%d is refused by Kafka 4.0", key.Name(), v)
		}
	}
}
