package stream

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
)

func TestAFollowedTopicIsReadFromTheStartAndThenAsItGrows(t *testing.T) {
	cluster := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(cluster.ListenAddrs()))
	producer := newProducer(t, c, "in")
	require.NoError(t, producer.Produce(testContext(t), numbered("in", 0, 3000)))
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	var mu sync.Mutex
	seen := map[string]int{}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(seen) }
	atReady := make(chan int, 1)
	var following sync.WaitGroup
	following.Go(func() {
		err := c.follow(ctx, "in", 50*time.Millisecond, func() { atReady <- count() },
			func(records []Record) {
				mu.Lock()
				defer mu.Unlock()
				for i := range records {
					seen[string(records[i].Value)]++
				}
			})
		require.NoError(t, err)
	})
	require.Equal(t, 3000, <-atReady, "all that was there is read before it says so")
	require.NoError(t, producer.Produce(testContext(t), numbered("in", 3000, 3100)))
	require.Eventually(
		t, func() bool { return count() == 3100 }, 20*time.Second, 10*time.Millisecond,
	)

	transport := c.transport(time.Minute, "in")
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(cluster.ListenAddrs()...), Transport: transport}
	res, err := client.CreatePartitions(testContext(t), &kafka.CreatePartitionsRequest{
		Topics: []kafka.TopicPartitionsConfig{{Name: "in", Count: 8}},
	})
	require.NoError(t, err)
	require.NoError(t, res.Errors["in"])
	wider := newProducer(t, c, "in")
	require.NoError(t, wider.Produce(testContext(t), numbered("in", 3100, 3300)))
	require.Eventually(t, func() bool { return count() == 3300 }, 20*time.Second,
		10*time.Millisecond, "new partitions are read as well")
	cancel()
	following.Wait()
	mu.Lock()
	defer mu.Unlock()
	for value, n := range seen {
		require.Equal(t, 1, n, value)
	}
}

func TestAnEmptyTopicIsCaughtUpWithAtOnceAndAMissingOneIsAnError(t *testing.T) {
	cluster := startKafka(t, []string{"empty"})
	c := newClient(t, testOptions(cluster.ListenAddrs()))
	ctx, cancel := context.WithCancel(testContext(t))
	require.NoError(t, c.Follow(ctx, "empty", cancel, func([]Record) { t.Error("records") }))
	require.EqualError(t, c.Follow(testContext(t), "absent", func() {}, nil),
		"topic absent does not exist")
}
