package pipeline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/stillwatch/stillwatch/pkg/stream"
)

// TestInstancesThatComeAndGoLoseAndDoubleNothing runs the pipeline on brokers and a store in this
// process, with members that join and leave while records come in.
func TestInstancesThatComeAndGoLoseAndDoubleNothing(t *testing.T) {
	const partitions = 6
	k, err := kfake.NewCluster(kfake.NumBrokers(1),
		kfake.SeedTopics(partitions, "in", "out", "dead"),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	require.NoError(t, err)
	t.Cleanup(k.Close)
	so := stream.DefaultOptions()
	so.Brokers = k.ListenAddrs()
	so.FetchMaxWait = 20 * time.Millisecond
	so.HeartbeatInterval = 30 * time.Millisecond
	client, err := stream.New(so, nil)
	require.NoError(t, err)
	producer, err := client.Producer("in", "out", "dead")
	require.NoError(t, err)
	t.Cleanup(producer.Close)
	redis := openStore(t)
	counter := newCounting()

	member := func() (*Pipeline, func()) {
		group, err := client.Group(stream.GroupOptions{ID: "counting", Topics: []string{"in"}})
		require.NoError(t, err)
		opts := testOptions()
		opts.BatchRecords = 50
		opts.BatchWait = 20 * time.Millisecond
		return start(t, Config{
			Options: opts, Stage: counter, Source: FromGroup(group),
			Sink: producer, Store: FromStore(redis),
		})
	}
	want := map[string]int{}
	total := 0
	feed := func(n int) {
		var records []stream.OutRecord
		for range n {
			key := fmt.Sprintf("k%d", rand.N(40))
			want[key]++
			total++
			records = append(records, stream.OutRecord{
				Topic: "in", Key: []byte(key), Value: []byte("x"),
			})
		}
		require.NoError(t, producer.Produce(testContext(t), records))
	}
	processed := func() int64 {
		var sum int64
		for i := range partitions {
			n, err := redis.Committed(testContext(t), "counting", fmt.Sprintf("in:%d", i))
			require.NoError(t, err)
			sum += max(0, n)
		}
		return sum
	}

	feed(500)
	one, stopOne := member()
	eventually(t, func() bool { s := one.Status(); return s.Ready() && s.Open == partitions })
	feed(500)
	two, stopTwo := member()
	feed(500)
	eventually(t, func() bool {
		a, b := one.Status(), two.Status()
		return a.Ready() && b.Ready() && a.Open == partitions/2 && b.Open == partitions/2
	})
	feed(500)
	stopOne()
	feed(500)
	_, stopThree := member()
	feed(500)
	eventually(t, func() bool { return processed() == int64(total) })
	stopTwo()
	stopThree()
	require.Equal(t, want, state(t, redis, "in", partitions))

	// Every record came out at least once.
	content := map[string]bool{}
	group, err := client.Group(stream.GroupOptions{ID: "check", Topics: []string{"out"}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(testContext(t))
	seen := make(chan string, 100_000)
	done := make(chan error, 1)
	go func() {
		done <- group.Run(ctx, func(ctx context.Context, p *stream.Partition) {
			p.SetOffset(0)
			for {
				b, err := p.Read(ctx, 1000, 20*time.Millisecond)
				if err != nil {
					return
				}
				for i := range b.Records {
					name, _, _ := strings.Cut(string(b.Records[i].Value), " run=")
					seen <- name
				}
			}
		})
	}()
	for len(content) < total {
		select {
		case name := <-seen:
			content[name] = true
		case <-ctx.Done():
			require.FailNow(t, "records are missing", "%d of %d", len(content), total)
		}
	}
	cancel()
	require.NoError(t, <-done)
}
