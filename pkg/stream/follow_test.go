package stream

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
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
		err := c.follow(ctx, "in", 50*time.Millisecond, Follower{
			CaughtUp: func() { atReady <- count() },
			Visit: func(records []Record) {
				mu.Lock()
				defer mu.Unlock()
				for i := range records {
					seen[string(records[i].Value)]++
				}
			},
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

func TestAQuietTopicStaysKnownAndOneThatCannotBeReadDoesNot(t *testing.T) {
	k := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(k.ListenAddrs()))
	producer := newProducer(t, c, "in")
	require.NoError(t, producer.Produce(testContext(t), numbered("in", 0, 100)))
	// While broken is set, the broker drops every connection on which partition 2 is asked for.
	var broken atomic.Bool
	k.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		if broken.Load() && req.(*kmsg.FetchRequest).Topics[0].Partitions[0].Partition == 2 {
			return nil, errors.New("drop the connection"), true
		}
		return nil, nil, false
	})
	ctx, cancel := context.WithCancel(testContext(t))
	var (
		following        sync.WaitGroup
		read, told, back atomic.Int64 // back counts the times that went back
		until            atomic.Pointer[time.Time]
	)
	until.Store(&time.Time{})
	following.Go(func() {
		require.NoError(t, c.FollowWith(ctx, "in", Follower{
			Visit: func(records []Record) { read.Add(int64(len(records))) },
			Current: func(known time.Time) {
				if told.Add(1) == 1 && read.Load() < 100 {
					t.Error("the topic is known before it was read")
				}
				if known.Before(*until.Load()) {
					back.Add(1)
				}
				until.Store(&known)
			},
		}))
	})
	knownAfter := func(moment time.Time) {
		t.Helper()
		require.Eventually(t, func() bool { return until.Load().After(moment) },
			20*time.Second, 10*time.Millisecond)
	}
	knownAfter(time.Time{})
	knownAfter(time.Now()) // Nothing comes, and that is known.
	require.Equal(t, int64(100), read.Load())

	broken.Store(true)
	stopped := time.Now()
	before := told.Load()
	require.Eventually(t, func() bool { return told.Load() > before+12 }, 20*time.Second,
		10*time.Millisecond, "the other partitions are read on")
	require.False(t, until.Load().After(stopped),
		"what one partition holds by now is not known")
	require.NoError(t, producer.Produce(testContext(t), numbered("in", 100, 200)))
	written := time.Now()

	broken.Store(false)
	knownAfter(written)
	require.Equal(t, int64(200), read.Load(), "what is known has been visited")
	cancel()
	following.Wait()
	require.Zero(t, back.Load())
}

func TestATopicIsOnlyKnownAsFarAsItsNewestPartitionIs(t *testing.T) {
	var told []time.Time
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	k := &knownTimes{
		until: make([]time.Time, 2), tell: func(until time.Time) { told = append(told, until) },
	}
	k.set(0, at(10))
	require.Empty(t, told, "partition 1 has not been read yet")
	k.set(1, at(12))
	k.add(at(15))
	k.set(0, at(20))
	k.set(1, at(20))
	k.set(2, at(14))
	k.set(2, at(21))
	require.Equal(t, []time.Time{at(10), at(12), at(15), at(15), at(20)}, told)
}
