package e2e

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/store"
)

// newClient makes a client that soon forgets which topics it has not found.
func newClient(t *testing.T, broker string) *kafka.Client {
	t.Helper()
	transport := &kafka.Transport{MetadataTTL: 100 * time.Millisecond}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(broker), Timeout: 20 * time.Second, Transport: transport}
}

// createTopic makes a topic before the service does.
func (d *deployment) createTopic(topic string, partitions int, config ...kafka.ConfigEntry) {
	d.t.Helper()
	res, err := d.client.CreateTopics(d.t.Context(), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{
			{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: config},
		},
	})
	require.NoError(d.t, err)
	require.NoError(d.t, res.Errors[topic])
	eventually(d.t, func() error {
		_, err := d.endOffsets(topic)
		return err
	})
}

// topicConfig returns a setting of a topic.
func (d *deployment) topicConfig(topic, name string) string {
	d.t.Helper()
	res, err := d.client.DescribeConfigs(d.t.Context(), &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{
			{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{
				name,
			}},
		},
	})
	require.NoError(d.t, err)
	require.Len(d.t, res.Resources, 1)
	require.NoError(d.t, res.Resources[0].Error)
	require.Len(d.t, res.Resources[0].ConfigEntries, 1)
	return res.Resources[0].ConfigEntries[0].ConfigValue
}

// produce writes messages in order and waits for their acknowledgement.
func (d *deployment) produce(topic string, messages []kafka.Message) {
	d.t.Helper()
	w := &kafka.Writer{
		Addr: kafka.TCP(d.brokers()), Topic: topic, RequiredAcks: kafka.RequireAll, BatchSize: 1000,
		BatchTimeout: 5 * time.Millisecond, Balancer: kafka.Murmur2Balancer{Consistent: true},
		Compression: kafka.Lz4, MaxAttempts: 20, Transport: d.client.Transport,
	}
	defer func() { require.NoError(d.t, w.Close()) }()
	for from := 0; from < len(messages); from += 5000 {
		require.NoError(
			d.t, w.WriteMessages(d.t.Context(), messages[from:min(from+5000, len(messages))]...),
		)
	}
}

// read returns all records of a topic, in order within each partition.
func (d *deployment) read(topic string) []kafka.Message {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	return d.readWithin(ctx, topic)
}

// readWithin reads a topic while ctx lasts, also when the test has ended.
func (d *deployment) readWithin(ctx context.Context, topic string) []kafka.Message {
	d.t.Helper()
	ends, err := d.endOffsetsWithin(ctx, topic)
	require.NoError(d.t, err)
	var all []kafka.Message
	for partition, end := range ends {
		r := kafka.NewReader(kafka.ReaderConfig{
			Brokers: []string{d.brokers()}, Topic: topic, Partition: partition,
			MaxWait: 100 * time.Millisecond, MaxBytes: 8 << 20,
		})
		require.NoError(d.t, r.SetOffset(0))
		for r.Offset() < end {
			m, err := r.ReadMessage(ctx)
			require.NoError(d.t, err)
			all = append(all, m)
		}
		require.NoError(d.t, r.Close())
	}
	return all
}

// endOffsets returns the offset after the last record of each partition.
func (d *deployment) endOffsets(topic string) (map[int]int64, error) {
	return d.endOffsetsWithin(d.t.Context(), topic)
}

func (d *deployment) endOffsetsWithin(ctx context.Context, topic string) (map[int]int64, error) {
	meta, err := d.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, err
	}
	var requests []kafka.OffsetRequest
	for _, t := range meta.Topics {
		if t.Error != nil {
			return nil, t.Error
		}
		for _, p := range t.Partitions {
			requests = append(requests, kafka.LastOffsetOf(p.ID))
		}
	}
	res, err := d.client.ListOffsets(
		ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: requests}},
	)
	if err != nil {
		return nil, err
	}
	ends := make(map[int]int64)
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return nil, p.Error
		}
		ends[p.Partition] = p.LastOffset
	}
	return ends, nil
}

// progress returns how many records of a topic a stage has committed, and how many there are.
func (d *deployment) progress(stage, topic string) (done, all int64, err error) {
	ends, err := d.endOffsets(topic)
	if err != nil {
		return 0, 0, err
	}
	client := redis.NewClient(&redis.Options{Addr: d.redis()})
	defer func() { _ = client.Close() }()
	for partition, end := range ends {
		all += end
		next, err := d.committed(client, stage, topic, partition)
		if err != nil {
			return 0, 0, err
		}
		done += next
	}
	return done, all, nil
}

// committed returns the next offset that a stage will process of a partition.
func (d *deployment) committed(
	client *redis.Client, stage, topic string, partition int,
) (int64, error) {
	key := fmt.Sprintf("%s:{%s:%s}:meta", d.prefix(), stage, partitionName(topic, partition))
	next, err := client.HGet(d.t.Context(), key, "next").Int64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return next, err
}

// waitDone waits until all three stages have committed everything that there is, and events has at
// least so many records.
func (d *deployment) waitDone(events int64) {
	d.t.Helper()
	eventually(d.t, func() error {
		for _, step := range []struct{ stage, topic string }{
			{"ingest", "gateway"}, {"fingerprint", "observations"}, {"correlate", "profiles"},
		} {
			done, all, err := d.progress(step.stage, d.topic(step.topic))
			if err != nil {
				return err
			}
			if done < all || (step.stage == "ingest" && all < events) {
				return fmt.Errorf("%s has done %d of %d records", step.stage, done, all)
			}
		}
		return nil
	})
}

func partitionName(topic string, partition int) string {
	return topic + ":" + strconv.Itoa(partition)
}

// state returns a stage's stored values by partition and key.
func (d *deployment) state(stage, topic string) map[string][]byte {
	d.t.Helper()
	opts := store.DefaultOptions()
	opts.Addresses, opts.Prefix = []string{d.redis()}, d.prefix()
	s, err := store.Open(d.t.Context(), opts)
	require.NoError(d.t, err)
	defer func() { require.NoError(d.t, s.Close()) }()
	values := make(map[string][]byte)
	for partition := range partitions {
		err := s.Scan(d.t.Context(), stage, partitionName(topic, partition),
			func(key string, value []byte) error {
				values[strconv.Itoa(partition)+"/"+key] = append([]byte(nil), value...)
				return nil
			})
		require.NoError(d.t, err)
	}
	return values
}
