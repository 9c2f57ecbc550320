package stream

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

// partitionsTTL is how long the number of a topic's partitions is believed.
const partitionsTTL = time.Minute

// produceAttempts is how often a request is tried before the caller is told; the caller goes on
// from there.
const produceAttempts = 4

// Producer writes records and waits until all in-sync replicas have them. It is safe for concurrent
// use, and holds nothing between calls: a record is either acknowledged when Produce returns, or
// reported, and nothing is written behind the caller's back later.
type Producer struct {
	client    *Client
	transport *kafka.Transport
	kafka     *kafka.Client
	codec     kafka.Compression
	slots     chan struct{}

	mu     sync.Mutex
	topics map[string]topicSize
}

type topicSize struct {
	partitions int
	asked      time.Time
}

// Producer makes a producer for the given topics. Close it when done.
func (c *Client) Producer(topics ...string) (*Producer, error) {
	if len(topics) == 0 {
		return nil, errors.New("a producer needs a topic")
	}
	codec, err := compression(c.opts.Compression)
	if err != nil {
		return nil, err
	}
	transport := c.transport(5*time.Second, topics...)
	return &Producer{
		client:    c,
		transport: transport,
		kafka: &kafka.Client{
			Addr: kafka.TCP(c.opts.Brokers...), Transport: transport,
			Timeout: c.opts.RequestTimeout,
		},
		codec:  codec,
		slots:  make(chan struct{}, c.opts.ProduceMaxInFlight),
		topics: map[string]topicSize{},
	}, nil
}

// Close closes the idle connections. No Produce may be under way.
func (p *Producer) Close() { p.transport.CloseIdleConnections() }

// partitionBatch is what goes to one partition, as indexes into the records of the call, in order.
type partitionBatch struct {
	topic     string
	partition int
	records   []int
}

// Produce writes the records and returns nil when all are acknowledged. Records for one partition
// are written in order. Errors: *TooLargeError when the broker refuses some for their size and has
// taken all others; *PartialError when some could not be written, after a few attempts, with the
// cause in one line; it also carries the end of ctx. Unacknowledged records may have been written.
func (p *Producer) Produce(ctx context.Context, records []OutRecord) error {
	if len(records) == 0 {
		return nil
	}
	partitionBatches, err := p.partitionBatches(ctx, records)
	if err != nil {
		return &PartialError{Unacked: upTo(len(records)), Err: err}
	}
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		unacked []int
		large   []int
		first   error
	)
	for i := range partitionBatches {
		p.slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-p.slots }()
			tooLarge, left, err := p.writeBatch(ctx, records, &partitionBatches[i])
			mu.Lock()
			defer mu.Unlock()
			large = append(large, tooLarge...)
			unacked = append(unacked, left...)
			if first == nil {
				first = err
			}
		})
	}
	wg.Wait()
	if len(unacked) > 0 {
		// Too large ones are refused again, and reported, when the caller comes back with the rest.
		unacked = append(unacked, large...)
		sort.Ints(unacked)
		return &PartialError{Unacked: unacked, Err: first}
	}
	if len(large) > 0 {
		sort.Ints(large)
		return &TooLargeError{Records: large}
	}
	return nil
}

// partitionBatches deals the records to their partitions.
func (p *Producer) partitionBatches(
	ctx context.Context, records []OutRecord,
) ([]partitionBatch, error) {
	type key struct {
		topic     string
		partition int
	}
	index := map[key]int{}
	var partitionBatches []partitionBatch
	balancer := kafka.Murmur2Balancer{}
	choices := map[string][]int{}
	for i := range records {
		r := &records[i]
		parts := choices[r.Topic]
		if parts == nil {
			n, err := p.partitions(ctx, r.Topic)
			if err != nil {
				return nil, err
			}
			parts = upTo(n)
			choices[r.Topic] = parts
		}
		k := key{r.Topic, balancer.Balance(kafka.Message{Key: r.Key}, parts...)}
		at, ok := index[k]
		if !ok {
			at = len(partitionBatches)
			index[k] = at
			partitionBatches = append(
				partitionBatches, partitionBatch{topic: k.topic, partition: k.partition},
			)
		}
		partitionBatches[at].records = append(partitionBatches[at].records, i)
	}
	return partitionBatches, nil
}

// partitions returns how many partitions a topic has.
func (p *Producer) partitions(ctx context.Context, topic string) (int, error) {
	p.mu.Lock()
	known := p.topics[topic]
	p.mu.Unlock()
	if known.partitions > 0 && time.Since(known.asked) < partitionsTTL {
		return known.partitions, nil
	}
	var n int
	err := p.try(ctx, func() error {
		meta, err := p.kafka.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
		if err != nil {
			return err
		}
		for i := range meta.Topics {
			if t := &meta.Topics[i]; t.Name == topic {
				n = len(t.Partitions)
				return t.Error
			}
		}
		return kafka.UnknownTopicOrPartition
	})
	if err == nil && n == 0 {
		err = kafka.LeaderNotAvailable
	}
	if err != nil {
		return 0, fmt.Errorf("topic %s: %w", topic, explain(err, p.client.opts.Brokers))
	}
	p.mu.Lock()
	p.topics[topic] = topicSize{n, time.Now()}
	p.mu.Unlock()
	return n, nil
}

// writeBatch writes one partition's records in requests of bounded size. It returns the indexes of
// the records that are too large and, with an error, those that are not acknowledged.
func (p *Producer) writeBatch(
	ctx context.Context, records []OutRecord, l *partitionBatch,
) (large, left []int, err error) {
	for rest := l.records; len(rest) > 0; {
		n, size := 0, 0
		for n < len(rest) {
			s := records[rest[n]].size()
			if n > 0 && size+s > p.client.opts.ProduceMaxBytes {
				break
			}
			size += s
			n++
		}
		if n == 1 && size > p.client.opts.ProduceMaxBytes {
			large = append(large, rest[0])
		} else {
			tooLarge, err := p.write(ctx, records, l, rest[:n])
			if err != nil {
				// Those of this request that are too large are among the rest.
				return large, rest, fmt.Errorf("writing to %s/%d: %w",
					l.topic, l.partition, explain(err, p.client.opts.Brokers))
			}
			large = append(large, tooLarge...)
		}
		rest = rest[n:]
	}
	return large, nil, nil
}

// write makes one produce request, and halves it when the broker finds it too large.
func (p *Producer) write(
	ctx context.Context, records []OutRecord, l *partitionBatch, which []int,
) (large []int, err error) {
	err = p.try(ctx, func() error { return p.request(ctx, records, l, which) })
	if !errors.Is(err, kafka.MessageSizeTooLarge) && !errors.Is(err, kafka.RecordListTooLarge) {
		return nil, err
	}
	if len(which) == 1 {
		// Not which itself: it is a part of the batch's list, which what is appended would
		// overwrite.
		return []int{which[0]}, nil
	}
	half := len(which) / 2
	large, err = p.write(ctx, records, l, which[:half])
	if err != nil {
		return large, err
	}
	more, err := p.write(ctx, records, l, which[half:])
	return append(large, more...), err
}

func (p *Producer) request(
	ctx context.Context, records []OutRecord, l *partitionBatch, which []int,
) error {
	out := make([]kafka.Record, len(which))
	for i, at := range which {
		r := &records[at]
		out[i] = kafka.Record{
			Key: kafka.NewBytes(r.Key), Value: kafka.NewBytes(r.Value),
			Headers: headersOut(r.Headers),
		}
	}
	res, err := p.kafka.Produce(ctx, &kafka.ProduceRequest{
		Topic: l.topic, Partition: l.partition, RequiredAcks: kafka.RequireAll,
		Compression: p.codec, Records: kafka.NewRecordReader(out...),
	})
	if err != nil {
		return err
	}
	return res.Error
}

// try runs fn a few times as long as its error may pass.
func (p *Producer) try(ctx context.Context, fn func() error) error {
	waits := remote.Waits(leastWriteWait, mostWriteWait)
	for attempt := 1; ; attempt++ {
		err := fn()
		if err == nil || attempt == produceAttempts || ctx.Err() != nil || isFinal(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(waits.NextBackOff()):
		}
	}
}

// isFinal reports whether trying again can't help.
func isFinal(err error) bool {
	var code kafka.Error
	if !errors.As(err, &code) {
		return false
	}
	return !code.Temporary() && code != kafka.BrokerNotAvailable && code != kafka.Unknown
}

func headersOut(in []Header) []kafka.Header {
	if len(in) == 0 {
		return nil
	}
	out := make([]kafka.Header, len(in))
	for i := range in {
		out[i] = kafka.Header(in[i])
	}
	return out
}

func upTo(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
