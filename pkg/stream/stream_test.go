package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestRecordsArriveAsProducedWithEveryCodec(t *testing.T) {
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		t.Run(codec, func(t *testing.T) {
			k := startKafka(t, []string{"in"})
			o := testOptions(k.ListenAddrs())
			o.Compression = codec
			c := newClient(t, o)
			p := newProducer(t, c, "in")
			out := []OutRecord{
				{Topic: "in", Key: []byte("same"), Value: []byte(`{"a":1}`), Headers: []Header{
					{Key: "ce_id", Value: []byte("7")}, {Key: "empty", Value: []byte{}},
				}},
				{Topic: "in", Key: []byte("same"), Value: nil},
				{Topic: "in", Key: []byte("same"), Value: []byte{}},
			}
			before := time.Now().UnixMilli()
			require.NoError(t, p.Produce(testContext(t), out))
			after := time.Now().UnixMilli()

			var got []Record
			for id := range 4 {
				b, err := lone(t, c, "in", id, 0).Read(testContext(t), 10, 50*time.Millisecond)
				require.NoError(t, err)
				got = append(got, b.Records...)
				require.Equal(t, int64(len(b.Records)), b.Next)
				require.Equal(t, b.Next, b.HighWater)
			}
			require.Len(t, got, 3, "one key goes to one partition")
			require.Equal(t, out[0].Value, got[0].Value)
			require.Equal(t, []byte("same"), got[0].Key)
			require.Equal(t, out[0].Headers[0], got[0].Headers[0])
			require.Nil(t, got[1].Value, "a tombstone stays one")
			require.Empty(t, got[2].Value)
			require.Equal(t, int64(2), got[2].Offset)
			for i := range got {
				require.GreaterOrEqual(t, got[i].Time, before)
				require.LessOrEqual(t, got[i].Time, after)
			}
		})
	}
}

func TestKeysGoWhereJavaProducersPutThem(t *testing.T) {
	// The partitions are those of Java's DefaultPartitioner: toPositive(murmur2(key)) % 4.
	k := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(k.ListenAddrs()))
	p := newProducer(t, c, "in")
	partitionBatches, err := p.partitionBatches(testContext(t), []OutRecord{
		{Topic: "in", Key: []byte("21")}, {Topic: "in", Key: []byte("foobar")},
	})
	require.NoError(t, err)
	// org.apache.kafka.common.utils.UtilsTest: murmur2("21") = -973932308, murmur2("foobar") =
	// -790332482.
	for i, hash := range []int32{-973932308, -790332482} {
		require.Equal(t, int(uint32(hash)&0x7fffffff)%4, partitionBatches[i].partition)
	}
}

func TestReadTakesLimitsAndWaits(t *testing.T) {
	k := startKafka(t, nil, kfake.SeedTopics(1, "one"))
	c := newClient(t, testOptions(k.ListenAddrs()))
	require.NoError(t, newProducer(t, c, "one").Produce(testContext(t), numbered("one", 0, 25)))
	p := lone(t, c, "one", 0, 5)
	ctx := testContext(t)
	for _, want := range []struct{ n, next int }{{8, 13}, {8, 21}, {4, 25}, {0, 25}} {
		b, err := p.Read(ctx, 8, 30*time.Millisecond)
		require.NoError(t, err)
		require.Len(t, b.Records, want.n)
		require.Equal(t, int64(want.next), b.Next)
		require.Equal(t, int64(25), b.HighWater)
		require.Zero(t, p.bytes-pendingBytes(p))
	}
	first, end, err := p.Bounds(ctx)
	require.NoError(t, err)
	require.Equal(t, []int64{0, 25}, []int64{first, end})

	p.SetOffset(99)
	_, err = p.Read(ctx, 8, 30*time.Millisecond)
	require.ErrorIs(t, err, ErrOffsetOutOfRange)

	stopped, cancel := context.WithCancel(ctx)
	p.SetOffset(25)
	time.AfterFunc(20*time.Millisecond, cancel)
	began := time.Now()
	_, err = p.Read(stopped, 8, 10*time.Second)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(began), 5*time.Second, "a stop does not wait for records")
}

func pendingBytes(p *Partition) (n int) {
	for i := range p.pending {
		n += len(p.pending[i].Key) + len(p.pending[i].Value)
	}
	return n
}

func TestGapsOfCompactionAreSteppedOver(t *testing.T) {
	k := startKafka(t, nil)
	require.NoError(t, k.CreateTopic("compacted", 1, map[string]string{
		"cleanup.policy": "compact", "segment.bytes": "1000",
	}))
	c := newClient(t, testOptions(k.ListenAddrs()))
	p := newProducer(t, c, "compacted")
	for i := range 60 {
		require.NoError(t, p.Produce(testContext(t), []OutRecord{
			{Topic: "compacted", Key: fmt.Appendf(nil, "k%d", i%3), Value: make([]byte, 100)},
		}))
	}
	k.Compact()
	r := lone(t, c, "compacted", 0, 0)
	next, _, err := r.Bounds(testContext(t))
	require.NoError(t, err)
	r.SetOffset(next)
	n := 0
	for next < 60 {
		b, err := r.Read(testContext(t), 7, 50*time.Millisecond)
		require.NoError(t, err)
		require.GreaterOrEqual(t, b.Next, next)
		next, n = b.Next, n+len(b.Records)
	}
	require.Less(t, n, 60)
	require.GreaterOrEqual(t, n, 3)
}

func TestMembersOfAGroupShareThePartitions(t *testing.T) {
	k := startKafka(t, []string{"a", "b"})
	c := newClient(t, testOptions(k.ListenAddrs()))
	all := append(numbered("a", 0, 100), numbered("b", 100, 200)...)
	require.NoError(t, newProducer(t, c, "a", "b").Produce(testContext(t), all))

	var offsets sync.Map // the place where a real consumer keeps its offsets
	seen := newCollector()
	owners := map[string]int{}
	var mu sync.Mutex
	handle := func(member string) func(ctx context.Context, p *Partition) {
		return func(ctx context.Context, p *Partition) {
			mu.Lock()
			owners[member]++
			mu.Unlock()
			name := fmt.Sprintf("%s/%d", p.Topic(), p.ID())
			start, _ := offsets.LoadOrStore(name, int64(0))
			p.SetOffset(start.(int64))
			for {
				b, err := p.Read(ctx, 10, 20*time.Millisecond)
				if err != nil {
					break
				}
				seen.add(b.Records)
				offsets.Store(name, b.Next)
				p.CommitOffset(b.Next)
			}
			mu.Lock()
			owners[member]--
			mu.Unlock()
		}
	}
	member := func(name string) (*Group, func()) {
		g, err := c.Group(GroupOptions{ID: "g", Topics: []string{"a", "b"}})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- g.Run(ctx, handle(name)) }()
		var once sync.Once
		stop := func() {
			once.Do(func() {
				cancel()
				require.NoError(t, <-done)
			})
		}
		t.Cleanup(stop)
		return g, stop
	}
	shares := func(want map[string]int) {
		t.Helper()
		require.Eventually(t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			got := maps.Clone(owners)
			maps.DeleteFunc(got, func(_ string, n int) bool { return n == 0 })
			return maps.Equal(got, want)
		}, 20*time.Second, 10*time.Millisecond)
	}

	one, stopOne := member("one")
	shares(map[string]int{"one": 8})
	_, _ = member("two")
	shares(map[string]int{"one": 4, "two": 4})
	require.Eventually(
		t, func() bool { n, _ := seen.count(); return n == 200 },
		20*time.Second, 10*time.Millisecond,
	)
	_, total := seen.count()
	require.Equal(t, 200, total, "nothing is read twice")
	require.Equal(t, Status{Joined: true, Partitions: 4}, one.Status())
	stopOne()
	require.Equal(t, Status{}, one.Status())
	shares(map[string]int{"two": 8})

	require.Eventually(t, func() bool {
		info := k.GroupInfo("g")
		if info == nil {
			return false
		}
		committed := int64(0)
		for _, topic := range info.Commits {
			for _, p := range topic {
				committed += p.Offset
			}
		}
		return committed == 200
	}, 20*time.Second, 10*time.Millisecond, "offsets are committed for lag monitoring")
}

func TestATransientErrorOfTheCoordinatorIsRetried(t *testing.T) {
	k := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(k.ListenAddrs()))
	failures := 2
	k.ControlKey(int16(kmsg.FindCoordinator), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if failures == 0 {
			return nil, nil, false
		}
		failures--
		k.KeepControl()
		res := req.ResponseKind().(*kmsg.FindCoordinatorResponse)
		res.ErrorCode = kerr.CoordinatorNotAvailable.Code
		return res, nil, true
	})
	g, err := c.Group(GroupOptions{ID: "g", Topics: []string{"in"}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx, func(ctx context.Context, _ *Partition) { <-ctx.Done() }) }()
	require.Eventually(
		t, func() bool { s := g.Status(); return s.Err != nil && !s.Joined },
		10*time.Second, time.Millisecond,
	)
	require.Eventually(
		t, func() bool { s := g.Status(); return s.Joined && s.Err == nil && s.Partitions == 4 },
		20*time.Second, 5*time.Millisecond,
	)
	cancel()
	require.NoError(t, <-done)
}

func TestAHandlerThatEndsEarlyKeepsTheOthersGoing(t *testing.T) {
	k := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(k.ListenAddrs()))
	g, err := c.Group(GroupOptions{ID: "g", Topics: []string{"in"}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	var mu sync.Mutex
	starts := map[int]int{}
	go func() {
		done <- g.Run(ctx, func(ctx context.Context, p *Partition) {
			mu.Lock()
			starts[p.ID()]++
			mu.Unlock()
			if p.ID() != 0 {
				<-ctx.Done()
			}
		})
	}()
	require.Eventually(
		t, func() bool { return g.Status().Partitions == 3 }, 10*time.Second, 5*time.Millisecond,
	)
	require.Never(
		t, func() bool { mu.Lock(); defer mu.Unlock(); return starts[1] != 1 },
		300*time.Millisecond, 20*time.Millisecond,
	)
	cancel()
	require.NoError(t, <-done)
}

func TestProduceRetriesWhatMayPass(t *testing.T) {
	k := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(k.ListenAddrs()))
	p := newProducer(t, c, "in")
	for _, code := range []int16{
		kerr.NotLeaderForPartition.Code, kerr.NotEnoughReplicas.Code, kerr.RequestTimedOut.Code,
	} {
		failProduce(k, 2, code)
		require.NoError(t, p.Produce(testContext(t), numbered("in", 0, 1)))
	}
}

// failProduce makes the next n produce requests fail.
func failProduce(k *kfake.Cluster, n int, code int16) {
	var mu sync.Mutex
	k.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		mu.Lock()
		defer mu.Unlock()
		if n == 0 {
			return nil, nil, false
		}
		n--
		k.KeepControl()
		in := req.(*kmsg.ProduceRequest)
		res := in.ResponseKind().(*kmsg.ProduceResponse)
		for _, t := range in.Topics {
			rt := kmsg.NewProduceResponseTopic()
			rt.Topic = t.Topic
			for _, p := range t.Partitions {
				rp := kmsg.NewProduceResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, code
				rt.Partitions = append(rt.Partitions, rp)
			}
			res.Topics = append(res.Topics, rt)
		}
		return res, nil, true
	})
}

func TestWhatIsNotAcknowledgedIsReported(t *testing.T) {
	k := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(k.ListenAddrs()))
	p := newProducer(t, c, "in")
	failProduce(k, 1, kerr.TopicAuthorizationFailed.Code)
	// Two records of one partition: the first request fails for good, nothing after it may be
	// written.
	err := p.Produce(testContext(t), []OutRecord{
		{Topic: "in", Key: []byte("a")}, {Topic: "in", Key: []byte("a")},
	})
	var partial *PartialError
	require.ErrorAs(t, err, &partial)
	require.Equal(t, []int{0, 1}, partial.Unacked)
	require.Contains(t, err.Error(), "grant this user")
	require.NotContains(t, err.Error(), "\n")
}

func TestTooLargeRecordsAreToldApartFromTheRest(t *testing.T) {
	k := startKafka(t, nil)
	require.NoError(t, k.CreateTopic("small", 1, map[string]string{"max.message.bytes": "2000"}))
	o := testOptions(k.ListenAddrs())
	o.Compression = "none"
	o.ProduceMaxBytes = 10_000
	c := newClient(t, o)
	p := newProducer(t, c, "small")
	value := func(n int) []byte { return []byte(strings.Repeat("x", n)) }
	err := p.Produce(testContext(t), []OutRecord{
		{Topic: "small", Key: []byte("0"), Value: value(500)},
		{Topic: "small", Key: []byte("1"), Value: value(5000)},  // refused by the broker
		{Topic: "small", Key: []byte("2"), Value: value(20000)}, // refused here
		{Topic: "small", Key: []byte("3"), Value: value(1500)},
		// fits alone, not with its neighbour
		{Topic: "small", Key: []byte("4"), Value: value(1500)},
	})
	var large *TooLargeError
	require.ErrorAs(t, err, &large)
	require.Equal(t, []int{1, 2}, large.Records)
	b, err := lone(t, c, "small", 0, 0).Read(testContext(t), 10, 100*time.Millisecond)
	require.NoError(t, err)
	var keys []string
	for _, r := range b.Records {
		keys = append(keys, string(r.Key))
	}
	require.Equal(t, []string{"0", "3", "4"}, keys)
}

func TestATooLargeRecordIsReportedOnceAlsoWhenTheRestFails(t *testing.T) {
	k := startKafka(t, []string{"in"})
	o := testOptions(k.ListenAddrs())
	o.Compression = "none"
	p := newProducer(t, newClient(t, o), "in")
	// The request of two is too large, then so is its first half, and the second half is refused
	// for good.
	codes := []int16{
		kerr.MessageTooLarge.Code, kerr.MessageTooLarge.Code, kerr.TopicAuthorizationFailed.Code,
	}
	for _, code := range codes {
		failProduce(k, 1, code)
	}
	err := p.Produce(testContext(t), []OutRecord{
		{Topic: "in", Key: []byte("a")}, {Topic: "in", Key: []byte("a")},
	})
	var partial *PartialError
	require.ErrorAs(t, err, &partial)
	require.Equal(t, []int{0, 1}, partial.Unacked)
}

func TestWhatIsLeftIsNotMixedUpWithWhatIsTooLarge(t *testing.T) {
	k := startKafka(t, []string{"in"})
	o := testOptions(k.ListenAddrs())
	o.Compression = "none"
	p := newProducer(t, newClient(t, o), "in")
	// Of four records the first and the third are too large, and the last is refused for good.
	const ok, large = 0, 10
	for _, code := range []int16{
		large, large, large, ok, large, large, kerr.TopicAuthorizationFailed.Code,
	} {
		failProduce(k, 1, code)
	}
	record := OutRecord{Topic: "in", Key: []byte("a")}
	err := p.Produce(testContext(t), []OutRecord{record, record, record, record})
	var partial *PartialError
	require.ErrorAs(t, err, &partial)
	require.Equal(t, []int{0, 1, 2, 3}, partial.Unacked)
}

func TestAStalledPartitionGetsANewConnection(t *testing.T) {
	k := startKafka(t, nil, kfake.SeedTopics(1, "in"))
	c := newClient(t, testOptions(k.ListenAddrs()))
	require.NoError(t, newProducer(t, c, "in").Produce(testContext(t), numbered("in", 0, 3)))
	// A broker that answers every fetch on the first connection with an empty set, although there
	// are records.
	var mu sync.Mutex
	stalled := true
	k.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		if !stalled {
			return nil, nil, false
		}
		in := req.(*kmsg.FetchRequest)
		res := in.ResponseKind().(*kmsg.FetchResponse)
		rt := kmsg.NewFetchResponseTopic()
		rt.Topic = in.Topics[0].Topic
		rp := kmsg.NewFetchResponseTopicPartition()
		rp.HighWatermark, rp.LastStableOffset, rp.RecordBatches = 3, 3, []byte{}
		rt.Partitions = append(rt.Partitions, rp)
		res.Topics = append(res.Topics, rt)
		return res, nil, true
	})
	p := lone(t, c, "in", 0, 0)
	noted := make(chan error, 100)
	p.note = func(err error) {
		if err != nil {
			mu.Lock()
			stalled = false
			mu.Unlock()
			noted <- err
		}
	}
	var got []Record
	for len(got) < 3 {
		b, err := p.Read(testContext(t), 10, 50*time.Millisecond)
		require.NoError(t, err)
		got = append(got, b.Records...)
	}
	require.ErrorContains(t, <-noted, "reading in/0")
}

func TestABrokerThatGoesAndComesBackIsReadOn(t *testing.T) {
	k := startKafka(t, nil, kfake.SeedTopics(1, "in"))
	c := newClient(t, testOptions(k.ListenAddrs()))
	require.NoError(t, newProducer(t, c, "in").Produce(testContext(t), numbered("in", 0, 4)))
	p := lone(t, c, "in", 0, 0)
	drop := 2
	k.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		if drop == 0 {
			return nil, nil, false
		}
		drop--
		k.KeepControl()
		return nil, errors.New("drop the connection"), true
	})
	var got []Record
	for len(got) < 4 {
		b, err := p.Read(testContext(t), 2, time.Second)
		require.NoError(t, err)
		got = append(got, b.Records...)
	}
	require.Len(t, got, 4)
	require.Zero(t, drop)
}
