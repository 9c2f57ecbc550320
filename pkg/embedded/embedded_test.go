package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/stillwatch/stillwatch/pkg/embedded"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func startKafka(t *testing.T, opts embedded.KafkaOptions) *embedded.Kafka {
	t.Helper()
	k, err := embedded.StartKafka(opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.Close()) })
	return k
}

func createTopic(t *testing.T, client *kafka.Client, topic string, partitions int) {
	t.Helper()
	res, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{
			{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1},
		},
	})
	require.NoError(t, err)
	require.NoError(t, res.Errors[topic])
}

func newClient(t *testing.T, addr string) *kafka.Client {
	t.Helper()
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(addr), Timeout: 10 * time.Second, Transport: transport}
}

func TestRecordsProducedToTheEmbeddedKafkaAreReadBackByAConsumerGroup(t *testing.T) {
	k := startKafka(t, embedded.KafkaOptions{Listen: []string{"127.0.0.1:0", "127.0.0.1:0"}})
	require.Len(t, k.Addrs(), 2)
	client := newClient(t, k.Addr())
	createTopic(t, client, "events", 3)

	const records = 300
	w := &kafka.Writer{
		Addr: client.Addr, Topic: "events", RequiredAcks: kafka.RequireAll,
		BatchTimeout: time.Millisecond, BatchSize: records,
		Balancer: kafka.Murmur2Balancer{Consistent: true}, Transport: client.Transport,
	}
	batch := make([]kafka.Message, records)
	for i := range batch {
		batch[i] = kafka.Message{
			Key: fmt.Appendf(nil, "account-%d", i), Value: fmt.Appendf(nil, "%d", i),
		}
	}
	require.NoError(t, w.WriteMessages(t.Context(), batch...))
	require.NoError(t, w.Close())

	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: "readers", Brokers: k.Addrs(), Topics: []string{"events"},
		StartOffset: kafka.FirstOffset,
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, group.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	generation, err := group.Next(ctx)
	require.NoError(t, err)

	values := make(chan string, records)
	for _, assignment := range generation.Assignments["events"] {
		generation.Start(func(ctx context.Context) {
			r := kafka.NewReader(kafka.ReaderConfig{
				Brokers: k.Addrs(), Topic: "events", Partition: assignment.ID,
				MaxWait: 50 * time.Millisecond,
			})
			defer func() { _ = r.Close() }()
			_ = r.SetOffset(kafka.FirstOffset)
			for {
				m, err := r.ReadMessage(ctx)
				if err != nil {
					return
				}
				values <- string(m.Value)
			}
		})
	}
	seen := make(map[string]bool)
	for len(seen) < records {
		select {
		case v := <-values:
			require.False(t, seen[v], "record %s was read twice", v)
			seen[v] = true
		case <-ctx.Done():
			t.Fatalf("read %d of %d records before the deadline", len(seen), records)
		}
	}
}

func TestTheBrokerListensWhereItIsToldAndAdvertisesAnAddressThatCanBeReached(t *testing.T) {
	for _, c := range []struct{ name, listen, advertise, host string }{
		{"a wildcard is advertised as loopback", "0.0.0.0:0", "", "127.0.0.1"},
		{"an empty host is advertised as loopback", ":0", "", "127.0.0.1"},
		{"a name is advertised as it is", "localhost:0", "", "localhost"},
		{"the advertised name wins", "127.0.0.1:0", "localhost", "localhost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := startKafka(t, embedded.KafkaOptions{
				Listen: []string{c.listen}, Advertise: c.advertise,
			})
			host, _, err := net.SplitHostPort(k.Addr())
			require.NoError(t, err)
			require.Equal(t, c.host, host)

			res, err := newClient(t, k.Addr()).Metadata(t.Context(), &kafka.MetadataRequest{})
			require.NoError(t, err)
			require.Len(t, res.Brokers, 1)
			require.Equal(t, c.host, res.Brokers[0].Host)
		})
	}
}

func TestAnAddressInUseIsNamedInTheError(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, ln.Close()) }()
	taken := ln.Addr().String()

	_, err = embedded.StartKafka(embedded.KafkaOptions{Listen: []string{"127.0.0.1:0", taken}})
	require.ErrorContains(t, err, taken)
	_, err = embedded.StartRedis(taken)
	require.ErrorContains(t, err, taken)
}

func TestTheEmbeddedRedisCommitsTransactionsAndFreesItsPortWhenClosed(t *testing.T) {
	r, err := embedded.StartRedis("")
	require.NoError(t, err)
	client := redis.NewClient(&redis.Options{Addr: r.Addr(), ContextTimeoutEnabled: true})
	defer func() { require.NoError(t, client.Close()) }()
	_, err = client.TxPipelined(t.Context(), func(p redis.Pipeliner) error {
		p.Set(t.Context(), "{p}:state", "a", 0)
		p.Set(t.Context(), "{p}:offset", 7, 0)
		return nil
	})
	require.NoError(t, err)
	offset, err := client.Get(t.Context(), "{p}:offset").Int()
	require.NoError(t, err)
	require.Equal(t, 7, offset)

	require.NoError(t, r.Close())
	require.NoError(t, r.Close())
	again, err := embedded.StartRedis(r.Addr())
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestKeysOfTheEmbeddedRedisExpireInWallTime(t *testing.T) {
	r, err := embedded.StartRedis("127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	client := redis.NewClient(&redis.Options{Addr: r.Addr()})
	defer func() { require.NoError(t, client.Close()) }()
	require.NoError(t, client.Set(t.Context(), "short", 1, 200*time.Millisecond).Err())
	require.NoError(t, client.Set(t.Context(), "long", 1, time.Hour).Err())
	require.Eventually(t, func() bool {
		return errors.Is(client.Get(t.Context(), "short").Err(), redis.Nil)
	}, 10*time.Second, 50*time.Millisecond)
	require.NoError(t, client.Get(t.Context(), "long").Err())
}

func TestClosingTheBrokerDropsItsClientsAndFreesItsPort(t *testing.T) {
	k := startKafka(t, embedded.KafkaOptions{AutoCreate: true})
	conn, err := net.Dial("tcp", k.Addr())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = newClient(t, k.Addr()).Metadata(t.Context(), &kafka.MetadataRequest{})
	require.NoError(t, err)

	require.NoError(t, k.Close())
	require.NoError(t, k.Close())
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
	_, err = conn.Read(make([]byte, 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
	startKafka(t, embedded.KafkaOptions{Listen: []string{k.Addr()}})
}
